"""What the live source sees of a local Azure, and what it says of all that it could not see."""

import json
import time
from datetime import UTC, datetime

import pytest

from audit.kinds import KINDS, UNKNOWN_TYPE
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.kinds.network import NETWORK_SECURITY_GROUP
from audit.kinds.storage import BLOB_CONTAINER, BLOB_SERVICE, CONTAINER_IMMUTABILITY, STORAGE_ACCOUNT
from audit.model import AuditError, Plane
from audit.sources import azure
from audit.sources.answers import hidden_with
from tests.live import Unwatched, client
from tests.support import ROOT

NOW = datetime.now(UTC)


@pytest.fixture
def cloud(sandbox, monkeypatch):
    """A local Azure with an account, two containers, a vault with a key and a network's guard."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    group = sandbox.group()
    sandbox.account = f"{group}/providers/Microsoft.Storage/storageAccounts/archive"
    sandbox.vault = f"{group}/providers/Microsoft.KeyVault/vaults/keys"
    sandbox.guard = f"{group}/providers/Microsoft.Network/networkSecurityGroups/guard"
    account = {
        "location": "uksouth",
        "kind": "StorageV2",
        "sku": {"name": "Standard_GZRS"},
        "tags": {"data": "archive"},
    }
    sandbox.put(sandbox.account, {**account, "properties": {"allowBlobPublicAccess": False}})
    for name in ("mail", "journal"):
        sandbox.put(f"{sandbox.account}/blobServices/default/containers/{name}", {"properties": {}})
    family = {"family": "A", "name": "premium"}
    sandbox.put(sandbox.vault, {"location": "uksouth", "properties": {"tenantId": sandbox.tenant, "sku": family}})
    sandbox.put(f"{sandbox.vault}/keys/wrap", {"properties": {"kty": "RSA-HSM", "keySize": 3072}})
    rule = {"priority": 100, "direction": "Inbound", "access": "Deny", "protocol": "*"}
    ends = {f"{end}{part}": "*" for end in ("source", "destination") for part in ("AddressPrefix", "PortRange")}
    rules = [{"name": "none", "properties": {**rule, **ends}}]
    sandbox.put(sandbox.guard, {"location": "uksouth", "properties": {"securityRules": rules}})
    return sandbox


def collect(sandbox, **options):
    """Collect everything with the auditor's own client."""
    return azure.collect(client(sandbox), now=NOW, progress=Unwatched(), **options)


def found(snapshot, kind):
    """Return the resources of a kind by name."""
    return {resource.name: resource for resource in snapshot.resources if resource.type == kind.arm}


def reasons(snapshot, kind):
    """Return the reasons of the gaps that hide a kind."""
    return [gap.reason for gap in snapshot.gaps if gap.hides(kind)]


def test_everything_is_seen_in_one_shape_with_its_evidence(cloud):
    seen = collect(cloud)
    assert seen.gaps == ()
    account = found(seen, STORAGE_ACCOUNT)["archive"]
    assert account.id == cloud.account.lower()
    assert account.plane is Plane.LIVE
    assert account.read("allowBlobPublicAccess", bool) is False
    assert account.region == "uksouth"
    assert account.classes() == ("archive",)
    assert account.read("accountName", str) == "archive"
    assert account.answers[-1].request_id
    assert set(found(seen, BLOB_CONTAINER)) == {"mail", "journal"}
    assert found(seen, BLOB_CONTAINER)["mail"].read("containerName", str) == "mail"
    assert found(seen, KEY_VAULT_KEY)["wrap"].read("keySize", int) == 3072
    assert [rule["name"] for rule in found(seen, NETWORK_SECURITY_GROUP)["guard"].body["securityRules"]] == ["none"]


def test_whatever_sends_logs_is_asked_where_to(cloud):
    """A setting hangs on any resource, and is in no list but the resource's own."""
    services = [f"{cloud.account}/{name}Services/default" for name in ("blob", "file", "queue", "table")]
    sending = [cloud.account, *services, cloud.vault, cloud.guard]
    for one in sending:
        cloud.put(f"{one}/providers/{DIAGNOSTIC_SETTING.arm}/out", {"properties": {"workspaceId": "/elsewhere"}})
    seen = {one.id for one in collect(cloud).resources if one.type == DIAGNOSTIC_SETTING.arm}
    assert seen == {f"{one}/providers/{DIAGNOSTIC_SETTING.arm}/out".lower() for one in sending}


def test_two_collections_see_the_same(cloud):
    """Times and request ids apart."""
    one, two = (
        [(resource.type, resource.id, resource.body) for resource in collect(cloud).resources] for _ in range(2)
    )
    assert one == two


def test_the_least_privilege_role_is_enough_and_nothing_else_is_asked(cloud):
    """The local Azure refuses whatever its identity may not do: with the role of the docs, nothing is refused."""
    role = json.loads((ROOT / "docs" / "auditor-role.json").read_text())
    actions = role.get("Actions") or role["properties"]["permissions"][0]["actions"]
    assert all(action.endswith("/read") for action in actions)
    cloud.narrow(*actions)
    # What no row knows may be hidden from it: only an identity that may read everything sees that there is no more.
    (unknown,) = collect(cloud).gaps
    assert unknown.kinds == (UNKNOWN_TYPE.arm,)
    cloud.narrow("*/read")
    assert collect(cloud).gaps == ()


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.path], ids=lambda kind: kind.arm.removeprefix("Microsoft.")
)
def test_a_permission_that_is_lacking_hides_its_kind(sandbox, monkeypatch, kind):
    """A list leaves out what may not be read without a word, so an empty one proves nothing."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    sandbox.group()
    sandbox.narrow("*/read", but=(kind.permission,))
    seen = collect(sandbox)
    assert any(kind.permission in reason and "auditor-role.json" in reason for reason in reasons(seen, kind))
    assert {gap for gap in seen.gaps if not gap.kinds} == set()


@pytest.mark.parametrize(
    ("path", "hidden", "shown"),
    [
        pytest.param("*/blobServices/default", (BLOB_SERVICE,), (BLOB_CONTAINER, KEY_VAULT_KEY), id="a setting"),
        pytest.param("*/containers", (BLOB_CONTAINER, CONTAINER_IMMUTABILITY), (BLOB_SERVICE,), id="a list"),
        pytest.param("*/keys/wrap", (KEY_VAULT_KEY,), (BLOB_SERVICE,), id="one of a list"),
        pytest.param("*/resources", tuple(KINDS), (), id="the list of all resources"),
    ],
)
def test_a_refusal_is_a_gap_that_says_what_was_asked_and_what_hides_behind_it(cloud, path, hidden, shown):
    cloud.fault("deny", path=path)
    seen = collect(cloud)
    for kind in hidden:
        assert any("403" in reason for reason in reasons(seen, kind)), kind.arm
    for kind in shown:
        assert reasons(seen, kind) == []


def test_a_refused_table_hides_everything_below_it(cloud):
    cloud.fault("status", status=403, path="*ResourceGraph*", text="resources |")
    seen = collect(cloud)
    assert reasons(seen, KEY_VAULT_KEY)
    assert any("Resource Graph" in gap.reason for gap in seen.gaps)


def test_what_resource_graph_does_not_know_yet_is_read_from_azure_itself(cloud):
    cloud.fault("stale", path="*ResourceGraph*")
    young = cloud.account.replace("archive", "young")
    cloud.put(young, {"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
    seen = collect(cloud)
    assert found(seen, STORAGE_ACCOUNT)["young"].read("sku.name", str) == "Standard_LRS"
    assert seen.gaps == ()


def test_what_resource_graph_does_not_know_yet_and_is_denied_is_a_gap(cloud):
    cloud.fault("stale", path="*ResourceGraph*")
    young = cloud.guard.replace("guard", "young")
    cloud.put(young, {"location": "uksouth", "properties": {}})
    cloud.fault("deny", path="*/networkSecurityGroups/young")
    seen = collect(cloud)
    assert "young" not in found(seen, NETWORK_SECURITY_GROUP)
    assert any("young" in reason for reason in reasons(seen, NETWORK_SECURITY_GROUP))


def test_what_resource_graph_still_knows_and_is_gone_is_left_out(cloud):
    cloud.fault("stale", path="*ResourceGraph*")
    cloud.ask("DELETE", f"{cloud.guard}?api-version=2024-05-01")
    assert found(collect(cloud), NETWORK_SECURITY_GROUP) == {}


def test_a_setting_that_nobody_made_is_no_gap(cloud):
    """Azure answers 404 for an account's lifecycle rules where there are none."""
    seen = collect(cloud)
    assert seen.gaps == ()
    assert not [one for one in seen.resources if one.type.endswith("managementPolicies")]


def test_a_type_that_no_row_knows_is_seen_and_told(cloud):
    identity = f"{cloud.root}/resourceGroups/group/providers/Contoso.Bots/bots/one"
    body = {"id": identity, "name": "one", "type": "Contoso.Bots/bots", "location": "francecentral", "properties": {}}
    cloud.store.put(identity, body)
    seen = collect(cloud)
    assert [(one.what.lower(), one.where) for one in seen.unassessed] == [("contoso.bots/bots", "1 in Azure")]
    assert any(resource.region == "francecentral" for resource in seen.resources if resource.name == "one")


def test_a_second_look_corrects_what_a_lagging_graph_told(cloud):
    """What a control would call broken is asked for again."""
    cloud.fault("stale", path="*ResourceGraph*")
    cloud.put(cloud.guard, {"location": "ukwest", "properties": {}})
    asked = client(cloud)
    seen = azure.collect(asked, now=NOW, progress=Unwatched())
    assert found(seen, NETWORK_SECURITY_GROUP)["guard"].region == "uksouth"
    again = azure.confirm(asked, seen, [cloud.guard])
    assert found(again, NETWORK_SECURITY_GROUP)["guard"].region == "ukwest"


@pytest.mark.parametrize(
    ("wanted", "trouble"),
    [
        pytest.param(("11111111-1111-1111-1111-111111111111",), "cannot see subscription 1111", id="another's"),
        pytest.param((), "cannot see any subscription", id="none at all"),
    ],
)
def test_a_subscription_that_cannot_be_seen_is_an_error(cloud, wanted, trouble):
    """Nothing at all could be judged."""
    if not wanted:
        for document in cloud.store.documents("subscription"):
            cloud.store.delete_document("subscription", document["subscriptionId"].lower())
    try:
        with pytest.raises(AuditError, match=trouble):
            collect(cloud, subscriptions=wanted)
    finally:
        cloud.store.add_subscription(cloud.subscription, "Local")


def test_a_kind_hides_what_is_found_through_it():
    assert set(hidden_with(BLOB_CONTAINER)) == {BLOB_CONTAINER.arm, CONTAINER_IMMUTABILITY.arm}


def test_a_hopeless_service_does_not_hold_the_audit_up(cloud):
    asked = client(cloud)
    cloud.fault("status", status=429, seconds=3600)
    started = time.monotonic()
    with pytest.raises(AuditError, match="429"):
        azure.collect(asked, now=NOW, progress=Unwatched())
    assert time.monotonic() - started < 5
