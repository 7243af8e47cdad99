"""No critical or security update waits on a machine for longer than promised.

Catalogue: CMP-10.

## Why we promise this
An update tells everyone what was wrong; from then on every machine without it is a known way in.

## How to keep it
Let the platform assess and patch the machine (compute-patched-by-platform), and mend what keeps it from doing so. An
update may wait for the days of the target `compute.patch_days` after its publication, and the last assessment may be
`compute.assessment_hours` old.
"""

from datetime import timedelta
from typing import Any

from audit.kinds.compute import PATCH_ASSESSMENT, SOFTWARE_PATCH, VIRTUAL_MACHINE
from audit.kinds.moments import age, moment, words
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (PATCH_ASSESSMENT, SOFTWARE_PATCH)
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
URGENT = ("critical", "security")
# Resource Graph spells the classes of a machine in Azure with a capital letter, those of others without one.
ABSENT = {
    f"availablePatchCountByClassification.{name}": "https://learn.microsoft.com/azure/update-manager/query-logs"
    for word in URGENT
    for name in (word, word.capitalize())
}


def judge(machine: Resource, estate: Estate, targets: Targets) -> Ruling:
    days, hours = targets.number("compute.patch_days"), targets.number("compute.assessment_hours")
    assessments = estate.children(machine, PATCH_ASSESSMENT)
    if not assessments:
        raise Unseen("the machine was never assessed, or too long ago for Azure to tell")
    latest = max(assessments, key=lambda found: moment(found, "lastModifiedDateTime"))
    status = latest.read("status", str)
    if not same(status, "Succeeded"):
        raise Unseen(f"the last assessment is {status}, so what waits was not seen")
    passed = age(latest, "lastModifiedDateTime")
    if passed > timedelta(hours=hours):
        return broken(f"last assessed {words(passed)} ago, promised within {hours} hours")
    waiting = sum(_count(latest, word) for word in URGENT)
    if waiting == 0:
        return kept(f"no critical or security update waits; assessed {words(passed)} ago")
    return _judge_waiting(machine, waiting, days, estate)


def _judge_waiting(machine: Resource, waiting: int, days: int, estate: Estate) -> Ruling:
    """Rule on the updates that wait, by the oldest; raises `Unseen` where not all that were counted are listed."""
    patches = [patch for patch in estate.children(machine, SOFTWARE_PATCH) if _is_urgent(patch)]
    ages = {patch.name: age(patch, "publishedDateTime") for patch in patches}
    late = [name for name, waited in ages.items() if waited > timedelta(days=days)]
    if late:
        oldest = max(late, key=lambda name: ages[name])
        return broken(
            f"updates that wait too long: {len(late)}; {oldest} for {words(ages[oldest])}, promised {days} days"
        )
    if len(ages) < waiting:
        raise Unseen(f"updates that wait: {waiting}, of which {len(ages)} were seen")
    return kept(f"updates that wait: {len(ages)}, the oldest for {words(max(ages.values()))}, promised {days} days")


def _count(assessment: Resource, word: str) -> int:
    """Return how many updates of a class wait; raises `Unseen` where neither spelling of the class is there."""
    path = "availablePatchCountByClassification"
    for name in (word, word.capitalize()):
        if assessment.look(f"{path}.{name}") is not None:
            return assessment.read(f"{path}.{name}", int)
    raise Unseen(f"{path}.{word} was not seen")


def _is_urgent(patch: Resource) -> bool:
    """Tell whether an update is of a class that is promised in time; raises `Unseen` where its class is not seen."""
    return any(same(word, urgent) for word in patch.texts("classifications") for urgent in URGENT)


_TARGETS = {"compute.patch_days": 14, "compute.assessment_hours": 48}
_YESTERDAY = "2026-01-14T12:00:00.1234567Z"


def _assessed(critical: Any = 0, security: Any = 0, *, at: Any = _YESTERDAY, status: Any = "Succeeded") -> Neighbour:
    counts = {"Critical": critical, "Security": security, "Definition": 3}
    body = {
        "vmName": {"$reference": "it"},
        "status": status,
        "lastModifiedDateTime": at,
        "availablePatchCountByClassification": counts,
    }
    return Neighbour(PATCH_ASSESSMENT, body, name="latest")


def _waits(published: Any, *classes: str) -> Neighbour:
    body = {"vmName": {"$reference": "it"}, "publishedDateTime": published, "classifications": list(classes)}
    return Neighbour(SOFTWARE_PATCH, body, name=f"update-{published}")


_FORTNIGHT, _LONGER = "2026-01-01T12:00:00Z", "2026-01-01T11:59:59Z"

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_assessed(),), _TARGETS),
    Example(Verdict.KEPT, {}, (_assessed(1), _waits(_FORTNIGHT, "Critical")), _TARGETS, note="14 days to the second"),
    Example(Verdict.BROKEN, {}, (_assessed(1), _waits(_LONGER, "Critical")), _TARGETS, note="a second longer"),
    Example(
        Verdict.BROKEN, {}, (_assessed(0, 2), _waits(_LONGER, "Security")), _TARGETS, note="one of two, and it is late"
    ),
    Example(
        Verdict.KEPT,
        {},
        (_assessed(0, 1), _waits(_FORTNIGHT, "Security"), _waits(_LONGER, "Definition")),
        _TARGETS,
        note="other classes may wait",
    ),
    Example(Verdict.KEPT, {}, (_assessed(at="2026-01-13T12:00:00Z"),), _TARGETS, note="48 hours to the second"),
    Example(Verdict.BROKEN, {}, (_assessed(at="2026-01-13T11:59:59Z"),), _TARGETS, note="assessed too long ago"),
    Example(Verdict.UNPROVEN, {}, (_assessed(at="2026-01-16T12:00:00Z"),), _TARGETS, note="assessed tomorrow"),
    Example(Verdict.UNPROVEN, {}, (_assessed(status="Failed"),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_assessed(0, None),), _TARGETS, note="no count of the class"),
    Example(Verdict.UNPROVEN, {}, (_assessed(2), _waits(_FORTNIGHT, "Critical")), _TARGETS, note="one was not listed"),
    Example(Verdict.UNPROVEN, {}, (_assessed(1), _waits(None, "Critical")), _TARGETS, note="how long does it wait?"),
    Example(Verdict.UNPROVEN, {}, (), _TARGETS, note="never assessed"),
)
