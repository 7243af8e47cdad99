"""Provisioning data lives on SQL in two regions, encrypted with our own keys and reachable from inside only."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import resources, sql

from config import PRIMARY, REGIONS, SECONDARY, Region, Settings
from grants import KEY_USER, grant
from keys import Keys
from monitoring import Monitoring
from network import Network
from sql_databases import database, retain
from sql_policies import audit, keep_keys, only_entra, watch


class Provisioning(pulumi.ComponentResource):
    """A server in each region, the databases, and the failover group between them.

    The order is Azure's: identity and key before the server, the server's protector before a database, both servers
    with the same keys before the group, and the group before the second region's copies can be told how long to keep
    backups.
    """

    servers: Mapping[Region, sql.Server]
    databases: Mapping[str, sql.Database]
    failover: sql.FailoverGroup

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
        super().__init__("promise-audit:stacks:Provisioning", name, None, opts)
        self._settings = settings
        self._network = network
        self._keys = keys
        self._monitoring = monitoring
        self._reserve = _reach_reserve(name, settings=settings, keys=keys, parent=self)
        self._groups = {region: self._group(name, region) for region in REGIONS}
        self.servers = {region: self._server(name, region) for region in REGIONS}
        protectors = [self._harden(f"{name}-{region}", region) for region in REGIONS]
        self.databases = {
            database_name: database(
                database_name,
                settings=settings,
                server=self.servers[PRIMARY],
                group=self._groups[PRIMARY],
                ledger=ledger,
                protector=protectors[0],
                parent=self,
            )
            # The register of incidents and consents is what others must be able to trust years later.
            for database_name, ledger in (("provisioning", False), ("register", True))
        }
        self.failover = self._failover(name, protectors)
        self._retain(name)
        self.register_outputs({"servers": [server.id for server in self.servers.values()]})

    def _group(self, name: str, region: Region) -> resources.ResourceGroup:
        """Declare the group of one region's server."""
        return resources.ResourceGroup(
            f"{name}-{region}-group",
            resource_group_name=f"{self._settings.prefix}-provisioning-{region}",
            location=region,
            tags={"data": "provisioning contacts", "environment": self._settings.environment},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _server(self, name: str, region: Region) -> sql.Server:
        """Declare the server of one region, encrypted with our key and open to Entra sign-ins alone.

        Both servers use the primary vault's key: a copy can only be opened with the key that its source was sealed
        with, and Key Vault itself answers from the paired region when its own is lost.
        """
        ring = self._keys.primary
        return sql.Server(
            f"{name}-{region}",
            server_name=f"{self._settings.prefix}-sql-{region}",
            resource_group_name=self._groups[region].name,
            location=region,
            version="12.0",
            identity=sql.ResourceIdentityArgs(type="UserAssigned", user_assigned_identities=[ring.identity.id]),
            primary_user_assigned_identity_id=ring.identity.id,
            # With its version, as SQL wants it; the protector follows each rotation by itself.
            key_id=ring.keys["sql"].key_uri_with_version,
            administrators=sql.ServerExternalAdministratorArgs(
                administrator_type="ActiveDirectory",
                azure_ad_only_authentication=True,
                login="database-administrators",
                principal_type="Group",
                # A group's id: who is in it is decided in Entra, with approval, and not here.
                sid=self._settings.administrators_group,
                tenant_id=self._settings.tenant_id,
            ),
            minimal_tls_version="1.2",
            # Left out, the server would be open to whatever its firewall admits.
            public_network_access="Disabled",
            # Else a query could write data to any storage or server on the Internet.
            restrict_outbound_network_access="Enabled",
            tags={"data": "provisioning contacts", "environment": self._settings.environment},
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=True,
                depends_on=[ring.access, self._reserve],
                # Azure reads administrators at creation only, and moves the key's version forward by itself.
                ignore_changes=["administrators", "key_id"],
            ),
        )

    def _harden(self, name: str, region: Region) -> sql.EncryptionProtector:
        """Declare everything that must stand below a server; the secondary becomes the primary without a warning."""
        server = self.servers[region]
        group = self._groups[region]
        below = pulumi.ResourceOptions(parent=server)
        only_entra(name, server=server, group=group, opts=below)
        audit(name, server=server, group=group, monitoring=self._monitoring, opts=below)
        watch(name, settings=self._settings, server=server, group=group, opts=below)
        self._network.private_endpoint(
            f"{name}-endpoint",
            site=self._network.site(region),
            target=server,
            target_id=server.id,
            service="sqlServer",
            parent=self,
        )
        return keep_keys(
            name,
            server=server,
            group=group,
            protector=self._keys.primary,
            reserve=self._keys.secondary,
            opts=below,
        )

    def _failover(self, name: str, protectors: list[sql.EncryptionProtector]) -> sql.FailoverGroup:
        """Declare the group that copies every database to ukwest, under one name that leads to whichever serves."""
        return sql.FailoverGroup(
            f"{name}-failover",
            failover_group_name=f"{self._settings.prefix}-sql",
            server_name=self.servers[PRIMARY].name,
            resource_group_name=self._groups[PRIMARY].name,
            partner_servers=[sql.PartnerInfoArgs(id=self.servers[SECONDARY].id)],
            databases=[held.id for held in self.databases.values()],
            # An automatic failover may lose the last transactions; a person decides that.
            read_write_endpoint=sql.FailoverGroupReadWriteEndpointArgs(failover_policy="Manual"),
            read_only_endpoint=sql.FailoverGroupReadOnlyEndpointArgs(failover_policy="Disabled"),
            secondary_type="Geo",
            tags={"data": "provisioning contacts", "environment": self._settings.environment},
            opts=pulumi.ResourceOptions(parent=self, depends_on=protectors),
        )

    def _retain(self, name: str) -> None:
        """Declare how long backups are kept, of the databases and of the copies that may one day take over."""
        for database_name, held in self.databases.items():
            retain(
                f"{name}-{database_name}",
                server=self.servers[PRIMARY],
                group=self._groups[PRIMARY],
                database_name=held.name,
                opts=pulumi.ResourceOptions(parent=held),
            )
            # The failover group makes the copies; their retention does not come along by itself, and counts from the
            # moment that they take over.
            retain(
                f"{name}-{database_name}-{SECONDARY}",
                server=self.servers[SECONDARY],
                group=self._groups[SECONDARY],
                database_name=database_name,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[self.failover]),
            )


def _reach_reserve(name: str, *, settings: Settings, keys: Keys, parent: pulumi.Resource) -> pulumi.Resource:
    """Let the servers' identity use the reserve key, which lies in the other region's vault."""
    return grant(
        f"{name}-reserve-access",
        settings=settings,
        role=KEY_USER,
        scope=keys.secondary.keys["sql"].id,
        principal_id=keys.primary.identity.principal_id,
        opts=pulumi.ResourceOptions(parent=parent),
    )
