"""Drills run side by side without meeting, and one that dies is gone on with by whoever comes next."""

import os
import signal
import threading
from email.message import EmailMessage

import msgspec
import pytest

from audit.drill_record import Operator, Population
from audit.drills import runner
from audit.drills.breach import CONTENT
from audit.drills.drill import Beginning, Means
from audit.drills.time import Clock
from audit.model import AuditError
from tests.drilling import recoverable, settings
from tests.drills.records import NOW

CLOCK = Clock(now=lambda: NOW, sleep=lambda seconds: None, forward=lambda: 0.0, boot="one boot")


class Duty:
    """A person who does what they are asked, at once; `dies` is the number of the question at which all ends."""

    def __init__(self, begun, dies=0):
        self._name = f"drill-{begun.drill_id.lower()}-{begun.attempt}"
        self._asked, self._dies = 0, dies

    def told(self, question):
        """Say yes."""
        self._asked += 1
        if self._asked == self._dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return "yes"

    def proof(self, what):
        """Hand over a paper with all that it needs."""
        self.told(what)
        mail = EmailMessage()
        mail["Date"] = NOW
        text = f"{self._name}\n" + "".join(f"{part}: a word\n" for part in CONTENT)
        mail.set_content(text)
        return text.encode() if what.startswith("the assessment") else mail.as_bytes()


def means(begun, **words):
    """Return what a rehearsal acts by: a person, and no cloud."""
    return Means(clock=CLOCK, actor=None, person=Duty(begun, **words))


def beginning(number=1, ref="breach-0123456789ab"):
    """Return the first line of a rehearsal's journal."""
    item = recoverable("breach", "rehearsal", "notice of a breach", measures=("rto",))
    return Beginning(
        drill_id=f"20260812T090000Z-{number:06x}",
        attempt=1,
        plan="a plan",
        recoverable=msgspec.structs.replace(item, ref=ref),
        population=Population(in_scope=1, eligible=1, method="named", seed="a seed"),
        operator=Operator(identity="drills", role="drills' identity", authorised_by="head of operations"),
        settings=settings(CLOCK),
        tool_digest="0" * 64,
        product="promise-audit",
        clock=CLOCK.reading(),
    )


def several(work, beginnings, *, at_once=2, may_begin=lambda: True, told=lambda ended: None):
    made = [lambda begun=begun: begun for begun in beginnings]
    return runner.run_all(work, made, means, at_once=at_once, may_begin=may_begin, told=told)


def died(work, begun, at):
    """Run a drill in a process that is killed at its so-manieth question; returns its folder."""
    folder = runner.begin(work, begun)
    child = os.fork()
    if child == 0:
        with runner.held(work, begun.recoverable.ref):
            runner.go(folder, lambda begun: means(begun, dies=at))
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    return folder


def test_drills_of_several_items_run_side_by_side_and_come_back_in_their_order(tmp_path):
    meet = threading.Barrier(4, timeout=20)
    begun = [beginning(number, f"breach-{number:012x}") for number in range(8)]
    found = several(tmp_path, begun, at_once=4, told=lambda ended: meet.wait())
    assert [ended.ref for ended in found] == [one.recoverable.ref for one in begun]
    assert {ended.record.verdict.recoverability.state for ended in found} == {"proven"}
    assert all(runner.ended(runner.lines(ended.folder)) for ended in found)


def test_an_item_that_another_process_drills_is_left_alone(tmp_path):
    """It is said, nothing is begun, and the others have their turn."""
    ready, go_on = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with runner.held(tmp_path, "breach-000000000001"):
            os.write(ready[1], b"x")
            os.read(go_on[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    found = several(tmp_path, [beginning(1, "breach-000000000001"), beginning(2, "breach-000000000002")])
    assert "drilled by another process" in found[0].why
    assert (found[0].record, found[1].record is None) == (None, False)
    assert len(runner.folders(tmp_path)) == 1
    os.write(go_on[1], b"x")
    os.waitpid(child, 0)
    assert several(tmp_path, [beginning(3, "breach-000000000001")])[0].record


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_what_died_at_any_question_is_gone_on_with(tmp_path, at):
    """The lock of a dead process holds nobody up."""
    folder = died(tmp_path, beginning(), at)
    assert not runner.ended(runner.lines(folder))
    (ended,) = runner.resume_all(tmp_path, [folder], means, told=lambda ended: None)
    assert ended.record.drill_id == beginning().drill_id
    assert runner.ended(runner.lines(folder))


def test_a_line_that_was_cut_off_was_never_written(tmp_path):
    folder = died(tmp_path, beginning(), 2)
    with (folder / runner.JOURNAL).open("ab") as file:
        file.write(b'{"seq":99,"at":"20')
    (ended,) = runner.resume_all(tmp_path, [folder], means, told=lambda ended: None)
    assert ended.record.verdict.recoverability.state == "proven"


def test_a_journal_that_was_changed_is_no_evidence_and_keeps_no_other_from_its_end(tmp_path):
    changed, sound = died(tmp_path, beginning(1), 2), died(tmp_path, beginning(2), 2)
    path = changed / runner.JOURNAL
    path.write_bytes(path.read_bytes().replace(b"head of operations", b"head of operationz"))
    found = runner.resume_all(tmp_path, [changed, sound], means, told=lambda ended: None)
    assert (found[0].record, found[1].record is None) == (None, False)
    assert "no evidence any more" in found[0].why


def test_a_drill_that_died_before_its_first_line_says_so(tmp_path):
    folder = tmp_path / "20260812T090000Z-000001-1"
    folder.mkdir()
    (folder / runner.JOURNAL).write_bytes(b'{"seq":1')
    (ended,) = runner.resume_all(tmp_path, [folder], means, told=lambda ended: None)
    assert "died before it did anything" in ended.why


def test_nothing_begins_once_the_time_is_over_and_what_began_ends(tmp_path):
    done = []
    begun = [beginning(number, f"breach-{number:012x}") for number in range(5)]
    found = several(tmp_path, begun, at_once=1, may_begin=lambda: len(done) < 2, told=done.append)
    assert [ended.record is not None for ended in found] == [True, True, False, False, False]
    assert "this run begins nothing more" in found[-1].why
    assert len(runner.folders(tmp_path)) == 2


def test_a_drill_of_the_same_name_is_never_written_over(tmp_path):
    several(tmp_path, [beginning()])
    before = (runner.folders(tmp_path)[0] / runner.JOURNAL).read_bytes()
    (again,) = several(tmp_path, [beginning()])
    assert "cannot write" in again.why
    assert (runner.folders(tmp_path)[0] / runner.JOURNAL).read_bytes() == before


def test_a_journal_is_for_its_owners_eyes(tmp_path):
    folder = runner.begin(tmp_path, beginning())
    assert (folder.stat().st_mode & 0o777, (folder / runner.JOURNAL).stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditError, match="Name another folder with --work") as caught:
        runner.begin(tmp_path / "file", beginning())
    assert "\n" not in str(caught.value)
