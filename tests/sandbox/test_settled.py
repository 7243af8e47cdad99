"""After its first day an estate shows what Azure alone can make of it, and nothing that nobody put there."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.kinds.sql import LONG_TERM_BACKUP
from audit.sandbox.settled import settle
from audit.sandbox.sql_contents import held
from audit.sandbox.tenant import OWNERS

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PLACE = {"location": "uksouth"}
SERVERS = "Microsoft.Sql/servers"


@pytest.fixture
def group(sandbox):
    return f"{sandbox.group()}/providers"


def told(sandbox, identity, *, expand=""):
    """Return what is answered of a resource."""
    status, answer, _ = sandbox.ask("GET", f"{identity}?api-version=2024-01-01{expand and f'&$expand={expand}'}")
    assert status == 200, answer
    return answer["properties"]


def test_an_empty_estate_has_its_owners_and_nothing_else(sandbox):
    settle(sandbox.store, now=NOW)
    kinds = {found["type"] for found in sandbox.store.listed()}
    assert kinds == {
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.Authorization/roleAssignmentScheduleInstances",
    }
    assert sandbox.store.count() == 2 * len(OWNERS)


def test_told_twice_an_estate_is_the_same_a_while_later(sandbox, group):
    vault = f"{group}/Microsoft.RecoveryServices/vaults/copies"
    item = f"{vault}/backupFabrics/Azure/protectionContainers/c/protectedItems/i"
    sandbox.put(vault, PLACE)
    machine = f"{group}/Microsoft.Compute/virtualMachines/worker"
    source = {"protectedItemType": "Microsoft.Compute/virtualMachines", "sourceResourceId": machine}
    sandbox.put(item, {"properties": source})
    assert settle(sandbox.store, now=NOW) == settle(sandbox.store, now=NOW + timedelta(hours=3))
    assert told(sandbox, item)["lastRecoveryPoint"] == "2026-01-15T13:01:00Z"
    assert len(sandbox.store.listed("Microsoft.RecoveryServices/vaults/backupJobs")) == 1


def test_databases_of_a_failover_group_are_linked_at_both_ends(sandbox, group):
    own, away = f"{group}/{SERVERS}/own", f"{group}/{SERVERS}/away"
    for server, region in ((own, "uksouth"), (away, "ukwest")):
        sandbox.put(server, {"location": region})
        sandbox.put(f"{server}/databases/people", {"location": region})
    pair = {"partnerServers": [{"id": away}], "databases": [f"{own}/databases/people"]}
    sandbox.put(f"{own}/failoverGroups/pair", {"properties": pair})
    settle(sandbox.store, now=NOW)
    links = {
        found["id"].split("/servers/")[1].split("/")[0]: found["properties"]
        for found in sandbox.store.listed("Microsoft.Sql/servers/databases/replicationLinks")
    }
    assert [links["own"][key] for key in ("role", "partnerServer", "partnerLocation")] == ["Primary", "away", "UK West"]
    assert [links["away"][key] for key in ("role", "partnerServer", "partnerLocation")] == [
        "Secondary",
        "own",
        "UK South",
    ]
    assert told(sandbox, f"{own}/failoverGroups/pair")["replicationRole"] == "Primary"
    restorable = sandbox.store.listed("Microsoft.Sql/servers/recoverableDatabases")
    assert [found["id"].split("/servers/")[1] for found in restorable] == ["own/recoverableDatabases/people"]


def test_how_far_a_copy_lags_is_told_to_those_who_ask_for_it_by_name(sandbox, group):
    accounts = f"{group}/Microsoft.Storage/storageAccounts"
    for name, sku in (("wide", "Standard_GZRS"), ("lone", "Standard_LRS")):
        sandbox.put(f"{accounts}/{name}", {**PLACE, "sku": {"name": sku}})
    settle(sandbox.store, now=NOW)
    asked = {"expand": "geoReplicationStats"}
    assert told(sandbox, f"{accounts}/wide", **asked)["geoReplicationStats"]["lastSyncTime"] == "2026-01-15T11:55:00Z"
    assert "geoReplicationStats" not in told(sandbox, f"{accounts}/wide")
    assert "geoReplicationStats" not in told(sandbox, f"{accounts}/lone", **asked)


def test_a_key_ends_by_its_own_rotation_policy_or_not_at_all(sandbox, group):
    vault = f"{group}/Microsoft.KeyVault/vaults/safe"
    sandbox.put(vault, PLACE)
    sandbox.put(f"{vault}/keys/turning", {"properties": {"rotationPolicy": {"attributes": {"expiryTime": "P2Y"}}}})
    sandbox.put(f"{vault}/keys/lasting", {"properties": {}})
    settle(sandbox.store, now=NOW)
    ends = datetime.fromtimestamp(told(sandbox, f"{vault}/keys/turning")["attributes"]["exp"], UTC)
    assert ends == NOW + timedelta(days=729)
    assert "exp" not in told(sandbox, f"{vault}/keys/lasting")["attributes"]


def test_a_database_holds_rows_and_has_a_long_term_backup_where_its_policy_keeps_any(sandbox, group):
    server = f"{group}/{SERVERS}/own"
    sandbox.put(server, PLACE)
    for name, weekly in (("people", "P4W"), ("notes", "PT0S")):
        sandbox.put(f"{server}/databases/{name}", PLACE)
        policy = f"{server}/databases/{name}/backupLongTermRetentionPolicies/default"
        sandbox.put(policy, {"properties": {"weeklyRetention": weekly}})
    for moment in (NOW, NOW + timedelta(hours=3)):
        settle(sandbox.store, now=moment)
    assert set(held(sandbox.store, f"{server}/databases/notes", NOW).tables) == {
        "dbo.customers",
        "dbo.mailboxes",
    }
    (backup,) = sandbox.store.listed(LONG_TERM_BACKUP.arm)
    kept = backup["properties"]
    assert (kept["databaseName"], kept["backupExpirationTime"]) == ("people", "2026-02-12T00:00:00Z")
