"""A declared estate is written as an ARM template that says what the program says, and shows no secret."""

import json

import msgspec
import pytest

from audit.arm_template import key_of, written
from audit.facts import AMBIGUOUS, SECRET, UNKNOWN, Reference
from audit.kinds.aws import BUCKET
from audit.kinds.dns import RECORD_SET
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.resources import DEPLOYMENT, RESOURCE_GROUP
from audit.kinds.storage import BLOB_SERVICE, STORAGE_ACCOUNT
from audit.model import Plane, Resource, Snapshot
from audit.sources import template
from tests.estate_fixture import captured
from tests.support import NOON

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
ROOT = f"{SUBSCRIPTION}/resourceGroups/rg"
IN_GROUP = {"resourceGroupName": "rg"}


def thing(kind, name, body=None, **more):
    """Declare a resource."""
    whole = body if kind is RESOURCE_GROUP else {**IN_GROUP, **(body or {})}
    return Resource(type=kind.arm, id=f"urn:{name}", name=name, plane=Plane.PROGRAM, seen_at=NOON, body=whole, **more)


def estate(*resources, plane=Plane.PROGRAM):
    return Snapshot(plane=plane, origin="an example", seen_at=NOON, resources=resources)


def account(**body):
    return thing(STORAGE_ACCOUNT, "logs", {"accountName": "logs", **body})


def only(snapshot, **more):
    """Write an estate and return the one resource of its template."""
    (item,) = written(snapshot, **more).template["resources"]
    return item


def test_a_resource_is_what_a_template_says_of_it():
    assert only(estate(account(location="uksouth", supportsHttpsTrafficOnly=True, sku={"name": "Standard_ZRS"}))) == {
        "type": "Microsoft.Storage/storageAccounts",
        "name": "logs",
        "scope": ROOT,
        "apiVersion": STORAGE_ACCOUNT.api,
        "location": "uksouth",
        "sku": {"name": "Standard_ZRS"},
        "properties": {"supportsHttpsTrafficOnly": True},
    }


@pytest.mark.parametrize(
    ("resource", "placed"),
    [
        pytest.param(
            thing(RESOURCE_GROUP, "rg", {"resourceGroupName": "rg"}),
            {"type": RESOURCE_GROUP.arm, "name": "rg", "scope": SUBSCRIPTION},
            id="a group in its subscription",
        ),
        pytest.param(
            thing(BLOB_SERVICE, "blobs", {"accountName": "logs"}),
            {"type": BLOB_SERVICE.arm, "name": "logs/default", "scope": ROOT},
            id="a child by the whole way",
        ),
        pytest.param(
            thing(DIAGNOSTIC_SETTING, "all", {"resourceUri": f"{ROOT}/providers/Microsoft.X/y/z", "name": "all"}),
            {"type": DIAGNOSTIC_SETTING.arm, "name": "all", "scope": f"{ROOT}/providers/Microsoft.X/y/z"},
            id="an extension on what it stands on",
        ),
        pytest.param(
            thing(RECORD_SET, "mail", {"zoneName": "a.example", "type": "MX", "name": "@"}),
            {"type": "Microsoft.Network/dnszones/MX", "name": "a.example/@", "scope": ROOT},
            id="a record set by its own type",
        ),
    ],
)
def test_type_name_and_scope_say_where_it_stands(resource, placed):
    found = only(estate(resource))
    assert {key: found[key] for key in placed} == placed


def test_a_name_that_pulumi_makes_up_is_made_up_the_same_each_time():
    first, second = (only(estate(thing(KEY_VAULT, "keys")))["name"] for _ in range(2))
    assert first == second
    assert first.startswith("keys")


KEYS = f"{ROOT}/providers/Microsoft.KeyVault/vaults/keys"
ASKED = f"reference('{KEYS}', '{KEY_VAULT.api}'"
VAULT = thing(KEY_VAULT, "keys", {"vaultName": "keys"})


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        pytest.param("text", "text", id="a text"),
        pytest.param("[text", "[[text", id="a text that looks like an expression"),
        pytest.param(Reference("urn:keys", "id"), KEYS, id="an id"),
        pytest.param(
            Reference("urn:keys", "id", "/keys/own"),
            f"{KEYS}/keys/own",
            id="an id with something behind it",
        ),
        pytest.param(Reference("urn:keys", "name"), "keys", id="a name"),
        pytest.param(
            Reference("urn:keys", "properties.vault_uri"),
            f"[{ASKED}).vaultUri]",
            id="what Azure will answer",
        ),
        pytest.param(
            Reference("urn:keys", "identity.principal_id"),
            f"[{ASKED}, 'full').identity.principalId]",
            id="what stands beside its properties",
        ),
        pytest.param(
            Reference("urn:keys", "vaultUri", "keys/it's"),
            f"[concat({ASKED}).vaultUri, 'keys/it''s')]",
            id="with something behind it",
        ),
        pytest.param(UNKNOWN, "[parameters('logs_note')]", id="nobody knows"),
        pytest.param(SECRET, "[parameters('logs_note')]", id="a secret"),
        pytest.param(AMBIGUOUS, "[parameters('logs_note')]", id="ambiguous"),
        pytest.param(Reference("urn:nowhere", "id"), "[parameters('logs_note')]", id="a link to nothing"),
        pytest.param(2.0, 2, id="a whole number out of protobuf"),
    ],
)  # fmt: skip
def test_a_value_is_spelt_as_a_template_spells_it(value, spelt):
    found = written(estate(VAULT, account(note=value))).template["resources"][1]
    assert found["properties"]["note"] == spelt


def test_what_cannot_be_told_is_a_parameter_without_a_value():
    form = written(estate(account(word=SECRET, later=UNKNOWN, twice=AMBIGUOUS)))
    assert form.template["parameters"] == {
        "logs_word": {"type": "securestring"},
        "logs_later": {"type": "string"},
        "logs_twice": {"type": "string"},
    }
    assert [(one.resource, one.path) for one in form.left] == [("urn:logs", "twice")]


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        pytest.param(thing(BUCKET, "copy"), "does not lie in Azure", id="Amazon's"),
        pytest.param(
            msgspec.structs.replace(account(), type="Microsoft.Unheard/of"), "no row knows", id="a type without a row"
        ),
    ],
)
def test_what_a_template_cannot_hold_is_listed(resource, why):
    form = written(estate(resource))
    assert form.template["resources"] == []
    assert [(one.resource, one.path) for one in form.left] == [(resource.id, "")]
    assert why in form.left[0].reason


def test_of_two_resources_with_one_id_the_second_is_listed():
    form = written(estate(account(), msgspec.structs.replace(account(), id="urn:again")))
    assert list(form.sources.values()) == ["urn:logs"]
    assert [one.resource for one in form.left] == ["urn:again"]


def test_what_a_deployment_declares_stays_in_its_own_template():
    inner = {"resources": [{"type": STORAGE_ACCOUNT.arm, "name": "[parameters('own')]"}]}
    held = msgspec.structs.replace(account(), id="urn:inner/Microsoft.Storage/storageAccounts/x")
    form = written(estate(thing(DEPLOYMENT, "inner", {"deploymentName": "inner", "template": inner}), held))
    (item,) = form.template["resources"]
    assert item["properties"]["template"] == inner


def test_the_subscription_is_the_one_that_is_named():
    assert only(estate(account()), subscription="own")["scope"] == "/subscriptions/own/resourceGroups/rg"


def test_an_id_in_lower_case_is_spelt_as_the_row_spells_it():
    """What a state tells is known by its id in lower case; a scanner may tell types apart by their spelling."""
    lower = f"{ROOT}/providers/{STORAGE_ACCOUNT.arm}/logs".lower()
    resource = msgspec.structs.replace(account(), id=lower, plane=Plane.STATE)
    assert only(estate(resource, plane=Plane.STATE))["type"] == STORAGE_ACCOUNT.arm


def test_a_template_that_was_read_is_written_again(tmp_path):
    first = {"$schema": template_schema(), "resources": [{"type": STORAGE_ACCOUNT.arm, "name": "logs"}]}
    (tmp_path / "main.json").write_text(json.dumps(first))
    item = only(template.collect(tmp_path / "main.json", now=NOON))
    assert (item["type"], item["name"], item["scope"]) == (
        STORAGE_ACCOUNT.arm,
        "logs",
        f"{SUBSCRIPTION}/resourceGroups/template",
    )


def template_schema():
    return "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """Return the production estate, and its template."""
    declared = captured(tmp_path_factory)
    return declared, written(declared)


def test_all_that_lies_in_azure_is_written(production):
    declared, form = production
    # What a deployment declares in its own template stands there.
    own = [one for one in declared.resources if "/Microsoft." not in one.id]
    azure = {one.id for one in own if one.type.startswith("Microsoft.")}
    assert set(form.sources.values()) == azure
    assert [one for one in form.left if one.path] == []
    assert {one.resource for one in form.left} == {one.id for one in own} - azure


def test_every_resource_of_the_template_has_a_key_of_its_own(production):
    _, form = production
    assert [key_of(item) for item in form.template["resources"]] == list(form.sources)


def test_names_are_written_out(production):
    _, form = production
    assert [item for item in form.template["resources"] if "[" in item["name"] + item["type"] + item["scope"]] == []


def test_no_mark_of_ours_is_in_the_template(production):
    _, form = production
    text = json.dumps(form.template)
    assert [word for word in ("$unknown", "$secret", "$reference", "urn:pulumi", "is a secret") if word in text] == []


def test_what_is_secret_has_no_value(production):
    _, form = production
    secure = [row for row in form.template["parameters"].values() if row["type"] == "securestring"]
    assert secure
    assert all(set(row) == {"type"} for row in form.template["parameters"].values())
