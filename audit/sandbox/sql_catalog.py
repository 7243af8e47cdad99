"""What the system views of a SQL database show of it: its tables, columns and types, and how it stands.

https://learn.microsoft.com/sql/relational-databases/system-catalog-views/catalog-views-transact-sql
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.sandbox.sql_contents import Table

_TYPES = {
    "uniqueidentifier": (36, 16),
    "date": (40, 3),
    "time": (41, 5),
    "datetime2": (42, 8),
    "datetimeoffset": (43, 10),
    "tinyint": (48, 1),
    "smallint": (52, 2),
    "int": (56, 4),
    "smalldatetime": (58, 4),
    "real": (59, 4),
    "money": (60, 8),
    "datetime": (61, 8),
    "float": (62, 8),
    "bit": (104, 1),
    "decimal": (106, 9),
    "numeric": (108, 9),
    "bigint": (127, 8),
    "varbinary": (165, 8000),
    "varchar": (167, 8000),
    "binary": (173, 8000),
    "char": (175, 8000),
    "nvarchar": (231, 8000),
    "nchar": (239, 8000),
    "xml": (241, -1),
    "sysname": (256, 256),
}
"""Type → its id and its length in bytes: https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-types-transact-sql"""
_WIDE = ("nvarchar", "nchar")
_TEXTS = ("varchar", "char", "nvarchar", "nchar", "sysname")
_COLLATION = "SQL_Latin1_General_CP1_CI_AS"
_STATES = {"Online": (0, "ONLINE"), "Restoring": (1, "RESTORING"), "RecoveryPending": (3, "RECOVERY_PENDING")}
_SUSPECT = (4, "SUSPECT")
View = tuple[tuple[str, ...], list[tuple[Any, ...]]]
"""The columns of a system view, and its rows."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One database as its server knows it."""

    name: str
    id: int
    status: str
    created: str
    own_key: bool
    """Whether a customer's key protects it."""
    read_only: bool = False
    ledger: bool = False


def number(name: str) -> int:
    """Return the id of what has a name: always the same, and large enough for one that a user made."""
    return 100_000_000 + zlib.crc32(name.lower().encode()) % 2_000_000_000


def bare(type_name: str) -> str:
    """Return a type without its length: `decimal` for `decimal(10, 2)`."""
    return type_name.partition("(")[0].strip().lower()


def sizes(type_name: str) -> tuple[int, int, int]:
    """Return the length in bytes, the precision and the scale of a type."""
    name = bare(type_name)
    inside = re.findall(r"\d+|max", type_name.partition("(")[2].lower())
    length = _TYPES.get(name, (0, 0))[1]
    if name in ("decimal", "numeric"):
        given = [int(text) for text in inside]
        return length, (given or [18])[0], given[1] if len(given) > 1 else 0
    if name in ("datetime2", "time", "datetimeoffset"):
        return length, 27, int(inside[0]) if inside else 7
    if inside and name != "float":
        wide = 2 if name in _WIDE else 1
        return -1 if inside[0] == "max" else int(inside[0]) * wide, 0, 0
    return length, {"int": 10, "bigint": 19, "smallint": 5, "tinyint": 3, "float": 53, "bit": 1}.get(name, 0), 0


def type_named(code: int) -> str | None:
    """Return the name of a type's id, None for one that is none."""
    return next((name for name, (one, _) in _TYPES.items() if one == code), None)


def views(tables: Mapping[str, Table], standings: tuple[Standing, ...]) -> dict[str, dict[str, View]]:
    """Return the system views by schema and name, as a database with these tables shows them."""
    schemas = sorted({"dbo", *(name.partition(".")[0] for name in tables)})
    return {
        "sys": {
            "databases": _databases(standings),
            "dm_database_encryption_keys": _keys(standings),
            "schemas": (("name", "schema_id", "principal_id"), [(one, number(one), 1) for one in schemas]),
            "types": _types(),
            **_objects(tables),
            **_sizes_of(tables),
            "columns": (_COLUMNS, list(_columns(tables))),
        },
        "information_schema": _standard(tables),
    }


def _databases(standings: tuple[Standing, ...]) -> View:
    names = (
        *("name", "database_id", "create_date", "state", "state_desc", "user_access", "user_access_desc"),
        *("is_read_only", "is_encrypted", "is_ledger_on", "collation_name", "compatibility_level"),
        *("recovery_model", "recovery_model_desc", "page_verify_option", "page_verify_option_desc"),
    )
    rows = [
        (
            *(one.name, one.id, one.created, *_STATES.get(one.status, _SUSPECT), 0, "MULTI_USER"),
            *(int(one.read_only), int(one.name != "master"), int(one.ledger), _COLLATION, 160),
            *(1, "FULL", 2, "CHECKSUM"),
        )
        for one in standings
    ]
    return names, rows


def _keys(standings: tuple[Standing, ...]) -> View:
    """Return the keys that databases are encrypted under.

    https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-database-encryption-keys-transact-sql
    """
    names = ("database_id", "encryption_state", "encryption_state_desc", "key_algorithm", "key_length")
    rows = [
        (one.id, 3, "ENCRYPTED", "AES", 256, "ASYMMETRIC KEY" if one.own_key else "CERTIFICATE")
        for one in standings
        if one.name != "master"
    ]
    return (*names, "encryptor_type"), rows


def _types() -> View:
    names = ("name", "system_type_id", "user_type_id", "schema_id", "max_length", "is_user_defined", "is_nullable")
    rows = [
        (name, 231 if name == "sysname" else code, code, 4, length, 0, 1) for name, (code, length) in _TYPES.items()
    ]
    return names, rows


def _objects(tables: Mapping[str, Table]) -> dict[str, View]:
    names = ("name", "object_id", "schema_id", "parent_object_id", "type", "type_desc", "is_ms_shipped")
    more = ("temporal_type", "ledger_type", "is_external", "is_memory_optimized", "is_node", "is_edge")
    made = {
        name: (name.partition(".")[2], number(name), number(name.partition(".")[0]), 0, "U", "USER_TABLE", 0)
        for name in sorted(tables)
    }
    return {
        "objects": (names, list(made.values())),
        "all_objects": (names, list(made.values())),
        "tables": ((*names, *more), [(*row, 0, 0, int(tables[name].external), 0, 0, 0) for name, row in made.items()]),
    }


def _sizes_of(tables: Mapping[str, Table]) -> dict[str, View]:
    ids = [(number(name), number(f"{name} part"), len(table.rows)) for name, table in sorted(tables.items())]
    partition = ("partition_id", "object_id", "index_id", "partition_number", "hobt_id", "rows")
    used = ("object_id", "partition_id", "index_id", "partition_number", "row_count", "used_page_count")
    return {
        "partitions": (partition, [(part, one, 1, 1, part, rows) for one, part, rows in ids]),
        "dm_db_partition_stats": (used, [(one, part, 1, 1, rows, 1 + rows // 100) for one, part, rows in ids]),
    }


_COLUMNS = (
    *("object_id", "name", "column_id", "system_type_id", "user_type_id", "max_length", "precision", "scale"),
    *("collation_name", "is_nullable", "is_identity", "is_computed", "is_hidden", "generated_always_type"),
    *("encryption_type", "is_rowguidcol", "is_ansi_padded"),
)


def _columns(tables: Mapping[str, Table]) -> Iterator[tuple[Any, ...]]:
    for table, found in sorted(tables.items()):
        for position, (name, type_name) in enumerate(found.columns, 1):
            code = _TYPES.get(bare(type_name), (0, 0))[0]
            collation = _COLLATION if bare(type_name) in _TEXTS else None
            shape = (number(table), name, position, code, code, *sizes(type_name), collation)
            yield (*shape, 1, 0, 0, 0, 0, None, 0, 1)


def _standard(tables: Mapping[str, Table]) -> dict[str, View]:
    names = ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME")
    more = ("COLUMN_NAME", "ORDINAL_POSITION", "IS_NULLABLE", "DATA_TYPE", "CHARACTER_MAXIMUM_LENGTH")
    rows, columns = [], []
    for table, found in sorted(tables.items()):
        place = (None, *table.split(".", 1))
        rows.append((*place, "BASE TABLE"))
        for position, (name, type_name) in enumerate(found.columns, 1):
            length, precision, scale = sizes(type_name)
            text = bare(type_name) in _TEXTS
            characters = length // 2 if bare(type_name) in _WIDE and length > 0 else length
            shape = (characters if text else None, precision or None, scale if precision else None)
            columns.append((*place, name, position, "YES", bare(type_name), *shape))
    return {
        "tables": ((*names, "TABLE_TYPE"), rows),
        "columns": ((*names, *more, "NUMERIC_PRECISION", "NUMERIC_SCALE"), columns),
    }
