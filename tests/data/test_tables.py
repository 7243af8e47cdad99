"""The columns of tables are read from a real database by T-SQL, and no row of it leaves."""

import msgspec
import pytest

from audit.kinds.data import ADMINISTRATOR_COLUMNS, MAIL_LOG_COLUMNS
from audit.kinds.operationalinsights import TABLE
from audit.model import Plane, Verdict
from audit.sources.data import tables
from tests.data.sql_company import CANARY, Company, verdicts
from tests.support import resource

KEPT, BROKEN, UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN
CONTROLS = {
    "administrators": "data-administrators-ten-fields",
    "enquiries": "data-enquiries-promised-fields",
    "contacts": "data-contacts-basic-fields",
    "licences": "data-licences-identify-and-contact",
    "mail-log": "data-mail-log-six-fields",
}
PLACES = {
    "administrators": ("provisioning", "Administrators"),
    "enquiries": ("marketing", "Enquiries"),
    "contacts": ("marketing", "Contacts"),
    "licences": ("provisioning", "Licences"),
    "mail-log": ("maillog", "MailLog"),
}


@pytest.fixture
def company(sandbox, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Company(sandbox)


def judged(company, found):
    told = verdicts(found, company.targets, *CONTROLS.values())
    return {role: told[control][0] for role, control in CONTROLS.items()}


def test_promised_columns_keep_the_promise_however_they_are_spelt(company):
    found = tables.check(company.inside())
    assert judged(company, found) == dict.fromkeys(CONTROLS, KEPT)
    assert not found.gaps


@pytest.mark.parametrize("role", CONTROLS)
def test_a_column_that_nobody_promised_breaks_its_own_promise_by_name(company, role):
    database, table = PLACES[role]
    company.databases[database][table]["columns"].append(["DateOfBirth", "date"])
    for row in company.databases[database][table]["rows"]:
        row.append(None)
    company.fill()
    found = tables.check(company.inside())
    assert judged(company, found) == dict.fromkeys(CONTROLS, KEPT) | {role: BROKEN}
    assert "DateOfBirth" in verdicts(found, company.targets, CONTROLS[role])[CONTROLS[role]][1][0]


@pytest.mark.parametrize("role", CONTROLS)
def test_a_table_that_is_not_there_proves_nothing(company, role):
    database, table = PLACES[role]
    del company.databases[database][table]
    company.fill()
    found = tables.check(company.inside())
    assert judged(company, found) == dict.fromkeys(CONTROLS, KEPT) | {role: UNPROVEN}
    [gap] = found.gaps
    assert "is not there, or not all of it is shown" in gap.reason


def test_a_database_that_lets_nobody_in_is_a_gap_with_its_error(company):
    company.targets["data"]["tables"]["mail-log"]["database"] = "hosting-sql/somebody-elses"
    found = tables.check(company.inside())
    assert found.gaps[0].kinds == (MAIL_LOG_COLUMNS.arm,)
    assert "error 4060" in found.gaps[0].reason


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(None, "not set", id="no target"),
        pytest.param({"table": "dbo.MailLog"}, "a database or a workspace", id="no place"),
        pytest.param({"table": 4}, "no place of a table", id="no name"),
        pytest.param({"table": "dbo.MailLog", "database": "maillog"}, "no database", id="no server"),
    ],
)
def test_a_target_that_names_no_table_is_a_gap_that_names_the_target(company, told, why):
    roles = company.targets["data"]["tables"]
    roles.pop("mail-log") if told is None else roles.update({"mail-log": told})
    [gap] = tables.check(company.inside()).gaps
    assert why in gap.reason


class Shy:
    """A database that says that it does not show us everything, or something that is no answer."""

    def __init__(self, answers, hidden="nothing"):
        self.answers, self.hidden = answers, hidden

    def rows(self, statement, parameters=(), *, limit_s):
        """Answer by what is asked for."""
        answer = self.answers.get(statement.split("(")[0].split(" ")[1], [])
        yield from [(0,)] if self.hidden in statement else answer

    def close(self):
        """Keep nothing open."""


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        pytest.param({"HAS_PERMS_BY_NAME": [(0,)]}, "GRANT VIEW DEFINITION", id="a right is missing"),
        pytest.param({"HAS_PERMS_BY_NAME": [(None,)]}, "GRANT VIEW DEFINITION", id="it does not know the table"),
        pytest.param({}, "GRANT VIEW DEFINITION", id="no answer"),
        pytest.param({"HAS_PERMS_BY_NAME": [(1,)]}, "no view of it", id="a view"),
        pytest.param({"HAS_PERMS_BY_NAME": [(1,)], "c.name,": [("a", None)]}, "with names", id="no type"),
        pytest.param({"HAS_PERMS_BY_NAME": [(1,)], "c.name,": [("a", "b", "c")]}, "with names", id="another shape"),
        pytest.param({"HAS_PERMS_BY_NAME": [(1,)], "c.name,": [("a" * 2000, "b")] * 1000}, "bytes", id="no end"),
    ],
)
def test_an_answer_that_may_hide_a_column_is_none(company, answers, why):
    found = tables.check(company.inside(database=lambda server, name: Shy(answers)))
    assert not found.resources
    assert len(found.gaps) == len(CONTROLS)
    assert all(why in gap.reason for gap in found.gaps)


def workspace(company, *columns, days=90):
    """Let the log be in a workspace that the estate's snapshot holds."""
    company.targets["data"]["tables"]["mail-log"].update(database="", workspace="security", table="MailLog_CL")
    schema = {"columns": [{"name": name, "type": "string"} for name in columns]}
    path = "/subscriptions/x/providers/Microsoft.OperationalInsights/workspaces/security/tables/MailLog_CL"
    body = {"schema": schema, "totalRetentionInDays": days}
    return company.inside(estate=(resource(TABLE, path, body, plane=Plane.LIVE),))


@pytest.mark.parametrize(
    ("columns", "days", "expected"),
    [
        pytest.param(("Subject", "ServerIp"), 90, KEPT, id="promised columns"),
        pytest.param(("Subject", "Body"), 90, BROKEN, id="the content"),
        pytest.param(("Subject",), 365, BROKEN, id="kept too long"),
        pytest.param(("Subject",), None, UNPROVEN, id="nobody says how long"),
    ],
)
def test_a_log_in_a_workspace_is_read_from_the_estate(company, columns, days, expected):
    found = tables.check(workspace(company, *columns, days=days))
    assert judged(company, found)["mail-log"] is expected


def test_classified_columns_are_told_only_where_the_database_tells(company):
    """The local Azure does not model classifications, which proves nothing of them."""
    found = tables.check(company.inside())
    control = "data-administrators-classified"
    assert verdicts(found, company.targets, control)[control][0] is UNPROVEN
    answers = {"HAS_PERMS_BY_NAME": [(1,)], "c.name,": [("Email", "nvarchar")], "c.name": [("Email",)]}
    found = tables.check(company.inside(database=lambda server, name: Shy(answers)))
    assert verdicts(found, company.targets, control)[control][0] is KEPT
    answers |= {"HAS_PERMS_BY_NAME": [(1,)], "c.name": []}
    found = tables.check(company.inside(database=lambda server, name: Shy(answers)))
    assert verdicts(found, company.targets, control)[control][0] is BROKEN


def test_no_label_is_told_to_who_may_not_see_labels(company):
    """It would seem that no column is classified."""
    answers = {"HAS_PERMS_BY_NAME": [(1,)], "c.name,": [("Email", "nvarchar")], "c.name": []}
    shy = Shy(answers, hidden="SENSITIVITY")
    found = tables.check(company.inside(database=lambda server, name: shy))
    control = "data-administrators-classified"
    assert verdicts(found, company.targets, control)[control][0] is UNPROVEN


def test_no_value_of_a_row_leaves_and_every_statement_is_evidence(company):
    found = tables.check(company.inside())
    assert CANARY not in msgspec.json.encode(found).decode()
    told = next(one for one in found.resources if one.type == ADMINISTRATOR_COLUMNS.arm)
    assert all(answer.url == "sql://hosting-sql/provisioning" for answer in told.answers)
    assert [answer.sent.split(" ")[0] for answer in told.answers] == ["SET", "SELECT", "SELECT", "SELECT"]


def test_the_plan_names_every_table(company):
    told = tables.asks(company.inside())
    assert len(told) == len(CONTROLS)
    assert "dbo.Administrators in hosting-sql/provisioning" in told[0]
