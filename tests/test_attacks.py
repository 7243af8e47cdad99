"""Ways to hide what breaks a promise, or to make nothing look like a promise: each of them is found out."""

from datetime import date

import pytest

from audit.engine import judge
from audit.estate import IndexedEstate
from audit.facts import Reference, Unseen
from audit.kinds import kind_of
from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.network import NETWORK_INTERFACE
from audit.kinds.sql import FIREWALL_RULE, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import AuditError, Plane, Snapshot, Targets, Verdict, broken, same
from audit.policies import Policies, load, load_targets
from audit.promises import Waiver
from tests.made import LOCKS, commitment, control, policies, policies_folder, statement, thing, waiver
from tests.sources.capturing import by_name, capture, write_program
from tests.support import CONTROLS, NOON, POLICIES

PROGRAM = """
import pulumi
from pulumi_azure_native import network, resources, storage

RDP = {
    "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "*",
    "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "*",
}
OPEN = {"allowBlobPublicAccess": True}
GROUPS, ACCOUNTS = "Microsoft.Network/networkSecurityGroups", "Microsoft.Storage/storageAccounts"


def template(*items):
    return {"mode": "Incremental", "template": {"resources": list(items)}}


resources.Deployment("children", resource_group_name="rg", properties=template(
    {"type": GROUPS, "name": "nested", "resources": [{"type": "securityRules", "name": "rdp", "properties": RDP}]},
    {"type": GROUPS, "name": "apart"},
    {"type": f"{GROUPS}/securityRules", "name": "apart/rdp", "properties": RDP},
    {"type": GROUPS, "name": "shouting", "Properties": {"SecurityRules": [{"name": "rdp", "Properties": RDP}]}},
    {"type": ACCOUNTS, "name": "two-types", "properties": {**OPEN, "type": "another"}},
))
resources.DeploymentAtSubscriptionScope("wide", location="uksouth", properties=template(
    {"type": ACCOUNTS, "name": "wide-account", "properties": OPEN},
))
resources.DeploymentStackAtSubscription(
    "stacked", location="uksouth", action_on_unmanage={"resources": "detach"}, deny_settings={"mode": "none"},
    template={"resources": {"one": {"type": ACCOUNTS, "name": "stacked-account", "properties": OPEN}}},
)
resources.Deployment("spelt", resource_group_name="rg", properties=template(
    {"type": "[concat(\'Microsoft.Storage\', \'/storageAccounts\')]", "name": "x", "properties": OPEN},
))
resources.Deployment("linked", resource_group_name="rg", properties={"template_link": {"uri": "https://x.example/y"}})
pulumi.CustomResource("azure-native:storage/v20230101:StorageAccount", "pinned", OPEN)
pulumi.CustomResource("azure-native_storage_v20230101:storage:StorageAccount", "pinned-package", OPEN)
pulumi.ComponentResource("package:index:Thing", "packaged", {}, None, remote=True)
account = storage.StorageAccount(
    "account", resource_group_name="rg", kind="StorageV2", sku={"name": "Standard_LRS"},
    tags={"$reference": {"urn": "x"}},
)


def hide(_):
    make()


def make():
    storage.StorageAccount("hidden", resource_group_name="rg", kind="StorageV2", sku={"name": "Standard_LRS"})


account.id.apply(hide)
account.id.apply(lambda identity: f"{identity}/blobServices/default")
"""


@pytest.fixture(scope="module")
def hiding(tmp_path_factory):
    """Capture a program that hides what it declares in every way we know."""
    return capture(write_program(tmp_path_factory.mktemp("hiding"), PROGRAM))


@pytest.fixture(scope="module")
def found(hiding):
    """Judge that program, and index the verdicts by control and resource."""
    rules = Policies(
        folder="", statements=(), controls=CONTROLS, targets=load_targets(POLICIES / "targets.toml"), waivers=()
    )
    report = judge(hiding, rules, NOON.date(), product="test")
    return {(one.control, one.name): one.verdict for result in report.controls for one in result.findings}


@pytest.mark.parametrize("name", ["nested", "apart", "shouting"])
def test_a_rule_in_a_template_belongs_to_its_group(found, name):
    """Inside it, beside it by its name, and in any case, as ARM reads it."""
    assert found["network-no-rdp-from-internet", name] is Verdict.BROKEN


@pytest.mark.parametrize("name", ["two-types", "wide-account", "stacked-account", "pinned", "pinned-package"])
def test_an_account_is_an_account_however_it_is_declared(found, name):
    """Below a subscription, in a deployment stack, with a pinned API version, or with a second type in its body."""
    assert found["storage-no-anonymous-read", name] is Verdict.BROKEN


def test_what_cannot_be_opened_is_a_gap(hiding):
    """It may declare anything, so nothing is complete."""
    line = PROGRAM.splitlines().index("def hide(_):") + 1
    assert [gap.reason for gap in hiding.gaps if not gap.kinds] == [gap.reason for gap in hiding.gaps]
    assert sorted(gap.reason for gap in hiding.gaps) == [
        f"the code inside apply at __main__.py:{line} makes resources, and was not run",
        "the component packaged comes from a package, which may declare anything",
        "the deployment linked may declare anything: its template is not written out in the program",
        "the deployment spelt may declare anything: what its template declares is not written out in the program",
    ]


def test_a_program_cannot_make_up_our_marks(hiding):
    """A map that looks like a link of ours is neither followed nor a reason to stop."""
    with pytest.raises(Unseen, match="unexpected shape"):
        by_name(hiding)["account"].tag("data")


def test_what_is_nested_too_deeply_is_refused(tmp_path):
    """In one line, and nothing of it is judged."""
    source = """
import sys, pulumi
sys.setrecursionlimit(100_000)
deep = "x"
for _ in range(900):
    deep = {"a": deep}
pulumi.CustomResource("azure-native:resources:ResourceGroup", "group", {"location": "uksouth", "deep": deep})
"""
    with pytest.raises(AuditError, match="nested too deeply"):
        capture(write_program(tmp_path, source))


def test_a_name_that_pulumi_makes_up_is_nobodys_yet():
    """`server_name="orders"` may be another server than the one that the program calls so."""
    server = thing(SQL_SERVER, "urn:pulumi::orders", {}, name="orders")
    rule = thing(FIREWALL_RULE, "urn:pulumi::rule", {"serverName": "orders"}, name="rule")
    seen = IndexedEstate(Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=(server, rule)))
    with pytest.raises(Unseen, match="rule does not say yet"):
        seen.children(server, FIREWALL_RULE)


def test_an_interface_that_a_machine_makes_itself_is_a_gap():
    """No row declares it, so no listing of interfaces is complete."""
    body = {"networkProfile": {"networkInterfaceConfigurations": [{"name": "inline"}]}}
    machine = thing(VIRTUAL_MACHINE, "urn:machine", body, name="machine")
    seen = IndexedEstate(Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=(machine,)))
    assert seen.gap((NETWORK_INTERFACE,)).reason.startswith("the interfaces that machine makes itself")
    assert seen.gap((VIRTUAL_MACHINE,)) is None


@pytest.mark.parametrize("look_alike", ["Di\u017fabled", "Disabled\u200b", "\uff24isabled"])
def test_a_look_alike_is_another_word(look_alike):
    """Folding the case of every script would make some of them one."""
    assert not same(look_alike, "Disabled")
    assert same("DISABLED", "Disabled")


def test_a_tags_name_is_known_in_any_case():
    """As in Azure: a capital letter does not take an archive out of reach."""
    account = thing(STORAGE_ACCOUNT, "account", {"tags": {"Data": "Mail, Archive"}})
    assert account.tag("data") == "Mail, Archive"
    assert account.classes() == ("mail", "archive")
    with pytest.raises(Unseen):
        thing(STORAGE_ACCOUNT, "account", {"tags": Reference("urn:x", "tags")}).tag("data")


@pytest.mark.parametrize("number", [0, -1, float("nan"), float("inf"), True, "35"])
def test_a_number_that_promises_nothing_is_no_target(number):
    """Kept for 0 days would be kept by everybody."""
    with pytest.raises(Unseen, match="the target a\\.b is"):
        Targets({"a": {"b": number}}).number("a.b")


@pytest.mark.parametrize("names", [[], [""], ["x", " "], [1], "x"])
def test_a_list_that_names_nothing_is_no_target(names):
    """An alert for none of the operations would be kept by everybody."""
    with pytest.raises(Unseen, match="the target a\\.b is"):
        Targets({"a": {"b": names}}).names("a.b")


def test_trusting_nobody_is_a_target():
    """Where the empty list is the strictest."""
    assert Targets({"a": {"b": []}}).names("a.b", may_be_empty=True) == ()


def test_a_waiver_excuses_no_namesake():
    """Two resources may have one name below two components; an owner accepted one deviation."""
    excuse = Waiver(control="c", resource="x", planes=(Plane.PROGRAM,), reason="r", owner="o", until=date(2027, 1, 1))
    rules = policies(control("c", on=(STORAGE_ACCOUNT,)), waivers=(excuse,))
    open_one = thing(STORAGE_ACCOUNT, "urn:one", {"shut": False}, name="x")
    open_two = thing(STORAGE_ACCOUNT, "urn:two", {"shut": False, "more": 1}, name="x")
    for resources, verdict in (((open_one,), Verdict.WAIVED), ((open_one, open_two), Verdict.BROKEN)):
        snapshot = Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=resources)
        assert judge(snapshot, rules, NOON.date(), product="test").verdict is verdict


def test_a_control_that_rules_nothing_is_named():
    """What forgets to return is no answer."""
    rules = policies(control("c", lambda account: broken if account is None else None, on=(STORAGE_ACCOUNT,)))
    snapshot = Snapshot(
        plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=(thing(STORAGE_ACCOUNT, "x", {}),)
    )
    with pytest.raises(AuditError, match="judge gave None, which is no ruling"):
        judge(snapshot, rules, NOON.date(), product="test")


def test_a_control_that_exits_does_not_end_the_audit(tmp_path):
    """An exit with 0 would read as kept."""
    folder = policies_folder(tmp_path, controls={"storage/locked.py": f"{LOCKS}\nraise SystemExit(0)\n"})
    with pytest.raises(AuditError, match="cannot be loaded"):
        load(folder)


def test_a_statement_that_promises_nothing_is_wrong(tmp_path):
    """A misplaced heading would leave it without a promise, and nobody would see."""
    sound = statement(commitment("S-1", controls=["storage-locked"]))
    empty = statement(identity="T")
    with pytest.raises(AuditError, match=r"t\.toml:1: statement T makes no commitment"):
        load(policies_folder(tmp_path, statements={"s.toml": sound, "t.toml": empty}))


@pytest.mark.parametrize("blank", ["owner", "reason"])
def test_a_waiver_without_an_owner_or_a_reason_is_wrong(tmp_path, blank):
    """A deviation is accepted in writing by somebody."""
    text = "\n".join(
        f'{blank} = " "' if line.startswith(f"{blank} =") else line for line in waiver("storage-locked").splitlines()
    )
    with pytest.raises(AuditError, match="names no owner or no reason"):
        load(policies_folder(tmp_path, waivers=text))


@pytest.mark.parametrize(
    "token", ["azure-native:storage/v20230101preview:StorageAccount", "AZURE-NATIVE:storage:StorageAccount"]
)
def test_a_token_is_known_with_a_version_and_in_any_case(token):
    """So that no account is of an unknown type."""
    assert kind_of(token) is STORAGE_ACCOUNT
