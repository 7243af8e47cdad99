"""The stand-in for azure-native, asked as Pulumi's engine asks it: what it makes, changes, finds again and refuses."""

import re

import pytest
from pulumi.runtime import rpc

from audit.sandbox import faults
from tests.sandbox.engine import Engine, Made, begun, refusal
from tests.sandbox.inputs import (
    ACCOUNT,
    CONTAINER,
    DEPLOYMENT,
    FILES,
    GROUP,
    IN_GROUP,
    KEYS,
    LOCK,
    MACHINE,
    NETWORK,
    SERVICE,
    SUBNET,
    VAULT,
)

CASES = [
    pytest.param(ACCOUNT, FILES, ("tags", {"data": "archive"}), id="renamed and hoisted properties"),
    pytest.param(VAULT, KEYS, ("properties", {**KEYS["properties"], "enablePurgeProtection": True}), id="nested ones"),
    pytest.param(
        NETWORK,
        {**IN_GROUP, "virtualNetworkName": "net", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
        ("addressSpace", {"addressPrefixes": ["10.0.0.0/16", "10.1.0.0/16"]}),
        id="lists",
    ),
    pytest.param(
        "azure-native:security:Pricing",
        {"pricingName": "StorageAccounts", "pricingTier": "Free", "scopeId": "SCOPE"},
        ("pricingTier", "Standard"),
        id="what belongs to a subscription",
    ),
    pytest.param(
        "azure-native:sql:Server",
        {**IN_GROUP, "serverName": "db", "version": "12.0", "minimalTlsVersion": "1.1"},
        ("minimalTlsVersion", "1.2"),
        id="what takes a while to make",
    ),
    pytest.param(
        "azure-native:web:WebApp",
        {**IN_GROUP, "name": "portal", "httpsOnly": True, "siteConfig": {"ftpsState": "Disabled"}},
        ("siteConfig", {"ftpsState": "FtpsOnly"}),
        id="settings that Azure keeps apart",
    ),
    pytest.param(
        "azure-native:dns:Zone",
        {"resourceGroupName": "rg", "zoneName": "ours.example", "location": "global"},
        ("tags", {"data": "platform"}),
        id="what lies in no region",
    ),
]


@pytest.mark.parametrize(("token", "given", "change"), CASES)
def test_a_resource_is_made_found_again_changed_and_deleted(engine, sandbox, token, given, change):
    given = {k: sandbox.root if v == "SCOPE" else v for k, v in given.items()}
    made = engine.create(token, "one", given)
    assert sandbox.store.read(made.id)
    again = engine.read(token, "one", made)
    assert (again.inputs, again.outputs) == (made.inputs, made.outputs)
    assert not engine.diff(token, "one", made, made.inputs).detailedDiff
    wanted = {**made.inputs, change[0]: change[1]}
    difference = engine.diff(token, "one", made, wanted)
    assert list(difference.diffs) == [change[0]]
    assert not difference.replaces
    changed = engine.update(token, "one", made, wanted)
    assert not engine.diff(token, "one", engine.read(token, "one", changed), wanted).detailedDiff
    engine.delete(token, "one", changed)
    assert engine.read(token, "one", changed) is None


@pytest.mark.parametrize(("token", "given", "change"), CASES)
def test_what_is_imported_shows_no_change_afterwards(engine, sandbox, token, given, change):
    """The inputs that are read back lead to the same resource, and say what the program would have said."""
    given = {k: sandbox.root if v == "SCOPE" else v for k, v in given.items()}
    made = engine.create(token, "one", given)
    found = engine.found(token, "one", made.id)
    checked, failures = engine.check(token, "one", found.inputs)
    assert not failures
    assert not engine.diff(token, "one", found, checked).detailedDiff
    changed = engine.update(token, "one", found, checked)
    assert engine.read(token, "one", changed).inputs == checked
    lost = set(given) - set(found.inputs) - {"siteConfig", "scopeId"}
    assert not lost


def test_outputs_are_what_azure_answered_in_the_sdks_words(engine):
    account = engine.create(ACCOUNT, "files", {**FILES, "identity": {"type": "SystemAssigned"}}).outputs
    assert (account["name"], account["type"]) == ("files", "Microsoft.Storage/storageAccounts")
    assert account["networkRuleSet"]["defaultAction"] == "Deny"
    assert account["enableHttpsTrafficOnly"] is True
    assert re.fullmatch(r"[0-9a-f-]{36}", account["identity"]["principalId"])
    assert not {"accountName", "resourceGroupName", "properties"} & account.keys()
    vault = engine.create(VAULT, "keys", KEYS).outputs
    assert vault["properties"]["vaultUri"] == "https://keys.vault.azure.net/"


def test_identities_go_in_as_a_list_and_come_out_as_a_map(engine):
    who = engine.create("azure-native:managedidentity:UserAssignedIdentity", "who", {**IN_GROUP, "resourceName": "who"})
    identity = {"type": "UserAssigned", "userAssignedIdentities": [who.id]}
    account = engine.create(ACCOUNT, "files", {**FILES, "identity": identity})
    assert list(account.outputs["identity"]["userAssignedIdentities"]) == [who.id]
    assert engine.found(ACCOUNT, "files", account.id).inputs["identity"]["userAssignedIdentities"] == [who.id]


def test_a_change_behind_the_programs_back_is_read_and_nothing_else(engine, sandbox):
    made = engine.create(ACCOUNT, "files", FILES)
    sandbox.ask("PATCH", f"{made.id}?api-version=2024-01-01", {"properties": {"minimumTlsVersion": "TLS1_0"}})
    found = engine.read(ACCOUNT, "files", made)
    assert list(engine.diff(ACCOUNT, "files", found, made.inputs).detailedDiff) == ["minimumTlsVersion"]
    assert found.inputs == {**made.inputs, "minimumTlsVersion": "TLS1_0"}


def test_children_that_are_declared_on_their_own_are_no_change_of_their_parent(engine, sandbox):
    network = engine.create(NETWORK, "net", {**IN_GROUP, "virtualNetworkName": "net"})
    subnet = {"resourceGroupName": "rg", "virtualNetworkName": "net", "subnetName": "a", "addressPrefix": "10.0.0.0/24"}
    engine.create(SUBNET, "a", subnet)
    assert engine.read(NETWORK, "net", network).inputs == network.inputs
    engine.update(NETWORK, "net", network, {**network.inputs, "tags": {"data": "mail"}})
    assert sandbox.store.read(f"{network.id}/subnets/a")


def test_what_azure_makes_by_itself_comes_along(engine, sandbox):
    """A flow log stands below a network watcher that no program declares."""
    account, network = (
        engine.create(*one) for one in ((ACCOUNT, "f", FILES), (NETWORK, "n", {**IN_GROUP, "virtualNetworkName": "n"}))
    )
    log = {
        "resourceGroupName": "NetworkWatcherRG",
        "networkWatcherName": "NetworkWatcher_uksouth",
        "flowLogName": "log",
        "targetResourceId": network.id,
        "storageId": account.id,
        "location": "uksouth",
    }
    made = engine.create("azure-native:network:FlowLog", "log", log)
    assert sandbox.store.read(made.id.rpartition("/flowLogs/")[0])["location"] == "uksouth"


def test_what_was_made_by_a_run_that_was_killed_is_taken_over(engine, sandbox):
    """It was put and never noted; the same run again ends as if it had not been killed."""
    first = engine.create(ACCOUNT, "files", FILES)
    assert engine.create(ACCOUNT, "files", FILES) == first


def test_a_site_is_taken_over_that_was_killed_before_its_settings(engine, sandbox):
    """Azure keeps them apart, so that they are put after the site."""
    site = {**IN_GROUP, "name": "portal", "httpsOnly": True, "siteConfig": {"ftpsState": "Disabled"}}
    engine.create("azure-native:web:WebApp", "site", {key: site[key] for key in site if key != "siteConfig"})
    made = engine.create("azure-native:web:WebApp", "site", site)
    assert made.outputs["siteConfig"]["ftpsState"] == "Disabled"


def test_a_resource_whose_making_fails_half_way_is_told_to_the_engine(engine, sandbox):
    """Azure took it and then failed: it is there, and the next run must change it rather than make it."""
    given = {**IN_GROUP, "serverName": "db", "version": "12.0"}
    sandbox.fault("status", path="*/azureAsyncOperation/*", status=409)
    began = begun(engine.create, "azure-native:sql:Server", "db", given)
    assert began.id.endswith("/servers/db")
    assert "was begun and failed: 409" in began.reasons[0]
    faults.clear(sandbox.store)
    made = Made(began.id, given, {})
    assert engine.update("azure-native:sql:Server", "db", made, given).outputs["name"] == "db"


def test_what_is_there_and_differs_is_not_overwritten(engine, sandbox):
    made = engine.create(ACCOUNT, "files", FILES)
    before = sandbox.store.read(made.id)
    said = refusal(engine.create, ACCOUNT, "files", {**FILES, "minimumTlsVersion": "TLS1_0"})
    assert said == f"{made.id} is there already and differs. Import or delete it."
    assert sandbox.store.read(made.id) == before


def test_a_setting_that_is_always_there_is_set(engine):
    engine.create(ACCOUNT, "files", FILES)
    given = {
        "resourceGroupName": "rg",
        "accountName": "files",
        "blobServicesName": "default",
        "isVersioningEnabled": True,
    }
    assert engine.create(SERVICE, "blobs", given).outputs["isVersioningEnabled"] is True


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(
            lambda engine: engine.create(CONTAINER, "c", {"resourceGroupName": "rg", "accountName": "absent"}),
            "404 ParentResourceNotFound: Can not perform requested operation on nested resource.",
            id="what it stands in is not there",
        ),
        pytest.param(
            lambda engine: engine.check("azure-native:quantum:Workspace", "one", {}),
            "the local Azure knows no azure-native:quantum:Workspace. Add a row to audit/kinds/.",
            id="a type without a row",
        ),
        pytest.param(
            lambda engine: engine.found(ACCOUNT, "one", "/subscriptions/x/resourceGroups/rg"),
            "is not the id of a",
            id="an id of another type",
        ),
    ],
)
def test_what_is_refused_is_told_in_one_line(engine, call, said):
    told = refusal(call, engine)
    assert said in told
    assert "\n" not in told


def test_a_lock_keeps_what_it_is_on_and_all_below(engine):
    account = engine.create(ACCOUNT, "files", FILES)
    box = engine.create(CONTAINER, "box", {"resourceGroupName": "rg", "accountName": "files", "containerName": "box"})
    lock = engine.create(LOCK, "keep", {"scope": account.id, "lockName": "keep", "level": "CanNotDelete"})
    for token, made in ((ACCOUNT, account), (CONTAINER, box)):
        assert "409 ScopeLocked: The scope" in refusal(engine.delete, token, "one", made)
        assert engine.read(token, "one", made)
    engine.delete(LOCK, "keep", lock)
    engine.delete(CONTAINER, "box", box)
    engine.delete(ACCOUNT, "files", account)
    engine.delete(ACCOUNT, "files", account)  # what is gone is gone


CHILD = {"type": "blobServices/containers", "name": "default/inner", "apiVersion": "2024-01-01", "properties": {}}
INSIDE = {
    "type": "Microsoft.Storage/storageAccounts",
    "name": "inside",
    "apiVersion": "2024-01-01",
    "location": "uksouth",
    "sku": {"name": "Standard_LRS"},
    "kind": "StorageV2",
    "properties": {"minimumTlsVersion": "TLS1_2"},
    "resources": [CHILD],
}


def deployment(listed):
    template = {"contentVersion": "1.0.0.0", "resources": listed}
    properties = {"mode": "Incremental", "template": template}
    return {"resourceGroupName": "rg", "deploymentName": "d", "properties": properties}


@pytest.mark.parametrize(
    "listed", [pytest.param([INSIDE], id="a list"), pytest.param({"files": INSIDE}, id="by names")]
)
def test_a_template_that_is_written_out_is_deployed(engine, sandbox, listed):
    made = engine.create(DEPLOYMENT, "d", deployment(listed))
    place = made.id.replace("Microsoft.Resources/deployments/d", "Microsoft.Storage/storageAccounts/inside")
    assert sandbox.store.read(place)["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert sandbox.store.read(f"{place}/blobServices/default/containers/inner")


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        pytest.param([INSIDE, {**INSIDE, "name": "[x]"}], "does not model the deployment", id="an expression"),
        pytest.param([{**INSIDE, "condition": True}], "does not model the deployment", id="a condition"),
        pytest.param("linked", "does not model the deployment", id="no list"),
        pytest.param([{**INSIDE, "name": "a/b"}], "InvalidTemplate", id="a name of another length"),
        pytest.param([{"name": "a"}], "InvalidTemplate", id="no type"),
        pytest.param([{**INSIDE, "type": "Microsoft.Quantum/workspaces"}], "does not model the type", id="no row"),
    ],
)
def test_a_template_that_is_not_written_out_is_refused_whole(engine, sandbox, listed, said):
    assert said in refusal(engine.create, DEPLOYMENT, "d", deployment(listed))
    assert not sandbox.store.listed("microsoft.storage/storageaccounts")


def test_secrets_are_sent_and_never_told(engine, sandbox):
    secret = {rpc._special_sig_key: rpc._special_secret_sig, "value": "Sandbox1!pass"}
    given = {**IN_GROUP, "vmName": "vm", "osProfile": {"adminUsername": "ours", "adminPassword": secret}}
    inputs, failures = engine.check(MACHINE, "vm", given)
    assert not failures
    made = engine.create(MACHINE, "vm", given)
    assert "Sandbox1!pass" not in str(made.outputs)
    assert made.outputs["osProfile"]["adminUsername"] == "ours"
    assert engine.read(MACHINE, "vm", made).inputs == inputs


def test_a_program_may_ask_who_deploys_it(engine, sandbox):
    told = engine.ask("azure-native:authorization:getClientConfig")
    assert told["subscriptionId"] == sandbox.subscription
    assert told["clientId"] == sandbox.running.client
    assert "answers no azure-native:dns:getZone" in refusal(engine.ask, "azure-native:dns:getZone")


def test_a_read_only_lock_keeps_what_is_below_from_being_changed(engine):
    account = engine.create(ACCOUNT, "files", FILES)
    engine.create(LOCK, "keep", {"scope": account.id, "lockName": "keep", "level": "ReadOnly"})
    said = refusal(engine.update, ACCOUNT, "files", account, {**FILES, "minimumTlsVersion": "TLS1_0"})
    assert "409 ScopeLocked" in said
    assert engine.read(ACCOUNT, "files", account).inputs == account.inputs


def test_each_connection_has_its_own_subscription(port, engine, sandbox):
    """The engine attaches every provider that a program makes to the one port."""
    other = Engine(port, {"subscriptionId": "0a0d17e5-0000-4000-8000-000000000009"})
    said = refusal(other.create, GROUP, "theirs", {"resourceGroupName": "theirs", "location": "uksouth"})
    assert "SubscriptionNotFound" in said
    assert engine.create(GROUP, "ours", {"resourceGroupName": "ours", "location": "uksouth"}).id.startswith(
        sandbox.root
    )
    other.close()
    silent = Engine(port)
    assert "not configured" in refusal(silent.check, GROUP, "one", {})
    silent.close()
