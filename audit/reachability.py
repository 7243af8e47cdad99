"""Who may reach whom: security groups evaluated as Azure does, by priority, the first matching rule deciding."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from audit.facts import Cause, Facts, Reference, Unseen
from audit.kinds.network import SECURITY_RULE
from audit.model import Estate, Resource, same

Spans = tuple[tuple[int, int], ...]
"""Numbers (ports or addresses) as ranges with both ends included: in order, apart from each other."""

ALL_PORTS = (0, 65535)
_OWN_NETWORK, _BALANCER = "VirtualNetwork", "AzureLoadBalancer"
_TAG, _GROUP = "tag:", "group:"


def joined(spans: Iterable[tuple[int, int]]) -> Spans:
    """Put ranges in order and join those that touch."""
    whole: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return tuple(whole)


def without(spans: Spans, gone: Spans) -> Spans:
    """Cut the ranges `gone` out of `spans`."""
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
    six: Spans = ()
    names: frozenset[str] = frozenset()
    every: bool = False
    """Whether it is any address at all, those behind every name included."""

    def __bool__(self) -> bool:
        return bool(self.every or self.four or self.six or self.names)

    def and_also(self, other: Ends) -> Ends:
        """Return what is in either."""
        if self.every or other.every:
            return EVERYWHERE
        return _made(self.four + other.four, self.six + other.six, self.names | other.names)

    def but_not(self, other: Ends) -> Ends:
        """Return what is in this one and not in `other`; a name goes only where `other` has it or is everything."""
        if other.every:
            return NOWHERE
        return Ends(without(self.four, other.four), without(self.six, other.six), self.names - other.names)

    def and_in(self, other: Ends) -> Ends:
        """Return what is in both; a name nobody knows the addresses of may be any public one."""
        if self.every or other.every:
            return other if self.every else self
        names = self.names & other.names
        names |= {name for name in self.names if name.startswith(_TAG) and other.public()}
        names |= {name for name in other.names if name.startswith(_TAG) and self.public()}
        return Ends(overlap(self.four, other.four), overlap(self.six, other.six), frozenset(names))

    def public(self) -> Ends:
        """Return the addresses that lie on the Internet, names left out."""
        return Ends(without(self.four, _PRIVATE.four), without(self.six, _PRIVATE.six))

    def tags(self) -> tuple[str, ...]:
        """Return the service tags whose addresses are not known here."""
        return tuple(sorted(name.removeprefix(_TAG) for name in self.names if name.startswith(_TAG)))


def _made(four: Spans, six: Spans, names: frozenset[str]) -> Ends:
    """Make one end; all addresses of both versions are everything."""
    four, six = joined(four), joined(six)
    if four == _ALL_FOUR and six == _ALL_SIX:
        return EVERYWHERE
    return Ends(four, six, names)


_ALL_FOUR: Spans = ((0, 2**32 - 1),)
_ALL_SIX: Spans = ((0, 2**128 - 1),)
NOWHERE = Ends()
EVERYWHERE = Ends(_ALL_FOUR, _ALL_SIX, frozenset({_OWN_NETWORK, _BALANCER}), every=True)


def ends_of(texts: Iterable[str]) -> Ends:
    """Read addresses, ranges and service tags as a rule spells them; raises `Unseen` for what is none of these."""
    found = NOWHERE
    for text in texts:
        found = found.and_also(_end(text.strip()))
    return found


def _end(text: str) -> Ends:
    plain = text.casefold()
    if plain in ("*", "any"):
        return EVERYWHERE
    if plain == "internet":
        # Outside the virtual network and reachable from the public Internet:
        # https://learn.microsoft.com/azure/virtual-network/service-tags-overview
        return EVERYWHERE.public()
    for name in (_OWN_NETWORK, _BALANCER):
        if plain == name.casefold():
            return Ends(names=frozenset({name}))
    if re.fullmatch(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*", plain):
        return Ends(names=frozenset({_TAG + text}))
    return _addresses(text)


def _addresses(text: str) -> Ends:
    """Read one address, one CIDR or one range `first-last`."""
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-"))
        else:
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


class Direction(StrEnum):
    """Which way traffic goes, as seen from the machine that a group guards."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class Question(msgspec.Struct, frozen=True):
    """What is asked of a group: whether traffic of this protocol may pass this way to all of these ports."""

    direction: Direction
    ports: tuple[int, int]
    protocol: str = "Tcp"


def inbound(port: int | tuple[int, int], protocol: str = "Tcp") -> Question:
    """Ask who may come in to a port, or to every port of a range."""
    return Question(Direction.INBOUND, port if isinstance(port, tuple) else (port, port), protocol)


def outbound(port: int | tuple[int, int], protocol: str = "Tcp") -> Question:
    """Ask whom traffic to a port, or to every port of a range, may reach."""
    return Question(Direction.OUTBOUND, port if isinstance(port, tuple) else (port, port), protocol)


class Opening(msgspec.Struct, frozen=True):
    """What one rule lets through once the rules before it have had their say."""

    peer: str
    """The far end as the rule spells it."""
    ends: Ends
    """The part of the far end that gets through."""
    name: str = ""
    """The rule's name, or both names where a subnet's and an interface's rule work together."""
    rule: Resource | None = None
    """The rule to change; none where a default rule or no group at all lets traffic through."""

    def __str__(self) -> str:
        return f"{self.peer} by {'rule ' + self.name if self.name else 'want of a security group'}"


class _Rule(msgspec.Struct, frozen=True):
    name: str
    priority: int
    allows: bool
    far: tuple[tuple[str, Ends], ...]
    near: Ends = EVERYWHERE
    from_ports: Spans = (ALL_PORTS,)
    resource: Resource | None = None

    def whole(self) -> Ends:
        """Return the far end as one."""
        found = NOWHERE
        for _, part in self.far:
            found = found.and_also(part)
        return found


def openings(estate: Estate, group: Resource, question: Question) -> tuple[Opening, ...]:
    """Return what a security group lets through, rule by rule, its default rules included.

    A Deny takes away only what it fully covers; where it covers a part of the machines behind the group, it takes
    nothing. Raises `Unseen` where a rule that bears on the question cannot be read.
    """
    rules = sorted(_rules(estate, group, question), key=lambda rule: rule.priority)
    return tuple(opening for rule in rules if rule.allows for opening in _left(rule, rules))


def _left(rule: _Rule, rules: list[_Rule]) -> Iterator[Opening]:
    """Give what the earlier Deny rules leave of an Allow rule."""
    denied = NOWHERE
    for deny in rules:
        earlier = not deny.allows and deny.priority < rule.priority
        if earlier and not rule.near.but_not(deny.near) and not without(rule.from_ports, deny.from_ports):
            denied = denied.and_also(deny.whole())
    for text, far in rule.far:
        if left := far.but_not(denied):
            yield Opening(text, left, rule.name, rule.resource)


def interface_openings(estate: Estate, interface: Resource, question: Question) -> tuple[Opening, ...]:
    """Return what gets through both the subnet's group and the network interface's own; a missing group stops nothing.

    Raises `Unseen` where a group, a subnet or a rule that bears on the question cannot be read.
    """
    own = _through(estate, interface, question)
    found: list[Opening] = []
    for configuration in interface.each("ipConfigurations"):
        subnet = _through(estate, estate.target(configuration, "subnet.id"), question)
        found += [both for one in subnet for two in own if (both := _both(one, two)).ends and both not in found]
    return tuple(found)


def _through(estate: Estate, guarded: Resource, question: Question) -> tuple[Opening, ...]:
    # A subnet or an interface has one group or none, and without one every packet passes:
    # https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
    if guarded.link("networkSecurityGroup.id", absent=None) is None:
        return (Opening("*", EVERYWHERE),)
    return openings(estate, estate.target(guarded, "networkSecurityGroup.id"), question)


def _both(subnet: Opening, interface: Opening) -> Opening:
    ends = subnet.ends.and_in(interface.ends)
    narrow, wide = (subnet, interface) if subnet.ends == ends else (interface, subnet)
    names = " and ".join(name for name in (subnet.name, interface.name) if name)
    return Opening(narrow.peer, ends, names, narrow.rule or wide.rule)


def strangers(found: Iterable[Opening], *, known: Ends = NOWHERE, tags: Collection[str] = ()) -> tuple[Opening, ...]:
    """Return the openings to somebody on the public Internet who is not among the `known` ends.

    Raises `Unseen` where there is none, but a service tag outside `tags` may hide one.
    """
    found = tuple(found)
    public = tuple(opening for opening in found if opening.ends.public().but_not(known))
    trusted = {tag.casefold() for tag in tags}
    if not public:
        for opening in found:
            for tag in opening.ends.tags():
                if tag.casefold() not in trusted:
                    raise Unseen(f"whose addresses the service tag {tag} of rule {opening.name} holds is not known")
    return public


def told(found: Iterable[Opening]) -> str:
    """Say who gets through, and by which rule."""
    return ", ".join(dict.fromkeys(str(opening) for opening in found))


def narrowed(opening: Opening) -> Mapping[str, Any]:
    """Give the change to a rule after which it lets nobody in but our own networks."""
    if opening.rule is None:
        return {}
    if opening.rule.look("sourceAddressPrefixes"):
        return {"access": "Deny"}
    return {"sourceAddressPrefix": _OWN_NETWORK}


def _rules(estate: Estate, group: Resource, question: Question) -> Iterator[_Rule]:
    """Give the rules that bear on the question: the group's own, and those that Azure adds to every group."""
    for rule in estate.children(group, SECURITY_RULE):
        if _concerns(rule, question):
            yield _read(rule, question.direction)
    own = (_OWN_NETWORK, ends_of((_OWN_NETWORK,)))
    # https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules
    # The last rule of each direction denies the rest, which needs no rule here: what nothing allows does not pass.
    if question.direction is Direction.INBOUND:
        yield _Rule("AllowVnetInBound", 65000, True, (own,))
        yield _Rule("AllowAzureLoadBalancerInBound", 65001, True, ((_BALANCER, ends_of((_BALANCER,))),))
    else:
        yield _Rule("AllowVnetOutBound", 65000, True, (own,))
        yield _Rule("AllowInternetOutBound", 65001, True, (("Internet", ends_of(("Internet",))),))


def _concerns(rule: Resource, question: Question) -> bool:
    """Tell whether a rule speaks of the direction, the protocol and all the ports that are asked about."""
    if _word(rule, "direction", ("inbound", "outbound")) != question.direction.casefold():
        return False
    protocol = _word(rule, "protocol", ("*", "any", "tcp", "udp", "icmp", "icmpv6", "esp", "ah"))
    if protocol not in ("*", "any") and not same(protocol, question.protocol):
        return False
    return not without((question.ports,), _ports(rule, "destination"))


def _read(rule: Resource, direction: Direction) -> _Rule:
    far, near = ("source", "destination") if direction is Direction.INBOUND else ("destination", "source")
    near_end = NOWHERE
    for _, part in _sides(rule, near):
        near_end = near_end.and_also(part)
    return _Rule(
        name=rule.name.rpartition("/")[2],
        priority=rule.read("priority", int),
        allows=_word(rule, "access", ("allow", "deny")) == "allow",
        far=_sides(rule, far),
        # Every machine behind the group lies in its own network.
        near=EVERYWHERE if _OWN_NETWORK in near_end.names else near_end,
        from_ports=_ports(rule, "source"),
        resource=rule,
    )


def _word(rule: Resource, path: str, known: Collection[str]) -> str:
    word = rule.read(path, str).casefold()
    if word not in known:
        raise Unseen(f"{path} of rule {rule.name} has an unexpected value: {word!r}")
    return word


def _sides(rule: Resource, side: str) -> tuple[tuple[str, Ends], ...]:
    """Read one side of a rule: its prefixes, given singly or as a list, and its application security groups."""
    texts = _listed(rule, f"{side}AddressPrefix", f"{side}AddressPrefixes")
    groups = [_group(part) for part in rule.each(f"{side}ApplicationSecurityGroups", absent=())]
    if not texts and not groups:
        raise Unseen(f"the {side} of rule {rule.name} was not seen")
    return (*((text, ends_of((text,))) for text in texts), *groups)


def _group(part: Facts) -> tuple[str, Ends]:
    link = part.link("id")
    if link is None:
        raise Unseen(f"{part.path('id')} was not seen", Cause.MISSING)
    key = link.urn if isinstance(link, Reference) else link
    return "an application security group", Ends(names=frozenset({_GROUP + key.casefold()}))


def _listed(rule: Resource, single: str, several: str) -> tuple[str, ...]:
    """Read a value that ARM takes singly, as a list, or both; an empty text or list says nothing."""
    texts = (rule.read(single, str, absent=""), *rule.texts(several, absent=()))
    return tuple(text for text in texts if text.strip())


def _ports(rule: Resource, side: str) -> Spans:
    texts = _listed(rule, f"{side}PortRange", f"{side}PortRanges")
    if not texts:
        raise Unseen(f"the {side} ports of rule {rule.name} were not seen")
    return joined(_port_range(rule, text.strip().casefold()) for text in texts)


def _port_range(rule: Resource, text: str) -> tuple[int, int]:
    if text in ("*", "any"):
        return ALL_PORTS
    found = re.fullmatch(r"(\d+)(?:\s*-\s*(\d+))?", text)
    span = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not ALL_PORTS[0] <= span[0] <= span[1] <= ALL_PORTS[1]:
        raise Unseen(f"{text!r} of rule {rule.name} is no range of ports")
    return span
