"""Turns a registration's inputs into plain JSON: whole numbers whole, keys in order, secrets and unknowns marked."""

import re
from collections.abc import Mapping
from typing import Any

from pulumi.runtime import rpc

from audit.sources.capture.answers import is_placeholder
from audit.sources.capture.references import REFERENCE

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # Pulumi's published mark for a secret, not a secret
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_SECRET_NAME = re.compile(
    r"(password|passwd|secret|connection_?string|sas_?token|access_?key|account_?key|shared_?key|private_?key|api_?key"
    r"|primary_?key|secondary_?key|custom_?data|user_?data|token)$",
    re.IGNORECASE,
)
"""Properties whose text is a secret by its name, even where the program forgot to say so."""

secrets: set[str] = set()
"""Every secret text met so far, so that an error message that quotes one can be cleaned."""


def plain(value: Any, name: str = "") -> Any:
    """Return `value` as plain JSON with `$unknown`, `$secret` and `$reference` marks."""
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    if value == rpc.UNKNOWN or is_placeholder(value):
        return {"$unknown": True}
    if isinstance(value, str) and value and _SECRET_NAME.search(name):
        secrets.add(value)
        return {"$secret": True}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _mapping(value: Mapping[str, Any]) -> Any:
    signature = value.get(_SIGNATURE)
    if signature == _SECRET:
        _remember(value.get("value"))
        return {"$secret": True}
    if signature == _RESOURCE:
        return {"$reference": value.get("urn", ""), "property": "id"}
    if signature is not None:
        return {"$unknown": True}
    if REFERENCE in value:
        suffix = {"suffix": value["suffix"]} if value["suffix"] else {}
        return {"$reference": value[REFERENCE], "property": value["property"], **suffix}
    return {key: plain(value[key], key) for key in sorted(value)}


def _remember(value: Any) -> None:
    """Keep every text inside a secret, to clean messages with."""
    if isinstance(value, Mapping):
        for item in value.values():
            _remember(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _remember(item)
    elif isinstance(value, str) and value != rpc.UNKNOWN:
        secrets.add(value)


def clean(text: str) -> str:
    """Take every secret met so far out of a message, and make it one line."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) > 3:  # noqa: PLR2004  # shorter ones are words of the language too
            text = text.replace(secret, "[secret]")
    return " ".join(text.split())[:400]
