"""Disk encryption sets: every disk is encrypted with the company's own key, in its newest version."""

import pulumi
from config import Settings
from keys import KeyRing, Keys
from network import Network, Site
from pulumi_azure_native import compute


class DiskEncryption(pulumi.ComponentResource):
    """One disk encryption set in each region."""

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
            identity=compute.EncryptionSetIdentityArgs(
                type="UserAssigned",
                user_assigned_identities=[ring.identity.id],
            ),
            tags={"data": "mail platform"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ring.access]),
        )
