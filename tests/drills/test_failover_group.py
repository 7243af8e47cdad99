"""A failover group changes sides and comes home again, whatever happens on the way."""

from datetime import timedelta

import msgspec
import pytest

from audit.drills import sql_statements
from audit.drills.databases import Told, connecting
from audit.drills.failover import GROUP, KIND
from audit.drills.machine import run
from audit.drills.recording import REMOVED
from audit.drills.steps import OUTCOME
from audit.journal import Journal
from audit.sandbox.jobs import Behaviour, Outcome, behave
from audit.sandbox.sql_contents import hold
from tests.drilling import moment, recoverable

PERSON = "Mustermann-7f3c"
HOME, AWAY = ("Primary", "Secondary"), ("Secondary", "Primary")


class Pair:
    """Two servers of one failover group in the local Azure, with one database."""

    def __init__(self, drilling, region="ukwest"):
        self.drilling, self.sandbox, self.store = drilling, drilling.sandbox, drilling.sandbox.store
        south, west = self.sandbox.group("south"), self.sandbox.group("west", "ukwest")
        self.own, self.away = (
            f"{group}/providers/Microsoft.Sql/servers/{name}" for group, name in ((south, "own"), (west, "away"))
        )
        for server, place in ((self.own, "uksouth"), (self.away, region)):
            self.sandbox.put(server, {"location": place, "properties": {}})
            self.sandbox.put(f"{server}/databases/people", {"location": place})
        self.joined(self.own, self.away, *HOME)
        self.joined(self.away, self.own, *AWAY)
        held = {"people": {"columns": [["id", "int"], ["name", "nvarchar(50)"]], "rows": [[1, PERSON]]}}
        hold(self.store, f"{self.own}/databases/people", self.store.now() - timedelta(hours=1), held)
        self.item = recoverable("failover", GROUP, f"{self.own}/failoverGroups/pair")

    def joined(self, server, partner, role, other, state="CATCH_UP"):
        """Let a server be one side of the group."""
        partners = [{"id": partner, "replicationRole": other}]
        told = {"replicationRole": role, "partnerServers": partners, "databases": [f"{server}/databases/people"]}
        self.sandbox.put(f"{server}/failoverGroups/pair", {"properties": told})
        name = partner.rpartition("/")[2]
        link = {"role": role, "partnerRole": other, "partnerServer": name, "partnerDatabase": "people"}
        self.sandbox.put(f"{server}/databases/people/replicationLinks/link", {"properties": {**link, **_state(state)}})

    def roles(self):
        """Return the role of each server."""
        groups = [self.store.read(f"{server}/failoverGroups/pair") for server in (self.own, self.away)]
        return tuple(group["properties"]["replicationRole"] for group in groups)

    def means(self):
        """Return by what it is drilled."""
        made = connecting(self.drilling.cloud, self.sandbox.credential, self.drilling.clock)
        return {"database": made, "key": b"k" * 32}

    def run(self, **words):
        """Drill it."""
        return self.drilling.run(KIND, self.item, **{**self.means(), **words})

    def asked(self, server):
        """Return a counter of the failovers that are asked of a server: it counts, and meets none."""
        self.sandbox.fault("status", method="POST", path=f"*/{server}/failoverGroups/pair/failover", nth=10**9)
        place = len(self.store.documents("fault")) - 1
        return lambda: self.store.documents("fault")[place]["seen"]


def _state(state):
    return {"replicationState": state}


@pytest.fixture
def pair(drilling):
    return Pair(drilling)


def test_a_group_goes_there_and_comes_home_without_loss(pair):
    """Each way is asked for once; what was written last is there, which makes the RPO nothing."""
    there, back = pair.asked("away"), pair.asked("own")
    record = pair.run()
    found = record.verdict.recoverability
    assert (found.state, found.level) == ("proven", 6), record
    assert (record.verdict.rpo.state, record.verdict.rpo.achieved_s) == ("met", 0)
    assert record.verdict.rpo.basis == "canary"
    assert (record.verdict.cleanup.state, record.residue) == ("clean", ())
    assert (record.isolation.region, record.isolation.egress_denied) == ("ukwest", False)
    assert (there(), back()) == (1, 1)
    assert pair.roles() == HOME


@pytest.mark.parametrize(
    ("behaviour", "state", "cleanup"),
    [
        pytest.param({"outcome": Outcome.FAILED}, "failed", "clean", id="it fails"),
        pytest.param({"outcome": Outcome.FAILED, "code": "SubscriptionQuotaExceeded"}, "inconclusive", "clean", id="q"),
        pytest.param({"outcome": Outcome.HANGING}, "inconclusive", "failed", id="it hangs, and is told"),
    ],
)
def test_a_failover_that_ends_badly_is_no_proof(pair, behaviour, state, cleanup):
    """Whose fault it is is said, and the group is at home."""
    behave(pair.store, Behaviour(operation="failover", **behaviour))
    record = pair.run(settings={"restore_s": 900, "removal_s": 900})
    assert record.verdict.recoverability.state == state, record
    assert record.verdict.cleanup.state == cleanup
    assert pair.roles() == HOME


def test_a_failover_that_ends_in_part_is_taken_back(pair):
    """It is told as failed, and the roles have changed all the same; home again, the databases are not in step."""
    behave(pair.store, Behaviour(operation="failover", outcome=Outcome.PARTIAL))
    record = pair.run(settings={"restore_s": 900, "removal_s": 900})
    assert record.verdict.recoverability.state == "failed"
    assert pair.roles() == HOME
    assert record.verdict.cleanup.state == "failed"
    assert any("not in step" in left.reason for left in record.residue)


def test_a_group_that_cannot_come_home_is_said(pair, sandbox):
    """Its way back is refused: clean-up failed, and a person must act."""
    sandbox.fault("status", method="POST", path="*/own/failoverGroups/pair/failover", status=403)
    record = pair.run(settings={"removal_s": 600})
    assert pair.roles() == AWAY
    assert record.verdict.cleanup.state == "failed"
    assert any("not at home" in left.reason for left in record.residue)


class Died(BaseException):
    """The end of a drill's process."""


def dying(step):
    """Return a journal that ends its drill before what came of a step is written."""

    class Dying(Journal):
        def append(self, kind, body, *words, **options):
            """Write a line, or die."""
            if kind == OUTCOME and body["step"] == step:
                raise Died
            return super().append(kind, body, *words, **options)

    return Dying


@pytest.mark.parametrize(
    "step", ["write the canaries", "ask for the failover", "check failover.canary", "check failover.listener", REMOVED]
)
def test_a_drill_that_dies_on_the_way_comes_home_when_it_is_resumed(pair, step):
    """At whichever moment: it is asked for once, and home again in the end."""
    there = pair.asked("away")
    with pytest.raises(Died):
        pair.run(journal=dying(step))
    record = run(KIND, pair.drilling.resumed(KIND, **pair.means()))
    assert there() == 1
    assert pair.roles() == HOME
    assert record.verdict.recoverability.state == "proven", record
    assert record.verdict.cleanup.state == "clean"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda pair: pair.joined(pair.own, pair.away, *HOME, "SEEDING"), "not in step", id="behind"),
        pytest.param(lambda pair: pair.joined(pair.own, pair.away, *AWAY), "not at home", id="failed over before"),
        pytest.param(
            lambda pair: pair.sandbox.put(pair.away, {"location": "eastus", "properties": {}}),
            "no promised region",
            id="its partner is where nobody promised",
        ),
        pytest.param(
            lambda pair: pair.sandbox.fault("status", path="*/replicationLinks", status=403), "403", id="not shown"
        ),
    ],
)
def test_a_group_that_is_not_as_it_should_be_is_not_moved(pair, change, reason):
    """Nothing is asked for and nothing written."""
    there = pair.asked("away")
    change(pair)
    found = pair.run().verdict.recoverability
    assert found.state == "not-run"
    assert reason in found.reason
    assert there() == 0


@pytest.mark.parametrize(
    ("window", "state"),
    [
        pytest.param("08:00-10:00", "proven", id="in it"),
        pytest.param("21:00-10:00", "proven", id="over midnight"),
        pytest.param("10:00-08:00", "not-run", id="between its end and its beginning"),
        pytest.param("09:30-10:00", "not-run", id="before it"),
        pytest.param("08:00-09:00", "not-run", id="at its end"),
        pytest.param("at night", "not-run", id="nobody can read it"),
    ],
)
def test_a_group_is_moved_in_its_change_window_alone(pair, window, state):
    """It is production itself that moves; the hours are UTC's."""
    pair.store.set_clock(moment("2026-08-12T09:00:00"))
    there = pair.asked("away")
    pair.item = msgspec.structs.replace(pair.item, facts={"window": window})
    assert pair.run().verdict.recoverability.state == state
    assert there() == (state == "proven")


def test_a_drill_that_is_resumed_after_its_window_moves_nothing(pair):
    """It died before it asked, and whoever goes on does so by day."""
    pair.store.set_clock(moment("2026-08-12T09:00:00"))
    there = pair.asked("away")
    pair.item = msgspec.structs.replace(pair.item, facts={"window": "08:00-10:00"})
    drill = pair.drilling.begin(KIND, pair.item, **pair.means())
    drill.steps.do("preflight", lambda: KIND.preflight(drill))
    pair.drilling.clock.sleep(2 * 3600)
    found = run(KIND, drill).verdict.recoverability
    assert (found.state, there()) == ("not-run", 0)
    assert pair.roles() == HOME


class Losing:
    """A database that has lost what was written last."""

    def __init__(self, inner):
        self._inner = inner

    def rows(self, statement, parameters=(), *, limit_s):
        """Answer everything but the canaries."""
        found = list(self._inner.rows(statement, parameters, limit_s=limit_s))
        return iter([] if statement == sql_statements.CANARIES_BACK else found)

    def close(self):
        """Close it."""
        self._inner.close()


def test_a_database_that_refuses_the_canary_ends_the_drill_before_anything_moves(pair):
    """Its refusal is more exact than the words of a record, and is one of them there."""
    there, real = pair.asked("away"), pair.means()["database"]
    record = pair.run(database=lambda server, name: Refusing(real(server, name)))
    assert record.verdict.recoverability.state == "inconclusive"
    assert there() == 0
    assert pair.roles() == HOME


class Refusing(Losing):
    """A database that lets nobody write."""

    def rows(self, statement, parameters=(), *, limit_s):
        """Refuse it as a database that can only be read."""
        raise Told(3906)


def test_what_was_lost_on_the_way_is_found(pair):
    """The roles changed, and the canary did not come along."""
    real = pair.means()["database"]

    def losing(server, name):
        return Losing(real(server, name)) if server == "away" else real(server, name)

    record = pair.run(database=losing)
    found = record.verdict.recoverability
    assert (found.state, found.level) == ("failed", 5)
    assert record.verdict.rpo.state == "unknown"
    assert pair.roles() == HOME
