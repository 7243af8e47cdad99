"""One drill while it runs: what is restored, by what means, and what every kind of drill does alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from audit.azure import Refused
from audit.drill_record import DrillKind, Isolation, Left, Operator, Population, RecoveryPoint
from audit.drills.actor import TRANSIENT, Actor, Begun
from audit.drills.outcomes import Inconclusive
from audit.drills.steps import Made, Steps
from audit.drills.time import Clock, Reading, span

T = TypeVar("T")
GROUP_API = "2021-04-01"
"""https://learn.microsoft.com/rest/api/resources/resource-groups"""
_CONFLICT, _LOCKED = 409, "ScopeLocked"
POLL, _LONGEST_POLL = 1.0, 60.0
"""Seconds between two looks at work that takes its time, at first and later; `Retry-After` makes it longer."""


class Recoverable(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must be recoverable, and how it is to be restored this time."""

    kind: DrillKind
    method: str
    id: str
    """Its ARM id, its `s3://bucket/prefix`, or the name that people know it by."""
    ref: str
    """What reports call it: `<kind>-<twelve hexadecimal digits>`, made from the id."""
    tier: str
    weight: int = 1
    region: str = ""
    subscription: str = ""
    """Where the copy must lie, empty for the drills' own subscription."""
    customer: str = ""
    bytes: int = 0
    commitments: tuple[str, ...] = ()
    proves: tuple[str, ...] = ()
    rpo_s: int | None = None
    rto_s: int | None = None
    """The targets in seconds; None where the company chose none."""
    measures: tuple[str, ...] = ("rpo", "rto")
    """What is measured of it: where nothing is restored, as in a rehearsal, there is no RPO."""
    negative: str = ""
    """What was damaged on purpose, empty for anything real."""
    facts: Mapping[str, Any] = {}
    """What the declared resource says that its kind needs: SKU, encryption key, location."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a drill's journal: all that whoever goes on needs to know."""

    drill_id: str
    attempt: int
    plan: str
    recoverable: Recoverable
    population: Population
    operator: Operator
    settings: Settings
    tool_digest: str
    """SHA-256 of the policies that it ran by."""
    product: str
    clock: Reading


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """By what rules a drill runs; see `audit.drill_rules`."""

    subscription: str
    region: str
    regions: tuple[str, ...]
    """The regions that are promised: nothing may be restored anywhere else."""
    owner: str
    expires: datetime
    """When the sweeper may take what it made."""
    lease_s: int = 5
    """Seconds after which two drills of one item must have seen each other."""
    restore_s: int = 20 * 3600
    """The longest that a restore is waited for: the archive tier takes 15 hours."""
    removal_s: int = 2 * 3600
    """The longest that a deletion is waited for."""
    check_s: int = 3600
    """The longest that one check of what came back may take."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one check of what came back says; counts, digests and times, never what was restored."""

    result: str
    """`pass`, `fail` or `not-run`."""
    reason: str = ""
    observed: Mapping[str, Any] = {}
    expected: Mapping[str, Any] = {}
    newest: datetime | None = None
    """The newest instant whose content it found in the copy, where it looks for one."""
    basis: str = ""
    """What that instant rests on: `canary` or `last-transaction`."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One check of what came back, before it is run."""

    id: str
    """Such as `sql.integrity`."""
    level: int
    run: Callable[[], Found]
    """Checks it; `Refused` and `Inconclusive` mean that it could not run."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of thing is restored and checked, one file each; every part may do steps, read and wait.

    Each part may raise `Refused` and the ways to stop in `audit.drills.outcomes`.
    """

    name: DrillKind
    methods: tuple[str, ...]
    steps: Mapping[str, tuple[str, ...]]
    """For each method what would be done, in words: what a dry run shows."""
    preflight: Callable[[Drill], None]
    """See that it can run at all: permissions, quota, keys; it makes nothing."""
    select: Callable[[Drill], RecoveryPoint | None]
    """Choose the newest whole point that is not only a snapshot; raises `Failed(1, …)` where there is none.

    None for what rests on no recovery point, such as a rehearsal."""
    isolate: Callable[[Drill], Isolation | None]
    """Make the place for the copy, and prove that it is apart from the world; None where nothing is made."""
    restore: Callable[[Drill, Any], Mapping[str, Any]]
    """With what `select` chose: ask for the restore once, wait, and return what was restored, as plain JSON."""
    probes: Callable[[Drill, Any, Mapping[str, Any]], tuple[Probe, ...]]
    """The checks of what came back, the lowest level first; making them runs none."""
    before_removal: Callable[[Drill], None]
    """Do what must be done before a deletion, such as shortening a retention."""
    residue: Callable[[Drill], tuple[Left, ...]]
    """List what Azure keeps of what was deleted; one without `until` was not expected."""
    by_hand: bool = False
    """Whether a person made what is restored: `before_removal` has it taken away again, though no journal names it."""
    attended: bool = False
    """Whether somebody must be there to answer while it runs."""
    in_azure: bool = True
    """Whether it makes anything in Azure, and so holds its item by a group there."""
    writes: tuple[str, ...] = ()
    """What it may write outside its own group, as patterns of `METHOD path` in which `{name}` is the drill's name."""


class Drill:
    """A drill that runs."""

    def __init__(self, begun: Beginning, steps: Steps, means: Means) -> None:
        self.begun, self.steps, self.means = begun, steps, means
        self.item, self.settings, self.clock = begun.recoverable, begun.settings, means.clock
        self.actor = means.actor

    @property
    def name(self) -> str:
        """Return what everything that it makes is called by: the same after a crash."""
        return f"drill-{self.begun.drill_id.lower()}-{self.begun.attempt}"

    @property
    def group(self) -> str:
        """Return the path of the resource group that holds all it makes, where its kind needs one."""
        return f"/subscriptions/{self.settings.subscription}/resourceGroups/{self.name}"

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags of everything that it makes; the sweeper goes by them."""
        return {
            "drill-id": self.begun.drill_id,
            "drill-item": self.item.ref,
            "drill-expires-at": f"{self.settings.expires:%Y-%m-%dT%H:%M:%SZ}",
            "owner": self.settings.owner,
        }

    def make(self, step: str, path: str, api: str, body: Mapping[str, Any], *, wait: bool = True) -> Mapping[str, Any]:
        """Put a resource with the drill's tags, once it stands in the journal, and wait until it is there.

        After a crash it is looked for first. Raises `Refused`, and `Inconclusive` where it does not come to be.
        """
        tagged = {**body, "tags": {**body.get("tags", {}), **self.tags}} if "location" in body else body

        def put() -> Mapping[str, Any]:
            begun = self.actor.put(path, api, tagged)
            if wait and begun.operation:
                self.work(step, begun)
            return {"path": path}

        def probe() -> Mapping[str, Any] | None:
            found = self.actor.found(path, api)
            state = ((found or {}).get("properties") or {}).get("provisioningState", "Succeeded")
            return {"path": path} if found is not None and state == "Succeeded" else None

        return self.steps.do(step, put, makes=(Made(path=path, api=api),), probe=probe)

    def begin(
        self,
        step: str,
        act: Callable[[], Begun],
        *,
        makes: tuple[Made, ...] = (),
        probe: Callable[[], Mapping[str, Any] | None],
    ) -> Mapping[str, Any]:
        """Ask for what must never be asked for twice; returns `{"operation": link}`, an empty one without.

        After a crash `probe` looks for what was begun, and returns the same shape, or None. What else was answered is
        left out: a journal holds no resources.
        """

        def ask() -> Mapping[str, Any]:
            return {"operation": act().operation}

        return self.steps.do(step, ask, makes=makes, probe=probe, once=True)

    def work(self, what: str, begun: Begun | Mapping[str, Any], *, limit_s: float | None = None) -> Mapping[str, Any]:
        """Wait for the end of work that was begun; returns what its last answer says.

        Raises `Inconclusive` where it failed, was cancelled or did not end in time: callers to whom a failure says
        something ask `ended`.
        """
        link = begun.operation if isinstance(begun, Begun) else str(begun.get("operation", ""))
        if not link:
            return {}
        status, code, body = self.ended(what, link, limit_s=limit_s)
        if status.lower() != "succeeded":
            raise Inconclusive(f"{what}: it ended as {status} {code}".strip())
        return body

    def ended(self, what: str, link: str, *, limit_s: float | None = None) -> tuple[str, str, Mapping[str, Any]]:
        """Wait for the end of work; returns ARM's word for it, the code of its error, and the last answer.

        Raises `Inconclusive` where it does not end in time.
        """

        def look() -> tuple[str, str, Mapping[str, Any]] | None:
            state = self.actor.state(link)
            if not state.ended and state.wait_s > POLL:
                self.clock.sleep(min(state.wait_s, _LONGEST_POLL) - POLL)
            return (state.status, state.error, state.body) if state.ended else None

        return self.wait(what, look, limit_s=limit_s)

    def wait(
        self, what: str, look: Callable[[], T | None], *, limit_s: float | None = None, every_s: float = POLL
    ) -> T:
        """Look again and again until there is something, and return it; silence and throttling are waited out, too.

        Raises `Inconclusive` where there is nothing in time, and `Refused` for any other refusal.
        """
        limit = self.settings.restore_s if limit_s is None else limit_s
        first, why = self.clock.reading(), ""
        while True:
            try:
                found = look()
                why = ""
            except Refused as refused:
                if refused.status not in TRANSIENT:
                    raise
                found, why = None, f"; at last {refused}"
            if found is not None:
                return found
            if span(first, self.clock.reading()).ms >= limit * 1000:
                raise Inconclusive(f"{what}: it did not end within {round(limit)} s{why}")
            self.clock.sleep(every_s)
            every_s = min(_LONGEST_POLL, every_s * 1.5)

    def remove(self, path: str, api: str, *, limit_s: float | None = None) -> None:
        """Delete something and wait until it is no longer read; raises `Refused` and `Inconclusive`.

        An accepted deletion proves nothing, so nothing of it is written down but that it is gone.
        """

        def look() -> bool | None:
            # While it is still being made or restored Azure refuses to delete it; that passes.
            taken.append(not any(taken) and deleted(self.actor, path, api))
            return True if self.actor.found(path, api) is None else None

        taken: list[bool] = []
        limit = self.settings.removal_s if limit_s is None else limit_s
        self.wait(f"deletion of {path}", look, limit_s=limit)


def deleted(actor: Actor, path: str, api: str) -> bool:
    """Ask for a deletion; tells whether it was taken, and not refused for the time being. Raises `Refused`."""
    try:
        actor.delete(path, api)
    except Refused as refused:
        # A lock is not waited for: nobody takes it away meanwhile.
        if refused.status in (*TRANSIENT, _CONFLICT) and refused.code != _LOCKED:
            return False
        raise
    return True


def region_of(location: Any) -> str:
    """Return a region as rules name it (`uksouth`), empty where none is told."""
    return str(location or "").lower().replace(" ", "")


class Person(Protocol):
    """Somebody who does by hand what no machine can, and says what came of it."""

    def told(self, question: str) -> str:
        """Ask and return the answer, one line."""

    def proof(self, what: str) -> bytes:
        """Ask for a file and return what is in it; raises `AuditError` where it cannot be read."""


class Database(Protocol):
    """A connection to one database."""

    def rows(self, statement: str, parameters: tuple[Any, ...] = (), *, limit_s: float) -> Any:
        """Run a statement and return an iterator of rows (tuples); raises `Inconclusive` where it fails or is late."""

    def close(self) -> None:
        """Close it."""


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """By what a drill acts and looks; what is None is not there, and what needs it is not run."""

    clock: Clock
    actor: Actor
    blobs: Callable[[str], Any] | None = None
    """Makes the `BlobServiceClient` of a storage account, by name (`archive`, `archive-secondary`)."""
    aws: Callable[[str], Any] | None = None
    """Makes a client of an AWS service, by name (`s3`, `kms`)."""
    database: Callable[[str, str], Database] | None = None
    """Connects to a database, by the names of its server and its own."""
    unwrap: Callable[[str, bytes], bytes] | None = None
    """Opens a content key with a key of ours (key vault URL or ARN, wrapped key)."""
    person: Person | None = None
    manifest: Callable[[str, str], Mapping[str, Any] | None] | None = None
    """Reads what was prepared for an item (its `ref`, and `manifest`, `canaries` or `erasures`), where it is signed."""
    key: bytes = b""
    """The secret by which rows and names become digests: without it small tables could be guessed from theirs."""
    seed: str = ""
    """What samples are drawn by."""
