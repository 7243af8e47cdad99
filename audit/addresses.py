"""Ends of traffic: addresses and ports as ranges, and names whose addresses only Azure knows."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from audit.facts import Unseen

Spans = tuple[tuple[int, int], ...]
"""Numbers (ports or addresses) as ranges with both ends included: in order, apart from each other."""

ALL_PORTS = (0, 65535)
"""Azure takes `*` for these, port 0 included."""
OWN_NETWORK, BALANCER = "VirtualNetwork", "AzureLoadBalancer"
"""The two service tags whose meaning is fixed enough to be judged: neither holds a public address of a stranger."""
TAG, GROUP = "tag:", "group:"
"""What the names of other service tags, and of application security groups, begin with inside `Ends.names`."""


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """Put ranges in order and join those that touch.

    Adjacent whole numbers touch: 1-5 and 6-9 become 1-9.
    """
    whole: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return tuple(whole)


@lru_cache(maxsize=65536)
def without(spans: Spans, gone: Spans) -> Spans:
    """Cut the ranges `gone` out of `spans`.

    Empty where nothing is left, which is how one set of ranges is shown to lie inside another.
    """
    for low, high in gone:
        kept = [(first, min(last, low - 1)) for first, last in spans if first < low]
        kept += [(max(first, high + 1), last) for first, last in spans if last > high]
        spans = joined(kept)
    return spans


def overlap(left: Spans, right: Spans) -> Spans:
    """Return what two sets of ranges have in common."""
    pairs = ((max(a, c), min(b, d)) for a, b in left for c, d in right)
    return joined((first, last) for first, last in pairs if first <= last)


class Ends(msgspec.Struct, frozen=True):
    """One end of traffic: addresses, and names whose addresses only Azure knows (tags, application security groups)."""

    four: Spans = ()
    """IPv4 addresses as whole numbers."""
    six: Spans = ()
    """IPv6 addresses as whole numbers."""
    names: frozenset[str] = frozenset()
    """Tags and groups, spelt with their prefix, but for the two tags that are known by their own names."""
    every: bool = False
    """Whether it is any address at all, those behind every name included."""

    def __bool__(self) -> bool:
        return bool(self.every or self.four or self.six or self.names)

    def and_also(self, other: Ends) -> Ends:
        """Return what is in either.

        All addresses of both versions together become everywhere.
        """
        if self.every or other.every:
            return EVERYWHERE
        return _made(self.four + other.four, self.six + other.six, self.names | other.names)

    def but_not(self, other: Ends) -> Ends:
        """Return what is in this one and not in `other`; a name goes only where `other` has it or is everything.

        Addresses that a name may hold are not taken away, since nobody here knows which they are: the result can only
        be too large, never too small.
        """
        if other.every:
            return NOWHERE
        return Ends(without(self.four, other.four), without(self.six, other.six), self.names - other.names)

    def and_in(self, other: Ends) -> Ends:
        """Return what is in both; a name nobody knows the addresses of may be any public one.

        Such a name is kept, so that a rule on the subnet and one on the interface are never taken to exclude each other
        by mistake.
        """
        if self.every or other.every:
            return other if self.every else self
        names = self.names & other.names
        names |= {name for name in self.names if name.startswith(TAG) and other.public()}
        names |= {name for name in other.names if name.startswith(TAG) and self.public()}
        return Ends(overlap(self.four, other.four), overlap(self.six, other.six), frozenset(names))

    def public(self) -> Ends:
        """Return the addresses that lie on the Internet, names left out.

        What only a name stands for is not among them: ask `tags` for those.
        """
        return Ends(without(self.four, _PRIVATE.four), without(self.six, _PRIVATE.six))

    def tags(self) -> tuple[str, ...]:
        """Return the service tags whose addresses are not known here.

        Application security groups are left out: their members lie in our own networks.
        """
        return tuple(sorted(name.removeprefix(TAG) for name in self.names if name.startswith(TAG)))


def _made(four: Spans, six: Spans, names: frozenset[str]) -> Ends:
    """Make one end; all addresses of both versions are everything.

    An IPv4 and an IPv6 rule for all addresses are as open as `*`, and are told as such.
    """
    four, six = joined(four), joined(six)
    if four == _ALL_FOUR and six == _ALL_SIX:
        return EVERYWHERE
    return Ends(four, six, names)


_ALL_FOUR: Spans = ((0, 2**32 - 1),)
_ALL_SIX: Spans = ((0, 2**128 - 1),)
NOWHERE = Ends()
EVERYWHERE = Ends(_ALL_FOUR, _ALL_SIX, frozenset({OWN_NETWORK, BALANCER}), every=True)


def ends_of(texts: Iterable[str]) -> Ends:
    """Read addresses, ranges and service tags as a rule spells them; raises `Unseen` for what is none of these."""
    found = NOWHERE
    for text in texts:
        found = found.and_also(_end(text.strip()))
    return found


@lru_cache(maxsize=4096)
def _end(text: str) -> Ends:
    """Read one prefix of a rule; raises `Unseen` where it is no address, range or tag.

    A word that looks like a service tag is taken for one, whether Azure knows it or not.
    """
    plain = text.casefold()
    if plain in ("*", "any"):
        return EVERYWHERE
    if plain == "internet":
        # Outside the virtual network and reachable from the public Internet:
        # https://learn.microsoft.com/azure/virtual-network/service-tags-overview
        return EVERYWHERE.public()
    for name in (OWN_NETWORK, BALANCER):
        if plain == name.casefold():
            return Ends(names=frozenset({name}))
    if re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*", plain):
        return Ends(names=frozenset({TAG + text}))
    return _addresses(text)


def _addresses(text: str) -> Ends:
    """Read one address, one CIDR or one range `first-last`.

    Raises `Unseen` for anything else, and for a range whose ends are turned round or of two versions.
    """
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-"))
        else:
            # One with host bits set (`10.0.0.5/24`) is read as its whole network: the wider reading hides no opening.
            network = ipaddress.ip_network(text, strict=False)
            first, last = network[0], network[-1]
    except ValueError as error:
        raise Unseen(f"{text!r} is no address, range or service tag") from error
    span = (int(first), int(last))
    if first.version != last.version or span[0] > span[1]:
        raise Unseen(f"{text!r} is no range of addresses")
    four = isinstance(first, ipaddress.IPv4Address)
    return _made((span,) if four else (), () if four else (span,), frozenset())


# What the Internet cannot route to; 168.63.129.16 is Azure's own platform. Ranges set aside for documentation count as
# public: a rule that names one means it.
_PRIVATE = ends_of(
    ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
).and_also(ends_of(("168.63.129.16", "fc00::/7", "fe80::/10", "::1")))
