"""Lists and reads containers of blobs and buckets of S3; what is refused is told by its code, without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from audit.facts import Unseen

MOST = 10_000_000
_CHUNK = 1 << 20


class Object(msgspec.Struct, frozen=True):
    """One object, by what its strata are made of."""

    name: str
    size: int
    month: str

    def __repr__(self) -> str:
        return "Object()"  # its name is a customer's


class Container(msgspec.Struct, frozen=True):
    """A container of blobs. Without a client it makes its own where it is read, as whoever runs there."""

    url: str
    name: str
    client: Any = None

    def listed(self) -> list[Object]:
        """List the blobs to the end; raises `Unseen`."""
        from azure.core.exceptions import AzureError  # with the client, for who asks

        found: list[Object] = []
        try:
            for blob in self._service().get_container_client(self.name).list_blobs():
                found.append(Object(blob.name, blob.size or 0, f"{blob.last_modified:%Y-%m}"))
                _demand(len(found))
        except (AzureError, OSError) as error:
            raise Unseen(f"the container cannot be listed: {type(error).__name__}") from error
        return found

    def __call__(self, name: str) -> Iterator[bytes]:
        """Yield what a blob holds; raises `Unseen`."""
        from azure.core.exceptions import AzureError  # as above

        try:
            yield from self._service().get_container_client(self.name).download_blob(name).chunks()
        except (AzureError, OSError) as error:
            raise Unseen(f"a blob cannot be read: {type(error).__name__}") from error

    def away(self) -> Container:
        """Return the same container for another computer, where it signs in anew."""
        return Container(self.url, self.name)

    def _service(self) -> Any:
        if self.client is not None:
            return self.client
        from azure.identity import DefaultAzureCredential  # on another computer alone
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(self.url, credential=DefaultAzureCredential(), retry_total=2)


class Bucket(msgspec.Struct, frozen=True):
    """A bucket of S3, below a prefix; as `Container`."""

    name: str
    prefix: str = ""
    client: Any = None

    def listed(self) -> list[Object]:
        """List the newest version of each object to the end; raises `Unseen`."""
        from botocore.exceptions import BotoCoreError, ClientError  # with the client, for who asks

        found: list[Object] = []
        try:
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix)
            for one in (one for page in pages for one in page.get("Contents", ())):
                found.append(Object(one["Key"], one["Size"], f"{one['LastModified']:%Y-%m}"))
                _demand(len(found))
        except (BotoCoreError, ClientError, OSError) as error:
            raise Unseen(f"the bucket cannot be listed: {refusal(error)}") from error
        return found

    def __call__(self, name: str) -> Iterator[bytes]:
        """Yield what an object holds; raises `Unseen`."""
        from botocore.exceptions import BotoCoreError, ClientError  # as above

        try:
            yield from self._s3().get_object(Bucket=self.name, Key=name)["Body"].iter_chunks(_CHUNK)
        except (BotoCoreError, ClientError, OSError) as error:
            raise Unseen(f"an object cannot be read: {refusal(error)}") from error

    def away(self) -> Bucket:
        """Return the same bucket for another computer, where it signs in anew."""
        return Bucket(self.name, self.prefix)

    def _s3(self) -> Any:
        if self.client is not None:
            return self.client
        import boto3  # on another computer alone

        return boto3.Session().client("s3")


def refusal(error: Exception) -> str:
    """Return what AWS calls a refusal: its words may hold names."""
    answer = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", "")) or type(error).__name__


def _demand(count: int) -> None:
    if count > MOST:
        raise Unseen(f"it holds more than {MOST} objects, too many to draw from")
