"""What Azure makes by itself beside what people declare: nobody can declare it, so it is no stranger in the estate."""

import re

from audit.kinds.dns import RECORD_SET
from audit.kinds.insights import ACTION_GROUP
from audit.kinds.network import NETWORK_WATCHER
from audit.kinds.recoveryservices import BACKUP_POLICY
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.sql import SQL_DATABASE
from audit.kinds.storage import BLOB_CONTAINER
from audit.model import Resource

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
    "Microsoft.Compute/restorePointCollections": "AzureBackup_.+",
    # https://learn.microsoft.com/azure/storage/blobs/storage-blob-static-website
    # https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs
    BLOB_CONTAINER.arm: r"\$logs|\$web|\$blobchangefeed|insights-(logs|metrics)-.+",
}
_BY_TYPE = {name.lower(): pattern for name, pattern in _MADE.items()}
"""The same by types as Resource Graph spells them where no row knows them."""
_ZONES_OWN = re.compile(r".*/(NS|SOA)/@", re.IGNORECASE)
"""The two record sets that a zone is born with: https://learn.microsoft.com/azure/dns/dns-zones-records"""


def is_made_by_azure(resource: Resource) -> bool:
    """Tell whether Azure makes this resource by itself, by the name it gives such resources."""
    if resource.type == RECORD_SET.arm:
        return _ZONES_OWN.fullmatch(resource.id) is not None
    return re.fullmatch(_BY_TYPE.get(resource.type.lower(), r"(?!)"), resource.name, re.IGNORECASE) is not None
