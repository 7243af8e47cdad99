"""Security groups are evaluated as Azure does: by priority, the first match deciding, at both ends."""

from datetime import UTC, datetime

import pytest

from audit.addresses import joined
from audit.estate import IndexedEstate
from audit.facts import Unseen
from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET
from audit.model import Kind, Plane, Resource, Snapshot
from audit.reachability import (
    ALL_PORTS,
    ends_of,
    inbound,
    interface_openings,
    narrowed,
    openings,
    outbound,
    strangers,
    told,
)
from audit.shape import revive

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PARTNER = "203.0.113.0/24"
FIRST_GROUP = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationSecurityGroups/first"}
OTHER_GROUP = {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationSecurityGroups/other"}


def rule(
    access="Allow", source="*", ports="3389", *, priority=200, protocol="Tcp", to="*", direction="Inbound", **changed
):
    """Write a rule as ARM does, with the properties hoisted."""
    body = {
        "access": access,
        "direction": direction,
        "priority": priority,
        "protocol": protocol,
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": to,
        "destinationPortRange": ports,
    }
    return {key: value for key, value in {**body, **changed}.items() if value is not ...}


def first(access="Deny", *args, **changed):
    """Write a rule that comes before those of `rule`."""
    return rule(access, *args, **{"priority": 100, **changed})


def several(key, values, **changed):
    """Write a rule that gives a list where `rule` gives one value."""
    single = {"sourceAddressPrefixes": "sourceAddressPrefix", "destinationPortRanges": "destinationPortRange"}[key]
    return rule(**{single: ..., key: values, **changed})


def resource(kind: Kind, name: str, body: dict) -> Resource:
    """Make a resource whose name is its id."""
    return Resource(type=kind.arm, id=name, name=name, plane=Plane.PROGRAM, seen_at=NOON, body=revive(body))


def rules_of(group: str, rules) -> list[Resource]:
    """Make the rules of a group, each declared on its own."""
    link = {"networkSecurityGroupName": {"$reference": group}}
    return [resource(SECURITY_RULE, f"{group}-rule-{number}", {**body, **link}) for number, body in enumerate(rules)]


def estate_of(*resources: Resource) -> IndexedEstate:
    """Index resources."""
    return IndexedEstate(Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=resources))


def ask(rules, question):
    """Ask one group made of `rules`."""
    group = resource(NETWORK_SECURITY_GROUP, "group", {})
    return openings(estate_of(group, *rules_of("group", rules)), group, question)


RDP = inbound(3389)

CASES = {
    "a group without rules": ([], RDP, False),
    "anyone, written as a star": ([rule()], RDP, True),
    "anyone, written as Any": ([rule(source="Any")], RDP, True),
    "anyone, written as any": ([rule(source="any")], RDP, True),
    "anyone, written as Internet": ([rule(source="Internet")], RDP, True),
    "anyone, written as INTERNET": ([rule(source="INTERNET")], RDP, True),
    "anyone, written as 0.0.0.0/0": ([rule(source="0.0.0.0/0")], RDP, True),
    "anyone who speaks IPv6": ([rule(source="::/0")], RDP, True),
    "a public IPv6 network": ([rule(source="2001:db8::/32")], RDP, True),
    "a unique local IPv6 network": ([rule(source="fd00::/8")], RDP, False),
    "one public address": ([rule(source="203.0.113.7")], RDP, True),
    "a range of public addresses": ([rule(source="203.0.113.7-203.0.113.9")], RDP, True),
    "a private range 10/8": ([rule(source="10.0.0.0/8")], RDP, False),
    "a private range 172.16/12": ([rule(source="172.16.0.0/12")], RDP, False),
    "one bit wider than 172.16/12": ([rule(source="172.0.0.0/11")], RDP, True),
    "a private range 192.168/16": ([rule(source="192.168.0.0/16")], RDP, False),
    "a range that ends one address past a private one": ([rule(source="10.0.0.0-11.0.0.0")], RDP, True),
    "a network written with host bits": ([rule(source="10.1.2.3/8")], RDP, False),
    "our own network": ([rule(source="VirtualNetwork")], RDP, False),
    "our own network in small letters": ([rule(source="virtualnetwork")], RDP, False),
    "the load balancer's probe": ([rule(source="AzureLoadBalancer")], RDP, False),
    "private and public in one list": (
        [several("sourceAddressPrefixes", ["10.0.0.0/8", "198.51.100.0/24"])],
        RDP,
        True,
    ),
    "only private in the list": ([several("sourceAddressPrefixes", ["10.0.0.0/8", "192.168.1.0/24"])], RDP, False),
    "an empty list beside a star": ([rule(sourceAddressPrefixes=[])], RDP, True),
    "an empty text beside a list": ([rule(source="", sourceAddressPrefixes=["10.0.0.0/8"])], RDP, False),
    "both spellings at once": ([rule(source="10.0.0.0/8", sourceAddressPrefixes=["Internet"])], RDP, True),
    "an application security group": (
        [rule(source=..., sourceApplicationSecurityGroups=[FIRST_GROUP])],
        RDP,
        False,
    ),
    "the port in a range": ([rule(ports="3000-4000")], RDP, True),
    "the port at the start of a range": ([rule(ports="3389-4000")], RDP, True),
    "the port at the end of a range": ([rule(ports="3000-3389")], RDP, True),
    "a range that ends one port before": ([rule(ports="3000-3388")], RDP, False),
    "every port": ([rule(ports="*")], RDP, True),
    "the port in a list": ([several("destinationPortRanges", ["22", "3389"])], RDP, True),
    "the port in a list of ranges": ([several("destinationPortRanges", ["22", "3380-3390"])], RDP, True),
    "a list without the port": ([several("destinationPortRanges", ["22", "443"])], RDP, False),
    "another port": ([rule(ports="443")], RDP, False),
    "any protocol": ([rule(protocol="*")], RDP, True),
    "the protocol in capitals": ([rule(protocol="TCP")], RDP, True),
    "UDP, asked about TCP": ([rule(protocol="Udp")], RDP, False),
    "UDP, asked about UDP": ([rule(protocol="Udp")], inbound(3389, "Udp"), True),
    "ICMP opens no port": ([rule(protocol="Icmp", ports="*")], RDP, False),
    "access in small letters": ([rule("allow")], RDP, True),
    "the other direction": ([rule(direction="Outbound")], RDP, False),
    "an earlier Deny for everyone": ([first(source="*"), rule()], RDP, False),
    "an earlier Deny for the Internet": ([first(source="Internet"), rule()], RDP, False),
    "a later Deny for everyone": ([rule(), first(priority=300)], RDP, True),
    "a Deny of the same priority": ([rule(), first(priority=200)], RDP, True),
    "an earlier Deny for a part": ([first(source="203.0.113.0/24"), rule(source="203.0.112.0/23")], RDP, True),
    "two earlier Denies for both halves": (
        [first(source="203.0.112.0/24"), first(source="203.0.113.0/24", priority=101), rule(source="203.0.112.0/23")],
        RDP,
        False,
    ),
    "an earlier Deny that is wider": ([first(source="203.0.0.0/16"), rule(source="203.0.113.0/24")], RDP, False),
    "an earlier Deny for IPv4 only": ([first(source="0.0.0.0/0"), rule()], RDP, True),
    "earlier Denies for both versions": (
        [first(source="0.0.0.0/0"), first(source="::/0", priority=101), rule()],
        RDP,
        False,
    ),
    "an earlier Deny for our own network": ([first(source="VirtualNetwork"), rule()], RDP, True),
    "an earlier Deny for another port": ([first(ports="22"), rule()], RDP, True),
    "an earlier Deny for UDP": ([first(protocol="Udp"), rule()], RDP, True),
    "an earlier Deny for every protocol": ([first(protocol="*", ports="*"), rule()], RDP, False),
    "an earlier Deny from some source ports": ([first(sourcePortRange="1024-65535"), rule()], RDP, True),
    "an earlier Deny from the source ports allowed": (
        [first(sourcePortRange="1024-65535"), rule(sourcePortRange="2000-3000")],
        RDP,
        False,
    ),
    "an earlier Deny to some machines": ([first(to="10.0.1.0/24"), rule()], RDP, True),
    "an earlier Deny to the machines allowed": ([first(to="10.0.0.0/16"), rule(to="10.0.1.0/24")], RDP, False),
    "an earlier Deny to our own network": ([first(to="VirtualNetwork"), rule()], RDP, False),
    "an earlier Deny to another group of machines": (
        [
            first(to=..., destinationApplicationSecurityGroups=[OTHER_GROUP]),
            rule(to=..., destinationApplicationSecurityGroups=[FIRST_GROUP]),
        ],
        RDP,
        True,
    ),
    "an earlier Deny to the same group of machines": (
        [
            first(to=..., destinationApplicationSecurityGroups=[FIRST_GROUP]),
            rule(to=..., destinationApplicationSecurityGroups=[FIRST_GROUP]),
        ],
        RDP,
        False,
    ),
    "an earlier Allow for our own network, then a Deny, then anyone": (
        [first("Allow", "VirtualNetwork", priority=90), first(), rule()],
        RDP,
        False,
    ),
    "every port asked, one open": ([rule()], inbound(ALL_PORTS), False),
    "every port asked, every port open": ([rule(ports="*")], inbound(ALL_PORTS), True),
    "every port asked, open in two halves": (
        [several("destinationPortRanges", ["0-1023", "1024-65535"])],
        inbound(ALL_PORTS),
        True,
    ),
    "outbound by Azure's default": ([], outbound(25), True),
    "outbound after a Deny to the Internet": (
        [first(direction="Outbound", ports="25", to="Internet")],
        outbound(25),
        False,
    ),
    "outbound after a Deny from our own network": (
        [first(direction="Outbound", source="VirtualNetwork", ports="25")],
        outbound(25),
        False,
    ),
    "outbound after a Deny to a part": ([first(direction="Outbound", ports="25", to=PARTNER)], outbound(25), True),
    "outbound, an inbound Deny changes nothing": ([first(ports="25")], outbound(25), True),
}


@pytest.mark.parametrize(("rules", "question", "is_open"), CASES.values(), ids=CASES)
def test_the_public_internet_gets_through_or_not(rules, question, is_open):
    """Somebody on the public Internet is found among those let through, or nobody is."""
    assert bool(strangers(ask(rules, question))) is is_open


UNREADABLE = {
    "an unknown source": rule(source={"$unknown": True}),
    "a list with an unknown source": several("sourceAddressPrefixes", ["10.0.0.0/8", {"$unknown": True}]),
    "no source": rule(source=...),
    "an empty list of sources": several("sourceAddressPrefixes", []),
    "a source that is no address": rule(source="10.0.0.0/33"),
    "a range that runs backwards": rule(source="10.0.0.9-10.0.0.1"),
    "a range of two versions": rule(source="10.0.0.1-::1"),
    "no ports": rule(ports=...),
    "unknown ports": rule(ports={"$unknown": True}),
    "a port past the last": rule(ports="65536"),
    "ports that run backwards": rule(ports="90-80"),
    "two ports in one text": rule(ports="22,3389"),
    "no source ports": rule(sourcePortRange=...),
    "an unknown priority": rule(priority={"$unknown": True}),
    "no access": rule(access=...),
    "an access nobody knows": rule("Maybe"),
    "a protocol nobody knows": rule(protocol="Quic"),
    "a direction nobody knows": rule(direction="Sideways"),
    "an unknown application security group": rule(
        source=..., sourceApplicationSecurityGroups=[{"id": {"$unknown": True}}]
    ),
    "an unknown Deny before an open rule": first(source={"$unknown": True}),
    "a service tag of unknown addresses": rule(source="AzureCloud.uksouth"),
}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_not_judged(unreadable):
    """A rule that bears on the question and cannot be read leaves it unanswered."""
    with pytest.raises(Unseen):
        strangers(ask([unreadable], RDP))


BESIDE_THE_POINT = {
    "another port": rule(ports="443", source={"$unknown": True}),
    "another direction": rule(direction="Outbound", source={"$unknown": True}),
    "another protocol": rule(protocol="Udp", source={"$unknown": True}),
}


@pytest.mark.parametrize("unreadable", BESIDE_THE_POINT.values(), ids=BESIDE_THE_POINT)
def test_a_rule_beside_the_point_need_not_be_readable(unreadable):
    """An unknown source of a rule about something else does not leave the question unanswered."""
    assert strangers(ask([unreadable], RDP)) == ()


def test_a_tag_that_somebody_vouches_for_is_no_stranger():
    """A service tag in the list given is let through, whatever its case."""
    found = ask([rule(source="AzureCloud")], RDP)
    assert strangers(found, tags=["azurecloud"]) == ()


def test_a_certain_opening_counts_more_than_an_uncertain_tag():
    """Where one rule is open for certain, a tag beside it does not hide it."""
    found = ask([rule(source="AzureCloud"), rule(source="Internet", priority=201)], RDP)
    assert told(strangers(found)) == "Internet by rule group-rule-1"


def test_a_deny_for_everyone_clears_a_tag():
    """Whatever addresses a service tag has, a Deny for all of them covers it."""
    assert strangers(ask([first(), rule(source="AzureCloud")], RDP)) == ()


KNOWN = {
    "the partner's range": ([PARTNER], False),
    "half of it": (["203.0.113.128/25"], False),
    "twice its range": (["203.0.112.0/23"], True),
    "its range and an address more": ([PARTNER, "198.51.100.1"], True),
    "its range and our own network": ([PARTNER, "10.0.0.0/8"], False),
}


@pytest.mark.parametrize(("sources", "is_open"), KNOWN.values(), ids=KNOWN)
def test_known_ends_are_no_strangers(sources, is_open):
    """Only what is left when the known ends are taken away is a stranger."""
    found = ask([several("sourceAddressPrefixes", sources, ports="25")], inbound(25))
    assert bool(strangers(found, known=ends_of([PARTNER]))) is is_open


def test_inline_rules_count_as_those_declared_on_their_own():
    """A group that lists its rules inline is judged the same, and the rule is named by its own name."""
    group = resource(
        NETWORK_SECURITY_GROUP, "group", {"securityRules": [{**rule(source="0.0.0.0/0"), "name": "allow-rdp"}]}
    )
    assert told(strangers(openings(estate_of(group), group, RDP))) == "0.0.0.0/0 by rule allow-rdp"


def test_another_groups_rules_do_not_count():
    """Only the rules of the group asked are looked at."""
    group = resource(NETWORK_SECURITY_GROUP, "group", {})
    other = resource(NETWORK_SECURITY_GROUP, "other", {})
    assert strangers(openings(estate_of(group, other, *rules_of("other", [rule()])), group, RDP)) == ()


CHANGES = {
    "one source": (rule(), {"sourceAddressPrefix": "VirtualNetwork"}),
    "a list of sources": (several("sourceAddressPrefixes", ["Internet"]), {"access": "Deny"}),
}


@pytest.mark.parametrize(("open_rule", "change"), CHANGES.values(), ids=CHANGES)
def test_the_change_offered_closes_the_rule(open_rule, change):
    """The remedy names one property, and the group is closed once it is made."""
    assert narrowed(strangers(ask([open_rule], RDP))[0]) == change
    assert strangers(ask([{**open_rule, **change}], RDP)) == ()


BOTH_ENDS = {
    "neither end has a group": (None, None, "* by want of a security group"),
    "both groups are open": ([rule()], [rule()], "* by rule subnet-rule-0 and interface-rule-0"),
    "only the subnet's group is open": ([rule()], [], ""),
    "only the interface's group is open": ([], [rule()], ""),
    "no group at the subnet": (None, [rule(source="Internet")], "Internet by rule interface-rule-0"),
    "no group at the interface": ([rule(source="Internet")], None, "Internet by rule subnet-rule-0"),
    "the groups allow different strangers": ([rule(source=PARTNER)], [rule(source="198.51.100.0/24")], ""),
    "the interface allows a part of the subnet's": (
        [rule()],
        [rule(source=PARTNER)],
        f"{PARTNER} by rule subnet-rule-0 and interface-rule-0",
    ),
    "the subnet allows a part of the interface's": (
        [rule(source=PARTNER)],
        [rule(source="Internet")],
        f"{PARTNER} by rule subnet-rule-0 and interface-rule-0",
    ),
}


def at_both_ends(subnet_rules, interface_rules) -> tuple[IndexedEstate, Resource]:
    """Make an interface in a subnet, each with a group of those rules, or with none."""
    made = []
    for name, rules in (("subnet", subnet_rules), ("interface", interface_rules)):
        if rules is not None:
            made += [resource(NETWORK_SECURITY_GROUP, name, {}), *rules_of(name, rules)]
    guards = [
        {} if rules is None else {"networkSecurityGroup": {"id": {"$reference": name}}}
        for name, rules in (("subnet", subnet_rules), ("interface", interface_rules))
    ]
    address = {"ipConfigurations": [{"name": "first", "subnet": {"id": {"$reference": "exchange"}}}]}
    card = resource(NETWORK_INTERFACE, "card", {**address, **guards[1]})
    return estate_of(*made, resource(SUBNET, "exchange", guards[0]), card), card


@pytest.mark.parametrize(("subnet_rules", "interface_rules", "expected"), BOTH_ENDS.values(), ids=BOTH_ENDS)
def test_traffic_passes_only_where_both_ends_allow_it(subnet_rules, interface_rules, expected):
    """What reaches a machine has passed its subnet's group and its interface's, where there is one."""
    estate, card = at_both_ends(subnet_rules, interface_rules)
    assert told(strangers(interface_openings(estate, card, RDP))) == expected


def test_a_tag_at_one_end_stays_uncertain_at_the_other():
    """A service tag that one group allows may be any of the public addresses that the other allows."""
    estate, card = at_both_ends([rule(source="AzureCloud")], [rule(source="Internet")])
    with pytest.raises(Unseen, match="AzureCloud"):
        strangers(interface_openings(estate, card, RDP))


def test_ranges_that_touch_are_one():
    """Every address denied in two halves is every address, so that even a tag is covered."""
    assert joined([(3, 4), (1, 2)]) == ((1, 4),)
    halves = [
        first(source=half, priority=100 + place) for place, half in enumerate(("0.0.0.0/1", "128.0.0.0/1", "::/0"))
    ]
    assert strangers(ask([*halves, rule(source="AzureCloud")], RDP)) == ()
