"""In an ARM template children, extensions, links and nested deployments lead to what they belong to."""

import pytest

from audit.estate import IndexedEstate
from audit.facts import UNKNOWN, Reference, Unseen
from audit.kinds.dns import RECORD_SET
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.network import NETWORK_INTERFACE, SECURITY_RULE
from audit.kinds.sql import FIREWALL_RULE, SQL_SERVER
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Cause
from tests.sources.templating import ACCOUNT, CHILDREN, SUBSCRIPTION, account, deployment, only

INNER = {"scope": "inner"}
OWN = "[parameters('n')]"
CHILD = {"properties": {"isVersioningEnabled": True}}


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param([account(resources=[{"type": "blobServices", "name": "default", **CHILD}])], id="inside"),
        pytest.param(
            [account(resources=[{"type": CHILDREN, "name": "logs/default", **CHILD}])],
            id="inside with the whole type",
        ),
        pytest.param([account(), {"type": CHILDREN, "name": "logs/default", **CHILD}], id="beside"),
        pytest.param(
            {
                "child": {"type": CHILDREN, "name": "[format('{0}/{1}', 'logs', 'default')]", **CHILD},
                "parent": account(),
            },
            id="by symbolic names",
        ),
        pytest.param(
            [account(OWN), {"type": CHILDREN, "name": "[concat(parameters('n'), '/default')]", **CHILD}],
            id="below a name that nobody knows",
        ),
    ],
)  # fmt: skip
def test_a_child_belongs_to_its_parent(read, resources):
    estate = IndexedEstate(read(listed=resources))
    (parent,) = estate.of(STORAGE_ACCOUNT)
    (child,) = estate.children(parent, BLOB_SERVICE)
    assert child.read("isVersioningEnabled", bool) is True


SETTING = {"type": "Microsoft.Insights/diagnosticSettings", "name": "all", "properties": {"logs": []}}


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param({**SETTING, "scope": f"[resourceId('{ACCOUNT}', 'logs')]"}, id="scope by an id"),
        pytest.param({**SETTING, "scope": f"{ACCOUNT}/logs"}, id="scope beside it"),
        pytest.param({**SETTING, "scope": f"[format('{ACCOUNT}/{{0}}', 'logs')]"}, id="scope put together"),
        pytest.param(
            {**SETTING, "type": f"{ACCOUNT}/providers/diagnosticSettings", "name": "logs/Microsoft.Insights/all"},
            id="the older spelling",
        ),
    ],
)
def test_an_extension_belongs_to_what_it_stands_on(read, setting):
    estate = IndexedEstate(read(account(), setting))
    (found,) = estate.children(*estate.of(STORAGE_ACCOUNT), DIAGNOSTIC_SETTING)
    assert found.name == "all"


CARD = {"type": "Microsoft.Network/networkInterfaces", "name": "card"}


@pytest.mark.parametrize(
    "said",
    [
        "[resourceId('Microsoft.Network/networkInterfaces', 'card')]",
        "[resourceId(resourceGroup().name, 'Microsoft.Network/networkInterfaces', parameters('name'))]",
        "[concat(resourceGroup().id, '/providers/Microsoft.Network/networkInterfaces/card')]",
        "[parameters('whole')]",
    ],
)
def test_a_link_between_declared_resources_stays_one(read, said):
    profile = {"networkProfile": {"networkInterfaces": [{"id": said}]}}
    machine = {"type": "Microsoft.Compute/virtualMachines", "name": "m", "properties": profile}
    parameters = {
        "name": {"type": "string", "defaultValue": "card"},
        "whole": {"type": "string", "defaultValue": "[resourceId('Microsoft.Network/networkInterfaces', 'card')]"},
    }
    estate = IndexedEstate(read(CARD, machine, parameters=parameters))
    (found,) = (resource for resource in estate.all() if resource.name == "m")
    (part,) = found.each("networkProfile.networkInterfaces")
    assert estate.target(part, "id").type == NETWORK_INTERFACE.arm


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/z",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/z",
            id="an id in clear",
        ),
        pytest.param(
            "[resourceId('s', 'g', 'Microsoft.X/y', 'z')]",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/z",
            id="an id with all of its names",
        ),
        pytest.param(
            "[resourceId('Microsoft.X/y', 'z')]",
            Reference("template:/group/providers/microsoft.x/y/z", "id"),
            id="a neighbour that is not declared",
        ),
        pytest.param(
            f"[resourceId('{ACCOUNT}/blobServices', 'logs', 'other')]",
            Reference(f"template:/group/providers/{ACCOUNT.lower()}/logs", "id", "/blobservices/other"),
            id="something below a declared resource",
        ),
        pytest.param("[reference('gone').vaultUri]", UNKNOWN, id="what somebody else will answer"),
        pytest.param(
            f"[reference(resourceId('{ACCOUNT}', 'logs')).primaryEndpoints.blob]",
            Reference(f"template:/group/providers/{ACCOUNT.lower()}/logs", "primaryEndpoints.blob"),
            id="what a declared resource will answer",
        ),
        pytest.param(
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'guid')]",
            "/providers/microsoft.authorization/roledefinitions/guid",
            id="a role that every subscription has",
        ),
    ],
)
def test_a_link_is_an_id_in_clear_only_where_the_template_tells_all_of_it(read, said, meant):
    assert only(read(account(properties={"link": said}))).look("link") == meant


def test_a_list_in_the_parent_and_a_resource_beside_it_become_one_shape(read):
    rule = {"name": "rdp", "properties": {"access": "Allow"}}
    apart = {"type": SECURITY_RULE.arm, "name": "group/ssh", "properties": {"access": "Deny"}}
    group = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "name": "group",
        "properties": {"securityRules": [rule]},
    }
    estate = IndexedEstate(read(group, apart))
    (parent,) = (resource for resource in estate.all() if resource.name == "group")
    assert {rule.read("access", str) for rule in estate.children(parent, SECURITY_RULE)} == {"Allow", "Deny"}


def test_a_record_set_is_known_by_its_own_type(read):
    found = read({"type": "Microsoft.Network/dnszones/MX", "name": "a.example/@", "properties": {"MXRecords": []}})
    assert (only(found, RECORD_SET).look("zoneName"), found.gaps) == ("a.example", ())


OPEN = {"properties": {"minimumTlsVersion": "[parameters('tls')]"}}
OUTER = {"tls": {"type": "string", "defaultValue": "outer"}}
DEFAULTS = {"parameters": {"tls": {"type": "string", "defaultValue": "inner"}}}


def inner(**more):
    """Write out a deployment whose expressions are its own."""
    return deployment([account(**OPEN)], more=DEFAULTS, expressionEvaluationOptions=INNER, **more)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        pytest.param(deployment([account(**OPEN)]), "outer", id="the outer template's expressions"),
        pytest.param(inner(), "inner", id="its own"),
        pytest.param(
            inner(parameters={"tls": {"value": "given"}}),
            "given",
            id="given",
        ),
        pytest.param(
            inner(parameters={"tls": {"value": "[parameters('tls')]"}}),
            "outer",
            id="handed through",
        ),
        pytest.param(
            inner(parameters={"tls": {"reference": {}}}),
            UNKNOWN,
            id="from a key vault",
        ),
        pytest.param(
            inner(parameters="[parameters('all')]"),
            UNKNOWN,
            id="given nobody knows how",
        ),
        pytest.param(deployment([deployment([account(**OPEN)])]), "outer", id="in a deployment inside a deployment"),
    ],
)  # fmt: skip
def test_a_nested_deployment_is_opened_in_its_scope(read, item, value):
    assert only(read(item, parameters=OUTER)).look("minimumTlsVersion") == value


def test_a_nested_deployment_may_deploy_elsewhere(read):
    item = {**deployment([account()]), "subscriptionId": "s", "resourceGroup": "g"}
    found = only(read(item, schema=SUBSCRIPTION))
    assert found.id == f"/subscriptions/s/resourcegroups/g/providers/{ACCOUNT.lower()}/logs"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"copy": {"name": "a", "count": 2}}, id="a loop"),
        pytest.param({"condition": "[parameters('open')]"}, id="a condition"),
    ],
)
def test_what_a_deployment_declares_is_as_uncertain_as_the_deployment(read, more):
    found = read({**deployment([account()]), **more})
    assert any(gap.hides(STORAGE_ACCOUNT) for gap in found.gaps)


SERVER, RULE = "Microsoft.Sql/servers", "Microsoft.Sql/servers/firewallRules"
CLEAR = "/subscriptions/s/resourceGroups/g"


@pytest.mark.parametrize(
    ("server", "rule"),
    [
        pytest.param("[parameters('a')]", {"name": "[concat(toLower(parameters('a')), '/all')]"}, id="both unknown"),
        pytest.param("[parameters('a')]", {"name": "sql/all"}, id="the server's is unknown"),
        pytest.param("sql", {"name": "[concat(parameters('a'), '/all')]"}, id="the rule's is unknown"),
        pytest.param("sql", {"name": "[parameters('whole')]"}, id="the rule's in one piece"),
        pytest.param("sql", {"name": "sql/all", "scope": CLEAR}, id="the group's is unknown"),
    ],
)
def test_a_child_that_may_be_a_parents_own_hides_that_it_has_none(read, server, rule):
    """Otherwise a firewall rule for everybody would pass as soon as its name is spelt another way."""
    estate = IndexedEstate(read({"type": SERVER, "name": server}, {"type": RULE, **rule}))
    (parent,) = estate.of(SQL_SERVER)
    with pytest.raises(Unseen) as unseen:
        estate.children(parent, FIREWALL_RULE)
    assert unseen.value.cause is Cause.UNKNOWN


def test_a_child_of_another_parent_hides_nothing(read):
    estate = IndexedEstate(read({"type": SERVER, "name": "own"}, {"type": RULE, "name": "other/all"}))
    assert estate.children(*estate.of(SQL_SERVER), FIREWALL_RULE) == ()


@pytest.mark.parametrize("scope", ["[parameters('anywhere')]", 1])
def test_an_extension_that_may_stand_on_anything_hides_that_there_is_none(read, scope):
    estate = IndexedEstate(read(account(), {**SETTING, "scope": scope}))
    with pytest.raises(Unseen):
        estate.children(*estate.of(STORAGE_ACCOUNT), DIAGNOSTIC_SETTING)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(f"[resourceId('{ACCOUNT}', toLower(parameters('a')))]", id="another spelling"),
        pytest.param(f"[resourceId('{ACCOUNT}', 'logs')]", id="a name in clear"),
        pytest.param(f"{CLEAR}/providers/{ACCOUNT}/logs", id="an id in clear"),
        pytest.param(f"[resourceId('{ACCOUNT}/blobServices', 'logs', 'default')]", id="something below it"),
    ],
)
def test_a_link_that_may_lead_to_a_declared_resource_is_unknown(read, said):
    found = read(account("[parameters('a')]"), {"type": "Microsoft.X/y", "name": "z", "properties": {"link": said}})
    (other,) = (resource for resource in found.resources if resource.name == "z")
    assert other.look("link") is UNKNOWN


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"resourceGroup": "g", "subscriptionId": "s"}, id="by its names"),
        pytest.param({"scope": CLEAR}, id="by its id"),
    ],
)
def test_what_a_deployment_declares_elsewhere_is_known_by_its_id(read, where):
    item = {**deployment([account()]), **where}
    link = {"type": "Microsoft.X/y", "name": "z", "properties": {"link": f"{CLEAR}/providers/{ACCOUNT}/logs"}}
    estate = IndexedEstate(read(item, link))
    (other,) = (resource for resource in estate.all() if resource.name == "z")
    assert estate.target(other, "link").type == ACCOUNT


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({**account(), "Properties": {"minimumTlsVersion": "TLS1_0"}, "properties": {}}, id="properties"),
        pytest.param({**account(properties={}), "Type": "Microsoft.X/y"}, id="type"),
        pytest.param({**account(properties={}), "Resources": [account()], "resources": []}, id="resources"),
    ],
)
def test_a_word_of_the_template_that_stands_twice_hides_nothing(read, item):
    """In two spellings: which of them Azure takes is nobody's guess."""
    found = read(item)
    hidden = [one for one in found.resources if one.look("minimumTlsVersion") is not None]
    assert hidden or any(not gap.kinds for gap in found.gaps)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        pytest.param("parameters('a')", "parameters('b')", id="another GUID each time"),
        pytest.param("deployment().name", "deployment().name", id="each deployment's own name"),
    ],
)
def test_one_expression_with_two_values_is_not_taken_for_one_name(read, one, two):
    child = deployment([{"type": RULE, "name": f"[concat({two}, '/all')]"}], expressionEvaluationOptions=INNER)
    parameters = {name: {"type": "string", "defaultValue": "[newGuid()]"} for name in ("a", "b")}
    child["properties"]["template"]["parameters"] = parameters
    estate = IndexedEstate(read({"type": SERVER, "name": f"[{one}]"}, child, parameters=parameters))
    with pytest.raises(Unseen):
        estate.children(*estate.of(SQL_SERVER), FIREWALL_RULE)
