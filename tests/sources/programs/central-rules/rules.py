"""What must hold for every account, whoever declares it."""

import pulumi

ACCOUNT = "azure-native:storage:StorageAccount"
TAGGED = (ACCOUNT, "azure-native:resources:ResourceGroup")


def _place_and_owner(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Set location and tags."""
    if args.type_ not in TAGGED:
        return None
    tags = {"owner": "platform", **(args.props.get("tags") or {})}
    props = {**args.props, "location": pulumi.Config().require("location"), "tags": tags}
    return pulumi.ResourceTransformResult(props, args.opts)


def _hardened(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Close every account, and keep it from being deleted."""
    if args.type_ != ACCOUNT:
        return None
    props = {"minimumTlsVersion": "TLS1_2", **args.props, "allowBlobPublicAccess": False}
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformResult(props, opts)


def older_clients_allowed(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Let old instruments in; meant for one department, and against the promise."""
    if args.type_ != ACCOUNT:
        return None
    return pulumi.ResourceTransformResult({**args.props, "minimumTlsVersion": "TLS1_0"}, args.opts)


def apply_everywhere() -> None:
    """Register the rules for the whole stack."""
    pulumi.runtime.register_resource_transform(_place_and_owner)
    pulumi.runtime.register_resource_transform(_hardened)
