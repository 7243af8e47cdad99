"""`audit collect --live`: killed at any moment it leaves no half a file, two do not meet, and a terminal shows it.

All of it runs the installed command against a local Azure, as a user does.
"""

import os
import pty
import random
import resource
import subprocess
import time
from datetime import UTC, datetime

import msgspec
import pytest

from audit.sources import snapshot
from tests.cli.running import AUDIT, environment
from tests.support import POLICIES

SEED = 20260116
GAPS = 4
"""The exit code where something could not be seen: there is no off-site copy here."""


@pytest.fixture
def live(sandbox, tmp_path):
    """A folder to work in, and a function that starts `audit collect --live` there."""
    for number in range(3):
        group = sandbox.group(f"group-{number}")
        account = {"location": "uksouth", "sku": {"name": "Standard_GZRS"}, "kind": "StorageV2", "properties": {}}
        sandbox.put(f"{group}/providers/Microsoft.Storage/storageAccounts/account{number}", account)
    given = sandbox.environment({**environment(), "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)})
    plain = {name: value for name, value in given.items() if not name.startswith("AWS_") or "METADATA" in name}

    def start(file, **pipes):
        command = [AUDIT, "collect", "--live", "--policies", POLICIES, "--out", file]
        return subprocess.Popen(command, cwd=tmp_path, env=plain, **pipes)

    return tmp_path, start


def finished(run):
    """Wait for a run that saw what there is."""
    told, trouble = run.communicate(timeout=60)
    assert run.returncode == GAPS, trouble
    return told


def plain(file):
    """Return what a snapshot holds, apart from the moments and the ids of requests."""
    seen = snapshot.collect(file, now=datetime.now(UTC))
    rows = [(row.id, row.type, row.name, row.body) for row in seen.resources]
    asked = sorted((answer.url, answer.sent) for answer in seen.answers)
    return msgspec.json.encode([rows, seen.gaps, seen.unassessed, asked])


def test_two_runs_at_once_see_the_same(live):
    folder, start = live
    runs = [start(name, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for name in ("one.json", "two.json")]
    for run in runs:
        finished(run)
    assert plain(folder / "one.json") == plain(folder / "two.json")


def test_two_runs_into_one_file_leave_a_whole_one(live):
    folder, start = live
    for run in [start("same.json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]:
        finished(run)
    assert snapshot.collect(folder / "same.json", now=datetime.now(UTC)).resources
    assert [path.name for path in folder.glob("*.json*")] == ["same.json"]


def killed(run, moment):
    """Kill a run at a moment, with no chance to tidy up."""
    until = time.monotonic() + moment
    while run.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    run.kill()
    return run.wait()


def test_a_run_killed_at_any_moment_leaves_no_half_a_snapshot(live):
    """Where a file stood before, it or the new one stands there; where none did, none or a whole one."""
    folder, start = live
    file = folder / "seen.json"
    started = time.monotonic()
    finished(start(file, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    whole, seconds = file.read_bytes(), time.monotonic() - started
    chance = random.Random(SEED)  # noqa: S311  # chance, no secret
    for before in (True, False, True, False):
        file.unlink()
        if before:
            file.write_bytes(whole)
        killed(start(file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), chance.uniform(0.5, 1.1) * seconds)
        if before or file.exists():
            assert snapshot.collect(file, now=datetime.now(UTC)).resources
        file.write_bytes(whole)


def small_files():
    """Let this process write no more than a hundred bytes into any file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(live):
    folder, start = live
    file = folder / "seen.json"
    file.write_bytes(b"the old one")
    run = start(file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=small_files)
    told, trouble = run.communicate(timeout=60)
    assert (run.returncode, told) == (2, "")
    assert "cannot write the snapshot" in trouble
    assert file.read_bytes() == b"the old one"
    assert not list(folder.glob(".seen.json*"))


def test_nothing_of_its_progress_reaches_a_pipe(live):
    _, start = live
    run = start("seen.json", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told, trouble = run.communicate(timeout=60)
    assert trouble == ""
    assert told.startswith("seen.json: ")
    assert "\x1b" not in told
    assert "requests" not in told


def on_a_terminal(start, **more):
    """Run with a terminal as stderr; returns what it showed there, and what was written to stdout."""
    mine, theirs = pty.openpty()
    run = start("seen.json", stdout=subprocess.PIPE, stderr=theirs, **more)
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(mine, 65536)
        except OSError:  # Linux's word for the end, once nobody holds the other side
            break
        if not block:
            break
        shown += block
    os.close(mine)
    return shown.decode(), finished(run).decode()


def test_a_terminal_sees_requests_resources_and_the_time_left(live):
    _, start = live
    shown, told = on_a_terminal(start)
    assert "reading" in shown
    counts = [int(line.split(" requests")[0].split()[-1]) for line in shown.split("\r") if " requests" in line]
    assert counts == sorted(counts)
    assert counts[-1] > 10
    assert " resources" in shown
    assert "0:00:0" in shown
    assert "\x1b" not in told
