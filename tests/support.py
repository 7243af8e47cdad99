"""What several tests need: the controls of this repository, and estates built from a control's examples."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.engine import rule
from audit.estate import IndexedEstate
from audit.facts import readings
from audit.model import Control, Example, Gap, Kind, Plane, Resource, Snapshot, Targets
from audit.policies import Policies, load_controls
from audit.shape import revive

ROOT = Path(__file__).parents[1]
POLICIES = ROOT / "policies"
CONTROLS = load_controls(POLICIES / "controls")
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def resource(kind: Kind, name: str, body: Mapping[str, Any], *, plane: Plane = Plane.PROGRAM) -> Resource:
    """Make a resource of an example; its name is its id, so that examples can link to it.

    `$declaration` in its body says which stack declares it.
    """
    own = {key: value for key, value in body.items() if key != "$declaration"}
    return Resource(
        type=kind.arm,
        id=name,
        name=name,
        plane=plane,
        seen_at=NOON,
        body=revive(own),
        declaration=body.get("$declaration"),
    )


def snapshot_of(control: Control, example: Example, *, gaps: tuple[Gap, ...] = ()) -> Snapshot:
    """Make the snapshot of an example: the resource judged, called `it`, and its neighbours."""
    judged = () if control.judges_estate() else (resource(example.kind or control.on[0], "it", example.body),)
    neighbours = tuple(
        resource(neighbour.kind, neighbour.name or f"neighbour-{number}", neighbour.body)
        for number, neighbour in enumerate(example.neighbours)
    )
    return Snapshot(plane=Plane.PROGRAM, origin="an example", seen_at=NOON, resources=judged + neighbours, gaps=gaps)


def estate_of(control: Control, example: Example) -> IndexedEstate:
    """Make the estate of an example."""
    return IndexedEstate(snapshot_of(control, example))


def subject_of(control: Control, estate: IndexedEstate) -> Resource | None:
    """Find the resource judged in an example's estate."""
    if control.judges_estate():
        return None
    return next(found for kind in control.on for found in estate.of(kind) if found.id == "it")


def policies_for(example: Example) -> Policies:
    """Give the targets of this repository, changed where the example states its own."""
    values = tomllib.loads((POLICIES / "targets.toml").read_text())
    for name, value in example.targets.items():
        *tables, leaf = name.split(".")
        place = values
        for table in tables:
            place = place.setdefault(table, {})
        place[leaf] = value
    return Policies(folder="", statements=(), controls={}, targets=Targets(values), waivers=())


def properties_read(control: Control) -> list[tuple[str, str]]:
    """Collect each property, by type, that any example of a control makes it read."""
    found = set()
    for example in control.examples:
        estate = estate_of(control, example)
        with readings() as seen:
            rule(control, subject_of(control, estate), policies_for(example), estate)
        types = {resource.id: resource.type for resource in estate.all()}
        found |= {(types[item.resource], item.path) for item in seen}
    return sorted(found)
