"""What SQL Server's own driver says of a refusal is told in words of ours, and none of the server's text."""

from types import SimpleNamespace

import pytest
from azure.core.credentials import AccessToken

from audit import databases
from audit.clouds import PUBLIC
from audit.facts import Unseen
from audit.sources.data.databases import opened
from tests.data.insides import inside

driver = pytest.importorskip("mssql_python")
SAID = "[Microsoft][SQL Server]The SELECT permission was denied on the object 'Mustermann'"
TARGETS = {"data": {"statement_seconds": 5, "lock_seconds": 1, "bytes": 10_000}}


def refusing(state):
    """Return a connection to a server that refuses every statement but the first, as the driver tells it."""
    asked = []

    def execute(statement, *parameters):
        asked.append(statement)
        if len(asked) > 1:
            driver.exceptions.raise_exception(state, SAID)

    cursor = SimpleNamespace(execute=execute, description=None)
    return SimpleNamespace(cursor=lambda: cursor, close=lambda: None, timeout=0)


def database(server, name):
    credential = SimpleNamespace(get_token=lambda *scopes: AccessToken("not one", 0))
    return databases.connecting(PUBLIC, credential, None, only_reading=True)(server, name)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        pytest.param("42000", "a permission is missing", id="nothing is granted"),
        pytest.param("42S02", "error 208: it has no such table", id="no table"),
        pytest.param("42S22", "error 207: it has no such column", id="no column"),
        pytest.param("HYT00", "error -2: the time limit was over", id="too late"),
        pytest.param("99999", "see its documentation", id="something new"),
    ],
)
def test_a_refusal_says_what_is_missing_and_nothing_of_the_data(monkeypatch, state, why):
    monkeypatch.setattr(driver, "connect", lambda *words, **more: refusing(state))
    with opened(inside(TARGETS, database=database), "server/one") as asking, pytest.raises(Unseen, match=why) as told:
        asking.rows("SELECT 1")
    assert "Mustermann" not in str(told.value)


def test_a_login_that_is_refused_is_told_by_the_drivers_own_words(monkeypatch):
    monkeypatch.setattr(driver, "connect", lambda *words, **more: driver.exceptions.raise_exception("28000", SAID))
    with pytest.raises(Unseen, match="cannot be reached: Invalid authorization specification") as told:
        opened(inside(TARGETS, database=database), "server/one").__enter__()
    assert "Mustermann" not in str(told.value)
