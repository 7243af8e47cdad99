"""Database servers of other makers that Azure runs. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind

POSTGRESQL_SERVER = Kind(
    arm="Microsoft.DBforPostgreSQL/flexibleServers",
    api="2025-08-01",
    pulumi=("azure-native:dbforpostgresql:Server",),
    regional=True,
    names="{serverName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
POSTGRESQL_CLUSTER = Kind(
    arm="Microsoft.DBforPostgreSQL/serverGroupsv2",
    api="2023-03-02-preview",
    pulumi=("azure-native:dbforpostgresql:ServerGroupCluster",),
    regional=True,
    names="{clusterName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
MYSQL_SERVER = Kind(
    arm="Microsoft.DBforMySQL/flexibleServers",
    api="2024-02-01-preview",
    pulumi=("azure-native:dbformysql:Server",),
    regional=True,
    names="{serverName}",
    wraps=("privateEndpointConnections[]",),
    table="resources",
)
OTHER_ENGINES = (POSTGRESQL_SERVER, POSTGRESQL_CLUSTER, MYSQL_SERVER)
"""Every relational engine that is not Microsoft's; MariaDB and single servers are no longer run."""
