"""What time a drill is told by: instants by the wall clock, durations by one that only goes forward."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _now() -> datetime:
    return datetime.now(UTC)


def _forward() -> float:
    """Return seconds since the machine started; unlike `time.monotonic` they count while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _boot() -> str:
    """Return what is another after each start of the machine, empty where it cannot be told."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """What time is told by, and waited on."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    forward: Callable[[], float] = _forward
    """Seconds on a clock that never goes back, the same in every process since `boot`."""
    boot: str = msgspec.field(default_factory=_boot)

    def reading(self) -> "Reading":
        """Read both clocks at once."""
        return Reading(at=self.now(), forward_ms=round(self.forward() * 1000), boot=self.boot)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One moment by both clocks."""

    at: datetime
    forward_ms: int
    boot: str


class Span(msgspec.Struct, frozen=True):
    """How long something took in milliseconds, and by how many the wall clock says otherwise."""

    ms: int
    skew_ms: int


def span(first: Reading, last: Reading) -> Span:
    """Return how long it was from one moment to another; by the wall clock where the machine started anew between."""
    wall = round((last.at - first.at).total_seconds() * 1000)
    if not first.boot or first.boot != last.boot:
        return Span(max(0, wall), 0)
    ms = last.forward_ms - first.forward_ms
    return Span(ms, wall - ms)


def is_backwards(first: Reading, last: Reading) -> bool:
    """Tell whether no clock says how long it was: another start of the machine, and a wall clock that was set back."""
    return (not first.boot or first.boot != last.boot) and last.at < first.at
