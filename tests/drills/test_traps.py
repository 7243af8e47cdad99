"""The nine ways in which tools that test backups pass what has failed, each by what must not come of it.

They are those of a well-known tool for SQL Server, as its source and its users tell them.
"""

import json
import re
from datetime import timedelta

import pytest

from audit.drills import sql_statements
from audit.drills.databases import Told
from audit.drills.sql import KIND
from audit.sandbox.jobs import Behaviour, Outcome, behave
from audit.sandbox.sql_points import take_long_term
from tests.drilling import DRILLS
from tests.drills.test_erasure import Noting
from tests.drills.test_sql import Estate, left, tables

DAY = timedelta(days=1)
RECOVERABILITY = {"proven", "failed", "inconclusive", "not-run"}
RESULTS = {"pass", "fail", "not-run"}


@pytest.fixture
def estate(drilling):
    """A database that is well, with a manifest and a canary."""
    made = Estate(drilling)
    made.prepare()
    return made


class Answering(Noting):
    """A database that refuses the statements of a table, by number."""

    def __init__(self, inner, seen, refused):
        super().__init__(inner, "", seen)
        self._refused = refused

    def rows(self, statement, parameters=(), *, limit_s):
        """Refuse it, or run it."""
        self._seen.append((statement, limit_s))
        if (number := self._refused.get(statement)) is not None:
            raise Told(number)
        return self._inner.rows(statement, parameters, limit_s=limit_s)


def answering(estate, seen, refused=()):
    """Return what connects to databases that refuse some statements, and notes what is asked of them."""
    real = estate.means()["database"]
    return lambda server, name: Answering(real(server, name), seen, dict(refused))


def test_trap_1_a_restore_of_more_than_a_day_does_not_wrap_round_to_a_good_time(estate):
    """Twenty-five hours are not one: durations are whole milliseconds, and what meets the target is counted in them."""
    behave(estate.store, Behaviour(operation="restore", seconds=25 * 3600))
    record = estate.run(settings={"restore_s": 48 * 3600, "expires": estate.clock.now() + 3 * DAY})
    took = next(phase for phase in record.phases if phase.name == "restore")
    assert 25 * 3_600_000 <= took.duration_ms < 26 * 3_600_000
    assert record.verdict.rto.achieved_s >= 25 * 3600
    assert record.verdict.rto.state == "missed"
    assert not record.verdict.met


def test_trap_2_a_copy_that_was_left_over_takes_no_database_out_of_later_drills(estate):
    """What a dead drill left has its own name; the next drill runs, and there is a record of it."""
    first = estate.run(drill_id="20260812T080000Z-000001")
    estate.sandbox.put(f"{estate.server}/databases/drill-20260812t080000z-000002-1", {"location": "uksouth"})
    record = estate.run(drill_id="20260812T080000Z-000003")
    assert first.verdict.recoverability.state == record.verdict.recoverability.state == "proven"
    assert record.item.ref == estate.item.ref


def test_trap_2_a_copy_of_its_own_name_that_nobody_asked_for_still_gives_a_record(estate):
    """Whatever stands in the way, a drill that was begun ends in a record and never in silence."""
    name = "drill-20260812t090000z-000001-1"
    estate.sandbox.put(f"{estate.server}/databases/{name}", {"location": "uksouth"})
    record = estate.run()
    assert record.verdict.recoverability.state in RECOVERABILITY
    assert record.verdict.cleanup.state != "not-needed"


@pytest.mark.parametrize("damage", ["", "suspect", "corrupt page", "missing table"])
def test_trap_3_what_came_of_it_is_one_of_a_few_words_and_never_a_sentence(drilling, damage):
    """States and levels are counted without reading a text; the reason stands beside them."""
    estate = Estate(drilling)
    estate.hold(estate.clock.now() - timedelta(minutes=30), tables(), damage)
    estate.prepare()
    record = estate.run()
    assert record.verdict.recoverability.state in RECOVERABILITY
    assert {check.result for check in record.checks} <= RESULTS
    assert isinstance(record.verdict.recoverability.level, int)
    assert bool(record.verdict.recoverability.reason) is (record.verdict.recoverability.state == "failed")


def test_trap_4_a_history_that_calls_a_bad_backup_good_proves_nothing(drilling):
    """The service lists it, and its restore is told as done: what is in it decides."""
    estate = Estate(drilling, "long-term")
    estate.hold(estate.clock.now() - timedelta(minutes=30), tables(), "corrupt page")
    estate.prepare()
    take_long_term(estate.store, estate.id, estate.clock.now() - timedelta(minutes=5), estate.clock.now() + 28 * DAY)
    record = estate.run()
    assert record.recovery_point.completeness == "Completed"
    assert next(phase for phase in record.phases if phase.name == "restore").outcome == "ok"
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("failed", 4)


def test_trap_5_a_copy_that_could_not_be_dropped_is_in_the_record(estate, sandbox):
    """The proof stays a proof, and clean-up has failed: neither hides the other."""
    sandbox.fault("status", method="DELETE", path="*/databases/drill-*", status=403)
    record = estate.run(settings={"removal_s": 600})
    assert record.verdict.recoverability.state == "proven"
    assert record.verdict.cleanup.state == "failed"
    assert any("/databases/drill-" in left.ref for left in record.residue)
    assert left(estate)


def test_trap_6_a_check_or_a_job_that_hangs_does_not_hang_the_drill(estate):
    """Every statement has a time limit, and so has every wait."""
    seen = []
    record = estate.run(database=answering(estate, seen), settings={"check_s": 1234})
    assert record.verdict.recoverability.state == "proven"
    limits = [limit for statement, limit in seen if statement in sql_statements.INTEGRITY]
    assert limits == [1234]
    assert all(0 < limit <= 3600 for _, limit in seen)


def test_trap_6_a_restore_that_never_ends_ends_the_drill_without_a_proof(estate):
    """Nobody waits for ever, and nothing was shown."""
    behave(estate.store, Behaviour(operation="restore", outcome=Outcome.HANGING))
    record = estate.run(settings={"restore_s": 1800, "removal_s": 600})
    assert record.verdict.recoverability.state == "inconclusive"
    assert "1800 s" in record.verdict.recoverability.reason


def test_trap_7_the_strict_check_is_asked_for_first_and_a_weaker_one_is_said(estate):
    """Purity of data, logical checks and all messages; where a tier refuses them the record says so."""
    strict, plain = sql_statements.INTEGRITY
    assert {"ALL_ERRORMSGS", "DATA_PURITY", "EXTENDED_LOGICAL_CHECKS"} <= set(re.findall(r"\w+", strict))
    seen = []
    record = estate.run(database=answering(estate, seen, {strict: 40518}))
    asked = [statement for statement, _ in seen if statement.startswith("DBCC")]
    assert asked == [strict, plain]
    check = next(check for check in record.checks if check.id == "sql.integrity")
    assert (check.result, check.observed["options"]) == ("pass", "plain, as the tier refuses the strict one")


@pytest.mark.parametrize("method", ["geo", "long-term"])
def test_trap_8_a_copy_does_not_land_in_production_where_it_need_not(drilling, method):
    """It lies on a server of its own, in the drills' subscription."""
    estate = Estate(drilling, method)
    estate.prepare()
    estate.sandbox.put(
        f"{estate.server}/recoverableDatabases/people",
        {"properties": {"lastAvailableBackupDate": estate.clock.now().isoformat()}},
    )
    take_long_term(estate.store, estate.id, estate.clock.now() - timedelta(minutes=5), estate.clock.now() + 28 * DAY)
    record = estate.run()
    assert record.isolation.subscription == DRILLS
    assert record.isolation.proof == ("a server of its own",)


def test_trap_8_a_copy_that_must_land_beside_production_says_so(estate):
    """Azure sets a database back on its own server alone, and nothing else there is written."""
    record = estate.run()
    assert "beside production" in record.isolation.proof[0]
    assert KIND.writes
    assert all("{name}" in pattern for pattern in KIND.writes)


@pytest.mark.parametrize(
    ("change", "state", "level"),
    [
        pytest.param({"prepared": {}}, "proven", 4, id="no manifest, so that the content was not looked at"),
        pytest.param({"refused": dict.fromkeys(sql_statements.INTEGRITY, 7984)}, "proven", 3, id="a check refused"),
        pytest.param({"refused": {sql_statements.ONLINE: 18456}}, "inconclusive", None, id="no login"),
    ],
)
def test_trap_9_what_was_skipped_is_not_a_success(estate, change, state, level):
    """A check that was not run caps the level, and is in the record with its reason."""
    estate.prepared = change.get("prepared", estate.prepared)
    record = estate.run(database=answering(estate, [], change.get("refused", {})))
    found = record.verdict.recoverability
    assert (found.state, found.level) == (state, level)
    skipped = [check for check in record.checks if check.result == "not-run"]
    assert skipped
    assert all(check.reason for check in skipped)


def test_trap_9_nothing_is_reported_of_a_drill_that_could_not_begin_but_that(estate, sandbox):
    """A listing that was refused is no restore: nothing was made, and nothing is proven."""
    sandbox.fault("status", method="GET", path="*/databases/people", status=403)
    record = estate.run()
    assert record.verdict.recoverability.state == "not-run"
    assert record.verdict.rpo.state == record.verdict.rto.state == "unknown"
    assert not record.checks
    assert json.loads(json.dumps(record.verdict.recoverability.reason))
