"""ARM's names are true: what a control reads stands in ARM's answer under that very name, by Microsoft's own models."""

import re
from functools import cache

import pytest

from audit.kinds import BY_ARM, KINDS
from audit.shape import from_arm
from tests.oracles.azure_models import listed_paths, wire_paths
from tests.oracles.azure_operations import answers_of, listings_of
from tests.support import CONTROLS, properties_read

NO_MODEL = {
    "Microsoft.Authorization/policyExemptions": "no azure-mgmt package has it in a stable version",
    "Microsoft.Compute/virtualMachines/patchAssessmentResults": "rows of Resource Graph, which no SDK models",
    "Microsoft.Compute/virtualMachines/patchAssessmentResults/softwarePatches": (
        "rows of Resource Graph, which no SDK models"
    ),
    "Microsoft.DBforMariaDB/servers": "no oracle for a kind of which only the place is read",
    "Microsoft.DBforMySQL/flexibleServers": "no oracle for a kind of which only the place is read",
    "Microsoft.DBforPostgreSQL/flexibleServers": "no oracle for a kind of which only the place is read",
    "Microsoft.DBforPostgreSQL/serverGroupsv2": "no oracle for a kind of which only the place is read",
    "Microsoft.Network/dnszones/dnssecConfigs": "azure-mgmt-dns 9 speaks 2018-05-01, which does not sign zones",
}
"""Kinds for which the SDKs have no GET: their names are checked against the Pulumi SDK alone."""
OTHER_VERSION = {
    # azure-mgmt-alertsmanagement 1 speaks 2019-05-05-preview. The row's version has them:
    # https://learn.microsoft.com/rest/api/monitor/alert-processing-rules/get-by-name?view=rest-monitor-2021-08-08
    "Microsoft.AlertsManagement/actionRules": {"actions", "enabled", "schedule"},
    # azure-mgmt-dns 9 speaks 2018-05-01. The row's version has them:
    # https://learn.microsoft.com/rest/api/dns/record-sets/get?view=rest-dns-2023-07-01-preview
    "Microsoft.Network/dnszones/recordsets": {"DSRecords", "NAPTRRecords", "TLSARecords"},
    # azure-mgmt-security 7 speaks 2020-01-01-preview. The row's version has them:
    # https://learn.microsoft.com/rest/api/defenderforcloud/security-contacts/get?view=rest-defenderforcloud-2023-12-01-preview
    "Microsoft.Security/securityContacts": {"isEnabled", "notificationsSources"},
}
"""Properties that the row's API version has, and the older one that the SDK speaks has not."""
DECLARED_ONLY = {
    # Which scope a plan covers is the address that was asked, not a part of the answer.
    "Microsoft.Security/pricings": {"scopeId"},
    # The name of a group is read only where a program's lock refers to one; live, the ids tell what lies in what.
    "Microsoft.Resources/resourceGroups": {"resourceGroupName"},
}
"""Properties that a control reads where a program declares them, and does without where ARM answers."""
BESIDE = {"location", "tags", "sku", "kind", "identity", "zones", "plan", "extendedLocation", "managedBy"}
"""What any resource may hold beside its `properties`: https://learn.microsoft.com/azure/templates."""
AZURE = [kind for kind in KINDS if kind.arm.startswith("Microsoft.")]
MODELLED = [kind for kind in AZURE if kind.arm not in NO_MODEL]


def from_the_id(kind):
    """Return what a live body holds for its id, name and type alone."""
    identity = re.sub(r"\{\w+\}", "any", kind.path)
    return from_arm(kind, {"id": identity, "name": "any", "type": kind.arm})


def excused(kind, path):
    allowed = OTHER_VERSION.get(kind.arm, set()) | DECLARED_ONLY.get(kind.arm, set())
    return re.split(r"[.\[]", path)[0] in allowed


def is_inline_name(kind, path):
    """Tell whether it is the name of a child that its parent lists, where the name is part of the element."""
    return path == "name" and kind.parent is not None and bool(kind.parent.inline)


@cache
def read_of_arm(name):
    """Collect each property of ARM's answers that an example of a control makes it read, with its kind."""
    kinds = ((BY_ARM.get(type_name.lower()), path) for type_name, path in properties_read(CONTROLS[name]))
    return [
        (kind, path)
        for kind, path in kinds
        if kind in MODELLED
        if path.partition(".")[0] not in from_the_id(kind)
        and not excused(kind, path)
        and not is_inline_name(kind, path)
    ]


def beside(kind):
    """Return the names that a kind keeps beside its `properties`; a row takes one of the usual ones off by a minus."""
    return {*BESIDE, *kind.top} - {name.removeprefix("-") for name in kind.top if name.startswith("-")}


def is_laid_out(kind, place):
    """Tell whether a row says where ARM nests `properties`, and what it keeps beside them, on the way to a place."""
    opened, *below = re.split(r"(?:^|\.)properties(?:\.|$)", place)
    first = re.split(r"[.\[]", opened or below[0])[0]
    nested = [".".join(filter(None, [opened, *below[:end]])) for end in range(len(below))]
    return (first in beside(kind)) == bool(opened) and all(above in kind.wraps for above in nested if above)


@pytest.mark.parametrize("name", CONTROLS)
def test_every_property_read_is_in_arms_answer(name):
    """A misspelt or renamed property turns the build red, and so does one that a listing leaves out."""
    missing = []
    for kind, path in read_of_arm(name):
        if not wire_paths(kind, path):
            missing.append(f"{kind.arm}: {path}")
        elif not (kind.table or kind.one_by_one) and listings_of(kind) and not listed_paths(kind, path):
            missing.append(f"{kind.arm}: {path} is not in its listing")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_row_says_where_arm_nests_what_is_read(name):
    """Without `wraps` and `top` a body could not be turned back into ARM's own shape."""
    missing = []
    for kind, path in read_of_arm(name):
        found = wire_paths(kind, path)
        if found and not any(is_laid_out(kind, place) for place in found):
            missing.append(f"{kind.arm}: {path} lies at {', '.join(sorted(found))}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("kind", MODELLED, ids=lambda kind: kind.arm)
def test_an_sdk_reads_the_kind_at_its_path(kind):
    assert answers_of(kind) or listings_of(kind)
    assert not kind.listing or listings_of(kind), kind.listing


@pytest.mark.parametrize("kind", MODELLED, ids=lambda kind: kind.arm)
def test_a_rows_own_properties_are_in_arms_answer(kind):
    """What a row renames, and where it says that ARM nests `properties` or keeps something beside them, is there."""
    given = from_the_id(kind)
    renamed = [path for path in kind.renamed if path not in given and not excused(kind, path)]
    wrapped = [wrap.replace("[]", "[0]") + ".properties" for wrap in kind.wraps]
    assert [path for path in [*renamed, *wrapped] if not wire_paths(kind, path)] == []
    assert [
        name for name in kind.top if wire_paths(kind, name.removeprefix("-")) != {name.replace("-", "properties.")}
    ] == []


@pytest.mark.parametrize("arm", NO_MODEL)
def test_a_kind_without_a_model_is_one_that_no_sdk_has(arm):
    """The table of kinds that are not checked holds none that could be."""
    kind = BY_ARM.get(arm.lower())
    assert kind is None or not (answers_of(kind) or listings_of(kind))


@pytest.mark.parametrize("arm", OTHER_VERSION)
def test_a_property_excused_for_its_version_is_not_in_the_sdk(arm):
    kind = BY_ARM[arm.lower()]
    assert not [name for name in OTHER_VERSION[arm] if wire_paths(kind, name)]


@pytest.mark.parametrize(
    ("arm", "path"),
    [
        pytest.param("Microsoft.Storage/storageAccounts", "minimumTLSVersion", id="another case"),
        pytest.param("Microsoft.Storage/storageAccounts", "enableHttpsTrafficOnly", id="as Pulumi calls it"),
        pytest.param(
            "Microsoft.Network/virtualNetworks", "subnets.networkSecurityGroup", id="a list read as an object"
        ),
        pytest.param("Microsoft.Network/virtualNetworks", "tags[0]", id="an object read as a list"),
        pytest.param("Microsoft.Network/virtualNetworks", "type", id="the envelope"),
        pytest.param("Microsoft.Security/pricings", "pricingTiers", id="one letter more, older models"),
    ],
)
def test_a_property_that_arm_does_not_answer_is_refuted(arm, path):
    assert not wire_paths(BY_ARM[arm.lower()], path)


@pytest.mark.parametrize(
    ("arm", "path", "place"),
    [
        pytest.param(
            "Microsoft.Network/virtualNetworks",
            "subnets[0].networkSecurityGroup.id",
            "properties.subnets[].properties.networkSecurityGroup.id",
            id="nested twice",
        ),
        pytest.param(
            "Microsoft.RecoveryServices/vaults/backupPolicies",
            "retentionPolicy.dailySchedule.retentionDuration.count",
            "properties.retentionPolicy.dailySchedule.retentionDuration.count",
            id="of one kind of policy",
        ),
        pytest.param("Microsoft.Storage/storageAccounts", "tags.purpose", "tags.purpose", id="anybody's word"),
        pytest.param("Microsoft.Authorization/roleDefinitions", "type", "properties.type", id="no envelope"),
    ],
)
def test_a_property_that_arm_answers_is_found_where_it_lies(arm, path, place):
    assert wire_paths(BY_ARM[arm.lower()], path) == {place}
