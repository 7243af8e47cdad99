"""The quarter for newcomers tells its story: what came and went in three months, week by week, in every edition."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# The story takes most of a minute: one worker lets it pass for all.
pytestmark = pytest.mark.xdist_group("quarter")
AUDIT = Path(sys.executable).with_name("audit")
DOOR, BACKUPS, CONTAINER = "storage-no-public-network", "backup-policy-meets-promise", "storage-containers-private"


def run(*words, expected=0):
    """Run a command from the root of the repository; what it said is shown where it ends otherwise."""
    ran = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=400)
    assert ran.returncode == expected, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The folder of the story, and the report's folder; made by the commands of `make quarter`."""
    folder, out = tmp_path_factory.mktemp("story"), tmp_path_factory.mktemp("quarters")
    for name in ("tool", "reviewer"):
        run(AUDIT, "key", "new", folder / name)
    run(AUDIT, "sandbox", "run", "--folder", folder, "--", sys.executable, "-m", "demo.quarter", folder)
    told = ["--packs", folder / "packs", "--key", folder / "tool.pub.pem", "--policies", folder / "policies"]
    run(AUDIT, "report", "--quarter", "2026Q3", *told, "--out", out, "--no-pdf", expected=3)
    yield folder, out
    shutil.rmtree(folder / "packs")


@pytest.fixture(scope="module")
def report(story):
    """The auditor's edition."""
    return json.loads((story[1] / "2026Q3-auditor/report.json").read_bytes())


def spans(report, control):
    """From when to when a control found something wrong, by verdict."""
    [found] = [one for one in report["exceptions"] if one["control"] == control]
    days = [tuple((span[name] or "")[:10] for name in ("before", "first", "last", "after")) for span in found["spans"]]
    return found["verdict"], days


def test_weeks_without_evidence_are_named(report):
    """One in which nobody looked, and one whose pack was changed afterwards."""
    bare = {week["begins"]: week["state"] for week in report["weeks"] if week["state"] != "seen"}
    assert bare == {"2026-08-10": "no evidence", "2026-09-07": "not verified"}


@pytest.mark.parametrize(
    ("control", "verdict", "days"),
    [
        pytest.param(DOOR, "broken", [("2026-07-06", "2026-07-13", "2026-07-20", "2026-07-27")], id="a door"),
        pytest.param(BACKUPS, "broken", [("2026-07-13", "2026-07-20", "2026-09-21", "")], id="a waiver that ended"),
        pytest.param(CONTAINER, "broken", [("2026-07-27", "2026-08-03", "2026-08-03", "2026-08-17")], id="a container"),
    ],
)
def test_what_was_wrong_is_told_from_when_to_when(report, control, verdict, days):
    """Last seen right before, first and last seen wrong, first seen right again."""
    assert spans(report, control) == (verdict, days)


def test_a_denied_read_leaves_its_promises_unproven_in_that_week(report):
    """In the eighth week locks could not be read, which the promise on them says."""
    [promise] = [one for one in report["promises"] if one["id"] == "A-27d3"]
    assert promise["weeks"][7] == "unproven"
    [week] = [one for one in report["weeks"] if one["begins"] == "2026-08-24"]
    assert "locks" in week["why"]


def test_nothing_is_kept_over_a_quarter_with_a_hole(report):
    """A week without evidence stays in every denominator."""
    assert {one["verdict"] for one in report["promises"] if one["counted"]} == {"broken", "unproven"}


def test_the_drills_are_told_with_what_failed(report):
    """One proven, one failed, one that had to fail."""
    told = {(one["item"]["kind"], one["negative_control"]): one["verdict"] for one in report["drills"]}
    states = {key: verdict["recoverability"]["state"] for key, verdict in told.items()}
    assert states == {("sql", False): "proven", ("archive", False): "failed", ("sql", True): "failed"}
    assert {row["kind"]: row["negative"] for row in report["coverage"]}["sql"] == "failed, as it must"


def test_the_customer_who_left_is_reconciled(report):
    """Their container is gone: what was expected, less what disappeared, is what was found."""
    rows = {row["type"]: row for row in report["inventory"]["rows"]}
    row = rows["Microsoft.Storage/storageAccounts/blobServices/containers"]
    assert row["disappeared"] == 1
    assert row["expected"] + row["appeared"] - row["disappeared"] == row["found"]


def test_an_attestation_that_ended_proves_nothing_more(report):
    """It was said in June, and ended in August."""
    states = {one["attestation"]["id"]: one["state"] for one in report["attestations"]}
    assert states == {"AT-01": "valid", "AT-02": "expired", "AT-14": "valid"}


def test_a_customer_sees_their_own_exception_and_nobody_else_s(story):
    """The open container was one customer's."""
    titles = {}
    for name in ("c-03", "c-07", "c-09"):
        told = json.loads((story[1] / f"2026Q3-customer-{name}/report.json").read_bytes())
        titles[name] = [one["control"] for one in told["exceptions"] if not one["shared"]]
    assert titles == {"c-03": [], "c-07": [CONTAINER], "c-09": []}


def test_strangers_verify_packs_and_replay_the_newest(story):
    """With the public key alone: one pack is named as changed, and the last gives the same verdicts again."""
    folder, _ = story
    told = run(AUDIT, "verify", folder / "packs", "--key", folder / "tool.pub.pem", expected=3)
    assert "1 wrong" in told
    newest = max((folder / "packs").iterdir())
    said = run(AUDIT, "replay", newest, "--policies", folder / "policies")
    assert "the same verdicts" in said


def test_an_edition_is_sealed_by_two(story):
    """One signature is too few for the quarter, whatever who made it says; the reviewer's is added to it."""
    folder, out = story
    edition, tool, reviewer = out / "2026Q3-board", folder / "tool", folder / "reviewer"
    public = ["--key", f"{tool}.pub.pem", "--key", f"{reviewer}.pub.pem"]
    run(AUDIT, "seal", edition, "--key", f"{tool}.pem", "--threshold", "1", expected=2)
    run(AUDIT, "seal", edition, "--key", f"{tool}.pem", expected=4)
    run(AUDIT, "verify", edition, *public, expected=4)
    run(AUDIT, "seal", "--add", edition, "--key", f"{reviewer}.pem")
    run(AUDIT, "verify", edition, *public, "--quarter", "2026Q3")
    assert oct(Path(f"{tool}.pem").stat().st_mode)[-3:] == "600"
