"""A machine as we run every one: trusted boot, encrypted disks, no public address, watched, patched in a window."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import compute, network

from config import REGIONS, Region, Settings
from network import Site
from patching import patch


@dataclass(frozen=True)
class Place:
    """Where machines stand: a region's site and what encrypts disks there."""

    site: Site
    encryption: compute.DiskEncryptionSet
    zone: str | None = None
    """One of the region's zones; a region without zones has none."""


class Machine(pulumi.ComponentResource):
    """One Windows machine with its network card, data disks, endpoint protection and patching window.

    `volumes` are its data disks in gigabytes, by use; `window` is its own place in the week of patching windows;
    `receives_mail` puts it behind the load balancer. What a promise rests on is the same for every machine, and no
    setting.
    """

    region: Region
    machine: compute.VirtualMachine
    disks: Mapping[str, compute.Disk]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        place: Place,
        subnet: str,
        size: str,
        tags: Mapping[str, str],
        window: int,
        volumes: Mapping[str, int] | None = None,
        receives_mail: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Machine", name, None, opts)
        self._name, self._settings, self._place, self._tags = name, settings, place, dict(tags)
        self._zones = [place.zone] if place.zone else None
        self.region = place.site.region
        card = self._card(subnet, receives_mail=receives_mail)
        self.disks = {use: self._disk(use, gigabytes) for use, gigabytes in (volumes or {}).items()}
        self.machine = self._machine(size, card)
        self._defend()
        patch(name, settings=settings, site=place.site, machine=self.machine, window=window, parent=self)
        self.register_outputs({})

    def _card(self, subnet: str, *, receives_mail: bool) -> network.NetworkInterface:
        """Declare the card, with no public address and no place to set one.

        Administrators come through Bastion and mail through the balancer.
        """
        site = self._place.site
        pool = [network.BackendAddressPoolArgs(id=site.mail_pool)] if receives_mail else []
        return network.NetworkInterface(
            f"{self._name}-card",
            resource_group_name=site.group.name,
            network_interface_name=f"{self._settings.prefix}-{self._name}-card",
            location=site.region,
            # A machine that passes on others' packets would be a way around the security groups.
            enable_ip_forwarding=False,
            enable_accelerated_networking=True,
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="private",
                    primary=True,
                    subnet=network.SubnetArgs(id=site.subnets[subnet].id),
                    private_ip_allocation_method="Dynamic",
                    private_ip_address_version="IPv4",
                    load_balancer_backend_address_pools=pool,
                )
            ],
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _disk(self, use: str, gigabytes: int) -> compute.Disk:
        """Declare a data disk whose contents leave Azure by no export.

        Three settings close that door, and one alone would not: network access refuses export links, public access
        refuses the Internet, and a link that somebody made all the same would ask who is calling.
        """
        return compute.Disk(
            f"{self._name}-{use}",
            resource_group_name=self._place.site.group.name,
            disk_name=f"{self._settings.prefix}-{self._name}-{use}",
            location=self._place.site.region,
            zones=self._zones,
            # The newer premium disks and Ultra disks cannot be copied by Site Recovery.
            sku=compute.DiskSkuArgs(name="Premium_LRS"),
            disk_size_gb=gigabytes,
            creation_data=compute.CreationDataArgs(create_option="Empty"),
            encryption=compute.EncryptionArgs(
                type="EncryptionAtRestWithCustomerKey",
                disk_encryption_set_id=self._place.encryption.id,
            ),
            network_access_policy="DenyAll",
            public_network_access="Disabled",
            data_access_auth_mode="AzureActiveDirectory",
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )

    def _machine(self, size: str, card: network.NetworkInterface) -> compute.VirtualMachine:
        """Declare the machine itself.

        Encryption at host covers what disk encryption leaves out, caches and temporary disks; the subscription must
        have the feature registered (Microsoft.Compute/EncryptionAtHost), or Azure refuses the machine.
        """
        return compute.VirtualMachine(
            self._name,
            resource_group_name=self._place.site.group.name,
            vm_name=f"{self._settings.prefix}-{self._name}",
            location=self._place.site.region,
            zones=self._zones,
            hardware_profile=compute.HardwareProfileArgs(vm_size=size),
            # So that nothing on the machine needs a stored password to reach Azure.
            identity=compute.VirtualMachineIdentityArgs(type=compute.ResourceIdentityType.SYSTEM_ASSIGNED),
            security_profile=compute.SecurityProfileArgs(
                encryption_at_host=True,
                # Nothing starts below Windows that its maker did not sign.
                security_type="TrustedLaunch",
                uefi_settings=compute.UefiSettingsArgs(
                    secure_boot_enabled=True,
                    v_tpm_enabled=True,
                ),
            ),
            os_profile=self._system(),
            storage_profile=self._storage(),
            network_profile=compute.NetworkProfileArgs(
                network_interfaces=[compute.NetworkInterfaceReferenceArgs(id=card.id, primary=True)],
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _system(self) -> compute.OSProfileArgs:
        """Return the operating system's settings: patched by the platform, at hours of our own."""
        return compute.OSProfileArgs(
            computer_name=f"{self._settings.prefix}-{self._name}",
            admin_username=self._settings.administrator_name,
            admin_password=self._settings.administrator_password,
            # Patching, backup and endpoint protection all come as extensions.
            allow_extension_operations=True,
            windows_configuration=compute.WindowsConfigurationArgs(
                provision_vm_agent=True,
                enable_automatic_updates=True,
                time_zone="GMT Standard Time",
                patch_settings=compute.PatchSettingsArgs(
                    patch_mode="AutomaticByPlatform",
                    # Looks for missing patches every day, also between two windows.
                    assessment_mode="AutomaticByPlatform",
                    automatic_by_platform_settings=compute.WindowsVMGuestPatchAutomaticByPlatformSettingsArgs(
                        # Without this, Azure may patch outside the machine's own window.
                        bypass_platform_safety_checks_on_user_schedule=True,
                        reboot_setting="IfRequired",
                    ),
                ),
            ),
        )

    def _storage(self) -> compute.StorageProfileArgs:
        """Return the system disk, and the data disks that were declared on their own.

        They are attached rather than made with the machine, so that it can be replaced and its data stays.
        """
        return compute.StorageProfileArgs(
            image_reference=compute.ImageReferenceArgs(
                publisher="MicrosoftWindowsServer",
                offer="WindowsServer",
                sku="2022-datacenter-g2",
                # What has been patched since the image was made would else be missing on the first day.
                version="latest",
            ),
            os_disk=compute.OSDiskArgs(
                name=f"{self._settings.prefix}-{self._name}-system",
                create_option="FromImage",
                caching=compute.CachingTypes.READ_WRITE,
                os_type=compute.OperatingSystemTypes.WINDOWS,
                managed_disk=compute.ManagedDiskParametersArgs(
                    storage_account_type="Premium_LRS",
                    disk_encryption_set=compute.DiskEncryptionSetParametersArgs(id=self._place.encryption.id),
                ),
            ),
            data_disks=[
                compute.DataDiskArgs(
                    lun=lun,
                    name=disk.name,
                    create_option="Attach",
                    # Exchange and the directory lose writes where the host caches them; nothing else here is hurt
                    # without.
                    caching=compute.CachingTypes.NONE,
                    managed_disk=compute.ManagedDiskParametersArgs(id=disk.id),
                )
                for lun, disk in enumerate(self.disks.values())
            ],
        )

    def _defend(self) -> compute.VirtualMachineExtension:
        """Declare endpoint protection, which reports to Defender under the machine's own id."""
        return compute.VirtualMachineExtension(
            f"{self._name}-defender",
            resource_group_name=self._place.site.group.name,
            vm_name=self.machine.name,
            vm_extension_name="MDE.Windows",
            location=self._place.site.region,
            publisher="Microsoft.Azure.AzureDefenderForServers",
            type="MDE.Windows",
            type_handler_version="1.0",
            auto_upgrade_minor_version=True,
            settings={"azureResourceId": self.machine.id, "vNextEnabled": True},
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self),
        )


def machines_of(parts: Mapping[str, Machine]) -> dict[str, compute.VirtualMachine]:
    """Return the machines of `parts`, by the same names."""
    return {name: part.machine for name, part in parts.items()}


def by_region(parts: Mapping[str, Machine]) -> dict[Region, dict[str, compute.VirtualMachine]]:
    """Return the machines of `parts` by region and name; a region without any is there and empty.

    Callers may ask for either region without looking first.
    """
    return {
        region: machines_of({name: part for name, part in parts.items() if part.region == region}) for region in REGIONS
    }
