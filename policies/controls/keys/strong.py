"""Keys that encrypt data are RSA of a length that holds, and in force.

Catalogue: KEY-06.

## Why we promise this
A short key is broken while what it encrypts is still secret; one that is off encrypts nothing and opens nothing.

## How to keep it
Give `keyvault.Key` `kty="RSA-HSM"` (or RSA) and a `key_size` of the target `keys.rsa_bits` or more, with
`attributes=keyvault.KeyAttributesArgs(enabled=True)`. A database's protector takes 3072 bits at most.
"""

from typing import Any

from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken, kept, same

ON = KEY_VAULT_KEY
SEVERITY = Severity.HIGH

TYPES = ("RSA", "RSA-HSM")


def judge(key: Resource, targets: Targets) -> Ruling:
    promised = targets.number("keys.rsa_bits")
    kind = key.read("kty", str)
    if not any(same(kind, one) for one in TYPES):
        return broken(
            f"the key is {kind}, promised {' or '.join(TYPES)}", change={"kty": TYPES[1], "keySize": promised}
        )
    bits = key.read("keySize", int)
    if bits < promised:
        return broken(f"the key has {bits} bits, promised {promised}", change={"keySize": promised})
    if key.read("attributes.enabled", bool) is not True:
        return broken("the key is off, promised on", change={"attributes.enabled": True})
    return kept(f"{kind} of {bits} bits, promised {promised}, and on")


_TARGETS = {"keys.rsa_bits": 3072}


def _key(bits: Any, kind: Any = "RSA-HSM", *, on: Any = True) -> dict[str, Any]:
    return {"kty": kind, "keySize": bits, "attributes": {"enabled": on}}


EXAMPLES = (
    Example(Verdict.KEPT, _key(3072), (), _TARGETS),
    Example(Verdict.KEPT, _key(4096, "RSA"), (), _TARGETS),
    Example(Verdict.BROKEN, _key(2048), (), _TARGETS),
    Example(Verdict.BROKEN, _key(3072, "EC"), (), _TARGETS),
    Example(Verdict.BROKEN, _key(3072, on=False), (), _TARGETS),
    Example(Verdict.UNPROVEN, _key(None), (), _TARGETS),
    Example(Verdict.UNPROVEN, _key(3072, None), (), _TARGETS),
    Example(Verdict.UNPROVEN, _key(3072, on=None), (), _TARGETS),
)
