"""What is written down of replicated machines while they are well, for the day on which their replicas are woken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.drills import machine_preparing
from audit.drills.drill import Means, Recoverable
from audit.drills.failover import GROUP
from audit.drills.outcomes import NotRun

WRITES = machine_preparing.WRITES
"""What preparing does in production: it runs a script inside each machine."""


def prepare(item: Recoverable, means: Means) -> Mapping[str, Any]:
    """Return the manifests of the machines; raises `Refused`, and `NotRun` and `Inconclusive` as for one machine."""
    _demand_machines(item)
    return machine_preparing.prepare_failover(item, means)


def canary(item: Recoverable, means: Means, at: datetime) -> Mapping[str, Any]:
    """Write one canary into every machine, and return what the list of canaries needs; raises as `prepare` does."""
    _demand_machines(item)
    return machine_preparing.canary_failover(item, means, at)


def _demand_machines(item: Recoverable) -> None:
    """Raise where databases are failed over: what is written into them is prepared with them."""
    if item.method == GROUP:
        raise NotRun("it is prepared with its databases")
