"""The local Azure restores machines as a vault does: points, jobs, disks, machines, and what goes wrong with them."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from audit.sandbox import backup_jobs, machine_quotas
from audit.sandbox.jobs import Behaviour, Outcome, behave
from audit.sandbox.settled import settle
from tests.sandbox.restoring import CANARY, DAY, HOUR, LETTER, NOON, PLACE, Azure

ACCOUNTS = "{drill}/Microsoft.Storage/storageAccounts"


@pytest.fixture
def azure(sandbox):
    sandbox.store.set_clock(NOON)
    return Azure(sandbox)


def test_points_are_listed_page_by_page_as_the_client_reads_them(azure, sandbox):
    names = {azure.plant(), azure.plant(at=NOON - DAY, kind="CrashConsistent"), azure.plant(at=NOON - 2 * DAY)}
    sandbox.resize_pages(1)
    found = azure.points()
    assert {point.name for point in found} == names
    newest = max(found, key=lambda point: point.properties.recovery_point_time).properties
    assert (newest.recovery_point_time, newest.recovery_point_type) == (NOON - HOUR, "AppConsistent")
    assert [(tier.type, tier.status) for tier in newest.recovery_point_tier_details] == [("HardenedRP", "Valid")]
    assert (newest.threat_status, newest.is_managed_virtual_machine, newest.os_type) == ("Healthy", True, "Windows")
    assert newest.recovery_point_properties.is_soft_deleted is False
    assert newest.recovery_point_properties.expiry_time == "2026-04-06T11:00:00Z"
    assert azure.backup.recovery_points.get(*azure.where, found[0].name).id == found[0].id


def test_an_item_without_points_has_an_empty_list_and_one_that_is_not_there_has_none(azure):
    assert azure.points() == []
    with pytest.raises(ResourceNotFoundError):
        list(azure.backup.recovery_points.list(*azure.where[:-1], "vm;other"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param({"tiers": ["InstantRP"]}, (["InstantRP"], "Healthy", 2), id="a snapshot alone"),
        pytest.param({"tiers": ["ArchivedRP"]}, (["ArchivedRP"], "Healthy", 2), id="archived"),
        pytest.param({"threat": "UnHealthy"}, (["HardenedRP"], "UnHealthy", 2), id="flagged"),
        pytest.param({"completeness": "Partial"}, (["HardenedRP"], "Healthy", 1), id="partial"),
    ],
)
def test_a_point_that_is_not_to_be_trusted_says_so(azure, said, told):
    azure.plant(**said)
    (point,) = (one.properties for one in azure.points())
    tiers = [tier.type for tier in point.recovery_point_tier_details]
    disks = point.recovery_point_disk_configuration
    assert (tiers, point.threat_status, disks.number_of_disks_included_in_backup) == told
    assert disks.number_of_disks_attached_to_vm == 2
    assert [threat.threat_state for threat in point.threat_info] == (["Active"] if "threat" in said else [])


def test_a_machine_has_points_in_both_tiers_after_a_while(azure):
    settle(azure.store, now=NOON)
    tiers = {
        point.properties.recovery_point_time: [tier.type for tier in point.properties.recovery_point_tier_details]
        for point in azure.points()
    }
    assert [tiers[moment] for moment in sorted(tiers)] == [["HardenedRP"], *[["InstantRP", "HardenedRP"]] * 2]


def test_a_restored_machine_runs_and_holds_what_its_point_held(azure):
    job = azure.restore(azure.plant())
    assert (azure.job(job).status, azure.made()) == ("InProgress", [])
    azure.later()
    done = azure.job(job)
    assert (done.status, done.operation, done.end_time > done.start_time) == ("Completed", "Restore", True)
    assert {task.status for task in done.extended_info.tasks_list} == {"Completed"}
    assert done.extended_info.property_bag["Target resource group"] == "drill"
    assert azure.made() == ["disks", "disks", "networkInterfaces", "virtualMachines"]
    copy = azure.compute.virtual_machines.get("drill", "copy", expand="instanceView").properties
    assert [status.code for status in copy.instance_view.statuses] == [
        "ProvisioningState/succeeded",
        "PowerState/running",
    ]
    assert copy.instance_view.vm_agent.statuses[0].display_status == "Ready"
    assert copy.instance_view.boot_diagnostics.serial_console_log_blob_uri
    printed = azure.run("# promise-audit: files", r"# file 7 C:\mail\a.txt", r"# file 8 C:\none").value[0].message
    assert printed.splitlines() == [f"{LETTER['sha256']}  8  7", "-  -  8", "end  2"]
    printed = azure.run("# promise-audit: canary").value[0].message
    assert printed.splitlines() == [f"canary  {CANARY['at']}  {CANARY['digest']}", "end  1"]
    printed = azure.run("# promise-audit: services", "# service 0 mail").value[0].message
    assert printed.splitlines() == ["service  0  running", "end  1"]
    azure.compute.virtual_machines.begin_delete("drill", "copy").result()
    assert azure.made() == ["disks", "disks", "networkInterfaces"]


def test_restored_disks_make_a_machine_that_holds_what_they_do(azure):
    azure.restore(azure.plant(), "RestoreDisks", targetVirtualMachineId=None, virtualNetworkId=None, subnetId=None)
    azure.later()
    assert azure.made() == ["disks", "disks"]
    (disk,) = (one for one in azure.compute.disks.list_by_resource_group("drill") if one.properties.os_type)
    assert disk.properties.disk_state == "Unattached"
    system = {"createOption": "Attach", "osType": "Windows", "managedDisk": {"id": disk.id}}
    properties = {"storageProfile": {"osDisk": system}, "hardwareProfile": {"vmSize": "Standard_D2s_v5"}}
    azure.compute.virtual_machines.begin_create_or_update("drill", "copy", {**PLACE, "properties": properties}).result()
    assert CANARY["at"] in azure.run("# promise-audit: canary").value[0].message


def test_a_restore_leaves_blobs_in_its_staging_account(azure):
    job = azure.restore(azure.plant(), "RestoreDisks")
    azure.later()
    names = [blob["name"] for blob in backup_jobs.staged(azure.store, azure.account)]
    bag = azure.job(job).extended_info.property_bag
    assert names == [bag["Config Blob Name"], bag["Template Blob Uri"].rpartition("/")[2]]
    assert bag["Target Storage Account Name"] == "staging"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param({"targetResourceGroupId": None}, "BMSUserErrorInvalidInput", id="no group"),
        pytest.param({"subnetId": None}, "BMSUserErrorInvalidInput", id="no subnet"),
        pytest.param({"recoveryType": "OriginalLocation"}, "NotImplemented", id="in place"),
        pytest.param({"region": "ukwest"}, "UserErrorRestoreRegionNotSupported", id="another region"),
        pytest.param(
            {"targetResourceGroupId": "{group}/none"}, "ResourceGroupNotFound", id="a group that is not there"
        ),
        pytest.param({"storageAccountId": f"{ACCOUNTS}/none"}, "ResourceNotFound", id="an account that is not there"),
        pytest.param({"targetVirtualMachineId": "{machine}"}, "UserErrorTargetVirtualMachineAlreadyExists", id="taken"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_and_makes_nothing(azure, said, code):
    groups = azure.target.rpartition("/")[0]
    names = {"group": groups, "drill": azure.drill, "machine": azure.machine}
    asked = {name: value and value.format(**names) for name, value in said.items()}
    with pytest.raises(HttpResponseError) as refused:
        azure.restore(azure.plant(), **asked)
    assert refused.value.error.code == code
    assert list(azure.backup.backup_jobs.list("safe", "own")) == []


@pytest.mark.parametrize(
    ("account", "code"),
    [
        pytest.param({"location": "ukwest", "sku": {"name": "Standard_LRS"}}, "RegionMismatch", id="elsewhere"),
        pytest.param({**PLACE, "sku": {"name": "Standard_GZRS"}}, "TypeNotSupported", id="over zones"),
    ],
)
def test_a_staging_account_stands_by_the_vault_and_in_one_zone(azure, account, code):
    azure.sandbox.put(azure.account, account)
    with pytest.raises(HttpResponseError, match=f"UserErrorStorageAccount{code}"):
        azure.restore(azure.plant())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param({"deleted": True}, "BMSUserErrorRecoveryPointNotFound", id="deleted"),
        pytest.param({"expires": NOON}, "BMSUserErrorRecoveryPointNotFound", id="expired"),
        pytest.param({"tiers": ["ArchivedRP"]}, "UserErrorRecoveryPointInArchiveTier", id="archived"),
    ],
)
def test_nothing_is_restored_from_a_point_that_cannot_be_read(azure, said, code):
    with pytest.raises(HttpResponseError, match=code):
        azure.restore(azure.plant(**said))


def test_an_archived_point_is_restored_with_rehydration(azure):
    said = {"rehydrationRetentionDuration": "P10D", "rehydrationPriority": "Standard"}
    kind = "IaasVMRestoreWithRehydrationRequest"
    job = azure.restore(azure.plant(tiers=["ArchivedRP"]), objectType=kind, recoveryPointRehydrationInfo=said)
    azure.later()
    assert azure.job(job).status == "Completed"


@pytest.mark.parametrize(
    ("outcome", "status", "left"),
    [
        pytest.param(Outcome.FAILED, "Failed", [], id="failing"),
        pytest.param(Outcome.PARTIAL, "Failed", ["disks", "disks"], id="in part: its disks stay"),
        pytest.param(Outcome.HANGING, "InProgress", [], id="hanging"),
    ],
)
def test_a_restore_that_does_not_end_well_says_so(azure, outcome, status, left):
    behave(azure.store, Behaviour(operation="restore", outcome=outcome, code="Broken", message="It broke."))
    job = azure.restore(azure.plant())
    azure.later(2 * DAY)
    told = azure.job(job)
    assert (told.status, azure.made()) == (status, left)
    assert [error.error_title for error in told.error_details or ()] == (["Broken"] if status == "Failed" else [])


def test_a_restore_over_the_quota_fails_and_leaves_its_disks(azure):
    machine_quotas.limit(azure.store, "uksouth", 5)
    job = azure.restore(azure.plant())
    azure.later()
    (error,) = azure.job(job).error_details
    assert "exceeding approved Total Regional Cores quota" in error.error_string
    assert azure.made() == ["disks", "disks"]
    (usage,) = azure.compute.usage.list("uksouth")
    assert (usage.current_value, usage.limit) == (4, 5)
    with pytest.raises(HttpResponseError, match="Total Regional Cores"):
        azure.compute.virtual_machines.begin_create_or_update("drill", "other", PLACE)


def test_a_restore_into_a_group_that_went_meanwhile_fails_and_makes_nothing(azure):
    job = azure.restore(azure.plant(), "RestoreDisks")
    azure.store.delete(azure.target)
    azure.later()
    assert azure.job(job).error_details[0].error_title == "ResourceGroupNotFound"
    assert azure.made() == []


def test_a_point_of_one_disk_brings_one_disk_back(azure):
    azure.restore(azure.plant(completeness="Partial"), "RestoreDisks")
    azure.later()
    assert azure.made() == ["disks"]


def test_jobs_are_found_by_what_they_do_how_they_stand_and_when(azure):
    settle(azure.store, now=NOON)
    job = azure.restore(azure.plant())

    def found(text):
        return [one.properties.operation for one in azure.backup.backup_jobs.list("safe", "own", filter=text)]

    assert sorted(found(None)) == ["Backup", "Restore"]
    assert found("operation eq 'Restore' and status eq 'InProgress'") == ["Restore"]
    assert found("status eq 'Failed'") == []
    assert found("startTime eq '2026-03-02 11:30:00 AM' and endTime eq '2026-03-02 11:59:00 PM'") == ["Restore"]
    assert found(f"jobId eq '{job}'") == ["Restore"]
    with pytest.raises(HttpResponseError, match="BMSUserErrorInvalidInput"):
        found("colour eq 'red'")
