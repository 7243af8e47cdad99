"""`audit breach` keeps the register, and its clock runs from awareness to notice."""

import re
import tomllib
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from audit.cli.breach import clock, command
from audit.model import AuditError
from audit.policies import load
from tests.made import policies_folder

OPEN = ("open", "--aware", "2026-01-20T10:30+01:00", "--facts", "a copy went astray", "--owner", "caretaker")


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Stand in a folder with policies and one customer."""
    policies_folder(tmp_path / "policies")
    (tmp_path / "policies" / "customers.toml").write_text('[[customer]]\npseudonym = "c-07"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path / "policies" / "breaches.toml"


def breach(*words):
    """Run the command, and return what it prints."""
    run = CliRunner().invoke(command, words, standalone_mode=False)
    if run.exception:
        raise run.exception
    return run.output


def test_a_breach_goes_from_awareness_to_notice_to_its_end(register):
    """Times in UTC, whatever offset they were told in."""
    assert re.fullmatch(
        r"BR-2026-1  aware 2026-01-20 09:30 UTC, nobody told yet, \d+ h \d\d min since awareness, customers c-07: .*\n",
        breach(*OPEN, "--customer", "c-07", "--effects", "some"),
    )
    assert "told after 5 h 12 min" in breach("notify", "BR-2026-1", "--at", "2026-01-20T14:42Z")
    assert "closed 2026-01-21" in breach("close", "BR-2026-1", "--at", "2026-01-21T09:00Z")
    assert breach("list") == (
        "BR-2026-1  aware 2026-01-20 09:30 UTC, told after 5 h 12 min, closed 2026-01-21, customers c-07: "
        "a copy went astray\n"
    )
    (entry,) = tomllib.loads(register.read_text())["breach"]
    assert entry["aware"] == datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
    assert entry["effects"] == "some"


def test_what_stands_in_the_register_stays(register):
    """Comments and other entries, when one in the middle changes."""
    register.write_text("# Kept.\n")
    for _ in range(3):
        breach(*OPEN)
    before = register.read_text()
    breach("notify", "BR-2026-2", "--at", "2026-01-20T14:42Z", "--late", "the line was down")
    added = ["notified = 2026-01-20T14:42:00Z\n", 'late = "the line was down"\n']
    assert register.read_text() == before.replace('id = "BR-2026-2"\n', 'id = "BR-2026-2"\n' + "".join(added))
    assert [one.notified is None for one in load(register.parent).breaches] == [True, False, True]


def test_an_empty_register_is_said(register):
    """A nil return is a return."""
    assert breach("list") == "no breach is registered.\n"


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        pytest.param((*OPEN, "--aware", "2026-01-20T10:30"), "has no offset", id="no offset"),
        pytest.param((*OPEN, "--aware", "yesterday"), "yesterday is no time", id="no time"),
        pytest.param((*OPEN, "--aware", "2999-01-20T10:30Z"), "is yet to come", id="a time to come"),
        pytest.param((*OPEN, "--owner", "Jo Field"), "no role", id="a name"),
        pytest.param((*OPEN, "--facts", "told jo@example.org"), "names a person or an address", id="an address"),
        pytest.param((*OPEN, "--customer", "c-08"), "names the customer c-08", id="an unknown customer"),
        pytest.param((*OPEN, "--id", "BR-2026-1"), "stands here twice", id="an id that is taken"),
        pytest.param(("notify", "BR-9", "--at", "2026-01-20T14:42Z"), "BR-9 is not in the register", id="unknown"),
        pytest.param(("notify", "BR-2026-1", "--at", "2026-01-20T09:00Z"), "notified before aware", id="too early"),
        pytest.param(("close", "BR-2026-1", "--at", "2026-01-21T09:00Z"), "late does not say why", id="in silence"),
    ],
)
def test_what_cannot_be_so_is_refused(register, words, trouble):
    """In one line, and the register stays as it is."""
    breach(*OPEN)
    before = register.read_text()
    with pytest.raises(AuditError) as caught:
        breach(*words)
    assert trouble in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert register.read_text() == before


def test_a_time_is_set_once(register):
    """The clock is not wound back by a second notice."""
    breach(*OPEN)
    breach("notify", "BR-2026-1", "--at", "2026-01-20T14:42Z")
    with pytest.raises(AuditError, match="BR-2026-1 is notified since 2026-01-20T14:42Z"):
        breach("notify", "BR-2026-1", "--at", "2026-01-20T12:00Z")


def test_a_breach_that_nobody_was_told_of_is_closed_with_the_reason(register):
    """It stays in the register all the same."""
    breach(*OPEN)
    said = breach("close", "BR-2026-1", "--at", "2026-01-21T09:00Z", "--late", "the copy was encrypted")
    assert "nobody was told, closed 2026-01-21" in said


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 h 00 min"), (59, "0 h 59 min"), (61, "1 h 01 min"), (6000, "100 h 00 min")]
)
def test_the_clock_counts_hours_and_minutes(minutes, words):
    """Days are hours, as the law counts them."""
    began = datetime(2026, 1, 20, tzinfo=UTC)
    assert clock(began, datetime.fromtimestamp(began.timestamp() + minutes * 60, UTC)) == words
