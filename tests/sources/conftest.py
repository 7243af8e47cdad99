"""What the tests of sources share: a local AWS that holds an off-site copy, and templates that are read back."""

import pytest

from audit.sandbox.cloud_aws import LocalAws
from tests.aws import estate
from tests.sources.templating import reader


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """A local AWS that holds the whole estate."""
    with LocalAws(tmp_path_factory.mktemp("aws")) as running:
        assert running.load(estate()) == ()
        yield running


@pytest.fixture
def own_cloud(cloud):
    """The same, for a test that changes it: moto has one memory for the whole process."""
    yield cloud
    cloud.load(estate())


@pytest.fixture
def read(tmp_path):
    """A function that writes a template of some resources and reads it back."""
    return reader(tmp_path)
