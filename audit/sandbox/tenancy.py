"""What stands above all resources: tenants, subscriptions, their locations and resource providers."""

from typing import Any

from audit.kinds import KINDS
from audit.sandbox import listing
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.modelled import NAMESPACES

_PLACES = {
    "uksouth": ("UK South", "UK", "ukwest"),
    "ukwest": ("UK West", "UK", "uksouth"),
    "northeurope": ("North Europe", "Europe", "westeurope"),
    "westeurope": ("West Europe", "Europe", "northeurope"),
    "francecentral": ("France Central", "Europe", "francesouth"),
    "germanywestcentral": ("Germany West Central", "Europe", "germanynorth"),
    "swedencentral": ("Sweden Central", "Europe", "swedensouth"),
    "switzerlandnorth": ("Switzerland North", "Europe", "switzerlandwest"),
    "eastus": ("East US", "US", "westus"),
    "eastus2": ("East US 2", "US", "centralus"),
    "westus": ("West US", "US", "eastus"),
    "centralus": ("Central US", "US", "eastus2"),
}
"""Region → its display name, geography and pair: https://learn.microsoft.com/azure/reliability/regions-list"""


def answer(call: Call, steps: list[str]) -> Reply | None:
    """Answer what is above resources; None where the path leads to a resource or collection."""
    lower = [step.lower() for step in steps]
    if lower[0] == "providers" and len(lower) <= len(("providers", "namespace")):
        return _providers("", lower[1:])
    if lower[0] == "subscriptions" and len(lower) > 1:
        return _below(call, steps[1], lower[2:])
    if lower == ["subscriptions"]:
        return Reply(200, {"value": [_subscription(call, name) for name in call.store.subscriptions]})
    if lower == ["tenants"]:
        found = [{"id": f"/tenants/{call.store.tenant}", **body} for body in call.store.documents("tenant")]
        return Reply(200, {"value": found})
    return None


def _below(call: Call, subscription: str, rest: list[str]) -> Reply | None:
    """Answer for a subscription, its locations and providers; None for anything else.

    Raises `Refusal` where there is no such subscription.
    """
    if subscription.lower() not in call.store.subscriptions:
        message = f"The subscription '{subscription}' could not be found."
        raise Refusal(404, "SubscriptionNotFound", message)
    if not rest:
        return Reply(200, _subscription(call, subscription.lower()))
    if rest == ["locations"]:
        return Reply(200, {"value": [_location(subscription, name) for name in _PLACES]})
    if rest[0] == "providers" and (len(rest) <= len(("providers", "namespace")) or rest[2:] == ["register"]):
        return _providers(f"/subscriptions/{subscription}", rest[1:2])
    return _lists(call, subscription, rest)


def _lists(call: Call, subscription: str, rest: list[str]) -> Reply | None:
    """List the resource groups of a subscription, or all resources in it or in a group; None for anything else."""
    if rest == ["resourcegroups"]:
        return listing.groups(call, subscription)
    if rest == ["resources"]:
        return listing.everything(call, subscription, None)
    if rest[0] == "resourcegroups" and rest[2:] == ["resources"]:
        return listing.everything(call, subscription, rest[1])
    return None


def _subscription(call: Call, subscription: str) -> dict[str, Any]:
    body = call.store.document("subscription", subscription) or {}
    return {
        "id": f"/subscriptions/{subscription}",
        "authorizationSource": "RoleBased",
        "subscriptionId": subscription,
        "tenantId": call.store.tenant,
        "displayName": body.get("displayName"),
        "state": "Enabled",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Internal_2014-09-01",
            "quotaId": "Internal_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _location(subscription: str, name: str) -> dict[str, Any]:
    display, geography, pair = _PLACES[name]
    return {
        "id": f"/subscriptions/{subscription}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display,
        "regionalDisplayName": f"({geography}) {display}",
        "metadata": {
            "regionType": "Physical",
            "geographyGroup": geography,
            "pairedRegion": [{"name": pair, "id": f"/subscriptions/{subscription}/locations/{pair}"}],
        },
    }


def _providers(scope: str, asked: list[str]) -> Reply:
    """Answer one resource provider, registering it as well (all are), or list all that have rows."""
    if not asked:
        return Reply(200, {"value": [_provider(scope, name) for name in NAMESPACES]})
    found = next((name for name in NAMESPACES if name.lower() == asked[0]), None)
    if found is None:
        raise Refusal(404, "InvalidResourceNamespace", f"The resource namespace '{asked[0]}' is invalid.")
    return Reply(200, _provider(scope, found))


def _provider(scope: str, namespace: str) -> dict[str, Any]:
    places = [display for display, _, _ in _PLACES.values()]
    types = [
        {
            "resourceType": kind.arm.partition("/")[2],
            "locations": places,
            "apiVersions": [kind.api],
            "capabilities": "None",
        }
        for kind in KINDS
        if kind.arm.startswith(f"{namespace}/") and " " not in kind.arm
    ]
    return {
        "id": f"{scope}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": types,
    }
