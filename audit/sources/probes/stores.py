"""Asks containers and buckets for what is in them without signing in: a stranger must be refused.

What stands in the body of a `store.Door`: `listing` and `reading`, each `refused`, `open`, in S3 `by name` (of an
object that is not there S3 does not say whether others are public, and none that is there was named), or left out where
the answer does not say; and `answers`, the status and the store's own code of each. Nothing that a store hands out is
kept.

A private container answers a stranger as if it were not there (404 `ResourceNotFound`), so that a name which nobody
knows to exist proves nothing: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes. One whose
blobs are public and whose list is not says `BlobNotFound` of a blob that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from audit.facts import Unseen
from audit.kinds.aws import BUCKET
from audit.kinds.probes import STORE_DOOR
from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.model import Gap, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes.fetching import Page, fetch
from audit.sources.probes.own import bucket_url
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene

KINDS = (STORE_DOOR,)
_CODE = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_SAYS_NO = (
    "PublicAccessNotPermitted", "ResourceNotFound", "NoAuthenticationInformation", "AuthenticationFailed",
    "AuthorizationFailure", "AuthorizationPermissionMismatch", "InsufficientAccountPermissions",
    "AccessDenied", "AllAccessDisabled",
)  # fmt: skip
"""Azure's words for no, and Amazon's: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
BY_NAME = "by name"
"""What Amazon does not tell: without the right to list, an object that is not there is refused like one that is.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (permissions)
"""
_NOBODYS = "promise-audit-asks-for-nothing"
"""The name of a blob that nobody has."""
_OK, _FAULT = 200, 500


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say which stores it asks; raises `Unseen` where neither targets nor an estate name one."""
    why, object_ = "whether a stranger may list or read it", "whether a stranger may read an object of it"
    asked = [(url, why) for url, _ in _stores(scene)] + [(url, object_) for url in _objects(scene)]
    return tuple(Contact(urlsplit(url).hostname or url, urlsplit(url).port or 443, why) for url, why in asked)


def probe(scene: Scene) -> Found:
    """Ask each store; raises `Unseen` as `contacts` does."""
    found: list[Resource] = []
    gaps: list[Gap] = []
    gaps += [Gap(f"{one}: it is not known where it is met", (STORE_DOOR.arm,)) for one in _unmet(scene)]
    for url, known in _stores(scene):
        try:
            found.append(_asked(scene, url, known=known))
        except Unreached as error:
            gaps.append(Gap(f"{url}: {error}", (STORE_DOOR.arm,)))
    return Found(tuple(found), tuple(gaps))


def _asked(scene: Scene, url: str, *, known: bool) -> Resource:
    """Ask a store for its list, for something that it does not hold, and for what we know of it; raises `Unreached`."""
    # Amazon's own list needs no words, and takes no offence at these.
    listing = fetch(scene.reach, f"{url}?restype=container&comp=list", whole=False)
    reading = fetch(scene.reach, f"{url}/{_NOBODYS}", whole=False)
    objects = [fetch(scene.reach, one, whole=False) for one in _objects(scene) if one.startswith(f"{url}/")]
    amazon = any(name in listing.headers for name in ("x-amz-request-id", "x-amz-id-2"))
    told = {
        "listing": _judged(listing, known=known),
        "reading": "open" if _code(reading) == "BlobNotFound" else _judged(reading, known=known),
    }
    held = {_judged(page, known=False) for page in objects}
    if "open" in held:
        told["reading"] = "open"
    elif amazon and told["reading"] == "refused":
        # One that is named and not there is no proof of what is.
        told["reading"] = BY_NAME if not held else "refused" if held == {"refused"} else ""
    answers = [f"{page.status} {_code(page)}".strip() for page in (listing, reading, *objects)]
    return resource(
        STORE_DOOR, url, {**{name: how for name, how in told.items() if how}, "answers": answers}, now=scene.now
    )


def _judged(page: Page, *, known: bool) -> str:
    """Say what an answer means; empty where it does not say, raises `Unreached` where the store is at fault."""
    if page.status >= _FAULT:
        raise Unreached(f"it answered {page.status}")
    if page.status == _OK:
        return "open"
    code = _code(page)
    return "refused" if code in _SAYS_NO and (known or code != "ResourceNotFound") else ""


def _code(page: Page) -> str:
    found = _CODE.search(page.text[:4096])
    return page.headers.get("x-ms-error-code", "") or (found[1] if found else "")


def _stores(scene: Scene) -> tuple[tuple[str, bool], ...]:
    """Return the URL of each store, and whether it is known to exist; raises `Unseen` where there is none."""
    named = scene.targets.names("probes.stores", may_be_empty=True) if scene.targets.at("probes.stores") else ()
    found = dict.fromkeys((url.rstrip("/") for url in named), False) | dict.fromkeys(_of_estate(scene), True)
    if not found:
        raise Unseen("no store is named: fill probes.stores in targets.toml, or give --estate")
    return tuple(found.items())


def _objects(scene: Scene) -> tuple[str, ...]:
    """Return the URLs of the objects that targets name; raises `Unseen` for one that lies in none of the stores."""
    named = scene.targets.names("probes.store_objects") if scene.targets.at("probes.store_objects") else ()
    for one in named:
        if not any(one.startswith(f"{url}/") for url, _ in _stores(scene)):
            raise Unseen(f"probes.store_objects names {one}, which lies in no store of ours: mend targets.toml")
    return named


def _of_estate(scene: Scene) -> Iterator[str]:
    """Yield the URLs of the estate's containers and buckets, those whose place is known."""
    return (url for _, url in met(scene.estate) if url)


def _unmet(scene: Scene) -> Iterator[str]:
    """Yield the names of those of which it is not known where they are met."""
    return (name for name, url in met(scene.estate) if not url)


def met(estate: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """Yield each container and bucket of an estate with its URL, empty where that is not known."""
    accounts = {
        one.id.lower(): endpoints["blob"].rstrip("/")
        for one in estate
        if one.type == STORAGE_ACCOUNT.arm
        and isinstance(endpoints := one.body.get("primaryEndpoints"), dict)
        and isinstance(endpoints.get("blob"), str)
    }
    for one in estate:
        if one.type == BLOB_CONTAINER.arm:
            account = accounts.get(one.id.lower().partition("/blobservices/")[0], "")
            yield one.id, account and f"{account}/{one.id.rpartition('/')[2]}"
        elif one.type == BUCKET.arm:
            yield one.name, bucket_url(one)
