"""Declares accounts at top level, in a loop, by a helper and in a component that has a file of its own."""

import helpers
import pulumi
from component import Store
from pulumi_azure_native import network, storage

top = storage.StorageAccount(
    "top",
    resource_group_name="rg",
    kind="StorageV2",
    sku={"name": "Standard_LRS"},
    minimum_tls_version="TLS1_2",
    network_rule_set=storage.NetworkRuleSetArgs(
        bypass="None",
        default_action="Deny",
        ip_rules=[
            storage.IPRuleArgs(i_p_address_or_range="192.0.2.1"),
            {"i_p_address_or_range": "192.0.2.2"},
        ],
    ),
)
for number in range(2):
    storage.StorageAccount(f"loop-{number}", resource_group_name="rg", kind="StorageV2", sku={"name": "Standard_LRS"})
helpers.account("helped", minimum_tls_version="TLS1_0")
store = Store("store")
shared = {"kind": "StorageV2", "minimum_tls_version": "TLS1_1"}
storage.StorageAccount("spread", resource_group_name="rg", sku={"name": "Standard_LRS"}, **shared)
storage.StorageAccount(
    "whole-args",
    storage.StorageAccountArgs(
        resource_group_name="rg",
        kind="StorageV2",
        sku=storage.SkuArgs(name="Standard_LRS"),
    ),
)


def rule(name: str) -> network.SecurityRuleArgs:
    """Make a rule away from its group."""
    return network.SecurityRuleArgs(
        name=name,
        access="Deny",
        direction="Inbound",
        priority=100,
        protocol="*",
    )


network.NetworkSecurityGroup("rules", resource_group_name="rg", security_rules=[rule("one")])
pulumi.export("store", store.account.name)
