"""What the platform fills in where a request says nothing, and what every answer holds besides: read-only values.

Only defaults that Microsoft documents are here; what is merely usual is left out, so that the audit meets it as unseen.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from audit.sandbox.defaults_security import access_on_request, plan, security_group, security_rule
from audit.sandbox.store import TENANT

Body = Mapping[str, Any]
Fill = Callable[[Body], dict[str, Any]]

PAIRS = {"uksouth": "ukwest", "ukwest": "uksouth", "northeurope": "westeurope", "westeurope": "northeurope"}
"""Region → its pair, where geo-redundant copies lie: https://learn.microsoft.com/azure/reliability/regions-paired"""


def defaults(type_name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with the documented defaults of its type and its read-only values; what it says itself stays.

    The body has its `id` and `name`. A type without defaults comes back as it is.
    """
    key = type_name.lower()
    if key == "microsoft.compute/virtualmachines":
        body = _with_caching(body)
    fill = _FILLS.get(key)
    full = _under(fill(body), body) if fill else dict(body)
    if isinstance(full.get("identity"), Mapping):
        full["identity"] = _identity(full)
    return full


def instance_view() -> dict[str, Any]:
    """Return the instance view of a running machine, which Azure shows only where it is asked for.

    https://learn.microsoft.com/rest/api/compute/virtual-machines/instance-view
    """
    return {
        "statuses": [
            {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded"},
            {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
        ]
    }


def _under(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one object under another at every depth; null in the upper one is the same as nothing."""
    both = dict(low)
    for key, value in high.items():
        below = both.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            both[key] = _under(below, value)
        elif value is not None or key not in both:
            both[key] = value
    return both


def _properties(**values: Any) -> dict[str, Any]:
    return {"properties": {key: value for key, value in values.items() if value is not None}}


def inner(body: Body) -> Body:
    """Return the properties of a body; empty where it has none."""
    properties = body.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _region(body: Body) -> str:
    return str(body.get("location") or "").replace(" ", "").lower()


def _guid(body: Body, use: str = "") -> str:
    """Make a GUID that a resource keeps: it follows from its id."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{body['id'].lower()}{use}"))


def _principal(identity: str) -> dict[str, str]:
    """Make the principal that Entra holds for the identity of a resource; it follows from the resource's id."""
    body = {"id": identity}
    return {"principalId": _guid(body, "#principal"), "clientId": _guid(body, "#client")}


def _identity(body: Body) -> dict[str, Any]:
    """Add the principals of an identity, which every answer holds.

    https://learn.microsoft.com/rest/api/resources/resources/get#identity
    """
    identity = dict(body["identity"])
    kinds = str(identity.get("type") or "").lower()
    if "systemassigned" in kinds:
        own = {"principalId": _principal(body["id"])["principalId"], "tenantId": TENANT}
        identity = {**own, **{name: value for name, value in identity.items() if value}}
    assigned = identity.get("userAssignedIdentities")
    if isinstance(assigned, Mapping):
        identity["userAssignedIdentities"] = {
            name: _principal(name) | (given or {}) for name, given in assigned.items()
        }
    return identity


def _assigned_identity(body: Body) -> dict[str, Any]:
    # Read-only: https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities/get
    return _properties(**_principal(body["id"]), tenantId=TENANT)


def _storage_account(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/rest/api/storagerp/storage-accounts/create says each default at its property.
    sku = str((body.get("sku") or {}).get("name") or "")
    now = datetime.now(UTC).isoformat()
    service = {"enabled": True, "keyType": "Account", "lastEnabledTime": now}
    filled = _properties(
        **_copy(body, sku),
        # "The default value is true since API version 2019-04-01."
        supportsHttpsTrafficOnly=True,
        # "The default interpretation is false for this property." `allowSharedKeyAccess` stays null, which means true,
        # and `minimumTlsVersion` null, which is read as 1.0: https://learn.microsoft.com/azure/storage/common/transport-layer-security-configure-minimum-version
        allowBlobPublicAccess=False,
        allowCrossTenantReplication=False,
        defaultToOAuthAuthentication=False,
        networkAcls={"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": []},
        encryption={"keySource": "Microsoft.Storage", "services": {"blob": service, "file": service}},
        # Action of a SAS policy: "The default action is Log."
        sasPolicy={"expirationAction": "Log"} if inner(body).get("sasPolicy") else None,
        # Read-only, in every answer: https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties
        privateEndpointConnections=[],
        creationTime=now,
        keyCreationTime={"key1": now, "key2": now},
        primaryEndpoints=_endpoints(body["name"]),
        primaryLocation=_region(body),
        statusOfPrimary="available",
        provisioningState="Succeeded",
    )
    return {**filled, "sku": {"tier": sku.partition("_")[0]}} if sku else filled


def _copy(body: Body, sku: str) -> dict[str, Any]:
    """Tell where the second copy of a geo-redundant account lies, and where it is read where that is possible."""
    pair = PAIRS.get(_region(body)) if "GRS" in sku or "GZRS" in sku else None
    if pair is None:
        return {}
    addresses = _endpoints(f"{body['name']}-secondary") if sku.startswith("Standard_RA") else None
    return {"secondaryLocation": pair, "statusOfSecondary": "available", "secondaryEndpoints": addresses}


def _endpoints(name: str) -> dict[str, str]:
    services = ("blob", "dfs", "file", "queue", "table")
    return {service: f"https://{name}.{service}.core.windows.net/" for service in services}


def _blob_service(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/rest/api/storagerp/blob-services/get-service-properties: rules of CORS are a list
    # that may be empty. What it keeps after deletion is not documented as a default.
    return _properties(cors={"corsRules": []})


def _container(body: Body) -> dict[str, Any]:
    # What a container answers that was made with an empty body:
    # https://learn.microsoft.com/rest/api/storagerp/blob-containers/get
    return _properties(
        publicAccess="None",
        defaultEncryptionScope="$account-encryption-key",
        denyEncryptionScopeOverride=False,
        hasImmutabilityPolicy=False,
        hasLegalHold=False,
        leaseState="Available",
        leaseStatus="Unlocked",
    )


def _immutability_policy(body: Body) -> dict[str, Any]:
    # A policy is made unlocked: https://learn.microsoft.com/rest/api/storagerp/blob-containers/create-or-update-immutability-policy
    return _properties(state="Unlocked")


def _network(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/azure/templates/microsoft.network/virtualnetworks: DDoS protection is off by default.
    return _properties(enableDdosProtection=False, virtualNetworkPeerings=[], subnets=[], resourceGuid=_guid(body))


def _bastion(body: Body) -> dict[str, Any]:
    # azure-native 3.29, `BastionHostArgs`: shareable links are off by default. The name is of Azure's making.
    return _properties(enableShareableLink=False, dnsName=f"bst-{_guid(body)}.bastion.azure.com")


def _flow_log(body: Body) -> dict[str, Any]:
    # azure-native 3.29, `RetentionPolicyParametersArgs`: days 0, enabled false.
    return _properties(retentionPolicy={"days": 0, "enabled": False})


def _public_address(body: Body) -> dict[str, Any]:
    # An address of the block for documentation (https://www.rfc-editor.org/rfc/rfc5737), the same one every time.
    address = f"203.0.113.{uuid.UUID(_guid(body)).int % 254 + 1}"
    static = inner(body).get("publicIPAllocationMethod") == "Static"
    return _properties(ipAddress=address if static else None, resourceGuid=_guid(body))


def _interface(body: Body) -> dict[str, Any]:
    return _properties(resourceGuid=_guid(body))


def _disk(body: Body) -> dict[str, Any]:
    # Read-only: https://learn.microsoft.com/rest/api/compute/disks/get
    return _properties(uniqueId=_guid(body))


def _machine(body: Body) -> dict[str, Any]:
    profile = inner(body).get("osProfile")
    windows = isinstance(profile, Mapping) and isinstance(profile.get("windowsConfiguration"), Mapping)
    # azure-native 3.29, `WindowsConfigurationArgs`: automatic updates are on by default.
    updates = {"windowsConfiguration": {"enableAutomaticUpdates": True}} if windows else None
    return _properties(vmId=_guid(body), osProfile=updates)


def _with_caching(body: Body) -> Body:
    """Fill in how the data disks of a machine are cached: a list has no object to lay its defaults under."""
    storage = inner(body).get("storageProfile")
    if not isinstance(storage, Mapping) or not isinstance(disks := storage.get("dataDisks"), list):
        return body
    filled = [{"caching": _caching(disk), **disk} if isinstance(disk, Mapping) else disk for disk in disks]
    return {**body, "properties": {**inner(body), "storageProfile": {**storage, "dataDisks": filled}}}


def _caching(disk: Mapping[str, Any]) -> str:
    # https://learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update#cachingtypes: "None for Standard
    # storage. ReadOnly for Premium storage."
    managed = disk.get("managedDisk")
    kind = str(managed.get("storageAccountType") or "") if isinstance(managed, Mapping) else ""
    return "ReadOnly" if kind.startswith("Premium_") else "None"


def _key_vault(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/create-or-update?view=rest-keyvault-keyvault-2024-11-01
    # says each default at its property. Purge protection has none: it is off where it is absent.
    return _properties(
        enableRbacAuthorization=False,
        enableSoftDelete=True,
        softDeleteRetentionInDays=90,
        publicNetworkAccess="enabled",
        vaultUri=f"https://{body['name']}.vault.azure.net/",
        provisioningState="Succeeded",
    )


def _vault_key(body: Body) -> dict[str, Any]:
    vault, key = str(body["id"]).split("/")[-3], body["name"]
    uri = f"https://{vault}.vault.azure.net/keys/{key}"
    return _properties(keyUri=uri, keyUriWithVersion=f"{uri}/{_guid(body).replace('-', '')}")


def _sql_server(body: Body) -> dict[str, Any]:
    # Read-only: https://learn.microsoft.com/rest/api/sql/servers/get. Whether the public network reaches it and from
    # which version of TLS on is not documented for a request that says nothing.
    filled = _properties(
        fullyQualifiedDomainName=f"{body['name']}.database.windows.net",
        state="Ready",
        version="12.0",
        privateEndpointConnections=[],
    )
    return {**filled, "kind": "v12.0"}


def _sql_database(body: Body) -> dict[str, Any]:
    # Backups are geo-redundant by default: https://learn.microsoft.com/azure/azure-sql/database/automated-backups-overview
    asked = inner(body).get("requestedBackupStorageRedundancy") or "Geo"
    system = str(body["name"]).lower() == "master"
    filled = _properties(
        requestedBackupStorageRedundancy=asked,
        currentBackupStorageRedundancy=asked,
        defaultSecondaryLocation=PAIRS.get(_region(body)),
        status="Online",
        databaseId=_guid(body),
        currentSku=body.get("sku"),
    )
    # The logical master database: https://learn.microsoft.com/rest/api/sql/databases/list-by-server
    sku = {"sku": {"name": "System", "tier": "System", "capacity": 0}} if system else {}
    return {**filled, "kind": "v12.0,system" if system else "v12.0,user", **sku}


def _encryption_protector(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/azure/azure-sql/database/transparent-data-encryption-tde-overview: the key is the
    # service's own unless a customer's is set.
    return {"kind": "servicemanaged", **_properties(serverKeyName="ServiceManaged", serverKeyType="ServiceManaged")}


def _transparent_encryption(body: Body) -> dict[str, Any]:
    # New databases are encrypted by default; the `master` database itself cannot be, by the same page.
    above = str(body["id"]).lower()
    return _properties(state="Disabled" if "/databases/master/" in above else "Enabled")


def _short_retention(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/azure/azure-sql/database/automated-backups-overview#backup-retention: 7 days. The
    # interval of differential backups is 12 or 24 hours, and which of them is not said.
    return _properties(retentionDays=7)


def _long_retention(body: Body) -> dict[str, Any]:
    # https://learn.microsoft.com/azure/azure-sql/database/long-term-retention-overview: off unless it is set.
    return _properties(weeklyRetention="PT0S", monthlyRetention="PT0S", yearlyRetention="PT0S", weekOfYear=0)


def _recovery_vault(body: Body) -> dict[str, Any]:
    # Soft delete: https://learn.microsoft.com/azure/backup/secure-by-default; immutability is off until it is set:
    # https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept
    settings = {
        "softDeleteSettings": {"softDeleteState": "Enabled", "softDeleteRetentionPeriodInDays": 14},
        "immutabilitySettings": {"state": "Disabled"},
    }
    return _properties(securitySettings=settings, provisioningState="Succeeded")


def _web_app(body: Body) -> dict[str, Any]:
    # Read-only: https://learn.microsoft.com/rest/api/appservice/web-apps/get
    host = f"{str(body['name']).replace('/', '-')}.azurewebsites.net".lower()
    return _properties(
        defaultHostName=host,
        hostNames=[host],
        enabledHostNames=[host, host.replace(".azurewebsites.net", ".scm.azurewebsites.net")],
        state="Running",
        enabled=True,
        resourceGroup=str(body["id"]).split("/")[4],
    )


def _web_config(body: Body) -> dict[str, Any]:
    # An app takes files by FTP unless that is turned off: https://learn.microsoft.com/azure/app-service/deploy-ftp
    return _properties(ftpsState="AllAllowed")


_FILLS: Mapping[str, Fill] = {
    "microsoft.compute/disks": _disk,
    "microsoft.compute/virtualmachines": _machine,
    "microsoft.keyvault/vaults": _key_vault,
    "microsoft.keyvault/vaults/keys": _vault_key,
    "microsoft.managedidentity/userassignedidentities": _assigned_identity,
    "microsoft.network/bastionhosts": _bastion,
    "microsoft.network/networkinterfaces": _interface,
    "microsoft.network/networksecuritygroups": security_group,
    "microsoft.network/networksecuritygroups/securityrules": security_rule,
    "microsoft.network/networkwatchers/flowlogs": _flow_log,
    "microsoft.network/publicipaddresses": _public_address,
    "microsoft.network/virtualnetworks": _network,
    "microsoft.recoveryservices/vaults": _recovery_vault,
    "microsoft.security/locations/jitnetworkaccesspolicies": access_on_request,
    "microsoft.security/pricings": plan,
    "microsoft.sql/servers": _sql_server,
    "microsoft.sql/servers/databases": _sql_database,
    "microsoft.sql/servers/databases/backuplongtermretentionpolicies": _long_retention,
    "microsoft.sql/servers/databases/backupshorttermretentionpolicies": _short_retention,
    "microsoft.sql/servers/databases/transparentdataencryption": _transparent_encryption,
    "microsoft.sql/servers/encryptionprotector": _encryption_protector,
    "microsoft.storage/storageaccounts": _storage_account,
    "microsoft.storage/storageaccounts/blobservices": _blob_service,
    "microsoft.storage/storageaccounts/blobservices/containers": _container,
    "microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies": _immutability_policy,
    "microsoft.web/sites": _web_app,
    "microsoft.web/sites/config": _web_config,
    "microsoft.web/sites/slots": _web_app,
    "microsoft.web/sites/slots/config": _web_config,
}
