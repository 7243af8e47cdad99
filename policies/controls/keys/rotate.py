"""Keys expire, and are replaced by themselves before that.

Catalogue: KEY-07.

## Why we promise this
A key that lives for ever is stolen once and useful for ever; one that a person must replace is replaced too late.

## How to keep it
Give `keyvault.Key` a `rotation_policy` whose `attributes` set `expiry_time` and whose `lifetime_actions` hold one with
`action=ActionArgs(type="rotate")` and `trigger=TriggerArgs(time_after_create="P1Y")` or sooner. The live audit adds
that the current version has not come near its end.
"""

from audit.kinds.keyvault import KEY_VAULT_KEY
from audit.model import Example, Part, Resource, Ruling, Severity, Targets, Verdict, broken, days, kept, same

ON = KEY_VAULT_KEY
SEVERITY = Severity.HIGH
ABSENT = {
    "trigger.timeAfterCreate": "azure-native 3.29 docstring of keyvault.TriggerArgs: either of its two properties",
}


def judge(key: Resource, targets: Targets) -> Ruling:
    promised = targets.number("keys.rotation_days")
    actions = key.each("rotationPolicy.lifetimeActions")
    rotations = [action for action in actions if same(action.read("action.type", str), "rotate")]
    if not rotations:
        rotate = {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": f"P{promised}D"}}
        return broken("nothing rotates the key", change={"rotationPolicy.lifetimeActions": [rotate]})
    expiry = days(key.read("rotationPolicy.attributes.expiryTime", str))
    first = min(rotations, key=lambda rotation: _age(rotation, expiry))
    seen = _age(first, expiry)
    if not 0 < seen < expiry:
        change = {"rotationPolicy.attributes.expiryTime": f"P{2 * promised}D"}
        return broken(f"rotated after {seen} days, when a version expires after {expiry}", change=change)
    if seen > promised:
        return broken(f"rotated after {seen} days, promised {promised}", change=_sooner(first, expiry, promised))
    return kept(f"rotated after {seen} days, promised {promised}; each version expires after {expiry}")


def _age(rotation: Part, expiry: int) -> int:
    """Give the days a version has lived when the action replaces it."""
    # A trigger counts from the key's creation or back from its end, so one of the two is always left out.
    after = rotation.read("trigger.timeAfterCreate", str, absent="")
    return days(after) if after else expiry - days(rotation.read("trigger.timeBeforeExpiry", str))


def _sooner(rotation: Part, expiry: int, promised: int) -> dict[str, str]:
    """Give the change by which the action replaces a version in time, counted as it counts already.

    Days are counted from creation or back from expiry, as the action's own trigger does.
    """
    if rotation.read("trigger.timeAfterCreate", str, absent=""):
        return {rotation.path("trigger.timeAfterCreate"): f"P{promised}D"}
    return {rotation.path("trigger.timeBeforeExpiry"): f"P{expiry - promised}D"}


def _policy(trigger: dict[str, object], *, expiry: str | None = "P2Y", action: str = "rotate") -> dict[str, object]:
    actions = [{"action": {"type": action}, "trigger": trigger}]
    return {"rotationPolicy": {"attributes": {"expiryTime": expiry}, "lifetimeActions": actions}}


_YEAR = {"keys.rotation_days": 365}
EXAMPLES = (
    Example(Verdict.KEPT, _policy({"timeAfterCreate": "P364D"}), targets=_YEAR),
    Example(Verdict.KEPT, _policy({"timeAfterCreate": "P1Y"}), targets=_YEAR, note="on the day promised"),
    Example(Verdict.BROKEN, _policy({"timeAfterCreate": "P366D"}), targets=_YEAR, note="a day late"),
    Example(Verdict.KEPT, _policy({"timeBeforeExpiry": "P30D"}, expiry="P1Y"), targets=_YEAR, note="counted back"),
    Example(Verdict.BROKEN, _policy({"timeBeforeExpiry": "P30D"}), targets=_YEAR, note="counted back from two years"),
    Example(Verdict.BROKEN, _policy({"timeBeforeExpiry": "P30D"}, action="notify"), targets=_YEAR, note="a mail only"),
    Example(Verdict.BROKEN, _policy({"timeAfterCreate": "P1Y"}, expiry="P90D"), targets=_YEAR, note="expired by then"),
    Example(Verdict.UNPROVEN, _policy({"timeAfterCreate": "P1Y"}, expiry=None), targets=_YEAR, note="no expiry seen"),
    Example(Verdict.UNPROVEN, _policy({}), targets=_YEAR, note="no trigger seen"),
    Example(Verdict.UNPROVEN, {}, targets=_YEAR),
)
