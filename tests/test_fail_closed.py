"""Missing evidence never reads as kept: every control, every property it reads, every way not to see it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from audit.engine import Court, rule
from audit.estate import IndexedEstate
from audit.facts import SECRET, UNKNOWN, Reading, readings
from audit.model import Control, Example, Gap, Resource, Snapshot, Verdict
from tests.support import CONTROLS, NOON, policies_for, snapshot_of, subject_of

REMOVED = object()
WRONG = {"shape": "that nobody expects"}
SPOILT = {"missing": REMOVED, "null": None, "wrong-typed": WRONG, "unknown": UNKNOWN, "secret": SECRET}
TOLERATED = {
    # Tags say which rule applies to a resource; one without the tag is under the stricter rule or out of this control.
    "tags",
}


def kept_examples() -> Iterator[Any]:
    for control in CONTROLS.values():
        for number, example in enumerate(control.examples, 1):
            if example.verdict is Verdict.KEPT:
                yield pytest.param(control, example, id=f"{control.id} {number}")


def what_was_read(control: Control, example: Example, snapshot: Snapshot) -> list[Reading]:
    """Rule on an example and return each value that the ruling rests on, once."""
    estate = IndexedEstate(snapshot)
    with readings() as seen:
        rule(control, subject_of(control, estate), policies_for(example), estate)
    return [item for item in {(r.resource, r.path): r for r in seen}.values() if item.value is not None]


def spoil(body: Any, path: list[str], value: Any) -> Any:
    """Return a copy of a body with the value at a path (`rules[0].access`) replaced or removed."""
    step, index = (path[0].split("[")[0], int(path[0].split("[")[1][:-1])) if "[" in path[0] else (path[0], None)
    copy = dict(body)
    if index is not None:
        items = list(copy[step])
        items[index] = spoil(items[index], path[1:], value) if path[1:] else value
        copy[step] = [item for item in items if item is not REMOVED]
    elif path[1:]:
        copy[step] = spoil(copy[step], path[1:], value)
    elif value is REMOVED:
        copy.pop(step)
    else:
        copy[step] = value
    return copy


def spoilt(snapshot: Snapshot, reading: Reading, value: Any) -> Snapshot:
    """Return the snapshot with one value that was read spoilt."""

    def after(found: Resource) -> Resource:
        if found.id != reading.resource:
            return found
        return msgspec.structs.replace(found, body=spoil(found.body, reading.path.split("."), value))

    return msgspec.structs.replace(snapshot, resources=tuple(after(found) for found in snapshot.resources))


def is_declared(path: str, control: Control) -> bool:
    """Tell whether the control names a documented default for the property at `path`."""
    plain = re.sub(r"\[\d+\]", "[]", path)
    return any(plain == key or plain.endswith(f".{key}") for key in control.absent)


@pytest.mark.parametrize(("control", "example"), list(kept_examples()))
def test_a_property_not_seen_is_never_kept(control, example):
    """Whatever a kept ruling rests on, taking it away in any of five ways leaves it unproven."""
    snapshot = snapshot_of(control, example)
    wrong = []
    for reading in what_was_read(control, example, snapshot):
        declared = is_declared(reading.path, control) or reading.path.split(".")[0] in TOLERATED
        for way, value in SPOILT.items():
            if declared and way in ("missing", "null"):
                continue
            assert any(found.id == reading.resource for found in snapshot.resources), reading
            estate = IndexedEstate(spoilt(snapshot, reading, value))
            ruling = rule(control, subject_of(control, estate), policies_for(example), estate)
            if ruling.verdict is Verdict.KEPT or (ruling.verdict is Verdict.BROKEN and not ruling.absence):
                wrong.append(f"{reading.resource} {reading.path} {way}: {ruling.verdict}: {ruling.reason}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("control", "example"), list(kept_examples()))
def test_an_incomplete_listing_is_never_kept(control, example):
    """A gap on any kind the control needs leaves it unproven."""
    for kind in control.needs:
        gap = Gap("the listing was refused", (kind.arm,))
        snapshot = snapshot_of(control, example, gaps=(gap,))
        policies = msgspec.structs.replace(policies_for(example), controls={control.id: control})
        result = Court(snapshot, policies, NOON.date()).result(control)
        assert result.verdict is Verdict.UNPROVEN, f"{kind.arm}: {result.findings}"


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_an_empty_estate_proves_nothing(control):
    """No resource at all is unproven, never kept."""
    snapshot = Snapshot(plane=control.planes[0], origin="nothing", seen_at=NOON)
    policies = policies_for(Example(Verdict.UNPROVEN, {}))
    result = Court(snapshot, policies, NOON.date()).result(control)
    assert result.verdict in (Verdict.UNPROVEN, Verdict.BROKEN)
    assert result.verdict is Verdict.UNPROVEN or control.judges_estate()


def test_the_defaults_relied_on_are_documented():
    """Every platform default that can decide a verdict names where it is documented."""
    relied_on: Mapping[str, Mapping[str, str]] = {name: c.absent for name, c in CONTROLS.items() if c.absent}
    assert all(source.strip() for absent in relied_on.values() for source in absent.values())
