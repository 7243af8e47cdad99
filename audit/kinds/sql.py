"""SQL servers, their databases and the policies of both. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent, Resource, same

_API = "2023-08-01"

SQL_SERVER = Kind(
    arm="Microsoft.Sql/servers",
    api=_API,
    pulumi=("azure-native:sql:Server",),
    regional=True,
    names="{serverName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
SQL_DATABASE = Kind(
    arm="Microsoft.Sql/servers/databases",
    api=_API,
    pulumi=("azure-native:sql:Database",),
    regional=True,
    # Asked of ARM below its server: how far back it can be restored is old in Resource Graph.
    parent=Parent(SQL_SERVER.arm, by="serverName"),
    names="{serverName}/{databaseName}",
)
SQL_MANAGED_INSTANCE = Kind(
    arm="Microsoft.Sql/managedInstances",
    api=_API,
    pulumi=("azure-native:sql:ManagedInstance",),
    regional=True,
    names="{managedInstanceName}",
    table="resources",
)


def _server_child(arm: str, name: str, called: str) -> Kind:
    """Make the row of what stands below a server and names it; `called` is its own name in the path."""
    return Kind(
        arm=f"{SQL_SERVER.arm}/{arm}",
        api=_API,
        pulumi=(f"azure-native:sql:{name}",),
        parent=Parent(SQL_SERVER.arm, by="serverName"),
        names=f"{{serverName}}/{called}",
    )


def _database_child(arm: str, name: str, called: str) -> Kind:
    """Make the row of what stands below a database and names it; `called` is its own name in the path."""
    return Kind(
        arm=f"{SQL_DATABASE.arm}/{arm}",
        api=_API,
        pulumi=(f"azure-native:sql:{name}",),
        parent=Parent(SQL_DATABASE.arm, by="databaseName"),
        names=f"{{serverName}}/{{databaseName}}/{called}",
    )


ENCRYPTION_PROTECTOR = _server_child("encryptionProtector", "EncryptionProtector", "current")
SERVER_KEY = _server_child("keys", "ServerKey", "{keyName}")
ENTRA_ONLY_AUTHENTICATION = _server_child("azureADOnlyAuthentications", "ServerAzureADOnlyAuthentication", "Default")
FIREWALL_RULE = _server_child("firewallRules", "FirewallRule", "{firewallRuleName}")
IPV6_FIREWALL_RULE = _server_child("ipv6FirewallRules", "IPv6FirewallRule", "{firewallRuleName}")
OUTBOUND_FIREWALL_RULE = _server_child("outboundFirewallRules", "OutboundFirewallRule", "{outboundRuleFqdn}")
EXTENDED_AUDITING = _server_child("extendedAuditingSettings", "ExtendedServerBlobAuditingPolicy", "default")
SECURITY_ALERT_POLICY = _server_child("securityAlertPolicies", "ServerSecurityAlertPolicy", "Default")
VULNERABILITY_ASSESSMENT = _server_child("sqlVulnerabilityAssessments", "SqlVulnerabilityAssessmentsSetting", "default")
FAILOVER_GROUP = _server_child("failoverGroups", "FailoverGroup", "{failoverGroupName}")

# What Azure could restore after the loss of the region; it makes the list itself.
RECOVERABLE_DATABASE = Kind(
    arm=f"{SQL_SERVER.arm}/recoverableDatabases",
    api=_API,
    pulumi=(),
    parent=Parent(SQL_SERVER.arm, by="serverName"),
    names="{serverName}/{databaseName}",
)
# Long-term backups outlive their database, so they stand beside the servers, below the region they lie in.
LONG_TERM_BACKUP = Kind(
    arm="Microsoft.Sql/locations/longTermRetentionServers/longTermRetentionDatabases/longTermRetentionBackups",
    # The first versions that tell of immutability are newer than the SDK's.
    api="2024-11-01-preview",
    pulumi=(),
    parent=Parent(SQL_SERVER.arm, by="serverName"),
    names="{locationName}/{serverName}/{databaseName}/{backupName}",
    # From the root, its parameters those of the server's own answer.
    listing=(
        "/subscriptions/{subscriptionId}/providers/Microsoft.Sql/locations/{location}"
        "/longTermRetentionServers/{serverName}/longTermRetentionBackups"
    ),
    action="Microsoft.Sql/locations/longTermRetentionServers/longTermRetentionBackups/read",
)

TRANSPARENT_DATA_ENCRYPTION = _database_child("transparentDataEncryption", "TransparentDataEncryption", "current")
SHORT_TERM_RETENTION = _database_child("backupShortTermRetentionPolicies", "BackupShortTermRetentionPolicy", "default")
LONG_TERM_RETENTION = _database_child("backupLongTermRetentionPolicies", "LongTermRetentionPolicy", "default")
REPLICATION_LINK = _database_child("replicationLinks", "ReplicationLink", "{linkId}")
# The schema, table and column between are named by the program and are no resources here.
SENSITIVITY_LABEL = Kind(
    arm=f"{SQL_DATABASE.arm}/schemas/tables/columns/sensitivityLabels",
    api=_API,
    pulumi=("azure-native:sql:SensitivityLabel",),
    parent=Parent(SQL_DATABASE.arm, by="databaseName"),
    names="{serverName}/{databaseName}/{schemaName}/{tableName}/{columnName}/current",
    listing="currentSensitivityLabels",
    action="Microsoft.Sql/servers/databases/currentSensitivityLabels/read",
)


def is_master(database: Resource) -> bool:
    """Tell whether it is the one database that Azure itself keeps; raises `Unseen` where the name is unknown."""
    # A live database has its name beside the body; a declared one may be called anything in its program.
    return same(database.read("databaseName", str, absent=database.name).rpartition("/")[2], "master")
