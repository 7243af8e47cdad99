"""Who spoke to whom in each virtual network is recorded, kept for months and analysed.

Catalogue: NET-15.

## Why we promise this
Without a record of traffic nobody can say afterwards what a breach reached, nor tell the customer.

## How to keep it
Declare `network.FlowLog(target_resource_id=vnet.id, …)` with `enabled=True`, a `retention_policy` that is on and
keeps the days of the target `network.flow_log_days` (0 means for ever), and traffic analytics on.
"""

from typing import Any

from audit.kinds.network import FLOW_LOG, VIRTUAL_NETWORK
from audit.model import Estate, Example, Neighbour, Resource, Ruling, Severity, Targets, Verdict, broken, kept, missing

ON = VIRTUAL_NETWORK
NEEDS = (FLOW_LOG,)
SEVERITY = Severity.HIGH

ANALYTICS = "flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration.enabled"
FOR_EVER = 0


def judge(network: Resource, estate: Estate, targets: Targets) -> Ruling:
    promised = targets.number("network.flow_log_days")
    logs = estate.referrers(network, FLOW_LOG, "targetResourceId")
    if not logs:
        return missing(
            f"no flow log records {network.name}", declare="network.FlowLog(target_resource_id=…, enabled=True, …)"
        )
    faults = [_faults(log, promised) for log in logs]
    least = min(range(len(logs)), key=lambda index: len(faults[index]))
    if not faults[least]:
        return kept(f"{logs[least].name} records and analyses traffic, promised for {promised} days or more")
    seen = "; ".join(faults[least].values())
    return broken(
        f"the flow log {logs[least].name}: {seen}", change=_changes(faults[least], promised), subject=logs[least]
    )


def _faults(log: Resource, promised: int) -> dict[str, str]:
    """Name what is wrong with a flow log, by the property that is."""
    faults = {
        path: f"{what} is off"
        for path, what in (("enabled", "recording"), ("retentionPolicy.enabled", "retention"), (ANALYTICS, "analysis"))
        if log.read(path, bool) is not True
    }
    days = log.read("retentionPolicy.days", int)
    if days != FOR_EVER and days < promised:
        faults["retentionPolicy.days"] = f"kept {days} days, promised {promised}"
    return faults


def _changes(faults: dict[str, str], promised: int) -> dict[str, Any]:
    return {path: promised if path.endswith("days") else True for path in faults}


_TARGETS = {"network.flow_log_days": 90}


def _log(days: Any = 90, **changed: Any) -> Neighbour:
    body = {
        "targetResourceId": {"$reference": "it"},
        "enabled": True,
        "retentionPolicy": {"enabled": True, "days": days},
        "flowAnalyticsConfiguration": {"networkWatcherFlowAnalyticsConfiguration": {"enabled": True}},
    }
    return Neighbour(FLOW_LOG, {**body, **changed}, name="flows")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_log(90),), _TARGETS),
    Example(Verdict.KEPT, {}, (_log(91),), _TARGETS),
    Example(Verdict.KEPT, {}, (_log(0),), _TARGETS, note="for ever"),
    Example(Verdict.BROKEN, {}, (_log(89),), _TARGETS),
    Example(Verdict.BROKEN, {}, (_log(enabled=False),), _TARGETS),
    Example(
        Verdict.BROKEN,
        {},
        (_log(retentionPolicy={"enabled": False, "days": 0}),),
        _TARGETS,
        note="no retention policy, so nobody promises how long",
    ),
    Example(
        Verdict.BROKEN,
        {},
        (_log(flowAnalyticsConfiguration={"networkWatcherFlowAnalyticsConfiguration": {"enabled": False}}),),
        _TARGETS,
    ),
    Example(Verdict.BROKEN, {}, (), _TARGETS, note="no flow log"),
    Example(
        Verdict.BROKEN,
        {},
        (_log(targetResourceId={"$reference": "other"}), Neighbour(VIRTUAL_NETWORK, {}, name="other")),
        _TARGETS,
        note="another network's flow log",
    ),
    Example(Verdict.UNPROVEN, {}, (_log({"$unknown": True}),), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_log(targetResourceId={"$unknown": True}),), _TARGETS, note="whose flow log?"),
)
