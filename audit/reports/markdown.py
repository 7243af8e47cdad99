"""The summary that a pull request shows, in GitHub's Markdown: the verdict, the promises broken, and what is new."""

import re
from collections.abc import Iterable, Iterator, Sequence

from audit.model import Verdict
from audit.promises import Finding, Report
from audit.reports import words
from audit.reports.counting import (
    attested_told,
    attesting,
    found,
    lapsed,
    plural,
    promises,
    remaining,
    touched,
    unasked,
    unattested,
)
from audit.reports.gate import (
    Places,
    against_told,
    broken_promises,
    change_told,
    flaw_told,
    flawed,
    let_through,
    one_line,
    standing,
    stopping,
    stops,
)

_SHOWN = 25
"""How many of a kind are listed."""
_LONGEST = 240
"""How much of one text is shown."""
_ROOM = 65_000
"""A comment on GitHub holds 65,536 characters."""
_MARKS = re.compile(r"[\\`*\[\]<>!|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+=]|^\d(?=\d*[.)])")
"""What markup may be made of; the last of them open a list or a heading."""
_ACTS = re.compile(r"@|#|:(?=//|[\w+-]+:)|(?<=www)\.")
"""What acts in plain text, however it is spelt: a mention, another issue's number, a link, an emoji."""


def render(report: Report, places: Places) -> str:
    """Render the summary of `report`; nothing in it can be taken for markup, a link or a mention.

    What is new comes first. Long lists are cut, and say so; so is a summary that no comment could hold.
    """
    kept: list[str] = []
    room = _ROOM
    for line in _lines(report, places):
        room -= len(line) + 1
        if room < 0:
            kept += ["", "… cut here: see the report."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"


def plain(text: str) -> str:
    """Spell a text so that it reads as it is: no markup, no link, no mention, no other issue's number."""
    short = words.visible(one_line(text))
    short = short if len(short) <= _LONGEST else f"{short[:_LONGEST]} …"
    # A space without width parts what acts; it goes in last, as it is spelt with marks itself.
    parted = _ACTS.sub(lambda sign: f"{sign.group()}\u200b", short)
    return _MARKS.sub(lambda mark: f"&#{ord(mark.group())};", parted).replace("\u200b", "&#8203;")


def code(text: str) -> str:
    """Spell a name as code: an element, as no backtick or bar in the name can end that."""
    return f"<code>{plain(text)}</code>" if text else ""


def _lines(report: Report, places: Places) -> Iterator[str]:
    """Yield the summary from top to bottom."""
    yield f"## Promise Audit: {report.verdict}"
    yield ""
    yield f"{plain(words.headline(report))}. {plain(words.standing(report))}."
    if told := against_told(report):
        yield ""
        yield f"**{plain(told[:1].upper() + told[1:])}.** {_stated(report)}"
    yield from _promises(report)
    yield from _table(report, places, "New" if report.against else "What stops this change", stopping(report))
    yield from _folded(report, places, "Already there, let through by the baseline", let_through(report))
    yield from _gaps(report)
    yield from _folded(report, places, "Waived", _waived(report))
    yield from _waivers(report)
    yield from _elsewhere(report)
    yield ""
    origin = f"{report.origin}, seen on the {report.plane} plane, judged on {report.judged_on}"
    yield f"<sub>{plain(origin)}. {plain(words.caveat(report))}</sub>"


def _stated(report: Report) -> str:
    """Say what the exit code states where a baseline is given: it makes no promise kept."""
    adds = report.against.adds if report.against else report.verdict
    return {
        Verdict.BROKEN: "This change breaks something.",
        Verdict.UNPROVEN: "This change takes proof away.",
    }.get(adds, "This change adds nothing to mend; what is broken stays broken.")


def _promises(report: Report) -> Iterator[str]:
    """Name the promises that are broken, with their texts; nothing where none is."""
    these = broken_promises(report)
    if not these:
        return
    yield from _heading(f"{plural(len(these), 'promise')} broken")
    for promise in these[:_SHOWN]:
        by = ", ".join(code(name) for name, verdict in promise.controls.items() if verdict is Verdict.BROKEN)
        yield f"- **{plain(promise.id)}** {plain(promise.text)} ({by})"
    yield from _more(these)


def _table(report: Report, places: Places, title: str, these: Sequence[Finding]) -> Iterator[str]:
    """List findings with their places and what would mend them; nothing where there are none."""
    if not these:
        return
    yield from _heading(f"{title}: {plural(len(these), 'finding')}")
    yield from _rows(report, places, these)


def _folded(report: Report, places: Places, title: str, these: Sequence[Finding]) -> Iterator[str]:
    """List findings folded away, as none of them stops the change; nothing where there are none."""
    if not these:
        return
    yield ""
    yield f"<details><summary>{title}: {plural(len(these), 'finding')}</summary>"
    yield ""
    yield from _rows(report, places, these)
    yield ""
    yield "</details>"


def _rows(report: Report, places: Places, these: Sequence[Finding]) -> Iterator[str]:
    """Write a table, a finding a row."""
    yield "| Verdict | Where | Resource | What was seen | To mend | Promises |"
    yield "|---|---|---|---|---|---|"
    for finding in these[:_SHOWN]:
        cells = (
            f"{plain(standing(report, finding))}<br>{finding.severity}",
            _where(places, finding),
            code(words.subject(finding)),
            f"{plain(finding.reason)}<br>{code(finding.control)}",
            "<br>".join(code(change_told(change)) for change in finding.remedy[:3]) or _excused(finding),
            _ids(report, finding),
        )
        yield f"| {' | '.join(cells)} |"
    yield from _more(these)


def _where(places: Places, finding: Finding) -> str:
    """Say where a finding stands, empty for one without a place of its own."""
    if not finding.file:
        return ""
    known = finding.file in places.files
    path, line = places.of(finding.file, finding.line) if known else (finding.file, finding.line)
    return code(words.place(path, line))


def _excused(finding: Finding) -> str:
    return f"waived by {plain(finding.waiver)}" if finding.waiver else ""


def _ids(report: Report, finding: Finding) -> str:
    """Name the promises with a finding's verdict by its control."""
    verdict = stops(report, finding) or finding.verdict
    return plain(", ".join(touched(report, finding.control, verdict)))


def _gaps(report: Report) -> Iterator[str]:
    """Say what could not be seen; nothing where all was."""
    if not report.gaps:
        return
    yield from _heading(f"{plural(len(report.gaps), 'gap')} in what was seen")
    for gap in report.gaps[:_SHOWN]:
        yield f"- {plain(gap.reason)}"
    yield from _more(report.gaps)


def _waived(report: Report) -> list[Finding]:
    """Return what is waived and stops nothing."""
    return [finding for finding in found(report, Verdict.WAIVED) if not stops(report, finding)]


def _waivers(report: Report) -> Iterator[str]:
    """Say what is wrong with waivers; nothing where nothing is."""
    wrong = flawed(report.waivers)
    if not wrong:
        return
    yield from _heading("Waivers to look at")
    for result, flaw in wrong[:_SHOWN]:
        yield f"- {plain(flaw_told(result, flaw))}"
    yield from _more(wrong)


def _elsewhere(report: Report) -> Iterator[str]:
    """Count what no pull request can prove."""
    yield from _heading("What this change cannot prove")
    yield f"- {plural(len(report.obligations), 'obligation')} for the next live audit"
    if waiting := remaining(promises(report)):
        yield f"- {plain(waiting)}"
    if silent := unasked(report):
        yield f"- {plain(silent)}"
    if loose := unattested(promises(report)):
        yield f"- {plural(len(loose), 'target')} not attested: {code(attesting(loose))}"
    for result in lapsed(report)[:_SHOWN]:
        yield f"- {plain(attested_told(result))}"
    yield f"- {plural(len(report.unassessed), 'thing')} seen and judged by nothing"


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"### {title}"
    yield ""


def _more(these: Iterable[object]) -> Iterator[str]:
    """Say how many are not shown; nothing where all are."""
    left = len(list(these)) - _SHOWN
    if left > 0:
        yield ""
        yield f"… and {left} more: see the report."
