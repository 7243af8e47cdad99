"""Programs in three styles are captured whole, and judged by the policies of this repository."""

import json
from datetime import date

import pytest

from audit.engine import judge
from audit.facts import SECRET, UNKNOWN
from audit.model import Cause, Verdict
from audit.policies import Policies, load_targets
from tests.sources.capturing import PROGRAMS, by_name, capture, content, line_of
from tests.support import CONTROLS, POLICIES


def _judged(snapshot):
    """Judge a snapshot by every control, and index the findings by control and resource."""
    targets = load_targets(POLICIES / "targets.toml")
    policies = Policies(folder="", statements=(), controls=CONTROLS, targets=targets, waivers=())
    report = judge(snapshot, policies, date(2026, 1, 15), product="test")
    return {(finding.control, finding.name): finding for result in report.controls for finding in result.findings}


@pytest.fixture(scope="module")
def shops():
    """Capture the program of functions and loops."""
    return capture(PROGRAMS / "plain-functions")


@pytest.fixture(scope="module")
def departments():
    """Capture the program of components and central rules."""
    return capture(PROGRAMS / "central-rules")


@pytest.fixture(scope="module")
def hidden():
    """Capture the program of secrets and unknown values."""
    return capture(PROGRAMS / "secrets-and-unknowns")


def test_functions_and_loops_declare_all_they_say(shops):
    """Settings come from the project's defaults and from the stack's file in a folder of its own."""
    assert (shops.gaps, shops.unassessed) == ((), ())
    declared = by_name(shops)
    assert sorted(declared) == [
        *("north-files", "north-invoices", "north-orders", "north-photos", "north-service"),
        *("shops", "shops-server"),
        *("south-files", "south-invoices", "south-orders", "south-photos", "south-service"),
    ]
    assert declared["north-service"].look("deleteRetentionPolicy.days") == 45
    assert declared["south-files"].look("networkAcls.ipRules") == [
        {"iPAddressOrRange": "192.0.2.1"},
        {"iPAddressOrRange": "192.0.2.2"},
    ]
    assert declared["north-orders"].look("serverName") == "shops-server"
    assert declared["north-orders"].component == declared["shops-server"].id


def test_functions_and_loops_are_judged_one_by_one(shops):
    """Two accounts from one line of code get two verdicts, and the remedy's line is that of the property."""
    findings = _judged(shops)
    program = PROGRAMS / "plain-functions" / "infra" / "__main__.py"
    assert findings["storage-tls-floor", "north-files"].verdict is Verdict.KEPT
    old = findings["storage-tls-floor", "south-files"]
    assert (old.verdict, old.file) == (Verdict.BROKEN, "infra/__main__.py")
    assert old.line == line_of(program, "minimum_tls_version=")
    assert findings["storage-containers-private", "south-invoices"].verdict is Verdict.KEPT
    photos = findings["storage-containers-private", "south-photos"]
    assert photos.verdict is Verdict.BROKEN
    assert photos.line == line_of(program, '"public_access": access')


def test_central_rules_reach_everything_below_a_component(departments):
    """None of the accounts says a word about TLS, tags or locations itself."""
    assert (departments.gaps, departments.unassessed) == ((), ())
    declared = by_name(departments)
    for name in ("clinic", "school", "laboratory"):
        account = declared[f"{name}-account"]
        assert account.region == "uksouth"
        assert account.tag("owner") == declared[f"{name}-group"].tag("owner") == "platform"
        assert account.protect is True
        assert account.component.endswith(f"::{name}")
    assert declared["records"].look("accountName").urn == declared["clinic-account"].id


def test_central_rules_decide_the_verdict(departments):
    """The accounts are kept because of the transform, and one is broken because of another."""
    findings = _judged(departments)
    for name in ("clinic-account", "school-account"):
        assert findings["storage-tls-floor", name].verdict is Verdict.KEPT
        assert findings["storage-no-anonymous-read", name].verdict is Verdict.KEPT
        assert findings["geo-uk-regions-only", name].verdict is Verdict.KEPT
    old = findings["storage-tls-floor", "laboratory-account"]
    assert (old.verdict, old.file) == (Verdict.BROKEN, "department.py")
    assert old.line == line_of(PROGRAMS / "central-rules" / "department.py", "self.account = storage")


def test_secrets_and_unknown_values_do_not_stop_a_program(hidden):
    """Another stack's outputs, a provider's answers and settings that cannot be decrypted are all there is."""
    assert [gap.reason.partition(" at ")[0] for gap in hidden.gaps] == ["the code inside apply"]
    declared = by_name(hidden)
    own = declared.pop("dev-secrets")
    assert own.body == {"stack": "dev", "provider": "passphrase"}
    assert sorted(declared) == ["account", "address", "group", "machine", "portal", "server", "subnet", "vault"]
    assert declared["machine"].look("hardwareProfile.vmSize") == "Standard_D2s_v5"
    assert declared["server"].look("administratorLoginPassword") is SECRET
    assert declared["server"].look("tags.note") is SECRET
    assert declared["account"].look("minimumTlsVersion") is UNKNOWN
    assert declared["subnet"].look("addressPrefix") is UNKNOWN


def test_application_settings_hide_what_their_names_call_a_secret(hidden):
    """Name and value stand beside each other there."""
    told = {item["name"]: item["value"] for item in by_name(hidden)["portal"].look("siteConfig.appSettings")}
    assert told == {"STORAGE": UNKNOWN, "MODE": "production", "SMTP_PASSWORD": SECRET, "LICENCE": SECRET}


def test_no_secret_of_the_settings_is_in_the_snapshot(hidden):
    """Nor what stands encrypted in the stack's file, nor a default that the project calls secret."""
    whole = json.dumps(content(hidden)) + repr(hidden)
    words = ("CIPHERTEXT", "LICENCE-IN-CLEAR", "smtp-phrase-in-clear", "kept-in-clear-by-mistake", "a0d17000", "v1:")
    assert [word for word in words if word in whole] == []


def test_what_was_not_looked_at_is_listed(hidden):
    """Another stack, and three pieces of code that wait for a deployment."""
    assert [item.what for item in hidden.unassessed] == [
        *["code inside apply"] * 3,
        "pulumi:pulumi:StackReference organization/office/dev",
    ]


def test_an_unknown_value_is_unproven_and_an_obligation(hidden):
    """It is not broken, and it is never kept."""
    findings = _judged(hidden)
    late = findings["storage-tls-floor", "account"]
    assert (late.verdict, late.cause) == (Verdict.UNPROVEN, Cause.UNKNOWN)
    assert findings["keys-rbac-only", "vault"].verdict is Verdict.UNPROVEN
    assert findings["keys-purge-protection", "vault"].verdict is Verdict.KEPT
    assert findings["storage-no-anonymous-read", "account"].verdict is Verdict.KEPT
    assert findings["sql-tls-floor", "server"].verdict is Verdict.KEPT
