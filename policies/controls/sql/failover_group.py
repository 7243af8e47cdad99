"""Every user database has a copy in the second region that can take over.

Catalogue: SQL-18.

## Why we promise this
When a region is lost, the copy in the other one goes on serving with hardly anything missing.

## How to keep it
Declare `sql.FailoverGroup` on the primary server with every database's id in `databases`, a server of the other
promised region in `partner_servers`, and a `failover_policy` in `read_write_endpoint`. The copies that the group makes
are not declared. The live audit adds that they are in step.
"""

from audit.kinds.sql import FAILOVER_GROUP, REPLICATION_LINK, SQL_DATABASE, SQL_SERVER, is_master
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    missing,
    not_applicable,
    same,
)

ON = SQL_DATABASE
NEEDS = (FAILOVER_GROUP, REPLICATION_LINK, SQL_SERVER)
SEVERITY = Severity.CRITICAL
ABSENT = {"secondaryType": "azure-native 3.29 docstring of sql.Database.secondary_type: only a secondary has one"}


def judge(database: Resource, estate: Estate, targets: Targets) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    # Azure's answers do not name the primary; the link that a copy hangs on says what it is.
    links = estate.children(database, REPLICATION_LINK)
    if links and all(same(link.read("role", str), "Secondary") for link in links):
        return not_applicable("it is itself the copy; its primary is judged")
    if same(database.read("secondaryType", str, absent=""), "Geo"):
        # Anybody can call a database a copy; one that is names its primary.
        estate.target(database, "sourceDatabaseId")
        return not_applicable("it is itself the copy; its primary is judged")
    server = estate.parent(database)
    # Azure shows a group on the server that it copies to as well, from where it leads back.
    groups = [
        group
        for group in estate.referrers(database, FAILOVER_GROUP, "databases[]")
        if estate.parent(group).id == server.id
    ]
    if groups:
        return every(lambda group: _judge_group(group, database, estate, targets.names("geo.regions")), groups)
    for group in estate.children(server, FAILOVER_GROUP):
        if group.look("databases") is None:
            raise Unseen(f"the databases of {group.name} were not seen")
    return missing(
        "in no failover group",
        declare="sql.FailoverGroup(databases=[database.id, …], partner_servers=[…], read_write_endpoint=…)",
    )


def _judge_group(group: Resource, database: Resource, estate: Estate, promised: tuple[str, ...]) -> Ruling:
    """Rule on where one group copies a database: one promised region beside its own is enough."""
    elsewhere = [region for region in promised if region != database.region]
    policy = group.read("readWriteEndpoint.failoverPolicy", str)
    partners = [estate.target(partner, "id") for partner in group.each("partnerServers")]
    regions = [partner.region for partner in partners]
    if any(region in elsewhere for region in regions):
        return kept(f"copied by {group.name} to {', '.join(regions)}; failover is {policy}")
    return broken(
        f"copied by {group.name} to {', '.join(regions) or 'no server'}, promised {' or '.join(elsewhere)}",
        change={"location": elsewhere[0]} if partners else None,
        subject=partners[0] if partners else group,
    )


def _estate(region: str = "ukwest", **change: object) -> tuple[Neighbour, ...]:
    group = {
        "serverName": {"$reference": "primary"},
        "databases": [{"$reference": "it"}],
        "partnerServers": [{"id": {"$reference": "secondary"}}],
        "readWriteEndpoint": {"failoverPolicy": "Manual"},
    }
    return (
        Neighbour(SQL_SERVER, {"location": "uksouth"}, name="primary"),
        Neighbour(SQL_SERVER, {"location": region}, name="secondary"),
        Neighbour(FAILOVER_GROUP, {**group, **change}, name="pair"),
    )


_UK = {"geo.regions": ["uksouth", "ukwest"]}
_IT = {"serverName": {"$reference": "primary"}, "location": "uksouth"}
_FIRST = Neighbour(SQL_DATABASE, {"serverName": {"$reference": "primary"}, "location": "uksouth"}, name="first")
_LINK = Neighbour(REPLICATION_LINK, {"databaseName": {"$reference": "it"}, "role": "Secondary"}, name="link")
_BACK = Neighbour(
    FAILOVER_GROUP,
    {
        "serverName": {"$reference": "secondary"},
        "databases": [{"$reference": "it"}],
        "partnerServers": [{"id": {"$reference": "primary"}}],
        "readWriteEndpoint": {"failoverPolicy": "Manual"},
    },
    name="pair-as-its-partner-shows-it",
)
_COPY = {**_IT, "secondaryType": "Geo", "sourceDatabaseId": {"$reference": "first"}}

EXAMPLES = (
    Example(Verdict.KEPT, _IT, _estate(), _UK),
    Example(Verdict.KEPT, _IT, (*_estate(), _BACK), _UK, "seen from both ends"),
    Example(Verdict.NOT_APPLICABLE, _IT, (*_estate(), _LINK), _UK, "the copy as Azure tells of it"),
    Example(Verdict.BROKEN, _IT, _estate("uksouth"), _UK, "both servers in one region"),
    Example(Verdict.BROKEN, _IT, _estate("northeurope"), _UK, "a region not promised"),
    Example(Verdict.BROKEN, _IT, _estate(partnerServers=[]), _UK, "no partner"),
    Example(Verdict.BROKEN, _IT, _estate(databases=[]), _UK, "a group that leaves the database out"),
    Example(Verdict.BROKEN, _IT, _estate()[:2], _UK, "no group"),
    Example(Verdict.NOT_APPLICABLE, _COPY, (*_estate()[:2], _FIRST), _UK, "the copy itself"),
    Example(Verdict.UNPROVEN, {**_IT, "secondaryType": "Geo"}, _estate()[:2], _UK, "a copy of nothing that was seen"),
    Example(Verdict.UNPROVEN, _IT, _estate(databases=None), _UK),
    Example(Verdict.UNPROVEN, _IT, _estate(databases={"$unknown": True}), _UK, "not known yet"),
    Example(Verdict.UNPROVEN, _IT, _estate(readWriteEndpoint=None), _UK, "no failover policy seen"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
