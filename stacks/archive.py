"""Archived mail cannot be changed or deleted for seven years, lies in two regions and is reachable from inside only."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import resources, storage

from config import PRIMARY, Settings
from guarded_account import Contents, GuardedAccount
from keys import Keys
from monitoring import Monitoring
from network import Network

CONTAINERS = ("mailboxes", "journals")
"""What was in mailboxes, and a copy of what passed through them."""


class Archive(pulumi.ComponentResource):
    """The archive's storage account, its containers, and how long they refuse every change.

    What is promised of archived mail rests on three things together: no version of a blob can be changed or deleted for
    seven years, a copy lies in ukwest, and a second copy lies outside Azure. The price is known: mail that its user
    deletes lives on here until its time is over.
    """

    group: resources.ResourceGroup
    account: storage.StorageAccount
    containers: Mapping[str, storage.BlobContainer]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        keys: Keys,
        monitoring: Monitoring,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Archive", name, None, opts)
        self.group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{settings.prefix}-archive",
            location=PRIMARY,
            tags={"data": "archive mail", "environment": settings.environment},
            opts=pulumi.ResourceOptions(parent=self),
        )
        guarded = self._guarded(name, settings=settings, network=network, keys=keys)
        guarded.log(monitoring)
        self.account = guarded.account
        self.containers = {
            container: self._container(name, container=container, blobs=guarded.blobs) for container in CONTAINERS
        }
        self._lifecycle(name)
        self.register_outputs({"account": self.account.id})

    def _guarded(self, name: str, *, settings: Settings, network: Network, keys: Keys) -> GuardedAccount:
        """Declare the account, in which nothing that was written changes for seven years."""
        return GuardedAccount(
            name,
            account_name=f"{settings.prefix}archive",
            group=self.group,
            network=network,
            site=network.primary,
            ring=keys.primary,
            contents=Contents(
                # Read seldom and kept long.
                access_tier=storage.AccessTier.COOL,
                sas_period="00.08:00:00",
                keys_expire=True,
                tags={"data": "archive mail", "environment": settings.environment},
                immutable=True,
                closed=f"{name}-account" in settings.closed_doors,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _container(self, name: str, *, container: str, blobs: storage.BlobServiceProperties) -> storage.BlobContainer:
        """Declare a container with a policy of its own beside the account's.

        It stands where an auditor looks for it, at the data, and would hold where the account's was weakened while
        still unlocked. The provider's class has no state: to lock it is a call of its own, which a person makes
        together with the account's. Removing the policy fails in the provider with a stale etag, so that too takes a
        person.
        """
        made = storage.BlobContainer(
            f"{name}-{container}",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            container_name=container,
            # The account refuses already; should that ever change, this container still does.
            public_access=storage.PublicAccess.NONE,
            immutable_storage_with_versioning=storage.ImmutableStorageWithVersioningArgs(enabled=True),
            # Azure gives a container immutable versions only once the account keeps versions.
            opts=pulumi.ResourceOptions(parent=self.account, protect=True, depends_on=[blobs]),
        )
        storage.BlobContainerImmutabilityPolicy(
            f"{name}-{container}-immutability",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            container_name=made.name,
            immutability_policy_name="default",
            immutability_period_since_creation_in_days=2555,
            allow_protected_append_writes=False,
            opts=pulumi.ResourceOptions(parent=made, protect=True),
        )
        return made

    def _lifecycle(self, name: str) -> storage.ManagementPolicy:
        """Move what is seldom read to cheaper disks; nothing here deletes, at any age.

        An immutability policy refuses deletion but lets a blob change its tier:
        https://learn.microsoft.com/azure/storage/blobs/immutable-storage-overview
        """
        cooler = storage.DateAfterModificationArgs(days_after_creation_greater_than=30)
        cold = storage.DateAfterModificationArgs(days_after_creation_greater_than=180)
        return storage.ManagementPolicy(
            f"{name}-lifecycle",
            account_name=self.account.name,
            resource_group_name=self.group.name,
            management_policy_name="default",
            policy=storage.ManagementPolicySchemaArgs(
                rules=[
                    storage.ManagementPolicyRuleArgs(
                        name="cool-with-age",
                        type="Lifecycle",
                        enabled=True,
                        definition=storage.ManagementPolicyDefinitionArgs(
                            filters=storage.ManagementPolicyFilterArgs(
                                blob_types=["blockBlob"], prefix_match=[f"{container}/" for container in CONTAINERS]
                            ),
                            actions=storage.ManagementPolicyActionArgs(
                                base_blob=storage.ManagementPolicyBaseBlobArgs(tier_to_cool=cooler, tier_to_cold=cold),
                            ),
                        ),
                    )
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self.account),
        )
