"""What an Azure identity may see: its subscriptions, and the kinds that lists leave out without a word."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from typing import Any

from audit.azure import Client, Refused
from audit.kinds import KINDS, UNKNOWN_TYPE
from audit.model import AuditError, Gap
from audit.sources.answers import Seen, gap_of, hidden_with

SUBSCRIPTIONS_API = "2022-12-01"
PERMISSIONS_API = "2022-04-01"
_STRANGER = "Contoso.Unheard/of/read"
"""Stands for reading any type."""
ROLE = "Grant the role of docs/auditor-role.json"


def visible(client: Client, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the subscriptions to read, in lower case; raises `AuditError` where one cannot be seen."""
    try:
        items = [item for page in client.pages("/subscriptions", SUBSCRIPTIONS_API) for item in page.items]
    except Refused as refused:
        trouble = f"cannot list subscriptions ({refused.why})"
        raise AuditError(f"{trouble}. Sign in with `az login`, or check the identity.") from refused
    seen = sorted(str(item.get("subscriptionId", "")).lower() for item in items)
    hidden = [scope for scope in wanted if scope.lower() not in seen]
    if hidden or not seen:
        what = f"subscription {hidden[0]}" if hidden else "any subscription"
        raise AuditError(f"this identity cannot see {what}. {ROLE} there.")
    return tuple(scope.lower() for scope in wanted) or tuple(seen)


def permissions(client: Client, scope: str) -> Seen:
    """Find which kinds the identity may not read: lists leave those out without a word.

    https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource-group
    """
    path = f"/subscriptions/{scope}/providers/Microsoft.Authorization/permissions"
    try:
        granted = [item for page in client.pages(path, PERMISSIONS_API) for item in page.items]
    except Refused as refused:
        return Seen((), (gap_of(f"what this identity may read in {scope}", refused, ()),))
    gaps = []
    for kind in KINDS:
        if (kind.path or kind.table) and not any(_grants(item, kind.permission) for item in granted):
            reason = f"this identity lacks {kind.permission} in subscription {scope}. {ROLE}"
            gaps.append(Gap(reason, hidden_with(kind)))
    if not any(_grants(item, _STRANGER) for item in granted):
        reason = f"types that no row knows may be hidden in subscription {scope}: this identity may not read every type"
        gaps.append(Gap(f"{reason}. Grant Reader beside the role of docs/auditor-role.json", (UNKNOWN_TYPE.arm,)))
    return Seen((), tuple(gaps))


def _grants(item: Mapping[str, Any], action: str) -> bool:
    """Tell whether one of an identity's permissions lets it do `action`.

    https://learn.microsoft.com/azure/role-based-access-control/role-definitions#actions
    """
    return _matches(item.get("actions"), action) and not _matches(item.get("notActions"), action)


def _matches(patterns: Any, action: str) -> bool:
    listed = patterns if isinstance(patterns, list) else []
    return any(re.match(translate(str(pattern).lower()), action.lower()) for pattern in listed)
