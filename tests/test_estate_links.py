"""The estate follows links both ways, and gives children listed inside their parent the shape of declared ones."""

import pytest

from audit.estate import IndexedEstate
from audit.facts import UNKNOWN, Cause, Reference, Unseen
from audit.kinds.network import NETWORK_SECURITY_GROUP, PRIVATE_ENDPOINT, SECURITY_RULE, SUBNET, VIRTUAL_NETWORK
from audit.kinds.sql import FIREWALL_RULE, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Gap, Plane, Snapshot, Source
from tests.made import thing
from tests.support import NOON

GROUP = "/subscriptions/s/resourceGroups/g/providers"
LIVE_ACCOUNT = f"{GROUP}/Microsoft.Storage/storageAccounts/files"


def estate(*resources, gaps=()):
    """Index what was seen."""
    return IndexedEstate(
        Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=resources, gaps=tuple(gaps))
    )


GUARD = "urn:guard"
OPEN, SHUT = {"name": "open", "access": "Allow"}, {"name": "shut", "access": "Deny"}


def guard(**body):
    """Declare a security group, whose rules may stand inside it."""
    source = Source("net.py", 10, {"securityrules": 12, "securityrules.1": 20, "securityrules.1.access": 22})
    return thing(NETWORK_SECURITY_GROUP, GUARD, body, name="guard", source=source)


def test_children_listed_inline_and_declared_ones_have_one_shape():
    """A control reads a rule the same way wherever it was written."""
    parent = guard(securityRules=[OPEN, SHUT])
    declared = thing(SECURITY_RULE, "urn:own", {"access": "Deny", "networkSecurityGroupName": Reference(GUARD, "name")})
    seen = estate(parent, declared)
    found = seen.children(parent, SECURITY_RULE)
    assert found == seen.of(SECURITY_RULE)
    assert [(one.name, one.read("access", str)) for one in found] == [
        ("urn:own", "Deny"),
        ("guard/open", "Allow"),
        ("guard/shut", "Deny"),
    ]
    assert all(one.type == SECURITY_RULE.arm and seen.parent(one) is parent for one in found)


def test_two_inline_children_of_one_name_are_not_known():
    """One of them would be lost, and it may be the one that is open."""
    twin = {**SHUT, "name": OPEN["name"]}
    seen = estate(guard(securityRules=[OPEN, twin]))
    with pytest.raises(Unseen, match="have one name"):
        seen.children(seen.get(GUARD), SECURITY_RULE)


def test_two_resources_of_one_id_that_differ_are_both_judged():
    """A second registration must not hide behind the first."""
    one, two = thing(SECURITY_RULE, "urn:own", {"access": "Deny"}), thing(SECURITY_RULE, "urn:own", {"access": "Allow"})
    assert estate(one, two).of(SECURITY_RULE) == (one, two)


def test_an_inline_child_has_the_line_of_its_element_or_its_parents():
    """A remedy points at what to change."""
    first, second = estate(guard(securityRules=[OPEN, SHUT])).of(SECURITY_RULE)
    assert (first.source.file, first.source.line) == ("net.py", 10)
    assert (second.source.line, second.source.lines) == (20, {"access": 22})


def test_an_inline_child_that_is_listed_on_its_own_is_one():
    """Azure answers a subnet inside its network and by itself."""
    identity = f"{GROUP}/Microsoft.Network/virtualNetworks/n/subnets/s"
    network = thing(
        VIRTUAL_NETWORK, f"{GROUP}/Microsoft.Network/virtualNetworks/n", {"subnets": [{"id": identity, "name": "s"}]}
    )
    own = thing(SUBNET, identity)
    assert len(estate(network, own).of(SUBNET)) == 1
    assert len(estate(network, own).children(network, SUBNET)) == 1


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(UNKNOWN, id="an unknown list"),
        pytest.param(Reference("urn:other", "securityRules"), id="another group's list"),
        pytest.param([OPEN, UNKNOWN], id="an unknown among them"),
        pytest.param([OPEN, Reference("urn:other", "rule")], id="a reference among them"),
        pytest.param("all", id="a text"),
    ],
)
def test_inline_children_that_are_not_known_hide_their_kind(rules):
    """Neither the parent's children nor the whole kind may be taken for complete."""
    parent = guard(securityRules=rules)
    seen = estate(parent, thing(NETWORK_SECURITY_GROUP, "urn:quiet", {"securityRules": []}))
    with pytest.raises(Unseen, match="^the securityRules of guard are not known before deployment$") as caught:
        seen.children(parent, SECURITY_RULE)
    assert caught.value.cause is Cause.UNKNOWN
    assert seen.gap((SECURITY_RULE,)) == Gap(
        "the securityRules of guard are not known before deployment", (SECURITY_RULE.arm,)
    )
    assert seen.gap((NETWORK_SECURITY_GROUP,)) is None
    assert seen.children(seen.of(NETWORK_SECURITY_GROUP)[1], SECURITY_RULE) == ()


@pytest.mark.parametrize("body", [{}, {"securityRules": None}, {"securityRules": []}])
def test_a_parent_without_inline_children_hides_nothing(body):
    """Its children may all be declared on their own."""
    parent = guard(**body)
    seen = estate(parent)
    assert seen.children(parent, SECURITY_RULE) == ()
    assert seen.gap((SECURITY_RULE,)) is None


def test_a_link_leads_to_its_target():
    """By reference or by id, without case, from a resource and from a part of it."""
    target = thing(STORAGE_ACCOUNT, LIVE_ACCOUNT)
    for link in (LIVE_ACCOUNT, LIVE_ACCOUNT.upper(), f"{LIVE_ACCOUNT}/"):
        one = thing(SQL_SERVER, "urn:one", {"a": [{"storage": {"id": link}}]})
        seen = estate(target, one)
        (part,) = one.each("a")
        assert seen.target(part, "storage.id") is target
    declared, one = thing(SQL_SERVER, "urn:Two"), thing(SQL_SERVER, "urn:one", {"a": Reference("urn:Two", "id")})
    assert estate(declared, one).target(one, "a") is declared


@pytest.mark.parametrize(
    ("link", "reason", "cause"),
    [
        pytest.param(
            f"{LIVE_ACCOUNT}x", "a points to something that was not seen", Cause.MISSING, id="an id that is not here"
        ),
        pytest.param(
            f"{LIVE_ACCOUNT}/blobServices/default",
            "a points to something that was not seen",
            Cause.MISSING,
            id="a part of what is here",
        ),
        pytest.param(
            Reference("urn:gone", "id"),
            "a points to something that was not seen",
            Cause.MISSING,
            id="a reference to what is not here",
        ),
        pytest.param(UNKNOWN, "a is not known before deployment", Cause.UNKNOWN, id="an unknown"),
        pytest.param(None, "a was not seen", Cause.MISSING, id="nothing"),
    ],
)
def test_a_target_outside_is_unseen(link, reason, cause):
    """What lies outside cannot be judged."""
    one = thing(SQL_SERVER, "urn:one", {"a": link})
    with pytest.raises(Unseen) as caught:
        estate(one, thing(STORAGE_ACCOUNT, LIVE_ACCOUNT)).target(one, "a")
    assert str(caught.value) == reason
    assert caught.value.cause is cause


CONNECTIONS = "privateLinkServiceConnections[].privateLinkServiceId"


def endpoint(*links, identity="urn:endpoint"):
    """Declare a private endpoint that leads to each of `links`."""
    connections = [{"privateLinkServiceId": link} for link in links]
    return thing(PRIVATE_ENDPOINT, identity, {"privateLinkServiceConnections": connections}, name="endpoint")


def test_what_points_to_a_resource_is_found_through_lists():
    """Every element counts, and a plain path does, too."""
    target = thing(STORAGE_ACCOUNT, LIVE_ACCOUNT)
    one = endpoint("/elsewhere", LIVE_ACCOUNT.upper())
    two = endpoint("/elsewhere", identity="urn:two")
    assert estate(target, one, two).referrers(target, PRIVATE_ENDPOINT, CONNECTIONS) == (one,)
    rule_of = thing(FIREWALL_RULE, "urn:r", {"a": {"id": LIVE_ACCOUNT}})
    assert estate(target, rule_of).referrers(target, FIREWALL_RULE, "a.id") == (rule_of,)


def test_a_link_below_a_resource_is_no_link_to_it():
    """An endpoint to a part of it leads elsewhere."""
    target = thing(STORAGE_ACCOUNT, LIVE_ACCOUNT)
    seen = estate(target, endpoint(f"{LIVE_ACCOUNT}/blobServices/default"))
    assert seen.referrers(target, PRIVATE_ENDPOINT, CONNECTIONS) == ()


@pytest.mark.parametrize("body", [{}, {"privateLinkServiceConnections": None}, {"privateLinkServiceConnections": []}])
def test_what_points_nowhere_refers_to_nothing(body):
    """An absent link is not an unknown one."""
    target, one = thing(STORAGE_ACCOUNT, LIVE_ACCOUNT), thing(PRIVATE_ENDPOINT, "urn:e", body)
    assert estate(target, one).referrers(target, PRIVATE_ENDPOINT, CONNECTIONS) == ()


@pytest.mark.parametrize(
    "connections",
    [
        pytest.param(UNKNOWN, id="an unknown list"),
        pytest.param([UNKNOWN], id="an unknown element"),
        pytest.param([{"privateLinkServiceId": UNKNOWN}], id="an unknown link"),
        pytest.param(Reference("urn:other", "connections"), id="another resource's list"),
        pytest.param([Reference("urn:other", "connection")], id="another resource's element"),
    ],
)
def test_what_does_not_say_where_it_points_may_point_anywhere(connections):
    """So who refers to a resource is not known."""
    target = thing(STORAGE_ACCOUNT, LIVE_ACCOUNT)
    one = thing(PRIVATE_ENDPOINT, "urn:e", {"privateLinkServiceConnections": connections}, name="endpoint")
    with pytest.raises(Unseen, match="^endpoint does not say yet where its ") as caught:
        estate(target, one).referrers(target, PRIVATE_ENDPOINT, CONNECTIONS)
    assert caught.value.cause is Cause.UNKNOWN
