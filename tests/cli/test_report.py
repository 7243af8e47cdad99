"""`audit report`, as it is called: from packs on the disk to three editions, the same bytes wherever it runs."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner

from audit.cli import cli
from audit.engine import judge
from audit.evidence import pack
from audit.evidence.facts import facts
from audit.evidence.seal import seal
from audit.evidence.signers import new_key, signer
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Plane, Resource, Snapshot
from audit.policies import load
from audit.reports import machine
from audit.snapshots import encode
from tests.support import POLICIES

# The editions are made once, for all.
pytestmark = pytest.mark.xdist_group("report")
PRODUCT = "promise-audit 0.1.0"
FIRST = datetime(2026, 7, 6, 2, tzinfo=UTC)
HOLE = 5
"""The number of the week in which nobody looked."""
WEEKS = 12
CANARY = "zanzibar-{}"
"""A word that stands in everything that is one customer's."""
EDITIONS = ("2026Q3-auditor", "2026Q3-board", "2026Q3-customer-c-07", "2026Q3-customer-c-08")


def account(customer, at, *, shut):
    """A storage account of one customer, whose every text names them."""
    word = CANARY.format(customer)
    return Resource(
        type=STORAGE_ACCOUNT.arm,
        id=f"/subscriptions/s/resourcegroups/{word}/providers/microsoft.storage/storageaccounts/{word}",
        name=word,
        plane=Plane.LIVE,
        seen_at=at,
        body={
            "location": "uksouth",
            "allowBlobPublicAccess": not shut,
            "publicNetworkAccess": word,
            "tags": {"customer": customer, "owner": word},
        },
    )


@pytest.fixture(scope="module")
def quarter(tmp_path_factory):
    """Packs of a quarter with a hole, sealed, the policies they were judged by, and the public key."""
    folder = tmp_path_factory.mktemp("quarter")
    shutil.copytree(POLICIES, folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "policies/customers.toml").open("a") as file:
        for name in ("c-07", "c-08"):
            file.write(f'\n[[customer]]\npseudonym = "{name}"\ntags = {{ customer = "{name}" }}\n')
    rules = load(folder / "policies")
    private, public, _ = _key(folder)
    for number in range(1, WEEKS + 1):
        if number != HOLE:
            _pack(folder / "packs", FIRST + timedelta(weeks=number - 1), rules, private, shut=number not in (3, 4))
    return folder, public


def _key(folder):
    secret, key = new_key("")
    (folder / "tool.pem").write_bytes(secret)
    (folder / "tool.pub.pem").write_text(key.pem)
    return folder / "tool.pem", folder / "tool.pub.pem", key.id


def _pack(packs, at, rules, key, *, shut):
    """Write and seal the pack of one run, in which one customer's account is shut or open."""
    resources = (account("c-07", at, shut=True), account("c-08", at, shut=shut))
    seen = Snapshot(plane=Plane.LIVE, origin="one subscription", seen_at=at, resources=resources)
    report = judge(seen, rules, at.date(), product=PRODUCT)
    begun = pack.begin(packs, at=at, redact=lambda content, _: content, redact_text=str)
    run = facts(
        rules, id=begun.id, began=at, ended=at + timedelta(minutes=1), product=PRODUCT, versions={"msgspec": "1"}
    )
    seal(
        begun.finish(run, snapshot=encode(seen), report=machine.render(report)),
        [signer(str(key), passphrase="")],
        threshold=1,
        stamp=None,
    )


def report(folder, public, out, *words, **environment):
    """Run the command in a process of its own; returns how it ended and what it said."""
    told = ["report", "--quarter", "2026Q3", "--as-of", "2026-12-01", "--packs", folder / "packs", "--key", public]
    told += ["--policies", folder / "policies", "--out", out, *words]
    ran = subprocess.run(
        [Path(sys.executable).with_name("audit"), *map(str, told)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=environment.get("PWD"),
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def written(quarter, tmp_path_factory):
    """All editions, and what the command said."""
    out = tmp_path_factory.mktemp("out")
    return out, *report(*quarter, out)


def files(folder):
    """Every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_edition_is_a_folder_with_every_format(written):
    """A page, a PDF, JSON, tables and OSCAL, listed in a manifest."""
    out, _, _ = written
    assert sorted(path.name for path in out.iterdir()) == sorted(EDITIONS)
    for edition in EDITIONS:
        found = set(files(out / edition))
        assert {"index.html", "report.pdf", "report.json", "manifest.json", "oscal/assessment-results.json"} <= found
        assert "tables/promises.csv" in found


def test_the_exit_code_judges_the_quarter_and_the_hole_is_said(written):
    """What was broken for two weeks makes the quarter broken, though the newest evidence finds it mended."""
    _, code, said = written
    assert code == 3
    assert "1 week without evidence" in said
    assert "week of 2026-08-03: no evidence" in said


def test_the_same_packs_give_the_same_bytes_elsewhere(quarter, written, tmp_path):
    """Another folder, time zone, locale and hash seed change no byte of any file."""
    folder, public = quarter
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    elsewhere = {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PWD": str(tmp_path)}
    code, said = report(moved, moved / public.name, tmp_path / "out", **elsewhere)
    assert code == 3, said
    assert files(tmp_path / "out") == files(written[0])


@pytest.mark.parametrize(("customer", "other"), [("c-07", "c-08"), ("c-08", "c-07")])
def test_no_byte_of_a_customer_s_edition_names_another(written, customer, other):
    """Nowhere: not in a page, a table, OSCAL, the manifest or the journal, nor in the PDF's streams and attachments."""
    folder = written[0] / f"2026Q3-customer-{customer}"
    haystack = b"".join(files(folder).values()) + b"".join(_inside(folder / "report.pdf"))
    assert CANARY.format(customer).encode() in haystack
    for word in (CANARY.format(other), CANARY.format(other).upper()):
        assert word.encode() not in haystack
    # Between two digits of a digest or a uuid it is no pseudonym.
    assert not re.search(rb"(?<![0-9a-f])" + other.encode() + rb"(?![0-9a-f])", haystack)


def _inside(path):
    """Yield every stream of a PDF unpacked, the attached files and the metadata among them, and its strings."""
    with pikepdf.open(path) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream):
                yield item.read_bytes() if item.get("/Subtype") != "/Image" else b""
        plain = io.BytesIO()
        pdf.save(plain, qdf=True)
        yield plain.getvalue()


def test_another_customer_s_exception_is_not_theirs(written):
    """The account that stood open is one customer's exception, with its weeks, and none of the other's."""
    spans = {}
    for name in ("c-07", "c-08"):
        told = json.loads((written[0] / f"2026Q3-customer-{name}/report.json").read_bytes())
        spans[name] = [one["spans"] for one in told["exceptions"] if one["control"] == "storage-no-anonymous-read"]
    assert spans["c-07"] == []
    [[span]] = spans["c-08"]
    assert (span["first"][:10], span["last"][:10], span["after"][:10]) == ("2026-07-20", "2026-07-27", "2026-08-10")


def test_without_the_key_nothing_is_proven(quarter, tmp_path):
    """Packs that nobody can verify are shown, and no promise rests on them."""
    folder, _ = quarter
    _, stranger, _ = _key(tmp_path)
    code, said = report(folder, stranger, tmp_path / "out", "--edition", "board", "--no-pdf")
    assert code == 4
    assert "0 of 91 broken, 91 of 91 unproven" in said
    told = json.loads((tmp_path / "out/2026Q3-board/report.json").read_bytes())
    assert {promise["verdict"] for promise in told["promises"] if promise["counted"]} == {"unproven"}
    assert {week["state"] for week in told["weeks"]} == {"not verified", "no evidence"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--quarter", "2026Q5"], "'2026Q5' is no quarter", id="no quarter"),
        pytest.param(["--quarter", "2031Q1"], "begins on 2031-01-01", id="a quarter to come"),
        pytest.param(["--packs", "nowhere"], "nowhere is no folder of packs", id="no packs"),
        pytest.param(["--customer", "c-99"], "c-99 is no customer", id="no such customer"),
        pytest.param(["--key", "nowhere.pem"], "cannot read nowhere.pem", id="no key"),
        pytest.param(["--statement", "README.md"], "shares no sentence", id="another text"),
    ],
)
def test_what_cannot_be_done_is_one_line(quarter, tmp_path, words, said):
    """Nothing is written, and the line says what to do."""
    folder, public = quarter
    told = ["report", "--packs", folder / "packs", "--key", public, "--policies", folder / "policies", "--no-pdf"]
    given = [*told, "--quarter", "2026Q3", "--as-of", "2026-12-01", "--out", tmp_path / "out", *words]
    result = CliRunner().invoke(cli, list(map(str, given)))
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()
