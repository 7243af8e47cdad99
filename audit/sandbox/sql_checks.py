"""What SQL's own checks of a database answer, from results that were recorded: of its pages, and of its ledger.

https://learn.microsoft.com/sql/t-sql/database-console-commands/dbcc-checkdb-transact-sql
https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sys-sp-verify-database-ledger-transact-sql
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from audit.sandbox.answers import Reply, not_modelled
from audit.sandbox.sql_catalog import number
from audit.sandbox.sql_contents import Content, Damage

_CHECK = re.compile(r"\s*DBCC\s+CHECKDB\b(?P<about>\s*\([^)]*\))?(?P<how>.*)", re.IGNORECASE | re.DOTALL)
_LEDGER = re.compile(r"\s*EXEC(?:UTE)?\s+\[?sys\]?\.\[?sp_verify_database_ledger\]?", re.IGNORECASE)
_COLUMNS = (
    *("Error", "Level", "State", "MessageText", "RepairLevel", "Status", "DbId", "DbFragId", "ObjectId", "IndexId"),
    *("PartitionId", "AllocUnitId", "RidDbId", "RidPruId", "File", "Page", "Slot", "RefDbId", "RefPruId", "RefFile"),
    *("RefPage", "RefSlot", "Allocation"),
)
"""The columns of TABLERESULTS."""
_DATABASE = 5
_PAGE = 312
_REPAIR = "repair_allow_data_loss"
_OPTIONS = {
    *("NO_INFOMSGS", "ALL_ERRORMSGS", "DATA_PURITY", "EXTENDED_LOGICAL_CHECKS", "TABLERESULTS"),
    *("PHYSICAL_ONLY", "TABLOCK", "ESTIMATEONLY"),
}


def answer(statement: str, database: Mapping[str, Any], content: Content) -> Reply | None:
    """Answer a check of the pages or of the ledger of a database; None for any other statement."""
    if found := _CHECK.fullmatch(statement):
        if "repair" in (found["about"] or "").lower():
            raise not_modelled("a repair")
        return _pages(database, content, {word.upper() for word in re.findall(r"[A-Za-z_]+", found["how"])} - {"WITH"})
    return _ledger(database, content) if _LEDGER.match(statement) else None


def _pages(database: Mapping[str, Any], content: Content, options: set[str]) -> Reply:
    """Answer DBCC CHECKDB: its messages as rows with TABLERESULTS, else the first of them as an error."""
    if wrong := options - _OPTIONS:
        raise not_modelled(f"DBCC CHECKDB with {', '.join(sorted(wrong))}")
    messages = list(_messages(str(database["name"]), content, quiet="NO_INFOMSGS" in options))
    if "TABLERESULTS" in options:
        # Where nothing is to be said there is no result at all, as with the real command.
        return Reply(200, {"columns": list(_COLUMNS) if messages else [], "rows": [_row(*one) for one in messages]})
    worst = next((one for one in messages if one[1] > 10), None)  # noqa: PLR2004  # what is above 10 is an error
    if worst is None:
        return Reply(200, {"columns": [], "rows": []})
    error = {"number": worst[0], "severity": worst[1], "state": worst[2], "message": worst[3]}
    return Reply(400, {"error": error})


Message = tuple[int, int, int, str, str | None, int]
"""Number, level, state, text, the repair that it asks for, and the object that it is about."""


def _messages(name: str, content: Content, *, quiet: bool) -> Iterator[Message]:
    """Yield the messages about a database: those of a page that cannot be read, and how many errors there are."""
    broken = content.state is Damage.CORRUPT_PAGE and bool(content.tables)
    table = max(content.tables) if broken else ""
    one = number(table) if broken else 0
    if broken:
        place = f"Object ID {one}, index ID 1, partition ID 72057594043170816, alloc unit ID 72057594049789952"
        unread = f"{place} (type In-row data): Page (1:{_PAGE}) could not be processed. See other errors for details."
        header = (
            f"Table error: {place} (type In-row data), page (1:{_PAGE}). Test (m_headerVersion == HEADER_7_0) failed."
        )
        yield 8928, 16, 1, unread, _REPAIR, one
        yield 8939, 16, 98, header, _REPAIR, one
        counted = f"CHECKDB found 0 allocation errors and 2 consistency errors in table '{table}' (object ID {one})."
        yield 8990, 10, 1, counted, None, one
    if broken or not quiet:
        errors = 2 if broken else 0
        text = f"CHECKDB found 0 allocation errors and {errors} consistency errors in database '{name}'."
        yield 8989, 10, 1, text, None, 0
    if broken:
        text = f"{_REPAIR} is the minimum repair level for the errors found by DBCC CHECKDB ({name})."
        yield 8958, 10, 1, text, None, 0


def _row(error: int, level: int, state: int, text: str, repair: str | None, about: int) -> list[Any]:
    """Return a message as a row of TABLERESULTS."""
    file, page = (1, _PAGE) if repair else (0, 0)
    place = [about, 1 if about else 0, 0, 0, _DATABASE, 1, file, page, 0]
    return [error, level, state, text, repair, 2 if repair else 0, _DATABASE, 1, *place, 0, 0, 0, 0, 0, 1]


def _ledger(database: Mapping[str, Any], content: Content) -> Reply:
    """Answer the verification of the ledger; a database without one has nothing that could be verified here."""
    if (database.get("properties") or {}).get("isLedgerOn") is not True:
        raise not_modelled("the verification of a database without a ledger")
    if content.state is Damage.BROKEN_LEDGER:
        message = "Ledger verification failed."
        return Reply(400, {"error": {"number": 37392, "severity": 16, "state": 1, "message": message}})
    return Reply(200, {"columns": ["last_verified_block_id"], "rows": [[0]]})
