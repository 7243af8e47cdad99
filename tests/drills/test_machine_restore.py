"""Machines are restored into a closed network: what comes back decides, and what a copy must not do is seen first."""

import json
from datetime import timedelta

import msgspec
import pytest

from audit.drills.drill import Means
from audit.drills.machine import run
from audit.drills.machine_preparing import WRITES, canary, prepare
from audit.drills.machine_restore import ALTERNATE, DISKS, KIND
from audit.drills.outcomes import Inconclusive, NotRun
from audit.sandbox import auto_protection, machine_contents, machine_quotas
from audit.sandbox.jobs import Behaviour, Outcome, behave
from tests.drilling import DRILLS
from tests.drills.machine_scene import HOUR, KEY, LETTER, PATH, Scene, spelt


@pytest.fixture
def scene(drilling, sandbox):
    """A machine that is backed up."""
    return Scene(drilling, sandbox)


def stood(record):
    found = record.verdict.recoverability
    return found.state, found.level


@pytest.mark.parametrize("method", [DISKS, ALTERNATE])
def test_a_machine_that_comes_back_whole_is_proven_up_to_its_services(scene, method):
    """Its files, canary and services are there, its RPO is the canary's, and nothing is left."""
    scene.plant()
    record = scene.run(method)
    assert stood(record) == ("proven", 6), record.verdict
    assert record.verdict.rpo.basis == "canary"
    assert record.verdict.rpo.achieved_s == pytest.approx(70 * 60, abs=2)
    assert record.verdict.cleanup.state == "clean", record.residue
    assert (record.isolation.egress_denied, record.isolation.public_ip, record.isolation.peerings) == (True, False, 0)
    assert scene.left() == []


@pytest.mark.parametrize(
    ("contents", "state", "level", "reason"),
    [
        pytest.param({"boots": False}, "failed", 4, "Not Ready", id="it does not boot"),
        pytest.param({"heartbeat": False}, "failed", 4, "Not Ready", id="its agent is silent"),
        pytest.param({"files": {}}, "failed", 5, "1 are missing", id="a file is missing"),
        pytest.param(
            {"files": {PATH: machine_contents.file(b"x")}}, "failed", 5, "0 of 1 files", id="a file is another"
        ),
        pytest.param({"canary": None}, "failed", 5, "no canary came back", id="no canary"),
        pytest.param({"services": {"mail": "stopped"}}, "failed", 6, "0 of 1 services", id="a service is stopped"),
    ],
)
def test_what_is_wrong_with_the_copy_shows_at_its_level(scene, contents, state, level, reason):
    """A restore that succeeded proves no more than that."""
    scene.plant(contents=contents)
    record = scene.run()
    assert stood(record) == (state, level)
    assert reason in record.verdict.recoverability.reason
    assert scene.left() == []


def test_an_old_canary_fails_and_misses_the_rpo(scene):
    """The restore went well, and what came back is of yesterday."""
    old = {name: scene.canaries[0][name] for name in ("at", "digest")}
    scene.plant(contents={"canary": old})
    record = scene.run()
    assert stood(record) == ("failed", 5)
    assert "60 minutes older" in record.verdict.recoverability.reason
    assert record.verdict.rpo.state == "missed"


def test_without_anything_prepared_nothing_above_the_heartbeat_is_claimed(scene):
    """RPO is unknown, and says why."""
    scene.plant()
    record = scene.run(manifest=None)
    assert stood(record) == ("proven", 4)
    assert record.verdict.rpo.state == "unknown"


def test_what_is_not_as_it_was_signed_judges_nothing(scene):
    """The drill goes on without it, and clears away."""
    scene.plant()

    def forged(ref, what):
        raise Inconclusive("the manifest that was prepared is not as it was signed, or cannot be read")

    record = scene.run(manifest=forged)
    assert stood(record) == ("proven", 4)
    assert scene.left() == []


def test_a_manifest_younger_than_the_point_judges_nothing(scene):
    """What was not there yet cannot be missing."""
    scene.manifest["made_at"] = spelt(scene.now)
    scene.plant()
    assert stood(scene.run()) == ("proven", 4)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param({"completeness": "Partial"}, "partial", id="partial"),
        pytest.param({"threat": "UnHealthy"}, "a scan for threats says UnHealthy", id="threat-flagged"),
        pytest.param({"threat": "Warning"}, "a scan for threats says Warning", id="under suspicion"),
        pytest.param({"tiers": ("InstantRP",)}, "only a snapshot", id="only a snapshot"),
        pytest.param({"deleted": True}, "deleted", id="soft-deleted"),
    ],
)
def test_a_newer_point_that_cannot_be_trusted_is_passed_over_and_recorded(scene, said, reason):
    """The newest is not always the one to restore."""
    older = scene.plant(at=scene.at)
    newer = scene.plant(at=scene.at + timedelta(minutes=30), **said)
    record = scene.run()
    assert record.recovery_point.id == older
    assert [left.ref for left in record.recovery_point.skipped] == [newer]
    assert reason in record.recovery_point.skipped[0].reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param({"tiers": ("InstantRP",)}, "snapshot", id="snapshot-only"),
        pytest.param({"threat": "UnHealthy"}, "threats", id="threat-flagged only"),
    ],
)
def test_points_of_which_none_can_be_trusted_fail_at_level_1(scene, said, reason):
    """Nothing is restored from them, and nothing is made."""
    scene.plant(**said)
    record = scene.run()
    assert stood(record) == ("failed", 1)
    assert reason in record.verdict.recoverability.reason
    assert record.verdict.cleanup.state == "not-needed"


def test_a_machine_without_a_point_fails_and_one_that_no_vault_holds_is_not_even_configured(scene):
    """Both lists are whole and empty."""
    assert stood(scene.run()) == ("failed", 1)
    scene.store.delete(scene.item_id)
    record = scene.drilling.run(KIND, scene.item, drill_id="20260812T100000Z-000002", **scene.with_what())
    assert stood(record) == ("failed", 0)


def test_points_that_must_not_be_listed_prove_nothing(scene, sandbox):
    """A refusal is no empty list."""
    scene.plant()
    sandbox.fault("status", path="*/recoveryPoints", status=403)
    assert stood(scene.run())[0] in ("not-run", "inconclusive")


def test_an_archived_point_is_fetched_first_and_what_stays_of_it_is_told(scene):
    """It stays in the vault's tier for the days that it was fetched for."""
    scene.plant(tiers=("ArchivedRP",))
    record = scene.run()
    assert stood(record) == ("proven", 6)
    assert record.verdict.cleanup.state == "residue-expected"
    assert record.verdict.cleanup.until > record.ended + timedelta(days=9)


@pytest.mark.parametrize(
    ("behaviour", "state", "level"),
    [
        pytest.param({"outcome": Outcome.FAILED, "code": "UserErrorDamaged"}, "failed", 3, id="the job fails"),
        pytest.param({"outcome": Outcome.PARTIAL, "code": "UserErrorDamaged"}, "failed", 3, id="it leaves disks"),
        pytest.param({"outcome": Outcome.FAILED, "code": "QuotaExceeded"}, "inconclusive", None, id="no quota"),
        pytest.param(
            {"outcome": Outcome.FAILED, "code": "AuthorizationFailed"}, "inconclusive", None, id="no permission"
        ),
        pytest.param({"outcome": Outcome.HANGING}, "inconclusive", None, id="it hangs"),
    ],
)
def test_a_job_that_does_not_end_well_shows_whose_fault_it_is_and_leaves_nothing(scene, behaviour, state, level):
    """The disks that a failed restore leaves are cleared away, too."""
    scene.plant()
    behave(scene.store, Behaviour(operation="restore", **behaviour))
    record = scene.run(ALTERNATE, settings={"restore_s": 600})
    assert stood(record) == (state, level)
    assert scene.left() == []


def test_no_room_in_the_region_is_seen_before_anything_is_made(scene):
    """It shows nothing of the backup."""
    scene.plant()
    machine_quotas.limit(scene.store, "uksouth", 0)
    record = scene.run()
    assert stood(record) == ("not-run", None)
    assert record.verdict.cleanup.state == "not-needed"


@pytest.mark.parametrize("method", [DISKS, ALTERNATE])
def test_too_little_room_for_the_machine_proves_nothing_and_leaves_no_disk(scene, method):
    """Azure restores the disks and then finds no room."""
    scene.plant()
    machine_quotas.limit(scene.store, "uksouth", 1)
    assert stood(scene.run(method)) == ("inconclusive", None)
    assert scene.left() == []


def test_an_identity_that_must_not_restore_is_found_out_before_anything_is_made(scene, sandbox):
    """It names the right that is missing."""
    scene.plant()
    sandbox.narrow("*/read")
    record = scene.run()
    assert stood(record) == ("not-run", None)
    assert "restore/action" in record.verdict.recoverability.reason


def test_a_vault_in_a_region_that_nobody_promised_is_never_restored_from(scene):
    """A restore goes to the region of its vault."""
    scene.plant()
    record = scene.run(settings={"regions": ("ukwest",), "region": "ukwest"})
    assert stood(record) == ("not-run", None)
    assert scene.left() == []


def test_backups_that_began_of_the_copy_by_themselves_are_ended_and_told(scene):
    """The vault keeps what was deleted for two weeks."""
    vault = f"/subscriptions/{DRILLS}/resourceGroups/kept/providers/Microsoft.RecoveryServices/vaults/auto"
    scene.sandbox.put(f"/subscriptions/{DRILLS}/resourceGroups/kept", {"location": "uksouth"})
    scene.sandbox.put(vault, {"location": "uksouth"})
    auto_protection.protect(scene.store, vault)
    scene.plant()
    record = scene.run()
    assert stood(record) == ("proven", 6)
    assert record.verdict.cleanup.state == "residue-expected", record.residue
    assert [left.type for left in record.residue] == ["backup of the copy"]
    assert timedelta(days=14) <= record.verdict.cleanup.until - record.ended <= timedelta(days=16)


def test_a_network_that_lets_something_out_stops_the_drill_before_anything_wakes(scene, monkeypatch):
    """A rule that stands before the closed ones is found by reading."""
    scene.plant()
    drill = scene.drilling.begin(KIND, scene.item, **scene.with_what())
    made = drill.make

    def opened(step, path, api, body, **words):
        if step == "closed group":
            way_out = {"priority": 100, "direction": "Outbound", "access": "Allow", "protocol": "*"}
            ends = ("sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange")
            rule = {"name": "out", "properties": {**way_out, **dict.fromkeys(ends, "*")}}
            body = {**body, "properties": {"securityRules": [body["properties"]["securityRules"][0], rule]}}
        return made(step, path, api, body, **words)

    drill.make = opened
    record = run(KIND, drill)
    assert stood(record) == ("inconclusive", None)
    assert "does not deny everything outbound" in record.verdict.recoverability.reason
    assert not any("restore" in job["operation"] for job in scene.store.documents("job"))


def test_a_network_that_is_opened_while_the_disks_come_wakes_nothing(scene):
    """It is read again before the machine is made."""
    scene.plant()
    drill = scene.drilling.begin(KIND, scene.item, **scene.with_what())
    begin, guard = drill.begin, f"{drill.group}/providers/Microsoft.Network/networkSecurityGroups/closed"

    def meddled(*words, **options):
        told = begin(*words, **options)
        scene.sandbox.put(guard, {"location": "uksouth", "properties": {"securityRules": []}})
        return told

    drill.begin = meddled
    record = run(KIND, drill)
    assert stood(record) == ("inconclusive", None)
    assert drill.steps.outcome("machine") is None
    assert scene.left() == []


def test_a_script_that_hangs_ends_its_check_and_not_the_drill(scene):
    """Each check has a time of its own, and one that is late proves nothing."""
    scene.plant()
    behave(scene.store, Behaviour(operation="script", outcome=Outcome.HANGING))
    record = scene.run(settings={"check_s": 60})
    assert stood(record) == ("proven", 4)
    assert "did not end within 60 s" in record.verdict.recoverability.reason
    assert record.verdict.cleanup.state == "clean"


def test_a_restore_of_twenty_five_hours_is_not_told_as_one_of_one_hour(scene):
    """A clock's face has no more than 24 hours, and a duration does."""
    scene.plant()
    behave(scene.store, Behaviour(operation="restore", seconds=25 * 3600))
    patient = scene.drilling.clock
    scene.drilling.clock = msgspec.structs.replace(patient, sleep=lambda seconds: patient.sleep(seconds * 30))
    record = scene.run(settings={"restore_s": 30 * 3600})
    assert record.verdict.rto.achieved_s >= 25 * 3600
    assert record.verdict.rto.state == "missed"
    assert next(phase.duration_ms for phase in record.phases if phase.name == "restore") >= 25 * 3600 * 1000


def test_a_left_over_of_a_dead_drill_stands_in_no_ones_way(scene):
    """The next drill of the machine goes on, under a name of its own."""
    scene.plant()
    dead = scene.drilling.begin(KIND, scene.item, drill_id="20260811T090000Z-000001", **scene.with_what())
    dead.make("group", dead.group, "2021-04-01", {"location": "uksouth"})
    scene.store.set_clock(scene.store.now() + 25 * HOUR)
    assert scene.run().recovery_point is not None


def test_a_drill_that_died_while_it_asked_finds_its_job_and_asks_no_second_time(scene):
    """Its job is known by the group that it restores to."""
    scene.plant()

    class Died(BaseException):
        """Stands for the end of the process."""

    drill = scene.drilling.begin(KIND, scene.item, **scene.with_what())
    post = drill.actor.post

    def die(path, api, body=None, **words):
        told = post(path, api, body, **words)
        if path.endswith("/restore"):
            raise Died
        return told

    drill.actor.post = die
    with pytest.raises(Died):
        run(KIND, drill)
    record = run(KIND, scene.drilling.resumed(KIND, **scene.with_what()))
    assert stood(record) == ("proven", 6)
    assert sum(job["operation"] == "restore" for job in scene.store.documents("job")) == 1


def test_nothing_of_a_file_reaches_the_journal_or_the_record(scene):
    """Neither its name nor its plain digest, by which it could be guessed."""
    scene.plant()
    record = scene.run()
    kept = next(scene.drilling.folder.glob("*.jsonl")).read_text() + json.dumps(record, default=str)
    for secret in ("Ada", "letters", machine_contents.file(LETTER)["sha256"], "canary string"):
        assert secret not in kept


def test_what_is_prepared_of_a_machine_is_what_a_drill_finds(scene):
    """Digests are keyed, and the canary is read back."""
    machine_contents.keep(scene.store, scene.machine, scene.truth)
    means = scene.drilling.begin(msgspec.structs.replace(KIND, writes=WRITES), scene.item, key=KEY).means
    assert prepare(scene.item, means) == {"files": scene.manifest["files"], "services": ["mail"]}
    written = canary(scene.item, means, scene.at)
    assert written["digest"] == scene.written(scene.at)["digest"]


def test_without_a_key_nothing_is_prepared(scene):
    """A plain digest of a small file could be guessed."""
    with pytest.raises(NotRun):
        prepare(scene.item, Means(clock=scene.drilling.clock, actor=None))
