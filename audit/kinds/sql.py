"""SQL servers, their databases and the policies of both. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent, Resource, same

_API = "2023-08-01"

SQL_SERVER = Kind(
    arm="Microsoft.Sql/servers",
    api=_API,
    pulumi=("azure-native:sql:Server",),
    regional=True,
)
SQL_DATABASE = Kind(
    arm="Microsoft.Sql/servers/databases",
    api=_API,
    pulumi=("azure-native:sql:Database",),
    regional=True,
    parent=Parent(SQL_SERVER.arm, by="serverName"),
)
SQL_MANAGED_INSTANCE = Kind(
    arm="Microsoft.Sql/managedInstances",
    api=_API,
    pulumi=("azure-native:sql:ManagedInstance",),
    regional=True,
)


def _server_child(arm: str, name: str) -> Kind:
    """Make the row of what stands below a server and names it."""
    return Kind(
        arm=f"{SQL_SERVER.arm}/{arm}",
        api=_API,
        pulumi=(f"azure-native:sql:{name}",),
        parent=Parent(SQL_SERVER.arm, by="serverName"),
    )


def _database_child(arm: str, name: str) -> Kind:
    """Make the row of what stands below a database and names it."""
    return Kind(
        arm=f"{SQL_DATABASE.arm}/{arm}",
        api=_API,
        pulumi=(f"azure-native:sql:{name}",),
        parent=Parent(SQL_DATABASE.arm, by="databaseName"),
    )


ENCRYPTION_PROTECTOR = _server_child("encryptionProtector", "EncryptionProtector")
SERVER_KEY = _server_child("keys", "ServerKey")
ENTRA_ONLY_AUTHENTICATION = _server_child("azureADOnlyAuthentications", "ServerAzureADOnlyAuthentication")
FIREWALL_RULE = _server_child("firewallRules", "FirewallRule")
IPV6_FIREWALL_RULE = _server_child("ipv6FirewallRules", "IPv6FirewallRule")
OUTBOUND_FIREWALL_RULE = _server_child("outboundFirewallRules", "OutboundFirewallRule")
EXTENDED_AUDITING = _server_child("extendedAuditingSettings", "ExtendedServerBlobAuditingPolicy")
SECURITY_ALERT_POLICY = _server_child("securityAlertPolicies", "ServerSecurityAlertPolicy")
VULNERABILITY_ASSESSMENT = _server_child("sqlVulnerabilityAssessments", "SqlVulnerabilityAssessmentsSetting")
FAILOVER_GROUP = _server_child("failoverGroups", "FailoverGroup")

TRANSPARENT_DATA_ENCRYPTION = _database_child("transparentDataEncryption", "TransparentDataEncryption")
SHORT_TERM_RETENTION = _database_child("backupShortTermRetentionPolicies", "BackupShortTermRetentionPolicy")
LONG_TERM_RETENTION = _database_child("backupLongTermRetentionPolicies", "LongTermRetentionPolicy")
REPLICATION_LINK = _database_child("replicationLinks", "ReplicationLink")
# The schema, table and column between are named by the program and are no resources here.
SENSITIVITY_LABEL = _database_child("schemas/tables/columns/sensitivityLabels", "SensitivityLabel")


def is_master(database: Resource) -> bool:
    """Tell whether it is the one database that Azure itself keeps; raises `Unseen` where the name is unknown."""
    # A live database has its name beside the body; a declared one may be called anything in its program.
    return same(database.read("databaseName", str, absent=database.name).rpartition("/")[2], "master")
