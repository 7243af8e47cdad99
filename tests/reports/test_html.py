"""The page opens anywhere: no script, no network, every text escaped, everything found in it."""

import re
import time
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from audit.facts import Reading
from audit.model import Verdict
from audit.promises import Change
from audit.reports import html, words
from tests.reports.gated import COMPARED
from tests.reports.sample import ANONYMOUS, ESCAPE, REPORT, SCRIPT, finding

PAGE = html.render(REPORT)
CSS = (Path(html.__file__).parent / "report.css").read_text()
VOID = {"meta", "br", "wbr", "img", "link", "path", "circle", "rect", "use"}
LOADING = {"src", "srcset", "data", "action", "poster", "xlink:href", "background", "formaction"}
AA_TEXT = 4.5


class Tree(HTMLParser):
    """Collects tags with their attributes, the text, and what is not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text, self.badly_nested = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note a tag, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the innermost tag, or note that another one was closed."""
        if not self.open or self.open.pop() != tag:
            self.badly_nested.append((tag, self.getpos()))

    def handle_data(self, data):
        """Keep the text that a reader sees."""
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def all(self, *names):
        """Return the attributes of every tag of these names."""
        return [attrs for tag, attrs in self.tags if tag in names]


TREE = Tree(PAGE)
TEXT = " ".join("".join(TREE.text).split())


def test_the_page_is_well_formed():
    """Every tag closes in order, ids are unique, and every anchor leads somewhere."""
    ids = [attrs["id"] for _, attrs in TREE.tags if "id" in attrs]
    anchors = {attrs["href"][1:] for attrs in TREE.all("a", "use") if attrs["href"].startswith("#")}
    assert (TREE.badly_nested, TREE.open) == ([], [])
    assert len(ids) == len(set(ids))
    assert anchors <= set(ids)


def test_nothing_is_loaded_and_nothing_runs():
    """The only address outside the page is the statement's own link."""
    outside = [attrs["href"] for attrs in TREE.all("a", "use", "link") if not attrs["href"].startswith("#")]
    assert outside == ["https://hosting.example/privacy.html?a=1&b=2"]
    assert not TREE.all("script", "iframe", "object", "embed", "img", "link", "base", "form")
    assert not [attrs for _, attrs in TREE.tags if LOADING & set(attrs)]
    assert not [name for _, attrs in TREE.tags for name in attrs if name.startswith("on")]
    assert not re.search(r"url\(|@import|expression\(", CSS)


def test_a_name_that_means_harm_is_shown_as_text():
    """Markup is escaped, control characters are spelt out, and only web addresses become links."""
    assert SCRIPT in "".join(TREE.text)
    assert "<script" not in PAGE
    assert ESCAPE not in PAGE
    assert "\\u202eexe" in TEXT
    assert "javascript:alert(1)" in TEXT


def test_every_table_has_a_caption_and_headers_with_a_scope():
    """A table tells what it is, and its header cells what they head."""
    assert len(TREE.all("caption")) == len(TREE.all("table")) > 0
    assert all(attrs.get("scope") in {"col", "row"} for attrs in TREE.all("th"))


def test_headings_step_down_one_level_at_a_time():
    """One first heading, and no level left out."""
    levels = [int(tag[1]) for tag, _ in TREE.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_the_page_says_what_it_is():
    """Language, title with the verdict, landmarks and a way past the menu."""
    assert TREE.all("html") == [{"lang": "en-GB"}]
    assert re.search(r"<title>Broken: 2 of 8 controls are broken", PAGE)
    assert all(len(TREE.all(landmark)) for landmark in ("main", "nav", "footer"))
    assert TREE.all("a")[0]["href"] == "#result"
    assert words.caveat(REPORT) in TEXT


def test_everything_found_is_in_it():
    """No finding, promise, drift item, gap or obligation is left out, nor what would mend it."""
    found = [one for control in REPORT.controls for one in control.findings]
    told = [one.reason for one in found]
    told += [change.code for one in found for change in one.remedy]
    told += [words.place(one.file, one.line) for one in found if one.file]
    told += [one.waiver for one in found if one.waiver]
    told += [promise.text for statement in REPORT.statements for promise in statement.promises]
    told += [item.cleared_by for statement in REPORT.statements for item in statement.drift]
    told += [gap.reason for gap in REPORT.gaps] + [thing.why for thing in REPORT.unassessed]
    assert [text for text in told if text not in TEXT] == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param({"$unknown": True}, "not known before deployment", id="unknown"),
        pytest.param({"$secret": True}, "a secret and was not looked at", id="secret"),
        pytest.param({"$reference": "urn:p::s::t::archive", "property": "id"}, "the id of archive", id="reference"),
        pytest.param(None, "not set", id="missing"),
        pytest.param(False, "false", id="false"),
        pytest.param("x" * 500, f'"{"x" * 399} … (502 characters)', id="long"),
    ],
)
def test_a_value_is_told_as_it_was_seen(value, told):
    """What cannot be read is said in words; what is too long is cut, and says so."""
    assert words.value(value) == told


def test_a_promise_that_knows_no_waiver_says_so():
    """A waived finding under a categorical promise is shown as what breaks it."""
    assert "This promise knows no waiver: it counts as broken." in TEXT


def test_findings_of_another_statement_do_not_count_and_are_counted():
    """A finding about data that another statement alone speaks for is counted apart."""
    assert "1 of 2 findings concern data of another statement and do not count here." in TEXT


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_the_contrast_of_wcag_aa(scheme):
    """Every ink on every ground it stands on."""
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", re.findall(r":root \{.*?\}", CSS, re.S)[scheme]))
    tones = [name.removesuffix("-tint") for name in colours if name.endswith("-tint")]
    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("paper", "panel")]
    pairs += [(tone, ground) for tone in tones for ground in (f"{tone}-tint", "paper")]
    pairs += [("ink", f"{tone}-tint") for tone in tones]
    assert [pair for pair in pairs if _contrast(*(colours[name] for name in pair)) < AA_TEXT] == []


def test_fifteen_hundred_findings_take_less_than_a_second():
    """Half of them broken, the worst case for the page."""
    reading = Reading("urn::x", "allowBlobPublicAccess", True)
    many = tuple(
        finding(
            ANONYMOUS.id,
            Verdict.BROKEN if number % 2 else Verdict.KEPT,
            f"reason {number}",
            name=f"account-{number}",
            file="stacks/archive.py",
            line=number,
            evidence=(reading,) * 3,
            remedy=(Change(code="allow_blob_public_access=False"),),
        )
        for number in range(1500)
    )
    control = msgspec.structs.replace(ANONYMOUS, findings=many)
    report = msgspec.structs.replace(REPORT, controls=(control, *REPORT.controls[1:]))
    start = time.perf_counter()
    page = html.render(report)
    assert time.perf_counter() - start < 1
    assert "reason 1499" in page


def _contrast(one, other):
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_a_baseline_has_and_what_is_wrong_with_waivers_is_told():
    """As in every other format."""
    tree = Tree(html.render(COMPARED))
    text = " ".join("".join(tree.text).split())
    assert not tree.badly_nested
    assert "against the baseline of 2026-11-21: 2 new, 3 already there, 1 gone" in text
    assert "(already broken)" in text
    assert "Waivers to look at Near expiry: storage-archive-locked for worm, it ends in 3 days" in text
