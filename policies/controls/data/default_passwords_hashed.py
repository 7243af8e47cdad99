"""A default password is kept as a hash with a salt of its own, and never in clear.

Catalogue: SQL-23.

## Why we promise this
Whoever reads the table must not be able to sign in by what it says, and two equal passwords must not look alike.

## How to keep it
Keep hash and salt in columns of the type `binary` or `varbinary`, of at least `hash_bytes` and `salt_bytes` of
`[data.rules.default-passwords]`, and draw a new salt for each. How slow the hash is no column shows: the code review of
sign-in does.
"""

from audit.kinds.counted import ruled, same_numbers
from audit.kinds.data import PASSWORD_HASHES
from audit.model import Example, Resource, Ruling, Severity, Targets, Verdict, broken

ON = PASSWORD_HASHES
SEVERITY = Severity.CRITICAL

BYTES = ("binary", "varbinary")


def judge(count: Resource, targets: Targets) -> Ruling:
    types = count.texts("types")
    if strange := [kind for kind in types if kind.lower() not in BYTES]:
        return broken(f"a hash or salt is kept as {strange[0]}, which can hold a password in clear")
    hash_bytes, salt_bytes = same_numbers(count, targets, "data.rules.default-passwords", "hash_bytes", "salt_bytes")
    return ruled(
        count,
        against=f"default passwords have no hash of {hash_bytes} bytes with a salt of {salt_bytes} of its own",
        whole=f"default passwords, each a hash of {hash_bytes} bytes or more with a salt of its own",
        none="no default password stands, and its columns can hold none in clear",
    )


_TARGETS = {"data.rules.default-passwords.hash_bytes": 32, "data.rules.default-passwords.salt_bytes": 16}


def _count(of: int | None, against: int, *, types: tuple[str, ...] = BYTES, hidden: int = 0) -> dict[str, object]:
    by = {"hash_bytes": 32, "salt_bytes": 16}
    return {"rows": 40, "of": of, "against": against, "hidden": hidden, "types": list(types), "by": by}


EXAMPLES = (
    Example(Verdict.KEPT, _count(3, 0), targets=_TARGETS),
    Example(Verdict.KEPT, _count(0, 0), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(3, 0, types=("nvarchar", "varbinary")), targets=_TARGETS),
    Example(Verdict.BROKEN, _count(3, 1), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _count(3, 0, hidden=5), targets=_TARGETS),
    Example(Verdict.UNPROVEN, _count(None, 0), targets=_TARGETS),
)
