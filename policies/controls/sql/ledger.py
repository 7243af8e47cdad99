"""The register of consents and incidents cannot be rewritten unseen.

Catalogue: SQL-20.

## Why we promise this
Who agreed to what, and when a breach was noticed, must be believed years later by people who have no reason to trust
us. In a ledger database every change leaves a trace that nobody can remove.

## How to keep it
Set `is_ledger_on=True` when the database tagged `role=register` is made: Azure takes it at no other time.
"""

from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable, same

ON = SQL_DATABASE
SEVERITY = Severity.LOW


def judge(database: Resource) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    if not same(database.tag("role"), "register"):
        return not_applicable("the database is not tagged role=register")
    if database.read("isLedgerOn", bool) is True:
        return kept("every change of it leaves a trace")
    return broken("it can be rewritten unseen, promised a ledger", change={"isLedgerOn": True})


_REGISTER = {"tags": {"role": "register"}}

EXAMPLES = (
    Example(Verdict.KEPT, {**_REGISTER, "isLedgerOn": True}),
    Example(Verdict.BROKEN, {**_REGISTER, "isLedgerOn": False}),
    Example(Verdict.UNPROVEN, _REGISTER),
    Example(Verdict.UNPROVEN, {"tags": {"$unknown": True}, "isLedgerOn": False}),
    Example(Verdict.NOT_APPLICABLE, {"isLedgerOn": False}),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
