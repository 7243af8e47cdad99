"""`audit verify` says what was checked, what is wrong and what is weak, and its exit code says which."""

import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest

from audit.evidence.pack import write_report
from audit.evidence.seal import seal
from audit.evidence.signers import new_key, signer
from audit.evidence.timestamps import asking
from tests import packs
from tests.cli.running import audit, said
from tests.quarters import CUSTOMER
from tests.timestamp_authority import Authority

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two keys, two sealed packs and a customer's sealed report."""
    folder = tmp_path_factory.mktemp("verify")
    keys = {}
    for name in ("tool", "reviewer"):
        private, public = new_key("")
        (folder / f"{name}.pem").write_bytes(private)
        (folder / f"{name}.pub").write_text(public.pem)
        keys[name] = signer(str(folder / f"{name}.pem"), passphrase="")
    for number in range(2):
        seal(packs.write(folder / "packs", packs.BEGAN + number * WEEK), [keys["tool"]], threshold=1, stamp=None)
    write_report(folder / "report", CUSTOMER, {"report.json": b"{}"})
    seal(folder / "report", [*keys.values()], threshold=2, stamp=None)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy of it, to be tampered with."""
    return shutil.copytree(made, tmp_path / "given")


def packs_in(folder):
    """The packs of a folder in order."""
    return sorted((folder / "packs").iterdir())


def test_whole_packs_are_told_with_what_is_weak_about_them(folder):
    run = audit("verify", "packs", "--key", "tool.pub", cwd=folder)
    first, second = (path.name for path in packs_in(folder))
    assert run.returncode == 0, run
    assert f"{first}: run, whole and sealed\n" in run.stdout
    assert f"{second}: run, whole and sealed\n" in run.stdout
    assert run.stdout.count("weak: no timestamp") == 2
    assert run.stdout.count("weak: it names no seal before it") == 1
    assert "2 checked: 2 whole\n" in run.stdout
    assert "It does not prove" in run.stdout


def test_packs_named_one_by_one_are_a_chain_too(folder):
    packs.write(folder / "packs", packs.BEGAN + 2 * WEEK)
    three = packs_in(folder)
    seal(three[2], [signer(str(folder / "tool.pem"), passphrase="")], threshold=1, stamp=None)
    run = audit("verify", three[0], three[2], "--key", "tool.pub", cwd=folder)
    assert run.returncode == 3
    assert "which is missing" in run.stdout


def unsealed(folder):
    shutil.rmtree(packs_in(folder)[0] / "seal")


def unfinished(folder):
    path = packs_in(folder)[0]
    path.rename(path.with_name(f"{path.name}.unfinished"))


def edited(folder):
    path = packs_in(folder)[0] / "run.json"
    path.write_bytes(path.read_bytes().replace(b"0.1.0", b"0.9.0"))


@pytest.mark.parametrize(
    ("threaten", "words", "code", "told"),
    [
        pytest.param(edited, ("packs",), 3, "wrong: run.json: it was changed", id="edited"),
        pytest.param(unsealed, ("packs",), 4, "unsealed: anybody may have made it", id="unsealed"),
        pytest.param(unfinished, ("packs",), 4, "unfinished: it was never made whole", id="unfinished"),
        pytest.param(None, ("packs", "--threshold", "2"), 4, "signed by too few keys", id="threshold"),
        pytest.param(None, ("packs", "--quarter", "2026Q4"), 0, "2 whole", id="this quarter"),
        pytest.param(
            None, ("packs", "--quarter", "2027Q1"), 3, "it is of 2026Q4, and not of 2027Q1", id="last quarter"
        ),
        pytest.param(None, ("packs", "--customer", "c-07"), 3, "it is no customer's", id="no customer's"),
        pytest.param(None, ("report", "--customer", "c-07", "--quarter", "2026Q4"), 0, "1 whole", id="theirs"),
        pytest.param(None, ("report", "--customer", "c-08"), 3, "it is made for c-07, and not", id="another's"),
    ],
)
def test_the_exit_code_says_what_was_found(folder, threaten, words, code, told):
    if threaten:
        threaten(folder)
    run = audit("verify", *words, "--key", "tool.pub", "--key", "reviewer.pub", cwd=folder)
    assert run.returncode == code, run
    assert told in run.stdout
    assert run.stderr == ""


def test_a_report_says_of_what_and_for_whom_it_is_whatever_its_folder_is_called(folder):
    (folder / "report").rename(folder / "c-08")
    run = audit("verify", "c-08", "--key", "tool.pub", "--key", "reviewer.pub", cwd=folder)
    assert run.returncode == 0, run
    assert "the customer edition of 2026Q4 for c-07, up to 2026-12-20" in run.stdout


def test_a_week_that_was_filled_later_is_told_by_its_timestamp(folder):
    """The clock of who makes a pack can be set back; that of an authority cannot."""
    authority = Authority(folder / "authority")
    late = packs.write(folder / "late", datetime(2020, 1, 6, 2, tzinfo=UTC))
    with authority.served() as url:
        stamp = asking(url, seconds=5, clock=time.monotonic)
        seal(late, [signer(str(folder / "tool.pem"), passphrase="")], threshold=1, stamp=stamp)
    trusted = ("--key", "tool.pub", "--timestamp-authority", authority.folder / "chain.pem")
    run = audit("verify", "late", *trusted, cwd=folder)
    assert run.returncode == 0, run
    assert "days after it ended, and before that rests on its maker's word" in run.stdout


def test_without_a_key_nothing_is_believed(folder):
    run = audit("verify", "packs", cwd=folder)
    assert run.returncode == 4
    assert "signed by nobody who is trusted here (0 of 1 needed)" in run.stdout


def test_a_key_that_signed_nothing_is_told(folder):
    run = audit("verify", "packs", "--key", "reviewer.pub", cwd=folder)
    assert run.returncode in (3, 4)
    assert "by no key that is trusted here" in run.stdout or "signed by nobody who is trusted here" in run.stdout


def test_a_single_pack_is_checked_from_within(folder):
    assert audit("verify", ".", "--key", folder / "tool.pub", cwd=packs_in(folder)[0]).returncode == 0


def test_a_name_in_a_strangers_pack_writes_nothing_to_the_terminal(folder):
    (packs_in(folder)[0] / "x\x1b[2J\n##[error]").write_text("")
    run = audit("verify", "packs", "--key", "tool.pub", cwd=folder)
    assert run.returncode == 3
    assert "\x1b" not in run.stdout
    assert "\n##[" not in run.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("nowhere",), "nowhere is no folder", id="no such folder"),
        pytest.param(("tool.pub",), "tool.pub is no folder", id="a file"),
        pytest.param(("empty",), "empty holds no packs", id="an empty folder"),
        pytest.param(("packs", "--key", "nowhere"), "cannot read nowhere", id="no such key"),
        pytest.param(("packs", "--key", "tool.pem"), "holds no public key", id="a private key"),
        pytest.param(("packs", "--quarter", "Q4"), "--quarter Q4 is no quarter", id="no quarter"),
        pytest.param(("packs", "--timestamp-authority", "tool.pub"), "holds no certificates", id="no authority"),
    ],
)
def test_what_cannot_be_run_is_one_line(folder, words, told):
    (folder / "empty").mkdir()
    assert told in said(audit("verify", *words, cwd=folder))
