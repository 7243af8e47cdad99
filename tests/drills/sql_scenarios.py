"""What is planted of databases, papers and copies elsewhere for the crash matrix."""

from datetime import timedelta

from moto import mock_aws

from audit.drills import breach, erasure, exchange, failover, offsite, sql
from audit.sandbox.sql_points import take_long_term
from audit.sandbox.store import SUBSCRIPTION
from tests.drilling import Drilling, moment, recoverable
from tests.drills import test_erasure, test_exchange, test_failover_group, test_offsite, test_sql
from tests.drills.scenarios import Scenario
from tests.drills.test_breach_rehearsal import ITEM, Duty

_BEGINS = moment("2026-08-12T09:00:00")
_PLANTED = {}
"""What was planted last, by its name: a drill's own process is forked after that."""
_SERVERS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
_DATABASE = f"{_SERVERS}/production/providers/Microsoft.Sql/servers/own/databases/people"
_NEVER = ("POST", "*/nothing/is/asked/for")


def _plant(name, make):
    """Return what plants something at a fixed moment."""

    def plant(sandbox):
        sandbox.store.set_clock(_BEGINS)
        _PLANTED[name] = make(Drilling(sandbox, None))

    return plant


def _means(name):
    return lambda drilling: _PLANTED[name].means()


def _estate(method, damage=""):
    """Return what makes a prepared estate, whose backups may be damaged."""

    def make(drilling):
        estate = test_sql.Estate(drilling, method)
        if damage:
            estate.hold(estate.clock.now() - timedelta(minutes=30), test_sql.tables(), damage)
        estate.prepare()
        test_sql.elsewhere(estate)
        now = estate.clock.now()
        take_long_term(estate.store, estate.id, now - timedelta(minutes=5), now + timedelta(days=28))
        return estate

    return make


def _database(name, method, level, damage=""):
    facts = {"exact": ("dbo.countries",), "query": "SELECT id FROM dbo.people"}
    return Scenario(
        name=name,
        kind=sql.KIND,
        item=recoverable("sql", method, _DATABASE, rpo_s=1800, facts=facts),
        level=level,
        fails=level + 1 if damage else None,
        asks=("PUT", "*/databases/drill-*-1"),
        plant=_plant(name, _estate(method, damage)),
        means=_means(name),
    )


def end_aws():
    """End the local AWS of this process, where there is one."""
    if "aws" in _PLANTED:
        _PLANTED.pop("aws").stop()


def _offsite(drilling):
    """Make a bucket anew, in this process alone: a drill only reads it."""
    end_aws()
    _PLANTED["aws"] = mock_aws()
    _PLANTED["aws"].start()
    copy = test_offsite.Copy(drilling.clock)
    copy.prepare()
    drilling.clock.sleep(3600)
    return copy


DATABASES = (
    _database("a database set back", "point-in-time", 6),
    _database("a database with a table too few", "point-in-time", 4, "missing table"),
    _database("a database from the other region", "geo", 6),
    _database("a database of long ago", "long-term", 6),
    Scenario(
        name="an erasure replayed",
        kind=erasure.KIND,
        item=recoverable(
            "erasure",
            "point-in-time",
            _DATABASE,
            measures=("rto",),
            facts={"erased": ("dbo.people.mail", "dbo.mails.sender")},
        ),
        level=5,
        asks=("PUT", "*/databases/drill-*-1"),
        plant=_plant("erasure", test_erasure.Erased),
        means=_means("erasure"),
    ),
    Scenario(
        name="a failover group",
        kind=failover.KIND,
        item=recoverable(
            "failover", failover.GROUP, f"{_SERVERS}/south/providers/Microsoft.Sql/servers/own/failoverGroups/pair"
        ),
        level=6,
        asks=("POST", "*/servers/away/failoverGroups/pair/failover"),
        plant=_plant("group", test_failover_group.Pair),
        means=_means("group"),
    ),
)
OTHERS = (
    Scenario(
        name="a rehearsal of a breach",
        kind=breach.KIND,
        item=ITEM,
        level=6,
        asks=_NEVER,
        plant=lambda sandbox: sandbox.store.set_clock(_BEGINS),
        means=lambda drilling: {"person": Duty(drilling.clock)},
    ),
    Scenario(
        name="a mailbox database",
        kind=exchange.KIND,
        item=test_exchange.ITEM,
        level=5,
        asks=_NEVER,
        plant=_plant("mailboxes", test_exchange.Scene),
        means=_means("mailboxes"),
    ),
    Scenario(
        name="a copy elsewhere",
        kind=offsite.KIND,
        item=recoverable("offsite", "version", f"s3://{test_offsite.BUCKET}", rpo_s=86_400, rto_s=86_400),
        level=6,
        asks=_NEVER,
        plant=_plant("offsite", _offsite),
        means=_means("offsite"),
    ),
)
