"""SARIF that every reader of the standard takes: valid, honest, stable, and safe whatever a resource is called."""

import json

import jsonschema
import msgspec
import pytest

from audit.model import Gap, Verdict
from audit.reports import sarif
from audit.reports.gate import Places
from tests.reports.gated import COMPARED, CONTROLS, GATED, PLACES, named, replaced
from tests.reports.sample import ESCAPE, REPORT, SCRIPT
from tests.support import ROOT

SCHEMA = json.loads((ROOT / "tests" / "oracles" / "schemas" / "sarif-2.1.0.json").read_text())
HOSTILE = ["[click](https://evil.example)", "{0}", "{{x}}", SCRIPT, ESCAPE, "\ud800", "a" * 5000]


def run_of(report, **more):
    """Render a report, hold it against the schema, and return its run."""
    log = json.loads(sarif.render(report, CONTROLS, PLACES, **more))
    jsonschema.Draft7Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return run


def only(run, control, kind="fail"):
    """Return the one result of a control and kind."""
    (result,) = (one for one in run["results"] if (one["ruleId"], one["kind"]) == (control, kind))
    return result


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(REPORT, id="a report"),
        pytest.param(GATED, id="with waivers"),
        pytest.param(COMPARED, id="with a baseline"),
        pytest.param(msgspec.structs.replace(REPORT, controls=(), statements=()), id="nothing judged"),
        *(
            pytest.param(named(COMPARED, name), id=f"a name that means harm {number}")
            for number, name in enumerate(HOSTILE)
        ),
    ],
)
def test_a_log_fits_the_published_schema(report):
    """In every shape that a report has, and for GitHub alone."""
    run_of(report)
    run_of(report, alerts=True)


def test_what_is_broken_is_a_failure_at_its_line_with_its_promises():
    """In the program's own file from the root of the repository, with what would mend it."""
    result = only(run_of(GATED), "storage-no-anonymous-read")
    assert (result["kind"], result["level"]) == ("fail", "error")
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "infra/stacks/archive.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 41},
    }
    assert location["logicalLocations"][0]["name"] == "archive"
    assert result["message"]["text"] == (
        "archive: a container may opt in to anonymous reads (broken). "
        "Breaks: A-14a (Nobody can read an archive without signing in). "
        "To mend: allow_blob_public_access=False at stacks/archive.py:44"
    )
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"] == {"startLine": 44}
    assert result["properties"]["promises"] == ["A-14a"]


def test_each_verdict_has_its_kind():
    """What is unproven is open, and never a failure or a pass; what is kept is left out."""
    kinds = {(one["properties"]["verdict"], one["kind"]) for one in run_of(GATED)["results"]}
    assert kinds == {("broken", "fail"), ("waived", "fail"), ("unproven", "open"), ("not applicable", "notApplicable")}
    assert all(("level" in one) is (one["kind"] == "fail") for one in run_of(GATED)["results"])


def test_a_waived_finding_is_suppressed_by_its_waiver():
    """With the owner and the day; where a promise admits no waiver, the suppression is refused."""
    (suppression,) = only(run_of(GATED), "storage-archive-locked")["suppressions"]
    assert suppression == {
        "kind": "external",
        "status": "rejected",
        "justification": "a lock cannot be undone",
        "properties": {"owner": "Head of Platform", "until": "2027-03-31"},
    }
    lenient = msgspec.structs.replace(GATED, statements=())
    (suppression,) = only(run_of(lenient), "storage-archive-locked")["suppressions"]
    assert suppression["status"] == "accepted"


def test_for_github_only_what_stops_the_change_is_there():
    """It makes an alert of every result: an obligation, a waiver that holds and a rule that does not apply are none."""
    found = {(one["ruleId"], one["kind"]) for one in run_of(GATED, alerts=True)["results"]}
    assert found == {
        ("storage-no-anonymous-read", "fail"),
        ("network-nsg-no-management", "fail"),
        ("storage-archive-locked", "fail"),  # waived under a promise that admits none
        ("keys-rotate", "open"),
        ("dns-mx-partner-only", "open"),
    }


def test_a_finding_without_a_place_stands_at_the_project():
    """GitHub takes no result without a file and a line."""
    result = only(run_of(GATED), "dns-mx-partner-only", "open")
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "infra/Pulumi.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 1},
            }
        }
    ]


def test_a_path_is_spelt_as_a_uri():
    """Spaces and signs that mean something in one are escaped."""
    location = only(run_of(GATED), "network-nsg-no-management")["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "infra/stacks/a%20b%231.py"


def test_fingerprints_outlive_a_moved_line_and_tell_findings_apart():
    """They rest on control, identity and judged value, never on the line alone."""
    moved = replaced(GATED, lambda one: msgspec.structs.replace(one, line=one.line + 7))
    prints, later = ([one["partialFingerprints"] for one in run_of(report)["results"]] for report in (GATED, moved))
    assert prints == later
    assert len({one["promiseAuditFinding/v1"] for one in prints}) == len(prints)
    assert all(set(one) == {"promiseAuditFinding/v1", "primaryLocationLineHash"} for one in prints)


def test_against_a_baseline_every_result_has_its_state():
    """What is gone is told, too."""
    states = {(one["ruleId"], one["baselineState"]) for one in run_of(COMPARED)["results"]}
    assert ("network-nsg-no-management", "new") in states
    assert ("storage-no-anonymous-read", "unchanged") in states
    assert "absent" in {state for _, state in states}
    assert all("baselineState" not in one for one in run_of(GATED)["results"])


@pytest.mark.parametrize(("gaps", "successful"), [((), True), ((Gap("the listing was refused"),), False)])
def test_a_run_that_did_not_see_everything_did_not_succeed(gaps, successful):
    """Each gap is an error of the run, by the standard's meaning: results may be incomplete."""
    (invocation,) = run_of(msgspec.structs.replace(GATED, gaps=gaps))["invocations"]
    assert invocation["executionSuccessful"] is successful
    errors = [one["message"]["text"] for one in invocation["toolExecutionNotifications"] if one["level"] == "error"]
    assert errors == [gap.reason for gap in gaps]


def test_what_is_wrong_with_waivers_is_a_notification():
    """One that ends soon is a note."""
    (invocation,) = run_of(GATED)["invocations"]
    told = [(one["level"], one["message"]["text"][:24]) for one in invocation["toolConfigurationNotifications"]]
    assert told == [("note", "storage-archive-locked f"), ("warning", "keys-rotate for old|`key")]


def test_a_rule_says_why_it_is_there():
    """The published promise it serves, its articles and how bad it is."""
    rules = {rule["id"]: rule for rule in run_of(GATED)["tool"]["driver"]["rules"]}
    rule = rules["storage-no-anonymous-read"]
    assert rule["name"] == "StorageNoAnonymousRead"
    assert rule["helpUri"] == "https://hosting.example/privacy.html?a=1&b=2"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["commitments"] == ["A-14a"]
    assert rule["properties"]["tags"] == ["security", "privacy", "GDPR Art. 5(1)(f)", "GDPR Art. 32(1)(b)"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert "helpUri" not in rules["network-nsg-no-management"]  # its statement's address is no web address


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_makes_a_link_or_a_placeholder(name):
    """Whoever names a resource does not write our messages."""
    for result in run_of(named(GATED, name))["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert not set(text) & {"\x1b", "\u202e", "\n"}
        assert text.replace("{{", "").replace("}}", "").count("{") == 0


def test_the_bytes_are_stable():
    """The same report gives the same file."""
    assert sarif.render(COMPARED, CONTROLS, PLACES) == sarif.render(COMPARED, CONTROLS, PLACES)


def test_a_control_that_is_there_no_more_still_has_its_rule():
    """A baseline may know one that was renamed."""
    lost = msgspec.structs.replace(COMPARED.against.absent[0], control="storage-renamed")
    report = msgspec.structs.replace(COMPARED, against=msgspec.structs.replace(COMPARED.against, absent=(lost,)))
    assert only(run_of(report), "storage-renamed")["baselineState"] == "absent"


def test_without_a_place_for_anything_there_is_still_one():
    """A report of what runs names no files."""
    log = json.loads(sarif.render(REPORT, {}, Places()))
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in log["runs"][0]["results"]}
    assert uris == {"Pulumi.yaml"}
    assert Verdict.KEPT not in {one["properties"]["verdict"] for one in log["runs"][0]["results"]}
