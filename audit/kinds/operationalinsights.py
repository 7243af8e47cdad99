"""Log Analytics workspaces, their tables and exports. REST API versions as azure-native 3.29 declares them."""

from audit.model import Kind, Parent

WORKSPACE = Kind(
    arm="Microsoft.OperationalInsights/workspaces",
    api="2023-09-01",
    pulumi=("azure-native:operationalinsights:Workspace",),
    regional=True,
    names="{workspaceName}",
    # Other types keep the SKU beside `properties`.
    top=("-sku",),
    table="resources",
)
TABLE = Kind(
    arm="Microsoft.OperationalInsights/workspaces/tables",
    api="2023-09-01",
    pulumi=("azure-native:operationalinsights:Table",),
    parent=Parent(WORKSPACE.arm, by="workspaceName"),
    names="{workspaceName}/{tableName}",
)
DATA_EXPORT = Kind(
    arm="Microsoft.OperationalInsights/workspaces/dataExports",
    api="2023-09-01",
    pulumi=("azure-native:operationalinsights:DataExport",),
    # ARM nests where an export goes; the SDK lays it flat.
    renamed={"destination.resourceId": "resourceId", "destination.metaData.eventHubName": "eventHubName"},
    parent=Parent(WORKSPACE.arm, by="workspaceName"),
    names="{workspaceName}/{dataExportName}",
)
