"""The copy of every user database in the second region is in step.

Catalogue: SQL-18.

## Why we promise this
A failover group says that there shall be a copy. Whether it has caught up, or was left behind days ago, the link
between the two knows.

## How to keep it
Resume a suspended link from the server that holds the copy; one that stays behind writes faster than the copy's size
takes.
"""

from audit.kinds.sql import REPLICATION_LINK, SQL_DATABASE, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Verdict,
    broken,
    every,
    kept,
    missing,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (REPLICATION_LINK,)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.CRITICAL


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    links = estate.children(database, REPLICATION_LINK)
    out = [link for link in links if same(link.read("role", str), "Primary")]
    if links and not out:
        return not_applicable("it is itself the copy; its primary is judged")
    if not out:
        return missing("no link leads from it to a copy", declare="sql.FailoverGroup(databases=[database.id, …], …)")
    elsewhere = [region for region in targets.names("geo.regions") if not same(region, database.region)]
    regions = {link.id: link.read("partnerLocation", str).replace(" ", "").lower() for link in out}
    there = [link for link in out if any(same(regions[link.id], region) for region in elsewhere)]
    if not there:
        return broken(f"its copies lie in {', '.join(regions.values())}, promised {' or '.join(elsewhere)}")
    return every(_judge_link, there)


def _judge_link(link: Resource) -> Ruling:
    """Rule on one link: the copy that it leads to has caught up."""
    state = link.read("replicationState", str)
    # Azure spells it in two ways.
    if not same(state.replace("_", ""), "CATCHUP"):
        return broken(f"the copy is {state}, promised CATCH_UP", subject=link)
    return kept(f"the copy is {state}")


def _link(state: object, *, role: object = "Primary", region: object = "UK West", name: str = "link") -> Neighbour:
    ends = {"databaseName": {"$reference": "it"}, "role": role, "partnerLocation": region}
    return Neighbour(REPLICATION_LINK, {**ends, "replicationState": state}, name=name)


def _case(verdict: Verdict, *links: Neighbour, note: str = "") -> Example:
    return Example(verdict, {"location": "uksouth"}, links, {"geo.regions": ["uksouth", "ukwest"]}, note)


EXAMPLES = (
    _case(Verdict.KEPT, _link("CATCH_UP")),
    _case(Verdict.KEPT, _link("CATCHUP")),
    _case(Verdict.KEPT, _link("SEEDING", region="UK South"), _link("CATCH_UP", name="second"), note="a second copy"),
    _case(Verdict.BROKEN, _link("SEEDING")),
    _case(Verdict.BROKEN, _link("SUSPENDED")),
    _case(Verdict.BROKEN, _link("CATCH_UP", region="North Europe")),
    _case(Verdict.BROKEN, note="no copy"),
    _case(Verdict.NOT_APPLICABLE, _link("CATCH_UP", role="Secondary")),
    _case(Verdict.UNPROVEN, _link(None)),
    _case(Verdict.UNPROVEN, _link("CATCH_UP", role=None)),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
