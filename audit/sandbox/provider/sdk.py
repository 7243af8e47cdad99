"""What a Pulumi SDK's own classes say of a resource: its properties, which are required, and what each may hold."""

import inspect
import re
import threading
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, Union, get_args, get_origin, is_typeddict

import pulumi

# Pulumi publishes no way to ask its classes; this is what its own runtime asks them.
from pulumi._types import (
    _py_properties,
    input_type_py_to_pulumi_names,
    input_type_types,
    is_input_type,
    is_output_type,
    output_type_types,
    resource_types,
)

from audit.facts import is_marker
from audit.model import AuditError

_TOKEN = re.compile(r"([\w-]+?)(?:_\w+)?:(\w+)(?:/\w+)?:(\w+)")
_OPEN = object()
_LOADING = threading.RLock()


@cache
def resource_class(token: str) -> type:
    """Return the SDK's class of a token; raises `AuditError` where the installed SDK has none."""
    parts = _TOKEN.fullmatch(token)
    # The SDK loads its parts when they are first asked for, which only one thread at a time may do.
    with _LOADING:
        found = _loaded(f"pulumi_{parts[1].replace('-', '_')}", parts[2], parts[3]) if parts else None
    if found is not None:
        return found
    raise AuditError(f"the installed Pulumi SDK has no {token}. Check the program's token.")


def _loaded(package: str, module: str, name: str) -> type | None:
    """Load a class and what its properties hold; None where there is none of the name."""
    try:
        found = getattr(import_module(f"{package}.{module}"), name)
    except (ImportError, AttributeError):
        return None
    if not isinstance(found, type):
        return None
    fields(found)
    fields(arguments(found))
    return found


@cache
def arguments(resource: type) -> type:
    """Return the class of a resource's arguments."""
    module = vars(import_module(resource.__module__))
    # Another class of the module may have taken the usual name: the arguments of an object that lies in others.
    found: type = module.get(f"{resource.__name__}InitArgs") or module[f"{resource.__name__}Args"]
    return found


@cache
def fields(cls: type) -> Mapping[str, Any]:
    """Return the properties of a class, by their names on the wire, with what each may hold."""
    if is_input_type(cls):
        return input_type_types(cls)
    return output_type_types(cls) if is_output_type(cls) else resource_types(cls)


@cache
def required(cls: type) -> tuple[str, ...]:
    """Return what must be given to an input class, by its names on the wire."""
    names = input_type_py_to_pulumi_names(cls)
    parameters = inspect.signature(cls).parameters.values()
    return tuple(names[one.name] for one in parameters if one.default is inspect.Parameter.empty)


@cache
def constants(cls: type) -> Mapping[str, Any]:
    """Return the properties of a class that can have one value alone, such as `instanceType`; empty for most."""
    made = cls(**dict.fromkeys(inspect.signature(cls).parameters, _OPEN))
    pairs = ((name, getattr(made, python)) for python, name, _ in _py_properties(cls))
    return {name: value for name, value in pairs if isinstance(value, str)}


@cache
def choices(hint: Any) -> tuple[Any, ...]:
    """Return what a property may hold, one by one: classes, and lists and maps with what they hold."""
    if get_origin(hint) is not None and _is_union(hint):
        return tuple(dict.fromkeys(one for part in get_args(hint) for one in choices(part)))
    origin = get_origin(hint)
    wrapped = origin in (Awaitable, Coroutine, pulumi.Output) or hint in (type(None), pulumi.Output)
    if wrapped or isinstance(hint, str | TypeVar) or is_typeddict(hint):
        return ()
    return (hint,)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) is Union or type(hint).__name__ == "UnionType"


def classes(hint: Any) -> tuple[type, ...]:
    """Return the classes with properties that a property may hold; empty where it holds none."""
    return tuple(one for one in choices(hint) if isinstance(one, type) and (is_input_type(one) or is_output_type(one)))


def element(hint: Any) -> Any:
    """Return what the lists of a property hold; None where it holds no list."""
    return next((get_args(one)[0] for one in choices(hint) if get_origin(one) in (list, Sequence)), None)


def entry(hint: Any) -> Any:
    """Return what the maps of a property hold by key; None where it holds no map."""
    return next((get_args(one)[1] for one in choices(hint) if get_origin(one) in (dict, Mapping)), None)


def fitting(candidates: Sequence[type], value: Mapping[str, Any]) -> type | None:
    """Return the class that a value is one of: by its constants, then by the properties it knows; None for no class."""

    def strangeness(cls: type) -> tuple[int, int, int]:
        wrong = (
            sum(
                not is_marker(value.get(name, fixed)) and value.get(name, fixed) != fixed
                for name, fixed in constants(cls).items()
            )
            if len(candidates) > 1
            else 0
        )
        unknown = sum(name not in fields(cls) for name in value)
        missing = sum(name not in value for name in required(cls)) if is_input_type(cls) else len(fields(cls))
        return wrong, unknown, missing

    return min(candidates, key=strangeness, default=None)
