"""What is wrong with the inputs of a resource before anything is asked of Azure: by the SDK's own classes."""

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.facts import is_marker
from audit.kinds.authorization import ROLE_ASSIGNMENT, ROLE_DEFINITION
from audit.model import Kind
from audit.sandbox.provider.sdk import choices, classes, element, entry, fields, fitting, required

RANDOM = "__createBeforeDelete"
"""Marks inputs whose name was made up at random, so that a replacement can stand beside what it replaces."""


class Failure(msgspec.Struct, frozen=True):
    """One property that is wrong, and why."""

    path: str
    reason: str


class Naming(msgspec.Struct, frozen=True):
    """What the engine says of names that a program leaves out."""

    resource: str
    """The name of the resource in the program."""
    seed: bytes = b""
    proposed: str = ""
    enforced: bool = False
    disabled: bool = False


def failures(arguments: type, given: Mapping[str, Any]) -> tuple[Failure, ...]:
    """Return what is missing, not known to the SDK, or of another shape than it takes; empty where all is well."""
    return tuple(_wrong(arguments, {key: item for key, item in given.items() if key != RANDOM}, ""))


def _wrong(cls: type, value: Mapping[str, Any], path: str) -> Iterator[Failure]:
    known = fields(cls)
    for name in required(cls):
        if value.get(name) is None:
            yield Failure(f"{path}{name}", f"missing required property '{path}{name}'")
    for name, item in value.items():
        if name not in known:
            yield Failure(f"{path}{name}", f"unknown property '{path}{name}'")
        else:
            yield from _misplaced(known[name], item, f"{path}{name}")


def _misplaced(hint: Any, value: Any, path: str) -> Iterator[Failure]:
    """Yield what is wrong inside a value; what is not known yet cannot be wrong."""
    if is_marker(value):
        return
    objects, held, kept = classes(hint), element(hint), entry(hint)
    if isinstance(value, Mapping):
        cls = fitting(objects, value)
        if cls is not None:
            yield from _wrong(cls, value, f"{path}.")
        for key, item in value.items() if cls is None and kept is not None else ():
            yield from _misplaced(kept, item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value if held is not None else ()):
            yield from _misplaced(held, item, f"{path}[{index}]")
    elif objects and held is None and kept is None and not _takes_plain(hint):
        yield Failure(path, f"'{path}' should be an object but is {value!r}")


def _takes_plain(hint: Any) -> bool:
    """Tell whether a property may be a text, a number or a switch; an enumeration is text, too."""
    return any(
        one is Any or (isinstance(one, type) and issubclass(one, str | bool | int | float)) for one in choices(hint)
    )


def named(kind: Kind, arguments: type, given: dict[str, Any], old: Mapping[str, Any], naming: Naming) -> dict[str, Any]:
    """Return inputs with the name that a program leaves out; one that was made up before stays.

    Only the last name in the path is made up, and only where the SDK does not demand it. What stands directly in a
    group is given digits, so that two stacks can stand side by side; what stands in another resource is called as in
    the program. https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
    """
    own = re.findall(r"\{(\w+)\}", kind.path or "{resourceGroupName}")[-1]
    is_last = not kind.path or kind.names.endswith(f"{{{own}}}")
    if own in given or own not in fields(arguments) or not is_last:
        return given
    if own in old:
        return {**given, **{key: old[key] for key in (own, RANDOM) if key in old}}
    if naming.disabled:
        return given
    name, is_random = _made_up(kind, naming)
    return {**given, own: name, **({RANDOM: True} if is_random else {})}


def _made_up(kind: Kind, naming: Naming) -> tuple[str, bool]:
    """Make up a name, and tell whether another resource of the program's name could stand beside it."""
    if kind in (ROLE_ASSIGNMENT, ROLE_DEFINITION) and not naming.enforced:
        return str(uuid.UUID(_digits(naming, 32))), True
    if naming.proposed:
        return naming.proposed, True
    if kind.names.count("{") > 1:
        return naming.resource, False
    return naming.resource + _digits(naming, 8), True


def _digits(naming: Naming, count: int) -> str:
    """Make up digits, always the same of the same seed."""
    return hashlib.sha256(naming.seed or naming.resource.encode()).hexdigest()[:count]
