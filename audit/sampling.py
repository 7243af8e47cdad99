"""What a sample says of the whole: how it is drawn, and how many may be bad although none in it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from math import floor, log
from typing import TypeVar

T = TypeVar("T")
MILLION = 1_000_000
_DOUBT = 0.05
"""How likely the sample may show none although there are more than the bound: 95 % confidence."""
_NEAR = 1e-9
"""What logarithms may be out by; the bound is the greater one."""
_LOT = 1 << 64


def upper_bound(sampled: int, population: int) -> int:
    """Return how many objects may be bad although none of a sample is, with 95 % confidence, in a million, rounded up.

    It holds for what `drawn` draws, and for any draw that gives each object a chance of `sampled / population` at least
    and never lets one that was passed over make others less likely: `k` bad ones all stay away at most
    `(1 - sampled / population) ** k` of the time. Of a sample that is the whole it is 0; without a sample nothing is
    known: a million.
    """
    if sampled >= population:
        return 0
    if sampled <= 0:
        return MILLION
    most = floor(log(_DOUBT) / log(1 - sampled / population) + _NEAR)
    return -(-min(most, population - sampled) * MILLION // population)


def drawn(objects: Iterable[T], stratum: Callable[[T], str], key: Callable[[T], str], count: int, seed: str) -> list[T]:
    """Draw `count` objects, each with the same chance; of each stratum its share, give or take less than two.

    The same objects, strata and seed give the same sample, in whatever order they come. This is ordered pivotal
    sampling (Deville and Tillé 1998, doi:10.1093/biomet/85.1.89): in the order of strata each object meets the next,
    and one of them takes of the other's chance. By no meeting does it become likelier that of any objects none is
    drawn, so `upper_bound` holds.
    """
    found = sorted(((stratum(one), *_lots(seed, key(one)), one) for one in objects), key=lambda lot: lot[:3])
    share, whole = min(count, len(found)), len(found)
    if share == whole:
        return [one for *_, one in found]
    sample: list[T] = []
    chance, held = 0, None
    """What the one that is held has, in parts of the whole."""
    for _, _, lot, one in found:
        chance += share
        if chance < whole:
            held = one if lot * chance < share * _LOT else held
            continue
        # One of the two is drawn, and the other keeps what is left.
        first = lot * (2 * whole - chance) < (whole - share) * _LOT
        sample.append(held if first else one)  # type: ignore[arg-type]  # with no chance yet nobody is held
        chance, held = chance - whole, one if first else held
    return sample


def _lots(seed: str, key: str) -> tuple[int, int]:
    """Return two numbers below `_LOT` that the seed gives to a key: for its place in the order, and for its meeting."""
    lots = int.from_bytes(hashlib.blake2b(f"{seed}\n{key}".encode(), digest_size=16).digest())
    return divmod(lots, _LOT)
