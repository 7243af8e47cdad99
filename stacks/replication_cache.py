"""Site Recovery's waiting room: writes of replicated machines pass through this account on their way to ukwest."""

import pulumi
from pulumi_azure_native import recoveryservices, resources, storage

from config import Settings
from grants import ACCOUNT_CONTRIBUTOR, BLOB_CONTRIBUTOR, grant
from guarded_account import Contents, GuardedAccount
from keys import Keys
from monitoring import Monitoring
from network import Network


class ReplicationCache(pulumi.ComponentResource):
    """The account, which the vault's identity alone writes to.

    What lies here is encrypted disk content that lives for minutes. It keeps every rule of a lasting store all the
    same: copies of it cost little, and an account with exceptions would be one to explain.
    """

    account: storage.StorageAccount
    access: list[pulumi.Resource]
    """Lets the vault's identity use the account: a replicated item must depend on it."""

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        group: resources.ResourceGroup,
        network: Network,
        keys: Keys,
        monitoring: Monitoring,
        vault: recoveryservices.Vault,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:ReplicationCache", name, None, opts)
        guarded = GuardedAccount(
            name,
            account_name=f"{settings.prefix}cache",
            group=group,
            network=network,
            # In the region of the machines: Site Recovery takes no cache elsewhere.
            site=network.primary,
            ring=keys.primary,
            contents=Contents(
                access_tier=storage.AccessTier.HOT,
                sas_period="00.08:00:00",
                keys_expire=True,
                tags={"data": "platform", "environment": settings.environment},
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded.log(monitoring)
        self.account = guarded.account
        self.access = self._admit(name, settings=settings, vault=vault)
        self.register_outputs({"account": self.account.id})

    def _admit(self, name: str, *, settings: Settings, vault: recoveryservices.Vault) -> list[pulumi.Resource]:
        """Let the vault's identity manage the account and write blobs in it; Site Recovery asks for both."""
        return [
            grant(
                f"{name}-{use}",
                settings=settings,
                role=role,
                scope=self.account.id,
                principal_id=vault.identity.principal_id,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for use, role in (("manages", ACCOUNT_CONTRIBUTOR), ("writes", BLOB_CONTRIBUTOR))
        ]
