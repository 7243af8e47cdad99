"""Copies made for a disaster stay in the promised regions.

Catalogue: GEO-04.

## Why we promise this
A copy in another country is a transfer, whoever makes it.

## How to keep it
Storage with a geo-redundant `sku` is copied to the region that Azure pairs with its own: uksouth and ukwest are a pair,
so keep such accounts there, or choose `Standard_ZRS`. Give `sql.FailoverGroup` only `partner_servers` in a promised
region. The live audit adds the secondary region that Azure reports for each.
"""

from audit.kinds.sql import FAILOVER_GROUP, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
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
    kept,
    same,
)

ON = (STORAGE_ACCOUNT, FAILOVER_GROUP)
SEVERITY = Severity.CRITICAL
# https://learn.microsoft.com/azure/reliability/regions-paired
PAIRS = {"uksouth": "ukwest", "ukwest": "uksouth"}
"""Azure's region pairs that have a British half; the pair of any other region is in another country."""
NEAR = ("LRS", "ZRS")
FAR = ("GRS", "RAGRS", "GZRS", "RAGZRS")


def judge(resource: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("geo.regions")
    if same(resource.type, STORAGE_ACCOUNT.arm):
        return _judge_account(resource, promised)
    return _judge_group(resource, estate, promised)


def _judge_account(account: Resource, promised: tuple[str, ...]) -> Ruling:
    """Rule on where an account's redundancy keeps copies; raises `Unseen` for one that is not known here."""
    sku = account.read("sku.name", str)
    redundancy = sku.partition("_")[2].upper()
    if redundancy in NEAR:
        return kept(f"{sku} makes no copy outside its region")
    if redundancy not in FAR:
        raise Unseen(f"nothing is known of where {sku} keeps its copies")
    pair = PAIRS.get(account.region, f"the pair of {account.region}")
    if pair in promised:
        return kept(f"{sku} copies to {pair}")
    return broken(f"{sku} copies to {pair}, promised {', '.join(promised)}", change={"sku.name": "Standard_ZRS"})


def _judge_group(group: Resource, estate: Estate, promised: tuple[str, ...]) -> Ruling:
    """Rule on the partner servers of a failover group; raises `Unseen` where one is not in the estate."""
    partners = [estate.target(partner, "id") for partner in group.each("partnerServers")]
    for partner in partners:
        if partner.region not in promised:
            return broken(
                f"the partner {partner.name} lies in {partner.region}, promised {', '.join(promised)}",
                change={"location": promised[-1]},
                subject=partner,
            )
    return kept(f"copies go to {', '.join(partner.region for partner in partners) or 'no other server'}")


_UK = {"geo.regions": ["uksouth", "ukwest"]}


def _account(verdict: Verdict, sku: str, region: str, note: str = "") -> Example:
    return Example(verdict, {"sku": {"name": sku}, "location": region}, targets=_UK, note=note, kind=STORAGE_ACCOUNT)


def _group(verdict: Verdict, location: object, note: str = "") -> Example:
    partner = Neighbour(SQL_SERVER, {"location": location}, name="partner")
    body = {"partnerServers": [{"id": {"$reference": "partner"}}]}
    return Example(verdict, body, (partner,), _UK, note, kind=FAILOVER_GROUP)


EXAMPLES = (
    _account(Verdict.KEPT, "Standard_RAGZRS", "uksouth"),
    _account(Verdict.KEPT, "Standard_GRS", "ukwest"),
    _account(Verdict.KEPT, "Standard_ZRS", "uksouth", "no copy elsewhere"),
    _account(Verdict.BROKEN, "Standard_GRS", "northeurope", "its pair is in another country"),
    Example(
        Verdict.BROKEN,
        {"sku": {"name": "Standard_GRS"}, "location": "uksouth"},
        targets={"geo.regions": ["uksouth"]},
        note="a stricter company",
        kind=STORAGE_ACCOUNT,
    ),
    _account(Verdict.UNPROVEN, "Standard_XRS", "uksouth", "a redundancy that nobody knows"),
    Example(Verdict.UNPROVEN, {"sku": None, "location": "uksouth"}, targets=_UK, kind=STORAGE_ACCOUNT),
    _group(Verdict.KEPT, "ukwest"),
    _group(Verdict.BROKEN, "westeurope"),
    _group(Verdict.UNPROVEN, {"$unknown": True}),
    Example(
        Verdict.UNPROVEN,
        {"partnerServers": [{"id": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Sql/servers/z"}]},
        targets=_UK,
        note="a partner that was not seen",
        kind=FAILOVER_GROUP,
    ),
)
