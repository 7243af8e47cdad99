"""Account data lies in databases of Microsoft's, and in no other.

Catalogue: SQL-25.

## Why we promise this
The statement names the maker of the database. A second store of another make would have other keys, other backups and
other doors, none of which the promises on account data speak of.

## How to keep it
Tag the databases `data=provisioning`, keep them on `sql.Server`, and put account data on no `dbforpostgresql`,
`dbformysql` or `dbformariadb` server.
"""

from audit.kinds.dbfor import OTHER_ENGINES
from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import Estate, Example, Kind, Neighbour, Resource, Ruling, Severity, Verdict, broken, kept, missing

NEEDS = (SQL_DATABASE, *OTHER_ENGINES)
SEVERITY = Severity.MEDIUM


def judge(estate: Estate) -> Ruling:
    strange = [server for kind in OTHER_ENGINES for server in estate.of(kind) if _holds_accounts(server)]
    if strange:
        return broken(f"{strange[0].name} holds account data on {strange[0].type}", subject=strange[0])
    own = [found for found in estate.of(SQL_DATABASE) if not is_master(found) and _holds_accounts(found)]
    if not own:
        return missing(
            "no database of Microsoft's is tagged data=provisioning",
            declare='sql.Database(tags={"data": "provisioning"}, …)',
        )
    return kept(f"account data lies in {len(own)} databases of Microsoft's, and on 0 servers of other makers")


def _holds_accounts(held: Resource) -> bool:
    return "provisioning" in held.classes()


def _held(kind: Kind, data: object, name: str = "it") -> Neighbour:
    return Neighbour(kind, {"tags": {"data": data}}, name=name)


_OURS = _held(SQL_DATABASE, "provisioning contacts", "accounts")
_OTHER = OTHER_ENGINES[0]

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_OURS,)),
    Example(Verdict.KEPT, {}, (_OURS, _held(_OTHER, "platform")), note="something else lies there"),
    Example(Verdict.BROKEN, {}, (_OURS, _held(_OTHER, "provisioning"))),
    Example(Verdict.BROKEN, {}, (_held(SQL_DATABASE, "platform"),), note="none is tagged"),
    Example(Verdict.BROKEN, {}, (_held(SQL_DATABASE, "provisioning", "master"),), note="Azure's own database"),
    Example(Verdict.BROKEN, {}, note="no database"),
    Example(Verdict.UNPROVEN, {}, (_OURS, _held(_OTHER, {"$unknown": True}))),
    Example(Verdict.UNPROVEN, {}, (Neighbour(SQL_DATABASE, {"tags": {"$unknown": True}}, name="accounts"),)),
)
