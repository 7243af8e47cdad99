"""How the Blob service spells its answers: headers of one blob, lists and errors in XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from audit.sandbox.answers import Call, Reply
from audit.sandbox.blob_accounts import Account, Container
from audit.sandbox.blobs import Blob, Version

API = "2026-04-06"
"""The version of the service that an answer names where the request named none."""
_XML = "application/xml"
_PLAIN = ("content-type", "content-encoding", "content-language", "content-disposition", "cache-control")


def spelt(call: Call, reply: Reply) -> Reply:
    """Return an answer as this service gives it: an error is XML, and its code stands in a header, too.

    https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
    """
    version = {"x-ms-version": call.headers.get("x-ms-version", API)}
    error = reply.body.get("error") if isinstance(reply.body, Mapping) else None
    if error is None:
        body = b"" if isinstance(reply.body, Mapping) else reply.body
        return msgspec.structs.replace(reply, body=body, headers={**version, **reply.headers})
    root = Element("Error")
    SubElement(root, "Code").text = error["code"]
    SubElement(root, "Message").text = error["message"]
    headers = {**version, "x-ms-error-code": error["code"], "Content-Type": _XML, **reply.headers}
    return Reply(reply.status, b"" if call.method == "HEAD" else _written(root), headers)


def moment(value: datetime) -> str:
    """Spell a moment as RFC 1123 does."""
    return format_datetime(value, usegmt=True)


def headers(version: Version, *, versions: bool, now: datetime) -> dict[str, str]:
    """Return what is said of a blob beside its bytes.

    https://learn.microsoft.com/rest/api/storageservices/get-blob-properties#response-headers
    """
    shown = version.at(now)
    told = {
        **{key.title(): value for key, value in shown.headers.items()},
        **{f"x-ms-meta-{key}": value for key, value in shown.metadata.items()},
        "Last-Modified": moment(shown.written),
        "ETag": shown.etag,
        "Content-MD5": shown.md5,
        "Accept-Ranges": "bytes",
        "x-ms-creation-time": moment(shown.created),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-server-encrypted": "true",
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-access-tier": shown.tier,
        "x-ms-access-tier-inferred": "true" if shown.inferred else "",
        "x-ms-access-tier-change-time": moment(shown.moved) if shown.moved else "",
        "x-ms-archive-status": f"rehydrate-pending-to-{shown.to.lower()}" if shown.to else "",
        "x-ms-rehydrate-priority": shown.priority,
        "x-ms-version-id": shown.id if versions else "",
        "x-ms-is-current-version": "true" if versions and shown.is_current() else "",
        **policy(shown),
        **_copied(shown, now),
    }
    return {key: value for key, value in told.items() if value}


def policy(version: Version) -> dict[str, str]:
    """Return the headers of a blob's own immutability; empty where it has none."""
    held = {"x-ms-legal-hold": "true"} if version.legal_hold else {}
    if version.until is None:
        return held
    until, mode = moment(version.until), version.mode.lower()
    return {**held, "x-ms-immutability-policy-until-date": until, "x-ms-immutability-policy-mode": mode}


def _copied(version: Version, now: datetime) -> dict[str, str]:
    if version.copying is None:
        return {}
    done = version.copying.done <= now
    return {
        "x-ms-copy-id": version.copying.id,
        "x-ms-copy-source": version.copying.source,
        "x-ms-copy-status": "success" if done else "pending",
        "x-ms-copy-progress": f"{version.size if done else 0}/{version.size}",
        "x-ms-copy-completion-time": moment(version.copying.done) if done else "",
    }


def blob_list(call: Call, container: str, items: Iterable[Element], *, following: str) -> Reply:
    """Answer one page of a container's list.

    https://learn.microsoft.com/rest/api/storageservices/list-blobs#response-body
    """
    place = call.base + "".join(f"/{step}" for step in call.path.split("/")[1:3])
    root = Element("EnumerationResults", ServiceEndpoint=f"{place}/", ContainerName=container)
    for name in ("prefix", "marker", "maxresults", "delimiter"):
        if call.query.get(name):
            SubElement(root, {"maxresults": "MaxResults"}.get(name, name.title())).text = call.query[name]
    SubElement(root, "Blobs").extend(items)
    SubElement(root, "NextMarker").text = following
    return xml(root)


def item(blob: Blob, version: Version, of: Account, now: datetime, include: frozenset[str]) -> Element:
    """Return the entry of one version in a list."""
    shown = version.at(now)
    root = Element("Blob")
    _name(root, blob.name)
    if shown.deleted:
        SubElement(root, "Deleted").text = "true"
    if "versions" in include and of.keeps_versions:
        SubElement(root, "VersionId").text = shown.id
        if shown.is_current():
            SubElement(root, "IsCurrentVersion").text = "true"
    properties = SubElement(root, "Properties")
    for key, value in _properties(shown, of, now, include).items():
        if value:
            SubElement(properties, key).text = value
    if "metadata" in include:
        metadata = SubElement(root, "Metadata")
        for key, value in shown.metadata.items():
            SubElement(metadata, key).text = value
    return root


def prefix(name: str) -> Element:
    """Return the entry of all names that open alike, where a list is asked for by a delimiter."""
    root = Element("BlobPrefix")
    _name(root, name)
    return root


def container_list(call: Call, names: Iterable[tuple[Container, str]]) -> Reply:
    """Answer the containers of an account."""
    root = Element("EnumerationResults", ServiceEndpoint=f"{call.base}{call.path}/")
    listed = SubElement(root, "Containers")
    for container, modified in names:
        entry = SubElement(listed, "Container")
        SubElement(entry, "Name").text = container.name
        properties = SubElement(entry, "Properties")
        for key, value in {"Last-Modified": modified, "Etag": '"0x1"', "LeaseStatus": "unlocked"}.items():
            SubElement(properties, key).text = value
    SubElement(root, "NextMarker").text = ""
    return xml(root)


def stats(synced: datetime) -> Reply:
    """Answer how far the copy in the other region is.

    https://learn.microsoft.com/rest/api/storageservices/get-blob-service-stats
    """
    root = Element("StorageServiceStats")
    copy = SubElement(root, "GeoReplication")
    SubElement(copy, "Status").text = "live"
    SubElement(copy, "LastSyncTime").text = moment(synced)
    return xml(root)


def xml(root: Element) -> Reply:
    """Answer a document."""
    return Reply(200, _written(root), {"Content-Type": _XML})


def plain(sent: Mapping[str, str]) -> dict[str, str]:
    """Return what a request says of the bytes it brings: `x-ms-blob-content-type` before `content-type`."""
    told = {name: sent.get(f"x-ms-blob-{name}") or "" for name in _PLAIN}
    told["content-type"] = told["content-type"] or sent.get("content-type") or "application/octet-stream"
    return {name: value for name, value in told.items() if value}


def _name(root: Element, name: str) -> None:
    """Write a name; one that XML cannot hold is encoded: the service says so by an attribute."""
    entry = SubElement(root, "Name")
    if any(ord(letter) < ord(" ") or letter in "\ufffe\uffff" for letter in name):
        from urllib.parse import quote  # few names need it

        entry.set("Encoded", "true")
        name = quote(name)
    entry.text = name


def _properties(version: Version, of: Account, now: datetime, include: frozenset[str]) -> dict[str, Any]:
    said = headers(version, versions=of.keeps_versions, now=now)
    told = {
        "Creation-Time": moment(version.created),
        "Last-Modified": moment(version.written),
        "Etag": version.etag.strip('"'),
        "Content-Length": str(version.size),
        **{key.title(): value for key, value in version.headers.items()},
        "Content-MD5": version.md5,
        "BlobType": "BlockBlob",
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
        "AccessTier": version.tier,
        "AccessTierInferred": said.get("x-ms-access-tier-inferred"),
        "AccessTierChangeTime": said.get("x-ms-access-tier-change-time"),
        "ArchiveStatus": said.get("x-ms-archive-status"),
        "RehydratePriority": version.priority,
    }
    if version.deleted and of.soft_delete:
        left = version.deleted + of.soft_delete - now
        told |= {"DeletedTime": moment(version.deleted), "RemainingRetentionDays": str(max(0, left.days))}
    if "immutabilitypolicy" in include:
        told["ImmutabilityPolicyUntilDate"] = said.get("x-ms-immutability-policy-until-date")
        told["ImmutabilityPolicyMode"] = said.get("x-ms-immutability-policy-mode")
    if "legalhold" in include:
        told["LegalHold"] = said.get("x-ms-legal-hold")
    if "copy" in include and version.copying:
        told["CopyId"], told["CopyStatus"] = version.copying.id, said.get("x-ms-copy-status")
    return told


def _written(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
