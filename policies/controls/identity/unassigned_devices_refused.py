"""A device that no rule speaks of counts as unsound.

Catalogue: IDN-03.

## Why we promise this
Where a device without a policy counts as compliant, leaving it out of every group is enough to get in.

## How to keep it
In Intune, under *Device compliance*, *Compliance settings*, mark devices with no compliance policy assigned as
not compliant.
"""

from audit.kinds.graph import DEVICE_MANAGEMENT
from audit.model import Example, Plane, Resource, Ruling, Severity, Verdict, broken, kept

ON = DEVICE_MANAGEMENT
SEVERITY = Severity.HIGH
PLANES = (Plane.LIVE,)
SECURE = "settings.secureByDefault"


def judge(management: Resource) -> Ruling:
    if management.read(SECURE, bool) is True:
        return kept("a device without a policy is not compliant")
    return broken("a device without a policy counts as compliant", change={SECURE: True})


EXAMPLES = (
    Example(Verdict.KEPT, {"settings": {"secureByDefault": True}}),
    Example(Verdict.BROKEN, {"settings": {"secureByDefault": False}}),
    Example(Verdict.UNPROVEN, {"settings": {}}),
    Example(Verdict.UNPROVEN, {}, note="the settings were not answered"),
)
