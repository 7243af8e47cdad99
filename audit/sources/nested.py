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
    found, skipped = [], []
    for item in listed.values() if isinstance(listed, Mapping) else listed:
        for type_name, body in _flatten(item, ""):
            kind = kind_of(type_name)
            if kind is None:
                skipped.append(_unopened(deployment, type_name, "no control knows this type"))
            found.append(_resource(deployment, kind.arm if kind else type_name, body))
    return tuple(found), tuple(skipped)


def _unopened(deployment: Resource, what: str, why: str) -> Unassessed:
    where = f"{deployment.source.file}:{deployment.source.line}" if deployment.source else deployment.id
    return Unassessed(what, where, why)


def _flatten(item: Any, above: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a template resource and the children listed inside it, with their full types."""
    if not isinstance(item, Mapping):
        return
    type_name = "/".join(filter(None, (above, str(item.get("type", "")))))
    yield type_name, _evaluate(hoist({key: value for key, value in item.items() if key != "resources"}))
    children = item.get("resources")
    for child in children if isinstance(children, list) else ():
        yield from _flatten(child, type_name)


def _evaluate(value: Any) -> Any:
    """Replace template expressions, which only Azure evaluates, by the unknown value."""
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _evaluate(item) for key, item in value.items()}
    return [_evaluate(item) for item in value] if isinstance(value, list) else value


def _resource(deployment: Resource, type_name: str, body: dict[str, Any]) -> Resource:
    name = body.get("name")
    label = name if isinstance(name, str) else type_name
    return msgspec.structs.replace(
        deployment, type=type_name, id=f"{deployment.id}/{type_name}/{label}", name=label, body=body
    )
