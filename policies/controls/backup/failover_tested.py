"""The move to the second region was rehearsed in the last half year, and cleaned up afterwards.

Catalogue: BCK-18.

## Why we promise this
A plan that nobody ran is a guess. A rehearsal that was never cleaned up leaves machines with live data behind, and
stands in the way of the next.

## How to keep it
Run a test failover of the recovery plan into a closed network, look at what started, and clean it up.
"""

from datetime import timedelta

from audit.kinds.moments import age, words
from audit.kinds.recoveryservices import RECOVERY_PLAN, REPLICATED_ITEM
from audit.model import Example, Plane, Resource, Ruling, Severity, Targets, Verdict, broken, kept, same

ON = (REPLICATED_ITEM, RECOVERY_PLAN)
PLANES = (Plane.LIVE,)
SEVERITY = Severity.HIGH


def judge(tested: Resource, targets: Targets) -> Ruling:
    most = targets.number("backup.failover_test_days")
    is_plan = same(tested.type, RECOVERY_PLAN.arm)
    passed = age(tested, "lastTestFailoverTime" if is_plan else "lastSuccessfulTestFailoverTime")
    if passed > timedelta(days=most):
        return broken(f"the last rehearsal was {words(passed)} ago, promised one in {most} days")
    if not is_plan:
        state = tested.read("testFailoverState", str)
        if not same(state, "None"):
            return broken(f"the last rehearsal is {state}, promised None: cleaned up")
    return kept(f"rehearsed {words(passed)} ago, promised every {most} days")


_TARGETS = {"backup.failover_test_days": 180}


def _item(verdict: Verdict, moment: object, state: object = "None", note: str = "") -> Example:
    body = {"lastSuccessfulTestFailoverTime": moment, "testFailoverState": state}
    return Example(verdict, body, targets=_TARGETS, note=note)


def _plan(verdict: Verdict, moment: object) -> Example:
    return Example(verdict, {"lastTestFailoverTime": moment}, targets=_TARGETS, kind=RECOVERY_PLAN)


EXAMPLES = (
    _item(Verdict.KEPT, "2025-07-19T12:00:00Z", note="180 days"),
    _item(Verdict.BROKEN, "2025-07-18T12:00:00Z", note="181 days"),
    _item(Verdict.BROKEN, "2026-01-01T12:00:00Z", "TestFailoverCompleted", "not cleaned up"),
    _item(Verdict.UNPROVEN, None, note="never, or not told"),
    _item(Verdict.UNPROVEN, "2026-01-01T12:00:00Z", None),
    _plan(Verdict.KEPT, "2026-01-01T12:00:00Z"),
    _plan(Verdict.BROKEN, "2025-01-01T12:00:00Z"),
    _plan(Verdict.UNPROVEN, None),
)
