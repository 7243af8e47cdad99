"""Each DAG keeps a copy of its mailboxes in the second region.

Catalogue: CMP-15.

## Why we promise this
Site Recovery does not support Exchange servers in a DAG: when a region is lost, only a member elsewhere still has the
mail.

## How to keep it
Declare at least one machine tagged `role=mailbox` with the DAG's name in one of the regions of the target
`exchange.copy_regions`. That it runs, and that its copies are up to date, is seen by the live audit and the drill.
"""

from collections import defaultdict
from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    kept,
    missing,
    same,
)

NEEDS = (VIRTUAL_MACHINE,)
SEVERITY = Severity.CRITICAL


def judge(estate: Estate, targets: Targets) -> Ruling:
    promised = targets.names("exchange.copy_regions")
    regions: dict[str, set[str]] = defaultdict(set)
    for machine in estate.of(VIRTUAL_MACHINE):
        if same(machine.tag("role"), "mailbox"):
            regions[machine.read("tags.dag", str)].add(machine.region)
    if not regions:
        raise Unseen("no machine is tagged role=mailbox with its dag", Cause.NOTHING)
    for dag, seen in regions.items():
        if not any(same(region, wanted) for region in seen for wanted in promised):
            tags = f'{{"role": "mailbox", "dag": "{dag}"}}'
            return missing(
                f"{dag} lies in {', '.join(sorted(seen))} only, promised a copy in {' or '.join(promised)}",
                declare=f'compute.VirtualMachine(location="{promised[0]}", tags={tags}, …)',
            )
    return kept(f"{', '.join(regions)}: a copy in {' or '.join(promised)}")


_TARGETS = {"exchange.copy_regions": ["ukwest"]}


def _machine(name: str, region: Any, dag: Any = "dag-1", role: str = "mailbox") -> Neighbour:
    return Neighbour(VIRTUAL_MACHINE, {"location": region, "tags": {"role": role, "dag": dag}}, name=name)


_FIRST = _machine("mailbox-1", "uksouth")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (_FIRST, _machine("mailbox-2", "UK West")), _TARGETS),
    Example(Verdict.BROKEN, {}, (_FIRST, _machine("mailbox-2", "uksouth")), _TARGETS),
    Example(
        Verdict.BROKEN,
        {},
        (_FIRST, _machine("mailbox-2", "uksouth", "dag-2"), _machine("mailbox-3", "ukwest", "dag-2")),
        _TARGETS,
        note="another DAG's copy",
    ),
    Example(
        Verdict.BROKEN, {}, (_FIRST, _machine("witness", "ukwest", role="witness")), _TARGETS, note="a witness only"
    ),
    Example(Verdict.UNPROVEN, {}, (_FIRST, _machine("mailbox-2", {"$unknown": True})), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_machine("mailbox-1", "ukwest", None),), _TARGETS, note="which DAG?"),
    Example(Verdict.UNPROVEN, {}, (), _TARGETS, note="no mailbox server"),
)
