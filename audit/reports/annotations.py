"""What stops a pull request, as commands that GitHub or Azure Pipelines reads from a step's output."""

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum

from audit.promises import Finding, Report
from audit.reports import words
from audit.reports.gate import Places, flaw_told, flawed, one_line, sentence, stopping

MOST = 10
"""GitHub shows ten of a sort for each step, and drops the rest in silence.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands"""

_NAMED = 5
"""How many of the resources on one line are named."""


class Reader(StrEnum):
    """Whose commands to write."""

    GITHUB = "github"
    AZURE = "azure"


# https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
_GITHUB_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_PROPERTY = {**_GITHUB_TEXT, ":": "%3A", ",": "%2C"}
# https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#formatting-commands
_AZURE_TEXT = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_PROPERTY = {**_AZURE_TEXT, "]": "%5D", ";": "%3B"}


def render(report: Report, places: Places, reader: Reader) -> str:
    """Render what stops the pull request, the worst first, a command a line; empty where nothing does.

    What stops it is an error, and what is wrong with a waiver a warning. What is said alike of one
    line is one command. Of each sort there are no more than are shown: the last one says how many are left out.
    """
    alike: defaultdict[tuple[str, str, tuple[str, int]], list[Finding]] = defaultdict(list)
    for finding in stopping(report):
        alike[finding.control, finding.reason, places.of(finding.file, finding.line)].append(finding)
    errors = [_annotation(report, place, these, reader) for (_, _, place), these in alike.items()]
    warnings = [
        _command(reader, "warning", {}, f"waiver of {flaw_told(result, flaw)}")
        for result, flaw in flawed(report.waivers)
    ]
    lines = [*_limited(errors, reader, "error"), *_limited(warnings, reader, "warning")]
    return "".join(f"{line}\n" for line in lines)


def _limited(lines: list[str], reader: Reader, sort: str) -> list[str]:
    """Cut a sort to what is shown; its last line then says how many are not."""
    if len(lines) <= MOST:
        return lines
    left = len(lines) - MOST + 1
    return [*lines[: MOST - 1], _command(reader, sort, {}, f"and {left} more like these: see the report")]


def _annotation(report: Report, place: tuple[str, int], these: list[Finding], reader: Reader) -> str:
    """Make the command of what is said alike of one line: the first finding in full, the others by name."""
    path, line = place
    names = {Reader.GITHUB: ("file", "line", "title"), Reader.AZURE: ("sourcepath", "linenumber", "code")}[reader]
    properties = dict(zip(names, (path, str(line), these[0].control), strict=True))
    others = [words.subject(finding) for finding in these[1:]]
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    same = f". The same on {', '.join(others[:_NAMED])}{more}" if others else ""
    return _command(reader, "error", properties, sentence(report, these[0]) + same)


def _command(reader: Reader, sort: str, properties: Mapping[str, str], text: str) -> str:
    """Write a command; nothing in its text or properties can end it, or begin another."""
    if reader is Reader.GITHUB:
        told = ",".join(f"{name}={_escaped(value, _GITHUB_PROPERTY)}" for name, value in properties.items())
        return f"::{sort}{f' {told}' if told else ''}::{_escaped(one_line(text), _GITHUB_TEXT)}"
    told = "".join(f"{name}={_escaped(value, _AZURE_PROPERTY)};" for name, value in properties.items())
    return f"##vso[task.logissue type={sort};{told}]{_escaped(one_line(text), _AZURE_TEXT)}"


def _escaped(text: str, spelling: Mapping[str, str]) -> str:
    """Spell a text letter by letter, so that what was escaped is not escaped again."""
    return "".join(spelling.get(letter, letter) for letter in text)
