"""Databases of the local Azure answer T-SQL: what they hold, how they stand, and what their own checks say."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.sandbox.sql_contents import Damage, hold, keep, restored
from audit.sandbox.sql_keys import take_out_of_use

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COLUMNS = [
    ["id", "int"],
    ["name", "nvarchar(50)"],
    ["paid", "decimal(10,2)"],
    ["since", "datetime2(7)"],
    ["seal", "varbinary(32)"],
    ["active", "bit"],
]
ADA = [1, "Ada", {"decimal": "1.50"}, {"datetime": "2026-01-01T08:00:00"}, {"bytes": "0aff"}, True]
ALAN = [2, "Alan", {"decimal": "-20.00"}, None, None, False]
CHECK = "DBCC CHECKDB WITH NO_INFOMSGS, ALL_ERRORMSGS, DATA_PURITY, EXTENDED_LOGICAL_CHECKS, TABLERESULTS"
CANARY = "CREATE TABLE dbo.canary (id int NOT NULL PRIMARY KEY, written_at datetime2(7) NOT NULL)"


class Database:
    """The database `people`, and how it is asked."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.server = f"{sandbox.group()}/providers/Microsoft.Sql/servers/own"
        self.id = f"{self.server}/databases/people"
        sandbox.put(self.server, {"location": "uksouth"})
        self.put()
        hold(sandbox.store, self.id, NOON - timedelta(days=1), {"people": {"columns": COLUMNS, "rows": [ADA, ALAN]}})

    def put(self, **said):
        """Put the database with some properties."""
        self.sandbox.put(self.id, {"location": "uksouth", "properties": said})

    def ask(self, statement, *parameters, audience="https://database.windows.net/", where="own/people"):
        """Send a statement; returns the status and what was answered."""
        token = self.sandbox.credential.get_token(f"{audience}/.default").token
        body = {"statement": statement, "parameters": list(parameters)}
        headers = {"Authorization": f"Bearer {token}"}
        return self.sandbox.ask("POST", f"/sql/{where}", body, headers=headers)[:2]

    def rows(self, statement, *parameters, **how):
        """Return the rows of what must succeed."""
        status, answer = self.ask(statement, *parameters, **how)
        assert status == 200, answer
        return answer["rows"]

    def error(self, statement, *parameters, **how):
        """Return the number of the error of what must fail."""
        status, answer = self.ask(statement, *parameters, **how)
        assert status in (400, 401), answer
        return answer["error"]["number"]


@pytest.fixture
def database(sandbox):
    sandbox.store.set_clock(NOON)
    return Database(sandbox)


def test_the_metadata_document_says_where_databases_answer(sandbox):
    found = sandbox.ask("GET", "/metadata/endpoints?api-version=2022-09-01", signed=False)[1]
    assert found["sqlGateway"] == f"{sandbox.url}/sql"


def test_rows_come_with_their_values_tagged(database):
    status, answer = database.ask("SELECT * FROM [dbo].[people] ORDER BY [id]")
    assert status == 200
    assert answer == {"columns": [name for name, _ in COLUMNS], "rows": [ADA, ALAN]}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT COUNT_BIG(*) FROM people", [[2]]),
        ("SELECT TOP (1) [name] FROM dbo.people ORDER BY id DESC", [["Alan"]]),
        ("SELECT MAX(since) AS newest FROM dbo.people", [[{"datetime": "2026-01-01T08:00:00"}]]),
        ("SELECT id FROM dbo.people WHERE name = N'ADA'", [[1]]),
        ("SELECT CONVERT(varchar(33), since, 126) FROM people WHERE id = 1", [["2026-01-01T08:00:00"]]),
        ("SELECT CONCAT_WS('|', id, paid, seal, active) FROM people WHERE id = 2", [["2|-20.00|0"]]),
        ("SELECT CAST(paid AS varchar(20)) FROM people ORDER BY id", [["1.50"], ["-20.00"]]),
        ("SELECT CONVERT(varchar(70), seal, 2) FROM people WHERE id = 1", [["0AFF"]]),
        ("SELECT id FROM people ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY", [[2]]),
        ("SELECT DB_NAME(), SYSUTCDATETIME()", [["people", {"datetime": "2026-03-02T12:00:00"}]]),
        ("SELECT OBJECT_ID(N'dbo.nothing')", [[None]]),
        ("SELECT DATALENGTH(name), DATALENGTH(seal), QUOTENAME(name) FROM people WHERE id = 1", [[6, 2, "[Ada]"]]),
        ("SELECT SCHEMA_NAME(schema_id), OBJECT_NAME(object_id) FROM sys.tables", [["dbo", "people"]]),
        ("SELECT CAST(since AS date) FROM people WHERE id = 1", [[{"datetime": "2026-01-01"}]]),
        ("SELECT SUM(paid), MIN(paid) FROM people", [[{"decimal": "-18.50"}, {"decimal": "-20.00"}]]),
        ("SELECT name, state_desc FROM sys.databases WHERE name = DB_NAME()", [["people", "ONLINE"]]),
        ("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES", [["dbo", "people"]]),
        ("SELECT DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE COLUMN_NAME = 'paid'", [["decimal"]]),
        ("SELECT encryption_state FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID()", [[3]]),
        ("SELECT DATABASEPROPERTYEX(DB_NAME(), 'Status')", [["ONLINE"]]),
        ("SET NOCOUNT ON; SELECT 1", [[1]]),
        (
            "SELECT s.name, t.name, SUM(p.rows) FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id"
            " JOIN sys.partitions AS p ON p.object_id = t.object_id AND p.index_id IN (0, 1) GROUP BY s.name, t.name",
            [["dbo", "people", 2]],
        ),
        (
            "SELECT c.name, y.name, c.max_length, c.scale FROM sys.columns AS c JOIN sys.types AS y"
            " ON y.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID(N'dbo.people') AND c.column_id IN (2, 3)"
            " ORDER BY c.column_id",
            [["name", "nvarchar", 100, 0], ["paid", "decimal", 9, 2]],
        ),
    ],
)
def test_statements_are_really_evaluated(database, statement, expected):
    found = database.rows(statement)
    for row in found:
        for value in row:
            if isinstance(value, dict) and "datetime" in value:
                value["datetime"] = value["datetime"].partition(".")[0]
    assert found == expected


def test_a_checksum_and_a_digest_change_with_a_value(database):
    sums = "SELECT CHECKSUM_AGG(BINARY_CHECKSUM(*)), MAX(HASHBYTES('SHA2_256', CONCAT_WS(N'|', id, name))) FROM people"
    before = database.rows(sums)
    assert database.rows(sums) == before
    database.ask("UPDATE people SET name = N'Aida' WHERE id = ?", 2)
    after = database.rows(sums)
    assert [one == other for one, other in zip(before[0], after[0], strict=True)] == [False, False]


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("SELEC 1", 102),
        ("SELECT * FROM dbo.nothing", 208),
        ("SELECT nothing FROM dbo.people", 207),
        ("SELECT [nothing] FROM dbo.people", 207),
        ("CREATE TABLE dbo.people (id int)", 2714),
    ],
)
def test_what_is_wrong_is_told_by_its_number(database, statement, number):
    assert database.error(statement) == number


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM sys.dm_exec_requests", "EXEC dbo.anything", "SELECT PATINDEX('%a%', name) FROM people"],
)
def test_what_is_not_modelled_is_never_an_empty_list(database, statement):
    assert database.ask(statement)[0] == 501


def test_a_token_for_another_audience_opens_no_database(database):
    assert database.error("SELECT 1", audience=database.sandbox.url) == 18456


def test_a_database_that_is_not_there_cannot_be_opened(database):
    assert database.error("SELECT 1", where="own/nothing") == 4060
    assert database.error("SELECT 1", where="nowhere/people") == 4060


@pytest.mark.parametrize(("status", "number"), [("Restoring", 40613), ("RecoveryPending", 40613), ("Suspect", 926)])
def test_a_database_that_is_not_online_tells_how_it_stands_and_nothing_else(database, status, number):
    database.put(status=status)
    assert database.error("SELECT * FROM people") == number
    assert database.error(CHECK) == number
    ((told,),) = database.rows("SELECT state_desc FROM sys.databases WHERE name = DB_NAME()")
    assert told.title().replace("_", "") == status


def test_master_shows_every_database_of_its_server(database):
    found = database.rows("SELECT name FROM sys.databases ORDER BY name", where="own/master")
    assert found == [["master"], ["people"]]


def test_a_canary_is_there_from_when_it_was_written(database):
    store = database.sandbox.store
    for statement in (f"IF OBJECT_ID(N'dbo.canary') IS NULL {CANARY}", "SELECT 1"):
        assert database.ask(statement)[0] == 200
    assert database.ask(f"IF OBJECT_ID(N'dbo.canary') IS NULL {CANARY}")[0] == 200
    insert = "INSERT INTO dbo.canary (id, written_at) VALUES (?, ?)"
    assert database.ask(insert, 1, {"datetime": "2026-03-02T12:00:00+00:00"})[0] == 200
    store.set_clock(NOON + timedelta(hours=1))
    assert database.ask("INSERT INTO dbo.canary (id, written_at) VALUES (@p1, SYSUTCDATETIME())", 2)[0] == 200
    assert database.rows("SELECT COUNT(*) FROM dbo.canary") == [[2]]
    assert database.rows("SELECT written_at FROM dbo.canary WHERE id = 1") == [[{"datetime": "2026-03-02T12:00:00"}]]
    then = restored(store, database.id, NOON + timedelta(minutes=30))
    assert [row[0] for row in then.tables["dbo.canary"].rows] == [1]
    assert restored(store, database.id, NOON - timedelta(minutes=1)).tables.keys() == {"dbo.people"}


def test_a_secondary_shows_what_its_primary_holds_and_cannot_be_written(database):
    away = database.server.replace("own", "away")
    link = {"role": "Secondary", "partnerRole": "Primary", "partnerServer": "own", "partnerDatabase": "people"}
    pair = {"replicationRole": "Primary", "partnerServers": [{"id": away, "replicationRole": "Secondary"}]}
    for path, body in (
        (away, {"location": "ukwest"}),
        (f"{away}/databases/people", {"location": "ukwest"}),
        (f"{away}/databases/people/replicationLinks/link", {"properties": link}),
        (f"{database.server}/failoverGroups/pair", {"properties": pair}),
        (f"{away}/failoverGroups/pair", {"properties": {**pair, "replicationRole": "Secondary"}}),
    ):
        database.sandbox.put(path, body)
    assert database.rows("SELECT COUNT(*) FROM people", where="away/people") == [[2]]
    assert database.error("DELETE FROM people", where="away/people") == 3906
    assert database.error("DELETE FROM people", where="pair.secondary/people") == 3906
    assert database.ask("DELETE FROM people", where="pair/people")[0] == 200
    assert database.rows("SELECT COUNT(*) FROM people", where="away/people") == [[0]]


def damaged(database, damage):
    """Let the database be one that was restored from a damaged backup."""
    store, tables = database.sandbox.store, {"people": {"columns": COLUMNS, "rows": [ADA]}}
    hold(store, database.id, NOON - timedelta(hours=1), tables, damage)
    keep(store, database.id, NOON - timedelta(minutes=1), restored(store, database.id, NOON))


def test_a_healthy_database_has_nothing_to_report(database):
    assert database.ask(CHECK) == (200, {"columns": [], "rows": []})
    told = database.rows("DBCC CHECKDB (N'people') WITH TABLERESULTS")
    assert [row[0] for row in told] == [8989]


def test_a_page_that_cannot_be_read_is_reported_with_what_it_is_part_of(database):
    damaged(database, Damage.CORRUPT_PAGE)
    status, answer = database.ask(CHECK)
    assert status == 200
    assert answer["columns"][:4] == ["Error", "Level", "State", "MessageText"]
    assert [row[0] for row in answer["rows"]] == [8928, 8939, 8990, 8989, 8958]
    assert {len(row) for row in answer["rows"]} == {len(answer["columns"])}
    assert database.error("DBCC CHECKDB WITH NO_INFOMSGS") == 8928
    assert database.ask("DBCC CHECKDB (people, REPAIR_REBUILD)")[0] == 501
    assert database.ask("DBCC CHECKDB WITH MAXDOP")[0] == 501


def test_a_ledger_is_verified_where_there_is_one(database):
    verify = "EXEC sys.sp_verify_database_ledger N'[]'"
    assert database.ask(verify)[0] == 501
    database.put(isLedgerOn=True)
    assert database.rows(verify) == [[0]]
    damaged(database, Damage.BROKEN_LEDGER)
    assert database.error(verify) == 37392


@pytest.mark.parametrize(("why", "status"), [("", 200), ("disabled", 400), ("gone", 400)])
def test_a_database_whose_key_is_out_of_use_cannot_be_read(database, why, status):
    key, vault = "https://safe.vault.azure.net/keys/seal/1", database.server.replace("Microsoft.Sql/servers/own", "")
    place = f"{vault}Microsoft.KeyVault/vaults/safe"
    for path, body in (
        (place, {"location": "uksouth"}),
        (f"{place}/keys/seal", {"properties": {}}),
        (database.server, {"location": "uksouth", "properties": {"keyId": key}}),
    ):
        database.sandbox.put(path, body)
    if why:
        take_out_of_use(database.sandbox.store, key, why=why)
    assert database.ask("SELECT COUNT(*) FROM people")[0] == status


def test_faults_meet_statements_as_well(database):
    database.sandbox.fault("status", path="/sql/own/*", status=503, count=1)
    assert database.ask("SELECT 1")[0] == 503
    assert database.ask("SELECT 1")[0] == 200
