"""What a healthy estate shows after its first day: backups that ran, copies in step, machines that were looked at.

None of it is declared by anybody: Azure makes it in time, so an estate that was loaded a moment ago lacks it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from audit.kinds.authorization import ROLE_ASSIGNMENT_SCHEDULE_INSTANCE
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.kinds.scopes import OWNER
from audit.kinds.sql import FAILOVER_GROUP, SQL_DATABASE
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Kind, days
from audit.placement import guid
from audit.sandbox import resources, settled_sql
from audit.sandbox.address import of_resource
from audit.sandbox.defaults import instance_view
from audit.sandbox.made import moment
from audit.sandbox.settled_backups import Told, backups
from audit.sandbox.store import EXPANDED, Store
from audit.sandbox.tenant import OWNERS

_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
_BASELINES = ("AzureWindowsBaseline", "AuditSecureProtocol")
"""What Azure's own policies assign: https://learn.microsoft.com/azure/governance/policy/samples/guest-configuration-baseline-windows"""
_NO_FINDINGS = "82e20e14-edc5-4373-bfc4-f13121257c37"
"""Resolved findings of databases: https://learn.microsoft.com/azure/defender-for-cloud/recommendations-reference-data"""
_REGIONS = {"uksouth": "UK South", "ukwest": "UK West"}
"""How SQL calls a region where it tells of a link."""


def settle(store: Store, *, now: datetime) -> int:
    """Let a day pass for all that a local Azure holds, as of `now`; returns how many resources were written.

    Told twice it writes the same again, with later moments. Raises `AuditError` where something is refused.
    """
    written = 0
    _accounts(store, now)
    _agents(store)
    for tell in (_subscriptions, _machines, _keys, _databases, _failover_groups, backups):
        # Each reads what those before it wrote.
        for identity, properties in list(tell(store, now)):
            _write(store, identity, properties)
            written += 1
    settled_sql.fill(store, now)
    return written


def _write(store: Store, identity: str, properties: Mapping[str, Any]) -> None:
    """Add properties to a resource, or make it with these."""
    address = of_resource(identity)
    known = store.read(identity) or resources.singleton_of(store, address)
    if known is None:
        resources.put(store, address, {"properties": dict(properties)})
    else:
        store.put(identity, resources.merged(known, {"properties": properties}))


def _each(store: Store, kind: Kind) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield every resource of a kind: its id, itself and its properties."""
    for found in store.listed(kind.arm):
        yield str(found["id"]), found, found.get("properties") or {}


def _subscriptions(store: Store, now: datetime) -> Iterator[Told]:
    """Tell who owns each subscription, for how long, and what it was registered for.

    https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-instances
    """
    for subscription in store.subscriptions:
        root = f"/subscriptions/{subscription}"
        role = f"{root}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
        for owner in OWNERS:
            held = {"principalId": owner, "principalType": "User", "roleDefinitionId": role, "scope": root}
            name = guid(root, owner)
            assignment = f"{root}/providers/Microsoft.Authorization/roleAssignments/{name}"
            yield assignment, held
            activated = {"assignmentType": "Activated", "memberType": "Direct", "status": "Provisioned"}
            lasts = {"startDateTime": moment(now - _HOUR), "endDateTime": moment(now + 7 * _HOUR)}
            yield (
                f"{root}/providers/{ROLE_ASSIGNMENT_SCHEDULE_INSTANCE.arm}/{name}",
                {**held, **activated, **lasts, "originRoleAssignmentId": assignment},
            )
        if any(_demands_host_encryption(found) for found in store.listed(VIRTUAL_MACHINE.arm, subscription)):
            yield _feature(root, "Microsoft.Compute", "EncryptionAtHost")


def _demands_host_encryption(machine: Mapping[str, Any]) -> bool:
    """Tell whether a machine was put with encryption at its host, which Azure refuses where it is not registered."""
    profile = (machine.get("properties") or {}).get("securityProfile") or {}
    return profile.get("encryptionAtHost") is True


def _feature(root: str, provider: str, feature: str) -> Told:
    """Tell of a feature: https://learn.microsoft.com/rest/api/resources/subscription-feature-registrations/get."""
    place = f"Microsoft.Features/featureProviders/{provider}/subscriptionFeatureRegistrations/{feature}"
    return f"{root}/providers/{place}", {
        "providerNamespace": provider,
        "featureName": feature,
        "state": "Registered",
        "subscriptionId": root.rpartition("/")[2],
    }


def _machines(store: Store, now: datetime) -> Iterator[Told]:
    """Tell what Azure found inside each machine: nothing that waits, and the baselines kept.

    https://learn.microsoft.com/azure/update-manager/query-logs
    https://learn.microsoft.com/rest/api/guestconfiguration/guest-configuration-assignments/get
    """
    looked = moment(now - 6 * _HOUR)
    for identity, _, _ in _each(store, VIRTUAL_MACHINE):
        yield (
            f"{identity}/patchAssessmentResults/latest",
            {
                "status": "Succeeded",
                "osType": "Windows",
                "rebootPending": False,
                "startDateTime": looked,
                "lastModifiedDateTime": looked,
                "startedBy": "Platform",
                "availablePatchCountByClassification": {"critical": 0, "security": 0, "other": 0},
            },
        )
        for baseline in _BASELINES:
            yield (
                f"{identity}/providers/Microsoft.GuestConfiguration/guestConfigurationAssignments/{baseline}",
                {
                    "guestConfiguration": {"name": baseline, "version": "1.*"},
                    "complianceStatus": "Compliant",
                    "lastComplianceStatusChecked": looked,
                    "targetResourceId": identity,
                },
            )


def _keys(store: Store, now: datetime) -> Iterator[Told]:
    """Tell when each key was made, and when it ends by its own rotation policy; most keys have none.

    https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation#key-rotation-policy
    """
    made = now - _DAY
    for identity, _, properties in _each(store, KEY_VAULT_KEY):
        attributes = properties.get("attributes") or {}
        lasts = ((properties.get("rotationPolicy") or {}).get("attributes") or {}).get("expiryTime")
        told = {"created": int(made.timestamp()), "updated": int(made.timestamp())}
        if lasts and "exp" not in attributes:
            told["exp"] = int((made + timedelta(days=days(lasts))).timestamp())
        yield identity, {"attributes": {**told, "enabled": attributes.get("enabled", True)}}


def _accounts(store: Store, now: datetime) -> None:
    """Tell how far the copy of each account in the paired region is, to whoever asks for it by name.

    https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties#georeplicationstats
    """
    stats = {"status": "Live", "canFailover": True, "lastSyncTime": moment(now - 5 * _MINUTE)}
    for identity, account, _ in _each(store, STORAGE_ACCOUNT):
        if "GRS" in str((account.get("sku") or {}).get("name")).replace("GZRS", "GRS"):
            store.put_document(EXPANDED, identity.lower(), {"geoReplicationStats": stats})


def _agents(store: Store) -> None:
    """Let each machine run and its agent answer, to whoever asks for it by name."""
    heard = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"}
    view = {**instance_view(), "vmAgent": {"vmAgentVersion": "2.7.41491.1", "statuses": [heard]}}
    for identity, _, _ in _each(store, VIRTUAL_MACHINE):
        store.put_document(EXPANDED, identity.lower(), {"instanceView": view})


def _databases(store: Store, now: datetime) -> Iterator[Told]:
    """Tell of each database when it was made, how far back it can be put, and that no weakness was found.

    https://learn.microsoft.com/rest/api/sql/recoverable-databases/get
    """
    copies = {copy for _, copy in _linked(store)}
    for identity, database, _ in _each(store, SQL_DATABASE):
        if database["name"].lower() == "master":
            continue
        told = {"creationDate": moment(now - _DAY)}
        if identity.lower() not in copies:
            told["earliestRestoreDate"] = moment(now - _DAY + 10 * _MINUTE)
            server, _, name = identity.partition("/databases/")
            yield f"{server}/recoverableDatabases/{name}", {"lastAvailableBackupDate": moment(now - _HOUR)}
        yield identity, told
        yield (
            f"{identity}/providers/Microsoft.Security/assessments/{_NO_FINDINGS}",
            {"status": {"code": "Healthy"}, "resourceDetails": {"source": "Azure", "id": identity}},
        )


def _linked(store: Store) -> Iterator[tuple[str, str]]:
    """Yield each database of a failover group and its copy on the partner, in lower case."""
    groups = (properties for _, _, properties in _each(store, FAILOVER_GROUP))
    for properties in (found for found in groups if found.get("replicationRole") != "Secondary"):
        for partner in properties.get("partnerServers") or ():
            for database in properties.get("databases") or ():
                yield database.lower(), f"{partner['id']}/databases/{database.rpartition('/')[2]}".lower()


def _failover_groups(store: Store, now: datetime) -> Iterator[Told]:
    """Tell on which side each group is, and of the links between databases and their copies, at both ends."""
    for identity, _, properties in _each(store, FAILOVER_GROUP):
        yield identity, {"replicationRole": properties.get("replicationRole") or "Primary"}
    for database, copy in _linked(store):
        if store.read(database) and store.read(copy):
            link = guid(database, copy)
            yield f"{database}/replicationLinks/{link}", _link(store, copy, ("Primary", "Secondary"), now)
            yield f"{copy}/replicationLinks/{link}", _link(store, database, ("Secondary", "Primary"), now)


def _link(store: Store, other: str, roles: tuple[str, str], now: datetime) -> dict[str, Any]:
    """Tell of a link as one end sees it; `other` is the database at the other end.

    https://learn.microsoft.com/rest/api/sql/replication-links/get
    """
    server, _, name = other.partition("/databases/")
    partner = store.read(server) or {}
    region = str(partner.get("location"))
    return {
        "role": roles[0],
        "partnerRole": roles[1],
        "partnerDatabase": name,
        "partnerServer": partner.get("name"),
        "partnerLocation": _REGIONS.get(region, region),
        "replicationMode": "ASYNC",
        "replicationState": "CATCH_UP",
        "percentComplete": 100,
        "startTime": moment(now - _DAY),
        "linkType": "GEO",
    }
