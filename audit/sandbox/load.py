"""Puts a declared estate into the local Azure, in the order that Azure needs, and tells what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any

import msgspec

from audit.estate import IndexedEstate
from audit.facts import Reference, Unseen, is_marker
from audit.identity import Identities
from audit.kinds import kind_of
from audit.model import AuditError, Kind, Resource, Snapshot
from audit.placement import Left, all_inside, in_clear, name_of, settings_of, subscription_of
from audit.sandbox.made import Read
from audit.sandbox.placing import Placing, Put
from audit.shape import from_arm, plain_key, to_arm

_LEFT_OUT = object()


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of loading an estate."""

    ids: Mapping[str, str]
    """The id of each resource in the snapshot → its id in the local Azure."""
    left: tuple[Left, ...]
    made: tuple[str, ...]
    """The ids of what no program declares, since Azure makes it by itself."""
    elsewhere: tuple[Resource, ...]
    """The resources that Azure does not hold: S3's."""


def load(snapshot: Snapshot, put: Put, read: Read, *, subscription: str = "") -> Loaded:
    """Put the resources of a program into the local Azure, each after those that it refers to.

    References become the ids, names and properties that the local Azure itself answers. Values that are secret or not
    known before deployment are left out and listed. Without `subscription` it is the one that the program names.

    A `put` that raises `AuditError` was refused, which is noted. Raises it where resources refer to each other in a
    ring, which no Azure could take in.
    """
    loading = _Loading(snapshot, put, read, subscription or subscription_of(snapshot))
    for resource in loading.order():
        loading.take(resource)
    return Loaded(
        ids=loading.ids,
        left=tuple(loading.left),
        made=tuple(loading.placing.made),
        elsewhere=tuple(found for found in snapshot.resources if found.type.startswith("AWS::")),
    )


class _Loading:
    """One estate on its way into the local Azure."""

    def __init__(self, snapshot: Snapshot, put: Put, read: Read, subscription: str) -> None:
        self.ids: dict[str, str] = {}
        self.left: list[Left] = []
        self.placing = Placing(put, read)
        # What is Amazon's goes elsewhere, and a stack's own settings go nowhere.
        self._resources = [found for found in snapshot.resources if not found.type.startswith(("AWS::", "Pulumi::"))]
        self._estate = IndexedEstate(snapshot)
        self._subscription = subscription
        self._identities = Identities(self._estate, subscription=subscription, namer=self._name)
        self._read = read

    def order(self) -> list[Resource]:
        """Put resource groups first, then everything behind what it stands below, refers to or depends on."""
        known = {resource.id: resource for resource in self._resources}
        places = Identities(self._estate, subscription=self._subscription, namer=lambda *_: "?")
        at = {(places.of(resource).id or "").lower(): resource.id for resource in self._resources}
        graph: dict[str, set[str]] = {}
        for place, identity in at.items():
            steps = place.split("/")
            heads = {at[head] for end in range(2, len(steps)) if (head := "/".join(steps[:end])) in at}
            graph.setdefault(identity, set()).update(heads)
        for resource in self._resources:
            links = {link.urn for link in all_inside(resource.body, Reference)}
            graph.setdefault(resource.id, set()).update((links | set(resource.dependencies)) & known.keys())
            graph[resource.id].discard(resource.id)
        # In a fixed order, so that two runs put the same things in the same places.
        order = TopologicalSorter({identity: sorted(above) for identity, above in graph.items()})
        try:
            return [known[identity] for identity in order.static_order()]
        except CycleError as error:
            ring = ", ".join(known[identity].name for identity in dict.fromkeys(error.args[1]))
            raise AuditError(f"cannot load resources that refer to each other in a ring: {ring}. Break it.") from error

    def take(self, resource: Resource) -> None:
        """Put one resource; what cannot be put is noted."""
        kind = kind_of(resource.type)
        if kind is None:
            self._leave(resource, "", f"no row knows the type {resource.type}")
            return
        found = self._identities.of(resource)
        if found.id is None:
            self._leave(resource, "", found.reason)
            return
        body = {
            key: value
            for key, given in settings_of(resource, kind).items()
            if (value := self._resolved(resource, key, given)) is not _LEFT_OUT
        }
        try:
            self.placing.place(kind, found.id, to_arm(kind, body))
            self.ids[resource.id] = found.id
            self.placing.place_beside(kind, found.id)
        except AuditError as error:
            self._leave(resource, "", f"the local Azure refused it or what comes with it: {error}")

    def _resolved(self, resource: Resource, path: str, value: Any) -> Any:
        """Give a value as it is sent: references followed, and what is secret or not known left out and noted."""
        if isinstance(value, Reference):
            return self._followed(resource, path, value)
        if is_marker(value):
            return self._leave(resource, path, f"it {value}")
        if isinstance(value, Mapping):
            fields = ((key, self._resolved(resource, f"{path}.{key}", item)) for key, item in value.items())
            return {key: item for key, item in fields if item is not _LEFT_OUT}
        if isinstance(value, list | tuple):
            items = (self._resolved(resource, f"{path}[{index}]", item) for index, item in enumerate(value))
            return [item for item in items if item is not _LEFT_OUT]
        return value

    def _followed(self, resource: Resource, path: str, link: Reference) -> Any:
        """Follow a reference to what the local Azure answers; what it does not answer is left out and noted."""
        try:
            return self._answer_to(link)
        except Unseen as unseen:
            return self._leave(resource, path, str(unseen))

    def _answer_to(self, link: Reference) -> Any:
        """Return what a reference leads to; raises `Unseen` where the local Azure does not know it."""
        target = self._estate.get(link.urn)
        found = self._identities.of(target).id if target else None
        if target is None or found is None:
            raise Unseen(f"{link.urn} has no id")
        if (plain := in_clear(link, found)) is not None:
            return plain
        kind = kind_of(target.type)
        answer = self._read(found, kind.api if kind else "")
        value: Any = from_arm(kind, answer) if answer else None
        for step in plain_key(link.property).split("."):
            fields = {plain_key(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
            value = fields.get(step)
        if value is None:
            raise Unseen(f"{found} does not answer with {link.property}")
        return f"{value}{link.suffix}" if link.suffix else value

    def _name(self, resource: Resource, kind: Kind, parameter: str) -> str:
        """Make up a name, the same each time: as Azure demands it where it does, else as Pulumi would."""
        body = dict(resource.body)
        for key, link in resource.body.items():
            if isinstance(link, Reference):
                with suppress(Unseen):
                    body[key] = self._answer_to(link)
        return name_of(resource, kind, parameter, body)

    def _leave(self, resource: Resource, path: str, reason: str) -> object:
        self.left.append(Left(resource.id, path, reason))
        return _LEFT_OUT
