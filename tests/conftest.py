"""The audit of the production stack as it stands, made once for every test that reads it."""

import os
import shutil
import sys

import pytest

from audit.engine import judge
from audit.policies import load
from audit.sources.program import collect
from tests.support import NOON, POLICIES, ROOT


@pytest.fixture(scope="session")
def policies():
    """The policies of this repository."""
    return load(POLICIES)


@pytest.fixture(scope="session")
def audited(policies):
    """A function that audits the production stack of a copy of the project."""

    def audit(project):
        snapshot = collect(project, "production", now=NOON, seconds=300, settings={}, environment=os.environ)
        return judge(snapshot, policies, NOON.date(), product="test")

    return audit


@pytest.fixture(scope="session")
def copied():
    """A function that copies the project into a folder: its program and settings, nothing of the audit."""

    def copy(folder):
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        (folder / ".venv").symlink_to(sys.prefix)
        # The auditor's role is declared from the page that is made of the kinds.
        (folder / "docs").mkdir()
        shutil.copy(ROOT / "docs" / "auditor-role.json", folder / "docs")
        shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
        return folder

    return copy


@pytest.fixture(scope="session")
def untouched(audited, copied, tmp_path_factory):
    """The audit of the stacks as they are."""
    return audited(copied(tmp_path_factory.mktemp("untouched")))


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory):
    """The process of the local Azure of this test worker, without a local AWS."""
    from audit.sandbox import process  # only the tests that ask for it need a server

    folder = tmp_path_factory.mktemp("sandbox")
    from tests.sandbox_fixture import Sandbox  # it brings the Azure libraries

    running, _ = process.start(folder, aws=False)
    yield Sandbox(running)
    process.stop(folder)


@pytest.fixture
def sandbox(sandbox_server):
    """The local Azure, empty but for its subscription, and by the machine's own clock."""
    store = sandbox_server.store
    store.empty()
    store.delete_document("clock", "clock")
    for other in store.subscriptions[1:]:
        store.delete_document("subscription", other.lower())
    return sandbox_server


@pytest.fixture(scope="session")
def production(tmp_path_factory, policies):
    """The whole production program in clouds of this worker's own; no test may leave it changed."""
    from tests.estate_fixture import captured  # as above
    from tests.production import filled  # as above

    with filled(tmp_path_factory.mktemp("production"), captured(tmp_path_factory), policies) as found:
        yield found
