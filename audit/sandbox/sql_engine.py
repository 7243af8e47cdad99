"""T-SQL that is really evaluated: parsed as such, put into sqlite's words, and run on what a database holds."""

import logging
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
import sqlglot
from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import SqlglotError

from audit.sandbox.sql_catalog import Standing, View, bare, number, type_named, views
from audit.sandbox.sql_contents import Table
from audit.sandbox.sql_values import (
    MOMENTS,
    ChecksumOfAll,
    as_moment,
    as_text,
    bracketed,
    checksum,
    digest,
    inner,
    joined,
    length,
    outer,
    run_together,
)

_TEXTS = ("char", "varchar", "nchar", "nvarchar", "text", "ntext", "sysname", "uniqueidentifier")
# It tells on the standard error what it could not parse, and so do the exceptions here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
_NO_TABLE, _NO_COLUMN = re.compile(r"no such table: (\S+)"), re.compile(r"no such column: (\S+)")
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop)
_NOW = ("SYSUTCDATETIME", "GETUTCDATE", "SYSDATETIME", "GETDATE")
_CALLED: Mapping[type[exp.Expr], str] = {
    exp.ObjectId: "object_id",
    exp.CurrentTimestamp: "SYSUTCDATETIME",
    exp.CurrentSchema: "schema_name",
}
"""What the parser knows by a word of its own, and sqlite is given as a function."""
_SYSTEM = ("sys", "information_schema")


_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "type_name": (1, type_named),
    "quotename": (1, bracketed),
    "datalength": (1, length),
    "sha2": (-1, digest),
    "uuid": (-1, lambda *_: str(uuid.uuid4())),
    "tsql_text": (3, as_text),
    "tsql_moment": (2, as_moment),
    "tsql_join": (-1, joined),
    "tsql_run": (-1, run_together),
    "tsql_checksum": (-1, checksum),
}
"""Functions that sqlite lacks → how many arguments they take, -1 for any number, and what they do."""


class _Strict(SQLite):
    """sqlite's words with names that can be nothing else: it takes an unknown name in double quotes for a text."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]


class Failed(Exception):
    """A statement that fails as in a database: by number, severity and state."""

    def __init__(self, number: int, message: str, *, severity: int = 16, state: int = 1) -> None:
        super().__init__(message)
        self.number, self.message, self.severity, self.state = number, message, severity, state


class Unknown(Exception):
    """A statement that is right in T-SQL and that nothing here can evaluate."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The database that statements run on."""

    tables: Mapping[str, Table]
    standings: tuple[Standing, ...]
    """It itself first, then the others of its server that it shows."""
    now: datetime


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What came of statements: the last result, and the tables where they were changed."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    changed: Mapping[str, Table] | None = None


def run(base: Base, text: str, parameters: Sequence[Any]) -> Ran:
    """Run statements on a database; raises `Failed` as it would, `Unknown` for what is not modelled here."""
    try:
        found = [one for one in sqlglot.parse(text, dialect="tsql") if one is not None]
    except SqlglotError as error:
        raise Failed(102, "Incorrect syntax.", severity=15) from error
    session = _Session(base, parameters)
    try:
        for statement in found:
            session.do(statement)
        return session.ran()
    except sqlite3.Error as error:
        raise Unknown(str(error)) from error
    finally:
        session.connection.close()


class _Session:
    """One connection: the tables as sqlite has them, their types, and what ran so far."""

    def __init__(self, base: Base, parameters: Sequence[Any]) -> None:
        self.base = base
        try:
            self.parameters = [inner(one) for one in parameters]
        except (ValueError, ArithmeticError) as error:
            raise Failed(8114, "Error converting a parameter.") from error
        self.types = {name: dict(table.columns) for name, table in base.tables.items()}
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.last, self.changed = Ran(), False
        _register(self.connection, base)
        self.schemas: set[str] = set()
        self.attach("dbo")
        for name, table in base.tables.items():
            self.make(name, table.columns, table.rows)
        for schema, found in views(base.tables, base.standings).items():
            for name, view in found.items():
                self.show(f"{schema}.{name}", view)

    def attach(self, schema: str) -> None:
        """Let sqlite have a schema; the first one attached is where names without a schema are found first."""
        if schema.lower() not in self.schemas:
            self.connection.execute(f"attach ':memory:' as {_quoted(schema)}")
            self.schemas.add(schema.lower())

    def make(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]] = ()) -> None:
        """Make a table with what it holds."""
        schema, _, table = name.partition(".")
        self.attach(schema)
        told = ", ".join(f"{_quoted(column)} {_quoted(kind)}{_collation(kind)}" for column, kind in columns)
        place = f"{_quoted(schema)}.{_quoted(table)}"
        self.connection.execute(f"create table {place} ({told})")
        marks = ", ".join("?" * len(columns))
        values = ([inner(value) for value in row] for row in rows)
        self.connection.executemany(f"insert into {place} values ({marks})", values)  # noqa: S608  # names of its own tables

    def show(self, name: str, view: View) -> None:
        """Make a system view with its rows."""
        names, rows = view
        kinds = {one: "nvarchar(128)" if one.lower().endswith(("name", "desc", "type")) else "" for one in names}
        self.make(name, tuple(kinds.items()), rows)

    def do(self, statement: exp.Expr) -> None:
        """Run one statement."""
        if isinstance(statement, exp.IfBlock):
            branch = statement.args["true" if self.holds(statement.this) else "false"]
            for one in _inside(branch):
                self.do(one)
        elif isinstance(statement, exp.Create) and statement.kind == "TABLE" and isinstance(statement.this, exp.Schema):
            self.create(statement.this)
        elif isinstance(statement, exp.Create) and statement.kind == "SCHEMA":
            self.attach(statement.this.db or statement.this.name)
        elif isinstance(statement, (exp.Select, exp.SetOperation, *_WRITES)):
            self.ask(statement)
        elif not isinstance(statement, (exp.Set, exp.Transaction, exp.Commit)):
            raise Unknown(type(statement).__name__)

    def holds(self, condition: exp.Expr) -> bool:
        """Tell whether a condition is true."""
        whole = exp.select(exp.case().when(condition.copy(), exp.Literal.number(1)).else_(exp.Literal.number(0)))
        return bool(self.execute(whole).fetchone()[0])

    def create(self, schema: exp.Schema) -> None:
        """Make the table that a statement defines; its keys and checks are not kept."""
        name = _name_of(schema.this)
        if name in {one.lower() for one in self.types}:
            table = schema.this.name
            raise Failed(2714, f"There is already an object named '{table}' in the database.", state=6)
        columns = [
            (one.name, one.args["kind"].sql("tsql").lower())
            for one in schema.expressions
            if isinstance(one, exp.ColumnDef)
        ]
        self.make(name, columns)
        self.types[name], self.changed = dict(columns), True

    def ask(self, statement: exp.Expr) -> None:
        """Run a query or a change, and keep what it answers."""
        kinds = [self.type_of(one, statement) for one in _shown(statement)]
        cursor = self.execute(statement)
        self.changed = self.changed or isinstance(statement, _WRITES)
        if cursor.description is None:
            return
        names = tuple(one[0] for one in cursor.description)
        if len(kinds) == len(names) and not any(one.is_star for one in _shown(statement)):
            # What is shown without a name has none in T-SQL, either.
            names = tuple(one.name if isinstance(one, exp.Column) else one.alias for one in _shown(statement))
        else:
            kinds = self.starred(statement, names)
        rows = (tuple(outer(v, kind) for v, kind in zip(row, kinds, strict=True)) for row in cursor)
        self.last = Ran(columns=names, rows=tuple(rows))

    def execute(self, statement: exp.Expr) -> sqlite3.Cursor:
        """Run a statement in sqlite's words; its errors are told in the words of T-SQL."""
        whole = exp.Paren(this=statement.copy())
        # From the leaves on: what a part is, is told by those that it holds.
        for node in reversed(list(whole.this.walk())):
            turned = self.turned(node, statement)
            if turned is not node:
                node.replace(turned)
        text = whole.this.sql(_Strict, identify=True)
        named = {f"{letter}{index}": one for letter in "pP" for index, one in enumerate(self.parameters, 1)}
        try:
            return self.connection.execute(text, named if re.search(r"[@:][pP]\d", text) else self.parameters)
        except sqlite3.Error as error:
            raise self.told(error) from error

    def told(self, error: sqlite3.Error) -> Exception:
        """Return what is raised for an error of sqlite."""
        if found := _NO_TABLE.search(str(error)):
            if found[1].partition(".")[0].lower() in _SYSTEM:
                return Unknown(found[1])
            return Failed(208, f"Invalid object name '{found[1]}'.")
        if found := _NO_COLUMN.search(str(error)):
            return Failed(207, f"Invalid column name '{found[1].rpartition('.')[2]}'.")
        return Unknown(str(error))

    def turned(self, node: exp.Expr, whole: exp.Expr) -> exp.Expr:
        """Return a part of a statement as sqlite understands it."""
        if isinstance(node, exp.National):
            return exp.Literal.string(node.name)
        if isinstance(node, exp.Convert | exp.Cast):
            return self.converted(node, whole)
        if type(node) in _CALLED:
            return _call(_CALLED[type(node)], *([node.this] if node.this else []))
        if isinstance(node, exp.Column) and node.table.lower() in ("inserted", "deleted"):
            return exp.column(node.name)
        if isinstance(node, exp.Anonymous) and node.name.upper() in ("BINARY_CHECKSUM", "CHECKSUM"):
            starred = any(isinstance(one, exp.Star) for one in node.expressions)
            columns = (
                [exp.column(name, quoted=True) for name in self.columns_in(whole)] if starred else node.expressions
            )
            return _call("tsql_checksum", *columns)
        return self.concatenated(node, whole) if isinstance(node, exp.Concat | exp.ConcatWs) else node

    def converted(self, node: exp.Expr, whole: exp.Expr) -> exp.Expr:
        """Return a conversion: to a text by what is converted, to anything else by sqlite's own."""
        value, to = (node.expression, node.this) if isinstance(node, exp.Convert) else (node.this, node.args["to"])
        name = bare(to.sql("tsql"))
        if name in MOMENTS:
            return _call("tsql_moment", value, exp.Literal.string(name))
        if name not in _TEXTS:
            whole_length = any(isinstance(one.this, exp.Var) for one in to.expressions)
            return exp.Cast(this=value, to=exp.DataType(this=to.this) if whole_length else to)
        style = node.args.get("style") or exp.Null()
        kind = exp.Literal.string(self.type_of(value, whole))
        return _call("tsql_text", value, kind, style)

    def concatenated(self, node: exp.Concat | exp.ConcatWs, whole: exp.Expr) -> exp.Expr:
        """Return a concatenation of what its parts are as text."""
        name = "tsql_join" if isinstance(node, exp.ConcatWs) else "tsql_run"
        parts = [
            _call("tsql_text", one, exp.Literal.string(kind), exp.Null()) if (kind := self.type_of(one, whole)) else one
            for one in node.expressions
        ]
        return _call(name, *parts)

    def type_of(self, node: exp.Expr, whole: exp.Expr) -> str:
        """Return the T-SQL type of a part of a statement, empty where it tells itself by its value."""
        if isinstance(node, exp.Alias | exp.Paren | exp.Max | exp.Min | exp.Sum):
            return self.type_of(node.this, whole)
        if isinstance(node, exp.Column):
            found = (self.types[name] for name in self.tables_in(whole))
            return next((kind for one in found for name, kind in one.items() if name.lower() == node.name.lower()), "")
        if isinstance(node, exp.Cast):
            return str(node.args["to"].sql("tsql")).lower()
        if isinstance(node, exp.Convert):
            return str(node.this.sql("tsql")).lower()
        moment = isinstance(node, exp.CurrentTimestamp) or (
            isinstance(node, exp.Anonymous) and node.name.upper() in _NOW
        )
        return "datetime2" if moment else ""

    def tables_in(self, whole: exp.Expr) -> list[str]:
        """Return the names of the user's tables in a statement, as the database spells them."""
        spelt = {name.lower(): name for name in self.types}
        return [spelt[name] for one in whole.find_all(exp.Table) if (name := _name_of(one)) in spelt]

    def columns_in(self, whole: exp.Expr) -> list[str]:
        """Return the columns of the user's tables in a statement."""
        return [column for name in self.tables_in(whole) for column in self.types[name]]

    def starred(self, whole: exp.Expr, names: tuple[str, ...]) -> list[str]:
        """Return the types of the columns of a result that a star stands for, by their names."""
        return [self.type_of(exp.column(name), whole) for name in names]

    def ran(self) -> Ran:
        """Return what came of all statements."""
        return msgspec.structs.replace(self.last, changed=dict(self.tables())) if self.changed else self.last

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Yield every table of the user with what it holds now."""
        for name, types in self.types.items():
            schema, _, table = name.partition(".")
            there = f"select 1 from {_quoted(schema)}.sqlite_master where lower(name) = ?"  # noqa: S608  # as above
            if self.connection.execute(there, (table.lower(),)).fetchone() is None:
                continue
            rows = self.connection.execute(f"select * from {_quoted(schema)}.{_quoted(table)}")  # noqa: S608  # as above
            kept = tuple(tuple(outer(v, kind) for v, kind in zip(row, types.values(), strict=True)) for row in rows)
            external = name in self.base.tables and self.base.tables[name].external
            yield name, Table(columns=tuple(types.items()), rows=kept, external=external)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of one of the functions that sqlite is given."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def _register(connection: sqlite3.Connection, base: Base) -> None:
    """Give sqlite the functions of T-SQL that statements use."""
    own, now = base.standings[0], base.now.replace(tzinfo=None).isoformat(timespec="microseconds")
    ids = {**{number(name): name for name in base.tables}, **{number(one): one for one in _SYSTEM}}
    by_name = {name.lower(): number(name) for name in base.tables}
    standing = {"dbo", *(name.partition(".")[0] for name in base.tables)}
    schemas: dict[Any, str] = {key: one for one in standing for key in (one.lower(), number(one))}
    shown = {"status": own.status.upper(), "updateability": "READ_ONLY" if own.read_only else "READ_WRITE"}
    server = {"engineedition": 5, "edition": "SQL Azure", "productversion": "12.0.2000.8"}
    made: dict[str, tuple[int, Callable[..., Any]]] = {
        "db_name": (-1, lambda *_: own.name),
        "db_id": (-1, lambda *_: own.id),
        "object_id": (-1, lambda name, *_: by_name.get(_plain(name))),
        # Whoever may ask a database here may see all of it; nobody has a right to what is not there.
        "has_perms_by_name": (3, lambda name, kind, _: None if kind == "OBJECT" and _plain(name) not in by_name else 1),
        "object_name": (1, lambda one: ids.get(one, "").rpartition(".")[2] or None),
        "schema_id": (-1, lambda name="dbo": number(str(name)) if str(name).lower() in schemas else None),
        "schema_name": (-1, lambda one=None: schemas.get(one) if one is not None else "dbo"),
        "databasepropertyex": (2, lambda _, name: shown.get(str(name).lower())),
        "serverproperty": (1, lambda name: server.get(str(name).lower())),
        **_FUNCTIONS,
        **{name: (0, lambda: now) for name in _NOW},
    }
    for name, (arguments, function) in made.items():
        connection.create_function(name, arguments, function)
    connection.create_aggregate("checksum_agg", 1, ChecksumOfAll)


def _inside(branch: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the statements of a branch; what the parser left as text is read again without the block's end."""
    for one in (branch.expressions if isinstance(branch, exp.Block) else [branch]) if branch else ():
        if isinstance(one, exp.Command):
            text = re.sub(r"[\s;]*END[\s;]*$", "", f"{one.this} {one.expression}", flags=re.IGNORECASE)
            yield from (again for again in sqlglot.parse(text, dialect="tsql") if again is not None)
        else:
            yield one


def _shown(statement: exp.Expr) -> list[exp.Expr]:
    """Return what a query shows, empty for all else."""
    return list(statement.selects) if isinstance(statement, exp.Select | exp.SetOperation) else []


def _name_of(table: exp.Table) -> str:
    """Return the whole name of a table in lower case."""
    return f"{table.db or 'dbo'}.{table.name}".lower()


def _plain(name: Any) -> str:
    """Return a name as it is given to OBJECT_ID, without brackets and with its schema, in lower case."""
    text = str(name).replace("[", "").replace("]", "").lower()
    return text if "." in text else f"dbo.{text}"


def _quoted(name: str) -> str:
    """Return a name as sqlite takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def _collation(kind: str) -> str:
    """Return how a column compares: texts without case, as the usual collation does."""
    return " collate nocase" if bare(kind) in _TEXTS else ""
