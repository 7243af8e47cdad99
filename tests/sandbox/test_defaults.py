"""The platform fills in what it documents, adds its read-only values, and leaves alone what a request says."""

import pytest

from audit.sandbox.defaults import defaults, instance_view
from audit.sandbox.singletons import singleton, singletons

GROUP = "/subscriptions/0a0d17e5-5ab5-4c71-9a0d-17e55ab50001/resourceGroups/mail/providers"


def made(kind, *, name="x", at="uksouth", **body):
    provider, *types = kind.split("/")
    names = [*(f"p{number}" for number in range(len(types) - 1)), name]
    steps = "/".join(f"{word}/{one}" for word, one in zip(types, names, strict=True))
    whole = {"id": f"{GROUP}/{provider}/{steps}", "name": name, "type": kind, "location": at, **body}
    return defaults(kind, whole)


def read(body, path):
    for step in path.split("."):
        body = body[step]
    return body


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        pytest.param("Microsoft.Storage/storageAccounts", "supportsHttpsTrafficOnly", True, id="https only"),
        pytest.param("Microsoft.Storage/storageAccounts", "allowBlobPublicAccess", False, id="no public blobs"),
        pytest.param("Microsoft.Storage/storageAccounts", "allowCrossTenantReplication", False, id="own tenant only"),
        pytest.param("Microsoft.Storage/storageAccounts", "networkAcls.defaultAction", "Allow", id="open by default"),
        pytest.param("Microsoft.Storage/storageAccounts", "networkAcls.bypass", "AzureServices", id="trusted services"),
        pytest.param("Microsoft.Storage/storageAccounts", "encryption.keySource", "Microsoft.Storage", id="own keys"),
        pytest.param(
            "Microsoft.Storage/storageAccounts",
            "primaryEndpoints.blob",
            "https://x.blob.core.windows.net/",
            id="address",
        ),
        pytest.param("Microsoft.Storage/storageAccounts", "primaryLocation", "uksouth", id="where it lies"),
        pytest.param("Microsoft.Storage/storageAccounts", "provisioningState", "Succeeded", id="made"),
        pytest.param(
            "Microsoft.Storage/storageAccounts/blobServices/containers", "publicAccess", "None", id="container"
        ),
        pytest.param("Microsoft.KeyVault/vaults", "enableRbacAuthorization", False, id="access policies"),
        pytest.param("Microsoft.KeyVault/vaults", "softDeleteRetentionInDays", 90, id="ninety days"),
        pytest.param("Microsoft.KeyVault/vaults", "vaultUri", "https://x.vault.azure.net/", id="vault's address"),
        pytest.param(
            "Microsoft.Sql/servers", "fullyQualifiedDomainName", "x.database.windows.net", id="server's address"
        ),
        pytest.param("Microsoft.Sql/servers", "state", "Ready", id="server is ready"),
        pytest.param("Microsoft.Sql/servers/databases", "currentBackupStorageRedundancy", "Geo", id="backups"),
        pytest.param("Microsoft.Sql/servers/databases", "defaultSecondaryLocation", "ukwest", id="pair"),
        pytest.param(
            "Microsoft.Sql/servers/databases/backupShortTermRetentionPolicies", "retentionDays", 7, id="seven days"
        ),
        pytest.param(
            "Microsoft.Sql/servers/databases/backupLongTermRetentionPolicies", "yearlyRetention", "PT0S", id="no years"
        ),
        pytest.param(
            "Microsoft.RecoveryServices/vaults",
            "securitySettings.softDeleteSettings.softDeleteRetentionPeriodInDays",
            14,
            id="fourteen days",
        ),
        pytest.param(
            "Microsoft.RecoveryServices/vaults",
            "securitySettings.immutabilitySettings.state",
            "Disabled",
            id="not immutable",
        ),
        pytest.param("Microsoft.Network/networkWatchers/flowLogs", "retentionPolicy.enabled", False, id="no retention"),
        pytest.param("Microsoft.Network/bastionHosts", "enableShareableLink", False, id="no shareable links"),
        pytest.param("Microsoft.Web/sites", "defaultHostName", "x.azurewebsites.net", id="app's address"),
        pytest.param("Microsoft.Web/sites/config", "ftpsState", "AllAllowed", id="ftp"),
    ],
)
def test_what_is_documented_is_filled_in(kind, path, value):
    assert read(made(kind)["properties"], path) == value


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param("Microsoft.Storage/storageAccounts", "minimumTlsVersion", id="TLS of an account"),
        pytest.param("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", id="keys of an account"),
        pytest.param("Microsoft.Storage/storageAccounts", "publicNetworkAccess", id="network of an account"),
        pytest.param("Microsoft.Storage/storageAccounts/blobServices", "deleteRetentionPolicy", id="deleted blobs"),
        pytest.param("Microsoft.Sql/servers", "publicNetworkAccess", id="network of a server"),
        pytest.param("Microsoft.Sql/servers", "minimalTlsVersion", id="TLS of a server"),
        pytest.param("Microsoft.KeyVault/vaults", "enablePurgeProtection", id="purge protection"),
        pytest.param("Microsoft.KeyVault/vaults", "networkAcls", id="network of a key vault"),
        pytest.param("Microsoft.Web/sites/config", "minTlsVersion", id="TLS of an app"),
    ],
)
def test_what_is_merely_usual_is_left_out(kind, name):
    assert name not in made(kind)["properties"]


def test_what_a_request_says_stays():
    said = {
        "supportsHttpsTrafficOnly": False,
        "encryption": {"keySource": "Microsoft.Keyvault", "services": {"blob": {"enabled": True}}},
        "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "192.0.2.1"}]},
    }
    full = made("Microsoft.Storage/storageAccounts", properties=said)["properties"]
    assert full["supportsHttpsTrafficOnly"] is False
    assert full["encryption"]["keySource"] == "Microsoft.Keyvault"
    assert full["encryption"]["services"]["file"]["enabled"] is True
    assert full["networkAcls"] == {
        "bypass": "AzureServices",
        "defaultAction": "Deny",
        "ipRules": [{"value": "192.0.2.1"}],
        "virtualNetworkRules": [],
    }


def test_null_is_the_same_as_nothing():
    assert (
        made("Microsoft.KeyVault/vaults", properties={"enableSoftDelete": None})["properties"]["enableSoftDelete"]
        is True
    )


def test_filling_in_twice_changes_nothing():
    once = made("Microsoft.Network/networkSecurityGroups", identity={"type": "SystemAssigned"})
    assert defaults(once["type"], once) == once


def test_a_type_without_defaults_stays_as_it_is():
    body = {"id": "/x", "name": "x", "properties": {"a": 1}}
    assert defaults("Some.Thing/else", body) == body


def test_a_security_group_has_azures_six_rules():
    rules = made("Microsoft.Network/networkSecurityGroups")["properties"]["defaultSecurityRules"]
    told = {
        (rule["properties"]["direction"], rule["properties"]["priority"]): (rule["name"], rule["properties"]["access"])
        for rule in rules
    }
    assert told == {
        ("Inbound", 65000): ("AllowVnetInBound", "Allow"),
        ("Inbound", 65001): ("AllowAzureLoadBalancerInBound", "Allow"),
        ("Inbound", 65500): ("DenyAllInBound", "Deny"),
        ("Outbound", 65000): ("AllowVnetOutBound", "Allow"),
        ("Outbound", 65001): ("AllowInternetOutBound", "Allow"),
        ("Outbound", 65500): ("DenyAllOutBound", "Deny"),
    }


@pytest.mark.parametrize(
    ("sku", "second", "addresses"),
    [
        pytest.param("Standard_LRS", None, False, id="in one region"),
        pytest.param("Standard_GRS", "ukwest", False, id="in two"),
        pytest.param("Standard_RAGZRS", "ukwest", True, id="in two, both readable"),
    ],
)
def test_a_geo_redundant_account_says_where_its_copy_lies(sku, second, addresses):
    full = made("Microsoft.Storage/storageAccounts", sku={"name": sku})
    assert full["properties"].get("secondaryLocation") == second
    assert ("secondaryEndpoints" in full["properties"]) is addresses
    assert full["sku"] == {"name": sku, "tier": "Standard"}


@pytest.mark.parametrize(
    ("disk", "caching"),
    [
        pytest.param({"managedDisk": {"storageAccountType": "Premium_LRS"}}, "ReadOnly", id="premium"),
        pytest.param({"managedDisk": {"storageAccountType": "StandardSSD_LRS"}}, "None", id="standard"),
        pytest.param(
            {"managedDisk": {"storageAccountType": "Premium_LRS"}, "caching": "None"}, "None", id="as it says"
        ),
        pytest.param({}, "None", id="no more is known"),
    ],
)
def test_data_disks_are_cached_by_their_sort(disk, caching):
    full = made("Microsoft.Compute/virtualMachines", properties={"storageProfile": {"dataDisks": [disk]}})
    assert full["properties"]["storageProfile"]["dataDisks"][0]["caching"] == caching


def test_a_machine_keeps_its_id_and_windows_is_updated():
    first, second = (
        made("Microsoft.Compute/virtualMachines", properties={"osProfile": {"windowsConfiguration": {}}})["properties"]
        for _ in range(2)
    )
    assert first["vmId"] == second["vmId"]
    assert first["osProfile"]["windowsConfiguration"]["enableAutomaticUpdates"] is True
    assert "instanceView" not in first
    assert instance_view()["statuses"][1]["code"] == "PowerState/running"


def test_the_identity_of_a_resource_has_a_principal():
    own = made("Microsoft.ManagedIdentity/userAssignedIdentities", name="i")
    vault = made("Microsoft.RecoveryServices/vaults", identity={"type": "SystemAssigned", "principalId": None})
    both = made("Microsoft.Sql/servers", identity={"type": "UserAssigned", "userAssignedIdentities": {own["id"]: {}}})
    assert len(vault["identity"]["principalId"]) == 36
    assert both["identity"]["userAssignedIdentities"][own["id"]]["principalId"] == own["properties"]["principalId"]
    assert "principalId" not in both["identity"]


def test_settings_with_a_fixed_name_are_there_with_what_they_belong_to():
    assert ("blobServices", "default") in singletons("microsoft.storage/STORAGEACCOUNTS")
    assert ("databases", "master") in singletons("Microsoft.Sql/servers")
    assert ("transparentDataEncryption", "current") in singletons("Microsoft.Sql/servers/databases")
    assert {("config", "web"), ("basicPublishingCredentialsPolicies", "scm")} <= set(singletons("Microsoft.Web/sites"))


@pytest.mark.parametrize(
    ("kind", "segment"),
    [
        pytest.param("Microsoft.Storage/storageAccounts", "managementPolicies", id="a lifecycle"),
        pytest.param("Microsoft.Storage/storageAccounts/blobServices/containers", "immutabilityPolicies", id="a lock"),
        pytest.param("Microsoft.Network/dnszones", "dnssecConfigs", id="signatures"),
        pytest.param("Microsoft.Compute/virtualMachines", "patchAssessmentResults", id="patches"),
    ],
)
def test_what_somebody_must_make_first_is_not_there(kind, segment):
    assert segment not in [child for child, _ in singletons(kind)]


SERVER = made("Microsoft.Sql/servers", name="s", properties={})


@pytest.mark.parametrize(
    ("parent", "segment", "name", "expected"),
    [
        pytest.param(
            SERVER, "encryptionProtector", "current", {"serverKeyType": "ServiceManaged"}, id="the service's own key"
        ),
        pytest.param(
            made("Microsoft.Sql/servers", properties={"keyId": "https://v.vault.azure.net/keys/k/1"}),
            "encryptionProtector",
            "current",
            {
                "serverKeyType": "AzureKeyVault",
                "serverKeyName": "v_k_1",
                "uri": "https://v.vault.azure.net/keys/k/1",
            },
            id="the key that the server was made with",
        ),
        pytest.param(
            made("Microsoft.Sql/servers", properties={"administrators": {"azureADOnlyAuthentication": True}}),
            "azureADOnlyAuthentications",
            "Default",
            {"azureADOnlyAuthentication": True},
            id="who may sign in",
        ),
        pytest.param(
            made("Microsoft.Web/sites", properties={"siteConfig": {"ftpsState": "Disabled"}}),
            "config",
            "web",
            {"ftpsState": "Disabled"},
            id="the configuration of a site",
        ),
        pytest.param(
            made("Microsoft.Sql/servers/databases", name="master"),
            "transparentDataEncryption",
            "current",
            {"state": "Disabled"},
            id="the master is not encrypted",
        ),
        pytest.param(
            made("Microsoft.Sql/servers/databases", name="mail"),
            "transparentDataEncryption",
            "current",
            {"state": "Enabled"},
            id="any other is",
        ),
    ],
)
def test_such_a_setting_follows_from_what_it_belongs_to(parent, segment, name, expected):
    child = singleton(parent, segment, name)
    assert child["id"] == f"{parent['id']}/{segment}/{name}"
    assert expected.items() <= child["properties"].items()


def test_the_master_database_lies_where_its_server_does():
    master = singleton(SERVER, "databases", "master")
    assert (master["location"], master["kind"], master["sku"]["tier"]) == ("uksouth", "v12.0,system", "System")
