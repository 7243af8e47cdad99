"""A statement's text, cut into sentences, and what has become of the sentences that promises stand on."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

from audit.model import AuditError
from audit.promises import Statement

_ADDRESS = re.compile(r"https?://\S+")
_BULLET = re.compile("[\u2022\u2023\u2043\u2219\u25aa\u25ab\u25a0\u25a1\u25cf\u25cb\u25e6]")
# A hyphen, a star or a dash is a bullet only where a sentence begins: elsewhere it is part of it.
_LEADING_BULLETS = re.compile(r"^(?:[-*\u00b7\u2013\u2014] )+")
_STOP = re.compile(r"[.?!](?= )")


class Changed(msgspec.Struct, frozen=True):
    """A recorded sentence with another in its place."""

    recorded: str
    """The digest of the sentence that stood there; its words are not kept."""
    sentence: str
    """What stands there now."""
    commitments: tuple[str, ...]
    """The commitments that stand on the recorded sentence."""


class Gone(msgspec.Struct, frozen=True):
    """A recorded sentence that is no longer there, with nothing in its place."""

    recorded: str
    """The digest of the sentence; its words are not kept."""
    commitments: tuple[str, ...]
    """The commitments that stand on it."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What a text holds of the sentences recorded for a statement; no sentence is in two of the lists."""

    standing: tuple[str, ...] = ()
    """Sentences that were recorded, wherever they stand now."""
    changed: tuple[Changed, ...] = ()
    added: tuple[str, ...] = ()
    """New sentences that no commitment covers."""
    gone: tuple[Gone, ...] = ()
    broken_promises: tuple[str, ...] = ()
    """Promises (headings left out) one of whose sentences was changed or is gone."""


def read_text(path: Path | str) -> str:
    """Return the text of the file at `path`; raises `AuditError` where it is none, or says nothing.

    A byte order mark at its start is no part of the text.
    """
    trouble = f"cannot read the statement {path}"
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise AuditError(f"{trouble}: there is no such file. Give the path of the page's saved text.") from error
    except IsADirectoryError as error:
        raise AuditError(f"{trouble}: it is a directory. Give one text file.") from error
    except UnicodeDecodeError as error:
        raise AuditError(f"{trouble}: it is not UTF-8 text. Save the page as plain text in UTF-8.") from error
    except OSError as error:
        raise AuditError(f"{trouble}: {error.strerror}. Check the path and who may read it.") from error
    if "\0" in text:
        raise AuditError(f"{trouble}: it holds NUL bytes, so it is not text. Save the page as plain text in UTF-8.")
    if not text.strip():
        raise AuditError(f"{trouble}: it is empty. Save the page's text into it.")
    return text


def cut(text: str) -> tuple[str, ...]:
    """Cut `text` into sentences, in NFC and with white space folded.

    A sentence ends at a line end, before a bullet, and at a full stop, question mark or exclamation mark that
    white space follows, unless a lower-case letter comes next ("i.e. so"). Bullets are left out (a hyphen,
    star or dash is one where a sentence begins), and so are pieces without a letter or digit. A first line that
    is nothing but a web address says where the text was published: it is no sentence.
    """
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    if lines and _ADDRESS.fullmatch(lines[0].strip()):
        lines = lines[1:]
    pieces = (_LEADING_BULLETS.sub("", piece) for line in lines for piece in _pieces(line))
    return tuple(piece for piece in pieces if any(map(str.isalnum, piece)))


def _pieces(line: str) -> Iterator[str]:
    """Yield what one line holds, cut at bullets and stops.

    A stop at the end of the line is no cut of its own. Pieces may be empty: `cut` leaves those out.
    """
    for item in _BULLET.split(line):
        folded = " ".join(item.split())
        start = 0
        for stop in _STOP.finditer(folded):
            if not folded[stop.end() + 1].islower():
                yield folded[start : stop.end()]
                start = stop.end() + 1
        yield folded[start:]


def digest(sentence: str) -> str:
    """Return the SHA-256 of a sentence as `cut` gives it, in hex.

    Two texts that look alike and differ in normal form have one digest, since `cut` gives NFC (Unicode Standard Annex
    15).
    """
    return hashlib.sha256(sentence.encode()).hexdigest()


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a whole text, its sentences joined by line ends: layout does not count."""
    return digest("\n".join(cut(text)))


def compare(statement: Statement, text: str) -> Comparison:
    """Say which sentences recorded for `statement` still stand in `text`, were changed or are gone, and what is new.

    A sentence that only moved is standing. Where a block of sentences was replaced by another, they are matched
    in order; what is left over is gone or added.
    """
    sentences = cut(text)
    digests = tuple(map(digest, sentences))
    present = set(digests)
    known = {*statement.sentences, *(mark for row in statement.commitments for mark in row.sentences)}
    changed: list[Changed] = []
    gone: list[Gone] = []
    added: list[str] = []
    for before, after in _blocks(statement.sentences, digests):
        lost = [mark for mark in statement.sentences[before] if mark not in present]
        new = [sentence for sentence, mark in zip(sentences[after], digests[after], strict=True) if mark not in known]
        pairs = min(len(lost), len(new))
        changed += [Changed(mark, now, _standing_on(statement, mark)) for mark, now in zip(lost, new, strict=False)]
        gone += [Gone(mark, _standing_on(statement, mark)) for mark in lost[pairs:]]
        added += new[pairs:]
    missing = {row.recorded for row in changed} | {row.recorded for row in gone}
    return Comparison(
        standing=tuple(s for s, mark in zip(sentences, digests, strict=True) if mark in known),
        changed=tuple(changed),
        added=tuple(added),
        gone=tuple(gone),
        broken_promises=tuple(c.id for c in statement.commitments if c.promise and missing.intersection(c.sentences)),
    )


def _blocks(recorded: Sequence[str], found: Sequence[str]) -> Iterator[tuple[slice, slice]]:
    """Yield where the two sequences differ: the stretch of `recorded` and what `found` holds in its place.

    Yields nothing where the two are alike; one of the slices is empty where sentences were only added or only taken
    out.
    """
    # autojunk would drop sentences that come often, such as the labels of a menu, from texts over 200 sentences.
    for tag, start, stop, low, high in SequenceMatcher(None, recorded, found, autojunk=False).get_opcodes():
        if tag != "equal":
            yield slice(start, stop), slice(low, high)


def _standing_on(statement: Statement, mark: str) -> tuple[str, ...]:
    """Return the ids of the commitments that stand on the sentence with this digest.

    Empty where the sentence is recorded and no commitment stands on it, as a menu's label is.
    """
    return tuple(commitment.id for commitment in statement.commitments if mark in commitment.sentences)
