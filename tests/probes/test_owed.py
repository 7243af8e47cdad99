"""What an estate holds and no probe met is told, kind by kind; what nobody looked for is owed to nobody."""

import pytest

from audit.kinds.aws import BUCKET
from audit.kinds.network import PUBLIC_IP_ADDRESS
from audit.kinds.probes import ADDRESS, MAIL_DOOR, STORE_DOOR, TLS_DOOR
from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Gap
from audit.sources.probes.owed import owed
from audit.sources.probes.scene import resource
from tests.probes.scenes import NOW

IP = resource(PUBLIC_IP_ADDRESS, "edge", {"ipAddress": "192.0.2.7"}, now=NOW)
SITE = resource(WEB_APP, "site", {"hostNames": ["WWW.hosting.example"]}, now=NOW)
ACCOUNT = resource(STORAGE_ACCOUNT, "store", {"primaryEndpoints": {"blob": "https://store.example/"}}, now=NOW)
BOX = resource(BLOB_CONTAINER, "store/blobServices/default/containers/box", {}, now=NOW)
COPY = resource(BUCKET, "copy", {"locationConstraint": "eu-west-2"}, now=NOW)
LOOKED = [kind.arm for kind in (ADDRESS, MAIL_DOOR, TLS_DOOR, STORE_DOOR)]
MET = (
    resource(ADDRESS, "192.0.2.7", {}, now=NOW),
    resource(MAIL_DOOR, "192.0.2.7:25", {}, now=NOW),
    resource(TLS_DOOR, "www.hosting.example:443 192.0.2.8", {"host": "www.hosting.example"}, now=NOW),
    resource(TLS_DOOR, "store.example:443 192.0.2.9", {"host": "store.example"}, now=NOW),
    resource(STORE_DOOR, "https://copy.s3.eu-west-2.amazonaws.com", {}, now=NOW),
)


def told(estate, found=MET, *, hidden=(), looked=LOOKED):
    """Return the last words of the kinds of which something is owed."""
    gaps = owed(estate, hidden, found, looked)
    assert all(gap.reason for gap in gaps)
    return sorted(kind.rpartition(".")[0] for gap in gaps for kind in gap.kinds)


def test_nothing_is_owed_where_everything_was_met():
    assert told((IP, SITE, ACCOUNT, COPY)) == []


@pytest.mark.parametrize(
    ("estate", "kinds"),
    [
        pytest.param((IP,), ["probe.net", "probe.smtp"], id="an address"),
        pytest.param((SITE,), ["probe.tls"], id="a site"),
        pytest.param((ACCOUNT,), ["probe.tls"], id="a storage account"),
        pytest.param((COPY,), ["probe.store"], id="a bucket"),
        pytest.param((ACCOUNT, BOX), ["probe.store", "probe.tls"], id="a container"),
    ],
)
def test_what_was_met_by_nobody_is_owed(estate, kinds):
    assert told(estate, ()) == kinds


def test_what_cannot_be_named_is_owed():
    nameless = resource(WEB_APP, "site", {}, now=NOW)
    assert told((nameless,)) == ["probe.tls"]
    assert told((resource(BUCKET, "copy", {}, now=NOW),)) == ["probe.store"]


def test_what_may_be_hidden_is_owed():
    denied = Gap("denied", (PUBLIC_IP_ADDRESS.arm,))
    assert told((SITE,), hidden=(denied,)) == ["probe.net", "probe.smtp"]


def test_nothing_is_owed_of_what_nobody_looked_for():
    assert told((IP, SITE), (), looked=[TLS_DOOR.arm]) == ["probe.tls"]
    assert told((IP, SITE), (), looked=[]) == []
