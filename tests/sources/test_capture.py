"""What a program declares arrives whole and in one form: numbers, secrets, unknown values and links."""

import json

import pytest

from audit.facts import SECRET, UNKNOWN
from audit.model import Reference
from tests.sources.capturing import PROGRAMS, by_name, capture, content, write_program

GROUP = "urn:pulumi:dev::values::azure-native:resources:ResourceGroup::group"
SERVER = "urn:pulumi:dev::values::azure-native:sql:Server::server"
ACCOUNT = "urn:pulumi:dev::values::azure-native:storage:StorageAccount::account"
IDENTITY = "urn:pulumi:dev::values::azure-native:managedidentity:UserAssignedIdentity::identity"
IN_CLEAR = (
    "correct-horse-battery",
    "the-vaults-own-secret",
    "aGVsbG8tZnJvbS1jbG91ZC1pbml0",
    "wrapped-in-a-tag",
    "derived-from",
    "run-with-hidden-text",
    "deeply-hidden-text",
    "hidden-in-a-suffix",
    "Y2lwaGVy",
)


@pytest.fixture(scope="module")
def snapshot():
    """Capture the program whose values take every form."""
    return capture(PROGRAMS / "values")


@pytest.fixture(scope="module")
def declared(snapshot):
    """Index what it declares by name."""
    return by_name(snapshot)


def test_the_program_runs_to_its_end(snapshot):
    """Among other things, an identity given as a list and coming out as a map does not stop it."""
    (gap,) = snapshot.gaps
    assert gap.reason.startswith("the code inside apply at __main__.py:")


def test_an_identity_given_as_a_list_is_kept_as_a_list(declared):
    """It is what the program wrote, whatever Azure makes of it."""
    identities = declared["account"].look("identity.userAssignedIdentities")
    assert identities == [Reference(IDENTITY, "id")]


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        pytest.param("workspace", "retentionInDays", 90, id="a whole number"),
        pytest.param("workspace", "workspaceCapping.dailyQuotaGb", 1.5, id="a fraction"),
        pytest.param("unheard-of", "size", 3, id="a whole number written as a fraction"),
        pytest.param("vault", "enablePurgeProtection", True, id="a truth value"),
        pytest.param("vault", "networkAcls.defaultAction", "Deny", id="a text two objects down"),
        pytest.param("machine", "tags.text", "written-out", id="a text beside secrets"),
        pytest.param("extension", "settings.proxy", "open-setting", id="a setting beside protected ones"),
    ],
)
def test_plain_values_come_back_as_they_were_written(declared, name, path, value):
    """Numbers travel as floats on the way, and come back whole."""
    seen = declared[name].look(path)
    assert seen == value
    assert type(seen) is type(value)


def test_keys_stand_in_order(declared):
    """The order in which they arrive differs from run to run."""
    assert list(declared["account"].body) == sorted(declared["account"].body)
    assert list(declared["account"].look("tags")) == ["aardvark", "principal", "zebra"]


def test_two_runs_see_the_same(snapshot):
    """Registrations come from several threads, in no fixed order."""
    again = capture(PROGRAMS / "values")
    assert content(again) == content(snapshot)
    assert again.unassessed == snapshot.unassessed


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("server", "administratorLoginPassword", id="a setting that only its owner can decrypt"),
        pytest.param("machine", "osProfile.adminPassword", id="a text in clear under a secret's name"),
        pytest.param("machine", "osProfile.customData", id="a start script"),
        pytest.param("machine", "tags.wrapped", id="a text the program wrapped"),
        pytest.param("machine", "tags.derived", id="a text made from a secret"),
        pytest.param("vault-secret", "value", id="a vault's secret"),
        pytest.param("extension", "protectedSettings.commandToExecute", id="a protected setting"),
        pytest.param("extension", "protectedSettings.inner.word", id="a protected setting further down"),
        pytest.param("links", "tags.secret_suffix", id="a secret appended to a link"),
    ],
)
def test_a_secret_is_marked_and_not_shown(declared, name, path):
    """The mark says that something is there."""
    assert declared[name].look(path) is SECRET


def test_no_secret_is_anywhere_in_a_snapshot(snapshot):
    """Not in a body, not in a name, a gap or a list of what was not assessed."""
    whole = json.dumps(content(snapshot)) + repr(snapshot)
    assert [text for text in IN_CLEAR if text in whole] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("vault", "tenantId", id="a provider's answer"),
        pytest.param("vault", "createMode", id="a provider's answer inside a text"),
        pytest.param("links", "tags.listed", id="a key asked for with an output"),
        pytest.param("machine", "tags.key", id="a key asked for with plain values"),
        pytest.param("links", "tags.text", id="a text made from an id"),
        pytest.param("links", "tags.all", id="a text made from two ids"),
        pytest.param("links", "tags.json", id="JSON around an id"),
        pytest.param("links", "tags.headless", id="text in front of a known name"),
        pytest.param("links", "tags.two_links", id="two ids in a row"),
    ],
)
def test_what_only_a_deployment_knows_is_unknown(declared, name, path):
    """An invented answer never looks like something that was seen."""
    assert declared[name].look(path) is UNKNOWN


def test_a_property_that_was_not_set_is_absent(declared):
    """It is not unknown: nobody will ever know it."""
    assert declared["server"].look("publicNetworkAccess") is None


@pytest.mark.parametrize(
    ("path", "link"),
    [
        pytest.param("id", Reference(ACCOUNT, "id"), id="an id"),
        pytest.param("unknown_name", Reference(IDENTITY, "name"), id="a name that Pulumi makes up"),
        pytest.param("lifted", Reference(ACCOUNT, "primaryEndpoints.blob"), id="a property of a property"),
        pytest.param("concat", Reference(SERVER, "id", "/databases/master"), id="concat with a text"),
        pytest.param("format", Reference(SERVER, "id", "/databases/master"), id="format with two places"),
        pytest.param("format_name", Reference(SERVER, "id", "/databases/master"), id="format with a name"),
    ],
)
def test_a_link_stays_a_link(declared, path, link):
    """So neighbours can be found before any id exists."""
    assert declared["links"].look(f"tags.{path}") == link


def test_a_name_that_the_program_gives_is_known(declared):
    """Preview knows it, and a program may compute with it."""
    assert declared["links"].look("tags.known_name") == "valuesaccount"
    assert declared["account"].look("resourceGroupName") == "rg-values"


def test_the_program_never_sees_a_link_as_a_value(declared):
    """It sees what preview would show it: something unknown."""
    assert declared["links"].look("tags.seen_by_the_program") == "Unknown"


def test_options_and_dependencies_are_kept(declared):
    """Protection is part of what a promise may rest on."""
    account = declared["account"]
    assert (account.protect, account.retain_on_delete, account.ignore_changes) == (True, True, ("sku", "tags"))
    assert account.dependencies == (IDENTITY, GROUP)
    assert (declared["server"].protect, declared["server"].retain_on_delete) == (False, False)


def test_versions_of_the_sdk_are_told(snapshot):
    """It fills in defaults, so a verdict can depend on it."""
    assert {"pulumi", "pulumi_azure_native"} <= {name.replace("-", "_") for name in snapshot.tools}


def test_a_resource_that_is_looked_up_is_listed_and_not_judged(snapshot, declared):
    """It is declared elsewhere; what points to it keeps the link."""
    (existing,) = (item for item in snapshot.unassessed if "ResourceGroup existing" in item.what)
    assert existing.why == "looked up, and declared elsewhere"
    assert existing.where.startswith("__main__.py:")
    assert "existing" not in declared
    assert declared["beside-existing"].look("tags.existing").urn.endswith("::existing")


def test_a_type_that_no_control_knows_is_listed(snapshot):
    """Silence about it would read as praise."""
    (item,) = (item for item in snapshot.unassessed if "unheardof" in item.what)
    assert item.why == "no control knows this type"


def test_code_that_waits_for_an_unknown_value_is_listed(snapshot, declared):
    """What it would have declared is not seen, as in any preview."""
    unrun = [item for item in snapshot.unassessed if item.what == "code inside apply"]
    assert {item.where.split(":")[0] for item in unrun} == {"__main__.py"}
    assert len(unrun) == 3
    assert not any(name.startswith("never-") for name in declared)


@pytest.mark.parametrize("awaits", ["pulumi.run(main)", "pulumi.Output.from_input(main()).apply(print)"])
def test_a_program_that_awaits_ends(tmp_path, awaits):
    """With the event loop made too late it would hang for ever."""
    source = f"""
import asyncio, pulumi
async def main():
    await asyncio.sleep(0)
    pulumi.CustomResource("azure-native:resources:ResourceGroup", "awaited", {{"location": "uksouth"}})
{awaits}
"""
    snapshot = capture(write_program(tmp_path, source))
    assert snapshot.gaps == ()
    assert list(by_name(snapshot)) == ["awaited"]


def test_aliases_change_nothing(tmp_path):
    """They are dropped for speed, the SDK's own included."""
    source = """
import pulumi
from pulumi_azure_native import storage
class Pair(pulumi.ComponentResource):
    def __init__(self, name, aliases):
        super().__init__("demo:index:Pair", name)
        opts = pulumi.ResourceOptions(parent=self, aliases=aliases, protect=True)
        made = storage.StorageAccount("made", resource_group_name="rg", kind="StorageV2", sku={"name": "x"}, opts=opts)
        opts = pulumi.ResourceOptions(parent=made)
        storage.BlobContainer("held", resource_group_name="rg", account_name=made.name, opts=opts)
Pair("pair", ALIASES)
"""
    aliases = '[pulumi.Alias(name="older"), pulumi.Alias(type_="azure-native:storage/v20230101:StorageAccount")]'
    plain = capture(write_program(tmp_path / "plain", source.replace("ALIASES", "None")))
    aliased = capture(write_program(tmp_path / "aliased", source.replace("ALIASES", aliases)))
    assert content(aliased) == content(plain)
    assert len(plain.resources) == 2


def test_a_component_is_no_resource_and_says_whose_its_children_are(tmp_path):
    """A control judges what Azure holds; the component is in the children's names."""
    source = """
import pulumi
class Box(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("demo:index:Box", name)
        opts = pulumi.ResourceOptions(parent=self)
        pulumi.CustomResource("azure-native:resources:ResourceGroup", "boxed", {"location": "uksouth"}, opts)
Box("box")
pulumi.CustomResource("azure-native:resources:ResourceGroup", "loose", {"location": "uksouth"})
"""
    declared = by_name(capture(write_program(tmp_path, source)))
    assert sorted(declared) == ["boxed", "loose"]
    assert declared["boxed"].component == "urn:pulumi:dev::demo::demo:index:Box::box"
    assert declared["loose"].component == ""


def test_a_large_answer_has_several_of_what_a_program_chooses_from_and_one_of_what_lies_deep_in_it(tmp_path):
    """Three in each of the two outer lists; with three in every list a network's answer is fifty megabytes."""
    source = """
import pulumi
from pulumi_azure_native import network

found = network.get_virtual_network(resource_group_name="rg", virtual_network_name="shared")
subnet = found.subnets[2]
rules = subnet.network_security_group.security_rules
rule = rules[2]
counts = [len(one) for one in (found.subnets, rules, rule.source_address_prefixes)]
tags = {"counts": str(counts), "subnet": subnet.id, "rule": rule.name}
pulumi.CustomResource("azure-native:storage:StorageAccount", "files", {"tags": tags})
"""
    (files,) = (one for one in capture(write_program(tmp_path, source)).resources if one.name == "files")
    assert files.look("tags") == {"counts": "[3, 3, 1]", "subnet": UNKNOWN, "rule": UNKNOWN}
