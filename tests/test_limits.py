"""A bucket lets through what fits, and makes the rest wait for exactly as long as it takes."""

import threading

import pytest

from audit.limits import Bucket


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def read(self):
        """Tell the time."""
        return self.now

    def sleep(self, seconds):
        """Let time pass, and remember how much."""
        self.slept.append(round(seconds, 6))
        self.now += seconds


def bucket(time, *, rate=2, burst=3):
    """Make a bucket on a clock of our own."""
    return Bucket(rate=rate, burst=burst, clock=time.read, sleep=time.sleep)


def test_a_burst_passes_and_the_next_waits_for_its_token():
    time = Time()
    full = bucket(time)
    for _ in range(5):
        full.take()
    assert time.slept == [0.5, 0.5]


@pytest.mark.parametrize(
    ("idle", "slept"),
    [
        pytest.param(0, [0.5], id="at once"),
        pytest.param(0.5, [], id="after one token's time"),
        pytest.param(1000, [], id="after a long pause"),
    ],
)
def test_tokens_come_back_with_time(idle, slept):
    time = Time()
    full = bucket(time)
    for _ in range(3):
        full.take()
    time.now += idle
    full.take()
    assert time.slept == slept


def test_a_pause_does_not_save_up_more_than_the_burst():
    time = Time()
    full = bucket(time)
    time.now += 1000
    for _ in range(4):
        full.take()
    assert time.slept == [0.5]


@pytest.mark.parametrize(
    ("left", "pause", "slept"),
    [
        pytest.param(1, 0, [0.5], id="one left"),
        pytest.param(0, 0, [0.5, 0.5], id="none left"),
        pytest.param(99, 0, [], id="more than is counted here"),
        pytest.param(0, 5, [5.5, 0.5], id="none left for five seconds"),
    ],
)
def test_what_the_provider_says_counts_where_it_is_less(left, pause, slept):
    time = Time()
    full = bucket(time)
    full.at_most(left, pause=pause)
    full.take()
    full.take()
    assert time.slept == slept


def test_threads_share_one_pace():
    """Ten threads take ten tokens: three at once, and seven that wait, each for its own."""
    still = 0.0
    waits = []
    shared = Bucket(rate=2, burst=3, clock=lambda: still, sleep=waits.append)
    threads = [threading.Thread(target=shared.take) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.5 * number for number in range(1, 8)]
