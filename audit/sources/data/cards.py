"""Finds the numbers of payment cards in a text, and tells them from what merely has as many digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

_BRANDS = (
    # First and last number that a card begins with, and how many digits it has. ISO/IEC 7812 gives each issuer its
    # range; the brands publish theirs: https://en.wikipedia.org/wiki/Payment_card_number
    ("4", "4", (16, 18, 19)),  # Visa; none of 13 digits has been issued for long, and goods carry numbers of 13
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("6011", "6011", (16, 17, 18, 19)),  # Discover
    ("644", "659", (16, 17, 18, 19)),
    ("300", "305", (14, 15, 16, 17, 18, 19)),  # Diners Club
    ("3095", "3095", (14, 15, 16, 17, 18, 19)),
    ("36", "36", (14, 15, 16, 17, 18, 19)),
    ("38", "39", (14, 15, 16, 17, 18, 19)),
    ("3528", "3589", (16, 17, 18, 19)),  # JCB
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("81", "81", (16, 17, 18, 19)),
    ("5018", "5018", (12, 14, 15, 16, 17, 18, 19)),  # Maestro
    ("5020", "5020", (12, 14, 15, 16, 17, 18, 19)),
    ("5038", "5038", (12, 14, 15, 16, 17, 18, 19)),
    ("5893", "5893", (12, 14, 15, 16, 17, 18, 19)),
    ("6304", "6304", (12, 14, 15, 16, 17, 18, 19)),
    ("6759", "6759", (12, 14, 15, 16, 17, 18, 19)),
    ("6761", "6763", (12, 14, 15, 16, 17, 18, 19)),
)
_LAYOUTS = (
    # How cards are embossed and written, the longest first; what is written otherwise stands in one piece.
    (1,) * 19,
    (1,) * 16,
    (1,) * 15,
    (4, 4, 4, 4, 3),
    (4, 4, 4, 4, 2),
    (4, 4, 4, 4, 1),
    (4, 4, 4, 4),
    (4, 4, 4, 3),
    (4, 6, 5),
    (4, 6, 4),
    (6, 13),
    (8, 8),
)
_LENGTHS = range(12, 20)
_TESTS = frozenset(
    # What payment services publish for trying: no bank issued them.
    [
        "4012888888881881",
        "4000056655665556",
        "4000002500003155",
        "4035501000000008",
        "4917610000000000",
        "4988438843884305",
        "5200828282828210",
        "5425233430109903",
        "2223003122003222",
        "2223000048400011",
        "2222420000001113",
        "5431111111111111",
        "378282246310005",
        "371449635398431",
        "378734493671000",
        "374245455400126",
        "370000000000002",
        "6011000990139424",
        "6011000180331112",
        "6011601160116611",
        "30569309025904",
        "38520000023237",
        "36227206271667",
        "36700102000000",
        "36006666333344",
        "3566002020360505",
        "3530111333300000",
        "3569990010095841",
        "3528000700000000",
        "6250941006528599",
        "6243030000000001",
        "6205500000000000004",
        "6759649826438453",
        "6771798021000008",
        "5019717010103742",
        "6304000000000000",
        "6799990100000000019",
        "5018000000000009",
    ]
)
_FEW = 3
"""So few different digits no issued number has: of 16 random digits hardly one number in a million."""
_BREAK = r"[ ]?\r?\n[> ]{0,4}"
_GAP = rf"(?:{_BREAK}| {{1,3}}|[ ]?[-.][ ]?|[+\t_/])"
_CHAIN = re.compile(rf"(?<![0-9])[0-9](?:{_GAP}?[0-9]){{11,}}")
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UUID_SIGNS = 36
_EXPIRY = re.compile(r"(?:0[1-9]|1[0-2])[0-9]{2}")
_NAMED = frozenset({"cc", "mc", "no", "nr", "id", "kk", "v", "m"})
"""What people put before a card's number, as short as a code."""
_TRACK = re.compile(r"\^[^^]{2,26}\^[0-9]{4}|[=Dd][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}")
"""What follows a card's number on its magnetic stripe, and in its chip: a name, or the expiry with the service code
(ISO/IEC 7813). Nothing worse can lie about."""
_WORD = re.compile(r"[A-Za-z]*")
_WORD_BACK = re.compile(r"[A-Za-z]*\Z")


class _Group(msgspec.Struct, frozen=True):
    """Digits that stand together."""

    start: int
    end: int


def cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each card number starts and ends, and its digits alone."""
    for chain in _CHAIN.finditer(text):
        groups = [_Group(found.start(), found.end()) for found in _GROUP.finditer(text, chain.start(), chain.end())]
        yield from _in_chain(text, groups)


def known(number: str) -> bool:
    """Tell whether a number is one for trying: published as such, or of a pattern that no bank issues."""
    return number in _TESTS or len(set(number)) <= _FEW or "123456789" in number or "987654321" in number


def _in_chain(text: str, groups: Sequence[_Group]) -> Iterator[tuple[int, int, str]]:
    """Yield the cards of groups that follow each other; no digit belongs to two."""
    at = free = 0
    while at < len(groups):
        taken = next((count for count in _counts(text, groups, at) if _stands(text, groups, at, count, free)), 0)
        if taken:
            start, end = groups[at].start, groups[at + taken - 1].end
            yield start, end, _digits(text[start:end])
        at += taken or 1
        free = at if taken else free


def _counts(text: str, groups: Sequence[_Group], at: int) -> Iterator[int]:
    """Yield of how many groups from here on a card may be made."""
    if groups[at].end - groups[at].start in _LENGTHS:
        yield 1
    lengths = tuple(one.end - one.start for one in groups[at : at + 20])
    yield from (len(layout) for layout in _layouts().get(lengths[0], ()) if lengths[: len(layout)] == layout)
    # A line's end may stand anywhere in a number that was wrapped, where there is text before it: columns have none.
    ends = [one.end for one in groups[at : at + 6]]
    if "\n" not in text[ends[0] : ends[-1]]:
        return
    for count in range(2, len(ends) + 1):
        broken = [
            step for step in range(count - 1) if "\n" in text[groups[at + step].end : groups[at + step + 1].start]
        ]
        if len(broken) == 1 and _wrapped(text, groups, at, lengths[:count], broken[0]):
            yield count


def _wrapped(text: str, groups: Sequence[_Group], at: int, lengths: tuple[int, ...], step: int) -> bool:
    """Tell whether groups have a card's layout once those at the line's end and the next line's start are one."""
    merged = (*lengths[:step], lengths[step] + lengths[step + 1], *lengths[step + 2 :])
    if not (merged in _LAYOUTS or (len(merged) == 1 and merged[0] in _LENGTHS)):
        return False
    line = text[max(text.rfind("\n", 0, groups[at].start) + 1, groups[at].start - 200) : groups[at].start]
    return any(sign.isalpha() for sign in line)


@cache
def _layouts() -> dict[int, tuple[tuple[int, ...], ...]]:
    """Return length of the first group → layouts that begin with it."""
    return {first: tuple(one for one in _LAYOUTS if one[0] == first) for first in {one[0] for one in _LAYOUTS}}


def _stands(text: str, groups: Sequence[_Group], at: int, count: int, free: int) -> bool:
    """Tell whether groups are a card's number, and no part of something longer; those before `free` are others'."""
    start, end = groups[at].start, groups[at + count - 1].end
    return (
        _sound(text, groups, at, count)
        and _alone(text, groups, at, count, free)
        and _apart(text, start, end)
        and not _in_uuid(text, start, end)
    )


def _sound(text: str, groups: Sequence[_Group], at: int, count: int) -> bool:
    """Tell whether groups make a number that an issuer can have given."""
    number = _digits(text[groups[at].start : groups[at + count - 1].end])
    return _issued(number) and _adds_up(number)


def _issued(number: str) -> bool:
    brands = _brands().get(number[0], ())
    return any(low <= number[: len(low)] <= high and len(number) in lengths for low, high, lengths in brands)


@cache
def _brands() -> dict[str, tuple[tuple[str, str, tuple[int, ...]], ...]]:
    """Return first digit → brands whose cards begin with it."""
    return {digit: tuple(one for one in _BRANDS if one[0][0] == digit) for digit in {one[0][0] for one in _BRANDS}}


def _adds_up(number: str) -> bool:
    """Check by Luhn's formula (ISO/IEC 7812-1, annex B)."""
    digits = [int(sign) for sign in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def _alone(text: str, groups: Sequence[_Group], at: int, count: int, free: int) -> bool:
    """Tell whether groups are no part of a longer row of groups alike, of a decimal or of a telephone number."""
    first, last = groups[at], groups[at + count - 1]
    before = text[groups[at - 1].end : first.start] if at > free else ""
    after = text[last.end : groups[at + count].start] if at + count < len(groups) else ""
    if count == 1:
        return not (before == "." or (after == "." and not _whole(text, groups[at + 1])) or _dialled(text, first.start))
    if "." in (before, after):
        return False
    own = text[first.end : groups[at + 1].start]
    if own == before and (own != " " or groups[at - 1].end - groups[at - 1].start == first.end - first.start):
        return False
    following = text[groups[at + count].start : groups[at + count].end] if after else ""
    return (
        after != own
        or (own == " " and (len(following) != last.end - last.start or bool(_EXPIRY.fullmatch(following))))
        or (at + 2 * count <= len(groups) and _sound(text, groups, at + count, count))
    )


def _whole(text: str, fraction: _Group) -> bool:
    """Tell whether what stands behind a point is nothing: programs write whole numbers so."""
    return not text[fraction.start : fraction.end].strip("0")


def _dialled(text: str, start: int) -> bool:
    """Tell whether a number is one to call: after a plus that joins no words."""
    return text[max(0, start - 1) : start] == "+" and not text[max(0, start - 2) : start - 1].isalnum()


def _apart(text: str, start: int, end: int) -> bool:
    """Tell whether no letter touches the number but those of a word: others are of a code or a digest."""
    if text[max(0, start - 3) : start] == "===":
        return False  # between the parts of a mail
    before, after = _WORD_BACK.search(text, max(0, start - 20), start), _WORD.match(text, end, end + 20)
    left, right = before[0] if before else "", after[0] if after else ""
    if _TRACK.match(text, end) and len(left) <= 1:
        return True
    # In JSON and in logs a line's end is spelt with a letter.
    if left[:1] in {"n", "r", "t"} and text[start - len(left) - 1 : start - len(left)] == "\\":
        left = left[1:]
    ahead = text[max(0, start - len(left) - 1) : start - len(left)]
    return (_is_word(left) or (left.lower() in _NAMED and not ahead.isdigit())) and _is_word(right)


def _is_word(letters: str) -> bool:
    if not letters:
        return True
    return len(letters) >= 3 and not set(letters.lower()) <= set("abcdefx")  # noqa: PLR2004  # a short one is of a code


def _in_uuid(text: str, start: int, end: int) -> bool:
    found = _UUID.search(text, max(0, start - _UUID_SIGNS), end + _UUID_SIGNS)
    return found is not None and found.start() < end and start < found.end()


def _digits(text: str) -> str:
    return "".join(_GROUP.findall(text))
