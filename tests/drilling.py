"""What tests of drills share: a drill against the local Azure, by a clock that waits in no time."""

from datetime import UTC, datetime, timedelta

import msgspec

from audit.clouds import cloud_at
from audit.drill_record import Operator, Population
from audit.drills.actor import Actor
from audit.drills.drill import Beginning, Drill, Means, Recoverable, Settings
from audit.drills.guard import rule
from audit.drills.machine import run
from audit.drills.steps import BEGUN, Steps
from audit.drills.time import Clock
from audit.journal import Journal
from tests.live import SHORT

DRILLS = "00000000-0000-0000-0000-0000000d0000"
"""The subscription in which copies are put."""


def clock_of(sandbox):
    """Return the local Azure's own clock, which moves on when somebody waits."""
    store = sandbox.store

    def sleep(seconds):
        store.set_clock(store.now() + timedelta(seconds=seconds))

    return Clock(now=store.now, sleep=sleep, forward=lambda: store.now().timestamp(), boot="one boot")


def settings(clock, **changes):
    """Return the rules that a drill runs by."""
    made = Settings(
        subscription=DRILLS,
        region="uksouth",
        regions=("uksouth", "ukwest"),
        owner="head of operations",
        expires=clock.now() + timedelta(hours=24),
    )
    return msgspec.structs.replace(made, **changes)


def recoverable(kind, method, identity, **changes):
    """Return something that must be recoverable."""
    made = Recoverable(
        kind=kind,
        method=method,
        id=identity,
        ref=f"{kind}-0123456789ab",
        tier="production",
        region="uksouth",
        commitments=("A-27d2",),
        proves=("BCK-13",),
        rpo_s=3600,
        rto_s=4 * 3600,
    )
    return msgspec.structs.replace(made, **changes)


class Drilling:
    """Drills in a local Azure."""

    def __init__(self, sandbox, folder):
        self.sandbox, self.folder, self.clock = sandbox, folder, clock_of(sandbox)
        self.cloud = cloud_at(sandbox.url, patience=SHORT)
        sandbox.store.add_subscription(DRILLS, "Drills")

    def begin(self, kind, item, *, drill_id="20260812T090000Z-000001", attempt=1, tape=None, journal=Journal, **means):
        """Make a drill with a new journal; `means` are what it acts by beside Azure."""
        changes = means.pop("settings", {})
        begun = Beginning(
            drill_id=drill_id,
            attempt=attempt,
            plan="a plan",
            recoverable=item,
            population=Population(in_scope=1, eligible=1, method="least-recently-proven", seed="a seed"),
            operator=Operator(identity="drill-runner", role="operations", authorised_by="head of operations"),
            settings=settings(self.clock, **changes),
            tool_digest="0" * 64,
            product="promise-audit",
            clock=self.clock.reading(),
        )
        made = journal(self.folder / f"{drill_id}-{attempt}.jsonl")
        made.append(BEGUN, msgspec.to_builtins(begun), self.clock.now(), sync=True)
        return self.resumed(kind, drill_id=drill_id, attempt=attempt, tape=tape, journal=journal, **means)

    def resumed(self, kind, *, drill_id="20260812T090000Z-000001", attempt=1, tape=None, journal=Journal, **means):
        """Go on with a drill from its journal."""
        found, entries = journal.resumed(self.folder / f"{drill_id}-{attempt}.jsonl")
        begun = msgspec.convert(entries[0].body, Beginning)
        name = f"drill-{drill_id.lower()}-{attempt}"
        may = rule(kind, subscription=begun.settings.subscription, name=name)
        actor = Actor(self.cloud, self.sandbox.credential, clock=self.clock, may=may, patience=SHORT, tape=tape)
        return Drill(begun, Steps(found, entries, self.clock), Means(clock=self.clock, actor=actor, **means))

    def run(self, kind, item, **words):
        """Drill something from its beginning to its end; returns its record."""
        return run(kind, self.begin(kind, item, **words))


def moment(text):
    """Return an instant in UTC from how ISO 8601 writes it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
