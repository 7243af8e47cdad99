"""Writes a declared estate as one ARM template, so that a tool which reads templates can look at a program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from audit.estate import IndexedEstate
from audit.facts import SECRET, UNKNOWN, Reference, is_marker
from audit.identity import Identities, Identity
from audit.kinds import kind_of
from audit.kinds.resources import DEPLOYMENT, DEPLOYMENT_STACK, RESOURCE_GROUP
from audit.model import Kind, Resource, Snapshot
from audit.placement import Left, in_clear, name_of, settings_of, subscription_of
from audit.shape import to_arm

_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
_NOWHERE = "00000000-0000-0000-0000-000000000000"
"""The subscription of an estate that names none."""
_ELSEWHERE = ("AWS::", "Pulumi::", "MicrosoftGraph::")
_DEPLOYED = (DEPLOYMENT.arm, DEPLOYMENT_STACK.arm)
_UNTOLD = "string"
"""The type of a parameter whose value nobody knows; a deployment would tell which it is."""


class Written(msgspec.Struct, frozen=True):
    """An estate as a template, and what of it a template does not hold."""

    template: dict[str, Any]
    """A deployment of a subscription. Each resource says in `scope` what it stands in, its resource group included:
    that way one list holds them all, where Azure itself would want a deployment for each group."""
    sources: Mapping[str, str]
    """What `key_of` says of each of the template's resources → the id of the resource in the snapshot."""
    left: tuple[Left, ...]
    """Resources that are not in the template, and properties whose value could not be told."""


def key_of(item: Mapping[str, Any]) -> str:
    """Return the ARM id of a resource of a written template, in lower case: no two resources share it."""
    provider, *types = item["type"].split("/")
    if item["type"] == RESOURCE_GROUP.arm:
        return f"{item['scope']}/resourceGroups/{item['name']}".lower()
    pairs = zip(types, item["name"].split("/"), strict=True)
    return "/".join((item["scope"], "providers", provider, *(step for pair in pairs for step in pair))).lower()


def written(snapshot: Snapshot, *, subscription: str = "") -> Written:
    """Write the resources of a program, a preview, a state or a template as one ARM template.

    Names and links are written out. A value that only a deployment knows is a `reference` to what will tell it, or a
    parameter without a value; a secret is a secure parameter without one. What Azure does not hold, or no row knows, is
    left out and listed. What a deployment declares in a template of its own stands there, and is not listed twice.
    Without `subscription` it is the one that the estate names most often.
    """
    writing = _Writing(snapshot, subscription or subscription_of(snapshot) or _NOWHERE)
    for resource in snapshot.resources:
        writing.take(resource)
    template = {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": writing.parameters,
        "resources": list(writing.items.values()),
    }
    return Written(template, writing.sources, tuple(writing.left))


class _Writing:
    """One estate on its way into a template."""

    def __init__(self, snapshot: Snapshot, subscription: str) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, str] = {}
        self.parameters: dict[str, dict[str, str]] = {}
        self.left: list[Left] = []
        self._estate, self._subscription = IndexedEstate(snapshot), subscription
        self._identities = Identities(self._estate, subscription=subscription, namer=self._name)
        self._deployments = tuple(f"{found.id}/" for found in snapshot.resources if found.type in _DEPLOYED)

    def take(self, resource: Resource) -> None:
        """Write one resource; one that cannot be written is noted."""
        if resource.id.startswith(self._deployments):
            return
        kind = kind_of(resource.type)
        if kind is None or resource.type.startswith(_ELSEWHERE):
            why = "it does not lie in Azure" if kind else f"no row knows the type {resource.type}"
            self.left.append(Left(resource.id, "", why))
            return
        found = self._identity(resource)
        if found.id is None:
            self.left.append(Left(resource.id, "", found.reason))
            return
        item = {**_placed(found.id, kind), **self._body(resource, kind)}
        key = key_of(item)
        if key in self.items:
            self.left.append(Left(resource.id, "", f"{self.sources[key]} has the same id"))
            return
        self.items[key], self.sources[key] = item, resource.id

    def _identity(self, resource: Resource) -> Identity:
        """Work out the ARM id of a resource; of one that a template declares, with names for what it does not tell."""
        if not resource.id.startswith("template:"):
            return self._identities.of(resource)
        own = resource.id[resource.id.find(":/") + 1 :]
        root = f"/subscriptions/{self._subscription}"
        for untold, named in {"/group/": f"{root}/resourceGroups/template/", "/subscription/": f"{root}/"}.items():
            own = named + own.removeprefix(untold) if own.startswith(untold) else own
        return Identity(own, re.escape(own))

    def _body(self, resource: Resource, kind: Kind) -> dict[str, Any]:
        """Give a resource's settings as a template holds them, below its API version."""
        body = {key: self._told(resource, key, value) for key, value in settings_of(resource, kind).items()}
        return {"apiVersion": kind.api, **to_arm(kind, body)}

    def _told(self, resource: Resource, path: str, value: Any) -> Any:
        """Spell a value: what cannot be read as an expression, a text that looks like one in ARM's escape."""
        if isinstance(value, Reference):
            return self._followed(resource, path, value)
        if is_marker(value):
            return self._parameter(resource, path, value)
        if path == "template" and resource.type in _DEPLOYED:
            # Its expressions are its own; only what the program itself puts in between is told.
            return self._template(resource, path, value)
        if isinstance(value, Mapping):
            return {key: self._told(resource, f"{path}.{key}", item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(resource, f"{path}[{index}]", item) for index, item in enumerate(value)]
        return f"[{value}" if isinstance(value, str) and value.startswith("[") else value

    def _template(self, resource: Resource, path: str, value: Any) -> Any:
        """Spell a template inside a deployment: its texts stay as they are."""
        if isinstance(value, Reference) or is_marker(value):
            return self._told(resource, path, value)
        if isinstance(value, Mapping):
            return {key: self._template(resource, f"{path}.{key}", item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._template(resource, f"{path}[{index}]", item) for index, item in enumerate(value)]
        return value

    def _followed(self, resource: Resource, path: str, link: Reference) -> Any:
        """Spell a link: an id or a name in clear, any other property as what Azure will answer.

        https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#reference
        """
        target = self._estate.get(link.urn)
        kind = kind_of(target.type) if target else None
        found = self._identity(target).id if target else None
        if found is None or kind is None:
            return self._parameter(resource, path, UNKNOWN)
        if (plain := in_clear(link, found)) is not None:
            return plain
        steps = [re.sub(r"_(\w)", lambda letter: letter[1].upper(), step) for step in link.property.split(".")]
        steps = steps[1:] if steps[0] == "properties" else steps
        full = ", 'full'" if steps[0] in ("identity", "location", "tags") else ""
        said = f"reference('{_quoted(found)}', '{kind.api}'{full}).{'.'.join(steps)}"
        return f"[concat({said}, '{_quoted(link.suffix)}')]" if link.suffix else f"[{said}]"

    def _parameter(self, resource: Resource, path: str, marker: Any) -> str:
        """Name a parameter that stands for a value which cannot be told; a secret one is secure."""
        if marker is not SECRET and marker is not UNKNOWN:
            self.left.append(Left(resource.id, path, f"it {marker}"))
        plain = re.sub(r"\W+", "_", f"{resource.name}_{path}").strip("_")
        name = plain if plain not in self.parameters else f"{plain}_{len(self.parameters)}"
        self.parameters[name] = {"type": "securestring" if marker is SECRET else _UNTOLD}
        return f"[parameters('{name}')]"

    def _name(self, resource: Resource, kind: Kind, parameter: str) -> str:
        """Make up a name, the same each time, as `name_of` does."""
        body = dict(resource.body)
        for key, link in resource.body.items():
            target = self._estate.get(link.urn) if isinstance(link, Reference) and link.property == "id" else None
            if target is not None:
                body[key] = self._identity(target).id
        return name_of(resource, kind, parameter, body)


def _placed(identity: str, kind: Kind) -> dict[str, Any]:
    """Say in a template's words where a resource stands and what it is: scope, type and name, each the whole way.

    The type is spelt as its row does, since an id may come in lower case.
    """
    head, _, tail = identity.rpartition("/providers/")
    if not head and not identity.startswith("/providers/"):
        root, group = re.split("/resourceGroups/", identity, maxsplit=1, flags=re.IGNORECASE)
        return {"type": RESOURCE_GROUP.arm, "name": group, "scope": root}
    provider, *steps = tail.split("/")
    own = "/".join((provider, *steps[::2]))
    rows = (spelling for spelling in (kind.arm, *kind.also) if spelling.lower().startswith(own.lower()))
    return {"type": next(rows, own)[: len(own)], "name": "/".join(steps[1::2]), "scope": head or "/"}


def _quoted(text: str) -> str:
    """Double the quotes of a text that stands in an expression."""
    return text.replace("'", "''")
