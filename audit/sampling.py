"""What a sample says of the whole: how it is drawn, and how many may be bad although none in it is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import comb, exp, fsum, inf, lgamma
from typing import TypeVar

T = TypeVar("T")
MILLION = 1_000_000
_CONFIDENCE = 95
"""In per cent."""
_NEAR = 1e-4
"""Per cent by which the sum of logarithms may be out, and more: of a hundred million their own last digit is 1e-7."""


def upper_bound(sampled: int, bad: int, population: int) -> int:
    """Return the most objects of a population that can be bad, with 95 % confidence, in parts per million, rounded up.

    The bound is the exact one for a sample drawn without putting back (hypergeometric). Of a sample that is the whole
    it is what was found. Without a sample nothing is known: a million.
    """
    if population <= 0 or sampled >= population:
        return _ppm(bad, max(population, 1)) if population else 0
    if sampled <= 0:
        return MILLION
    low, high = bad, population - (sampled - bad)
    # The largest number of bad ones with which so few would be drawn at least one time in twenty.
    while low < high:
        middle = (low + high + 1) // 2
        if _is_likely(bad, sampled, middle, population):
            low = middle
        else:
            high = middle - 1
    return _ppm(low, population)


def needed(bound: int, population: int) -> int:
    """Return how many must be sampled, and none of them bad, for a bound in parts per million; all where that is it."""
    low, high = 1, max(population, 1)
    while low < high:
        middle = (low + high) // 2
        if upper_bound(middle, 0, population) <= bound:
            high = middle
        else:
            low = middle + 1
    return min(low, population)


def drawn(objects: Iterable[T], stratum: Callable[[T], str], key: Callable[[T], str], count: int, seed: str) -> list[T]:
    """Draw `count` objects, so many of each stratum as it has a share of the whole and at least one of each.

    The same objects, strata and seed give the same sample, in whatever order they come. Strata beyond `count` are those
    that the seed draws.
    """
    strata: defaultdict[str, list[tuple[str, T]]] = defaultdict(list)
    for one in objects:
        strata[stratum(one)].append((_lot(seed, key(one)), one))
    for members in strata.values():
        members.sort(key=lambda member: member[0])
    shares = _shares({name: len(members) for name, members in strata.items()}, count, seed)
    return [one for name in sorted(shares) for _, one in strata[name][: shares[name]]]


def _shares(sizes: Mapping[str, int], count: int, seed: str) -> dict[str, int]:
    """Share out a sample among strata by their sizes; each gets one before any gets two."""
    order = sorted(sizes, key=lambda name: (-sizes[name], _lot(seed, name)))
    shares = dict.fromkeys(sorted(sizes, key=lambda name: _lot(seed, name))[:count], 1)
    left, whole = min(count, sum(sizes.values())) - len(shares), sum(sizes.values())
    for name in order:
        more = min(left, sizes[name] - shares.get(name, 0), max(0, count * sizes[name] // whole - shares.get(name, 0)))
        shares[name] = shares.get(name, 0) + more
        left -= more
    for name in order:
        more = min(left, sizes[name] - shares[name])
        shares[name] += more
        left -= more
    return {name: share for name, share in shares.items() if share}


def _lot(seed: str, name: str) -> str:
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()


def _is_likely(bad: int, sampled: int, marked: int, population: int) -> bool:
    """Tell whether a sample holds at most `bad` of so many `marked` ones at least one time in twenty."""
    likely = _at_most(bad, sampled, marked, population) * 100 - (100 - _CONFIDENCE)
    if abs(likely) > _NEAR:
        return likely > 0
    # So near to it logarithms cannot tell; whole numbers can.
    ways = sum(comb(marked, found) * comb(population - marked, sampled - found) for found in range(bad + 1))
    return ways * 100 >= comb(population, sampled) * (100 - _CONFIDENCE)


def _at_most(bad: int, sampled: int, marked: int, population: int) -> float:
    """Return how likely a sample holds at most `bad` of so many `marked` ones (hypergeometric)."""
    fewest = max(0, sampled - (population - marked))
    ways = (_ways(marked, found) + _ways(population - marked, sampled - found) for found in range(fewest, bad + 1))
    return fsum(exp(way - _ways(population, sampled)) for way in ways)


def _ways(population: int, sampled: int) -> float:
    """Return the logarithm of how many samples there are; an impossible one has none."""
    if sampled > population:
        return -inf
    return lgamma(population + 1) - lgamma(sampled + 1) - lgamma(population - sampled + 1)


def _ppm(part: int, whole: int) -> int:
    return -(-part * MILLION // whole)
