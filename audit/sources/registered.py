"""Turns what the Pulumi engine registers into resources: a preview, a state and the policy pack tell it alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from audit.facts import AMBIGUOUS, SECRET, UNKNOWN, Reference
from audit.kinds import kind_of
from audit.model import Gap, Kind, Plane, Resource, Source, Unassessed
from audit.secret_names import called, is_secret, of_token
from audit.shape import from_pulumi, path_names
from audit.signatures import OUTPUT, RESOURCE, SECRET_VALUE, SIGNATURE, UNKNOWNS
from audit.sources.links import Links
from audit.sources.nested import expand

_DEEPEST = 250
"""How many objects and lists may stand inside each other: whoever reads the values later must not fail on them."""
_BLINDED = "[secret]"
"""What a preview's JSON says in place of a secret."""
_NOWHERE = ("random:", "tls:", "time:", "std:", "null:", "archive:")
"""Providers whose resources live in the stack's state alone: they lie in no region and no control speaks of them."""
_OWN = frozenset(("__createBeforeDelete", "__defaults", "__meta", "__pulumi_raw_state_delta"))
"""What providers note for themselves among a resource's values."""
_ANSWERED = frozenset(("id", "name", "type", "etag", "systemData", "azureApiVersion", "urn"))
"""Outputs that stand around a resource and are no setting of it; an input of such a name stays."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One resource as the engine knows it; its values are plain, with marks for what is unknown or secret."""

    urn: str
    token: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = {}
    """What the provider answered, where it was asked; laid over the inputs, property by property."""
    property_dependencies: Mapping[str, tuple[str, ...]] = {}
    """Input → URNs of the resources that it was computed from."""
    dependencies: tuple[str, ...] = ()
    parent: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    ignore_changes: tuple[str, ...] = ()
    custom: bool = True
    """Whether a provider makes it; a component is made by the program alone."""
    remote: bool = False
    """Whether it is a component of a package, which makes what is inside it."""
    id: str = ""
    """The cloud's id, where there is one already."""
    arn: str = ""
    """The cloud's ARN, where there is one already that the outputs do not tell."""
    source: Source | None = None

    @property
    def name(self) -> str:
        """The name that the program gave it: the last part of the URN."""
        return self.urn.split("::", 3)[-1]


class Declared(msgspec.Struct, frozen=True):
    """What came of registrations: resources, and what could not be seen or is judged by nothing."""

    resources: tuple[Resource, ...]
    gaps: tuple[Gap, ...]
    unassessed: tuple[Unassessed, ...]


def declared(registrations: Iterable[Registration], *, plane: Plane, seen_at: datetime) -> Declared:
    """Turn registrations into resources, each with its links to the others.

    Components and Pulumi's own resources (stacks, stack references, providers) lie in no cloud and are left out. A type
    that no row knows is kept under its token: a control may ask for what no row knows. Never raises for what a
    registration holds, but for a value that is nested too deeply (`RecursionError`).
    """
    told = tuple(registrations)
    resources: list[Resource] = []
    gaps: list[Gap] = []
    unassessed: list[Unassessed] = []
    links = _links(told, plane)
    for one in told:
        unassessed.extend(_notes(one))
        if one.remote:
            # Its package makes the resources inside it only where Pulumi's engine runs.
            gaps.append(Gap(f"the component {one.name} comes from a package, which may declare anything"))
        if _lies_in_cloud(one) and not one.token.startswith(_NOWHERE):
            resource = _resource(one, links, plane, seen_at)
            inside = expand(resource)
            resources.extend((resource, *inside.resources))
            gaps.extend(inside.gaps)
            unassessed.extend(inside.unassessed)
    return Declared(tuple(resources), tuple(gaps), tuple(unassessed))


def _links(told: tuple[Registration, ...], plane: Plane) -> Links:
    """Index what was registered, so that links to it can be found."""
    return Links(
        {one.urn: (kind_of(one.token), one.id, _arn(one)) for one in told if _lies_in_cloud(one)},
        identities={one.urn: identity(one, plane) for one in told},
        known_ids=plane is not Plane.STATE,
    )


def plain(value: Any, name: str = "", *, left: int = _DEEPEST) -> Any:
    """Turn Pulumi's own words for special values into marks and links; whole numbers come back whole.

    `name` is the property's: a text whose property is called after a secret is one. An asset or archive is unknown,
    since its contents are not read. Values that are not special come back as they are. Raises `RecursionError` for one
    that has more than `left` levels.
    """
    if not left:
        raise RecursionError
    if isinstance(value, Mapping):
        return _plain_object(value, name, left - 1)
    if isinstance(value, list | tuple):
        return [plain(item, name, left=left - 1) for item in value]
    if isinstance(value, str):
        if value in UNKNOWNS:
            return UNKNOWN
        return SECRET if value == _BLINDED or (value and is_secret(name)) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def identity(registration: Registration, plane: Plane) -> str:
    """Return the id that a registration's resource has on a plane.

    The ARM id in lower case on the state plane, where there is one; the URN otherwise.
    """
    arm = plane is Plane.STATE and registration.id.startswith("/")
    return registration.id.rstrip("/").lower() if arm else registration.urn


def _plain_object(value: Mapping[str, Any], name: str, left: int) -> Any:
    """Turn one object into marks or plain values; a special one is told by its signature."""
    signature = value.get(SIGNATURE)
    if signature is None:
        own = {key: item for key, item in value.items() if key not in _OWN}
        return {key: plain(item, called(value, key, name), left=left) for key, item in own.items()}
    if signature == RESOURCE and isinstance(value.get("urn"), str):
        return Reference(value["urn"], "id")
    if signature == SECRET_VALUE or (signature == OUTPUT and value.get("secret") is True):
        return SECRET
    # An output without a value is one that is not known yet.
    known = signature == OUTPUT and value.get("value") is not None
    return plain(value["value"], name, left=left) if known else UNKNOWN


def _arn(one: Registration) -> str:
    """Return the ARN that the provider answered; empty where it did not."""
    arn = one.arn or one.outputs.get("arn")
    return arn if isinstance(arn, str) and arn not in UNKNOWNS else ""


def _lies_in_cloud(one: Registration) -> bool:
    """Tell whether a registration is a provider's resource, and not Pulumi's own or a component."""
    return one.custom and not one.token.startswith("pulumi:")


def _notes(one: Registration) -> Iterable[Unassessed]:
    """Note what of a registration no control will judge."""
    where = f"{one.source.file}:{one.source.line}" if one.source else ""
    what = f"{one.token} {one.name}"
    if one.remote:
        yield Unassessed(what, where, "what its package declares is not seen")
    if not _lies_in_cloud(one):
        return
    if kind_of(one.token) is None:
        yield Unassessed(what, where, "no control knows this type")
    if one.ignore_changes and not one.token.startswith(_NOWHERE):
        later = f"later changes to {', '.join(one.ignore_changes)} of {one.name}"
        yield Unassessed(later, where, "the program ignores them: what runs may differ from what is declared")


def _resource(one: Registration, links: Links, plane: Plane, seen_at: datetime) -> Resource:
    """Make the resource of a registration."""
    kind = kind_of(one.token)
    return Resource(
        type=kind.arm if kind else one.token,
        id=identity(one, plane),
        name=one.name,
        plane=plane,
        seen_at=seen_at,
        body=_body(kind, one, links, plane),
        source=one.source,
        component="" if "::pulumi:pulumi:Stack::" in one.parent else one.parent,
        dependencies=one.dependencies,
        protect=one.protect,
        retain_on_delete=one.retain_on_delete,
        ignore_changes=one.ignore_changes,
    )


def _body(kind: Kind | None, one: Registration, links: Links, plane: Plane) -> dict[str, Any]:
    """Lay what the provider answered over the inputs; of what is there, the names in its id are put in, too.

    Both are brought into the common shape first: what an answer's `properties` leaves out stays as it was given. Where
    it is null for what was given, the two say different things.
    """
    answered = {key: value for key, value in one.outputs.items() if key not in _ANSWERED}
    given, told = (from_pulumi(kind, _linked(kind, one, values, links)) for values in (one.inputs, answered))
    body = given | {
        key: AMBIGUOUS if value is None and given.get(key) is not None else value for key, value in told.items()
    }
    for name, value in path_names(kind, one.id).items() if plane is Plane.STATE else ():
        body.setdefault(name, value)
    return body


def _linked(kind: Kind | None, one: Registration, values: Mapping[str, Any], links: Links) -> dict[str, Any]:
    """Put links and marks into a registration's inputs or outputs."""
    return {
        key: links.linked(value, kind, key, one.property_dependencies.get(key, ()), own=one.urn)
        for key, value in plain(values, of_token(one.token)).items()
    }
