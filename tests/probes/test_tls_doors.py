"""Doors that speak TLS are met as old clients and strangers meet them: each planted fault is found."""

import ssl
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

import pytest
import trustme
from cryptography.x509 import load_pem_x509_certificate

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.kinds.web import WEB_APP
from audit.model import AuditError, Gap, Unseen, Verdict
from audit.sources.looking import resource
from audit.sources.probes import tls_doors
from audit.sources.probes.certificate import Trust, names_host, shown
from audit.sources.probes.client_hello import VERSIONS
from tests.probes.mail_server import MailServer
from tests.probes.scenes import NOW, scene, verdict
from tests.probes.tls_server import (
    AUTHORITY,
    HOST,
    YEAR,
    alert,
    authorities,
    context,
    greeted,
    offered,
    record,
    reset,
    running,
    server_hello,
    stubborn,
    web,
)

V = ssl.TLSVersion
SOUND, OLD = ["TLSv1.3", "TLSv1.2"], ["TLSv1.1", "TLSv1", "SSLv3"]
VERSIONS_SOUND, TRUSTED = "probes-tls-sound-versions", "probes-tls-certificates-trusted"
LASTING, BOUND = "probes-tls-certificates-last", "probes-web-only-encrypted"
TARGETS = {"probes": {"certificate_days": 30, "strict_transport_days": 365}}


def met(talk, speaks="https", *, host=HOST, seconds=2.0, **more):
    """Probe one door behind which `talk` sits."""
    with running(talk) as port:
        named = {"tls_doors": [f"{host}:{port}/{speaks}"]}
        more = {"authorities": authorities(), **more}
        run = scene({"probes": named}, hosts={host: "127.0.0.1"}, seconds=seconds, **more)
        return tls_doors.probe(run)


def only(found):
    [door] = found.resources
    return door.body


@pytest.mark.parametrize(
    ("lowest", "highest", "accepted", "expected"),
    [
        pytest.param(V.TLSv1_2, V.TLSv1_3, SOUND, Verdict.KEPT, id="sound"),
        pytest.param(V.TLSv1_2, V.TLSv1_2, ["TLSv1.2"], Verdict.KEPT, id="1.2 alone"),
        pytest.param(V.TLSv1_3, V.TLSv1_3, ["TLSv1.3"], Verdict.KEPT, id="1.3 alone"),
        pytest.param(V.TLSv1_1, V.TLSv1_3, [*SOUND, "TLSv1.1"], Verdict.BROKEN, id="1.1 too"),
        pytest.param(V.TLSv1, V.TLSv1_2, ["TLSv1.2", "TLSv1.1", "TLSv1"], Verdict.BROKEN, id="old ones too"),
        pytest.param(V.TLSv1, V.TLSv1, ["TLSv1"], Verdict.BROKEN, id="1.0 alone"),
    ],
)
def test_each_version_that_openssl_takes_is_seen_taken_and_each_other_refused(lowest, highest, accepted, expected):
    found = met(web(context(lowest, highest), YEAR))
    body = only(found)
    assert (body["accepted"], body["unknown"]) == (accepted, {})
    assert sorted([*body["accepted"], *body["refused"]]) == sorted(VERSIONS)
    assert verdict(VERSIONS_SOUND, found, {})[0] is expected


def _answers(*records):
    def talk(connection):
        offered(connection)
        connection.sendall(b"".join(records))
        connection.recv(1)

    return talk


def _hello(version):
    return record(22, server_hello(version))


def _silent(connection):
    offered(connection)
    connection.recv(1)


def _drips(connection):
    while True:
        connection.sendall(b"\x16")
        time.sleep(0.02)


def _endless(connection):
    connection.sendall(record(22, b"\x02\xff\xff\xff"))
    while True:
        connection.sendall(record(22, bytes(0x4000)))


SPLIT = server_hello(0x0300)


@pytest.mark.parametrize(
    ("old", "kind", "expected"),
    [
        pytest.param(_answers(_hello(0x0300)), "mixed", Verdict.BROKEN, id="SSL 3.0 is taken"),
        pytest.param(
            _answers(record(22, SPLIT[:9]), record(22, SPLIT[9:])), "mixed", Verdict.BROKEN, id="a hello in two records"
        ),
        pytest.param(_answers(alert(112, 1), _hello(0x0300)), "mixed", Verdict.BROKEN, id="a warning first"),
        pytest.param(_answers(alert(70)), "refused", Verdict.KEPT, id="told that the version is wrong"),
        pytest.param(_answers(alert(40)), "refused", Verdict.KEPT, id="told that nothing fits"),
        pytest.param(_answers(alert(40, 1)), "refused", Verdict.KEPT, id="told so as a warning"),
        pytest.param(offered, "refused", Verdict.KEPT, id="hung up on"),
        pytest.param(_answers(alert(0, 1)), "refused", Verdict.KEPT, id="bidden goodbye"),
        pytest.param(_answers(alert(80)), "unknown", Verdict.UNPROVEN, id="a fault inside"),
        pytest.param(_answers(alert(112)), "unknown", Verdict.UNPROVEN, id="a name that it does not know"),
        pytest.param(lambda c: (offered(c), reset(c)), "unknown", Verdict.UNPROVEN, id="reset"),
        pytest.param(_silent, "unknown", Verdict.UNPROVEN, id="silence"),
        pytest.param(_drips, "unknown", Verdict.UNPROVEN, id="drips"),
        pytest.param(_endless, "unknown", Verdict.UNPROVEN, id="a hello without an end"),
        pytest.param(_answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "unknown", Verdict.UNPROVEN, id="no TLS"),
        pytest.param(_answers(b"\x16\x03"), "unknown", Verdict.UNPROVEN, id="half a head"),
        pytest.param(_answers(_hello(0x0304)), "unknown", Verdict.UNPROVEN, id="a version that nobody offered"),
        pytest.param(_answers(record(22, b"\x02\0\0\x02\x03\0")), "unknown", Verdict.UNPROVEN, id="a hello too short"),
        pytest.param(_answers(record(22, b"\x0b\0\0\0")), "unknown", Verdict.UNPROVEN, id="another message"),
    ],
)
def test_what_an_old_hello_gets_is_refusal_only_where_it_says_so(old, kind, expected):
    found = met(stubborn(web(context(), YEAR), old), seconds=0.4)
    body = only(found)
    assert body["accepted"][:2] == SOUND
    if kind == "mixed":
        assert (body["accepted"][2:], body["refused"]) == (["SSLv3"], ["TLSv1.1", "TLSv1"])
    else:
        assert sorted(body[kind]) == sorted(OLD)
    assert verdict(VERSIONS_SOUND, found, {})[0] is expected


def test_hanging_up_on_everybody_is_no_refusal():
    """A server that turns us away after some connections would seem to refuse what it takes."""
    sound, left = web(context(V.TLSv1, V.TLSv1_3), YEAR), [2]

    def tired(connection):
        left[0] -= 1
        (sound if left[0] >= 0 else offered)(connection)

    found = met(tired)
    assert (only(found)["accepted"], sorted(only(found)["unknown"])) == (SOUND, sorted(OLD))
    told, whys = verdict(VERSIONS_SOUND, found, {})
    assert (told, "took no other version after that" in whys[0]) == (Verdict.UNPROVEN, True)


@pytest.mark.parametrize("talk", [_silent, _drips, _endless, reset, lambda c: c.sendall(b"220 mail\r\n")])
def test_a_door_where_nothing_is_known_of_a_sound_version_is_a_gap(talk):
    found = met(talk, seconds=0.4)
    assert (found.resources, len(found.gaps)) == ((), 1)
    assert verdict(VERSIONS_SOUND, found, {})[0] is Verdict.UNPROVEN


def test_a_door_that_nobody_answers_at_and_a_strange_one_are_gaps():
    named = {"tls_doors": [f"{HOST}:1", "nowhere.hosting.example:443"]}
    found = tls_doors.probe(scene({"probes": named}, hosts={HOST: "127.0.0.1"}))
    assert (found.resources, len(found.gaps)) == ((), 2)
    assert "refused" in found.gaps[0].reason
    assert "no address" in found.gaps[1].reason


PAST, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
MIDDLE = AUTHORITY.create_child_ca()


def _issued(*names, by=AUTHORITY, **more):
    return by.issue_cert(*names, **more)


@pytest.mark.parametrize(
    ("certificate", "expected", "why"),
    [
        pytest.param(_issued(HOST), Verdict.KEPT, "in date", id="sound"),
        pytest.param(_issued("*.hosting.example"), Verdict.KEPT, "in date", id="an asterisk"),
        pytest.param(_issued(HOST, by=MIDDLE), Verdict.KEPT, "in date", id="an authority between"),
        pytest.param(_issued("shop.hosting.example"), Verdict.BROKEN, f"not for {HOST}", id="another name"),
        pytest.param(_issued("*.example"), Verdict.BROKEN, f"not for {HOST}", id="too wide an asterisk"),
        pytest.param(_issued(HOST, not_after=PAST), Verdict.BROKEN, "to 2026-01-01", id="ended"),
        pytest.param(_issued(HOST, not_before=LATER), Verdict.BROKEN, "from 2999-01-01", id="not begun"),
        pytest.param(_issued(HOST, by=trustme.CA()), Verdict.BROKEN, "not trusted", id="a strange authority"),
        pytest.param(
            _issued(HOST, by=trustme.CA(), not_after=PAST), Verdict.BROKEN, "not trusted", id="strange and ended"
        ),
    ],
)
def test_trust_name_and_date_are_told_apart(certificate, expected, why):
    found = met(web(context(certificate=certificate), YEAR))
    told, whys = verdict(TRUSTED, found, {})
    assert (told, why in whys[0]) == (expected, True), whys
    assert (only(found)["keyType"], only(found)["keyBits"]) == ("EC", 256)


def test_a_missing_file_of_authorities_is_told_in_one_line(tmp_path):
    with pytest.raises(AuditError, match=r"nothing\.pem is no file of certificates: .* Mend or unset SSL_CERT_FILE"):
        met(web(context(), YEAR), authorities=str(tmp_path / "nothing.pem"))


def test_a_chain_that_only_this_machine_trusts_proves_nothing_of_strangers():
    """The authority of a company's proxy stands in its machines' lists; a stranger's has it not."""
    with running(web(context(), YEAR)) as port:
        reach = scene({"probes": {"tls_doors": [f"{HOST}:{port}"]}}, hosts={HOST: "127.0.0.1"}).reach
        seen = shown(partial(reach.dial, HOST, port), HOST, NOW, Trust(authorities()))
        strange = shown(partial(reach.dial, HOST, port), HOST, NOW, Trust())
    assert seen["chain"] == {"trusted": False, "why": "unable to get local issuer certificate", "onlyHere": True}
    assert strange["chain"] == {"trusted": False, "why": "unable to get local issuer certificate"}


def test_a_certificate_that_ends_soon_is_broken_and_one_unseen_unproven():
    soon = datetime(2026, 10, 20, tzinfo=UTC)
    for certificate, expected in ((_issued(HOST, not_after=soon), Verdict.BROKEN), (None, Verdict.KEPT)):
        found = met(web(context(certificate=certificate), YEAR))
        assert verdict(LASTING, found, TARGETS)[0] is expected
    old = met(web(context(V.TLSv1, V.TLSv1), YEAR))
    assert {verdict(one, old, TARGETS)[0] for one in (TRUSTED, LASTING, BOUND)} == {Verdict.UNPROVEN}


@pytest.mark.parametrize(
    ("fields", "status", "age", "expected"),
    [
        pytest.param([YEAR], "200 OK", 31536000, Verdict.KEPT, id="a year"),
        pytest.param(['strict-transport-security: MAX-AGE="63072000"'], "301 x", 63072000, Verdict.KEPT, id="quoted"),
        pytest.param([YEAR], "503 x", 31536000, Verdict.KEPT, id="sent with a fault"),
        pytest.param([], "200 OK", 0, Verdict.BROKEN, id="not sent"),
        pytest.param(["Strict-Transport-Security: max-age=300"], "200 OK", 300, Verdict.BROKEN, id="too short"),
        pytest.param(
            ["Strict-Transport-Security: max-age=0", YEAR], "200 OK", 0, Verdict.BROKEN, id="the first counts"
        ),
        pytest.param(["Strict-Transport-Security: max-age=9,9"], "200 OK", 0, Verdict.BROKEN, id="no number"),
        pytest.param(
            ["Strict-Transport-Security: max-age=99999999; max-age=1"], "200 OK", 0, Verdict.BROKEN, id="twice"
        ),
        pytest.param([], "500 x", None, Verdict.UNPROVEN, id="a fault of the server"),
        pytest.param(["x: " + "x" * 70_000], "200 OK", None, Verdict.UNPROVEN, id="a head without an end"),
        pytest.param([], "", None, Verdict.UNPROVEN, id="no answer of HTTP"),
    ],
)
def test_a_site_is_judged_by_the_header_that_binds_browsers(fields, status, age, expected):
    found = met(web(context(), *fields, status=status))
    assert (only(found).get("hsts") or {}).get("maxAge") == age
    assert verdict(BOUND, found, TARGETS)[0] is expected
    assert verdict(TRUSTED, found, {})[0] is Verdict.KEPT, "the certificate was seen all the same"


IMAP = (b"* OK ready\r\n", b"a STARTTLS\r\n")
POP3 = (b"+OK ready\r\n", b"STLS\r\n")


@pytest.mark.parametrize(
    ("speaks", "talk", "expected"),
    [
        pytest.param("imap", greeted(*IMAP, b"* x\r\na OK go\r\n", web(context())), Verdict.KEPT, id="imap"),
        pytest.param("imap", greeted(*IMAP, b"a NO\r\n", web(context())), Verdict.BROKEN, id="imap in the clear"),
        pytest.param("pop3", greeted(*POP3, b"+OK go\r\n", web(context())), Verdict.KEPT, id="pop3"),
        pytest.param("pop3", greeted(*POP3, b"-ERR\r\n", web(context())), Verdict.BROKEN, id="pop3 in the clear"),
        pytest.param("pop3", greeted(*IMAP, b"+OK go\r\n", web(context())), Verdict.UNPROVEN, id="another protocol"),
        pytest.param("imap", lambda c: c.sendall(b"* OK" + b"x" * 9000), Verdict.UNPROVEN, id="an endless line"),
        pytest.param("imap", greeted(*IMAP, b"* x\r\n" * 200, web(context())), Verdict.UNPROVEN, id="endless lines"),
    ],
)
def test_mail_protocols_that_begin_in_the_clear_must_go_on_in_tls(speaks, talk, expected):
    found = met(talk, speaks)
    assert verdict(VERSIONS_SOUND, found, {})[0] is expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param({}, Verdict.KEPT, id="sound"),
        pytest.param({"version": V.TLSv1}, Verdict.BROKEN, id="old"),
        pytest.param({"tls": False}, Verdict.BROKEN, id="in the clear"),
        pytest.param({"greeting": "421 busy"}, Verdict.UNPROVEN, id="busy"),
    ],
)
def test_submission_must_go_on_in_sound_tls(rules, expected):
    with MailServer(**rules).running() as port:
        run = scene({"probes": {"tls_doors": [f"{HOST}:{port}/smtp"]}}, hosts={HOST: "127.0.0.1"})
        found = tls_doors.probe(run)
    assert verdict(VERSIONS_SOUND, found, {})[0] is expected


STORE = "hostingarchive.blob.core.windows.net"
NOT_PERMITTED = ("400 x", b"<Error><Code>TlsVersionNotPermitted</Code></Error>")


@pytest.mark.parametrize(
    ("answers", "refused", "expected"),
    [
        pytest.param({"TLSv1": NOT_PERMITTED, "TLSv1.1": NOT_PERMITTED}, ["TLSv1.1", "TLSv1"], Verdict.KEPT, id="both"),
        pytest.param({"TLSv1.1": NOT_PERMITTED}, ["TLSv1.1"], Verdict.BROKEN, id="one of two"),
        pytest.param({}, [], Verdict.BROKEN, id="neither"),
        pytest.param({"TLSv1": ("", b""), "TLSv1.1": NOT_PERMITTED}, ["TLSv1.1"], Verdict.UNPROVEN, id="no answer"),
    ],
)
def test_a_store_may_refuse_in_words_after_the_handshake(answers, refused, expected):
    side = context(V.TLSv1, V.TLSv1_3)
    with ExitStack() as held:
        port = held.enter_context(running(web(side, status="403 x", by_version=answers)))
        www = held.enter_context(running(web(context(), YEAR)))
        body = {"primaryEndpoints": {"blob": f"https://{STORE}:{port}/"}}
        run = scene(
            {"probes": {"tls_doors": [f"{HOST}:{www}/https"]}},
            hosts={HOST: "127.0.0.1", STORE: "127.0.0.1"},
            estate=[resource(STORAGE_ACCOUNT, "hostingarchive", body, now=NOW)],
        )
        found = tls_doors.probe(run)
        assert [contact.host for contact in tls_doors.contacts(run)] == [HOST, STORE]
    [store] = [one for one in found.resources if one.body["speaks"] == "storage"]
    assert store.body["refusedAfterHandshake"] == refused
    assert verdict(VERSIONS_SOUND, found, {})[0] is expected


@pytest.mark.parametrize(
    ("floor", "names", "hidden", "expected"),
    [
        pytest.param("1.2", [HOST], (), Verdict.KEPT, id="as declared"),
        pytest.param("1.3", [HOST.upper()], (), Verdict.BROKEN, id="lower than declared"),
        pytest.param("1.4", [HOST], (), Verdict.UNPROVEN, id="a version that nobody knows"),
        pytest.param(None, [HOST], (), Verdict.UNPROVEN, id="nothing declared"),
        pytest.param("1.2", [], (), Verdict.UNPROVEN, id="declared for nobody that was met"),
        pytest.param("1.2", None, (), Verdict.UNPROVEN, id="whose it is was not seen"),
        pytest.param("1.2", [HOST], (Gap("denied", (WEB_APP.arm,)),), Verdict.UNPROVEN, id="maybe hidden"),
    ],
)
def test_a_door_is_held_to_what_the_estate_declares_for_it(floor, names, hidden, expected):
    site = resource(WEB_APP, "www", {"hostNames": names, "siteConfig": {"minTlsVersion": floor}}, now=NOW)
    found = met(web(context(), YEAR), estate=[site], hidden=hidden)
    assert verdict("probes-tls-as-declared", found, {})[0] is expected


def test_without_an_estate_nobody_knows_what_is_declared():
    found = met(web(context(), YEAR))
    assert verdict("probes-tls-as-declared", found, {})[0] is Verdict.UNPROVEN


@pytest.mark.parametrize(
    "names", [[HOST], ["*.hosting.example"], ["*.example"], ["*.www.hosting.example"], ["WWW.Hosting.Example"]]
)
@pytest.mark.parametrize("host", [HOST, "hosting.example", "a.www.hosting.example", "192.0.2.1"])
def test_whose_a_certificate_is_agrees_with_openssl(names, host):
    issued = AUTHORITY.issue_cert(*names, "192.0.2.1")
    leaf = load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    assert names_host(leaf, host) is _openssl_agrees(issued, host)


def _openssl_agrees(issued, host):
    """Shake hands in memory, and return whether OpenSSL takes the certificate for the host's."""
    side, client = context(certificate=issued), ssl.create_default_context()
    AUTHORITY.configure_trust(client)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(back, there, server_hostname=host)
    answers = side.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for one in (asks, answers):
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True


@pytest.mark.parametrize("text", ["www", "www:0", "www:65536", "www:443/ldap", "www..example:443", f"{'w' * 64}.x:1"])
def test_a_door_that_is_written_as_none_is_not_knocked_at(text):
    with pytest.raises(Unseen, match="is no door"):
        tls_doors.contacts(scene({"probes": {"tls_doors": [text]}}))
