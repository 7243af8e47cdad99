"""What Azure itself makes of a resource that is put: names, principals, addresses, and what stands above it."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_KEY
from audit.kinds.managedidentity import USER_ASSIGNED_IDENTITY
from audit.kinds.network import NETWORK_WATCHER
from audit.kinds.operationalinsights import WORKSPACE
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import FAILOVER_GROUP, SQL_DATABASE, SQL_SERVER, TRANSPARENT_DATA_ENCRYPTION
from audit.model import Kind
from audit.placement import guid

Read = Callable[[str, str], Mapping[str, Any] | None]
"""Reads a resource by its ARM id and the API version; None where it is not there."""

_WATCHER = re.compile(
    r"((/subscriptions/[^/]+/resourceGroups/[^/]+)/providers/Microsoft\.Network/networkWatchers/NetworkWatcher_([^/]+))/.*",
    re.IGNORECASE,
)
_MASTER = re.compile(r"(.*/providers/Microsoft\.Sql/servers/[^/]+/databases/master)/.*", re.IGNORECASE)


def moment(at: datetime) -> str:
    """Spell a moment of UTC as Azure does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def completed(kind: Kind, identity: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with what Azure alone can say of the resource, and others refer to: principals and addresses."""
    done = dict(body)
    if "SystemAssigned" in str(done.get("identity", {}).get("type", "")):
        done["identity"] = {**done["identity"], "principalId": guid(identity, "principal")}
    if made := _said(kind, identity):
        done["properties"] = {**done.get("properties", {}), **made}
    return done


def _said(kind: Kind, identity: str) -> dict[str, str]:
    """Return the properties that Azure alone can say; empty where there are none that others refer to."""
    name = identity.rpartition("/")[2]
    if kind is USER_ASSIGNED_IDENTITY:
        return {"principalId": guid(identity, "principal"), "clientId": guid(identity, "client")}
    if kind is KEY_VAULT:
        return {"vaultUri": f"https://{name}.vault.azure.net/"}
    if kind is KEY_VAULT_KEY:
        address = f"https://{identity.split('/')[-3]}.vault.azure.net/keys/{name}"
        return {"keyUri": address, "keyUriWithVersion": f"{address}/{uuid.UUID(guid(identity, 'version')).hex}"}
    if kind is WORKSPACE:
        return {"customerId": guid(identity, "workspace")}
    return {}


def above(identity: str) -> Iterator[tuple[str, Kind, str]]:
    """Yield what a resource stands below and Azure makes by itself: id, kind and region, the outermost first.

    The region is empty where it is that of what stands above.

    A region's network watcher: https://learn.microsoft.com/azure/network-watcher/network-watcher-create
    A server's own database: https://learn.microsoft.com/azure/azure-sql/database/logical-servers
    """
    if found := _WATCHER.fullmatch(identity):
        yield found[2], RESOURCE_GROUP, found[3]
        yield found[1], NETWORK_WATCHER, found[3]
    if found := _MASTER.fullmatch(identity):
        yield found[1], SQL_DATABASE, ""


def beside(kind: Kind, identity: str, read: Read) -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Yield what Azure makes by itself when a resource is put: id, kind and body; nothing for most.

    A failover group copies its databases to the partner, encrypted as they are, and stands there, too:
    https://learn.microsoft.com/azure/azure-sql/database/failover-group-sql-db
    """
    group = (read(identity, kind.api) or {}) if kind is FAILOVER_GROUP else {}
    said = group.get("properties", {})
    own, name = identity.split("/failoverGroups/") if group else ("", "")
    for partner in (one["id"] for one in said.get("partnerServers", ())):
        copies = {database: f"{partner}/databases/{database.rpartition('/')[2]}" for database in said["databases"]}
        for database, copy in copies.items():
            yield from _copied(database, copy, partner, read)
        there = {"databases": list(copies.values()), "partnerServers": [{"id": own, "replicationRole": "Primary"}]}
        yield (
            f"{partner}/failoverGroups/{name}",
            FAILOVER_GROUP,
            {**_settings(group), "properties": {**said, **there, "replicationRole": "Secondary"}},
        )


def _copied(database: str, copy: str, partner: str, read: Read) -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Yield the copy of a database and its encryption, unless it is there or there is nothing to copy."""
    original = read(database, SQL_DATABASE.api)
    if original is None or read(copy, SQL_DATABASE.api) is not None:
        return
    region = (read(partner, SQL_SERVER.api) or {}).get("location")
    yield copy, SQL_DATABASE, {**_settings(original), "location": region}
    encryption = read(f"{database}/transparentDataEncryption/current", TRANSPARENT_DATA_ENCRYPTION.api)
    # https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-tde-overview
    state = _settings(encryption) if encryption else {"properties": {"state": "Enabled"}}
    yield f"{copy}/transparentDataEncryption/current", TRANSPARENT_DATA_ENCRYPTION, state


def _settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Take the settings out of an answer, without its id and what else stands around them."""
    return {key: answer[key] for key in ("sku", "tags", "properties") if key in answer}
