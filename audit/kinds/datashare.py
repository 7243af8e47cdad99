"""Azure Data Share, which copies data to other tenants on a schedule. Versions as azure-native 3.29."""

from audit.model import Kind

DATA_SHARE_ACCOUNT = Kind(
    arm="Microsoft.DataShare/accounts",
    api="2021-08-01",
    pulumi=("azure-native:datashare:Account",),
    regional=True,
    names="{accountName}",
    table="resources",
)
