"""What a sample says of the whole holds in draws, and the same seed draws the same sample."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from audit.sampling import MILLION, drawn, upper_bound

DRAWS = 1500


@pytest.mark.parametrize(
    ("sampled", "share"),
    [pytest.param(59, 0.05, id="5 %"), pytest.param(93, 0.032, id="3.2 %"), pytest.param(300, 0.01, id="1 %"),
     pytest.param(2995, 0.001, id="0.1 %")],
)  # fmt: skip
def test_the_bound_of_a_large_population_is_about_the_one_in_the_tables(sampled, share):
    """Those are of a plain sample, and a little smaller."""
    assert abs(upper_bound(sampled, 100_000_000) - share * MILLION) <= 0.02 * share * MILLION


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_bound_is_never_below_that_of_a_plain_sample(data):
    """So few would be drawn by chance alone one time in twenty of that many, says scipy."""
    population = data.draw(st.integers(1, 400))
    sampled = data.draw(st.integers(1, population))
    most = upper_bound(sampled, population) * population // MILLION
    assert hypergeom.cdf(0, population, most + 1, sampled) < 0.05 + 1e-9 or most == population - sampled


@pytest.mark.parametrize(
    ("sampled", "population", "bound"),
    [
        pytest.param(10, 10, 0, id="the whole"),
        pytest.param(0, 10, MILLION, id="nothing was looked at"),
        pytest.param(0, 0, 0, id="there is nothing"),
        pytest.param(1, 2, 500_000, id="one of two"),
        pytest.param(19, 20, 50_000, id="one time in twenty to the last digit"),
    ],
)
def test_the_ends_are_right(sampled, population, bound):
    """Nothing that was not looked at is said to be good."""
    assert upper_bound(sampled, population) == bound


def stratum(one):
    return one[0]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers()), unique=True, max_size=60),
    st.integers(1, 20),
    st.randoms(),
)
def test_the_same_seed_draws_the_same_sample_in_any_order(objects, count, random):
    """As many as were asked for, each once, and of each stratum its share."""
    first = drawn(objects, stratum, repr, count, "one")
    mixed = list(objects)
    random.shuffle(mixed)
    assert drawn(mixed, stratum, repr, count, "one") == first
    assert len(set(first)) == len(first) == min(count, len(objects))
    sizes, shares = Counter(map(stratum, objects)), Counter(map(stratum, first))
    for name, size in sizes.items():
        assert abs(shares[name] - size * len(first) / len(objects)) < 2


LEAVES, HEAP = [(f"leaf {number}", number) for number in range(40)], [("heap", number) for number in range(100)]
"""Forty folders of one object each, and a folder of a hundred."""


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(lambda one: one in HEAP[:15], id="bad ones in the large folder"),
        pytest.param(lambda one: one in LEAVES[:15], id="bad ones in the small folders"),
        pytest.param(lambda one: one in HEAP[:8] + LEAVES[20:27], id="bad ones in both"),
    ],
)
def test_one_bad_one_more_than_the_bound_stays_away_one_time_in_twenty_at_most(wanted):
    """Wherever they lie; each object is drawn as often as any other."""
    objects = LEAVES + HEAP
    bad = sum(map(wanted, objects))
    count = next(count for count in range(1, 140) if upper_bound(count, 140) * 140 // MILLION < bad)
    samples = [drawn(objects, stratum, repr, count, str(seed)) for seed in range(DRAWS)]
    clean = sum(not any(map(wanted, sample)) for sample in samples)
    assert clean <= binom.ppf(0.9999, DRAWS, 0.05)
    times = Counter(one for sample in samples for one in sample)
    low, high = binom.ppf([0.00001, 0.99999], DRAWS, count / 140)
    assert all(low <= times[one] <= high for one in objects)
