"""The summary for a terminal: the verdict, what is broken first, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import TYPE_CHECKING

from audit.folding import needs, unexcused
from audit.model import Plane, Verdict
from audit.promises import Contrast, Finding, PromiseResult, Report, StatementResult
from audit.reports import words
from audit.reports.counting import (
    Tally,
    attested_told,
    attesting,
    by_control,
    control_tally,
    counted,
    declared,
    found,
    lapsed,
    plural,
    promise_tally,
    promises,
    ranked,
    remaining,
    touched,
    unasked,
    unattested,
)
from audit.reports.gate import against_told, flaw_told, flawed, let_through, old, standing, stopping

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = 10
"""How many of a kind are listed before the rest is left to the page."""
_NAMED = 3
"""How many names stand in one line before the rest is counted."""
_STYLE = {
    Verdict.BROKEN: "bold red",
    Verdict.UNPROVEN: "yellow",
    Verdict.WAIVED: "magenta",
    Verdict.KEPT: "green",
    Verdict.NOT_APPLICABLE: "dim",
}
Line = tuple[int, str, str]
"""How far a line is set in, its text and its style."""


def render(report: Report, *, colour: bool, width: int, page: str = "") -> str:
    """Render the summary of `report` for a terminal `width` columns wide; `page` is where the whole report stands.

    Trailing blanks are cut, so that the text compares whole. Narrower than forty columns it is not made.
    """
    return printed(_lines(report, page), colour=colour, width=width)


def printed(lines: Iterable[Line], *, colour: bool, width: int) -> str:
    """Lay out lines for a terminal, each with its indent and style; what a reader could not see is spelt out."""
    out = StringIO()
    console = _console(out, colour=colour, width=width)
    for indent, text, style in lines:
        _write(console, indent, words.visible(text).replace("\n", " "), style)
    return "\n".join(words.inert(line.rstrip()) for line in out.getvalue().splitlines())


def _console(out: StringIO, *, colour: bool, width: int) -> Console:
    """Make the console that writes to `out`; a pipe gets no colours, whatever the environment says."""
    from rich.console import Console  # takes longer to import than the whole of `audit --help` may take

    return Console(
        file=out,
        width=max(width, 40),
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )


def _write(console: Console, indent: int, text: str, style: str) -> None:
    """Print a line as it is, wrapped inside its indent: brackets in a name are no markup."""
    from rich.padding import Padding  # as above
    from rich.text import Text  # as above

    if not text:
        console.print()
        return
    console.print(Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, indent), expand=False))


def _lines(report: Report, page: str) -> Iterator[Line]:
    """Yield the summary from top to bottom: verdict, counts, what to mend, promise by promise, what was not seen."""
    when = f" at {report.seen_at:%Y-%m-%d %H:%M %Z}" if report.plane is Plane.LIVE else ""
    yield 0, f"{report.origin}, seen on the {report.plane} plane{when}, judged on {report.judged_on}", "dim"
    yield 0, words.headline(report), _STYLE[report.verdict]
    if told := against_told(report):
        yield 0, told, ""
    yield from _counts(report)
    broken = found(report, Verdict.BROKEN)
    yield from _section("broken", tuple(one for one in broken if not old(one)), report)
    yield from _differences(report)
    yield from _gaps(report)
    unproven = tuple(one for one in stopping(report) if one.verdict is Verdict.UNPROVEN)
    yield from _section("unproven", unproven, report, "what this plane should have shown")
    yield from _known(report)
    yield from _section("waived", found(report, Verdict.WAIVED), report)
    yield from _waivers(report)
    yield from _attestations(report)
    for statement in report.statements:
        yield from _statement(statement)
    yield from _unseen(report)
    yield 0, "", ""
    where = f"The whole report: {page}" if page else "For the whole report, add --report FOLDER."
    yield 0, f"next: {words.next_step(report)}. {where}", "bold"


def _counts(report: Report) -> Iterator[Line]:
    """Give the two counts side by side, as promises and controls answer different questions."""
    yield 0, "", ""
    counted_promises = promises(report)
    yield 2, f"promises  {_tally(promise_tally(counted_promises))}", ""
    yield 2, f"controls  {_tally(control_tally(report))}", ""
    if waiting := remaining(counted_promises):
        yield 2, f"proof     {waiting}", ""
    if silent := unasked(report):
        yield 2, f"unasked   {silent}", ""
    if loose := unattested(counted_promises):
        yield 2, f"targets   {plural(len(loose), 'target')} not attested: {attesting(loose)}", ""


def _tally(seen: Tally) -> str:
    """Spell a tally as `3 of 52 broken, 7 of 52 unproven, …`."""
    return ", ".join(f"{seen.says(verdict)} {verdict}" for verdict in seen.seen())


def _section(word: str, these: tuple[Finding, ...], report: Report, note: str = "") -> Iterator[Line]:
    """List findings control by control, the most severe first; the rest is counted.

    Nothing where there are none, not even the heading.
    """
    if not these:
        return
    yield 0, "", ""
    shown = f", the first {_SHOWN} shown" if len(these) > _SHOWN else ""
    yield 0, f"{word}: {plural(len(these), 'finding')}{shown}{f' ({note})' if note else ''}", _STYLE[these[0].verdict]
    for control, group in by_control(ranked(these)[:_SHOWN]):
        ids = touched(report, control, group[0].verdict)
        bound = f", {word} with it: {', '.join(ids)}" if ids else ""
        yield 2, f"{control} ({group[0].severity}{bound})", "bold"
        if stays := unexcused(report, control) if word == "waived" else ():
            yield 4, f"broken all the same: {', '.join(stays)}, which no waiver excuses", _STYLE[Verdict.BROKEN]
        for finding in group:
            yield from _finding(finding)


def _known(report: Report) -> Iterator[Line]:
    """Name what the baseline lets through, a line each; nothing where there is none, or none of it."""
    these = let_through(report)
    if not these:
        return
    yield 0, "", ""
    shown = f", the first {_SHOWN} shown" if len(these) > _SHOWN else ""
    yield 0, f"let through by the baseline: {plural(len(these), 'finding')}{shown}", "bold"
    for finding in these[:_SHOWN]:
        yield 2, f"{standing(report, finding)}: {finding.control} on {words.subject(finding)}: {finding.reason}", ""


def _waivers(report: Report) -> Iterator[Line]:
    """Say what is wrong with waivers, the rest counted; nothing where nothing is."""
    wrong = flawed(report.waivers)
    if not wrong:
        return
    yield 0, "", ""
    yield 0, f"waivers to look at: {len(wrong)}", _STYLE[Verdict.WAIVED]
    for result, flaw in wrong[:_SHOWN]:
        yield 2, flaw_told(result, flaw), ""
    if len(wrong) > _SHOWN:
        yield 2, f"and {len(wrong) - _SHOWN} more", ""


def _attestations(report: Report) -> Iterator[Line]:
    """Name the attestations that do not hold or end soon, the rest counted; nothing where there are none."""
    these = lapsed(report)
    if not these:
        return
    yield 0, "", ""
    yield 0, f"attestations to look at: {len(these)}", _STYLE[Verdict.UNPROVEN]
    for result in these[:_SHOWN]:
        yield 2, attested_told(result), ""
    if len(these) > _SHOWN:
        yield 2, f"and {len(these) - _SHOWN} more", ""


def _finding(finding: Finding) -> Iterator[Line]:
    """Give a finding with its place, each change that would mend it, and who waived it.

    A change at the finding's own place is told without repeating that place.
    """
    where = words.place(finding.file, finding.line)
    yield 4, f"{words.subject(finding)}: {finding.reason}", ""
    if where:
        yield 6, f"at {where}", "dim"
    for change in finding.remedy:
        at = words.place(change.file, change.line)
        yield 6, f"change: {change.code}{f'  ({at})' if at not in ('', where) else ''}", ""
    if finding.waiver:
        yield 6, f"waived by {finding.waiver}", ""


def _differences(report: Report) -> Iterator[Line]:
    """Give what runs against what is declared; nothing where the two were not compared."""
    if report.differences is None:
        return
    yield 0, "", ""
    yield 0, f"declared and running: {words.differing(report.differences)}", "bold"
    told = [one for one in report.differences if one.contrast not in (Contrast.SETTLED, Contrast.UNSEEN)]
    for one in told[:_SHOWN]:
        where = words.place(one.file, one.line)
        yield 2, f"{one.contrast}: {one.name} ({one.type})", ""
        yield 4, words.difference(one), "dim"
        if where:
            yield 4, f"declared at {where}", "dim"
    if len(told) > _SHOWN:
        yield 2, f"and {len(told) - _SHOWN} more", ""
    # What a gap hides is one thing to mend, however much lies behind it.
    hidden = [one for one in report.differences if one.contrast is Contrast.UNSEEN]
    for reason in dict.fromkeys(one.reason for one in hidden):
        names = [one.name for one in hidden if one.reason == reason]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield 2, f"{Contrast.UNSEEN}: {', '.join(names[:_NAMED])}{more}", ""
        yield 4, f"it may be hidden: {reason}", "dim"


def _gaps(report: Report) -> Iterator[Line]:
    """Say what could not be seen, before anything that rests on it; nothing where all was."""
    if not report.gaps:
        return
    yield 0, "", ""
    yield 0, f"could not be seen: {plural(len(report.gaps), 'gap')}", _STYLE[Verdict.UNPROVEN]
    for gap in report.gaps[:_SHOWN]:
        yield 2, gap.reason, ""
    if len(report.gaps) > _SHOWN:
        yield 2, f"and {len(report.gaps) - _SHOWN} more", ""


def _statement(statement: StatementResult) -> Iterator[Line]:
    """Give a statement's counts, its drift and its promises, worst first."""
    own = counted(statement)
    yield 0, "", ""
    yield 0, f"statement {statement.id}: {statement.title} ({statement.company}), seen {statement.seen}", "bold"
    yield 2, _tally(promise_tally(own)), ""
    yield from _drift(statement)
    for verdict in Verdict:
        yield from _promises(verdict, [promise for promise in own if promise.verdict is verdict])


def _drift(statement: StatementResult) -> Iterator[Line]:
    """Name the sentences that can no longer be literally true; nothing where there is none."""
    if statement.drift:
        yield 2, f"{plural(len(statement.drift), 'drift item')}: {', '.join(one.id for one in statement.drift)}", ""


def _promises(verdict: Verdict, these: Iterable[PromiseResult]) -> Iterator[Line]:
    """Give a line to each promise that a control has looked at, and one to all the others."""
    others = []
    for promise in these:
        if promise.controls:
            told = "; ".join(filter(None, (declared(promise), needs(promise.needs))))
            yield 2, f"{promise.id} {verdict}: {told}{_drifted(promise)}", _STYLE[verdict]
        else:
            others.append(f"{promise.id}{_drifted(promise)}")
    if others:
        count = plural(len(others), "promise")
        yield 2, f"{count} {verdict}, with no control yet: {', '.join(others)}", _STYLE[verdict]


def _drifted(promise: PromiseResult) -> str:
    """Mark a promise whose sentence has drifted; empty for any other."""
    return f" [drift {', '.join(promise.drift)}]" if promise.drift else ""


def _unseen(report: Report) -> Iterator[Line]:
    """Count what could not be seen or judged, so that nobody takes silence for a verdict."""
    yield 0, "", ""
    yield 0, "not assessed", "bold"
    yield 2, f"{plural(len(report.gaps), 'gap')} in what was seen", ""
    yield 2, f"{plural(len(report.unassessed), 'thing')} seen and judged by nothing", ""
    yield 2, f"{plural(len(report.obligations), 'obligation')} for the next live audit", ""
