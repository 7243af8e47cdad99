"""Clients that nobody here wrote work against the local Azure: they put, list and get."""

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.sql import SqlManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.web import WebSiteManagementClient

PLACE = {"location": "uksouth"}


def test_a_wrong_secret_gets_no_token(sandbox):
    impostor = ClientSecretCredential(
        sandbox.tenant,
        sandbox.running.client,
        "guessed",
        authority=sandbox.url,
        disable_instance_discovery=True,
        connection_verify=sandbox.authority,
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        impostor.get_token(f"{sandbox.url}/.default")


def test_subscriptions_tenants_and_locations_are_listed(sandbox):
    client = SubscriptionClient(
        sandbox.credential,
        base_url=sandbox.url,
        credential_scopes=[f"{sandbox.url}/.default"],
        connection_verify=sandbox.authority,
    )
    assert [found.subscription_id for found in client.subscriptions.list()] == [sandbox.subscription]
    assert [found.tenant_id for found in client.tenants.list()] == [sandbox.tenant]
    assert "uksouth" in [found.name for found in client.subscriptions.list_locations(sandbox.subscription)]


def test_resource_groups_and_what_they_hold_are_listed(sandbox):
    client = sandbox.client(ResourceManagementClient)
    made = client.resource_groups.create_or_update("Production", {**PLACE, "tags": {"data": "mail"}})
    assert (made.name, made.properties.provisioning_state) == ("Production", "Succeeded")
    assert client.resource_groups.check_existence("production") is True
    assert client.resource_groups.check_existence("test") is False
    sandbox.put(f"{made.id}/providers/Microsoft.Network/publicIPAddresses/front", PLACE)
    listed = list(client.resources.list(filter="resourceType eq 'Microsoft.Network/publicIPAddresses'"))
    assert [found.name for found in listed] == ["front"]
    assert [found.name for found in client.resources.list_by_resource_group("PRODUCTION")] == ["front"]
    assert list(client.resources.list(filter="resourceType eq 'Microsoft.Sql/servers'")) == []
    client.resource_groups.begin_delete("production").result()
    assert list(client.resource_groups.list()) == []
    assert list(client.resources.list()) == []


def test_resource_providers_are_listed_and_registered(sandbox):
    client = sandbox.client(ResourceManagementClient)
    assert "Microsoft.Storage" in [found.namespace for found in client.providers.list()]
    assert client.providers.register("microsoft.storage").registration_state == "Registered"
    with pytest.raises(ResourceNotFoundError, match="InvalidResourceNamespace"):
        client.providers.get("Microsoft.Nothing")


def test_storage_accounts_with_their_containers(sandbox):
    sandbox.group()
    client = sandbox.client(StorageManagementClient)
    assert client.storage_accounts.check_name_availability({"name": "archive"}).name_available is True
    account = {
        **PLACE,
        "sku": {"name": "Standard_GRS"},
        "kind": "StorageV2",
        "properties": {"minimumTlsVersion": "TLS1_2"},
    }
    made = client.storage_accounts.begin_create("group", "archive", account).result()
    assert made.id == f"{sandbox.root}/resourceGroups/group/providers/Microsoft.Storage/storageAccounts/archive"
    assert client.storage_accounts.check_name_availability({"name": "Archive"}).name_available is False
    assert client.storage_accounts.update("group", "archive", {"tags": {"data": "mail"}}).tags == {"data": "mail"}
    assert client.storage_accounts.get_properties("group", "archive").properties.minimum_tls_version == "TLS1_2"
    assert [found.name for found in client.storage_accounts.list()] == ["archive"]
    client.blob_services.set_service_properties(
        "group", "archive", {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 35}}}
    )
    assert (
        client.blob_services.get_service_properties(
            "group", "archive"
        ).blob_service_properties.delete_retention_policy.days
        == 35
    )
    client.blob_containers.create("group", "archive", "letters", {"properties": {"publicAccess": "None"}})
    assert [found.name for found in client.blob_containers.list("group", "archive")] == ["letters"]
    client.storage_accounts.delete("group", "archive")
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        client.storage_accounts.get_properties("group", "archive")


def test_the_keys_that_a_client_insists_on_are_listed(sandbox):
    sandbox.put(f"{sandbox.group()}/providers/Microsoft.Storage/storageAccounts/archive", PLACE)
    client = sandbox.client(StorageManagementClient)
    assert len(client.storage_accounts.list_keys("group", "archive").keys_property) == 2


def test_sql_servers_are_made_by_polling_and_bring_their_settings(sandbox):
    sandbox.group()
    client = sandbox.client(SqlManagementClient)
    server = {**PLACE, "properties": {"administratorLogin": "root", "administratorLoginPassword": "not to be kept"}}
    made = client.servers.begin_create_or_update("group", "records", server).result()
    assert made.properties.administrator_login_password is None
    assert "not to be kept" not in (sandbox.store.path.read_bytes() + _journal(sandbox)).decode("latin-1")
    client.databases.begin_create_or_update("group", "records", "people", PLACE).result()
    assert "people" in [found.name for found in client.databases.list_by_server("group", "records")]
    assert client.encryption_protectors.get("group", "records", "current").name == "current"
    assert client.transparent_data_encryptions.get("group", "records", "people", "current").name == "current"
    client.firewall_rules.create_or_update(
        "group", "records", "office", {"properties": {"startIpAddress": "192.0.2.1", "endIpAddress": "192.0.2.1"}}
    )
    assert [found.name for found in client.firewall_rules.list_by_server("group", "records")] == ["office"]
    client.servers.begin_delete("group", "records").result()
    assert list(client.servers.list()) == []


def _journal(sandbox):
    return sandbox.store.path.with_name(f"{sandbox.store.path.name}-wal").read_bytes()


def test_networks_and_their_subnets_are_in_step(sandbox):
    sandbox.group()
    client = sandbox.client(NetworkManagementClient)
    network = {
        **PLACE,
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "inner", "properties": {"addressPrefix": "10.0.1.0/24"}}],
        },
    }
    client.virtual_networks.begin_create_or_update("group", "hub", network).result()
    assert client.subnets.get("group", "hub", "inner").properties.address_prefix == "10.0.1.0/24"
    client.subnets.begin_create_or_update(
        "group", "hub", "outer", {"properties": {"addressPrefix": "10.0.2.0/24"}}
    ).result()
    listed = client.virtual_networks.get("group", "hub").properties.subnets
    assert [found.name for found in listed] == ["inner", "outer"]
    client.subnets.begin_delete("group", "hub", "inner").result()
    assert [found.name for found in client.virtual_networks.get("group", "hub").properties.subnets] == ["outer"]


def test_security_groups_bring_the_rules_of_the_platform(sandbox):
    sandbox.group()
    client = sandbox.client(NetworkManagementClient)
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "192.0.2.0/24",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
    }
    group = {**PLACE, "properties": {"securityRules": [{"name": "web", "properties": rule}]}}
    made = client.network_security_groups.begin_create_or_update("group", "guard", group).result()
    assert "DenyAllInBound" in [found.name for found in made.properties.default_security_rules]
    assert [found.name for found in client.security_rules.list("group", "guard")] == ["web"]


def test_machines_and_disks_are_made_by_polling(sandbox):
    sandbox.group()
    client = sandbox.client(ComputeManagementClient)
    machine = {
        **PLACE,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "osProfile": {"computerName": "worker", "adminUsername": "root", "adminPassword": "not to be kept"},
        },
    }
    made = client.virtual_machines.begin_create_or_update("group", "worker", machine).result()
    assert made.properties.os_profile.admin_password is None
    client.disks.begin_create_or_update("group", "data", {**PLACE, "properties": {"diskSizeGB": 8}}).result()
    assert [found.name for found in client.virtual_machines.list_all()] == ["worker"]
    assert [found.name for found in client.disks.list()] == ["data"]
    client.virtual_machines.begin_power_off("group", "worker").result()
    client.virtual_machines.begin_delete("group", "worker").result()
    assert list(client.virtual_machines.list("group")) == []


def test_a_deleted_key_vault_can_be_found_recovered_and_purged(sandbox):
    sandbox.group()
    client = sandbox.client(KeyVaultManagementClient)
    vault = {**PLACE, "properties": {"tenantId": sandbox.tenant, "sku": {"family": "A", "name": "standard"}}}
    client.vaults.begin_create_or_update("group", "safe", vault).result()
    client.vaults.delete("group", "safe")
    assert list(client.vaults.list_by_subscription()) == []
    assert [found.name for found in client.vaults.list_deleted()] == ["safe"]
    assert client.vaults.get_deleted("safe", "uksouth").properties.vault_id.endswith("/vaults/safe")
    with pytest.raises(HttpResponseError, match="ConflictError"):
        client.vaults.begin_create_or_update("group", "safe", vault).result()
    recovered = {**vault, "properties": {**vault["properties"], "createMode": "recover"}}
    client.vaults.begin_create_or_update("group", "safe", recovered).result()
    assert list(client.vaults.list_deleted()) == []
    client.vaults.delete("group", "safe")
    client.vaults.begin_purge_deleted("safe", "uksouth").result()
    assert list(client.vaults.list_deleted()) == []


def test_a_deleted_backup_is_kept_for_a_while(sandbox):
    sandbox.group()
    vaults = sandbox.client(RecoveryServicesClient)
    vaults.vaults.begin_create_or_update(
        "group", "copies", {**PLACE, "sku": {"name": "RS0"}, "properties": {}}
    ).result()
    assert [found.name for found in vaults.vaults.list_by_subscription_id()] == ["copies"]
    client = sandbox.client(RecoveryServicesBackupClient)
    policy = {
        "properties": {
            "backupManagementType": "AzureIaasVM",
            "schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicy"},
        }
    }
    client.protection_policies.create_or_update("copies", "group", "daily", policy)
    assert client.protection_policies.get("copies", "group", "daily").properties.backup_management_type == "AzureIaasVM"
    assert [found.name for found in client.backup_policies.list("copies", "group")] == ["daily"]
    item = {
        "properties": {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": "/subscriptions/x"}
    }
    where = ("copies", "group", "Azure", "IaasVMContainer;one", "VM;one")
    client.protected_items.begin_create_or_update(*where, item).result()
    client.protected_items.delete(*where)
    listed = list(client.backup_protected_items.list("copies", "group"))
    assert [found.properties.is_scheduled_for_deferred_delete for found in listed] == [True]


def test_locks_roles_and_settings_attach_to_anything(sandbox):
    group = sandbox.group()
    client = sandbox.client(AuthorizationManagementClient)
    role = {
        "properties": {
            "roleDefinitionId": f"{sandbox.root}/providers/Microsoft.Authorization/roleDefinitions/reader",
            "principalId": "0a0d17e5-0000-4000-8000-000000000001",
            "principalType": "Group",
        }
    }
    client.role_assignments.create(group, "0a0d17e5-0000-4000-8000-000000000002", role)
    for scope in (sandbox.root, group):
        assert len(list(client.role_assignments.list_for_scope(scope))) == 1
    assert list(client.role_assignments.list_for_scope(sandbox.root, filter="atScope()")) == []
    assert client.permissions.list_for_resource_group("group").next().actions == ["*"]
    vault = sandbox.put(f"{group}/providers/Microsoft.KeyVault/vaults/safe", PLACE)["id"]
    settings = f"{vault}/providers/Microsoft.Insights/diagnosticSettings"
    sandbox.put(f"{settings}/audit", {"properties": {"logs": []}})
    listed = sandbox.ask("GET", f"{settings}?api-version=2021-05-01-preview")[1]["value"]
    assert [found["name"] for found in listed] == ["audit"]


def test_records_of_every_type_stand_in_a_zone(sandbox):
    sandbox.group()
    client = sandbox.client(DnsManagementClient)
    client.zones.create_or_update("group", "example.org", {"location": "global"})
    client.record_sets.create_or_update("group", "example.org", "@", "MX", {"properties": {"TTL": 60, "MXRecords": []}})
    client.record_sets.create_or_update("group", "example.org", "_dmarc", "TXT", {"properties": {"TTL": 60}})
    assert [found.name for found in client.record_sets.list_by_type("group", "example.org", "MX")] == ["@"]
    assert {found.name for found in client.record_sets.list_by_dns_zone("group", "example.org")} == {"@", "_dmarc"}


def test_web_apps_bring_their_publishing_policies(sandbox):
    sandbox.group()
    client = sandbox.client(WebSiteManagementClient)
    client.web_apps.begin_create_or_update("group", "portal", {**PLACE, "properties": {"httpsOnly": True}}).result()
    assert [found.name for found in client.web_apps.list()] == ["portal"]
    assert client.web_apps.get_ftp_allowed("group", "portal").name == "ftp"
    client.web_apps.update_ftp_allowed("group", "portal", {"properties": {"allow": False}})
    assert client.web_apps.get_ftp_allowed("group", "portal").properties.allow is False
