"""What an estate holds and no probe met is told, kind by kind; what nobody looked for is owed to nobody."""

import pytest

from audit.kinds.aws import BUCKET
from audit.kinds.network import PUBLIC_IP_ADDRESS
from audit.kinds.probes import ADDRESS, MAIL_DOOR, STORE_DOOR, TLS_DOOR
from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import Gap
from audit.sources.looking import resource
from audit.sources.probes.collecting import collect
from audit.sources.probes.owed import owed
from tests.probes.scenes import NOW, scene

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


@pytest.mark.parametrize(
    ("body", "owes"),
    [
        ({"primaryEndpoints": {"file": "https://x.file.core.windows.net/"}}, []),
        ({"primaryEndpoints": {"blob": "https://x.example:99999/"}}, ["probe.tls"]),
        ({"primaryEndpoints": {"blob": "https://" + "x" * 64 + ".example/"}}, ["probe.tls"]),
        ({"primaryEndpoints": {"blob": None}}, ["probe.tls"]),
        ({}, ["probe.tls"]),
    ],
)
def test_a_store_that_does_not_say_where_it_is_is_owed(body, owes):
    assert told((resource(STORAGE_ACCOUNT, "archive", body, now=NOW),)) == owes


@pytest.mark.parametrize(
    ("kind", "owes"),
    [
        (PUBLIC_IP_ADDRESS, ["probe.net", "probe.smtp"]),
        (STORAGE_ACCOUNT, ["probe.store", "probe.tls"]),
        (BLOB_CONTAINER, ["probe.store"]),
        (WEB_APP, ["probe.tls"]),
    ],
)
@pytest.mark.parametrize("estate", [(SITE,), ()])
def test_what_may_be_hidden_is_owed(kind, owes, estate):
    """What the snapshot could not see nobody met; a snapshot of nothing but gaps, too."""
    assert told(estate, hidden=(Gap("denied", (kind.arm,)),)) == owes


def test_a_run_of_the_probes_tells_what_it_owes():
    run = scene({"probes": {}}, hidden=(Gap("denied", (STORAGE_ACCOUNT.arm,)),))
    gaps = [gap for gap in collect(run).gaps if "incomplete: denied" in gap.reason]
    assert {kind for gap in gaps for kind in gap.kinds} == {STORE_DOOR.arm, TLS_DOOR.arm}


def test_nothing_is_owed_of_what_nobody_looked_for():
    assert told((IP, SITE), (), looked=[TLS_DOOR.arm]) == ["probe.tls"]
    assert told((IP, SITE), (), looked=[]) == []
