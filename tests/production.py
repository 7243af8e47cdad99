"""The whole production program in a local Azure and a local AWS of its own, a day after it was put there."""

from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple

import pytest

from audit.cli.live import Where, observe
from audit.differences import Match, attributed, compare, match
from audit.engine import judge
from audit.model import Snapshot
from audit.promises import Difference, Report
from audit.sandbox import process
from audit.sandbox.environment import environment
from audit.sandbox.filling import fill
from tests.estate_fixture import Estate
from tests.live import UNPACED
from tests.support import NOON


class Comparison(NamedTuple):
    """What came of comparing the program with what runs."""

    program: Report
    live: Report
    seen: Snapshot
    matched: Match
    differences: tuple[Difference, ...]


class Production(Estate):
    """A local Azure that holds all that the production program declares, and what Azure made of it since."""

    def __init__(self, running, declared, policies):
        super().__init__(running)
        self.declared, self.policies = declared, policies
        self._whole = running.folder / "whole.sqlite"
        self.store.copy_to(self._whole)

    @cached_property
    def live(self):
        """What runs, as long as nobody touched it."""
        return self.observed()

    def observed(self):
        """Look at all that runs now, as `audit collect --live` does."""
        with self.signed_in():
            where = Where(metadata_host=f"localhost:{self.running.port}")
            return observe(where, self.policies, NOON.date(), clock=UNPACED)

    @contextmanager
    def signed_in(self):
        """Let clients find this cloud by their environment, and no other."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment(self.running, {}).items():
                patch.setenv(name, value)
            yield

    def compared(self, live):
        """Compare the program with what runs, as `audit drift` does."""
        matched = match(self.declared, live)
        live = attributed(live, matched)
        before, after = (judge(seen, self.policies, NOON.date(), product="") for seen in (self.declared, live))
        return Comparison(before, after, live, matched, compare(before, after, live, matched))


@contextmanager
def filled(folder, declared, policies):
    """Put a program into the clouds of a folder, let a day pass there, and run them."""
    fill(folder, declared, settled=True)
    running, _ = process.start(folder)
    try:
        yield Production(running, declared, policies)
    finally:
        process.stop(folder)
