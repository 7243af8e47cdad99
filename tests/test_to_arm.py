"""A declared body goes back into ARM's own JSON: what a PUT would send, and what reads the same again."""

import pytest

from audit.facts import UNKNOWN, Reference
from audit.kinds.authorization import ROLE_DEFINITION
from audit.kinds.compute import VIRTUAL_MACHINE, VIRTUAL_MACHINE_EXTENSION
from audit.kinds.dns import RECORD_SET
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.maintenance import CONFIGURATION_ASSIGNMENT, MAINTENANCE_CONFIGURATION
from audit.kinds.network import VIRTUAL_NETWORK
from audit.kinds.recoveryservices import REPLICATION_CONTAINER
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.security import DEFENDER_PRICING
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.shape import from_arm, from_pulumi, to_arm

GROUP = {"resourceGroupName": "rg"}
WHERE = "/subscriptions/s/resourceGroups/rg/providers/"
ACCOUNT = {"accountName": "files", "minimumTlsVersion": "TLS1_2", "sku": {"name": "Standard_GRS"}, **GROUP}


@pytest.mark.parametrize(
    ("kind", "inputs", "answer"),
    [
        pytest.param(
            STORAGE_ACCOUNT,
            {**ACCOUNT, "location": "uksouth", "enableHttpsTrafficOnly": True},
            {
                "location": "uksouth",
                "sku": {"name": "Standard_GRS"},
                "properties": {"minimumTlsVersion": "TLS1_2", "supportsHttpsTrafficOnly": True},
            },
            id="settings inside, the rest beside",
        ),
        pytest.param(
            KEY_VAULT,
            {"vaultName": "keys", "properties": {"sku": {"name": "premium"}}, **GROUP},
            {"properties": {"sku": {"name": "premium"}}},
            id="a type that keeps its SKU inside",
        ),
        pytest.param(
            BLOB_SERVICE,
            {"accountName": "files", "blobServicesName": "default", "isVersioningEnabled": True, **GROUP},
            {"properties": {"isVersioningEnabled": True}},
            id="a fixed name spelt out",
        ),
        pytest.param(
            VIRTUAL_NETWORK,
            {
                "virtualNetworkName": "net",
                "subnets": [{"name": "web", "addressPrefix": "10.0.0.0/24", "delegations": [{"serviceName": "x"}]}],
                **GROUP,
            },
            {
                "properties": {
                    "subnets": [
                        {
                            "name": "web",
                            "properties": {
                                "addressPrefix": "10.0.0.0/24",
                                "delegations": [{"properties": {"serviceName": "x"}}],
                            },
                        }
                    ]
                }
            },
            id="children inside children",
        ),
        pytest.param(
            VIRTUAL_MACHINE,
            {"vmName": "vm", "networkProfile": {"networkInterfaces": [{"id": "/card"}]}, "zones": ["1"], **GROUP},
            {"zones": ["1"], "properties": {"networkProfile": {"networkInterfaces": [{"id": "/card"}]}}},
            id="an element with nothing to wrap",
        ),
        pytest.param(
            STORAGE_ACCOUNT,
            {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/who"]}},
            {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/who": {}}}},
            id="identities as a map",
        ),
        pytest.param(
            STORAGE_ACCOUNT,
            {"encryption": {"keySource": "x", "keyVaultProperties": {"keyName": "k"}}},
            {"properties": {"encryption": {"keySource": "x", "keyvaultproperties": {"keyname": "k"}}}},
            id="what a rename left empty is dropped",
        ),
        pytest.param(
            MAINTENANCE_CONFIGURATION,
            {"resourceName": "sundays", "duration": "03:30", "recurEvery": "Week Sunday", **GROUP},
            {"properties": {"maintenanceWindow": {"duration": "03:30", "recurEvery": "Week Sunday"}}},
            id="what the SDK lays flat",
        ),
        pytest.param(
            DIAGNOSTIC_SETTING,
            {"resourceUri": "/account", "name": "to-logs", "logs": [{"retentionPolicy": {"days": 35.0}}]},
            {"properties": {"logs": [{"retentionPolicy": {"days": 35}}]}},
            id="whole floats are integers",
        ),
        pytest.param(
            RECORD_SET,
            {"zoneName": "z", "relativeRecordSetName": "@", "recordType": "TXT", "ttl": 60.0, **GROUP},
            {"properties": {"TTL": 60}},
            id="a type and a name that stand in the path",
        ),
        pytest.param(
            DEFENDER_PRICING,
            {"pricingName": "Arm", "scopeId": "subscriptions/s", "pricingTier": "Standard"},
            {"properties": {"pricingTier": "Standard"}},
            id="a renamed name",
        ),
        pytest.param(
            ROLE_DEFINITION,
            {"scope": "/subscriptions/s", "roleDefinitionId": "g", "roleType": "CustomRole", "roleName": "Auditor"},
            {"properties": {"type": "CustomRole", "roleName": "Auditor"}},
            id="a type of its own is a setting",
        ),
        pytest.param(
            VIRTUAL_MACHINE_EXTENSION,
            {"vmName": "vm", "vmExtensionName": "agent", "type": "MDE.Windows", "publisher": "x", **GROUP},
            {"properties": {"type": "MDE.Windows", "publisher": "x"}},
            id="an extension's type is a setting",
        ),
        pytest.param(
            CONFIGURATION_ASSIGNMENT,
            {
                "providerName": "Microsoft.Compute",
                "resourceType": "virtualMachines",
                "resourceName": "vm",
                "configurationAssignmentName": "a",
                "maintenanceConfigurationId": "/m",
                **GROUP,
            },
            {"properties": {"maintenanceConfigurationId": "/m"}},
            id="the pieces of a place",
        ),
        pytest.param(
            REPLICATION_CONTAINER,
            {
                "type": REPLICATION_CONTAINER.arm,
                "name": "v/f/c",
                "apiVersion": "x",
                "providerSpecificInput": [{"a": "b"}],
            },
            {"properties": {"providerSpecificInput": [{"a": "b"}]}},
            id="what a template says around a resource",
        ),
        pytest.param(RESOURCE_GROUP, {**GROUP, "location": "uksouth"}, {"location": "uksouth"}, id="no settings"),
        pytest.param(STORAGE_ACCOUNT, {"accessTier": None, **GROUP}, {}, id="null says nothing"),
    ],
)
def test_a_program_is_sent_as_arm_takes_it(kind, inputs, answer):
    assert to_arm(kind, from_pulumi(kind, inputs)) == answer


def test_what_cannot_be_read_stays_where_it_is():
    """Whoever sends the body decides what becomes of it."""
    link = Reference("urn:net", "id")
    body = {"subnets": [link, {"name": "web", "natGateway": UNKNOWN}], "addressSpace": UNKNOWN}
    assert to_arm(VIRTUAL_NETWORK, body)["properties"] == {
        "subnets": [link, {"name": "web", "properties": {"natGateway": UNKNOWN}}],
        "addressSpace": UNKNOWN,
    }


def test_a_body_that_is_sent_is_left_as_it_was():
    """A snapshot is judged after it is loaded."""
    body = {"subnets": [{"name": "web", "delegations": [{"name": "d", "serviceName": "x"}]}]}
    to_arm(VIRTUAL_NETWORK, body)
    assert body == {"subnets": [{"name": "web", "delegations": [{"name": "d", "serviceName": "x"}]}]}


def test_what_was_sent_reads_as_it_was_declared():
    body = from_pulumi(STORAGE_ACCOUNT, {**ACCOUNT, "networkRuleSet": {"defaultAction": "Deny"}})
    answer = {"id": f"{WHERE}Microsoft.Storage/storageAccounts/files", **to_arm(STORAGE_ACCOUNT, body)}
    assert from_arm(STORAGE_ACCOUNT, answer) == {**body, "subscriptionId": "s"}
