"""What is declared is found among what runs, and only what matters is told as drift."""

import pytest

from audit.differences import attributed, compare, match
from audit.engine import judge
from audit.facts import UNKNOWN, Reference
from audit.kinds.compute import DISK, VIRTUAL_MACHINE
from audit.kinds.network import NETWORK_INTERFACE, NETWORK_SECURITY_GROUP, PRIVATE_ENDPOINT
from audit.kinds.recoveryservices import PROTECTED_ITEM, REPLICATED_ITEM
from audit.kinds.sql import FAILOVER_GROUP, REPLICATION_LINK, SQL_DATABASE, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Gap, Plane, Resource, Snapshot, Verdict
from audit.promises import Contrast
from tests.support import NOON

pytestmark = pytest.mark.xdist_group("production")

GROUP = "/subscriptions/s/resourcegroups/g/providers"
ACCOUNT = f"{GROUP}/microsoft.storage/storageaccounts"
MACHINES = f"{GROUP}/microsoft.compute/virtualmachines"
DISKS = f"{GROUP}/microsoft.compute/disks"
SERVERS = f"{GROUP}/microsoft.sql/servers"
IN_GROUP = {"resourceGroupName": "g"}


def declared(kind, name, **body):
    """Make one resource of a program, in the group `g`."""
    return Resource(
        type=kind.arm, id=f"urn:{name}", name=name, plane=Plane.PROGRAM, seen_at=NOON, body={**IN_GROUP, **body}
    )


def running(kind, identity, **body):
    """Make one resource that runs."""
    name = identity.rpartition("/")[2]
    return Resource(type=kind.arm, id=identity, name=name, plane=Plane.LIVE, seen_at=NOON, body=body)


def program(*resources):
    """Make the snapshot of a program."""
    return Snapshot(plane=Plane.PROGRAM, origin="a program", seen_at=NOON, resources=resources)


def live(*resources, gaps=()):
    """Make the snapshot of what runs."""
    return Snapshot(plane=Plane.LIVE, origin="a cloud", seen_at=NOON, resources=resources, gaps=gaps)


def drift(before, after, policies):
    """Compare two snapshots as `audit drift` does."""
    matched = match(before, after)
    after = attributed(after, matched)
    reports = [judge(seen, policies, NOON.date(), product="") for seen in (before, after)]
    return compare(*reports, after, matched)


def backup_of(machine):
    """Give the id by which Azure knows the backup of a machine."""
    container = f"{GROUP}/microsoft.recoveryservices/vaults/copies/backupfabrics/azure/protectioncontainers"
    name = f"iaasvmcontainerv2;g;{machine}"
    return f"{container}/iaasvmcontainer;{name}/protecteditems/vm;{name}"


SERVER = declared(SQL_SERVER, "server", serverName="own")
MATCHES = [
    pytest.param(
        [declared(STORAGE_ACCOUNT, "files", accountName="Files")],
        [running(STORAGE_ACCOUNT, f"{ACCOUNT}/files")],
        {f"{ACCOUNT}/files": "files"},
        id="by its id, in any case",
    ),
    pytest.param(
        [declared(STORAGE_ACCOUNT, "files")],
        [running(STORAGE_ACCOUNT, f"{ACCOUNT}/files1a2b3c4d"), running(STORAGE_ACCOUNT, f"{ACCOUNT}/filesystem")],
        {f"{ACCOUNT}/files1a2b3c4d": "files"},
        id="by the name that Pulumi made up",
    ),
    pytest.param(
        [declared(STORAGE_ACCOUNT, "files")],
        [running(STORAGE_ACCOUNT, f"{ACCOUNT}/files1a2b3c4d"), running(STORAGE_ACCOUNT, f"{ACCOUNT}/files5e6f7a8b")],
        {},
        id="two that may be meant: neither is taken",
    ),
    pytest.param(
        [declared(STORAGE_ACCOUNT, "files", accountName="files")],
        [running(STORAGE_ACCOUNT, f"{ACCOUNT}/files".replace("/g/", "/other/"))],
        {},
        id="a namesake in another group",
    ),
    pytest.param(
        [SERVER, declared(SQL_DATABASE, "people", serverName=Reference("urn:server", "name"), databaseName="people")],
        [running(SQL_SERVER, f"{SERVERS}/own"), running(SQL_DATABASE, f"{SERVERS}/other/databases/people")],
        {f"{SERVERS}/own": "server"},
        id="a namesake below another parent",
    ),
    pytest.param(
        [
            declared(VIRTUAL_MACHINE, "one", vmName="one"),
            declared(VIRTUAL_MACHINE, "two", vmName="two"),
            *(
                declared(
                    PROTECTED_ITEM,
                    f"{name}-backup",
                    vaultName="copies",
                    fabricName="Azure",
                    containerName=UNKNOWN,
                    protectedItemName=UNKNOWN,
                    sourceResourceId=Reference(f"urn:{name}", "id"),
                )
                for name in ("one", "two")
            ),
        ],
        [running(PROTECTED_ITEM, backup_of(name)) for name in ("one", "two")],
        {backup_of(name): f"{name}-backup" for name in ("one", "two")},
        id="backups that Azure names by their machines",
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), MATCHES)
def test_a_declared_resource_is_found_by_the_id_that_it_must_have(before, after, expected):
    matched = match(program(*before), live(*after))
    assert {identity: resource.name for identity, resource in matched.declared.items()} == expected
    assert {found.name for found in matched.missing} == {found.name for found in before} - set(expected.values())


PARTNER = {"partnerServers": [{"id": f"{SERVERS}/away"}], "databases": [f"{SERVERS}/own/databases/people"]}
BOTH_SERVERS = [
    SERVER,
    declared(SQL_SERVER, "partner", serverName="away"),
    declared(SQL_DATABASE, "people", serverName="own", databaseName="people"),
    declared(FAILOVER_GROUP, "failover", serverName="own", failoverGroupName="pair"),
]
GROUPED = [
    running(SQL_SERVER, f"{SERVERS}/own"),
    running(SQL_SERVER, f"{SERVERS}/away"),
    running(SQL_DATABASE, f"{SERVERS}/own/databases/people"),
    running(SQL_DATABASE, f"{SERVERS}/away/databases/people"),
    running(SQL_DATABASE, f"{SERVERS}/away/databases/master"),
    running(FAILOVER_GROUP, f"{SERVERS}/own/failovergroups/pair", **PARTNER),
    running(FAILOVER_GROUP, f"{SERVERS}/away/failovergroups/pair"),
    running(REPLICATION_LINK, f"{SERVERS}/own/databases/people/replicationlinks/1", partnerServer="away"),
    running(REPLICATION_LINK, f"{SERVERS}/away/databases/people/replicationlinks/1", partnerServer="own"),
]
MACHINE = {"osDisk": {"managedDisk": {"id": f"{DISKS}/system"}}}
ATTACHED = {"lun": 0, "createOption": "Attach", "managedDisk": {"id": f"{DISKS}/data"}}
STRANGERS = [
    pytest.param(BOTH_SERVERS, GROUPED, [], id="what a failover group makes"),
    pytest.param(
        [resource for resource in BOTH_SERVERS if resource.name != "partner"],
        GROUPED,
        ["away", "pair", "people", "1", "1"],
        id="a group that was led to a server of nobody's",
    ),
    pytest.param(
        BOTH_SERVERS,
        [*GROUPED, running(REPLICATION_LINK, f"{SERVERS}/own/databases/people/replicationlinks/2", partnerServer="x")],
        ["2"],
        id="a link to a server elsewhere",
    ),
    pytest.param(
        [declared(VIRTUAL_MACHINE, "one", vmName="one", storageProfile={"osDisk": {"createOption": "FromImage"}})],
        [running(VIRTUAL_MACHINE, f"{MACHINES}/one", storageProfile=MACHINE), running(DISK, f"{DISKS}/system")],
        [],
        id="the disk that a machine starts from",
    ),
    pytest.param(
        [declared(VIRTUAL_MACHINE, "one", vmName="one", storageProfile={"dataDisks": [{"lun": 0, "diskSizeGB": 8}]})],
        [
            running(
                VIRTUAL_MACHINE,
                f"{MACHINES}/one",
                storageProfile={"dataDisks": [{**ATTACHED, "createOption": "Empty"}]},
            ),
            running(DISK, f"{DISKS}/data"),
        ],
        [],
        id="a data disk made with its machine",
    ),
    pytest.param(
        [declared(VIRTUAL_MACHINE, "one", vmName="one", storageProfile={"dataDisks": []})],
        [
            running(VIRTUAL_MACHINE, f"{MACHINES}/one", storageProfile={"dataDisks": [ATTACHED]}),
            running(DISK, f"{DISKS}/data"),
        ],
        ["data"],
        id="a disk that somebody attached",
    ),
    pytest.param(
        [declared(PRIVATE_ENDPOINT, "door", privateEndpointName="door")],
        [
            running(
                PRIVATE_ENDPOINT,
                f"{GROUP}/microsoft.network/privateendpoints/door",
                networkInterfaces=[{"id": f"{GROUP}/Microsoft.Network/networkInterfaces/door-nic"}],
            ),
            running(NETWORK_INTERFACE, f"{GROUP}/microsoft.network/networkinterfaces/door-nic"),
        ],
        [],
        id="the interface of a private endpoint",
    ),
    pytest.param(
        [
            declared(
                REPLICATED_ITEM,
                "replica",
                resourceName="copies",
                fabricName="f",
                protectionContainerName="c",
                replicatedProtectedItemName="one",
            )
        ],
        [
            running(
                REPLICATED_ITEM,
                f"{GROUP}/microsoft.recoveryservices/vaults/copies/replicationfabrics/f"
                "/replicationprotectioncontainers/c/replicationprotecteditems/one",
                providerSpecificDetails={
                    "protectedManagedDisks": [{"recoveryReplicaDiskId": f"{DISKS}/system-ASRReplica"}]
                },
            ),
            running(DISK, f"{DISKS}/system-asrreplica"),
        ],
        [],
        id="the disks of a replica",
    ),
    pytest.param(
        [declared(NETWORK_SECURITY_GROUP, "guard", networkSecurityGroupName="guard", securityRules=[{"name": "web"}])],
        [
            running(
                NETWORK_SECURITY_GROUP,
                f"{GROUP}/microsoft.network/networksecuritygroups/guard",
                securityRules=[
                    {"name": name, "id": f"{GROUP}/Microsoft.Network/networkSecurityGroups/guard/securityRules/{name}"}
                    for name in ("web", "mine")
                ],
            )
        ],
        ["guard/mine"],
        id="a rule that somebody added",
    ),
    pytest.param(
        [declared(NETWORK_SECURITY_GROUP, "guard", networkSecurityGroupName="guard", securityRules=UNKNOWN)],
        [
            running(
                NETWORK_SECURITY_GROUP,
                f"{GROUP}/microsoft.network/networksecuritygroups/guard",
                securityRules=[
                    {"name": "web", "id": f"{GROUP}/microsoft.network/networksecuritygroups/guard/securityRules/web"}
                ],
            )
        ],
        [],
        id="a rule of a list that the program does not know yet",
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), STRANGERS)
def test_only_what_nobody_asked_for_runs_in_no_stack(policies, before, after, expected):
    told = drift(program(*before), live(*after), policies)
    assert sorted(one.name for one in told if one.contrast is Contrast.UNDECLARED) == sorted(expected)


@pytest.mark.parametrize(
    ("gaps", "contrast", "reason"),
    [
        pytest.param((), Contrast.MISSING, "", id="nothing was hidden"),
        pytest.param((Gap("refused", (VIRTUAL_MACHINE.arm,)),), Contrast.MISSING, "", id="another kind was hidden"),
        pytest.param((Gap("403", (STORAGE_ACCOUNT.arm,)),), Contrast.UNSEEN, "403", id="its own kind was hidden"),
        pytest.param((Gap("500"),), Contrast.UNSEEN, "500", id="anything may be hidden"),
    ],
)
def test_what_is_not_found_is_missing_only_where_no_gap_may_hide_it(policies, gaps, contrast, reason):
    before = program(declared(STORAGE_ACCOUNT, "files", accountName="files"))
    (found,) = (one for one in drift(before, live(gaps=gaps), policies) if one.resource == "urn:files" and not one.path)
    assert found.contrast is contrast
    assert found.reason.endswith(reason)


@pytest.mark.parametrize(
    ("value", "contrast", "verdict"),
    [
        pytest.param("TLS1_2", Contrast.SETTLED, Verdict.KEPT, id="kept by what runs"),
        pytest.param("TLS1_0", Contrast.SETTLED, Verdict.BROKEN, id="broken by what runs"),
        pytest.param(None, Contrast.OPEN, Verdict.UNPROVEN, id="not seen there, either"),
    ],
)
def test_what_was_not_known_before_deployment_is_settled_by_what_runs(policies, value, contrast, verdict):
    before = program(declared(STORAGE_ACCOUNT, "files", accountName="files", minimumTlsVersion=UNKNOWN))
    told = drift(before, live(running(STORAGE_ACCOUNT, f"{ACCOUNT}/files", minimumTlsVersion=value)), policies)
    found = next(one for one in told if one.controls == ("storage-tls-floor",))
    assert (found.contrast, found.declared, found.live) == (contrast, Verdict.UNPROVEN, verdict)


@pytest.fixture(scope="module")
def touched(production):
    """Return what came of comparing the program with an estate in which somebody changed this and that by hand."""
    _touch(production)
    try:
        return production.compared(production.observed())
    finally:
        production.renewed()


def _touch(estate):
    server = next(found for found in estate.all("microsoft.sql/servers") if found.endswith("uksouth"))
    estate.put(f"{server}/databases/shadow", {"location": "uksouth"})
    group = estate.all("microsoft.network/networksecuritygroups")[0]
    inner = {"protocol": "Tcp", "sourceAddressPrefix": "10.0.0.1", "destinationAddressPrefix": "10.0.0.2"}
    ports = {"sourcePortRange": "*", "destinationPortRange": "8443", "priority": 4000}
    rule = {"direction": "Inbound", "access": "Deny", **inner, **ports}
    estate.put(f"{group}/securityRules/by-hand", {"properties": rule})
    estate.store.delete(next(found for found in estate.all("microsoft.compute/disks") if found.endswith("bck-pool")))
    archive, *others = sorted(estate.all("microsoft.storage/storageaccounts"))
    estate.change(archive, lambda body: body.update(allowBlobPublicAccess=True, minimumTlsVersion="TLS1_0"))
    for other in others:
        _respell(estate, other)
    policy = next(
        found for found in estate.all("microsoft.recoveryservices/vaults/backuppolicies") if "uksouth" in found
    )
    estate.change(policy, lambda body: body["retentionPolicy"]["dailySchedule"]["retentionDuration"].update(count=7))


def _respell(estate, identity):
    """Spell an account as Azure might: other letters, another order, and properties that nobody asked for."""
    body = estate.store.read(identity)
    properties = {**body["properties"], "minimumTlsVersion": "tls1_2", "isSomethingNew": True}
    respelt = {**body, "location": "UK South" if body["location"] == "uksouth" else "UK West"}
    estate.store.put(identity, {**respelt, "properties": dict(reversed(properties.items()))})


def test_what_was_done_by_hand_is_told(touched):
    told = {
        (one.contrast, one.name, one.path)
        for one in touched.differences
        if one.contrast in (Contrast.UNDECLARED, Contrast.MISSING, Contrast.PROPERTY)
    }
    assert told == {
        (Contrast.UNDECLARED, "shadow", ""),
        (Contrast.UNDECLARED, "hosting-uksouth-directory/by-hand", ""),
        (Contrast.MISSING, "bck-pool", ""),
        (Contrast.PROPERTY, "archive-account", "allowBlobPublicAccess"),
        (Contrast.PROPERTY, "archive-account", "minimumTlsVersion"),
        (Contrast.PROPERTY, "machines-uksouth-policy", "retentionPolicy.dailySchedule.retentionDuration.count"),
    }


def test_a_setting_that_drifted_names_its_line_its_values_and_the_controls_that_read_it(touched):
    found = next(one for one in touched.differences if one.path == "minimumTlsVersion")
    assert (found.declared, found.live, found.controls) == ("TLS1_2", "TLS1_0", ("storage-tls-floor",))
    assert found.file.endswith(".py")
    assert found.line > 0


def test_what_drifted_is_ruled_otherwise(touched, production):
    before = production.compared(production.live)
    told = [
        {(one.controls, one.name) for one in compared.differences if one.contrast is Contrast.VERDICT}
        for compared in (before, touched)
    ]
    assert {control for (control,), _ in told[1] - told[0]} >= {
        "backup-policy-meets-promise",
        "storage-no-anonymous-read",
        "storage-tls-floor",
    }
    assert told[0] <= told[1]


def test_a_stranger_breaks_the_promise_that_everything_is_declared(touched, production):
    before = production.compared(production.live)
    ruled = [
        next(result for result in compared.live.controls if result.id == "geo-everything-declared")
        for compared in (before, touched)
    ]
    assert [result.verdict for result in ruled] == [Verdict.KEPT, Verdict.BROKEN]
    assert "databases/shadow" in ruled[1].findings[0].reason
