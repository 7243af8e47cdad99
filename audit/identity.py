"""Which ARM id a declared resource will have, and by which pattern to know it where Pulumi makes up a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from audit.facts import Reference, Unseen, inside, is_marker
from audit.kinds import BY_ARM, kind_of
from audit.kinds.authorization import ROLE_ASSIGNMENT, ROLE_DEFINITION
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Kind, Resource, Scope, same
from audit.shape import body_key, path_names

# A slash is written as its number, so that a pattern can be cut at its slashes as an id can.
_ANY_NAME = r"[^\x2f]+"
_GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OF_MACHINE = {
    "containerName": "(?:IaasVMContainer;)?iaasvmcontainerv2",
    "protectedItemName": "(?:VM;)?iaasvmcontainerv2",
}
_STEPS_OF_MACHINE = "/subscriptions/s/resourceGroups/g/providers/p/virtualMachines/m".count("/") + 1
_NAMED_BY_GUID = frozenset((ROLE_ASSIGNMENT.arm, ROLE_DEFINITION.arm))


class Lookup(Protocol):
    """What is asked of an estate: a resource by its id, and what a resource belongs to."""

    def get(self, identity: str) -> Resource | None:
        """Return the resource of an id, None where it is not in the estate."""

    def parent(self, resource: Resource) -> Resource:
        """Return the resource that `resource` is a child of; raises `Unseen` where it is not in the estate."""


class Identity(msgspec.Struct, frozen=True):
    """The ARM id of a declared resource, as far as its program says."""

    id: str | None
    """None where a part of it is not known before deployment."""
    pattern: str
    """A regular expression that the whole id matches, in any case."""
    reason: str = ""
    """Why the id is not known; empty where it is."""

    def matches(self, identity: str) -> bool:
        """Tell whether a live resource of this id may be the declared one."""
        return re.fullmatch(self.pattern, identity.rstrip("/"), re.IGNORECASE) is not None


Namer = Callable[[Resource, Kind, str], str | None]
"""Makes up a name for a resource where its program gives none: its kind and the name's parameter are told."""


class Identities:
    """The ARM ids of an estate's declared resources, each worked out once.

    `subscription` is where the program deploys to. `namer` makes up the names that Pulumi would; without one they are
    not known.
    """

    def __init__(self, estate: Lookup, *, subscription: str, namer: Namer | None = None) -> None:
        self._estate, self._subscription, self._namer = estate, subscription, namer
        self._known: dict[str, Identity] = {}

    def of(self, resource: Resource) -> Identity:
        """Work out the identity of a resource; that of a live one is its own id."""
        if resource.id.startswith("/"):
            return _exact(resource.id)
        if resource.id not in self._known:
            # Resources that name each other would be followed for ever.
            self._known[resource.id] = _unknown(f"{resource.name} is named by what it names itself")
            self._known[resource.id] = self._work_out(resource)
        return self._known[resource.id]

    def _work_out(self, resource: Resource) -> Identity:
        kind = kind_of(resource.type)
        if kind is None or not (kind.path or kind is RESOURCE_GROUP):
            return _unknown(f"{resource.type} has no ARM id that is known")
        holder = self._holder(resource)
        if holder is not None and kind.parent and kind.parent.inline:
            return self._inline(resource, holder)
        if holder is not None:
            return self._in_template(resource, kind, holder)
        if kind is RESOURCE_GROUP:
            group = self._parameter(resource, kind, "resourceGroupName")
            return _joined([_exact(f"/subscriptions/{self._subscription}/resourceGroups/"), group])
        words = re.split(r"\{(\w+)\}", _template(kind, resource.body))
        if kind.scope is Scope.ANY:
            words[0] = words[0].removesuffix("/")
        return _joined(
            self._parameter(resource, kind, word) if index % 2 else _exact(word) for index, word in enumerate(words)
        )

    def _holder(self, resource: Resource) -> Resource | None:
        """Find the declared resource that holds another in its own body or template: the one's id opens the other's."""
        steps = resource.id.split("/")
        heads = ("/".join(steps[:end]) for end in range(len(steps) - 1, 0, -1))
        return next((found for head in heads if (found := self._estate.get(head)) is not None), None)

    def _inline(self, resource: Resource, holder: Resource) -> Identity:
        """Name a child that its parent lists: `…/subnets/<name>` behind the parent's own id."""
        plural, _, label = resource.id[len(holder.id) + 1 :].partition("/")
        name = _exact(label) if isinstance(resource.body.get("name"), str) else _unknown(f"{label} has no name")
        return _joined([self.of(holder), _exact(f"/{plural}/"), name])

    def _in_template(self, resource: Resource, kind: Kind, holder: Resource) -> Identity:
        """Name what an ARM template declares: its name there goes the whole way down (`vault/fabric/container`)."""
        group = holder.body.get("resourceGroupName")
        head = [_exact(f"/subscriptions/{self._subscription}")]
        if group is not None:
            head += [_exact("/resourceGroups/"), self._value(holder, "resourceGroupName", group)]
        provider, *types = kind.arm.split("/")
        names = resource.name.split("/")
        if len(names) != len(types) or kind.scope is Scope.ANY:
            return _unknown(f"the template does not spell out the name of {resource.name}")
        pairs = "".join(f"/{step}/{name}" for step, name in zip(types, names, strict=True))
        return _joined([*head, _exact(f"/providers/{provider}{pairs}")])

    def _parameter(self, resource: Resource, kind: Kind, parameter: str) -> Identity:
        """Work out one parameter of a kind's path."""
        if parameter == "subscriptionId":
            return _exact(self._subscription)
        key = body_key(kind, parameter)
        value = inside(resource.body, key)
        if kind.scope is Scope.ANY and kind.parent and parameter == kind.parent.by:
            return self._attached_to(resource, key, value)
        own = parameter == re.findall(r"\{(\w+)\}", kind.path or "{resourceGroupName}")[-1]
        if value is None and not own:
            return self._from_parent(resource, parameter)
        if isinstance(value, str) or (isinstance(value, Reference) and value.urn != resource.id):
            return self._value(resource, key, value)
        made = self._namer(resource, kind, parameter) if self._namer else None
        if made is not None:
            return _exact(made)
        return self._made_up(resource, kind, parameter, value)

    def _made_up(self, resource: Resource, kind: Kind, parameter: str, value: Any) -> Identity:
        """Say what is known of a name that its program does not spell: Azure's own way, Pulumi's, or nothing."""
        if kind is PROTECTED_ITEM and parameter in _OF_MACHINE:
            group, name = self._machine_of(resource)
            if name:
                spelling = f"{_OF_MACHINE[parameter]};{group};{name}"
                return Identity(None, spelling, f"Azure makes up the name of {resource.name}")
        if value is None:
            return _made_up(resource, kind)
        return self._value(resource, body_key(kind, parameter), value)

    def _machine_of(self, item: Resource) -> tuple[str, str]:
        """Return patterns of the group and the name of the machine that a backup is of, empty where it is not said.

        https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms
        """
        link = item.body.get("sourceResourceId")
        machine = self._refer(link) if isinstance(link, Reference) else _exact(link if isinstance(link, str) else "")
        steps = machine.pattern.split("/")
        return (steps[4], steps[-1]) if len(steps) == _STEPS_OF_MACHINE else ("", "")

    def _attached_to(self, resource: Resource, key: str, value: Any) -> Identity:
        """Work out what an extension stands on: an id, the pieces of one, or else the group or the subscription."""
        if isinstance(value, str):
            return _exact("/" + value.strip("/"))
        if isinstance(value, Reference):
            return self._refer(value)
        if value is not None:
            return Identity(None, ".+", f"{key} of {resource.name} {value}")
        body = resource.body
        pieces = ["subscriptions", self._subscription]
        for word in ("resourceGroupName", "providerName"):
            pieces += [{"providerName": "providers"}.get(word, "resourceGroups"), body[word]] if word in body else []
        for word in ("resourceParentType", "resourceParentName", "resourceType", "resourceName"):
            pieces += [body[word]] if word in body else []
        steps = [self._value(resource, key, piece) for piece in pieces]
        return _joined(part for step in steps for part in (_exact("/"), step))

    def _from_parent(self, resource: Resource, parameter: str) -> Identity:
        """Take a name further up the path from the id of the parent, which says it."""
        try:
            parent = self._estate.parent(resource)
        except Unseen as unseen:
            return _unknown_name(str(unseen))
        above = self.of(parent)
        if above.id is None:
            return _unknown_name(above.reason)
        found = path_names(BY_ARM.get(parent.type.lower()), above.id).get(parameter)
        return _exact(found) if found else _unknown_name(f"{parameter} of {resource.name} is not said")

    def _value(self, resource: Resource, key: str, value: Any) -> Identity:
        """Work out a name that is written as a text, as a reference to another's, or not known."""
        if isinstance(value, str):
            return _exact(value)
        if isinstance(value, Reference):
            target = self._refer(Reference(value.urn, "id"))
            if value.property in ("id", "name") and not value.suffix:
                name = target.id.rpartition("/")[2] if target.id else None
                return Identity(name, target.pattern.rpartition("/")[2], target.reason)
            return _unknown_name(f"{key} of {resource.name} is not known before deployment")
        return _unknown_name(f"{key} of {resource.name} {value if is_marker(value) else 'is no name'}")

    def _refer(self, link: Reference) -> Identity:
        """Work out the id that a reference leads to, with what is appended to it."""
        target = self._estate.get(link.urn)
        if target is None:
            return Identity(None, ".+", f"{link.urn} is not declared")
        if not same(link.property, "id"):
            return Identity(None, ".+", f"{link.property} of {target.name} is not known before deployment")
        return _joined([self.of(target), _exact(link.suffix)])


def _template(kind: Kind, body: Mapping[str, Any]) -> str:
    """Give a kind's path, by the spelling of the type that the resource itself says (`MX` for a record set).

    Where the type stands in the path and is not known yet, it is one more parameter.
    """
    word = body.get("type")
    for path, name in zip(kind.paths, (kind.arm, *kind.also), strict=True):
        if isinstance(word, str) and same(name.rpartition("/")[2], word.rpartition("/")[2]):
            return path
    if kind.also and "type" in kind.renamed:
        return kind.path.replace(f"/{kind.arm.rpartition('/')[2]}/", "/{type}/")
    return kind.path


def _made_up(resource: Resource, kind: Kind) -> Identity:
    """Say how Pulumi names what its program does not: by its own name of it and eight digits, or by that name alone.

    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
    """
    reason = f"Pulumi makes up the name of {resource.name}"
    if kind.arm in _NAMED_BY_GUID:
        return Identity(None, _GUID, reason)
    return Identity(None, f"{re.escape(resource.name)}(?:[0-9a-f]{{8}})?", reason)


def _exact(text: str) -> Identity:
    return Identity(text, re.escape(text))


def _unknown(reason: str) -> Identity:
    """Make the identity of what nothing is known of: it matches nothing."""
    return Identity(None, r"(?!)", reason)


def _unknown_name(reason: str) -> Identity:
    return Identity(None, _ANY_NAME, reason)


def _joined(parts: Iterable[Identity]) -> Identity:
    """Join the parts of an id; it is known where all of them are."""
    found = list(parts)
    known = [part.id for part in found if part.id is not None]
    return Identity(
        "".join(known) if len(known) == len(found) else None,
        "".join(part.pattern for part in found),
        next((part.reason for part in found if part.reason), ""),
    )
