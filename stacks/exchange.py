"""Exchange: one availability group over two zones and a second region, its witness, and its domain controllers."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi_azure_native import compute

from config import Settings
from disk_encryption import DiskEncryption
from machines import Machine, Place, machines_of
from network import Network

MOST_MAILBOXES = 9
"""Windows of the week kept for mailbox machines: as many as settings allow, and the one in the second region."""


class Exchange(pulumi.ComponentResource):
    """The mailbox machines, the witness in a zone of its own, and a domain controller wherever mailboxes stand.

    Site Recovery does not support an availability group, and need not: the group itself keeps a live copy of every
    mailbox in ukwest. Losing any one zone leaves a majority.
    """

    parts: Mapping[str, Machine]
    """Every machine with its disks, by name."""
    machines: Mapping[str, compute.VirtualMachine]
    """Every machine by name: mailbox machines, witness and controllers."""
    mailboxes: Mapping[str, compute.VirtualMachine]
    witness: compute.VirtualMachine
    controllers: Mapping[str, compute.VirtualMachine]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        encryption: DiskEncryption,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Exchange", name, None, opts)
        self._settings = settings
        self._here = Place(network.primary, encryption.primary)
        self._there = Place(network.secondary, encryption.secondary)
        mailboxes = self._mailboxes()
        witness = self._witness("wit", replace(self._here, zone="3"), window=MOST_MAILBOXES)
        controllers = {
            "ad1": self._controller("ad1", replace(self._here, zone="1"), window=MOST_MAILBOXES + 1),
            "ad2": self._controller("ad2", replace(self._here, zone="2"), window=MOST_MAILBOXES + 2),
            "adw": self._controller("adw", self._there, window=MOST_MAILBOXES + 3),
        }
        self.parts = mailboxes | {"wit": witness} | controllers
        self.machines = machines_of(self.parts)
        self.mailboxes = machines_of(mailboxes)
        self.controllers = machines_of(controllers)
        self.witness = witness.machine
        self.register_outputs({})

    def _mailboxes(self) -> dict[str, Machine]:
        """Alternate the mailbox machines between two zones, and put one more in the second region."""
        count = self._settings.mailbox_servers
        places = {f"mbx{n + 1}": replace(self._here, zone=("1", "2")[n % 2]) for n in range(count)}
        places["mbxw"] = self._there
        return {name: self._mailbox(name, place, window=n) for n, (name, place) in enumerate(places.items())}

    def _mailbox(self, name: str, place: Place, *, window: int) -> Machine:
        """Declare a mailbox machine, with databases, logs and the queue each on a disk of its own.

        Microsoft supports Exchange in Azure only with all three on premium storage, uncached. The `dag` tag tells the
        audit which machines belong together.
        """
        return Machine(
            name,
            settings=self._settings,
            place=place,
            subnet="exchange",
            size=self._settings.machine_size,
            tags={"data": "mail contacts", "role": "mailbox", "dag": f"{self._settings.prefix}-dag"},
            window=window,
            volumes={
                "databases": self._settings.mailbox_disk_gb,
                "logs": 64,
                "queue": 64,
            },
            receives_mail=True,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _witness(self, name: str, place: Place, *, window: int) -> Machine:
        """Declare the file share that decides which half of a divided group goes on.

        It stands in the zone that holds no mailboxes, so that no single zone takes a majority with it. A machine, since
        a witness in cloud storage is not what Microsoft documents for Exchange.
        """
        return Machine(
            name,
            settings=self._settings,
            place=place,
            subnet="exchange",
            size=self._settings.support_size,
            tags={"data": "platform", "role": "witness"},
            window=window,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _controller(self, name: str, place: Place, *, window: int) -> Machine:
        """Declare a domain controller: Exchange stops where it reaches none, so one stands wherever mailboxes do."""
        return Machine(
            name,
            settings=self._settings,
            place=place,
            subnet="directory",
            size=self._settings.support_size,
            tags={"data": "contacts platform", "role": "domain-controller"},
            window=window,
            # The directory's database loses writes on a disk whose host caches them.
            volumes={"directory": 32},
            opts=pulumi.ResourceOptions(parent=self),
        )
