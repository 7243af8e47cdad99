"""The clock of every breach is measured, and nothing else of it leaves the register."""

from datetime import timedelta

import pytest

from audit.facts import Unseen
from audit.model import Verdict
from audit.people import Breach
from audit.sources.data import breach_clock
from tests.data.insides import NOW, inside
from tests.probes.scenes import verdict

TARGETS = {"data": {"notice_hours": 24}}
CONTROL = "data-breach-told-in-time"
FACTS = "the mail of Mustermann was read"


def breach(aware, notified=None, *, closed=False):
    """Return a breach of so many hours ago, told so many hours ago."""
    return Breach(
        id="BR-2026-1",
        aware=NOW - timedelta(hours=aware),
        notified=None if notified is None else NOW - timedelta(hours=notified),
        facts=FACTS,
        owner="data protection officer",
        closed=NOW if closed else None,
    )


@pytest.mark.parametrize(
    ("breaches", "expected"),
    [
        pytest.param((), Verdict.KEPT, id="an empty register"),
        pytest.param((breach(100, 90),), Verdict.KEPT, id="told in time"),
        pytest.param((breach(10),), Verdict.KEPT, id="there is time left"),
        pytest.param((breach(100, 75),), Verdict.BROKEN, id="told late"),
        pytest.param((breach(25),), Verdict.BROKEN, id="not told in time"),
        pytest.param((breach(10, closed=True),), Verdict.BROKEN, id="closed and never told"),
        pytest.param((breach(100, 90), breach(25)), Verdict.BROKEN, id="one of two"),
    ],
)
def test_each_breach_is_told_within_the_promised_time(breaches, expected):
    named = [
        Breach(**{name: getattr(one, name) for name in one.__struct_fields__} | {"id": f"BR-{place}"})
        for place, one in enumerate(breaches)
    ]
    found = breach_clock.check(inside(TARGETS, breaches=tuple(named)))
    assert verdict(CONTROL, found, TARGETS)[0] is expected
    assert FACTS not in repr(found)


def test_a_register_that_is_not_there_is_no_empty_one():
    with pytest.raises(Unseen, match="no register of breaches: keep breaches.toml"):
        breach_clock.check(inside(TARGETS, breaches=None))
