"""What a program sets from the outside, centrally, arrives as if each resource had said it itself."""

import pytest

from audit.facts import UNKNOWN
from audit.model import Reference
from tests.sources.capturing import PROGRAMS, by_name, capture

FIRST = "urn:pulumi:dev::transforms::azure-native:storage:StorageAccount::plain"


@pytest.fixture(scope="module")
def snapshot():
    """Capture the program that uses every kind of transform."""
    return capture(PROGRAMS / "transforms")


@pytest.fixture(scope="module")
def declared(snapshot):
    """Index what it declares by name."""
    assert snapshot.gaps == ()
    return by_name(snapshot)


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        pytest.param("plain", {"mine", "older", "order", "stack"}, id="the whole stack's, beside its own tags"),
        pytest.param("own", {"older", "order", "own", "stack"}, id="its own"),
        pytest.param("pair-outer", {"component", "older", "order", "own", "stack"}, id="its component's and its own"),
        pytest.param("pair-inner-account", {"component", "older", "order", "stack"}, id="a component two levels up"),
        pytest.param("old-pair-outer", {"older", "order", "own", "stack"}, id="the older kind on a component"),
    ],
)
def test_transforms_reach_a_resource(declared, name, tags):
    """Pulumi's own mocks run only the older kind."""
    assert set(declared[name].look("tags")) == tags


def test_the_stacks_transforms_run_last(declared):
    """As in the engine: the nearest first."""
    assert declared["own"].look("tags.order") == "stack"


def test_a_transform_may_wait_and_use_the_programs_outputs(declared):
    """It runs on the program's own event loop."""
    assert declared["plain"].look("minimumTlsVersion") == "TLS1_2"
    assert declared["plain"].look("kind") == "StorageV2"


def test_options_that_a_transform_sets_count(declared):
    """Protection is often said in one place for all."""
    assert declared["pair-inner-account"].protect is True
    assert declared["pair-inner-account"].ignore_changes == ("tags.x",)


def test_links_pass_through_a_transform(declared):
    """The transform sees an unknown value, and the link stands again afterwards."""
    assert declared["linked"].look("tags.first") == Reference(FIRST, "id")


def test_no_link_is_guessed_where_a_transform_changed_a_list(declared):
    """What is now first was not first: better unknown than another resource's id."""
    (rule,) = declared["shortened"].look("networkAcls.virtualNetworkRules")
    assert rule["virtualNetworkResourceId"] is UNKNOWN


def test_transforms_that_do_not_apply_change_nothing(declared):
    """Every resource but an account is passed over by them."""
    assert {resource.type for resource in declared.values()} == {"Microsoft.Storage/storageAccounts"}
