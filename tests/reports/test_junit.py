"""JUnit that Jenkins takes: valid, with nothing unproven among what passed."""

import msgspec
import pytest
import xmlschema

from audit.model import Verdict
from audit.reports import junit
from tests.reports.gated import COMPARED, GATED, named
from tests.reports.sample import ESCAPE, REPORT, SCRIPT
from tests.support import ROOT

SCHEMA = xmlschema.XMLSchema(str(ROOT / "tests" / "oracles" / "schemas" / "junit-10.xsd"))
EMPTY = msgspec.structs.replace(REPORT, controls=(), statements=())


def parsed(report):
    """Render a report, hold it against the schema, and return its root element."""
    text = junit.render(report).decode()
    SCHEMA.validate(text)
    return xmlschema.XMLResource(text).root


def cases(report):
    """Return each case's outcomes by control and resource."""
    told = {}
    for case in parsed(report).iter("testcase"):
        outcomes = [child.tag for child in case]
        told.setdefault((case.get("classname"), case.get("name")), []).extend(outcomes or ["passed"])
    return told


@pytest.mark.parametrize("name", ["plain", SCRIPT, ESCAPE, "]]>&amp;\"'", "\ufffe\uffff\x00\ud800", ""])
def test_a_file_fits_jenkins_schema_whatever_a_resource_is_called(name):
    """And is well-formed."""
    cases(named(COMPARED, name))


@pytest.mark.parametrize(
    ("control", "name", "outcome"),
    [
        pytest.param("storage-no-anonymous-read", "archive", "failure", id="broken"),
        pytest.param("storage-no-anonymous-read", "recovery", "passed", id="kept"),
        pytest.param("keys-rotate", "mail-key", "error", id="unproven of a critical control"),
        pytest.param("dns-mx-partner-only", "the whole estate", "error", id="hidden by a gap"),
        pytest.param("sql-tls-floor", r"tidy\u001b[2J Kept: all is well\u202eexe", "skipped", id="an obligation"),
        pytest.param("web-no-platform-cookies", "website", "skipped", id="not applicable"),
        pytest.param("storage-archive-locked", "worm", "failure", id="waived under a promise that admits none"),
    ],
)
def test_each_verdict_has_its_outcome(control, name, outcome):
    """Only what is kept passes."""
    told = {(where, " ".join(called.split())): seen for (where, called), seen in cases(GATED).items()}
    assert told[control, name] == [outcome]


def test_what_is_waived_is_skipped_and_says_by_whom():
    """Where no promise forbids it."""
    report = msgspec.structs.replace(GATED, statements=())
    (skipped,) = parsed(report).findall(".//testcase[@name='worm']/skipped")
    assert skipped.get("message") == "waived: the retention lock is open: it can be shortened"
    assert "Waived by Head of Platform until 2027-03-31" in skipped.text


def test_what_the_baseline_has_is_skipped_as_already_broken():
    """And what is new fails."""
    told = cases(COMPARED)
    assert told["storage-no-anonymous-read", "archive"] == ["skipped"]
    assert told["network-nsg-no-management", SCRIPT] == ["failure"]
    (skipped,) = parsed(COMPARED).findall(".//testcase[@name='archive']/skipped")
    assert skipped.get("message").startswith("already broken: ")


def test_counts_are_those_of_the_cases():
    """Suite by suite, and over all of them."""
    whole = parsed(GATED)
    for suite in whole:
        counted = {key: int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")}
        found = {"tests": len(suite)} | {
            key: len(suite.findall(f"testcase/{tag}"))
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        }
        assert counted == found
    assert int(whole.get("tests")) == sum(len(result.findings) for result in GATED.controls)
    assert [suite.get("name") for suite in whole] == ["dns", "geo", "keys", "network", "sql", "storage", "web"]


def test_an_audit_that_judged_nothing_is_no_success():
    """An empty file would be green."""
    assert cases(EMPTY) == {("audit", "something was judged"): ["error"]}


def test_a_failure_names_the_promise_the_place_and_the_change():
    """All that a developer needs to mend it."""
    (failure,) = parsed(GATED).findall(".//testcase[@name='archive']/failure")
    assert failure.get("type") == "critical"
    assert failure.text.splitlines() == [
        "archive: a container may opt in to anonymous reads (broken). "
        "Breaks: A-14a (Nobody can read an archive without signing in). "
        "To mend: allow_blob_public_access=False at stacks/archive.py:44",
        "stacks/archive.py:41",
    ]
    assert Verdict.BROKEN in failure.get("message")
