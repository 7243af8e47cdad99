"""The local Azure rehearses a failover as Site Recovery does: a test machine comes, is looked at, and goes."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.recoveryservicessiterecovery import SiteRecoveryManagementClient

from audit.sandbox import replication
from audit.sandbox.jobs import Behaviour, Outcome, behave

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = ("own", "safe", "uk", "all", "portal")
TIDY = {"properties": {"comments": "rehearsed"}}


class _Azure:
    """A machine in one region whose replica waits in another, and a test network there."""

    def __init__(self, sandbox):
        self.sandbox, self.store = sandbox, sandbox.store
        self.recovery = sandbox.client(SiteRecoveryManagementClient, polling_interval=0.02)
        self.compute, self.network = (
            sandbox.client(ComputeManagementClient, polling_interval=0.02),
            sandbox.client(NetworkManagementClient, polling_interval=0.02),
        )
        self.own, self.away = (f"{sandbox.group(name)}/providers" for name in ("own", "away"))
        self.net = f"{self.away}/Microsoft.Network/virtualNetworks/test"
        subnets = [{"name": name, "properties": {"addressPrefix": f"10.8.{n}.0/24"}} for n, name in enumerate("ba")]
        sandbox.put(self.net, {"location": "ukwest", "properties": {"subnets": subnets}})
        machine = f"{self.own}/Microsoft.Compute/virtualMachines/portal"
        sandbox.put(machine, {"location": "uksouth"})
        self.vault = f"{self.own}/Microsoft.RecoveryServices/vaults/safe"
        sandbox.put(self.vault, {"location": "ukwest"})
        fabric = f"{self.vault}/replicationFabrics/uk"
        container = f"{fabric}/replicationProtectionContainers/all"
        self.item = f"{container}/replicationProtectedItems/portal"
        details = {
            "instanceType": "A2A",
            "fabricObjectId": machine,
            "recoveryAzureResourceGroupId": self.away.removesuffix("/providers"),
            "vmNics": [{"ipConfigs": [{"name": "one", "tfoSubnetName": "b"}]}],
        }
        for place in (fabric, container):
            sandbox.put(place, {"properties": {}})
        properties = {"friendlyName": "portal", "testFailoverState": "None", "providerSpecificDetails": details}
        sandbox.put(self.item, {"properties": properties})
        self.plan = f"{self.vault}/replicationRecoveryPlans/everything"
        group = {"groupType": "Boot", "replicationProtectedItems": [{"id": self.item}]}
        sandbox.put(self.plan, {"properties": {"groups": [group]}})

    def later(self, by=timedelta(minutes=1)):
        """Let time pass, and ask for something: what ended meanwhile is there with the next request."""
        self.store.set_clock(self.store.now() + by)
        self.sandbox.ask("GET", f"{self.vault}?api-version=2024-10-01")

    def wanted(self, **said):
        given = {
            "failoverDirection": "PrimaryToRecovery",
            "networkType": "VmNetworkAsInput",
            "networkId": self.net,
            "providerSpecificDetails": {"instanceType": "A2A"},
        }
        return {"properties": {**given, **said}}

    def fail_over(self, **said):
        items = self.recovery.replication_protected_items
        begun = items.begin_test_failover(*NAMES, self.wanted(**said), polling=False)
        begun.wait()

    def tidy(self):
        self.recovery.replication_protected_items.begin_test_failover_cleanup(*NAMES, TIDY, polling=False)
        self.later()

    def told(self):
        return self.recovery.replication_protected_items.get(*NAMES).properties

    def job(self):
        """Return the newest job, as the client reads it."""
        found = list(self.recovery.replication_jobs.list("own", "safe"))
        newest = max(found, key=lambda one: (one.properties.start_time, one.properties.scenario_name))
        return self.recovery.replication_jobs.get("own", "safe", newest.name).properties

    def made(self):
        kinds = (one["type"].rpartition("/")[2] for one in self.store.listed(group="away"))
        return sorted(kind for kind in kinds if kind in ("disks", "virtualMachines", "networkInterfaces"))


ALL = ["disks", "disks", "networkInterfaces", "virtualMachines"]


@pytest.fixture
def azure(sandbox):
    sandbox.store.set_clock(NOON)
    return _Azure(sandbox)


def test_a_test_machine_comes_in_the_other_region_and_goes_when_it_is_cleaned_up(azure):
    azure.fail_over()
    assert (azure.told().test_failover_state, azure.made()) == ("TestFailoverInProgress", [])
    assert (azure.job().state, azure.job().friendly_name) == ("InProgress", "Test failover")
    azure.later()
    job = azure.job()
    assert (job.state, {task.state for task in job.tasks}) == ("Succeeded", {"Succeeded"})
    (made,) = job.custom_details.protected_item_details
    assert (made.test_vm_name, made.subnet, made.network_friendly_name) == ("portal-test", "b", "test")
    copy = azure.compute.virtual_machines.get("away", "portal-test", expand="instanceView")
    assert (copy.location, copy.properties.instance_view.vm_agent.statuses[0].display_status) == ("ukwest", "Ready")
    told = azure.told()
    assert (told.test_failover_state, azure.made()) == ("TestFailoverCompleted", ALL)
    assert told.last_successful_test_failover_time == NOON + timedelta(minutes=1)
    azure.tidy()
    assert (azure.told().test_failover_state, azure.made()) == ("None", [])
    assert (azure.job().scenario_name, azure.job().custom_details.comments) == ("TestFailoverCleanup", "rehearsed")


def test_a_client_that_waits_is_answered_with_the_item(azure):
    begun = azure.recovery.replication_protected_items.begin_test_failover(*NAMES, azure.wanted())
    azure.later()
    assert begun.result().properties.test_failover_state == "TestFailoverCompleted"


def test_a_plan_fails_all_its_machines_over(azure):
    plans = azure.recovery.replication_recovery_plans
    plans.begin_test_failover("own", "safe", "everything", azure.wanted(), polling=False).wait()
    azure.later()
    assert (azure.made(), azure.told().test_failover_state) == (ALL, "TestFailoverCompleted")
    assert plans.get("own", "safe", "everything").properties.last_test_failover_time == NOON + timedelta(minutes=1)
    assert azure.job().target_instance_type == "RecoveryPlan"
    plans.begin_test_failover_cleanup("own", "safe", "everything", TIDY, polling=False).wait()
    azure.later()
    assert (azure.made(), azure.told().test_failover_state) == ([], "None")


def test_a_subnet_that_is_missing_is_silently_the_first_one(azure):
    azure.network.subnets.begin_delete("away", "test", "b").result()
    azure.fail_over()
    azure.later()
    (nic,) = azure.network.network_interfaces.list("away")
    assert nic.properties.ip_configurations[0].properties.subnet.id.endswith("/subnets/a")


@pytest.mark.parametrize(
    ("outcome", "state", "told", "left"),
    [
        pytest.param(Outcome.FAILED, "Failed", "None", [], id="failing"),
        pytest.param(Outcome.PARTIAL, "Failed", "TestFailoverFailed", ["disks", "disks"], id="in part"),
        pytest.param(Outcome.HANGING, "InProgress", "TestFailoverInProgress", [], id="hanging"),
    ],
)
def test_a_rehearsal_that_does_not_end_well_says_so(azure, outcome, state, told, left):
    behave(azure.store, Behaviour(operation="test failover", outcome=outcome, code="150097", message="It broke."))
    azure.fail_over()
    azure.later(timedelta(days=2))
    job = azure.job()
    assert (job.state, azure.told().test_failover_state, azure.made()) == (state, told, left)
    errors = [error.service_error_details.code for error in job.errors]
    assert errors == (["150097"] if state == "Failed" else [])
    assert azure.told().last_successful_test_failover_time is None
    if left:
        azure.tidy()
        assert (azure.told().test_failover_state, azure.made()) == ("None", [])


@pytest.mark.parametrize(
    ("outcome", "told", "left"),
    [
        pytest.param(Outcome.FAILED, "TestFailoverCompleted", ALL, id="failing"),
        pytest.param(Outcome.PARTIAL, "TestFailoverCompleted", ["disks", "disks"], id="in part"),
        pytest.param(Outcome.HANGING, "MarkedForDeletion", ALL, id="hanging"),
    ],
)
def test_what_a_clean_up_did_not_take_away_stays(azure, outcome, told, left):
    azure.fail_over()
    azure.later()
    behave(azure.store, Behaviour(operation="test failover cleanup", outcome=outcome))
    azure.tidy()
    assert (azure.told().test_failover_state, azure.made()) == (told, left)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param({"networkId": ""}, "InvalidParameter", id="no network"),
        pytest.param({"networkId": "{net}s"}, "ResourceNotFound", id="a network that is not there"),
        pytest.param({"failoverDirection": "Sideways"}, "InvalidParameter", id="no direction"),
    ],
)
def test_a_rehearsal_that_cannot_be_is_refused_and_makes_nothing(azure, said, code):
    asked = {name: value.format(net=azure.net) for name, value in said.items()}
    with pytest.raises(HttpResponseError, match=code):
        azure.fail_over(**asked)
    assert list(azure.recovery.replication_jobs.list("own", "safe")) == []


def test_a_second_rehearsal_waits_for_the_clean_up_of_the_first(azure):
    with pytest.raises(HttpResponseError, match="TestFailoverCleanupNotAllowed"):
        azure.tidy()
    azure.fail_over()
    with pytest.raises(HttpResponseError, match="TestFailoverNotAllowed"):
        azure.fail_over()


def test_a_replica_holds_what_it_was_given(azure):
    replication.hold(azure.store, azure.item, {"boots": False})
    azure.fail_over()
    azure.later()
    view = azure.compute.virtual_machines.instance_view("away", "portal-test")
    assert view.vm_agent.statuses[0].display_status == "Not Ready"
