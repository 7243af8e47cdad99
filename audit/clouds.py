"""Which cloud is asked, where its services are, and who asks: as its metadata document and Azure's own tools say."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest

from audit.model import AuditError
from audit.pipeline import Patience, Retry, transport

METADATA_API = "2022-09-01"
_OK = 200


class Cloud(msgspec.Struct, frozen=True):
    """Where a cloud's services are, as its metadata document says."""

    resource_manager: str
    login: str
    graph: str
    audience: str
    blob: str = "https://{account}.blob.core.windows.net"
    """Where the blobs of a storage account are."""
    sql_gateway: str = ""
    """Where databases answer over HTTPS instead of TDS, as in the local Azure; empty for Azure itself."""
    custom: bool = False
    """Whether it is not one that the identity library knows, so that its login host must be taken on trust."""


PUBLIC = Cloud(
    # https://management.azure.com/metadata/endpoints?api-version=2022-09-01
    resource_manager="https://management.azure.com",
    login="https://login.microsoftonline.com",
    graph="https://graph.microsoft.com",
    audience="https://management.core.windows.net/",
)


def cloud_at(host: str, *, patience: Patience) -> Cloud:
    """Read a cloud's endpoints from its metadata document at `host` (`HOST` or `HOST:PORT`, always over https).

    Raises `AuditError` where there is no such document. The document's form:
    https://learn.microsoft.com/azure/azure-resource-manager/management/azure-resource-manager-metadata
    """
    url = f"https://{host.removeprefix('https://').rstrip('/')}/metadata/endpoints?api-version={METADATA_API}"
    with Pipeline(transport(patience), [Retry(patience)]) as pipeline:
        try:
            reply = pipeline.run(HttpRequest("GET", url)).http_response
            if reply.status_code != _OK:
                raise AuditError(f"{host}: {told_by(reply.status_code, reply.body())}. Check --metadata-host.")
            found = msgspec.json.decode(reply.body())
            signing_in = found["authentication"]
            return Cloud(
                resource_manager=origin(found["resourceManager"]),
                login=signing_in["loginEndpoint"].rstrip("/"),
                graph=origin(found["microsoftGraphResourceId"]),
                audience=signing_in["audiences"][0],
                blob=_blobs(found),
                sql_gateway=str(found.get("sqlGateway", "")),
                custom=True,
            )
        except (AzureError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise AuditError(f"{host}: no metadata document of a cloud ({error}). Check --metadata-host.") from error


def _blobs(found: Mapping[str, Any]) -> str:
    """Return where blobs are: by a suffix as in Azure, or by path where the document says so, as the local Azure's."""
    place = str(found.get("blob", ""))
    return f"{place}/{{account}}" if place else f"https://{{account}}.blob.{found['suffixes']['storage']}"


def default_credential(cloud: Cloud) -> TokenCredential:
    """Return the credential chain that Azure's own tools use: environment, workload, managed identity, `az login`.

    Raises `AuditError` where the environment's variables make no sense.

    https://learn.microsoft.com/python/api/azure-identity/azure.identity.defaultazurecredential
    """
    # Costs 0.3 s, which no other command should pay.
    from azure.identity import DefaultAzureCredential

    # What is tried in vain is told line by line there; what came of it is told by whoever asks, in one.
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    try:
        return DefaultAzureCredential(authority=cloud.login, disable_instance_discovery=cloud.custom)
    except ValueError as error:
        raise AuditError(f"cannot sign in: {error}. Check the AZURE_ variables.") from error


def told_by(status: int, content: bytes) -> str:
    """Say what an error's body says, in one line."""
    try:
        error = msgspec.json.decode(content)["error"]
        text = f"{error['code']}: {error['message']}" if isinstance(error, Mapping) else str(error)
    except (ValueError, LookupError, TypeError, RecursionError):
        text = "without a reason"
    return f"{status} {(text.splitlines() or ['without a reason'])[0][:300]}"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, spelt so that equal ones compare equal; raises `ValueError` for none."""
    parts = urlsplit(url)
    port = parts.port
    place = f"{(parts.hostname or '').lower()}{f':{port}' if port not in (None, 443) else ''}"
    return f"{parts.scheme.lower()}://{parts.username or ''}{'@' if parts.username else ''}{place}"
