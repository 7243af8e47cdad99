"""Everything that is declared, part by part, in the order in which one part needs another."""

from collections.abc import Mapping

import pulumi

from admin_access import AdminAccess
from archive import Archive
from backup import Backup
from config import Settings, load
from disk_encryption import DiskEncryption
from exchange import Exchange
from flow_logs import FlowLogs
from governance import Governance
from keys import Keys
from machines import by_region
from monitoring import Monitoring
from network import Network
from offsite import Offsite
from portal import Portal
from provisioning import Provisioning
from public_dns import PublicDns
from recovery import Recovery
from support import Support


def declare(settings: Settings) -> None:
    """Declare every part of one environment, each after what it needs.

    The workspace comes first, because nearly everything logs to it; networks before the private endpoints in them; keys
    before whatever they encrypt; machines before their backup. Locks come last: while one stands, Pulumi can replace
    nothing below it.
    """
    monitoring = Monitoring("monitoring", settings=settings)
    network = Network("network", settings=settings)
    keys = Keys("keys", settings=settings, network=network, monitoring=monitoring)
    logs = FlowLogs("flow-logs", settings=settings, network=network, keys=keys, monitoring=monitoring)
    encryption = DiskEncryption("disk-encryption", settings=settings, network=network, keys=keys)
    exchange = Exchange("exchange", settings=settings, network=network, encryption=encryption)
    support = Support("support", settings=settings, network=network, encryption=encryption)
    parts = {**exchange.parts, **support.parts}
    AdminAccess("admin-access", settings=settings, network=network, machines=by_region(parts))
    provisioning = Provisioning("provisioning", settings=settings, network=network, keys=keys, monitoring=monitoring)
    archive = Archive("archive", settings=settings, network=network, keys=keys, monitoring=monitoring)
    backup = Backup(
        "backup",
        settings=settings,
        network=network,
        keys=keys,
        monitoring=monitoring,
        # Mailbox machines are left to the backup server: no snapshot of Exchange is supported as a backup.
        machines=by_region({name: part for name, part in parts.items() if name not in exchange.mailboxes}),
        log_accounts=logs.accounts,
        keyed=settings.vaults_keyed,
    )
    if settings.vaults_keyed:
        _recover(settings, network=network, encryption=encryption, backup=backup, support=support)
    Portal("portal", settings=settings, network=network, monitoring=monitoring)
    PublicDns("dns", settings=settings)
    Offsite("offsite", settings=settings)
    Governance("governance", settings=settings, protected=_protected(keys, provisioning, archive, backup))


def _recover(
    settings: Settings, *, network: Network, encryption: DiskEncryption, backup: Backup, support: Support
) -> None:
    """Keep a copy of the machines that neither the availability group nor a second controller stands in for.

    Not in an environment's first run: a vault takes our key only while it holds no item, see `GuardedVault`.
    """
    Recovery(
        "recovery",
        settings=settings,
        network=network,
        encryption=encryption,
        vault=backup.recovery_vault,
        cache=backup.cache,
        machines={"mgt": support.management},
    )


def _protected(
    keys: Keys, provisioning: Provisioning, archive: Archive, backup: Backup
) -> Mapping[str, pulumi.Input[str]]:
    """Return the ids of what must not be deleted, by a short name.

    Groups that hold restore points are not among them: a lock there keeps old points from being removed, and after a
    while every backup fails.
    """
    return {
        "keys-uksouth": keys.primary.vault.id,
        "keys-ukwest": keys.secondary.vault.id,
        "archive": archive.account.id,
        "exchange-backup": backup.exchange_vault.id,
        "recovery": backup.recovery_vault.id,
        **{f"sql-{region}": server.id for region, server in provisioning.servers.items()},
        **{f"machine-backup-{region}": vault.id for region, vault in backup.machine_vaults.items()},
    }


declare(load())
