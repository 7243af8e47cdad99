"""azure-native without its plugin: a program's resource becomes calls of Azure Resource Manager, by the rows of kinds.

https://github.com/pulumi/pulumi-azure-native says what is done here: names made up, what is replaced for, how inputs
are read back.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from audit.estate import IndexedEstate
from audit.identity import Identities
from audit.kinds import KINDS, kind_of
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import AuditError, Kind, Plane, Resource, Snapshot
from audit.sandbox.address import parse
from audit.sandbox.placing import Placing, whole
from audit.sandbox.provider import shapes
from audit.sandbox.provider.adopting import agrees
from audit.sandbox.provider.checks import RANDOM, Failure, Naming, failures, named
from audit.sandbox.provider.client import Client
from audit.sandbox.provider.diffs import Change, changes, fixed
from audit.sandbox.provider.sdk import arguments, fields, resource_class
from audit.sandbox.provider.values import knows
from audit.sandbox.resources import without_secrets
from audit.sandbox.singletons import singletons
from audit.shape import from_pulumi, path_names, to_arm

_DECLARED = "declared"


class AzureNative:
    """Makes resources in one subscription of a local Azure."""

    def __init__(self, client: Client, *, subscription: str, tenant: str, principal: str, location: str = "") -> None:
        self._client = client
        self._subscription, self._tenant, self._principal = subscription, tenant, principal
        self._location = location
        self._placing = Placing(client.put, client.read)

    def check(
        self, token: str, given: Mapping[str, Any], old: Mapping[str, Any], naming: Naming
    ) -> tuple[dict[str, Any], tuple[Failure, ...]]:
        """Return inputs with what a program may leave out, and what is wrong with them."""
        kind, takes = _kind(token), arguments(resource_class(token))
        full = named(kind, takes, dict(given), old, naming)
        if kind.regional and "location" in fields(takes) and "location" not in full and (place := self._place(full)):
            full["location"] = place
        return full, failures(takes, full)

    def diff(
        self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: tuple[str, ...] = ()
    ) -> tuple[tuple[Change, ...], bool]:
        """Return what differs between inputs, and whether the old resource must go before a new one is made."""
        found = changes(old, new, immutable=fixed(_kind(token)), ignored=ignored)
        return found, any(change.replaces for change in found) and old.get(RANDOM) is not True

    def preview(
        self, token: str, new: Mapping[str, Any], old: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs that a resource would have: of one that is there, those that nobody changes stay."""
        _kind(token)
        return shapes.previewed(resource_class(token), new, old, outputs)

    def create(self, token: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make a resource; returns its id and outputs.

        One that is there already is taken over where it is what is to be made or a part of it, as after a run that was
        killed half way. Raises `AuditError` where it is anything else: Pulumi imports it on request.
        """
        kind = _kind(token)
        identity, body = self._placed(kind, given)
        there = None if _always_there(kind, identity) else self._client.read(identity, kind.api)
        told = without_secrets(kind.arm.lower(), body)
        if there is not None and not agrees(told, there, whole=False):
            raise AuditError(f"{identity} is there already and differs. Import or delete it.")
        if there is None or not agrees(told, there, whole=True):
            self._placing.place(kind, identity, body)
        self._placing.place_beside(kind, identity)
        return identity, self._outputs(token, kind, identity)

    def read(
        self, token: str, identity: str, given: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the inputs and outputs that a resource has now; None where it is gone.

        Without inputs they are read back from the answer and the id. Raises `AuditError` where the id is none of the
        type's.
        """
        kind, cls = _kind(token), resource_class(token)
        names = _names(kind, identity)
        if not given and not names:
            raise AuditError(f"{identity} is not the id of a {token}. Give its id in Azure.")
        answer = self._read(kind, identity)
        if answer is None:
            return None
        outputs, takes = shapes.outputs(kind, cls, answer), arguments(cls)
        if not given:
            return shapes.inputs(takes, {**outputs, **names}), outputs
        apart = {name for name in _listed_apart(kind) if name not in given}
        seen, now = (
            {key: item for key, item in shapes.inputs(takes, one).items() if key not in apart}
            for one in (before, outputs)
        )
        return shapes.refreshed(dict(given), seen, now), outputs

    def update(self, token: str, identity: str, new: Mapping[str, Any]) -> dict[str, Any]:
        """Put a resource as it is to be; returns its outputs."""
        kind = _kind(token)
        _, body = self._placed(kind, new)
        self._placing.place(kind, identity, body)
        self._placing.place_beside(kind, identity)
        return self._outputs(token, kind, identity)

    def delete(self, token: str, identity: str) -> None:
        """Delete a resource; raises `AuditError` in Azure's words where it is refused."""
        self._client.delete(identity, _kind(token).api)

    def invoke(self, function: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a question of a program; raises `AuditError` for one that is not modelled."""
        if function == "azure-native:authorization:getClientConfig":
            who = {"clientId": self._principal, "objectId": self._principal}
            return {**who, "subscriptionId": self._subscription, "tenantId": self._tenant}
        raise AuditError(f"the stand-in for azure-native answers no {function}. Read it from a resource.")

    def _placed(self, kind: Kind, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the id and ARM's JSON of inputs; raises `AuditError` where the id cannot be told."""
        plain = {key: value for key, value in given.items() if key != RANDOM}
        if not knows(plain):
            raise AuditError(f"a {kind.arm} cannot be made of values that are not known. Take them from a resource.")
        body = from_pulumi(kind, plain)
        now = datetime.now(UTC)
        resource = Resource(type=kind.arm, id=_DECLARED, name="", plane=Plane.PROGRAM, seen_at=now, body=body)
        estate = IndexedEstate(Snapshot(plane=Plane.PROGRAM, origin="", seen_at=now, resources=(resource,)))
        found = Identities(estate, subscription=self._subscription).of(resource)
        if found.id is None:
            raise AuditError(f"a {kind.arm} has no place in Azure: {found.reason or 'a name is missing'}. Name it.")
        return found.id, to_arm(kind, body)

    def _place(self, given: Mapping[str, Any]) -> str:
        """Return the location of what names none: the configured one, or that of its group; empty where not known."""
        group = given.get("resourceGroupName")
        if self._location or not isinstance(group, str):
            return self._location
        path = f"/subscriptions/{self._subscription}/resourceGroups/{group}"
        return str((self._client.read(path, RESOURCE_GROUP.api) or {}).get("location", ""))

    def _read(self, kind: Kind, identity: str) -> dict[str, Any] | None:
        answer = self._client.read(identity, kind.api)
        return None if answer is None else whole(kind, identity, answer, self._client.read)

    def _outputs(self, token: str, kind: Kind, identity: str) -> dict[str, Any]:
        answer = self._read(kind, identity)
        if answer is None:
            raise AuditError(f"{identity} was made and is not there. Run the command again.")
        return shapes.outputs(kind, resource_class(token), answer)


def _kind(token: str) -> Kind:
    """Return the row of a token; raises `AuditError` where there is none."""
    kind = kind_of(token)
    if kind is None:
        raise AuditError(f"the local Azure knows no {token}. Add a row to audit/kinds/.")
    return kind


def _names(kind: Kind, identity: str) -> dict[str, str]:
    """Return what of a program's inputs an id says; empty where the id is none of the kind's.

    The SDK names what some resources stand on in pieces, or as `scopeId`: it takes from these what it knows.
    """
    address = parse(identity)
    if address is None or address.collection:
        return {}
    if kind is RESOURCE_GROUP:
        return {"resourceGroupName": address.group} if address.group and not address.provider else {}
    names = path_names(kind, identity)
    if not names:
        return {}
    scope = parse(address.scope)
    pieces = {"scopeId": address.scope.strip("/")}
    if scope is not None and scope.types:
        pieces |= {"resourceGroupName": scope.group, "providerName": scope.provider}
        pieces |= {"resourceType": scope.types[-1], "resourceName": scope.name}
    return {**pieces, **names}


def _always_there(kind: Kind, identity: str) -> bool:
    """Tell whether a resource is there as soon as what it belongs to is, so that to make it is to change it."""
    address = parse(identity)
    if address is None or not address.types:
        return False
    above = parse(address.above) if address.above else None
    if above is None:
        return "{" not in kind.names.rpartition("/")[2]
    own = (address.types[-1].lower(), address.name.lower())
    return own in ((segment.lower(), name.lower()) for segment, name in singletons(above.type))


def _listed_apart(kind: Kind) -> set[str]:
    """Return the properties of a kind that list children which a program may declare on their own."""
    return {
        child.parent.inline for child in KINDS if child.parent and child.parent.inline and child.parent.type == kind.arm
    }
