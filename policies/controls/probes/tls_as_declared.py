"""Every door refuses the versions of TLS that are declared to be too old for it.

Catalogue: WEB-07.

## Why we promise this
A lowest version is a line in a configuration until somebody tries a lower one: a setting that was not taken over, or a
second way in front of the same door, keeps the old versions open while every page of the portal says they are shut.

## How to keep it
Where this is broken, look for what answers in place of the site or the store that declares the version: a gateway, a
front door, an older slot. `audit probe --estate` names the resource that declares it.
"""

from audit.kinds.probes import TLS_DOOR
from audit.model import Example, Resource, Ruling, Severity, Unseen, Verdict, broken, kept, not_applicable

ON = TLS_DOOR
SEVERITY = Severity.HIGH


def judge(door: Resource) -> Ruling:
    by = door.read("declared.by", str)
    if not by:
        return not_applicable("no resource of the estate declares a lowest version for it")
    floor, below = door.read("declared.floor", str), door.texts("declared.below")
    accepted, refused = door.texts("accepted"), door.texts("refused")
    if low := [version for version in below if version in accepted]:
        return broken(f"it takes {', '.join(low)}, although {by} declares {floor} as the lowest")
    if unknown := [version for version in below if version not in refused]:
        raise Unseen(f"nobody could see whether it takes {', '.join(unknown)}")
    if not accepted:
        raise Unseen("no version was seen to be taken, so being refused says nothing")
    return kept(f"it takes nothing below {floor}, which {by} declares")


def _door(floor: str, below: list[str], accepted: list[str], refused: list[str]) -> dict[str, object]:
    return {"declared": {"by": "the store", "floor": floor, "below": below}, "accepted": accepted, "refused": refused}


_OLD = ["TLSv1.1", "TLSv1", "SSLv3"]
EXAMPLES = (
    Example(Verdict.KEPT, _door("TLSv1.2", _OLD, ["TLSv1.3", "TLSv1.2"], _OLD)),
    Example(Verdict.BROKEN, _door("TLSv1.3", ["TLSv1.2", *_OLD], ["TLSv1.3", "TLSv1.2"], _OLD)),
    Example(Verdict.BROKEN, _door("TLSv1.2", _OLD, ["TLSv1.2", "TLSv1"], ["TLSv1.1"])),
    Example(Verdict.UNPROVEN, _door("TLSv1.2", _OLD, ["TLSv1.2"], ["TLSv1.1", "TLSv1"])),
    Example(Verdict.UNPROVEN, _door("TLSv1.2", _OLD, [], ["TLSv1.2", *_OLD])),
    Example(Verdict.UNPROVEN, {"accepted": ["TLSv1.2"], "refused": _OLD}, note="nobody knew what is declared"),
    Example(Verdict.NOT_APPLICABLE, {"declared": {"by": "", "floor": "", "below": []}}),
)
