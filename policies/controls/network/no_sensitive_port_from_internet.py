"""No database, directory, file-sharing or management port is open to the Internet, and no group is open altogether.

Catalogue: NET-05.

## Why we promise this
These ports serve machines inside a network: open to everyone, each is a known way in.

## How to keep it
Give the rule `source_address_prefix="VirtualNetwork"`, or delete it. The ports are the target
`network.sensitive_ports`; plain HTTP is among them, since a rule cannot show that a server only redirects. TCP and
UDP are both looked at.
"""

from audit.kinds.network import NETWORK_SECURITY_GROUP, SECURITY_RULE
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Unseen, Verdict, broken, kept
from audit.reachability import ALL_PORTS, Gate, Question, inbound, narrowed, strangers, told

ON = NETWORK_SECURITY_GROUP
NEEDS = (SECURITY_RULE,)
SEVERITY = Severity.CRITICAL


def judge(group: Resource, estate: Estate, targets: Targets) -> Ruling:
    ports = targets.names("network.sensitive_ports")
    tags = targets.names("network.trusted_service_tags", may_be_empty=True)
    gate = Gate(estate, group)
    unseen: Unseen | None = None
    for question in _questions(ports):
        try:
            ways = strangers(gate.openings(question), tags=tags)
        except Unseen as error:
            # A port that is open for certain counts more than one that cannot be told.
            unseen = unseen or error
            continue
        if ways:
            what = f"{question.protocol.upper()} {_spelt(question.ports)}"
            return broken(f"{what} is open to {told(ways)}", change=narrowed(ways[0]), subject=ways[0].rule)
    if unseen:
        raise unseen
    return kept(f"closed to the Internet: {', '.join(ports)}, and no rule opens every port")


def _questions(ports: tuple[str, ...]) -> list[Question]:
    """Ask about every port by itself: a rule may open one of a range."""
    spans = [port.partition("-") for port in ports]
    single = [number for first, _, last in spans for number in range(int(first), int(last or first) + 1)]
    asked = [ALL_PORTS, *((port, port) for port in single)]
    return [inbound(span, protocol) for span in asked for protocol in ("Tcp", "Udp")]


def _spelt(span: tuple[int, int]) -> str:
    return str(span[0]) if span[0] == span[1] else "on every port"


_TARGETS = {"network.sensitive_ports": ["389", "445", "1433-1434"], "network.trusted_service_tags": []}
_RULE = {
    "networkSecurityGroupName": {"$reference": "it"},
    "priority": 200,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "Internet",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "443",
}


def _rule(**changed: object) -> Neighbour:
    return Neighbour(SECURITY_RULE, {**_RULE, **changed}, name="allow-in")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_rule(),), _TARGETS, note="HTTPS alone"),
    Example(Verdict.KEPT, {}, (_rule(destinationPortRange="1435-1500"),), _TARGETS, note="one port above"),
    Example(
        Verdict.KEPT,
        {},
        (_rule(destinationPortRange="445", sourceAddressPrefix="10.0.0.0/8"),),
        _TARGETS,
        note="from private addresses",
    ),
    Example(Verdict.BROKEN, {}, (_rule(destinationPortRange="1434-1500"),), _TARGETS, note="the end of a range"),
    Example(
        Verdict.BROKEN,
        {},
        (_rule(destinationPortRange=None, destinationPortRanges=["443", "445"]),),
        _TARGETS,
        note="one of a list",
    ),
    Example(Verdict.BROKEN, {}, (_rule(destinationPortRange="*", protocol="*"),), _TARGETS, note="everything"),
    Example(Verdict.BROKEN, {}, (_rule(destinationPortRange="389", protocol="Udp"),), _TARGETS, note="over UDP"),
    Example(
        Verdict.BROKEN,
        {},
        (_rule(destinationPortRange="445", sourceAddressPrefix=None, sourceAddressPrefixes=["10.0.0.0/8", "::/0"]),),
        _TARGETS,
        note="everyone who speaks IPv6",
    ),
    Example(Verdict.UNPROVEN, {}, (_rule(destinationPortRange={"$unknown": True}),), _TARGETS),
    Example(
        Verdict.UNPROVEN,
        {},
        (_rule(destinationPortRange="445", sourceAddressPrefix="Storage.UKSouth"),),
        _TARGETS,
        note="whose tag is it?",
    ),
)
