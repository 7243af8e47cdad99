"""The summary of a pull request is compared whole, and nothing in it can be markup of somebody else's."""

import re

import msgspec
import pytest
from markdown_it import MarkdownIt

from audit.reports import markdown
from audit.reports.gate import Places
from tests.reports.gated import COMPARED, GATED, PLACES, named
from tests.reports.sample import ESCAPE, REPORT, SCRIPT

HARMFUL = [
    SCRIPT,
    ESCAPE,
    "a|b|c",
    "a\\|b",
    "`code` ``` fence",
    "x\n\n# heading\n- item",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/p.png)",
    "https://evil.example www.evil.example",
    "@everyone @org/team",
    "fixes #12",
    "**bold** _em_ ~~gone~~ $x$ :tada:",
    "</details><!--",
    "&lt;b&gt;",
    "- item",
    "1. item",
    "=====",
]


def page(text):
    """Read the summary as GitHub does, as far as a reader of its Markdown goes."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


@pytest.mark.parametrize("report", [GATED, COMPARED], ids=["alone", "against a baseline"])
def test_the_summary_reads_as_recorded(snapshot, report):
    """The whole text, so that every change of a word is seen."""
    assert markdown.render(report, PLACES) == snapshot


def test_what_is_new_comes_before_what_the_baseline_lets_through():
    """And a baseline makes no promise kept."""
    text = markdown.render(COMPARED, PLACES)
    assert text.startswith("## Promise Audit: broken\n")
    assert (
        "**Against the baseline of 2026-11-21: 2 new, 3 already there, 1 gone.** This change breaks something." in text
    )
    assert text.index("### New: 2 findings") < text.index("Already there, let through by the baseline: 3 findings")
    assert "already broken" in text


@pytest.mark.parametrize("name", HARMFUL)
def test_a_name_is_shown_and_does_nothing(name):
    """No markup, no link, no mention, no cell of its own: the page has the tags that it has without the name."""
    harmless, harmful = (page(markdown.render(named(GATED, one), PLACES)) for one in ("name", name))
    assert _tags(harmful) == _tags(harmless)
    seen = re.sub(r"<[^>]*>", "", harmful)
    assert not re.search(r"@\w|#\d|https?://|www\.\w|:tada:", seen)
    assert not set(harmful) & {"\x1b", "\u202e"}


def _tags(html):
    return re.findall(r"<(?!--)[^>]*>", html)


def test_a_long_list_is_cut_and_says_so():
    """A comment holds 65,536 characters."""
    many = tuple(
        msgspec.structs.replace(REPORT.controls[0].findings[0], resource=f"urn::{number}", name="&" * 400)
        for number in range(300)
    )
    result = msgspec.structs.replace(REPORT.controls[0], findings=many)
    text = markdown.render(msgspec.structs.replace(REPORT, controls=(result,)), PLACES)
    assert len(text) < 65_536
    assert "… and 275 more: see the report." in text or "… cut here: see the report." in text


def test_where_a_file_was_not_found_it_is_told_as_the_report_does():
    """Without a place for it, the summary still says what the program calls it."""
    assert "<code>stacks/archive.py:41</code>" in markdown.render(GATED, Places())
