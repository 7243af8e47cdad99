"""Every statement that data checks ask of a SQL database: T-SQL that only reads, with quoted names and no values.

What is compared with goes along as a parameter. Nothing but a count, a truth or a name of a column comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

WAIT = "SET LOCK_TIMEOUT {milliseconds}"
"""How long a statement waits for somebody else's: https://learn.microsoft.com/sql/t-sql/statements/set-lock-timeout-transact-sql"""
SEES_SCHEMA = "SELECT HAS_PERMS_BY_NAME(?, 'OBJECT', 'VIEW DEFINITION')"
"""Whether all columns of a table are shown; without that right only some may be, and nobody would be told.

https://learn.microsoft.com/sql/relational-databases/security/metadata-visibility-configuration
"""
COLUMNS = (
    "SELECT c.name, y.name FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id"
    " JOIN sys.types AS y ON y.user_type_id = c.user_type_id WHERE t.object_id = OBJECT_ID(?) ORDER BY c.column_id"
)
"""A table's columns and their types; a view has none here, since it may hide some of what it shows."""
LABELS = (
    "SELECT c.name FROM sys.sensitivity_classifications AS l"
    " JOIN sys.columns AS c ON c.object_id = l.major_id AND c.column_id = l.minor_id WHERE l.major_id = OBJECT_ID(?)"
)
"""The columns of a table that are classified:
https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-sensitivity-classifications-transact-sql"""
SEES_LABELS = "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW ANY SENSITIVITY CLASSIFICATION')"
"""Whether classifications are shown; without that right there seem to be none."""
SEES_ALL = "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DEFINITION')"
"""Whether every table and column of a database is shown."""
TEXTS = (
    "SELECT s.name, t.name, c.name FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id"
    " JOIN sys.schemas AS s ON s.schema_id = t.schema_id JOIN sys.types AS y ON y.user_type_id = c.system_type_id"
    " WHERE y.name IN ('char', 'varchar', 'nchar', 'nvarchar', 'text', 'ntext', 'xml', 'json', 'image',"
    " 'bigint', 'decimal', 'numeric', 'float')"
    " OR (y.name IN ('binary', 'varbinary') AND (c.max_length > 64 OR c.max_length = -1))"
    " ORDER BY s.name, t.name, c.name"
)
"""Every column of a database, with its table, in which a number of 12 digits or a document has room.

A type of the company's own counts as what it is made of. Up to 64 bytes of no text are keys, digests and salts.
"""
STORED = "SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = OBJECT_ID(?) AND p.index_id IN (0, 1)"
"""How many rows a table holds, those too that row-level security does not show us; nothing for a view.

https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
"""
HERE = "SELECT COUNT_BIG(*) FROM sys.tables AS t WHERE t.object_id = OBJECT_ID(?) AND t.is_external = 0"
"""Whether a table is one whose rows lie in this database itself."""
BECOME = "EXECUTE AS USER = {user}"
"""Show what a user is shown; it needs IMPERSONATE on that user alone, and ends with `BE_ONESELF`.

https://learn.microsoft.com/sql/t-sql/statements/execute-as-transact-sql
"""
BE_ONESELF = "REVERT"
WHO = "SELECT USER_NAME()"
TELL = "EXEC sys.sp_set_session_context @key = {key}, @value = ?"
"""Say for whom we ask, where predicates read it from the session:
https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-set-session-context-transact-sql"""
TOLD = "SELECT COUNT_BIG(*) FROM (SELECT 1 AS one) AS y WHERE CAST(SESSION_CONTEXT({key}) AS nvarchar(4000)) = ?"


def quoted(name: str) -> str:
    """Quote a name as T-SQL's own `QUOTENAME` does."""
    return f"[{name.replace(']', ']]')}]"


def qualified(name: str) -> str:
    """Quote the name of a table with its schema, `dbo` where it names none."""
    schema, dot, table = name.partition(".")
    return f"{quoted(schema)}.{quoted(table)}" if dot else f"{quoted('dbo')}.{quoted(name)}"


def text(value: str) -> str:
    """Write a text of our own, such as the name of a user, where no parameter can stand."""
    return f"N'{value.replace(chr(39), 2 * chr(39))}'"


def counting(table: str, scope: str, good: str) -> str:
    """Count a table's rows, those that a rule speaks of, and those of them that break it.

    What cannot be told, since a value is null, counts as broken. The cases stand inside, since no aggregate takes a
    subquery: https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors (130)
    """
    counted = f"CASE WHEN {scope} THEN 1 ELSE 0 END" if scope else "1"
    # The quoted names and the conditions are ours; values are parameters.
    return (
        "SELECT COUNT_BIG(*), COALESCE(SUM(y.[of]), 0), COALESCE(SUM(y.[of] * y.[bad]), 0) FROM"  # noqa: S608  # as said
        f" (SELECT {counted} AS [of], CASE WHEN {good} THEN 0 ELSE 1 END AS [bad] FROM {table} AS x) AS y"
    )


def some(table: str, columns: Sequence[str], count: int) -> str:
    """Draw rows in an order that has nothing to do with what they hold."""
    shown = ", ".join(f"x.{column}" for column in columns)
    return f"SELECT TOP ({count:d}) {shown} FROM {table} AS x ORDER BY NEWID()"  # noqa: S608  # as above


def owned(table: str, owner: str) -> str:
    """Count a table's rows, and those that belong to one owner."""
    return f"SELECT COUNT_BIG(*), COUNT_BIG(CASE WHEN x.{owner} = ? THEN 1 END) FROM {table} AS x"  # noqa: S608  # as above
