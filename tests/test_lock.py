"""A door that closes for good is closed by its name given twice, by one request, and never opens again."""

import json
import os
import pty
import subprocess

import pytest

from audit.doors import VAULT_LOCKED, Request, doors
from audit.engine import judge
from audit.kinds.aws import BUCKET_OBJECT_LOCK
from audit.lock import close_bucket, demand_listed, s3_of
from audit.model import AuditError
from audit.sandbox.cloud_aws import LocalAws
from audit.sources import aws
from tests.aws import NOW, REGION, declared, session, to
from tests.aws import estate as offsite
from tests.cli.running import AUDIT, audit, environment, said
from tests.support import POLICIES

POLICY = {"immutabilityPeriodSinceCreationInDays": 2555, "allowProtectedAppendWrites": False, "state": "Unlocked"}
UNLOCKED = {"securitySettings": {"immutabilitySettings": {"state": "Unlocked"}}}
WHOLE = {"properties": {"immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": POLICY}}}
"""What locks an account, but for the state."""


@pytest.fixture
def estate(sandbox):
    """Four doors that stand open: two vaults, an account's policy and a container's."""
    group = sandbox.group()
    vaults = {
        "RecoveryServices/vaults/recovery": {"sku": {"name": "RS0"}},
        "DataProtection/backupVaults/blobs": {},
    }
    for path, more in vaults.items():
        body = {"location": "uksouth", **more, "properties": UNLOCKED}
        sandbox.put(f"{group}/providers/Microsoft.{path}", body)
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/archive"
    sandbox.put(
        account,
        {"location": "uksouth", "sku": {"name": "Standard_RAGZRS"}, "kind": "StorageV2", "tags": {"data": "archive"}}
        | WHOLE,
    )
    container = f"{account}/blobServices/default/containers/journals"
    sandbox.put(container, {"properties": {}})
    period = {"immutabilityPeriodSinceCreationInDays": 2555}
    sandbox.put(f"{container}/immutabilityPolicies/default", {"properties": period})
    return sandbox


@pytest.fixture
def shell(estate, tmp_path):
    """The environment of a shell there, without credentials for AWS."""
    plain = environment(AWS_EC2_METADATA_DISABLED="true", HOME=str(tmp_path))
    return {name: value for name, value in estate.environment(plain).items() if name[:7] not in ("AWS_ACC", "AWS_SEC")}


@pytest.fixture
def run(shell, tmp_path):
    """A function that runs `audit lock` there."""

    def lock(*words):
        return audit("lock", *words, "--policies", POLICIES, cwd=tmp_path, **shell)

    return lock


def state(estate, name):
    """Return the path of a door's resource, and the state it is in now."""
    (path,) = [str(body["id"]) for body in estate.store.listed() if str(body["id"]).endswith(name)]
    _, body, _ = estate.ask("GET", f"{path}?api-version=2024-01-01")
    text = json.dumps(body)
    return path, "Locked" if '"state": "Locked"' in text else "Unlocked" if '"state": "Unlocked"' in text else text


def test_a_plan_shows_every_open_door_and_changes_nothing(estate, run):
    before = {body["id"]: body for body in estate.store.listed()}
    told = run()
    assert told.returncode == 3, told.stderr
    assert "4 doors that close for good stand open. Nothing was changed." in told.stdout
    for name, control in {
        "recovery": "backup-vault-immutable",
        "blobs": "backup-blob-vault-immutable",
        "archive": "storage-archive-locked",
    }.items():
        assert f"asked for by {control}" in told.stdout
        assert f"close it: audit lock {name} --confirm {name}\n" in told.stdout
    assert "POST /subscriptions/" in told.stdout
    assert "/immutabilitypolicies/default/lock?api-version=2024-01-01 If-Match:" in told.stdout
    assert told.stdout.count("https://") == 4
    assert "not seen: a door may stand open there\n  the off-site copy was not read" in told.stdout
    assert {body["id"]: body for body in estate.store.listed()} == before


def test_a_promised_lock_that_has_no_door_is_told(estate, run):
    """An archive without any policy has nothing to lock, and its promise is broken all the same."""
    account = f"{estate.group()}/providers/Microsoft.Storage/storageAccounts/bare"
    body = {"location": "uksouth", "sku": {"name": "Standard_RAGZRS"}, "kind": "StorageV2", "tags": {"data": "archive"}}
    estate.put(account, {**body, "properties": {}})
    told = run().stdout
    assert "  bare: is not locked by this command, see `audit explain storage-archive-locked`\n" in told
    assert "archive: is not locked by this command" not in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("recovery",), "closing recovery needs its name twice. Add --confirm recovery.", id="once"),
        pytest.param(
            ("recovery", "--confirm", "recover"),
            "--confirm says 'recover', and the door is called 'recovery'. Say the same name twice.",
            id="another name",
        ),
        pytest.param(
            ("--confirm", "recovery"),
            "--confirm says 'recovery', and the door is called ''. Say the same name twice.",
            id="no name",
        ),
        pytest.param(
            ("vault", "--confirm", "vault"),
            "no door called vault stands open. See their names with `audit lock`.",
            id="a name of nothing",
        ),
        pytest.param(
            ("Recovery", "--confirm", "Recovery"),
            "no door called Recovery stands open. See their names with `audit lock`.",
            id="in other letters",
        ),
    ],
)
def test_a_door_is_closed_only_where_its_name_is_given_twice(estate, run, words, message):
    told = run(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[-1] == f"audit: {message}"
    assert state(estate, "/recovery")[1] == "Unlocked"


@pytest.mark.parametrize(
    ("typed", "code", "after"),
    [
        pytest.param("recovery", 0, "Locked", id="the name"),
        pytest.param("Recovery", 2, "Unlocked", id="another spelling"),
        pytest.param("", 2, "Unlocked", id="nothing"),
        pytest.param("yes", 2, "Unlocked", id="yes"),
    ],
)
def test_on_a_terminal_the_name_is_typed(estate, shell, tmp_path, typed, code, after):
    mine, theirs = pty.openpty()
    words = [AUDIT, "lock", "recovery", "--policies", POLICIES]
    run = subprocess.Popen(words, cwd=tmp_path, env=shell, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(mine, f"{typed}\n".encode())
    told, trouble = run.communicate(timeout=120)
    os.close(mine)
    os.close(theirs)
    assert run.returncode == code, trouble
    assert b"Type its name to close it for good" in trouble
    assert told == (b"recovery: read back as Locked\n" if code == 0 else b"")
    assert state(estate, "/recovery")[1] == after


WEAKER = {
    "/recovery": ("PATCH", UNLOCKED),
    "/blobs": ("PATCH", UNLOCKED),
    "/archive": (
        "PATCH",
        {
            "immutableStorageWithVersioning": {
                "immutabilityPolicy": {**POLICY, "state": "Locked"} | {"immutabilityPeriodSinceCreationInDays": 1}
            }
        },
    ),
    "/journals/immutabilityPolicies/default": ("PUT", {"immutabilityPeriodSinceCreationInDays": 1}),
}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("recovery", "/recovery", id="a recovery services vault"),
        pytest.param("blobs", "/blobs", id="a backup vault"),
        pytest.param("archive", "/archive", id="an account's policy"),
        pytest.param("archive/journals", "/journals/immutabilityPolicies/default", id="a container's policy"),
    ],
)
def test_a_closed_door_stays_closed_and_counts_as_kept(estate, run, name, path):
    told = run(name, "--confirm", name)
    assert (told.returncode, told.stdout) == (0, f"{name}: read back as Locked\n"), told.stderr
    identity, seen = state(estate, path)
    assert seen == "Locked"
    method, properties = WEAKER[path]
    status, refusal, _ = estate.ask(method, f"{identity}?api-version=2024-01-01", {"properties": properties})
    assert (status, "locked" in refusal["error"]["message"]) == (409, True)
    assert state(estate, path)[1] == "Locked"
    again = run(name, "--confirm", name)
    assert again.returncode == 2
    assert said(again) == f"{name} is locked already. There is nothing to do."


def test_the_live_control_is_kept_once_the_door_is_closed(estate, run, tmp_path):
    run("recovery", "--confirm", "recovery")
    given = estate.environment(environment(AWS_EC2_METADATA_DISABLED="true", HOME=str(tmp_path)))
    audit("check", "--live", "--policies", POLICIES, "--report", "report", cwd=tmp_path, **given)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    verdicts = {control["id"]: control["verdict"] for control in report["controls"]}
    assert verdicts["backup-vault-immutable"] == "kept"
    assert verdicts["backup-blob-vault-immutable"] == "broken"


def test_an_identity_that_may_only_read_closes_nothing(estate, run):
    estate.narrow("*/read")
    told = run("recovery", "--confirm", "recovery")
    assert told.returncode == 2
    assert "was refused: 403 AuthorizationFailed" in told.stderr
    assert told.stderr.endswith("It stands open.\n")
    assert state(estate, "/recovery")[1] == "Unlocked"


def test_what_was_denied_may_hide_an_open_door(estate, run):
    estate.fault("status", path="*/Microsoft.RecoveryServices/vaults/recovery", status=403)
    told = run()
    assert told.returncode == 3
    assert "not seen: a door may stand open there" in told.stdout


SUBSCRIPTION = "/subscriptions/0/resourceGroups/g/providers"
VAULT = f"{SUBSCRIPTION}/Microsoft.RecoveryServices/vaults/v"
ACCOUNT = f"{SUBSCRIPTION}/Microsoft.Storage/storageAccounts/a"
LOCKED = {
    "properties": {
        "immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": {**POLICY, "state": "Locked"}}
    }
}


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request(method="PATCH", path=VAULT, api="1", body=VAULT_LOCKED), id="a vault"),
        pytest.param(Request(method="PATCH", path=ACCOUNT, api="1", body=LOCKED), id="an account"),
    ],
)
def test_what_locks_may_be_sent(request_):
    demand_listed(request_)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(Request(method="DELETE", path=VAULT, api="1", body=VAULT_LOCKED), id="a deletion"),
        pytest.param(Request(method="PUT", path=VAULT, api="1", body=VAULT_LOCKED), id="a whole vault"),
        pytest.param(Request(method="PATCH", path=VAULT, api="1", body={"properties": UNLOCKED}), id="an unlocking"),
        pytest.param(
            Request(method="PATCH", path=VAULT, api="1", body={**VAULT_LOCKED, "tags": {}}), id="more than that"
        ),
        pytest.param(Request(method="PATCH", path=VAULT, api="1"), id="nothing"),
        pytest.param(
            Request(method="PATCH", path=f"{VAULT}/backupPolicies/p", api="1", body=VAULT_LOCKED), id="below it"
        ),
        pytest.param(Request(method="PATCH", path=f"{VAULT}?x=1", api="1", body=VAULT_LOCKED), id="a query"),
        pytest.param(Request(method="PATCH", path=ACCOUNT, api="1", body=WHOLE), id="an account left open"),
        pytest.param(
            Request(method="PATCH", path=ACCOUNT, api="1", body=VAULT_LOCKED), id="a vault's words to an account"
        ),
        pytest.param(Request(method="PATCH", path=VAULT, api="1", body=LOCKED), id="an account's words to a vault"),
        pytest.param(
            Request(method="POST", path=f"{ACCOUNT}/listKeys", api="1", conditional=True), id="another action"
        ),
        pytest.param(
            Request(
                method="POST",
                path=f"{ACCOUNT}/blobServices/default/containers/c/immutabilityPolicies/default/lock",
                api="1",
            ),
            id="a lock of whatever is there by now",
        ),
    ],
)
def test_nothing_else_may_be_sent(request_):
    with pytest.raises(AuditError, match=r"is no request that locks\. Nothing was sent\."):
        demand_listed(request_)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The local AWS with a bucket under governance, and a function that finds its door."""
    rule = {"defaultRetention": {"mode": "GOVERNANCE", "days": 2557}}
    governed = declared(
        BUCKET_OBJECT_LOCK, "lock", {"bucket": to("copies"), "objectLockEnabled": "Enabled", "rule": rule}
    )
    with LocalAws(tmp_path) as local:
        local.load([governed if one.type == BUCKET_OBJECT_LOCK.arm else one for one in offsite()])
        monkeypatch.setenv("AWS_ENDPOINT_URL", local.endpoint)

        def found(policies):
            seen = aws.collect(session(), buckets=(), region=REGION, now=NOW, endpoint=local.endpoint)
            return doors(seen, judge(seen, policies, NOW.date(), product=""), policies.controls.values())

        yield found


def test_the_lock_of_a_bucket_is_put_at_compliance_with_its_own_period(copy, policies):
    (door,) = copy(policies).open
    assert (door.name, door.state, door.controls) == ("copies", "GOVERNANCE", ("offsite-lock-compliance",))
    assert close_bucket(door, s3_of(session(), REGION)) == "COMPLIANCE"
    after = copy(policies)
    assert (after.open, after.closed) == ((), ("copies",))
    found = session().client("s3").get_object_lock_configuration(Bucket="copies")["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"]["Days"] == 2557


def test_a_bucket_that_changed_since_is_left_alone(copy, policies):
    (door,) = copy(policies).open
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    session().client("s3").put_object_lock_configuration(Bucket="copies", ObjectLockConfiguration=lock)
    with pytest.raises(AuditError, match="copies has changed since it was looked at"):
        close_bucket(door, s3_of(session(), REGION))
