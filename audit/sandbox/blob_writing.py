"""What the Blob service does to blobs: it writes, deletes and brings back, locks, and moves them between tiers."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

import msgspec

from audit.sandbox import blob_accounts, blob_answers, blob_copying, blobs, resources
from audit.sandbox.address import parse
from audit.sandbox.answers import Refusal, Reply
from audit.sandbox.blob_asking import Asked
from audit.sandbox.blobs import Blob, Version

_ONLINE = ("Hot", "Cool", "Cold")
_HOURS = {"Standard": timedelta(hours=15), "High": timedelta(hours=1)}
"""How long it takes at most out of the archive: https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview"""


def make_container(asked: Asked) -> Reply:
    """Make a container, which Azure Resource Manager shows, too."""
    store = asked.call.store
    if blob_accounts.container(store, asked.account, asked.container) is not None:
        raise Refusal(409, "ContainerAlreadyExists", "The specified container already exists.")
    address = parse(f"{asked.account.id}/blobServices/default/containers/{asked.container}")
    if address is not None:
        resources.put(store, address, {"properties": {}})
    return Reply(201, b"", {"ETag": '"0x8D1"', "Last-Modified": blob_answers.moment(asked.now)})


def delete_container(asked: Asked) -> Reply:
    """Delete a container; raises 409 where anything in it is kept by a policy."""
    place, now = asked.held_in(), asked.now
    there = [version for blob in asked.listed() for version in blob.versions if not version.is_gone(now)]
    if any(place.keeps(version, now) for version in there):
        raise Refusal(409, "ContainerImmutableDueToPolicy", "The container holds what a policy keeps.")
    address = parse(f"{asked.account.id}/blobServices/default/containers/{asked.container}")
    if address is not None:
        resources.remove(asked.call.store, address)
    blobs.forget(asked.call.store, asked.account.name, asked.container)
    return Reply(202, b"")


def put(asked: Asked) -> Reply:
    """Write a blob: from the request's bytes, or from another blob."""
    if asked.call.headers.get("x-ms-copy-source"):
        return blob_copying.copy(asked, write)
    kind = asked.call.headers.get("x-ms-blob-type", "")
    if kind != "BlockBlob":
        raise Refusal(501, "NotImplemented", f"The local Azure does not model blobs of the type {kind or 'none'}.")
    content = _bytes(asked)
    given = asked.call.headers.get("x-ms-blob-content-md5", "")
    if given and given != _md5(content):
        raise Refusal(400, "Md5Mismatch", "The MD5 value specified in the request did not match with the calculated.")
    version = write(asked, blobs.made(asked.call.store, content, asked.now, **said(asked)))
    return _made(asked, version, {"Content-MD5": version.md5})


def put_block(asked: Asked) -> Reply:
    """Keep a block until a list makes a blob of it."""
    asked.held_in()
    content = _bytes(asked)
    body = {"digest": blobs.keep_bytes(asked.call.store, content), "size": len(content)}
    asked.call.store.put_document(_blocks(asked), asked.call.query.get("blockid", ""), body)
    return Reply(201, b"", {"x-ms-content-crc64": "", "Content-MD5": _md5(content)})


def put_blocks(asked: Asked) -> Reply:
    """Make a blob of blocks in the order of a list; it has the checksum alone that the writer gives."""
    store = asked.call.store
    try:
        wanted = [entry.text or "" for entry in fromstring(_bytes(asked))]  # noqa: S314  # expat here reads no entity from outside
    except ParseError as error:
        raise Refusal(400, "InvalidXmlDocument", "XML specified is not syntactically valid.") from error
    found = [store.document(_blocks(asked), block) for block in wanted]
    if None in found:
        raise Refusal(400, "InvalidBlockList", "The specified block list is invalid.")
    folder = store.path.parent / "blobs"
    content = b"".join((folder / str(body["digest"])).read_bytes() for body in found if body)
    given = asked.call.headers.get("x-ms-blob-content-md5", "")
    version = write(asked, blobs.made(store, content, asked.now, **said(asked), md5=given))
    for block in wanted:
        store.delete_document(_blocks(asked), block)
    return _made(asked, version, {})


def put_metadata(asked: Asked) -> Reply:
    """Replace a blob's metadata, which is a new version where the account keeps versions.

    A new version has the lock that its container gives by default, and never the one of the version before:
    https://learn.microsoft.com/azure/storage/blobs/immutable-version-level-worm-policies
    """
    was = asked.version()
    version = msgspec.structs.replace(
        was,
        id=blobs.version_id(asked.now),
        written=asked.now,
        metadata=said(asked)["metadata"],
        **({"until": None, "mode": ""} if asked.account.keeps_versions else {}),
        etag=f'"0x{hashlib.sha256(f"{was.etag}{asked.now}".encode()).hexdigest()[:15].upper()}"',
    )
    kept = write(asked, version)
    return msgspec.structs.replace(_made(asked, kept, {}), status=200)


def put_tier(asked: Asked) -> Reply:
    """Move a blob to another tier: at once, but for the way out of the archive, which takes hours.

    https://learn.microsoft.com/rest/api/storageservices/set-blob-tier
    """
    version, to = asked.version(), asked.call.headers.get("x-ms-access-tier", "")
    if to not in (*_ONLINE, "Archive"):
        raise _bad_header("x-ms-access-tier")
    if version.to and version.to != to:
        raise Refusal(
            409, "BlobBeingRehydrated", "This operation is not permitted because the blob is being rehydrated."
        )
    if version.tier == "Archive" and to != "Archive":
        _keep(asked, rehydrating(asked, version, to))
        return Reply(202, b"")
    moved = msgspec.structs.replace(version, tier=to, inferred=False, moved=asked.now)
    _keep(asked, moved)
    return Reply(200, b"")


def rehydrating(asked: Asked, version: Version, to: str) -> Version:
    """Return an archived version on its way to another tier; raises 400 for a priority that there is none of."""
    priority = asked.call.headers.get("x-ms-rehydrate-priority") or "Standard"
    if priority not in _HOURS:
        raise _bad_header("x-ms-rehydrate-priority")
    ready = asked.now + _HOURS[priority]
    ready = min(ready, version.ready) if version.ready else ready
    return msgspec.structs.replace(version, to=to, priority=priority, ready=ready, inferred=False)


def delete(asked: Asked) -> Reply:
    """Delete a blob, or one of its versions: softly where the account says so, and never what a policy keeps.

    https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview#blob-soft-delete-and-versioning
    """
    version, now = asked.version(), asked.now
    place, wanted = asked.held_in(), asked.call.query.get("versionid", "")
    stays = asked.account.keeps_versions and not wanted
    if place.keeps(version, now) and not (stays and place.versioned):
        raise immutable()
    if wanted and version.is_current():
        raise Refusal(403, "OperationNotAllowedOnRootBlob", "The operation is not allowed on a root blob.")
    if stays:
        ended = blobs.ended(version, now, keeps=True)
    else:
        days = asked.account.soft_delete
        deleted = now if days else None
        ended = msgspec.structs.replace(
            version, ended=version.ended or now, deleted=deleted, gone=now + days if days else now
        )
    _keep(asked, ended)
    return Reply(202, b"", {"x-ms-delete-type-permanent": "false" if stays or asked.account.soft_delete else "true"})


def undelete(asked: Asked) -> Reply:
    """Bring back what was deleted softly; versions come back as versions.

    https://learn.microsoft.com/rest/api/storageservices/undelete-blob
    """
    asked.held_in()
    blob, now = asked.found(), asked.now
    back = [one for one in blob.versions if one.deleted and not one.is_gone(now)]
    if not back and blob.current is None:
        raise Refusal(404, "BlobNotFound", "The specified blob does not exist.")
    newest = None if blob.current else next((one for one in reversed(back) if not one.kept), None)
    for one in back:
        again = msgspec.structs.replace(one, deleted=None, gone=None)
        blob = blob.with_version(msgspec.structs.replace(again, ended=None) if one is newest else again)
    asked.keep(blob)
    return Reply(200, b"")


def put_policy(asked: Asked) -> Reply:
    """Lock a version until a moment; a locked one only longer.

    https://learn.microsoft.com/rest/api/storageservices/set-blob-immutability-policy
    """
    version = asked.version()
    policy = _policy(asked)
    if "until" not in policy:
        raise _bad_header("x-ms-immutability-policy-until-date")
    if version.mode == "Locked" and (policy["mode"] != "Locked" or (version.until and policy["until"] < version.until)):
        raise immutable()
    kept = msgspec.structs.replace(version, **policy)
    _keep(asked, kept)
    return Reply(200, b"", blob_answers.policy(kept))


def delete_policy(asked: Asked) -> Reply:
    """Take a version's policy away; a locked one stays."""
    version = asked.version()
    if version.mode == "Locked":
        raise immutable()
    _keep(asked, msgspec.structs.replace(version, until=None, mode=""))
    return Reply(200, b"")


def put_hold(asked: Asked) -> Reply:
    """Hold a version for a legal matter, or let it go.

    https://learn.microsoft.com/rest/api/storageservices/set-blob-legal-hold
    """
    _demand_lockable(asked)
    held = asked.call.headers.get("x-ms-legal-hold", "").lower() == "true"
    _keep(asked, msgspec.structs.replace(asked.version(), legal_hold=held))
    return Reply(200, b"", {"x-ms-legal-hold": str(held).lower()})


def write(asked: Asked, version: Version) -> Version:
    """Keep a new version, locked as it or its container says; raises `Refusal` where what is there may not go."""
    place, blob = asked.held_in(), asked.found()
    was, headers = blob.current, asked.call.headers
    if was is not None and headers.get("if-none-match") in ("*", was.etag):
        raise Refusal(409, "BlobAlreadyExists", "The specified blob already exists.")
    if headers.get("if-match") and (was is None or headers["if-match"] not in ("*", was.etag)):
        raise Refusal(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    keeps = asked.account.keeps_versions
    if was is not None and place.keeps(was, asked.now) and not (keeps and place.versioned):
        raise immutable()
    policy = _policy(asked)
    if not policy and place.versioned and place.period:
        policy = {"until": asked.now + place.period, "mode": place.mode or "Unlocked"}
    blob = blobs.written(blob, msgspec.structs.replace(version, **policy), keeps=keeps)
    asked.keep(blob)
    return blob.current or version


def said(asked: Asked) -> dict[str, Any]:
    """Return what a request says of the blob that it writes, as fields of `Version`."""
    sent = asked.call.headers
    tier = sent.get("x-ms-access-tier", "")
    if tier and tier not in (*_ONLINE, "Archive"):
        raise _bad_header("x-ms-access-tier")
    return {
        "headers": blob_answers.plain(sent),
        "metadata": {name[10:]: value for name, value in sent.items() if name.startswith("x-ms-meta-")},
        "tier": tier or asked.account.tier,
        "inferred": not tier,
        "legal_hold": sent.get("x-ms-legal-hold", "").lower() == "true",
    }


def immutable() -> Refusal:
    """Refuse to change what a policy keeps."""
    return Refusal(
        409, "BlobImmutableDueToPolicy", "This operation is not permitted as the blob is immutable due to a policy."
    )


def _policy(asked: Asked) -> dict[str, Any]:
    """Return the policy that a request gives a version; empty for none."""
    until = asked.call.headers.get("x-ms-immutability-policy-until-date", "")
    if not until:
        return {}
    _demand_lockable(asked)
    mode = asked.call.headers.get("x-ms-immutability-policy-mode", "").title() or "Unlocked"
    try:
        moment = parsedate_to_datetime(until)
    except ValueError as error:
        raise _bad_header("x-ms-immutability-policy-until-date") from error
    if moment.tzinfo is None or moment <= asked.now or mode not in ("Locked", "Unlocked"):
        raise _bad_header("x-ms-immutability-policy-until-date")
    return {"until": moment, "mode": mode}


def _demand_lockable(asked: Asked) -> None:
    if not asked.held_in().versioned:
        message = "The container does not support immutable storage with versioning."
        raise Refusal(409, "ImmutableStorageWithVersioningNotEnabled", message)


def _bytes(asked: Asked) -> bytes:
    """Return the bytes of a request; raises 400 where they are not those of its checksum."""
    content = asked.call.body if isinstance(asked.call.body, bytes) else b""
    given = asked.call.headers.get("content-md5", "")
    try:
        base64.b64decode(given, validate=True)
    except binascii.Error as error:
        raise Refusal(400, "InvalidMd5", "The MD5 value specified in the request is invalid.") from error
    if given and given != _md5(content):
        raise Refusal(400, "Md5Mismatch", "The MD5 value specified in the request did not match with the calculated.")
    return content


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _made(asked: Asked, version: Version, words: dict[str, str]) -> Reply:
    headers = {
        "ETag": version.etag,
        "Last-Modified": blob_answers.moment(version.written),
        "x-ms-request-server-encrypted": "true",
        **words,
    }
    if asked.account.keeps_versions:
        headers["x-ms-version-id"] = version.id
    return Reply(201, b"", headers)


def _keep(asked: Asked, version: Version) -> None:
    blob: Blob = asked.found()
    asked.keep(blob.with_version(version))


def _blocks(asked: Asked) -> str:
    return f"blocks {asked.account.name}/{asked.container}/{asked.blob}"


def _bad_header(name: str) -> Refusal:
    message = f"The value for one of the HTTP headers is not in the correct format: {name}."
    return Refusal(400, "InvalidHeaderValue", message)
