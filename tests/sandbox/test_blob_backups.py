"""Azure's own clients bring blobs back: from a vault into another account, and in place to an earlier moment."""

from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.storage import StorageManagementClient

from audit.sandbox import blob_backups, blobs
from audit.sandbox.jobs import Behaviour, Outcome, behave
from tests.sandbox.blob_scene import account, client, container, later

VAULT, INSTANCE = "vault", "archive-backup"
KIND = "Microsoft.Storage/storageAccounts/blobServices"


@pytest.fixture
def instance(sandbox):
    """A backup instance of an account with two containers, and an empty account beside it."""
    path = account(sandbox)
    for name in ("mail", "logs"):
        container(sandbox, path, name)
    account(sandbox, "copy")
    vault = f"{sandbox.group()}/providers/Microsoft.DataProtection/backupVaults/{VAULT}"
    sandbox.put(vault, {"location": "uksouth", "properties": {"storageSettings": []}})
    source = {"objectType": "Datasource", "resourceID": path, "datasourceType": KIND}
    made = f"{vault}/backupInstances/{INSTANCE}"
    sandbox.put(
        made, {"properties": {"dataSourceInfo": source, "policyInfo": {"policyId": f"{vault}/backupPolicies/p"}}}
    )
    return made


def planted(sandbox, instance, **words):
    """Write blobs, take a point of them, and change them; returns the point's name."""
    for place, name in (("mail", "2026/a"), ("mail", "2027/b"), ("logs", "c")):
        blobs.hold(sandbox.store, "archive", place, name, f"old {name}".encode())
    point = blob_backups.plant(sandbox.store, instance, **words)
    later(sandbox, minutes=5)
    blobs.hold(sandbox.store, "archive", "mail", "2026/a", b"new")
    return point


def request(instance, point, *, target="copy", criteria=(), **words):
    """Make the body of a restore."""
    account_id = instance.partition("/providers/")[0] + f"/providers/Microsoft.Storage/storageAccounts/{target}"
    info = {"objectType": "Datasource", "resourceID": account_id, "datasourceType": KIND}
    where = {
        "objectType": "ItemLevelRestoreTargetInfo",
        "recoveryOption": "FailIfExists",
        "restoreLocation": "uksouth",
        "datasourceInfo": info,
        "restoreCriteria": [{"objectType": "ItemPathBasedRestoreCriteria", **one} for one in criteria],
    }
    body = {
        "objectType": "AzureBackupRecoveryPointBasedRestoreRequest",
        "recoveryPointId": point,
        "sourceDataStoreType": "VaultStore",
        "restoreTargetInfo": where,
    }
    return body | words


def restored(sandbox, name="copy"):
    """Return all bytes in an account by their place."""
    service = client(sandbox, name)
    return {
        f"{place.name}/{blob.name}": service.get_blob_client(place.name, blob.name).download_blob().readall()
        for place in service.list_containers()
        for blob in service.get_container_client(place.name).list_blobs()
    }


def quick(sandbox, **words):
    behave(sandbox.store, Behaviour(seconds=0, **words))


def test_points_are_listed_newest_first_and_read(sandbox, instance):
    now = sandbox.store.now()
    names = [blob_backups.plant(sandbox.store, instance, at=now - timedelta(days=days)) for days in (2, 1)]
    api = sandbox.client(DataProtectionMgmtClient)
    found = list(api.recovery_points.list("group", VAULT, INSTANCE))
    assert [one.name for one in found] == names[::-1]
    point = api.recovery_points.get("group", VAULT, INSTANCE, names[0]).properties
    assert point.recovery_point_time == (now - timedelta(days=2)).replace(microsecond=0)
    assert [(one.type, one.state) for one in point.recovery_point_data_stores_details] == [("VaultStore", "COMMITTED")]


def test_a_point_is_restored_into_another_account_as_it_was(sandbox, instance):
    quick(sandbox)
    point = planted(sandbox, instance)
    client(sandbox).delete_container("logs")
    api = sandbox.client(DataProtectionMgmtClient)
    body = request(instance, point)
    api.backup_instances.begin_validate_for_restore("group", VAULT, INSTANCE, {"restoreRequestObject": body}).result()
    assert restored(sandbox) == {}
    told = api.backup_instances.begin_trigger_restore("group", VAULT, INSTANCE, body).result()
    assert restored(sandbox) == {
        "mail/2026/a": b"old 2026/a",
        "mail/2027/b": b"old 2027/b",
        "logs/c": b"old c",
    }
    job = api.jobs.get("group", VAULT, told.job_id.rpartition("/")[2]).properties
    assert (job.operation, job.status, job.data_source_name) == ("Restore", "Completed", "archive")
    assert [one.name for one in api.jobs.list("group", VAULT)] == [told.job_id.rpartition("/")[2]]


def test_a_part_of_a_point_is_restored(sandbox, instance):
    quick(sandbox)
    point = planted(sandbox, instance)
    api = sandbox.client(DataProtectionMgmtClient)
    criteria = [{"itemPath": "mail", "isPathRelativeToBackupItem": True, "subItemPathPrefix": ["2027/"]}]
    body = request(instance, point, criteria=criteria)
    api.backup_instances.begin_trigger_restore("group", VAULT, INSTANCE, body).result()
    assert restored(sandbox) == {"mail/2027/b": b"old 2027/b"}


def test_harm_in_the_vault_shows_in_what_is_restored(sandbox, instance):
    quick(sandbox)
    point = planted(sandbox, instance, harm="truncated")
    api = sandbox.client(DataProtectionMgmtClient)
    api.backup_instances.begin_trigger_restore("group", VAULT, INSTANCE, request(instance, point)).result()
    assert restored(sandbox)["logs/c"] == b"ol"


@pytest.mark.parametrize(
    ("outcome", "copies"),
    [pytest.param(Outcome.FAILED, 0, id="failed"), pytest.param(Outcome.PARTIAL, 1, id="in part")],
)
def test_a_restore_that_goes_wrong_says_so(outcome, copies, sandbox, instance):
    quick(sandbox, outcome=outcome, code="UserErrorNoSpace", message="There is no room.")
    point = planted(sandbox, instance)
    api = sandbox.client(DataProtectionMgmtClient)
    with pytest.raises(HttpResponseError, match="UserErrorNoSpace"):
        api.backup_instances.begin_trigger_restore("group", VAULT, INSTANCE, request(instance, point)).result()
    (job,) = api.jobs.list("group", VAULT)
    assert (job.properties.status, job.properties.error_details[0].code) == ("Failed", "UserErrorNoSpace")
    assert len(restored(sandbox)) == copies


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param({"recoveryPointId": "none"}, "UserErrorRecoveryPointNotFound", id="no point"),
        pytest.param({"target": "none"}, "is no storage account", id="no account"),
        pytest.param({"target": "archive"}, "to another account than their own", id="its own account"),
        pytest.param({"sourceDataStoreType": "OperationalStore"}, "NotImplemented", id="another store"),
        pytest.param({"target": "taken"}, "has containers of these names: mail", id="a container of the name"),
    ],
)
def test_a_restore_that_cannot_be_is_refused_before_anything_is_done(words, said, sandbox, instance):
    container(sandbox, account(sandbox, "taken"))
    point = planted(sandbox, instance)
    api = sandbox.client(DataProtectionMgmtClient, retry_total=0)
    body = request(instance, point, **words)
    with pytest.raises(HttpResponseError, match=said):
        api.backup_instances.begin_trigger_restore("group", VAULT, INSTANCE, body)
    assert list(api.jobs.list("group", VAULT)) == []


def looks_back(sandbox):
    """Make an account that can look back a week; returns its path."""
    path = account(sandbox, days=14)
    container(sandbox, path)
    policy = {"restorePolicy": {"enabled": True, "days": 7}, "isVersioningEnabled": True}
    sandbox.put(f"{path}/blobServices/default", {"properties": policy})
    return path


def test_ranges_of_blobs_go_back_to_a_moment(sandbox):
    quick(sandbox)
    looks_back(sandbox)
    for name in ("canary/a", "canary/b", "other"):
        blobs.hold(sandbox.store, "archive", "mail", name, b"old")
    moment = later(sandbox, minutes=5)
    later(sandbox, minutes=5)
    blobs.hold(sandbox.store, "archive", "mail", "canary/a", b"new")
    blobs.hold(sandbox.store, "archive", "mail", "canary/late", b"new")
    blobs.hold(sandbox.store, "archive", "mail", "other", b"new")
    client(sandbox).get_blob_client("mail", "canary/b").delete_blob()
    api = sandbox.client(StorageManagementClient)
    body = {"timeToRestore": moment, "blobRanges": [{"startRange": "mail/canary/", "endRange": "mail/canary0"}]}
    told = api.storage_accounts.begin_restore_blob_ranges("group", "archive", body).result()
    assert told.status == "Complete"
    assert restored(sandbox, "archive") == {"mail/canary/a": b"old", "mail/canary/b": b"old", "mail/other": b"new"}
    account_ = api.storage_accounts.get_properties("group", "archive", expand="blobRestoreStatus")
    assert account_.blob_restore_status.status == "Complete"


def test_one_restore_runs_at_a_time_and_only_within_its_days(sandbox):
    looks_back(sandbox)
    behave(sandbox.store, Behaviour(outcome=Outcome.HANGING))
    now = sandbox.store.now()
    api = sandbox.client(StorageManagementClient, retry_total=0)
    ranges = [{"startRange": "", "endRange": ""}]

    def begin(days):
        body = {"timeToRestore": now - timedelta(days=days), "blobRanges": ranges}
        api.storage_accounts.begin_restore_blob_ranges("group", "archive", body, polling=False)

    with pytest.raises(HttpResponseError, match="not within the days"):
        begin(8)
    begin(1)
    with pytest.raises(HttpResponseError, match="RestoreOperationInProgress"):
        begin(1)
    found = api.storage_accounts.get_properties("group", "archive", expand="blobRestoreStatus")
    assert found.blob_restore_status.status == "InProgress"
