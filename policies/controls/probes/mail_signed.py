"""Our mail can be checked against published keys that nobody can forge.

Catalogue: DNS-03.

## Why we promise this
A key of 1024 bits is within reach of whoever wants to write in our name; a key that is not there signs nothing.

## How to keep it
Publish the key of every selector of the target `probes.dkim_selectors`, RSA of 2048 bits or more or Ed25519, without
the flag `t=y`, by which receivers treat signed mail as unsigned (RFC 6376, 3.6.1). Revoke a key that is not used any
longer with an empty `p=`, and take its selector off the list once it is gone.
"""

from audit.kinds.probes import DOMAIN
from audit.model import Example, Part, Resource, Ruling, Severity, Verdict, broken, every, kept

ON = DOMAIN
SEVERITY = Severity.HIGH

SHORTEST = {"rsa": 2048, "ed25519": 256}


def judge(domain: Resource) -> Ruling:
    keys = domain.each("dkim")
    if not keys:
        return broken("no selector was looked at")
    ruling = every(sound, keys)
    if ruling.verdict is Verdict.BROKEN:
        return ruling
    live = [key.read("selector", str) for key in keys if key.read("revoked", bool) is False]
    return kept(f"sound keys stand at {', '.join(live)}") if live else broken("every key is revoked")


def sound(key: Part) -> Ruling:
    """Rule on the key of one selector; a revoked one signs nothing, so nothing is wrong with it."""
    selector, records = key.read("selector", str), key.read("records", int)
    if records != 1:
        return broken(f"{selector} has {records} keys, promised one")
    if key.read("revoked", bool) is True:
        return kept(f"{selector} is revoked")
    kind, bits = key.read("keyType", str), key.read("bits", int)
    if kind not in SHORTEST or bits < SHORTEST[kind]:
        return broken(f"{selector} is {kind} of {bits} bits, promised RSA of 2048 or Ed25519")
    if key.read("testing", bool) is not False:
        return broken(f"{selector} says that it is being tested, so receivers take no notice")
    return kept(f"{selector} is {kind} of {bits} bits")


def _key(selector: str = "one", **facts: object) -> dict[str, object]:
    found = {"records": 1, "keyType": "rsa", "bits": 2048, "revoked": False, "testing": False}
    return {"selector": selector, **found, **facts}


EXAMPLES = (
    Example(Verdict.KEPT, {"dkim": [_key(), _key("two", keyType="ed25519", bits=256)]}),
    Example(Verdict.KEPT, {"dkim": [_key(), _key("old", bits=0, revoked=True)]}, note="a revoked one beside it"),
    Example(Verdict.BROKEN, {"dkim": [_key(bits=1024)]}),
    Example(Verdict.BROKEN, {"dkim": [_key(bits=0)]}, note="the key cannot be read"),
    Example(Verdict.BROKEN, {"dkim": [_key(keyType="dsa")]}),
    Example(Verdict.BROKEN, {"dkim": [_key(testing=True)]}),
    Example(Verdict.BROKEN, {"dkim": [_key(), {"selector": "two", "records": 0}]}, note="a selector without a key"),
    Example(Verdict.BROKEN, {"dkim": [_key(bits=0, revoked=True)]}, note="nothing is left to sign with"),
    Example(Verdict.UNPROVEN, {"dkim": [_key(bits=None)]}),
    Example(Verdict.UNPROVEN, {}),
)
