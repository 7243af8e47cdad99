"""A breach is rehearsed by the clock, and a bare word proves nothing."""

from datetime import timedelta
from email.message import EmailMessage

import msgspec
import pytest

from audit.drills.breach import CONTENT, KIND
from tests.drilling import recoverable

CANARY = "Mustermann-7f3c"
ITEM = recoverable(
    "breach", "rehearsal", "breach notice", measures=("rto",), proves=("breach-rehearsal",), rto_s=24 * 3600
)
NAME = "drill-20260812t090000z-000001-1"


class Duty:
    """A person who needs an hour for each thing that they are asked."""

    def __init__(self, clock, *, words=("yes", "yes"), parts=CONTENT, name=NAME, sent=timedelta(0), hours=1):
        self._clock, self._words, self._hours = clock, list(words), hours
        self._parts, self._name, self._sent = parts, name, sent

    def told(self, question):
        """Answer the next question."""
        self._clock.sleep(self._hours * 3600)
        return self._words.pop(0)

    def proof(self, what):
        """Hand over a file."""
        self._clock.sleep(self._hours * 3600)
        text = f"{self._name}\n" + "".join(f"{part.title()}: {CANARY}\n" for part in self._parts)
        if what.startswith("the assessment"):
            return text.encode()
        mail = EmailMessage()
        mail["Date"] = self._clock.now() + self._sent
        mail["Subject"] = CANARY
        mail.set_content(text)
        return mail.as_bytes()


def test_the_time_from_awareness_to_notice_is_measured(drilling):
    """Four things at an hour each: the notice was sent two hours after it was known, and confirmed after four."""
    record = drilling.run(KIND, ITEM, person=Duty(drilling.clock))
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6)
    assert (record.verdict.rto.state, record.verdict.rto.achieved_s // 3600) == ("met", 4)
    assert record.verdict.rpo.state == "not-applicable"
    assert record.verdict.met
    assert record.verdict.cleanup.state == "not-needed"
    noticed = next(check for check in record.checks if check.id == "breach.noticed")
    assert 120 <= noticed.observed["minutes_from_awareness"] <= 121


@pytest.mark.parametrize(
    ("changes", "state", "level"),
    [
        pytest.param({"words": ("no",)}, "failed", 3, id="nobody is on duty"),
        pytest.param({"parts": CONTENT[1:]}, "failed", 4, id="the assessment lacks what happened"),
        pytest.param({"parts": tuple(part for part in CONTENT if part != "contact")}, "failed", 5, id="no contact"),
        pytest.param({"name": "another"}, "failed", 4, id="papers of another rehearsal"),
        pytest.param({"sent": timedelta(days=-9)}, "failed", 5, id="a notice of last week"),
        pytest.param({"sent": timedelta(days=9)}, "failed", 5, id="a notice of next week"),
        pytest.param({"words": ("yes", "no")}, "failed", 6, id="the reader did not understand"),
    ],
)
def test_what_is_missing_is_found_where_it_is_missing(drilling, changes, state, level):
    """Each gap fails at its own level."""
    found = drilling.run(KIND, ITEM, person=Duty(drilling.clock, **changes)).verdict.recoverability
    assert (found.state, found.level) == (state, level)


def test_a_notice_after_the_target_misses_it(drilling):
    """Four things at nine hours each are too late for a day."""
    assert drilling.run(KIND, ITEM, person=Duty(drilling.clock, hours=9)).verdict.rto.state == "missed"


def test_without_a_person_nothing_is_rehearsed(drilling):
    """A scheduler cannot say that somebody knew."""
    assert drilling.run(KIND, ITEM).verdict.recoverability.state == "not-run"


def test_nothing_of_the_papers_is_kept(drilling, tmp_path):
    """Neither journal nor record holds a word of them."""
    record = drilling.run(KIND, ITEM, person=Duty(drilling.clock))
    kept = msgspec.json.encode(record) + b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert CANARY.encode() not in kept
