"""The production program as a preview and as a state, made by the stand-in providers without Pulumi's engine."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from audit.sandbox.cloud_aws import LocalAws
from audit.sandbox.provider.packages import PACKAGES
from audit.sandbox.provider.serving import Plugin, served
from audit.sources import pulumi
from audit.sources.project import read_project
from tests.support import NOON, ROOT

GUARDS = "00000000-0000-0000-0000-000000000001"


def preview(project, folder, sandbox):
    """Return what the preview of a project's production stack shows; nothing is made."""
    path = folder / "preview.json"
    with providers(folder, sandbox) as ports:
        play("preview", project, path, ports, sandbox.subscription)
    return pulumi.preview(path, now=NOON, project=project)


def state(project, folder, sandbox):
    """Make all that a project's production stack declares in an empty local Azure, and return the stack's state."""
    path = folder / "state.json"
    sandbox.store.empty()
    with providers(folder, sandbox) as ports:
        play("state", project, path, ports, sandbox.subscription)
    return msgspec.structs.replace(pulumi.state(path, now=datetime.now(UTC), project=project), seen_at=NOON)


@contextmanager
def providers(folder, sandbox):
    """Serve the stand-in providers of a local Azure and of a local AWS; gives their ports."""
    sandbox.store.add_subscription(GUARDS, "Guards")
    (folder / "aws").mkdir(exist_ok=True)
    with LocalAws(folder / "aws") as aws:
        running = msgspec.structs.replace(sandbox.running, aws=int(aws.endpoint.rpartition(":")[2]))
        servers = [served(Plugin(name, "1.0.0", PACKAGES[name](running))) for name in ("azure-native", "aws")]
        try:
            yield [port for _, port in servers]
        finally:
            for server, _ in servers:
                server.stop(None).wait()
            sandbox.store.delete_document("subscription", GUARDS)
            sandbox.store.empty()


def play(mode, project, path, ports, subscription):
    """Play the engine in a process of its own, and write the file that it would have written."""
    read = read_project(project, "production", extra={})
    settings = {
        "PULUMI_CONFIG": json.dumps(dict(read.settings)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(read.secret_keys)),
        "PYTHONPATH": str(ROOT),
    }
    words = [mode, project, path, *ports, subscription, GUARDS]
    command = [sys.executable, "-m", "tests.playing", *map(str, words)]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
