"""The machines around Exchange: one to administer from, and the server that takes Exchange-aware backups."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi_azure_native import compute

from config import Settings
from disk_encryption import DiskEncryption
from exchange import MOST_MAILBOXES
from machines import Machine, Place
from network import Network


class Support(pulumi.ComponentResource):
    """The management machine, which Site Recovery keeps a copy of in the second region, and the backup server.

    They stand in different zones: losing one leaves either a way to administer or a way to restore.
    """

    parts: Mapping[str, Machine]
    """Every machine with its disks, by name."""
    management: compute.VirtualMachine
    backup_server: compute.VirtualMachine

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        encryption: DiskEncryption,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Support", name, None, opts)
        place = Place(network.primary, encryption.primary)
        self.parts = {
            "mgt": self._management(settings, replace(place, zone="1")),
            "bck": self._backup_server(settings, replace(place, zone="2")),
        }
        self.management = self.parts["mgt"].machine
        self.backup_server = self.parts["bck"].machine
        self.register_outputs({})

    def _management(self, settings: Settings, place: Place) -> Machine:
        """Declare the machine to administer from; by its tag the audit knows that it must be replicated."""
        return Machine(
            "mgt",
            settings=settings,
            place=place,
            subnet="management",
            size=settings.support_size,
            tags={"data": "platform", "role": "management", "recovery": "site-recovery"},
            window=MOST_MAILBOXES + 4,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _backup_server(self, settings: Settings, place: Place) -> Machine:
        """Declare the machine that backs up Exchange as Exchange wants it: databases whole and logs cut off afterwards.

        Its pool is as large as one machine's databases, for the copies that wait to go to the vault.
        """
        return Machine(
            "bck",
            settings=settings,
            place=place,
            subnet="management",
            size=settings.support_size,
            tags={"data": "mail platform", "role": "backup-server"},
            window=MOST_MAILBOXES + 5,
            volumes={"pool": settings.mailbox_disk_gb},
            opts=pulumi.ResourceOptions(parent=self),
        )
