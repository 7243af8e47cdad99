"""A resource type: what two worlds call it, where it stands in ARM, and how the auditor asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

PROBE, DATA = "probe.", "data."
"""What the type names begin with of what probes meet from outside, and of what checks find inside the data."""


class Scope(StrEnum):
    """What an ARM resource of a kind stands in."""

    GROUP = "group"
    SUBSCRIPTION = "subscription"
    ANY = "any"
    """An extension: it attaches to a subscription, a group or another resource."""
    TENANT = "tenant"


class Parent(msgspec.Struct, frozen=True):
    """How a child kind names its parent: the parent's type and the child's property that holds its name or id."""

    type: str
    by: str
    inline: str = ""
    """The parent's property that may list such children inline (`subnets`, `securityRules`)."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A resource type: one row in `audit/kinds/`, the only place with type names, API versions and paths."""

    arm: str
    """The type's name: ARM's own (`Microsoft.Sql/servers`), or for S3 the CloudFormation name (`AWS::S3::Bucket`)."""
    api: str
    """The REST API version the row was written against."""
    pulumi: tuple[str, ...]
    """The Pulumi tokens that declare it; the first is the one that remedies speak of."""
    renamed: Mapping[str, str] = {}
    """ARM property path → Pulumi property path, where the two differ; dotted, `properties` left out."""
    regional: bool = False
    """Whether a resource of this kind lies in a region and says so in `location`."""
    parent: Parent | None = None
    names: str = ""
    """The names in its ARM path, in order: `{accountName}/default` is one that Pulumi calls accountName, then a fixed
    one. Empty for what ARM does not hold (S3, Microsoft Graph)."""
    scope: Scope = Scope.GROUP
    also: tuple[str, ...] = ()
    """Other spellings of the type that ARM's answers use (`Microsoft.Network/dnszones/MX`)."""
    wraps: tuple[str, ...] = ()
    """Where ARM nests a `properties` object below the top one: `subnets[]` for `properties.subnets[].properties`."""
    top: tuple[str, ...] = ()
    """Properties that ARM keeps beside `properties`, besides those that every resource may have there; `-sku` is one of
    these that this type keeps inside."""
    table: str = ""
    """The Resource Graph table that holds the kind with all of its properties; empty where ARM must be asked."""
    listing: str = ""
    """The path that lists it below its parent or subscription, where that is not its own path without the last name.

    `{name}` stands for a name in the parent's path, `{since}` and `{until}` for the ends of the last ninety days. A
    path that opens with a slash starts at the top."""
    attached: tuple[str, ...] = ()
    """For an extension that is asked for resource by resource: the types that are asked."""
    one_by_one: bool = False
    """Whether a listing leaves out what controls read, so that each must be read on its own."""
    expand: str = ""
    """What must be asked for by name when one is read on its own (`$expand`)."""
    action: str = ""
    """The permission that reading it needs, where that is not its type and `/read`."""

    def __hash__(self) -> int:
        return hash(self.arm)

    @property
    def in_arm(self) -> bool:
        """Whether Resource Manager holds such resources, so that an ARM template can declare them."""
        return "/" in self.arm

    @property
    def apart(self) -> bool:
        """Whether no cloud tells of such resources: probes from outside or checks inside the data do."""
        return self.arm.startswith((PROBE, DATA))

    @property
    def path(self) -> str:
        """ARM's path of a resource, its parameters as Pulumi calls them; empty for what ARM does not hold.

        The form is ARM's own: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
        """
        return self._path(self.arm) if self.names else ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The same path by every spelling of the type; empty for what ARM does not hold."""
        return tuple(self._path(spelling) for spelling in (self.arm, *self.also)) if self.names else ()

    def _path(self, spelling: str) -> str:
        """Put the names between the steps of a type."""
        provider, *types = spelling.removesuffix(" (subscription)").split("/")
        # A row for one fixed name says it in its type, too (`…CredentialsPolicies/ftp`): there it is left over.
        names = self.names.split("/")
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(types, names, strict=False))
        head = {
            Scope.GROUP: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
            Scope.SUBSCRIPTION: "/subscriptions/{subscriptionId}",
            Scope.ANY: f"/{{{self.parent.by if self.parent else 'scope'}}}",
            Scope.TENANT: "",
        }[self.scope]
        return f"{head}/providers/{provider}/{pairs}"

    @property
    def permission(self) -> str:
        """The ARM action that reading it needs.

        https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
        """
        return self.action or f"{self.arm.removesuffix(' (subscription)')}/read"
