"""The whole production program is made by the stand-in providers, every type of it, and then shows no change."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from audit.sandbox import resources
from audit.sandbox.cloud_aws import LocalAws
from audit.sandbox.provider.packages import PACKAGES
from audit.sandbox.provider.serving import Plugin, served
from audit.sources.project import read_project
from tests.sandbox.engine import Engine

ROOT = Path(__file__).parents[2]
# The program is made once, for all.
pytestmark = pytest.mark.xdist_group("provider-program")
GUARDS = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def deployed(sandbox_server, copied, tmp_path_factory):
    """Make all that the production program declares; returns what was told, and who may ask for more."""
    folder = copied(tmp_path_factory.mktemp("deployed"))
    store = sandbox_server.store
    store.empty()
    store.add_subscription(GUARDS, "Guards")
    with LocalAws(tmp_path_factory.mktemp("aws")) as aws:
        running = msgspec.structs.replace(sandbox_server.running, aws=int(aws.endpoint.rpartition(":")[2]))
        servers = [served(Plugin(name, "1.0.0", PACKAGES[name](running))) for name in ("azure-native", "aws")]
        ports = [port for _, port in servers]
        yield _told(folder, ports, sandbox_server.subscription), Engine(ports[0], {})
        for server, _ in servers:
            server.stop(None).wait()
    store.delete_document("subscription", GUARDS)
    store.empty()


def _told(folder, ports, subscription):
    project = read_project(folder, "production", extra={})
    settings = {
        "PULUMI_CONFIG": json.dumps(dict(project.settings)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(project.secret_keys)),
        "PYTHONPATH": str(ROOT),
    }
    words = [folder, *ports, subscription, GUARDS]
    command = [sys.executable, "-m", "tests.sandbox.deploying", *map(str, words)]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_every_type_of_the_program_is_made_and_shows_no_change(deployed):
    told, _ = deployed
    assert told["problems"] == []
    # The program did run to its end: the locks and the off-site copy are the last parts of it.
    assert {"azure-native:authorization:ManagementLockByScope", "aws:s3/bucketLogging:BucketLogging"} <= set(
        told["types"]
    )


def test_every_resource_of_the_program_is_in_the_local_clouds(deployed, sandbox_server):
    told, _ = deployed
    store = sandbox_server.store
    places = {name: identity for name, identity in told["ids"].items() if identity.startswith("/")}
    missing = [name for name, identity in places.items() if not resources.is_there(store, identity)]
    assert missing == []


def test_the_stand_in_says_what_it_models(deployed):
    """The schema names every type of the program, with the properties that its SDK has."""
    from pulumi.runtime.proto import provider_pb2 as pb

    told, engine = deployed
    said = json.loads(engine.stub.GetSchema(pb.GetSchemaRequest()).schema)
    assert {token for token in told["types"] if token.startswith("azure-native:")} <= said["resources"].keys()
    account = said["resources"]["azure-native:storage:StorageAccount"]
    assert {"kind", "sku", "resourceGroupName"} == set(account["requiredInputs"])
    assert "minimumTlsVersion" in account["inputProperties"]
