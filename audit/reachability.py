"""Who may reach whom: security groups evaluated as Azure does, by priority, the first matching rule deciding."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from audit.addresses import (
    ALL_PORTS,
    BALANCER,
    EVERYWHERE,
    GROUP,
    NOWHERE,
    OWN_NETWORK,
    Ends,
    Spans,
    ends_of,
    joined,
    without,
)
from audit.facts import Cause, Facts, Reference, Unseen
from audit.kinds.network import SECURITY_RULE
from audit.model import Estate, Resource, Ruling, broken, same

__all__ = [
    "ALL_PORTS",
    "Direction",
    "Ends",
    "Gate",
    "Opening",
    "Question",
    "ends_of",
    "inbound",
    "interface_openings",
    "narrowed",
    "opened",
    "openings",
    "outbound",
    "strangers",
    "told",
]


class Direction(StrEnum):
    """Which way traffic goes, as seen from the machine that a group guards."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class Question(msgspec.Struct, frozen=True):
    """What is asked of a group: whether traffic of this protocol may pass this way to all of these ports.

    Traffic of other protocols, and to ports outside the range, is another question.
    """

    direction: Direction
    ports: tuple[int, int]
    protocol: str = "Tcp"

    def __str__(self) -> str:
        first, last = self.ports
        ports = "on every port" if self.ports == ALL_PORTS else str(first) if first == last else f"{first}-{last}"
        return f"{self.protocol.upper()} {ports}"


def inbound(port: int | tuple[int, int], protocol: str = "Tcp") -> Question:
    """Ask who may come in to a port, or to every port of a range."""
    return Question(Direction.INBOUND, port if isinstance(port, tuple) else (port, port), protocol)


def outbound(port: int | tuple[int, int], protocol: str = "Tcp") -> Question:
    """Ask whom traffic to a port, or to every port of a range, may reach.

    A range is one question: only rules that speak of all of it count.
    """
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
    """Hold one rule as it is evaluated: the far end is whom the machines talk to, the near end the machines themselves.

    Prefixes and ports are read into ranges already, so that evaluation raises nothing.
    """

    name: str
    priority: int
    """Lower numbers are evaluated first; 65000 and above are Azure's default rules."""
    allows: bool
    far: tuple[tuple[str, Ends], ...]
    """Each prefix as the rule spells it with what it stands for, so that an opening can be told in the rule's own
    words."""
    near: Ends = EVERYWHERE
    """The machines behind the group that the rule speaks of; everywhere means all of them."""
    from_ports: Spans = (ALL_PORTS,)
    resource: Resource | None = None

    def whole(self) -> Ends:
        """Return the far end as one."""
        found = NOWHERE
        for _, part in self.far:
            found = found.and_also(part)
        return found


_OWN = (OWN_NETWORK, ends_of((OWN_NETWORK,)))
# https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules
# The last rule of each direction denies the rest, which needs no rule here: what nothing allows does not pass.
_DEFAULTS = {
    Direction.INBOUND: (
        _Rule("AllowVnetInBound", 65000, True, (_OWN,)),
        _Rule("AllowAzureLoadBalancerInBound", 65001, True, ((BALANCER, ends_of((BALANCER,))),)),
    ),
    Direction.OUTBOUND: (
        _Rule("AllowVnetOutBound", 65000, True, (_OWN,)),
        _Rule("AllowInternetOutBound", 65001, True, (("Internet", ends_of(("Internet",))),)),
    ),
}


def openings(estate: Estate, group: Resource, question: Question) -> tuple[Opening, ...]:
    """Return what a security group lets through, rule by rule, its default rules included.

    A Deny takes away only what it fully covers; where it covers a part of the machines behind the group, it takes
    nothing. Raises `Unseen` where a rule that bears on the question cannot be read.

    A range of ports is one question: rules that speak of a part of it are left out of the answer.
    """
    return Gate(estate, group).openings(question)


class Gate:
    """A security group whose rules are read once, however much is asked of it.

    Raises `Unseen` where the group's rules are not all known, as `Estate.children` does.
    """

    def __init__(self, estate: Estate, group: Resource) -> None:
        self._rules = estate.children(group, SECURITY_RULE)
        self._seen: dict[tuple[str, str], Any] = {}

    def openings(self, question: Question) -> tuple[Opening, ...]:
        """Return what the group lets through, as the function of that name does."""
        own = [self._read(rule, question.direction) for rule in self._rules if self._concerns(rule, question)]
        rules = sorted([*own, *_DEFAULTS[question.direction]], key=lambda rule: rule.priority)
        return tuple(opening for rule in rules if rule.allows for opening in _left(rule, rules))

    def _concerns(self, rule: Resource, question: Question) -> bool:
        """Tell whether a rule speaks of the direction, the protocol and all the ports that are asked about.

        What a rule of another direction or protocol holds is never read: it may be unknown without any harm. A rule
        that covers only some of the ports asked about does not decide for all of them, so it is left out, whether it
        allows or denies.
        """
        if self._once(rule, "direction", _direction) != question.direction.casefold():
            return False
        protocol = self._once(rule, "protocol", _protocol)
        if protocol not in ("*", "any") and not same(protocol, question.protocol):
            return False
        return not without((question.ports,), self._once(rule, "ports", _destination_ports))

    def _read(self, rule: Resource, direction: Direction) -> _Rule:
        """Read a rule whole; raises `Unseen` where anything in it is missing, unknown or not understood."""
        read: _Rule = self._once(rule, direction, lambda unread: _read(unread, direction))
        return read

    def _once(self, rule: Resource, what: str, read: Callable[[Resource], Any]) -> Any:
        """Read something of a rule the first time it is asked for; what cannot be read stays unread."""
        key = (rule.id, what)
        if key not in self._seen:
            self._seen[key] = read(rule)
        return self._seen[key]


def _left(rule: _Rule, rules: list[_Rule]) -> Iterator[Opening]:
    """Give what the earlier Deny rules leave of an Allow rule.

    Yields nothing where they leave nothing. A Deny counts only where it covers every machine behind the group and every
    source port that the Allow rule names: one that covers a part would leave the rest of the traffic through. Two rules
    of one direction cannot share a priority, so ties do not arise.
    """
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

    A card with several addresses may lie in several subnets: what any of them lets through counts.
    """
    own = _through(estate, interface, question)
    found: list[Opening] = []
    for configuration in interface.each("ipConfigurations"):
        subnet = _through(estate, estate.target(configuration, "subnet.id"), question)
        found += [both for one in subnet for two in own if (both := _both(one, two)).ends and both not in found]
    return tuple(found)


def _through(estate: Estate, guarded: Resource, question: Question) -> tuple[Opening, ...]:
    """Return what the group of a subnet or an interface lets through; everything where it has no group."""
    # A subnet or an interface has one group or none, and without one every packet passes:
    # https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
    if guarded.link("networkSecurityGroup.id", absent=None) is None:
        return (Opening("*", EVERYWHERE),)
    return openings(estate, estate.target(guarded, "networkSecurityGroup.id"), question)


def _both(subnet: Opening, interface: Opening) -> Opening:
    """Join what a subnet's rule and an interface's rule let through together; no ends where nothing passes both.

    It is told in the words of the narrower of the two, and names a rule that can be changed wherever there is one.
    """
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
    """Say who gets through, and by which rule.

    Each opening is named once, in the order of the rules; empty where there is none.
    """
    return ", ".join(dict.fromkeys(str(opening) for opening in found))


def narrowed(opening: Opening) -> Mapping[str, Any]:
    """Give the change to a rule after which it lets nobody in but our own networks.

    Empty where no rule of the company's own lets the traffic in. A rule with a list of prefixes is turned to Deny:
    which of them is the stranger's is for its owner to say.
    """
    if opening.rule is None:
        return {}
    if opening.rule.look("sourceAddressPrefixes"):
        return {"access": "Deny"}
    return {"sourceAddressPrefix": OWN_NETWORK}


def opened(estate: Estate, group: Resource, question: Question, *, tags: Collection[str]) -> Ruling | None:
    """Rule that a security group lets the Internet through; None where it is closed to what is asked.

    `tags` are the service tags that the company trusts.

    Raises `Unseen` where a rule that bears on the question cannot be read, or a service tag may hide a stranger.
    """
    ways = strangers(openings(estate, group, question), tags=tags)
    if not ways:
        return None
    return broken(f"{question} is open to {told(ways)}", change=narrowed(ways[0]), subject=ways[0].rule)


def _direction(rule: Resource) -> str:
    """Return the direction of a rule in lower case."""
    return _word(rule, "direction", ("inbound", "outbound"))


def _protocol(rule: Resource) -> str:
    """Return the protocol of a rule in lower case, `*` or `any` for all of them."""
    return _word(rule, "protocol", ("*", "any", "tcp", "udp", "icmp", "icmpv6", "esp", "ah"))


def _destination_ports(rule: Resource) -> Spans:
    """Return the ports a rule opens on its far or near machine; source ports are read apart, and rarely named."""
    return _ports(rule, "destination")


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
        near=EVERYWHERE if OWN_NETWORK in near_end.names else near_end,
        from_ports=_ports(rule, "source"),
        resource=rule,
    )


def _word(rule: Resource, path: str, known: Collection[str]) -> str:
    """Return an enum value of a rule in lower case; raises `Unseen` for a word that is not `known`.

    Azure may add words: one that the audit does not know must not be taken for harmless.
    """
    word = rule.read(path, str).casefold()
    if word not in known:
        raise Unseen(f"{path} of rule {rule.name} has an unexpected value: {word!r}")
    return word


def _sides(rule: Resource, side: str) -> tuple[tuple[str, Ends], ...]:
    """Read one side of a rule: its prefixes, given singly or as a list, and its application security groups.

    Raises `Unseen` where the side names none of them: ARM demands one, so the value was not seen.
    """
    texts = listed(rule, f"{side}AddressPrefix", f"{side}AddressPrefixes")
    groups = [_group(part) for part in rule.each(f"{side}ApplicationSecurityGroups", absent=())]
    if not texts and not groups:
        raise Unseen(f"the {side} of rule {rule.name} was not seen")
    return (*((text, ends_of((text,))) for text in texts), *groups)


def _group(part: Facts) -> tuple[str, Ends]:
    """Return an application security group as an end; its members are not known here, so it equals only itself."""
    link = part.link("id")
    if link is None:
        raise Unseen(f"{part.path('id')} was not seen", Cause.MISSING)
    key = link.urn if isinstance(link, Reference) else link
    return "an application security group", Ends(names=frozenset({GROUP + key.casefold()}))


def listed(rule: Resource, single: str, several: str) -> tuple[str, ...]:
    """Read a value that ARM takes singly, as a list, or both; an empty text or list says nothing."""
    texts = (rule.read(single, str, absent=""), *rule.texts(several, absent=()))
    return tuple(text for text in texts if text.strip())


def _ports(rule: Resource, side: str) -> Spans:
    """Return one side's ports as ranges; raises `Unseen` where none are named, or one is no range."""
    texts = listed(rule, f"{side}PortRange", f"{side}PortRanges")
    if not texts:
        raise Unseen(f"the {side} ports of rule {rule.name} were not seen")
    return joined(_port_range(rule, text.strip().casefold()) for text in texts)


def _port_range(rule: Resource, text: str) -> tuple[int, int]:
    """Read `443`, `1000-2000` or `*` as a range with both ends included; raises `Unseen` for anything else."""
    if text in ("*", "any"):
        return ALL_PORTS
    found = re.fullmatch(r"(\d+)(?:\s*-\s*(\d+))?", text)
    span = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not ALL_PORTS[0] <= span[0] <= span[1] <= ALL_PORTS[1]:
        raise Unseen(f"{text!r} of rule {rule.name} is no range of ports")
    return span
