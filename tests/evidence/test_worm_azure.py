"""A sealed pack is stored in Azure where nobody can delete it, and read back; what lies or refuses is found out."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContainerClient

from audit.evidence.worm import store
from audit.evidence.worm_azure import Container
from audit.model import AuditError
from audit.sandbox import blobs
from tests.sandbox.blob_scene import account, client, container
from tests.sealing import Keys, sealed

UNTIL = datetime(2099, 1, 1, 12, 0, 0, 999, tzinfo=UTC)
LATER = UNTIL + timedelta(days=30)
WHOLE = UNTIL.replace(microsecond=0)
LOCKABLE = {"immutableStorageWithVersioning": {"enabled": True}}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return sealed(tmp_path_factory.mktemp("packs"), Keys(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def evidence(sandbox):
    """A container of the local Azure that locks versions."""
    container(sandbox, account(sandbox), "evidence", **LOCKABLE)
    return client(sandbox).get_container_client("evidence")


def by_default(sandbox, state="Locked"):
    """Have the container lock each new version for 30 days by itself."""
    where = container(sandbox, account(sandbox), "evidence", **LOCKABLE)
    policy = {"immutabilityPeriodSinceCreationInDays": 30, "state": state}
    sandbox.put(f"{where}/immutabilityPolicies/default", {"properties": policy})


def stored(pack, there, *, until=UNTIL, prefix="a/b/"):
    return list(store(pack, Container(there, prefix), until=until))


def files(pack):
    return {str(path.relative_to(pack)): path.read_bytes() for path in pack.rglob("*") if path.is_file()}


def versions(there):
    return list(there.list_blobs(include=["versions"]))


def test_every_file_is_stored_locked_and_the_seal_last(pack, evidence):
    found = stored(pack, evidence)
    assert {one.key: one.size for one in found} == {
        f"a/b/{pack.name}/{path}": len(content) for path, content in files(pack).items()
    }
    assert [("/seal/" in one.key) for one in found] == sorted("/seal/" in one.key for one in found)
    for one in found:
        blob = evidence.get_blob_client(one.key, version_id=one.version)
        assert blob.download_blob().readall() == files(pack)[one.key.partition(f"{pack.name}/")[2]]
        policy = blob.get_blob_properties().immutability_policy
        assert (policy.policy_mode, policy.expiry_time, one.until) == ("locked", WHOLE, WHOLE)
        with pytest.raises(HttpResponseError, match="BlobImmutableDueToPolicy"):
            blob.delete_blob()


def test_storing_twice_changes_nothing(pack, evidence):
    first = stored(pack, evidence)
    again = stored(pack, evidence)
    assert [(one.key, one.version, one.until) for one in again] == [(one.key, one.version, one.until) for one in first]
    assert {one.new for one in first} == {True}
    assert {one.new for one in again} == {False}
    assert len(versions(evidence)) == len(first)


def test_a_storing_that_was_killed_is_ended_by_the_next(pack, evidence):
    half = store(pack, Container(evidence), until=UNTIL)
    done = [next(half), next(half), next(half)]
    half.close()
    again = stored(pack, evidence, prefix="")
    assert [one.new for one in again] == [False] * len(done) + [True] * (len(again) - len(done))


def test_a_lock_is_made_longer_and_never_shorter(pack, evidence):
    stored(pack, evidence)
    assert {one.until for one in stored(pack, evidence, until=LATER)} == {LATER.replace(microsecond=0)}
    assert {one.until for one in stored(pack, evidence)} == {LATER.replace(microsecond=0)}


def test_without_a_time_the_containers_own_default_decides(pack, evidence, sandbox):
    by_default(sandbox)
    found = stored(pack, evidence, until=None)
    assert all(one.until > datetime.now(UTC) + timedelta(days=29) for one in found)


def whole(sandbox):
    where = container(sandbox, account(sandbox), "evidence", immutableStorageWithVersioning={"enabled": False})
    policy = {"immutabilityPeriodSinceCreationInDays": 30, "state": "Locked"}
    sandbox.put(f"{where}/immutabilityPolicies/default", {"properties": policy})


@pytest.mark.parametrize(
    ("prepare", "name", "until", "said"),
    [
        pytest.param(whole, "evidence", UNTIL, "locks no versions", id="a policy that cannot be read back"),
        pytest.param(None, "evidence", None, "Add --retain-days", id="nobody says for how long"),
        pytest.param(None, "nowhere", UNTIL, "ContainerNotFound", id="no container"),
    ],
)
def test_a_container_that_keeps_nothing_is_refused_before_anything_is_put(
    prepare, name, until, said, pack, evidence, sandbox
):
    if prepare:
        prepare(sandbox)
    there = client(sandbox).get_container_client(name)
    with pytest.raises(AuditError, match=said) as told:
        stored(pack, there, until=until)
    assert "\n" not in str(told.value)
    assert versions(evidence) == []


def test_a_default_that_can_be_lifted_is_no_lock(pack, evidence, sandbox):
    by_default(sandbox, "Unlocked")
    with pytest.raises(AuditError, match="shows no locked policy"):
        stored(pack, evidence, until=None)


def test_another_file_of_the_name_is_left_alone(pack, evidence, sandbox):
    key = f"a/b/{pack.name}/manifest.json"
    blobs.hold(sandbox.store, "archive", "evidence", key, b"other")
    with pytest.raises(AuditError, match="another file stands there"):
        stored(pack, evidence)
    (found,) = [one for one in versions(evidence) if one.name == key]
    assert found.size == 5


def test_an_account_without_versions_is_one_line(pack, evidence, sandbox):
    account(sandbox, versions=False)
    with pytest.raises(AuditError, match="got no version"):
        stored(pack, evidence)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param({"effect": "truncated", "method": "GET"}, "it is not what was put", id="other bytes"),
        pytest.param({"effect": "empty", "method": "GET"}, "it is not what was put", id="no bytes"),
        pytest.param({"effect": "status", "status": 403, "method": "PUT"}, "AuthorizationFailed", id="denied"),
        pytest.param({"effect": "status", "status": 503, "method": "PUT"}, "ServerBusy", id="too many"),
        pytest.param({"effect": "done", "status": 500, "method": "PUT"}, "InternalServerError", id="not told"),
        pytest.param({"effect": "status", "status": 404, "method": "HEAD"}, "NotFound", id="not there when read back"),
    ],
)
def test_a_store_that_lies_or_refuses_is_one_line(rule, said, pack, evidence, sandbox):
    sandbox.fault(rule["effect"], path="/blob/archive/evidence/a/*", **{k: v for k, v in rule.items() if k != "effect"})
    with pytest.raises(AuditError, match=said) as told:
        stored(pack, evidence)
    assert "\n" not in str(told.value)
    assert f"{sandbox.url}/blob/archive/evidence/a/b/" in str(told.value)


def test_nobody_answers(pack, sandbox):
    words = {"credential": sandbox.credential, "connection_verify": sandbox.authority, "retry_total": 0}
    there = ContainerClient("https://localhost:9/blob/archive", "evidence", **words)
    with pytest.raises(AuditError, match="https://localhost:9/blob/archive/evidence: ") as told:
        stored(pack, there)
    assert "\n" not in str(told.value)
