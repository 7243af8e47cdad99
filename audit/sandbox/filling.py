"""Fills a local Azure with a declared estate, the off-site copy and the directory included."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from audit.model import AuditError, Resource, Snapshot
from audit.placement import subscription_of
from audit.sandbox import process, resources
from audit.sandbox.address import of_resource
from audit.sandbox.answers import Refusal
from audit.sandbox.load import load
from audit.sandbox.settled import settle
from audit.sandbox.store import SUBSCRIPTION, Store
from audit.sandbox.tenant import seed


class Filled(msgspec.Struct, frozen=True):
    """What came of it."""

    count: int
    left: tuple[str, ...]
    """What was left out, each with the reason."""
    ids: Mapping[str, str]
    """The id of each resource in the snapshot → its id in the local Azure."""


def fill(folder: Path, snapshot: Snapshot, *, subscription: str = "", settled: bool = False) -> Filled:
    """Put a declared estate in the place of all that the folder's local Azure held; raises `AuditError` as `load` does.

    With `settled` it is what the estate is by its clock a day after it was put there: backups have run.

    One that runs with a local AWS is started anew, on the same ports: that keeps its buckets in memory.
    """
    store = Store(folder / "store.sqlite")
    chosen = subscription or subscription_of(snapshot) or SUBSCRIPTION
    store.empty()
    # One that stood empty beside it would be audited, too, and found wanting.
    for other in store.subscriptions:
        store.delete_document("subscription", other)
    store.add_subscription(chosen, "Local")
    now = store.now() if settled else None
    seed(store, now=now)
    loaded = load(snapshot, lambda *put: _put(store, *put), lambda *asked: _read(store, *asked), subscription=chosen)
    left = [f"{item.resource} {item.path}: {item.reason}" for item in loaded.left]
    if now:
        settle(store, now=now)
    left += _fill_aws(folder, loaded.elsewhere) if loaded.elsewhere else []
    return Filled(len(loaded.ids), tuple(left), loaded.ids)


def live_a_day(folder: Path) -> int:
    """Let a day pass, up to now by its clock, for what the folder's local Azure holds; returns how many were written.

    A directory in which nobody is yet gets its people and their devices first. Raises `AuditError` where the folder
    holds no local Azure.
    """
    store = _kept(folder)
    now = store.now()
    if not store.documents("graph/users"):
        seed(store, now=now)
    return settle(store, now=now)


def clock(folder: Path, *, moment: datetime | None = None, forward: timedelta = timedelta(0)) -> datetime:
    """Return the time in the folder's local Azure, after setting it to `moment` or putting it forward.

    Raises `AuditError` where the folder holds none.
    """
    store = _kept(folder)
    if moment is not None or forward:
        store.set_clock((moment or store.now()) + forward)
    return store.now()


def _kept(folder: Path) -> Store:
    """Open what a folder keeps; raises `AuditError` where it keeps nothing."""
    if not (folder / "store.sqlite").exists():
        raise AuditError(f"no local Azure is kept in {folder}. Start it with `audit sandbox start`.")
    return Store(folder / "store.sqlite")


def _fill_aws(folder: Path, elsewhere: tuple[Resource, ...]) -> list[str]:
    """Put the off-site copy into the local AWS of a folder; returns what was left out, with the reason."""
    from audit.sandbox.cloud_aws import LocalAws  # moto is large, and not every estate needs it

    running = process.running(folder)
    if running is not None and running.aws:
        process.stop(folder)
    with LocalAws(folder) as aws:
        left = aws.load(elsewhere)
    if running is not None and running.aws:
        process.start(folder)
    return [f"{item.where} {item.what}: {item.why}" for item in left]


def _put(store: Store, identity: str, version: str, body: Mapping[str, Any]) -> None:
    """Put one resource; raises `AuditError` where it is refused."""
    try:
        resources.put(store, of_resource(identity), body)
    except Refusal as refusal:
        raise AuditError(str(refusal)) from refusal


def _read(store: Store, identity: str, version: str) -> Mapping[str, Any] | None:
    try:
        return resources.read(store, of_resource(identity))
    except Refusal:
        return None
