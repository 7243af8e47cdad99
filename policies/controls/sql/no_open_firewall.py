"""No firewall rule opens a SQL server.

Catalogue: SQL-06.

## Why we promise this
A rule from 0.0.0.0 lets in every tenant of Azure or the whole internet, whatever else the network forbids.

## How to keep it
Remove the `sql.FirewallRule`: a server with a private endpoint needs none. Where one must stay, keep
`start_ip_address` and `end_ip_address` within the few addresses that `targets.toml` allows.
"""

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from audit.kinds.sql import FIREWALL_RULE, IPV6_FIREWALL_RULE, SQL_SERVER
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

ON = SQL_SERVER
NEEDS = (FIREWALL_RULE, IPV6_FIREWALL_RULE)
SEVERITY = Severity.CRITICAL
ANYWHERE = IPv4Address(0)


def judge(server: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.number("sql.firewall_addresses")
    rules = (*estate.children(server, FIREWALL_RULE), *estate.children(server, IPV6_FIREWALL_RULE))
    shut = kept(f"no firewall rule opens the server, of {len(rules)} seen")
    # Every rule is read, the ones behind an open one too: a second one is other evidence.
    return every(lambda rule: _judge_rule(rule, promised, shut), rules) if rules else shut


def _judge_rule(rule: Resource, promised: int, shut: Ruling) -> Ruling:
    """Rule on one firewall rule; raises `Unseen` where it does not say what it lets in."""
    start, end = _ends(rule)
    seen = int(end) - int(start) + 1
    if seen < 1:
        raise Unseen(f"{rule.name} ends at {end}, before it starts at {start}")
    if int(start) == int(ANYWHERE):
        return broken(f"{rule.name} opens the server from {start} to {end}; remove it", subject=rule)
    if seen > promised:
        return broken(f"{rule.name} lets in {seen} addresses, promised at most {promised}", subject=rule)
    return shut


def _ends(rule: Resource) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    """Return the first and the last address that a rule lets in; raises `Unseen` where one is none of its version."""
    if same(rule.type, FIREWALL_RULE.arm):
        return _address(rule, "startIpAddress", IPv4Address), _address(rule, "endIpAddress", IPv4Address)
    return _address(rule, "startIPv6Address", IPv6Address), _address(rule, "endIPv6Address", IPv6Address)


def _address(rule: Resource, path: str, version: type[IPv4Address | IPv6Address]) -> IPv4Address | IPv6Address:
    """Return the address at `path`; raises `Unseen` where it is none of that version."""
    text = rule.read(path, str)
    try:
        return version(text)
    except AddressValueError as error:
        raise Unseen(f"{path} of {rule.name} is no address: {text!r}") from error


def _rule(start: object, end: object) -> tuple[Neighbour, ...]:
    body = {"serverName": {"$reference": "it"}, "startIpAddress": start, "endIpAddress": end}
    return (Neighbour(FIREWALL_RULE, body, name="rule"),)


_C = {"sql.firewall_addresses": 256}


def _six(start: str, end: object) -> tuple[Neighbour, ...]:
    body = {"serverName": {"$reference": "it"}, "startIPv6Address": start, "endIPv6Address": end}
    return (Neighbour(IPV6_FIREWALL_RULE, body, name="six"),)


EXAMPLES = (
    Example(Verdict.KEPT, {}, _six("2001:db8::1", "2001:db8::f"), _C, "a few addresses of version 6"),
    Example(Verdict.BROKEN, {}, _six("2001:db8::", "2001:db8::ffff"), _C, "many addresses of version 6"),
    Example(Verdict.BROKEN, {}, _six("::", "::1"), _C),
    Example(Verdict.UNPROVEN, {}, _six("2001:db8::1", {"$unknown": True}), _C),
    Example(Verdict.UNPROVEN, {}, _rule("203.0.113.7", "0.0.0.1"), _C, "it ends before it starts"),
    Example(Verdict.KEPT, {}, targets=_C, note="no rule"),
    Example(Verdict.KEPT, {}, _rule("192.0.2.7", "192.0.2.7"), _C, "one address"),
    Example(Verdict.KEPT, {}, _rule("192.0.2.0", "192.0.2.255"), _C, "256 addresses"),
    Example(Verdict.BROKEN, {}, _rule("192.0.2.0", "192.0.3.0"), _C, "257 addresses"),
    Example(Verdict.BROKEN, {}, _rule(str(ANYWHERE), str(ANYWHERE)), _C, "every tenant of Azure"),
    Example(Verdict.BROKEN, {}, _rule(str(ANYWHERE), "255.255.255.255"), _C, "the whole internet"),
    Example(Verdict.BROKEN, {}, _rule("0.0.0.1", "255.255.255.255"), _C, "nearly the whole internet"),
    Example(Verdict.UNPROVEN, {}, _rule(None, "192.0.2.7"), _C),
    Example(Verdict.UNPROVEN, {}, _rule("192.0.2.x", "192.0.2.7"), _C, "no address at all"),
)
