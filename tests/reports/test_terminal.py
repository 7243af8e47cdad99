"""The summary for a terminal is compared whole, and nothing in it can take the terminal over."""

import re

import msgspec
import pytest

from audit.model import Verdict
from audit.reports import terminal
from tests.reports.gated import COMPARED, GATED, named
from tests.reports.sample import ESCAPE, REPORT

EMPTY = msgspec.structs.replace(
    REPORT, verdict=Verdict.UNPROVEN, statements=(), controls=(), gaps=(), unassessed=(), obligations=(), resources=0
)


@pytest.mark.parametrize("width", [100, 60], ids=["wide", "narrow"])
def test_the_summary_reads_as_recorded(snapshot, width):
    """The whole text, so that every change of a word is seen."""
    assert terminal.render(REPORT, colour=False, width=width, page="out/index.html") == snapshot


def test_an_audit_that_saw_nothing_says_so(snapshot):
    """Nothing judged is unproven, in words."""
    assert terminal.render(EMPTY, colour=False, width=100) == snapshot


def test_what_a_baseline_has_is_told_apart(snapshot):
    """What is new is told in full, what was there in a line, and what is wrong with waivers is named."""
    assert terminal.render(COMPARED, colour=False, width=100) == snapshot


@pytest.mark.parametrize(
    "name", ["::error file=x::", "x" * 60 + "::error::y" * 30, "##vso[task.setvariable variable=x]y", "##[error]x"]
)
def test_a_name_is_no_command_to_a_build(name):
    """GitHub and Azure Pipelines read commands out of whatever a step prints."""
    for width in range(60, 80):
        lines = terminal.render(named(GATED, name), colour=False, width=width).splitlines()
        assert not any(line.lstrip().startswith("::") or "##[" in line or "##vso[" in line for line in lines)


def test_colour_changes_no_word():
    """The words carry the verdict, colour only repeats it."""
    plain = terminal.render(REPORT, colour=False, width=100)
    coloured = terminal.render(REPORT, colour=True, width=100)
    assert "\x1b[" in coloured
    assert _without_codes(coloured) == plain


def test_a_name_cannot_move_the_cursor_or_start_a_line():
    """Control characters of a resource's name are spelt out."""
    text = terminal.render(REPORT, colour=False, width=200)
    assert ESCAPE not in text
    assert not set(text) & {"\x1b", "\u202e"}
    assert not any(line.startswith("Kept:") for line in text.splitlines())


def test_no_line_is_longer_than_the_terminal():
    """Long names are broken rather than cut off."""
    assert max(map(len, terminal.render(REPORT, colour=False, width=60).splitlines())) <= 60


def _without_codes(text):
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())
