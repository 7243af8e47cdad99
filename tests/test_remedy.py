"""A remedy is the Python that mends a program, with the line it belongs on."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.estate import IndexedEstate
from audit.kinds import UNKNOWN_TYPE
from audit.kinds.network import NETWORK_SECURITY_GROUP, SECURITY_RULE
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Plane, Snapshot, Source, broken, missing
from audit.promises import Change
from audit.remedy import argument, changes, literal, place
from tests.made import thing
from tests.support import NOON

LINES = {"networkruleset": 12, "networkruleset.defaultaction": 14, "networkruleset.iprules.0.value": 16}
ACCOUNT = thing(STORAGE_ACCOUNT, "urn:files", name="files", source=Source("stacks/files.py", 10, LINES))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "True", id="true"),
        pytest.param(False, "False", id="false"),
        pytest.param(None, "None", id="none"),
        pytest.param(35, "35", id="a number"),
        pytest.param(0.5, "0.5", id="a fraction"),
        pytest.param("Deny", '"Deny"', id="a text"),
        pytest.param('a "b" \\ c\n', '"a \\"b\\" \\\\ c\\n"', id="a text with quotes"),
        pytest.param("zwölf", '"zwölf"', id="a text with an umlaut"),
        pytest.param(["a", "b"], '["a", "b"]', id="a list"),
        pytest.param(("a", True), '["a", True]', id="a tuple"),
        pytest.param({"on": False, "names": [None]}, '{"on": False, "names": [None]}', id="an object"),
        pytest.param([], "[]", id="an empty list"),
        pytest.param({}, "{}", id="an empty object"),
    ],
)
def test_a_value_is_spelt_as_python(value, text):
    """It can be pasted."""
    assert literal(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_python_reads_a_literal_back(value):
    """Whatever the value."""
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize(
    ("subject", "path", "value", "code"),
    [
        pytest.param(ACCOUNT, "allowBlobPublicAccess", False, "allow_blob_public_access=False", id="a property"),
        pytest.param(ACCOUNT, "supportsHttpsTrafficOnly", True, "enable_https_traffic_only=True", id="a renamed one"),
        pytest.param(
            ACCOUNT, "networkAcls.defaultAction", "Deny", 'in network_rule_set: default_action="Deny"', id="one within"
        ),
        pytest.param(
            ACCOUNT,
            "networkAcls.ipRules[0].value",
            "192.0.2.0/24",
            'in network_rule_set.ip_rules[0]: value="192.0.2.0/24"',
            id="one within a list",
        ),
        pytest.param(thing(UNKNOWN_TYPE, "urn:x"), "someThing", 1, "some_thing=1", id="of a type without a row"),
        pytest.param(None, "someThing", 1, "some_thing=1", id="of the estate"),
    ],
)
def test_a_property_is_spelt_as_the_argument_that_sets_it(subject, path, value, code):
    """With the arguments it stands within."""
    assert argument(subject, path, value) == code


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param("networkAcls.defaultAction", 14, id="the line that sets it"),
        pytest.param("networkAcls.ipRules[0].value", 16, id="the line in a list"),
        pytest.param("networkAcls.ipRules[1].value", 12, id="the nearest line around it"),
        pytest.param("networkAcls.bypass", 12, id="the object it is missing from"),
        pytest.param("minimumTlsVersion", 10, id="the resource it is missing from"),
        pytest.param("", 10, id="the resource itself"),
    ],
)
def test_a_property_is_found_on_the_nearest_line_around_it(path, line):
    """What is not set yet belongs where the rest of it is set."""
    assert place(ACCOUNT, path) == ("stacks/files.py", line)


@pytest.mark.parametrize("subject", [None, thing(STORAGE_ACCOUNT, "urn:x")], ids=["the estate", "a live resource"])
def test_what_no_file_declares_has_no_place(subject):
    """The change is named without one."""
    assert place(subject, "minimumTlsVersion") == ("", 0)
    ruling = broken("it is old", change={"minimumTlsVersion": "TLS1_2"})
    assert list(changes(subject, ruling)) == [Change(code='minimum_tls_version="TLS1_2"')]


def test_a_property_of_an_inline_child_is_found_in_its_element():
    """The rule stands inside the group that is declared."""
    source = Source("net.py", 10, {"securityrules": 12, "securityrules.1": 20, "securityrules.1.access": 22})
    guard = thing(NETWORK_SECURITY_GROUP, "urn:guard", {"securityRules": [{}, {"access": "Deny"}]}, source=source)
    seen = Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=(guard,))
    _, second = IndexedEstate(seen).of(SECURITY_RULE)
    assert place(second, "access") == ("net.py", 22)
    assert place(second, "priority") == ("net.py", 20)


def test_every_change_is_a_step():
    """In the order the control names them, each with its own line."""
    ruling = broken("it is open", change={"networkAcls.defaultAction": "Deny", "allowBlobPublicAccess": False})
    assert list(changes(ACCOUNT, ruling)) == [
        Change(code='in network_rule_set: default_action="Deny"', file="stacks/files.py", line=14),
        Change(code="allow_blob_public_access=False", file="stacks/files.py", line=10),
    ]


def test_what_is_missing_is_to_be_declared():
    """Beside the resource that lacks it, or anywhere."""
    ruling = missing("nothing locks it", declare="a lock on the account")
    assert list(changes(ACCOUNT, ruling)) == [
        Change(code="declare a lock on the account", file="stacks/files.py", line=10)
    ]
    assert list(changes(None, ruling)) == [Change(code="declare a lock on the account")]
