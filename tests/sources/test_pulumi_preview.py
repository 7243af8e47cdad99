"""A preview's JSON, as the Pulumi CLI printed it, becomes a snapshot: what changes, what goes, and what it hides."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.facts import SECRET, SOMEWHERE_BELOW, Reference
from audit.model import AuditError, Plane
from audit.sources import snapshot as files
from audit.sources.pulumi import preview
from tests.sources.capturing import by_name, line_of

RECORDED = Path(__file__).parent / "recorded"
PROJECT = RECORDED / "program"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
COMMAND = "Name a file of `pulumi preview --json --show-sames`."


def read(name, project=PROJECT):
    return preview(RECORDED / name, now=NOW, project=project)


def edited(folder, name, edit):
    """Read a recorded preview that was changed."""
    told = json.loads((RECORDED / name).read_text())
    edit(told)
    path = folder / "edited.json"
    path.write_text(json.dumps(told))
    return preview(path, now=NOW, project=PROJECT)


def test_a_first_preview_shows_what_will_be_made():
    """Components are left out, links are links, secrets are marked, and what is protected says so."""
    snapshot = read("first.json")
    found = by_name(snapshot)
    account, log, lock = found["files-account"], found["files-log"], found["files-lock"]
    assert (snapshot.plane, snapshot.origin, snapshot.gaps) == (
        Plane.PREVIEW,
        "the preview of project recorded, stack dev",
        (),
    )
    assert found.keys() == {"files-group", "files-account", "files-log", "box", "files-lock"}
    assert account.body["minimumTlsVersion"] == "TLS1_2"
    assert account.body["resourceGroupName"] == Reference(found["files-group"].id, "name")
    assert (account.protect, account.component.rpartition("::")[2], account.seen_at) == (True, "files", NOW)
    assert log.body["resourceUri"] == Reference(account.id, "id", SOMEWHERE_BELOW)
    assert lock.body["scope"] == Reference(account.id, "id")
    assert lock.body["notes"] is SECRET
    assert found["box"].ignore_changes == ("metadata",)


def test_a_resource_has_the_line_of_its_constructor_and_of_each_property():
    found = by_name(read("first.json"))
    account = found["files-account"].source
    parts = PROJECT / "program" / "parts.py"
    assert (account.file, account.line) == ("program/parts.py", line_of(parts, "self.account = "))
    assert account.lines["minimumtlsversion"] == line_of(parts, "minimum_tls_version")


def test_without_the_program_a_resource_keeps_its_own_line_alone(tmp_path):
    source = by_name(read("first.json", tmp_path))["files-account"].source
    assert (source.file, dict(source.lines)) == ("program/parts.py", {})


@pytest.mark.parametrize(
    "position",
    [
        pytest.param("project:///../../etc/passwd#3", id="outside the project"),
        pytest.param("project:///.venv/lib/site-packages/x.py#3", id="an installed package"),
        pytest.param("project:////etc/passwd#3", id="an absolute path"),
        pytest.param("file:///etc/passwd#3", id="another scheme"),
        pytest.param("project:///program/parts.py", id="no line"),
        pytest.param("project:///program/parts.py#many", id="a line that is no number"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_line_that_is_not_the_programs_is_none(tmp_path, position):
    def edit(told):
        for step in told["steps"]:
            step["newState"] |= {"sourcePosition": position, "stackTrace": [{"sourcePosition": position}, {}]}

    assert {one.source for one in edited(tmp_path, "first.json", edit).resources} == {None}


def test_a_change_is_judged_as_it_will_be_and_what_goes_is_not_judged():
    snapshot = read("changed.json")
    found = by_name(snapshot)
    assert found["files-account"].body["minimumTlsVersion"] == "TLS1_0"
    assert found.keys() == {"files-group", "files-account", "files-log"}
    # An id that is there already is a link as well, and says the part.
    assert found["files-log"].body["resourceUri"] == Reference(found["files-account"].id, "id", "/blobServices/default")
    assert {(one.what.rpartition(" ")[2], one.why) for one in snapshot.unassessed} == {
        ("box", "it is to be deleted or replaced"),
        ("files-lock", "it is to be deleted or replaced"),
    }
    assert snapshot.gaps == ()


def test_what_is_replaced_is_judged_once_and_as_it_will_be():
    snapshot = read("replaced.json")
    assert sorted(one.name for one in snapshot.resources) == sorted(
        {"files-group", "files-account", "files-log", "box", "files-lock"}
    )
    assert by_name(snapshot)["files-group"].body["location"] == "ukwest"


def drop_same(told):
    told["steps"] = [step for step in told["steps"] if step["op"] != "same"]


def drop_summary(told):
    del told["changeSummary"]


def strange_step(told):
    told["steps"][2]["op"] = "teleport"


def silent_step(told):
    del told["steps"][2]["newState"]


@pytest.mark.parametrize(
    ("name", "edit", "reason"),
    [
        pytest.param(
            "short.json",
            dict,
            "leaves out 6 of 7 resources of the step 'same': run `pulumi",
            id="what stays as it is",
        ),
        pytest.param("changed.json", drop_same, "leaves out 4 of 4 resources of the step 'same'", id="all that stays"),
        pytest.param(
            "failed.json", dict, "the preview failed: an unhandled error occurred", id="a program that failed"
        ),
        pytest.param(
            "targeted.json", dict, "limited to targets, and leaves out 2 that are declared", id="other targets"
        ),
        pytest.param("first.json", drop_summary, "did not come to its end", id="a preview that was stopped"),
        pytest.param("first.json", strange_step, "a step 'teleport' for urn:", id="a step of a newer Pulumi"),
        pytest.param("first.json", silent_step, "does not say what becomes of urn:", id="a step without a state"),
    ],
)
def test_what_a_preview_hides_is_a_gap_for_every_kind(tmp_path, name, edit, reason):
    gaps = [gap for gap in edited(tmp_path, name, edit).gaps if reason in gap.reason]
    assert [gap.kinds for gap in gaps] == [()]


def test_what_is_declared_and_not_aimed_at_is_not_taken_for_deployed():
    snapshot = read("targeted.json")
    assert {"box", "files-lock"}.isdisjoint(by_name(snapshot))
    assert {one.what.rpartition(" ")[2] for one in snapshot.unassessed} >= {"box", "files-lock"}


def test_what_the_program_only_reads_is_not_judged(tmp_path):
    def edit(told):
        told["steps"][3] |= {"op": "read"}

    snapshot = edited(tmp_path, "first.json", edit)
    assert "files-account" not in by_name(snapshot)
    assert "looked up, and declared elsewhere" in {one.why for one in snapshot.unassessed}


def test_a_resource_that_pulumi_lets_go_of_is_told(tmp_path):
    """Nothing declares it any more, and it goes on running."""

    def edit(told):
        for step in told["steps"]:
            if step["op"] == "delete":
                step["oldState"]["retainOnDelete"] = True

    unassessed = edited(tmp_path, "changed.json", edit).unassessed
    assert {one.why for one in unassessed} == {"Pulumi lets go of it, and it stays"}


def test_no_secret_of_the_program_reaches_a_snapshot():
    snapshot = read("first.json")
    assert "no file holds" not in str(snapshot)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_that_a_windows_shell_wrote_is_read(tmp_path, encoding):
    path = tmp_path / "preview.json"
    path.write_text((RECORDED / "first.json").read_text(), encoding=encoding)
    assert len(preview(path, now=NOW, project=PROJECT).resources) == 5


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        pytest.param(b"", "is no preview: Input data was truncated", id="empty"),
        pytest.param(
            (RECORDED / "first.json").read_bytes()[:5000], "is no preview: Input data was truncated", id="cut off"
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "is no preview", id="a picture"),
        pytest.param(b"[]", "is no preview: Expected `object`, got `array`", id="a list"),
        pytest.param(b"{}", "is no preview. Name", id="an empty object"),
        pytest.param(
            b'{"steps": [{"op": 3}]}', "is no preview: Expected `str`, got `int`", id="a step of another shape"
        ),
        pytest.param((RECORDED / "state.json").read_bytes(), "is no preview, but a state", id="a state"),
        pytest.param(b'{"$schema": "x"}', "is no preview, but an ARM template", id="a template"),
        pytest.param(b'{"steps": ' + b"[" * 100_000, "is nested too deeply", id="nested for ever"),
    ],
)
def test_a_file_that_is_no_preview_is_one_line(tmp_path, content, trouble):
    path = tmp_path / "preview.json"
    path.write_bytes(content)
    with pytest.raises(AuditError) as error:
        preview(path, now=NOW, project=PROJECT)
    assert trouble in str(error.value)
    assert str(error.value).endswith(COMMAND)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(AuditError, match="cannot read the preview .*: No such file or directory"):
        preview(tmp_path / "preview.json", now=NOW, project=PROJECT)


@pytest.mark.parametrize(
    ("levels", "read_whole"),
    [
        pytest.param(200, True, id="two hundred"),
        pytest.param(300, False, id="more than whoever judges it can follow"),
        pytest.param(5_000, False, id="too many"),
    ],
)
def test_deep_nesting_is_read_or_refused_in_one_line(tmp_path, levels, read_whole):
    path = tmp_path / "preview.json"
    deep = b'{"a": ' * levels + b"1" + b"}" * levels
    row = b'{"urn": "urn:pulumi:dev::demo::a:b:C::it", "type": "a:b:C", "custom": true, "inputs": {"x": ' + deep + b"}}"
    step = b'{"op": "create", "urn": "urn:pulumi:dev::demo::a:b:C::it", "newState": ' + row + b"}"
    path.write_bytes(b'{"steps": [' + step + b'], "changeSummary": {"create": 1}}')
    if read_whole:
        assert len(preview(path, now=NOW, project=PROJECT).resources) == 1
        return
    with pytest.raises(AuditError, match="nested too deeply"):
        preview(path, now=NOW, project=PROJECT)


def test_a_snapshot_of_a_preview_survives_being_written(tmp_path):
    found = read("first.json")
    files.write(found, tmp_path / "snapshot")
    assert files.collect(tmp_path / "snapshot", now=NOW) == found


@pytest.mark.parametrize(
    ("op", "told"),
    [
        pytest.param("same", Reference("urn:pulumi:dev::demo::aws:kms/key:Key::key", "arn"), id="a key that stays"),
        pytest.param("update", Reference("urn:pulumi:dev::demo::aws:kms/key:Key::key", "arn"), id="one that changes"),
        pytest.param("replace", "arn:aws:kms:eu-west-2:0:key/1", id="one that another takes the place of"),
    ],
)
def test_the_arn_of_a_key_that_is_there_already_is_a_link_to_it(tmp_path, op, told):
    """A stack that was deployed names its key in clear, and only what was known of the key before says its ARN."""
    arn = "arn:aws:kms:eu-west-2:0:key/1"
    key = {"urn": "urn:pulumi:dev::demo::aws:kms/key:Key::key", "type": "aws:kms/key:Key", "custom": True}
    sealed_type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    sealed = {"urn": f"urn:pulumi:dev::demo::{sealed_type}::sealed", "type": sealed_type, "custom": True}
    rules = [{"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": arn, "sseAlgorithm": "aws:kms"}}]
    sealed |= {"inputs": {"rules": rules}, "propertyDependencies": {"rules": [key["urn"]]}}
    was = {**key, "id": "1", "outputs": {"arn": arn}}
    steps = [{"op": op, "urn": key["urn"], "oldState": was, "newState": {**key, "inputs": {}}}]
    steps += [{"op": "same", "urn": sealed["urn"], "oldState": {**sealed, "id": "b"}, "newState": sealed}]
    path = tmp_path / "preview.json"
    path.write_text(json.dumps({"steps": steps, "changeSummary": {op: 1, "same": 1}}))
    (rule,) = by_name(preview(path, now=NOW, project=PROJECT))["sealed"].body["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == told
