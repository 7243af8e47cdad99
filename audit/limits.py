"""Keeps requests below what Azure allows, so that an audit neither waits for a refusal nor starves other callers."""

import threading
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds on a clock that never goes back."""


class Bucket:
    """A token bucket: so many requests at once, then so many a second; shared by threads."""

    def __init__(self, *, rate: float, burst: int, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._rate, self._burst, self._clock, self._sleep = rate, burst, clock, sleep
        self._tokens = float(burst)
        self._filled = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take one token, waiting for it where there is none."""
        with self._lock:
            self._fill()
            self._tokens -= 1
            # Below zero the bucket is in debt to those who wait: each waits for its own token, in the order they came.
            wait = -self._tokens / self._rate if self._tokens < 0 else 0.0
        if wait:
            self._sleep(wait)

    def at_most(self, left: int, *, pause: float = 0.0) -> None:
        """Note what the provider says is left, where it is less than is counted here; `pause` holds everyone back."""
        with self._lock:
            self._fill()
            self._tokens = min(self._tokens, left - pause * self._rate)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
