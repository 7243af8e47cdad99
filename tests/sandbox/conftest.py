"""The stand-in for azure-native in front of this worker's local Azure, and an engine that asks it."""

import pytest

from tests.sandbox.inputs import GROUP


@pytest.fixture(scope="module")
def port(sandbox_server):
    """Serve the provider, as its own process would."""
    from audit.sandbox.provider.packages import PACKAGES  # they bring Pulumi, which few tests here need
    from audit.sandbox.provider.serving import Plugin, served

    plugin = Plugin("azure-native", "3.29.0", PACKAGES["azure-native"](sandbox_server.running))
    server, found = served(plugin)
    yield found
    server.stop(None).wait()


@pytest.fixture
def engine(port, sandbox):
    """An engine whose group is there."""
    from tests.sandbox.engine import Engine  # as above

    found = Engine(port, {"subscriptionId": sandbox.subscription})
    found.create(GROUP, "group", {"resourceGroupName": "rg", "location": "uksouth"})
    yield found
    found.close()
