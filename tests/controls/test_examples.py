"""Every control's examples are its tests: each gets the verdict it states."""

import pytest

from audit.engine import rule
from audit.model import Verdict
from tests.support import CONTROLS, estate_of, policies_for, subject_of

CASES = [
    pytest.param(control, example, id=f"{control.id}: {example.verdict} {number} {example.note}")
    for control in CONTROLS.values()
    for number, example in enumerate(control.examples, 1)
]


@pytest.mark.parametrize(("control", "example"), CASES)
def test_an_example_gets_its_verdict(control, example):
    """The ruling on the example is the verdict it states, and it says why."""
    estate = estate_of(control, example)
    ruling = rule(control, subject_of(control, estate), policies_for(example), estate)
    assert (ruling.verdict, bool(ruling.reason)) == (example.verdict, True), ruling.reason


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_a_control_can_fail_and_can_be_kept(control):
    """A control that cannot fail proves nothing, and one that cannot be unproven proves too much."""
    shown = {example.verdict for example in control.examples}
    assert {Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN} <= shown
