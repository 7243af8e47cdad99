"""What Azure shows at a second path: settings that are only read there, made from what is kept elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from audit.sandbox import permissions, resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Reply
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

Tell = Callable[[Store, str], dict[str, Any]]
"""Tells the properties of a view from what it belongs to, by its path; raises `Refusal` where that is not there."""


def answer(call: Call, address: Address) -> Reply | None:
    """Answer a view, or the list that holds it alone; None where the path leads to none."""
    name = address.names[-1] if address.types and not address.collection else ""
    found = _VIEWS.get(address.type) if call.method == "GET" else None
    if found is None or name.lower() not in ("", found[0].lower()) or (address.collection and not found[1]):
        return None
    permissions.demand(call.store, f"{address.spelt_type}/read", address.path, CLIENT)
    resources.demand_above(call.store, address)
    path = address.path if name else f"{address.path}/{found[0]}"
    properties = found[2](call.store, address.above)
    body = {"id": path, "name": found[0], "type": address.spelt_type, "properties": properties}
    return Reply(200, body if name else {"value": [body]})


def _auditing(store: Store, server: str) -> dict[str, Any]:
    """Tell the auditing of a server without the filter of events, which is all that the extended setting adds.

    https://learn.microsoft.com/rest/api/sql/server-auditing-settings/get
    """
    extended = parse(f"{server}/extendedAuditingSettings/default")
    properties: Mapping[str, Any] = resources.read(store, extended)["properties"] if extended else {}
    return {name: value for name, value in properties.items() if name != "predicateExpression"}


def _assessment(store: Store, server: str) -> dict[str, Any]:
    """Tell of the classic assessment that nobody set up: it has no container, and writes to the administrators.

    https://learn.microsoft.com/rest/api/sql/server-vulnerability-assessments/get (`emailSubscriptionAdmins`)
    """
    return {"recurringScans": {"emailSubscriptionAdmins": True}}


def _sign_in(store: Store, site: str) -> dict[str, Any]:
    """Tell of the sign-in that App Service puts before a site, which is off until somebody sets it up.

    https://learn.microsoft.com/rest/api/appservice/web-apps/get-auth-settings-v2
    """
    return {"platform": {"enabled": False}}


_VIEWS: Mapping[str, tuple[str, bool, Tell]] = {
    "microsoft.sql/servers/auditingsettings": ("default", True, _auditing),
    "microsoft.sql/servers/vulnerabilityassessments": ("default", True, _assessment),
    "microsoft.web/sites/config": ("authsettingsV2", False, _sign_in),
}
"""Type → the fixed name, whether a list of it is the view's own, and what it tells."""
