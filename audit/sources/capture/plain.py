"""Turns a registration's inputs into plain JSON: whole numbers whole, keys in order, secrets and unknowns marked."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime import rpc

from audit.secret_names import called, is_secret
from audit.sources.capture.answers import is_placeholder
from audit.sources.capture.references import REFERENCE

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # Pulumi's published mark for a secret, not a secret
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_MARKS = {"$unknown", "$secret", "$reference", "$ambiguous", "$misshapen"}

secrets: set[str] = set()
"""Every secret text met so far, so that an error message that quotes one can be cleaned."""
_declared: set[str] = set()
"""Texts that the program itself calls secret, wherever they turn up again; short ones are words of the language."""
_SHORTEST = 8


def plain(value: Any, name: str = "") -> Any:
    """Return `value` as plain JSON with `$unknown`, `$secret` and `$reference` marks; `name` is the property's.

    A text that holds a secret anywhere is a secret as a whole. Keys are sorted, so that the same inputs give the same
    bytes.
    """
    if isinstance(value, Mapping):
        return _mapping(value, name)
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    if value == rpc.UNKNOWN or is_placeholder(value):
        return {"$unknown": True}
    if isinstance(value, str) and value and is_secret(name):
        remember(value)
        return {"$secret": True}
    if isinstance(value, str) and any(text in value for text in _declared):
        return {"$secret": True}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _mapping(value: Mapping[str, Any], name: str) -> Any:
    """Turn one object into plain JSON: Pulumi's own special objects become marks, told by their published signatures.

    An asset or archive is unknown: its contents are not read. See `specialSigKey` in Pulumi's SDKs.
    """
    signature = value.get(_SIGNATURE)
    if signature == _SECRET:
        remember(value.get("value"))
        return {"$secret": True}
    if signature == _RESOURCE:
        return {"$reference": value.get("urn", ""), "property": "id"}
    if signature is not None:
        return {"$unknown": True}
    if REFERENCE in value:
        suffix = {"suffix": value["suffix"]} if value["suffix"] else {}
        return {"$reference": value[REFERENCE], "property": value["property"], **suffix}
    if not _MARKS.isdisjoint(value):
        # The program's own words are no marks of ours: a link that it made up must not look like one that was seen.
        return {"$misshapen": True}
    return {key: plain(value[key], called(value, key, name)) for key in sorted(value)}


def remember(value: Any) -> None:
    """Keep every text inside a secret, to clean messages with.

    It may be called with anything a secret can be, an unknown value included.
    """
    secrets.update(_texts(value))


def declare(value: Any) -> None:
    """Keep what the program itself calls secret out of everything that is written down."""
    remember(value)
    _declared.update(text for text in _texts(value) if len(text) >= _SHORTEST)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside a secret, as it is and as messages quote it.

    Yields nothing for numbers and truth values: they are too common to be taken out of messages.
    """
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
    elif isinstance(value, str) and value != rpc.UNKNOWN:
        yield from (value, repr(value)[1:-1], *value.splitlines())


_SHORT = 3
"""Characters up to which a secret is taken out of a message only as a whole word."""


def clean(text: str) -> str:
    """Take every secret met so far out of a message, and make it one line."""
    for secret in sorted(secrets, key=len, reverse=True):
        # A short one may be a part of many words: it goes where it stands by itself.
        pattern = re.escape(secret) if len(secret) > _SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)"
        text = re.sub(pattern, "[secret]", text)
    return " ".join(text.split())[:400]
