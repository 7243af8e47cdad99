"""Finds numbers of cards, accounts and persons in a text, and tells of each its class and a salted digest, no more."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from audit.sources.data.cards import cards, known
from audit.sources.data.ibans import ibans

CLASSES = ("cards", "ibans", "insurance", "test")
"""What is told apart: payment cards, bank accounts, UK national insurance, and what is published for trying."""
Hits = Mapping[str, frozenset[bytes]]
"""Class → the salted digests of the numbers found; equal numbers have equal digests while the salt is the same."""
_INSURANCE = re.compile(
    # https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110
    r"(?<![0-9A-Za-z])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D](?![0-9A-Za-z])",
    re.IGNORECASE | re.ASCII,
)
_HEX = re.compile(r"[0-9a-f]+")
_SHOWN = "123456"
"""The digits of the national insurance number that forms and guides show."""
_EXPONENT = re.compile(r"(?<![\w.])\d\.\d{1,17}E\+1[0-8](?!\w)", re.IGNORECASE | re.ASCII)
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_MINUS = "\u2212"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_DIGEST = 16
_PIECE = 1 << 16
_MARGIN = 512
"""More than any number takes with all that may stand between its digits, and what is looked at around it."""


def found(text: str, salt: bytes, *, tick: Callable[[], None] = lambda: None) -> Hits:
    """Return the numbers of each class that stand in a text, as digests under `salt`.

    `tick` is called every so often; what it raises ends the search.
    """
    text = _plain(text)
    hits: defaultdict[str, set[bytes]] = defaultdict(set)
    for first in range(0, len(text), _PIECE):
        tick()
        begin = max(0, first - _MARGIN)
        for start, kind, number in _numbers(text[begin : first + _PIECE + _MARGIN]):
            # What begins in the margins is the neighbours' own; here it may be cut.
            if first <= begin + start < first + _PIECE:
                hits[kind].add(hashlib.blake2b(number.encode(), key=salt, digest_size=_DIGEST).digest())
    return {kind: frozenset(digests) for kind, digests in hits.items()}


def joined(one: Hits, other: Hits) -> Hits:
    """Return what either holds."""
    return {kind: one.get(kind, frozenset()) | other.get(kind, frozenset()) for kind in {*one, *other}}


def _numbers(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the place, the class and the number of all that is found; digits of an account are no card's."""
    taken = []
    for start, end, number in ibans(text):
        taken.append((start, end))
        yield start, "ibans", number
    for start, end, number in cards(text):
        if not any(start < stop and begin < end for begin, stop in taken):
            yield start, ("test" if known(number) else "cards"), number
    for match in _INSURANCE.finditer(text):
        number = re.sub(r"[ -]", "", match[0]).upper()
        # Nine signs in lower case from 0 to f are a digest, cut short.
        if not _HEX.fullmatch(match[0]):
            yield match.start(), ("test" if _SHOWN in number else "insurance"), number


def _plain(text: str) -> str:
    """Return the text with all scripts' digits, spaces and dashes as ASCII has them."""
    text = text.replace("%20", " ")
    # Sheets write long numbers with an exponent: https://learn.microsoft.com/openspecs/office_standards/ms-oi29500
    if "E+1" in text or "e+1" in text:
        text = _EXPONENT.sub(lambda number: str(int(float(number[0]))), text)
    return _FOREIGN.sub(lambda sign: _as_ascii(sign[0]), text)


@cache
def _as_ascii(sign: str) -> str:
    """Return what stands for a sign; most stand for themselves."""
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.digit(sign))
    if sign in _ZERO_WIDTH:
        return ""
    return {"Zs": " ", "Pd": "-"}.get(category, "-" if sign == _MINUS else sign)
