"""Which resources lie in which table of Resource Graph, and what their rows there look like.

The tables and their types: https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from audit.kinds import BY_ARM
from audit.sandbox.address import GROUP_TYPE, SUBSCRIPTION_TYPE, Address, parse
from audit.sandbox.kusto_values import Shape
from audit.sandbox.singletons import singleton, singletons
from audit.sandbox.store import Store

Row = dict[str, Any]

_TEXTS = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
_OBJECTS = ("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation")
COLUMNS: Mapping[str, Shape] = {
    **dict.fromkeys(_TEXTS, Shape.TEXT),
    **dict.fromkeys(_OBJECTS, Shape.OBJECT),
    "apiVersion": Shape.TEXT,
}
"""The columns of every table here."""

_RECORDS = ("a", "aaaa", "cname", "mx", "ptr", "soa", "srv", "txt")
_PROTECTED = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
_GROUP_ROW = "microsoft.resources/subscriptions/resourcegroups"
_CONTAINERS = "resourcecontainers"
_TRACKED = "resources"

TABLES: Mapping[str, tuple[str, ...]] = {
    # Besides these, every type of one step that stands in a group and has a location: see `_is_tracked`.
    _TRACKED: (
        "microsoft.compute/virtualmachines/extensions",
        "microsoft.network/networkwatchers/flowlogs",
        "microsoft.network/privatednszones/virtualnetworklinks",
        "microsoft.sql/managedinstances/databases",
        "microsoft.sql/servers/databases",
        "microsoft.sql/servers/elasticpools",
        "microsoft.web/sites/slots",
    ),
    _CONTAINERS: (SUBSCRIPTION_TYPE, GROUP_TYPE),
    "appserviceresources": ("microsoft.web/sites/config", "microsoft.web/sites/slots/config"),
    "authorizationresources": (
        "microsoft.authorization/classicadministrators",
        "microsoft.authorization/roleassignments",
        "microsoft.authorization/roledefinitions",
    ),
    "deploymentresources": ("microsoft.resources/deploymentstacks",),
    "dnsresources": tuple(
        f"microsoft.network/{zones}/{record}" for zones in ("dnszones", "privatednszones") for record in _RECORDS
    ),
    "featureresources": ("microsoft.features/featureproviders/subscriptionfeatureregistrations",),
    "guestconfigurationresources": (
        "microsoft.guestconfiguration/guestconfigurationassignments",
        "microsoft.guestconfiguration/guestconfigurationassignments/reports",
    ),
    "healthresources": ("microsoft.resourcehealth/availabilitystatuses",),
    "insightresources": ("microsoft.insights/datacollectionruleassociations",),
    "maintenanceresources": (
        "microsoft.maintenance/applyupdates",
        "microsoft.maintenance/configurationassignments",
        "microsoft.maintenance/updates",
    ),
    "managedserviceresources": (
        "microsoft.managedservices/registrationassignments",
        "microsoft.managedservices/registrationdefinitions",
    ),
    "patchassessmentresources": (
        "microsoft.compute/virtualmachines/patchassessmentresults",
        "microsoft.compute/virtualmachines/patchassessmentresults/softwarepatches",
    ),
    "patchinstallationresources": (
        "microsoft.compute/virtualmachines/patchinstallationresults",
        "microsoft.compute/virtualmachines/patchinstallationresults/softwarepatches",
    ),
    "policyresources": (
        "microsoft.authorization/policyassignments",
        "microsoft.authorization/policydefinitions",
        "microsoft.authorization/policyexemptions",
        "microsoft.authorization/policysetdefinitions",
        "microsoft.policyinsights/policystates",
    ),
    "recoveryservicesresources": (
        "microsoft.dataprotection/backupvaults/backupinstances",
        "microsoft.dataprotection/backupvaults/backupjobs",
        "microsoft.dataprotection/backupvaults/backuppolicies",
        "microsoft.dataprotection/backupvaults/deletedbackupinstances",
        "microsoft.recoveryservices/vaults",
        _PROTECTED,
        "microsoft.recoveryservices/vaults/backupjobs",
        "microsoft.recoveryservices/vaults/backuppolicies",
        "microsoft.recoveryservices/vaults/replicationfabrics/replicationprotectioncontainers/replicationprotecteditems",
        "microsoft.recoveryservices/vaults/replicationjobs",
        "microsoft.recoveryservices/vaults/replicationpolicies",
        "microsoft.recoveryservices/vaults/replicationrecoveryplans",
    ),
    "securityresources": (
        "microsoft.security/assessments",
        "microsoft.security/assessments/subassessments",
        "microsoft.security/locations/alerts",
        "microsoft.security/pricings",
        "microsoft.security/regulatorycompliancestandards",
        "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols",
        "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments",
        "microsoft.security/securescores",
        "microsoft.security/securescores/securescorecontrols",
        "microsoft.security/standardassignments",
    ),
    "servicehealthresources": ("microsoft.resourcehealth/events",),
}
"""Table → its types, in lower case. What is in none is in no row: locks, keys, diagnostic settings, containers."""

_ELSEWHERE = frozenset(
    {"microsoft.resources/deployments", GROUP_TYPE}
    | {kind for table, kinds in TABLES.items() if table != _TRACKED for kind in kinds}
) - {"microsoft.recoveryservices/vaults"}


def rows(store: Store, table: str, subscriptions: Iterable[str] | None = None) -> list[Row]:
    """Return the rows of a table, in order of ids: those of some subscriptions, or of all; empty where there are none.

    What belongs to no subscription, such as a built-in role, is in every answer. Raises `KeyError` for a table that is
    not in `TABLES`.
    """
    wanted = {name.lower() for name in (store.subscriptions if subscriptions is None else subscriptions)} | {""}
    found = []
    for body in _listed(store, table):
        address = parse(str(body["id"]))
        if address is None or address.subscription.lower() not in wanted:
            continue
        if table != _TRACKED or _is_tracked(address, body):
            found.append(_row(store.tenant, address, body))
    if table == _CONTAINERS:
        found += [_subscription_row(store, name) for name in store.subscriptions if name.lower() in wanted]
    return sorted(found, key=lambda row: str(row["id"]).lower())


def _listed(store: Store, table: str) -> Iterator[dict[str, Any]]:
    """Yield the resources that a table may hold, and the children among them that are there without being put."""
    stored = store.listed() if table == _TRACKED else store.listed(type=TABLES[table])
    yield from stored
    there = {str(body["id"]).lower() for body in stored}
    for parent_type in sorted({kind.rpartition("/")[0] for kind in TABLES[table]}):
        wanted = [pair for pair in singletons(parent_type) if f"{parent_type}/{pair[0]}".lower() in TABLES[table]]
        for parent in store.listed(type=parent_type) if wanted else ():
            children = (singleton(parent, segment, name) for segment, name in wanted)
            yield from (child for child in children if str(child["id"]).lower() not in there)


def _is_tracked(address: Address, body: Mapping[str, Any]) -> bool:
    """Tell whether a resource is in the table `resources`: one that ARM tracks, directly in a resource group.

    https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits calls it a
    tracked resource: it has a location. An extension belongs to what it is attached to.
    """
    if address.type in TABLES[_TRACKED]:
        return True
    group = f"/subscriptions/{address.subscription}/resourcegroups/{address.group}".lower()
    in_group = bool(address.group) and address.scope.lower() == group and len(address.types) == 1
    return in_group and bool(body.get("location")) and address.type not in _ELSEWHERE


def _row(tenant: str, address: Address, body: Mapping[str, Any]) -> Row:
    """Make the row of a resource: a text that is not there is empty, an object null, types and groups in lower case."""
    kind = _GROUP_ROW if address.type == GROUP_TYPE else address.type
    known = BY_ARM.get(address.type)
    texts = {
        "id": body["id"],
        "name": body.get("name", address.name),
        "type": kind,
        "tenantId": tenant,
        "kind": body.get("kind") or "",
        "location": str(body.get("location") or "").replace(" ", "").lower(),
        "resourceGroup": address.group.lower(),
        "subscriptionId": address.subscription.lower(),
        "managedBy": body.get("managedBy") or "",
        "apiVersion": known.api if known else "",
    }
    return {**texts, **{name: body.get(name) for name in _OBJECTS}, "properties": _properties(kind, body)}


def _subscription_row(store: Store, subscription: str) -> Row:
    document = store.document("subscription", subscription.lower()) or {}
    body = {
        "id": f"/subscriptions/{subscription}",
        "name": document.get("displayName", subscription),
        "properties": {"state": "Enabled", "tags": {}},
    }
    address = Address(path=body["id"], subscription=subscription)
    return _row(store.tenant, address, body)


def _properties(kind: str, body: Mapping[str, Any]) -> Any:
    """Give a row's `properties`: as ARM has them, but for two types that Resource Graph fills from elsewhere."""
    properties = body.get("properties")
    if not isinstance(properties, Mapping):
        return properties
    if kind == _PROTECTED:
        return _protected(properties)
    if kind in TABLES["appserviceresources"]:
        # A site's configuration has its names in PascalCase there, as in https://github.com/Azure/azqr/issues/847.
        return {name[:1].upper() + name[1:]: value for name, value in properties.items()}
    return properties


_SHARED = ("backupManagementType", "friendlyName", "lastRecoveryPoint", "policyId", "policyName", "sourceResourceId")
_CURRENT = {"Protected": "ProtectionConfigured", "IRPending": "ProtectionConfigured"}


def _protected(properties: Mapping[str, Any]) -> Row:
    """Make the properties of a protected item, which has fewer there and calls its state by other names.

    https://learn.microsoft.com/azure/backup/query-backups-using-azure-resource-graph
    """
    state = properties.get("protectionState")
    if properties.get("isScheduledForDeferredDelete") is True:
        state = "SoftDeleted"
    source = properties.get("sourceResourceId") or ""
    address = parse(source) if source else None
    return {
        **{name: properties[name] for name in _SHARED if name in properties},
        **({"currentProtectionState": _CURRENT.get(state, state)} if state else {}),
        "dataSourceInfo": {"resourceID": source, "resourceType": address.spelt_type if address else ""},
    }
