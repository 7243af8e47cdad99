"""The databases of the shops, one each on a common server."""

import pulumi
from pulumi_azure_native import resources, sql


def declare_databases(group: resources.ResourceGroup, shops: list[str]) -> None:
    """Declare the server and a database for each shop."""
    server = sql.Server(
        "shops-server",
        resource_group_name=group.name,
        server_name="shops-server",
        minimal_tls_version="1.2",
        administrators={"azure_ad_only_authentication": True, "login": "shop keepers"},
    )
    for shop in shops:
        sql.Database(
            f"{shop}-orders",
            resource_group_name=group.name,
            server_name=server.name,
            database_name=shop,
            opts=pulumi.ResourceOptions(parent=server),
        )
