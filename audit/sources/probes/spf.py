"""Reads who may send mail in a domain's name, and follows what its SPF record includes: RFC 7208."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

Ask = Callable[[str, str], tuple[str, ...]]
"""Name and type → records as `zone_answers.plain` writes them; raises `Unreached`."""

_TERM = re.compile(r"([+?~-]?)([a-z][a-z0-9_.-]*)(?:([:=])([^\s]*))?((?:/[\d/]*)?)", re.IGNORECASE)
_AROUND = re.compile(r"(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z")
_MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
_ENOUGH = 30
"""The look-ups after which the count goes on no more: far beyond the ten that are allowed."""
_MOST_EXCHANGERS = 10
_BROADEST = {4: 8, 6: 16}
"""The shortest prefixes that still mean somebody's network and not everybody's."""


class _Term(msgspec.Struct, frozen=True):
    qualifier: str
    name: str
    modifier: bool
    value: str
    prefix: str


class _Walk(msgspec.Struct):
    """What came up on the way through a record and all that it includes."""

    ask: Ask
    lookups: int = 0
    voids: int = 0
    errors: list[str] = []
    everybody: list[str] = []
    unfollowed: list[str] = []


def is_spf(text: str) -> bool:
    """Tell whether a text is an SPF record: the version stands alone or before a space (RFC 7208, 4.5)."""
    return text.lower().partition(" ")[0] == "v=spf1"


def policy(domain: str, ask: Ask) -> dict[str, Any]:
    """Return what a domain publishes, with the look-ups of all that it includes; raises `Unreached` as `ask` does.

    `records` counts SPF records; the rest is only there where it is one: `terms` of the domain's own record,
    `lookups` and `voidLookups`, `errors` for which a receiver gives up, `everybody` for the terms that let everybody
    send, and `unfollowed` for those that depend on the mail at hand.
    """
    found = [text for text in ask(domain, "TXT") if is_spf(text)]
    if len(found) != 1:
        return {"records": len(found)}
    walk = _Walk(ask=ask)
    _follow(walk, domain, found[0])
    return {
        "records": 1,
        "terms": found[0].lower().split()[1:],
        "lookups": walk.lookups,
        "voidLookups": walk.voids,
        "errors": walk.errors,
        "everybody": walk.everybody,
        "unfollowed": walk.unfollowed,
    }


def _follow(walk: _Walk, domain: str, record: str) -> None:
    """Go through one record; `redirect` counts only where no `all` stands (RFC 7208, 6.1)."""
    terms = list(_terms(walk, domain, record))
    mechanisms = [term for term in terms if not term.modifier]
    last = next((index for index, term in enumerate(mechanisms) if term.name == "all"), None)
    for term in mechanisms if last is None else mechanisms[: last + 1]:
        _mechanism(walk, domain, term)
    redirects = [term for term in terms if term.modifier and term.name == "redirect"]
    if len(redirects) > 1:
        walk.errors.append(f"{domain}: redirect stands twice")
    if redirects and last is None:
        _lead(walk, domain, redirects[0])


def _terms(walk: _Walk, domain: str, record: str) -> Iterator[_Term]:
    """Yield the terms of a record; what is none is an error."""
    for word in record.split()[1:]:
        found = _TERM.fullmatch(word)
        qualifier, name, sign, value, prefix = found.groups() if found else ("", "", None, None, "")
        term = _Term(qualifier or "+", name.lower(), sign == "=", (value or "").lower(), prefix)
        if found is None or (not term.modifier and term.name not in _MECHANISMS) or (term.modifier and qualifier):
            walk.errors.append(f"{domain}: {word} is no term of SPF")
        else:
            yield term


def _mechanism(walk: _Walk, domain: str, term: _Term) -> None:
    if term.name == "all":
        if term.qualifier == "+":
            walk.everybody.append(f"{domain}: all")
    elif term.name in ("ip4", "ip6"):
        _network(walk, domain, term)
    elif term.name == "include":
        _lead(walk, domain, term)
    else:
        _host(walk, domain, term)


def _network(walk: _Walk, domain: str, term: _Term) -> None:
    try:
        network = ipaddress.ip_network(f"{term.value}{term.prefix}", strict=False)
    except ValueError:
        walk.errors.append(f"{domain}: {term.name}:{term.value} is no network")
        return
    if network.version != int(term.name[-1]):
        walk.errors.append(f"{domain}: {term.name}:{term.value} is no network")
    elif network.prefixlen < _BROADEST[network.version] and term.qualifier == "+":
        walk.everybody.append(f"{domain}: {term.name}:{network}")


def _lead(walk: _Walk, domain: str, term: _Term) -> None:
    """Follow an include or a redirect to the record it names; without one a receiver gives up (RFC 7208, 5.2)."""
    if not _counted(walk, domain, term):
        return
    texts = walk.ask(term.value, "TXT")
    found = [text for text in texts if is_spf(text)]
    walk.voids += not texts
    if len(found) == 1:
        _follow(walk, term.value, found[0])
    else:
        walk.errors.append(f"{domain}: {term.value} has {len(found)} SPF records")


def _host(walk: _Walk, domain: str, term: _Term) -> None:
    """Look up what a, mx, exists or ptr names; those of ptr depend on the mail at hand."""
    host = term.value.partition("/")[0] or domain
    if term.qualifier == "+" and term.name in ("a", "mx") and _broad(f"{term.value}{term.prefix}"):
        walk.everybody.append(f"{domain}: {term.name}:{term.value}{term.prefix}")
    if not _counted(walk, domain, term, host) or term.name == "ptr":
        return
    if term.name == "mx":
        exchangers = walk.ask(host, "MX")
        walk.voids += not exchangers
        if len(exchangers) > _MOST_EXCHANGERS:
            walk.errors.append(f"{domain}: {host} has more than {_MOST_EXCHANGERS} mail exchangers")
        return
    if not walk.ask(host, "A") and (term.name == "exists" or not walk.ask(host, "AAAA")):
        walk.voids += 1


def _broad(text: str) -> bool:
    """Tell whether `host/n//m` lets in more than somebody's network around each address (RFC 7208, 5.3)."""
    found = _AROUND.search(text)
    lengths = zip((4, 6), found.groups() if found else (None, None), strict=True)
    return any(length is not None and int(length) < _BROADEST[version] for version, length in lengths)


def _counted(walk: _Walk, domain: str, term: _Term, host: str = "") -> bool:
    """Count a look-up, and tell whether it can be made."""
    walk.lookups += 1
    if "%" in term.value:
        walk.unfollowed.append(f"{domain}: {term.name}:{term.value}")
        return False
    if not (term.value or host):
        walk.errors.append(f"{domain}: {term.name} names nobody")
        return False
    return walk.lookups <= _ENOUGH
