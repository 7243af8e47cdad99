"""What every drill does alike, whatever it restores: a kind that makes a group and an account in it stands for all."""

import pytest

from audit.drill_record import Isolation, RecoveryPoint
from audit.drills.drill import Found, Kind, Probe
from audit.drills.groups import claim
from audit.drills.machine import run
from audit.drills.outcomes import Failed, Inconclusive, NotRun
from audit.drills.steps import Made
from tests.drilling import recoverable

STORAGE = "2024-01-01"


def account(drill):
    """Return the path of what the copy is here: an account in the drill's group."""
    return f"{drill.group}/providers/Microsoft.Storage/storageAccounts/copy"


def isolate(drill):
    claim(drill)
    return Isolation(
        subscription="drills", region="uksouth", residency_ok=True, egress_denied=True, public_ip=False, peerings=0
    )


def restore(drill, point):
    path, body = account(drill), {"location": "uksouth", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    begun = drill.begin(
        "ask",
        lambda: drill.actor.put(path, STORAGE, {**body, "tags": drill.tags}, once=True),
        makes=(Made(path=path, api=STORAGE),),
        probe=lambda: {"operation": ""} if drill.actor.found(path, STORAGE) else None,
    )
    drill.work("restore", begun)
    return {"path": path, "region": "uksouth", "job": "a job"}


def kind(**changes):
    """Return a kind that restores an account, with some of its parts changed."""

    def probes(drill, point, restored):
        return (
            Probe(id="copy.there", level=3, run=lambda: Found(result="pass")),
            Probe(id="copy.sound", level=4, run=lambda: Found(result="pass")),
            Probe(
                id="copy.content",
                level=5,
                run=lambda: Found(result="pass", newest=drill.begun.clock.at, basis="canary"),
            ),
        )

    parts = {
        "name": "archive",
        "methods": ("version",),
        "steps": {"version": ("make an account",)},
        "preflight": lambda drill: None,
        "select": lambda drill: RecoveryPoint(id="point", created_at=drill.begun.clock.at, tier="HardenedRP"),
        "isolate": isolate,
        "restore": restore,
        "probes": probes,
        "before_removal": lambda drill: None,
        "residue": lambda drill: (),
    }
    return Kind(**{**parts, **changes})


ITEM = recoverable("archive", "version", "/an/item")


def test_a_drill_that_goes_well_proves_its_highest_level_and_leaves_nothing(drilling, sandbox):
    """It ends with the level, the canary's RPO, an RTO, and an empty subscription."""
    record = drilling.run(kind(), ITEM)
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 5)
    assert (record.verdict.rpo.state, record.verdict.rpo.basis) == ("met", "canary")
    assert (record.verdict.rto.state, record.verdict.rto.basis) == ("met", "L5")
    assert record.verdict.cleanup.state == "clean"
    assert [phase.name for phase in record.phases] == [
        "preflight",
        "select",
        "isolate",
        "restore",
        "verify",
        "tear down",
        "look for residue",
    ]
    assert sandbox.store.listed() == []


def stop(error):
    def part(*_):
        raise error

    return part


@pytest.mark.parametrize(
    ("part", "error", "state", "level", "cleanup"),
    [
        pytest.param("preflight", NotRun("no quota"), "not-run", None, "not-needed", id="no quota"),
        pytest.param("select", Failed(1, "there is no point"), "failed", 1, "not-needed", id="no point"),
        pytest.param("restore", Inconclusive("it hung"), "inconclusive", None, "clean", id="it hung"),
        pytest.param("restore", Failed(3, "the job failed"), "failed", 3, "clean", id="the job failed"),
    ],
)
def test_what_stops_it_decides_what_it_shows_and_clears_away(drilling, sandbox, part, error, state, level, cleanup):
    """Whatever was made by then is gone."""
    record = drilling.run(kind(**{part: stop(error)}), ITEM)
    found = record.verdict.recoverability
    assert (found.state, found.level, found.reason) == (state, level, error.reason)
    assert record.verdict.cleanup.state == cleanup
    assert sandbox.store.listed() == []


def test_a_region_that_nobody_promised_is_refused_before_anything_is_made(drilling, sandbox):
    """Nothing is asked of Azure."""
    record = drilling.run(kind(), ITEM, settings={"region": "northeurope"})
    assert record.verdict.recoverability.state == "not-run"
    assert "northeurope" in record.verdict.recoverability.reason
    assert record.verdict.cleanup.state == "not-needed"


def test_a_copy_that_came_to_lie_elsewhere_proves_nothing_and_is_taken_away(drilling, sandbox):
    """Where it lies is asked again after the restore."""
    astray = kind(restore=lambda drill, point: {**restore(drill, point), "region": "eastus"})
    record = drilling.run(astray, ITEM)
    assert record.verdict.recoverability.state == "inconclusive"
    assert record.isolation.residency_ok is False
    assert sandbox.store.listed() == []


def test_of_two_drills_of_one_item_the_later_gives_way(drilling):
    """It says who holds the item, and makes nothing."""
    held = drilling.begin(kind(), ITEM, drill_id="20260812T080000Z-000001")
    claim(held)
    record = drilling.run(kind(), ITEM)
    assert record.verdict.recoverability.state == "not-run"
    assert "20260812T080000Z-000001" in record.verdict.recoverability.reason


def test_what_a_drill_may_not_write_is_never_sent(drilling, sandbox):
    """A deletion outside its own group is refused by the program itself."""
    path = sandbox.group("production")

    def restore(drill, point):
        drill.remove(path, "2021-04-01")

    record = drilling.run(kind(restore=restore), ITEM)
    assert "must not DELETE" in record.verdict.recoverability.reason
    assert sandbox.store.read(path) is not None


def test_a_deletion_that_is_refused_is_said_and_never_clean(drilling, sandbox):
    """It counts as failed, whatever else was proven."""
    sandbox.fault("status", method="DELETE", status=403)
    record = drilling.run(kind(), ITEM)
    assert record.verdict.recoverability.state == "proven"
    assert record.verdict.cleanup.state == "failed"
    assert any("still there" in left.reason for left in record.residue)


def test_a_drill_that_died_goes_on_where_its_journal_ends(drilling):
    """What was done is not done again, and the record is that of one drill."""
    asked = []

    class Died(BaseException):
        """Stands for the process's end."""

    def die(drill, point):
        restored = drill.begin(
            "ask",
            lambda: (
                asked.append(1)
                or drill.actor.put(
                    f"{drill.group}/providers/Microsoft.Storage/storageAccounts/x", STORAGE, {"location": "uksouth"}
                )
            ),
            probe=lambda: None,
        )
        if len(asked) == 1 and not dead:
            dead.append(1)
            raise Died
        return {"region": "uksouth", "operation": restored["operation"]}

    dead = []
    died = kind(restore=die)
    with pytest.raises(Died):
        drilling.run(died, ITEM)
    record = run(died, drilling.resumed(died))
    assert asked == [1]
    assert record.verdict.recoverability.level == 5
