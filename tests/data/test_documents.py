"""Numbers are found in every format that is read; what cannot be read is never taken for clean."""

import base64
import binascii
import bz2
import gzip
import io
import os
import time
import zipfile

import pytest
from pypdf import PdfWriter

from audit.sources.data.searching import Limits, searched
from tests.data.planting import FORMATS, card, grouped, mail, page, pdf, seeded, tarred, zipped

SALT = b"salt"
CARD = card(seeded(11))
LIMITS = Limits(bytes=20_000_000, seconds=20)


def look(content, **limits):
    return searched(content, SALT, Limits(**{"bytes": LIMITS.bytes, "seconds": LIMITS.seconds, **limits}))


def cards(seen):
    return len(seen.hits.get("cards", ()))


CODED = b"From: a\nContent-Type: text/csv\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(
    f"name,card\nA,{CARD}\n".encode()
)


def marked():
    """Make a PDF whose bookmark holds a card."""
    writer, made = PdfWriter(clone_from=io.BytesIO(pdf("hello"))), io.BytesIO()
    writer.add_outline_item(title=f"card {CARD}", page_number=0)
    writer.write(made)
    return made.getvalue()


def tape(content):
    """Make an archive that is not packed."""
    return gzip.decompress(tarred(content.encode()))


def test_two_cards_beside_each_other_are_two():
    one, other = (grouped(card(seeded(seed)), " ") for seed in (11, 12))
    assert cards(look(f"{one} {other}".encode())) == 2


@pytest.mark.parametrize("made", FORMATS)
def test_a_card_is_found_in_every_format(made):
    seen = look(FORMATS[made](f"Hello,\nplease use {CARD} this time.\n"))
    assert (cards(seen), seen.unread) == (1, False)


@pytest.mark.parametrize("made", FORMATS)
def test_the_good_twin_holds_none_and_was_read(made):
    seen = look(FORMATS[made]("Hello,\nplease use order 4000001 this time.\n"))
    assert (seen.hits, seen.unread) == ({}, False)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"<p>{CARD[:6]}<b>{CARD[6:]}</b></p>".encode(), id="cut by a tag"),
        pytest.param(f'<html><input value="{CARD}"></html>'.encode(), id="in a field"),
        pytest.param(f"<html><!-- {CARD} --></html>".encode(), id="in a comment"),
        pytest.param(
            f"<html>{CARD[:4]}&nbsp;{CARD[4:8]}&#160;{CARD[8:12]} {CARD[12:]}</html>".encode(), id="spelt out"
        ),
        pytest.param(f"{{\\rtf1\\ansi pay {CARD[:8]}\\b {CARD[8:]}\\b0\\par}}".encode(), id="rich text"),
        pytest.param(f"hello {CARD}".encode("utf-16-be"), id="UTF-16 without a mark"),
        pytest.param(mail("see", attached=zipped(a__eml=mail(CARD))), id="a mail in a zip in a mail"),
        pytest.param(mail("see", attached=pdf(f"no. {CARD}")), id="a PDF in a mail"),
        pytest.param(b"From a@b Mon\nSubject: one\n\nhello\nFrom a@b Mon\nSubject: two\n\n" + CARD.encode(), id="mbox"),
        pytest.param(
            f"Subject: =?utf-8?q?{CARD[:8]}=20?= =?utf-8?q?{CARD[8:]}?=\nFrom: a\n\nx".encode(), id="a subject"
        ),
        pytest.param(
            f"From: a\nContent-Type: text/plain; charset=utf-16\n\npay {CARD}".encode(), id="a charset that lies"
        ),
        pytest.param(
            zipped(xl__x=f'<?xml version="1.0"?><c><v>{CARD[0]}.{CARD[1:]}E+15</v></c>'), id="a sheet's number"
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n" + CARD.encode(), id="the words in a picture's file"),
        pytest.param(b"\xef\xbb\xbf" + CODED, id="a mail behind a mark"),
        pytest.param(CODED.decode().encode("utf-16"), id="a mail in UTF-16"),
        pytest.param(b"X-MS-Exchange-Long: " + b"x" * 5000 + b"\n" + CODED, id="a mail behind a long head"),
        pytest.param(CODED.replace(b": ", b":"), id="a mail without blanks"),
        pytest.param(tape("one") + tape(CARD), id="a second archive behind the first"),
        pytest.param(zipped(one="one") + CARD.encode(), id="words behind an archive"),
        pytest.param(zipped(it=CARD) + zipped(one="one"), id="an archive before another"),
        pytest.param(bz2.compress(b"one") + bz2.compress(CARD.encode()), id="a second stream"),
        pytest.param(zipped(**{"[Content_Types]__xml": "", "word/fonts/it": CARD}), id="a font that is none"),
        pytest.param(b"GIF89a" + zipped(it=CARD), id="a picture that is an archive"),
        pytest.param(f'{{"contentBytes": "{base64.b64encode(CARD.encode()).decode()}"}}'.encode(), id="base64 in JSON"),
        pytest.param(b"see\nbegin 644 it\n" + binascii.b2a_uu(CARD.encode()) + b"`\nend\n", id="uuencode in a text"),
        pytest.param(f"name,card\nA,{CARD}.0\n".encode(), id="a whole number with a point"),
        pytest.param(f"q=my+card+{CARD}&x=1".encode(), id="words joined by plus"),
        pytest.param("\t".join(CARD[at : at + 4] for at in range(0, 16, 4)).encode(), id="tabs between groups"),
        pytest.param(f"card {CARD}\n".encode() + pdf("hello"), id="words before a PDF"),
        pytest.param(marked(), id="a bookmark of a PDF"),
    ],
)
def test_a_card_is_found_wherever_a_format_hides_it(content):
    assert cards(look(content)) == 1


def encrypted():
    made = bytearray(zipped(it__txt=CARD))
    for sign in (b"PK\x03\x04", b"PK\x01\x02"):
        made[made.index(sign) + (6 if sign == b"PK\x03\x04" else 8)] |= 1
    return bytes(made)


def nested(depth):
    content = b"hello"
    for _ in range(depth):
        content = zipped(it__zip=content)
    return content


def bomb():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"0" * 50_000_000)
    return made.getvalue()


UNREAD = {
    "random bytes": lambda: os.urandom(5000),
    "an encrypted zip": encrypted,
    "a damaged zip": lambda: zipped(it__txt="x" * 5000)[:60],
    "an encrypted PDF": lambda: pdf("hello", password="x"),  # noqa: S106  # nobody's
    "a damaged PDF": lambda: b"%PDF-1.7\nrubbish",
    "an old word document": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
    "a message for another": lambda: mail("-----BEGIN PGP MESSAGE-----\nxxxx\n-----END PGP MESSAGE-----"),
    "a coding that nobody knows": lambda: b"From: a\nContent-Transfer-Encoding: rot13\n\nuryyb",
    "broken base64": lambda: b"From: a\nContent-Transfer-Encoding: base64\n\nYWJjZ",
    "packed too deep": lambda: nested(12),
    "a broken gzip": lambda: b"\x1f\x8b\x08\x00" + bytes(50),
    "a bomb": bomb,
    "a bomb in a mail": lambda: mail("see", attached=bomb()),
    "a mail of a thousand parts within parts": lambda: b"From: a\nContent-Type: multipart/mixed; boundary=x\n\n" * 1000,
    "a head without an end": lambda: b"From: a\nSubject: " + b"=?utf-8?q?x?= " * 9000 + b"\n\nhello",
    "a tar whose second head is damaged": lambda: tape("one")[:1024] + b"x" * 512 + tape(CARD)[512:],
    "a list of a million members": lambda: b"PK\x03\x04" + b"PK\x01\x02" * 20_000,
}


@pytest.mark.parametrize("made", UNREAD)
def test_what_cannot_be_read_whole_is_unread(made):
    assert look(UNREAD[made]()).unread is True


@pytest.mark.parametrize(
    "head", ['Content-Type: text/plain; boundary="{}"', "Message-ID: <{}@b>", "References: <{}@b>", "X-MS-Id: {}"]
)
def test_what_programs_write_into_the_head_of_a_mail_is_no_card(head):
    assert cards(look(f"From: a\n{head.format(CARD)}\nSubject: x\n\nhello\n".encode())) == 0


def test_a_card_beside_what_cannot_be_read_is_still_found():
    seen = look(zipped(a__bin=os.urandom(4000), b__txt=CARD, c__zip=encrypted()))
    assert (cards(seen), seen.unread) == (1, True)


def test_a_picture_is_counted_apart():
    seen = look(mail("hello", attached=b"\x89PNG\r\n\x1a\n" + os.urandom(3000)))
    assert (seen.unread, seen.pictures) == (False, 1)


def test_a_page_of_a_pdf_that_shows_a_picture_alone_was_not_read():
    assert look(pdf("", drawn="0 0 90 90 re f")).unread is True


def test_time_that_is_over_leaves_the_rest_unread():
    ticking = iter(range(100_000))
    seen = searched(page("x\n" * 1000), SALT, Limits(bytes=10**6, seconds=3), clock=lambda: float(next(ticking)))
    assert seen.unread is True


def test_a_document_that_would_take_for_ever_costs_its_time():
    began = time.monotonic()
    assert look(("1 " * 4_000_000).encode(), seconds=0.5).unread is True
    assert time.monotonic() - began < 15
