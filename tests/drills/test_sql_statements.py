"""Every statement that drills ask is T-SQL, and no name can turn one into another."""

import re

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from audit.drills import sql_checks, sql_statements
from audit.drills.databases import Told
from audit.drills.outcomes import Inconclusive

NAMES = st.text(st.sampled_from("a]['\";-/* \n\u00e9."), min_size=1, max_size=16)
ASKED = {
    "whether it is online": (sql_statements.ONLINE, exp.Select),
    "what it is called": (sql_statements.NAME, exp.Select),
    "its tables": (sql_statements.TABLES, exp.Select),
    "its columns": (sql_statements.COLUMNS, exp.Select),
    "whether it is encrypted": (sql_statements.ENCRYPTED, exp.Select),
    "the table of canaries": (sql_statements.CANARY_TABLE, exp.Create),
    "a canary": (sql_statements.WRITE_CANARY, exp.Insert),
    "the newest canary": (sql_statements.CANARIES_BACK, exp.Select),
    "how many rows": (sql_statements.count("dbo", "people"), exp.Select),
    "all rows": (sql_statements.rows("dbo", "people"), exp.Select),
    "a column": (sql_statements.column("dbo", "people", "mail"), exp.Select),
    "an erasure": (sql_statements.erase("dbo", "people", "mail"), exp.Delete),
}
_OPTION = r"(ALL_ERRORMSGS|EXTENDED_LOGICAL_CHECKS|NO_INFOMSGS|TABLOCK|ESTIMATEONLY|PHYSICAL_ONLY|DATA_PURITY"
CHECKDB = re.compile(
    rf"DBCC CHECKDB( \( (\w+|\d+)(, NOINDEX)? \))?( WITH {_OPTION}|TABLERESULTS|MAXDOP = \d+)"
    rf"(, {_OPTION}|TABLERESULTS|MAXDOP = \d+))*)?"
)
"""The grammar of the command in its documentation, in the spelling that is used here; TABLERESULTS is in none of it,
and in that of all DBCC commands.

https://learn.microsoft.com/sql/t-sql/database-console-commands/dbcc-checkdb-transact-sql
https://learn.microsoft.com/sql/t-sql/database-console-commands/dbcc-transact-sql
"""


@pytest.mark.parametrize(("text", "shape"), [pytest.param(*entry, id=name) for name, entry in ASKED.items()])
def test_a_statement_is_one_of_t_sql(text, shape):
    """A parser that others wrote reads each as one statement of its kind."""
    (found,) = sqlglot.parse(text, dialect="tsql")
    assert isinstance(found, shape)


def test_no_statement_is_left_out():
    """What the file holds is what is parsed here: constants by value, functions by what they return."""
    texts = {value for value in vars(sql_statements).values() if isinstance(value, str) and value.isascii()}
    statements = {text for text in texts if re.match(r"(SELECT|INSERT|CREATE|DELETE|UPDATE|DROP|ALTER|EXEC) ", text)}
    assert statements <= {text for text, _ in ASKED.values()}
    made = {name for name, value in vars(sql_statements).items() if callable(value)}
    assert made == {"count", "rows", "column", "erase", "quoted"}


@pytest.mark.parametrize("text", sql_statements.INTEGRITY)
def test_the_check_of_integrity_is_as_documented(text):
    """The parser knows no DBCC, so the command is held against its documented grammar alone."""
    assert CHECKDB.fullmatch(text)
    with pytest.raises(sqlglot.errors.ParseError):
        sqlglot.parse_one(text, dialect="tsql")


@given(NAMES, NAMES, NAMES)
def test_no_name_ends_its_quotes(schema, table, column):
    """Each stays one statement about one table, and the names come out of it as they went in."""
    for text in (
        sql_statements.count(schema, table),
        sql_statements.rows(schema, table),
        sql_statements.column(schema, table, column),
        sql_statements.erase(schema, table, column),
    ):
        (found,) = sqlglot.parse(text, dialect="tsql")
        (source,) = found.find_all(exp.Table)
        assert (source.db, source.name) == (schema, table)
        assert {one.name for one in found.find_all(exp.Column)} <= {column}


@given(NAMES)
def test_a_name_is_quoted_as_the_engine_does_it(name):
    """Within brackets, each closing one doubled: nothing else ends a name there."""
    quoted = sql_statements.quoted(name)
    assert quoted.startswith("[")
    assert quoted.endswith("]")
    assert "]" not in quoted[1:-1].replace("]]", "")


class Recorded:
    """A database that answers a check of its pages with a recorded result, or refuses it by number."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def rows(self, statement, parameters=(), *, limit_s):
        """Give the next answer."""
        self.asked.append(statement)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return iter(answer)


PERSON = "Mustermann"
# What a broken page is told by: 8928 and 8939 are errors, 8990 and 8989 count them, 8958 names the repair.
BROKEN = [
    (8928, 16, 1, f"Object ID 597577167 {PERSON}: Page (1:312) could not be processed.", "repair_allow_data_loss", 2),
    (8939, 16, 98, f"Table error: Object ID 597577167, page (1:312). {PERSON}", "repair_allow_data_loss", 2),
    (8990, 10, 1, "CHECKDB found 0 allocation errors and 2 consistency errors in table 'people'.", None, 0),
    (8989, 10, 1, "CHECKDB found 0 allocation errors and 2 consistency errors in database 'copy'.", None, 0),
    (8958, 10, 1, "repair_allow_data_loss is the minimum repair level.", None, 0),
]
SOUND = [(8989, 10, 1, "CHECKDB found 0 allocation errors and 0 consistency errors in database 'copy'.", None, 0)]
# A value that its column cannot hold: only DATA_PURITY finds it.
IMPURE = [(2570, 16, 2, f"Page (1:1073): Column 'name' value is out of range. {PERSON}", None, 2)]


@pytest.mark.parametrize(
    ("answers", "result", "numbers", "strict"),
    [
        pytest.param([[]], "pass", {}, True, id="nothing to say"),
        pytest.param([SOUND], "pass", {}, True, id="no errors were found"),
        pytest.param([BROKEN], "fail", {"8928": 1, "8939": 1}, True, id="a broken page"),
        pytest.param([IMPURE], "fail", {"2570": 1}, True, id="a value out of range"),
        pytest.param([Told(40518), []], "pass", {}, False, id="an option is refused"),
        pytest.param([Told(2526), BROKEN], "fail", {"8928": 1, "8939": 1}, False, id="refused, and a broken page"),
    ],
)
def test_what_a_check_of_pages_says_is_counted_and_never_kept(answers, result, numbers, strict):
    """Errors by number; with what options it was asked is said; no word of the messages is."""
    database = Recorded(*answers)
    found = sql_checks._sound(database, 60)  # the check by itself, as the probe runs it
    assert (found.result, found.observed["numbers"]) == (result, numbers)
    assert (found.observed["options"] == "strict") is strict
    assert PERSON not in repr(found)
    assert database.asked == list(sql_statements.INTEGRITY[: len(database.asked)])


@pytest.mark.parametrize("number", [0, 7984, 926, 1205])
def test_a_check_that_is_refused_for_another_reason_is_no_pass(number):
    """It did not run, and there is no second try without the options."""
    database = Recorded(Told(number), [])
    with pytest.raises(Inconclusive):
        sql_checks._sound(database, 60)
    assert len(database.asked) == 1
