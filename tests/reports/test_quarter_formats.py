"""HTML, JSON and CSV of a quarter say the same, load nothing, and run nothing."""

import csv
import io
import json
import re
from itertools import pairwise

import pytest
from jsonschema import Draft202012Validator

from audit.reports.quarter import machine, page, schema, tables
from audit.reports.quarter.composing import composed
from tests.quarters import BOARD, CANARY, CUSTOMER, ESCAPE, FORMULA, NOTHING, OTHER_CANARY, QUARTER, SCRIPT
from tests.reports.test_html import Tree

EDITIONS = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "no evidence": NOTHING}
each_edition = pytest.mark.parametrize("quarter", EDITIONS.values(), ids=EDITIONS)


def html(quarter):
    """Render a quarter as a page."""
    return page.render(composed(quarter))


def test_the_page_is_as_it_was(snapshot):
    """The whole page of the sample, word for word."""
    assert html(QUARTER) == snapshot


@each_edition
def test_the_page_is_well_formed_and_leads_nowhere_wrong(quarter):
    """Tags close in order, ids are unique, anchors resolve, headings step down one level at a time."""
    page_ = re.sub(r"<svg.*?</svg>", "", html(quarter), flags=re.DOTALL)
    tree = Tree(page_.replace("<col ", "<link "))
    ids = [attrs["id"] for _, attrs in tree.tags if "id" in attrs]
    anchors = {attrs["href"][1:] for attrs in tree.all("a") if attrs["href"].startswith("#")}
    levels = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch("h[1-6]", tag)]
    assert (tree.badly_nested, tree.open) == ([], [])
    assert len(ids) == len(set(ids))
    assert anchors <= set(ids)
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


@each_edition
def test_nothing_is_loaded_and_nothing_runs(quarter):
    """The only address outside the page is the statement's own, and only where it is one of the web."""
    tree = Tree(html(quarter))
    outside = [attrs["href"] for attrs in tree.all("a", "link", "use") if not attrs["href"].startswith("#")]
    assert outside == ["https://hosting.example/privacy.html?a=1&b=2"]
    assert not tree.all("script", "iframe", "object", "embed", "img", "link", "base", "form")
    assert not [name for _, attrs in tree.tags for name in attrs if name.startswith("on") or name == "src"]


def test_a_text_that_means_harm_is_shown_as_text():
    """Markup is escaped and characters that cannot be seen are spelt out."""
    found = html(QUARTER)
    assert SCRIPT in "".join(Tree(found).text)
    assert "<script" not in found
    assert ESCAPE not in found
    assert "\\u202eexe" in found


def test_tables_say_what_their_cells_are():
    """Each has a caption, headers have a scope, and each drawing a name and words in its place."""
    tree = Tree(html(QUARTER))
    assert len(tree.all("caption")) == len(tree.all("table")) > 0
    assert all(attrs.get("scope") in {"col", "row"} for attrs in tree.all("th"))
    drawings = tree.all("svg")
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] for attrs in drawings)
    assert len(drawings) == len(tree.all("figure")) == len(tree.all("title")) - 1 == len(tree.all("desc"))


@each_edition
def test_numbers_agree_in_html_and_json(quarter):
    """Every anchor has the same number in the page, in its prose, in the JSON and in the document."""
    document = composed(quarter)
    tree = Tree(page.render(document))
    shown = {attrs["id"]: int(attrs["value"]) for attrs in tree.all("data") if "id" in attrs}
    said = {attrs["data-anchor"]: int(attrs["value"]) for attrs in tree.all("data") if "data-anchor" in attrs}
    assert shown == document.numbers == json.loads(machine.render(quarter, document))["numbers"]
    assert said.items() <= shown.items()


@each_edition
def test_the_json_is_as_its_schema_says(quarter):
    """The published schema describes what is published."""
    Draft202012Validator(json.loads(schema.render())).validate(json.loads(machine.render(quarter, composed(quarter))))


@each_edition
def test_a_spreadsheet_runs_no_cell(quarter):
    """Lines end as RFC 4180 says, rows are as long as their headings, and no text begins a formula."""
    for name, content in tables.render(quarter).items():
        text = content.decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) == 1, name
        assert text.endswith("\r\n")
        assert "\x00" not in text
        assert not [cell for row in rows for cell in row if re.match(r"\s*[=+\-@\t\r]", cell)], name


def test_a_formula_is_led_by_an_apostrophe():
    """The reason of an exception is somebody else's text."""
    assert f"'{FORMULA}".encode() in tables.render(QUARTER)["exceptions.csv"]


def test_no_byte_of_a_customers_files_is_another_customers():
    """Neither the page nor the JSON nor a table holds what is another's, and all hold what is theirs."""
    document = composed(CUSTOMER)
    files = [page.render(document).encode(), machine.render(CUSTOMER, document), *tables.render(CUSTOMER).values()]
    assert not any(OTHER_CANARY.encode() in content or b"c-11" in content for content in files)
    assert CANARY.encode() in files[0]
