"""The real Pulumi engine is stopped by the pack before anything is written, and what it cannot stop it names."""

import json
import re
import shutil
import subprocess

import pytest

from audit.sandbox import faults, process
from tests.analyzer import PACK
from tests.deployment import HAS_CLI, NO_CLI, PARTS, STACK, Deployment
from tests.support import NOON, ROOT
from tests.test_one_line_breaks import BREAKS, edit

pytestmark = [pytest.mark.xdist_group("pulumi-pack"), pytest.mark.skipif(not HAS_CLI, reason=NO_CLI)]

TWENTY = [*BREAKS[::3], *BREAKS[1::3]]
"""Two of every three rows of the table."""
JAVASCRIPT = ROOT / "tests" / "programs" / "javascript"
TODAY = f"{NOON:%Y-%m-%d}"
NEVER = 10**9
"""So that a rule of the local Azure counts requests and meets none."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, copied):
    """The whole stack, not deployed until the tests that stop it have run, and its clouds."""
    yield from deployment(tmp_path_factory.mktemp("whole"), copied, aws=True)


@pytest.fixture
def parts(tmp_path, copied):
    """A few parts of the stack, not deployed, and a cloud of their own; the pack knows that they are parts."""
    for made in deployment(tmp_path, copied, aws=False):
        (made.project / "stacks" / "__main__.py").write_text(PARTS)
        (made.project / "pack.json").write_text(json.dumps({"estate": {"part": True, "today": TODAY}}))
        yield made


def deployment(base, copied, *, aws):
    """Make a copy of the project and clouds of its own, which count what is written."""
    (base / "project").mkdir()
    made = Deployment(copied(base / "project"), base / "azure", base / "home", aws=aws)
    (made.project / "pack.json").write_text(json.dumps({"estate": {"today": TODAY}}))
    for method in ("PUT", "PATCH", "DELETE"):
        made.azure.fault("status", method=method, nth=NEVER)
    try:
        yield made
    finally:
        process.stop(base / "azure")


def written(stack):
    """Count the requests that would have changed something."""
    return sum(fault.seen for fault in faults.listed(stack.azure.store))


def stopped(said):
    """Find which policies stopped a run."""
    return set(re.findall(r"\[mandatory\] +(?:\[severity: \w+\])? +([a-z-]+)", said))


def guarded(stack, verb, *words):
    """Run Pulumi with the pack and its settings."""
    return stack.pulumi(verb, "--policy-pack", PACK, "--policy-pack-config", stack.project / "pack.json", *words)


@pytest.mark.parametrize(("control", "file", "old", "new"), TWENTY, ids=[row[0] for row in TWENTY])
def test_a_one_line_break_stops_up_before_anything_is_written(control, file, old, new, whole, policies):
    """The promise is named, and the local Azure saw no write at all."""
    path = whole.project / "stacks" / file
    before = path.read_text()
    edit(path, old, new)
    try:
        done = guarded(whole, "up", "--yes")
    finally:
        path.write_text(before)
    assert done.returncode != 0
    assert stopped(done.stdout) == {control}, done.stdout[-4000:] + done.stderr
    proven = [one for statement in policies.statements for one in statement.commitments if control in one.controls]
    assert all(f"{one.id}" in done.stdout for one in proven)
    assert proven[0].promise_text in done.stdout
    assert written(whole) == 0
    assert whole.held() == set()


def test_what_keeps_its_promises_passes_every_time(whole):
    """Preview and update, and an update that changes nothing: the pack has nothing against them."""
    for words in ((), ("--expect-no-changes",)):
        done = guarded(whole, "up", "--yes", *words)
        assert (done.returncode, stopped(done.stdout)) == (0, set()), done.stdout[-4000:] + done.stderr


def test_without_a_preview_the_broken_resource_itself_is_never_written(parts):
    """A control on one resource is asked before that resource is made, preview or not."""
    edit(parts.project / "stacks/keys.py", "enable_rbac_authorization=True", "enable_rbac_authorization=False")
    done = guarded(parts, "up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "keys-rbac-only" in stopped(done.stdout), done.stdout[-4000:] + done.stderr
    assert not [identity for identity in parts.held() if "/vaults/" in identity.lower()]


def test_without_a_preview_a_break_between_neighbours_fails_the_update_and_says_what_is_there(parts):
    """By then the neighbours are made: the update fails, and the engine has named them."""
    edit(parts.project / "stacks/bastion.py", "enable_shareable_link=False", "enable_shareable_link=True")
    done = guarded(parts, "up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "network-bastion-only-admin" in stopped(done.stdout), done.stdout[-4000:] + done.stderr
    told = set(re.findall(r"\+ +azure-native:\S+ (\S+) created \(", done.stdout))
    assert told == {urn.rpartition("::")[2] for urn in parts.resources().values()}
    assert "uksouth-bastion" in told


def test_an_exported_state_is_judged_without_program_or_cloud(parts, tmp_path):
    """`pulumi policy analyze` stops at what was deployed without the pack."""
    edit(parts.project / "stacks/keys.py", "enable_rbac_authorization=True", "enable_rbac_authorization=False")
    parts.up()
    (tmp_path / "state.json").write_text(parts.pulumi("stack", "export").stdout)
    process.stop(parts.folder)
    done = subprocess.run(
        ["pulumi", "policy", "analyze", "--non-interactive", "--file", "state.json", "--policy-pack", PACK],
        cwd=tmp_path,
        env={
            **parts.environment,
            "PULUMI_BACKEND_URL": f"file://{parts.folder}/pulumi",
            "PULUMI_CONFIG_PASSPHRASE": "local",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "keys-rbac-only" in stopped(done.stdout), done.stdout[-4000:] + done.stderr
    assert "keyvault:Vault: uksouth-vault" in done.stdout


@pytest.fixture(scope="module")
def javascript(tmp_path_factory):
    """A program in JavaScript with its SDK; skipped where there is none to be had."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on PATH: https://docs.npmjs.com/downloading-and-installing-node-js-and-npm")
    folder = tmp_path_factory.mktemp("javascript") / "program"
    shutil.copytree(JAVASCRIPT, folder)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"Pulumi's SDK for JavaScript cannot be installed: {(done.stderr.splitlines() or [''])[0]}")
    return folder


@pytest.mark.parametrize("anonymous", [True, False], ids=["open", "shut"])
def test_a_program_in_another_language_is_stopped_by_the_same_pack(anonymous, javascript, parts):
    """It registers azure-native's tokens without azure-native's SDK; what it opens is named, what it shuts is not."""
    parts.project = javascript
    (javascript / f"Pulumi.{STACK}.yaml").write_text(
        f"config:\n  promise-audit-javascript:anonymousReads: {str(anonymous).lower()}\n"
    )
    (javascript / "pack.json").write_text(json.dumps({"estate": {"part": True, "today": TODAY}}))
    done = guarded(parts, "up", "--yes")
    assert done.returncode != 0
    assert ("storage-no-anonymous-read" in stopped(done.stdout)) is anonymous, done.stdout[-4000:] + done.stderr
    assert ("Nobody outside ever gets at users' data." in done.stdout) or not anonymous
    assert "storage-versioning" in stopped(done.stdout)
    assert written(parts) == 0
