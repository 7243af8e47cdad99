"""The sample report as a gate sees it: with its waivers audited, compared with a baseline, and its files found."""

from datetime import date

import msgspec

from audit.baseline import Baseline, compared, written
from audit.model import Plane, Verdict
from audit.promises import Flaw, Waiver, WaiverFlaw, WaiverResult
from audit.reports.gate import Places
from tests.made import control
from tests.reports.sample import LOCKED, REPORT

PLACES = Places(
    {
        "stacks/archive.py": "infra/stacks/archive.py",
        "stacks/security_groups.py": "infra/stacks/a b#1.py",
        "stacks/addresses.py": "infra/stacks/addresses.py",
    },
    "infra/Pulumi.yaml",
)
CONTROLS = {
    result.id: msgspec.structs.replace(control(result.id, severity=result.severity), title=result.title)
    for result in REPORT.controls
}
WAIVERS = (
    WaiverResult(
        waiver=Waiver(
            control=LOCKED.id,
            resource="worm",
            planes=(Plane.PROGRAM,),
            reason="a lock cannot be undone",
            owner="Head of Platform",
            until=date(2027, 3, 31),
        ),
        excuses=True,
        flaws=(WaiverFlaw(Flaw.ENDING, "it ends in 3 days, on 2026-11-24"),),
    ),
    WaiverResult(
        waiver=Waiver(
            control="keys-rotate",
            resource="old|`key`@all\n::error::x",
            planes=(Plane.PROGRAM,),
            reason="r",
            owner="o",
            until=date(2026, 1, 1),
        ),
        excuses=False,
        flaws=(WaiverFlaw(Flaw.EXPIRED, "it expired on 2026-01-01: mend the deviation, or have o renew it"),),
    ),
)
GATED = msgspec.structs.replace(REPORT, waivers=WAIVERS)


def replaced(report, change):
    """Return the report with every finding changed by a function of it."""
    controls = tuple(
        msgspec.structs.replace(result, findings=tuple(change(finding) for finding in result.findings))
        for result in report.controls
    )
    return msgspec.structs.replace(report, controls=controls)


def named(report, name):
    """Return the report with every resource called `name`, and the same said of it."""
    return replaced(report, lambda one: msgspec.structs.replace(one, name=name, reason=f"seen: {name}"))


def _before(finding):
    """Give what the baseline saw: the archive open on the same value, the rule shut, a key of another value."""
    if finding.control == "network-nsg-no-management":
        return msgspec.structs.replace(finding, verdict=Verdict.KEPT)
    return msgspec.structs.replace(finding, reason="another") if finding.control == "keys-rotate" else finding


def _compared():
    baseline = msgspec.json.decode(written(replaced(GATED, _before)), type=Baseline)
    gone = msgspec.structs.replace(baseline.findings[0], resource="urn::gone", name="gone", verdict=Verdict.BROKEN)
    return compared(GATED, msgspec.structs.replace(baseline, findings=(*baseline.findings, gone)))


COMPARED = _compared()
"""One finding broken anew, one already broken, one gone."""
