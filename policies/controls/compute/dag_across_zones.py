"""Each DAG goes on after the loss of any one zone.

Catalogue: CMP-14.

## Why we promise this
Mailbox servers in one building all stop with it, and a cluster whose witness stops with them cannot take over.

## How to keep it
Give the machines tagged `role=mailbox` and the same `dag` at least two zones in a region that has them
(`exchange.zoned_regions`), and the machine tagged `role=witness` a zone of its own. Members and witness have a vote
each: after the loss of any one zone, or of a region without zones, more than half of the votes must be left.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Targets,
    Unseen,
    Verdict,
    broken,
    kept,
    missing,
    same,
)

NEEDS = (VIRTUAL_MACHINE,)
SEVERITY = Severity.CRITICAL

# Numbers of zones are a subscription's own: machine and witness must lie in one subscription to be compared.
ZONES = ("1", "2", "3")
LEAST = 2


class Place(msgspec.Struct, frozen=True):
    """What fails together: a zone, or a region without zones."""

    region: str
    zone: str = ""

    def __str__(self) -> str:
        return f"{self.region} zone {self.zone}" if self.zone else self.region


def judge(estate: Estate, targets: Targets) -> Ruling:
    zoned = targets.names("exchange.zoned_regions")
    dags, witnesses = _machines(estate)
    if not dags:
        raise Unseen("no machine is tagged role=mailbox with its dag", Cause.NOTHING)
    if not witnesses:
        return missing(
            "no machine is tagged role=witness", declare='compute.VirtualMachine(tags={"role": "witness"}, …)'
        )
    places = {machine.id: _place(machine, zoned) for members in (*dags.values(), witnesses) for machine in members}
    for dag, members in dags.items():
        faults = [_fault(members, witness, places) for witness in witnesses]
        if all(faults):
            change = _mending([*members, witnesses[0]], members, witnesses[0], places)
            subject = next((machine for machine in (*members, *witnesses) if change and machine.id == change[0]), None)
            return broken(f"{dag}: {faults[0]}", change={"zones": [change[1]]} if change else None, subject=subject)
    return kept(f"any one zone may be lost: {', '.join(dags)}")


def _machines(estate: Estate) -> tuple[dict[str, list[Resource]], list[Resource]]:
    """Sort the mailbox servers by their DAG, and pick out the witnesses.

    Raises `Unseen` for a mailbox server that does not say which DAG it is of.
    """
    dags: dict[str, list[Resource]] = defaultdict(list)
    witnesses = []
    for machine in estate.of(VIRTUAL_MACHINE):
        role = machine.tag("role")
        if same(role, "mailbox"):
            dags[machine.read("tags.dag", str)].append(machine)
        elif same(role, "witness"):
            witnesses.append(machine)
    return dags, witnesses


def _place(machine: Resource, zoned: tuple[str, ...]) -> Place:
    """Return where a machine may be lost together with others: its zone, or its region where zones are not promised.

    Raises `Unseen` where a machine in a zoned region names no zone or several.
    """
    if not any(same(machine.region, region) for region in zoned):
        return Place(machine.region)
    zones = machine.texts("zones")
    if len(zones) != 1:
        raise Unseen(f"which zone {machine.name} lies in was not seen")
    return Place(machine.region, zones[0])


def _fault(members: list[Resource], witness: Resource, places: dict[str, Place]) -> str:
    """Say what would stop a DAG; empty where it goes on after the loss of any one place.

    Votes decide: a DAG goes on with more than half of those of its members and its witness
    (https://learn.microsoft.com/windows-server/storage/storage-spaces/understand-quorum).
    """
    zones = {places[member.id] for member in members if places[member.id].zone}
    if len(zones) < LEAST:
        return f"its members lie in {', '.join(map(str, sorted(zones, key=str))) or 'no zone'}, promised {LEAST} zones"
    votes = Counter(places[machine.id] for machine in (*members, witness))
    place, lost = votes.most_common(1)[0]
    left = votes.total() - lost
    return "" if 2 * left > votes.total() else f"losing {place} leaves {left} of {votes.total()} votes"


def _mending(
    machines: list[Resource], members: list[Resource], witness: Resource, places: dict[str, Place]
) -> tuple[str, str] | None:
    """Find the one machine whose move to another zone would mend the DAG.

    None where no single move would.
    """
    for machine, zone in _moves(machines, places):
        moved = {**places, machine.id: Place(places[machine.id].region, zone)}
        if not _fault(members, witness, moved):
            return machine.id, zone
    return None


def _moves(machines: list[Resource], places: dict[str, Place]) -> Iterator[tuple[Resource, str]]:
    """Yield each machine with each other zone that it could stand in; one outside the zoned regions is not moved."""
    # The witness first: it holds no data, so it is moved most easily.
    for machine in reversed(machines):
        yield from ((machine, zone) for zone in ZONES if places[machine.id].zone not in ("", zone))


_TARGETS = {"exchange.zoned_regions": ["uksouth"]}


def _machine(name: str, zone: Any, *, role: str = "mailbox", region: str = "uksouth") -> Neighbour:
    tags = {"role": role, "dag": "dag-1"} if role == "mailbox" else {"role": role}
    zones = {"zones": [zone] if isinstance(zone, str) else zone} if zone else {}
    return Neighbour(VIRTUAL_MACHINE, {"location": region, "tags": tags, **zones}, name=name)


_PAIR = (_machine("mailbox-1", "1"), _machine("mailbox-2", "2"))
_WITNESS = _machine("witness", "3", role="witness")

EXAMPLES = (
    Example(Verdict.KEPT, {}, (*_PAIR, _WITNESS), _TARGETS),
    Example(Verdict.KEPT, {}, (*_PAIR, _WITNESS, _machine("mailbox-3", None, region="ukwest")), _TARGETS),
    Example(
        Verdict.KEPT,
        {},
        (
            *_PAIR,
            _machine("witness", "1", role="witness"),
            _machine("witness-2", None, role="witness", region="ukwest"),
        ),
        _TARGETS,
        note="the other witness lies apart",
    ),
    Example(
        Verdict.BROKEN,
        {},
        (_machine("mailbox-1", "1"), _machine("mailbox-2", "1"), _WITNESS),
        _TARGETS,
        note="both members in one zone",
    ),
    Example(
        Verdict.BROKEN,
        {},
        (*_PAIR, _machine("witness", "2", role="witness")),
        _TARGETS,
        note="the witness beside a member",
    ),
    Example(
        Verdict.BROKEN,
        {},
        (*_PAIR, _machine("mailbox-3", "1"), _WITNESS),
        _TARGETS,
        note="half of the votes in one zone",
    ),
    Example(Verdict.BROKEN, {}, _PAIR, _TARGETS, note="no witness"),
    Example(
        Verdict.BROKEN,
        {},
        (_machine("mailbox-1", "1"), _machine("mailbox-2", None, region="ukwest"), _WITNESS),
        _TARGETS,
        note="one zone and a region without zones",
    ),
    Example(Verdict.UNPROVEN, {}, (*_PAIR[:1], _machine("mailbox-2", None), _WITNESS), _TARGETS, note="no zone seen"),
    Example(Verdict.UNPROVEN, {}, (*_PAIR[:1], _machine("mailbox-2", {"$unknown": True}), _WITNESS), _TARGETS),
    Example(Verdict.UNPROVEN, {}, (_WITNESS,), _TARGETS, note="no mailbox server"),
)
