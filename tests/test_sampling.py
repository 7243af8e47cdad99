"""What a sample says of the whole equals what others compute, and the same seed draws the same sample."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, hypergeom

from audit.sampling import MILLION, drawn, needed, upper_bound


@pytest.mark.parametrize(
    ("sampled", "share"),
    [pytest.param(59, 0.05, id="5 %"), pytest.param(93, 0.032, id="3.2 %"), pytest.param(300, 0.01, id="1 %"),
     pytest.param(2995, 0.001, id="0.1 %")],
)  # fmt: skip
def test_the_bound_of_a_large_population_is_the_one_in_the_tables(sampled, share):
    """With scipy's beta distribution it is computed as of a population without end."""
    exact = beta.ppf(0.95, 1, sampled) * MILLION
    bound = upper_bound(sampled, 0, 100_000_000)
    assert abs(bound - exact) <= 2
    assert bound <= share * MILLION * 1.01


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_bound_of_a_small_population_is_exact(data):
    """With one more bad than the bound so few would be drawn less than one time in twenty, says scipy."""
    population = data.draw(st.integers(1, 400))
    sampled = data.draw(st.integers(1, population))
    bad = data.draw(st.integers(0, min(sampled, 4)))
    bound = upper_bound(sampled, bad, population)
    most = bound * population // MILLION
    assert hypergeom.cdf(bad, population, most, sampled) >= 0.05 - 1e-9 or most == bad
    if sampled < population and most < population - (sampled - bad):
        assert hypergeom.cdf(bad, population, most + 1, sampled) < 0.05 + 1e-9


@pytest.mark.parametrize(
    ("sampled", "bad", "population", "bound"),
    [
        pytest.param(10, 0, 10, 0, id="the whole"),
        pytest.param(10, 1, 10, 100_000, id="the whole with a bad one"),
        pytest.param(0, 0, 10, MILLION, id="nothing was looked at"),
        pytest.param(0, 0, 0, 0, id="there is nothing"),
        pytest.param(1, 0, 2, 500_000, id="one of two"),
        pytest.param(1, 0, 320, 950_000, id="one time in twenty to the last digit"),
    ],
)
def test_the_ends_are_right(sampled, bad, population, bound):
    """Nothing that was not looked at is said to be good."""
    assert upper_bound(sampled, bad, population) == bound


def test_so_many_are_needed_as_the_bound_takes():
    """One fewer is not enough."""
    count = needed(10_000, 5_000)
    assert upper_bound(count, 0, 5_000) <= 10_000 < upper_bound(count - 1, 0, 5_000)
    assert needed(10_000, 20) == 20


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers()), unique=True, max_size=60),
    st.integers(1, 20),
    st.randoms(),
)
def test_the_same_seed_draws_the_same_sample_in_any_order(objects, count, random):
    """As many as were asked for, each once, and each stratum where there is room."""
    words = {"stratum": lambda one: one[0], "key": repr, "count": count}
    first = drawn(objects, seed="one", **words)
    mixed = list(objects)
    random.shuffle(mixed)
    assert drawn(mixed, seed="one", **words) == first
    assert len(set(first)) == len(first) == min(count, len(objects))
    strata = {name for name, _ in objects}
    assert len({name for name, _ in first}) == min(len(strata), count)
