"""Receivers who ask learn that only the filter partner may send mail in our name.

Catalogue: DNS-02.

## Why we promise this
A domain that anybody may speak for invites letters that look like ours. A record whose includes need too many look-ups
is an error to receivers, and protects nothing.

## How to keep it
Publish one SPF record, `v=spf1 include:… -all`, whose includes are all in the target `dns.partner_spf`. Where the
look-ups behind them come to more than ten, or more than two lead to nothing, ask the partner for a flatter record (RFC
7208, 4.6.4).
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept

ON = DOMAIN
SEVERITY = Severity.HIGH

MOST_LOOKUPS = 10
MOST_VOID = 2


def judge(domain: Resource, targets: Targets) -> Ruling:
    records = domain.read("spf.records", int)
    if records != 1:
        return broken(f"{records} SPF records are published, promised one")
    terms = domain.texts("spf.terms")
    allowed = {f"include:{name.lower()}" for name in targets.names("dns.partner_spf")}
    if not terms or terms[-1] != "-all":
        return broken(f"SPF ends in {terms[-1] if terms else 'nothing'}, promised -all")
    if strange := [term for term in terms[:-1] if term.removeprefix("+") not in allowed]:
        return broken(f"SPF lists {', '.join(strange)}, promised only {', '.join(sorted(allowed))}")
    if faults := (
        *domain.texts("spf.errors"),
        *(f"{one} lets everybody send" for one in domain.texts("spf.everybody")),
    ):
        return broken("; ".join(faults))
    return within(domain, terms)


def within(domain: Resource, terms: tuple[str, ...]) -> Ruling:
    """Rule on the look-ups behind a record that is sound otherwise."""
    lookups, void = domain.read("spf.lookups", int), domain.read("spf.voidLookups", int)
    if lookups > MOST_LOOKUPS or void > MOST_VOID:
        return broken(f"SPF needs {lookups} look-ups, {void} of them void; allowed are {MOST_LOOKUPS} and {MOST_VOID}")
    if unfollowed := domain.texts("spf.unfollowed"):
        raise Unseen(f"what {', '.join(unfollowed)} leads to depends on the mail at hand")
    return kept(f"published is {' '.join(terms)}, with {lookups} look-ups")


def _spf(*terms: str, **facts: object) -> dict[str, object]:
    found = {"records": 1, "lookups": 1, "voidLookups": 0, "errors": [], "everybody": [], "unfollowed": []}
    return {"spf": {**found, "terms": list(terms), **facts}}


_TARGETS = {"dns.partner_spf": ["spf.filter.example"]}
_GOOD = ("include:spf.filter.example", "-all")

EXAMPLES = (
    Example(Verdict.KEPT, _spf(*_GOOD, lookups=10, voidLookups=2), targets=_TARGETS),
    Example(Verdict.KEPT, _spf("-all", lookups=0), targets=_TARGETS, note="nobody may send"),
    Example(Verdict.BROKEN, {"spf": {"records": 0}}, targets=_TARGETS),
    Example(Verdict.BROKEN, {"spf": {"records": 2}}, targets=_TARGETS, note="two records are none"),
    Example(Verdict.BROKEN, _spf("include:spf.filter.example", "~all"), targets=_TARGETS),
    Example(Verdict.BROKEN, _spf(), targets=_TARGETS, note="no end"),
    Example(Verdict.BROKEN, _spf("include:bulk.example", "-all"), targets=_TARGETS),
    Example(Verdict.BROKEN, _spf(*_GOOD, lookups=11), targets=_TARGETS),
    Example(Verdict.BROKEN, _spf(*_GOOD, voidLookups=3), targets=_TARGETS),
    Example(Verdict.BROKEN, _spf(*_GOOD, errors=["spf.filter.example has 0 SPF records"]), targets=_TARGETS),
    Example(Verdict.BROKEN, _spf(*_GOOD, everybody=["spf.filter.example: all"]), targets=_TARGETS, note="behind it"),
    Example(Verdict.UNPROVEN, _spf(*_GOOD, unfollowed=["include:%{i}.filter.example"]), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _spf(*_GOOD, lookups=None), targets=_TARGETS),
    Example(Verdict.UNPROVEN, {}, targets=_TARGETS, note="a look-up gave no answer"),
)
