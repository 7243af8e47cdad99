"""Copies between blobs of the local Azure, also from one account to another and out of the archive."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from audit.sandbox import blob_accounts, blobs, permissions
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.blob_answers import moment
from audit.sandbox.blob_asking import Asked
from audit.sandbox.blobs import Copying, Version

_PUBLIC = ".blob.core.windows.net"
_READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
Write = Callable[[Asked, Version], Version]


def copy(asked: Asked, write: Write) -> Reply:
    """Copy another blob to where a request says; what lies in the archive comes out of it by the clock.

    https://learn.microsoft.com/rest/api/storageservices/copy-blob
    https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
    """
    from audit.sandbox.blob_writing import rehydrating, said  # it imports this module

    url = asked.call.headers["x-ms-copy-source"]
    source = _source(asked.call, url)
    content = blobs.bytes_of(asked.call.store, source) or b""
    told = said(asked)
    own = {"tier": told["tier"], "inferred": told["inferred"], "legal_hold": told["legal_hold"]}
    words = {"metadata": told["metadata"] or source.metadata, "headers": source.headers, "md5": source.md5}
    made = blobs.made(asked.call.store, content, asked.now, **own, **words)
    if source.tier == "Archive":
        made = _out_of_archive(asked, made, rehydrating)
    identity = str(uuid.uuid4())
    arrival = Copying(id=identity, source=url, done=made.ready or asked.now)
    kept = write(asked, msgspec.structs.replace(made, copying=arrival))
    headers = {"ETag": kept.etag, "Last-Modified": moment(kept.written)}
    headers |= {"x-ms-version-id": kept.id} if asked.account.keeps_versions else {}
    if asked.call.headers.get("x-ms-blob-type"):
        return Reply(201, b"", {**headers, "Content-MD5": kept.md5, "x-ms-request-server-encrypted": "true"})
    status = "pending" if made.ready else "success"
    return Reply(202, b"", {**headers, "x-ms-copy-id": identity, "x-ms-copy-status": status})


def _out_of_archive(asked: Asked, made: Version, rehydrating: Callable[[Asked, Version, str], Version]) -> Version:
    """Return a copy of an archived blob, which can be read hours later; one that must be there at once is refused."""
    at_once = asked.call.headers.get("x-ms-requires-sync") or asked.call.headers.get("x-ms-blob-type")
    if at_once or made.inferred or made.tier == "Archive":
        raise Refusal(409, "BlobArchived", "This operation is not permitted on an archived blob.")
    return rehydrating(asked, msgspec.structs.replace(made, tier="Archive"), made.tier)


def _source(call: Call, url: str) -> Version:
    """Return the version that a copy's source names; raises `Refusal` where it cannot be read."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _unverified("The source is no URL.") from error
    steps = unquote(parts.path).split("/")[1:]
    if parts.hostname and parts.hostname.endswith(_PUBLIC):
        steps = [parts.hostname.removesuffix(_PUBLIC), *steps]
    elif f"https://{parts.netloc}" == call.base and steps[:1] == ["blob"]:
        steps = steps[1:]
    else:
        raise _unverified("The source is no blob of this Azure.")
    account, container, blob = (*steps, "", "", "")[0], (*steps, "", "")[1], "/".join(steps[2:])
    of = blob_accounts.account(call.store, account)
    if of is None:
        raise _unverified("The source account was not found.")
    if not permissions.allowed(call.store, _READ):
        raise Refusal(403, "CannotVerifyCopySource", "This request is not authorized to read the source.")
    query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    there = Asked(call=msgspec.structs.replace(call, query=query), account=of, container=container, blob=blob)
    try:
        return there.version()
    except Refusal as refusal:
        raise _unverified("The specified blob does not exist.") from refusal


def _unverified(message: str) -> Refusal:
    return Refusal(404, "CannotVerifyCopySource", message)
