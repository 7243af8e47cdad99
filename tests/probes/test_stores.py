"""Containers and buckets are asked as a stranger asks, and what is open is found."""

import boto3
import pytest
from moto.server import ThreadedMotoServer

from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.model import Plane, Verdict
from audit.sources.probes import stores
from tests.probes.scenes import scene, verdict
from tests.probes.web_server import WebServer
from tests.support import resource

CONTROL = "probes-stores-shut-to-strangers"
HOST = "www.hosting.example"
BOX = "/archive"
NAME = "Mustermann-7f3c"


def azures(status, code):
    """Return what Azure answers with a code of its own."""
    return (status, {"x-ms-error-code": code, "Content-Type": "application/xml"}, f"<Error><Code>{code}</Code></Error>")


def asked(pages, estate=False):
    """Ask one container, of which an estate may know; returns the run's findings and the control's verdict.

    `pages` are its list, what is not there, and an object that is.
    """
    served = {f"{BOX}/promise-audit-asks-for-nothing": pages[1], BOX: pages[0], f"{BOX}/canary": pages[-1]}
    with WebServer(served).running() as site:
        objects = [f"{site}{BOX}/canary"] * (len(pages) - 2)
        named = {"probes": {"stores": [] if estate else [f"{site}{BOX}"], "store_objects": objects}}
        account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/own"
        known = (
            resource(STORAGE_ACCOUNT, account, {"primaryEndpoints": {"blob": f"{site}/"}}, plane=Plane.LIVE),
            resource(BLOB_CONTAINER, f"{account}/blobServices/default/containers{BOX}", {}, plane=Plane.LIVE),
        )
        run = scene(named, hosts={HOST: "127.0.0.1"}, estate=known if estate else ())
        found = stores.probe(run)
        return found, verdict(CONTROL, found, named)[0]


AMAZONS = (
    403,
    {"x-amz-request-id": "1", "Content-Type": "application/xml"},
    "<Error><Code>AccessDenied</Code></Error>",
)
DENIED = azures(409, "PublicAccessNotPermitted")
HIDDEN = azures(404, "ResourceNotFound")
LIST = (200, {"Content-Type": "application/xml"}, f"<EnumerationResults><Name>{NAME}</Name></EnumerationResults>")


@pytest.mark.parametrize(
    ("pages", "estate", "expected"),
    [
        pytest.param((DENIED, DENIED), False, Verdict.KEPT, id="the account lets nobody"),
        pytest.param((HIDDEN, HIDDEN), True, Verdict.KEPT, id="it is there, and says that it is not"),
        pytest.param((HIDDEN, HIDDEN), False, Verdict.UNPROVEN, id="nobody knows that it is there"),
        pytest.param((LIST, HIDDEN), True, Verdict.BROKEN, id="its list is open"),
        pytest.param((HIDDEN, azures(404, "BlobNotFound")), True, Verdict.BROKEN, id="its blobs are open"),
        pytest.param((DENIED, (200, {}, NAME)), False, Verdict.BROKEN, id="anything is handed out"),
        pytest.param((AMAZONS, AMAZONS), False, Verdict.UNPROVEN, id="a bucket, read by name perhaps"),
        pytest.param((AMAZONS, AMAZONS, AMAZONS), False, Verdict.KEPT, id="a bucket that shuts its objects"),
        pytest.param((AMAZONS, AMAZONS, (200, {}, NAME)), False, Verdict.BROKEN, id="a bucket that is read by name"),
        pytest.param((AMAZONS, AMAZONS, (200, {}, NAME * 20_000)), False, Verdict.BROKEN, id="however much is in it"),
        pytest.param((AMAZONS, AMAZONS, azures(404, "NoSuchKey")), False, Verdict.UNPROVEN, id="no such object"),
        pytest.param(((200, {}, NAME * 20_000), HIDDEN), True, Verdict.BROKEN, id="its list is open, and long"),
        pytest.param((azures(404, "NoSuchBucket"),) * 2, False, Verdict.UNPROVEN, id="no such bucket"),
        pytest.param((azures(503, "ServerBusy"), DENIED), False, Verdict.UNPROVEN, id="busy"),
        pytest.param((azures(400, "InvalidUri"), DENIED), False, Verdict.UNPROVEN, id="another answer"),
        pytest.param((lambda connection: connection.close(), DENIED), False, Verdict.UNPROVEN, id="it hangs up"),
    ],
)
def test_a_container_refuses_strangers_or_the_promise_is_broken(pages, estate, expected):
    found, told = asked(pages, estate)
    assert told is expected, found
    assert NAME not in repr(found)


@pytest.fixture(scope="module")
def amazon():
    """S3 as moto serves it, with one bucket that everybody may read and one that nobody may."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.Session("local", "local", region_name="eu-west-2").client("s3", endpoint_url=f"http://{host}:{port}")
    words = {"Bucket": "open-to-all", "ACL": "public-read"}
    client.create_bucket(**words, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    client.put_object(**words, Key=NAME, Body=b"a letter")
    yield f"http://127.0.0.1:{port}"
    server.stop()


def test_a_bucket_that_everybody_may_list_is_found(amazon):
    """Moto refuses nobody: what Amazon says to strangers stands in the table above, by its documentation."""
    named = {"probes": {"stores": [f"{amazon}/open-to-all"]}}
    found = stores.probe(scene(named, hosts={}))
    assert verdict(CONTROL, found, named)[0] is Verdict.BROKEN
    assert NAME not in repr(found)
