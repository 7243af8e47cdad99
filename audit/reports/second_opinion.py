"""What another tool says beside our verdicts: a section for the terminal, and the whole of it for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import msgspec

from audit.opinions import Opinion, SecondOpinion, Stand
from audit.reports import words
from audit.reports.counting import plural
from audit.reports.terminal import Line, printed

FORMAT = "promise-audit/second-opinion/1"
_NAMED = 3
"""How many resources of one disagreement are named before the rest is counted."""


class Document(SecondOpinion, frozen=True, kw_only=True):
    """The second opinion as published."""

    format: str
    """Changes when a field is renamed, removed or given another meaning."""


def render(second: SecondOpinion, *, colour: bool, width: int) -> str:
    """Render the second opinion for a terminal `width` columns wide: the counts, then what needs a reader."""
    return printed(_lines(second), colour=colour, width=width)


def machine(second: SecondOpinion) -> bytes:
    """Render every word of the second opinion as UTF-8 JSON with a newline at the end."""
    fields = {field: getattr(second, field) for field in second.__struct_fields__}
    packed = msgspec.json.encode(Document(**fields, format=FORMAT), order="sorted")
    return msgspec.json.format(packed, indent=2) + b"\n"


def kinds(second: SecondOpinion, stand: Stand) -> Iterator[tuple[Opinion, tuple[Opinion, ...]]]:
    """Yield the opinions of one stand, those together that differ in nothing but the resource, with the first of them.

    Nothing where there are none.
    """
    chosen = sorted((one for one in second.opinions if one.stand is stand), key=_alike)
    for _, alike in groupby(chosen, key=_alike):
        group = tuple(alike)
        yield group[0], group


def _alike(opinion: Opinion) -> tuple[str, str, str, str]:
    """Tell which opinions are one disagreement: the same check, the same word, beside the same verdict."""
    return opinion.check, opinion.said, opinion.ours, opinion.reason


def _lines(second: SecondOpinion) -> Iterator[Line]:
    """Yield the section from top to bottom."""
    yield 0, "", ""
    version = f" {second.version}" if second.version else ""
    yield 0, f"second opinion: {second.tool}{version}, which changes no verdict", "bold"
    if second.version not in ("", second.read):
        yield 2, f"its checks were read in version {second.read}: what stands for what may have changed", "yellow"
    yield 2, seen(second), ""
    counts = Counter(one.stand for one in second.opinions)
    told = ", ".join(f"{one} {counts[one]}" for one in Stand)
    yield 2, f"its {plural(len(second.opinions), 'word')} beside our verdicts: {told}", ""
    yield from _open(second, Stand.DIFFERS, "bold")
    yield from _open(second, Stand.ALONE, "")
    yield 2, silence(second), "dim"


def seen(second: SecondOpinion) -> str:
    """Say what the other tool looked at, what it had no word for, and what it was never shown."""
    types, wordless = len(second.wordless), sum(second.wordless.values())
    looked = f"it looked at {plural(second.looked_at, 'resource')}"
    silent = f"{wordless} of them without a word, of {plural(types, 'type')}"
    return f"{looked}, {silent}; {len(second.unseen)} could not be shown to it"


def silence(second: SecondOpinion) -> str:
    """Say on how much of ours the other tool says nothing, so that nobody takes its silence for a verdict."""
    told = ", ".join(f"{count} {verdict}" for verdict, count in second.silent.items()) or "none"
    return f"findings of ours on which it says nothing, which proves nothing: {told}"


def _open(second: SecondOpinion, stand: Stand, style: str) -> Iterator[Line]:
    """List what differs, or what it alone sees, check by check; nothing where there is none."""
    for first, group in kinds(second, stand):
        beside = f" beside {', '.join(first.controls)} {first.ours}" if first.controls else ""
        yield 2, f"{stand}: {first.check} {first.said} {plural(len(group), 'resource')}{beside}", style
        asks = f"it asks whether {first.asks}. " if first.asks else ""
        verdict = f"decided, {first.right} right: " if first.right in ("ours", "theirs") else ""
        yield 4, f"{asks}{verdict}{first.reason or 'nobody has decided who is right'}", "dim"
        for one in group[:_NAMED]:
            yield 4, f"{one.name} at {words.place(one.file, one.line) or 'no line that is known'}", "dim"
        if len(group) > _NAMED:
            yield 4, f"and {len(group) - _NAMED} more", "dim"
