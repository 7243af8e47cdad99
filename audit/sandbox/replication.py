"""Site Recovery's test failover: a copy of a machine starts in a test network, and goes when it is cleaned up.

https://learn.microsoft.com/azure/site-recovery/azure-to-azure-tutorial-dr-drill
https://learn.microsoft.com/rest/api/site-recovery/replication-protected-items/test-failover
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from audit.kinds.network import SUBNET
from audit.kinds.recoveryservices import RECOVERY_PLAN, REPLICATED_ITEM
from audit.sandbox import jobs, machine_contents, resources
from audit.sandbox.address import Address, of_resource, parse
from audit.sandbox.answers import Call, Refusal, Reply
from audit.sandbox.jobs import Effect, Job, Outcome
from audit.sandbox.machine_contents import Contents
from audit.sandbox.made import moment
from audit.sandbox.restored_machines import disk, interface, machine_with
from audit.sandbox.store import Store

ITEM, PLAN = REPLICATED_ITEM.arm.lower(), RECOVERY_PLAN.arm.lower()
FAILOVER, CLEANUP = "test failover", "test failover cleanup"
"""The names of the work, by which tests say how it goes."""
_PROVIDER = "Microsoft.RecoveryServices"
_TESTS = "test failover machines"
_NONE, _WORKING, _DONE, _FAILED = "None", "TestFailoverInProgress", "TestFailoverCompleted", "TestFailoverFailed"
_CLEANING = "MarkedForDeletion"
_DESCRIBED = {
    _NONE: "None",
    _WORKING: "Test failover is in progress",
    _DONE: "Cleanup test failover pending",
    _FAILED: "Test failover failed",
    _CLEANING: "Cleaning up test environment",
}
"""A test failover's state, as an item tells it, and its words. Azure publishes no list of the states."""


def hold(store: Store, item: str, contents: Mapping[str, Any] | Contents) -> None:
    """Let the replica of a machine hold this; without it, it holds what its machine does."""
    machine_contents.keep(store, item, contents)


def begin(call: Call, address: Address) -> Reply:
    """Begin the test failover of an item or a plan; raises `Refusal` where it cannot be."""
    store = call.store
    given = call.object().get("properties") or {}
    items = _items(store, address)
    network = str(given.get("networkId") or "")
    if given.get("networkType") == "VmNetworkAsInput":
        if not network:
            raise Refusal(400, "InvalidParameter", "networkId is required where the network is given as input.")
        resources.read(store, of_resource(network))
    for item in items:
        state = _state(store, item)
        if state != _NONE:
            message = f"The test failover of '{item.rpartition('/')[2]}' is {state}: clean it up first."
            raise Refusal(409, "TestFailoverNotAllowed", message)
    direction = given.get("failoverDirection")
    if direction not in ("PrimaryToRecovery", "RecoveryToPrimary"):
        raise Refusal(400, "InvalidParameter", f"The failoverDirection '{direction}' is not valid.")
    words = {"items": items, "network": network, "type": given.get("networkType", "")}
    job = _heard(store, jobs.begin(store, FAILOVER, address.path, FAILOVER, words))
    for item in items:
        _tell(store, item, _WORKING, job)
    return jobs.begun(call, job, _PROVIDER)


def clean(call: Call, address: Address) -> Reply:
    """Begin to take away what a test failover made; raises 409 where there was none."""
    store = call.store
    given = call.object().get("properties") or {}
    items = _items(store, address)
    if not any(_state(store, item) in (_DONE, _FAILED) for item in items):
        raise Refusal(409, "TestFailoverCleanupNotAllowed", "There is no test failover to clean up.")
    words = {"items": items, "comments": str(given.get("comments") or "")}
    job = _heard(store, jobs.begin(store, CLEANUP, address.path, CLEANUP, words))
    for item in items:
        _tell(store, item, _CLEANING, job)
    return jobs.begun(call, job, _PROVIDER)


def machines_of(store: Store, item: str) -> dict[str, Any]:
    """Return what the last test failover of an item made; empty for nothing."""
    return store.document(_TESTS, item.lower()) or {}


def _heard(store: Store, job: Job) -> Job:
    """Have the end of failed work be heard of, too: the items tell it."""
    if job.outcome is not Outcome.FAILED:
        return job
    known = msgspec.structs.replace(job, outcome=Outcome.PARTIAL, words={**job.words, "lost": True})
    store.put_document(jobs.KIND, known.id.lower(), msgspec.to_builtins(known))
    return known


def _items(store: Store, address: Address) -> list[str]:
    """Return the items that an action is about: one, or those of a plan's groups."""
    if address.type == ITEM:
        return [str(resources.read(store, address)["id"])]
    plan = resources.read(store, address).get("properties") or {}
    groups = plan.get("groups") or ()
    found = [str(one["id"]) for group in groups for one in group.get("replicationProtectedItems") or ()]
    if not found:
        raise Refusal(409, "RecoveryPlanIsEmpty", f"The recovery plan '{address.name}' holds no items.")
    for item in found:
        resources.read(store, of_resource(item))
    return found


def _failed_over(store: Store, job: Job) -> None:
    """Start a copy of each item's machine; of work that ends in part the disks alone are there."""
    lost, whole = bool(job.words.get("lost")), job.outcome is Outcome.DONE
    for item in job.words["items"]:
        if store.read(item) is None:
            continue
        if not lost:
            _start(store, job, item, whole=whole)
        state = _DONE if whole else _NONE if lost else _FAILED
        _tell(store, item, state, job, done=whole)
    if whole and of_resource(job.about).type == PLAN:
        _change(store, job.about, {"lastTestFailoverTime": moment(store.now())})


def _start(store: Store, job: Job, item: str, *, whole: bool) -> None:
    """Make the disks of a test machine, and where all goes well the machine with its interface."""
    name, contents = _machine_name(store, item), _contents(store, item)
    group, region, subnet = _place(store, item, str(job.words["network"]))
    path = f"{group}/providers/Microsoft.Compute"
    names = [
        f"{path}/disks/{name}-osdisk-test",
        *(f"{path}/disks/{name}-data{n}-test" for n in range(contents.data_disks)),
    ]
    disks = [disk(store, one, region, item, "" if n else contents.system) for n, one in enumerate(names)]
    machine_contents.keep(store, disks[0], contents)
    made = {"disks": disks, "machine": "", "interface": "", "subnet": subnet}
    if whole:
        nic = f"{group}/providers/Microsoft.Network/networkInterfaces/{name}-test-nic"
        made["interface"] = interface(store, nic, subnet, region) if subnet else ""
        made["machine"] = f"{path}/virtualMachines/{name}-test"
        machine_with(store, str(made["machine"]), str(made["interface"]), disks, contents, region)
    store.put_document(_TESTS, item.lower(), made)


def _place(store: Store, item: str, network: str) -> tuple[str, str, str]:
    """Return the group, region and subnet of a test machine: those of the network, or of the item's own recovery."""
    details = _details(store, item)
    group = str(details.get("recoveryAzureResourceGroupId") or details.get("recoveryResourceGroupId") or "")
    region = str(details.get("recoveryFabricLocation") or "")
    found = (store.read(network) or {}) if network else {}
    if found:
        region = str(found.get("location") or region)
        group = group or network.partition("/providers/")[0]
    return group or item.partition("/providers/")[0], region, _subnet(store, item, network)


def _subnet(store: Store, item: str, network: str) -> str:
    """Return the subnet of a test machine: of the same name as wanted, else the first of the network by its name.

    https://learn.microsoft.com/azure/site-recovery/azure-to-azure-tutorial-dr-drill
    """
    found = {str(one["name"]): str(one["id"]) for one in store.listed(SUBNET.arm, below=network)} if network else {}
    wanted = _wanted_subnet(store, item)
    return found.get(wanted) or (found[min(found)] if found else "")


def _wanted_subnet(store: Store, item: str) -> str:
    """Return the name of the subnet that an item's settings say, or its machine's own; empty for none."""
    for nic in _details(store, item).get("vmNics") or ():
        for one in nic.get("ipConfigs") or ():
            if name := one.get("tfoSubnetName") or one.get("recoverySubnetName"):
                return str(name)
    machine = (store.read(_source(store, item)) or {}).get("properties") or {}
    for nic in (machine.get("networkProfile") or {}).get("networkInterfaces") or ():
        about = (store.read(str(nic["id"])) or {}).get("properties") or {}
        for one in about.get("ipConfigurations") or ():
            if subnet := ((one.get("properties") or {}).get("subnet") or {}).get("id"):
                return str(subnet).rpartition("/")[2]
    return ""


def _cleaned(store: Store, job: Job) -> None:
    """Take away what the test failover made; what fails leaves it, and what ends in part leaves the disks."""
    for item in job.words["items"]:
        made = machines_of(store, item)
        if not job.words.get("lost"):
            gone = [made.get("machine"), made.get("interface")]
            gone += made.get("disks", []) if job.outcome is Outcome.DONE else []
            for identity in filter(None, gone):
                store.delete(str(identity))
        if store.read(item) is not None:
            _tell(store, item, _NONE if job.outcome is Outcome.DONE else _DONE, job)


def _tell(store: Store, item: str, state: str, job: Job, *, done: bool = False) -> None:
    """Let an item tell how its test failover stands."""
    working = state in (_WORKING, _CLEANING)
    scenario = {
        "scenarioName": _SCENARIOS[job.operation] if working else "None",
        "jobId": job.id if working else "None",
    }
    allowed = {_NONE: ["TestFailover"], _DONE: ["TestFailoverCleanup"], _FAILED: ["TestFailoverCleanup"]}
    change: dict[str, Any] = {
        "testFailoverState": state,
        "testFailoverStateDescription": _DESCRIBED[state],
        "allowedOperations": allowed.get(state, []),
        "currentScenario": scenario,
    }
    made = machines_of(store, item) if state == _DONE else {}
    change["providerSpecificDetails"] = {"tfoAzureVMName": str(made.get("machine", "")).rpartition("/")[2]}
    if done:
        change["lastSuccessfulTestFailoverTime"] = moment(store.now())
    _change(store, item, change)


_SCENARIOS = {FAILOVER: "TestFailover", CLEANUP: "TestFailoverCleanup"}


def _change(store: Store, identity: str, properties: Mapping[str, Any]) -> None:
    found = store.read(identity)
    if found is not None:
        store.put(identity, resources.merged(found, {"properties": properties}))


def _state(store: Store, item: str) -> str:
    return str(((store.read(item) or {}).get("properties") or {}).get("testFailoverState") or _NONE)


def _details(store: Store, item: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ((store.read(item) or {}).get("properties") or {}).get("providerSpecificDetails") or {}
    return found


def _source(store: Store, item: str) -> str:
    return str(_details(store, item).get("fabricObjectId") or "")


def _machine_name(store: Store, item: str) -> str:
    found = (store.read(item) or {}).get("properties") or {}
    return str(found.get("friendlyName") or _source(store, item).rpartition("/")[2] or item.rpartition("/")[2])


def _contents(store: Store, item: str) -> Contents:
    held = machine_contents.held(store, item)
    source = _source(store, item)
    return held or (machine_contents.of_machine(store, source) if parse(source) else Contents())


def described(store: Store, job: Job) -> Iterator[dict[str, Any]]:
    """Yield what a job tells of each of its items, as `FailoverReplicationProtectedItemDetails` spells it."""
    for item in job.words["items"]:
        made = machines_of(store, item)
        subnet = str(made.get("subnet", ""))
        machine = str(made.get("machine", "")).rpartition("/")[2]
        yield {
            "name": item.rpartition("/")[2],
            "friendlyName": _machine_name(store, item),
            "testVmName": machine,
            "testVmFriendlyName": machine,
            "networkConnectionStatus": "Connected" if subnet else "NotConnected",
            "networkFriendlyName": subnet.rpartition("/subnets/")[0].rpartition("/")[2],
            "subnet": subnet.rpartition("/")[2],
        }


EFFECTS: Mapping[str, Effect] = {FAILOVER: _failed_over, CLEANUP: _cleaned}
ACTIONS = {
    (kind, word): act
    for kind in (ITEM, PLAN)
    for word, act in (("testfailover", begin), ("testfailovercleanup", clean))
}
