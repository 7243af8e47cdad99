"""A statement's text is cut into the same sentences however it was laid out, and every change of one is noticed."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model import AuditError
from audit.promises import Commitment, Statement
from audit.statements import Changed, Gone, compare, cut, digest, digest_of_text, read_text

HEADING = "What the bakery promises"
FRESH = "Bread is baked every morning."
NUTS = "No loaf holds nuts."
FLOUR = "Flour comes from the mill next door."
TEXT = "\n".join((HEADING, f"{FRESH} {NUTS}", FLOUR))


def commitment(name: str, *sentences: str, promise: bool = True) -> Commitment:
    """Make a commitment that stands on `sentences`."""
    marks = tuple(map(digest, sentences))
    return Commitment(id=name, promise_text=name, sentences=marks, binds="processor", promise=promise)


STATEMENT = Statement(
    id="S",
    company="A bakery",
    title=HEADING,
    url="https://bakery.example/promises",
    seen=date(2026, 1, 1),
    digest=digest_of_text(TEXT),
    scope=("shop",),
    sentences=tuple(map(digest, (HEADING, FRESH, NUTS, FLOUR))),
    commitments=(
        commitment("heading", HEADING, promise=False),
        commitment("baking", FRESH),
        commitment("nuts", NUTS),
        commitment("safe", FRESH, NUTS),
    ),
)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("One. Two? Three! Four", ("One.", "Two?", "Three!", "Four"), id="stops before white space"),
        pytest.param("We bake, i.e. knead. Then we rest.", ("We bake, i.e. knead.", "Then we rest."), id="i.e."),
        pytest.param("Bread, rolls, etc. are sold.", ("Bread, rolls, etc. are sold.",), id="stop before lower case"),
        pytest.param("Rye etc. État reconnu.", ("Rye etc.", "État reconnu."), id="stop before an accented capital"),
        pytest.param("Rye etc. épicé.", ("Rye etc. épicé.",), id="stop before an accented lower-case letter"),
        pytest.param("Open at 8.30 daily", ("Open at 8.30 daily",), id="stop inside a figure"),
        pytest.param("Closed. 2 days off.", ("Closed.", "2 days off."), id="stop before a figure"),
        pytest.param("See https://a.example/b.html?c=d!e now", ("See https://a.example/b.html?c=d!e now",), id="URL"),
        pytest.param("Write to us@a.example", ("Write to us@a.example",), id="mail address"),
        pytest.param("It is (truly!). Ask.", ("It is (truly!).", "Ask."), id="stop before a bracket"),
        pytest.param("• Rye\n• Oats", ("Rye", "Oats"), id="bullets"),
        pytest.param("We sell: • Rye ▪ Oats", ("We sell:", "Rye", "Oats"), id="bullets inside a line"),
        pytest.param("- Rye\n* Oats\n\u2013 Malt", ("Rye", "Oats", "Malt"), id="dashes and stars that begin a line"),
        pytest.param("Rye - the dark one - sells", ("Rye - the dark one - sells",), id="dashes inside a line"),
        pytest.param("- - Rye. - Oats", ("Rye.", "Oats"), id="dashes before each sentence"),
        pytest.param("Rye\r\nOats\rMalt\nSpelt", ("Rye", "Oats", "Malt", "Spelt"), id="every line end"),
        pytest.param("  Rye\t and \u00a0 oats \u2003.", ("Rye and oats .",), id="white space folded"),
        pytest.param("cafe\u0301", ("caf\u00e9",), id="composed letters"),
        pytest.param("Rye. .\n---\n\n• \n…", ("Rye.",), id="pieces without a letter or digit"),
        pytest.param("https://a.example/p\nRye", ("Rye",), id="the page's address on the first line"),
        pytest.param("\n https://a.example/p \nRye", ("Rye",), id="the page's address under a blank line"),
        pytest.param("Rye\nhttps://a.example/p", ("Rye", "https://a.example/p"), id="an address further down"),
        pytest.param("https://a.example/p has it", ("https://a.example/p has it",), id="a first line that goes on"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_sentences(text, sentences):
    """A text is cut at stops, line ends and bullets, and nowhere else."""
    assert cut(text) == sentences


@given(st.text(alphabet=".?!\u2022- \n\r\u00a0abAB\u00e9e\u0301/:1"))
def test_cutting_again_changes_nothing(text):
    """A sentence is cut no further, so its digest can be taken from the page or from a list of sentences."""
    for sentence in cut(text):
        assert cut(f"a heading\n{sentence}") == ("a heading", sentence)


def test_a_digest_is_the_sha256_of_the_sentence():
    """Anybody can check a digest with another tool."""
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT.replace("\n", "\r\n"), id="other line ends"),
        pytest.param(TEXT.replace("\n", "\n\n• "), id="blank lines and bullets"),
        pytest.param(TEXT.replace(" ", " \u00a0"), id="other white space"),
        pytest.param(f"https://elsewhere.example/page\n{TEXT}", id="another address"),
    ],
)
def test_layout_does_not_change_the_digest(text):
    """The digest of a text is that of its sentences."""
    assert digest_of_text(text) == STATEMENT.digest


def test_an_unchanged_text_stands():
    """Nothing is reported of the text that was recorded."""
    found = compare(STATEMENT, TEXT)
    assert found.standing == (HEADING, FRESH, NUTS, FLOUR)
    assert (found.changed, found.added, found.gone, found.broken_promises) == ((), (), (), ())


def test_one_changed_word_breaks_every_promise_on_the_sentence():
    """A reworded sentence is shown beside the promises that stood on the old one."""
    found = compare(STATEMENT, TEXT.replace("No loaf", "Hardly a loaf"))
    now = "Hardly a loaf holds nuts."
    assert found.changed == (Changed(digest(NUTS), now, ("nuts", "safe")),)
    assert (found.added, found.gone) == ((), ())
    assert found.broken_promises == ("nuts", "safe")
    assert now not in found.standing


def test_a_removed_sentence_is_gone():
    """A sentence with nothing in its place is gone, and the promises on it are broken."""
    found = compare(STATEMENT, TEXT.replace(f" {NUTS}", ""))
    assert found.gone == (Gone(digest(NUTS), ("nuts", "safe")),)
    assert (found.changed, found.added) == ((), ())
    assert found.broken_promises == ("nuts", "safe")


def test_a_removed_sentence_that_no_promise_stands_on_breaks_none():
    """A sentence may go that nobody read a promise in; it is still reported."""
    found = compare(STATEMENT, TEXT.replace(FLOUR, ""))
    assert found.gone == (Gone(digest(FLOUR), ()),)
    assert found.broken_promises == ()


def test_a_changed_heading_breaks_no_promise():
    """A heading is covered by a commitment, but promises nothing."""
    found = compare(STATEMENT, TEXT.replace(HEADING, "Our word"))
    assert found.changed == (Changed(digest(HEADING), "Our word", ("heading",)),)
    assert found.broken_promises == ()


def test_an_added_sentence_is_covered_by_no_commitment():
    """A new sentence may be a new promise: somebody has to read it."""
    found = compare(STATEMENT, TEXT.replace(NUTS, f"{NUTS} We deliver."))
    assert found.added == ("We deliver.",)
    assert (found.changed, found.gone, found.broken_promises) == ((), (), ())


def test_a_moved_sentence_stands():
    """A promise does not depend on where in the text it is made."""
    found = compare(STATEMENT, f"{NUTS}\n{HEADING}\n{FLOUR}\n{FRESH}")
    assert found.standing == (NUTS, HEADING, FLOUR, FRESH)
    assert (found.changed, found.added, found.gone, found.broken_promises) == ((), (), (), ())


def test_a_moved_sentence_is_not_taken_for_the_one_whose_place_it_took():
    """Where one sentence is replaced by another that was there before, the first is gone."""
    found = compare(STATEMENT, f"{HEADING}\n{FLOUR}\n{NUTS}")
    assert found.gone == (Gone(digest(FRESH), ("baking", "safe")),)
    assert (found.changed, found.added) == ((), ())


def test_another_text_keeps_nothing():
    """Sentences replaced in a block are matched in order; the rest is gone."""
    found = compare(STATEMENT, "Cakes only.\nNo bread.")
    assert found.standing == ()
    assert [change.sentence for change in found.changed] == ["Cakes only.", "No bread."]
    assert [row.recorded for row in found.gone] == [digest(NUTS), digest(FLOUR)]
    assert found.broken_promises == ("baking", "nuts", "safe")


def test_a_text_is_read_without_its_byte_order_mark(tmp_path: Path):
    """A mark that some editors write before the text is no part of the first sentence."""
    file = tmp_path / "page.txt"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert compare(STATEMENT, read_text(file)).gone == ()


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        pytest.param(None, "there is no such file", id="missing"),
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b" \n\t\n", "it is empty", id="white space only"),
        pytest.param(b"caf\xe9", "it is not UTF-8 text", id="another encoding"),
        pytest.param(TEXT.encode("utf-16"), "it is not UTF-8 text", id="UTF-16"),
        pytest.param(b"bread\0", "it holds NUL bytes", id="NUL bytes"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, content, trouble):
    """The message names the file and the trouble, and says what to do."""
    file = tmp_path / "page.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AuditError) as caught:
        read_text(file)
    message = str(caught.value)
    assert message.startswith(f"cannot read the statement {file}: {trouble}")
    assert message.endswith(".")
    assert "\n" not in message


def test_a_directory_is_refused(tmp_path: Path):
    """A directory is not a text, whatever it holds."""
    with pytest.raises(AuditError, match="it is a directory"):
        read_text(tmp_path)
