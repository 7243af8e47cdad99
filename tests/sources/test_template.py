"""What an ARM template declares is seen in the one shape of all planes; what it does not tell is unknown or a gap."""

import pytest

from audit.facts import SECRET, UNKNOWN, Unseen
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Cause, Plane
from audit.sources import template
from tests.sources.templating import ACCOUNT, account, deployment, only
from tests.support import NOON

PARAMETERS = {
    "given": {"type": "string", "defaultValue": "TLS1_2"},
    "settings": {"type": "object", "defaultValue": {"defaultAction": "Deny", "bypass": "[parameters('open')]"}},
    "open": {"type": "string"},
    "hidden": {"type": "securestring", "defaultValue": "hidden-default"},
    "region": {"type": "string", "defaultValue": "[resourceGroup().location]"},
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("TLS1_2", "TLS1_2", id="a text"),
        pytest.param("[[not an expression]", "[not an expression]", id="a text in the escape"),
        pytest.param("[half", "[half", id="a text that only opens as an expression"),
        pytest.param("[parameters('given')]", "TLS1_2", id="a parameter with a default"),
        pytest.param("[ PARAMETERS( 'Given' ) ]", "TLS1_2", id="the same in another case"),
        pytest.param("[parameters('open')]", UNKNOWN, id="a parameter without a value"),
        pytest.param("[parameters('nowhere')]", UNKNOWN, id="a parameter that is not declared"),
        pytest.param("[parameters('region')]", UNKNOWN, id="a default that only Azure works out"),
        pytest.param("[parameters('hidden')]", SECRET, id="a secure parameter"),
        pytest.param("[concat('TLS', '1_2')]", UNKNOWN, id="another expression"),
        pytest.param("[variables('tls')]", UNKNOWN, id="a variable"),
        pytest.param("[if(parameters('open'), 'a', 'b')]", UNKNOWN, id="a choice"),
        pytest.param("[resourceGroup().location]", UNKNOWN, id="what the group says"),
        pytest.param("[parameters('given'", "[parameters('given'", id="a text without the closing bracket"),
        pytest.param("[parameters('given']", UNKNOWN, id="an expression that cannot be read"),
        pytest.param(None, None, id="null"),
    ],
)
def test_a_property_is_what_is_written_out_or_unknown(read, said, meant):
    found = read(account(properties={"minimumTlsVersion": said}), parameters=PARAMETERS, variables={"tls": "TLS1_2"})
    assert only(found).look("minimumTlsVersion") == meant


def test_an_object_parameter_is_read_value_by_value(read):
    found = only(read(account(properties={"networkAcls": "[parameters('settings')]"}), parameters=PARAMETERS))
    assert found.read("networkAcls.defaultAction", str) == "Deny"
    assert found.look("networkAcls.bypass") is UNKNOWN


def test_all_properties_in_one_expression_are_unknown_and_never_absent(read):
    with pytest.raises(Unseen) as unseen:
        only(read(account(properties="[parameters('settings')]"))).read("minimumTlsVersion", str, absent="TLS1_2")
    assert unseen.value.cause is Cause.UNKNOWN


def test_a_loop_inside_a_resource_sets_a_property_nobody_can_tell(read):
    loop = [{"name": "ipRules", "count": 3, "input": {"value": "[parameters('open')]"}}]
    found = only(read(account(properties={"networkAcls": {"copy": loop}})))
    assert found.look("networkAcls.ipRules") is UNKNOWN


def test_a_property_whose_name_is_an_expression_may_be_any(read):
    found = only(read(account(properties={"networkAcls": {"[parameters('open')]": "Allow"}})))
    assert found.look("networkAcls.defaultAction") is UNKNOWN


def test_property_names_are_read_in_any_case(read):
    """Azure does so: https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax."""
    found = only(read(account(Properties={"ALLOWBLOBPUBLICACCESS": True})))
    assert found.read("allowBlobPublicAccess", bool) is True


def test_a_name_that_stands_twice_is_ambiguous(read):
    found = only(read(account(properties={"minimumTlsVersion": "TLS1_2", "MinimumTLSVersion": "TLS1_0"})))
    with pytest.raises(Unseen, match="stands twice"):
        found.read("minimumTlsVersion", str, absent="TLS1_2")


@pytest.mark.parametrize(
    "properties", [{"adminPassword": "hidden-word"}, {"secrets": {"value": "hidden-word", "type": "securestring"}}]
)
def test_a_text_that_is_called_a_secret_is_not_shown(read, properties):
    found = read({"type": "Microsoft.Compute/virtualMachines", "name": "a", "properties": properties})
    assert "hidden-word" not in repr(found)


@pytest.mark.parametrize(
    ("name", "identity", "shown"),
    [
        pytest.param("logs", "logs", "logs", id="written out"),
        pytest.param("[parameters('given')]", "tls1_2", "TLS1_2", id="a parameter's"),
        pytest.param("[concat('a-', parameters('given'))]", "a-tls1_2", "a-TLS1_2", id="put together"),
        pytest.param("[format('a{0}', variables('n'))]", "ab", "ab", id="a variable's"),
        pytest.param("[parameters('open')]", "[parameters('open')]", "[parameters('open')]", id="not known"),
        pytest.param("[uniqueString('a/b')]", "[uniquestring('a%2fb')]", "[uniquestring('a%2Fb')]", id="made up"),
    ],
)
def test_an_id_holds_the_name_as_far_as_it_is_known(read, name, identity, shown):
    found = only(read(account(name), parameters=PARAMETERS, variables={"n": "b"}))
    assert (found.id, found.name) == (f"template:/group/providers/{ACCOUNT.lower()}/{identity}", shown)


def test_an_id_says_nothing_of_where_the_file_lies(read, tmp_path):
    """A baseline and a code host know a finding again after the file was moved."""
    before = only(read(account())).id
    (tmp_path / "moved").mkdir()
    (tmp_path / "main.json").rename(tmp_path / "moved" / "other.json")
    assert only(template.collect(tmp_path / "moved", now=NOON)).id == before


@pytest.mark.parametrize(
    ("more", "count", "hidden"),
    [
        pytest.param({"copy": {"name": "all", "count": 3}}, 1, True, id="a loop is judged once"),
        pytest.param({"condition": "[equals(1, 1)]"}, 1, True, id="a condition for Azure to work out"),
        pytest.param({"condition": "[parameters('open')]"}, 1, True, id="a condition without a value"),
        pytest.param({"condition": "[parameters('yes')]"}, 1, False, id="a condition that is met"),
        pytest.param({"condition": True}, 1, False, id="true"),
        pytest.param({"condition": False}, 0, False, id="false"),
        pytest.param({"condition": "[parameters('no')]"}, 0, False, id="a condition that is not met"),
        pytest.param({"existing": True}, 1, False, id="looked up, where ARM knows no such word"),
    ],
)
def test_what_may_be_there_is_judged_and_proves_nothing_for_others(read, more, count, hidden):
    parameters = {"yes": {"type": "bool", "defaultValue": True}, "no": {"type": "bool", "defaultValue": False}}
    found = read(account(**more), parameters=parameters)
    assert len(found.resources) == count
    assert any(gap.kinds == (STORAGE_ACCOUNT.arm,) for gap in found.gaps) is hidden


def test_what_stands_inside_a_loop_is_repeated_with_it(read):
    child = {"type": "blobServices", "name": "default"}
    found = read(account(copy={"name": "a", "count": 2}, resources=[child]))
    assert {kind for gap in found.gaps for kind in gap.kinds} == {STORAGE_ACCOUNT.arm, BLOB_SERVICE.arm}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"name": "no type"}, id="no type"),
        pytest.param({"type": "[parameters('type')]", "name": "a"}, id="a type that is an expression"),
        pytest.param("a text", id="no object"),
        pytest.param(account(resources="[parameters('children')]"), id="children that are an expression"),
        pytest.param(deployment("[parameters('all')]"), id="a deployment's resources that are an expression"),
        pytest.param(
            {"type": "Microsoft.Resources/deployments", "name": "a", "properties": {"template": "[parameters('t')]"}},
            id="a deployment's template that is an expression",
        ),
        pytest.param(
            {"type": "Microsoft.Resources/deployments", "name": "a", "properties": {"templateLink": {"uri": "https://x.example/y.json"}}},
            id="a template by its address",
        ),
    ],
)  # fmt: skip
def test_what_may_declare_anything_is_a_gap_for_everything(read, item):
    found = read(item)
    assert any(not gap.kinds for gap in found.gaps)
    assert found.unassessed


def test_a_type_that_no_row_knows_is_listed(read):
    found = read({"type": "Microsoft.Unheard/of", "name": "a"})
    assert [(note.what, note.why) for note in found.unassessed] == [
        ("Microsoft.Unheard/of", "no control knows this type")
    ]
    assert found.unassessed[0].where.endswith("main.json:5")


def test_a_resource_and_its_properties_know_their_lines(read):
    source = only(read(account(properties={"supportsHttpsTrafficOnly": True, "networkAcls": {"ipRules": [{}]}}))).source
    assert source.line == 5
    # By Pulumi's names, as remedies look them up.
    told = {key: line for key, line in source.lines.items() if "rule" in key or "https" in key}
    assert told["enablehttpstrafficonly"] == 10
    assert told["networkruleset.iprules"] == 12


def test_it_is_seen_on_the_plane_of_templates(read):
    found = read(account())
    assert (found.plane, {one.plane for one in found.resources}) == (Plane.TEMPLATE, {Plane.TEMPLATE})


def test_what_is_looked_up_is_so_by_its_symbolic_name_alone(read):
    """In a list `existing` is no word of ARM's, and must not hide what is deployed."""
    found = read(listed={"there": account(existing=True)}, languageVersion="2.0")
    assert not found.resources
    assert [note.why for note in found.unassessed] == ["looked up, and declared elsewhere"]


def test_what_a_condition_leaves_out_is_noted(read):
    """Whoever deploys the template with other parameters deploys it."""
    found = read(account(condition="[parameters('no')]"), parameters={"no": {"type": "bool", "defaultValue": False}})
    assert [(note.what, note.why) for note in found.unassessed] == [
        (ACCOUNT, "not deployed, as its condition is false")
    ]


@pytest.mark.parametrize(
    ("properties", "cause"),
    [
        pytest.param({"copy": [{"name": "minimumTlsVersion", "count": 1}]}, Cause.UNKNOWN, id="a loop"),
        pytest.param({"COPY": [{"Name": "minimumTlsVersion", "count": 1}]}, Cause.UNKNOWN, id="in another case"),
        pytest.param({"copy": [{"name": "[uniqueString('a')]"}], "a": 1}, Cause.UNKNOWN, id="a name to work out"),
        pytest.param({"copy": [{"count": 1}]}, Cause.UNKNOWN, id="no name"),
        pytest.param(
            {"copy": [{"name": "minimumTlsVersion"}], "minimumTlsVersion": "TLS1_2"},
            Cause.UNKNOWN,
            id="and set beside it",
        ),
        pytest.param(
            {"encryption": {"properties": {"minimumTlsVersion": 1}, "Properties": {"minimumTlsVersion": 2}}},
            None,
            id="elsewhere",
        ),
    ],
)
def test_what_a_loop_sets_is_never_absent(read, properties, cause):
    """Its default would be taken for what is deployed."""
    found = read(account(properties=properties)).resources[0]
    if cause is None:
        with pytest.raises(Unseen):
            found.read("encryption.minimumTlsVersion", int, absent=0)
        return
    with pytest.raises(Unseen) as error:
        found.read("minimumTlsVersion", str, absent="TLS1_2")
    assert error.value.cause is cause


def test_a_type_with_blanks_around_it_is_known(read):
    assert [one.type for one in read(account() | {"type": f" {ACCOUNT} "}).resources] == [ACCOUNT]
