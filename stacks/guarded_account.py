"""A storage account that only our own networks and identities reach, and whose blobs can be brought back."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network as azure_network
from pulumi_azure_native import resources, storage

from config import PRIMARY
from diagnostics import diagnose
from keys import KeyRing
from monitoring import Monitoring
from network import Network, Site


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What lies in an account, and so how the account is kept."""

    access_tier: storage.AccessTier
    sas_period: str
    """How long an access signature may be valid, as `days.hours:minutes:seconds`."""
    tags: Mapping[str, str]
    keys_expire: bool = False
    """Whether shared keys, which are off, would be reported as old after ninety days, should anybody turn them on."""
    immutable: bool = False
    """Whether what is written stays as it is for seven years; the account then outlives a destroyed stack, too."""
    closed: bool = False
    """Whether that policy was locked for good."""


class GuardedAccount(pulumi.ComponentResource):
    """An account with its blob service and the private endpoint that is the only way in.

    What every storage promise rests on stands here once: who may read (no anonymous visitor, nobody with a shared key
    alone, no public network, no other tenant), by what transport, under whose key, and how long a blob that was
    deleted or overwritten can be brought back. Written here, because a report names lines of the file that makes a
    resource: the parts that hold an account choose only what no promise turns on.

    Double encryption and immutability are taken at creation and never again: changing either later means a new
    account and a copy of everything in it.
    """

    account: storage.StorageAccount
    blobs: storage.BlobServiceProperties
    """What a container must wait for: before it, versions are not kept yet."""
    endpoint: azure_network.PrivateEndpoint

    def __init__(
        self,
        name: str,
        *,
        account_name: str,
        group: resources.ResourceGroup,
        network: Network,
        site: Site,
        ring: KeyRing,
        contents: Contents,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the account in `site`, encrypted with the key of `ring`, which must lie in the same region."""
        super().__init__("promise-audit:stacks:GuardedAccount", name, None, opts)
        self._name = name
        self._group = group
        self._site = site
        self._ring = ring
        self.account = self._account(account_name, contents)
        self.blobs = self._blob_service(immutable=contents.immutable)
        self.endpoint = network.private_endpoint(
            f"{name}-endpoint",
            site=site,
            target=self.account,
            target_id=self.account.id,
            service="blob",
            parent=self,
        )
        self.register_outputs({"account": self.account.id})

    def log(self, monitoring: Monitoring) -> None:
        """Declare that every read, write and deletion of a blob is told to the workspace, which keeps it a year."""
        diagnose(
            f"{self._name}-access-log",
            # The account itself logs figures only; who touched what is logged by the service below it.
            target_id=pulumi.Output.concat(self.account.id, "/blobServices/default"),
            workspace=monitoring.workspace,
            categories=["StorageRead", "StorageWrite", "StorageDelete"],
            parent=self.account,
        )

    def _account(self, account_name: str, contents: Contents) -> storage.StorageAccount:
        """Declare the account, every door shut by name: defaults differ between API versions, SDK and portal."""
        keep, ring = contents.immutable, self._ring
        return storage.StorageAccount(
            f"{self._name}-account",
            account_name=account_name,
            resource_group_name=self._group.name,
            location=self._site.region,
            kind="StorageV2",
            # A copy in the other region that can be read at any time; zones as well, where the region has them.
            sku=storage.SkuArgs(name="Standard_RAGZRS" if self._site.region == PRIMARY else "Standard_RAGRS"),
            access_tier=contents.access_tier,
            enable_https_traffic_only=True,
            # Left out, Azure reads it as 1.0; 1.3 is in the enumeration and not supported.
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            # Left out, a key that names nobody opens everything.
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            # Left out, blobs may be copied to an account of any tenant.
            allowed_copy_scope="AAD",
            public_network_access="Disabled",
            network_rule_set=_closed(),
            # Other doors to the same blobs, with sign-ins of their own; and hierarchical names would keep no versions.
            is_hns_enabled=False,
            is_sftp_enabled=False,
            is_local_user_enabled=False,
            enable_nfs_v3=False,
            # Left out, the SDK sends Log: a signature that lives too long would be noted and honoured.
            sas_policy=storage.SasPolicyArgs(sas_expiration_period=contents.sas_period, expiration_action="Block"),
            key_policy=storage.KeyPolicyArgs(key_expiration_period_in_days=90) if contents.keys_expire else None,
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[ring.identity.id]),
            encryption=_own_key(ring),
            immutable_storage_with_versioning=_unchangeable(closed=contents.closed) if keep else None,
            tags=contents.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=keep,
                retain_on_delete=keep,
                # Azure tries the key while it makes the account, and refuses where the identity may not use it yet.
                depends_on=[ring.access],
                # No deployment locks the policy, nor tries to open one that was locked.
                ignore_changes=["immutableStorageWithVersioning.immutabilityPolicy.state"] if keep else None,
            ),
        )

    def _blob_service(self, *, immutable: bool) -> storage.BlobServiceProperties:
        """Declare that a blob overwritten or deleted, by anyone, can be had back for 35 days."""
        return storage.BlobServiceProperties(
            f"{self._name}-blobs",
            account_name=self.account.name,
            resource_group_name=self._group.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            # For as long as what it speaks of: it is the record of what came in and when.
            change_feed=storage.ChangeFeedArgs(enabled=True, retention_in_days=2555 if immutable else 90),
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True,
                days=35,
                # With it, whoever may delete could empty the bin as well.
                allow_permanent_delete=False,
            ),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=35),
            restore_policy=_never_back() if immutable else _month_back(),
            opts=pulumi.ResourceOptions(parent=self.account),
        )


def _closed() -> storage.NetworkRuleSetArgs:
    """Refuse every network; the SDK itself would send Allow where the action is left out."""
    return storage.NetworkRuleSetArgs(
        default_action=storage.DefaultAction.DENY,
        # Flow logs and replicated disks are written, and blobs backed up, by Azure's own trusted services.
        bypass="AzureServices",
        ip_rules=[],
        virtual_network_rules=[],
        resource_access_rules=[],
    )


def _unchangeable(*, closed: bool) -> storage.ImmutableStorageAccountArgs:
    """Keep every version of every blob unchanged for seven years.

    The state is a door of its own: once "Locked", the period can only grow, by anybody's hand, and a typing mistake in
    it lasts as long as it says. A person locks it after the first audit; until then the deviation is waived.
    """
    return storage.ImmutableStorageAccountArgs(
        enabled=True,
        immutability_policy=storage.AccountImmutabilityPolicyPropertiesArgs(
            immutability_period_since_creation_in_days=2555,
            state="Locked" if closed else "Unlocked",
            # Appending to a blob is a change of it too.
            allow_protected_append_writes=False,
        ),
    )


def _never_back() -> storage.RestorePolicyPropertiesArgs:
    """Set nothing back: what cannot be changed cannot be set back either."""
    return storage.RestorePolicyPropertiesArgs(enabled=False)


def _month_back() -> storage.RestorePolicyPropertiesArgs:
    """Allow all blobs to be set back to any moment of the last month.

    It reads deleted blobs, so it must look back less far than these are kept.
    """
    return storage.RestorePolicyPropertiesArgs(enabled=True, days=30)


def _own_key(ring: KeyRing) -> storage.EncryptionArgs:
    """Return the encryption of an account whose contents only `ring` can open.

    All four services take the account's key: queues and tables would otherwise keep one of Microsoft's.
    """
    return storage.EncryptionArgs(
        # Left out, the SDK sends Microsoft's own key.
        key_source="Microsoft.Keyvault",
        key_vault_properties=storage.KeyVaultPropertiesArgs(
            key_name=ring.keys["archive"].name,
            key_vault_uri=ring.vault.properties.vault_uri,
            # No version: the account then follows each rotation by itself.
            key_version="",
        ),
        encryption_identity=storage.EncryptionIdentityArgs(encryption_user_assigned_identity=ring.identity.id),
        # A second layer under a key of Azure's, so that one broken algorithm or key opens nothing.
        require_infrastructure_encryption=True,
        services=storage.EncryptionServicesArgs(
            blob=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            file=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            queue=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
            table=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
        ),
    )
