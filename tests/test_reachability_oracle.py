"""Interval arithmetic over every address agrees with a walk of the rules, packet by packet."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from audit.addresses import joined, overlap, without
from audit.reachability import ends_of, inbound
from tests.test_reachability import ask, several

SOURCES = (
    "*",
    "Internet",
    "0.0.0.0/0",
    "203.0.113.0/24",
    "203.0.113.0/25",
    "203.0.112.0/22",
    "203.0.113.7",
    "10.0.0.0/8",
)
RANGES = ("203.0.113.5-203.0.113.130", "2001:db8::/33", "::/0")
PORTS = ("*", "25", "20-30", "26-65535", "0-25")
INSIDE = ("203.0.113.0", "203.0.113.7", "203.0.113.127", "203.0.113.128", "203.0.113.131", "2001:db8::1")
OUTSIDE = ("203.0.112.9", "203.0.115.255", "203.0.116.0", "8.8.8.8", "2001:db8:8000::1", "2a00::1")
SAMPLES = tuple(map(ipaddress.ip_address, INSIDE + OUTSIDE))


def holds(source: str, address) -> bool:
    """Tell whether an address is in a source, the plain way: the oracle's own reading."""
    if source in ("*", "Internet"):
        return True
    if "-" in source:
        low, high = map(ipaddress.ip_address, source.split("-"))
        return address.version == low.version and low <= address <= high
    network = ipaddress.ip_network(source)
    return address.version == network.version and address in network


def port_in(ports: str, port: int) -> bool:
    """Tell whether a port is in a rule's range, the plain way."""
    low, _, high = ports.partition("-")
    return ports == "*" or int(low) <= port <= int(high or low)


RULES = st.lists(
    st.tuples(
        st.sampled_from(("Allow", "Deny")),
        st.lists(st.sampled_from(SOURCES + RANGES), min_size=1, max_size=3),
        st.sampled_from(PORTS),
        st.sampled_from(("Tcp", "Udp", "*", "Icmp")),
    ),
    max_size=6,
)


def decided(rules, address, port: int, protocol: str) -> bool:
    """Walk the rules for one packet: the first that matches decides, and what none matches is denied."""
    for access, sources, ports, spoken in rules:
        if spoken in ("*", protocol) and port_in(ports, port) and any(holds(source, address) for source in sources):
            return access == "Allow"
    return False


@given(RULES, st.sampled_from((24, 25, 26, 31)), st.sampled_from(("Tcp", "Udp")), st.booleans())
def test_each_sampled_packet_passes_exactly_where_a_walk_of_the_rules_lets_it(rules, port, protocol, shuffled):
    """Interval arithmetic over all addresses agrees with walking the rules packet by packet."""
    bodies = [
        several("sourceAddressPrefixes", sources, access=access, ports=ports, protocol=spoken, priority=100 + number)
        for number, (access, sources, ports, spoken) in enumerate(rules)
    ]
    found = ask(bodies[::-1] if shuffled else bodies, inbound(port, protocol))
    for address in SAMPLES:
        one = ends_of([str(address)])
        passes = any(opening.ends.and_in(one) for opening in found)
        assert passes is decided(rules, address, port, protocol), address


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda pair: (pair[0], sum(pair))), max_size=5)


def numbers(spans) -> set[int]:
    """Write ranges out number by number."""
    return {number for low, high in spans for number in range(low, high + 1)}


@given(SPANS, SPANS)
def test_arithmetic_on_ranges_is_that_of_sets(left, right):
    """Joining, cutting and overlapping ranges does what the same does to the sets of their numbers."""
    one, two = joined(left), joined(right)
    assert numbers(one) == numbers(left)
    assert numbers(without(one, two)) == numbers(left) - numbers(right)
    assert numbers(overlap(one, two)) == numbers(left) & numbers(right)
