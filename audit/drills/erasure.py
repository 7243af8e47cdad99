"""Restores a database and erases again in the copy who was erased since: a restore must bring nobody back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from audit.drill_record import RecoveryPoint
from audit.drills import erasure_ledger, sql, sql_checks, sql_manifest, sql_statements
from audit.drills.databases import Told
from audit.drills.drill import Database, Drill, Found, Kind, Probe
from audit.drills.erasure_ledger import Ledger
from audit.drills.outcomes import Inconclusive
from audit.drills.recording import REPLAYED

_ONLINE = 3
_HELD = 547
"""Another table refers to the row, so that it is not deleted.

https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
"""
_STEPS = (
    "count how many of the erased persons the copy brought back",
    "erase them again, in the copy alone, and see that nobody is left",
)
_Values = dict[tuple[str, str, str], dict[Any, str]]
"""Column → each value in it that the ledger knows, with its digest; never written anywhere."""


def _preflight(drill: Drill) -> None:
    """See that there is somebody to erase again, and that the database can be restored."""
    erasure_ledger.known(drill.item, drill.means)
    sql.KIND.preflight(drill)


def _probes(drill: Drill, point: RecoveryPoint, restored: Mapping[str, Any]) -> tuple[Probe, ...]:
    """Return the checks of a copy: that it is online, whom it brought back, and that they are gone again."""
    path = str(restored["path"])
    online = tuple(one for one in sql_checks.probes(drill, point, restored) if one.level == _ONLINE)
    return (
        *online,
        Probe(id="erasure.scanned", level=4, run=lambda: _on_copy(drill, path, _scanned)),
        Probe(id=REPLAYED, level=5, run=lambda: _on_copy(drill, path, _replayed)),
    )


def _on_copy(drill: Drill, path: str, check: Any) -> Found:
    """Run a check on the copy; raises `Inconclusive` where what answers is anything else: in it rows are deleted."""
    if path.rpartition("/")[2] != drill.name:
        raise Inconclusive("what was restored is not called as the drill is")
    database = sql_manifest.connected(path, drill.means)
    try:
        told = next((str(row[0]) for row in database.rows(sql_statements.NAME, limit_s=drill.settings.check_s)), "")
        if told.lower() != drill.name:
            raise Inconclusive("what answers is not the copy")
        found: Found = check(drill, database, erasure_ledger.known(drill.item, drill.means))
    finally:
        database.close()
    return found


def _scanned(drill: Drill, database: Database, ledger: Ledger) -> Found:
    """Count the erased persons whom the copy brought back: any number is right, not to know it is not."""
    found = _persons(_values(drill, database, ledger))
    observed = {"ledger_keys": len(ledger.keys), "columns": len(ledger.columns), "found": found}
    return Found(result="pass", observed=observed)


def _replayed(drill: Drill, database: Database, ledger: Ledger) -> Found:
    """Delete the rows of everybody in the ledger, and look once more."""
    before = _values(drill, database, ledger)
    for column, values in before.items():
        for value in values:
            _erase(drill, database, column, value)
    after = _persons(_values(drill, database, ledger))
    observed = {"ledger_keys": len(ledger.keys), "found": _persons(before), "found_after": after}
    expected = {"found_after": 0}
    if after:
        reason = f"{after} of {len(ledger.keys)} erased persons are still there"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def _erase(drill: Drill, database: Database, column: tuple[str, str, str], value: Any) -> None:
    """Delete the rows with a value; one that another table refers to stays, and is counted as left."""
    try:
        list(database.rows(sql_statements.erase(*column), (value,), limit_s=drill.settings.check_s))
    except Told as told:
        if told.number != _HELD:
            raise


def _values(drill: Drill, database: Database, ledger: Ledger) -> _Values:
    """Read all columns of the ledger, a row at a time, and return the values that it knows."""
    key, keys = sql_manifest.demanded(drill.means), set(ledger.keys)
    found: _Values = {}
    for column in ledger.columns:
        own = found.setdefault(column, {})
        for row in database.rows(sql_statements.column(*column), limit_s=drill.settings.check_s):
            if row[0] is not None and (digest := erasure_ledger.keyed(str(row[0]), key)) in keys:
                own[row[0]] = digest
    return found


def _persons(found: _Values) -> int:
    """Count the persons and not the rows: one may stand in many."""
    return len({digest for values in found.values() for digest in values.values()})


KIND: Kind = msgspec.structs.replace(
    sql.KIND,
    name="erasure",
    steps={method: (*steps[:-2], *_STEPS, steps[-1]) for method, steps in sql.KIND.steps.items()},
    preflight=_preflight,
    probes=_probes,
)
