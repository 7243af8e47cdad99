"""Which types the local Azure knows, and what is particular to each of them."""

from functools import lru_cache

from audit.kinds import KINDS
from audit.model import Kind
from audit.sandbox.address import GROUP_TYPE, Address

_SUFFIX = " (subscription)"
CREATED = frozenset(f"microsoft.authorization/{kind}" for kind in ("roleassignments", "roledefinitions"))
"""Types whose PUT answers 201, which is all that their clients accept."""
REACHES_DOWN = frozenset(
    (
        "microsoft.authorization/locks",
        "microsoft.authorization/policyassignments",
        "microsoft.authorization/policyexemptions",
        "microsoft.authorization/roleassignments",
        "microsoft.maintenance/configurationassignments",
    )
)
"""Extensions whose list at a scope holds those on everything below it.

https://learn.microsoft.com/rest/api/resources/management-locks/list-at-subscription-level
https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope
"""
REACHES_UP = frozenset(
    (
        "microsoft.authorization/policyassignments",
        "microsoft.authorization/policyexemptions",
        "microsoft.authorization/roleassignments",
        "microsoft.authorization/roledefinitions",
    )
)
"""Extensions whose list at a scope holds those that were put on what the scope stands in.

https://learn.microsoft.com/rest/api/authorization/role-definitions/list
"""
NOT_LISTED = {"microsoft.keyvault/vaults/keys": ("rotationPolicy", "release_policy")}
"""Properties that a list leaves out, so that each resource must be read on its own.

https://learn.microsoft.com/rest/api/keyvault/keyvault/keys/list
"""
SLOW_PUT = frozenset(
    (
        "microsoft.dataprotection/backupvaults",
        "microsoft.recoveryservices/vaults",
        "microsoft.sql/servers",
        "microsoft.sql/servers/databases",
    )
)
"""Types whose PUT answers 201 with an operation to poll."""
SLOW_DELETE = frozenset(
    (
        GROUP_TYPE,
        "microsoft.compute/disks",
        "microsoft.compute/snapshots",
        "microsoft.compute/virtualmachines",
        "microsoft.dataprotection/backupvaults",
        "microsoft.dataprotection/backupvaults/backupinstances",
        "microsoft.network/networkinterfaces",
        "microsoft.network/networksecuritygroups",
        "microsoft.network/networkwatchers",
        "microsoft.network/networkwatchers/flowlogs",
        "microsoft.network/privateendpoints",
        "microsoft.network/virtualnetworks",
        "microsoft.network/virtualnetworks/subnets",
        "microsoft.recoveryservices/vaults",
        "microsoft.recoveryservices/vaults/replicationpolicies",
        "microsoft.recoveryservices/vaults/replicationrecoveryplans",
        "microsoft.sql/servers",
        "microsoft.sql/servers/databases",
    )
)
"""Types whose DELETE answers 202 with a place to poll; all others answer 200 at once."""
_NAMED_IN_TYPE = "basicpublishingcredentialspolicies/"
"""Rows for `ftp` and `scm` end with the name; ARM's own type stops before it."""


def _spellings(kind: Kind) -> tuple[str, ...]:
    """Return the types under which a kind's path may come, in lower case."""
    name = kind.arm.removesuffix(_SUFFIX).lower()
    stems = (name.rpartition("/")[0],) if _NAMED_IN_TYPE in name else ()
    return (name, *(other.lower() for other in kind.also), *stems)


def _collection_type(kind: Kind) -> str:
    """Return the type that the path of a kind's listing seems to be of, in lower case."""
    path = kind.listing.partition("?")[0].strip("/")
    _, below_provider, rest = path.rpartition("providers/")
    provider, *steps = (
        rest.split("/") if below_provider else (kind.parent.type if kind.parent else "", *path.split("/"))
    )
    # Of the steps below the provider or parent every other one is a type, between them stand names.
    return "/".join((provider, *steps[::2])).lower()


_ARM = tuple(kind for kind in KINDS if kind.arm.lower().startswith("microsoft.") and "/" in kind.arm)
_BY_TYPE: dict[str, Kind] = {}
for _kind in _ARM:
    for _name in _spellings(_kind):
        _BY_TYPE.setdefault(_name, _kind)
_STEPS = {
    "/".join(words[:count]) for words in (name.split("/") for name in _BY_TYPE) for count in range(2, len(words))
} - _BY_TYPE.keys()
"""Types that stand in the path of a known kind without being kinds themselves."""
_BY_LISTING = {"microsoft.network/dnszones/all": _BY_TYPE["microsoft.network/dnszones/recordsets"]}
"""Collections elsewhere than at their kind's own path: `all` by a client's habit, the others by their row."""
for _kind in _ARM:
    if _kind.listing:
        _BY_LISTING[_collection_type(_kind)] = _kind
NAMESPACES = tuple(sorted({kind.arm.partition("/")[0] for kind in _ARM}))
"""The resource providers that are known, as ARM spells them."""
_SPELLING = {
    word.lower(): word
    for kind in _ARM
    for name in (*kind.also, kind.arm.removesuffix(_SUFFIX))
    for word in name.split("/")
}


def kind_of(type_name: str) -> Kind | None:
    """Return the kind of a type, without case; None where no row knows it."""
    return _BY_TYPE.get(type_name.lower())


def is_step(type_name: str) -> bool:
    """Tell whether a type only stands in the path of a known kind."""
    return type_name.lower() in _STEPS


def types_listed(address: Address) -> tuple[str, ...]:
    """Return the types, in lower case, that a collection lists; empty where it is not modelled.

    A kind that is listed elsewhere than in its own collection (`backupProtectedItems`) is found by that path.
    """
    kind = kind_of(address.type)
    if kind is None:
        kind = _BY_LISTING.get(address.type)
        return _spellings(kind) if kind else ()
    own = _spellings(kind)
    # A collection of one spelling (`dnsZones/MX`) lists that alone; the kind's own collection lists all of them.
    return own if address.type == own[0] else (address.type,)


@lru_cache(maxsize=1024)
def spelt(type_name: str) -> str:
    """Spell a type as ARM does, where a row knows its words."""
    return "/".join(_SPELLING.get(word.lower(), word) for word in type_name.split("/"))


def action(type_name: str, verb: str) -> str:
    """Return the permission that `verb` (read, write, delete, action) on a type needs."""
    kind = kind_of(type_name)
    if type_name.lower() == GROUP_TYPE:
        return f"Microsoft.Resources/subscriptions/resourceGroups/{verb}"
    if kind is not None and verb == "read":
        return kind.permission
    return f"{spelt(type_name)}/{verb}"
