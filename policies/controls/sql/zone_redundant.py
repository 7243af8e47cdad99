"""Databases survive the loss of a data centre.

Catalogue: SQL-17.

## Why we promise this
With copies in several availability zones, the failure of one building costs seconds and no data.

## How to keep it
Set `zone_redundant=True` on the database. ukwest has no availability zones, so the copy there cannot be.
"""

from audit.kinds.sql import SQL_DATABASE, is_master
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable

ON = SQL_DATABASE
SEVERITY = Severity.CRITICAL
WITHOUT_ZONES = ("ukwest",)


def judge(database: Resource) -> Ruling:
    if is_master(database):
        return not_applicable("Azure keeps the master database itself")
    if database.region in WITHOUT_ZONES:
        return not_applicable(f"{database.region} has no availability zones")
    if database.read("zoneRedundant", bool) is True:
        return kept(f"spread over the zones of {database.region}")
    return broken(f"stands in one zone of {database.region}", change={"zoneRedundant": True})


EXAMPLES = (
    Example(Verdict.KEPT, {"location": "uksouth", "zoneRedundant": True}),
    Example(Verdict.BROKEN, {"location": "uksouth", "zoneRedundant": False}),
    Example(Verdict.NOT_APPLICABLE, {"location": "ukwest", "zoneRedundant": False}),
    Example(Verdict.UNPROVEN, {"location": "uksouth", "zoneRedundant": None}),
    Example(Verdict.UNPROVEN, {"zoneRedundant": True}, note="nothing says where it is"),
    Example(Verdict.NOT_APPLICABLE, {"databaseName": "master"}),
)
