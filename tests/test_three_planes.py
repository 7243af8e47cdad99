"""The program, what runs and the saved snapshot of it are judged alike; where they are not, the reason stands here."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from audit.model import Verdict
from audit.promises import Contrast
from audit.sources import snapshot as saved

pytestmark = pytest.mark.xdist_group("production")

_LOCK = "a lock that nothing opens again: the program may leave it open by a waiver, what runs counts as it is"
EXPLAINED = {
    "backup-blob-vault-immutable": _LOCK,
    "backup-vault-immutable": _LOCK,
    "offsite-lock-compliance": _LOCK,
    "storage-archive-locked": _LOCK,
}
"""Control that rules otherwise on what runs than on the program → why that is right."""

_DRILL = "only a rehearsal shows it, and none was held on the first day"
OPEN = {
    "backup-failover-tested": _DRILL,
    "backup-restores-tried": _DRILL,
    "offsite-objects-locked": "nothing has been copied on the first day",
    "sql-long-term-backups-locked": "the first weekly copy comes after a week",
}
"""Control of what runs alone that a healthy estate cannot show after its first day → why."""


class Page(SingleFileSnapshotExtension):
    """A page of Markdown beside the tests."""

    _write_mode = WriteMode.TEXT
    file_extension = "md"


@pytest.fixture(scope="module")
def compared(production):
    """Return what came of comparing the program with what runs."""
    return production.compared(production.live)


@pytest.fixture(scope="module")
def again(production, tmp_path_factory):
    """Return the same, with what runs read from a file."""
    file = tmp_path_factory.mktemp("saved") / "snapshot.json"
    saved.write(production.live, file)
    return production.compared(saved.collect(file, now=datetime.now(UTC)))


def test_the_saved_snapshot_is_judged_like_what_runs_byte_for_byte(compared, again):
    # Digests, since the difference of two long texts takes minutes to print.
    told = [sha256(msgspec.json.encode(found.live)).hexdigest() for found in (compared, again)]
    assert told[0] == told[1]
    assert again.differences == compared.differences


def test_what_both_planes_can_see_is_ruled_alike_but_for_what_is_explained(compared):
    assert {name for name, (before, after) in _both(compared).items() if before is not after} == set(EXPLAINED)


def test_whatever_the_program_shows_to_a_control_it_meets_where_it_runs(compared):
    ids = {resource.id: identity for identity, resource in compared.matched.declared.items()}
    both = _both(compared)
    met = {(one.control, one.resource.lower()) for result in compared.live.controls for one in result.findings}
    missed = [
        (one.control, one.name)
        for result in compared.program.controls
        for one in result.findings
        if one.control in both and (identity := ids.get(one.resource)) and (one.control, identity) not in met
    ]
    assert missed == []


def test_what_runs_leaves_nothing_open_after_its_first_day_but_what_is_explained(compared):
    both, fine = _both(compared), (Verdict.KEPT, Verdict.NOT_APPLICABLE)
    assert {one.id for one in compared.live.controls if one.id not in both and one.verdict not in fine} == set(OPEN)


def test_what_runs_as_declared_has_not_drifted(compared):
    told = Counter((one.contrast, one.controls) for one in compared.differences)
    assert set(told) == {(Contrast.VERDICT, (name,)) for name in EXPLAINED if not name.startswith("offsite-")}


def test_the_table_of_differences_is_as_recorded(compared, again, snapshot):
    of_file = {one.id: one.verdict for one in again.live.controls}
    rows = {name: (*both, EXPLAINED.get(name)) for name, both in _both(compared).items() if both[0] is not both[1]}
    rows |= {one.id: ("-", one.verdict, OPEN[one.id]) for one in compared.live.controls if one.id in OPEN}
    head = ("| Control | Program | What runs | Snapshot of it | Why |", "|---|---|---|---|---|")
    told = (f"| {name} | {a} | {b} | {of_file[name]} | {why} |" for name, (a, b, why) in sorted(rows.items()))
    page = "\n".join(("# Where the planes differ", "", *head, *told, ""))
    assert page == snapshot(extension_class=Page)


def _both(compared):
    """Return the verdicts of every control that judges both planes, by its name."""
    after = {result.id: result.verdict for result in compared.live.controls}
    return {one.id: (one.verdict, after[one.id]) for one in compared.program.controls if one.id in after}
