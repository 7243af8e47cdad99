"""Keeps a link between two declared resources a link, where Pulumi alone would only say that the value is unknown.

Every output of a resource is labelled with the resource and property it stands for. When an input is serialised and
turns out unknown, the label goes into the registration in its place. The program itself never sees a label: for it
the value stays unknown, so it cannot compute with an id that does not exist yet.
"""

import string
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi import _types
from pulumi.runtime import rpc

REFERENCE = "promise-audit:reference"
_LABEL = "_promise_audit_label"
_Label = tuple[Any, Any]
"""A resource with a property path, or the parts of a concatenation with the word `concat`."""


def install() -> None:
    """Teach Pulumi's outputs to carry labels and its serialiser to write them.

    Must run before the program makes its first output: one made earlier carries no label, and its links are unknown
    values.
    """
    _label_derived("__getattr__", "{}.{}")
    _label_derived("__getitem__", "{}[{}]")
    _label_concatenation()
    _label_from_input()
    serialiser: Any = rpc
    original = serialiser.serialize_property

    async def serialize_property(value: Any, deps: Any, key: Any, resource: Any = None, *rest: Any, **more: Any) -> Any:
        result = await original(value, deps, key, resource, *rest, **more)
        if resource is not None and isinstance(value, pulumi.Output) and result == rpc.UNKNOWN:
            return await _reference(value) or result
        return result

    serialiser.serialize_property = serialize_property


def label_outputs(resource: pulumi.Resource) -> None:
    """Label every output of a resource that was just constructed."""
    names = resource_names(type(resource))
    for attribute, value in vars(resource).items():
        if isinstance(value, pulumi.Output):
            _set(value, (resource, names.get(attribute, attribute)))


def resource_names(resource_class: type) -> dict[str, str]:
    """Map a resource class's Python attributes to Pulumi's property names."""
    return _types.resource_py_to_pulumi_names(resource_class)


def _set(output: Any, label: _Label) -> None:
    """Label an output in place."""
    # Not by `getattr`, with which an output makes another output of every name that it does not know.
    output.__dict__[_LABEL] = label


def _get(output: Any) -> _Label | None:
    """Return an output's label; None where it carries none, or is no output."""
    return output.__dict__.get(_LABEL) if isinstance(output, pulumi.Output) else None


def _label_derived(method: str, spelling: str) -> None:
    """Label what is lifted out of a labelled output: `account.primary_endpoints.blob`, `keys[0]`.

    What comes out of a concatenation gets no label: a part of a text stands for no property.
    """
    original: Callable[..., Any] = getattr(pulumi.Output, method)

    def lifted(self: Any, key: Any) -> Any:
        derived = original(self, key)
        label = _get(self)
        if label and label[0] != "concat":
            _set(derived, (label[0], spelling.format(label[1], key)))
        return derived

    setattr(pulumi.Output, method, lifted)


def _label_concatenation() -> None:
    """Label `Output.concat(server.id, "/databases/master")`, and `Output.format` to the same effect."""
    outputs: Any = pulumi.Output
    concat, formatted = outputs.concat, outputs.format

    def labelled_concat(*args: Any) -> Any:
        result = concat(*args)
        _set(result, ("concat", args))
        return result

    def labelled_format(text: Any, *args: Any, **named: Any) -> Any:
        result = formatted(text, *args, **named)
        if isinstance(text, str):
            _set(result, ("concat", tuple(_format_parts(text, args, named))))
        return result

    outputs.concat = staticmethod(labelled_concat)
    outputs.format = staticmethod(labelled_format)


def _format_parts(text: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Take a format string apart into literal text and the values between.

    A field that is neither numbered nor named counts up, as `str.format` does. One that nothing is given for yields
    None.
    """
    position = 0
    for literal, field, _, _ in string.Formatter().parse(text):
        if literal:
            yield literal
        if field is None:
            continue
        key = field or str(position)
        position += not field
        yield args[int(key)] if key.isdigit() and int(key) < len(args) else named.get(key)


def _label_from_input() -> None:
    """Keep the label of an output that the SDK wraps anew, as it does with every argument."""
    outputs: Any = pulumi.Output
    original = outputs.from_input

    def from_input(value: Any) -> Any:
        result = original(value)
        label = _get(value)
        if label and result is not value:
            _set(result, label)
        return result

    outputs.from_input = staticmethod(from_input)


async def _reference(output: Any) -> dict[str, str] | None:
    """Write an unknown output's label as a reference; None where it carries none that can be told.

    A concatenation is one where it opens with a link and goes on in known text: `server.id` and `/databases/master`.
    """
    label = _get(output)
    if label is None:
        return None
    owner, path = label
    if owner != "concat":
        return {REFERENCE: await owner.urn.future(), "property": path, "suffix": ""}
    head, *tail = path
    first = await _reference(head) if isinstance(head, pulumi.Output) else None
    texts = [await _text(part) for part in tail]
    if first is None or None in texts:
        return None
    return {**first, "suffix": first["suffix"] + "".join(str(text) for text in texts)}


async def _text(part: Any) -> str | None:
    """Return a part of a concatenation as text; None where it is unknown or no text."""
    if isinstance(part, pulumi.Output):
        value = await part.future() if await part.is_known() else None
        return value if isinstance(value, str) else None
    return part if isinstance(part, str) else None
