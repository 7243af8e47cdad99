"""What Azure makes by itself is no stranger, and nothing passes for such by its name alone."""

import pytest

from audit.differences import AZURE, attributed, match
from audit.kinds.authorization import (
    MANAGEMENT_LOCK,
    POLICY_ASSIGNMENT,
    POLICY_EXEMPTION,
    ROLE_ASSIGNMENT,
    ROLE_ASSIGNMENT_SCHEDULE_INSTANCE,
    ROLE_DEFINITION,
)
from audit.kinds.compute import DISK
from audit.kinds.dataprotection import BLOB_BACKUP_INSTANCE
from audit.kinds.insights import ACTION_GROUP, DIAGNOSTIC_SETTING
from audit.kinds.recoveryservices import PROTECTED_ITEM
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.security import DEFENDER_PRICING
from audit.kinds.sql import SQL_DATABASE
from audit.kinds.storage import BLOB_CONTAINER
from audit.model import Kind, Plane, Resource, Snapshot
from tests.support import NOON

GROUP = "/subscriptions/s/resourcegroups/g/providers"
ACCOUNT = f"{GROUP}/microsoft.storage/storageaccounts"
MACHINES = f"{GROUP}/microsoft.compute/virtualmachines"
SERVERS = f"{GROUP}/microsoft.sql/servers"
ITEMS = f"{GROUP}/microsoft.recoveryservices/vaults/v/backupfabrics/azure/protectioncontainers/c/protecteditems"


def running(kind, identity, **body):
    """Make one resource that runs."""
    name = identity.rpartition("/")[2]
    return Resource(type=kind.arm, id=identity.lower(), name=name, plane=Plane.LIVE, seen_at=NOON, body=body)


def live(*resources):
    """Make the snapshot of what runs."""
    return Snapshot(plane=Plane.LIVE, origin="a cloud", seen_at=NOON, resources=resources)


def program(*resources):
    """Make the snapshot of a program."""
    return Snapshot(plane=Plane.PROGRAM, origin="a program", seen_at=NOON, resources=resources)


SUBSCRIPTION = "/subscriptions/s"
RIGHTS = f"{SUBSCRIPTION}/providers/microsoft.authorization"
ABOVE = "/providers/microsoft.management/managementgroups/all/providers/microsoft.authorization"
BACKUPS = f"{SUBSCRIPTION}/resourcegroups/AzureBackupRG_uksouth_1"
CONTAINER = f"{ACCOUNT}/files/blobservices/default/containers"
BENCHMARK = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8"


def unknown(name, identity, **body):
    """Make one resource of a type that no row knows."""
    return running(Kind(arm=name, api="", pulumi=()), identity, **body)


POINTS = unknown(
    "microsoft.compute/restorepointcollections",
    f"{BACKUPS}/providers/microsoft.compute/restorepointcollections/AzureBackup_one_1",
    source={"id": f"{MACHINES}/one"},
)
BACKED_UP = running(PROTECTED_ITEM, f"{ITEMS}/one", sourceResourceId=f"{MACHINES}/ONE")
TO_FILES = running(
    DIAGNOSTIC_SETTING,
    f"{MACHINES}/one/providers/microsoft.insights/diagnosticsettings/logs",
    storageAccountId=f"{ACCOUNT}/Files",
)
LOGS = running(BLOB_CONTAINER, f"{CONTAINER}/insights-logs-auditevent")
ALARM = f"{GROUP}/microsoft.insights/actiongroups/application insights smart detection"
COMPONENT = unknown("microsoft.insights/components", f"{GROUP}/microsoft.insights/components/app")
ROLES = {"armRoleReceivers": [{"name": "r"}], "emailReceivers": []}
HELD = running(ROLE_ASSIGNMENT, f"{RIGHTS}/roleassignments/r")
ACTIVATED = running(
    ROLE_ASSIGNMENT_SCHEDULE_INSTANCE,
    f"{RIGHTS}/roleassignmentscheduleinstances/i",
    assignmentType="Activated",
    originRoleAssignmentId=f"{RIGHTS}/roleAssignments/R",
)
AZURES = [
    pytest.param(running(SQL_DATABASE, f"{SERVERS}/own/databases/master"), (), True, id="the database of a server"),
    pytest.param(POINTS, (BACKED_UP,), True, id="the restore points of a machine that is backed up"),
    pytest.param(POINTS, (), False, id="restore points of a machine that nobody backs up"),
    pytest.param(running(RESOURCE_GROUP, BACKUPS), (POINTS,), True, id="the group of restore points"),
    pytest.param(
        running(RESOURCE_GROUP, BACKUPS),
        (running(DISK, f"{BACKUPS}/providers/microsoft.compute/disks/mine"),),
        False,
        id="a group that is only called so",
    ),
    pytest.param(LOGS, (TO_FILES,), True, id="a container that a setting writes to"),
    pytest.param(LOGS, (), False, id="a container that is only called so"),
    pytest.param(running(BLOB_CONTAINER, f"{CONTAINER}/$logs"), (), True, id="the container of classic logs"),
    pytest.param(running(BLOB_CONTAINER, f"{CONTAINER}/$web"), (), False, id="a web site"),
    pytest.param(running(ACTION_GROUP, ALARM, **ROLES), (COMPONENT,), True, id="the alarm of Application Insights"),
    pytest.param(running(ACTION_GROUP, ALARM, **ROLES), (), False, id="an alarm of nothing"),
    pytest.param(
        running(ACTION_GROUP, ALARM, **{**ROLES, "webhookReceivers": [{"serviceUri": "https://example"}]}),
        (COMPONENT,),
        False,
        id="an alarm that calls somewhere",
    ),
    pytest.param(HELD, (), False, id="a role that somebody was given"),
    pytest.param(HELD, (ACTIVATED,), True, id="a role that somebody activated"),
    pytest.param(running(ROLE_ASSIGNMENT, f"{ABOVE}/roleassignments/r"), (), True, id="a role held from above"),
    pytest.param(running(ROLE_DEFINITION, f"{RIGHTS}/roledefinitions/d", type="BuiltInRole"), (), True, id="a role"),
    pytest.param(running(ROLE_DEFINITION, f"{RIGHTS}/roledefinitions/d", type="CustomRole"), (), False, id="ours"),
    pytest.param(running(MANAGEMENT_LOCK, f"{RIGHTS}/locks/mine"), (), False, id="a lock"),
    pytest.param(
        running(MANAGEMENT_LOCK, f"{RIGHTS}/locks/AzureBackupProtectionLock"), (), False, id="a lock only called so"
    ),
    pytest.param(
        running(MANAGEMENT_LOCK, f"{ACCOUNT}/files/providers/microsoft.authorization/locks/AzureBackupProtectionLock"),
        (
            running(
                BLOB_BACKUP_INSTANCE,
                f"{GROUP}/microsoft.dataprotection/backupvaults/v/backupinstances/files",
                dataSourceInfo={"resourceID": f"{ACCOUNT}/files"},
            ),
        ),
        True,
        id="the lock of an account that is backed up",
    ),
    pytest.param(running(POLICY_EXEMPTION, f"{RIGHTS}/policyexemptions/out"), (), False, id="an exemption"),
    pytest.param(
        running(POLICY_ASSIGNMENT, f"{RIGHTS}/policyassignments/SecurityCenterBuiltIn", policyDefinitionId=BENCHMARK),
        (),
        True,
        id="the benchmark that Defender assigns",
    ),
    pytest.param(
        running(POLICY_ASSIGNMENT, f"{RIGHTS}/policyassignments/SecurityCenterBuiltIn", policyDefinitionId="mine"),
        (),
        False,
        id="a policy that is only called so",
    ),
    pytest.param(TO_FILES, (), False, id="a diagnostic setting"),
    pytest.param(
        running(DEFENDER_PRICING, f"{SUBSCRIPTION}/providers/microsoft.security/pricings/keyvaults"),
        (),
        True,
        id="a plan that every subscription has",
    ),
    pytest.param(running(RESOURCE_GROUP, f"{SUBSCRIPTION}/resourcegroups/mine"), (), False, id="a group"),
]


@pytest.mark.parametrize(("resource", "others", "azures"), AZURES)
def test_a_name_alone_makes_nothing_azures_own(resource, others, azures):
    after = live(resource, *others)
    (seen,) = (one for one in attributed(after, match(program(), after)).resources if one.id == resource.id)
    assert seen.declaration == (AZURE if azures else "")


def test_a_declared_resource_group_is_no_stranger():
    after = live(running(RESOURCE_GROUP, f"{SUBSCRIPTION}/resourcegroups/own"))
    group = {"resourceGroupName": "own"}
    before = program(
        Resource(type=RESOURCE_GROUP.arm, id="urn:group", name="group", plane=Plane.PROGRAM, seen_at=NOON, body=group)
    )
    assert [one.declaration for one in attributed(after, match(before, after)).resources] == ["urn:group"]
