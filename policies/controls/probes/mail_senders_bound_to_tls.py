"""Whoever sends us mail is bound to TLS, and to the mail exchangers that we name.

Catalogue: DNS-04.

## Why we promise this
STARTTLS alone can be stripped on the way; a sender who fetched our policy over HTTPS rather keeps the mail.

## How to keep it
Publish one text at `_mta-sts`, `v=STSv1; id=…`, and serve `https://mta-sts.<domain>/.well-known/mta-sts.txt` as plain
text with a trusted certificate and without a redirect: `mode: enforce`, and `mx` lines that name the MX records of the
domain, all of them and nobody else (RFC 8461). Change the `id` with each change of the policy.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept, not_applicable

ON = DOMAIN
SEVERITY = Severity.MEDIUM

SHORTEST = 86_400
"""Our choice, in seconds: RFC 8461, 3.2 asks for weeks, and with less than a day a sender may meet no policy at all."""


def judge(domain: Resource) -> Ruling:
    exchangers = set(domain.texts("mx"))
    if exchangers == {""}:
        return not_applicable("the domain takes no mail")
    records = domain.read("transportPolicy.records", int)
    if records != 1:
        return broken(f"{records} policies are announced, promised one")
    if domain.look("transportPolicy.policy") is None and domain.look("transportPolicy.id") is None:
        return broken("the announcement has no id, so senders ignore it")
    fault = domain.read("transportPolicy.policy.fault", str, absent="")  # our own word, left out where there is none
    return broken(f"senders ignore the policy: {fault}") if fault else enforced(domain, exchangers)


def enforced(domain: Resource, exchangers: set[str]) -> Ruling:
    """Rule on a policy that senders can read."""
    mode, age = domain.read("transportPolicy.policy.mode", str), domain.read("transportPolicy.policy.maxAge", int)
    patterns = domain.texts("transportPolicy.policy.mx")
    if mode != "enforce":
        return broken(f"the policy's mode is {mode}, promised enforce")
    if strays := sorted(name for name in exchangers if not any(fits(name, pattern) for pattern in patterns)):
        return broken(f"the policy leaves out {', '.join(strays)}, so mail for it is kept back")
    if idle := [pattern for pattern in patterns if not any(fits(name, pattern) for name in exchangers)]:
        return broken(f"the policy names {', '.join(idle)}, which takes no mail of ours")
    if age < SHORTEST:
        return broken(f"the policy is kept for {age} s, promised {SHORTEST} or more")
    return kept(f"senders are bound to TLS for {age} s, to {', '.join(patterns)}")


def fits(name: str, pattern: str) -> bool:
    """Tell whether a host is one that a policy names; an asterisk stands for one label (RFC 8461, 4.1)."""
    return name == pattern or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])


def _policy(*mx: str, **facts: object) -> dict[str, object]:
    policy = {"mode": "enforce", "mx": list(mx or ["mx.filter.example"]), "maxAge": 604_800, **facts}
    return {"mx": ["mx.filter.example"], "transportPolicy": {"records": 1, "id": "1", "policy": policy}}


_FAULT = {"records": 1, "id": "1", "policy": {"fault": "it has no mode"}}

EXAMPLES = (
    Example(Verdict.KEPT, _policy()),
    Example(Verdict.KEPT, _policy("*.filter.example")),
    Example(Verdict.BROKEN, {"mx": ["mx.filter.example"], "transportPolicy": {"records": 0}}),
    Example(Verdict.BROKEN, {"mx": ["mx.filter.example"], "transportPolicy": {"records": 1}}, note="without an id"),
    Example(Verdict.BROKEN, {"mx": ["mx.filter.example"], "transportPolicy": _FAULT}),
    Example(Verdict.BROKEN, _policy(mode="testing")),
    Example(Verdict.BROKEN, _policy("other.example")),
    Example(Verdict.BROKEN, _policy("*.example"), note="an asterisk stands for one label"),
    Example(Verdict.BROKEN, _policy("mx.filter.example", "mx.old.example"), note="one that is no exchanger"),
    Example(Verdict.BROKEN, _policy(maxAge=60)),
    Example(Verdict.NOT_APPLICABLE, {"mx": [""]}),
    Example(Verdict.UNPROVEN, {"mx": ["mx.filter.example"]}, note="its server was not reached"),
    Example(Verdict.UNPROVEN, _policy(mode=None)),
    Example(Verdict.UNPROVEN, {"transportPolicy": {"records": 1}}, note="no answer on mail exchangers"),
)
