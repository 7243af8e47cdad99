"""`audit statement` compares a text with what is recorded; its exit code says whether every promise still stands."""

import pytest

from tests.cli.running import audit, said
from tests.made import ENCRYPTED, HEADING, PRIVATE, TEXT, commitment, policies_folder, statement

ROWS = statement(
    commitment("S-0", sentence=HEADING, promise=False),
    commitment("S-1", sentence=PRIVATE, controls=["storage-locked"]),
    commitment("S-2", sentence=ENCRYPTED, unprovable="nobody looked"),
)
HEAD = "statement S (A locksmith), seen 2026-01-01\n"


@pytest.mark.parametrize(
    ("text", "exit_code", "shown"),
    [
        pytest.param(TEXT, 0, "  3 of 3 recorded sentences stand\n", id="unchanged"),
        pytest.param(TEXT.replace("\n", "\r\n\r\n  "), 0, "  3 of 3 recorded sentences stand\n", id="laid out anew"),
        pytest.param(
            f"{TEXT}\nWe never sleep.",
            0,
            "  3 of 3 recorded sentences stand\n  new, covered by no commitment: We never sleep.\n",
            id="a sentence more",
        ),
        pytest.param(
            TEXT.replace("are private", "are mostly private"),
            3,
            "  2 of 3 recorded sentences stand\n"
            "  changed (S-1): Your files are mostly private.\n"
            "  promises whose sentence is gone: S-1\n",
            id="a promise reworded",
        ),
        pytest.param(
            TEXT.replace("\nYour files are encrypted.", ""),
            3,
            "  2 of 3 recorded sentences stand\n"
            f"  gone (S-2): sentence {ENCRYPTED[:12]}\n"
            "  promises whose sentence is gone: S-2\n",
            id="a promise gone",
        ),
        pytest.param(
            TEXT.replace("What we promise", "Our word"),
            0,
            "  2 of 3 recorded sentences stand\n  changed (S-0): Our word\n",
            id="a heading reworded",
        ),
    ],
)
def test_the_exit_code_says_whether_every_promise_still_stands(tmp_path, text, exit_code, shown):
    """A promise whose sentence is gone is 3; new sentences and headings are shown and are 0."""
    policies_folder(tmp_path / "policies", statements={"s.toml": ROWS})
    (tmp_path / "page.txt").write_text(text)
    run = audit("statement", "page.txt", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (exit_code, HEAD + shown, "")


def two(folder):
    """Record two statements that share a sentence."""
    text = "Our kitchen\nYour files are private.\nBread is baked every morning."
    other = statement(commitment("T-1", unprovable="nobody looked"), identity="T", text=text)
    policies_folder(folder / "policies", statements={"s.toml": ROWS, "t.toml": other})
    (folder / "page.txt").write_text(text)


def test_the_statement_that_shares_most_is_meant(tmp_path):
    """Unless another is named."""
    two(tmp_path)
    assert audit("statement", "page.txt", cwd=tmp_path).stdout.startswith("statement T ")
    named = audit("statement", "page.txt", "--id", "S", cwd=tmp_path)
    assert (named.returncode, named.stdout.splitlines()[1]) == (3, "  1 of 3 recorded sentences stand")


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        pytest.param(None, (), "cannot read the statement page.txt: there is no such file. ", id="no file"),
        pytest.param(b"", (), "cannot read the statement page.txt: it is empty. ", id="an empty file"),
        pytest.param(b"\x89PNG\xff", (), "cannot read the statement page.txt: it is not UTF-8 text. ", id="a picture"),
        pytest.param(b"a\0b", (), "cannot read the statement page.txt: it holds NUL bytes, ", id="NUL bytes"),
        pytest.param(
            b"Nothing of ours.",
            (),
            "the text shares no sentence with any statement recorded. Name one with --id: S, T.",
            id="another text",
        ),
        pytest.param(
            TEXT.encode(), ("--id", "U"), "there is no statement 'U'. Choose one of: S, T.", id="an unknown statement"
        ),
    ],
)
def test_a_text_that_cannot_be_compared_is_one_line(tmp_path, content, words, line):
    """Exit 2: nothing is known about any promise."""
    two(tmp_path)
    (tmp_path / "page.txt").unlink()
    if content is not None:
        (tmp_path / "page.txt").write_bytes(content)
    found = said(audit("statement", "page.txt", *words, cwd=tmp_path))
    assert found.startswith(line)
    assert found.endswith(".")


def test_a_folder_is_no_text(tmp_path):
    """Nor are policies without a statement's folder."""
    two(tmp_path)
    assert said(audit("statement", "policies", cwd=tmp_path)).endswith("it is a directory. Give one text file.")
    assert said(audit("statement", "page.txt", "-p", "x", cwd=tmp_path)).startswith("x holds no policies: ")
