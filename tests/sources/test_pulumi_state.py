"""A stack's state, as the Pulumi CLI exported it, becomes a snapshot: what is there, and what is still under way."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.facts import SECRET
from audit.model import AuditError, Plane
from audit.sources.pulumi import state
from tests.sources.capturing import by_name, line_of

RECORDED = Path(__file__).parent / "recorded"
PROJECT = RECORDED / "program"
EXPORTED = json.loads((RECORDED / "state.json").read_text())
WRITTEN = datetime.fromisoformat(EXPORTED["deployment"]["manifest"]["time"][:19] + "+00:00")
NOW = WRITTEN + timedelta(days=1)
ACCOUNT = "Microsoft.Storage/storageAccounts"


def read(folder, told=EXPORTED, now=NOW):
    path = folder / "state.json"
    path.write_text(json.dumps(told))
    return state(path, now=now, project=PROJECT)


def edited(folder, edit):
    """Read a state in which the account's own row was changed."""
    told = json.loads(json.dumps(EXPORTED))
    edit(next(row for row in told["deployment"]["resources"] if row["urn"].endswith("::files-account")))
    return read(folder, told)


def test_a_state_says_what_is_there_under_its_arm_ids(tmp_path):
    """What the provider answered counts, in ARM's own names; links are ids, as they are live."""
    snapshot = read(tmp_path)
    found = by_name(snapshot)
    account = found["files-account"]
    assert (snapshot.plane, snapshot.origin, snapshot.gaps) == (
        Plane.STATE,
        "the state of project recorded, stack dev",
        (),
    )
    assert account.id == account.id.lower()
    assert account.id.startswith("/subscriptions/")
    assert account.body["supportsHttpsTrafficOnly"] is True
    assert account.body["networkAcls"]["defaultAction"] == "Allow"
    assert {"type", "name", "azureApiVersion", "__createBeforeDelete"}.isdisjoint(account.body)
    assert found["files-lock"].body["scope"].lower() == account.id
    assert (account.protect, found["box"].ignore_changes) == (True, ("metadata",))
    assert snapshot.tools["pulumi-azure-native"]


def test_a_state_was_seen_when_it_was_written(tmp_path):
    assert read(tmp_path).seen_at.replace(microsecond=0) == WRITTEN


def test_a_state_of_nothing_is_seen_now(tmp_path):
    """A stack that was never deployed has a time of the year one."""
    found = read(tmp_path, {"version": 3, "deployment": {"manifest": {"time": "0001-01-01T00:00:00Z"}}})
    assert (found.seen_at, found.resources) == (NOW, ())


def test_a_resource_has_the_line_of_its_constructor(tmp_path):
    source = by_name(read(tmp_path))["files-account"].source
    assert (source.file, source.line) == ("program/parts.py", line_of(PROJECT / source.file, "self.account = "))


def test_an_encrypted_secret_is_there_and_is_not_looked_at(tmp_path):
    snapshot = read(tmp_path)
    assert by_name(snapshot)["files-lock"].body["notes"] is SECRET
    assert "v1:" not in str(snapshot)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"delete": True}, "files-account is to be deleted, and still there", id="to be deleted"),
        pytest.param(
            {"pendingReplacement": True},
            "files-account was deleted, and what replaces it is not there",
            id="half replaced",
        ),
        pytest.param({"initErrors": ["no quota\nleft"]}, "not made to its end: no quota left", id="half made"),
    ],
)
def test_what_is_under_way_is_a_gap_for_its_kind(tmp_path, change, reason):
    snapshot = edited(tmp_path, lambda row: row.update(change))
    (gap,) = snapshot.gaps
    assert (reason in gap.reason, gap.kinds) == (True, (ACCOUNT,))
    assert ("files-account" in by_name(snapshot)) is ("initErrors" in change)


def test_an_update_that_was_interrupted_is_a_gap(tmp_path):
    told = json.loads(json.dumps(EXPORTED))
    row = next(row for row in told["deployment"]["resources"] if row["urn"].endswith("::files-account"))
    told["deployment"]["pending_operations"] = [{"resource": {**row, "urn": f"{row['urn']}-2"}, "type": "creating"}]
    (gap,) = read(tmp_path, told).gaps
    assert gap.reason == "Pulumi was interrupted while creating files-account-2: Run `pulumi refresh`"
    assert gap.kinds == (ACCOUNT,)


def test_a_resource_that_the_program_only_reads_is_not_judged(tmp_path):
    snapshot = edited(tmp_path, lambda row: row.update(external=True))
    assert "files-account" not in by_name(snapshot)
    assert [one.why for one in snapshot.unassessed if "files-account" in one.what] == [
        "looked up, and declared elsewhere"
    ]


def test_a_resource_that_pulumi_would_leave_behind_says_so(tmp_path):
    snapshot = edited(tmp_path, lambda row: row.update(retainOnDelete=True))
    assert by_name(snapshot)["files-account"].retain_on_delete is True


def test_lists_that_pulumi_wrote_as_null_are_empty(tmp_path):
    nothing = {"dependencies": None, "propertyDependencies": {"sku": None}, "inputs": None, "stackTrace": None}
    snapshot = edited(tmp_path, lambda row: row.update(nothing))
    assert by_name(snapshot)["files-account"].dependencies == ()


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        pytest.param(b"", "is no state: Input data was truncated", id="empty"),
        pytest.param(
            (RECORDED / "state.json").read_bytes()[:5000], "is no state: Input data was truncated", id="cut off"
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "is no state", id="a picture"),
        pytest.param(b"[]", "is no state: Expected `object`, got `array`", id="a list"),
        pytest.param((RECORDED / "first.json").read_bytes(), "is no state, but a preview", id="a preview"),
        pytest.param(b'{"version": 2, "deployment": {}}', "is of version 2, which is not known", id="an old version"),
        pytest.param(b'{"version": 5, "deployment": {}}', "is of version 5, which is not known", id="a newer version"),
        pytest.param(
            b'{"version": 4, "features": ["teleport"], "deployment": {}}', "needs teleport", id="an unknown feature"
        ),
        pytest.param(b'{"deployment": {}}', "missing required field `version`", id="no version"),
        pytest.param(b'{"deployment": ' + b"[" * 100_000, "is nested too deeply", id="nested for ever"),
    ],
)
def test_a_file_that_is_no_state_is_one_line(tmp_path, content, trouble):
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(AuditError) as error:
        state(path, now=NOW, project=PROJECT)
    assert trouble in str(error.value)
    assert "\n" not in str(error.value)


def test_a_state_from_the_future_is_refused(tmp_path):
    with pytest.raises(AuditError, match="which is to come. Check the clock"):
        read(tmp_path, now=WRITTEN - timedelta(days=1))
