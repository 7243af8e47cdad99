"""A real PostgreSQL that is asked in T-SQL: a parser that others wrote translates, and views stand in for `sys`."""

import re
from decimal import Decimal

import sqlglot

from audit.databases import Told, Unanswered
from audit.sources.data import statements

SYSTEM = """
create schema if not exists sys;
create schema if not exists dbo;
create or replace function object_id(text) returns bigint language sql
    as $$ select to_regclass(translate($1, '[]', '""'))::oid::bigint $$;
create or replace function has_perms_by_name(text, text, text) returns int language sql
    as $$ select case when object_id($1) is null then null else 1 end $$;
create or replace function datalength(bytea) returns int language sql as $$ select octet_length($1) $$;
create or replace function sys.counted(oid) returns bigint language plpgsql security definer
    as $$ declare n bigint; begin execute format('select count(*) from %s', $1::regclass) into n; return n; end $$;
create or replace view sys.tables as select c.oid::bigint as object_id, 0 as is_external from pg_class c
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'dbo' and c.relkind = 'r';
create or replace view sys.columns as select attrelid::bigint as object_id, attname::text as name, attnum as column_id,
    atttypid::bigint as user_type_id from pg_attribute where attnum > 0 and not attisdropped;
create or replace view sys.types as select oid::bigint as user_type_id,
    case typname when 'bytea' then 'varbinary' else typname::text end as name from pg_type;
create or replace view sys.partitions as select object_id, 1 as index_id, sys.counted(object_id::oid) as rows
    from sys.tables;
"""
_TYPES = {"datetime2": "timestamp", "varbinary": "bytea", "bit": "int", "nvarchar": "text"}
_BECOME = re.compile(r"EXECUTE AS USER = N'(.*)'")
_TELL = re.compile(r"EXEC sys\.sp_set_session_context @key = N'(\w+)', @value = \?")


def fill(connection, tables):
    """Let the database hold tables as the local Azure is given them."""
    connection.execute("drop schema if exists dbo cascade")
    connection.execute("drop schema if exists sys cascade")
    connection.execute(SYSTEM)
    for name, table in tables.items():
        columns = [(column, kind.partition("(")[0]) for column, kind in table["columns"]]
        told = ", ".join(f'"{column}" {_TYPES.get(kind, kind)}' for column, kind in columns)
        connection.execute(f'create table dbo."{name}" ({told})')
        marks = ", ".join(["%s"] * len(columns))
        for row in table["rows"]:
            connection.execute(f'insert into dbo."{name}" values ({marks})', [*map(_value, row)])  # noqa: S608  # names of a test's own


def _value(value):
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return bytes.fromhex(text) if kind == "bytes" else text
    return int(value) if isinstance(value, bool) else value


class Translated:
    """An open database."""

    def __init__(self, connection):
        self.connection = connection

    def rows(self, statement, parameters=(), *, limit_s):
        """Run a statement in the other's words; raises `Told` where a right or a user is missing."""
        import psycopg  # only where there is a server

        self.connection.execute(f"set statement_timeout = {round(limit_s * 1000)}")
        try:
            cursor = self.connection.execute(*_translated(statement, parameters))
            for row in cursor if cursor.description else ():
                yield tuple(int(value) if isinstance(value, Decimal) else value for value in row)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Told(229) from error
        except psycopg.errors.InvalidParameterValue as error:
            raise Told(15517) from error
        except psycopg.Error as error:
            raise Unanswered(type(error).__name__) from error

    def close(self):
        """Give the connection back as it was."""
        self.connection.execute("reset all")
        self.connection.execute("reset role")


def _translated(statement, parameters):
    """Return a statement as PostgreSQL understands it; what concerns the session has other words there."""
    if found := _BECOME.fullmatch(statement):
        return f'set role "{found[1]}"', ()
    if found := _TELL.fullmatch(statement):
        return f"select set_config('audit.{found[1]}', %s, false)", (parameters[0] or "",)
    if found := re.search(r"SESSION_CONTEXT\(N'(\w+)'\)", statement):
        return f"select (current_setting('audit.{found[1]}', true) = %s)::int", parameters
    words = {statements.BE_ONESELF: "reset role", statements.WHO: "select current_user::text"}
    if statement in words or statement.startswith("SET LOCK_TIMEOUT"):
        return words.get(statement, f"set lock_timeout = {statement.rpartition(' ')[2]}"), ()
    (text,) = sqlglot.transpile(statement, read="tsql", write="postgres")
    return text, parameters
