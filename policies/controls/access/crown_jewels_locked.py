"""What holds or guards the data cannot be deleted by a slip.

Catalogue: ACC-11.

## Why we promise this
Owners may delete anything, by mistake or with a stolen account. A lock refuses until somebody removes it first, which
is a second act and an alert of its own. Key vaults, database servers, the archive and recovery vaults are meant.

## How to keep it
Declare an `authorization.ManagementLockByScope` with `level="CanNotDelete"` whose `scope` is the id of the resource or
of its resource group. A lock on a subscription counts where the resource is known to lie there, which a program
does not say and the live audit does.
"""

from audit.kinds.authorization import MANAGEMENT_LOCK
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import (
    Estate,
    Example,
    Kind,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    any_of,
    broken,
    kept,
    missing,
    not_applicable,
    same,
)

ON = (KEY_VAULT, SQL_SERVER, RECOVERY_VAULT, STORAGE_ACCOUNT)
NEEDS = (MANAGEMENT_LOCK, RESOURCE_GROUP)
SEVERITY = Severity.MEDIUM
LEVELS = ("CanNotDelete", "ReadOnly")


def judge(resource: Resource, estate: Estate) -> Ruling:
    if same(resource.type, STORAGE_ACCOUNT.arm) and "archive" not in resource.classes():
        return not_applicable("the account is not tagged data=archive")
    locks = estate.of(MANAGEMENT_LOCK)
    if locks and (ruling := any_of(lambda lock: _judge_lock(lock, resource, estate), locks)).verdict is Verdict.KEPT:
        return ruling
    return missing(
        f"no lock keeps it from being deleted, promised {' or '.join(LEVELS)}",
        declare='authorization.ManagementLockByScope(scope=….id, level="CanNotDelete")',
    )


def _judge_lock(lock: Resource, resource: Resource, estate: Estate) -> Ruling:
    """Rule on what one lock does for a resource; raises `Unseen` where it may be meant and is not known to be."""
    if not _covers(lock, resource, estate):
        return broken(f"{lock.name} stands elsewhere")
    level = lock.read("level", str)
    if any(same(level, good) for good in LEVELS):
        return kept(f"{lock.name} keeps it from being deleted ({level})")
    return broken(f"{lock.name} is {level}")


def _covers(lock: Resource, resource: Resource, estate: Estate) -> bool:
    """Tell whether a lock stands on a resource or above it; raises `Unseen` where a program leaves that open."""
    link = lock.link("scope")
    if isinstance(link, Reference):
        place = estate.target(lock, "scope")
        return place.id == resource.id or (same(place.type, RESOURCE_GROUP.arm) and _lies_in(resource, place))
    if resource.id.startswith(("urn:", "template:")):
        raise Unseen(f"whether it lies in {link}, which {lock.name} locks, is not known before deployment")
    return f"{resource.id.lower()}/".startswith(f"{str(link).lower().rstrip('/')}/")


def _lies_in(resource: Resource, group: Resource) -> bool:
    """Tell whether a resource lies in a group, by the link to it or by its name; raises `Unseen` as `link` does."""
    link = resource.link("resourceGroupName")
    if isinstance(link, Reference):
        return link.urn == group.id
    return same(str(link), group.read("resourceGroupName", str))


_GROUP = Neighbour(RESOURCE_GROUP, {"resourceGroupName": "vaults"}, "group")


def _lock(scope: object, level: object = "CanNotDelete") -> Neighbour:
    return Neighbour(MANAGEMENT_LOCK, {"scope": scope, "level": level}, "keep")


def _example(
    verdict: Verdict, *locks: Neighbour, note: str = "", group: object = "vaults", kind: Kind = KEY_VAULT
) -> Example:
    return Example(verdict, {"resourceGroupName": group}, (_GROUP, *locks), note=note, kind=kind)


EXAMPLES = (
    _example(Verdict.KEPT, _lock({"$reference": "it"})),
    _example(Verdict.KEPT, _lock({"$reference": "it"}, "ReadOnly"), kind=SQL_SERVER),
    _example(Verdict.KEPT, _lock({"$reference": "group"}), note="its group is locked", kind=RECOVERY_VAULT),
    _example(Verdict.KEPT, _lock({"$reference": "group"}), group={"$reference": "group"}),
    _example(Verdict.BROKEN, note="no lock"),
    _example(Verdict.BROKEN, _lock({"$reference": "group"}), group="others", note="another group is locked"),
    _example(Verdict.BROKEN, _lock({"$reference": "it"}, "NotSpecified")),
    _example(Verdict.UNPROVEN, _lock({"$reference": "it"}, None)),
    _example(Verdict.UNPROVEN, _lock({"$unknown": True})),
    Example(Verdict.KEPT, {"tags": {"data": "archive"}}, (_lock({"$reference": "it"}),), kind=STORAGE_ACCOUNT),
    Example(Verdict.BROKEN, {"tags": {"data": "archive"}}, (), kind=STORAGE_ACCOUNT),
    Example(Verdict.NOT_APPLICABLE, {"tags": {"data": "website"}}, (), kind=STORAGE_ACCOUNT),
)
