"""Reads the words and tables of a report back out of its HTML and its PDF, knowing neither template."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO

import pikepdf

from audit.reports.quarter.glyphs import shown

BLOCKS = {"p", "li", "dt", "dd", "th", "td", "caption", "figcaption", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
LEAVES = {"/P", "/LBody", "/Lbl", "/TH", "/TD", "/Caption", "/Code", "/BlockQuote", "/Title"} | {
    f"/H{n}" for n in range(1, 7)
}


@dataclass
class Grid:
    """A table as it was read: its columns and its rows, the first of whose cells is their heading."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def named(self):
        """Return every cell by the heading of its row and its column; two rows of one name are told apart by order."""
        cells, seen = {}, {}
        for row in self.rows:
            seen[row[0]] = seen.get(row[0], 0) + 1
            for column, text in zip(self.columns, row, strict=True):
                cells[row[0], seen[row[0]], column] = text
        return cells


@dataclass
class Reading:
    """What a report says: its tables by their ids, and all of its words, block by block."""

    tables: dict[str, Grid] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def begin(self, caption):
        """Begin a table by its caption, which begins with its id."""
        grid = Grid()
        # A part of a table has an id like `T5.R`.
        self.tables[re.match(r"T[0-9A-Z]+(\.[0-9A-Z-]+)?(?=\.)", caption)[0]] = grid
        return grid


def close(text):
    """Leave out spaces: where a line ends is the reader's own.

    A PDF holds words that run from right to left in the order in which they are drawn, so that order is not compared.
    """
    return re.sub("[\u0590-\u08ff]+", lambda run: "".join(sorted(run.group())), re.sub(r"\s+", "", text))


class _Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.reading, self.inside, self.hidden, self.text, self.grid = Reading(), False, 0, None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "main":
            self.inside = True
        if self.hidden or given.get("aria-hidden") == "true" or tag == "svg":
            self.hidden += tag not in ("use", "path", "rect", "line", "circle")
        elif self.inside and tag in BLOCKS:
            self.text = []
        elif tag == "tr" and self.grid is not None and self.grid.columns:
            self.grid.rows.append([])
        anchor = given.get("id") if tag == "data" else None
        if anchor or given.get("data-anchor"):
            self.reading.numbers[anchor or given["data-anchor"]] = int(given["value"])

    def handle_startendtag(self, tag, attrs):
        """Nothing closed in its own tag holds words."""

    def handle_endtag(self, tag):
        if self.hidden:
            self.hidden -= 1
        elif tag == "main":
            self.inside = False
        elif tag in BLOCKS and self.text is not None:
            self._end(tag, close(_as_in_pdf("".join(self.text))))
            self.text = None

    def _end(self, tag, said):
        if tag == "caption":
            self.grid = self.reading.begin(said)
        elif tag in ("th", "td"):
            (self.grid.rows[-1] if self.grid.rows else self.grid.columns).append(said)
        self.reading.words.append(said)

    def handle_data(self, data):
        if self.text is not None and not self.hidden:
            self.text.append(data)


def _as_in_pdf(text):
    """Spell characters that have no glyph as the PDF does; the page spells invisible ones in another way."""
    return shown(re.sub(r"\\u([0-9a-f]{4})", lambda one: shown(chr(int(one[1], 16))), text))


def read_html(page):
    """Read a page's `main`, without drawings and what is hidden from a screen reader."""
    parser = _Page()
    parser.feed(page)
    parser.reading.words = [said for said in parser.reading.words if said]
    return parser.reading


def read_pdf(content):
    """Read a PDF along its structure tree, as a screen reader does, without the table of contents and drawings."""
    reading = Reading()
    with pikepdf.open(BytesIO(content)) as pdf:
        _Tree(pdf, reading).walk(pdf.Root.StructTreeRoot.K, False)
    reading.words = [said for said in reading.words if said and said != "Contents"]
    return reading


class _Tree:
    def __init__(self, pdf, reading):
        self.pages = {page.obj.objgen: marked(page) for page in pdf.pages}
        self.reading, self.grid = reading, None

    def walk(self, node, numbered):
        """Go through the elements in order; what stands in a table is put into its place, too."""
        if isinstance(node, pikepdf.Array):
            for one in node:
                self.walk(one, numbered)
            return
        kind = str(node.get("/S", "")) if isinstance(node, pikepdf.Dictionary) else ""
        if kind in ("/TOC", "/Figure", "") or (kind == "/Lbl" and numbered):
            return
        if kind == "/TR" and self.grid is not None and self.grid.columns:
            self.grid.rows.append([])
        if kind in LEAVES:
            self.leaf(kind, node)
        elif "/K" in node:
            self.walk(node.K, list_of(node) != "/None" if kind == "/L" else numbered and kind == "/LI")

    def leaf(self, kind, node):
        """Take a block's words, however deep they stand in it."""
        said = close(self.text(node, node.get("/Pg")))
        if kind == "/Caption":
            # Where a page ends above a table, the compiler leaves the caption beside it instead of in it.
            self.grid = self.reading.begin(said) if said.startswith("T") else self.grid
        elif kind in ("/TH", "/TD"):
            (self.grid.rows[-1] if self.grid.rows else self.grid.columns).append(said)
        self.reading.words.append(said)

    def text(self, node, page):
        """Return the words below an element; `page` is the one that a bare number stands for."""
        if isinstance(node, pikepdf.Array):
            return "".join(self.text(one, page) for one in node)
        if not isinstance(node, pikepdf.Dictionary):
            return self.pages[page.objgen].get(int(node), "")
        page = node.get("/Pg", page)
        if node.get("/Type") == "/MCR":
            return self.pages[page.objgen].get(int(node.MCID), "")
        return self.text(node.K, page) if "/K" in node else ""


def list_of(node):
    """Return how a list is numbered, as its attributes say."""
    attributes = node.get("/A", [])
    found = attributes if isinstance(attributes, pikepdf.Array) else [attributes]
    return next((str(one.ListNumbering) for one in found if "/ListNumbering" in one), "/None")


def marked(page):
    """Return the text of every marked part of a page by its number."""
    fonts = {name: characters(font) for name, font in page.resources.get("/Font", {}).items()}
    found, stack, font = {}, [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC" | "BMC":
                stack.append(_mark(operands, stack))
            case "EMC":
                stack.pop()
            case "Tf":
                font = fonts[str(operands[0])]
            case "Tj" | "TJ" if stack and stack[-1][0] is not None and stack[-1][1] is None:
                pieces = operands[0] if str(operator) == "TJ" else [operands[0]]
                said = "".join(decoded(bytes(one), font) for one in pieces if isinstance(one, pikepdf.String))
                found[stack[-1][0]] = found.get(stack[-1][0], "") + said
        if stack and stack[-1][2]:
            number, actual, _ = stack[-1]
            found[number] = found.get(number, "") + actual
            stack[-1] = (number, actual, False)
    return found


def _mark(operands, stack):
    """Return a mark's number, the text that is said in place of what it holds, and whether that is yet to be said."""
    number, actual = (stack[-1][0], stack[-1][1]) if stack else (None, None)
    given = operands[1] if len(operands) > 1 and isinstance(operands[1], pikepdf.Dictionary) else {}
    if operands[0] == "/Artifact":
        return None, None, False
    number = int(given["/MCID"]) if "/MCID" in given else number
    if "/ActualText" in given and actual is None:
        return number, str(given["/ActualText"]), True
    return number, actual, False


def characters(font):
    """Return what each glyph of a font says, from its map to Unicode."""
    table = {}
    text = font.ToUnicode.read_bytes().decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for glyph, said in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>", block):
            table[int(glyph, 16)] = bytes.fromhex(said).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, said in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            start = bytes.fromhex(said).decode("utf-16-be")
            for glyph in range(int(first, 16), int(last, 16) + 1):
                table[glyph] = start[:-1] + chr(ord(start[-1]) + glyph - int(first, 16))
    return table


def decoded(content, font):
    """Return what a string of two-byte glyphs says."""
    return "".join(font.get(int.from_bytes(content[n : n + 2]), "") for n in range(0, len(content), 2))
