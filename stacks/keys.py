"""The keys that encrypt everything at rest, in a vault of each region that only our own networks reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import pulumi
from pulumi_azure_native import authorization, keyvault, managedidentity, resources

from config import PRIMARY, SHORT, Region, Settings
from diagnostics import diagnose
from grants import KEY_USER
from monitoring import Monitoring
from network import Network, Site

USES = ("disks", "sql", "archive", "backup")


@dataclass(frozen=True)
class KeyRing:
    """What a store of one region needs to be encrypted with our own key."""

    vault: keyvault.Vault
    identity: managedidentity.UserAssignedIdentity
    access: authorization.RoleAssignment
    """Lets the identity use the keys: whatever uses one must depend on it."""
    keys: Mapping[str, keyvault.Key]
    """By use: disks, sql, archive, backup."""


class Keys(pulumi.ComponentResource):
    """A key ring in each region, since a store and its key must lie in the same one.

    Everything at rest is encrypted under these keys, so losing them is losing the data: deleted keys are kept, nobody
    can purge them, and old versions stay for the backups that were made under them.
    """

    primary: KeyRing
    secondary: KeyRing

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        monitoring: Monitoring,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Keys", name, None, opts)
        self._settings = settings
        self.primary = self._ring(network, network.primary, monitoring)
        self.secondary = self._ring(network, network.secondary, monitoring)
        self.register_outputs({})

    def ring(self, region: Region) -> KeyRing:
        """Return the key ring of `region`."""
        return self.primary if region == PRIMARY else self.secondary

    def _ring(self, network: Network, site: Site, monitoring: Monitoring) -> KeyRing:
        """Declare the vault of one region, the identity that opens stores, and a key for each use.

        One key a use, so that what one service may open tells nothing of another's data.
        """
        group = resources.ResourceGroup(
            f"{site.region}-keys",
            resource_group_name=f"{self._settings.prefix}-keys-{site.region}",
            location=site.region,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        vault = self._vault(site, group)
        diagnose(
            f"{site.region}-keys-log",
            target_id=vault.id,
            workspace=monitoring.workspace,
            categories=["AuditEvent"],
            parent=vault,
        )
        network.private_endpoint(
            f"{self._settings.prefix}-{site.region}-keys",
            site=site,
            target=vault,
            target_id=vault.id,
            service="vault",
            parent=vault,
        )
        identity = self._identity(site, group)
        access = self._access(site, vault, identity)
        keys = {use: self._key(site, group, vault, use) for use in USES}
        return KeyRing(vault, identity, access, keys)

    def _vault(self, site: Site, group: resources.ResourceGroup) -> keyvault.Vault:
        """Declare a vault that only our networks reach, and from which nothing can be removed for good.

        Databases, backup vaults and disks refuse a key that could be purged, so protection against purging is there
        from the start; it cannot be taken away again. Every flag is written out, because the SDK itself sends "no
        roles" and "public" for those that are left out.
        """
        return keyvault.Vault(
            f"{site.region}-vault",
            resource_group_name=group.name,
            vault_name=f"{self._settings.prefix}-keys-{SHORT[site.region]}",
            location=site.region,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=self._settings.tenant_id,
                # Premium keeps keys in hardware modules.
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.PREMIUM),
                enable_rbac_authorization=True,
                enable_purge_protection=True,
                enable_soft_delete=True,
                # As long as Azure offers.
                soft_delete_retention_in_days=90,
                public_network_access="Disabled",
                network_acls=keyvault.NetworkRuleSetArgs(
                    default_action="Deny",
                    # Storage, databases and disks reach their key as trusted services.
                    bypass="AzureServices",
                    ip_rules=[],
                    virtual_network_rules=[],
                ),
                # Older ways for machines and templates to read what is inside, past the roles.
                enabled_for_deployment=False,
                enabled_for_disk_encryption=False,
                enabled_for_template_deployment=False,
            ),
            tags={"data": "mail archive provisioning contacts platform"},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )

    def _identity(self, site: Site, group: resources.ResourceGroup) -> managedidentity.UserAssignedIdentity:
        """Declare the identity as which the region's stores open their keys.

        It is no store's own: a store must be able to use its key at the moment it is made, when its own identity does
        not exist yet.
        """
        return managedidentity.UserAssignedIdentity(
            f"{site.region}-encryption",
            resource_group_name=group.name,
            resource_name_=f"{self._settings.prefix}-encryption-{site.region}",
            location=site.region,
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _access(
        self, site: Site, vault: keyvault.Vault, identity: managedidentity.UserAssignedIdentity
    ) -> authorization.RoleAssignment:
        """Let the identity wrap and unwrap with the vault's keys, and nothing else.

        A new role takes minutes to be known everywhere. What uses a key depends on this; should Azure still refuse it,
        the same run is simply started again.
        """
        return authorization.RoleAssignment(
            f"{site.region}-encryption-access",
            # ARM wants a GUID; made from the name, it is the same on every run.
            role_assignment_name=str(uuid5(NAMESPACE_URL, f"{self._settings.prefix}/{site.region}/encryption")),
            scope=vault.id,
            principal_id=identity.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=(
                f"/subscriptions/{self._settings.subscription_id}"
                f"/providers/Microsoft.Authorization/roleDefinitions/{KEY_USER}"
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _key(self, site: Site, group: resources.ResourceGroup, vault: keyvault.Vault, use: str) -> keyvault.Key:
        """Declare the key of one use.

        ARM makes a key once and takes no change afterwards; new versions are the service's work and show as no
        difference here.
        """
        return keyvault.Key(
            f"{site.region}-{use}-key",
            resource_group_name=group.name,
            vault_name=vault.name,
            key_name=use,
            properties=keyvault.KeyPropertiesArgs(
                # RSA, because backup vaults and databases take no other kind.
                kty="RSA-HSM",
                # The longest that a database's protector takes.
                key_size=3072,
                key_ops=["wrapKey", "unwrapKey"],
                attributes=keyvault.KeyAttributesArgs(
                    enabled=True,
                    exportable=False,
                ),
                # The service dates each version by this policy; a date written here would be out of date itself.
                rotation_policy=_rotation(),
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=vault, protect=True),
        )


def _rotation() -> keyvault.RotationPolicyArgs:
    """Make a new version every year, half a year before the old one expires."""
    return keyvault.RotationPolicyArgs(
        attributes=keyvault.KeyRotationPolicyAttributesArgs(expiry_time="P18M"),
        lifetime_actions=[
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.ROTATE),
                trigger=keyvault.TriggerArgs(time_after_create="P1Y"),
            ),
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.NOTIFY),
                trigger=keyvault.TriggerArgs(time_before_expiry="P30D"),
            ),
        ],
    )
