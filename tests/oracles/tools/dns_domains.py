"""Has our domain probe look at a domain that Knot serves and signs, through a BIND that validates: sound, and faulty.

`python dns_domains.py`; it ends with 1 where a planted fault was not found, or anything else was.
"""

import sys

from audit.model import Verdict
from audit.sources.probes import domains
from audit.sources.probes.names import Server
from tests.oracles.tools.name_servers import HEAD, demand, knot, validating
from tests.probes.scenes import scene, verdict
from tests.probes.test_domains import BEHIND, CONTROLS, DMARC, GOOD, LONG, NAME, SHORT, TARGETS, page, split
from tests.probes.tls_server import authorities, running

KEYS = ("key", "ds")
"""Of the good twin's lines those that Knot makes itself."""
ABOVE = f"{HEAD}hosting NS ns1.hosting\nns1.hosting A 127.0.0.1\nfilter NS ns.filter\nns.filter A 127.0.0.1\n"
FAULTS = {
    "a way round the filter": ({"mx": "@ MX 10 mx.filter.example.\n@ MX 20 mail"}, {"goes", "bound"}),
    "SPF without teeth": ({"spf": '@ TXT "v=spf1 include:spf.filter.example ~all"'}, {"sent"}),
    "a short key of DKIM": ({"one": f"one._domainkey TXT {split(f'p={SHORT}')}"}, {"signed"}),
    "a key of DKIM being tested": ({"two": f"two._domainkey TXT {split(f't=s:y; p={LONG}')}"}, {"signed"}),
    "DMARC that asks for nothing": ({"dmarc": f"_dmarc {DMARC.replace('p=reject', 'p=none')}"}, {"forged"}),
    "no policy for senders": ({"mta-sts": None}, {"bound"}),
    "nobody is told of failures": ({"tls": None}, {"told"}),
    "a strange authority in CAA": ({"caa": '@ CAA 0 issue "other.example"'}, {"issuers"}),
    "no CAA": ({"caa": None}, {"issuers"}),
}
"""Title → what is changed in the zone, and the controls that must be broken."""
SIGNING = {
    "the zone above has no DS": (lambda record: "", {"checked"}),
    "the zone above has another DS": (lambda record: f"hosting DS {record[:-4]}0000\n", set()),
}


def delegated(record: str) -> str:
    """Return the DS record of the domain in the zone above."""
    return f"hosting DS {record}\n"


def rulings(lines=None, delegating=delegated):
    """Serve a zone with some of its lines changed, and return what each control says of it."""
    text = "\n".join(line for name, line in {**GOOD, **(lines or {})}.items() if line and name not in KEYS)
    filters = BEHIND.removeprefix("@ SOA ns admin 1 1 1 1 1\n")
    texts = {NAME: f"$TTL 300\n{text}\n", "filter.example": HEAD + filters, "example": ABOVE}
    signed = {NAME: delegating, "example": lambda record: ""}
    with (
        knot(texts, signed=signed) as (port, key),
        validating(port, "example", key) as resolver,
        running(page()) as web,
    ):
        run = scene(TARGETS, resolvers=[Server("127.0.0.1", resolver)], name_port=port, policy_port=web,
                    authorities=authorities(), seconds=5.0)  # fmt: skip
        found = domains.probe(run)
    return {short: verdict(control, found, TARGETS)[0] for short, control in CONTROLS.items()}


def main() -> int:
    """Look at every twin, and print a line for each."""
    demand("knotd", "keymgr", "named")
    cases = {"sound": ((None, delegated), set())}
    cases |= {title: ((lines, delegated), wrong) for title, (lines, wrong) in FAULTS.items()}
    cases |= {title: ((None, delegating), wrong) for title, (delegating, wrong) in SIGNING.items()}
    failed = 0
    for title, (words, expected) in cases.items():
        found = rulings(*words)
        broken = {short for short, ruling in found.items() if ruling is Verdict.BROKEN}
        others = {short for short, ruling in found.items() if ruling is not Verdict.KEPT} - broken
        # What cannot be checked is answered with a failure, and so proves nothing.
        sound = broken == expected and (bool(others) if title.endswith("another DS") else not others)
        failed += not sound
        unproven = f", unproven {', '.join(sorted(others))}" if others else ""
        print(
            f"{'as it must be' if sound else 'WRONG'}: {title}: broken {', '.join(sorted(broken)) or 'none'}{unproven}"
        )
    print(f"{len(cases) - failed} of {len(cases)} as they must be")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
