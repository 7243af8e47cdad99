"""What the identity that asks may do: by default all, unless a test narrows it."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from audit.sandbox.answers import Refusal
from audit.sandbox.store import Store

KIND = "permissions"
"""The kind of the store's document; its id is `default`, its `value` what ARM answers as permissions."""
EVERYTHING = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}


def granted(store: Store) -> list[dict[str, Any]]:
    """Return the permissions of the identity as `Microsoft.Authorization/permissions` lists them."""
    found = store.document(KIND, "default")
    return list(found["value"]) if found else [EVERYTHING]


def grant(store: Store, actions: Sequence[str], not_actions: Sequence[str] = ()) -> None:
    """Let the identity do just what these actions name; `*` stands for anything."""
    value = {**EVERYTHING, "actions": list(actions), "notActions": list(not_actions)}
    store.put_document(KIND, "default", {"value": [value]})


def allowed(store: Store, action: str) -> bool:
    """Tell whether the identity may do an action, such as `Microsoft.Storage/storageAccounts/read`.

    An action is allowed where one permission names it and does not take it out again:
    https://learn.microsoft.com/azure/role-based-access-control/role-definitions#how-actions-and-notactions-work
    """
    return any(_names(one, "actions", action) and not _names(one, "notActions", action) for one in granted(store))


def demand(store: Store, action: str, scope: str, client: str) -> None:
    """Raise the refusal that ARM gives where the identity may not do `action` at `scope`."""
    if not allowed(store, action):
        raise denied(action, scope, client)


def denied(action: str, scope: str, client: str) -> Refusal:
    """Refuse an action as ARM does: the message names the identity, the action and the scope.

    https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
    """
    message = (
        f"The client '{client}' with object id '{client}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return Refusal(403, "AuthorizationFailed", message)


def _names(permission: Mapping[str, Any], part: str, action: str) -> bool:
    return any(_pattern(name).fullmatch(action) for name in permission.get(part, ()))


@lru_cache(maxsize=1024)
def _pattern(action: str) -> re.Pattern[str]:
    return re.compile(re.escape(action).replace(r"\*", ".*"), re.IGNORECASE)
