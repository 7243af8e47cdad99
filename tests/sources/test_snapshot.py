"""A snapshot's file holds all that was seen: read back, it is the same, and it is judged the same."""

import json
from datetime import UTC, date, datetime

import pytest

from audit.engine import judge
from audit.facts import AMBIGUOUS, SECRET, UNKNOWN, Reference
from audit.model import Answer, AuditError, Gap, Plane, Resource, Snapshot, Source, Unassessed
from audit.reports import machine
from audit.sources import snapshot

NOON = datetime(2026, 1, 15, 12, 30, 15, 123456, tzinfo=UTC)
ANSWER = Answer("https://management.azure.com/subscriptions?api-version=2022-12-01", NOON, "request-1", "ab" * 32)
OTHER = Answer("https://management.azure.com/locks?api-version=2020-05-01", NOON, "request-2", "cd" * 32)


def resource(name, **changes):
    """Make a live resource."""
    given = {
        "type": "Microsoft.Storage/storageAccounts",
        "id": f"/subscriptions/s/resourcegroups/g/providers/microsoft.storage/storageaccounts/{name}",
        "name": name,
        "plane": Plane.LIVE,
        "seen_at": NOON,
        "body": {"location": "uksouth", "allowBlobPublicAccess": False},
        "answers": (ANSWER,),
    }
    return Resource(**(given | changes))


WHOLE = Snapshot(
    plane=Plane.LIVE,
    origin="subscription s",
    seen_at=NOON,
    resources=(
        resource("plain"),
        resource("marked", body={"a": UNKNOWN, "b": [SECRET, {"c": AMBIGUOUS}], "d": Reference("urn:x", "id", "/m")}),
        resource("foreign-keys", body={"tags": {"$secret": "a word", "$reference": "b", "$$twice": "c", "$": "d"}}),
        resource("declared", answers=(OTHER, ANSWER), source=Source("main.py", 3, {"a": 4})),
        resource("undeclared", component="urn:y", dependencies=("urn:z",), protect=True),
    ),
    gaps=(Gap("locks could not be read: 403", ("Microsoft.Authorization/locks",)), Gap("everything")),
    unassessed=(Unassessed("Microsoft.Bot/bots", "2 in Azure", "no control knows this type"),),
    answers=(ANSWER,),
    tools={"azure-native": "3.29.0"},
)


def test_what_is_written_is_read_back_the_same(tmp_path):
    snapshot.write(WHOLE, tmp_path / "seen.json")
    assert snapshot.collect(tmp_path / "seen.json", now=NOON) == WHOLE


def test_the_same_snapshot_is_the_same_bytes_and_shares_its_answers():
    assert snapshot.encode(WHOLE) == snapshot.encode(WHOLE)
    assert len(json.loads(snapshot.encode(WHOLE))["answers"]) == 2


def test_a_file_is_judged_to_the_same_report_as_what_was_seen(tmp_path, policies):
    """Byte for byte, evidence and answers included."""
    snapshot.write(WHOLE, tmp_path / "seen.json")
    seen, read = (
        machine.render(judge(one, policies, date(2026, 2, 1), product="promise-audit 0"))
        for one in (WHOLE, snapshot.collect(tmp_path / "seen.json", now=NOON))
    )
    assert read == seen
    assert b"request-1" in read


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        pytest.param(lambda text: text[:-40], "is no snapshot", id="cut off"),
        pytest.param(lambda text: "[]", "is no snapshot", id="another shape"),
        pytest.param(
            lambda text: text.replace("snapshot/1", "snapshot/9"), "Use the version that wrote it", id="newer"
        ),
        pytest.param(lambda text: text.replace('"name":"plain"', '"name":7'), "name", id="a wrong type"),
        pytest.param(
            lambda text: text.replace('"answers":[0]', '"answers":[99]'), "is no snapshot", id="no such answer"
        ),
        pytest.param(lambda text: text.replace('"answers":[0]', '"answers":[-1]'), "is no snapshot", id="below zero"),
        pytest.param(
            lambda text: text.replace('"name":"plain"', '"nmae":"plain"'), "is no snapshot", id="a misspelt key"
        ),
        pytest.param(lambda text: text.replace('"live"', '"dead"'), "is no snapshot", id="an unknown plane"),
        pytest.param(lambda text: "[" * 100_000, "is no snapshot", id="nested too deeply"),
        pytest.param(lambda text: "\udcff", "is no snapshot", id="no text"),
    ],
)
def test_a_file_that_is_no_snapshot_is_one_line(tmp_path, change, trouble):
    path = tmp_path / "seen.json"
    path.write_text(change(snapshot.encode(WHOLE).decode()), errors="surrogateescape")
    with pytest.raises(AuditError, match=trouble) as error:
        snapshot.collect(path, now=NOON)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for taken in ("folder", "file/seen.json"):
        with pytest.raises(AuditError, match="Name another file"):
            snapshot.write(WHOLE, tmp_path / taken)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
