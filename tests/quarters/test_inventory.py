"""What there was at the beginning and the end of a quarter is reconciled, and nobody's word is lost."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from audit.model import Unassessed
from audit.people import Breach
from audit.promises import Waiver
from tests.quarter_packs import BEFORE, FIRST, MONDAYS, account, pack, quarter, rules, vault

FIELDS = ("expected", "appeared", "disappeared", "found", "in_scope", "out_of_scope")


def rows(*packs):
    made = quarter(list(packs)).inventory
    return {row.type: tuple(getattr(row, name) for name in FIELDS) for row in made.rows}, made


def told(at, *unassessed):
    made = pack(at)
    return msgspec.structs.replace(made, report=msgspec.structs.replace(made.report, unassessed=unassessed))


def test_what_came_and_went_sums_to_what_was_found():
    then = pack(BEFORE, account("one"), account("two"), vault())
    now = pack(FIRST, account("two"), account("three"), account("four"), vault())
    found, made = rows(then, now)
    assert found["Microsoft.Storage/storageAccounts"] == (2, 2, 1, 3, 3, 0)
    assert (made.opening, made.closing, made.opened_before) == (then.checked.id, now.checked.id, True)


def test_the_first_run_opens_a_quarter_that_none_came_before():
    found, made = rows(pack(FIRST), pack(MONDAYS[3], account("one"), vault()))
    assert found["Microsoft.Storage/storageAccounts"] == (1, 1, 1, 1, 1, 0)
    assert made.opened_before is False


def test_a_run_that_cannot_be_believed_neither_opens_nor_closes():
    _, made = rows(pack(BEFORE, sealed=False), pack(FIRST), pack(MONDAYS[3], faults=("edited",)))
    assert made.opening == made.closing == pack(FIRST).checked.id


def test_types_that_nothing_knows_are_counted_and_out_of_scope():
    kind = "Microsoft.Quantum/workspaces"
    found, made = rows(told(BEFORE), told(FIRST, Unassessed(kind, "3 in Azure", "no control knows this type")))
    assert found[kind] == (0, 3, 0, 3, 0, 3)
    assert "no control knows this type" in made.rows[-1].why


def test_what_the_last_run_could_not_see_stands_beside_the_figures():
    _, made = rows(pack(FIRST, gaps=(("Azure answered 403", ()),)))
    assert made.gaps == ("Azure answered 403",)


def breach(**more):
    return Breach(
        id="B-1", aware=datetime(2026, 10, 3, 8, tzinfo=UTC), facts="a key was lost", owner="platform", **more
    )


@pytest.mark.parametrize(
    ("entry", "minutes"),
    [
        pytest.param(breach(), [None], id="nobody was told"),
        pytest.param(breach(notified=datetime(2026, 10, 4, 9, 30, 59, tzinfo=UTC)), [1530], id="told the next day"),
        pytest.param(breach(closed=datetime(2026, 10, 9, tzinfo=UTC)), [None], id="closed in the quarter"),
        pytest.param(
            msgspec.structs.replace(breach(), aware=datetime(2026, 3, 1, tzinfo=UTC)), [None], id="open since spring"
        ),
        pytest.param(
            msgspec.structs.replace(breach(closed=datetime(2026, 9, 1, tzinfo=UTC)), aware=BEFORE),
            [],
            id="closed before",
        ),
        pytest.param(msgspec.structs.replace(breach(), aware=datetime(2027, 1, 1, tzinfo=UTC)), [], id="to come"),
    ],
)
def test_a_breach_is_told_with_its_clock_while_it_was_open(entry, minutes):
    assert [one.minutes for one in quarter([], rules(breaches=(entry,))).breaches] == minutes


def test_a_waiver_that_was_withdrawn_in_the_quarter_is_told():
    waiver = Waiver(
        control="storage-shut",
        resource="files",
        planes=("live",),
        reason="a locksmith is on the way",
        owner="the caretaker",
        until=date(2026, 10, 31),
    )
    waived = rules(waivers=(waiver,))
    seen = account("files", shut=False), vault()
    made = quarter([pack(FIRST, *seen, policies=waived), pack(MONDAYS[0], *seen)])
    assert [(one.excuses, one.flaws) for one in made.waivers] == [(False, ("it is there no more",))]
    (one,) = made.exceptions
    assert (one.verdict, len(one.spans), one.standing) == ("broken", 1, True)
    made = quarter([pack(FIRST, *seen, policies=waived)], waived)
    assert [(one.verdict, bool(one.waiver)) for one in made.exceptions] == [("waived", True)]
    assert made.waivers[0].excuses is True
