"""The demo of drills restores one of each kind, finds the copy that is damaged, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit.sandbox.store import Store
from tests.support import ROOT

AUDIT = Path(sys.executable).with_name("audit")
WHO = ("head of operations", "data protection officer")


@pytest.fixture(scope="module")
def drilled(tmp_path_factory):
    """What the demo's drills printed, their records, and the folder, run as the Makefile runs them."""
    folder = tmp_path_factory.mktemp("drills")

    def run(*words):
        return subprocess.run([*words], cwd=ROOT, check=False, capture_output=True, text=True, env=dict(os.environ))

    for words in (
        ("key", "new", folder / "tool"),
        ("collect", "--stack", "production", "--out", folder / "declared.json"),
        ("sandbox", "load", "--folder", folder, "--stack", "production"),
    ):
        assert run(AUDIT, *words).returncode == 0
    drill = (
        f"{AUDIT} drill run --execute --policies {folder}/policies --declared {folder}/declared.json"
        f" --work {folder}/work"
        f" --prepared {folder}/prepared --trust {folder}/tool.pub.pem --packs {folder}/packs --key {folder}/tool.pem"
        f" --authorised-by '{WHO[0]}' --authorised-by '{WHO[1]}' $(cat {folder}/items)"
    )
    words = f"{sys.executable} -m demo.drill {folder} && {drill}"
    told = run(AUDIT, "sandbox", "run", "--folder", folder, "--", "sh", "-c", words)
    records = [json.loads(path.read_bytes()) for path in sorted(folder.glob("packs/*/drill.json"))]
    return told, records, folder


@pytest.mark.xdist_group("drill demo")
def test_one_of_each_automatic_kind_is_proven_in_time_by_its_canary(drilled):
    """Nothing is told that is not in a record."""
    told, records, _ = drilled
    assert told.returncode == 0, told.stdout + told.stderr
    real = {one["item"]["kind"]: one["verdict"] for one in records if not one["negative_control"]}
    assert set(real) == {"sql", "archive", "offsite", "vm", "failover"}
    for verdict in real.values():
        assert (verdict["recoverability"]["state"], verdict["rpo"]["state"], verdict["rto"]["state"]) == (
            *("proven", "met", "met"),
        )
        assert verdict["rpo"]["basis"] == "canary"
        assert verdict["cleanup"]["state"] in ("clean", "not-needed")


@pytest.mark.xdist_group("drill demo")
def test_the_copy_that_was_damaged_on_purpose_is_found(drilled):
    """A broken page fails at the fourth level."""
    (found,) = [one["verdict"]["recoverability"] for one in drilled[1] if one["negative_control"]]
    assert (found["state"], found["level"]) == ("failed", 4)


@pytest.mark.xdist_group("drill demo")
def test_nothing_of_a_drill_is_left_and_every_pack_verifies(drilled):
    """Groups, copies and servers are gone, by the local Azure's own word."""
    _, records, folder = drilled
    tagged = [body["id"] for body in Store(folder / "store.sqlite").listed() if "drill-id" in (body.get("tags") or {})]
    assert tagged == []
    words = [AUDIT, "verify", folder / "packs", "--key", folder / "tool.pub.pem"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    assert len(records) == 6
