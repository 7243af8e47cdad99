"""No key that is in force comes near its end.

Catalogue: KEY-07.

## Why we promise this
When a key ends, every store that it encrypts closes at once: mail, archive and backups.

## How to keep it
See why rotation did not replace the key in time (keys-rotate), and rotate it by hand. A key must have the days of the
target `keys.days_left` before it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept, not_applicable

ON = KEY_VAULT_KEY
SEVERITY = Severity.HIGH
# The service dates each version as it makes it: no stack says when the current one ends.
PLANES = (Plane.LIVE,)


def judge(key: Resource, targets: Targets) -> Ruling:
    promised = targets.number("keys.days_left")
    if key.read("attributes.enabled", bool) is False:
        return not_applicable("the key is off, so nothing opens with it")
    ends = datetime.fromtimestamp(key.read("attributes.exp", int), UTC)
    left = ends - key.seen_at
    reason = f"it ends on {ends:%Y-%m-%d}, {left.days} days away, promised more than {promised}"
    return kept(reason) if left > timedelta(days=promised) else broken(reason)


_TARGETS = {"keys.days_left": 30}
# Examples are seen on 15 January 2026 at noon.
_NOON, _DAY = 1768478400, 86400


def _key(expires: Any, *, on: Any = True) -> dict[str, Any]:
    return {"attributes": {"enabled": on, "exp": expires}}


EXAMPLES = (
    Example(Verdict.KEPT, _key(_NOON + 31 * _DAY), (), _TARGETS),
    Example(Verdict.KEPT, _key(_NOON + 30 * _DAY + 1), (), _TARGETS, note="a second more than 30 days"),
    Example(Verdict.BROKEN, _key(_NOON + 30 * _DAY), (), _TARGETS, note="30 days to the second"),
    Example(Verdict.BROKEN, _key(_NOON - _DAY), (), _TARGETS, note="it ended yesterday"),
    Example(Verdict.NOT_APPLICABLE, _key(_NOON - _DAY, on=False), (), _TARGETS),
    Example(Verdict.UNPROVEN, _key(None), (), _TARGETS, note="no end was seen"),
    Example(Verdict.UNPROVEN, _key(_NOON + 31 * _DAY, on=None), (), _TARGETS),
)
