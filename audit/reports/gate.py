"""What the formats for a pull request share: which findings stop it, whose promises they are, and where they stand."""

from collections.abc import Iterable, Mapping

import msgspec

from audit.baseline import hidden
from audit.folding import in_scope, unexcused
from audit.model import Verdict
from audit.promises import Change, Finding, PromiseResult, Report, Since, WaiverFlaw, WaiverResult
from audit.reports import words
from audit.reports.counting import findings, promises, ranked


class Places(msgspec.Struct, frozen=True):
    """Where the files that a report names lie, from the root of the repository down."""

    files: Mapping[str, str] = {}
    """A file as the report names it → its path; one that is not in it was not found."""
    otherwise: str = "Pulumi.yaml"
    """The file that stands for what has no place of its own."""

    def of(self, file: str, line: int) -> tuple[str, int]:
        """Give the path and the line of a place; that of the project where it has none.

        The line is 1 where only the file is known: GitHub takes no place without one.
        """
        found = self.files.get(file, "")
        return (found, max(line, 1)) if found else (self.otherwise, 1)


def stops(report: Report, finding: Finding) -> Verdict | None:
    """Say which verdict of a finding counts in the exit code, a baseline left aside; None where it counts nothing.

    A waived finding counts as broken under a promise that admits no waiver.
    """
    if finding.verdict is Verdict.WAIVED and unexcused(report, finding.control):
        return Verdict.BROKEN
    if finding.verdict is Verdict.BROKEN or finding.blocks:
        return finding.verdict
    return finding.verdict if hidden(finding) else None


def old(finding: Finding) -> bool:
    """Tell whether a baseline lets a finding through: it has the same ruling on the same value."""
    return finding.since is Since.UNCHANGED


def stopping(report: Report) -> tuple[Finding, ...]:
    """Return what stops the pull request, worst first: broken before unproven, the most severe first."""
    these = [finding for finding in ranked(findings(report)) if stops(report, finding) and not old(finding)]
    return tuple(sorted(these, key=lambda finding: stops(report, finding) is not Verdict.BROKEN))


def let_through(report: Report) -> tuple[Finding, ...]:
    """Return what would stop it, and a baseline has already; empty without a baseline."""
    return ranked(finding for finding in findings(report) if stops(report, finding) and old(finding))


def standing(report: Report, finding: Finding) -> str:
    """Say a finding's verdict in words, with how it stands to the baseline: `already broken`, `unproven, was kept`."""
    verdict = stops(report, finding) or finding.verdict
    if old(finding):
        return f"already {verdict}"
    was = finding.was
    if was is None or finding.since is None:
        return str(verdict)
    return f"{verdict}, and was so on another value" if was is verdict else f"{verdict}, was {was}"


def touches(report: Report, finding: Finding) -> tuple[PromiseResult, ...]:
    """Return the promises that a finding bears on, in the statements' order; none where it is in no one's scope."""
    return tuple(
        promise
        for statement in report.statements
        if in_scope(finding, statement.outside)
        for promise in statement.promises
        if finding.control in promise.controls and promise.counted
    )


def broken_promises(report: Report) -> tuple[PromiseResult, ...]:
    """Return the promises that are broken, the customer's part left out."""
    return tuple(promise for promise in promises(report) if promise.verdict is Verdict.BROKEN)


def sentence(report: Report, finding: Finding) -> str:
    """Say a finding in one line: what it is about, what was ruled, whose promise it is and what would mend it."""
    parts = [f"{words.subject(finding)}: {words.visible(finding.reason)} ({standing(report, finding)})"]
    names = [f"{promise.id} ({words.visible(promise.text).rstrip('.')})" for promise in touches(report, finding)]
    if names:
        verb = {Verdict.BROKEN: "Breaks", Verdict.UNPROVEN: "Leaves unproven"}.get(finding.verdict, "Bears on")
        parts.append(f"{verb}: {'; '.join(names)}")
    if finding.remedy:
        parts.append(f"To mend: {'; '.join(change_told(change) for change in finding.remedy)}")
    if finding.waiver:
        parts.append(f"Waived by {words.visible(finding.waiver)}")
    return one_line(". ".join(parts))


def change_told(change: Change) -> str:
    """Say a step of a remedy with its place, where it has one."""
    where = words.place(change.file, change.line)
    return f"{words.visible(change.code)}{f' at {where}' if where else ''}"


def one_line(text: str) -> str:
    """Put a text on one line."""
    return " ".join(text.split())


def flawed(results: Iterable[WaiverResult]) -> list[tuple[WaiverResult, WaiverFlaw]]:
    """Return what is wrong with waivers, one by one."""
    return [(result, flaw) for result in results for flaw in result.flaws]


def flaw_told(result: WaiverResult, flaw: WaiverFlaw) -> str:
    """Say in a line what is wrong with a waiver."""
    waiver = result.waiver
    return one_line(words.visible(f"{waiver.control} for {waiver.resource}, {flaw.flaw}: {flaw.reason}"))


def against_told(report: Report) -> str:
    """Say in a line how a report stands to its baseline; empty where it was compared with none."""
    if report.against is None:
        return ""
    new, known, gone = len(stopping(report)), len(let_through(report)), len(report.against.absent)
    return f"against the baseline of {report.against.judged_on}: {new} new, {known} already there, {gone} gone"
