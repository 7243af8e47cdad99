"""Every promise names all that proves it, and everything that it names is there."""

import pytest

from audit.policies import load
from tests.support import POLICIES

RULES = load(POLICIES)
COMMITMENTS = {one.id: one for statement in RULES.statements for one in statement.commitments}
CATALOGUE = {
    "AT-01": ("A-23 A-24", 12),
    "AT-02": ("A-06a A-06b A-07b A-27a", 12),
    "AT-03": ("A-02 A-25 A-26 B-23 B-25", 12),
    "AT-04": ("A-27b2 A-15c A-20 B-04", 6),
    "AT-05": ("A-14c", 12),
    "AT-06": ("A-14d A-27e4", 12),
    "AT-07": ("A-12a A-12b A-12c A-12d A-27b1", 12),
    "AT-08": ("B-21 B-07a", 12),
    "AT-09": ("B-22", 6),
    "AT-10": ("A-28a B-20", 6),
    "AT-11": ("B-06 B-08", 12),
    "AT-12": ("A-15b A-15c", 12),
    "AT-13": ("A-04", 12),
    "AT-14": ("A-27d1 A-27d2", 12),
    "AT-15": ("A-01 A-29", 12),
}
"""What is attested → the commitments that rest on it, and the months for which a word holds (catalogue §1.5)."""


@pytest.mark.parametrize("kind", CATALOGUE)
def test_what_is_attested_is_asked_for_by_the_promises_that_rest_on_it(kind):
    promises, months = CATALOGUE[kind]
    assert [one for one in promises.split() if kind not in COMMITMENTS[one].pending.attestations] == []
    assert RULES.attestation_kinds[kind].months == months


def test_no_promise_waits_for_a_proof_that_is_not_built():
    """What is still pending are drills that must be run and words that must be given."""
    waiting = {
        one.id: one.pending for one in COMMITMENTS.values()
        if one.pending.controls or one.pending.probes or one.pending.data_checks
    }  # fmt: skip
    assert waiting == {}


def test_every_promise_of_our_own_has_a_proof_or_says_why_nothing_can_prove_it():
    bare = [
        one.id
        for one in COMMITMENTS.values()
        if one.counted and not (one.controls or one.pending.ids() or one.unprovable)
    ]
    assert bare == []
