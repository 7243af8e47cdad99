"""The first pages: what the report is, how good its evidence is, the result, and what the management asserts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from audit.model import Severity, Verdict
from audit.quarters.model import Edition, ExceptionInPeriod, PromiseInPeriod, Quarter, WeekState
from audit.reports.quarter import figures
from audit.reports.quarter.blocks import Block, Items, Row, Section, Table, Terms, Text
from audit.reports.quarter.shortening import by_cause, is_short, places
from audit.reports.quarter.tabling import COUNTED, day, ids, row, spans, table

EDITIONS = {
    Edition.CUSTOMER: "the edition for customer {customer}",
    Edition.BOARD: "the edition for the data protection officer and the board",
    Edition.AUDITOR: "the auditor's edition",
}
READERS = {
    Edition.CUSTOMER: "the customer it is written for, their auditors and their supervisory authority",
    Edition.BOARD: "the data protection officer and the board",
    Edition.AUDITOR: "auditors bound to confidentiality, the data protection officer and the management",
}
IS = (
    "This is the management's own report of facts that a program found. It says, promise by promise, what was kept, "
    "broken, waived or unproven, and where the evidence for it lies, so that nobody has to take it on trust. Nobody "
    "outside the company has given an opinion on it, and it gives no assurance."
)
WORDS = (
    "Kept: everything that the proof needs was there, and showed the promise kept. Broken: evidence shows otherwise. "
    "Waived: a deviation was accepted in writing until a date. Unproven: evidence is missing, whatever the reason; it "
    "never counts as kept, and it stays in every total. The worst of the period counts."
)
TOP = 3
"""How many exceptions stand on the page with the result."""


def edition(quarter: Quarter) -> str:
    """Name the edition."""
    return EDITIONS[quarter.edition].format(customer=quarter.customer)


def counted(quarter: Quarter) -> tuple[PromiseInPeriod, ...]:
    """Return the promises that count: the company's own."""
    return tuple(one for one in quarter.promises if one.counted)


def status(quarter: Quarter) -> Section:
    """Write section 0: what this is, for whom, and what its evidence lacks."""
    period = quarter.period
    facts = (
        ("Company", quarter.company),
        ("Quarter", f"{period.name}: {day(period.begins)} to {day(period.ends)}, seen up to {day(period.as_of)}"),
        ("Edition", edition(quarter)),
        ("For", READERS[quarter.edition]),
        ("Verdict over the quarter", quarter.verdict),
        ("Made by", quarter.product),
        ("Newest seal of the quarter", quarter.seal or "there is none: no pack of this quarter is sealed"),
        ("To check a pack of evidence", "audit verify PACK --key KEY.pem"),
    )
    left = Items(items=quarter.leaves_out) if quarter.leaves_out else Text(text="It leaves nothing out.")
    here = (
        Text(text=IS),
        Terms(terms=facts),
        *warnings(quarter),
        _evidence(quarter),
        Text(text="What this edition leaves out:"),
        left,
    )
    return Section(anchor="status", heading="0. What this report is", blocks=here)


def warnings(quarter: Quarter) -> Iterator[Text]:
    """Yield a notice for everything that the reader must know of the evidence before the result."""
    if quarter.period.as_of < quarter.period.ends:
        yield _notice("The quarter is not over: {t0-weeks-not-yet-over-count} of its weeks are still to come.")
    for label, told in _TROUBLES.items():
        if _measures(quarter)[label]:
            yield _notice(told)
    if not quarter.seal:
        yield _notice("No pack of this quarter is sealed: whoever held the files could have changed them.")


_TROUBLES = {
    "Weeks without evidence": "Weeks without any evidence: {t0-weeks-without-evidence-count}. "
    "For them every promise is unproven.",
    "Weeks whose evidence does not verify": "Weeks whose evidence does not verify: "
    "{t0-weeks-whose-evidence-does-not-verify-count}. It proves nothing, and for them every promise is unproven.",
    "Packs that do not verify": "Packs that do not verify: {t0-packs-that-do-not-verify-count} of "
    "{t0-packs-count}. They are listed with their faults under method.",
    "Packs without a timestamp": "Packs without a timestamp of an authority that is trusted: "
    "{t0-packs-without-a-timestamp-count} of {t0-packs-count}. When they were made rests on the company's own clock.",
    "Attestations that do not hold": "Attestations that do not hold, by expiry or because what was attested has "
    "changed: {t0-attestations-that-do-not-hold-count} of {t0-attestations-count}. What needs them is unproven.",
    "Targets that nobody attested": "Targets that nobody attested: {t0-targets-that-nobody-attested-count}. "
    "Promises that are measured by them are unproven.",
    "Gaps in the newest evidence": "Listings that the newest evidence could not see: "
    "{t0-gaps-in-the-newest-evidence-count}. What they hide is unproven.",
}


def _notice(text: str) -> Text:
    return Text(text=text, kind="notice")


def _measures(quarter: Quarter) -> dict[str, int]:
    """Count what the evidence of the quarter is made of."""
    weeks = Counter(week.state for week in quarter.weeks)
    packs = [pack.checked for pack in quarter.packs]
    return {
        "Weeks": len(quarter.weeks),
        "Weeks with evidence that verifies": weeks[WeekState.SEEN],
        "Weeks without evidence": weeks[WeekState.HOLE],
        "Weeks whose evidence does not verify": weeks[WeekState.DOUBTED],
        "Weeks not yet over": weeks[WeekState.AHEAD],
        "Packs": len(packs),
        "Packs that do not verify": sum(one.verdict is not Verdict.KEPT for one in packs),
        "Packs without a timestamp": sum(one.timestamp is None for one in packs),
        "Attestations": len(quarter.attestations),
        "Attestations that do not hold": sum(not one.holds for one in quarter.attestations),
        "Targets that nobody attested": len(quarter.targets_unattested),
        "Gaps in the newest evidence": len(quarter.inventory.gaps) if quarter.inventory else 0,
    }


def _evidence(quarter: Quarter) -> Table:
    rows = [row(label, label, count) for label, count in _measures(quarter).items()]
    return table("T0", "What the evidence is made of", ("Evidence", "Count"), rows, widths=(4, 1), source=SOURCE)


SOURCE = "Source: the packs of the quarter and the policies at its end; the weeks sum to those of the quarter."


def result(quarter: Quarter) -> Section:
    """Write section 1: the result on one page."""
    tally = _tally(quarter)
    lead = Text(
        text="Promises of the company's own: {t1-all-promises}. Kept with all of their proof over the whole period: "
        "{t1-all-kept}. Broken for at least a part of it: {t1-all-broken}. Waived: {t1-all-waived}. Unproven: "
        "{t1-all-unproven}."
    )
    here: list[Block] = [lead, Text(text=WORDS), tally, figures.stacked("F1", "Promises by verdict", tally)]
    here += [Text(text=_last(quarter)), Text(text="The gravest exceptions:"), *_gravest(quarter)]
    here += [Text(text="What comes next:"), Items(items=tuple(_steps(quarter)), ordered=True)]
    return Section(anchor="result", heading="1. Result on one page", blocks=tuple(here))


def _tally(quarter: Quarter) -> Table:
    own = counted(quarter)
    rows = [_count("all", "All promises", (one.verdict for one in own))]
    rows += [
        _count(each.id, f"Statement {each.id}", (one.verdict for one in own if one.statement == each.id))
        for each in quarter.statements
    ]
    if quarter.previous:
        was = (one.was for one in own if one.was is not None)
        rows.append(_count("last-quarter", f"At the end of {quarter.previous}", was))
    columns = ("Promises of", "Promises", *(str(verdict).capitalize() for verdict in COUNTED))
    source = "Source: section five. Every promise of the company's own is counted once, unproven ones too."
    return table("T1", "Promises by verdict", columns, rows, widths=(3, 2, 1, 2, 2, 2, 2), source=source)


def _count(key: str, label: str, verdicts: Iterable[Verdict]) -> Row:
    by = Counter(verdicts)
    return row(key, label, by.total(), *(by[verdict] for verdict in COUNTED))


def _last(quarter: Quarter) -> str:
    if not quarter.previous:
        return "There is no evidence of the quarter before, so nothing is compared with it."
    return "Promises whose verdict is another than at the end of last quarter stand with their causes under changes."


def ranked(quarter: Quarter) -> list[ExceptionInPeriod]:
    """Put exceptions in order: broken first, then those that last, then the most severe."""
    order, verdicts = list(Severity), list(Verdict)
    return sorted(
        quarter.exceptions,
        key=lambda one: (verdicts.index(one.verdict), not one.standing, order.index(one.severity), one.id),
    )


def _gravest(quarter: Quarter) -> list[Block]:
    found = [
        f"{one.id}: {one.title}; {one.verdict} on {one.name or 'what several customers share'}, {spans(one.spans)}"
        for one in ranked(quarter)[:TOP]
    ]
    return [Items(items=tuple(found)) if found else Text(text="Nothing was seen to be broken or waived.")]


def _steps(quarter: Quarter) -> Iterator[str]:
    """Yield what to do next, the most pressing first."""
    for one in [one for one in ranked(quarter) if one.standing and one.verdict is Verdict.BROKEN][:TOP]:
        owner = one.response.owner if one.response else "an owner is still to be named"
        yield f"mend {one.id}: {one.title} ({owner})"
    if any(week.state in (WeekState.HOLE, WeekState.DOUBTED) for week in quarter.weeks):
        yield "find out why weeks have no evidence that verifies, and see to it that the weekly run is watched"
    for result_ in quarter.attestations:
        if not result_.holds:
            yield f"attest {result_.attestation.id} again ({result_.attestation.role})"
    needed = dict.fromkeys(name for one in counted(quarter) for name in one.needs.drills)
    if needed:
        yield f"run the drills that promises still need: {', '.join(needed)}"
    yield "follow up every exception of this report in the next one"


def assertion(quarter: Quarter) -> Section:
    """Write section 2: what the management asserts, with its qualifications, and where it signs."""
    period = quarter.period
    text = (
        f"The management of {quarter.company} is responsible for the promises, for what keeps them and for this "
        f"report. It asserts that from {day(period.begins)} to {day(period.as_of)} the promises were kept as the "
        "table of results says, except for what follows."
    )
    qualified = _by_cause(quarter) if is_short(quarter) else _one_by_one(quarter)
    sign = Terms(terms=(("Role", ""), ("Signature", ""), ("Date", "")))
    return Section(anchor="assertion", heading="2. Management's assertion", blocks=(Text(text=text), qualified, sign))


_QUALIFIED = "Promises that the management cannot call kept over the whole period"
_UNQUALIFIED = "There is no qualification: every promise was kept over the whole period."


def _one_by_one(quarter: Quarter) -> Table:
    rows = [row(one.id, one.id, one.verdict, one.reason) for one in counted(quarter) if one.verdict is not Verdict.KEPT]
    return table(
        "TQ",
        _QUALIFIED,
        ("Promise", "Verdict", "Why"),
        rows,
        widths=(1, 1, 4),
        source="Source: section five; the list is made by the program and cannot be shortened by hand.",
        empty=_UNQUALIFIED,
    )


def _by_cause(quarter: Quarter) -> Table:
    """Count the promises by what stands against them; each stands in one row, by its id."""
    to = places(quarter)
    rows = [
        row(f"{verdict} {cause}", cause, verdict, len(these), ids([one.id for one in these], to))
        for (verdict, cause), these in by_cause(counted(quarter)).items()
    ]
    return table(
        "TQ",
        _QUALIFIED,
        ("Why", "Verdict", "Promises", "Which"),
        rows,
        widths=(5, 2, 2, 7),
        source="Source: section five, each promise in one row; the list is made by the program and cannot be "
        "shortened by hand.",
        empty=_UNQUALIFIED,
    )
