"""Every mailbox database is looked for in what the backup of the mail servers holds."""

import json

import pytest
from msgspec.structs import replace

from audit.facts import Unseen
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.model import Gap, Plane, Verdict
from audit.sources.data import backup_list
from tests.data.insides import NOW, inside
from tests.probes.scenes import verdict
from tests.support import resource

TARGETS = {"probes": {"hours": 192}, "backup": {"recovery_point_hours": 26}}
CONTROL = "data-mailbox-databases-backed-up"
DATABASE = "Kundenpost Mustermann"


OLD = "2026-09-05T01:00:00Z"


def item(name, last="2026-10-05T01:00:00Z", kind="AzureBackupServer", **more):
    body = {"friendlyName": name, "backupManagementType": kind, "lastRecoveryPoint": last, **more}
    return replace(resource(PROTECTED_ITEM, f"item-{name}", body, plane=Plane.LIVE), seen_at=NOW)


def found(tmp_path, items, databases=("DB01", DATABASE), at="2026-10-05T08:00:00Z"):
    (tmp_path / backup_list.EXPORT).write_text(json.dumps({"at": at, "databases": databases}))
    return backup_list.check(inside(TARGETS, estate=tuple(items), proofs=tmp_path))


BOTH = (item("db01"), item(DATABASE))


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        pytest.param(BOTH, {}, Verdict.KEPT, id="both"),
        pytest.param((item("DB01"), item(DATABASE, kind="DPM")), {}, Verdict.KEPT, id="by an older server"),
        pytest.param(BOTH[:1], {}, Verdict.BROKEN, id="one is missing"),
        pytest.param((item("DB01"), item(DATABASE, kind="AzureIaasVM")), {}, Verdict.BROKEN, id="a copy of disks"),
        pytest.param((item("DB01"), item(DATABASE, last="2026-10-04T05:00:00Z")), {}, Verdict.BROKEN, id="yesterday's"),
        pytest.param((item("DB01"), item(DATABASE, last=None)), {}, Verdict.UNPROVEN, id="nobody says when"),
        pytest.param((item("DB01", OLD), *BOTH), {}, Verdict.KEPT, id="another server held it before"),
        pytest.param((*BOTH, item("DB01", OLD)), {}, Verdict.KEPT, id="the other one comes last"),
        pytest.param((item("DB01", None), *BOTH), {}, Verdict.KEPT, id="of the other nobody says when"),
        pytest.param((BOTH[0], item(DATABASE, workloadType="SQLDB")), {}, Verdict.BROKEN, id="one of SQL"),
        pytest.param((BOTH[0], item(DATABASE, workloadType="exchange")), {}, Verdict.KEPT, id="one of Exchange"),
        pytest.param(BOTH, {"databases": ()}, Verdict.UNPROVEN, id="no database"),
        pytest.param(BOTH, {"at": "2026-09-20T08:00:00Z"}, Verdict.UNPROVEN, id="an old list"),
    ],
)
def test_each_database_has_a_backup_of_the_last_day(tmp_path, items, more, expected):
    seen = found(tmp_path, items, **more)
    assert verdict(CONTROL, seen, TARGETS)[0] is expected
    assert DATABASE.lower() not in repr(seen).lower()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "cannot be read", id="no export"),
        pytest.param(b"Name,Server", "not what Exchange", id="another format"),
        pytest.param(b'{"at": "2026-10-05T08:00:00", "databases": []}', "not what Exchange", id="no time zone"),
        pytest.param(b'{"at": "2026-10-06T08:00:00Z", "databases": ["a"]}', "to come", id="of tomorrow"),
    ],
)
def test_a_list_that_cannot_be_read_proves_nothing(tmp_path, content, why):
    if content is not None:
        (tmp_path / backup_list.EXPORT).write_bytes(content)
    with pytest.raises(Unseen, match=why):
        backup_list.check(inside(TARGETS, estate=BOTH, proofs=tmp_path))


def test_a_listing_of_items_that_was_cut_accuses_nobody(tmp_path):
    """What is not in it may be backed up all the same."""
    (tmp_path / backup_list.EXPORT).write_text(json.dumps({"at": "2026-10-05T08:00:00Z", "databases": ["DB02"]}))
    hidden = (Gap("Azure answered 403", (PROTECTED_ITEM.arm,)),)
    with pytest.raises(Unseen, match="incomplete"):
        backup_list.check(inside(TARGETS, estate=BOTH, hidden=hidden, proofs=tmp_path))


def test_a_point_that_is_to_come_is_none(tmp_path):
    seen = found(tmp_path, (item("DB01"), item(DATABASE, last="2026-12-05T01:00:00Z")))
    assert verdict(CONTROL, seen, TARGETS)[0] is Verdict.UNPROVEN


def test_without_an_estate_nothing_is_known_of_backups(tmp_path):
    with pytest.raises(Unseen, match="estate"):
        found(tmp_path, ())
