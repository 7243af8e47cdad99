"""Where ARM's answers hold each property, by the models of the azure-mgmt SDKs: an oracle nobody here wrote.

The SDKs have two generations of models, `_attribute_map` and `rest_field`. Both name a property as ARM spells it.
Spelling must be exact: a name in another case is another name.
"""

import re
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, Union

from audit.model import Kind
from tests.oracles.azure_operations import answers_of, listings_of, models

ENVELOPE = {"id", "name", "type", "etag", "systemData"}
"""What an answer holds beside the resource's own settings; `shape.from_arm` sets it aside."""
Step = tuple[str, bool]
"""A name in a path, and whether one element of the list there is meant."""


class Listed(NamedTuple):
    """A list of something."""

    of: Any


class Keyed(NamedTuple):
    """A map from anybody's words to something."""

    of: Any


ANYTHING = object()
"""An object whose properties the SDK leaves open."""


def wire_paths(kind: Kind, path: str) -> set[str]:
    """Say where a GET's answer holds a property, its `properties` put back in: `properties.subnets[].properties.id`.

    Empty where the answer has no such property. There may be more than one place where several models answer.
    """
    return {place for answer in answers_of(kind) for place in places(answer.model, path)}


def listed_paths(kind: Kind, path: str) -> set[str]:
    """Say where each element of a listing's answer holds a property; empty where it has no such property."""
    return {place for answer in listings_of(kind) for place in places(_element(answer.model), path)}


def places(model: Any, path: str) -> set[str]:
    """Say where a model holds a path that is spelt without `properties`; empty where it does not."""
    steps = [(name, bool(index)) for name, index in re.findall(r"([^.\[\]]+)(\[\d*\])?", path)]
    found = {".".join(names) for names in _walk(model, steps)}
    return {place for place in found if place not in ENVELOPE}


def _element(model: type) -> Any:
    """Take the list of resources out of a page; what is no page comes back as it is."""
    page = fields(model).get("value")
    return page.of if isinstance(page, Listed) else model


def _walk(node: Any, steps: list[Step]) -> Iterator[list[str]]:
    """Follow the steps below a node, through any `properties` on the way."""
    if not steps:
        yield []
    elif node is ANYTHING:
        yield [_spelt(step) for step in steps]
    elif isinstance(node, Keyed):
        yield from ([_spelt(steps[0]), *rest] for rest in _inside(node.of, steps))
    else:
        for known in _variants(node):
            if steps[0][0] in known:
                yield from ([_spelt(steps[0]), *rest] for rest in _inside(known[steps[0][0]], steps))
            if "properties" in known:
                yield from (["properties", *rest] for rest in _walk(known["properties"], steps))


def _inside(node: Any, steps: list[Step]) -> Iterator[list[str]]:
    """Follow what comes after the first step, which led to `node`; a list's element only where one is meant."""
    element = steps[0][1]
    if isinstance(node, Listed) and element:
        yield from _walk(node.of, steps[1:])
    elif not element or node is ANYTHING:
        yield from _walk(node, steps[1:])


def _spelt(step: Step) -> str:
    return f"{step[0]}[]" if step[1] else step[0]


def _variants(node: Any) -> list[Mapping[str, Any]]:
    """Return the fields of a model and, where an answer says which of several it is, of all those that it may be."""
    if isinstance(node, Mapping):
        return [node]
    if not isinstance(node, type) or isinstance(node, Listed):
        return []
    told_apart = vars(node).get("__mapping__") or vars(node).get("_subtype_map")
    below: list[type] = node.__subclasses__() if told_apart else []
    return [fields(node), *(known for variant in below for known in _variants(variant))]


@cache
def fields(model: type) -> Mapping[str, Any]:
    """Return the properties of a model as ARM spells them, each with what lies below it; empty for a plain value."""
    package = model.__module__.removeprefix("oracle_").partition(".models")[0]
    if hasattr(model, "_attribute_map"):
        return _mapped(model._attribute_map, package)
    if not model.__module__.startswith("oracle_"):
        return {}
    known = typing.get_type_hints(model, localns={"_models": models(package)})
    declared = {name: field for base in reversed(model.__mro__) for name, field in vars(base).items()}
    return {
        field._rest_name_input or name: _annotated(known[name])
        for name, field in declared.items()
        if name in known and hasattr(field, "_rest_name_input")
    }


def _mapped(attributes: Mapping[str, Mapping[str, str]], package: str) -> Mapping[str, Any]:
    """Nest the dotted keys of an attribute map."""
    nested: dict[str, Any] = {}
    for attribute in attributes.values():
        if attribute["key"]:
            *above, last = (name.replace("\\.", ".") for name in re.split(r"(?<!\\)\.", attribute["key"]))
            place = nested
            for name in above:
                place = place.setdefault(name, {})
            place[last] = _named(attribute["type"], package)
    return nested


def _named(name: str, package: str) -> Any:
    """Turn an attribute map's word for a type into what lies below it: `[X]` is a list, `{X}` a map."""
    if name[0] in "[{":
        return (Listed if name[0] == "[" else Keyed)(_named(name[1:-1], package))
    found = getattr(models(package), name, None)
    return ANYTHING if name == "object" else found if isinstance(found, type) else None


def _annotated(annotation: Any) -> Any:
    """Turn a type annotation into what lies below it; of a union, the part that holds something."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Union:
        return next((below for item in inner if (below := _annotated(item)) is not None), None)
    if origin in (list, dict):
        return Listed(_annotated(inner[0])) if origin is list else Keyed(_annotated(inner[1]))
    if annotation in (Any, dict, typing.MutableMapping):
        return ANYTHING
    return annotation if isinstance(annotation, type) and annotation.__module__.startswith("oracle_") else None
