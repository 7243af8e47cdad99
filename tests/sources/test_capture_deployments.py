"""An ARM template that a program deploys inside itself is opened: what stands in it is judged, too."""

import json

import pytest

from audit.facts import SECRET, UNKNOWN
from audit.model import Plane
from audit.sources.registered import Registration, declared
from tests.sources.capturing import PROGRAMS, by_name, capture, content
from tests.support import NOON

ACCOUNT = "Microsoft.Storage/storageAccounts"
LOCK = "Microsoft.Authorization/locks"
DEPLOYMENT = "azure-native:resources:Deployment"


@pytest.fixture(scope="module")
def snapshot():
    """Capture the program that deploys templates."""
    return capture(PROGRAMS / "deployments")


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        pytest.param("written-out", "allowBlobPublicAccess", True, id="written out in the program"),
        pytest.param("filed", "minimumTlsVersion", "TLS1_0", id="read from a file"),
        pytest.param("filed/default", "isVersioningEnabled", True, id="a child inside its parent"),
        pytest.param("symbolic-one", "apiVersion", "2024-01-01", id="under a symbolic name"),
        pytest.param("innermost", "minimumTlsVersion", "TLS1_2", id="in a deployment inside a deployment"),
        pytest.param("filed", "networkAcls.defaultAction", UNKNOWN, id="an expression"),
    ],
)
def test_resources_of_a_template_are_seen(snapshot, name, path, value):
    """In the one shape of all planes; what only Azure evaluates is unknown."""
    assert by_name(snapshot)[name].look(path) == value


def test_a_child_has_its_full_type(snapshot):
    """Inside its parent it gives only the last part."""
    assert by_name(snapshot)["filed/default"].type == f"{ACCOUNT}/blobServices"


def test_no_two_resources_share_an_id(snapshot):
    """Neither children of one name below two parents nor names that only Azure can work out."""
    ids = [resource.id for resource in snapshot.resources]
    assert len(set(ids)) == len(ids)
    assert sum(resource.look("name") is UNKNOWN for resource in snapshot.resources) == 2


def test_what_the_template_switches_off_is_not_there(snapshot):
    """Its condition is written out as false."""
    assert "switched-off" not in by_name(snapshot)


def test_a_resource_of_a_template_stands_where_the_deployment_does(snapshot):
    """There is no better line to show."""
    declared = by_name(snapshot)
    assert declared["written-out"].source == declared["written"].source


@pytest.mark.parametrize(
    ("what", "why"),
    [
        pytest.param("linked", "its template is not written out in the program", id="a template by link"),
        pytest.param("unknown", "its template is not written out in the program", id="a template not known yet"),
        pytest.param("Microsoft.Unheard/of", "no control knows this type", id="a type without a row"),
        pytest.param(ACCOUNT, "looked up, and declared elsewhere", id="an existing resource"),
    ],
)
def test_what_could_not_be_opened_is_listed(snapshot, what, why):
    """With the line of the deployment."""
    (item,) = (item for item in snapshot.unassessed if item.what == what)
    assert item.why == why
    assert item.where.startswith("__main__.py:")


def test_secrets_of_a_template_are_not_shown(snapshot):
    """Neither a parameter called after a password nor the default of a secure one."""
    declared = by_name(snapshot)
    assert declared["written"].look("parameters.adminPassword.value") is SECRET
    assert declared["written"].look("parameters.size.value") == "open-parameter"
    assert declared["from-file"].look("template.parameters.keyphrase.defaultValue") is SECRET
    assert "hidden-in" not in json.dumps(content(snapshot))


def inside(*resources):
    """Declare a deployment whose template holds these resources."""
    template = {"template": {"resources": list(resources)}}
    told = Registration(
        urn=f"urn:pulumi:dev::demo::{DEPLOYMENT}::more", token=DEPLOYMENT, inputs={"properties": template}
    )
    return declared([told], plane=Plane.PROGRAM, seen_at=NOON)


@pytest.mark.parametrize(
    ("more", "hidden"),
    [
        pytest.param({"condition": True}, set(), id="deployed for certain"),
        pytest.param({"condition": "[parameters('locked')]"}, {LOCK}, id="on a condition"),
        pytest.param({"Condition": "[parameters('locked')]"}, {LOCK}, id="in other letters"),
        pytest.param({"copy": {"name": "each", "count": "[parameters('count')]"}}, {LOCK}, id="in a loop"),
    ],
)
def test_what_may_not_be_deployed_opens_a_gap_for_its_kind(more, hidden):
    """It is judged, and proves nothing for its neighbours: there may be none."""
    found = inside({"type": LOCK, "apiVersion": "2020-05-01", "name": "keep", **more})
    assert [resource.name for resource in found.resources] == ["more", "keep"]
    assert {kind for gap in found.gaps for kind in gap.kinds} == hidden


def test_what_stands_in_a_deployment_that_may_not_run_is_uncertain_as_well():
    account = {"type": ACCOUNT, "name": "logs"}
    inner = {"properties": {"template": {"resources": [account]}}, "condition": "[parameters('wanted')]"}
    found = inside({"type": "Microsoft.Resources/deployments", "name": "inner", **inner})
    (gap,) = found.gaps
    assert ACCOUNT in gap.kinds
    assert "only Azure can work out its condition" in gap.reason
