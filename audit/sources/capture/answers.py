"""Answers a program's calls to providers (`get_client_config`, `list_storage_account_keys`) without a cloud.

Every text given is a placeholder that is recognised again where it turns up in a resource's inputs, and told as
unknown there: an invented answer must never look like something that was seen.
"""

import sys
import typing
from typing import Any

from pulumi import _types

PLACEHOLDER = "a0d17000-0000-4000-8000-00000000c0de"
PLACEHOLDER_NUMBER = 917_171_719
_DEPTH = 6
"""How many output types are filled inside each other; some hold themselves."""
_LISTS = 2
"""How many lists inside each other have several elements: with more, one virtual network is 800,000 texts."""
_types_by_token: dict[str, type] = {}
"""Provider call → the type its caller declared for the answer."""


def install() -> None:
    """Remember the declared result type of each provider call, so that it can be answered in its own shape."""
    module = sys.modules["pulumi.runtime.invoke"]
    original = module._invoke  # the one place that every kind of provider call passes through

    def remembered(tok: str, props: Any, opts: Any, typ: Any, **more: Any) -> Any:
        if typ is not None:
            _types_by_token[tok] = typ
        return original(tok, props, opts, typ, **more)

    module._invoke = remembered  # type: ignore[attr-defined]  # see above


def answer(token: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer a provider call with placeholders of the declared shape; its own arguments come back as they were.

    Empty where no type was declared. What the program asked for by name keeps that name, as the cloud would answer it.
    """
    shape = _types_by_token.get(token)
    made = _object(shape, 0) if shape else {}
    echoed = {key: value for key, value in arguments.items() if isinstance(value, str) and key in made}
    return {**made, **echoed}


def _object(shape: type, depth: int, lists: int = 0) -> dict[str, Any]:
    """Fill an output type, which lies in so many lists, with placeholders, by Pulumi's own names."""
    if depth > _DEPTH:
        return {}
    return {name: _value(kind, depth + 1, lists) for name, kind in _types.output_type_types(shape).items()}


def _value(shape: Any, depth: int, lists: int) -> Any:
    """Make a placeholder of one type; a truth value is None, since either answer would be an invention.

    Lists get three elements: programs take the first, or spread themselves over a few zones. Lists deep inside get one.
    """
    shape = _types.unwrap_type(shape)
    origin, arguments = typing.get_origin(shape), typing.get_args(shape)
    if isinstance(shape, type) and _types.is_output_type(shape):
        return _object(shape, depth, lists)
    if origin in (list, typing.get_origin(typing.Sequence[str])):
        return [_value(arguments[0], depth, lists + 1)] * (3 if lists < _LISTS else 1) if arguments else []
    if origin in (dict, typing.get_origin(typing.Mapping[str, str])):
        return {}
    return {bool: None, int: PLACEHOLDER_NUMBER, float: PLACEHOLDER_NUMBER}.get(shape, PLACEHOLDER)


def is_placeholder(value: Any) -> bool:
    """Tell whether a value was invented here.

    A text counts where a placeholder is any part of it, since programs build names and addresses out of answers.
    """
    if isinstance(value, str):
        return PLACEHOLDER in value
    return isinstance(value, float | int) and value == PLACEHOLDER_NUMBER
