"""The local Azure restores SQL databases as Azure does: its own client makes, polls, loses and finds them."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.sql import SqlManagementClient

from audit.sandbox import sql_contents, sql_keys, sql_quotas
from audit.sandbox.jobs import Behaviour, Outcome, behave
from audit.sandbox.sql_contents import Damage, held, hold
from audit.sandbox.sql_points import take_long_term

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = {"columns": [["id", "int"], ["name", "nvarchar(50)"]], "rows": [[1, "Ada"], [2, "Alan"]]}
KEY = "https://safe.vault.azure.net/keys/seal/0a0d17e5"


@pytest.fixture
def azure(sandbox):
    """A client, at noon, of a server with the database `people` and an empty one in the other region."""
    sandbox.store.set_clock(NOON)
    for group, server, region in (("group", "own", "uksouth"), ("drill", "away", "ukwest")):
        place = f"{sandbox.group(group)}/providers/Microsoft.Sql/servers/{server}"
        sandbox.put(place, {"location": region})
    sku = {"name": "GP_Gen5_2", "tier": "GeneralPurpose", "capacity": 2}
    first = {"earliestRestoreDate": (NOON - 5 * DAY).isoformat()}
    sandbox.put(people(sandbox), {"location": "uksouth", "sku": sku, "properties": first})
    hold(sandbox.store, people(sandbox), NOON - 5 * DAY, {"people": {**PEOPLE, "rows": PEOPLE["rows"][:1]}})
    hold(sandbox.store, people(sandbox), NOON - 2 * HOUR, {"people": PEOPLE})
    return sandbox.client(SqlManagementClient)


def people(sandbox):
    return f"{sandbox.root}/resourceGroups/group/providers/Microsoft.Sql/servers/own/databases/people"


def recoverable(sandbox, at=NOON - HOUR):
    """Let Azure have copied the database to the other region."""
    identity = people(sandbox).replace("/databases/", "/recoverableDatabases/")
    sandbox.put(identity, {"properties": {"lastAvailableBackupDate": at.isoformat()}})
    return identity


def later(sandbox, by=timedelta(minutes=1)):
    sandbox.store.set_clock(sandbox.store.now() + by)


def put(azure, name, mode, server="own", **said):
    """Begin to restore; the answer is not waited for."""
    where = ("group" if server == "own" else "drill", server, name)
    return azure.databases.begin_create_or_update(
        *where, {"location": "uksouth", "properties": {"createMode": mode, **said}}, polling=False
    )


def state(azure, name, server="own"):
    """Return the status of a database, empty where there is none."""
    try:
        return azure.databases.get("group" if server == "own" else "drill", server, name).properties.status
    except ResourceNotFoundError:
        return ""


def names(sandbox, database):
    """Return the names that a database's table holds now."""
    tables = held(sandbox.store, database, sandbox.store.now()).tables
    return [row[1] for row in tables["dbo.people"].rows] if tables else []


def moments(sandbox, azure):
    """Return each way to restore the database, with what is restored and where."""
    dropped = put_and_drop(sandbox, azure)
    copy, backup = recoverable(sandbox), take_long_term(sandbox.store, people(sandbox), NOON - DAY, NOON + 28 * DAY)
    return {
        "point in time": ("own", "PointInTimeRestore", {"sourceDatabaseId": people(sandbox), **at(NOON - 3 * HOUR)}),
        "latest": ("own", "PointInTimeRestore", {"sourceDatabaseId": people(sandbox), **at(NOON - HOUR)}),
        "dropped": ("own", "Restore", {"sourceDatabaseId": dropped.id}),
        "dropped, by its own id": ("own", "Restore", {"restorableDroppedDatabaseId": dropped.id}),
        "long term": ("away", "RestoreLongTermRetentionBackup", {"longTermRetentionBackupResourceId": backup}),
        "elsewhere": ("away", "Recovery", {"sourceDatabaseId": copy}),
        "elsewhere, by its own id": ("away", "Recovery", {"recoverableDatabaseId": copy}),
    }


def at(moment):
    return {"restorePointInTime": moment.isoformat()}


def put_and_drop(sandbox, azure):
    """Restore a copy, drop it, and return what is left of it."""
    put(azure, "copy", "PointInTimeRestore", sourceDatabaseId=people(sandbox), **at(NOON - HOUR))
    later(sandbox)
    later(sandbox, HOUR)
    azure.databases.begin_delete("group", "own", "copy", polling=False)
    later(sandbox)
    (found,) = azure.restorable_dropped_databases.list_by_server("group", "own")
    return found


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("point in time", ["Ada"]),
        ("latest", ["Ada", "Alan"]),
        ("dropped", ["Ada", "Alan"]),
        ("dropped, by its own id", ["Ada", "Alan"]),
        ("long term", ["Ada"]),
        ("elsewhere", ["Ada", "Alan"]),
        ("elsewhere, by its own id", ["Ada", "Alan"]),
    ],
)
def test_a_restored_database_comes_online_in_time_with_what_was_held_at_its_moment(sandbox, azure, way, expected):
    server, mode, said = moments(sandbox, azure)[way]
    put(azure, "drill", mode, server, **said)
    assert state(azure, "drill", server) == "Restoring"
    later(sandbox)
    assert state(azure, "drill", server) == "Online"
    made = azure.databases.get("group" if server == "own" else "drill", server, "drill")
    assert names(sandbox, made.id) == expected
    assert made.location == ("uksouth" if server == "own" else "ukwest")
    assert made.properties.create_mode is None


def test_azures_own_client_waits_until_the_restore_is_done(sandbox, azure):
    behave(sandbox.store, Behaviour(seconds=0))
    restored = azure.databases.begin_create_or_update(
        "drill",
        "away",
        "drill",
        {"location": "ukwest", "properties": {"createMode": "Recovery", "sourceDatabaseId": recoverable(sandbox)}},
        polling_interval=0,
    ).result()
    assert (restored.name, restored.properties.status) == ("drill", "Online")


@pytest.mark.parametrize(
    ("mode", "said", "code"),
    [
        ("PointInTimeRestore", {}, "InvalidLiveDatabase"),
        ("PointInTimeRestore", {"sourceDatabaseId": "PEOPLE"}, "MissingRestorePointInTime"),
        ("PointInTimeRestore", {"sourceDatabaseId": "PEOPLE", **at(NOON - 8 * DAY)}, "PitrPointInTimeInvalid"),
        ("PointInTimeRestore", {"sourceDatabaseId": "PEOPLE", **at(NOON + HOUR)}, "PitrPointInTimeInvalid"),
        ("Restore", {"sourceDatabaseId": "PEOPLE"}, "MissingSourceDatabaseDeletionDate"),
        ("Restore", {"restorableDroppedDatabaseId": "/subscriptions/x"}, "InvalidDroppedDatabase"),
        ("Recovery", {}, "MissingRecoverableDatabaseId"),
        ("Recovery", {"sourceDatabaseId": "PEOPLE"}, "InvalidRecoverableDatabaseId"),
        ("RestoreLongTermRetentionBackup", {"longTermRetentionBackupResourceId": "/nowhere"}, "ResourceNotFound"),
    ],
)
def test_what_cannot_be_restored_is_refused_and_leaves_nothing(sandbox, azure, mode, said, code):
    spelt = {name: value.replace("PEOPLE", people(sandbox)) for name, value in said.items()}
    with pytest.raises(HttpResponseError) as refused:
        put(azure, "drill", mode, **spelt)
    assert refused.value.error.code == code
    assert state(azure, "drill") == ""


def test_a_name_that_is_taken_is_refused(sandbox, azure):
    said = {"sourceDatabaseId": people(sandbox), **at(NOON - HOUR)}
    with pytest.raises(ResourceExistsError) as there:
        put(azure, "people", "PointInTimeRestore", **said)
    assert there.value.error.code == "RemoteDatabaseExists"
    put(azure, "drill", "PointInTimeRestore", **said)
    with pytest.raises(ResourceExistsError) as under_way:
        put(azure, "drill", "PointInTimeRestore", **said)
    assert under_way.value.error.code == "ConflictingDatabaseOperation"


@pytest.mark.parametrize(
    ("outcome", "then"), [("failed", ""), ("partial", "RecoveryPending"), ("hanging", "Restoring")]
)
def test_a_restore_that_does_not_end_well_leaves_what_azure_would(sandbox, azure, outcome, then):
    behave(sandbox.store, Behaviour(operation="restore", outcome=Outcome(outcome), code="Broken"))
    said = {"sourceDatabaseId": people(sandbox), **at(NOON - HOUR)}
    put(azure, "drill", "PointInTimeRestore", **said)
    later(sandbox, DAY)
    assert state(azure, "drill") == then


def test_azures_own_client_is_told_why_a_restore_failed(sandbox, azure):
    behave(sandbox.store, Behaviour(seconds=0, outcome=Outcome.FAILED, code="BackupSetNotFound"))
    wanted = {"createMode": "Recovery", "sourceDatabaseId": recoverable(sandbox)}
    poller = azure.databases.begin_create_or_update(
        "drill", "away", "drill", {"location": "x", "properties": wanted}, polling_interval=0
    )
    with pytest.raises(HttpResponseError) as failed:
        poller.result()
    assert failed.value.error.code == "BackupSetNotFound"
    assert state(azure, "drill", "away") == ""


@pytest.mark.parametrize(
    ("damage", "status", "expected"),
    [
        (Damage.MISSING_TABLE, "Online", []),
        (Damage.FEWER_ROWS, "Online", ["Ada"]),
        (Damage.CORRUPT_PAGE, "Online", ["Ada", "Alan"]),
        (Damage.SUSPECT, "Suspect", ["Ada", "Alan"]),
        (Damage.STALE, "Online", ["Ada"]),
    ],
)
def test_a_damaged_backup_shows_in_what_is_restored_of_it(sandbox, azure, damage, status, expected):
    hold(sandbox.store, people(sandbox), NOON - HOUR, {"people": PEOPLE}, damage)
    put(azure, "drill", "PointInTimeRestore", sourceDatabaseId=people(sandbox), **at(NOON))
    later(sandbox)
    assert state(azure, "drill") == status
    assert names(sandbox, people(sandbox).replace("people", "drill")) == expected
    assert names(sandbox, people(sandbox)) == ["Ada", "Alan"]


def test_a_dropped_database_can_be_restored_until_its_retention_ends(sandbox, azure):
    azure.backup_short_term_retention_policies.begin_create_or_update(
        "group", "own", "people", "default", {"properties": {"retentionDays": 1}}
    ).result()
    azure.databases.begin_delete("group", "own", "people", polling=False)
    later(sandbox)
    (left,) = azure.restorable_dropped_databases.list_by_server("group", "own")
    assert left.properties.database_name == "people"
    assert left.properties.earliest_restore_date < left.properties.deletion_date
    assert azure.restorable_dropped_databases.get("group", "own", left.name).id == left.id
    later(sandbox, DAY)
    assert list(azure.restorable_dropped_databases.list_by_server("group", "own")) == []
    with pytest.raises(HttpResponseError) as gone:
        put(azure, "drill", "Restore", sourceDatabaseId=left.id)
    assert gone.value.error.code == "InvalidDroppedDatabase"


@pytest.mark.parametrize("outcome", ["failed", "partial", "hanging"])
@pytest.mark.parametrize("what", ["database", "server"])
def test_a_deletion_that_does_not_end_well_leaves_what_was_there(sandbox, azure, what, outcome):
    behave(sandbox.store, Behaviour(operation="delete", outcome=Outcome(outcome)))
    if what == "database":
        azure.databases.begin_delete("group", "own", "people", polling=False)
    else:
        azure.servers.begin_delete("group", "own", polling=False)
    later(sandbox, DAY)
    assert state(azure, "people") == "Online"
    assert list(azure.restorable_dropped_databases.list_by_server("group", "own")) == []


@pytest.mark.parametrize("days", [0, 36])
def test_backups_are_kept_for_one_to_thirty_five_days(azure, days):
    with pytest.raises(HttpResponseError) as refused:
        azure.backup_short_term_retention_policies.begin_update(
            "group", "own", "people", "default", {"properties": {"retentionDays": days}}
        )
    assert refused.value.error.code == "InvalidBackupRetentionPeriod"


def test_a_database_can_be_deleted_while_it_is_being_restored(sandbox, azure):
    behave(sandbox.store, Behaviour(operation="restore", outcome=Outcome.HANGING))
    put(azure, "drill", "PointInTimeRestore", sourceDatabaseId=people(sandbox), **at(NOON - HOUR))
    azure.databases.begin_delete("group", "own", "drill", polling=False)
    later(sandbox, DAY)
    assert [one.name for one in azure.databases.list_by_server("group", "own")] == ["master", "people"]
    (left,) = azure.restorable_dropped_databases.list_by_server("group", "own")
    assert left.properties.earliest_restore_date is None


def test_a_copy_elsewhere_says_how_old_it_is(sandbox, azure):
    recoverable(sandbox)
    (copy,) = azure.recoverable_databases.list_by_server("group", "own")
    assert copy.properties.last_available_backup_date == NOON - HOUR
    assert azure.recoverable_databases.get("group", "own", "people").id == copy.id


def test_a_database_named_as_a_dropped_one_holds_nothing_of_it(sandbox, azure):
    azure.databases.begin_delete("group", "own", "people", polling=False)
    later(sandbox)
    sandbox.put(people(sandbox), {"location": "uksouth"})
    assert names(sandbox, people(sandbox)) == []


def test_a_server_goes_with_all_it_had_dropped(sandbox, azure):
    put_and_drop(sandbox, azure)
    azure.servers.begin_delete("group", "own", polling=False)
    later(sandbox)
    assert list(azure.deleted_servers.list()) == []
    sandbox.put(people(sandbox).partition("/databases")[0], {"location": "uksouth"})
    assert list(azure.restorable_dropped_databases.list_by_server("group", "own")) == []


@pytest.mark.parametrize("how", ["recovered", "put again"])
def test_a_server_with_retention_can_be_found_and_recovered_with_its_databases(sandbox, azure, how):
    azure.servers.begin_update("group", "own", {"properties": {"retentionDays": 7}}).result()
    azure.servers.begin_delete("group", "own", polling=False)
    later(sandbox)
    assert state(azure, "people") == ""
    assert [one.name for one in azure.deleted_servers.list()] == ["own"]
    assert [one.name for one in azure.deleted_servers.list_by_location("ukwest")] == []
    assert azure.deleted_servers.get("uksouth", "own").properties.original_id.endswith("/servers/own")
    if how == "recovered":
        azure.deleted_servers.begin_recover("uksouth", "own", polling=False)
    else:
        wanted = {"location": "uksouth", "properties": {"createMode": "Restore"}}
        azure.servers.begin_create_or_update("group", "own", wanted, polling=False)
    later(sandbox)
    assert (list(azure.deleted_servers.list()), state(azure, "people")) == ([], "Online")


def test_a_deleted_server_is_gone_when_its_retention_ends(sandbox, azure):
    azure.servers.begin_update("group", "own", {"properties": {"retentionDays": 7}}).result()
    sandbox.ask("DELETE", f"{sandbox.root}/resourceGroups/group?api-version=2024-01-01")
    assert [one.name for one in azure.deleted_servers.list_by_location("uksouth")] == ["own"]
    later(sandbox, 8 * DAY)
    assert list(azure.deleted_servers.list_by_location("uksouth")) == []


def test_long_term_backups_are_listed_by_database_server_and_region_and_outlive_their_server(sandbox, azure):
    for days in (14, 7):
        take_long_term(sandbox.store, people(sandbox), NOON - days * DAY, NOON + 28 * DAY)
    azure.servers.begin_delete("group", "own", polling=False)
    later(sandbox)
    found = azure.long_term_retention_backups
    lists = [
        found.list_by_location("uksouth"),
        found.list_by_server("uksouth", "own"),
        found.list_by_database("uksouth", "own", "people"),
        found.list_by_resource_group_location("group", "uksouth"),
        found.list_by_resource_group_server("group", "uksouth", "own"),
        found.list_by_resource_group_database("group", "uksouth", "own", "people"),
        found.list_by_location("uksouth", database_state="Deleted"),
    ]
    assert [len(list(one)) for one in lists] == [2] * len(lists)
    assert len(list(found.list_by_resource_group_location("drill", "uksouth"))) == 0
    assert len(list(found.list_by_location("uksouth", database_state="Live"))) == 0
    (latest,) = found.list_by_location("uksouth", only_latest_per_database=True)
    assert latest.properties.backup_time == NOON - 7 * DAY
    assert found.get("uksouth", "own", "people", latest.name).id == latest.id
    assert found.get_by_resource_group("group", "uksouth", "own", "people", latest.name).name == latest.name


def test_a_database_shows_from_where_on_it_can_be_restored(azure):
    (point,) = azure.restore_points.list_by_database("group", "own", "people")
    assert (point.properties.restore_point_type, point.properties.earliest_restore_date) == (
        "CONTINUOUS",
        NOON - 5 * DAY,
    )
    assert azure.restore_points.get("group", "own", "people", point.name).name == point.name


def test_a_region_without_room_refuses_servers_and_databases(sandbox, azure):
    sql_quotas.limit(sandbox.store, "ukwest", servers=1, cores=1)
    used = {one.name: one.properties.current_value for one in azure.subscription_usages.list_by_location("ukwest")}
    assert used == {"ServerQuota": 1, "RegionalVCoreQuotaForSQLDBAndDW": 0}
    assert azure.subscription_usages.get("ukwest", "ServerQuota").properties.limit == 1
    with pytest.raises(HttpResponseError) as server:
        azure.servers.begin_create_or_update("drill", "more", {"location": "ukwest"})
    assert server.value.error.code == "ServerQuotaExceeded"
    with pytest.raises(HttpResponseError) as database:
        put(azure, "drill", "Recovery", "away", sourceDatabaseId=recoverable(sandbox))
    assert database.value.error.code == "SubscriptionVcoreQuotaExceeded"


@pytest.mark.parametrize(
    ("why", "known", "code"),
    [
        ("", "as one of its keys", None),
        ("", "as its protector", None),
        ("", "", "KeyMaterialNotFoundOnRemoteServer"),
        ("disabled", "as one of its keys", "AzureKeyVaultKeyDisabled"),
        ("gone", "as one of its keys", "AzureKeyVaultKeyNameNotFound"),
    ],
)
def test_a_restore_needs_the_key_of_its_backup_where_it_goes(sandbox, azure, why, known, code):
    vault = f"{sandbox.root}/resourceGroups/group/providers/Microsoft.KeyVault/vaults/safe"
    sandbox.put(vault, {"location": "uksouth"})
    sandbox.put(f"{vault}/keys/seal", {"properties": {}})
    hold(sandbox.store, people(sandbox), NOON - HOUR, {"people": PEOPLE}, key=KEY)
    if known == "as its protector":
        server = f"{sandbox.root}/resourceGroups/drill/providers/Microsoft.Sql/servers/away"
        sandbox.put(server, {"location": "ukwest", "properties": {"keyId": KEY}})
    if known == "as one of its keys":
        key = {"properties": {"serverKeyType": "AzureKeyVault", "uri": KEY}}
        azure.server_keys.begin_create_or_update("drill", "away", "safe_seal_0a0d17e5", key).result()
    if why:
        sql_keys.take_out_of_use(sandbox.store, KEY, why=why)
    wanted = {"createMode": "Recovery", "sourceDatabaseId": recoverable(sandbox, NOON)}
    place = f"{sandbox.root}/resourceGroups/drill/providers/Microsoft.Sql/servers/away/databases/drill"
    begun = sandbox.ask("PUT", f"{place}?api-version=2023-08-01", {"location": "ukwest", "properties": wanted})
    later(sandbox)
    assert state(azure, "drill", "away") == ("" if code else "Online")
    assert sandbox.ask("GET", begun[2]["Azure-AsyncOperation"])[1].get("error", {}).get("code") == code


@pytest.fixture
def paired(sandbox, azure):
    """The two servers of one failover group, whose copy follows the original."""
    own, away = people(sandbox), people(sandbox).replace("/group/", "/drill/").replace("/own/", "/away/")
    sandbox.put(away, {"location": "ukwest"})
    for near, far, role, other in ((own, away, "Primary", "Secondary"), (away, own, "Secondary", "Primary")):
        server = far.partition("/databases/")[0]
        partner = [{"id": server, "replicationRole": other}]
        group = {"replicationRole": role, "partnerServers": partner, "databases": [near]}
        sandbox.put(f"{near.partition('/databases/')[0]}/failoverGroups/pair", {"properties": group})
        link = {
            "role": role,
            "partnerRole": other,
            "partnerServer": server.rpartition("/")[2],
            "partnerDatabase": "people",
            "replicationState": "CATCH_UP",
        }
        sandbox.put(f"{near}/replicationLinks/link", {"properties": link})
    return azure


def roles(azure):
    """Return the role of each side of the group, and how its link stands."""
    links = [
        next(iter(azure.replication_links.list_by_database(group, server, "people"))).properties
        for group, server in (("group", "own"), ("drill", "away"))
    ]
    groups = [azure.failover_groups.get(*where, "pair").properties for where in (("group", "own"), ("drill", "away"))]
    return [(one.replication_role, link.role, link.replication_state) for one, link in zip(groups, links, strict=True)]


THERE = [("Secondary", "Secondary", "CATCH_UP"), ("Primary", "Primary", "CATCH_UP")]
HOME = [("Primary", "Primary", "CATCH_UP"), ("Secondary", "Secondary", "CATCH_UP")]


def test_a_failover_goes_there_and_back(sandbox, paired):
    assert roles(paired) == HOME
    paired.failover_groups.begin_failover("drill", "away", "pair", polling=False)
    assert roles(paired) == HOME
    later(sandbox)
    assert roles(paired) == THERE
    copy = people(sandbox).replace("/group/", "/drill/").replace("/own/", "/away/")
    assert names(sandbox, copy) == ["Ada", "Alan"]
    assert sql_contents.source(sandbox.store, people(sandbox)).lower() == copy.lower()
    paired.failover_groups.begin_failover("group", "own", "pair", polling=False)
    later(sandbox)
    assert roles(paired) == HOME


def test_a_forced_failover_loses_what_was_not_copied_and_has_to_catch_up(sandbox, paired):
    hold(sandbox.store, people(sandbox), sandbox.store.now(), {"people": {**PEOPLE, "rows": []}})
    paired.failover_groups.begin_force_failover_allow_data_loss("drill", "away", "pair", polling=False)
    later(sandbox, timedelta(seconds=1))
    assert [one[2] for one in roles(paired)] == ["SEEDING", "SEEDING"]
    copy = people(sandbox).replace("/group/", "/drill/").replace("/own/", "/away/")
    assert names(sandbox, copy) == ["Ada", "Alan"]
    later(sandbox)
    assert roles(paired) == THERE


def test_a_primary_does_not_fail_over_to_itself(paired):
    with pytest.raises(HttpResponseError) as refused:
        paired.failover_groups.begin_failover("group", "own", "pair", polling=False)
    assert refused.value.error.code == "FailoverGroupNotSecondary"


@pytest.mark.parametrize("outcome", ["failed", "hanging"])
def test_a_failover_that_does_not_end_well_changes_nothing(sandbox, paired, outcome):
    behave(sandbox.store, Behaviour(operation="failover", outcome=Outcome(outcome)))
    paired.failover_groups.begin_failover("drill", "away", "pair", polling=False)
    later(sandbox)
    assert roles(paired) == HOME
