"""Sets properties from the outside, in each of the ways that Pulumi has for it."""

import asyncio

import pulumi
from pulumi_azure_native import storage


def tag(name: str, value: str):
    """Make a transform that adds a tag."""

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "azure-native:storage:StorageAccount":
            return None
        tags = {**(args.props.get("tags") or {}), name: value}
        return pulumi.ResourceTransformResult({**args.props, "tags": tags}, args.opts)

    return transform


def older(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """Add a tag in the older way, in which the SDK's own names are seen."""
    if args.type_ != "azure-native:storage:StorageAccount":
        return None
    tags = {**(args.props.get("tags") or {}), "older": "1"}
    return pulumi.ResourceTransformationResult({**args.props, "tags": tags}, args.opts)


async def harden(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Set a property and two options after waiting, as a transform that looks something up does."""
    if args.type_ != "azure-native:storage:StorageAccount":
        return None
    await asyncio.sleep(0)
    args.props["minimumTlsVersion"] = "TLS1_2"
    # An output of the program belongs to the program's own event loop.
    args.props["kind"] = await pulumi.Output.from_input(KIND).future()
    options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True, ignore_changes=["tags.x"]))
    return pulumi.ResourceTransformResult(args.props, options)


def last_rule_out(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Take the first network rule away."""
    rules = args.props.get("networkRuleSet", {}).get("virtualNetworkRules")
    if not rules:
        return None
    args.props["networkRuleSet"]["virtualNetworkRules"] = rules[1:]
    return pulumi.ResourceTransformResult(args.props, args.opts)


def account(name: str, opts: pulumi.ResourceOptions | None = None, **more) -> storage.StorageAccount:
    """Declare an account with nothing of its own."""
    return storage.StorageAccount(
        name, resource_group_name="rg", kind="Storage", sku={"name": "Standard_LRS"}, opts=opts, **more
    )


class Pair(pulumi.ComponentResource):
    """Two accounts, one inside a component of its own."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("demo:index:Pair", name, None, opts)
        account(f"{name}-outer", pulumi.ResourceOptions(parent=self, transforms=[tag("own", "1")]))
        if name == "pair":
            Inner(f"{name}-inner", pulumi.ResourceOptions(parent=self))


class Inner(pulumi.ComponentResource):
    """One account, two components down."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("demo:index:Inner", name, None, opts)
        account(f"{name}-account", pulumi.ResourceOptions(parent=self))


KIND = pulumi.Output.from_input("StorageV2")
pulumi.runtime.register_resource_transform(tag("order", "stack"))
pulumi.runtime.register_resource_transform(tag("stack", "1"))
pulumi.runtime.register_resource_transform(harden)
pulumi.runtime.register_stack_transformation(older)
first = account("plain", tags={"mine": "1"})
account("own", pulumi.ResourceOptions(transforms=[tag("own", "1"), tag("order", "own")]))
account("linked", tags={"first": first.id})
account(
    "shortened",
    pulumi.ResourceOptions(transforms=[last_rule_out]),
    network_rule_set={
        "default_action": "Deny",
        "virtual_network_rules": [
            {"virtual_network_resource_id": first.id},
            {"virtual_network_resource_id": pulumi.Output.concat(first.id, "/other")},
        ],
    },
)
Pair("pair", pulumi.ResourceOptions(transforms=[tag("component", "1")]))
Pair("old-pair", pulumi.ResourceOptions(transformations=[older]))
