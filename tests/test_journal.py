"""A journal is read only where every line is the one that was written, in its place."""

import itertools
import json
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import canonical, journal

AT = datetime(2026, 10, 5, 2, tzinfo=UTC)


@pytest.fixture
def written(tmp_path):
    """The bytes of a journal of four lines."""
    book = journal.Journal(tmp_path / "journal.jsonl")
    for number in range(4):
        book.append("said", {"number": number}, AT)
    book.close()
    return (tmp_path / "journal.jsonl").read_bytes()


def test_what_was_written_is_read_again(written):
    entries = journal.read(written)
    assert [(entry.seq, entry.body["number"]) for entry in entries] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert entries[0].prev == ""
    assert all(later.prev == earlier.hash for earlier, later in itertools.pairwise(entries))


def test_every_digest_can_be_computed_from_its_line_alone(written):
    for line in written.splitlines():
        plain = json.loads(line)
        told = plain.pop("hash")
        assert told == canonical.digest(plain)


def lines(change):
    """A function that changes a journal line by line."""
    return lambda content: b"".join(change(content.splitlines(keepends=True)))


def edited(rows):
    """The second line says something else, with a digest that fits."""
    plain = json.loads(rows[1])
    plain["body"]["number"] = 7
    del plain["hash"]
    plain["hash"] = canonical.digest(plain)
    return [rows[0], canonical.written(plain) + b"\n", *rows[2:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lines(lambda rows: rows[:1] + rows[2:]), "line 2 is numbered 3", id="a line deleted"),
        pytest.param(lines(lambda rows: rows[1:]), "line 1 is numbered 2", id="the first deleted"),
        pytest.param(lines(lambda rows: [rows[0], rows[2], rows[1], rows[3]]), "line 2 is numbered 3", id="reordered"),
        pytest.param(lines(lambda rows: [*rows, rows[3]]), "line 5 is numbered 4", id="a line doubled"),
        pytest.param(lines(edited), "line 3 does not follow", id="edited with a digest that fits"),
        pytest.param(lambda text: text.replace(b'"number":1', b'"number":9'), "line 2 was changed", id="edited"),
        pytest.param(lambda text: text[:-5], "line 4 is cut off", id="cut within a line"),
        pytest.param(lambda text: text.replace(b'"seq":2', b'"seq": 2'), "not spelt as RFC 8785", id="a space"),
        pytest.param(lambda text: text.replace(b'"seq":2', b'"seq":2,"seq":2'), "stands twice", id="a key twice"),
        pytest.param(lambda text: text.replace(b'"seq":2', b'"seq":NaN'), "NaN is no number", id="NaN"),
        pytest.param(lambda text: text.replace(b'"seq":2', b'"seq":2.5'), "line 2 is no entry", id="a fraction"),
        pytest.param(lambda text: b"[" * 100_000 + b"\n" + text, "line 1 is no entry", id="deeply nested"),
        pytest.param(lambda text: b"\xff\n" + text, "line 1 is no entry", id="no text"),
        pytest.param(lambda text: b"[]\n" + text, "line 1 is no entry", id="no object"),
        pytest.param(lambda text: b"\n" + text, "line 1 is no entry", id="an empty line"),
    ],
)
def test_a_changed_journal_is_refused_and_the_line_named(written, change, said):
    with pytest.raises(ValueError, match=said):
        journal.read(change(written))


def test_a_cut_between_lines_is_a_shorter_journal_with_another_head(written):
    entries = journal.read(b"".join(written.splitlines(keepends=True)[:2]))
    assert (len(entries), entries[-1].hash) != (4, journal.read(written)[-1].hash)


def test_a_journal_is_never_gone_on_with(tmp_path, written):
    with pytest.raises(FileExistsError):
        journal.Journal(tmp_path / "journal.jsonl")


def test_threads_append_whole_lines_in_one_chain(tmp_path):
    book = journal.Journal(tmp_path / "many.jsonl")
    threads = [
        threading.Thread(target=lambda: [book.append("said", {"text": "x" * 500}, AT) for _ in range(25)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.close()
    entries = journal.read((tmp_path / "many.jsonl").read_bytes())
    assert len(entries) == book.entries == 200
    assert entries[-1].hash == book.head


def test_a_number_with_a_fraction_is_refused_and_leaves_no_line(tmp_path):
    book = journal.Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError, match="fraction"):
        book.append("said", {"number": 0.5}, AT)
    assert book.entries == 0


@given(st.binary(min_size=1, max_size=200))
def test_any_other_bytes_are_refused_and_a_line_is_named(content):
    with pytest.raises(ValueError, match=r"^line \d+ "):
        journal.read(content)
