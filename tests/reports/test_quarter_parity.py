"""What a report says is the same in its page, its PDF and its JSON, word by word and number by number."""

import json

import pytest

from audit.reports.quarter import machine, page, paper
from audit.reports.quarter.composing import composed
from audit.reports.quarter.tabling import tables
from tests.quarter_parity import close, read_html, read_pdf
from tests.quarters import BOARD, CUSTOMER, NOTHING, QUARTER

EDITIONS = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "no evidence at all": NOTHING}


@pytest.fixture(scope="module", params=EDITIONS, ids=list(EDITIONS))
def read(request):
    quarter = EDITIONS[request.param]
    document = composed(quarter)
    told = json.loads(machine.render(quarter, document))
    return document, read_html(page.render(document)), read_pdf(paper.render(document, {})), told["numbers"]


def test_every_word_stands_in_the_page_and_in_the_pdf_in_the_same_order(read):
    _, html, pdf, _ = read
    assert html.words == pdf.words
    assert len(html.words) > 400


def test_every_table_has_the_same_columns_rows_and_cells(read):
    document, html, pdf, _ = read
    assert html.tables == pdf.tables
    assert set(html.tables) == {table.id for table in tables(document.sections) if table.rows}


def test_every_number_with_an_anchor_is_the_same_in_the_page_the_pdf_and_the_json(read):
    document, html, pdf, told = read
    assert _numbers(document, html) == _numbers(document, pdf) == html.numbers == told == dict(document.numbers)
    assert told


def _numbers(document, reading):
    """Look each number up where a reader would: by the headings of its table, its row and its column."""
    found = {}
    for table in tables(document.sections):
        cells, seen = reading.tables[table.id].named() if table.rows else {}, {}
        for row in table.rows:
            name = close(row.cells[0].text)
            seen[name] = seen.get(name, 0) + 1
            for column, cell in zip(table.columns, row.cells, strict=True):
                if cell.number is not None:
                    found[cell.anchor] = int(cells[name, seen[name], close(column)])
    return found
