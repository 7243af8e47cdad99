"""Every statement that a drill asks of a SQL database, in T-SQL; nothing but quoted names is ever put into one."""

ONLINE = "SELECT state_desc FROM sys.databases WHERE name = DB_NAME()"
"""https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-databases-transact-sql"""
NAME = "SELECT DB_NAME()"
"""What a database calls itself: asked before anything is deleted in a copy."""
INTEGRITY = (
    "DBCC CHECKDB WITH NO_INFOMSGS, ALL_ERRORMSGS, DATA_PURITY, EXTENDED_LOGICAL_CHECKS, TABLERESULTS",
    "DBCC CHECKDB WITH NO_INFOMSGS, ALL_ERRORMSGS, TABLERESULTS",
)
"""The strict check, and the one for tiers that refuse an option of it.

https://learn.microsoft.com/sql/t-sql/database-console-commands/dbcc-checkdb-transact-sql
"""
TABLES = (
    "SELECT s.name, t.name FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id"
    " WHERE t.is_ms_shipped = 0 ORDER BY s.name, t.name"
)
COLUMNS = (
    "SELECT s.name, t.name, c.name, y.name, c.max_length, c.precision, c.scale, c.is_nullable"
    " FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id"
    " JOIN sys.schemas AS s ON s.schema_id = t.schema_id JOIN sys.types AS y ON y.user_type_id = c.user_type_id"
    " WHERE t.is_ms_shipped = 0 ORDER BY s.name, t.name, c.column_id"
)
ENCRYPTED = "SELECT encryption_state FROM sys.dm_database_encryption_keys WHERE database_id = DB_ID()"
"""3 is encrypted: what is read then was opened by the key.

https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-database-encryption-keys-transact-sql
"""
CANARIES = "promise_audit_canary"
"""The table of canaries, in `dbo`."""
CANARY_TABLE = (
    f"CREATE TABLE [dbo].[{CANARIES}] ([written_at] varchar(32) NOT NULL, [digest] varchar(64) NOT NULL,"
    " PRIMARY KEY ([written_at], [digest]))"
)
WRITE_CANARY = f"INSERT INTO [dbo].[{CANARIES}] ([written_at], [digest]) VALUES (?, ?)"  # noqa: S608  # no value is in it
CANARIES_BACK = f"SELECT [written_at], [digest] FROM [dbo].[{CANARIES}] ORDER BY [written_at] DESC"  # noqa: S608  # as above
"""All canaries, the newest first: one database may be drilled as several items, each with its own."""


def count(schema: str, table: str) -> str:
    """Count the rows of a table."""
    return f"SELECT COUNT_BIG(*) FROM {quoted(schema)}.{quoted(table)}"  # noqa: S608  # names alone, quoted


def rows(schema: str, table: str) -> str:
    """Read all rows of a table."""
    return f"SELECT * FROM {quoted(schema)}.{quoted(table)}"  # noqa: S608  # as above


def column(schema: str, table: str, name: str) -> str:
    """Read one column of a table."""
    return f"SELECT {quoted(name)} FROM {quoted(schema)}.{quoted(table)}"  # noqa: S608  # as above


def erase(schema: str, table: str, name: str) -> str:
    """Delete the rows in which a column has a value."""
    return f"DELETE FROM {quoted(schema)}.{quoted(table)} WHERE {quoted(name)} = ?"  # noqa: S608  # as above


def quoted(name: str) -> str:
    """Quote a name as T-SQL's own `QUOTENAME` does."""
    return f"[{name.replace(']', ']]')}]"
