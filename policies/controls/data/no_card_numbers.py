"""Nothing that we keep holds the number of a payment card.

Catalogue: SQL-22.

## Why we promise this
A card's number can be spent by whoever reads it. What is not kept cannot be stolen from us.

## How to keep it
Have people pay on the pages of the payment service alone, and delete numbers that somebody writes into a mail or a
form. A sample of each place of the target `data.scan_places` is searched here, the sentence says what it proves, and
numbers that are published for trying are told apart. Nobody reads what pictures show. Where some of the sample cannot
be read, encrypted documents above all, that proves nothing: name places whose contents can be.
"""

from audit.kinds.counted import none_found
from audit.kinds.data import SCAN
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken

ON = SCAN
SEVERITY = Severity.CRITICAL


def judge(place: Resource, targets: Targets) -> Ruling:
    cards = place.read("hits.cards", int)
    if cards:
        return broken(f"{cards} card numbers were found in a sample of {place.read('sampled', int)} objects")
    return none_found(place, targets)


_TARGETS = {"data.bound_per_million": 10_000}


def _case(verdict: Verdict, note: str = "", *, cards: int | None = 0, **facts: int | None) -> Example:
    hits = {"cards": cards, "ibans": 0, "insurance": 0, "test": 2}
    scanned = {"population": 5000, "sampled": 300, "unread": 0, "pictures": 4, "bound": 9600, "holding": 0} | facts
    return Example(verdict, {"place": "archive/mail", "hits": hits, **scanned}, targets=_TARGETS, note=note)


EXAMPLES = (
    _case(Verdict.KEPT),
    _case(Verdict.KEPT, "all of it was read", population=20, sampled=20, bound=0),
    _case(Verdict.BROKEN, cards=1, holding=1),
    _case(Verdict.BROKEN, "whatever else could not be read", cards=1, holding=1, unread=9, sampled=0),
    _case(Verdict.UNPROVEN, "some of the sample could not be read", unread=1),
    _case(Verdict.UNPROVEN, "too small a sample", sampled=59, bound=49_000),
    _case(Verdict.UNPROVEN, "nothing there", population=0, sampled=0, bound=0),
    _case(Verdict.UNPROVEN, cards=None),
    _case(Verdict.UNPROVEN, bound=None),
    _case(Verdict.UNPROVEN, unread=None),
)
