"""Managed SQL instances, if there are any, are as well kept as the servers.

Catalogue: SQL-24.

## Why we promise this
What is promised of account data holds wherever it lies. None is used now; this is what one must be on the day it is.

## How to keep it
On every `sql.ManagedInstance` set `public_data_endpoint_enabled=False`, `minimal_tls_version="1.2"`,
`zone_redundant=True` in a region with zones, `requested_backup_storage_redundancy="GeoZone"` (or `"Geo"`) and
`azure_ad_only_authentication=True` in its `administrators`.
"""

from audit.kinds.sql import SQL_DATABASE, SQL_MANAGED_INSTANCE
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
    same,
)

NEEDS = (SQL_MANAGED_INSTANCE, SQL_DATABASE)
SEVERITY = Severity.MEDIUM
WITHOUT_ZONES = ("ukwest",)
BACKUPS = ("Geo", "GeoZone")
SWITCHES = {"publicDataEndpointEnabled": False, "administrators.azureADOnlyAuthentication": True}


def judge(estate: Estate) -> Ruling:
    instances = estate.of(SQL_MANAGED_INSTANCE)
    if instances:
        return every(_judge_instance, instances)
    # Where no database of any kind was seen, that there is no instance shows nothing.
    if not estate.of(SQL_DATABASE):
        raise Unseen("no database was seen", Cause.NOTHING)
    return kept("0 managed instances, so none falls short")


def _judge_instance(instance: Resource) -> Ruling:
    """Rule on one instance."""
    switches = {**SWITCHES, **({} if instance.region in WITHOUT_ZONES else {"zoneRedundant": True})}
    for path, promised in switches.items():
        if instance.read(path, bool) is not promised:
            return broken(f"{path} is {not promised}, promised {promised}", change={path: promised}, subject=instance)
    floor = instance.read("minimalTlsVersion", str)
    if floor not in ("1.2", "1.3"):
        return broken(f"the floor is {floor}, promised TLS 1.2", change={"minimalTlsVersion": "1.2"}, subject=instance)
    backups = instance.read("requestedBackupStorageRedundancy", str)
    if not any(same(backups, promised) for promised in BACKUPS):
        change = {"requestedBackupStorageRedundancy": "Geo"}
        return broken(f"backups are {backups}, promised {' or '.join(BACKUPS)}", change=change, subject=instance)
    return kept("private, in zones, by TLS 1.2, with backups in two regions and Entra sign-ins alone")


def _instance(**change: object) -> tuple[Neighbour, ...]:
    body = {
        "location": "uksouth",
        "publicDataEndpointEnabled": False,
        "administrators": {"azureADOnlyAuthentication": True},
        "zoneRedundant": True,
        "minimalTlsVersion": "1.2",
        "requestedBackupStorageRedundancy": "GeoZone",
    }
    return (Neighbour(SQL_MANAGED_INSTANCE, {**body, **change}, name="instance"),)


EXAMPLES = (
    Example(Verdict.KEPT, {}, (Neighbour(SQL_DATABASE, {}, name="database"),), note="none is used"),
    Example(Verdict.KEPT, {}, _instance()),
    Example(Verdict.KEPT, {}, _instance(location="ukwest", zoneRedundant=None), note="a region without zones"),
    Example(Verdict.BROKEN, {}, _instance(publicDataEndpointEnabled=True)),
    Example(Verdict.BROKEN, {}, _instance(zoneRedundant=False)),
    Example(Verdict.BROKEN, {}, _instance(minimalTlsVersion="1.0")),
    Example(Verdict.BROKEN, {}, _instance(requestedBackupStorageRedundancy="Local")),
    Example(Verdict.BROKEN, {}, _instance(administrators={"azureADOnlyAuthentication": False})),
    Example(Verdict.UNPROVEN, {}, _instance(administrators=None)),
    Example(Verdict.UNPROVEN, {}, _instance(minimalTlsVersion={"$unknown": True})),
    Example(Verdict.UNPROVEN, {}, note="no database of any kind was seen"),
)
