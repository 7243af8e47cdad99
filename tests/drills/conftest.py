"""A local Azure to drill in, whose certificate is trusted."""

import sys

import pytest

from tests.drilling import Drilling


@pytest.fixture
def drilling(sandbox, tmp_path, monkeypatch):
    """Drills in this worker's local Azure, with journals in a folder of the test's own."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Drilling(sandbox, tmp_path)


@pytest.fixture(autouse=True)
def no_aws_left():
    """End the local AWS that a scenario began in this process: what follows would find its buckets and keys."""
    yield
    scenarios = sys.modules.get("tests.drills.sql_scenarios")
    if scenarios is not None:
        scenarios.end_aws()
