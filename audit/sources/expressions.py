"""Works out what an ARM template expression stands for, as far as the template itself tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from audit.facts import SECRET, UNKNOWN
from audit.sources.expression_text import Call, parsed

_LONGEST = 2000
"""A text longer than this is no name."""


class Symbol(msgspec.Struct, frozen=True):
    """A value that only Azure can work out; two of the same text are the same value."""

    text: str
    """What is known of it, and in brackets what is not: `logs-[parameters('place')]`."""
    secret: bool = False


class Link(msgspec.Struct, frozen=True):
    """The id of a resource, or one of its properties."""

    id: str
    property: str = "id"
    whole: bool = False
    """Whether it is the resource as a whole, of which a property is still to be named."""


class Place(msgspec.Struct, frozen=True):
    """What a deployment deploys into, as ids: a part that it does not tell opens with `template:`."""

    subscription: str
    group: str
    """The resource group; what the deployment itself stands in, where that is no group."""


class Terms(msgspec.Struct, kw_only=True):
    """What the expressions of one deployment can name."""

    place: Place
    parameters: Mapping[str, Any] = {}
    """Name in lower case → value."""
    variables: Mapping[str, Any] = {}
    """Name in lower case → what the template says, not worked out yet."""
    symbols: dict[str, str] = {}
    """The symbolic name of a resource → its id."""
    label: str = ""
    """Tells the unknown values of an inner deployment from those of the outer one."""
    busy: set[str] = set()
    """The variables that are being worked out: one that needs itself is unknown."""
    done: dict[str, Any] = {}
    """The variables that were worked out."""


def is_expression(value: Any) -> bool:
    """Tell whether a text is an expression: `[` at its end and beginning, and no escape.

    https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
    """
    return isinstance(value, str) and value.startswith("[") and value.endswith("]") and not value.startswith("[[")


def meant(value: Any, terms: Terms) -> Any:
    """Work out a value: a text, a number and so on as it is, an expression as what it stands for.

    An expression that only Azure can work out, or that cannot be read, is a `Symbol`.
    """
    if isinstance(value, str) and value.startswith("[["):
        return value[1:]
    if not is_expression(value):
        return value
    tree = parsed(value)
    return _opaque(value) if tree is None else _worked_out(tree, terms)


def inside(value: Any, terms: Terms) -> Any:
    """Work out every text at any depth of a value as `setting` does."""
    if isinstance(value, dict):
        return {key: inside(item, terms) for key, item in value.items()}
    if isinstance(value, list):
        return [inside(item, terms) for item in value]
    return setting(value, terms) if isinstance(value, str) else value


def setting(value: str, terms: Terms) -> Any:
    """Work out an expression that a property is set to: a parameter's value, or a link; all else is unknown.

    A parameter whose own value is not known, and a secure one, come back as the marks for that.
    """
    if not is_expression(value):
        return meant(value, terms)
    found = meant(value, terms)
    if isinstance(found, Symbol):
        return SECRET if found.secret else UNKNOWN
    named = re.fullmatch(r"\[\s*parameters\(\s*'[^']*'\s*\)\s*\]", value, re.IGNORECASE)
    return found if named or (isinstance(found, Link) and not found.whole) else UNKNOWN


def spelt(value: Any) -> str:
    """Spell a value as a part of a name or an id; what is not known stands in brackets, and holds no slash."""
    if isinstance(value, Symbol):
        return value.text
    if isinstance(value, Link):
        return value.id if value.property == "id" and not value.whole else _opaque(f"{value.id}.{value.property}").text
    return (
        value if isinstance(value, str) else _opaque(str(value)).text if isinstance(value, dict | list) else str(value)
    )


def identity(scope_id: str, type_name: str, names: str) -> str:
    """Put an ARM id together: what the resource stands in, its whole type and its whole name.

    Where type and name have different numbers of steps the name stands behind the type as it is.
    https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#resourceid
    """
    provider, *types = type_name.split("/")
    steps = names.split("/")
    pairs = [step for pair in zip(types, steps, strict=True) for step in pair] if len(types) == len(steps) else None
    return "/".join((scope_id.rstrip("/"), "providers", provider, *(pairs or (*types, names))))


def _worked_out(tree: Any, terms: Terms) -> Any:
    """Work out one part of an expression."""
    if not isinstance(tree, Call):
        return tree
    known = _FUNCTIONS.get(tree.name)
    arguments = [_worked_out(argument, terms) for argument in tree.arguments]
    found = known(arguments, terms) if known else None
    if found is None:
        return _called(tree, arguments, terms)
    return found


def _called(tree: Call, arguments: list[Any], terms: Terms) -> Symbol:
    """Make the symbol of a call that is not worked out: the same call in the same deployment is the same value.

    Without arguments its value is the deployment's own (`deployment()`), or another one each time (`newGuid()`).
    """
    told = [repr(one) if isinstance(one, str) else _bare(spelt(one)) for one in arguments]
    if tree.name == ".":
        text = f"{told[0]}.{spelt(arguments[1])}"
    else:
        text = f"{tree.name}({', '.join(told)})" + ("" if told else terms.label)
    return _opaque(text, secret=any(isinstance(one, Symbol) and one.secret for one in arguments))


def _bare(text: str) -> str:
    """Take the brackets off what is one unknown value and nothing else, so that it reads as it was written."""
    return text[1:-1] if text.startswith("[") and text.find("]") == len(text) - 1 else text


def _opaque(text: str, *, secret: bool = False) -> Symbol:
    """Make the symbol of something that is not known at all."""
    inner = text.removeprefix("[").removesuffix("]").replace("/", "%2F")
    # Variables that double each other would grow without end.
    short = inner if len(inner) <= _LONGEST else sha256(inner.encode()).hexdigest()
    return Symbol(f"[{short}]", secret)


def _parameter(arguments: list[Any], terms: Terms) -> Any:
    name = spelt(arguments[0]) if arguments else ""
    found = terms.parameters.get(name.lower())
    return _opaque(f"parameters('{name.lower()}'){terms.label}") if found is None else found


def _variable(arguments: list[Any], terms: Terms) -> Any:
    name = spelt(arguments[0]).lower() if arguments else ""
    raw = terms.variables.get(name)
    if name in terms.done:
        return terms.done[name]
    if raw is None or name in terms.busy:
        return _opaque(f"variables('{name}'){terms.label}")
    terms.busy.add(name)
    try:
        terms.done[name] = meant(raw, terms) if isinstance(raw, str) else inside(raw, terms)
    finally:
        terms.busy.discard(name)
    return terms.done[name]


def _member(arguments: list[Any], _: Terms) -> Any:
    """Take a property of a resource, or of an object that is written out; None where it cannot be told."""
    holder, name = arguments
    if isinstance(holder, Link) and isinstance(name, str):
        if holder.whole:
            return Link(holder.id, name)
        return Link(holder.id, f"{holder.property}.{name}")
    if isinstance(holder, dict) and isinstance(name, str):
        found = holder.get(name)
        return found if isinstance(found, str | bool | int | float | Link) else None
    return None


def _joined(arguments: list[Any], _: Terms) -> Any:
    """Put texts together; a link stays one with what is put behind it. None for anything but texts and numbers."""
    if not arguments or any(isinstance(one, dict | list | bool) or one is None for one in arguments):
        return None
    if sum(len(spelt(one)) for one in arguments) > _LONGEST:
        return None
    first, *rest = arguments
    behind = "".join(map(spelt, rest))
    if isinstance(first, Link) and first.property == "id" and (not behind or behind.startswith("/")):
        return Link(first.id + behind)
    text = spelt(first) + behind
    parts = [one for one in arguments if isinstance(one, Symbol | Link)]
    return Symbol(text, any(isinstance(one, Symbol) and one.secret for one in parts)) if parts else text


def _formatted(arguments: list[Any], terms: Terms) -> Any:
    """Fill a format's places; None where one has a format of its own, or is not there."""
    form, *values = arguments or [None]
    if not isinstance(form, str) or len(form) > _LONGEST:
        return None
    pieces = re.split(r"\{(\d+)\}", form)
    if any("{" in piece or "}" in piece for piece in pieces[::2]):
        return None
    if any(int(number) >= len(values) for number in pieces[1::2]):
        return None
    filled = [values[int(piece)] if index % 2 else piece for index, piece in enumerate(pieces)]
    return _joined([part for part in filled if part != ""], terms)


def _resource_id(arguments: list[Any], terms: Terms) -> Any:
    """Work out `resourceId([subscription], [group], type, names…)`; None where the type is not written out."""
    before, type_name, names = _split(arguments)
    if not type_name:
        return None
    place = terms.place.group
    if before:
        place = subscription_at(before[-2]) if len(before) > 1 else terms.place.subscription
        place = before[-1].id if _is_own(before[-1]) else f"{place}/resourceGroups/{spelt(before[-1])}"
    return Link(identity(place, type_name, names))


def _subscription_id(arguments: list[Any], terms: Terms) -> Any:
    before, type_name, names = _split(arguments)
    place = subscription_at(before[0]) if before else terms.place.subscription
    return Link(identity(place, type_name, names)) if type_name else None


def _is_own(named: Any) -> bool:
    """Tell whether a name is taken from what is deployed into (`resourceGroup().name`): its id is then known."""
    return isinstance(named, Link) and named.property in ("name", "subscriptionId")


def subscription_at(named: Any) -> str:
    """Give the id of a subscription; one that is not known opens as every id does that a template does not tell."""
    if isinstance(named, Link) and _is_own(named):
        return named.id
    text = spelt(named)
    return f"template:/subscriptions/{text}" if "[" in text else f"/subscriptions/{text}"


def _tenant_id(arguments: list[Any], _: Terms) -> Any:
    type_name, names = _split(arguments)[1:]
    return Link(identity("", type_name, names)) if type_name else None


def _extension_id(arguments: list[Any], _: Terms) -> Any:
    before, type_name, names = _split(arguments)
    return Link(identity(spelt(before[0]), type_name, names)) if before and type_name else None


def _split(arguments: list[Any]) -> tuple[list[Any], str, str]:
    """Find the type among the arguments; what stands before it, the type, and the whole name behind it.

    The type is empty where no argument is one.
    """
    for index, one in enumerate(arguments):
        if isinstance(one, str) and re.fullmatch(r"[\w-]+(\.[\w-]+)+(/[\w.-]+)+", one) and not one.startswith("/"):
            return arguments[:index], one, "/".join(map(spelt, arguments[index + 1 :]))
    return [], "", ""


def _referred(arguments: list[Any], terms: Terms) -> Any:
    """Work out `reference(resource, …)`, which names a resource by its id or its symbolic name.

    None where it is not plain which. Of a group's own resource the mere name is allowed, which names no type.
    """
    target = arguments[0] if arguments else None
    if isinstance(target, str):
        target = Link(target) if "/providers/" in target else _symbolic([target], terms)
    return Link(target.id, "", whole=True) if isinstance(target, Link) and target.property == "id" else None


def _symbolic(arguments: list[Any], terms: Terms) -> Any:
    """Find the resource of a symbolic name; None where there is none."""
    found = terms.symbols.get(spelt(arguments[0])) if arguments else None
    return Link(found, "", whole=True) if found else None


def _group(arguments: list[Any], terms: Terms) -> Any:
    """Give the resource group that is deployed into; None where another is asked for by name."""
    return None if arguments else Link(terms.place.group, "", whole=True)


def _own_subscription(_: list[Any], terms: Terms) -> Any:
    return Link(terms.place.subscription, "", whole=True)


_FUNCTIONS: Mapping[str, Callable[[list[Any], Terms], Any]] = {
    "parameters": _parameter,
    "variables": _variable,
    ".": _member,
    "concat": _joined,
    "format": _formatted,
    "resourceid": _resource_id,
    "subscriptionresourceid": _subscription_id,
    "tenantresourceid": _tenant_id,
    "extensionresourceid": _extension_id,
    "reference": _referred,
    "resourceinfo": _symbolic,
    "resourcegroup": _group,
    "subscription": _own_subscription,
}
"""What is worked out; of any other function the value is not known."""
