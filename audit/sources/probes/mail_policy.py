"""Reads what a domain publishes about its mail: signing keys, what becomes of forgeries, reports on TLS."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

_EDWARDS_BYTES = 32
"""The length of an Ed25519 key as it stands in DNS: RFC 8463, 4."""


def dmarc(texts: Iterable[str]) -> dict[str, Any]:
    """Return what becomes of mail that is not the domain's, by the texts at `_dmarc`: RFC 7489, 6.3.

    `records` counts policies; where it is one, `valid`, `p`, `sp` (of subdomains), `pct` and `rua` (the domains that
    reports are sent to) are there. One that cannot be read is not valid, and receivers ignore it.
    """
    found = [text for text in texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
    if len(found) != 1:
        return {"records": len(found)}
    tags = _tags(found[0]) or {}
    policy, percent = tags.get("p", "").lower(), tags.get("pct", "100")
    counted = re.fullmatch(r"[0-9]{1,3}", percent) is not None
    return {
        "records": 1,
        "valid": policy in ("none", "quarantine", "reject") and counted,
        "p": policy,
        "sp": tags.get("sp", policy).lower(),
        "pct": int(percent) if counted else 0,
        "rua": _domains(tags.get("rua", "")),
    }


def tls_reports(texts: Iterable[str]) -> dict[str, Any]:
    """Return where reports on failed TLS go, by the texts at `_smtp._tls`: RFC 8460, 3.

    `records` counts policies; where it is one, `rua` lists the domains and hosts that reports are sent to.
    """
    found = [text for text in texts if re.match(r"v=TLSRPTv1\s*;", text)]
    if len(found) != 1:
        return {"records": len(found)}
    return {"records": 1, "rua": _domains((_tags(found[0]) or {}).get("rua", ""))}


def sts_id(texts: Iterable[str]) -> dict[str, Any]:
    """Return which policy of MTA-STS is in force, by the texts at `_mta-sts`: RFC 8461, 3.1.

    `records` counts those that announce one, `id` is only there where it is one and well written.
    """
    found = [text for text in texts if re.match(r"v=STSv1\s*;", text)]
    named = (_tags(found[0]) or {}).get("id", "") if len(found) == 1 else ""
    return {"records": len(found)} | ({"id": named} if re.fullmatch(r"[A-Za-z0-9]{1,32}", named) else {})


def signing_key(selector: str, texts: Iterable[str]) -> dict[str, Any]:
    """Return what the key of one selector is like, by the texts at `<selector>._domainkey`: RFC 6376, 3.6.1.

    `records` counts its texts; where it is one, `keyType`, `bits` (0 where the key cannot be read), `revoked` and
    `testing` are there.
    """
    found = tuple(texts)
    if len(found) != 1:
        return {"selector": selector, "records": len(found)}
    tags = _tags(found[0]) or {}
    kind, key = tags.get("k", "rsa").lower(), re.sub(r"\s", "", tags.get("p", ""))
    known = tags.get("v", "DKIM1") == "DKIM1"
    return {
        "selector": selector,
        "records": 1,
        "keyType": kind,
        "bits": _bits(kind, key) if known else 0,
        "revoked": tags.get("p") == "",
        "testing": "y" in (flag.strip().lower() for flag in tags.get("t", "").split(":")),
    }


def _tags(text: str) -> dict[str, str] | None:
    """Read a list of tags (RFC 6376, 3.2); None where it is none, or names one twice."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    names = [name.strip() for name, _, _ in pairs]
    if len(set(names)) != len(names) or not all(sign for _, sign, _ in pairs):
        return None
    return {name.strip(): value.strip() for name, _, value in pairs}


def _domains(addresses: str) -> list[str]:
    """Return the domains of the addresses that reports go to, never the addresses."""
    found = []
    for address in filter(None, (part.strip() for part in addresses.split(","))):
        scheme, _, rest = address.partition(":")
        # A mail address may end in the most bytes that it takes, after an exclamation mark: RFC 7489, 6.2.
        mailed = unquote(rest).partition("!")[0].partition("?")[0].rpartition("@")[2]
        place = mailed if scheme.lower() == "mailto" else rest.removeprefix("//").partition("/")[0].partition(":")[0]
        found.append(place.lower().rstrip(".") if scheme.lower() in ("mailto", "https") else "")
    return found


def _bits(kind: str, text: str) -> int:
    """Return the bits of a key; 0 where it cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm  # takes long to load, and only probes need it
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return 0
    if kind == "ed25519":
        return 8 * _EDWARDS_BYTES if len(content) == _EDWARDS_BYTES else 0
    try:
        key = load_der_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) and kind == "rsa" else 0
