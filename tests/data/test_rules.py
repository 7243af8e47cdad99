"""Each rule is counted by T-SQL in a database, and each planted fault breaks its own promise and no other."""

import logging
import re
from itertools import cycle, repeat

import msgspec
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from audit.databases import Told
from audit.facts import Unseen
from audit.model import Verdict
from audit.sources.data import rules, statements
from audit.sources.data.databases import opened
from tests.data.insides import inside
from tests.data.sql_company import CANARY, HASH, SALT, Company, moment, verdicts

KEPT, BROKEN, UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN
CONTROLS = {
    "account administrators": "data-accounts-have-administrator",
    "mailbox controllers": "data-mailboxes-made-by-controller",
    "opt-out": "data-opt-out-honoured",
    "frequency": "data-mailings-occasional",
    "contact categories": "data-contacts-customers-only",
    "contact sources": "data-contacts-self-sourced",
    "contact context": "data-contacts-with-reason",
    "contact imports": "data-contacts-imported-from-own-sources",
    "connectors": "data-purchases-not-connected",
    "mail log age": "data-mail-log-kept-as-promised",
    "password hashes": "data-default-passwords-hashed",
    "password changes": "data-default-passwords-changed-first",
    "password ages": "data-default-passwords-expire",
    "support sessions": "data-support-under-contract",
    "deleted mailboxes": "data-deleted-mailboxes-keyless",
    "exports": "data-exports-permitted",
    "purchases": "data-purchases-in-own-database",
}
"""Isolation is asked of a real database with row-level security: test_isolation.py."""
GOOD = dict.fromkeys(CONTROLS, KEPT)


@pytest.fixture
def company(sandbox, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Company(sandbox)


def judged(company, found):
    told = verdicts(found, company.targets, *CONTROLS.values())
    return {name: told[control][0] for name, control in CONTROLS.items()}


def test_a_company_that_keeps_every_rule_is_found_to(company):
    found = rules.check(company.inside())
    assert judged(company, found) == GOOD
    assert [gap.kinds for gap in found.gaps] == [("data.sql.Isolation",)]  # which the local Azure does not model


def add(database, table, *row):
    """Return what adds a row to a table."""
    return lambda databases: databases[database][table]["rows"].append(list(row))


def change(database, table, place, column, value):
    """Return what changes one value of a row."""

    def changed(databases):
        found = databases[database][table]
        found["rows"][place][[name for name, _ in found["columns"]].index(column)] = value

    return changed


def retype(databases):
    """Let a default password stand in clear."""
    table = databases["provisioning"]["Administrators"]
    place = [name for name, _ in table["columns"]].index("DefaultPasswordHash")
    table["columns"][place][1] = "nvarchar(200)"
    for row in table["rows"]:
        row[place] = CANARY * 3 if row[place] else None


def elsewhere(databases):
    """Let a table be one that only looks like ours."""
    databases["provisioning"]["Purchases"]["external"] = True


ADMINISTRATORS = ("provisioning", "Administrators", 0)
CONTACTS = ("marketing", "Contacts", 0)


@pytest.mark.parametrize(
    ("harm", "broken"),
    [
        pytest.param(add("provisioning", "Accounts", "c", None), "account administrators", id="no administrator"),
        pytest.param(add("provisioning", "Accounts", None, None), "account administrators", id="an account of nobody"),
        pytest.param(add("provisioning", "Mailboxes", "x", "a"), "mailbox controllers", id="no word of its making"),
        pytest.param(
            change("provisioning", "AuditTrail", 0, "AdministratorId", 3), "mailbox controllers", id="another's"
        ),
        pytest.param(
            change("provisioning", "AuditTrail", 0, "Action", "mailbox read"), "mailbox controllers", id="only read"
        ),
        pytest.param(add("marketing", "Sends", 2, moment("09-21T09:00:00")), "opt-out", id="after the opt-out"),
        pytest.param(add("marketing", "Sends", 7, moment("09-21T09:00:00")), "opt-out", id="to nobody known"),
        pytest.param(add("marketing", "Sends", 1, moment("09-25T09:00:00")), "frequency", id="one too many"),
        pytest.param(change(*CONTACTS, "SubjectCategory", "neighbour"), "contact categories", id="no customer"),
        pytest.param(change(*CONTACTS, "SubjectCategory", None), "contact categories", id="no category"),
        pytest.param(change(*CONTACTS, "Source", "broker"), "contact sources", id="bought"),
        pytest.param(change(*CONTACTS, "ContextNote", "  "), "contact context", id="a blank note"),
        pytest.param(change(*CONTACTS, "ContextNote", None), "contact context", id="no note"),
        pytest.param(change(*CONTACTS, "ContextNote", "\t-\xa0\n"), "contact context", id="a note of signs"),
        pytest.param(
            add("provisioning", "Accounts", "c", moment("01-01T00:00:00", year=2099)),
            "account administrators",
            id="closed in a time to come",
        ),
        pytest.param(
            change("maillog", "MailLog", 0, "ReceivedAt", moment("01-01T00:00:00", year=2099)),
            "mail log age",
            id="of a time to come",
        ),
        pytest.param(add("marketing", "ContactImports", "list broker"), "contact imports", id="a bought list"),
        pytest.param(add("provisioning", "Connectors", "somebody's CRM"), "connectors", id="a connector"),
        pytest.param(change("maillog", "MailLog", 0, "ReceivedAt", moment("06-01T09:00:00")), "mail log age", id="old"),
        pytest.param(change("maillog", "MailLog", 0, "ReceivedAt", None), "mail log age", id="of no age"),
        pytest.param(retype, "password hashes", id="in clear"),
        pytest.param(
            change(*ADMINISTRATORS, "DefaultPasswordHash", {"bytes": "11"}), "password hashes", id="a short hash"
        ),
        pytest.param(change(*ADMINISTRATORS, "DefaultPasswordSalt", None), "password hashes", id="no salt"),
        pytest.param(
            change("provisioning", "Administrators", 1, "DefaultPasswordSalt", {"bytes": SALT}),
            "password hashes",
            id="one salt for two",
        ),
        pytest.param(change(*ADMINISTRATORS, "MustChangePassword", False), "password changes", id="for good"),
        pytest.param(change(*ADMINISTRATORS, "MustChangePassword", None), "password changes", id="nobody says"),
        pytest.param(
            change(*ADMINISTRATORS, "DefaultPasswordMadeAt", moment("09-27T09:00:00")), "password ages", id="stale"
        ),
        pytest.param(
            add("support", "OperatorSessions", CANARY, moment("08-01T00:00:00")), "support sessions", id="the day after"
        ),
        pytest.param(
            add("support", "OperatorSessions", "another", moment("05-01T00:00:00")),
            "support sessions",
            id="no contract",
        ),
        pytest.param(
            change("provisioning", "DeletedMailboxes", 0, "KeyDestroyedAt", None), "deleted mailboxes", id="key"
        ),
        pytest.param(add("provisioning", "DeletedMailboxes", None, None), "deleted mailboxes", id="deleted on no day"),
        pytest.param(
            add("provisioning", "DeletedMailboxes", moment("01-01T00:00:00", year=2099), None),
            "deleted mailboxes",
            id="deleted in a time to come",
        ),
        pytest.param(
            add("provisioning", "Exports", CANARY, "partner", moment("06-02T09:00:00")), "exports", id="withdrawn"
        ),
        pytest.param(
            add("provisioning", "Exports", CANARY, "another", moment("05-05T09:00:00")), "exports", id="to another"
        ),
        pytest.param(elsewhere, "purchases", id="rows that lie elsewhere"),
    ],
)
def test_a_planted_fault_breaks_its_own_promise_and_no_other(company, harm, broken):
    harm(company.databases)
    company.fill()
    found = rules.check(company.inside())
    assert judged(company, found) == GOOD | {broken: BROKEN}


def test_an_empty_table_proves_nothing(company):
    """Nobody can tell it from one that is not in use."""
    for tables in company.databases.values():
        for table in tables.values():
            table["rows"] = []
    company.fill()
    assert judged(company, rules.check(company.inside())) == dict.fromkeys(CONTROLS, UNPROVEN) | {"purchases": KEPT}


def test_where_no_default_password_stands_none_is_in_clear_or_old(company):
    for row in company.databases["provisioning"]["Administrators"]["rows"]:
        row[10:12] = [None, None]
    company.fill()
    assert judged(company, rules.check(company.inside())) == GOOD


def test_a_table_that_is_not_there_proves_nothing(company):
    del company.databases["marketing"]["Sends"]
    del company.databases["provisioning"]["Purchases"]
    company.fill()
    found = rules.check(company.inside())
    assert judged(company, found) == GOOD | dict.fromkeys(("opt-out", "frequency", "purchases"), UNPROVEN)
    assert any("[dbo].[Sends] holds is not told: it is not there" in gap.reason for gap in found.gaps)
    assert any("dbo.Purchases is not there" in gap.reason for gap in found.gaps)


def test_a_column_that_is_not_there_proves_nothing(company):
    company.targets["data"]["rules"]["contacts"]["category"] = "Kind"
    found = rules.check(company.inside())
    assert judged(company, found) == GOOD | {"contact categories": UNPROVEN}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("table", "not set", id="no table"),
        pytest.param("categories", "not set", id="no list"),
    ],
)
def test_a_target_that_is_not_set_is_a_gap_that_names_it(company, name, why):
    told = company.targets["data"]["rules"]["contacts"]
    del told["contacts" if name == "table" else name]
    reasons = [gap.reason for gap in rules.check(company.inside()).gaps if gap.reason.startswith("contact categories")]
    assert why in reasons[0]
    assert "data.rules" in reasons[0]


class Lying:
    """A database that answers every count with the same."""

    def __init__(self, row, stored=3):
        self.row, self.asked = row, []
        self.stored = stored if isinstance(stored, cycle) else repeat(stored)

    def rows(self, statement, parameters=(), *, limit_s):
        """Answer, or refuse."""
        self.asked.append(statement)
        if isinstance(self.row, Exception):
            raise self.row
        if not statement.startswith("SET"):
            yield (next(self.stored),) if "partitions" in statement else self.row

    def close(self):
        """Keep nothing open."""


@pytest.mark.parametrize(
    "row",
    [
        pytest.param((3, 3), id="a column short"),
        pytest.param((3, 3, None), id="no number"),
        pytest.param((3, 3, -1), id="less than none"),
        pytest.param((3, 3, True), id="a truth"),
        pytest.param((3, 3, "0"), id="a text"),
        pytest.param(Told(229), id="a refusal"),
        pytest.param(Told(1222), id="a lock"),
        pytest.param(Told(0), id="a refusal without a number"),
    ],
)
def test_an_answer_that_is_no_count_is_a_gap(company, row):
    found = rules.check(company.inside(database=lambda server, name: Lying(row)))
    assert not found.resources
    assert {kind for gap in found.gaps for kind in gap.kinds} == {kind.arm for kind in rules.KINDS}


def test_rows_that_are_hidden_from_us_leave_a_rule_unproven(company):
    """Row-level security may filter what the auditor is shown, too: one row in two million breaks a promise."""
    many = 2_000_000
    found = rules.check(company.inside(database=lambda server, name: Lying((many, many, 0), stored=many + 1)))
    assert judged(company, found)["opt-out"] is UNPROVEN


@pytest.mark.parametrize("held", [pytest.param((3, 4), id="one came"), pytest.param((4, 3), id="one went")])
def test_rows_that_come_and_go_while_we_count_are_not_hidden(company, held):
    """What the table holds is asked before and after."""
    found = rules.check(company.inside(database=lambda server, name: Lying((3, 3, 0), stored=cycle(held))))
    assert judged(company, found)["opt-out"] is KEPT


def test_a_view_has_no_rows_of_its_own_to_count(company):
    found = rules.check(company.inside(database=lambda server, name: Lying((3, 3, 0), stored=None)))
    assert any("no view of it" in gap.reason for gap in found.gaps)


def test_a_count_by_another_number_than_is_promised_proves_nothing(company):
    found = rules.check(company.inside())
    company.targets["data"]["rules"]["sends"]["most_sends"] = 9
    assert judged(company, found) == GOOD | {"frequency": UNPROVEN}


class Endless:
    """A database that never ends its answer."""

    def rows(self, statement, parameters=(), *, limit_s):
        """Answer for ever."""
        while not statement.startswith("SET"):
            yield ("a" * 1000,)

    def close(self):
        """Keep nothing open."""


def test_an_answer_without_end_costs_its_bytes_or_its_time():
    targets = {"data": {"statement_seconds": 1, "lock_seconds": 1, "bytes": 10_000}}
    run = inside(targets, database=lambda server, name: Endless())
    with opened(run, "a/b") as asking, pytest.raises(Unseen, match="more than 10000 bytes"):
        asking.rows("SELECT 1")
    targets["data"]["bytes"] = 10**9
    run = inside(targets, database=lambda server, name: Endless())
    ticks = iter(range(1000))
    with opened(run, "a/b", clock=lambda: float(next(ticks))) as asking, pytest.raises(Unseen, match="or 1 s"):
        asking.rows("SELECT 1")


def test_no_value_of_a_row_is_in_what_was_found_or_logged(company, caplog):
    caplog.set_level(logging.DEBUG)
    for harm in (add("marketing", "Sends", 7, moment("09-21T09:00:00")), retype):
        harm(company.databases)
    company.fill()
    found = rules.check(company.inside())
    whole = (
        msgspec.json.encode(found).decode() + caplog.text + str(verdicts(found, company.targets, *CONTROLS.values()))
    )
    for value in (CANARY, HASH, SALT, "2026-09-21", "2026-05-05"):
        assert value not in whole


def asked_of(company):
    """Return every statement of a whole run."""
    asked = []

    def database(server, name):
        made = Lying((3, 3, 0))
        asked.append(made)
        return made

    rules.check(company.inside(database=database))
    return [statement for one in asked for statement in one.asked]


def test_every_statement_only_reads(company):
    """A parser that others wrote reads each as one query; it knows no EXECUTE AS, which is held against its grammar.

    https://learn.microsoft.com/sql/t-sql/statements/execute-as-transact-sql
    """
    texts = asked_of(company)
    assert len(set(texts)) > len(CONTROLS)
    for text in texts:
        if text == statements.BE_ONESELF or re.fullmatch(r"EXECUTE AS USER = N'([^']|'')*'", text):
            continue
        (found,) = sqlglot.parse(text, dialect="tsql")
        assert isinstance(found, exp.Select | exp.Set), text
        assert not list(found.find_all(exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Command)), text


NAMES = st.text(st.sampled_from("a]['\";-/* \n\u00e9"), min_size=1, max_size=16)


@given(NAMES, NAMES, NAMES)
def test_no_name_ends_its_quotes(schema, table, column):
    for text in (
        statements.counting(statements.qualified(f"{schema}.{table}"), "", f"x.{statements.quoted(column)} = 1"),
        statements.owned(statements.qualified(f"{schema}.{table}"), statements.quoted(column)),
    ):
        (found,) = sqlglot.parse(text, dialect="tsql")
        (source,) = [one for one in found.find_all(exp.Table) if one.db]
        assert (source.db, source.name) == (schema, table)
        assert {one.name for one in found.find_all(exp.Column)} <= {column, "of", "bad"}


@given(NAMES)
def test_no_user_ends_its_quotes(user):
    (found,) = sqlglot.parse(f"SELECT {statements.text(user)}", dialect="tsql")
    (literal,) = found.selects
    assert literal.name == user
