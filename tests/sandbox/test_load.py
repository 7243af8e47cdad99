"""A declared estate arrives in the local Azure whole, in order, and with everything that was left out listed."""

import uuid

import msgspec
import pytest

from audit.facts import SECRET, UNKNOWN, Reference
from audit.kinds.authorization import ROLE_ASSIGNMENT
from audit.kinds.aws import BUCKET
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_KEY
from audit.kinds.managedidentity import USER_ASSIGNED_IDENTITY
from audit.kinds.network import FLOW_LOG, NETWORK_INTERFACE
from audit.kinds.recoveryservices import PROTECTED_ITEM, RECOVERY_VAULT
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import FAILOVER_GROUP, SERVER_KEY, SQL_DATABASE, SQL_SERVER
from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import AuditError, Plane, Snapshot
from audit.placement import subscription_of
from audit.sandbox import resources
from audit.sandbox.address import parse
from audit.sandbox.answers import Refusal
from audit.sandbox.load import load
from audit.sandbox.store import Store
from tests.made import thing
from tests.support import NOON

SUBSCRIPTION = "0a0d17e5-5ab5-4c71-9a0d-17e55ab50009"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
PROVIDERS = f"{ROOT}/providers"
IN_GROUP = {"resourceGroupName": "rg", "location": "uksouth"}


class Azure:
    """The local Azure's own store, and the order in which things came into it."""

    def __init__(self, folder):
        self.store, self.put_in_order = Store(folder / "store.sqlite"), []
        self.store.add_subscription(SUBSCRIPTION, "Loaded")

    def put(self, identity, api, body):
        """Put a resource as the local Azure would; a refusal is the loader's kind of error."""
        try:
            resources.put(self.store, parse(identity), body)
        except Refusal as refusal:
            raise AuditError(str(refusal)) from refusal
        self.put_in_order.append(identity)

    def read(self, identity, api=""):
        """Read a resource, None where it is not there."""
        try:
            return resources.read(self.store, parse(identity))
        except Refusal:
            return None

    def load(self, *declared):
        """Load what a program declares."""
        return load(snapshot(*declared), self.put, self.read, subscription=SUBSCRIPTION)


@pytest.fixture
def azure(tmp_path):
    return Azure(tmp_path)


def snapshot(*declared):
    return Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=declared)


def declared(kind, name, /, **body):
    """Declare a resource; its URN is its name behind `urn:`."""
    return thing(kind, f"urn:{name}", body, name=name)


def link(name, prop="id", suffix=""):
    return Reference(f"urn:{name}", prop, suffix)


GROUP = declared(RESOURCE_GROUP, "group", resourceGroupName="rg", location="uksouth")
ACCOUNT = declared(
    STORAGE_ACCOUNT,
    "account",
    accountName="files",
    kind="StorageV2",
    sku={"name": "Standard_GRS"},
    minimumTlsVersion="TLS1_2",
    supportsHttpsTrafficOnly=True,
    **IN_GROUP,
)
VAULT = declared(KEY_VAULT, "vault", vaultName="keys", sku={"family": "A", "name": "premium"}, **IN_GROUP)
KEY = declared(KEY_VAULT_KEY, "key", vaultName=link("vault", "name"), keyName="disks", kty="RSA", **IN_GROUP)
WHO = declared(USER_ASSIGNED_IDENTITY, "who", resourceName="who", **IN_GROUP)
FILES = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/files"


def test_a_resource_arrives_in_arms_own_shape(azure):
    """Settings stand inside `properties`, the SKU and the location beside it, and the path's names in neither."""
    assert azure.load(ACCOUNT, GROUP).ids["urn:account"] == FILES
    found = azure.read(FILES)
    assert found["sku"]["name"] == "Standard_GRS"
    assert found["location"] == "uksouth"
    assert found["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert not {"accountName", "resourceGroupName"} & (found.keys() | found["properties"].keys())


def test_what_is_needed_comes_first(azure):
    """Parents, groups and what a resource refers to, whatever order the program declares them in."""
    container = declared(BLOB_CONTAINER, "box", accountName="files", containerName="box", resourceGroupName="rg")
    azure.load(container, KEY, VAULT, ACCOUNT, GROUP)
    order = [identity.rpartition("/")[2] for identity in azure.put_in_order]
    assert order.index("rg") == 0
    assert order.index("files") < order.index("box")
    assert order.index("keys") < order.index("disks")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param(link("vault"), f"{PROVIDERS}/Microsoft.KeyVault/vaults/keys", id="an id"),
        pytest.param(
            link("vault", "id", "/keys/disks"), f"{PROVIDERS}/Microsoft.KeyVault/vaults/keys/keys/disks", id="below it"
        ),
        pytest.param(link("vault", "name"), "keys", id="a name"),
        pytest.param(link("vault", "properties.vault_uri"), "https://keys.vault.azure.net/", id="what Azure answers"),
        pytest.param(link("key", "keyUri"), "https://keys.vault.azure.net/keys/disks", id="a key's address"),
    ],
)
def test_a_reference_becomes_what_the_local_azure_answers(azure, given, sent):
    account = declared(STORAGE_ACCOUNT, "own", accountName="own", encryption={"keyVaultUri": given}, **IN_GROUP)
    loaded = azure.load(GROUP, VAULT, KEY, account)
    assert azure.read(loaded.ids["urn:own"])["properties"]["encryption"]["keyVaultUri"] == sent


def test_a_managed_identity_is_the_same_principal_wherever_it_is_named(azure):
    account = declared(
        STORAGE_ACCOUNT,
        "own",
        accountName="own",
        identity={"type": "SystemAssigned"},
        tags={"data": "mail"},
        **IN_GROUP,
    )
    roles = [
        declared(ROLE_ASSIGNMENT, f"role-{name}", scope=link("account"), principalId=link(name, prop))
        for name, prop in (("own", "identity.principal_id"), ("who", "principalId"))
    ]
    loaded = azure.load(GROUP, ACCOUNT, WHO, account, *roles)
    principals = [azure.read(loaded.ids[role.id])["properties"]["principalId"] for role in roles]
    assert principals == [
        azure.read(loaded.ids["urn:own"])["identity"]["principalId"],
        azure.read(loaded.ids["urn:who"])["properties"]["principalId"],
    ]
    assert len(set(principals)) == len(principals)
    assert all(uuid.UUID(loaded.ids[role.id].rpartition("/")[2]) for role in roles)


def test_user_assigned_identities_become_a_map(azure):
    identity = {"type": "UserAssigned", "userAssignedIdentities": [link("who")]}
    account = declared(STORAGE_ACCOUNT, "own", accountName="own", identity=identity, **IN_GROUP)
    loaded = azure.load(GROUP, WHO, account)
    assert list(azure.read(loaded.ids["urn:own"])["identity"]["userAssignedIdentities"]) == [loaded.ids["urn:who"]]


def test_nested_settings_are_wrapped_as_arm_wraps_them(azure):
    card = declared(
        NETWORK_INTERFACE,
        "card",
        networkInterfaceName="card",
        ipConfigurations=[{"name": "private", "primary": True}],
        **IN_GROUP,
    )
    found = azure.read(azure.load(GROUP, card).ids["urn:card"])
    (configuration,) = found["properties"]["ipConfigurations"]
    assert configuration["name"] == "private"
    assert configuration["properties"]["primary"] is True


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(SECRET, "is a secret", id="secret"),
        pytest.param(UNKNOWN, "is not known before deployment", id="not known yet"),
        pytest.param(link("gone"), "urn:gone has no id", id="nobody declares it"),
        pytest.param(link("account", "primaryEndpoints.web"), "does not answer with", id="never answered"),
    ],
)
def test_a_value_that_cannot_be_known_is_left_out_and_listed(azure, value, reason):
    machine = declared(
        VIRTUAL_MACHINE, "vm", vmName="vm", osProfile={"adminPassword": value, "computerName": "vm"}, **IN_GROUP
    )
    loaded = azure.load(GROUP, ACCOUNT, machine)
    assert [(left.resource, left.path) for left in loaded.left] == [("urn:vm", "osProfile.adminPassword")]
    assert reason in loaded.left[0].reason
    assert azure.read(loaded.ids["urn:vm"])["properties"]["osProfile"] == {"computerName": "vm"}


def test_a_resource_that_cannot_be_placed_is_left_out_and_listed(azure):
    """A type without a row, one whose place is not known, and one that the local Azure refuses."""
    strange = msgspec.structs.replace(declared(STORAGE_ACCOUNT, "strange"), type="Microsoft.Strange/things")
    adrift = declared(BLOB_CONTAINER, "adrift", accountName=UNKNOWN, containerName="box", resourceGroupName=UNKNOWN)
    orphan = declared(BLOB_CONTAINER, "orphan", accountName="none", containerName="box", resourceGroupName="rg")
    loaded = azure.load(GROUP, strange, adrift, orphan)
    assert set(loaded.ids) == {"urn:group"}
    assert {left.resource for left in loaded.left} == {"urn:strange", "urn:adrift", "urn:orphan"}
    assert all(left.path == "" and left.reason for left in loaded.left)


def test_names_that_pulumi_would_make_up_are_the_same_each_time(azure, tmp_path):
    unnamed = declared(STORAGE_ACCOUNT, "logs", **IN_GROUP)
    first = azure.load(GROUP, unnamed).ids["urn:logs"]
    assert first.rpartition("/")[2].startswith("logs")
    assert Azure(tmp_path / "again").load(unnamed, GROUP).ids["urn:logs"] == first


def test_names_that_azure_demands_are_made_as_it_demands_them(azure):
    """What protects a machine is called after it, and a server's key after the key in its vault."""
    machine = declared(VIRTUAL_MACHINE, "vm", vmName="vm", **IN_GROUP)
    vault = declared(RECOVERY_VAULT, "backups", vaultName="backups", **IN_GROUP)
    item = declared(
        PROTECTED_ITEM,
        "item",
        vaultName="backups",
        fabricName="Azure",
        containerName=UNKNOWN,
        protectedItemName=UNKNOWN,
        sourceResourceId=link("vm"),
        resourceGroupName="rg",
    )
    server = declared(SQL_SERVER, "server", serverName="db", **IN_GROUP)
    key = declared(
        SERVER_KEY,
        "tde",
        serverName="db",
        keyName=UNKNOWN,
        uri=link("key", "keyUriWithVersion"),
        resourceGroupName="rg",
    )
    loaded = azure.load(GROUP, VAULT, KEY, machine, vault, item, server, key)
    assert not loaded.left
    assert loaded.ids["urn:item"].endswith(
        "/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg;vm/protectedItems/VM;iaasvmcontainerv2;rg;vm"
    )
    version = azure.read(loaded.ids["urn:key"])["properties"]["keyUriWithVersion"].rpartition("/")[2]
    assert loaded.ids["urn:tde"].endswith(f"/keys/keys_disks_{version}")


def test_what_azure_makes_by_itself_is_made_and_told(azure):
    """A region's network watcher, a server's master database, and a failover group's copies."""
    servers = [
        declared(SQL_SERVER, name, serverName=name, **{**IN_GROUP, "location": region})
        for name, region in (("south", "uksouth"), ("west", "ukwest"))
    ]
    database = declared(
        SQL_DATABASE, "data", serverName="south", databaseName="data", tags={"data": "contacts"}, **IN_GROUP
    )
    group = declared(
        FAILOVER_GROUP,
        "pair",
        serverName="south",
        failoverGroupName="pair",
        resourceGroupName="rg",
        databases=[link("data")],
        partnerServers=[{"id": link("west")}],
    )
    setting = declared(DIAGNOSTIC_SETTING, "audit", resourceUri=link("south", "id", "/databases/master"), name="audit")
    log = declared(
        FLOW_LOG,
        "log",
        resourceGroupName="NetworkWatcherRG",
        networkWatcherName="NetworkWatcher_uksouth",
        flowLogName="log",
        targetResourceId=link("group"),
    )
    loaded = azure.load(GROUP, *servers, database, group, setting, log)
    assert not loaded.left
    copy = azure.read(f"{loaded.ids['urn:west']}/databases/data")
    assert (copy["location"], copy["tags"]) == ("ukwest", {"data": "contacts"})
    other = azure.read(f"{loaded.ids['urn:west']}/failoverGroups/pair")["properties"]
    assert other["replicationRole"] == "Secondary"
    assert other["databases"] == [f"{loaded.ids['urn:west']}/databases/data"]
    assert any(made.endswith("/networkwatchers/networkwatcher_uksouth") for made in loaded.made)
    assert not set(loaded.made) & {identity.lower() for identity in loaded.ids.values()}


def test_a_sites_settings_are_read_where_azure_keeps_them(azure):
    site = declared(WEB_APP, "site", name="portal", siteConfig={"ftpsState": "Disabled"}, **IN_GROUP)
    place = azure.load(GROUP, site).ids["urn:site"]
    assert azure.read(f"{place}/config/web")["properties"]["ftpsState"] == "Disabled"


def test_what_azure_does_not_hold_is_handed_back(azure):
    bucket = declared(BUCKET, "bucket", bucket="copies")
    loaded = azure.load(GROUP, bucket)
    assert loaded.elsewhere == (bucket,)
    assert not loaded.left


def test_a_ring_is_refused(azure):
    """Neither could ever come first."""
    one = declared(STORAGE_ACCOUNT, "one", accountName="one", tags={"other": link("two")}, **IN_GROUP)
    two = declared(STORAGE_ACCOUNT, "two", accountName="two", tags={"other": link("one")}, **IN_GROUP)
    with pytest.raises(AuditError, match="refer to each other in a ring: (one, two|two, one)"):
        azure.load(GROUP, one, two)


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        pytest.param((), "", id="none is named"),
        pytest.param(("/subscriptions/a",), "a", id="one"),
        pytest.param(
            ("/subscriptions/a", "subscriptions/B/resourceGroups/x", "/subscriptions/b"), "b", id="most often"
        ),
    ],
)
def test_the_subscription_is_the_one_that_a_program_names_most(scopes, expected):
    named = [declared(ROLE_ASSIGNMENT, f"role-{index}", scope=scope) for index, scope in enumerate(scopes)]
    assert subscription_of(snapshot(*named)) == expected
