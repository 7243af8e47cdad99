"""A drill's pack holds the journal that its record was made of, or does not verify."""

import msgspec
import pytest

from audit.evidence.checking import check
from audit.evidence.pack import drilled, opened
from audit.evidence.trust import Trust
from audit.journal import Journal, read
from tests import packs
from tests.drills.records import NOW, record


def written(path, *, lines=3, word="a word"):
    """Write a journal of so many lines; returns its bytes."""
    journal = Journal(path)
    for number in range(lines):
        journal.append("step", {"number": number, "word": word}, NOW)
    journal.close()
    return path.read_bytes()


def made_of(lines):
    """Return a record that says it was made of a journal."""
    entries = read(lines)
    plain = record("sql-0123456789ab", NOW)
    return msgspec.structs.replace(plain, journal_entries=len(entries), journal_head=entries[-1].hash)


def test_a_journal_that_tells_of_no_drill_does_not_verify(tmp_path):
    """It is whole, and the record names its last line: a drill's own is in `test_attacks_on_drills`."""
    lines = written(tmp_path / "journal")
    folder = drilled(tmp_path / "packs", made_of(lines), product=packs.PRODUCT, lines=lines)
    checked = check(folder, Trust())
    assert ["no drill's journal" in fault.what for fault in checked.faults] == [True]
    assert opened(folder, checked).drill is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"word": "another"}, id="of another drill"),
        pytest.param({"lines": 2}, id="cut short"),
        pytest.param({"lines": 4}, id="that went on"),
        pytest.param({"lines": 0}, id="empty"),
    ],
)
def test_a_pack_with_another_journal_does_not_verify(tmp_path, other):
    record_of = made_of(written(tmp_path / "own"))
    folder = drilled(tmp_path / "packs", record_of, product=packs.PRODUCT, lines=written(tmp_path / "other", **other))
    checked = check(folder, Trust())
    assert checked.faults
    assert opened(folder, checked).drill is None
