"""What must be recoverable comes from what is declared and what runs together: silence takes nothing out of scope."""

import msgspec
import pytest

from audit.drill_rules import Class, DrillRules, LeftOut, NegativeControl
from audit.drills.population import negative, population, ref_of
from audit.model import AuditError, Plane, Resource, Snapshot, Targets
from tests.drills.records import NOW

ROOT = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/data/providers/Microsoft.Sql/servers/one"
TARGETS = Targets({"recovery": {"sql": {"rpo_minutes": 60, "rto_minutes": 240}, "region": {"rto_minutes": 720}}})
CLASS = Class(
    kind="sql",
    types=("Microsoft.Sql/servers/databases",),
    without=("*/databases/master",),
    tier="data",
    drills=("BCK-13",),
    methods=("point-in-time", "geo"),
    target="recovery.sql",
    targets={"geo": "recovery.region"},
)


def database(name, *, spelt=str, **body):
    return Resource(
        type="Microsoft.Sql/servers/databases",
        id=spelt(f"{ROOT}/databases/{name}"),
        name=name,
        plane=Plane.LIVE,
        seen_at=NOW,
        body=body,
    )


def snapshot(*resources):
    return Snapshot(plane=Plane.LIVE, origin="here", seen_at=NOW, resources=resources)


def found(*, declared=None, seen=None, rules=CLASS):
    return population(DrillRules(classes=(rules,), region="uksouth"), TARGETS, (), declared=declared, seen=seen)


def test_what_runs_and_is_declared_nowhere_is_in_scope():
    (entry,) = found(seen=snapshot(database("orders", location="ukwest", maxSizeBytes=1 << 30)))
    assert (entry.item.region, entry.item.bytes, entry.item.rpo_s, entry.item.rto_s) == ("ukwest", 1 << 30, 3600, 14400)


def test_what_is_declared_and_does_not_answer_stays_in_scope():
    """Nothing was seen to run: it cannot be drilled, and is counted all the same."""
    urn = "urn:pulumi:production::shop::azure-native:sql:Database::orders"
    declared = msgspec.structs.replace(database("orders"), id=urn, plane=Plane.PROGRAM)
    (entry,) = found(declared=snapshot(declared), seen=snapshot())
    assert entry.item is None
    assert "nothing that runs" in entry.why
    assert entry.left_out.ref == entry.ref
    with pytest.raises(AuditError, match="cannot be drilled"):
        entry.by("point-in-time")


def test_an_id_is_the_same_item_however_it_is_spelt():
    assert len(found(seen=snapshot(database("orders"), database("orders", spelt=str.upper)))) == 1
    assert ref_of("sql", "/A/b/") == ref_of("sql", "/a/B")


def test_what_a_class_leaves_out_by_pattern_is_no_part_of_it():
    assert [entry.name for entry in found(seen=snapshot(database("master"), database("orders")))] == ["orders"]


def test_what_cannot_be_drilled_is_in_scope_with_its_reason():
    rules = msgspec.structs.replace(CLASS, left_out=(LeftOut(name="*/databases/orders", reason="it has no backup"),))
    (entry,) = found(seen=snapshot(database("orders")), rules=rules)
    assert (entry.item, entry.why) == (None, "it has no backup")


def test_a_method_with_targets_of_its_own_is_measured_by_them_alone():
    (entry,) = found(seen=snapshot(database("orders")))
    assert (entry.by("geo").rpo_s, entry.by("geo").rto_s, entry.by("geo").measures) == (None, 720 * 60, ("rto",))
    assert entry.by("point-in-time").rpo_s == 3600


def test_what_no_stack_declares_is_in_scope_by_its_name():
    rules = msgspec.structs.replace(CLASS, kind="exchange", types=(), named=("mailboxes 1", "mailboxes 2"))
    entries = found(rules=rules)
    assert sorted(entry.name for entry in entries) == ["mailboxes 1", "mailboxes 2"]
    assert all("mailboxes" not in entry.ref for entry in entries)


def test_a_class_without_targets_is_an_error_of_one_line():
    with pytest.raises(AuditError, match=r"which targets\.toml has not") as caught:
        found(rules=msgspec.structs.replace(CLASS, target="recovery.none"), seen=snapshot())
    assert "\n" not in str(caught.value)


def test_a_negative_control_is_drilled_as_its_kind_is_and_proves_nothing():
    control = NegativeControl(kind="sql", id=f"{ROOT}/databases/damaged", method="geo", damage="a table is missing")
    (item,) = negative(DrillRules(classes=(CLASS,), negative_controls=(control,)), TARGETS)
    assert (item.method, item.negative, item.commitments, item.rto_s) == ("geo", "a table is missing", (), 720 * 60)


def test_a_negative_control_of_no_class_is_an_error():
    control = NegativeControl(kind="vm", id="/x", method="disks", damage="a disk is empty")
    with pytest.raises(AuditError, match="no class is of the negative control's kind vm"):
        negative(DrillRules(classes=(CLASS,), negative_controls=(control,)), TARGETS)
