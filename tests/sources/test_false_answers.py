"""An answer that is about something else, says a thing twice or leaves a thing out acquits nobody."""

from datetime import UTC, datetime

import pytest

from audit.azure import Refused
from audit.engine import judge
from audit.facts import MISSHAPEN
from audit.kinds import BY_ARM, KINDS
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.network import NETWORK_SECURITY_GROUP, SECURITY_RULE, SUBNET, VIRTUAL_NETWORK
from audit.model import Answer, Plane, Snapshot, Verdict
from audit.shape import from_arm
from audit.sources import azure
from audit.sources.answers import again, hidden_with, resource_of
from tests.live import Unwatched, client

NOW = datetime.now(UTC)
ANSWER = Answer("https://management.azure.com/x?api-version=1", NOW, "request", "ab" * 32)
GUARD = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/guard"


@pytest.mark.parametrize(
    ("kind", "with_it"),
    [
        pytest.param(VIRTUAL_NETWORK, SUBNET, id="an inline child"),
        pytest.param(NETWORK_SECURITY_GROUP, SECURITY_RULE, id="an inline rule"),
        pytest.param(KEY_VAULT, DIAGNOSTIC_SETTING, id="what is attached to it"),
    ],
)
def test_what_is_found_through_a_kind_is_hidden_with_it(kind, with_it):
    assert with_it.arm in hidden_with(kind)


def test_every_kind_that_azure_holds_is_hidden_by_itself():
    assert all(hidden_with(kind)[0] == kind.arm for kind in KINDS)


@pytest.mark.parametrize("properties", [None, "oops", [], 7], ids=repr)
def test_a_resource_without_its_settings_has_none_that_are_left_out(policies, properties):
    """A guard whose rules were not told does not keep anyone out."""
    item = {"id": GUARD, "name": "guard", "type": "Microsoft.Network/networkSecurityGroups", "location": "uksouth"}
    guard = resource_of({**item, "properties": properties}, ANSWER)
    report = judge(
        Snapshot(plane=Plane.LIVE, origin="", seen_at=NOW, resources=(guard,)), policies, NOW.date(), product=""
    )
    kept = [
        result.id
        for result in report.controls
        for finding in result.findings
        if finding.resource == guard.id and finding.verdict is Verdict.KEPT
    ]
    assert kept == ["geo-uk-regions-only"]


def test_a_missing_object_of_settings_is_told_apart_from_an_empty_one():
    kind = BY_ARM["microsoft.network/networksecuritygroups"]
    assert from_arm(kind, {"id": GUARD})["properties"] is MISSHAPEN
    assert "properties" not in from_arm(kind, {"id": GUARD, "properties": {}})


@pytest.mark.parametrize(
    "identity",
    ["", "@localhost:1/stolen", "//evil/x", "/a/../b?x=1", "/a#b", "relative/path", "/a\\b", 7, None],
    ids=repr,
)
def test_an_id_that_could_lead_elsewhere_is_none(identity):
    with pytest.raises(Refused, match="without an id"):
        resource_of({"id": identity, "type": "Microsoft.Network/networkSecurityGroups"}, ANSWER)


@pytest.fixture
def cloud(sandbox, monkeypatch):
    """A local Azure with two guards."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    group = sandbox.group()
    sandbox.guards = [f"{group}/providers/Microsoft.Network/networkSecurityGroups/{name}" for name in ("one", "two")]
    for identity in sandbox.guards:
        sandbox.put(identity, {"location": "uksouth", "properties": {}})
    return sandbox


def test_another_resources_answer_acquits_nobody(cloud):
    seen = azure.collect(client(cloud), now=NOW, progress=Unwatched())
    one, two = (next(item for item in seen.resources if item.id == guard.lower()) for guard in cloud.guards)
    cloud.store.put(one.id, {**cloud.store.read(two.id)})
    with pytest.raises(Refused, match="is about"):
        again(client(cloud), NETWORK_SECURITY_GROUP, one)
    confirmed = azure.confirm(client(cloud), seen, [one.id])
    assert one in confirmed.resources
    assert any(gap.hides(NETWORK_SECURITY_GROUP) for gap in confirmed.gaps)


def test_a_subscription_of_the_estate_that_is_not_read_hides_everything(cloud):
    other = "22222222-2222-4222-8222-222222222222"
    seen = azure.collect(client(cloud), now=NOW, expected=(cloud.subscription.upper(), other), progress=Unwatched())
    (gap,) = seen.gaps
    assert other in gap.reason
    assert gap.kinds == ()


def test_a_request_never_leaves_for_another_host(cloud):
    """Whatever an answer holds: the token would go along."""
    asking = client(cloud)
    with pytest.raises(Refused, match="another host"):
        asking.read("@localhost:1/stolen", "2021-04-01")
    assert asking.sent == 0


def test_a_page_that_is_not_azures_own_word_is_no_absence(cloud):
    """A proxy's 404 says nothing of a setting."""
    account = cloud.guards[0].replace("Microsoft.Network/networkSecurityGroups", "Microsoft.Storage/storageAccounts")
    cloud.put(account, {"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
    settled = azure.collect(client(cloud), now=NOW, progress=Unwatched())
    assert settled.gaps == ()
    cloud.fault("truncated", path="*/managementPolicies/default")
    assert azure.collect(client(cloud), now=NOW, progress=Unwatched()).gaps
