"""The PDF of a quarter: a screen reader can read it, an archive may keep it, and it is the same on every machine."""

import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
import typst

from audit.model import Verdict
from audit.reports.quarter import glyphs, paper
from audit.reports.quarter.blocks import Cell, Document, Items, Row, Section, Table, Terms, Text
from audit.reports.quarter.composing import composed
from audit.reports.quarter.row_headers import headed
from audit.reports.quarter.typesetting import CELLS, SHORT, longest
from tests.quarter_parity import read_pdf
from tests.quarters import BOARD, CUSTOMER, NOTHING, QUARTER

FILES = {
    "quarter.json": b'{"verdict": "broken"}',
    "assessment-results.json": b"{}",
    "promises.csv": b"id,verdict\r\nA-01,broken\r\n",
    "pack.tsr": bytes(range(256)),
    "empty.csv": b"",
}
EDITIONS = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "no evidence at all": NOTHING}
TEMPLATE = Path(paper.__file__).with_name("report.typ")


@pytest.fixture(scope="module", params=EDITIONS, ids=list(EDITIONS))
def pdf(request):
    with pikepdf.open(BytesIO(paper.render(composed(EDITIONS[request.param]), FILES))) as opened:
        yield opened


def elements(node):
    """Go through the structure tree in reading order."""
    if isinstance(node, pikepdf.Array):
        for one in node:
            yield from elements(one)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        yield from elements(node.get("/K", pikepdf.Array()))


def kinds(pdf, *wanted):
    return [one for one in elements(pdf.Root.StructTreeRoot.K) if str(one.S) in wanted]


def attribute(element, name):
    given = element.get("/A", pikepdf.Array())
    found = given if isinstance(given, pikepdf.Array) else [given]
    return next((one[name] for one in found if name in one), None)


def test_it_says_its_language_its_title_and_that_it_is_tagged(pdf):
    assert str(pdf.Root.Lang) == "en-GB"
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    with pdf.open_metadata() as metadata:
        assert metadata["dc:title"].startswith("Hosting Example: promises")


def test_it_claims_both_standards(pdf):
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")


def test_its_pages_are_gone_through_in_the_order_of_the_structure(pdf):
    assert {str(page.obj.Tabs) for page in pdf.pages} == {"/S"}


def test_every_figure_says_in_words_what_it_shows(pdf):
    assert all(str(figure.get("/Alt", "")).strip() for figure in kinds(pdf, "/Figure"))


def test_every_heading_of_a_table_says_what_it_is_the_heading_of(pdf):
    assert all(str(attribute(cell, "/Scope")) in ("/Column", "/Row") for cell in kinds(pdf, "/TH"))


def test_every_row_begins_with_its_heading_and_every_table_with_those_of_its_columns(pdf):
    for table in kinds(pdf, "/Table"):
        head, *rows = [one for one in elements(table) if str(one.S) == "/TR"]
        assert {str(attribute(cell, "/Scope")) for cell in head.K} == {"/Column"}
        for row in rows:
            assert [str(attribute(cell, "/Scope")) for cell in row.K] == ["/Row", *["None"] * (len(row.K) - 1)]


def test_headings_skip_no_level(pdf):
    levels = [int(str(one.S)[2:]) for one in kinds(pdf, "/H1", "/H2", "/H3", "/H4", "/H5", "/H6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_has_words_for_who_cannot_see_where_it_leads(pdf):
    links = [one for page in pdf.pages for one in page.obj.get("/Annots", []) if one.Subtype == "/Link"]
    assert links
    assert all("/Contents" in link and "/StructParent" in link for link in links)


def test_everything_on_a_page_is_tagged_or_said_to_be_decoration(pdf):
    for page in pdf.pages:
        depth = 0
        for _, operator in pikepdf.parse_content_stream(page):
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
            assert depth or str(operator) not in ("Tj", "TJ", "Do", "f", "S", "B")


def test_every_attached_file_is_whole_and_says_what_it_is(pdf):
    names = {str(one.UF): one for one in pdf.Root.AF}
    assert set(names) == set(FILES)
    for name, content in FILES.items():
        stream = names[name].EF.F
        assert stream.read_bytes() == content
        assert str(names[name].AFRelationship) == "/Data"
        assert name in str(names[name].Desc)
        assert "/Subtype" in stream
    assert str(names["promises.csv"].EF.F.Subtype) == "/text/csv"
    assert str(names["pack.tsr"].EF.F.Subtype) == "/application/timestamp-reply"


def test_a_reader_that_repairs_nothing_finds_every_object_in_its_place(pdf):
    assert pdf.check_pdf_syntax() == []


def test_a_heading_that_only_looks_like_a_cell_stays_what_it_is():
    said = "1 0 obj\n<</Type/StructElem/S/TD/P 1 0 R/A[<</O/Table/Headers[(U1x0y0)]>>]"
    with_it = paper.render(small(Text(text=said)), {"trap.txt": said.encode() * 3})
    with pikepdf.open(BytesIO(with_it)) as opened:
        assert opened.Root.AF[0].EF.F.read_bytes() == said.encode() * 3
    assert said.replace(" ", "").replace("\n", "") in read_pdf(with_it).words


def test_a_file_that_is_laid_out_otherwise_is_refused():
    with pytest.raises(ValueError, match="another way"):
        headed(b"%PDF-2.0\nnothing of the kind\n%%EOF")


WITH = """
import sys
from audit.reports.quarter import paper
from audit.reports.quarter.composing import composed
from tests.quarters import QUARTER
sys.stdout.buffer.write(paper.render(composed(QUARTER), {"b.json": b"{}", "a.csv": b"x"}))
"""
SURROUNDINGS = {
    "plain": {},
    "another time zone": {"TZ": "Pacific/Auckland"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "another hash seed": {"PYTHONHASHSEED": "4711"},
    "another day": {"SOURCE_DATE_EPOCH": "1"},
    "other fonts": {"TYPST_FONT_PATHS": "/usr/share/fonts", "XDG_DATA_HOME": "fonts"},
}


def test_the_same_report_is_the_same_bytes_in_another_process_place_and_time(tmp_path):
    digests = set()
    for number, surroundings in enumerate(SURROUNDINGS.values()):
        folder = tmp_path / f"place {number}"
        folder.mkdir()
        here = str(Path(__file__).parents[2])
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": here, "TMPDIR": str(folder)} | surroundings
        done = subprocess.run(
            [sys.executable, "-c", WITH], cwd=folder, env=environment, capture_output=True, check=True, timeout=120
        )
        digests.add(hashlib.sha256(done.stdout).hexdigest())
        assert not list(folder.iterdir()), "nothing is written"
    assert len(digests) == 1


def test_only_the_fonts_of_the_package_are_in_it(pdf):
    fonts = {str(font.BaseFont) for page in pdf.pages for font in page.resources.get("/Font", {}).values()}
    assert fonts
    assert all(re.fullmatch(r"/[A-Z]{6}\+(LibertinusSerif|DejaVuSansMono).*", font) for font in fonts)


def test_the_template_fetches_nothing_and_reads_nothing():
    text = TEMPLATE.read_text()
    assert not re.search(r"@preview|@local|#import|#include|\bread\(|\beval\(|plugin\(", text)


def small(*blocks, heading="A heading"):
    """Make the smallest document that holds these."""
    section = Section(anchor="a", heading=heading, blocks=blocks)
    return Document(title="T", subtitle="S", date="2026-12-31", sections=(section,), numbers={"n": 7})


AWKWARD = {
    "Chinese": "\u4e2d\u6587",
    "a lock": "\U0001f512",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "Hebrew": "\u05e9\u05dc\u05d5\u05dd",
    "Arabic": "\u0645\u0631\u062d\u0628\u0627",
    "an accent of its own": "e\u0301",
    "a mark on nothing": "\u0301",
    "many marks": "a" + "\u0489\u0336\u20dd" * 30,
    "a keycap": "1\ufe0f\u20e3",
    "a flag": "\U0001f1ec\U0001f1e7",
    "nothing assigned": "\u0378",
    "private use": "\ue000",
    "half a pair": "\ud800",
    "no character": "\uffff",
    "NUL": "a\x00b",
    "turned around": "a\u202eb",
    "invisible": "a\u200bb\u00adc\u2060d",
    "a separator of lines": "a\u2028b",
    "Devanagari": "\u0928\u092e\u0938\u094d\u0924\u0947",
    "Hangul in parts": "\u1112\u1161\u11ab",
    "mathematics": "\U0001d54f \u222b",
    "markup of the template": "#panic($1$) *bold* _it_ = head\n\n/ a: b @ref <label> `raw` \\ // c /* d */ #{",
    "empty": "",
    "spaces": " \t \n ",
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_any_text_anywhere_makes_a_whole_file(text):
    row = Row(key="t1-a", cells=(Cell(text=text), Cell(text=text, verdict=Verdict.KEPT)))
    table = Table(id="T1", caption=text or "x", columns=("A", text), rows=(row,), source=text)
    blocks = (
        table,
        *(Text(text=text, kind=kind) for kind in ("plain", "notice", "quote", "code")),
        Items(items=(text, "x")),
        Terms(terms=((text, text),)),
    )
    document = Document(
        title=f"T {text}",
        subtitle=text,
        date="2026-12-31",
        sections=(Section(anchor="a", heading=f"H {text}", blocks=blocks),),
        numbers={},
    )
    content = paper.render(document, {f"{glyphs.shown(text)[:20]}.txt": text.encode("utf-8", "replace")})
    with pikepdf.open(BytesIO(content)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert opened.check_pdf_syntax() == []


def test_a_character_without_a_glyph_is_seen_as_its_code_point():
    said = read_pdf(paper.render(small(Text(text="a\u4e2d \U0001f512 \ud800 \x00 \u202e")), {})).words
    assert said[-1] == "a[U+4E2D][U+1F512][U+D800][U+0000][U+202E]"


def test_what_is_shown_once_stays_as_it_is():
    for text in AWKWARD.values():
        assert glyphs.shown(glyphs.shown(text)) == glyphs.shown(text)


@pytest.mark.parametrize("weight", ["regular", "semibold", "bold"])
def test_every_character_that_is_said_to_have_a_glyph_has_one_in_the_package(weight):
    known = sorted(set().union(*(set(glyphs._ranged(ranges)) for ranges in (glyphs.SERIF, glyphs.MONO))))
    assert len(known) > 3000
    assert not [one for one in known if unicodedata.category(one)[0] == "C"]
    bare = "\n".join(one if unicodedata.category(one)[0] != "M" else f"o{one}" for one in known)
    source = f"""
    #set document(title: "T")
    #set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), fallback: false, weight: "{weight}")
    #for one in sys.inputs.text.split("\\n") [#one ]
    """
    shown = "\n".join(glyphs.shown(line) for line in bare.split("\n"))
    typst.compile(
        source.encode(),
        sys_inputs={"text": shown},
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["ua-1", "a-3a"],
        timestamp=0,
    )


def test_a_character_that_the_package_has_no_glyph_for_stops_the_compiler():
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        typst.compile(
            '#set document(title: "T")\n#set text(fallback: false)\n\u4e2d'.encode(),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=0,
        )


def test_a_long_name_is_cut_between_lines_and_copied_whole():
    name = "/subscriptions/" + "0123456789abcdef" * 20
    row = Row(key="t1-a", cells=tuple(Cell(text=name) for _ in range(8)))
    table = Table(id="T1", caption="Long", columns=tuple("ABCDEFGH"), rows=(row,))
    assert read_pdf(paper.render(small(table), {})).tables["T1"].rows == [[name] * 8]


def test_a_link_that_leads_nowhere_is_plain_text():
    row = Row(key="t1-a", cells=(Cell(text="x", link="nowhere"), Cell(text="y, z", refs=("t1-a", "gone"))))
    content = paper.render(small(Table(id="T1", caption="C", columns=("A", "B"), rows=(row,))), {})
    with pikepdf.open(BytesIO(content)) as opened:
        assert sum(len(page.obj.get("/Annots", [])) for page in opened.pages) == 1


def test_a_number_that_no_table_has_is_refused():
    with pytest.raises(KeyError):
        paper.render(small(Text(text="there are {m}")), {})
    assert "thereare7" in read_pdf(paper.render(small(Text(text="there are {n}")), {})).words


def test_tables_that_are_too_long_together_are_cut_and_it_is_said_on_the_first_page_and_beside_them():
    rows = tuple(Row(key=f"t1-{n}", cells=(Cell(text=f"row {n}"), *[Cell(text="x")] * 99)) for n in range(200))
    long = Table(id="T1", caption="Long", columns=tuple(f"c{n}" for n in range(100)), rows=rows)
    short = Table(id="T2", caption="Short", columns=("A",), rows=(Row(key="t2-a", cells=(Cell(text="x"),)),))
    read = read_pdf(paper.render(small(Text(text="After."), long, short), {}))
    said = "Toolongforpaper,andwholeinthereport'spageandinitsJSON:T1(79of200rows)."
    assert read.words.count(said) == 2
    assert read.words.index(said) < read.words.index("After.")
    assert [len(grid.rows) for grid in read.tables.values()] == [79, 1]


def test_many_short_tables_stay_whole():
    table = Table(id="T1", caption="C", columns=("A",), rows=(Row(key="t1-a", cells=(Cell(text="x"),)),) * SHORT)
    assert longest([table] * (CELLS // 10)) == SHORT


def test_a_row_that_is_taller_than_a_page_goes_on_upon_the_next():
    said = "word " * 3_000
    row = Row(key="t1-a", cells=(Cell(text="a"), *[Cell(text=said)] * 7))
    content = paper.render(small(Table(id="T1", caption="C", columns=tuple("ABCDEFGH"), rows=(row,))), {})
    with pikepdf.open(BytesIO(content)) as opened:
        assert len(opened.pages) > 5
    assert read_pdf(content).tables["T1"].rows == [["a", *["word" * 3_000] * 7]]
