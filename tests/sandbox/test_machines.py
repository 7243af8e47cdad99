"""Restored machines in the local Azure: their agent, power, scripts, the rules around them, and backups of copies."""

import pytest
from azure.core.exceptions import HttpResponseError

from audit.sandbox import auto_protection
from audit.sandbox.auto_protection import item_id
from tests.sandbox.restoring import DAY, NOON, TRUTH, Azure


@pytest.fixture
def azure(sandbox):
    sandbox.store.set_clock(NOON)
    return Azure(sandbox)


@pytest.mark.parametrize(
    ("said", "agent"),
    [
        pytest.param({"boots": False}, "Not Ready", id="it does not start"),
        pytest.param({"heartbeat": False}, "Not Ready", id="nothing reports"),
        pytest.param({"system": "Linux"}, "Ready", id="sound"),
    ],
)
def test_the_agent_says_what_the_machine_is_worth(azure, said, agent):
    view = azure.copy(contents={**TRUTH, **said})
    assert view.statuses[1].code == "PowerState/running"
    assert view.vm_agent.statuses[0].display_status == agent
    if agent == "Ready":
        assert "[stdout]\ncanary  2026" in azure.run("# promise-audit: canary").value[0].message
    else:
        with pytest.raises(HttpResponseError, match="VMAgentStatusCommunicationError"):
            azure.run("# promise-audit: canary")


def test_a_machine_is_stopped_and_started_and_runs_a_drills_scripts_alone(azure):
    azure.copy()
    power = {"begin_deallocate": "PowerState/deallocated", "begin_start": "PowerState/running"}
    for act, state in power.items():
        begun = getattr(azure.compute.virtual_machines, act)("drill", "copy")
        azure.later()
        begun.result()
        view = azure.compute.virtual_machines.instance_view("drill", "copy")
        assert (view.statuses[1].code, view.vm_agent is None) == (state, "deallocated" in state)
        if "deallocated" in state:
            with pytest.raises(HttpResponseError, match="not running"):
                azure.run("# promise-audit: canary")
    with pytest.raises(HttpResponseError, match="NotImplemented"):
        azure.run("Remove-Item C:\\")


def test_a_canary_that_is_written_is_found(azure):
    azure.copy()
    line = f"Set-Content x -Value 'promise-audit canary 2026-03-02T12:01:00Z {'b' * 64}'"
    printed = azure.run("# promise-audit: write canary", line).value[0].message
    assert printed.splitlines()[0] == f"canary  2026-03-02T12:01:00Z  {'b' * 64}"
    assert azure.run("# promise-audit: canary").value[0].message == printed


def test_the_rules_at_work_at_an_interface_are_told_while_its_machine_runs(azure):
    azure.copy()
    (nic,) = azure.network.network_interfaces.list("drill")
    begun = azure.network.network_interfaces.begin_list_effective_network_security_groups("drill", nic.name)
    azure.later()
    (group,) = begun.result().value
    rules = [rule for rule in group.effective_security_rules if rule.direction == "Outbound"]
    first = min(rules, key=lambda rule: rule.priority)
    assert (first.name, first.access, first.protocol) == ("securityRules/nothing-outbound", "Deny", "All")
    assert (first.destination_address_prefix, first.destination_port_range) == ("0.0.0.0/0", "0-65535")
    begun = azure.network.network_interfaces.begin_get_effective_route_table("drill", nic.name)
    azure.later()
    hops = {route.next_hop_type for route in begun.result().value}
    assert hops == {"VnetLocal", "Internet", "None"}
    stopping = azure.compute.virtual_machines.begin_deallocate("drill", "copy")
    azure.later()
    stopping.result()
    with pytest.raises(HttpResponseError, match="running virtual machine"):
        azure.network.network_interfaces.begin_list_effective_network_security_groups("drill", nic.name)


def test_a_policy_backs_a_restored_machine_up_and_what_it_kept_outlives_the_machine(azure):
    auto_protection.protect(azure.store, azure.vault)
    azure.copy()
    copy = f"{azure.drill}/Microsoft.Compute/virtualMachines/copy"
    where = ("safe", "own", "Azure", *item_id(azure.vault, copy).split("/")[-3::2])
    items = {one.properties.source_resource_id for one in azure.backup.backup_protected_items.list("safe", "own")}
    assert items == {azure.machine, copy}
    azure.backup.protected_items.delete(*where)
    kept = azure.backup.protected_items.get(*where).properties
    assert kept.is_scheduled_for_deferred_delete is True
    assert kept.deferred_delete_time_in_utc - azure.store.now() > 13 * DAY
    assert len(list(azure.backup.backup_protected_items.list("safe", "own"))) == 2
