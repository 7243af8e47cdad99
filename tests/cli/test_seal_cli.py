"""`audit key` makes keys that it never overwrites, and `audit seal` signs packs; the exit code says what is missing."""

import stat

import pytest

from audit.evidence.checking import check
from audit.evidence.trust import public_key, read_trust
from audit.model import Verdict
from tests import packs
from tests.cli.running import audit, said
from tests.timestamp_authority import Authority


@pytest.fixture
def folder(tmp_path):
    """A folder with a pack, and two keys."""
    for name in ("tool", "reviewer"):
        assert audit("key", "new", name, cwd=tmp_path).returncode == 0
    return tmp_path


@pytest.fixture
def pack(folder):
    return packs.write(folder / "packs")


def trust(folder, *names, authorities=()):
    return read_trust([folder / f"{name}.pub.pem" for name in names], threshold=None, authorities=authorities)


def test_a_new_key_is_the_owners_alone_and_says_its_id(tmp_path):
    run = audit("key", "new", "tool", cwd=tmp_path)
    public = public_key((tmp_path / "tool.pub.pem").read_bytes())
    assert run.stdout.splitlines()[-1] == f"id {public.id}"
    assert stat.S_IMODE((tmp_path / "tool.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in run.stdout + run.stderr
    assert audit("key", "public", "tool.pem", cwd=tmp_path).stdout == public.pem


@pytest.mark.parametrize("there", ["tool.pem", "tool.pub.pem"])
def test_a_key_is_never_overwritten(there, tmp_path):
    (tmp_path / there).write_text("mine")
    assert said(audit("key", "new", "tool", cwd=tmp_path)).startswith(f"{there} is there already.")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_key_in_no_folder_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    assert "cannot write" in said(audit("key", "new", "file/tool", cwd=tmp_path))


def test_a_passphrase_comes_from_the_environment_alone(tmp_path, pack):
    word = {"PROMISE_AUDIT_KEY_PASSPHRASE": "open sesame"}
    assert audit("key", "new", "locked", cwd=tmp_path, **word).returncode == 0
    assert b"ENCRYPTED" in (tmp_path / "locked.pem").read_bytes()
    told = said(audit("seal", pack, "--key", "locked.pem", cwd=tmp_path))
    assert "give its passphrase in PROMISE_AUDIT_KEY_PASSPHRASE" in told
    run = audit("seal", pack, "--key", "file:locked.pem", cwd=tmp_path, **word)
    assert run.returncode == 0
    assert "sesame" not in run.stdout + run.stderr


def test_a_seal_says_what_it_is_known_by(folder, pack):
    run = audit("seal", pack, "--key", "tool.pem", cwd=folder)
    found = check(pack, trust(folder, "tool"))
    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        f"{pack.name}: sealed with 1 of the 1 signatures that it takes",
        f"  sha256 of seal/pack.dsse.json: {found.digest}",
        f"  signed by {found.signers[0]}",
    ]


def test_two_people_sign_one_after_the_other(folder, pack):
    first = audit("seal", pack, "--key", "tool.pem", "--threshold", 2, cwd=folder)
    assert (first.returncode, "1 of the 2" in first.stdout) == (4, True)
    second = audit("seal", pack, "--add", "--key", "reviewer.pem", cwd=folder)
    assert (second.returncode, "2 of the 2" in second.stdout) == (0, True)
    assert check(pack, trust(folder, "tool", "reviewer")).verdict is Verdict.KEPT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param([], "a seal needs a key.", id="no key"),
        pytest.param(["--add"], "a seal needs a key.", id="nothing to add"),
        pytest.param(["--key", "none.pem"], "cannot read the key none.pem", id="no such key"),
        pytest.param(["--key", "tool.pub.pem"], "tool.pub.pem holds no private key", id="the public half"),
        pytest.param(["--key", "tool.pem", "--key", "tool.pem"], "two of the keys are the same", id="twice"),
        pytest.param(["--key", "tool.pem", "--add"], "it has no seal yet", id="added to nothing"),
        pytest.param(["--key", "tool.pem", "--add", "--threshold", 2], "--threshold is part", id="another threshold"),
        pytest.param(["--key", "azurekms:vault"], "is not azurekms:VAULT/KEY", id="half an address"),
        pytest.param(["--key", "tool.pem", "--timestamp", "ftp://a"], "--timestamp needs", id="no address"),
    ],
)
def test_what_cannot_be_sealed_is_one_line_and_stays_unsealed(words, told, folder, pack):
    assert told in said(audit("seal", pack, *words, cwd=folder))
    assert not (pack / "seal").exists()
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]


def test_a_seal_is_never_made_anew(folder, pack):
    audit("seal", pack, "--key", "tool.pem", cwd=folder)
    before = (pack / "seal" / "pack.dsse.json").read_bytes()
    assert "sealed already" in said(audit("seal", pack, "--key", "reviewer.pem", cwd=folder))
    assert (pack / "seal" / "pack.dsse.json").read_bytes() == before


def test_what_is_no_pack_is_one_line(folder):
    (folder / "empty").mkdir()
    assert "it has no manifest.json" in said(audit("seal", "empty", "--key", "tool.pem", cwd=folder))


def test_a_timestamp_that_was_asked_for_and_not_given_is_said(folder, pack):
    """The seal stands; asking again adds the timestamp."""
    words = ["seal", pack, "--key", "tool.pem", "--timestamp", "http://127.0.0.1:9/"]
    run = audit(*words, cwd=folder)
    assert run.returncode == 4
    assert run.stderr.startswith("audit: no timestamp from 127.0.0.1:")
    assert check(pack, trust(folder, "tool")).verdict is Verdict.KEPT
    authority = Authority(folder / "authority")
    with authority.served() as url:
        assert audit("seal", pack, "--add", "--timestamp", url, cwd=folder).returncode == 0
    found = check(pack, trust(folder, "tool", authorities=[authority.folder / "chain.pem"]))
    assert found.timestamped_by == "Local authority"
