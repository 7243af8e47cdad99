"""Disk encryption sets: every disk is encrypted with the company's own key, in its newest version."""

import pulumi
from pulumi_azure_native import compute

from config import Settings
from keys import KeyRing, Keys
from network import Network, Site


class DiskEncryption(pulumi.ComponentResource):
    """One disk encryption set in each region: a set, its vault and its disks must all lie in the same one.

    Site Recovery needs the second region's set before it copies a machine: the copy is sealed under that one.
    """

    primary: compute.DiskEncryptionSet
    secondary: compute.DiskEncryptionSet

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        keys: Keys,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:DiskEncryption", name, None, opts)
        self.primary = self._set(settings, network.primary, keys.primary)
        self.secondary = self._set(settings, network.secondary, keys.secondary)
        self.register_outputs({})

    def _set(self, settings: Settings, site: Site, ring: KeyRing) -> compute.DiskEncryptionSet:
        """Declare the set of one region, which waits until its identity may use the key.

        Azure checks on creation that the vault keeps deleted keys; purge protection has to come first.
        """
        return compute.DiskEncryptionSet(
            f"{site.region}-disks",
            resource_group_name=site.group.name,
            disk_encryption_set_name=f"{settings.prefix}-{site.region}-disks",
            location=site.region,
            encryption_type="EncryptionAtRestWithCustomerKey",
            # Named without a version, so that a rotated key is taken up.
            active_key=compute.KeyForDiskEncryptionSetArgs(
                key_url=ring.keys["disks"].key_uri,
                source_vault=compute.SourceVaultArgs(id=ring.vault.id),
            ),
            rotation_to_latest_key_version_enabled=True,
            # The identity of the key ring: it holds its role before the set exists.
            identity=compute.EncryptionSetIdentityArgs(
                type="UserAssigned",
                user_assigned_identities=[ring.identity.id],
            ),
            tags={"data": "mail platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ring.access]),
        )
