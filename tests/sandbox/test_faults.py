"""Faults on demand: a chosen request fails as a real cloud fails, and no other does."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import pytest

from audit.cli.sandbox import EFFECTS
from audit.model import AuditError
from audit.sandbox import faults

VERSION = "api-version=2024-01-01"
GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
ACCOUNT = "providers/Microsoft.Storage/storageAccounts"
PLACE = {"location": "uksouth"}


@pytest.fixture
def accounts(sandbox):
    """The path of a list of four storage accounts."""
    group = sandbox.group()
    for name in ("one", "two", "three", "four"):
        sandbox.put(f"{group}/{ACCOUNT}/{name}", PLACE)
    return f"{group}/{ACCOUNT}?{VERSION}"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500])
def test_a_request_is_refused_with_a_status(sandbox, accounts, status):
    sandbox.fault("status", path="*/storageAccounts", status=status, seconds=3)
    answered, body, headers = sandbox.ask("GET", accounts)
    assert (answered, set(body["error"])) == (status, {"code", "message"})
    assert headers["Retry-After"] == ("3" if status == 429 else None)
    assert ("WWW-Authenticate" in headers) is (status == 401)


def test_other_paths_and_methods_are_answered(sandbox, accounts):
    sandbox.fault("status", path="*/locks", status=500)
    sandbox.fault("status", method="DELETE", status=500)
    assert sandbox.ask("GET", accounts)[0] == 200


def test_a_path_may_be_named_by_a_pattern(sandbox, accounts):
    sandbox.fault("status", path="re:storageAccounts$", status=500)
    assert sandbox.ask("GET", accounts)[0] == 500
    with pytest.raises(AuditError, match="is no regular expression"):
        sandbox.fault("status", path="re:(")


def test_a_request_may_be_chosen_by_its_body(sandbox, accounts):
    sandbox.fault("status", text="securityresources", status=500)
    assert sandbox.ask("POST", GRAPH, {"query": "resources | project id"})[0] == 200
    assert sandbox.ask("POST", GRAPH, {"query": "SecurityResources | project id"})[0] == 500


def test_a_fault_meets_the_nth_request_and_so_many_after_it(sandbox, accounts):
    sandbox.fault("status", path="*/storageAccounts", nth=2, count=2, status=500)
    assert [sandbox.ask("GET", accounts)[0] for _ in range(5)] == [200, 500, 500, 200, 200]


def test_faults_end_when_they_are_cleared(sandbox, accounts):
    sandbox.fault("status", status=500)
    assert sandbox.ask("GET", accounts)[0] == 500
    assert faults.clear(sandbox.store) == 1
    assert sandbox.ask("GET", accounts)[0] == 200


def test_a_denial_names_the_action(sandbox, accounts):
    sandbox.fault("deny", path="*/storageAccounts")
    status, body, _ = sandbox.ask("GET", accounts)
    assert (status, body["error"]["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Storage/storageAccounts/read'" in body["error"]["message"]


def test_a_slow_answer_comes_late(sandbox, accounts):
    sandbox.fault("timeout", path="*/storageAccounts", seconds=0.5)
    begun = time.monotonic()
    assert sandbox.ask("GET", accounts)[0] == 200
    assert time.monotonic() - begun >= 0.5


def names(sandbox, link, *, pages):
    """Follow the links of a list for a number of pages at most; returns the names on each, and the last status."""
    found, status = [], 200
    while link and len(found) < pages:
        status, body, _ = sandbox.ask("GET", link)
        if status != 200:
            break
        found.append([item["name"] for item in body["value"]])
        link = body.get("nextLink")
    return found, status


@pytest.mark.parametrize(
    ("effect", "pages", "status"),
    [
        pytest.param("empty", [[], ["four", "one", "three", "two"]], 200, id="an empty page before the real one"),
        pytest.param("page2", [["four", "one"]], 404, id="the next page is lost"),
        pytest.param("endless", [["four", "one", "three", "two"]] * 5, 200, id="a page that never ends"),
    ],
)
def test_lists_are_spoilt(sandbox, accounts, effect, pages, status):
    sandbox.fault(effect, path="*/storageAccounts")
    assert names(sandbox, accounts, pages=5) == (pages, status)


def pages_of_rows(sandbox, *, pages):
    """Follow the tokens of Resource Graph for a number of pages at most; returns how many rows each holds."""
    options, found, status = {}, [], 200
    while len(found) < pages:
        query = {
            "query": f"resources | where type =~ '{ACCOUNT.removeprefix('providers/')}' | project id",
            "options": options,
        }
        status, body, _ = sandbox.ask("POST", GRAPH, query)
        if status != 200:
            break
        found.append(len(body["data"]))
        if "$skipToken" not in body:
            break
        options = {"$skipToken": body["$skipToken"]}
    return found, status


@pytest.mark.parametrize(
    ("effect", "pages", "status"),
    [
        pytest.param("empty", [0, 4], 200, id="an empty page before the real one"),
        pytest.param("page2", [2], 404, id="the next page is lost"),
        pytest.param("endless", [4] * 5, 200, id="a page that never ends"),
    ],
)
def test_the_rows_of_resource_graph_are_spoilt(sandbox, accounts, effect, pages, status):
    sandbox.fault(effect, path="*ResourceGraph*")
    assert pages_of_rows(sandbox, pages=5) == (pages, status)


def test_an_answer_that_is_no_list_is_empty(sandbox, accounts):
    sandbox.fault("empty", path="*/storageAccounts/one")
    assert sandbox.ask("GET", accounts.replace("?", "/one?"))[:2] == (200, {})


def test_the_body_ends_in_the_middle(sandbox, accounts):
    sandbox.fault("truncated", path="*/storageAccounts")
    with pytest.raises(JSONDecodeError):
        sandbox.ask("GET", accounts)


def test_the_clock_is_hours_away(sandbox, accounts):
    sandbox.fault("skew", path="*/storageAccounts", seconds=-3 * 3600)
    told = parsedate_to_datetime(sandbox.ask("GET", accounts)[2]["Date"])
    assert abs(told - (datetime.now(UTC) - timedelta(hours=3))) < timedelta(minutes=1)


def test_a_stale_resource_graph_answers_what_was_there(sandbox, accounts):
    sandbox.fault("stale")
    sandbox.ask("DELETE", accounts.replace("?", "/one?"))
    assert len(names(sandbox, accounts, pages=1)[0][0]) == 3
    assert pages_of_rows(sandbox, pages=1) == ([4], 200)
    faults.clear(sandbox.store)
    assert pages_of_rows(sandbox, pages=1) == ([3], 200)


def test_the_command_line_offers_every_effect():
    assert tuple(faults.Effect) == EFFECTS
