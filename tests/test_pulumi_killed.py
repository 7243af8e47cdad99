"""An `up` that is killed half way, cancelled and repeated ends as one that nobody disturbed."""

import os
import signal
import subprocess
import time

import pytest

from audit.sandbox import process
from tests.deployment import AUDIT, HAS_CLI, NO_CLI, PARTS, STACK, Deployment

pytestmark = [pytest.mark.xdist_group("pulumi-killed"), pytest.mark.skipif(not HAS_CLI, reason=NO_CLI)]

HALF = 25
"""Resources that stand when it is killed, of about a hundred."""


@pytest.fixture
def deployments(tmp_path, copied):
    """Make deployments of a part of the stack, each into a local Azure of its own."""
    made = []

    def make(name):
        (tmp_path / name).mkdir()
        project = copied(tmp_path / name)
        (project / "stacks/__main__.py").write_text(PARTS)
        made.append(Deployment(project, tmp_path / f"{name}-azure", tmp_path / "home", aws=False))
        return made[-1]

    yield make
    for deployment in made:
        process.stop(deployment.folder)


def killed_half_way(deployment, tmp_path):
    """Begin to deploy, and kill Pulumi when a part of it stands; returns how many resources stood then."""
    assert deployment.pulumi("stack", "init").returncode == 0
    file = tmp_path / "pid"
    words = ("sh", "-c", f"echo $$ > {file}; exec pulumi up --yes --skip-preview --non-interactive --stack {STACK}")
    command = [AUDIT, "sandbox", "run", "-f", deployment.folder, "--", *words]
    run = subprocess.Popen(
        command, cwd=deployment.project, env=deployment.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    store = deployment.azure.store
    while run.poll() is None and store.count() < HALF:
        time.sleep(0.01)
    os.kill(int(file.read_text()), signal.SIGKILL)
    run.communicate()
    assert run.returncode == 128 + signal.SIGKILL
    return store.count()


def test_an_up_that_was_killed_cancelled_and_repeated_ends_as_if_nothing_had_happened(deployments, tmp_path):
    broken, whole = deployments("broken"), deployments("whole")
    stood = killed_half_way(broken, tmp_path)
    locked = broken.pulumi("up", "--yes", "--skip-preview")
    assert locked.returncode != 0
    assert "currently locked" in locked.stdout + locked.stderr
    assert broken.pulumi("cancel", "--yes").returncode == 0
    broken.up()
    whole.up()
    assert HALF <= stood < len(whole.held())
    assert broken.held() == whole.held()
    assert broken.state().keys() == whole.state().keys()
    assert broken.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes").returncode == 0
    assert broken.pulumi("refresh", "--preview-only", "--expect-no-changes").returncode == 0
