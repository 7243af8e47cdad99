"""What the stand-in for azure-native says before anything is made: what is wrong, what would change, what would be."""

import re

import pytest
from pulumi.runtime import rpc

from audit.sandbox.provider.adopting import agrees
from tests.sandbox.engine import Made
from tests.sandbox.inputs import ACCOUNT, CONTAINER, FABRIC, FILES, GROUP, IN_GROUP, KEYS, NETWORK, ROLE, VAULT


@pytest.mark.parametrize(
    ("token", "given", "failure"),
    [
        pytest.param(ACCOUNT, {**FILES, "sku": None}, ("sku", "missing required property 'sku'"), id="missing"),
        pytest.param(
            VAULT,
            {**KEYS, "properties": {"sku": {"family": "A", "name": "premium"}}},
            ("properties.tenantId", "missing required property 'properties.tenantId'"),
            id="missing further down",
        ),
        pytest.param(ACCOUNT, {**FILES, "colour": "red"}, ("colour", "unknown property 'colour'"), id="unknown"),
        pytest.param(
            NETWORK,
            {**IN_GROUP, "subnets": [{"name": "a"}, {"nmae": "b"}]},
            ("subnets[1].nmae", "unknown property 'subnets[1].nmae'"),
            id="unknown in a list",
        ),
        pytest.param(
            FABRIC,
            {
                "resourceName": "vault",
                "resourceGroupName": "rg",
                "fabricName": "one",
                "properties": {"customDetails": {"instanceType": "Azure", "place": "uksouth"}},
            },
            ("properties.customDetails.place", "unknown property 'properties.customDetails.place'"),
            id="unknown in one of several shapes",
        ),
        pytest.param(
            ACCOUNT, {**FILES, "sku": "LRS"}, ("sku", "'sku' should be an object but is 'LRS'"), id="of another shape"
        ),
    ],
)
def test_wrong_inputs_are_named(engine, token, given, failure):
    assert failure in engine.check(token, "one", {key: item for key, item in given.items() if item is not None})[1]


def test_a_value_that_is_not_known_yet_is_not_wrong(engine):
    given = {**FILES, "sku": rpc.UNKNOWN, "networkRuleSet": {"defaultAction": rpc.UNKNOWN}}
    assert engine.check(ACCOUNT, "files", given) == (given, [])


@pytest.mark.parametrize(
    ("token", "given", "name"),
    [
        pytest.param(ACCOUNT, {**FILES, "accountName": None}, r"one[0-9a-f]{8}", id="in a group"),
        pytest.param(GROUP, {"location": "uksouth"}, r"one[0-9a-f]{8}", id="a group"),
        pytest.param(CONTAINER, {"resourceGroupName": "rg", "accountName": "files"}, "one", id="in another resource"),
        pytest.param(
            ROLE,
            {"scope": "/subscriptions/x", "principalId": "a", "roleDefinitionId": "b"},
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            id="what Azure wants a GUID for",
        ),
    ],
)
def test_a_name_that_is_left_out_is_made_up_and_stays(engine, token, given, name):
    given = {key: item for key, item in given.items() if item is not None}
    first, failures = engine.check(token, "one", given)
    (added,) = {key for key in first if not key.startswith("__")} - given.keys()
    assert not failures
    assert re.fullmatch(name, first[added])
    assert engine.check(token, "one", given, old={**first, added: "as before"})[0][added] == "as before"


def test_the_engine_may_propose_a_name_or_forbid_to_make_one_up(engine):
    given = {"location": "uksouth"}
    assert engine.check(GROUP, "one", given, proposed_name="theirs")[0]["resourceGroupName"] == "theirs"
    assert "resourceGroupName" not in engine.check(GROUP, "one", given, mode=2)[0]


def test_a_location_that_is_left_out_is_that_of_the_group(engine):
    given = {key: item for key, item in FILES.items() if key != "location"}
    assert engine.check(ACCOUNT, "files", given)[0]["location"] == "uksouth"


@pytest.mark.parametrize(
    ("token", "given", "change"),
    [
        pytest.param(ACCOUNT, FILES, {"accountName": "other"}, id="its name"),
        pytest.param(ACCOUNT, FILES, {"resourceGroupName": "other"}, id="its group"),
        pytest.param(ACCOUNT, FILES, {"location": "ukwest"}, id="its region"),
        pytest.param(ACCOUNT, FILES, {"isHnsEnabled": True}, id="what Azure fixes"),
        pytest.param(
            "azure-native:network:PrivateEndpoint",
            {**IN_GROUP, "privateEndpointName": "pe", "subnet": {"id": "a"}},
            {"subnet": {"id": "b"}},
            id="what Azure fixes, further down",
        ),
    ],
)
def test_what_cannot_be_changed_is_replaced(engine, token, given, change):
    found = engine.diff(token, "one", Made("", given, {}), {**given, **change})
    assert list(found.replaces) == list(change)
    assert found.deleteBeforeReplace


def test_what_is_named_at_random_may_stand_beside_its_replacement(engine):
    inputs, _ = engine.check(ACCOUNT, "one", {key: item for key, item in FILES.items() if key != "accountName"})
    found = engine.diff(ACCOUNT, "one", Made("", inputs, {}), {**inputs, "location": "ukwest"})
    assert list(found.replaces) == ["location"]
    assert not found.deleteBeforeReplace


def test_a_difference_is_told_property_by_property(engine):
    new = {
        **FILES,
        "tags": {"who.is": "theirs"},
        "networkRuleSet": {**FILES["networkRuleSet"], "ipRules": [{"iPAddressOrRange": "192.0.2.1"}]},
        "location": "UK South",
    }
    found = engine.diff(ACCOUNT, "files", Made("", FILES, {}), new)
    assert {path: one.kind for path, one in found.detailedDiff.items()} == {
        'tags["who.is"]': 4,
        "tags.data": 2,
        "networkRuleSet.ipRules[0]": 0,
    }
    assert not engine.diff(ACCOUNT, "files", Made("", FILES, {}), new, ["tags", "networkRuleSet.ipRules"]).diffs


def test_a_preview_knows_what_was_given_and_nothing_else(engine, sandbox):
    found = engine.preview(VAULT, "keys", KEYS)
    assert found["properties"]["networkAcls"]["defaultAction"] == "Deny"
    assert found["properties"]["vaultUri"] == rpc.UNKNOWN
    assert found["name"] == rpc.UNKNOWN
    assert not sandbox.store.listed("microsoft.keyvault/vaults")


def test_the_preview_of_a_change_keeps_what_nobody_touches(engine):
    made = engine.create(VAULT, "keys", KEYS)
    found = engine.update(VAULT, "keys", made, {**KEYS, "tags": {"data": "mail"}}, preview=True).outputs
    assert (found["name"], found["tags"]) == ("keys", {"data": "mail"})
    assert found["properties"]["vaultUri"] == "https://keys.vault.azure.net/"


WANTED = {"sku": {"name": "A"}, "rules": [{"name": "b", "port": 1}, {"name": "a", "port": 2}], "zones": ["1", "2"]}


@pytest.mark.parametrize(
    ("found", "whole", "part"),
    [
        pytest.param({**WANTED, "extra": 1}, True, True, id="with what Azure adds"),
        pytest.param({**WANTED, "rules": WANTED["rules"][::-1]}, True, True, id="in an order of Azure's own"),
        pytest.param({"SKU": {"NAME": "a"}, **WANTED, "sku": {"Name": "a"}}, True, True, id="spelt otherwise"),
        pytest.param({**WANTED, "rules": []}, False, True, id="cut off before its children"),
        pytest.param({**WANTED, "rules": WANTED["rules"][:1]}, False, True, id="cut off between its children"),
        pytest.param({"sku": {"name": "A"}}, False, True, id="cut off early"),
        pytest.param({**WANTED, "sku": {"name": "B"}}, False, False, id="of another size"),
        pytest.param({**WANTED, "rules": [{"name": "c", "port": 1}]}, False, False, id="with a child nobody wants"),
        pytest.param({**WANTED, "rules": [{"name": "b", "port": 9}]}, False, False, id="with another child"),
        pytest.param({**WANTED, "zones": ["2", "1"]}, False, False, id="in another order"),
    ],
)
def test_only_what_was_about_to_be_made_is_taken_over(found, whole, part):
    assert (agrees(WANTED, found, whole=True), agrees(WANTED, found, whole=False)) == (whole, part)
