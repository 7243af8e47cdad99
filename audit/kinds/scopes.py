"""What a scope covers and whose it is, and which role is meant: asked by several controls of access."""

import re

from audit import kinds
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Cause, Estate, Facts, Reference, Resource, Targets, Unseen, same

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)(?:/|$)", re.IGNORECASE)
_WIDE = re.compile(r"|/subscriptions/[^/]+|/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE)
_WIDE_TOKEN = re.compile(r":(management:ManagementGroup|subscription:\w+)$", re.IGNORECASE)


def subscription_of(identity: str) -> str:
    """Return the subscription in an ARM id, in lower case; empty where the id lies in none."""
    found = _SUBSCRIPTION.match(identity)
    return found[1].lower() if found else ""


def subscriptions(estate: Estate) -> tuple[str, ...]:
    """Return every subscription that anything seen lies in, in lower case and in order.

    Where nothing says its subscription, as in a program, there is one, and it has no name.
    """
    rows = (*kinds.KINDS, kinds.UNKNOWN_TYPE)
    seen = {subscription_of(resource.id) for kind in rows for resource in estate.of(kind)}
    return tuple(sorted(seen - {""})) or ("",)


def covers(scope: str, subscription: str) -> bool:
    """Tell whether what stands at a scope holds in a subscription: its own, or any where the scope lies in none.

    In a subscription without a name, as a program's, everything holds.
    """
    own = subscription_of(scope)
    return not own or not subscription or own == subscription


def where(subscription: str) -> str:
    """Say in words which subscription a ruling is about; empty for the one without a name."""
    return f" in subscription {subscription}" if subscription else ""


def is_wide(scope: str) -> bool:
    """Tell whether a scope is the root, a management group or a whole subscription."""
    return _WIDE.fullmatch(scope.rstrip("/")) is not None


def holds_widely(assignment: Resource, estate: Estate) -> bool:
    """Tell whether a role is held on a whole subscription or above; raises `Unseen` where its scope was not seen."""
    scope = assignment.link("scope")
    if isinstance(scope, Reference):
        return _WIDE_TOKEN.search(estate.target(assignment, "scope").type) is not None
    return is_wide(str(scope))


def role_of(assignment: Resource) -> str:
    """Return the GUID of the role that is held, in lower case; empty for one that the program declares itself."""
    link = assignment.link("roleDefinitionId")
    return link.rpartition("/")[2].lower() if isinstance(link, str) else ""


def is_ours(facts: Facts, path: str, estate: Estate, targets: Targets) -> bool:
    """Tell whether the link at `path` stays with us: to what was seen here, or into a subscription of ours.

    Raises `Unseen` where there is no link, or it is no id that lies in a subscription.
    """
    link = facts.link(path)
    if isinstance(link, Reference):
        return bool(estate.target(facts, path))
    subscription = subscription_of(str(link))
    if not subscription:
        raise Unseen(f"{facts.path(path)} lies in no subscription: {link}")
    return any(same(subscription, own) for own in targets.names("access.own_subscriptions"))


def demand_seen(estate: Estate) -> None:
    """Raise `Unseen` where not one resource group was seen: then nothing was, and "there is none" proves nothing."""
    if not estate.of(RESOURCE_GROUP):
        raise Unseen("no resource group was seen, so nothing was", Cause.NOTHING)
