"""Recovery Services vaults keep their backups in two regions, and restore in either.

Catalogue: BCK-01.

## Why we promise this
A backup that burns with the machine it belongs to is none. A copy in the paired region helps only if we may restore
from it without waiting for the platform to declare the region lost.

## How to keep it
In `redundancy_settings` set `standard_tier_storage_redundancy="GeoRedundant"` and `cross_region_restore="Enabled"`,
before the first item is protected.
"""

from typing import Any

from audit.kinds.recoveryservices import RECOVERY_VAULT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, same

ON = RECOVERY_VAULT
SEVERITY = Severity.HIGH
PROMISED = {
    "redundancySettings.standardTierStorageRedundancy": "GeoRedundant",
    "redundancySettings.crossRegionRestore": "Enabled",
}


def judge(vault: Resource) -> Ruling:
    seen = {path: vault.read(path, str) for path in PROMISED}
    wrong = {path: value for path, value in PROMISED.items() if not same(seen[path], value)}
    if wrong:
        reason = ", ".join(f"{path.rpartition('.')[2]} is {seen[path]}, promised {wrong[path]}" for path in wrong)
        return broken(reason, change=wrong)
    return kept("GeoRedundant, and restorable in the paired region")


def _vault(redundancy: str, restore: str | None) -> dict[str, Any]:
    return {"redundancySettings": {"standardTierStorageRedundancy": redundancy, "crossRegionRestore": restore}}


EXAMPLES = (
    Example(Verdict.KEPT, _vault("GeoRedundant", "Enabled")),
    Example(Verdict.BROKEN, _vault("GeoRedundant", "Disabled")),
    Example(Verdict.BROKEN, _vault("ZoneRedundant", "Enabled")),
    Example(Verdict.BROKEN, _vault("LocallyRedundant", "Disabled")),
    Example(Verdict.UNPROVEN, _vault("GeoRedundant", None)),
    Example(Verdict.UNPROVEN, {}),
)
