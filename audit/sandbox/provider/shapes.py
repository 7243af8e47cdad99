"""Azure's answers in a program's words, inputs read back from them, and what a preview can tell before anything is."""

from collections.abc import Mapping
from typing import Any

from audit.facts import UNKNOWN, is_marker
from audit.model import Kind
from audit.sandbox.provider.diffs import changes
from audit.sandbox.provider.sdk import choices, classes, element, entry, fields, fitting
from audit.shape import from_arm, to_pulumi

_APART = object()


def outputs(kind: Kind, resource: type, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Azure answered as the outputs of a resource, by the SDK's names and in its nesting.

    What the SDK has no property for is left out, as azure-native does.
    """
    body = to_pulumi(kind, from_arm(kind, answer))
    around = {key: answer[key] for key in ("name", "type", "etag", "systemData") if answer.get(key) is not None}
    return _object(resource, {**body, **around, "azureApiVersion": kind.api})


def inputs(arguments: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of outputs, and of the names in an id, a program would have said: read-only properties go."""
    return _object(arguments, values)


def previewed(
    resource: type, new: Mapping[str, Any], old: Mapping[str, Any], outputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the outputs that a resource would have: what was given, and unknown values for all else.

    Of one that is there, the `outputs` of what no input changes stay.
    """
    found = {name: _preview(hint, new.get(name, UNKNOWN)) for name, hint in fields(resource).items()}
    touched = {change.top for change in changes(old, new, immutable=frozenset())}
    return {**found, **{name: value for name, value in outputs.items() if name not in touched}}


def refreshed(given: Any, before: Any, after: Any) -> Any:
    """Return inputs as they would have to be said now: changed where an answer differs from the one before.

    Comparing answer with answer leaves out what Azure adds to any input by itself; a program's own way to say a thing
    stays as long as the thing does.
    """
    if before == after:
        return given
    if isinstance(given, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping):
        found = {key: refreshed(value, before.get(key), after.get(key)) for key, value in given.items()}
        added = {key: value for key, value in after.items() if key not in given and before.get(key) != value}
        return {key: value for key, value in {**found, **added}.items() if value is not None}
    if isinstance(given, list) and isinstance(before, list) and isinstance(after, list):
        known = min(len(given), len(before))
        return [
            refreshed(given[index], before[index], item) if index < known else item for index, item in enumerate(after)
        ]
    return after


def _object(cls: type, value: Mapping[str, Any]) -> dict[str, Any]:
    """Take from a value what a class has properties for; its `properties` are made of what stands beside it."""
    known = fields(cls)
    found = {name: _fit(hint, value[name]) for name, hint in known.items() if value.get(name) is not None}
    if "properties" in known and "properties" not in value:
        rest = {name: item for name, item in value.items() if name not in known}
        found["properties"] = _fit(known["properties"], rest) or None
    return {name: item for name, item in found.items() if item is not None and item is not _APART}


def _fit(hint: Any, value: Any) -> Any:
    """Give a value as a property holds it; what cannot be read, such as a name that stood twice, is left out."""
    if is_marker(value):
        return _APART
    if isinstance(value, Mapping):
        if (cls := fitting(classes(hint), value)) is not None:
            return _object(cls, value)
        if (held := entry(hint)) is not None:
            return {key: _fit(held, item) for key, item in value.items()}
        # Identities go in as a list of ids and come out as a map.
        return list(value) if element(hint) is not None else value
    if isinstance(value, list) and (held := element(hint)) is not None:
        return [_fit(held, item) for item in value]
    return value


def _preview(hint: Any, value: Any) -> Any:
    if is_marker(value):
        return UNKNOWN
    if isinstance(value, Mapping):
        cls = fitting(classes(hint), value)
        if cls is None:
            return value
        return {name: _preview(inner, value.get(name, UNKNOWN)) for name, inner in fields(cls).items()}
    if isinstance(value, list):
        held = element(hint)
        return UNKNOWN if held is None and choices(hint) != (Any,) else [_preview(held, item) for item in value]
    return value
