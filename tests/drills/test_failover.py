"""A replica is woken in a closed test network, looked at, and cleared away again: or it is said why not."""

import json
from datetime import timedelta

import msgspec
import pytest

from audit.drills.drill import Means
from audit.drills.failover import GROUP, KIND, SITE
from audit.drills.failover_preparing import WRITES, canary, prepare
from audit.drills.machine import run
from audit.drills.machine_checks import keyed
from audit.drills.outcomes import NotRun
from audit.sandbox import machine_contents, replication
from audit.sandbox.jobs import Behaviour, Outcome, behave
from tests.drilling import recoverable

KEY = b"the company's key"
PATH = r"C:\portal\settings.json"
CONTENT = b"the canary string of the settings"
SUBNET = "closed"
RULE = dict.fromkeys(
    ("sourceAddressPrefix", "sourcePortRange", "destinationAddressPrefix", "destinationPortRange"), "*"
)


def spelt(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class Scene:
    """A machine that is replicated into the other region, and a closed network for tests there."""

    def __init__(self, drilling, sandbox):
        self.drilling, self.sandbox, self.store = drilling, sandbox, sandbox.store
        self.group = sandbox.group("recovery", "ukwest")
        own = sandbox.group("own")
        self.vault = f"{self.group}/providers/Microsoft.RecoveryServices/vaults/site"
        containers = f"{self.vault}/replicationFabrics/south/replicationProtectionContainers/own"
        self.items = [f"{containers}/replicationProtectedItems/{name}" for name in ("portal", "crm")]
        self.plan = f"{self.vault}/replicationRecoveryPlans/tier"
        self.network = f"{self.group}/providers/Microsoft.Network/virtualNetworks/tests"
        self.machine = f"{own}/providers/Microsoft.Compute/virtualMachines/portal"
        sandbox.put(self.vault, {"location": "ukwest"})
        self.now = drilling.clock.now().replace(microsecond=0)
        self.close()
        self.connect(SUBNET)
        for item in self.items:
            self.replicate(item)
        self.means = Means(clock=drilling.clock, actor=None, key=KEY)
        at = self.now - timedelta(minutes=20)
        ref = "failover-0123456789ab"
        self.canaries = [
            {"id": "one", "at": spelt(one), "digest": keyed(self.means, f"{ref} {spelt(one)}")}
            for one in (at - timedelta(hours=2), at)
        ]
        file = machine_contents.file(CONTENT)
        self.manifest = {
            "files": [{"path": PATH, "sha256": keyed(self.means, file["sha256"]), "size": file["size"]}],
            "made_at": spelt(self.now - timedelta(days=1)),
        }
        self.truth = {"files": {PATH: file}, "canary": self.canary(1)}
        for item in self.items:
            self.hold(item)

    def canary(self, number):
        """Return one of the canaries as it lies on a disk."""
        return {name: self.canaries[number][name] for name in ("at", "digest")}

    def close(self, access="Deny"):
        """Make the security group of the test network."""
        guard = f"{self.group}/providers/Microsoft.Network/networkSecurityGroups/closed"
        rules = [
            {"name": way, "properties": {**RULE, "priority": 100, "direction": way, "protocol": "*", "access": access}}
            for way in ("Inbound", "Outbound")
        ]
        self.sandbox.put(guard, {"location": "ukwest", "properties": {"securityRules": rules}})
        self.guard = guard

    def connect(self, *names):
        """Make the test network with subnets of these names."""
        subnets = [
            {
                "name": name,
                "properties": {"addressPrefix": f"10.8.{n}.0/24", "networkSecurityGroup": {"id": self.guard}},
            }
            for n, name in enumerate(names)
        ]
        space = {"addressSpace": {"addressPrefixes": ["10.8.0.0/16"]}, "subnets": subnets}
        self.sandbox.put(self.network, {"location": "ukwest", "properties": space})

    def replicate(self, item, **changes):
        """Have a machine replicated, two minutes behind."""
        details = {
            "instanceType": "A2A",
            "fabricObjectId": self.machine,
            "recoveryAzureResourceGroupId": self.group,
            "recoveryFabricLocation": "ukwest",
            "osType": "Windows",
            "rpoInSeconds": 120,
            "lastRpoCalculatedTime": spelt(self.now - timedelta(minutes=1)),
            "vmNics": [{"nicId": "one", "ipConfigs": [{"name": "ip", "tfoSubnetName": SUBNET}]}],
            **changes.pop("details", {}),
        }
        told = {"friendlyName": item.rpartition("/")[2], "replicationHealth": "Normal", "testFailoverState": "None"}
        self.store.put(
            item,
            {
                "id": item,
                "name": item.rpartition("/")[2],
                "type": "Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers"
                "/replicationProtectedItems",
                "properties": {**told, "providerSpecificDetails": details, **changes},
            },
        )

    def hold(self, item, **contents):
        """Let a replica hold this."""
        replication.hold(self.store, item, {**self.truth, **contents})

    def with_what(self, **changes):
        """Return by what it is drilled."""
        told = {"manifest": self.manifest, "canaries": {"canaries": self.canaries}}
        return {"key": KEY, "manifest": lambda ref, what: told[what], **changes}

    def item(self, identity=""):
        """Return what is drilled: the first replica, unless another is named."""
        return recoverable("failover", SITE, identity or self.items[0], facts={"network": self.network})

    def run(self, identity="", **changes):
        """Drill it; returns the record."""
        return self.drilling.run(KIND, self.item(identity), **self.with_what(**changes))

    def tests(self):
        """Return what is left of tests."""
        return [one["name"] for one in self.store.listed() if "-test" in one["name"]]


@pytest.fixture
def scene(drilling, sandbox):
    """A replicated machine."""
    return Scene(drilling, sandbox)


def stood(record):
    found = record.verdict.recoverability
    return found.state, found.level


def asked(scene):
    return sum(job["operation"] == "test failover" for job in scene.store.documents("job"))


def test_a_replica_that_wakes_with_its_content_is_proven_and_cleared_away(scene):
    """The canary's age is the RPO, and Site Recovery says that no test is open."""
    record = scene.run()
    assert stood(record) == ("proven", 5), record.verdict
    assert record.verdict.rpo.basis == "canary"
    assert record.verdict.cleanup.state == "clean", record.residue
    assert (record.isolation.region, record.isolation.egress_denied, record.isolation.peerings) == ("ukwest", True, 0)
    assert scene.tests() == []
    assert asked(scene) == 1


def test_a_plan_wakes_all_its_machines_and_each_is_looked_at(scene):
    """One that does not start fails the whole."""
    groups = [{"groupType": "Boot", "replicationProtectedItems": [{"id": item} for item in scene.items]}]
    scene.sandbox.put(scene.plan, {"properties": {"groups": groups}})
    scene.hold(scene.items[1], boots=False)
    record = scene.run(scene.plan)
    assert stood(record) == ("failed", 4)
    assert record.verdict.recoverability.reason.startswith("failover.1.heartbeat")
    assert scene.tests() == []


@pytest.mark.parametrize(
    ("contents", "level", "reason"),
    [
        pytest.param({"boots": False}, 4, "Not Ready", id="it does not start"),
        pytest.param({"files": {}}, 5, "1 are missing", id="a file is missing"),
        pytest.param({"canary": None}, 5, "no canary", id="no canary"),
    ],
)
def test_what_is_wrong_with_the_replica_shows_at_its_level(scene, contents, level, reason):
    """Replication replicates damage, too."""
    scene.hold(scene.items[0], **contents)
    record = scene.run()
    assert stood(record) == ("failed", level)
    assert reason in record.verdict.recoverability.reason


def test_nothing_of_what_was_replicated_reaches_the_journal_or_the_record(scene):
    """Neither the name of a file nor its plain digest."""
    record = scene.run()
    kept = next(scene.drilling.folder.glob("*.jsonl")).read_text() + json.dumps(record, default=str)
    for secret in ("portal\\\\settings", "settings.json", machine_contents.file(CONTENT)["sha256"], "canary string"):
        assert secret not in kept


def test_an_old_canary_fails(scene):
    """The replica is two hours behind what Site Recovery says."""
    scene.hold(scene.items[0], canary=scene.canary(0))
    assert stood(scene.run()) == ("failed", 5)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda scene: scene.replicate(scene.items[0], replicationHealth="Critical"), "Critical", id="ill"),
        pytest.param(
            lambda scene: scene.replicate(scene.items[0], testFailoverState="WaitingForCompletion"),
            "not cleared away",
            id="a test is open",
        ),
        pytest.param(lambda scene: scene.connect("another"), "another one", id="the subnet is missing"),
        pytest.param(
            lambda scene: scene.replicate(scene.items[0], details={"vmNics": []}), "another one", id="no subnet named"
        ),
        pytest.param(
            lambda scene: scene.replicate(scene.items[0], details={"recoveryFabricLocation": "eastus"}),
            "no promised region",
            id="another region",
        ),
    ],
)
def test_what_speaks_against_it_is_seen_before_anything_is_made(scene, spoil, reason):
    """It is not run, and Azure is asked for nothing."""
    spoil(scene)
    record = scene.run()
    assert stood(record) == ("not-run", None)
    assert reason in record.verdict.recoverability.reason
    assert asked(scene) == 0


@pytest.mark.parametrize(
    "open_it",
    [
        pytest.param(lambda scene: scene.close("Allow"), id="a rule that allows"),
        pytest.param(
            lambda scene: scene.sandbox.put(
                f"{scene.network}/virtualNetworkPeerings/home",
                {"properties": {"remoteVirtualNetwork": {"id": f"{scene.network}-home"}}},
            ),
            id="a peering",
        ),
    ],
)
def test_a_test_network_that_is_not_closed_wakes_nothing(scene, open_it):
    """The replica would be the twin of a machine that runs."""
    open_it(scene)
    record = scene.run()
    assert stood(record) == ("inconclusive", None)
    assert asked(scene) == 0


@pytest.mark.parametrize(
    ("behaviour", "state", "level"),
    [
        pytest.param({"outcome": Outcome.FAILED, "code": "ReplicaDamaged"}, "failed", 3, id="it fails"),
        pytest.param({"outcome": Outcome.PARTIAL, "code": "ReplicaDamaged"}, "failed", 3, id="it leaves disks"),
        pytest.param({"outcome": Outcome.FAILED, "code": "QuotaExceeded"}, "inconclusive", None, id="no quota"),
    ],
)
def test_a_test_that_fails_shows_whose_fault_it_is(scene, behaviour, state, level):
    """What it left is cleared away."""
    behave(scene.store, Behaviour(operation="test failover", **behaviour))
    record = scene.run()
    assert stood(record) == (state, level)
    assert scene.tests() == []


def test_a_test_that_hangs_is_inconclusive_and_never_called_clean(scene):
    """Site Recovery lets nobody clear it away while it is made."""
    behave(scene.store, Behaviour(operation="test failover", outcome=Outcome.HANGING))
    record = scene.run(settings={"restore_s": 600, "removal_s": 600})
    assert stood(record) == ("inconclusive", None)
    assert record.verdict.cleanup.state == "failed"


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.PARTIAL])
def test_a_cleaning_up_that_fails_is_said_and_what_it_left_is_listed(scene, outcome):
    """The copy of a machine that stays is a copy of its data."""
    behave(scene.store, Behaviour(operation="test failover cleanup", outcome=outcome))
    record = scene.run(settings={"removal_s": 600})
    assert stood(record) == ("proven", 5)
    assert record.verdict.cleanup.state == "failed"
    assert any(left.type == "test failover" for left in record.residue)


def test_a_drill_that_died_while_it_asked_finds_its_test_and_asks_no_second_time(scene):
    """Its job is among the vault's."""

    class Died(BaseException):
        """Stands for the end of the process."""

    drill = scene.drilling.begin(KIND, scene.item(), **scene.with_what())
    post = drill.actor.post

    def die(path, api, body=None, **words):
        told = post(path, api, body, **words)
        if path.endswith("/testFailover"):
            raise Died
        return told

    drill.actor.post = die
    with pytest.raises(Died):
        run(KIND, drill)
    record = run(KIND, scene.drilling.resumed(KIND, **scene.with_what()))
    assert stood(record) == ("proven", 5)
    assert asked(scene) == 1
    assert scene.tests() == []


def preparing(scene):
    """Return the means by which something is prepared, and what is: a machine in production with files."""
    scene.sandbox.put(scene.machine, {"location": "uksouth", "properties": {}})
    machine_contents.keep(scene.store, scene.machine, scene.truth)
    kind = msgspec.structs.replace(KIND, writes=WRITES)
    item = msgspec.structs.replace(scene.item(), facts={"files": (PATH,)})
    return item, scene.drilling.begin(kind, item, drill_id="20260812T100000Z-000002", key=KEY).means


def test_what_is_prepared_of_a_replicated_machine_is_what_its_test_finds(scene):
    """The files' digests and the canary come from the machine in production."""
    item, means = preparing(scene)
    scene.manifest = {**prepare(item, means), "made_at": scene.manifest["made_at"]}
    assert set(scene.manifest["machines"]) == {"portal"}
    assert stood(scene.run()) == ("proven", 5)
    written = canary(item, means, scene.now)
    assert written["at"] == spelt(scene.now)


def test_a_machine_that_was_not_prepared_with_the_others_is_not_judged_by_theirs(scene):
    """Nothing above its heartbeat is claimed."""
    item, means = preparing(scene)
    scene.manifest = {"machines": {"another": prepare(item, means)["machines"]["portal"]}, "made_at": spelt(scene.now)}
    assert stood(scene.run()) == ("proven", 4)


def test_a_group_of_databases_is_prepared_with_its_databases(scene):
    """Its members are items of their own."""
    item, means = preparing(scene)
    with pytest.raises(NotRun):
        prepare(msgspec.structs.replace(item, method=GROUP), means)
