"""What is another than last quarter, and whether the estate or only the rules changed."""

from __future__ import annotations

from audit.quarters.model import PromiseChange, Quarter
from audit.reports.quarter.blocks import Row, Section, Text
from audit.reports.quarter.tabling import NONE, cell, row, table

TREND = (
    "Last quarter's evidence was judged again by today's rules, so that a rule that changed is not taken for an estate "
    "that changed. Where that could not be done, the cell is empty and the cause is told with less certainty."
)


def changes(quarter: Quarter) -> Section:
    """Write section 9: promises whose verdict changed, and rules that did."""
    if not quarter.previous:
        nil = Text(text="There is no evidence of the quarter before, so no change can be told.", kind="notice")
        return Section(anchor="changes", heading="9. Changes since last quarter", blocks=(nil,))
    moved = table(
        "T8",
        f"Promises whose verdict is another than at the end of {quarter.previous}",
        ("Promise", "Was", "Last quarter by today's rules", "Is", "Because", "What happened"),
        [_change(one) for one in quarter.changes],
        widths=(3, 3, 3, 3, 4, 6),
        source="Source: the newest evidence of both quarters, and both quarters' rules, targets and statements.",
        empty="Every promise has the verdict that it had at the end of last quarter.",
    )
    rules = table(
        "T8.R",
        "Rules and tools that changed",
        ("What", "Was", "Is"),
        [row(one.what, one.what, one.was or "not there", one.now or "not there") for one in quarter.rules],
        widths=(4, 2, 2),
        source="Source: the digests and versions that the packs record.",
        empty="No rule and no tool changed.",
    )
    blocks = (Text(text=TREND), moved, rules)
    return Section(anchor="changes", heading="9. Changes since last quarter", blocks=blocks)


def _change(one: PromiseChange) -> Row:
    return row(
        one.promise,
        one.promise,
        cell(one.was or "not there"),
        cell(one.rejudged or NONE),
        cell(one.now or "no longer there"),
        ", ".join(one.causes),
        one.detail,
    )
