"""What Azure makes by itself beside what people declare: nobody can declare it, so it is no stranger in the estate."""

import re
from collections.abc import Callable, Iterator, Mapping

from audit.facts import inside
from audit.kinds.authorization import (
    MANAGEMENT_LOCK,
    POLICY_ASSIGNMENT,
    POLICY_EXEMPTION,
    ROLE_ASSIGNMENT,
    ROLE_ASSIGNMENT_SCHEDULE_INSTANCE,
    ROLE_DEFINITION,
)
from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE
from audit.kinds.dns import RECORD_SET
from audit.kinds.features import FEATURE_REGISTRATION
from audit.kinds.guestconfiguration import GUEST_ASSIGNMENT
from audit.kinds.insights import ACTION_GROUP, DIAGNOSTIC_SETTING, SUBSCRIPTION_DIAGNOSTIC_SETTING
from audit.kinds.network import NETWORK_WATCHER
from audit.kinds.recoveryservices import BACKUP_POLICY, PROTECTED_ITEM
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.scopes import subscription_of
from audit.kinds.security import DEFENDER_PRICING, SECURITY_ASSESSMENT, SECURITY_CONTACT
from audit.kinds.sql import SQL_DATABASE
from audit.kinds.storage import BLOB_CONTAINER
from audit.model import Kind, Resource, Snapshot, same

_POINTS = "Microsoft.Compute/restorePointCollections"
_COMPONENTS = "Microsoft.Insights/components"
_BENCHMARK = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
_ANY = ".*"

_MADE = {
    # https://learn.microsoft.com/sql/relational-databases/databases/master-database
    SQL_DATABASE.arm: "master",
    # https://learn.microsoft.com/azure/network-watcher/network-watcher-create
    NETWORK_WATCHER.arm: "NetworkWatcher_[a-z0-9]+",
    RESOURCE_GROUP.arm: (
        # https://learn.microsoft.com/azure/backup/backup-during-vm-creation#azure-backup-resource-group-for-virtual-machines
        "NetworkWatcherRG|AzureBackupRG_[a-z0-9]+_[0-9]+|"
        # https://learn.microsoft.com/azure/azure-monitor/logs/data-security
        "DefaultResourceGroup-[A-Z0-9]+"
    ),
    # https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare
    BACKUP_POLICY.arm: "DefaultPolicy|EnhancedPolicy|HourlyLogBackup",
    # https://learn.microsoft.com/azure/azure-monitor/alerts/proactive-failure-diagnostics
    ACTION_GROUP.arm: "Application Insights Smart Detection",
    # https://learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout
    _POINTS: "AzureBackup_.+",
    # https://learn.microsoft.com/azure/storage/blobs/storage-blob-change-feed
    # https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs
    BLOB_CONTAINER.arm: r"\$logs|\$blobchangefeed|insights-(logs|metrics)-.+",
    # https://learn.microsoft.com/azure/backup/blob-backup-overview
    MANAGEMENT_LOCK.arm: "AzureBackupProtectionLock",
    # https://learn.microsoft.com/azure/defender-for-cloud/policy-reference
    POLICY_ASSIGNMENT.arm: _ANY,
    POLICY_EXEMPTION.arm: _ANY,
    ROLE_ASSIGNMENT.arm: _ANY,
    ROLE_DEFINITION.arm: _ANY,
    # Each subscription has every plan, and one contact, whether or not a stack sets them; controls judge what they say.
    # https://learn.microsoft.com/rest/api/defenderforcloud/pricings/list
    DEFENDER_PRICING.arm: _ANY,
    SECURITY_CONTACT.arm: "default",
    # What Defender and Azure Policy found: https://learn.microsoft.com/azure/defender-for-cloud/review-security-recommendations
    SECURITY_ASSESSMENT.arm: _ANY,
    GUEST_ASSIGNMENT.arm: _ANY,
    # A switch of the subscription that people ask Azure for once, by hand; nothing runs by it alone.
    # https://learn.microsoft.com/azure/azure-resource-manager/management/preview-features
    FEATURE_REGISTRATION.arm: _ANY,
}
_BY_TYPE = {name.lower(): pattern for name, pattern in _MADE.items()}
"""The same by types as Resource Graph spells them where no row knows them."""
_ZONES_OWN = re.compile(r".*/(NS|SOA)/@", re.IGNORECASE)
"""The two record sets that a zone is born with: https://learn.microsoft.com/azure/dns/dns-zones-records"""


def is_made_by_azure(resource: Resource, live: Snapshot) -> bool:
    """Tell whether Azure makes this resource by itself: by the name it gives such, and by what else runs.

    Anybody may give a resource such a name, so what is made because of something else counts only where that was seen.
    """
    if resource.type == RECORD_SET.arm:
        return _ZONES_OWN.fullmatch(resource.id) is not None
    pattern = _BY_TYPE.get(resource.type.lower(), r"(?!)")
    if re.fullmatch(pattern, resource.name, re.IGNORECASE) is None:
        return False
    because = _BECAUSE.get(resource.type.lower())
    return because is None or because(resource, live)


def _of(live: Snapshot, *kinds: Kind) -> Iterator[Resource]:
    """Yield what runs of some kinds."""
    names = {kind.arm for kind in kinds}
    return (found for found in live.resources if found.type in names)


def _holds_points_alone(group: Resource, live: Snapshot) -> bool:
    """Tell whether nothing lies in a group but collections of restore points."""
    within = f"{group.id}/providers/"
    return all(same(found.type, _POINTS) for found in live.resources if found.id.startswith(within))


def _group(group: Resource, live: Snapshot) -> bool:
    """Tell whether a group is what its name says: one for backups holds nothing else."""
    return not group.name.lower().startswith("azurebackuprg_") or _holds_points_alone(group, live)


def _is_backed_up(identity: object, live: Snapshot) -> bool:
    """Tell whether a backup of what bears an id was seen."""
    sources = [found.body.get("sourceResourceId") for found in _of(live, PROTECTED_ITEM)]
    sources += [inside(inside(found.body, "dataSourceInfo"), "resourceID") for found in _of(live, BLOB_BACKUP_INSTANCE)]
    return isinstance(identity, str) and any(isinstance(one, str) and same(one, identity) for one in sources)


def _points(collection: Resource, live: Snapshot) -> bool:
    """Tell whether a collection of restore points is of a machine that is backed up."""
    return _is_backed_up(inside(inside(collection.body, "source"), "id"), live)


def _lock(lock: Resource, live: Snapshot) -> bool:
    """Tell whether a lock stands on an account that is backed up: Azure Backup puts it there."""
    return _is_backed_up(lock.id.rpartition("/providers/")[0], live)


def _alarm(group: Resource, live: Snapshot) -> bool:
    """Tell whether an action group writes to holders of roles alone, as that of Application Insights does.

    It comes with a component: https://learn.microsoft.com/azure/azure-monitor/alerts/proactive-failure-diagnostics
    """
    others = [value for key, value in group.body.items() if key.endswith("Receivers") and key != "armRoleReceivers"]
    subscription = subscription_of(group.id)
    components = (found for found in live.resources if same(found.type, _COMPONENTS))
    return not any(others) and any(subscription_of(found.id) == subscription for found in components)


def _container(container: Resource, live: Snapshot) -> bool:
    """Tell whether a container bears a name that Azure alone can give, or one that a setting writes to."""
    account = container.id.partition("/blobservices/")[0]
    settings = _of(live, DIAGNOSTIC_SETTING, SUBSCRIPTION_DIAGNOSTIC_SETTING)
    targets = (setting.body.get("storageAccountId") for setting in settings)
    return container.name.startswith("$") or any(isinstance(one, str) and same(one, account) for one in targets)


def _is_above(resource: Resource, _: Snapshot) -> bool:
    """Tell whether it stands above every subscription, from where it is inherited: no stack of ours reaches there."""
    return subscription_of(resource.id) == ""


def _assignment(assignment: Resource, live: Snapshot) -> bool:
    """Tell whether a policy is inherited, or is the benchmark as Defender assigns it when it is switched on."""
    definition = str(assignment.body.get("policyDefinitionId")).rpartition("/")[2]
    return _is_above(assignment, live) or (
        same(assignment.name, "SecurityCenterBuiltIn") and same(definition, _BENCHMARK)
    )


def _role_held(assignment: Resource, live: Snapshot) -> bool:
    """Tell whether a role is inherited, or was activated for a while: Azure then makes an assignment of its own."""
    activated = (
        found.body.get("originRoleAssignmentId")
        for found in _of(live, ROLE_ASSIGNMENT_SCHEDULE_INSTANCE)
        if same(str(found.body.get("assignmentType")), "Activated")
    )
    return _is_above(assignment, live) or any(isinstance(one, str) and same(one, assignment.id) for one in activated)


def _role(role: Resource, live: Snapshot) -> bool:
    """Tell whether a role is one of Azure's own, or is inherited."""
    return same(str(role.body.get("type")), "BuiltInRole") or _is_above(role, live)


_BECAUSE: Mapping[str, Callable[[Resource, Snapshot], bool]] = {
    name.lower(): because
    for name, because in {
        ACTION_GROUP.arm: _alarm,
        BLOB_CONTAINER.arm: _container,
        MANAGEMENT_LOCK.arm: _lock,
        POLICY_ASSIGNMENT.arm: _assignment,
        POLICY_EXEMPTION.arm: _is_above,
        RESOURCE_GROUP.arm: _group,
        ROLE_ASSIGNMENT.arm: _role_held,
        ROLE_DEFINITION.arm: _role,
        _POINTS: _points,
    }.items()
}
"""Type → what must be so besides the name."""
