"""Opens ARM templates that a program deploys inside itself: a control judges what stands in them, too."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.facts import UNKNOWN, is_marker
from audit.kinds import kind_of
from audit.model import Resource, Unassessed
from audit.shape import hoist

_DEPLOYMENT = "Microsoft.Resources/deployments"


def expand(deployment: Resource) -> tuple[tuple[Resource, ...], tuple[Unassessed, ...]]:
    """Return the resources inside a nested deployment, and what of it could not be opened.

    Nothing comes back for any other resource. Template expressions (`[parameters(…)]`) are unknown values.
    """
    if deployment.type != _DEPLOYMENT:
        return (), ()
    template = deployment.body.get("template")
    listed = template.get("resources") if isinstance(template, Mapping) else None
    if not isinstance(listed, list | Mapping) or is_marker(template):
        return (), (_unopened(deployment, deployment.name, "its template is not written out in the program"),)
    found: list[Resource] = []
    skipped: list[Unassessed] = []
    for item in listed.values() if isinstance(listed, Mapping) else listed:
        for type_name, name, body in _flatten(item, "", ""):
            if body.get("existing") is True:
                skipped.append(_unopened(deployment, type_name, "looked up, and declared elsewhere"))
            elif body.get("condition") is not False:
                # A name that only Azure can work out tells two resources of a type apart by their places.
                inside, passed_by = _open(deployment, type_name, name or f"{type_name}-{len(found)}", body)
                found.extend(inside)
                skipped.extend(passed_by)
    return tuple(found), tuple(skipped)


def _open(
    deployment: Resource, type_name: str, name: str, body: dict[str, Any]
) -> tuple[tuple[Resource, ...], tuple[Unassessed, ...]]:
    """Make a resource of a template's, and open it in turn where it is a deployment itself."""
    kind = kind_of(type_name)
    type_ = kind.arm if kind else type_name
    identity = f"{deployment.id}/{type_name}/{name}"
    resource = msgspec.structs.replace(deployment, type=type_, id=identity, name=name, body=body)
    found, skipped = expand(resource)
    if kind is None:
        skipped = (_unopened(deployment, type_name, "no control knows this type"), *skipped)
    return (resource, *found), skipped


def _unopened(deployment: Resource, what: str, why: str) -> Unassessed:
    where = f"{deployment.source.file}:{deployment.source.line}" if deployment.source else deployment.id
    return Unassessed(what, where, why)


def _flatten(item: Any, type_above: str, name_above: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield a template resource and the children listed inside it, with their full types and names.

    The name is empty where only Azure can work it out.
    """
    if not isinstance(item, Mapping):
        return
    type_name = "/".join(filter(None, (type_above, str(item.get("type", "")))))
    body = _evaluate(hoist({key: value for key, value in item.items() if key != "resources"}))
    own = body.get("name")
    name = "/".join(filter(None, (name_above, own))) if isinstance(own, str) else ""
    yield type_name, name, body
    children = item.get("resources")
    for child in children if isinstance(children, list) else ():
        yield from _flatten(child, type_name, name)


def _evaluate(value: Any) -> Any:
    """Replace template expressions, which only Azure evaluates, by the unknown value."""
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _evaluate(item) for key, item in value.items()}
    return [_evaluate(item) for item in value] if isinstance(value, list) else value
