"""Domains are asked about at every server: each planted fault is found, none on the good twin; silence is no pass."""

import base64
import time
from contextlib import ExitStack, contextmanager

import dns.dnssec
import dns.name
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.model import Plane, Resource, Verdict
from audit.sources.probes import domains
from audit.sources.probes.names import Names, Server
from audit.sources.probes.reach import Contact, Unreached
from tests.probes.name_server import NameServer
from tests.probes.scenes import NOW, scene, verdict
from tests.probes.tls_server import AUTHORITY, authorities, context, running

NAME = "hosting.example"
SITE = f"mta-sts.{NAME}"


def public(key):
    content = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(content).decode()


def split(text):
    """Write a text as the strings of at most 255 characters that DNS holds."""
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))


LONG = public(rsa.generate_private_key(65537, 2048))
SHORT = public(rsa.generate_private_key(65537, 1024))  # noqa: S505  # the fault to be found
EDWARDS = base64.b64encode(ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
KEY = dns.dnssec.make_dnskey(ec.generate_private_key(ec.SECP256R1()).public_key(), 13, 257)
OTHER = dns.dnssec.make_dnskey(ec.generate_private_key(ec.SECP256R1()).public_key(), 13, 257)
SPF = 'TXT "v=spf1 include:spf.filter.example -all"'
DMARC = f'TXT "v=DMARC1; p=reject; sp=reject; rua=mailto:reports@{NAME}"'
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.filter.example\r\nmax_age: 604800\r\n"
TARGETS = {
    "dns": {
        "partner_mx_suffixes": ["filter.example"],
        "partner_spf": ["spf.filter.example"],
        "certificate_issuers": ["ca.example"],
    },
    "probes": {"domains": [NAME], "dkim_selectors": ["one", "two"], "hours": 192, "addresses": ["192.0.2.9"]},
}


def parent(key):
    return f"DS {dns.dnssec.make_ds(dns.name.from_text(NAME), key, 'SHA256').to_text()}"


GOOD = {
    "soa": "@ SOA ns1 admin 1 1 1 1 1",
    "ns": "@ NS ns1",
    "ns1": "ns1 A 127.0.0.1",
    "policy host": "mta-sts A 127.0.0.1",
    "mx": "@ MX 10 mx.filter.example.",
    "spf": f"@ {SPF}",
    "proof": '@ TXT "verification=1"',
    "dmarc": f"_dmarc {DMARC}",
    "one": f"one._domainkey TXT {split(f'v=DKIM1; k=rsa; p={LONG}')}",
    "two": f"two._domainkey TXT {split(f'v=DKIM1; k=ed25519; p={EDWARDS}')}",
    "mta-sts": '_mta-sts TXT "v=STSv1; id=20261005;"',
    "tls": f'_smtp._tls TXT "v=TLSRPTv1; rua=mailto:reports@{NAME}"',
    "caa": '@ CAA 0 issue "ca.example"',
    "key": f"@ DNSKEY {KEY.to_text()}",
    "ds": f"@ {parent(KEY)}",
}
BEHIND = '@ SOA ns admin 1 1 1 1 1\nspf TXT "v=spf1 ip4:192.0.2.0/24 ?all"\n'


def zones(*, behind=BEHIND, above="", **changed):
    """Return the good twin with some of its lines changed; None leaves one out."""
    lines = {**GOOD, **{name.replace("_", " "): line for name, line in changed.items()}}
    text = "$TTL 300\n" + "\n".join(filter(None, lines.values())) + "\n"
    return {
        f"{NAME}.": text,
        "filter.example.": f"$TTL 300\n{behind}",
        "example.": f"$TTL 300\n@ SOA ns admin 1 1 1 1 1\n{above}",
    }


def page(body=POLICY, *, status="200 OK", fields="Content-Type: text/plain\r\n", certificate=None):
    """Return what serves a policy over TLS."""
    side = context(certificate=certificate or AUTHORITY.issue_cert(SITE))
    sized = "" if body is None else f"Content-Length: {len(body)}\r\n"

    def talk(connection):
        with side.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(f"HTTP/1.1 {status}\r\n{fields}{sized}\r\n{body or ''}".encode())
            while body is None:
                secure.sendall(b"x" * 4096)

    return talk


def drip(connection):
    """Begin a policy, and send a byte of it now and then."""
    with context(certificate=AUTHORITY.issue_cert(SITE)).wrap_socket(connection, server_side=True) as secure:
        secure.recv(4096)
        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            secure.sendall(b"x")
            time.sleep(0.05)


@contextmanager
def met(found=None, *, policy=None, more=(), authentic=True, seconds=1.0, **named):
    """Yield a scene whose resolver is the zone's own server, too; `more` are further resolvers."""
    with ExitStack() as held:
        server = held.enter_context(NameServer(found or zones(), authentic=authentic).running())
        port = held.enter_context(running(policy or page()))
        others = [held.enter_context(one.running()) if isinstance(one, NameServer) else one for one in more]
        targets = {**TARGETS, "probes": TARGETS["probes"]}
        yield scene(
            targets,
            resolvers=[server, *others],
            name_port=server.port,
            policy_port=port,
            seconds=seconds,
            **{"authorities": authorities(), **named},
        )


def looked(found=None, **more):
    with met(found, **more) as run:
        return domains.probe(run)


def body(found):
    [one] = found.resources
    return one.body


CONTROLS = {
    "goes": "probes-mail-goes-to-the-filter",
    "sent": "probes-mail-sent-by-partner-only",
    "signed": "probes-mail-signed",
    "forged": "probes-mail-forgeries-refused",
    "bound": "probes-mail-senders-bound-to-tls",
    "told": "probes-mail-tls-failures-told",
    "issuers": "probes-domain-issuers-restricted",
    "checked": "probes-domain-answers-signed",
    "agree": "probes-domain-answers-agree",
}


def judged(found):
    """Return what each control says."""
    return {short: verdict(control, found, TARGETS)[0] for short, control in CONTROLS.items()}


def test_the_good_twin_has_no_fault():
    found = looked()
    assert (body(found)["notSeen"], found.gaps) == ({}, ())
    assert set(judged(found).values()) == {Verdict.KEPT}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            {"mx": "@ MX 10 mx.filter.example.\n@ MX 20 mail"}, {"goes", "bound"}, id="a way round the filter"
        ),
        pytest.param({"mx": None}, {"goes"}, id="no mail exchanger"),
        pytest.param({"spf": '@ TXT "v=spf1 include:spf.filter.example ~all"'}, {"sent"}, id="SPF without teeth"),
        pytest.param({"spf": '@ TXT "v=spf1 ip4:192.0.2.1 -all"'}, {"sent"}, id="SPF lets another send"),
        pytest.param({"spf": f'@ {SPF}\n@ TXT "v=spf1 -all"'}, {"sent"}, id="two SPF records"),
        pytest.param({"spf": None}, {"sent"}, id="no SPF record"),
        pytest.param({"behind": '@ SOA a b 1 1 1 1 1\nspf TXT "v=spf1 +all"\n'}, {"sent"}, id="all behind the include"),
        pytest.param(
            {"behind": '@ SOA a b 1 1 1 1 1\nspf TXT "v=spf1 a:mx.filter.example/0 -all"\n'},
            {"sent"},
            id="all around a host",
        ),
        pytest.param({"behind": '@ SOA a b 1 1 1 1 1\nspf TXT "x"\n'}, {"sent"}, id="nothing behind the include"),
        pytest.param({"one": f"one._domainkey TXT {split(f'p={SHORT}')}"}, {"signed"}, id="a short key"),
        pytest.param({"one": "one._domainkey TXT p=nonsense"}, {"signed"}, id="a key that is none"),
        pytest.param({"one": None}, {"signed"}, id="a selector without a key"),
        pytest.param(
            {"one": 'one._domainkey TXT "p="', "two": 'two._domainkey TXT "p="'}, {"signed"}, id="all keys revoked"
        ),
        pytest.param({"two": f"two._domainkey TXT {split(f't=s:y; p={LONG}')}"}, {"signed"}, id="a key being tested"),
        pytest.param({"dmarc": '_dmarc TXT "v=DMARC1; p=none; rua=mailto:a@hosting.example"'}, {"forged"}, id="p=none"),
        pytest.param({"dmarc": f"_dmarc {DMARC[:-1]}; pct=20" + '"'}, {"forged"}, id="a fifth of mail"),
        pytest.param({"dmarc": f"_dmarc {DMARC[:-1]},mailto:a@b.example" + '"'}, {"forged"}, id="reports to others"),
        pytest.param({"dmarc": f'_dmarc {DMARC}\n_dmarc TXT "v=DMARC1; p=none"'}, {"forged"}, id="two policies"),
        pytest.param({"dmarc": None}, {"forged"}, id="no policy"),
        pytest.param({"mta-sts": None}, {"bound"}, id="no policy announced"),
        pytest.param({"mta-sts": '_mta-sts TXT "v=STSv1; id=not-plain"'}, {"bound"}, id="announced without an id"),
        pytest.param({"tls": None}, {"told"}, id="nobody is told"),
        pytest.param({"tls": '_smtp._tls TXT "v=TLSRPTv1; rua=ftp://a"'}, {"told"}, id="told where nobody can send"),
        pytest.param({"caa": '@ CAA 0 issue "other.example"'}, {"issuers"}, id="a strange authority"),
        pytest.param({"caa": None}, {"issuers"}, id="any authority"),
        pytest.param({"caa": None, "above": '@ CAA 0 issue "other.example"'}, {"issuers"}, id="by the name above"),
        pytest.param({"key": None, "ds": None}, {"checked"}, id="not signed"),
        pytest.param({"ds": None}, {"checked"}, id="signed for nobody"),
        pytest.param({"ds": f"@ {parent(OTHER)}"}, {"checked"}, id="the parent speaks of another key"),
    ],
)
def test_a_planted_fault_is_broken_and_nothing_else(changed, expected):
    rulings = judged(looked(zones(**changed)))
    assert {short for short, ruling in rulings.items() if ruling is Verdict.BROKEN} >= expected
    assert {short for short, ruling in rulings.items() if ruling is not Verdict.KEPT} <= expected | {"bound"}


def test_the_name_above_speaks_for_a_domain_that_says_nothing():
    found = looked(zones(caa=None, above='@ CAA 0 issue "ca.example"'))
    assert body(found)["caa"] == {"at": "example", "records": [{"tag": "issue", "value": "ca.example"}]}
    assert judged(found)["issuers"] is Verdict.KEPT


@pytest.mark.parametrize(
    ("record", "behind", "lookups", "void"),
    [
        pytest.param("v=spf1 include:spf.filter.example -all", "spf TXT v=spf1", 1, 0, id="one"),
        pytest.param("v=spf1 a mx ptr -all", "spf TXT x", 3, 1, id="those of the domain itself"),
        pytest.param("v=spf1 redirect=spf.filter.example", 'spf TXT "v=spf1 a:x.example -all"', 2, 1, id="a redirect"),
        pytest.param("v=spf1 -all redirect=spf.filter.example", "spf TXT x", 0, 0, id="a redirect behind all"),
        pytest.param(
            "v=spf1 include:spf.filter.example -all",
            'spf TXT "v=spf1 include:spf.filter.example -all"',
            31,
            0,
            id="a circle",
        ),
        pytest.param(
            "v=spf1 include:spf.filter.example -all",
            'spf TXT "v=spf1 ' + " ".join(f"exists:x{one}.a.example" for one in range(10)) + ' -all"',
            11,
            10,
            id="one too many behind an include",
        ),
    ],
)
def test_look_ups_are_counted_through_includes(record, behind, lookups, void):
    found = looked(zones(spf=f'@ TXT "{record}"', behind=f"@ SOA a b 1 1 1 1 1\n{behind}\n"))
    assert (body(found)["spf"]["lookups"], body(found)["spf"]["voidLookups"]) == (lookups, void)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(page(POLICY.replace("enforce", "testing")), Verdict.BROKEN, id="only testing"),
        pytest.param(page(POLICY.replace("mx.filter", "mx.old")), Verdict.BROKEN, id="another exchanger"),
        pytest.param(page(POLICY.replace("mx.filter", "*.filter")), Verdict.KEPT, id="an asterisk"),
        pytest.param(page(POLICY.replace("max_age", "age")), Verdict.BROKEN, id="no age"),
        pytest.param(page(POLICY.replace("STSv1", "STSv2")), Verdict.BROKEN, id="another version"),
        pytest.param(page(status="404 Not Found"), Verdict.BROKEN, id="no page"),
        pytest.param(page(status="301 x", fields="Location: https://x.example/\r\n"), Verdict.BROKEN, id="a redirect"),
        pytest.param(page(fields="Content-Type: text/html\r\n"), Verdict.BROKEN, id="not plain text"),
        pytest.param(page(POLICY + "x: y\r\n" * 20_000), Verdict.BROKEN, id="longer than 64 KB"),
        pytest.param(page(None), Verdict.BROKEN, id="without an end"),
        pytest.param(page(certificate=AUTHORITY.issue_cert("x.example")), Verdict.BROKEN, id="another's certificate"),
        pytest.param(page(certificate=trustme.CA().issue_cert(SITE)), Verdict.BROKEN, id="a strange authority"),
        pytest.param(drip, Verdict.UNPROVEN, id="a byte now and then"),
        pytest.param(page(status="503 busy"), Verdict.UNPROVEN, id="a server at fault"),
        pytest.param(lambda connection: connection.close(), Verdict.UNPROVEN, id="hangs up"),
        pytest.param(lambda connection: connection.recv(1) and connection.recv(9999), Verdict.UNPROVEN, id="no TLS"),
    ],
)
def test_the_policy_is_what_a_sender_would_fetch(policy, expected):
    assert judged(looked(policy=policy))["bound"] is expected


def test_a_policy_behind_a_certificate_that_only_this_machine_trusts_is_unseen():
    """As behind a company's proxy: one of its addresses is not of this machine, so strangers' lists count alone."""
    found = looked(zones(policy_host="mta-sts A 127.0.0.1\nmta-sts A 192.0.2.9"))
    assert judged(found)["bound"] is Verdict.UNPROVEN
    assert "only the machine that looked trusts" in str(body(found)["notSeen"])


def test_servers_that_disagree_are_found_and_nothing_rests_on_either():
    other = NameServer(zones(mx="@ MX 10 mx.stranger.example.", dmarc='_dmarc TXT "v=DMARC1; p=none"'))
    found = looked(more=[other])
    rulings = judged(found)
    assert [one["name"] for one in body(found)["differences"]] == [f"_dmarc.{NAME}", NAME]
    assert (rulings["agree"], rulings["goes"], rulings["forged"]) == (Verdict.BROKEN, Verdict.BROKEN, Verdict.UNPROVEN)


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(Server("127.0.0.1", 1), id="nobody there"),
        pytest.param(NameServer({}), id="refuses"),
        pytest.param(NameServer({}, answer=lambda wire: b"\0" * 12), id="sends nonsense"),
    ],
)
def test_with_one_resolver_that_does_not_answer_nothing_is_proved(silent):
    found = looked(more=[silent])
    assert set(judged(found).values()) == {Verdict.UNPROVEN}
    assert "name server 127.0.0.1" in found.gaps[0].reason if found.gaps else body(found)["notSeen"]["mx"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"ns1": "ns1 A 10.0.0.1"}, id="leads into a private network"),
        pytest.param({"ns1": "ns1 A 127.0.0.9"}, id="does not answer"),
        pytest.param({"ns1": None}, id="has no address"),
    ],
)
def test_a_zone_whose_own_servers_cannot_be_asked_is_not_said_to_agree(changed):
    rulings = judged(looked(zones(**changed)))
    assert (rulings["agree"], rulings["goes"]) == (Verdict.UNPROVEN, Verdict.KEPT)


def test_where_no_server_of_the_zone_is_named_nothing_is_known_of_it():
    """A network that lets nobody out says of every name that it does not exist."""
    found = looked(zones(ns=None))
    assert set(judged(found).values()) == {Verdict.UNPROVEN}
    assert "or this network knows no names" in found.gaps[0].reason


def test_nobody_validates_so_nobody_knows_whether_signatures_hold():
    assert judged(looked(authentic=False))["checked"] is Verdict.UNPROVEN


ZONE = "/subscriptions/s/resourcegroups/g/providers/microsoft.network/dnszones/hosting.example"


def declared(kind, at, **facts):
    """Return a record set of the estate as Azure lists it."""
    whole = f"Microsoft.Network/dnszones/{kind}"
    identity = f"{ZONE}/{kind}/{at}".lower()
    held = {"type": whole, "name": at, **facts}
    return Resource(type=RECORD_SET.arm, id=identity, name=at, plane=Plane.LIVE, seen_at=NOW, body=held)


def test_every_declared_record_is_asked_for():
    zone = Resource(type=DNS_ZONE.arm, id=ZONE, name=NAME, plane=Plane.LIVE, seen_at=NOW, body={})
    www = declared("CNAME", "www", CNAMERecord={"cname": "x.example"})
    found = looked(zones(tls="www CNAME x.example."), estate=(zone, www))
    answers = {(one["name"], one["type"]): one["records"] for one in body(found)["answers"]}
    assert answers[(f"www.{NAME}", "CNAME")] == ["x.example"]
    assert answers[(NAME, "TXT")] == ["v=spf1 include:spf.filter.example -all", "verification=1"]


def test_the_plan_names_everybody_before_anybody_is_asked():
    run = scene(TARGETS)
    assert {(one.host, one.port) for one in domains.contacts(run)} == {("127.0.0.1", 1), (NAME, 53), (SITE, 443)}
    assert all(isinstance(one, Contact) for one in domains.contacts(run))


def test_a_name_server_that_never_answers_is_not_asked_for_ever():
    asked = []
    silent = NameServer({}, answer=asked.append)
    with silent.running() as server:
        names = Names((server,), seconds=0.05)
        for number in range(9):
            with pytest.raises(Unreached, match="gave no answer"):
                names.ask(f"{number}.hosting.example", "A", server)
    assert len(asked) == 3
