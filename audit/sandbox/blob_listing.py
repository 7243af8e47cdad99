"""What the Blob service answers to those who only look: lists, properties and bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from xml.etree.ElementTree import Element

from audit.sandbox import blob_accounts, blob_answers, blobs
from audit.sandbox.answers import Refusal, Reply
from audit.sandbox.blob_asking import Asked
from audit.sandbox.blobs import Blob, Version

_PAGE = 5000
"""How much a page holds at most: https://learn.microsoft.com/rest/api/storageservices/list-blobs#uri-parameters"""
_LISTED = frozenset(("versions", "deleted", "metadata", "immutabilitypolicy", "legalhold", "copy"))
_EMPTY = frozenset(("snapshots", "uncommittedblobs", "tags", "deletedwithversions", "permissions"))
"""What may be asked for and is never there, since nothing here makes it."""


def containers(asked: Asked) -> Reply:
    """Answer the containers of an account."""
    store, now = asked.call.store, blob_answers.moment(asked.now)
    named = [
        blob_accounts.container(store, asked.account, name) for name in blob_accounts.containers(store, asked.account)
    ]
    opening = asked.call.query.get("prefix", "")
    return blob_answers.container_list(
        asked.call, [(one, now) for one in named if one and one.name.startswith(opening)]
    )


def stats(asked: Asked) -> Reply:
    """Answer how far the copy in the other region is; it alone is asked."""
    if not asked.secondary:
        raise _bad("comp")
    return blob_answers.stats(asked.now)


def container(asked: Asked) -> Reply:
    """Answer the properties of a container.

    https://learn.microsoft.com/rest/api/storageservices/get-container-properties#response-headers
    """
    found = asked.held_in()
    headers = {
        "Last-Modified": blob_answers.moment(asked.now),
        "ETag": '"0x8D1"',
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-has-immutability-policy": _word(found.period is not None),
        "x-ms-has-legal-hold": _word(found.legal_hold),
        "x-ms-immutable-storage-with-versioning-enabled": _word(found.versioned),
        "x-ms-default-encryption-scope": "$account-encryption-key",
        "x-ms-deny-encryption-scope-override": "false",
    }
    public = {} if found.public == "None" else {"x-ms-blob-public-access": found.public.lower()}
    return Reply(200, b"", headers | public)


def listed(asked: Asked) -> Reply:
    """Answer one page of what a container holds."""
    name, query = asked.held_in().name, asked.call.query
    include = frozenset(filter(None, query.get("include", "").lower().split(",")))
    if include - _LISTED - _EMPTY:
        raise _bad("include")
    size, after = _size(query.get("maxresults") or str(_PAGE)), _after(query.get("marker", ""))
    page: list[Element] = []
    following, last = "", ""
    for place, element in _entries(asked, include):
        if after and place <= after:
            continue
        if len(page) == size:
            following = base64.urlsafe_b64encode(last.encode()).decode()
            break
        page.append(element)
        last = place
    return blob_answers.blob_list(asked.call, name, page, following=following)


def read(asked: Asked) -> Reply:
    """Answer the bytes of a blob, or what is said of them to `HEAD`."""
    version = asked.version()
    _demand_conditions(asked, version)
    headers = blob_answers.headers(version, versions=asked.account.keeps_versions, now=asked.now)
    if asked.call.method == "HEAD":
        return Reply(200, b"", {**headers, "Content-Length": str(version.size)})
    if version.tier == "Archive":
        raise Refusal(409, "BlobArchived", "This operation is not permitted on an archived blob.")
    content = blobs.bytes_of(asked.call.store, version) or b""
    wanted = asked.call.headers.get("x-ms-range") or asked.call.headers.get("range") or ""
    return _part(asked, content, wanted, headers) if wanted else Reply(200, content, headers)


def _part(asked: Asked, content: bytes, wanted: str, headers: dict[str, str]) -> Reply:
    """Answer a range of bytes; raises 416 where it begins after the end.

    https://learn.microsoft.com/rest/api/storageservices/specifying-the-range-header-for-blob-service-operations
    """
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if match is None:
        raise Refusal(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    first = int(match[1])
    if first >= len(content):
        words = {"Content-Range": f"bytes */{len(content)}"}
        raise Refusal(
            416, "InvalidRange", "The range specified is invalid for the current size of the resource.", words
        )
    part = content[first : int(match[2]) + 1 if match[2] else None]
    whole = headers.pop("Content-MD5", "")
    told: dict[str, str] = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}
    told |= {"x-ms-blob-content-md5": whole} if whole else {}
    if asked.call.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
        digest = hashlib.md5(part, usedforsecurity=False).digest()
        told["Content-MD5"] = base64.b64encode(digest).decode()
    return Reply(HTTPStatus.PARTIAL_CONTENT, part, headers | told)


def _demand_conditions(asked: Asked, version: Version) -> None:
    """Raise 412 or 304 where a condition on the etag is not met."""
    wanted, unwanted = asked.call.headers.get("if-match", ""), asked.call.headers.get("if-none-match", "")
    if wanted not in ("", "*", version.etag):
        raise Refusal(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    if unwanted and unwanted in ("*", version.etag):
        raise Refusal(304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")


def _entries(asked: Asked, include: frozenset[str]) -> Iterator[tuple[str, Element]]:
    """Yield what a list shows, in order of names and then of moments, each with its place in that order."""
    opening, delimiter = asked.call.query.get("prefix", ""), asked.call.query.get("delimiter", "")
    before = ""
    for blob in asked.listed():
        if not blob.name.startswith(opening):
            continue
        shown = list(_shown(asked, blob, include))
        head, cut, _ = blob.name[len(opening) :].partition(delimiter) if delimiter else ("", "", "")
        if cut and shown:
            folded = opening + head + cut
            if folded != before:
                before = folded
                yield folded, blob_answers.prefix(folded)
            continue
        for version in shown:
            item = blob_answers.item(blob, version, asked.account, asked.now, include)
            yield f"{blob.name}\0{version.id}", item


def _shown(asked: Asked, blob: Blob, include: frozenset[str]) -> Iterator[Version]:
    """Yield the versions of a blob that a list shows."""
    now = asked.now
    current = blob.standing(now) if asked.secondary else blob.current
    for version in blob.versions:
        if version.written > now or version.is_gone(now):
            continue
        asked_for = ("versions" in include or not version.kept) and (version.deleted is None or "deleted" in include)
        if version is current or (asked_for and (version.kept or version.deleted)):
            yield version


def _size(given: str) -> int:
    """Return how much a page holds; raises `Refusal` where what is given is no number of one or more."""
    if not given.isdecimal() or not int(given):
        raise _bad("maxresults")
    return min(_PAGE, int(given))


def _after(marker: str) -> str:
    """Return the place in the list that a page goes on after; raises `Refusal` where the marker is none of ours."""
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise _bad("marker") from error


def _bad(name: str) -> Refusal:
    message = f"Value for one of the query parameters specified in the request URI is invalid: {name}."
    return Refusal(400, "InvalidQueryParameterValue", message)


def _word(value: Any) -> str:
    return "true" if value else "false"
