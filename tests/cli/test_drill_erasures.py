"""`audit drill prepare --erasures`: who was erased is kept as digests, and by nothing else."""

import re

import pytest

from audit.drills import prepared
from audit.drills.erasure_ledger import keyed
from audit.drills.population import ref_of
from audit.evidence.signers import new_key
from audit.model import AuditError
from tests.cli import test_drill
from tests.cli.test_drill import DATABASE, Company

company = test_drill.company
REF = ref_of("erasure", DATABASE)
GONE = ["Ada.Lovelace@example.org", "zoë@example.org"]


@pytest.fixture
def own(company, monkeypatch):
    """The company with a key to sign by, and a list of who was erased."""
    (company / "tool.pem").write_bytes(new_key("")[0])
    monkeypatch.chdir(company)
    (company / "gone.txt").write_text("\n".join(GONE) + "\n\n")
    return Company(company)


def prepare(own, *words):
    return own.drill("prepare", "--key", "file:tool.pem", "--erasures", "gone.txt", *words)


def ledger(own):
    """Return the ledger, by whomever it is signed."""
    from audit.cli import drilling  # it reads the environment

    return prepared.read(own.folder / "prepared", REF, "erasures", drilling.signer("file:tool.pem")[1])


def test_a_ledger_holds_digests_and_grows(own):
    """No cloud is asked, no identifier is written, and a second list is added to the first."""
    done, told, said = prepare(own, "--execute")
    assert (done, told) == (0, f"{REF}  prepared, 2 erasures in all\n")
    assert "delete gone.txt" in said
    key = prepared.key(own.folder / "prepared")
    assert ledger(own)["keys"] == sorted(keyed(one, key) for one in GONE)
    (own.folder / "gone.txt").write_text("new@example.org\n")
    assert prepare(own, "--execute")[1] == f"{REF}  prepared, 3 erasures in all\n"
    kept = b"".join(path.read_bytes() for path in (own.folder / "prepared").iterdir())
    assert b"example.org" not in kept


def test_without_execute_nothing_is_written(own):
    """It is shown for which items it would be."""
    assert prepare(own)[:2] == (0, f"{REF}  2 erasures\n")
    assert not (own.folder / "prepared").exists()


@pytest.mark.parametrize(
    ("content", "words", "trouble"),
    [
        pytest.param("\n \n", (), "gone.txt names nobody", id="an empty list"),
        pytest.param(b"\xff\xfe", (), "it is no UTF-8 text", id="no text"),
        pytest.param("one", ("--item", "sql-nothing"), "sql-nothing has no ledger of erasures", id="another item"),
    ],
)
def test_what_cannot_be_added_is_one_line(own, content, words, trouble):
    """And nothing is written."""
    (own.folder / "gone.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(AuditError, match=re.escape(trouble)) as error:
        prepare(own, "--execute", *words)
    assert len(str(error.value).splitlines()) == 1
    assert not (own.folder / "prepared").exists()


def test_without_columns_there_is_no_ledger(own):
    """The rules say where identifiers stand."""
    own.changed('facts = { erased = ["dbo.people.email"] }', "")
    with pytest.raises(AuditError, match=r"facts\.erased"):
        prepare(own, "--execute")
