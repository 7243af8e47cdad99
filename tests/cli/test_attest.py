"""`audit attest` writes people's words at the end of the file, and refuses what would prove nothing."""

import hashlib
import tomllib
from datetime import date

import pytest
from click.testing import CliRunner

from audit.cli.attest import command
from audit.model import AuditError
from audit.policies import load
from tests.made import commitment, policies_folder, statement

FILE = """\
# A comment to keep.
[kinds.AT-03]   # and another
title = "Terms are current."
months = 12

[kinds.AT-04]
title = "The register is complete."
months = 6

[kinds.AT-14]
title = "Targets are signed."
months = 12"""
TARGETS = "[locks]\nnumber = 2\nnames = ['x']\n[doors]\nnumber = 1\n"
SAID = ("AT-03", "--role", "caretaker", "--looked-at", 'the "terms"', "--evidence", "terms.pdf")
TARGETS_SAID = ("AT-14", "--role", "caretaker", "--looked-at", "the targets", "--targets")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Stand in a folder with policies and a file that was looked at."""
    rows = [
        commitment("S-1", controls=["storage-locked"], pending={"attestations": ["AT-03"]}),
        commitment("S-2", pending={"attestations": ["AT-03"]}),
        commitment("S-3", pending={"attestations": ["AT-03", "AT-04"], "drills": ["restore"]}),
    ]
    policies_folder(tmp_path / "policies", statements={"s.toml": statement(*rows)}, targets=TARGETS)
    (tmp_path / "policies" / "attestations.toml").write_text(FILE)
    (tmp_path / "terms.pdf").write_bytes(b"terms")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "policies" / "attestations.toml"


def attest(*words, today="2026-10-05"):
    """Run the command on a day, and return what it prints."""
    run = CliRunner().invoke(command, [*words, "--today", today], standalone_mode=False)
    if run.exception:
        raise run.exception
    return run.output


def test_a_word_is_added_below_what_stands_there(here):
    """Every byte that stood there stays, and the promises that it serves are named."""
    assert attest(*SAID) == (
        'AT-03 attested by the caretaker until 2027-10-05: the "terms"\n'
        "  S-1 The promise S-1. (its controls decide)\n"
        "  S-2 The promise S-2. (kept)\n"
        "  S-3 The promise S-3. (still needs: a drill, an attestation)\n"
    )
    assert here.read_text().startswith(FILE + "\n\n[[attestation]]\n")
    (entry,) = tomllib.loads(here.read_text())["attestation"]
    assert entry == {
        "id": "AT-03",
        "role": "caretaker",
        "looked_at": 'the "terms"',
        "on": date(2026, 10, 5),
        "until": date(2027, 10, 5),
        "evidence": hashlib.sha256(b"terms").hexdigest(),
    }


def test_targets_are_attested_with_their_values(here):
    """Whoever signs sees what; tables and single targets may stand together."""
    said = attest(*TARGETS_SAID, "locks, doors.number")
    assert "  locks = {'number': 2, 'names': ['x']}\n  doors.number = 1\n" in said
    assert tomllib.loads(here.read_text())["attestation"][0]["targets"] == ["locks", "doors.number"]


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        pytest.param(("AT-99", *SAID[1:]), "AT-99 is nothing that can be attested. See", id="unknown"),
        pytest.param((*SAID, "--until", "2026-10-04"), "--until 2026-10-04 is past", id="a past day"),
        pytest.param((*SAID, "--until", "2027-10-06"), "AT-03 may hold until 2027-10-05", id="too long"),
        pytest.param((*SAID, "--role", "Jo Field"), "'Jo Field', which is no role", id="a name"),
        pytest.param((SAID[0], *SAID[3:]), "names no role. Add --role", id="no role"),
        pytest.param((*SAID, "--looked-at", ""), "says nothing in --looked-at", id="nothing looked at"),
        pytest.param((*SAID, "--looked-at", "dpo@example.org"), "names a person or an address", id="an address"),
        pytest.param((*SAID, "--looked-at", "terms \udcff"), "is no text in UTF-8", id="bytes that are no text"),
        pytest.param((*SAID, "--evidence", "none.pdf"), "cannot read none.pdf: No such file", id="no file"),
        pytest.param((*SAID, "--evidence", "."), "cannot read .: Is a directory", id="a folder"),
        pytest.param(SAID[:-2], "Name the file with --evidence", id="no evidence"),
        pytest.param((*SAID, "--targets", "locks"), "no --targets", id="targets of terms"),
        pytest.param(TARGETS_SAID[:-1], "Name them with --targets", id="no targets"),
        pytest.param((*TARGETS_SAID, "bolts"), "the target bolts is not set", id="a target that is not set"),
        pytest.param((*TARGETS_SAID, "locks", "--evidence", "terms.pdf"), "without --evidence", id="a file of targets"),
    ],
)
def test_what_would_prove_nothing_is_refused(here, words, trouble):
    """In one line, and the file stays as it is."""
    with pytest.raises(AuditError) as caught:
        attest(*words)
    assert trouble in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert here.read_text() == FILE


def test_a_word_that_holds_is_said_anew_only_on_request(here):
    """And what was said stays, so that last quarter can be judged by it."""
    attest(*SAID)
    with pytest.raises(AuditError, match=r"AT-03 holds until 2027-10-05\. Add --renew"):
        attest(*SAID, today="2027-09-01")
    attest(*SAID, "--renew", today="2027-09-01")
    assert [one.until for one in load(here.parent).attestations] == [date(2027, 10, 5), date(2028, 9, 1)]


def test_a_word_that_has_ended_is_said_anew_without_ado(here):
    """It proves nothing that could be lost."""
    attest(*SAID)
    attest(*SAID, today="2027-10-06")
    assert len(load(here.parent).attestations) == 2


def test_targets_beyond_those_attested_are_another_word(here):
    """And a part of what is attested is none."""
    attest(*TARGETS_SAID, "locks")
    with pytest.raises(AuditError, match="AT-14 holds until"):
        attest(*TARGETS_SAID, "locks.number")
    attest(*TARGETS_SAID, "locks.number,doors")
    assert len(load(here.parent).attestations) == 2


def test_the_list_shows_how_each_stands(here):
    """Those that nobody has attested, too."""
    attest(*SAID)
    attest(*TARGETS_SAID, "locks")
    (here.parent / "targets.toml").write_text(TARGETS.replace("2", "3"))
    assert attest("--list", today="2027-10-06") == (
        "AT-03  Terms are current. (12 months; S-1, S-2, S-3)\n"
        "       expired, by the caretaker, 2026-10-05 to 2027-10-05 (it expired on 2027-10-05)\n"
        "AT-04  The register is complete. (6 months; S-3) not attested.\n"
        "AT-14  Targets are signed. (12 months; no promise)\n"
        "       locks: expired, by the caretaker, 2026-10-05 to 2027-10-05 (it expired on 2027-10-05)\n"
    )
    assert "locks: what was attested has changed, by the caretaker" in attest("--list")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(FILE.replace("\n", "\r\n"), id="another end of line"),
        pytest.param(FILE + "\n# The last word.", id="a comment at the end"),
    ],
)
def test_the_file_keeps_its_ways(here, content):
    """Ends of lines and comments."""
    here.write_bytes(content.encode())
    attest(*SAID)
    written = here.read_bytes().decode()
    assert written.startswith(content)
    assert ("\n" in written.replace("\r\n", "")) is ("\r\n" not in content)


def test_a_file_in_which_no_entry_can_follow_is_left_alone(here):
    """A list written another way would be hidden by one more table."""
    here.write_text("attestation = []\n" + FILE)
    with pytest.raises(AuditError):
        attest(*SAID)
    assert here.read_text() == "attestation = []\n" + FILE
