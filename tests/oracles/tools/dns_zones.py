"""Holds what we read of zones that Knot serves against checkdmarc: `python dns_zones.py FOLDER` of its install."""

import json
import subprocess
import sys
from pathlib import Path

from audit.sources.probes import spf, transport_policy
from audit.sources.probes.mail_policy import dmarc
from audit.sources.probes.names import Server
from audit.sources.probes.zone_answers import ZoneAnswers
from tests.oracles.tools.name_servers import HEAD, demand, knot
from tests.probes.scenes import scene

PARTNER = 'spf TXT "v=spf1 ip4:192.0.2.0/24 ?all"\nnone TXT "x"\nself TXT "v=spf1 include:self.filter.example -all"\n'
PARTNER += 'deep TXT "v=spf1 ' + " ".join(f"include:l{one}.filter.example" for one in range(6)) + ' -all"\n'
PARTNER += "".join(f'l{one} TXT "v=spf1 include:spf.filter.example -all"\n' for one in range(6))
SPF = {
    "good": '@ TXT "v=spf1 include:spf.filter.example -all"',
    "soft": '@ TXT "v=spf1 include:spf.filter.example ~all"',
    "two": '@ TXT "v=spf1 -all"\n@ TXT "v=spf1 ~all"',
    "none": '@ TXT "x"',
    "nothing-behind": '@ TXT "v=spf1 include:none.filter.example -all"',
    "too-deep": '@ TXT "v=spf1 include:deep.filter.example -all"',
    "ten": '@ TXT "v=spf1 ' + " ".join(["a:ns.filter.example"] * 10) + ' -all"',
    "eleven": '@ TXT "v=spf1 ' + " ".join(["a:ns.filter.example"] * 11) + ' -all"',
    "void": '@ TXT "v=spf1 a:x.filter.example a:y.filter.example a:z.filter.example -all"',
    "no-network": '@ TXT "v=spf1 ip4:192.0.2.300 -all"',
    "no-term": '@ TXT "v=spf1 includes:spf.filter.example -all"',
    "redirect": '@ TXT "v=spf1 redirect=spf.filter.example"',
}
DMARC = {
    "good": "v=DMARC1; p=reject; rua=mailto:a@{0}",
    "none": "v=DMARC1; p=none; rua=mailto:a@{0}",
    "sub": "v=DMARC1; p=reject; sp=none; rua=mailto:a@{0}",
    "wrong-policy": "v=DMARC1; p=refuse; rua=mailto:a@{0}",
    "twice": 'v=DMARC1; p=none"\n_dmarc TXT "v=DMARC1; p=reject',
}
STS = {
    "good": "version: STSv1\nmode: enforce\nmx: mx.filter.example\nmax_age: 604800\n",
    "testing": "version: STSv1\nmode: testing\nmx: *.filter.example\nmax_age: 604800\n",
    "no-mode": "version: STSv1\nmx: mx.filter.example\nmax_age: 604800\n",
    "no-age": "version: STSv1\nmode: enforce\nmx: mx.filter.example\n",
    "old-age": "version: STSv1\nmode: enforce\nmx: mx.filter.example\nmax_age: 99999999\n",
    "version": "version: STSv2\nmode: enforce\nmx: mx.filter.example\nmax_age: 604800\n",
}
ASK = """
import json, sys, dns.resolver
from checkdmarc import dmarc, mta_sts, spf
port, cases = json.load(sys.stdin)
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], port
def sts(text):
    try:
        found = mta_sts.parse_mta_sts_policy(text)["policy"]
    except mta_sts.MTASTSError:
        return [False]
    return [True, found["mode"], sorted(found["mx"]), found["max_age"]]
def spf_of(name):
    found = spf.check_spf(name, resolver=resolver)
    return [True, found["dns_lookups"]] if found["valid"] else [False]
def dmarc_of(name):
    found = dmarc.check_dmarc(name, resolver=resolver)
    if not found["valid"]: return [False]
    return [True, found["tags"]["p"]["value"], found["tags"]["sp"]["value"]]
kinds = {"spf": spf_of, "dmarc": dmarc_of, "sts": sts}
print(json.dumps([kinds[kind](asked) for kind, asked in cases]))
"""


def main(install: Path) -> None:
    """Ask both about every zone; prints each answer, exits 1 where they differ and 2 where Knot is not there."""
    demand("knotd")
    cases = [("spf", f"{name}.spf.example") for name in SPF] + [("dmarc", f"{name}.dmarc.example") for name in DMARC]
    cases += [("sts", text) for text in STS.values()]
    with knot(zones()) as (port, _):
        words = [install / "bin" / "python", "-c", ASK]
        ran = subprocess.run(words, input=json.dumps([port, cases]), capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(ran.stderr)
        run = scene({"probes": {}}, resolvers=[Server("127.0.0.1", port)])
        ours = [READ[kind](run, asked) for kind, asked in cases]
    theirs = json.loads(ran.stdout)
    labels = [asked if kind != "sts" else f"policy {list(STS.values()).index(asked) + 1}" for kind, asked in cases]
    for label, mine, other in zip(labels, ours, theirs, strict=True):
        print(f"{'agree' if mine == other else 'DIFFER'}: {label}: ours {mine}, checkdmarc's {other}")
    print(f"{sum(map(list.__eq__, ours, theirs))} of {len(cases)} agree")
    sys.exit(ours != theirs)


def zones():
    """Return the text of each zone by its name."""
    found = {"filter.example": HEAD + PARTNER}
    found |= {f"{name}.spf.example": f"{HEAD}{text}\n" for name, text in SPF.items()}
    texts = {f"{name}.dmarc.example": text for name, text in DMARC.items()}
    return found | {name: f'{HEAD}_dmarc TXT "{text.format(name)}"\n' for name, text in texts.items()}


def our_spf(run, name):
    """Return whether a receiver goes by the record, and the look-ups."""
    found = spf.policy(name, ZoneAnswers(run, name).values)
    sound = found["records"] == 1 and not found["errors"] and found["lookups"] <= 10 and found["voidLookups"] <= 2
    return [True, found["lookups"]] if sound else [False]


def our_dmarc(run, name):
    """Return whether a receiver goes by the policy, and what it is."""
    found = dmarc(ZoneAnswers(run, name).values(f"_dmarc.{name}", "TXT"))
    return [True, found["p"], found["sp"]] if found["records"] == 1 and found["valid"] else [False]


def our_sts(_, text):
    """Return whether a sender goes by the policy, and what it is."""
    found = transport_policy.read(text.encode())
    return [False] if "fault" in found else [True, found["mode"], found["mx"], found["maxAge"]]


READ = {"spf": our_spf, "dmarc": our_dmarc, "sts": our_sts}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
