"""What msgraph-sdk says of Microsoft Graph: which paths answer what, and which properties each type has."""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

SPELT = {"odataType": "@odata.type"}
"""How bodies spell what the dots in a path would part: see `audit/kinds/graph.py`."""


class Below(NamedTuple):
    """What lies below a property: a model or None for a plain value, and whether it is a list."""

    model: type | None
    listed: bool


class _Recorder:
    """Stands where the SDK expects the JSON to parse, and notes as what a property would be read."""

    def __init__(self) -> None:
        self.below = Below(None, listed=False)

    def __getattr__(self, reader: str) -> Any:
        def note(model: type | None = None) -> None:
            is_object = reader in ("get_object_value", "get_collection_of_object_values")
            self.below = Below(model if is_object else None, listed=reader.startswith("get_collection_of"))

        return note


def model(name: str) -> Any:
    """Find the model of one of Graph's types, such as `conditionalAccessPolicy`; raises `ModuleNotFoundError`."""
    module = import_module(f"msgraph.generated.models.{_snake(name)}")
    return getattr(module, name[0].upper() + name[1:])


@cache
def fields(found: Any) -> Mapping[str, Below]:
    """Return the properties of a model as Graph spells them, each with what lies below it."""
    known = {}
    for name, read in found().get_field_deserializers().items():
        recorder = _Recorder()
        read(recorder)
        known[name] = recorder.below
    return known


def has_path(found: Any, path: str) -> bool:
    """Tell whether a model, or one of those that its answers may be, has a property at `path`."""
    steps = [(SPELT.get(name, name), bool(index)) for name, index in re.findall(r"([^.\[\]]+)(\[\d*\])?", path)]
    return _walk(found, steps)


def _walk(found: Any, steps: list[tuple[str, bool]]) -> bool:
    (name, element), *rest = steps
    for variant in _variants(found):
        below = fields(variant).get(name)
        # Only a whole list may be read without a position, and only a list has positions.
        if below and (below.listed == element or not (element or rest)):
            return not rest or (below.model is not None and _walk(below.model, rest))
    return False


def _variants(found: Any) -> Iterator[Any]:
    """Give a model, then those that Graph may answer in its place."""
    yield found
    source = inspect.getsource(found.create_from_discriminator_value)
    yield from (model(name) for name in re.findall(r'"#microsoft\.graph\.(\w+)"', source))


class Request(NamedTuple):
    """A path that clients of Graph ask: the options it takes, and the model of the answer, of a page one element."""

    options: set[str]
    model: Any


def request(path: str) -> Request:
    """Find what the SDK asks at a path without parameters; raises `LookupError` where it asks nothing there."""
    steps = [_snake(step) for step in path.strip("/").split("/")]
    source = _generated().joinpath(*steps, f"{steps[-1]}_request_builder.py")
    text = source.read_text() if source.exists() else ""
    url = re.search(r'"\{\+baseurl\}' + re.escape(path) + r'\{\?([^}]*)\}"', text)
    answer = re.search(r"request_info = self\.to_get_request_information.*?send_async\(request_info, (\w+)", text, re.S)
    if not url or not answer:
        raise LookupError(f"Graph's SDK has no GET of {path}")
    found = model(answer[1][0].lower() + answer[1][1:])
    value = fields(found).get("value")
    return Request(set(url[1].replace("%24", "$").split(",")), value.model if value and value.listed else found)


def _generated() -> Path:
    spec = find_spec("msgraph.generated")
    return Path(next(iter(spec.submodule_search_locations or ()))) if spec else Path()


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
