"""What a drill measures by is what was signed for this very item, or nothing."""

import pytest

from audit.cli.drilling import signer, verifier
from audit.drills import prepared
from audit.evidence.signers import new_key
from audit.model import AuditError

REF, BODY = "sql-0123456789ab", {"tables": [{"rows": 3}], "made_at": "2026-08-12T09:00:00Z"}


@pytest.fixture
def keys(tmp_path):
    """Two pairs of keys, as `(sign, verify)` each."""

    def pair(name):
        private, public = new_key("")
        (tmp_path / name).write_bytes(private)
        (tmp_path / f"{name}.pub").write_text(public.pem)
        return signer(f"file:{tmp_path / name}")[0], verifier((tmp_path / f"{name}.pub",))

    return pair("ours"), pair("theirs")


def test_what_was_written_is_read_again(tmp_path, keys):
    (sign, verify), _ = keys
    path = prepared.write(tmp_path, REF, "manifest", BODY, sign)
    assert prepared.read(tmp_path, REF, "manifest", verify) == BODY
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_nothing_was_prepared_there_is_nothing(tmp_path, keys):
    assert prepared.read(tmp_path, REF, "manifest", keys[0][1]) is None


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def emptied(path):
    path.write_bytes(b"")


def of_another_item(path):
    path.replace(path.with_name("sql-ffffffffffff.manifest.dsse.json"))


def of_another_sort(path):
    path.replace(path.with_name(f"{REF}.canaries.dsse.json"))


@pytest.mark.parametrize(
    ("change", "ref", "what"),
    [
        pytest.param(cut, REF, "manifest", id="cut short"),
        pytest.param(emptied, REF, "manifest", id="emptied"),
        pytest.param(of_another_item, "sql-ffffffffffff", "manifest", id="put in another item's place"),
        pytest.param(of_another_sort, REF, "canaries", id="put in the place of canaries"),
    ],
)
def test_what_is_not_what_was_signed_is_refused(tmp_path, keys, change, ref, what):
    (sign, verify), _ = keys
    change(prepared.write(tmp_path, REF, "manifest", BODY, sign))
    with pytest.raises(AuditError) as caught:
        prepared.read(tmp_path, ref, what, verify)
    assert "\n" not in str(caught.value)


def test_what_another_key_signed_is_refused(tmp_path, keys):
    (_, verify), (sign, _) = keys
    prepared.write(tmp_path, REF, "manifest", BODY, sign)
    with pytest.raises(AuditError, match="no key that is trusted"):
        prepared.read(tmp_path, REF, "manifest", verify)


def test_the_key_of_digests_is_made_once_and_only_its_owner_reads_it(tmp_path):
    made = prepared.key(tmp_path / "new")
    assert prepared.key(tmp_path / "new") == made
    assert len(made) == 32
    assert (tmp_path / "new" / prepared.KEY).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_key_of_another_length_is_no_key(tmp_path, content):
    (tmp_path / prepared.KEY).write_bytes(content)
    with pytest.raises(AuditError, match="is no key"):
        prepared.key(tmp_path)


@pytest.mark.parametrize("ref", ["../elsewhere", "a/b", ".hidden"])
def test_no_ref_leads_out_of_the_folder(tmp_path, keys, ref):
    with pytest.raises(AuditError):
        prepared.write(tmp_path, ref, "manifest", BODY, keys[0][0])
