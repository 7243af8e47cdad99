"""One shape for all planes: ARM's JSON with every `properties` object hoisted, names as ARM spells them."""

import re
from collections.abc import Mapping
from typing import Any

from audit.facts import AMBIGUOUS, MISSHAPEN, SECRET, UNKNOWN, Reference, is_marker
from audit.model import Kind

_OPAQUE = {"tags", "userAssignedIdentities", "template"}
"""Maps whose keys are the user's own words: nothing inside them is renamed or hoisted.

A template holds whole resources, which are hoisted one by one."""
_MARKS = {"$unknown": UNKNOWN, "$secret": SECRET, "$ambiguous": AMBIGUOUS, "$misshapen": MISSHAPEN}
"""How the values that cannot be read are spelt in JSON."""


def from_pulumi(kind: Kind | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the inputs of a Pulumi resource into the common shape.

    Without a kind nothing is renamed: a type that no row knows keeps the words of its program.
    """
    body = hoist(inputs)
    for arm, pulumi in (kind.renamed if kind else {}).items():
        _move(body, pulumi.split("."), arm.split("."))
    return body


def hoist(value: Mapping[str, Any]) -> dict[str, Any]:
    """Lift every `properties` object into its parent, at every depth; a name that stands twice becomes ambiguous.

    ARM nests settings in `properties` (https://learn.microsoft.com/azure/templates), the SDKs do not. One that is no
    object, such as an unknown value, stays where it is: anything may lie in it, which `facts.inside` takes into
    account.
    """
    flat = {key: item if key in _OPAQUE else _hoist_any(item) for key, item in value.items() if key != "properties"}
    inner = value.get("properties")
    if isinstance(inner, Mapping):
        for key, item in hoist(inner).items():
            flat[key] = item if key not in flat or flat[key] == item else AMBIGUOUS
    elif inner is not None:
        flat["properties"] = inner
    return flat


def _hoist_any(value: Any) -> Any:
    """Hoist what lies inside a value, through lists too; a marker or a reference comes back as it is."""
    if isinstance(value, Mapping):
        return hoist(value)
    return [_hoist_any(item) for item in value] if isinstance(value, list | tuple) else value


def _move(body: Any, source: list[str], target: list[str]) -> None:
    """Move the value at `source` to `target`, element by element where a list lies on the way.

    Nothing happens where there is no value. Where both paths begin alike the move is made further down, so that the
    rest of the object stays as it is.
    """
    if isinstance(body, list):
        for item in body:
            _move(item, source, target)
        return
    if not isinstance(body, dict) or source[0] not in body:
        return
    if source[0] == target[0] and len(source) > 1 and len(target) > 1:
        _move(body[source[0]], source[1:], target[1:])
    elif len(source) > 1:
        _lift(body, body[source[0]], source[1:], target)
    else:
        _place(body, target, body.pop(source[0]))


def _lift(body: dict[str, Any], inner: Any, source: list[str], target: list[str]) -> None:
    """Move a value out of a nested object of `body` to `target` in `body`; out of an unknown one it is unknown."""
    for key in source[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else inner
    if is_marker(inner) or isinstance(inner, Reference):
        _place(body, target, UNKNOWN)
    elif isinstance(inner, dict) and source[-1] in inner:
        _place(body, target, inner.pop(source[-1]))


def _place(body: dict[str, Any], target: list[str], value: Any) -> None:
    """Put a value at a path, making the objects on the way; what stood there is replaced."""
    for key in target[:-1]:
        body = body.setdefault(key, {})
    body[target[-1]] = value


def revive(value: Any) -> Any:
    """Turn the JSON marks of a snapshot (`$unknown`, `$secret`, `$reference`) into what the model reads.

    Plain values come back as they are; a reference without a property means the id.
    """
    if isinstance(value, Mapping):
        for name, marker in _MARKS.items():
            if name in value:
                return marker
        if "$reference" in value:
            return Reference(value["$reference"], value.get("property", "id"), value.get("suffix", ""))
        return {key: revive(item) for key, item in value.items()}
    return [revive(item) for item in value] if isinstance(value, list | tuple) else value


def mark(value: Any) -> Any:
    """Turn a body back into plain JSON, with keys in order: the reverse of `revive`."""
    if isinstance(value, Reference):
        suffix = {"suffix": value.suffix} if value.suffix else {}
        return {"$reference": value.urn, "property": value.property, **suffix}
    if is_marker(value):
        return {name: True for name, marker in _MARKS.items() if marker is value}
    if isinstance(value, Mapping):
        return {key: mark(value[key]) for key in sorted(value)}
    return [mark(item) for item in value] if isinstance(value, list | tuple) else value


def pulumi_path(kind: Kind | None, path: str) -> str:
    """Spell an ARM property path as Pulumi's inputs do, `properties` left out.

    A path that no row renames comes back unchanged. Of two rows that fit, the longer decides: `encryption.identity.x`
    is renamed as a whole, not as part of `encryption`.
    """
    plain = re.sub(r"\[\d+\]", "", path)
    for arm, pulumi in sorted((kind.renamed if kind else {}).items(), key=lambda pair: -len(pair[0])):
        if plain == arm or plain.startswith(arm + "."):
            return pulumi + path[len(path) - len(plain) + len(arm) :] if plain == path else _respell(path, arm, pulumi)
    return path


def _respell(path: str, arm: str, pulumi: str) -> str:
    """Replace the renamed part of a path that has list positions in it.

    Positions stay on the steps they stood on, and are dropped where the renamed path has another number of steps.
    """
    steps, old, new = path.split("."), arm.split("."), pulumi.split(".")
    indexes = [re.sub(r"^[^\[]*", "", step) for step in steps[: len(old)]]
    if len(old) == len(new):
        new = [name + index for name, index in zip(new, indexes, strict=True)]
    return ".".join(new + steps[len(old) :])


def snake(name: str) -> str:
    """Spell a camelCase property as Pulumi's Python SDK does: `publicIPAddress` → `public_ip_address`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()


def plain_key(path: str) -> str:
    """Fold a property path so that spellings of it compare equal: lower case, no underscores, no `properties`.

    List positions become steps: `subnets[0].name` is `subnets.0.name`.
    """
    steps = re.sub(r"\[(\d+)\]", r".\1", path).replace("_", "").lower().split(".")
    return ".".join(step for step in steps if step != "properties")
