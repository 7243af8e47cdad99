"""No lock stands on the groups in which Azure Backup keeps restore points.

Catalogue: ACC-11.

## Why we promise this
Azure Backup keeps the restore points of machines in groups of its own and removes old ones there. A lock stops that,
and after a while every backup fails: https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot

## How to keep it
Declare locks on the resources or groups that are meant, and none on a subscription that holds an `AzureBackupRG_…`
group, or a group by the name that a backup policy gives in `azure_backup_rg_name_prefix`.
"""

from audit.kinds.authorization import MANAGEMENT_LOCK
from audit.kinds.recoveryservices import BACKUP_POLICY
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import demand_seen, is_wide
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Reference,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

NEEDS = (MANAGEMENT_LOCK, RESOURCE_GROUP, BACKUP_POLICY)
SEVERITY = Severity.MEDIUM
PREFIX = "AzureBackupRG_"
OWN_PREFIX = "instantRPDetails.azureBackupRGNamePrefix"
ABSENT = {OWN_PREFIX: "https://learn.microsoft.com/azure/backup/backup-during-vm-creation"}


def judge(estate: Estate) -> Ruling:
    demand_seen(estate)
    own = (policy.read(OWN_PREFIX, str, absent="") for policy in estate.of(BACKUP_POLICY))
    prefixes = tuple(prefix.lower() for prefix in (PREFIX, *own) if prefix)
    locks = estate.of(MANAGEMENT_LOCK)
    if not locks:
        return kept("there is no lock")
    return every(lambda lock: _judge_lock(lock, prefixes, estate), locks)


def _judge_lock(lock: Resource, prefixes: tuple[str, ...], estate: Estate) -> Ruling:
    """Rule on one lock; raises `Unseen` for one on all of a subscription whose groups a program does not know."""
    link = lock.link("scope")
    if isinstance(link, Reference):
        place = estate.target(lock, "scope")
        name = place.name if same(place.type, RESOURCE_GROUP.arm) else ""
        held = [name] if name.lower().startswith(prefixes) else []
    else:
        scope = f"{str(link).lower().rstrip('/')}/"
        name = scope.partition("/resourcegroups/")[2].partition("/")[0]
        held = [name] if name.startswith(prefixes) else _below(scope, prefixes, estate)
        if not held and is_wide(scope) and lock.id.startswith(("urn:", "template:")):
            raise Unseen(f"whether restore points lie in {link} is not known before deployment")
    if held:
        return broken(f"{lock.name} holds the restore points in {held[0]}, so old ones cannot be removed", subject=lock)
    return kept("no lock stands on a group of restore points")


def _below(scope: str, prefixes: tuple[str, ...], estate: Estate) -> list[str]:
    """Return the names of the groups of restore points in a subscription that a lock stands on."""
    below = (group for group in estate.of(RESOURCE_GROUP) if group.id.lower().startswith(scope))
    return [group.name for group in below if group.id.lower().rpartition("/")[2].startswith(prefixes)]


_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
_GROUPS = f"{_SUBSCRIPTION}/resourceGroups"
_SEEN = Neighbour(RESOURCE_GROUP, {}, f"{_GROUPS}/mail")
_POINTS = Neighbour(RESOURCE_GROUP, {}, f"{_GROUPS}/AzureBackupRG_uksouth_1")


def _example(verdict: Verdict, scope: object, *others: Neighbour, note: str = "") -> Example:
    lock = Neighbour(MANAGEMENT_LOCK, {"scope": scope, "level": "CanNotDelete"}, "keep")
    return Example(verdict, {}, (_SEEN, lock, *others), note=note)


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_SEEN,), note="no lock"),
    _example(Verdict.KEPT, f"{_GROUPS}/mail", _POINTS),
    _example(Verdict.KEPT, {"$reference": f"{_GROUPS}/mail"}),
    _example(Verdict.KEPT, _SUBSCRIPTION, note="a subscription without restore points"),
    _example(Verdict.BROKEN, _SUBSCRIPTION, _POINTS),
    _example(Verdict.BROKEN, f"{_GROUPS}/azurebackuprg_uksouth_1"),
    _example(
        Verdict.BROKEN,
        f"{_GROUPS}/points-1",
        Neighbour(BACKUP_POLICY, {"instantRPDetails": {"azureBackupRGNamePrefix": "points-"}}),
        note="named by a policy",
    ),
    _example(Verdict.UNPROVEN, {"$unknown": True}),
    _example(Verdict.UNPROVEN, None),
    Example(Verdict.UNPROVEN, {}, (), note="nothing was seen"),
)
