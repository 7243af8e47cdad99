"""`audit list` and `audit explain` say what there is, from whatever policies folder is given."""

import pytest

from audit.kinds import KINDS
from tests.cli.running import audit, said
from tests.made import commitment, policies_folder, statement
from tests.support import CONTROLS, ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write a small policies folder, once."""
    place = tmp_path_factory.mktemp("lookup")
    rows = statement(commitment("S-1", controls=["storage-locked"]), commitment("S-2", pending={"drills": ["restore"]}))
    policies_folder(place / "policies", statements={"s.toml": rows})
    return place


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param(("list",), "high      storage-locked  A lock holds the account.\n", id="controls by default"),
        pytest.param(("list", "controls"), "high      storage-locked  A lock holds the account.\n", id="controls"),
        pytest.param(
            ("list", "commitments"), "S-1      The promise S-1.\nS-2      The promise S-2.\n", id="commitments"
        ),
    ],
)
def test_a_list_is_a_line_each(folder, words, text):
    """The whole text is compared."""
    run = audit(*words, cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, text, "")


def test_kinds_are_listed_without_policies(tmp_path):
    """They are the product's own."""
    lines = audit("list", "kinds", cwd=tmp_path).stdout.splitlines()
    assert len(lines) == len(KINDS)
    assert any(line.startswith("Microsoft.Storage/storageAccounts  2") for line in lines)


def test_our_own_controls_are_listed():
    """Each of them, once."""
    lines = audit("list", "controls", cwd=ROOT).stdout.splitlines()
    assert [line.split()[1] for line in lines] == list(CONTROLS)


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        pytest.param(
            "storage-locked", ("A lock holds the account.", "What is locked stays.", "LCK-01"), id="a control"
        ),
        pytest.param("S-2", ("The promise S-2.", "a drill"), id="a commitment"),
    ],
)
def test_an_id_is_explained(folder, identity, words):
    """With what it claims, and why or what it needs."""
    run = audit("explain", identity, cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert [word for word in words if word not in run.stdout] == []


def test_an_unknown_id_is_one_line(folder):
    """With where to find the known ones."""
    assert said(audit("explain", "storage-open", cwd=folder)) == (
        "there is no control or commitment 'storage-open'. See `audit list controls` and `audit list commitments`."
    )
