"""A timestamp is kept as it came and checked offline; OpenSSL agrees, and what is wrong with one is named."""

import re
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from audit.evidence import seal
from audit.evidence.checking import check
from audit.evidence.timestamps import asking, checked
from audit.model import AuditError, Verdict
from tests import packs
from tests.sealing import Keys, sealed
from tests.timestamp_authority import Authority, send

OLD = ("20200101000000Z", "20210101000000Z")
SEAL = b"the bytes of a seal"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture(scope="module")
def another(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority") / "another", name="Another")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def query(content, *, certificates=False):
    """Ask as our own request does, or for certificates, too."""
    builder = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=certificates).build().as_bytes()


@pytest.fixture(scope="module")
def reply(authority):
    return authority.reply(query(SEAL))


def stamping(url, **changes):
    return asking(url, **{"seconds": 5, "clock": time.monotonic} | changes)


def test_what_is_stored_is_what_openssl_verifies(authority, keys, tmp_path):
    with authority.served() as url:
        pack = sealed(tmp_path, keys, stamp=stamping(url))
    content, stored = ((pack / "seal" / name).read_bytes() for name in ("pack.dsse.json", "pack.tsr"))
    assert authority.accepts(stored, content)
    assert not authority.accepts(stored, content + b" ")
    found = check(pack, keys.trust("tool", authorities=[authority.chain]))
    assert (found.verdict, found.timestamped_by) == (Verdict.KEPT, "Local authority")
    assert found.timestamp > found.timestamp.replace(year=2020)


def test_openssl_and_we_agree_on_certificates_in_the_reply(authority, another):
    reply = authority.reply(query(SEAL, certificates=True))
    root = (authority.folder / "ca.pem").read_bytes()
    assert authority.accepts(reply, SEAL)
    assert checked(reply, SEAL, [root]).at
    assert checked(reply, SEAL, [another.chain, authority.chain]).at


def test_an_authority_that_nobody_named_is_shown_and_not_believed(authority, another, keys, tmp_path):
    with authority.served() as url:
        pack = sealed(tmp_path, keys, stamp=stamping(url))
    for authorities in ([], [another.chain]):
        found = check(pack, keys.trust("tool", authorities=authorities))
        assert (found.timestamp, found.timestamped_by, found.faults) == (None, "Local authority", ())


def test_an_authority_that_borrows_the_names_of_a_trusted_one_is_found_out(authority, reply, tmp_path):
    impostor = Authority(tmp_path / "impostor")
    assert checked(impostor.reply(query(SEAL)), SEAL, [authority.chain]).fault == "it does not hold: signature failure"
    assert checked(reply, SEAL, [impostor.chain, authority.chain]).at


def test_no_timestamp_is_no_fault(keys, tmp_path):
    found = check(sealed(tmp_path, keys), keys.trust("tool"))
    assert (found.verdict, found.timestamp, found.timestamped_by) == (Verdict.KEPT, None, "")


@pytest.mark.parametrize(
    ("content", "changed", "said"),
    [
        pytest.param(b"other bytes", None, "it was given for other bytes", id="other bytes"),
        pytest.param(SEAL, lambda reply: b"garbage", "it is no reply", id="garbage"),
        pytest.param(SEAL, lambda reply: b"", "it is no reply", id="nothing"),
        pytest.param(SEAL, lambda reply: reply[:-40], "it is no reply", id="cut"),
        pytest.param(SEAL, lambda reply: reply[:-4] + b"\0\0\0\0", "it does not hold", id="its signature changed"),
    ],
)
def test_what_is_wrong_with_a_reply_is_named(content, changed, said, reply, authority):
    found = checked(changed(reply) if changed else reply, content, [authority.chain])
    assert found.at is None
    assert found.fault.startswith(said), found


def test_a_certificate_that_had_expired_does_not_hold(tmp_path):
    late = Authority(tmp_path / "late", days=OLD)
    found = checked(late.reply(query(SEAL)), SEAL, [late.chain])
    assert (found.at, found.fault) == (None, "it does not hold: certificate has expired")


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10**5), value=st.integers(0, 255))
def test_no_byte_of_a_reply_brings_another_time(place, value, reply, authority):
    """A changed reply is refused, or is of bytes that change nothing of what was signed."""
    changed = bytearray(reply)
    changed[place % len(changed)] = value
    found = checked(bytes(changed), SEAL, [authority.chain])
    assert found.at in (None, checked(reply, SEAL, [authority.chain]).at)


def elsewhere(handler, _query):
    send(handler, b"", status=302, Location="http://127.0.0.1:9/")


def endless(handler, _query):
    send(handler, b"\0" * (1 << 20))


def silent(handler, _query):
    handler.send_response(200)
    handler.send_header("Content-Length", "9")
    handler.end_headers()
    handler.wfile.write(b"\0")
    time.sleep(1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(lambda handler, _: send(handler, b"", status=503), "Service Unavailable", id="an error"),
        pytest.param(lambda handler, _: send(handler, b"<html>"), "ASN.1|parse", id="a page"),
        pytest.param(elsewhere, "Found", id="a redirect"),
        pytest.param(endless, "longer than any reply", id="no end"),
        pytest.param(silent, "timed out|no whole answer|incomplete", id="silence"),
        pytest.param(
            lambda handler, _: send(handler, bytes.fromhex("30053003020102")),
            "refused|no reply|token|parse",
            id="refused",
        ),
    ],
)
def test_an_authority_that_gives_none_leaves_a_seal_without(answer, said, authority, keys, tmp_path):
    pack = packs.write(tmp_path)
    with authority.served(answer) as url:
        made = seal.seal(pack, [keys("tool")], threshold=1, stamp=stamping(url, seconds=0.5))
    assert made.trouble.startswith("no timestamp from 127.0.0.1: ")
    assert "\n" not in made.trouble
    assert re.search(said, made.trouble), made.trouble
    assert not (pack / "seal" / "pack.tsr").exists()
    assert check(pack, keys.trust("tool")).verdict is Verdict.KEPT


def test_the_answer_to_another_question_is_no_timestamp(authority):
    """It is for the same bytes, and was made before: its nonce tells."""
    old = authority.reply(query(SEAL))
    with (
        authority.served(lambda handler, _: send(handler, old)) as url,
        pytest.raises(AuditError, match="another ques"),
    ):
        stamping(url)(SEAL)


def test_nobody_listens(keys, tmp_path):
    made = seal.seal(packs.write(tmp_path), [keys("tool")], threshold=1, stamp=stamping("http://127.0.0.1:9/"))
    assert "refused" in made.trouble


@pytest.mark.parametrize("url", ["ftp://a/", "file:///etc/hosts", "a", "http://", "http://name:word@host/"])
def test_an_address_of_no_authority_is_refused_before_anything_is_sealed(url):
    with pytest.raises(AuditError, match="--timestamp needs") as told:
        stamping(url)
    assert "word" not in str(told.value)


def test_a_timestamp_may_come_later(authority, keys, tmp_path):
    pack = sealed(tmp_path, keys)
    with authority.served() as url:
        made = seal.add(pack, [], stamp=stamping(url))
    assert made.stamped
    assert check(pack, keys.trust("tool", authorities=[authority.chain])).timestamp


def test_a_signature_voids_no_timestamp_silently(authority, keys, tmp_path):
    with authority.served() as url:
        pack = sealed(tmp_path, keys, threshold=2, stamp=stamping(url))
        before = (pack / "seal" / "pack.tsr").read_bytes()
        with pytest.raises(AuditError, match="would void its timestamp"):
            seal.add(pack, [keys("reviewer")], stamp=None)
        with pytest.raises(AuditError, match="Nothing was added"):
            seal.add(pack, [keys("reviewer")], stamp=stamping("http://127.0.0.1:9/"))
        assert (pack / "seal" / "pack.tsr").read_bytes() == before
        seal.add(pack, [keys("reviewer")], stamp=stamping(url))
    found = check(pack, keys.trust("tool", "reviewer", authorities=[authority.chain]))
    assert (found.verdict, found.timestamp is None) == (Verdict.KEPT, False)


def test_a_timestamp_before_the_run_ended_is_a_fault(authority, keys, tmp_path):
    """The run's own clock was set to a time that has not come."""
    ahead = packs.BEGAN + timedelta(days=3650)
    with authority.served() as url:
        pack = sealed(tmp_path, keys, at=ahead, stamp=stamping(url))
    found = check(pack, keys.trust("tool", authorities=[authority.chain]))
    assert "a clock was set wrong" in found.faults[0].what
