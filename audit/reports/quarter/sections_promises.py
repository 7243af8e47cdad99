"""Each promise of each statement: its verdict over the quarter, its weeks, its tests and where its evidence is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

import msgspec

from audit.model import Verdict, worst
from audit.promises import Proof
from audit.quarters.model import PromiseInPeriod, Quarter, StatementInPeriod
from audit.reports.quarter import figures
from audit.reports.quarter.blocks import Block, Items, Section, Table, Terms, Text
from audit.reports.quarter.sections_front import counted
from audit.reports.quarter.shortening import is_short, letters, table_of, why
from audit.reports.quarter.tabling import COUNTED, day, ids, row, slug, table

_WEEKS = (Verdict.KEPT, Verdict.BROKEN, Verdict.WAIVED, Verdict.UNPROVEN, None)


def promises(quarter: Quarter, refs: Mapping[str, str]) -> Section:
    """Write section 5: the strip of weeks, then every promise once; `refs` leads from evidence to its row."""
    own = counted(quarter)
    weeks = _statements(quarter) if is_short(quarter) else _weeks(quarter, own)
    strips = figures.strips("F2", "Verdicts by week", _strips(quarter), weeks.id)
    statements = tuple(_statement(quarter, one, number, refs) for number, one in enumerate(quarter.statements, start=1))
    known = {one.id for one in quarter.statements}
    rest = [one for one in quarter.promises if one.statement not in known]
    if rest:
        other = Section(anchor="promises-other", heading="Promises of no statement")
        statements += (_with(other, quarter, rest, refs, table_of("")),)
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
    made = Section(
        anchor=f"statement-{slug(statement.id)}",
        heading=f"5.{number} Statement {statement.id}: {statement.title}",
        blocks=tuple(blocks),
    )
    return _with(made, quarter, own, refs, table_of(statement.id))


def _with(
    section: Section, quarter: Quarter, these: list[PromiseInPeriod], refs: Mapping[str, str], name: str
) -> Section:
    """Return a section with its promises: as rows of one table in a short edition, else each as a section."""
    if is_short(quarter):
        return msgspec.structs.replace(section, blocks=(*section.blocks, _in_short(these, name)))
    return msgspec.structs.replace(section, sections=tuple(_promise(quarter, one, refs) for one in these))


def _in_short(these: list[PromiseInPeriod], name: str) -> Table:
    rows = [
        row(
            one.id,
            one.id,
            f"{one.text} \u201c{one.quote}\u201d" if one.quote else one.text,
            one.verdict,
            why(one) if one.counted else _apart(one),
            letters(one.weeks) if one.counted else "",
            sum(test.population for test in one.tests),
            sum(test.by.get(Verdict.KEPT, 0) for test in one.tests),
        )
        for one in these
    ]
    return table(
        name,
        "Each promise, why it is not kept, its weeks and the findings of its tests",
        ("Promise", "What was promised", "Verdict", "Why", "Weeks", "Tested", "Kept"),
        rows,
        widths=(8, 38, 13, 27, 17, 7, 5),
        source="Source: the verdict and the weeks are those of the quarter, the findings those of the newest evidence "
        "that verifies, of all the controls of a promise. Weeks: K kept, B broken, W waived, U unproven, - not yet.",
        empty="The statement holds no promise.",
    )


def _strips(quarter: Quarter) -> list[tuple[str, tuple[Verdict | None, ...]]]:
    """Return what the strips of weeks show: every promise that counts, in a short edition the worst by statement."""
    own = counted(quarter)
    if not is_short(quarter):
        return [(one.id, one.weeks) for one in own]
    return [
        (one.id, _worst_weeks([each for each in own if each.statement == one.id]))
        for one in quarter.statements
        if any(each.statement == one.id for each in own)
    ]


def _worst_weeks(these: list[PromiseInPeriod]) -> tuple[Verdict | None, ...]:
    return tuple(
        worst([verdict for verdict in verdicts if verdict]) if any(verdicts) else None
        for verdicts in zip(*(one.weeks for one in these), strict=True)
    )


def _statements(quarter: Quarter) -> Table:
    rows = []
    for name, weeks in _strips(quarter):
        by = Counter(weeks)
        rows.append(row(name, f"Statement {name}", *(by[state] for state in _WEEKS), letters(weeks)))
    return table(
        "T4",
        "Weeks of each statement by the worst verdict of its promises",
        ("Statement", "Kept", "Broken", "Waived", "Unproven", "Not yet", "Week by week"),
        rows,
        widths=(4, 2, 2, 2, 3, 2, 7),
        source="Source: the tables of promises below; the weeks of a row sum to those of the quarter.",
        empty="No statement holds a promise that counts.",
    )


def _promise(quarter: Quarter, one: PromiseInPeriod, refs: Mapping[str, str]) -> Section:
    blocks: list[Block] = [Text(text=one.quote, kind="quote")] if one.quote else []
    blocks.append(Terms(terms=tuple(_facts(quarter, one))))
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


def _apart(one: PromiseInPeriod) -> str:
    """Say why a promise is not counted, and what was found all the same."""
    told = "not counted: the customer's to keep" if one.complementary else "not counted: it promises nothing"
    return told if one.verdict is Verdict.NOT_APPLICABLE else f"{told}; {why(one)}"


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
