"""Controls of access on what Azure and the directory really answer: ids, nesting and scopes as ARM spells them."""

import pytest

from audit.engine import rule
from audit.estate import IndexedEstate
from audit.kinds.authorization import MANAGEMENT_LOCK, ROLE_ASSIGNMENT
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.graph import GROUP, USER
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.network import VIRTUAL_NETWORK
from audit.kinds.recoveryservices import BACKUP_POLICY, PROTECTED_ITEM
from audit.kinds.resources import RESOURCE_GROUP
from audit.model import Example, Kind, Plane, Resource, Snapshot, Verdict
from audit.shape import from_arm
from tests.support import CONTROLS, NOON, policies_for

SUBSCRIPTION = "/subscriptions/0a0d17e5-5ab5-4c71-9a0d-17e55ab50001"
OTHER = "/subscriptions/0a0d17e5-5ab5-4c71-9a0d-17e55ab50002"
GROUP_ID = f"{SUBSCRIPTION}/resourceGroups/Keys"
VAULT = f"{GROUP_ID}/providers/Microsoft.KeyVault/vaults/kv"
LOCKS = "providers/Microsoft.Authorization/locks/keep"
POLICIES = policies_for(Example(Verdict.KEPT, {}))


def live(kind, identity, properties):
    """Make a resource of an answer, as the live source does."""
    answer = {"id": identity, "name": identity.rpartition("/")[2], "type": kind.arm, "properties": properties}
    return Resource(
        type=kind.arm,
        id=identity.lower(),
        name=answer["name"],
        plane=Plane.LIVE,
        seen_at=NOON,
        body=from_arm(kind, answer),
    )


def directory(kind, identity, **properties):
    """Make an object of the directory, as Graph answers it."""
    return Resource(
        type=kind.arm,
        id=f"{kind.arm}/{identity}".lower(),
        name=identity,
        plane=Plane.LIVE,
        seen_at=NOON,
        body={"id": identity, **properties},
    )


def ruling(control, subject, *others):
    """Rule by a control on a live resource among others; on the estate where there is no subject."""
    resources = (*((subject,) if subject else ()), *others)
    estate = IndexedEstate(Snapshot(plane=Plane.LIVE, origin="a test", seen_at=NOON, resources=resources))
    return rule(CONTROLS[control], subject, POLICIES, estate)


@pytest.mark.parametrize(
    ("scope", "verdict"),
    [
        pytest.param(VAULT, Verdict.KEPT, id="on the vault"),
        pytest.param(VAULT.upper(), Verdict.KEPT, id="in capitals"),
        pytest.param(GROUP_ID, Verdict.KEPT, id="on its group"),
        pytest.param(SUBSCRIPTION, Verdict.KEPT, id="on its subscription"),
        pytest.param(f"{SUBSCRIPTION}/resourceGroups/Key", Verdict.BROKEN, id="on a group whose name it begins with"),
        pytest.param(OTHER, Verdict.BROKEN, id="on another subscription"),
        pytest.param(f"{VAULT}/keys/k", Verdict.BROKEN, id="below the vault"),
    ],
)
def test_a_lock_counts_on_a_vault_or_above_it(scope, verdict):
    """Azure tells a lock's scope by the lock's own id."""
    lock = live(MANAGEMENT_LOCK, f"{scope}/{LOCKS}", {"level": "CanNotDelete"})
    assert ruling("access-crown-jewels-locked", live(KEY_VAULT, VAULT, {}), lock).verdict is verdict


ITEM = f"{GROUP_ID}/providers/Microsoft.RecoveryServices/vaults/v"
MACHINE = f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines/m"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        pytest.param({}, Verdict.KEPT, id="protected"),
        pytest.param({"protectionState": None}, Verdict.UNPROVEN, id="it does not say how it is"),
        pytest.param({"protectionState": "IRPending"}, Verdict.UNPROVEN, id="no copy yet"),
        pytest.param({"protectionState": "ProtectionError"}, Verdict.BROKEN, id="it fails"),
        pytest.param({"policyId": f"{ITEM}/backupPolicies/gone"}, Verdict.UNPROVEN, id="its policy is nowhere"),
        pytest.param({"isScheduledForDeferredDelete": True}, Verdict.BROKEN, id="somebody deleted it"),
    ],
)
def test_a_running_machine_is_backed_up_where_azure_calls_it_protected(said, verdict):
    """What runs says its state itself, and names its policy by an id."""
    policy = live(BACKUP_POLICY, f"{ITEM}/backupPolicies/daily", {})
    good = {"sourceResourceId": MACHINE, "protectionState": "Protected", "policyId": policy.id}
    item = live(PROTECTED_ITEM, f"{ITEM}/backupFabrics/Azure/protectionContainers/c/protectedItems/i", {**good, **said})
    assert ruling("backup-machines-protected", live(VIRTUAL_MACHINE, MACHINE, {}), item, policy).verdict is verdict


def test_a_subscriptions_lock_holds_the_restore_points_in_it():
    """The groups of Azure Backup lie below the lock, though nobody named them."""
    lock = live(MANAGEMENT_LOCK, f"{SUBSCRIPTION}/{LOCKS}", {"level": "ReadOnly"})
    points = live(RESOURCE_GROUP, f"{SUBSCRIPTION}/resourceGroups/AzureBackupRG_uksouth_1", {})
    found = ruling("access-restore-points-unlocked", None, lock, points)
    assert (found.verdict, "AzureBackupRG_uksouth_1" in found.reason) == (Verdict.BROKEN, True)


@pytest.mark.parametrize(
    ("endpoint", "verdict"),
    [
        pytest.param(SUBSCRIPTION, Verdict.KEPT, id="ours"),
        pytest.param(OTHER, Verdict.BROKEN, id="theirs"),
        pytest.param("", Verdict.BROKEN, id="in no subscription"),
    ],
)
def test_an_approved_endpoint_is_told_by_its_subscription(endpoint, verdict):
    """Each connection is nested twice, as ARM answers it."""
    connection = {
        "id": f"{VAULT}/privateEndpointConnections/one",
        "properties": {
            "privateEndpoint": {"id": f"{endpoint}/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/e"},
            "privateLinkServiceConnectionState": {"status": "Approved", "actionsRequired": "None"},
        },
    }
    vault = live(KEY_VAULT, VAULT, {"privateEndpointConnections": [connection]})
    assert ruling("access-private-links-own", vault).verdict is verdict


def test_a_network_that_does_not_tell_its_peerings_is_unproven():
    """An answer without the list is no evidence that there is none."""
    network = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/n"
    silent = live(VIRTUAL_NETWORK, network, {})
    alone = live(VIRTUAL_NETWORK, network, {"virtualNetworkPeerings": []})
    verdicts = [ruling("access-peerings-internal", found).verdict for found in (silent, alone)]
    assert verdicts == [Verdict.UNPROVEN, Verdict.KEPT]


def test_a_guest_in_a_group_of_a_group_holds_the_groups_role():
    """Graph's members are followed to the end, and groups that hold each other end, too."""
    held = {"principalId": "G1", "principalType": "Group", "roleDefinitionId": "x", "scope": SUBSCRIPTION}
    assignment = live(ROLE_ASSIGNMENT, f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r", held)
    outer = directory(GROUP, "g1", members=[{"id": "g2", "odataType": "#microsoft.graph.group"}])
    inner = directory(GROUP, "g2", members=[{"id": "g1"}, {"id": "u1", "odataType": "#microsoft.graph.user"}])
    people = {sort: directory(USER, "u1", userType=sort) for sort in ("Member", "Guest")}
    verdicts = [ruling("access-own-directory-only", assignment, outer, inner, who).verdict for who in people.values()]
    assert verdicts == [Verdict.KEPT, Verdict.BROKEN]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        pytest.param("Microsoft.EventHub/namespaces", Verdict.UNPROVEN, id="one that may send its logs"),
        pytest.param("microsoft.compute/restorepointcollections", Verdict.NOT_APPLICABLE, id="one that has none"),
    ],
)
def test_a_resource_that_nobody_asked_for_its_settings_leaves_open_where_its_logs_go(name, verdict):
    """No row knows the type, so no settings of it are seen."""
    stranger = live(Kind(arm=name, api="", pulumi=()), f"{GROUP_ID}/providers/{name}/one", {})
    assert ruling("access-telemetry-stays-ours", stranger).verdict is verdict
