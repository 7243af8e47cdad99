"""One shape for all planes: ARM's JSON with every `properties` object hoisted, names as ARM spells them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from audit.facts import AMBIGUOUS, MISSHAPEN, SECRET, UNKNOWN, Reference, is_marker
from audit.model import Kind

_OPAQUE = {"tags", "userAssignedIdentities", "template"}
"""Maps whose keys are the user's own words: nothing inside them is renamed or hoisted.

A template holds whole resources, which are hoisted one by one."""
_ENVELOPE = frozenset(
    ("id", "name", "type", "apiVersion", "etag", "systemData", "tenantId", "resourceGroup", "subscriptionId")
)
"""What stands around a resource in an answer and is no setting of it; Resource Graph adds the last three."""
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


def to_pulumi(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the common shape back into the words of a Pulumi program: the reverse of `from_pulumi`.

    What azure-native keeps inside a `properties` of its own lies flat here; only its SDK says where it belongs.
    """
    plain = hoist(body)
    for arm, pulumi in kind.renamed.items():
        _move(plain, arm.split("."), pulumi.split("."))
    return plain


def from_arm(kind: Kind | None, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what ARM or Resource Graph answers into the common shape.

    The envelope (`id`, `type`, `etag` and what Resource Graph adds) is set aside before anything is hoisted, so that a
    role definition's own `type` is not taken for the resource's; a name or type that the row speaks of stays. The names
    in the path are put in as Pulumi calls them, as a program would give them. Without a kind only the envelope goes.
    """
    body = hoist({key: value for key, value in answer.items() if key not in _ENVELOPE and value is not None})
    if kind is not None and answer.get("properties") is None:
        # Azure always answers an object: without one, what is not there was not left out but not told.
        body["properties"] = MISSHAPEN
    kept = [key for key in ("name", "type") if kind and key in kind.renamed and key in answer]
    for name, value in ({key: answer[key] for key in kept} | path_names(kind, str(answer.get("id", "")))).items():
        body.setdefault(name, value)
    return body


def path_names(kind: Kind | None, identity: str) -> dict[str, str]:
    """Return the names in an ARM id by the parameters of its kind's path, as they are spelt in the id.

    Empty where the id is not one of the kind's, or there is no kind.
    """
    patterns = (_path_pattern(path) for path in kind.paths) if kind else ()
    found = next((match for pattern in patterns if (match := pattern.fullmatch(identity.rstrip("/")))), None)
    return dict(found.groupdict()) if found else {}


@lru_cache(maxsize=512)
def _path_pattern(path: str) -> re.Pattern[str]:
    """Make a pattern of a path's template; what an extension attaches to may be an id with many steps."""
    # Only the first parameter may hold slashes: it is a scope where the template opens with it.
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    if not path.startswith(("/subscriptions/", "/providers/")):
        pattern = "(?P<" + pattern.partition("(?P<")[2].replace("[^/]+", ".*", 1)
    return re.compile(pattern, re.IGNORECASE)


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
        flat["properties"] = inner if is_marker(inner) or isinstance(inner, Reference) else MISSHAPEN
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
        return {_plain(key): revive(item) for key, item in value.items()}
    return [revive(item) for item in value] if isinstance(value, list | tuple) else value


def mark(value: Any) -> Any:
    """Turn a body back into plain JSON, with keys in order: the reverse of `revive`."""
    if isinstance(value, Reference):
        suffix = {"suffix": value.suffix} if value.suffix else {}
        return {"$reference": value.urn, "property": value.property, **suffix}
    if is_marker(value):
        return {name: True for name, marker in _MARKS.items() if marker is value}
    if isinstance(value, Mapping):
        return {f"$${key[1:]}" if key[:1] == "$" else key: mark(value[key]) for key in sorted(value)}
    return [mark(item) for item in value] if isinstance(value, list | tuple) else value


def _plain(key: str) -> str:
    """Take the escape off a key that is somebody's own word and opens as our marks do: `$$secret` is `$secret`."""
    return key[1:] if key[:2] == "$$" else key


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


_BESIDE = frozenset(("location", "tags", "sku", "kind", "identity", "zones", "plan", "extendedLocation", "managedBy"))
"""What ARM keeps beside `properties` on any resource; a row's `top` adds to it, or with a minus takes away."""
_BESIDE_INSIDE = frozenset(("id", "name", "type", "etag", "location", "tags", "sku", "zones"))
"""What ARM keeps beside a `properties` further down."""
_TARGET_IN_PIECES = frozenset(
    ("providerName", "resourceParentType", "resourceParentName", "resourceType", "resourceName")
)
"""The inputs by which the SDK names what an extension attaches to, where it does not take an id."""


def to_arm(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the common shape of a declared resource back into ARM's own JSON, as a PUT would send it.

    The names in the path are left out, and what azure-native lays flat goes back inside `properties`. References and
    values that cannot be read stay where they are: whoever sends the body resolves them first.
    """
    left_out = _path_keys(kind, body)
    plain = {key: _whole(value) for key, value in body.items() if key not in left_out and value is not None}
    _drop_husks(kind, plain)
    # The deepest first: afterwards its way leads through another `properties`.
    for path in sorted(kind.wraps, key=lambda wrapped: -wrapped.count(".")):
        _wrap(plain, path.split("."))
    beside = (_BESIDE | set(kind.top)) - {name[1:] for name in kind.top if name.startswith("-")}
    answer = {key: value for key, value in plain.items() if key in beside}
    if isinstance(answer.get("identity"), dict):
        answer["identity"] = _identity(answer["identity"])
    inner = {key: value for key, value in plain.items() if key not in beside}
    return {**answer, "properties": inner} if inner else answer


def body_key(kind: Kind, parameter: str) -> str:
    """Spell a parameter of a kind's path as the common shape does, where a row renames it."""
    return next((arm for arm, pulumi in kind.renamed.items() if pulumi == parameter), parameter)


def _path_keys(kind: Kind, body: Mapping[str, Any]) -> set[str]:
    """Find what of a body stands in the resource's path."""
    # A plan of Defender's names the subscription by `scopeId`; a template says its API version with each resource.
    words = {*re.findall(r"\{(\w+)\}", kind.path), "resourceGroupName", "scopeId", "apiVersion"}
    keys = {body_key(kind, word) for word in words}
    keys |= {kind.parent.by} if kind.parent else set()
    # A program may spell out a fixed name by an input of its own (`blobServicesName="default"`).
    fixed = {name.lower() for name in kind.names.split("/") if name and not name.startswith("{")}
    keys |= {
        key
        for key, value in body.items()
        if key.lower().endswith("name") and isinstance(value, str) and value.lower() in fixed
    }
    keys |= _TARGET_IN_PIECES if "providerName" in body else set()
    # A template says the whole type and name; the SDK's record sets say the last step of the type (`MX`).
    own = body.get("type")
    if isinstance(own, str) and any(f"/{name}".lower().endswith(f"/{own}".lower()) for name in (kind.arm, *kind.also)):
        keys |= {"type", "name"}
    return keys


def _whole(value: Any) -> Any:
    """Turn whole floats into integers at every depth: protobuf, through which a program's inputs pass, has no other."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def _drop_husks(kind: Kind, body: dict[str, Any]) -> None:
    """Drop the objects that stand empty because their values were renamed into others."""
    for pulumi in kind.renamed.values():
        *steps, last = pulumi.split(".")[:-1] or [""]
        place: Any = body
        for step in steps:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict) and place.get(last) == {}:
            del place[last]


def _wrap(value: Any, steps: list[str]) -> None:
    """Put what lies at a path into a `properties` of its own; nothing happens where nothing lies there."""
    if not isinstance(value, dict) or (found := value.get(steps[0].removesuffix("[]"))) is None:
        return
    for item in found if isinstance(found, list) else [found]:
        if len(steps) > 1:
            _wrap(item, steps[1:])
        elif isinstance(item, dict) and (inner := {key: item[key] for key in item if key not in _BESIDE_INSIDE}):
            for key in inner:
                del item[key]
            item["properties"] = inner


def _identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Give user-assigned identities as ARM takes them: a map from id to nothing, where the SDK takes a list of ids."""
    assigned = identity.get("userAssignedIdentities")
    if not isinstance(assigned, list):
        return dict(identity)
    return {**identity, "userAssignedIdentities": {item: {} for item in assigned if isinstance(item, str)}}


class Body(dict[str, Any]):
    """An object of settings whose names are read in any case, as ARM reads them.

    Two that differ in nothing else are ambiguous where they say different things.
    """

    __slots__ = ("_folded",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._folded: dict[str, Any] = {}
        for key, value in values.items():
            folded = key.lower()
            self._folded[folded] = value if self._folded.get(folded, value) == value else AMBIGUOUS

    def get(self, key: str, default: Any = None) -> Any:
        """Return what stands under a name in any case, `default` where nothing does."""
        return self._folded.get(key.lower(), default)


def folded(value: Any) -> Any:
    """Make every object of a body one that is read in any case; other values come back as they are."""
    if isinstance(value, dict):
        return Body({key: folded(item) for key, item in value.items()})
    return [folded(item) for item in value] if isinstance(value, list) else value
