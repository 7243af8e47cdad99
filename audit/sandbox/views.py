"""What Azure shows at a second path: settings that are only read there, made from what is kept elsewhere."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from audit.sandbox import permissions, resources
from audit.sandbox.address import Address, parse
from audit.sandbox.answers import Call, Reply
from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

Tell = Callable[[Store, str], Mapping[str, Any]]
"""Tells the properties of a view from the path of what it belongs to; raises `Refusal` where that is not there."""


def answer(call: Call, address: Address) -> Reply | None:
    """Answer a view, or the list that holds it alone; None where the path leads to none."""
    for pattern, tell in _VIEWS.items() if call.method == "GET" else ():
        found = pattern.fullmatch(address.path)
        if found is None:
            continue
        owner, segment, name = found["owner"], found["segment"], found["name"]
        type_name = f"{address.provider}/{address.types[0]}/{segment}"
        permissions.demand(call.store, f"{type_name}/read", address.path, CLIENT)
        if (above := parse(owner)) is not None:
            resources.read(call.store, above)
        body = {"id": f"{owner}/{segment}/{name or 'default'}", "name": name or "default", "type": type_name}
        whole = {**body, "properties": tell(call.store, owner)}
        return Reply(200, whole if name else {"value": [whole]})
    return None


def spelt_for(version: str, type_name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a resource as an old API version spells it; almost always that is how it is spelt today."""
    renamed = _SPELT.get((version, type_name))
    if renamed is None:
        return body
    properties = body.get("properties") or {}
    return {**body, "properties": {renamed.get(name, name): value for name, value in properties.items()}}


def _auditing(store: Store, server: str) -> Mapping[str, Any]:
    """Tell the auditing of a server without the filter of events, which is all that the extended setting adds.

    https://learn.microsoft.com/rest/api/sql/server-auditing-settings/get
    """
    extended = parse(f"{server}/extendedAuditingSettings/default")
    properties: Mapping[str, Any] = resources.read(store, extended)["properties"] if extended else {}
    return {name: value for name, value in properties.items() if name != "predicateExpression"}


def _assessment(store: Store, server: str) -> Mapping[str, Any]:
    """Tell of the classic assessment that nobody set up: it has no container, and would write to the administrators.

    https://learn.microsoft.com/rest/api/sql/server-vulnerability-assessments/get (`emailSubscriptionAdmins`)
    """
    return {"recurringScans": {"emailSubscriptionAdmins": True}}


def _sign_in(store: Store, site: str) -> Mapping[str, Any]:
    """Tell of the sign-in that App Service puts before a site, which is off until somebody sets it up.

    https://learn.microsoft.com/azure/app-service/overview-authentication-authorization
    """
    return {"platform": {"enabled": False}}


def _at(owner: str, segment: str, name: str) -> re.Pattern[str]:
    """Make the pattern of a view's path: below what it belongs to."""
    return re.compile(rf"(?P<owner>/.+/providers/{owner}/[^/]+)/(?P<segment>{segment}){name}", re.IGNORECASE)


_VIEWS: Mapping[re.Pattern[str], Tell] = {
    _at("Microsoft.Sql/servers", "auditingSettings", "(?:/(?P<name>default))?"): _auditing,
    _at("Microsoft.Sql/servers", "vulnerabilityAssessments", "(?:/(?P<name>default))?"): _assessment,
    # Its clients read it as `…/authsettingsV2/list`, which answers no list.
    _at("Microsoft.Web/sites", "config", "/(?P<name>authsettingsV2)(?:/list)?"): _sign_in,
}
# https://learn.microsoft.com/rest/api/sql/transparent-data-encryptions/get?view=rest-sql-2014-04-01
_SPELT = {("2014-04-01", "microsoft.sql/servers/databases/transparentdataencryption"): {"state": "status"}}
"""API version and type → the names of today and those of that version."""
