"""A real PostgreSQL answers the same questions: what it shows to whom, and how many rows break which rule."""

import copy
import tomllib

import pytest

from audit.model import Verdict
from audit.sources.data import isolation, rules, tables
from audit.sources.looking import Found
from tests.data.insides import inside
from tests.data.sql_company import CANARY, Company, moment, sound, verdicts
from tests.data.sql_translated import Translated, fill
from tests.drills.test_sql_rows import postgres  # noqa: F401  # a fixture
from tests.support import POLICIES

KEPT, BROKEN, UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN
CONTROL = "data-tenants-isolated"
OWNERS = ("audit-reseller-a", "audit-reseller-b")
USERS = ("audit_reseller_a", "audit_reseller_b")
MINE = "\"AccountId\" = replace(current_user::text, '_', '-')"
TOLD = "\"AccountId\" = current_setting('audit.tenant', true)"


class Shared:
    """A table that two resellers share, filtered by a policy."""

    def __init__(self, connection):
        self.connection = connection
        found = sound()["provisioning"]["Mailboxes"]
        found["rows"] = [[f"{CANARY}-{number}", owner] for number in range(5) for owner in (*OWNERS, "another")]
        fill(connection, {"Mailboxes": found})
        for user in USERS:
            connection.execute(f"drop role if exists {user}")
            connection.execute(f"create role {user}")
            connection.execute(f"grant usage on schema dbo, sys to {user}")
            connection.execute(f'grant select on dbo."Mailboxes" to {user}')
        self.do('alter table dbo."Mailboxes" enable row level security')
        self.targets = {
            "data": {
                **{"statement_seconds": 20, "lock_seconds": 1, "bytes": 100_000},
                "rules": {
                    "isolation": {"database": "own/provisioning", "table": "dbo.Mailboxes", "owner": "AccountId"}
                },
            }
        }
        self.sharing = self.targets["data"]["rules"]["isolation"]
        self.sharing.update(owners=list(OWNERS), users=list(USERS))

    def do(self, *texts):
        """Change the database."""
        for text in texts:
            self.connection.execute(text)

    def policy(self, condition):
        """Let rows be shown for which a condition holds."""
        self.do(f'create policy mine on dbo."Mailboxes" for select using ({condition})')

    def look(self):
        """Return the control's verdict and why; a refusal is what a gap would say."""
        run = inside(self.targets, database=lambda server, name: Translated(self.connection))
        found = rules.check(run)
        kept = tuple(one for one in found.resources if one.type == "data.sql.Isolation")
        gaps = tuple(gap for gap in found.gaps if gap.kinds == ("data.sql.Isolation",))
        assert CANARY not in repr(found)
        return verdicts(Found(kept, gaps), self.targets, CONTROL)[CONTROL]


@pytest.fixture
def shared(postgres):  # noqa: F811  # the fixture
    made = Shared(postgres)
    yield made
    made.do("drop schema dbo cascade", "drop schema sys cascade", "drop owned by audit_reseller_a, audit_reseller_b")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(MINE, KEPT, id="their own rows"),
        pytest.param("true", BROKEN, id="all rows"),
        pytest.param(f"{MINE} or \"AccountId\" = 'another'", BROKEN, id="one other's rows"),
        pytest.param("false", UNPROVEN, id="nothing at all"),
        pytest.param(f"{MINE} and current_user = '{USERS[0]}'", UNPROVEN, id="one of two sees nothing"),
    ],
)
def test_each_is_shown_their_own_rows_and_no_others(shared, policy, expected):
    shared.policy(policy)
    assert shared.look()[0] is expected


def test_without_a_policy_everything_is_shown(shared):
    shared.do('alter table dbo."Mailboxes" disable row level security')
    verdict, [reason] = shared.look()
    assert verdict is BROKEN
    assert reason.startswith("20 rows of others were shown")


def test_a_row_of_nobody_is_another_s_row(shared):
    shared.do(f"insert into dbo.\"Mailboxes\" values ('{CANARY}', null)")  # noqa: S608  # a test's own words
    shared.policy(f'{MINE} or "AccountId" is null')
    assert shared.look()[0] is BROKEN


def test_where_there_is_nobody_else_nothing_is_kept_from_anybody(shared):
    shared.policy(MINE)
    shared.connection.execute('delete from dbo."Mailboxes" where "AccountId" <> %s', OWNERS[:1])
    shared.sharing.update(owners=list(OWNERS[:1]), users=list(USERS[:1]))
    assert shared.look()[0] is UNPROVEN


@pytest.mark.parametrize(
    ("policy", "expected"),
    [pytest.param(TOLD, KEPT, id="their own rows"), pytest.param(f"{TOLD} is not null", BROKEN, id="all rows")],
)
def test_predicates_may_read_the_session_instead(shared, policy, expected):
    """The auditor's own login is filtered like everybody else's: it is a member of nothing, and no superuser."""
    shared.policy(policy)
    shared.sharing.update(users=[], session_key="tenant")
    shared.do(f"grant {USERS[0]} to tests", 'alter table dbo."Mailboxes" force row level security')
    shared.connection.execute("create role auditor")
    shared.do("grant usage on schema dbo, sys to auditor", 'grant select on dbo."Mailboxes" to auditor')
    try:
        assert _as_auditor(shared) is expected
    finally:
        shared.do("drop owned by auditor", "drop role auditor")


def _as_auditor(shared):
    """Look by a login that is filtered in the session alone: it counts the whole as the owner of the table."""

    class Filtered(Translated):
        """A database whose policy filters whoever says for whom they ask."""

        def rows(self, statement, parameters=(), *, limit_s):
            """Ask as the owner of the table, or as a login that is filtered."""
            if statement.startswith("EXEC"):
                self.connection.execute("set role auditor" if parameters[0] else "reset role")
            yield from super().rows(statement, parameters, limit_s=limit_s)

    run = inside(shared.targets, database=lambda server, name: Filtered(shared.connection))
    found = Found((isolation.check(run),))
    return verdicts(found, shared.targets, CONTROL)[CONTROL][0]


@pytest.mark.parametrize(
    ("harm", "user", "why"),
    [
        pytest.param(
            "revoke all on all tables in schema dbo from audit_reseller_b", USERS[1], "error 229", id="no right"
        ),
        pytest.param("select 1", "audit_nobody", "error 15517", id="no such user"),
        pytest.param('drop table dbo."Mailboxes"', USERS[1], "no answer", id="no table"),
    ],
)
def test_who_cannot_be_asked_as_shows_nothing(shared, harm, user, why):
    shared.policy(MINE)
    shared.do(harm)
    shared.sharing["users"] = [USERS[0], user]
    verdict, reasons = shared.look()
    assert verdict is UNPROVEN
    assert why in reasons[0]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"users": ["one"]}, id="fewer users than owners"),
        pytest.param({"owners": []}, id="nobody"),
        pytest.param({"owner": 4}, id="no column"),
        pytest.param({"tenant": "a"}, id="an unknown name"),
    ],
)
def test_a_target_that_does_not_say_who_shares_what_is_named(shared, changes):
    shared.sharing.update(changes)
    verdict, reasons = shared.look()
    assert verdict is UNPROVEN
    assert "data.rules.isolation" in reasons[0]


def _add(database, table, *row):
    return lambda databases: databases[database][table]["rows"].append(list(row))


FAULTS = {
    "none": lambda databases: None,
    "a mailing after the opt-out": _add("marketing", "Sends", 2, moment("09-21T09:00:00")),
    "a mailing after four others": _add("marketing", "Sends", 1, moment("09-30T09:00:00")),
    "an account without an administrator": _add("provisioning", "Accounts", "c", None),
    "a session on the day after the contract": _add("support", "OperatorSessions", CANARY, moment("08-01T00:00:00")),
    "an export after the withdrawal": _add("provisioning", "Exports", CANARY, "partner", moment("06-02T09:00:00")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_two_engines_count_alike(sandbox, monkeypatch, postgres, fault):  # noqa: F811  # the fixture
    """The local Azure and PostgreSQL hold the same rows and give the same counts, columns and types of bytes."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    company = Company(sandbox)
    FAULTS[fault](company.databases)
    company.fill()
    held = {name: table for one in copy.deepcopy(company.databases).values() for name, table in one.items()}
    fill(postgres, held)
    other = company.inside(database=lambda server, name: Translated(postgres))
    assert _counts(rules.check(other)) == _counts(rules.check(company.inside()))
    assert _columns(tables.check(other)) == _columns(tables.check(company.inside()))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("10-01T08:59:59", BROKEN, id="a second before the thirty days are over"),
        pytest.param("10-01T09:00:00", KEPT, id="thirty days after the first of four"),
    ],
)
def test_the_days_of_mailings_are_counted_to_the_second(postgres, at, expected):  # noqa: F811  # the fixture
    """The local Azure knows days alone here, which is stricter."""
    held = sound()["marketing"]
    held["Sends"]["rows"].append([1, moment(at)])
    fill(postgres, held)
    targets = tomllib.loads((POLICIES / "targets.toml").read_text())
    found = rules.check(inside(targets, database=lambda server, name: Translated(postgres)))
    control = "data-mailings-occasional"
    assert verdicts(found, targets, control)[control][0] is expected


def _counts(found):
    keys = ("rows", "of", "against", "hidden", "types", "tables", "elsewhere")
    return {one.name: {key: one.body[key] for key in keys if key in one.body} for one in found.resources}


def _columns(found):
    return {one.name: one.body["columns"] for one in found.resources}
