"""What was broken or waived, from when to when, what is done about it, and what became of last quarter's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.model import Verdict
from audit.quarters.model import Edition, ExceptionInPeriod, Quarter
from audit.reports.quarter import figures
from audit.reports.quarter.blocks import Block, Items, Section, Table, Text
from audit.reports.quarter.sections_front import ranked
from audit.reports.quarter.shortening import is_short, places
from audit.reports.quarter.tabling import day, ids, row, spans, table

SHARED = "what several customers share"
UNANSWERED = "the management has not answered yet"
AGES = (("up to a week", 7), ("up to a month", 30), ("up to a quarter", 91), ("longer", None))
"""Names of ages, and the last day of each."""


def exceptions(quarter: Quarter, refs: Mapping[str, str]) -> Section:
    """Write section 6: what, since when, answered by whom, and on what evidence."""
    if not quarter.exceptions:
        nil = Text(text="Nothing was seen to be broken or waived in any evidence of the quarter that verifies.")
        return Section(anchor="exceptions", heading="6. Exceptions", blocks=(nil,))
    found = ranked(quarter)
    ages = _ages(found)
    drawn = [(one.cells[0].text, one.cells[1].number or 0) for one in ages.rows[:-1]]
    here: list[Block] = [
        Text(text="Exceptions: {t5.a-all-ages-all}; by the newest evidence {t5.a-all-ages-standing} of them last."),
        ages,
        *([] if quarter.edition is Edition.CUSTOMER else [figures.bars("F3", "Exceptions by age", drawn, ages.id)]),
        _told(found) if is_short(quarter) else _found(found),
        *(_answered(found) if is_short(quarter) else [_answers(found)]),
        _places(quarter, found, refs),
    ]
    return Section(anchor="exceptions", heading="6. Exceptions", blocks=tuple(here))


def _age(one: ExceptionInPeriod) -> str:
    return next(name for name, most in AGES if most is None or one.days <= most)


def _ages(found: list[ExceptionInPeriod]) -> Table:
    groups = {name: [one for one in found if _age(one) == name] for name, _ in AGES} | {"all ages": found}
    rows = [
        row(
            name,
            name,
            len(these),
            *(sum(one.verdict is verdict for one in these) for verdict in (Verdict.BROKEN, Verdict.WAIVED)),
            sum(one.standing for one in these),
        )
        for name, these in groups.items()
    ]
    return table(
        "T5.A",
        "Exceptions by age",
        ("Age", "All", "Broken", "Waived", "Standing"),
        rows,
        widths=(3, 1, 1, 1, 1),
        source="Source: from when each was first seen to when it was last seen; a week without evidence ends nothing.",
    )


def _name(one: ExceptionInPeriod) -> str:
    return one.name or (SHARED if one.shared else "the whole estate")


def _found(found: list[ExceptionInPeriod]) -> Table:
    rows = [
        row(
            one.id,
            one.id,
            one.verdict,
            f"{one.title}: {_name(one)}",
            ". ".join(filter(None, (one.reason, one.waiver and f"Waived: {one.waiver}"))),
            spans(one.spans),
            one.days,
            one.severity,
        )
        for one in found
    ]
    return table(
        "T5",
        "Exceptions, and from when to when each was seen",
        ("Exception", "Verdict", "What", "What was found", "When", "Days", "Severity"),
        rows,
        widths=(4, 3, 5, 5, 6, 2, 3),
        source="Source: the findings of every pack of the quarter that verifies, by control and resource.",
    )


def _told(found: list[ExceptionInPeriod]) -> Table:
    """Tell what was found beside what it was found in, where there is no room for a column of its own."""
    rows = [
        row(
            one.id,
            one.id,
            one.verdict,
            ". ".join(filter(None, (f"{one.title}: {_name(one)}", one.reason, one.waiver and f"Waived: {one.waiver}"))),
            spans(one.spans),
            one.days,
            one.severity,
        )
        for one in found
    ]
    return table(
        "T5",
        "Exceptions, and from when to when each was seen",
        ("Exception", "Verdict", "What was found", "When", "Days", "Severity"),
        rows,
        widths=(7, 7, 20, 20, 3, 5),
        source="Source: the findings of every pack of the quarter that verifies, by control and resource.",
    )


def _answered(found: list[ExceptionInPeriod]) -> Iterator[Block]:
    """Yield the responses that there are, and by their ids the exceptions that there is none to."""
    yield _answers([one for one in found if one.response])
    if silent := [one.id for one in found if one.response is None]:
        yield Text(text="To these nobody has answered, named an owner or set a date:", kind="notice")
        yield Items(items=(", ".join(silent),))


def _answers(found: list[ExceptionInPeriod]) -> Table:
    return table(
        "T5.R",
        "The management's response to each exception",
        ("Exception", "Cause", "Risk to people", "Response", "Owner", "Due", "Breach assessment"),
        [row(one.id, one.id, *_answer(one)) for one in found],
        widths=(4, 4, 4, 5, 3, 3, 4),
        source="Source: the file of exceptions that the company keeps; owners are roles.",
        empty="The management has answered none of them.",
    )


def _answer(one: ExceptionInPeriod) -> tuple[str, ...]:
    answer = one.response
    if answer is None:
        return "", "", UNANSWERED, "none named", "none set", "not assessed"
    due = f"{day(answer.due)}, closed {day(answer.closed)}" if answer.closed else day(answer.due)
    assessed = ": ".join(filter(None, (answer.breach or "none", answer.breach_reason)))
    return answer.cause, answer.risk, answer.response, answer.owner, due, assessed


def _places(quarter: Quarter, found: list[ExceptionInPeriod], refs: Mapping[str, str]) -> Table:
    customers = quarter.edition is not Edition.CUSTOMER
    to = places(quarter)
    rows = [
        row(
            one.id,
            one.id,
            one.resource,
            one.control,
            ids(one.promises, to),
            *((len(one.customers), ", ".join(one.customers)) if customers else ()),
            *((ids(one.evidence, refs),) if refs else ()),
        )
        for one in found
    ]
    whose, proof = ("Customers", "Which") if customers else (), ("Evidence",) if refs else ()
    return table(
        "T5.E",
        "Where each exception is, and its evidence",
        ("Exception", "Resource", "Control", "Promises", *whose, *proof),
        rows,
        widths=(4, 7, 4, 3, *((3, 3) if customers else ()), *((3,) if refs else ())),
        source="Source: the same findings; customers by their pseudonyms.",
    )


def follow_up(quarter: Quarter) -> Section:
    """Write section 11: every exception of the last report and its outcome."""
    rows = [
        row(one.id, one.id, one.was, f"{one.title}: {one.name or SHARED}", one.outcome, one.owner, day(one.due))
        for one in quarter.follow_up
    ]
    empty = (
        "The last report left no exception open." if quarter.previous else "There is no earlier report to follow up."
    )
    found = table(
        "T10",
        "Exceptions of the last report, and what became of them",
        ("Exception", "Was", "What", "Outcome", "Owner", "Due"),
        rows,
        widths=(4, 3, 6, 5, 3, 3),
        source="Source: what stood at the end of last quarter, and the evidence of this one.",
        empty=empty,
    )
    return Section(anchor="follow-up", heading="11. Follow-up of the last report", blocks=(found,))
