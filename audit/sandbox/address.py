"""Where a resource stands: an ARM path taken apart."""

import re
from functools import lru_cache

import msgspec

from audit.model import AuditError

GROUP_TYPE = "microsoft.resources/resourcegroups"
SUBSCRIPTION_TYPE = "microsoft.resources/subscriptions"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An ARM path taken apart; ids, types and names are compared in lower case, and spelt here as they were asked."""

    path: str
    """The whole path, without a slash at its end and with `//` folded."""
    subscription: str = ""
    group: str = ""
    provider: str = ""
    """The last provider in the path, such as `Microsoft.Storage`; empty for a group or subscription."""
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """The names below the last provider; one fewer than `types` where the path is a collection or an action."""
    scope: str = ""
    """What stands before the last provider: a subscription, a group, or the resource that an extension is on."""

    @property
    def id(self) -> str:
        """The key of the resource in the store."""
        return self.path.lower()

    @property
    def spelt_type(self) -> str:
        """The type as the path spells it, `Microsoft.Sql/servers/databases`."""
        if self.provider:
            return "/".join((self.provider, *self.types))
        return "Microsoft.Resources/" + ("resourceGroups" if self.group else "subscriptions")

    @property
    def type(self) -> str:
        """The type in lower case."""
        return self.spelt_type.lower()

    @property
    def collection(self) -> bool:
        """Whether the path ends with a type (a collection, a singleton's verb, an action) and not with a name."""
        return len(self.types) != len(self.names)

    @property
    def name(self) -> str:
        """The last name in the path."""
        return self.path.rpartition("/")[2]

    @property
    def above(self) -> str:
        """The path of what it stands in or below: its parent resource, or the scope of its provider.

        Empty for a subscription, which stands in nothing.
        """
        if not self.provider:
            return f"/subscriptions/{self.subscription}" if self.group else ""
        steps = len(self.types) - 1
        below = "".join(f"/{kind}/{name}" for kind, name in zip(self.types[:steps], self.names[:steps], strict=True))
        return f"{self.scope}/providers/{self.provider}{below}" if below else self.scope


@lru_cache(maxsize=4096)
def parse(path: str) -> Address | None:
    """Take an ARM path apart, a collection's included; None where it is no path of a resource or collection."""
    path = "/" + re.sub("/+", "/", path).strip("/")
    steps = path[1:].split("/")
    subscription, group, position = _container(steps)
    provider, scope = "", ""
    types: list[str] = []
    names: list[str] = []
    while position < len(steps):
        if steps[position].lower() == "providers":
            if position + 1 >= len(steps) or (provider and len(types) != len(names)):
                return None
            scope = "/" + "/".join(steps[:position]) if position else ""
            provider, types, names = steps[position + 1], [], []
        elif not provider:
            return None
        else:
            types.append(steps[position])
            names.extend(steps[position + 1 : position + 2])
        position += 2
    if not (subscription or provider) or (provider and not types):
        return None
    return Address(
        path=path,
        subscription=subscription,
        group=group,
        provider=provider,
        types=tuple(types),
        names=tuple(names),
        scope=scope,
    )


def of_resource(identity: str) -> Address:
    """Take the id of a resource apart; raises `AuditError` where it is none, or that of a collection."""
    address = parse(identity)
    if address is None or address.collection:
        raise AuditError(f"{identity} is not the id of a resource in Azure Resource Manager. Give a whole id.")
    return address


def _container(steps: list[str]) -> tuple[str, str, int]:
    """Return the subscription and group that a path opens with, and how many of its steps they take."""
    words = [step.lower() for step in steps[::2]]
    if words[:1] != ["subscriptions"] or len(steps) == 1:
        return "", "", 0
    if words[1:2] != ["resourcegroups"] or len(steps) == len(("subscriptions", "id", "resourceGroups")):
        return steps[1], "", 2
    return steps[1], steps[3], 4
