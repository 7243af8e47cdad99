"""What the Pulumi engine registers becomes resources: special values, links, and what is left out."""

from datetime import UTC, datetime

import pytest

from audit.estate import IndexedEstate
from audit.facts import AMBIGUOUS, SECRET, SOMEWHERE_BELOW, UNKNOWN, Reference, Unseen
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.sql import SQL_SERVER
from audit.model import Plane, Snapshot, Source
from audit.sources.registered import Registration, declared, plain

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SIGNATURE = "4dabf18193072939515e22adb298388d"
WRAPPED = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ARM = "/subscriptions/s/resourceGroups/g/providers/Microsoft"


def urn(token, name):
    return f"urn:pulumi:dev::demo::{token}::{name}"


def told(token, name, inputs=None, **more):
    """Make a registration; a token without its package is azure-native's."""
    whole = token if token.count(":") > 1 else f"azure-native:{token}"
    return Registration(urn=urn(whole, name), token=whole, inputs=inputs or {}, **more)


GROUP = told("resources:ResourceGroup", "group")
ACCOUNT = told("storage:StorageAccount", "account")
SERVER = told("sql:Server", "server")
MACHINE = told("compute:VirtualMachine", "machine")
OTHER = told("compute:VirtualMachine", "other")
POLICY = told("recoveryservices:ProtectionPolicy", "policy")
NETWORK = told("network:VirtualNetwork", "network")
BUCKET = told("aws:s3/bucket:Bucket", "bucket", id="bucket-1a2b")


def body(registration, *others, plane=Plane.PREVIEW):
    """Return the body of one registration among others."""
    found = declared((*others, registration), plane=plane, seen_at=NOW)
    return found.resources[-1].body


def computed(token, key, value, *sources):
    """Register a resource one of whose inputs was computed from others."""
    return told(token, "it", {key: value}, property_dependencies={key: tuple(one.urn for one in sources)})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("04da6b54-80e4-46f7-96ec-b56ff0331ba9", id="text"),
        pytest.param("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", id="truth value"),
        pytest.param("3eeb2bf0-c639-47a8-9e75-3b44932eb421", id="number"),
        pytest.param("6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", id="list"),
        pytest.param("dd056dcd-154b-4c76-9bd3-c8f88648b5ff", id="object"),
        pytest.param("030794c1-ac77-496b-92df-f27374a8bd58", id="asset"),
        pytest.param("e48ece36-62e2-4504-bad9-02848725956a", id="archive"),
    ],
)
def test_an_unknown_value_of_every_type_is_unknown(text):
    assert plain({"a": [{"b": text}]}) == {"a": [{"b": UNKNOWN}]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({SIGNATURE: WRAPPED, "ciphertext": "v1:abc"}, SECRET, id="an encrypted secret"),
        pytest.param({SIGNATURE: WRAPPED, "plaintext": '"clear"'}, SECRET, id="a secret that was shown"),
        pytest.param({SIGNATURE: WRAPPED, "value": "clear"}, SECRET, id="a secret on the wire"),
        pytest.param("[secret]", SECRET, id="a secret in a preview"),
        pytest.param({SIGNATURE: OUTPUT}, UNKNOWN, id="an output that is not known"),
        pytest.param({SIGNATURE: OUTPUT, "value": 3.0}, 3, id="an output that is known"),
        pytest.param({SIGNATURE: OUTPUT, "value": 3.0, "secret": True}, SECRET, id="a secret output"),
        pytest.param({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}, UNKNOWN, id="an asset"),
        pytest.param({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7"}, UNKNOWN, id="an archive"),
        pytest.param({SIGNATURE: "something new"}, UNKNOWN, id="what is not known here"),
        pytest.param(
            {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u"}, Reference("u", "id"), id="a resource"
        ),
        pytest.param(35.0, 35, id="a whole number"),
        pytest.param(0.5, 0.5, id="a fraction"),
        pytest.param(True, True, id="a truth value"),
        pytest.param({"__defaults": [], "a": 1.0}, {"a": 1}, id="what a provider notes for itself"),
    ],
)
def test_special_values_are_told_by_their_signatures(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        pytest.param({"administratorLoginPassword": "clear"}, "administratorLoginPassword", id="by its own name"),
        pytest.param(
            {"siteConfig": {"appSettings": [{"name": "DB_PASSWORD", "value": "clear"}]}},
            "siteConfig",
            id="by its neighbour",
        ),
    ],
)
def test_a_text_that_is_called_after_a_secret_is_one(inputs, path):
    assert "clear" not in str(body(told("web:WebApp", "it", inputs))[path])


@pytest.mark.parametrize(
    ("registration", "others", "path", "expected"),
    [
        pytest.param(
            computed("storage:BlobContainer", "accountName", UNKNOWN, ACCOUNT),
            (ACCOUNT,),
            "accountName",
            Reference(ACCOUNT.urn, "name"),
            id="a parent by its name",
        ),
        pytest.param(
            computed("storage:BlobContainer", "accountName", UNKNOWN, GROUP, ACCOUNT),
            (GROUP, ACCOUNT),
            "accountName",
            Reference(ACCOUNT.urn, "name"),
            id="a parent among several sources",
        ),
        pytest.param(
            computed(
                "recoveryservices:ProtectedItem",
                "properties",
                {"sourceResourceId": UNKNOWN, "policyId": UNKNOWN},
                MACHINE,
                POLICY,
            ),
            (MACHINE, POLICY),
            "sourceResourceId",
            Reference(MACHINE.urn, "id"),
            id="what is left once a word has named the other",
        ),
        pytest.param(
            computed("recoveryservices:ProtectedItem", "properties", {"sourceResourceId": UNKNOWN}, MACHINE, OTHER),
            (MACHINE, OTHER),
            "sourceResourceId",
            UNKNOWN,
            id="two that may be meant",
        ),
        pytest.param(
            computed("network:NetworkInterface", "subnet", {"id": UNKNOWN}, NETWORK),
            (NETWORK,),
            "subnet",
            {"id": UNKNOWN},
            id="a word that names another type",
        ),
        pytest.param(
            computed("recoveryservices:ProtectedItem", "properties", {"sourceResourceId": UNKNOWN}, MACHINE),
            (),
            "sourceResourceId",
            UNKNOWN,
            id="a source that was never registered",
        ),
        pytest.param(
            computed("recoveryservices:ProtectedItem", "properties", {"sourceResourceId": UNKNOWN}, GROUP),
            (GROUP,),
            "sourceResourceId",
            UNKNOWN,
            id="a group, whose id begins many others",
        ),
        pytest.param(
            computed("authorization:ManagementLockByScope", "scope", UNKNOWN, ACCOUNT),
            (ACCOUNT,),
            "scope",
            Reference(ACCOUNT.urn, "id"),
            id="what a lock stands on",
        ),
        pytest.param(
            computed("monitor:DiagnosticSetting", "resourceUri", UNKNOWN, SERVER),
            (SERVER,),
            "resourceUri",
            Reference(SERVER.urn, "id", SOMEWHERE_BELOW),
            id="a resource or a part of it",
        ),
        pytest.param(
            computed("sql:FailoverGroup", "databases", [UNKNOWN, UNKNOWN], MACHINE, OTHER),
            (MACHINE, OTHER),
            "databases",
            [UNKNOWN, UNKNOWN],
            id="several of another type",
        ),
    ],
)
def test_an_unknown_value_is_a_link_where_it_is_plain_to_what(registration, others, path, expected):
    assert body(registration, *others)[path] == expected


def test_elements_that_are_alike_share_out_their_sources():
    """Which has which is not known, and makes no difference: they say the same."""
    items = [{"id": UNKNOWN, "ports": [22]}, {"id": UNKNOWN, "ports": [22]}]
    found = body(computed("security:JitNetworkAccessPolicy", "virtualMachines", items, MACHINE, OTHER), MACHINE, OTHER)
    assert {item["id"].urn for item in found["virtualMachines"]} == {MACHINE.urn, OTHER.urn}


def test_elements_that_differ_do_not_say_whose_they_are():
    items = [{"id": UNKNOWN, "ports": [22]}, {"id": UNKNOWN, "ports": [3389]}]
    found = body(computed("security:JitNetworkAccessPolicy", "virtualMachines", items, MACHINE, OTHER), MACHINE, OTHER)
    assert [item["id"] for item in found["virtualMachines"]] == [UNKNOWN, UNKNOWN]


def test_a_setting_of_a_resource_or_a_part_of_it_is_nobodys_until_it_is_deployed():
    setting = computed("monitor:DiagnosticSetting", "resourceUri", UNKNOWN, SERVER)
    other = told("sql:Server", "quiet")
    found = declared((SERVER, other, setting), plane=Plane.PREVIEW, seen_at=NOW).resources
    estate = IndexedEstate(Snapshot(plane=Plane.PREVIEW, origin="", seen_at=NOW, resources=found))
    server, quiet = estate.of(SQL_SERVER)
    for below in ("", "/databases/master"):
        with pytest.raises(Unseen, match="which part of server"):
            estate.children(server, DIAGNOSTIC_SETTING, below=below)
    assert estate.children(quiet, DIAGNOSTIC_SETTING) == ()


DEPLOYED = told("storage:StorageAccount", "account", id=f"{ARM}.Storage/storageAccounts/files")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(DEPLOYED.id, Reference(DEPLOYED.urn, "id"), id="the id"),
        pytest.param(DEPLOYED.id.upper(), Reference(DEPLOYED.urn, "id"), id="in other case"),
        pytest.param(
            f"{DEPLOYED.id}/blobServices/default",
            Reference(DEPLOYED.urn, "id", "/blobServices/default"),
            id="a part of it",
        ),
        pytest.param(f"{DEPLOYED.id}2", f"{DEPLOYED.id}2", id="a namesake"),
        pytest.param(
            f"{DEPLOYED.id}/providers/Microsoft.Insights/diagnosticSettings/x",
            f"{DEPLOYED.id}/providers/Microsoft.Insights/diagnosticSettings/x",
            id="what stands on it",
        ),
    ],
)
def test_an_id_in_clear_of_a_declared_resource_is_a_link_in_a_preview(text, expected):
    assert body(told("storage:BlobContainer", "it", {"scope": text}), DEPLOYED)["scope"] == expected


def test_an_id_in_clear_stays_one_in_a_state():
    found = body(told("storage:BlobContainer", "it", {"scope": DEPLOYED.id}), DEPLOYED, plane=Plane.STATE)
    assert found["scope"] == DEPLOYED.id


def test_an_id_outside_arm_is_a_link_to_the_source_that_bears_it():
    block = told(
        "aws:s3/bucketVersioning:BucketVersioning",
        "it",
        {"bucket": "bucket-1a2b", "note": "bucket-1a2b"},
        property_dependencies={"bucket": (BUCKET.urn,)},
    )
    found = body(block, BUCKET, plane=Plane.STATE)
    assert (found["bucket"], found["note"]) == (Reference(BUCKET.urn, "id"), "bucket-1a2b")


def test_what_the_provider_answered_is_laid_over_what_it_was_given():
    """ARM's own names, and a part that the answer leaves out stays; the envelope is no setting."""
    one = told(
        "storage:StorageAccount",
        "account",
        {"enableHttpsTrafficOnly": True, "accountName": "files", "properties": {"kept": 1.0}},
        outputs={
            "enableHttpsTrafficOnly": False,
            "type": "Microsoft.Storage/storageAccounts",
            "properties": {"state": "on"},
        },
        id=DEPLOYED.id,
    )
    assert body(one, plane=Plane.STATE) == {
        "supportsHttpsTrafficOnly": False,
        "accountName": "files",
        "kept": 1,
        "state": "on",
        "resourceGroupName": "g",
        "subscriptionId": "s",
    }


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        pytest.param(Plane.STATE, DEPLOYED.id.lower(), id="state"),
        pytest.param(Plane.PREVIEW, DEPLOYED.urn, id="preview"),
    ],
)
def test_a_resource_is_called_by_its_arm_id_once_it_is_there(plane, expected):
    (found,) = declared((DEPLOYED,), plane=plane, seen_at=NOW).resources
    assert found.id == expected


def test_what_lies_in_no_cloud_is_left_out_and_what_nobody_knows_is_told():
    source = Source("__main__.py", 7)
    found = declared(
        (
            told("nowhere:Thing", "odd", source=source),
            told("random:index:Password", "word"),
            told("pulumi:providers:aws", "own"),
            told("my:index:Part", "part", custom=False),
            told("their:index:Part", "box", custom=False, remote=True),
        ),
        plane=Plane.PREVIEW,
        seen_at=NOW,
    )
    assert [one.name for one in found.resources] == ["odd"]
    assert [one.what for one in found.unassessed] == [
        "azure-native:nowhere:Thing odd",
        "random:index:Password word",
        "their:index:Part box",
    ]
    assert found.unassessed[0].where == "__main__.py:7"
    assert [gap.kinds for gap in found.gaps] == [()]


@pytest.mark.parametrize(
    ("given", "answered", "seen"),
    [
        pytest.param({"allowBlobPublicAccess": True}, {"allowBlobPublicAccess": None}, AMBIGUOUS, id="null"),
        pytest.param(
            {"allowBlobPublicAccess": False},
            {"properties": {"allowBlobPublicAccess": None}},
            AMBIGUOUS,
            id="null below",
        ),
        pytest.param({}, {"allowBlobPublicAccess": None}, None, id="null, and never given"),
        pytest.param({"allowBlobPublicAccess": True}, {}, True, id="nothing"),
        pytest.param({"allowBlobPublicAccess": True}, {"allowBlobPublicAccess": False}, False, id="another value"),
    ],
)
def test_what_a_provider_answers_as_null_is_no_default(given, answered, seen):
    """The program gave a value and the state has none: neither is the platform's default."""
    account = told("storage:StorageAccount", "it", given, outputs=answered)
    assert body(account, plane=Plane.STATE).get("allowBlobPublicAccess") is seen
