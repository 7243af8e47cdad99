"""The report for programs: JSON with sorted keys, the same bytes for the same report."""

from collections.abc import Mapping

import msgspec

from audit.model import Verdict
from audit.promises import Report
from audit.reports.counting import Tally, control_tally, promise_tally, promises

FORMAT = "promise-audit/report/1"


class Counts(msgspec.Struct, frozen=True):
    """How many of all got each verdict."""

    of: int
    by: Mapping[Verdict, int]


class Document(Report, frozen=True, kw_only=True):
    """The report as published: what the audit found, and the counts every other format shows."""

    format: str
    """Changes when a field is renamed, removed or given another meaning."""
    promise_counts: Counts
    control_counts: Counts


def document(report: Report) -> Document:
    """Add the counts to a report."""
    return Document(
        **{field: getattr(report, field) for field in report.__struct_fields__},
        format=FORMAT,
        promise_counts=_counts(promise_tally(promises(report))),
        control_counts=_counts(control_tally(report)),
    )


def render(report: Report) -> bytes:
    """Render `report` as UTF-8 JSON with a newline at the end."""
    packed = msgspec.json.encode(document(report), order="sorted")
    return msgspec.json.format(packed, indent=2) + b"\n"


def _counts(seen: Tally) -> Counts:
    """Spell a tally with every verdict, a zero too: readers need not ask whether a key is there."""
    return Counts(seen.of, {verdict: seen.by[verdict] for verdict in Verdict})
