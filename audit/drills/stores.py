"""Makes the clients of blob storage and of AWS by which drills read copies; each is made where it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azure.core.credentials import TokenCredential

from audit.clouds import Cloud
from audit.drills.outcomes import Inconclusive

_AUDIENCE = "https://storage.azure.com"
"""https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"""


def blobs(cloud: Cloud, credential: TokenCredential) -> Callable[[str], Any]:
    """Return what makes the `BlobServiceClient` of a storage account by its name."""

    def made(account: str) -> Any:
        # It costs 0.2 s, which no other command should pay.
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(
            cloud.blob.format(account=account), credential=credential, audience=_AUDIENCE, retry_total=2
        )

    return made


def aws() -> Callable[[str], Any]:
    """Return what makes the client of an AWS service by its name; `Inconclusive` where AWS does not know us."""

    def made(service: str) -> Any:
        import boto3  # as above
        from botocore.exceptions import BotoCoreError

        try:
            return boto3.Session().client(service)
        except (BotoCoreError, ValueError) as error:
            raise Inconclusive(f"AWS cannot be asked: {type(error).__name__}") from error

    return made
