"""A declared resource is known by the ARM id it will have, or by a pattern where Pulumi makes up its name."""

import pytest

from audit.estate import IndexedEstate
from audit.facts import UNKNOWN, Reference
from audit.identity import Identities
from audit.kinds.authorization import MANAGEMENT_LOCK, ROLE_ASSIGNMENT
from audit.kinds.aws import BUCKET
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.kinds.insights import DIAGNOSTIC_SETTING, SUBSCRIPTION_DIAGNOSTIC_SETTING
from audit.kinds.maintenance import CONFIGURATION_ASSIGNMENT
from audit.kinds.network import NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET, VIRTUAL_NETWORK
from audit.kinds.recoveryservices import PROTECTED_ITEM, RECOVERY_VAULT, REPLICATION_CONTAINER
from audit.kinds.resources import DEPLOYMENT, RESOURCE_GROUP
from audit.kinds.security import DEFENDER_PRICING
from audit.kinds.sql import SHORT_TERM_RETENTION, SQL_SERVER
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.kinds.web import FTP_CREDENTIALS_POLICY
from audit.model import Plane, Snapshot
from tests.made import thing
from tests.support import NOON

ROOT = "/subscriptions/s/resourceGroups/rg"
GUID = "0a0d17e5-7e4a-47a1-8a0d-17e57e4a0001"
GROUP = thing(RESOURCE_GROUP, "urn:group", {"resourceGroupName": "rg"}, name="group")
IN_GROUP = {"resourceGroupName": "rg"}
ACCOUNT = thing(STORAGE_ACCOUNT, "urn:files", {**IN_GROUP, "accountName": "files"}, name="account")
SERVER = thing(SQL_SERVER, "urn:server", {**IN_GROUP, "serverName": "db"}, name="server")
UNNAMED = thing(STORAGE_ACCOUNT, "urn:unnamed", {"resourceGroupName": Reference("urn:group", "name")}, name="unnamed")
NETWORK = thing(VIRTUAL_NETWORK, "urn:net", {**IN_GROUP, "virtualNetworkName": "net", "subnets": [{"name": "web"}]})
GUARD = thing(NETWORK_SECURITY_GROUP, "urn:guard", {"securityRules": [{"name": "shut"}], **IN_GROUP}, name="guard")
TEMPLATE = thing(DEPLOYMENT, "urn:template", {**IN_GROUP, "deploymentName": "containers"})
OTHERS = (GROUP, ACCOUNT, SERVER, UNNAMED, NETWORK, GUARD, TEMPLATE)


def estate(*resources):
    """Index resources among the others that they refer to."""
    seen = {one.id: one for one in (*OTHERS, *resources)}
    return IndexedEstate(Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=tuple(seen.values())))


def declared(kind, identity="urn:own", **body):
    return thing(kind, identity, body, name="own")


STORAGE = f"{ROOT}/providers/Microsoft.Storage/storageAccounts"
MACHINE = f"{ROOT}/providers/Microsoft.Compute/virtualMachines/vm"
CONTAINER = f"{REPLICATION_CONTAINER.arm}/vault/fabric/box"
KNOWN = [
    pytest.param(GROUP, ROOT, id="a resource group"),
    pytest.param(ACCOUNT, f"{STORAGE}/files", id="names in clear"),
    pytest.param(
        declared(STORAGE_ACCOUNT, accountName="files", resourceGroupName=Reference("urn:group", "name")),
        f"{STORAGE}/files",
        id="the group by reference",
    ),
    pytest.param(
        declared(BLOB_SERVICE, accountName=Reference("urn:files", "name"), blobServicesName="default", **IN_GROUP),
        f"{STORAGE}/files/blobServices/default",
        id="the parent by reference, and a fixed name",
    ),
    pytest.param(
        declared(SHORT_TERM_RETENTION, serverName="db", databaseName="d", policyName="default", **IN_GROUP),
        f"{ROOT}/providers/Microsoft.Sql/servers/db/databases/d/backupShortTermRetentionPolicies/default",
        id="two names above",
    ),
    pytest.param(
        declared(DIAGNOSTIC_SETTING, resourceUri=Reference("urn:server", "id", "/databases/master"), name="to-logs"),
        f"{ROOT}/providers/Microsoft.Sql/servers/db/databases/master/providers/Microsoft.Insights/diagnosticSettings/to-logs",
        id="an extension of what stands below a resource",
    ),
    pytest.param(
        declared(MANAGEMENT_LOCK, scope="/subscriptions/s", lockName="keep"),
        "/subscriptions/s/providers/Microsoft.Authorization/locks/keep",
        id="an extension of the subscription",
    ),
    pytest.param(
        declared(SUBSCRIPTION_DIAGNOSTIC_SETTING, name="to-logs"),
        "/subscriptions/s/providers/Microsoft.Insights/diagnosticSettings/to-logs",
        id="a subscription's own setting",
    ),
    pytest.param(
        declared(DEFENDER_PRICING, name="StorageAccounts"),
        "/subscriptions/s/providers/Microsoft.Security/pricings/StorageAccounts",
        id="a name that the row renames",
    ),
    pytest.param(
        declared(FTP_CREDENTIALS_POLICY, name="portal", **IN_GROUP),
        f"{ROOT}/providers/Microsoft.Web/sites/portal/basicPublishingCredentialsPolicies/ftp",
        id="a row for one fixed name",
    ),
    pytest.param(
        declared(RECORD_SET, zoneName="z.example", name="@", type="MX", **IN_GROUP),
        f"{ROOT}/providers/Microsoft.Network/dnszones/z.example/MX/@",
        id="a type that says what kind of record it is",
    ),
    pytest.param(
        declared(
            CONFIGURATION_ASSIGNMENT,
            providerName="Microsoft.Compute",
            resourceType="virtualMachines",
            resourceName="vm",
            configurationAssignmentName="sundays",
            **IN_GROUP,
        ),
        f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/sundays",
        id="an extension whose place is spelt in pieces",
    ),
    pytest.param(
        declared(CONFIGURATION_ASSIGNMENT, configurationAssignmentName="all"),
        "/subscriptions/s/providers/Microsoft.Maintenance/configurationAssignments/all",
        id="an extension that names no place stands on the subscription",
    ),
    pytest.param(
        thing(REPLICATION_CONTAINER, f"urn:template/{CONTAINER}", {"resourceName": "vault"}, name="vault/fabric/box"),
        f"{ROOT}/providers/Microsoft.RecoveryServices/vaults/vault/replicationFabrics/fabric"
        "/replicationProtectionContainers/box",
        id="declared in a template",
    ),
    pytest.param(
        thing(STORAGE_ACCOUNT, f"{STORAGE}/files".lower(), plane=Plane.LIVE), f"{STORAGE}/files".lower(), id="live"
    ),
]


@pytest.mark.parametrize(("resource", "expected"), KNOWN)
def test_the_id_is_the_one_that_azure_will_give(resource, expected):
    assert Identities(estate(resource), subscription="s").of(resource).id == expected


@pytest.mark.parametrize(("resource", "expected"), KNOWN)
def test_a_known_id_is_matched_in_any_case_and_no_other_is(resource, expected):
    found = Identities(estate(resource), subscription="s").of(resource)
    assert found.matches(expected.upper())
    assert not found.matches(f"{expected}x")
    assert not found.reason


UNKNOWN_IDS = [
    pytest.param(UNNAMED, "Pulumi makes up", f"{STORAGE}/unnamed1a2b3c4d", f"{STORAGE}/other1a2b3c4d", id="auto-named"),
    pytest.param(
        declared(BLOB_SERVICE, accountName=Reference("urn:unnamed", "name"), **IN_GROUP),
        "Pulumi makes up",
        f"{STORAGE}/unnamed1a2b3c4d/blobServices/default",
        f"{STORAGE}/unnamed/1a2b3c4d/blobServices/default",
        id="below what is auto-named",
    ),
    pytest.param(
        declared(ROLE_ASSIGNMENT, scope=Reference("urn:files", "id")),
        "Pulumi makes up",
        f"{STORAGE}/files/providers/Microsoft.Authorization/roleAssignments/{GUID}",
        f"{STORAGE}/files/providers/Microsoft.Authorization/roleAssignments/own1a2b3c4d",
        id="named by a GUID",
    ),
    pytest.param(
        declared(
            PROTECTED_ITEM, vaultName="v", fabricName="Azure", containerName=UNKNOWN, protectedItemName="i", **IN_GROUP
        ),
        "containerName of own is not known before deployment",
        f"{ROOT}/providers/{RECOVERY_VAULT.arm}/v/backupFabrics/Azure/protectionContainers/c;d/protectedItems/i",
        f"{ROOT}/providers/{RECOVERY_VAULT.arm}/v/backupFabrics/Azure/protectionContainers/c/d/protectedItems/i",
        id="a name not known yet",
    ),
    pytest.param(
        declared(RECORD_SET, zoneName="z.example", name="@", type=UNKNOWN, **IN_GROUP),
        "type of own is not known before deployment",
        f"{ROOT}/providers/Microsoft.Network/dnszones/z.example/MX/@",
        f"{ROOT}/providers/Microsoft.Network/dnszones/z.example/MX/www",
        id="a type not known yet",
    ),
    pytest.param(
        declared(MANAGEMENT_LOCK, scope=UNKNOWN, lockName="keep"),
        "scope of own is not known before deployment",
        f"{STORAGE}/files/providers/Microsoft.Authorization/locks/keep",
        f"{STORAGE}/files/providers/Microsoft.Authorization/locks/other",
        id="a scope not known yet",
    ),
    pytest.param(
        declared(MANAGEMENT_LOCK, scope=Reference("urn:gone", "id"), lockName="keep"),
        "urn:gone is not declared",
        f"{STORAGE}/files/providers/Microsoft.Authorization/locks/keep",
        f"{STORAGE}/files/providers/Microsoft.Authorization/locks/other",
        id="a scope that nobody declares",
    ),
    pytest.param(
        declared(STORAGE_ACCOUNT, accountName=Reference("urn:files", "primaryLocation"), **IN_GROUP),
        "accountName of own is not known before deployment",
        f"{STORAGE}/uksouth",
        f"{STORAGE}/uksouth/blobServices/default",
        id="a name made of what Azure answers",
    ),
]


@pytest.mark.parametrize(("resource", "reason", "alike", "other"), UNKNOWN_IDS)
def test_an_id_that_is_not_known_has_a_reason_and_a_pattern(resource, reason, alike, other):
    found = Identities(estate(resource), subscription="s").of(resource)
    assert found.id is None
    assert reason in found.reason
    assert found.matches(alike)
    assert not found.matches(other)


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(thing(BUCKET, "urn:bucket", {"bucket": "b"}), id="not Azure's"),
        pytest.param(
            thing(REPLICATION_CONTAINER, f"urn:template/{CONTAINER}", name="box"), id="a template that names it in part"
        ),
        pytest.param(
            declared(STORAGE_ACCOUNT, accountName=Reference("urn:own", "name"), **IN_GROUP), id="named by itself"
        ),
    ],
)
def test_what_no_id_can_be_worked_out_for_has_none_and_says_why(resource):
    found = Identities(estate(resource), subscription="s").of(resource)
    assert found.id is None
    assert found.reason


@pytest.mark.parametrize(
    ("kind", "parent", "expected"),
    [
        pytest.param(SUBNET, NETWORK, "virtualNetworks/net/subnets/web", id="below a name in clear"),
        pytest.param(SECURITY_RULE, GUARD, None, id="below what is auto-named"),
    ],
)
def test_a_child_listed_inline_stands_below_its_parent(kind, parent, expected):
    seen = estate()
    (child,) = seen.children(parent, kind)
    found = Identities(seen, subscription="s").of(child)
    assert found.id == (f"{ROOT}/providers/Microsoft.Network/{expected}" if expected else None)
    assert expected or found.matches(
        f"{ROOT}/providers/Microsoft.Network/networkSecurityGroups/guard1a2b3c4d/securityRules/shut"
    )


def test_two_that_name_each_other_have_no_id():
    """They are not followed for ever."""
    one = thing(VIRTUAL_MACHINE, "urn:one", {"vmName": Reference("urn:two", "name"), **IN_GROUP})
    two = thing(VIRTUAL_MACHINE, "urn:two", {"vmName": Reference("urn:one", "name"), **IN_GROUP})
    assert Identities(estate(one, two), subscription="s").of(one).id is None


def test_a_name_further_up_is_taken_from_the_parent():
    """A child that is declared by a link to its parent says no name above that."""
    zone = thing(DNS_ZONE, "urn:zone", {"zoneName": "z.example", **IN_GROUP})
    record = declared(RECORD_SET, zoneName=Reference("urn:zone", "id"), name="www", type="TXT")
    found = Identities(estate(zone, record), subscription="s").of(record)
    assert found.id.startswith(f"{ROOT}/providers/Microsoft.Network")


def test_names_may_be_made_up():
    """Whoever loads an estate names what Pulumi would name."""
    named = Identities(estate(), subscription="s", namer=lambda resource, kind, parameter: f"made-{parameter}")
    assert named.of(UNNAMED).id == f"{STORAGE}/made-accountName"
