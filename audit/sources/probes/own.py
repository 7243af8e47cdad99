"""What is the company's own, by its targets and by what its estate is known to hold."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from audit.kinds.aws import BUCKET
from audit.kinds.network import PUBLIC_IP_ADDRESS
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import AuditError, Resource, Targets
from audit.sources.probes.reach import Network, Own

_HOSTS = ("domains", "hosts", "mail_hosts", "submission_hosts", "tls_doors")
_MOST = 256
"""The most addresses of one network that are asked one by one: a /24."""
_URLS = ("sites", "checkouts", "pages_required", "stores", "store_objects")
_NAMES = (
    *_HOSTS, *_URLS, "addresses", "certificate_days", "checkouts", "dkim_selectors", "enquiry_fields", "hours",
    "links_required", "loads_allowed", "mailboxes", "open_ports", "pages", "payment_hosts", "resolvers",
    "strict_transport_days", "swept_ports", "test_boxes",
)  # fmt: skip
"""What probes and their controls ask for; a company's own controls may ask for more."""


def own(targets: Targets, estate: Iterable[Resource] = ()) -> Own:
    """Return what may be contacted.

    Raises `AuditError` where an address or a URL in the targets is none, or a network larger than anybody asks address
    by address; `Unseen` where a list of them is none.
    """
    _known(targets)
    hosts = {host(text) for name in _HOSTS for text in _listed(targets, name)}
    hosts |= {_of_url(text) for name in _URLS for text in _listed(targets, name)}
    hosts |= {f"mta-sts.{domain.lower()}" for domain in _listed(targets, "domains")}
    found = tuple(estate)
    networks = tuple(_network(text) for text in _listed(targets, "addresses"))
    return Own(
        hosts=frozenset(hosts | set(_hosts_of(found))),
        networks=(*networks, *networks_of(found)),
        partner=targets.names("dns.partner_mx_suffixes", may_be_empty=True),
        here=any(network.is_loopback for network in networks) or any(map(_is_here, hosts)),
    )


def _known(targets: Targets) -> None:
    """Raise `AuditError` for a name in `[probes]` that is nearly one of ours: what it lists would not be looked at."""
    for name in set(targets.at("probes") or ()) - set(_NAMES):
        if near := get_close_matches(name, _NAMES, n=1, cutoff=0.8):
            raise AuditError(f"targets.toml: nothing asks for probes.{name}. Is it {near[0]}?")


def host(text: str) -> str:
    """Return the host of `host:port/protocol`, in lower case."""
    return text.partition("/")[0].partition(":")[0].strip().lower().rstrip(".")


def _is_here(host: str) -> bool:
    """Tell whether a host of the targets is this machine, written as an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(targets: Targets, name: str) -> tuple[str, ...]:
    """Return a list of the table `probes`; nothing where the company set none."""
    return targets.names(f"probes.{name}", may_be_empty=True) if targets.at(f"probes.{name}") is not None else ()


def _of_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # what its port says, for one
        sound = False
    if not (sound and parts.hostname):
        raise AuditError(f"targets.toml: {text} is no URL. Write it as https://host/path.")
    return parts.hostname


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise AuditError(f"targets.toml: probes.addresses: {error}. Write an address or a network.") from error
    if network.num_addresses > _MOST:
        raise AuditError(f"targets.toml: {network} has more than {_MOST} addresses. Name those in use.")
    return network


def networks_of(estate: Iterable[Resource]) -> Iterator[Network]:
    """Yield the public addresses that the estate holds."""
    for found in estate:
        address = found.body.get("ipAddress") if found.type == PUBLIC_IP_ADDRESS.arm else None
        if isinstance(address, str):
            try:
                yield ipaddress.ip_network(address)
            except ValueError:
                continue  # a placeholder of a redacted pack is no address


def _hosts_of(estate: Iterable[Resource]) -> Iterator[str]:
    """Yield the host names by which sites and stores of the estate are met."""
    for found in estate:
        if found.type == WEB_APP.arm:
            names = found.body.get("hostNames")
            yield from (name.lower() for name in names or () if isinstance(name, str))
        blobs = found.body.get("primaryEndpoints") if found.type == STORAGE_ACCOUNT.arm else None
        url = blobs.get("blob") if isinstance(blobs, dict) else None
        if isinstance(url, str) and (name := urlsplit(url).hostname):
            yield name
        if found.type == BUCKET.arm and (bucket := bucket_url(found)):
            yield _of_url(bucket)


def bucket_url(bucket: Resource) -> str:
    """Return where a bucket is met; empty where its region or its name is not known.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    region, name = bucket.body.get("locationConstraint"), bucket.name
    known = (
        isinstance(region, str)
        and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region)
        and re.fullmatch(r"[a-z0-9.-]+", name)
    )
    return f"https://{name}.s3.{region}.amazonaws.com" if known else ""
