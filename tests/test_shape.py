"""A body has one shape on every plane, and goes to JSON and back without losing what could not be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.facts import AMBIGUOUS, MISSHAPEN, SECRET, UNKNOWN, Part, Reference, Unseen
from audit.kinds.aws import BUCKET_VERSIONING
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Kind
from audit.shape import from_pulumi, hoist, mark, plain_key, pulumi_path, revive, snake

LINK = Reference("urn:pulumi:s::p::t::other", "id")


@pytest.mark.parametrize(
    ("body", "flat"),
    [
        pytest.param({"a": 1}, {"a": 1}, id="nothing to hoist"),
        pytest.param({"properties": {"a": 1}, "b": 2}, {"a": 1, "b": 2}, id="at the top"),
        pytest.param({"a": {"properties": {"b": 1}}}, {"a": {"b": 1}}, id="one level down"),
        pytest.param({"properties": {"a": {"properties": {"b": 1}}}}, {"a": {"b": 1}}, id="at two depths"),
        pytest.param({"properties": {"properties": {"a": 1}}}, {"a": 1}, id="one inside another"),
        pytest.param({"a": [{"properties": {"b": 1}}, {"c": 2}]}, {"a": [{"b": 1}, {"c": 2}]}, id="inside a list"),
        pytest.param({"a": [[{"properties": {"b": 1}}]]}, {"a": [[{"b": 1}]]}, id="inside a list inside a list"),
        pytest.param({"a": ({"properties": {"b": 1}},)}, {"a": [{"b": 1}]}, id="inside a tuple"),
        pytest.param({"properties": {}}, {}, id="empty properties"),
        pytest.param({"properties": None, "a": 1}, {"a": 1}, id="null properties"),
        pytest.param({"properties": {"a": None}}, {"a": None}, id="a null inside"),
        pytest.param({"properties": UNKNOWN, "a": 1}, {"properties": UNKNOWN, "a": 1}, id="unknown properties"),
        pytest.param({"properties": ["a"]}, {"properties": MISSHAPEN}, id="a list that is called properties"),
        pytest.param({"a": 1, "properties": {"a": 1}}, {"a": 1}, id="the same value twice"),
        pytest.param({"a": 1, "properties": {"a": 2}}, {"a": AMBIGUOUS}, id="two values of one name"),
        pytest.param({"x": {"a": 1, "properties": {"a": 2}}}, {"x": {"a": AMBIGUOUS}}, id="two values, further down"),
        pytest.param(
            {"tags": {"properties": {"a": 1}, "a": 2}}, {"tags": {"properties": {"a": 1}, "a": 2}}, id="tags untouched"
        ),
        pytest.param(
            {"properties": {"tags": {"properties": {"a": 1}}}},
            {"tags": {"properties": {"a": 1}}},
            id="tags untouched below properties",
        ),
        pytest.param(
            {"identity": {"userAssignedIdentities": {"/id/properties": {"properties": {"a": 1}}}}},
            {"identity": {"userAssignedIdentities": {"/id/properties": {"properties": {"a": 1}}}}},
            id="ids as keys untouched",
        ),
    ],
)
def test_properties_are_hoisted(body, flat):
    """What stands in `properties` stands in its parent, and two values of one name are neither."""
    assert hoist(body) == flat


def test_an_ambiguous_value_is_unproven():
    """Neither of the two may decide."""
    with pytest.raises(Unseen, match="^a stands twice with different values$"):
        Part("it", "", hoist({"a": 1, "properties": {"a": 2}})).read("a", int)


def test_hoisting_leaves_the_original_alone():
    """Bodies are frozen: the one that came in may be used again."""
    body = {"properties": {"a": {"properties": {"b": 1}}}}
    hoist(body)
    assert body == {"properties": {"a": {"properties": {"b": 1}}}}


def renaming(**renamed):
    """Make a kind whose ARM paths are spelt differently in Pulumi; `__` stands for a dot."""
    return Kind(
        arm="Some/thing",
        api="",
        pulumi=("some:Thing",),
        renamed={arm.replace("__", "."): pulumi.replace("__", ".") for arm, pulumi in renamed.items()},
    )


@pytest.mark.parametrize(
    ("kind", "inputs", "body"),
    [
        pytest.param(None, {"properties": {"a": 1}}, {"a": 1}, id="no row"),
        pytest.param(renaming(arm="pul"), {"pul": 1, "x": 2}, {"arm": 1, "x": 2}, id="a name"),
        pytest.param(renaming(arm="pul"), {"x": 2}, {"x": 2}, id="a name that is not set"),
        pytest.param(renaming(arm="pul"), {"pul": None}, {"arm": None}, id="a null"),
        pytest.param(renaming(arm="pul"), {"pul": {"a": 1}}, {"arm": {"a": 1}}, id="a whole object"),
        pytest.param(renaming(o__arm="o__pul"), {"o": {"pul": 1, "x": 2}}, {"o": {"arm": 1, "x": 2}}, id="dotted"),
        pytest.param(
            renaming(o__arm="o__pul"), {"o": [{"pul": 1}, {"pul": 2}]}, {"o": [{"arm": 1}, {"arm": 2}]}, id="in a list"
        ),
        pytest.param(
            renaming(arm="o__pul"), {"o": {"pul": 1, "x": 2}}, {"arm": 1, "o": {"x": 2}}, id="out of an object"
        ),
        pytest.param(renaming(o__arm="pul"), {"pul": 1}, {"o": {"arm": 1}}, id="into an object that is not there"),
        pytest.param(renaming(o__arm="pul"), {"pul": 1, "o": {"x": 2}}, {"o": {"x": 2, "arm": 1}}, id="into an object"),
        pytest.param(
            renaming(e__i__arm="e__p__pul"),
            {"e": {"p": {"pul": 1}}},
            {"e": {"p": {}, "i": {"arm": 1}}},
            id="from one object to its neighbour",
        ),
        pytest.param(
            renaming(l__arm="l__o__pul"),
            {"l": [{"o": {"pul": 1}}, {"o": {}}]},
            {"l": [{"arm": 1, "o": {}}, {"o": {}}]},
            id="out of an object in each element",
        ),
        pytest.param(
            renaming(arm="o__p__pul"), {"o": {"p": {"pul": 1}}}, {"o": {"p": {}}, "arm": 1}, id="from deep down"
        ),
        pytest.param(renaming(arm="o__pul"), {"o": UNKNOWN}, {"o": UNKNOWN, "arm": UNKNOWN}, id="out of an unknown"),
        pytest.param(renaming(arm="o__pul"), {"o": LINK}, {"o": LINK, "arm": UNKNOWN}, id="out of a reference"),
        pytest.param(renaming(arm="o__pul"), {"o": "text"}, {"o": "text"}, id="out of a text"),
        pytest.param(renaming(o__arm="o__pul"), {"o": UNKNOWN}, {"o": UNKNOWN}, id="inside an unknown"),
        pytest.param(renaming(arm="pul"), {"properties": {"pul": 1}}, {"arm": 1}, id="after hoisting"),
    ],
)
def test_a_renamed_property_gets_arms_name(kind, inputs, body):
    """A control reads one name on every plane."""
    assert from_pulumi(kind, inputs) == body


def test_the_row_of_a_real_kind_renames_at_every_depth():
    """The storage account has all three: a plain name, an object and a name that moves between objects."""
    inputs = {
        "enableHttpsTrafficOnly": True,
        "networkRuleSet": {"defaultAction": "Deny"},
        "encryption": {"encryptionIdentity": {"encryptionUserAssignedIdentity": LINK}},
    }
    body = Part("it", "", from_pulumi(STORAGE_ACCOUNT, inputs))
    assert body.read("supportsHttpsTrafficOnly", bool) is True
    assert body.read("networkAcls.defaultAction", str) == "Deny"
    assert body.link("encryption.identity.userAssignedIdentity") == LINK


def test_an_unknown_object_does_not_make_a_renamed_property_absent():
    """A default must not stand in for what hides in it."""
    body = Part("it", "", from_pulumi(BUCKET_VERSIONING, {"versioningConfiguration": UNKNOWN}))
    with pytest.raises(Unseen):
        body.read("status", str, absent="Enabled")


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="$"), min_size=1, max_size=6)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from([UNKNOWN, SECRET, AMBIGUOUS, MISSHAPEN]),
    st.builds(Reference, KEYS, KEYS, st.text(max_size=8)),
)
BODIES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@given(BODIES)
def test_a_body_survives_json(body):
    """Markers and references come back as what they were, through JSON text."""
    assert revive(json.loads(json.dumps(mark(body)))) == body


@given(st.dictionaries(KEYS, LEAVES, min_size=2, max_size=6))
def test_the_order_of_keys_leaves_no_trace(body):
    """Two runs of one program write the same bytes."""
    turned = dict(reversed(body.items()))
    assert json.dumps(mark(body)) == json.dumps(mark(turned))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param({"$unknown": True}, UNKNOWN, id="unknown"),
        pytest.param({"$secret": True}, SECRET, id="secret"),
        pytest.param({"$reference": "urn:x"}, Reference("urn:x", "id"), id="the id of another"),
        pytest.param(
            {"$reference": "urn:x", "property": "name"}, Reference("urn:x", "name"), id="a property of another"
        ),
        pytest.param(
            {"$reference": "urn:x", "property": "id", "suffix": "/databases/master"},
            Reference("urn:x", "id", "/databases/master"),
            id="something below another",
        ),
        pytest.param([{"a": ({"$unknown": True},)}], [{"a": [UNKNOWN]}], id="deep inside"),
        pytest.param("$unknown", "$unknown", id="a text that only looks like it"),
    ],
)
def test_marks_are_read_as_what_they_stand_for(written, value):
    """A snapshot says in plain JSON what could not be seen."""
    assert revive(written) == value


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        pytest.param("minimumTlsVersion", "minimumTlsVersion", id="the same name"),
        pytest.param("supportsHttpsTrafficOnly", "enableHttpsTrafficOnly", id="another name"),
        pytest.param("networkAcls", "networkRuleSet", id="an object"),
        pytest.param("networkAcls.defaultAction", "networkRuleSet.defaultAction", id="inside an object"),
        pytest.param("networkAcls.ipRules[0].value", "networkRuleSet.ipRules[0].value", id="inside a list"),
        pytest.param("networkAcls[2].value", "networkRuleSet[2].value", id="an object in a list"),
        pytest.param("networkAclsOfMine", "networkAclsOfMine", id="a longer name that begins the same"),
        pytest.param("mine.networkAcls", "mine.networkAcls", id="the name further down"),
        pytest.param(
            "encryption.keyvaultproperties.keyname", "encryption.keyVaultProperties.keyName", id="every step renamed"
        ),
        pytest.param(
            "encryption.identity.userAssignedIdentity",
            "encryption.encryptionIdentity.encryptionUserAssignedIdentity",
            id="an object inside",
        ),
        pytest.param("encryption.keySource", "encryption.keySource", id="beside what is renamed"),
    ],
)
def test_a_path_is_spelt_as_pulumi_does(path, spelt):
    """A remedy speaks to who writes the program."""
    assert pulumi_path(STORAGE_ACCOUNT, path) == spelt
    assert pulumi_path(None, path) == path


def test_positions_are_left_out_where_the_path_has_another_length():
    """A position would stand at the wrong step."""
    assert pulumi_path(BUCKET_VERSIONING, "status") == "versioningConfiguration.status"
    assert pulumi_path(renaming(a__b="x"), "a[1].b.c[2]") == "x.c[2]"


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("location", "location"),
        ("allowBlobPublicAccess", "allow_blob_public_access"),
        ("minimumTlsVersion", "minimum_tls_version"),
        ("publicIPAddress", "public_ip_address"),
        ("azureADOnlyAuthentication", "azure_ad_only_authentication"),
        ("enableRBAC", "enable_rbac"),
        ("ipv4Address", "ipv4_address"),
        ("http20Enabled", "http20_enabled"),
        ("securityRules[0]", "security_rules[0]"),
    ],
)
def test_a_property_is_spelt_as_python_does(name, python):
    """Capitals that belong together stay together."""
    assert snake(name) == python


@pytest.mark.parametrize(
    "path",
    [
        "networkRuleSet.ipRules[0].value",
        "network_rule_set.ip_rules[0].value",
        "properties.networkRuleSet.properties.ipRules[0].value",
        "network_rule_set.ip_rules.0.value",
    ],
)
def test_spellings_of_one_path_compare_equal(path):
    """The line of a property is found however the program spells it."""
    assert plain_key(path) == "networkruleset.iprules.0.value"
