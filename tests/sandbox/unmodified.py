"""A client of the public cloud that knows nothing of the local Azure: run by a test, with its proxy."""

import os

from azure.identity import DefaultAzureCredential
from azure.mgmt.resource.resources import ResourceManagementClient

client = ResourceManagementClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"])
print(client.resource_groups.create_or_update("group", {"location": "uksouth"}).id)
print([found.name for found in client.resource_groups.list()])
