"""What the platform fills in for security groups and their rules, and for Defender's plans and access on request."""

from collections.abc import Mapping
from typing import Any

from audit.placement import guid

Body = Mapping[str, Any]

# https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules
_RULES = (
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)


def security_group(body: Body) -> dict[str, Any]:
    """Fill in the rules that every security group has."""
    rules = [_default_rule(str(body["id"]), *rule) for rule in _RULES]
    return {"properties": {"defaultSecurityRules": rules, "securityRules": [], "resourceGuid": guid(str(body["id"]))}}


def security_rule(body: Body) -> dict[str, Any]:
    """Fill in the lists that a rule leaves out: https://learn.microsoft.com/azure/virtual-network/move-across-regions-nsg-portal."""
    lists = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
    return {"properties": {name: [] for name in lists}}


def _default_rule(
    group: str, name: str, priority: int, direction: str, access: str, source: str, destination: str
) -> dict[str, Any]:
    return {
        "id": f"{group}/defaultSecurityRules/{name}",
        "name": name,
        "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        "properties": {
            **security_rule({})["properties"],
            "provisioningState": "Succeeded",
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction,
        },
    }


def plan(body: Body) -> dict[str, Any]:
    """Fill in what is left of a trial, nought: https://learn.microsoft.com/rest/api/defenderforcloud/pricings/get."""
    return {"properties": {"freeTrialRemainingTime": "PT0S"}}


def access_on_request(body: Body) -> dict[str, Any]:
    """Fill in the place, which stands in the path.

    https://learn.microsoft.com/rest/api/defenderforcloud/jit-network-access-policies/get
    """
    return {"location": str(body["id"]).split("/")[-3]}
