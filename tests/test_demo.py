"""The demo finds what was planted, says what it could not see, prints what the README shows, and ends cleanly."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit.sandbox import process
from tests.support import ROOT

AUDIT = Path(sys.executable).with_name("audit")
README = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's output, its report and the folder of its local Azure, run as the Makefile runs it."""
    folder, report = tmp_path_factory.mktemp("demo") / "sandbox", tmp_path_factory.mktemp("report")
    load = [AUDIT, "sandbox", "load", "--folder", folder, "--stack", "production"]
    subprocess.run(load, cwd=ROOT, check=True, capture_output=True)
    words = f"{sys.executable} demo/plant.py {folder} && {AUDIT} drift --stack production --report {report}"
    run = [AUDIT, "sandbox", "run", "--folder", folder, "--", "sh", "-c", words]
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    told = subprocess.run(run, cwd=ROOT, env=plain, check=False, capture_output=True, text=True)
    return told, json.loads((report / "report.json").read_text()), folder


def findings(report, control, verdict):
    """Return what a control found with a verdict."""
    (result,) = [one for one in report["controls"] if one["id"] == control]
    return [found for found in result["findings"] if found["verdict"] == verdict]


@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize(
    ("control", "name", "reason"),
    [
        pytest.param("storage-no-public-network", "hostingarchive", "Enabled", id="the archive opened"),
        pytest.param("backup-policy-meets-promise", "machines-", "kept 7 days", id="backups cut to seven days"),
        pytest.param("backup-recovery-points-fresh", "hosting-", "9 days old", id="an old recovery point"),
        pytest.param("geo-everything-declared", "", "provisioning-copy", id="a database that nobody declares"),
    ],
)
def test_what_was_planted_is_found(demo, control, name, reason):
    told, report, _ = demo
    assert told.returncode == 3, told.stderr
    assert any(name in one["name"] and reason in one["reason"] for one in findings(report, control, "broken"))


@pytest.mark.xdist_group("demo")
def test_what_was_denied_is_a_gap_and_never_reads_as_kept(demo):
    _, report, _ = demo
    (gap,) = report["gaps"]
    assert "Microsoft.Authorization/locks" in gap["reason"]
    assert "It needs Microsoft.Authorization/locks/read" in gap["reason"]
    assert findings(report, "access-crown-jewels-locked", "unproven")
    assert not findings(report, "access-crown-jewels-locked", "kept")


@pytest.mark.xdist_group("demo")
def test_what_differs_is_told_with_the_line_that_declares_it(demo):
    _, report, _ = demo
    told = {(one["contrast"], one["name"]): one for one in report["differences"]}
    assert told["in no stack", "provisioning-copy"]["declared"] is None
    opened = told["judged otherwise", "hostingarchive"]
    assert (opened["declared"], opened["live"], opened["file"]) == ("kept", "broken", "stacks/guarded_account.py")
    hidden = [one for one in report["differences"] if one["contrast"] == "declared and not seen"]
    assert {one["type"] for one in hidden} == {"Microsoft.Authorization/locks"}


@pytest.mark.xdist_group("demo")
def test_every_finding_about_azure_names_its_answer(demo):
    _, report, _ = demo
    about = [found for result in report["controls"] for found in result["findings"] if found["resource"][:1] == "/"]
    assert len(about) > 500
    assert all(found["answers"] and re.fullmatch("[0-9a-f]{64}", found["answers"][0]["digest"]) for found in about)


@pytest.mark.xdist_group("demo")
def test_the_readme_shows_what_it_prints(demo):
    """Every line of it, to the letter; the day of the audit left out."""
    told, _, _ = demo
    printed = {re.sub(r"judged on.*|\d{4}-\d\d-\d\d( \d\d:\d\d)?", "…", line) for line in told.stdout.splitlines()}
    shown = [
        re.sub(r"judged on.*|\d{4}-\d\d-\d\d( \d\d:\d\d)?", "…", line)
        for line in README.splitlines()
        if line.strip(" …")
    ]
    assert not [line for line in shown if line not in printed]


@pytest.mark.xdist_group("demo")
def test_it_leaves_no_process_behind(demo):
    _, _, folder = demo
    assert process.running(folder) is None
