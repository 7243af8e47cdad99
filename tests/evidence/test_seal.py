"""A seal holds for one pack, by trusted keys, whole or not at all; whatever is done to it is named."""

import base64
import json
import shutil
import signal
import subprocess
import sys
from datetime import timedelta

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.kms.utils import ECDSAPrivateKey

from audit.evidence import seal
from audit.evidence.checking import check
from audit.evidence.signers import new_key, signer
from audit.evidence.trust import Trust, public_key, read_trust
from audit.model import AuditError, Verdict
from tests import packs
from tests.sealing import Keys, envelope, resigned, sealed
from tests.support import ROOT

LATER = packs.BEGAN + timedelta(days=7)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A sealed pack that nobody changes."""
    return sealed(tmp_path_factory.mktemp("packs"), keys)


@pytest.fixture
def pack(original, tmp_path):
    """A copy of it."""
    return shutil.copytree(original, tmp_path / original.name)


def faults(pack, trust):
    return [f"{fault.where}: {fault.what}" for fault in seal.verified(pack, trust).faults]


def test_a_seal_names_its_pack_its_signers_and_itself(original, keys):
    found = seal.verified(original, keys.trust("tool"))
    assert found.faults == ()
    assert found.signers == (keys("tool").key.id,)
    assert (len(found.digest), found.timestamp, found.timestamped_by) == (64, None, "")
    assert found.statement["pack"]["id"] == original.name
    assert found.statement["counts"]["files"] == len(json.loads((original / "manifest.json").read_bytes())["files"])


def test_a_statement_names_every_file_of_its_pack(original):
    _, statement = envelope(original)
    named = {row["name"]: row["digest"]["sha256"] for row in statement["subject"]}
    files = [path for path in original.rglob("*") if path.is_file() and "seal" not in path.parts]
    assert named == {str(path.relative_to(original)): packs.canonical.sha256(path.read_bytes()) for path in files}


def test_no_seal_is_said_and_is_no_fault(tmp_path, keys):
    found = seal.verified(packs.write(tmp_path), keys.trust("tool"))
    assert (found.there, found.digest, found.faults) == (False, "", ())


def test_openssl_takes_the_signature(original, keys, tmp_path):
    """The bytes that DSSE signs are put together by hand here."""
    found, _ = envelope(original)
    payload = base64.b64decode(found["payload"])
    kind = found["payloadType"].encode()
    (tmp_path / "signed").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "signature").write_bytes(base64.b64decode(found["signatures"][0]["sig"]))
    public = keys.folder / "tool.pub.pem"
    told = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", "signed", "-sigfile", "signature"]
    subprocess.run(["openssl", *told], cwd=tmp_path, check=True, capture_output=True)


def test_openssl_gives_a_key_the_same_id(original, keys):
    told = ["pkey", "-pubin", "-in", keys.folder / "tool.pub.pem", "-outform", "DER"]
    der = subprocess.run(["openssl", *told], check=True, capture_output=True).stdout
    assert keys("tool").key.id == packs.canonical.sha256(der)


def edited(name, change):
    """Write an envelope's JSON anew, changed."""

    def do(pack, _keys):
        found, _ = envelope(pack, name)
        change(found)
        (pack / "seal" / name).write_text(json.dumps(found))

    return do


def twice(pack, _keys):
    path = pack / "seal" / "pack.dsse.json"
    path.write_text(path.read_text().replace('"payloadType"', '"payloadType": "x", "payloadType"', 1))


def of_another(pack, keys):
    other = sealed(pack.parent / "others", keys, at=LATER)
    for path in (other / "seal").iterdir():
        shutil.copy(path, pack / "seal")


def swapped(pack, _keys):
    here = pack / "seal"
    (here / "pack.dsse.json").rename(here / "x")
    (here / "manifest.dsse.json").rename(here / "pack.dsse.json")
    (here / "x").rename(here / "manifest.dsse.json")


def signed_otherwise(name, **changes):
    return lambda pack, keys: resigned(pack, keys, name, **changes)


def one_file_less(pack, keys):
    _, statement = envelope(pack)
    resigned(pack, keys, "pack.dsse.json", subject=statement["subject"][:-1])


def one_file_more(pack, keys):
    _, statement = envelope(pack)
    more = {"name": "zzz", "digest": {"sha256": "0" * 64}}
    resigned(pack, keys, "pack.dsse.json", subject=[*statement["subject"], more])


def twice_in_payload(pack, keys):
    from audit.evidence import envelopes  # only here

    found, _ = envelope(pack)
    payload = base64.b64decode(found["payload"]).replace(b'"_type"', b'"_type":"x","_type"', 1)
    (pack / "seal" / "pack.dsse.json").write_bytes(envelopes.signed(payload, [keys("tool")]))


def lower_threshold(pack, keys):
    _, statement = envelope(pack)
    predicate = statement["predicate"] | {"threshold": 0}
    resigned(pack, keys, "pack.dsse.json", predicate=predicate)


def by_another(pack, keys):
    shutil.rmtree(pack / "seal")
    seal.seal(pack, [keys("stranger")], threshold=1, stamp=None)


def claimed(pack, keys):
    """A stranger's signature in the name of the trusted key."""
    by_another(pack, keys)
    own = keys("tool").key.id
    for name in seal.ENVELOPES:
        edited(name, lambda found: found["signatures"][0].update(keyid=own))(pack, keys)


def listed_otherwise(pack, _keys):
    packs.relisted(pack, product="another")


THREATS = [
    pytest.param(by_another, "and by no key that is trusted here", id="signed anew with another key"),
    pytest.param(claimed, "does not hold", id="in the name of a trusted key"),
    pytest.param(edited("pack.dsse.json", lambda e: e.update(signatures=[])), "between 1 and 16", id="stripped"),
    pytest.param(edited("pack.dsse.json", lambda e: e.update(x=1)), "and nothing else", id="an unknown field"),
    pytest.param(edited("pack.dsse.json", lambda e: e.update(payloadType="text")), "of the type", id="another type"),
    pytest.param(
        edited("pack.dsse.json", lambda e: e["signatures"].append(e["signatures"][0])), "Multiple", id="a key twice"
    ),
    pytest.param(edited("pack.dsse.json", lambda e: e.update(payload=e["payload"] + "\n")), "base64", id="base64"),
    pytest.param(twice, "stands twice", id="a key twice in the envelope"),
    pytest.param(twice_in_payload, "stands twice", id="a key twice in the payload"),
    pytest.param(of_another, "signed for another", id="the seal of another pack"),
    pytest.param(swapped, "does not hold a statement about a pack", id="envelopes swapped"),
    pytest.param(
        signed_otherwise("manifest.dsse.json", predicateType="https://example/other"), "of another kind", id="unknown"
    ),
    pytest.param(one_file_less, "was signed for another", id="a file less"),
    pytest.param(one_file_more, "does not list: zzz", id="a file more"),
    pytest.param(lower_threshold, "how many signatures it takes", id="no threshold"),
    pytest.param(listed_otherwise, "signed for another manifest.json", id="another manifest"),
    pytest.param(lambda pack, _: (pack / "seal" / "x").touch(), "nothing but the seal", id="a stranger in the seal"),
    pytest.param(lambda pack, _: (pack / "seal" / "package.dsse.json").unlink(), "it is missing", id="one missing"),
    pytest.param(
        lambda pack, _: (shutil.rmtree(pack / "seal"), (pack / "seal").mkdir()), "it is missing", id="an empty seal"
    ),
    pytest.param(
        lambda pack, _: (shutil.rmtree(pack / "seal"), (pack / "seal").touch()), "not a folder", id="a file as a seal"
    ),
    pytest.param(
        lambda pack, _: (
            (pack / "seal" / "pack.dsse.json").rename(pack.parent / "away"),
            (pack / "seal" / "pack.dsse.json").symlink_to(pack.parent / "away"),
        ),
        "not a plain file",
        id="a link",
    ),
]


@pytest.mark.parametrize(("attack", "said"), THREATS)
def test_what_is_done_to_a_seal_is_named(attack, said, pack, keys):
    attack(pack, keys)
    found = faults(pack, keys.trust("tool"))
    assert any(said in fault for fault in found), found
    assert check(pack, keys.trust("tool")).verdict is Verdict.BROKEN


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), name=st.sampled_from(seal.ENVELOPES))
def test_no_byte_of_an_envelope_can_be_changed_unseen(place, value, name, original, keys, tmp_path):
    """Either the check names a fault, or the bytes still spell the same envelope: white space, say."""
    pack = shutil.copytree(original, tmp_path / "packs" / original.name, dirs_exist_ok=True)
    path = pack / "seal" / name
    content = bytearray(path.read_bytes())
    before = json.loads(content)
    content[place % len(content)] = value
    path.write_bytes(content)
    found = seal.verified(pack, keys.trust("tool"))
    if not found.faults and found.signers:
        assert json.loads(content) == before


@pytest.mark.parametrize(
    ("signed_by", "trusted", "threshold", "demanded", "verdict"),
    [
        pytest.param(["tool"], ["tool"], 1, None, Verdict.KEPT, id="one of one"),
        pytest.param(["tool"], [], 1, None, Verdict.UNPROVEN, id="no key to compare with"),
        pytest.param(["tool"], ["tool"], 2, None, Verdict.UNPROVEN, id="the second is missing"),
        pytest.param(["tool", "reviewer"], ["tool", "reviewer"], 2, None, Verdict.KEPT, id="two of two"),
        pytest.param(["tool", "reviewer"], ["tool"], 2, None, Verdict.UNPROVEN, id="one of them unknown here"),
        pytest.param(["tool", "stranger"], ["tool"], 1, None, Verdict.KEPT, id="a stranger beside it"),
        pytest.param(["tool"], ["tool", "reviewer"], 1, 2, Verdict.UNPROVEN, id="two demanded here"),
        pytest.param(["tool"], ["tool"], 2, 1, Verdict.UNPROVEN, id="the seal's own number is higher"),
        pytest.param(["stranger"], ["tool"], 1, None, Verdict.BROKEN, id="another key"),
    ],
)
def test_it_takes_as_many_trusted_signatures_as_the_seal_or_the_reader_says(
    signed_by, trusted, threshold, demanded, verdict, keys, tmp_path
):
    pack = sealed(tmp_path, keys, *signed_by, threshold=threshold)
    assert check(pack, keys.trust(*trusted, threshold=demanded)).verdict is verdict


def test_a_signature_counts_where_it_is_on_every_envelope(keys, tmp_path):
    pack = sealed(tmp_path, keys, "tool", "reviewer", threshold=2)
    edited("manifest.dsse.json", lambda found: found["signatures"].pop())(pack, keys)
    found = seal.verified(pack, keys.trust("tool", "reviewer"))
    assert (len(found.signers), found.faults) == (1, ())


def test_a_second_person_signs_the_same_statement_later(keys, tmp_path):
    pack = sealed(tmp_path, keys, threshold=2)
    before, statement = envelope(pack)
    made = seal.add(pack, [keys("reviewer")], stamp=None)
    after, same = envelope(pack)
    assert (made.signers, made.threshold) == (2, 2)
    assert (same, after["signatures"][0]) == (statement, before["signatures"][0])
    assert check(pack, keys.trust("tool", "reviewer")).verdict is Verdict.KEPT


def sealed_twice(folder, keys):
    return sealed(folder, keys), lambda pack: seal.seal(pack, [keys("tool")], threshold=1, stamp=None)


def signed_twice(folder, keys):
    return sealed(folder, keys), lambda pack: seal.add(pack, [keys("tool")], stamp=None)


def added_to_nothing(folder, keys):
    return packs.write(folder), lambda pack: seal.add(pack, [keys("tool")], stamp=None)


def changed_before(folder, keys):
    pack = packs.write(folder)
    (pack / "run.json").write_bytes(b"{}")
    return pack, lambda pack: seal.seal(pack, [keys("tool")], threshold=1, stamp=None)


def strange_before(folder, keys):
    pack = packs.write(folder)
    (pack / "more").touch()
    return pack, lambda pack: seal.seal(pack, [keys("tool")], threshold=1, stamp=None)


def named_by_a_later(folder, keys):
    pack = sealed(folder, keys)
    sealed(folder, keys, at=LATER)
    return pack, lambda pack: seal.add(pack, [keys("reviewer")], stamp=None)


def between(folder, keys):
    sealed(folder, keys, at=LATER)
    return packs.write(folder), lambda pack: seal.seal(pack, [keys("tool")], threshold=1, stamp=None)


@pytest.mark.parametrize(
    ("arranged", "said"),
    [
        pytest.param(sealed_twice, "sealed already", id="sealed already"),
        pytest.param(signed_twice, "that key has signed already", id="the same key again"),
        pytest.param(added_to_nothing, "it has no seal yet", id="nothing to add to"),
        pytest.param(changed_before, "run.json", id="a file that was changed"),
        pytest.param(strange_before, "unlisted file", id="a file that is not listed"),
        pytest.param(named_by_a_later, "names this seal", id="a later pack names it"),
        pytest.param(between, "cannot be put in before it", id="a later pack is sealed"),
    ],
)
def test_what_must_not_be_sealed_is_left_as_it_is(arranged, said, keys, tmp_path):
    pack, do = arranged(tmp_path, keys)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(AuditError, match=said):
        do(pack)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_seal_names_the_newest_one_before_it(keys, tmp_path):
    first = sealed(tmp_path, keys)
    packs.write(tmp_path, LATER)
    third = sealed(tmp_path, keys, at=LATER + timedelta(days=7))
    trust = keys.trust("tool")
    assert seal.verified(first, trust).previous == ""
    assert seal.verified(third, trust).previous == seal.verified(first, trust).digest


KILLED = """
import os, signal, sys
from pathlib import Path
from audit.evidence import seal
from audit.evidence.signers import signer

pack, key, how, left = Path(sys.argv[1]), signer(sys.argv[2], passphrase=""), sys.argv[3], int(sys.argv[4])
seal.verified(pack, seal.Trust((key.key,)))

def count(event, words):
    global left
    writes = event == "open" and words[2] & (os.O_WRONLY | os.O_RDWR)
    if str(pack.parent) in str(words) and (writes or event in ("os.mkdir", "os.rename", "os.remove", "os.chmod")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
(seal.add(pack, [key], stamp=None) if how == "add" else seal.seal(pack, [key], threshold=1, stamp=None))
"""
"""Kills itself at the first step, the second, and so on, that would change anything on the disk."""


def killed(pack, key, how):
    """Run a sealing with ever more steps before it is killed, until it ends by itself; yields after each."""
    steps, code = 0, -signal.SIGKILL
    while code == -signal.SIGKILL:
        words = [sys.executable, "-c", KILLED, str(pack), str(key), how, str(steps)]
        run = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
        code = run.returncode
        assert code in (0, -signal.SIGKILL), run.stderr
        yield code
        steps += 1
    assert steps > 5


def test_a_killed_sealing_leaves_a_whole_seal_or_none(keys, tmp_path):
    keys("tool")
    pack = packs.write(tmp_path)
    for code in killed(pack, keys.folder / "tool.pem", "seal"):
        found = check(pack, keys.trust("tool"))
        assert found.faults == ()
        assert found.verdict is (Verdict.KEPT if found.sealed else Verdict.UNPROVEN)
        assert found.sealed or code
        if found.sealed and code:
            shutil.rmtree(pack / "seal")
    assert [path.name for path in tmp_path.iterdir()] == [pack.name]


def test_a_killed_second_signature_is_there_or_not(keys, tmp_path):
    """Some envelopes may have it already: it counts when all have, and saying it again completes it."""
    keys("reviewer")
    pack = sealed(tmp_path, keys, threshold=2)
    for code in killed(pack, keys.folder / "reviewer.pem", "add"):
        found = check(pack, keys.trust("tool", "reviewer"))
        assert found.faults == ()
        assert len(found.signers) == (2 if not code else 1)


@pytest.fixture
def kms(monkeypatch):
    """AWS's keys by moto, which hashes a digest once more; the service signs it as it is."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")

    def sign(self, message, signing_algorithm):
        assert signing_algorithm == "ECDSA_SHA_256"
        return self.private_key.sign(message, ec.ECDSA(Prehashed(SHA256())))

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign)
    with mock_aws():
        yield boto3.client("kms")


def test_a_key_in_aws_signs(kms, tmp_path):
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    key = signer(f"awskms:{made}", passphrase="")
    pack = packs.write(tmp_path)
    seal.seal(pack, [key], threshold=1, stamp=None)
    assert check(pack, Trust((key.key,))).verdict is Verdict.KEPT


def test_a_key_that_aws_does_not_show_is_one_line(kms, tmp_path):
    with pytest.raises(AuditError, match="cannot use the key awskms:no-such-key") as told:
        signer("awskms:no-such-key", passphrase="")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "passphrase", "said"),
    [
        pytest.param(new_key("open")[0], "", "is encrypted: give its passphrase", id="no passphrase"),
        pytest.param(new_key("")[0], "open", "is not encrypted: unset", id="a passphrase too many"),
        pytest.param(new_key("open")[0], "shut", "no private key that can be opened", id="another passphrase"),
        pytest.param(b"-----BEGIN", "", "no private key that can be opened", id="no key"),
    ],
)
def test_a_key_that_cannot_be_opened_is_one_line(content, passphrase, said, tmp_path):
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(AuditError, match=said) as told:
        signer(f"file:{tmp_path / 'key.pem'}", passphrase=passphrase)
    assert "PRIVATE" not in str(told.value)


def test_a_passphrase_locks_a_key(tmp_path):
    passphrase = "-".join(("open", "sesame"))
    secret, public = new_key(passphrase)
    (tmp_path / "key.pem").write_bytes(secret)
    assert b"ENCRYPTED" in secret
    assert signer(str(tmp_path / "key.pem"), passphrase=passphrase).key == public
    assert load_pem_private_key(secret, passphrase.encode())


def test_a_key_given_twice_is_trusted_once(keys, tmp_path):
    keys("tool")
    path = keys.folder / "tool.pub.pem"
    (tmp_path / "again.pem").write_text(f"\n{path.read_text()}\n")
    assert len(read_trust([path, tmp_path / "again.pem"], threshold=None, authorities=[]).keys) == 1
    with pytest.raises(AuditError, match="a threshold of 2"):
        read_trust([path, path], threshold=2, authorities=[])


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PUBLIC KEY-----", new_key("")[0]], ids=["empty", "cut", "private"]
)
def test_what_is_no_public_key_is_not_trusted(content):
    with pytest.raises(ValueError, match=r"."):
        public_key(content)
