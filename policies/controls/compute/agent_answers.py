"""The agent of every machine runs and answers Azure.

Catalogue: CMP-16.

## Why we promise this
Backups that know the application, patches and endpoint protection all go through the agent: where it is silent, they
stop without a word.

## How to keep it
Start the machine, or mend the agent on it (`WindowsAzureGuestAgent` on Windows, `walinuxagent` on Linux). A machine
that is switched off by intent is broken here, too: nobody can tell its state from that of one that fell.
"""

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import Example, Part, Plane, Resource, Ruling, Severity, Unseen, Verdict, broken, every, kept, same

ON = VIRTUAL_MACHINE
SEVERITY = Severity.MEDIUM
# Azure hears from the agent, and no stack sets it.
PLANES = (Plane.LIVE,)

READY = "ProvisioningState/succeeded"


def judge(machine: Resource) -> Ruling:
    statuses = machine.each("instanceView.vmAgent.statuses")
    if not statuses:
        raise Unseen("Azure says nothing of the agent")
    return every(_judge_status, statuses)


def _judge_status(status: Part) -> Ruling:
    code = status.read("code", str)
    if same(code, READY):
        return kept(f"the agent says {code}")
    return broken(f"the agent says {code}, promised {READY}")


def _heard(*codes: object) -> dict[str, object]:
    return {
        "instanceView": {"vmAgent": {"vmAgentVersion": "2.7.41491.1", "statuses": [{"code": code} for code in codes]}}
    }


EXAMPLES = (
    Example(Verdict.KEPT, _heard(READY)),
    Example(Verdict.BROKEN, _heard("ProvisioningState/Unavailable"), note="the agent has not answered"),
    Example(Verdict.BROKEN, _heard(READY, "ProvisioningState/failed")),
    Example(Verdict.UNPROVEN, _heard()),
    Example(Verdict.UNPROVEN, _heard(None)),
    Example(Verdict.UNPROVEN, {}, note="the machine was seen without its state"),
)
