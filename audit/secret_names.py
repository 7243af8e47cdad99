"""Tells which properties hold a secret by their names alone, even where a program forgot to say so."""

import re
from collections.abc import Mapping
from typing import Any

_SECRET_NAME = re.compile(
    r"(password|passwd|passphrase|pwd|secret|secret_?(string|binary|value)|connection_?string|sas_?token|access_?key"
    r"|account_?key|shared_?key|private_?key|api_?key|primary_?key|secondary_?key|storage_?key|custom_?data|user_?data"
    r"|token|protected_?settings)$",
    re.IGNORECASE,
)
_CARRIERS = ("value", "defaultValue", "properties")
"""Keys that say nothing themselves: what they hold is called after what holds them."""
_SEALED = ("protectedsettings", "protected_settings")
"""Objects whose every text is a secret."""


def is_secret(name: str) -> bool:
    """Tell whether a text in a property of this name is a secret."""
    return _SECRET_NAME.search(name) is not None


def of_token(token: str) -> str:
    """Give the name that the inputs of a resource type are called by: a secret of a vault is called `value`.

    Empty for any other type.
    """
    return "secret" if token.endswith(":Secret") else ""


def called(holder: Mapping[str, Any], key: str, name: str) -> str:
    """Say what the value at `key` is called: `{"name": "DB_PASSWORD", "value": …}` is a password by its neighbour.

    `name` is what the holder itself is called.
    """
    if name.lower() in _SEALED:
        return name
    if key not in _CARRIERS:
        return key
    if str(holder.get("type", "")).lower() in ("securestring", "secureobject"):
        return "secret"
    beside = holder.get("name")
    return beside if key == "value" and isinstance(beside, str) and is_secret(beside) else name
