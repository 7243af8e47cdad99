"""The client tells a whole answer from every other, says what was refused, and never waits or asks without end."""

import hashlib
import json
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest
from azure.identity import ClientSecretCredential

from audit.azure import Refused
from audit.clouds import cloud_at
from audit.model import AuditError
from audit.pipeline import Patience
from tests.live import SHORT, client, serving

GROUPS = "2021-04-01"
QUERY = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | project id, name, type"


@pytest.fixture
def azure(sandbox, monkeypatch):
    """A local Azure with five groups, listed two at a time, whose certificate the client trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    for number in range(5):
        sandbox.group(f"group-{number}")
    sandbox.resize_pages(2)
    return sandbox


def groups(asked, sandbox):
    """List the groups of the subscription."""
    return [item["name"] for page in asked.pages(f"{sandbox.root}/resourcegroups", GROUPS) for item in page.items]


def rows(asked, sandbox):
    """Ask Resource Graph for the groups."""
    return [
        row["name"] for page in asked.query(f"{QUERY} | order by id asc", [sandbox.subscription]) for row in page.items
    ]


EVERY = [f"group-{number}" for number in range(5)]


@pytest.mark.parametrize("listing", [groups, rows])
def test_a_listing_is_followed_to_its_last_page(azure, listing):
    assert listing(client(azure), azure) == EVERY


def test_an_answer_carries_its_evidence(azure):
    before = datetime.now(UTC)
    body, answer = client(azure).read(f"{azure.root}/resourceGroups/group-1", GROUPS)
    assert body["name"] == "group-1"
    assert answer.url == f"{azure.url}{azure.root}/resourceGroups/group-1?api-version={GROUPS}"
    assert before <= answer.at <= datetime.now(UTC)
    assert len(answer.request_id) == 36
    again = azure.ask("GET", f"{azure.root}/resourceGroups/group-1?api-version={GROUPS}")[1]
    same = (json.dumps(again, separators=separators).encode() for separators in ((",", ":"), (", ", ": ")))
    assert answer.digest in {hashlib.sha256(content).hexdigest() for content in same}


@pytest.mark.parametrize("listing", [groups, rows])
@pytest.mark.parametrize(
    ("effect", "rule", "why"),
    [
        pytest.param("status", {"status": 401}, "401", id="unauthorised"),
        pytest.param("status", {"status": 403}, "403 AuthorizationFailed", id="denied"),
        pytest.param("status", {"status": 404}, "404", id="not found"),
        pytest.param("status", {"status": 409}, "409 Conflict", id="conflict"),
        pytest.param("status", {"status": 429, "seconds": 1}, "429 TooManyRequests", id="throttled for good"),
        pytest.param("status", {"status": 429, "seconds": 86_400}, "429 TooManyRequests", id="throttled for a day"),
        pytest.param("status", {"status": 500}, "500 InternalServerError", id="broken"),
        pytest.param("timeout", {"seconds": 30}, "no answer", id="silent"),
        pytest.param("truncated", {}, "cut off|no answer", id="cut off"),
        pytest.param("page2", {}, "404|rows came", id="page 2 missing"),
        pytest.param("endless", {}, "never end", id="endless"),
        pytest.param("skew", {"seconds": 7200}, "clock", id="another time"),
    ],
)
def test_whatever_is_not_the_whole_answer_is_refused(azure, listing, effect, rule, why):
    """And soon: no fault makes the client wait for longer than its patience."""
    asked = client(azure)
    azure.fault(effect, path="re:resourcegroups$|ResourceGraph", **rule)
    started = time.monotonic()
    with pytest.raises(Refused, match=why) as refused:
        listing(asked, azure)
    assert "resource" in refused.value.asked.lower()
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("listing", [groups, rows])
@pytest.mark.parametrize(
    ("effect", "rule"),
    [
        pytest.param("status", {"status": 500, "count": 1}, id="one failure"),
        pytest.param("status", {"status": 429, "seconds": 1, "count": 1}, id="throttled once"),
    ],
)
def test_what_passes_is_lived_through(azure, listing, effect, rule):
    asked = client(azure)
    azure.fault(effect, path="re:resourcegroups$|ResourceGraph", **rule)
    assert listing(asked, azure) == EVERY


def test_an_empty_page_in_front_is_not_the_end(azure):
    asked = client(azure)
    azure.fault("empty", path="*resourcegroups")
    assert groups(asked, azure) == EVERY


def test_an_empty_page_of_resource_graph_is_refused(azure):
    """It gives none before the end: https://learn.microsoft.com/azure/governance/resource-graph/paginate-powershell."""
    asked = client(azure)
    azure.fault("empty", path="*ResourceGraph*")
    with pytest.raises(Refused, match="never end"):
        rows(asked, azure)


def test_each_attempt_is_counted(azure):
    asked = client(azure)
    azure.fault("status", path="*resourcegroups", status=500, count=1)
    groups(asked, azure)
    assert asked.sent == 4


def test_a_wrong_secret_is_a_refusal_that_says_so(azure, monkeypatch):
    wrong = ClientSecretCredential(
        azure.tenant, azure.running.client, "wrong", authority=azure.url, disable_instance_discovery=True
    )
    monkeypatch.setattr(azure, "credential", wrong)
    with pytest.raises(Refused, match="no token"):
        groups(client(azure), azure)


@pytest.fixture
def leading_away(azure):
    """The address of a server of ours whose every page leads to the local Azure: to another origin."""
    page = json.dumps({"value": [], "nextLink": f"{azure.url}{azure.root}/resourcegroups?api-version={GROUPS}"})

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):  # http.server calls it by this name
            """Answer the page."""
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *told):
            """Say nothing."""

    with serving(azure, Answering) as address:
        yield address


def test_a_next_page_on_another_host_is_not_followed(azure, leading_away):
    """The token would go along."""
    asked = client(azure)
    asked.cloud = msgspec.structs.replace(asked.cloud, resource_manager=leading_away)
    with pytest.raises(Refused, match="another host"):
        groups(asked, azure)
    assert asked.sent == 1


@pytest.mark.parametrize(
    ("host", "trouble"),
    [
        pytest.param("localhost:1", "no metadata document", id="nobody there"),
        pytest.param("{here}/nowhere", "Check --metadata-host", id="another path"),
    ],
)
def test_a_cloud_that_does_not_describe_itself_is_one_line(azure, host, trouble):
    with pytest.raises(AuditError, match=trouble) as error:
        cloud_at(host.format(here=azure.url), patience=SHORT)
    assert "\n" not in str(error.value)


def test_the_pace_is_below_the_limits_of_azure(azure):
    """After a burst, reads wait their turn: fewer than 25 a second."""
    slept = []
    asked = client(azure, sleep=slept.append, patience=Patience(attempts=0, answer=5.0))
    for _ in range(12):
        list(asked.query(QUERY + " | order by id asc", [azure.subscription]))
    assert slept, "36 queries in a row did not wait"
