"""An estate that keeps what is promised, written in the words of Azure's own management libraries, not in ours."""

from functools import cached_property

from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute import models as compute
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.keyvault import models as keyvault
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network import models as network
from azure.mgmt.recoveryservices import RecoveryServicesClient
from azure.mgmt.recoveryservices import models as vaults
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.mgmt.recoveryservicesbackup import models as backup
from azure.mgmt.sql import SqlManagementClient
from azure.mgmt.sql import models as sql
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage import models as storage

GROUP, PLACE = "letters", "uksouth"
ITEM = ("copies", GROUP, "Azure", f"IaasVMContainer;iaasvmcontainerv2;{GROUP};worker", f"VM;{GROUP};worker")
AUDITED = [
    "BATCH_COMPLETED_GROUP",
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
]


class SdkEstate:
    """The clients of one local Azure, and what is put there with them."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.home = sandbox.group(GROUP)

    @cached_property
    def storage(self):
        """The client of storage accounts."""
        return self.sandbox.client(StorageManagementClient)

    @cached_property
    def network(self):
        """The client of networks."""
        return self.sandbox.client(NetworkManagementClient)

    @cached_property
    def keys(self):
        """The client of key vaults."""
        return self.sandbox.client(KeyVaultManagementClient)

    @cached_property
    def sql(self):
        """The client of SQL servers."""
        return self.sandbox.client(SqlManagementClient)

    @cached_property
    def vaults(self):
        """The client of recovery vaults."""
        return self.sandbox.client(RecoveryServicesClient)

    @cached_property
    def backup(self):
        """The client of backups."""
        return self.sandbox.client(RecoveryServicesBackupClient)

    @cached_property
    def compute(self):
        """The client of machines."""
        return self.sandbox.client(ComputeManagementClient)

    def put(self):
        """Put everything there."""
        self.put_keys()
        self.put_storage()
        self.put_network()
        self.put_sql()
        self.put_machine()
        self.put_backup()
        return self

    def put_keys(self):
        """Put a vault that only its own network reaches, and a key that is renewed each year."""
        rules = keyvault.NetworkRuleSet(bypass="AzureServices", default_action="Deny", ip_rules=[])
        properties = keyvault.VaultProperties(
            tenant_id=self.sandbox.tenant,
            sku=keyvault.Sku(family="A", name="premium"),
            enable_rbac_authorization=True,
            enable_purge_protection=True,
            soft_delete_retention_in_days=90,
            public_network_access="Disabled",
            network_acls=rules,
        )
        asked = keyvault.VaultCreateOrUpdateParameters(location=PLACE, properties=properties)
        self.keys.vaults.begin_create_or_update(GROUP, "safe", asked).result()
        self.put_key(bits=4096)

    def put_key(self, *, bits):
        """Put a key of so many bits."""
        rotation = keyvault.RotationPolicy(
            attributes=keyvault.KeyRotationPolicyAttributes(expiry_time="P2Y"),
            lifetime_actions=[
                keyvault.LifetimeAction(
                    action=keyvault.Action(type="rotate"), trigger=keyvault.Trigger(time_after_create="P1Y")
                )
            ],
        )
        key = keyvault.KeyProperties(
            kty="RSA-HSM",
            key_size=bits,
            attributes=keyvault.KeyAttributes(enabled=True),
            rotation_policy=rotation,
        )
        self.keys.keys.create_if_not_exist(GROUP, "safe", "wrapping", keyvault.KeyCreateParameters(properties=key))

    def put_storage(self):
        """Put an account that nobody reaches from outside, encrypted with our key, and a container in it."""
        encryption = storage.Encryption(
            key_source="Microsoft.Keyvault",
            require_infrastructure_encryption=True,
            key_vault_properties=storage.KeyVaultProperties(
                key_name="wrapping", key_vault_uri="https://safe.vault.azure.net/"
            ),
        )
        properties = storage.StorageAccountPropertiesCreateParameters(
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            public_network_access="Disabled",
            network_rule_set=storage.NetworkRuleSet(bypass="None", default_action="Deny", ip_rules=[]),
            encryption=encryption,
        )
        account = storage.StorageAccountCreateParameters(
            location=PLACE, kind="StorageV2", sku=storage.Sku(name="Standard_GZRS"), properties=properties
        )
        self.storage.storage_accounts.begin_create(GROUP, "archive", account).result()
        self.put_blob_service(days=30)
        self.put_container(access="None")

    def put_blob_service(self, *, days):
        """Put the settings by which what is deleted stays for so many days."""
        blobs = storage.DeleteRetentionPolicy(enabled=True, days=days, allow_permanent_delete=False)
        kept = storage.BlobServicePropertiesProperties(
            is_versioning_enabled=True,
            delete_retention_policy=blobs,
            container_delete_retention_policy=storage.DeleteRetentionPolicy(enabled=True, days=days),
        )
        self.storage.blob_services.set_service_properties(
            GROUP, "archive", storage.BlobServiceProperties(blob_service_properties=kept)
        )

    def put_container(self, *, access):
        """Put a container that is open in this way."""
        container = storage.BlobContainer(container_properties=storage.ContainerProperties(public_access=access))
        self.storage.blob_containers.create(GROUP, "archive", "years", container)

    def change_account(self, **properties):
        """Change properties of the account."""
        changed = storage.StorageAccountPropertiesUpdateParameters(**properties)
        self.storage.storage_accounts.update(
            GROUP, "archive", storage.StorageAccountUpdateParameters(properties=changed)
        )

    def put_network(self):
        """Put a security group with one rule, and a subnet behind it."""
        group = network.NetworkSecurityGroup(location=PLACE, properties=network.NetworkSecurityGroupPropertiesFormat())
        self.network.network_security_groups.begin_create_or_update(GROUP, "guard", group).result()
        self.put_rule(source="10.0.0.0/24")
        space = network.AddressSpace(address_prefixes=["10.0.0.0/16"])
        properties = network.VirtualNetworkPropertiesFormat(address_space=space)
        self.network.virtual_networks.begin_create_or_update(
            GROUP, "inner", network.VirtualNetwork(location=PLACE, properties=properties)
        ).result()
        self.put_subnet(guarded=True)

    def put_rule(self, *, source):
        """Let remote desktop in from a source."""
        rule = network.SecurityRulePropertiesFormat(
            access="Allow",
            direction="Inbound",
            priority=200,
            protocol="Tcp",
            source_address_prefix=source,
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_range="3389",
        )
        self.network.security_rules.begin_create_or_update(
            GROUP, "guard", "administration", network.SecurityRule(properties=rule)
        ).result()

    def put_subnet(self, *, guarded):
        """Put a subnet, with the security group or without."""
        guard = f"{self.home}/providers/Microsoft.Network/networkSecurityGroups/guard"
        properties = network.SubnetPropertiesFormat(
            address_prefix="10.0.1.0/24",
            default_outbound_access=False,
            network_security_group=network.NetworkSecurityGroup(id=guard) if guarded else None,
        )
        self.network.subnets.begin_create_or_update(
            GROUP, "inner", "machines", network.Subnet(properties=properties)
        ).result()

    def put_sql(self):
        """Put a server that is audited, and a database with its backups."""
        server = sql.Server(
            location=PLACE,
            properties=sql.ServerProperties(minimal_tls_version="1.2", public_network_access="Disabled"),
        )
        self.sql.servers.begin_create_or_update(GROUP, "records", server).result()
        self.put_auditing(state="Enabled")
        database = sql.DatabaseProperties(requested_backup_storage_redundancy="Geo", zone_redundant=True)
        self.sql.databases.begin_create_or_update(
            GROUP, "records", "people", sql.Database(location=PLACE, properties=database)
        ).result()
        self.put_encryption(state="Enabled")
        self.put_short_term(days=35)
        self.put_long_term(weekly="P4W")

    def put_auditing(self, *, state):
        """Put the auditing of the server."""
        policy = sql.ExtendedServerBlobAuditingPolicyProperties(
            state=state, is_azure_monitor_target_enabled=True, audit_actions_and_groups=AUDITED
        )
        self.sql.extended_server_blob_auditing_policies.begin_create_or_update(
            GROUP, "records", sql.ExtendedServerBlobAuditingPolicy(properties=policy)
        ).result()

    def put_encryption(self, *, state):
        """Put the encryption of the database."""
        setting = sql.LogicalDatabaseTransparentDataEncryption(
            properties=sql.TransparentDataEncryptionProperties(state=state)
        )
        self.sql.transparent_data_encryptions.begin_create_or_update(
            GROUP, "records", "people", "current", setting
        ).result()

    def put_short_term(self, *, days):
        """Put how far back the database can be put to any moment."""
        policy = sql.BackupShortTermRetentionPolicyProperties(retention_days=days, diff_backup_interval_in_hours=12)
        self.sql.backup_short_term_retention_policies.begin_create_or_update(
            GROUP, "records", "people", "default", sql.BackupShortTermRetentionPolicy(properties=policy)
        ).result()

    def put_long_term(self, *, weekly):
        """Put how long weekly copies of the database are kept."""
        policy = sql.LongTermRetentionPolicyProperties(
            weekly_retention=weekly, monthly_retention="P12M", yearly_retention="P7Y", week_of_year=1
        )
        self.sql.long_term_retention_policies.begin_create_or_update(
            GROUP, "records", "people", "default", sql.LongTermRetentionPolicy(properties=policy)
        ).result()

    def change_server(self, **properties):
        """Change properties of the server."""
        self.sql.servers.begin_update(
            GROUP, "records", sql.ServerUpdate(properties=sql.ServerProperties(**properties))
        ).result()

    def change_database(self, **properties):
        """Change properties of the database."""
        self.sql.databases.begin_update(
            GROUP, "records", "people", sql.DatabaseUpdate(properties=sql.DatabaseUpdateProperties(**properties))
        ).result()

    def open_firewall(self):
        """Let the whole world through the server's firewall."""
        everywhere = sql.ServerFirewallRuleProperties(start_ip_address="0.0.0.0", end_ip_address="255.255.255.255")  # noqa: S104  # a rule, no socket
        self.sql.firewall_rules.create_or_update(GROUP, "records", "world", sql.FirewallRule(properties=everywhere))

    def put_machine(self):
        """Put a machine whose disks are encrypted with our key, and a disk of its own."""
        identity = compute.EncryptionSetIdentity(type="SystemAssigned")
        self.compute.disk_encryption_sets.begin_create_or_update(
            GROUP,
            "wraps",
            compute.DiskEncryptionSet(
                location=PLACE,
                identity=identity,
                properties=compute.EncryptionSetProperties(encryption_type="EncryptionAtRestWithCustomerKey"),
            ),
        ).result()
        self.put_disk(reached="Disabled")
        managed = compute.ManagedDiskParameters(disk_encryption_set=compute.DiskEncryptionSetParameters(id=self._set))
        disks = compute.StorageProfile(
            os_disk=compute.OSDisk(create_option="FromImage", name="system", managed_disk=managed),
            data_disks=[
                compute.DataDisk(
                    lun=0, create_option="Attach", managed_disk=compute.ManagedDiskParameters(id=self._disk)
                )
            ],
        )
        properties = compute.VirtualMachineProperties(
            hardware_profile=compute.HardwareProfile(vm_size="Standard_D2s_v5"),
            security_profile=compute.SecurityProfile(
                encryption_at_host=True,
                security_type="TrustedLaunch",
                uefi_settings=compute.UefiSettings(secure_boot_enabled=True, v_tpm_enabled=True),
            ),
            storage_profile=disks,
        )
        self.compute.virtual_machines.begin_create_or_update(
            GROUP, "worker", compute.VirtualMachine(location=PLACE, properties=properties)
        ).result()

    @property
    def _set(self):
        return f"{self.home}/providers/Microsoft.Compute/diskEncryptionSets/wraps"

    @property
    def _disk(self):
        return f"{self.home}/providers/Microsoft.Compute/disks/data"

    def put_disk(self, *, reached):
        """Put a disk that the public network reaches in this way."""
        encryption = compute.Encryption(type="EncryptionAtRestWithCustomerKey", disk_encryption_set_id=self._set)
        properties = compute.DiskProperties(
            creation_data=compute.CreationData(create_option="Empty"),
            disk_size_gb=64,
            encryption=encryption,
            network_access_policy="DenyAll",
            public_network_access=reached,
            data_access_auth_mode="AzureActiveDirectory",
        )
        self.compute.disks.begin_create_or_update(
            GROUP, "data", compute.Disk(location=PLACE, properties=properties)
        ).result()

    def change_machine(self, **properties):
        """Change properties of the machine."""
        self.compute.virtual_machines.begin_update(
            GROUP,
            "worker",
            compute.VirtualMachineUpdate(properties=compute.VirtualMachineProperties(**properties)),
        ).result()

    def put_backup(self):
        """Put a vault that keeps what is deleted, a policy, and the backup of the machine under it."""
        self.put_vault(soft_delete="AlwaysON")
        self.put_policy(days=35)
        self.put_item(state="Protected")

    def put_vault(self, *, soft_delete):
        """Put the vault."""
        kept = vaults.SoftDeleteSettings(
            soft_delete_state=soft_delete, enhanced_security_state="AlwaysON", soft_delete_retention_period_in_days=90
        )
        copied = vaults.VaultPropertiesRedundancySettings(
            standard_tier_storage_redundancy="GeoRedundant", cross_region_restore="Enabled"
        )
        properties = vaults.VaultProperties(
            public_network_access="Disabled",
            redundancy_settings=copied,
            security_settings=vaults.SecuritySettings(soft_delete_settings=kept),
        )
        vault = vaults.Vault(location=PLACE, sku=vaults.Sku(name="RS0", tier="Standard"), properties=properties)
        self.vaults.vaults.begin_create_or_update(GROUP, "copies", vault).result()

    def put_policy(self, *, days):
        """Put a policy by which a copy is made every four hours and kept for so many days."""
        lasts = backup.RetentionDuration(count=days, duration_type="Days")
        policy = backup.AzureIaaSVMProtectionPolicy(
            policy_type="V2",
            schedule_policy=backup.SimpleSchedulePolicyV2(
                schedule_run_frequency="Hourly",
                hourly_schedule=backup.HourlySchedule(interval=4, schedule_window_duration=24),
            ),
            retention_policy=backup.LongTermRetentionPolicy(
                daily_schedule=backup.DailyRetentionSchedule(retention_duration=lasts)
            ),
        )
        self.backup.protection_policies.create_or_update(
            "copies", GROUP, "often", backup.ProtectionPolicyResource(properties=policy)
        )

    def put_item(self, *, state):
        """Put the backup of the machine, in this state of protection."""
        item = backup.AzureIaaSComputeVMProtectedItem(
            source_resource_id=f"{self.home}/providers/Microsoft.Compute/virtualMachines/worker",
            policy_id=f"{self.home}/providers/Microsoft.RecoveryServices/vaults/copies/backupPolicies/often",
            protection_state=state,
        )
        self.backup.protected_items.begin_create_or_update(
            *ITEM, backup.ProtectedItemResource(properties=item)
        ).result()
