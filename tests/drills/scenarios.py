"""What is planted for the crash matrix: for each kind of drill something that can be restored, and how far at most."""

from collections.abc import Callable
from typing import Any

import msgspec

from audit.drills.drill import Kind, Recoverable
from tests.drilling import recoverable
from tests.drills.test_drill_machine import kind


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to restore."""

    name: str
    kind: Kind
    item: Recoverable
    level: int
    """The highest level that is true of it."""
    fails: int | None = None
    """The level at which it fails when nothing hinders the drill; None where it is proven to its `level`."""
    asks: tuple[str, str]
    """The method and the pattern of the path of the request that must never be sent twice."""
    plant: Callable[[Any], None] = lambda sandbox: None
    """Puts it into the local Azure."""
    means: Callable[[Any], dict[str, Any]] = lambda drilling: {}
    """Returns by what it is drilled beside Azure."""
    cells: int = 2
    """How many cells of each kind the sample holds: planting costs time."""


SCENARIOS = (
    Scenario(
        name="an account",
        kind=kind(),
        item=recoverable("archive", "version", "/an/item"),
        level=5,
        asks=("PUT", "*/storageAccounts/copy"),
        cells=6,
    ),
)
