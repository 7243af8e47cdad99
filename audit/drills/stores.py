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


def unwrapping(credential: TokenCredential) -> Callable[[str, bytes], bytes]:
    """Return what opens a wrapped content key with a key of ours: of AWS KMS by its ARN, of Azure Key Vault by its URL.

    It raises `Inconclusive` where the key cannot be used: that says nothing of what it opens.
    """

    def opened(key_id: str, wrapped: bytes) -> bytes:
        if key_id.startswith("arn:"):
            return _by_kms(key_id, wrapped)
        return _by_key_vault(credential, key_id, wrapped)

    return opened


def _by_kms(key_id: str, wrapped: bytes) -> bytes:
    from botocore.exceptions import BotoCoreError, ClientError  # as above

    try:
        return bytes(aws()("kms").decrypt(CiphertextBlob=wrapped, KeyId=key_id)["Plaintext"])
    except (BotoCoreError, ClientError) as error:
        raise Inconclusive(f"the key in KMS cannot be used: {type(error).__name__}") from error


def _by_key_vault(credential: TokenCredential, key_id: str, wrapped: bytes) -> bytes:
    """Unwrap by RSA-OAEP-256: https://learn.microsoft.com/rest/api/keyvault/keys/unwrap-key/unwrap-key."""
    from azure.core.exceptions import AzureError  # as above
    from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

    try:
        client = CryptographyClient(key_id, credential)
        return bytes(client.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped).key)
    except (AzureError, ValueError) as error:
        raise Inconclusive(f"the key in Key Vault cannot be used: {type(error).__name__}") from error
