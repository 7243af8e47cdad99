"""Numbers that add up, and documents in many formats that hold them; none of the numbers is anybody's."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from email.message import EmailMessage
from html import escape
from random import Random

BRANDS = (("4", 16), ("4", 19), ("51", 16), ("2321", 16), ("34", 15), ("6011", 16), ("36", 14), ("3530", 16),
          ("62", 19), ("6759", 18), ("6761", 12), ("65", 16))  # fmt: skip


def seeded(seed):
    """Return what draws the same numbers each time."""
    return Random(seed)  # noqa: S311  # nobody's secret


def card(random, beginning="4", length=16):
    """Make a card number that Luhn's formula accepts, of no pattern."""
    digits = [int(sign) for sign in beginning]
    digits += [random.randrange(10) for _ in range(length - len(digits) - 1)]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::-1][::2]) + sum(digits[::-1][1::2])
    number = "".join(map(str, digits)) + str(-total % 10)
    return number if len(set(number)) > 4 else card(random, beginning, length)


def iban(random):
    """Make a British account number that adds up."""
    rest = "NWBK" + "".join(str(random.randrange(10)) for _ in range(14))
    check = 98 - int("".join(str(int(sign, 36)) for sign in rest + "GB00")) % 97
    return f"GB{check:02}{rest}"


def insurance(random):
    """Make a national insurance number."""
    return f"{random.choice('ABCEGHJKL')}{random.choice('AELMPRSW')}{random.randrange(10**6):06}{random.choice('ABCD')}"


def grouped(number, gap):
    """Write a card as it is embossed."""
    sizes = {14: (4, 6, 4), 15: (4, 6, 5), 19: (4, 4, 4, 4, 3), 18: (4, 4, 4, 4, 2), 16: (4, 4, 4, 4)}.get(len(number))
    parts, at = [], 0
    for size in sizes or (len(number),):
        parts.append(number[at : at + size])
        at += size
    return gap.join(parts)


def mail(text, *, attached=None, coding=None):
    """Make a mail, with a document attached where one is given."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@shop.example", "b@shop.example", "Your café order"
    made.set_content(text, cte=coding)
    if attached is not None:
        made.add_attachment(attached, maintype="application", subtype="octet-stream", filename="it.bin")
    return made.as_bytes()


def zipped(**files):
    """Pack files; two underscores stand for a dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return made.getvalue()


def tarred(content):
    """Pack one file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        head = tarfile.TarInfo("it.txt")
        head.size = len(content)
        archive.addfile(head, io.BytesIO(content))
    return made.getvalue()


def page(text):
    """Make a page."""
    body = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    return f"<!doctype html><html><body>{body}</body></html>".encode()


def word(text):
    """Make a word processor's document; its runs end wherever."""
    from docx import Document

    document, made = Document(), io.BytesIO()
    for line in text.splitlines():
        paragraph = document.add_paragraph()
        for at in range(0, len(line), 7):
            paragraph.add_run(line[at : at + 7]).bold = bool(at % 2)
    document.save(made)
    return made.getvalue()


def sheet(text):
    """Make a sheet, a line a cell."""
    from openpyxl import Workbook

    book, made = Workbook(), io.BytesIO()
    for line in text.splitlines():
        book.active.append([line, 1])
    book.save(made)
    return made.getvalue()


def pdf(text, *, password="", drawn=""):
    """Make a PDF whose pages show lines of text, and what is drawn."""
    import pikepdf

    made, document = io.BytesIO(), pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Courier)
    lines = text.splitlines()
    for first in range(0, max(1, len(lines)), 60):
        shown = " ".join(
            f"({line.translate({40: '[', 41: ']', 92: '/'})}) Tj T*"
            for line in (one.encode("ascii", "replace").decode() for one in lines[first : first + 60])
        )
        made_page = document.add_blank_page(page_size=(595, 842))
        made_page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=document.make_indirect(font)))
        made_page.Contents = document.make_stream(f"{drawn} BT /F 8 Tf 12 TL 20 800 Td {shown} ET".encode())
    document.save(made, encryption=pikepdf.Encryption(user=password, owner=password) if password else False)
    return made.getvalue()


FORMATS = {
    "plain text": lambda text: text.encode(),
    "UTF-16 with its mark": lambda text: text.encode("utf-16"),
    "Western text of an old kind": lambda text: f"Café: {text}".encode("cp1252", "replace"),
    "a mail in quoted-printable": lambda text: mail(text, coding="quoted-printable"),
    "a mail with base64 attached": lambda text: mail("see there", attached=text.encode("utf-16")),
    "a zip in a zip": lambda text: zipped(outer__zip=zipped(it__txt=text)),
    "a packed tar": lambda text: tarred(text.encode()),
    "a web page": page,
    "a word document": word,
    "a sheet": sheet,
    "a PDF": pdf,
    "gzip, bzip2 and xz": lambda text: gzip.compress(bz2.compress(lzma.compress(text.encode()))),
}
