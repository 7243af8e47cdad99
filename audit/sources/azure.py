"""Reads what runs in Azure: Resource Graph first, Resource Manager for what it lacks, and a gap for every refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec

from audit.azure import Client, Refused
from audit.facts import AMBIGUOUS
from audit.kinds import BY_ARM, KINDS, UNKNOWN_TYPE, kind_of
from audit.kinds.web import with_settings
from audit.model import Gap, Kind, Plane, Resource, Scope, Snapshot, Unassessed
from audit.sources.answers import (
    NOT_FOUND,
    Progress,
    Seen,
    again,
    children_of,
    gap_of,
    hidden_with,
    resource_of,
    vanished,
)
from audit.sources.rights import ROLE, permissions, visible

T = TypeVar("T")

INVENTORY_API = "2021-04-01"
INVENTORY_PAGE = 1000
"""The most rows that Resource Manager puts on a page of its list of resources."""
_COLUMNS = (
    "id, name, type, kind, location, resourceGroup, subscriptionId, managedBy, sku, plan, properties, tags, identity, "
    "zones, extendedLocation"
)
_OF_OTHERS = ("ParentResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound")
"""What Azure says is not there, where it is not the setting that was asked for."""
_NOT_ITS_FEATURE = "FeatureNotSupportedForAccount"
"""What a storage account says of a service that its kind has none of: a premium one has no queues.

https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes"""
_SPAN = timedelta(days=90)
_MOMENT = "%Y-%m-%d %I:%M:%S %p"
"""How Recovery Services reads a moment: https://learn.microsoft.com/rest/api/backup/backup-jobs/list"""
_WHOLE = ("resources",)
"""The table that is read whole: a resource in scope that no row knows must be seen, too."""


def collect(
    client: Client,
    *,
    now: datetime,
    subscriptions: Sequence[str] = (),
    expected: Sequence[str] = (),
    progress: Progress,
    workers: int = 8,
) -> Snapshot:
    """Read every resource that a row knows in `subscriptions`, or in all that the identity can see.

    One that is `expected` and not read leaves a gap that hides everything: what lies there was not seen. What is
    refused becomes a gap that names the answer and the permission, and hides the kinds that it may hold. Raises
    `AuditError` where no subscription can be seen, since nothing at all could then be judged.
    """
    scopes = visible(client, subscriptions)
    with ThreadPoolExecutor(workers) as pool:
        try:
            collection = _Collection(client, scopes, progress, pool)
            collection.run()
        finally:
            # After an interruption what was not sent yet is sent no more.
            pool.shutdown(cancel_futures=True)
    resources = with_settings(sorted(collection.found.values(), key=lambda resource: resource.id))
    return Snapshot(
        plane=Plane.LIVE,
        origin=f"subscription{'s' if len(scopes) > 1 else ''} {', '.join(scopes)}",
        seen_at=now,
        resources=resources,
        gaps=tuple(dict.fromkeys((*_unread(expected, scopes), *collection.gaps, *_unasked()))),
        unassessed=_unassessed(resources),
    )


def _unread(expected: Sequence[str], scopes: Sequence[str]) -> tuple[Gap, ...]:
    """Name the subscriptions of the estate that were not read."""
    missed = [scope for scope in expected if scope.lower() not in scopes]
    return tuple(
        Gap(f"subscription {scope} of targets.toml was not read. {ROLE} there, or name it") for scope in missed
    )


def confirm(client: Client, snapshot: Snapshot, ids: Iterable[str], *, workers: int = 8) -> Snapshot:
    """Ask Resource Manager again for resources that Resource Graph told of, whose answers may be minutes old.

    One that is gone leaves the snapshot, and one that cannot be read stays as it was seen; both leave a gap, since a
    single answer neither acquits nor proves.
    """
    asked = {identity.lower() for identity in ids}
    doubted = [resource for resource in snapshot.resources if resource.id in asked and _is_from_graph(resource)]
    with ThreadPoolExecutor(workers) as pool:
        answers = dict(zip((item.id for item in doubted), pool.map(partial(_reread, client), doubted), strict=True))
    fresh = [answers.get(resource.id, Seen((resource,))) for resource in snapshot.resources]
    return msgspec.structs.replace(
        snapshot,
        resources=with_settings(resource for seen in fresh for resource in seen.resources),
        gaps=tuple(dict.fromkeys((*snapshot.gaps, *(gap for seen in fresh for gap in seen.gaps)))),
    )


def _reread(client: Client, seen: Resource) -> Seen:
    """Read again what was seen; it stays as it was where that is refused, and leaves where it is gone, with a gap."""
    kind = kind_of(seen.type)
    if kind is None or not kind.path:
        return Seen((seen,))
    try:
        fresh = again(client, kind, seen)
    except Refused as refused:
        return Seen((seen,), (gap_of(seen.id, refused, (kind.arm,), kind),))
    return Seen((fresh,)) if fresh else Seen((), (vanished(seen, kind),), (seen.id,))


class _Collection:
    """One collection: what was found so far, and what could not be seen."""

    def __init__(self, client: Client, scopes: Sequence[str], progress: Progress, pool: ThreadPoolExecutor) -> None:
        self.found: dict[str, Resource] = {}
        self.gaps: list[Gap] = []
        self._client, self._scopes, self._progress, self._pool = client, scopes, progress, pool

    def run(self) -> None:
        """Ask in four rounds: what may be seen, what there is, what hangs below it, and each one that lists hide."""
        self._each(partial(permissions, self._client), self._scopes)
        self._each(self._table, sorted({kind.table for kind in KINDS if kind.table} | {*_WHOLE}))
        self._reconcile()
        self._each(self._in_full, [item for kind in KINDS if kind.table and kind.one_by_one for item in self._of(kind)])
        self._each(self._listed, [(scope, kind) for scope in self._scopes for kind in KINDS if _is_listed(kind)])
        self._descend([kind for kind in KINDS if kind.path and (kind.parent is None or kind.table)])
        attached = [
            (kind, target) for kind in KINDS for arm in kind.attached for target in self._of(BY_ARM[arm.lower()])
        ]
        self._each(self._attached, attached)

    def _each(self, ask: Callable[[T], Seen], questions: Sequence[T]) -> None:
        """Ask side by side, and take what comes in the order of the questions."""
        self._progress.expect(len(questions))
        for seen in self._pool.map(ask, questions):
            self._progress.answered(len(seen.resources))
            self._take(seen)

    def _take(self, seen: Seen) -> None:
        told: dict[str, Resource] = {}
        for resource in seen.resources:
            if told.setdefault(resource.id, resource).body != resource.body:
                # Which of the two is so cannot be told, so neither is judged.
                kind = kind_of(resource.type)
                hidden = hidden_with(kind) if kind else (UNKNOWN_TYPE.arm,)
                self.gaps.append(Gap(f"one answer tells twice of {resource.id}, and differently", hidden))
                told[resource.id] = msgspec.structs.replace(resource, body={"properties": AMBIGUOUS})
        self.found.update(told)
        for identity in seen.gone:
            self.found.pop(identity, None)
        self.gaps.extend(seen.gaps)

    def _of(self, kind: Kind) -> list[Resource]:
        return [resource for resource in self.found.values() if resource.type == kind.arm]

    def _table(self, table: str) -> Seen:
        """Read one table of Resource Graph."""
        kinds = [kind for kind in KINDS if kind.table == table]
        types = sorted({name.lower() for kind in kinds for name in (kind.arm, *kind.also)})
        listed = ", ".join(f"'{name}'" for name in types)
        where = "" if table in _WHOLE else f" | where type in~ ({listed})"
        found: list[Resource] = []
        try:
            for page in self._client.query(f"{table}{where} | project {_COLUMNS} | order by id asc", self._scopes):
                found.extend(resource_of(item, page.answer) for item in page.items)
        except Refused as refused:
            # What lies below an unlisted resource is not found, either; a whole table may hold anything.
            names = () if table in _WHOLE else tuple(name for kind in kinds for name in hidden_with(kind))
            return Seen(tuple(found), (gap_of(f"the Resource Graph table {table}", refused, names),))
        return Seen(tuple(found))

    def _reconcile(self) -> None:
        """Compare Resource Graph with Resource Manager's own list: the graph lags behind, and tells no refusal.

        https://learn.microsoft.com/azure/governance/resource-graph/overview#resource-graph-and-azure-resource-manager
        """
        self._progress.expect(len(self._scopes))
        listed: dict[str, Resource] = {}
        complete = True
        for seen in self._pool.map(self._inventory, self._scopes):
            self._progress.answered(0)
            self.gaps.extend(seen.gaps)
            listed.update((resource.id, resource) for resource in seen.resources)
            complete = complete and not seen.gaps
        tracked = {resource.type for resource in listed.values()}
        graph = {item.id: item for item in self.found.values() if item.type in tracked or _is_tracked(item)}
        self._each(self._missed, [item for item in listed.values() if item.id not in graph and not _is_below(item)])
        if complete:
            self._each(self._doubted, [item for item in graph.values() if item.id not in listed])

    def _inventory(self, scope: str) -> Seen:
        """List every resource of a subscription as Resource Manager does: ids and types, no properties."""
        found: list[Resource] = []
        try:
            query = {"$top": str(INVENTORY_PAGE)}
            for page in self._client.pages(f"/subscriptions/{scope}/resources", INVENTORY_API, query):
                found.extend(resource_of(item, page.answer) for item in page.items)
        except Refused as refused:
            return Seen((), (gap_of(f"the resources of subscription {scope}", refused, ()),))
        return Seen(tuple(found))

    def _missed(self, listed: Resource) -> Seen:
        """Read what Resource Graph does not hold yet."""
        kind = kind_of(listed.type)
        if kind is None or not kind.path:
            return Seen((listed,))
        try:
            fresh = again(self._client, kind, listed)
        except Refused as refused:
            return Seen((), (gap_of(listed.id, refused, hidden_with(kind), kind),))
        return Seen((fresh,)) if fresh else Seen((), (vanished(listed, kind),))

    def _doubted(self, seen: Resource) -> Seen:
        """Read what Resource Graph still holds and Resource Manager does not list."""
        told = self._in_full(seen)
        # Where both of Resource Manager's answers say that it is gone, the graph lags: that is no gap.
        return Seen(gone=told.gone) if told.gone else told

    def _in_full(self, seen: Resource) -> Seen:
        """Read what a list tells only in part."""
        return _reread(self._client, seen)

    def _listed(self, question: tuple[str, Kind]) -> Seen:
        """List a kind once in a subscription."""
        scope, kind = question
        collection = kind.listing or f"providers/{kind.arm.removesuffix(' (subscription)')}"
        return self._list(f"/subscriptions/{scope}/{collection}", kind)

    def _descend(self, parents: Sequence[Kind]) -> None:
        """Ask for what hangs below the resources found, level by level."""
        while parents:
            pairs = [(child, parent) for parent in parents for child in children_of(parent)]
            self._each(self._below, [(child, item) for child, parent in pairs for item in self._of(parent)])
            parents = [child for child, _ in pairs]

    def _below(self, question: tuple[Kind, Resource]) -> Seen:
        """Ask for the children of one kind of one resource: a list, or the one with a fixed name."""
        kind, parent = question
        if kind.listing:
            try:
                path = _filled(kind.listing, parent)
            except (LookupError, TypeError, ValueError) as error:
                reason = f"the {kind.arm} of {parent.id} cannot be asked for: its answer says no {error}"
                return Seen((), (Gap(reason, hidden_with(kind)),))
            return self._list(path, kind)
        steps = kind.path.split("/")[len(BY_ARM[parent.type.lower()].path.split("/")) :]
        if not steps[-1].startswith("{"):
            return self._one(f"{parent.id}/{'/'.join(steps)}", kind)
        return self._list(f"{parent.id}/{'/'.join(steps[:-1])}", kind)

    def _attached(self, question: tuple[Kind, Resource]) -> Seen:
        """Ask for what is attached to one resource."""
        kind, target = question
        path = f"{target.id}/providers/{kind.arm}"
        return self._list(path, kind) if kind.names.endswith("}") else self._one(f"{path}/{kind.names}", kind)

    def _list(self, path: str, kind: Kind) -> Seen:
        """List a collection, and read each where the list leaves out what controls read."""
        found: list[Resource] = []
        path, _, query = path.partition("?")
        options = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        gaps: list[Gap] = []
        try:
            for page in self._client.pages(path, kind.api, options):
                found.extend(resource_of(item, page.answer, kind) for item in page.items)
        except Refused as refused:
            gaps.append(gap_of(path, refused, hidden_with(kind), kind))
        if not kind.one_by_one:
            return Seen(tuple(found), tuple(gaps))
        each = [self._in_full(item) for item in found]
        gaps.extend(gap for seen in each for gap in seen.gaps)
        return Seen(tuple(resource for seen in each for resource in seen.resources), tuple(gaps))

    def _one(self, path: str, kind: Kind) -> Seen:
        """Read the one resource with a fixed name; Azure's word that there is none is an answer."""
        try:
            item, answer = self._client.read(path, kind.api)
            return Seen((resource_of(item, answer, kind),))
        except Refused as refused:
            # A parent that is gone, a type that is not known or a page of somebody's proxy says nothing of the setting.
            absent = refused.code.endswith("NotFound") and refused.code not in _OF_OTHERS
            if (refused.status == NOT_FOUND and absent) or refused.code == _NOT_ITS_FEATURE:
                return Seen()
            return Seen((), (gap_of(path, refused, hidden_with(kind), kind),))


def _filled(listing: str, parent: Resource) -> str:
    """Put into a listing's path what it asks for: names out of the parent's path, and the span of ninety days."""
    until = parent.seen_at
    span = {"since": f"{until - _SPAN:{_MOMENT}}", "until": f"{until:{_MOMENT}}"}
    path = listing.format(**{**parent.body, **span})
    return path if path.startswith("/") else f"{parent.id}/{path}"


def _is_listed(kind: Kind) -> bool:
    """Tell whether a kind is listed once a subscription."""
    at_subscription = kind.scope is Scope.SUBSCRIPTION or (kind.scope is Scope.ANY and not kind.attached)
    orphan = kind.parent is None or kind.parent.type == "*"
    return bool(kind.path) and not kind.table and orphan and (at_subscription or kind.scope is Scope.GROUP)


def _unasked() -> tuple[Gap, ...]:
    """Name the kinds of Resource Manager's that no question reaches: of those nothing is known."""
    reached = [kind for kind in KINDS if kind.table or kind.attached or _is_listed(kind)]
    for kind in reached:
        reached.extend(child for child in children_of(kind) if child not in reached)
    inline = [kind for kind in KINDS if kind.parent and kind.parent.inline]
    asked = {kind.arm for kind in (*reached, *inline)}
    missed = [kind for kind in KINDS if kind.arm.startswith("Microsoft.") and kind.arm not in asked]
    return tuple(Gap(f"{kind.arm} is not read from Azure", (kind.arm,)) for kind in missed)


def _is_from_graph(resource: Resource) -> bool:
    """Tell whether a resource was last read from Resource Graph."""
    return bool(resource.answers) and "Microsoft.ResourceGraph" in resource.answers[0].url


def _is_below(resource: Resource) -> bool:
    """Tell whether a resource will be asked of its parent anyhow."""
    kind = kind_of(resource.type)
    return kind is not None and kind.parent is not None and not kind.table


def _is_tracked(resource: Resource) -> bool:
    """Tell whether a resource is one that both lists hold: a resource of its own in a resource group."""
    kind = kind_of(resource.type)
    return kind is not None and kind.table == "resources"


def _unassessed(resources: Iterable[Resource]) -> tuple[Unassessed, ...]:
    """Tell which types no row knows, and how many of each there are."""
    counts = Counter(resource.type for resource in resources if kind_of(resource.type) is None)
    return tuple(
        Unassessed(name, f"{count} in Azure", "no control knows this type") for name, count in sorted(counts.items())
    )
