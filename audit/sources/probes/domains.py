"""Asks the world's resolvers and the zone's own servers what is published about our domains.

What stands in the body of a `dns.Domain`, each only where every question that it needs was answered, and `notSeen`
with the reason where not:

- `domain`; `resolvers` and `ownServers`, the addresses of those who were asked
- `mx`: the mail exchangers that any resolver names, the empty name for "takes no mail" (RFC 7505)
- `spf`: as `spf.policy` returns it; `dkim`, `dmarc`, `tlsReports`: as `mail_policy` does
- `transportPolicy`: `records` and `id` of MTA-STS, and as `policy` what `transport_policy.fetched` returns
- `caa`: `at`, the name that speaks for the domain (RFC 8659, 3), and its `records` with `tag` and `value`
- `signed`: `parent` counts the DS records, `keys` the DNSKEY, `matching` the keys that a DS speaks of, and
  `validatedBy` lists the resolvers that say they checked the answer
- `differences`: the questions to which not all servers give the same answer, with the answers
- `answers`: `name`, `type` and `records` of each question that the domain's declared zone can be compared with
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from audit.kinds.dns import DNS_ZONE, RECORD_SET
from audit.kinds.probes import DOMAIN
from audit.model import Gap, Resource, Unseen
from audit.sources.looking import Found, resource
from audit.sources.probes import spf
from audit.sources.probes.mail_policy import dmarc, signing_key, sts_id, tls_reports
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene
from audit.sources.probes.transport_policy import fetched
from audit.sources.probes.zone_answers import ZoneAnswers

KINDS = (DOMAIN,)

_CAA = re.compile(r'(\d+) (\S+) "(.*)"')
_APEX = (
    ("", "NS"),
    ("", "MX"),
    ("", "TXT"),
    ("", "CAA"),
    ("_dmarc", "TXT"),
    ("_mta-sts", "TXT"),
    ("_smtp._tls", "TXT"),
)
_COMPARED = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT")


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say whom it asks; raises `Unseen` where no domain is named."""
    domains = _domains(scene)
    resolvers = [
        Contact(one.address, one.port, "the resolver is asked about our domains") for one in scene.names.resolvers
    ]
    return (
        *resolvers,
        *(Contact(domain, scene.name_port, "the zone's own servers are asked about it") for domain in domains),
        *(Contact(f"mta-sts.{domain}", scene.policy_port, "the mail policy is fetched") for domain in domains),
    )


def probe(scene: Scene) -> Found:
    """Ask about each domain; raises `Unseen` as `contacts` does."""
    found = [_met(scene, domain) for domain in _domains(scene)]
    return Found(
        tuple(one for one in found if isinstance(one, Resource)),
        tuple(one for one in found if isinstance(one, Gap)),
    )


def _met(scene: Scene, domain: str) -> Resource | Gap:
    """Return what is published about a domain, or why nothing could be read."""
    answers = ZoneAnswers(scene, domain)
    with suppress(Unreached):
        if not answers.anywhere(domain, "NS"):
            # A network that lets nobody out says the same of every name, and what is missing then is nobody's fault.
            return Gap(
                f"{domain}: no resolver names a name server of it, or this network knows no names", (DOMAIN.arm,)
            )
    questions = _questions(scene, domain)
    looks: dict[str, Callable[[], Any]] = {
        "ownServers": lambda: [str(one) for one in answers.find_own()],
        "mx": partial(_exchangers, answers),
        "spf": lambda: spf.policy(domain, answers.values),
        "dkim": partial(_keys, scene, answers),
        "dmarc": lambda: dmarc(answers.values(f"_dmarc.{domain}", "TXT")),
        "transportPolicy": partial(_transport, scene, answers),
        "tlsReports": lambda: tls_reports(answers.values(f"_smtp._tls.{domain}", "TXT")),
        "caa": partial(_authorities, answers),
        "signed": partial(_signed, answers),
        "differences": lambda: list(answers.differences(questions)),
        "answers": partial(_answers, answers, questions),
    }
    seen: dict[str, Any] = {}
    unseen: dict[str, str] = {}
    for name, look in looks.items():
        try:
            seen[name] = look()
        except (Unreached, Unseen) as error:
            unseen[name] = str(error)
    if not seen:
        return Gap(f"{domain}: {unseen['mx']}", (DOMAIN.arm,))
    resolvers = [str(one) for one in answers.resolvers]
    return resource(
        DOMAIN, domain, {"domain": domain, "resolvers": resolvers, **seen, "notSeen": unseen}, now=scene.now
    )


def _domains(scene: Scene) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.lower().rstrip(".") for name in scene.targets.names("probes.domains")))


def _questions(scene: Scene, domain: str) -> tuple[tuple[str, str], ...]:
    """Return what the servers are compared on: what matters for mail, and all that the estate declares of the zone."""
    asked = {(f"{label}.{domain}" if label else domain, kind) for label, kind in _APEX}
    zones = {one.id for one in scene.estate if one.type == DNS_ZONE.arm and one.name.lower().rstrip(".") == domain}
    for one in scene.estate:
        kind = str(one.body.get("type") or one.type).rpartition("/")[2].upper()
        mine = one.type == RECORD_SET.arm and any(one.id.startswith(f"{zone}/") for zone in zones)
        if mine and kind in _COMPARED:
            label = str(one.body.get("name") or one.name).lower()
            asked.add((domain if label == "@" else f"{label}.{domain}", kind))
    return tuple(sorted(asked))


def _exchangers(answers: ZoneAnswers) -> list[str]:
    return sorted({record.partition(" ")[2] for record in answers.anywhere(answers.domain, "MX")})


def _keys(scene: Scene, answers: ZoneAnswers) -> list[dict[str, Any]]:
    """Return the key of each selector; raises `Unseen` where none is named."""
    return [
        signing_key(selector, answers.values(f"{selector}._domainkey.{answers.domain}", "TXT"))
        for selector in scene.targets.names("probes.dkim_selectors")
    ]


def _transport(scene: Scene, answers: ZoneAnswers) -> dict[str, Any]:
    """Return what binds senders to TLS; the policy is only fetched where the domain says that it has one."""
    found = sts_id(answers.values(f"_mta-sts.{answers.domain}", "TXT"))
    return found | ({"policy": fetched(scene, answers.domain)} if "id" in found else {})


def _authorities(answers: ZoneAnswers) -> dict[str, Any]:
    """Return the authorities named at the domain or, where it names none, at the nearest name above that does."""
    labels = answers.domain.split(".")
    for start in range(len(labels)):
        at = ".".join(labels[start:])
        records = [_CAA.fullmatch(record) for record in answers.values(at, "CAA")]
        if not all(records):
            raise Unseen(f"a CAA record of {at} cannot be read")
        if records:
            return {"at": at, "records": [{"tag": one[2].lower(), "value": one[3]} for one in records if one]}
    return {"at": "", "records": []}


def _signed(answers: ZoneAnswers) -> dict[str, Any]:
    """Return what signs a domain, and who checked it."""
    parent, keys = (answers.values(answers.domain, kind) for kind in ("DS", "DNSKEY"))
    return {
        "parent": len(parent),
        "keys": len(keys),
        "matching": sum(_spoken_of(answers.domain, key, parent) for key in keys),
        "validatedBy": list(answers.validating(answers.domain, "SOA")),
    }


def _spoken_of(domain: str, key: str, parent: tuple[str, ...]) -> bool:
    """Tell whether a DS record of the parent speaks of a key: RFC 4034, 5."""
    import dns.dnssec  # loads cryptography, which takes long
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    parsed = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, key)
    for record in parent:
        found: Any = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DS, record)
        try:
            made = dns.dnssec.make_ds(dns.name.from_text(domain), parsed, found.digest_type, validating=True)
        except (dns.exception.UnsupportedAlgorithm, dns.exception.DeniedByPolicy):
            continue
        if made == found:
            return True
    return False


def _answers(answers: ZoneAnswers, questions: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return [{"name": name, "type": kind, "records": list(answers.values(name, kind))} for name, kind in questions]
