"""A local Azure to drill in, whose certificate is trusted."""

import pytest

from tests.drilling import Drilling


@pytest.fixture
def drilling(sandbox, tmp_path, monkeypatch):
    """Drills in this worker's local Azure, with journals in a folder of the test's own."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Drilling(sandbox, tmp_path)
