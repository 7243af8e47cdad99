"""Nothing that we keep holds the number of somebody's bank account or national insurance.

Catalogue: SQL-22.

## Why we promise this
What we sell needs nobody's bank account and nobody's pay or tax. What is not kept cannot be stolen from us.

## How to keep it
Leave payment to the payment service and pay to whoever runs the payroll, and delete such numbers where somebody writes
them into a mail or a form. A sample of each place of the target `data.scan_places` is searched here, and the sentence
says what it proves. Nobody reads what pictures show. Where some of the sample cannot be read, encrypted documents above
all, that proves nothing: name places whose contents can be.
"""

from audit.kinds.counted import none_found
from audit.kinds.data import SCAN
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken

ON = SCAN
SEVERITY = Severity.CRITICAL


def judge(place: Resource, targets: Targets) -> Ruling:
    accounts, persons = place.read("hits.ibans", int), place.read("hits.insurance", int)
    if accounts or persons:
        return broken(f"numbers of {accounts} bank accounts and {persons} national insurance numbers were found")
    return none_found(place, targets)


_TARGETS = {"data.bound_per_million": 10_000}


def _case(
    verdict: Verdict, note: str = "", *, ibans: int | None = 0, insurance: int = 0, **facts: int | None
) -> Example:
    hits = {"cards": 0, "ibans": ibans, "insurance": insurance, "test": 2}
    scanned = {"population": 5000, "sampled": 300, "unread": 0, "pictures": 4, "bound": 9600, "holding": 0} | facts
    return Example(verdict, {"place": "archive/mail", "hits": hits, **scanned}, targets=_TARGETS, note=note)


EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.KEPT, "all of it was read", population=20, sampled=20, bound=0),
    _case(Verdict.BROKEN, ibans=1, holding=1),
    _case(Verdict.BROKEN, insurance=1, holding=1),
    _case(Verdict.BROKEN, "whatever else could not be read", ibans=1, holding=1, unread=9, sampled=0),
    _case(Verdict.UNPROVEN, "some of the sample could not be read", unread=1),
    _case(Verdict.UNPROVEN, "too small a sample", sampled=59, bound=49_000),
    _case(Verdict.UNPROVEN, "nothing there", population=0, sampled=0, bound=0),
    _case(Verdict.UNPROVEN, ibans=None),
    _case(Verdict.UNPROVEN, bound=None),
    _case(Verdict.UNPROVEN, unread=None),
)
