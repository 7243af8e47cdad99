"""What is planted of machines and replicas for the crash matrix."""

from types import SimpleNamespace

from audit.drills import failover, machine_restore
from audit.sandbox.store import SUBSCRIPTION
from tests.drilling import clock_of, moment, recoverable
from tests.drills import machine_scene, test_failover
from tests.drills.scenarios import Scenario

_BEGINS = moment("2026-08-12T09:00:00")
_PLANTED = {}
"""What was planted last, by the name of the scene: a drill's own process is forked after that."""


def _scene(name, shape, after=lambda scene: None):
    """Return what plants a scene at a fixed moment."""

    def plant(sandbox):
        sandbox.store.set_clock(_BEGINS)
        _PLANTED[name] = shape(SimpleNamespace(clock=clock_of(sandbox)), sandbox)
        after(_PLANTED[name])

    return plant


def _means(name):
    return lambda drilling: _PLANTED[name].with_what()


def _machine(sandbox_root, method):
    return recoverable("vm", method, f"{sandbox_root}/resourceGroups/own/providers/{_MACHINE}")


_MACHINE = "Microsoft.Compute/virtualMachines/mail"


def _scenarios(root):
    vault = f"{root}/resourceGroups/recovery/providers/Microsoft.RecoveryServices/vaults/site"
    item = f"{vault}/replicationFabrics/south/replicationProtectionContainers/own/replicationProtectedItems/portal"
    network = f"{root}/resourceGroups/recovery/providers/Microsoft.Network/virtualNetworks/tests"
    machines = tuple(
        Scenario(
            name=f"a machine by {method}",
            kind=machine_restore.KIND,
            item=_machine(root, method),
            level=6,
            asks=("POST", "*/recoveryPoints/*/restore"),
            plant=_scene("machine", machine_scene.Scene, lambda scene: scene.plant()),
            means=_means("machine"),
        )
        for method in machine_restore.KIND.methods
    )
    replica = Scenario(
        name="a replica",
        kind=failover.KIND,
        item=recoverable("failover", failover.SITE, item, facts={"network": network}),
        level=5,
        asks=("POST", "*/testFailover"),
        plant=_scene("replica", test_failover.Scene),
        means=_means("replica"),
    )
    return (*machines, replica)


MACHINES = _scenarios(f"/subscriptions/{SUBSCRIPTION}")
