"""Finds the lowest version of TLS that the estate declares for the host of a door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from audit.facts import Unseen
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Kind, Resource
from audit.sources.looking import held
from audit.sources.probes.client_hello import VERSIONS
from audit.sources.probes.scene import Scene

_FLOORS = {STORAGE_ACCOUNT.arm: "minimumTlsVersion", WEB_APP.arm: "siteConfig.minTlsVersion"}
_HTTPS = 443
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_SPELT = {
    # https://learn.microsoft.com/azure/templates/microsoft.storage/storageaccounts
    "TLS1_0": "TLSv1",
    "TLS1_1": "TLSv1.1",
    "TLS1_2": "TLSv1.2",
    "TLS1_3": "TLSv1.3",
    # https://learn.microsoft.com/azure/templates/microsoft.web/sites
    "1.0": "TLSv1",
    "1.1": "TLSv1.1",
    "1.2": "TLSv1.2",
    "1.3": "TLSv1.3",
}


def declared(scene: Scene, host: str) -> dict[str, object]:
    """Return who declares a floor for a host (`by`, empty where nobody does), and which versions lie below it.

    Raises `Unseen` where the estate may hide somebody who does, where two do and differ, and where a floor cannot be
    read.
    """
    owners = [found for kind in (STORAGE_ACCOUNT, WEB_APP) for found in _owners(scene, kind, host)]
    floors = {_floor(found) for found in owners}
    if len(floors) > 1:
        raise Unseen(f"{' and '.join(found.id for found in owners)} declare different floors for {host}")
    if not owners:
        return {"by": "", "floor": "", "below": []}
    [floor] = floors
    below = [version for version, number in VERSIONS.items() if number < VERSIONS[floor]]
    return {"by": owners[0].id, "floor": floor, "below": below}


def store_host(account: Resource) -> tuple[str, int] | None:
    """Return host and port at which a storage account serves blobs; None where it serves none.

    Raises `Unseen` where it does not say so in a way that can be read, as in a plan or in a redacted pack.
    """
    ends = account.read("primaryEndpoints", dict)
    if "blob" not in ends:
        return None  # such as one for files alone
    url = account.read("primaryEndpoints.blob", str)
    try:
        place = urlsplit(url)
        name, port = place.hostname or "", place.port or _HTTPS
    except ValueError as error:
        raise Unseen("primaryEndpoints.blob is no URL") from error
    if not _HOST.fullmatch(name):
        raise Unseen("primaryEndpoints.blob names no host")
    return name, port


def _owners(scene: Scene, kind: Kind, host: str) -> Iterator[Resource]:
    """Yield the resources of a kind that are met by a host name; raises `Unseen` where some may be hidden."""
    for found in held(scene.estate, scene.hidden, kind):
        names = found.texts("hostNames") if kind is WEB_APP else (store_host(found) or ())[:1]
        if host in (name.lower() for name in names):
            yield found


def _floor(found: Resource) -> str:
    """Return the declared floor as Python names versions; raises `Unseen` where it is missing or unknown here."""
    path = _FLOORS[found.type]
    told = found.read(path, str)
    if told not in _SPELT:
        raise Unseen(f"{path} is {told!r}, which is no version known here")
    return _SPELT[told]
