"""Each promise of each statement: its verdict over the quarter, its weeks, its tests and where its evidence is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from audit.model import Verdict
from audit.promises import Proof
from audit.quarters.model import Edition, PromiseInPeriod, Quarter, StatementInPeriod
from audit.reports.quarter import figures
from audit.reports.quarter.blocks import Block, Items, Section, Table, Terms, Text
from audit.reports.quarter.sections_front import counted
from audit.reports.quarter.tabling import COUNTED, day, ids, row, slug, table

_WEEKS = (Verdict.KEPT, Verdict.BROKEN, Verdict.WAIVED, Verdict.UNPROVEN, None)


def promises(quarter: Quarter, refs: Mapping[str, str]) -> Section:
    """Write section 5: the strip of weeks, then every promise once; `refs` leads from evidence to its row."""
    own = counted(quarter)
    weeks = _weeks(quarter, own)
    strips = figures.strips("F2", "Verdicts by week", [(one.id, one.weeks) for one in own], weeks.id)
    statements = tuple(_statement(quarter, one, number, refs) for number, one in enumerate(quarter.statements, start=1))
    known = {one.id for one in quarter.statements}
    rest = [one for one in quarter.promises if one.statement not in known]
    if rest:
        left = tuple(_promise(quarter, one, refs) for one in rest)
        statements += (Section(anchor="promises-other", heading="Promises of no statement", sections=left),)
    return Section(anchor="promises", heading="5. Promises and results", blocks=(weeks, *strips), sections=statements)


def _weeks(quarter: Quarter, own: tuple[PromiseInPeriod, ...]) -> Table:
    rows = []
    for one in own:
        by = Counter(one.weeks)
        rows.append(row(one.id, one.id, one.verdict, *(by[state] for state in _WEEKS), _stretches(quarter, one)))
    return table(
        "T4",
        "Weeks of each promise by verdict",
        ("Promise", "Verdict", "Kept", "Broken", "Waived", "Unproven", "Not yet", "When not kept"),
        rows,
        widths=(3, 3, 2, 2, 2, 3, 2, 7),
        source="Source: the worst of each week's packs; the weeks of a row sum to those of the quarter.",
        empty="No statement holds a promise that counts.",
    )


def _stretches(quarter: Quarter, one: PromiseInPeriod) -> str:
    """Say from when to when the promise was anything but kept, neighbouring weeks with one verdict together."""
    told = []
    for verdict, group in groupby(zip(one.weeks, quarter.weeks, strict=False), key=lambda pair: pair[0]):
        these = [week for _, week in group]
        if verdict not in (Verdict.KEPT, None):
            told.append(f"{verdict} {day(these[0].begins)} to {day(these[-1].ends)}")
    return "; ".join(told) or "never"


def _statement(quarter: Quarter, statement: StatementInPeriod, number: int, refs: Mapping[str, str]) -> Section:
    """Write one statement: its drift, its promises, and apart from them what is not counted."""
    own = [one for one in quarter.promises if one.statement == statement.id]
    drift = tuple(f"{item.id}: {item.text} Cleared by: {item.cleared_by}" for item in statement.drift)
    blocks: list[Block] = []
    if drift:
        said = "Sentences that can no longer be literally true, whatever the verdict on their promises:"
        blocks = [Text(text=said, kind="notice"), Items(items=drift)]
    return Section(
        anchor=f"statement-{slug(statement.id)}",
        heading=f"5.{number} Statement {statement.id}: {statement.title}",
        blocks=tuple(blocks),
        sections=tuple(_promise(quarter, one, refs) for one in own),
    )


def _promise(quarter: Quarter, one: PromiseInPeriod, refs: Mapping[str, str]) -> Section:
    blocks: list[Block] = [Text(text=one.quote, kind="quote")] if one.quote else []
    blocks.append(Terms(terms=tuple(_facts(quarter, one))))
    if quarter.edition is not Edition.BOARD:
        blocks.append(_tests(one, refs))
    return Section(anchor=f"promise-{slug(one.id)}", heading=f"{one.id} {one.text}", blocks=tuple(blocks))


def _facts(quarter: Quarter, one: PromiseInPeriod) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a promise besides its tests."""
    yield "Verdict over the quarter", one.verdict
    yield "By the newest evidence", one.now
    if quarter.previous:
        yield f"At the end of {quarter.previous}", one.was or "not there"
    more = {
        "Why": one.reason,
        "When not kept": _stretches(quarter, one),
        "Still needs": _needs(one.needs),
        "Exceptions": _few(one.exceptions),
        "Drills": _few(one.drills),
        "Attestations that hold": ", ".join(one.attestations),
        "Evidence besides the tests": _few(one.evidence) if quarter.evidence else "",
        "Drift": ", ".join(one.drift),
        "Binds": one.binds,
        "GDPR": ", ".join(one.gdpr),
        "Categorical": "no waiver excuses it" if one.categorical else "",
        "Counted": _uncounted(one),
    }
    yield from ((term, said) for term, said in more.items() if said)


def _needs(proof: Proof) -> str:
    parts = {
        "controls": proof.controls,
        "probes": proof.probes,
        "data checks": proof.data_checks,
        "drills": proof.drills,
        "attestations": proof.attestations,
    }
    return "; ".join(f"{noun} {', '.join(names)}" for noun, names in parts.items() if names)


def _uncounted(one: PromiseInPeriod) -> str:
    if one.complementary:
        return "no: it is the customer's to keep"
    return "" if one.counted else "no: it is a heading, a scope or a fact, and promises nothing"


def _few(names: tuple[str, ...], most: int = 12) -> str:
    """Name a few of many; the tables of exceptions and drills have them all."""
    more = ", and more in the table" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _tests(one: PromiseInPeriod, refs: Mapping[str, str]) -> Table:
    evidence = ("Evidence",) if refs else ()
    rows = [
        row(
            test.control,
            f"{test.control}: {test.title} ({test.catalogue}, {test.severity})",
            test.verdict,
            test.population,
            *(test.by.get(verdict, 0) for verdict in COUNTED),
            *((ids(test.evidence, refs),) if refs else ()),
        )
        for test in one.tests
    ]
    return table(
        f"T4.{slug(one.id).upper()}",
        f"Tests of promise {one.id}",
        ("Control", "Verdict", "Tested", *(str(verdict).capitalize() for verdict in COUNTED), *evidence),
        rows,
        widths=(6, 3, 2, 2, 2, 2, 3, 3, *((3,) if refs else ())),
        source="Source: the newest evidence that verifies, the whole population; the verdict is that of the quarter.",
        empty="No control tests it: what it still needs is said above.",
    )
