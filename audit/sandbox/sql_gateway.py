"""Databases of the local Azure answer T-SQL over HTTPS, since nothing here speaks their own protocol.

`POST /sql/{server}/{database}` with `{"statement": …, "parameters": […]}` answers `{"columns": […], "rows": [[…]]}`, or
`{"error": {"number", "severity", "state", "message"}}` as the database would.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from audit.kinds.sql import REPLICATION_LINK, SQL_DATABASE
from audit.sandbox import jobs, sql_checks, tokens
from audit.sandbox.answers import Call, Refusal, Reply, not_modelled
from audit.sandbox.effects import EFFECTS
from audit.sandbox.sql_catalog import Standing
from audit.sandbox.sql_contents import Content, held, keep, source
from audit.sandbox.sql_failover import listener
from audit.sandbox.sql_keys import out_of_use, protector
from audit.sandbox.store import Store

AUDIENCE = "https://database.windows.net"
"""Whom a token must be made for: https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-overview"""
_STEPS = 3
_READY = ("Online",)


def answer(call: Call) -> Reply:
    """Answer one request to the data of a database; what fails is told by number, what is not modelled by 501."""
    from audit.sandbox import sql_engine  # it brings the parser, which nothing else here needs

    try:
        jobs.settle(call.store, EFFECTS)
        return _answer(call)
    except sql_engine.Failed as failed:
        return told(failed.number, failed.message, severity=failed.severity, state=failed.state)
    except sql_engine.Unknown as unknown:
        return not_modelled(f"the statement ({unknown})").reply
    except Refusal as refusal:
        return refusal.reply


def told(number: int, message: str, *, severity: int = 16, state: int = 1, status: int = 400) -> Reply:
    """Answer an error as a database tells it."""
    error = {"number": number, "severity": severity, "state": state, "message": message}
    return Reply(status, {"error": error})


def _answer(call: Call) -> Reply:
    steps = [step for step in call.path.split("/") if step]
    if call.method != "POST" or len(steps) != _STEPS:
        raise Refusal(404, "NotFound", "Statements are posted to /sql/SERVER/DATABASE.")
    if tokens.audience(call).rstrip("/") != AUDIENCE:
        message = "Login failed for user '<token-identified principal>'."
        return told(18456, message, severity=14, status=HTTPStatus.UNAUTHORIZED)
    body = call.object()
    statement, parameters = body.get("statement"), body.get("parameters") or []
    if not isinstance(statement, str) or not isinstance(parameters, list):
        raise Refusal(400, "InvalidRequestContent", "A statement and a list of parameters are required.")
    server = listener(call.store, steps[1])
    found = call.store.read(f"{server}/databases/{steps[2]}") if server else None
    if found is None:
        message = f'Cannot open database "{steps[2]}" requested by the login. The login failed.'
        return told(4060, message, severity=11)
    return _on_database(call, server, found, statement, parameters)


def _on_database(call: Call, server: str, database: Mapping[str, Any], statement: str, parameters: list[Any]) -> Reply:
    """Answer a statement for one database: one that is not online shows how it stands, and nothing else."""
    status = str((database.get("properties") or {}).get("status") or "Online")
    only_standing = re.search(r"\bfrom\s+\[?sys\]?\.\[?databases\]?", statement, re.IGNORECASE)
    if status not in _READY and not only_standing:
        if status == "Suspect":
            message = f"Database '{database['name']}' cannot be opened. It has been marked SUSPECT by recovery."
            return told(926, message, severity=14)
        message = f"Database '{database['name']}' on server '{server.rpartition('/')[2]}' is not currently available."
        return told(40613, message, severity=17)
    key = protector(call.store, server)
    if key and database["name"] != "master" and out_of_use(call.store, key):
        return told(40925, "Can not connect to the database in its current state.", severity=14)
    origin = source(call.store, str(database["id"]))
    content = held(call.store, origin, call.store.now())
    if (checked := sql_checks.answer(statement, database, content)) is not None:
        return checked
    shown = content if status in _READY else Content()
    return _run(call, database, shown, statement, parameters)


def _run(call: Call, database: Mapping[str, Any], content: Content, statement: str, parameters: list[Any]) -> Reply:
    """Run a statement, and keep what it changed from now on; a secondary can only be read."""
    from audit.sandbox.sql_engine import Base, run  # as above

    standings = _standings(call.store, database)
    base = Base(tables=content.tables, standings=standings, now=call.store.now())
    ran = run(base, statement, parameters)
    if ran.changed is not None:
        if standings[0].read_only:
            message = f'Failed to update database "{database["name"]}" because the database is read-only.'
            return told(3906, message)
        keep(call.store, str(database["id"]), call.store.now(), msgspec.structs.replace(content, tables=ran.changed))
    return Reply(200, {"columns": list(ran.columns), "rows": [list(row) for row in ran.rows]})


def _standings(store: Store, database: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Return how a database stands, and what else it shows: `master` shows all, any other itself and `master`."""
    server = str(database["id"]).rpartition("/databases/")[0]
    others = store.listed(SQL_DATABASE.arm, below=server)
    shown = [one for one in others if database["name"] == "master" or one["name"] == "master"]
    own_key = bool(protector(store, server))
    rest = (one for one in shown if one["id"] != database["id"])
    return tuple(_standing(store, one, own_key) for one in (database, *rest))


def _standing(store: Store, database: Mapping[str, Any], own_key: bool) -> Standing:
    properties = database.get("properties") or {}
    links = store.listed(REPLICATION_LINK.arm, below=str(database["id"]))
    return Standing(
        name=str(database["name"]),
        id=1 if database["name"] == "master" else 5,
        status=str(properties.get("status") or "Online"),
        created=str(properties.get("creationDate") or ""),
        own_key=own_key,
        read_only=any((one.get("properties") or {}).get("role") == "Secondary" for one in links),
        ledger=properties.get("isLedgerOn") is True,
    )
