"""Waivers are audited: what has ended, means too much or excuses nothing is named, and nothing else is."""

from datetime import date, timedelta

import msgspec
import pytest

from audit.engine import judge
from audit.facts import UNKNOWN
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Gap, Plane, Snapshot, Verdict
from audit.promises import Flaw, Waiver
from tests.made import control, policies, thing
from tests.support import NOON

TODAY = date(2026, 6, 30)
OPEN = thing(STORAGE_ACCOUNT, "urn:open", {"shut": False}, name="open")
TWIN = thing(STORAGE_ACCOUNT, "urn:twin", {"shut": False}, name="open")
SHUT = thing(STORAGE_ACCOUNT, "urn:shut", {"shut": True}, name="shut")
UNSURE = thing(STORAGE_ACCOUNT, "urn:unsure", {"shut": UNKNOWN}, name="unsure")
GAP = Gap("the listing was refused", (STORAGE_ACCOUNT.arm,))
ACCOUNTS = control("accounts-shut", on=(STORAGE_ACCOUNT,))
LOCK = msgspec.structs.replace(ACCOUNTS, one_way=True)
ELSEWHERE = msgspec.structs.replace(ACCOUNTS, planes=(Plane.LIVE,))
PLAIN = {
    "control": ACCOUNTS.id,
    "resource": "open",
    "planes": (Plane.PROGRAM,),
    "reason": "a locksmith is on the way",
    "owner": "the caretaker",
    "until": date(2027, 1, 1),
}


def audited(changes, *resources, rule=ACCOUNTS, gaps=(), plane=Plane.PROGRAM):
    """Judge resources with one waiver, and return what is said of it."""
    seen = Snapshot(plane=plane, origin="a test", seen_at=NOON, resources=resources, gaps=gaps)
    rules = policies(rule, waivers=(Waiver(**PLAIN | changes),))
    report = judge(seen, rules, TODAY, product="test")
    (result,) = report.waivers
    return result, report


@pytest.mark.parametrize(
    ("changes", "resources", "more", "excuses", "flaws"),
    [
        pytest.param({}, (OPEN,), {}, True, [], id="one that holds"),
        pytest.param({"until": TODAY - timedelta(1)}, (OPEN,), {}, False, ["expired"], id="it ended yesterday"),
        pytest.param({"until": TODAY}, (OPEN,), {}, True, ["near expiry"], id="it ends today"),
        pytest.param({"until": TODAY + timedelta(30)}, (OPEN,), {}, True, ["near expiry"], id="it ends in 30 days"),
        pytest.param({"until": TODAY + timedelta(31)}, (OPEN,), {}, True, [], id="it ends in 31 days"),
        pytest.param({"resource": "old"}, (OPEN,), {}, False, ["unused"], id="nothing of that name"),
        pytest.param({"resource": "shut"}, (SHUT,), {}, False, ["unused"], id="it is kept without it"),
        pytest.param({"resource": "unsure"}, (UNSURE,), {}, False, ["unused"], id="what is unproven is not excused"),
        pytest.param({"resource": "old"}, (OPEN,), {"gaps": (GAP,)}, False, [], id="a gap may hide what it excuses"),
        pytest.param({}, (OPEN,), {"plane": Plane.LIVE}, False, [], id="of a plane it does not name it says nothing"),
        pytest.param({}, (OPEN,), {"rule": ELSEWHERE}, False, ["unused"], id="its control is not judged here"),
        pytest.param({"planes": ()}, (OPEN,), {}, False, ["unused"], id="it names no plane"),
        pytest.param({}, (OPEN, TWIN), {}, False, ["too wide"], id="two bear the name"),
        pytest.param({"resource": "op*"}, (OPEN,), {}, False, ["too wide"], id="a wildcard"),
        pytest.param({"resource": " "}, (OPEN,), {}, False, ["too wide"], id="no name"),
        pytest.param({"planes": (*Plane,)}, (OPEN,), {}, True, [], id="any plane for what is no lock"),
        pytest.param({"planes": (*Plane,)}, (OPEN,), {"rule": LOCK}, True, ["too wide"], id="a lock on every plane"),
        pytest.param(
            {"resource": "op*", "until": TODAY - timedelta(1)}, (OPEN,), {}, False, ["expired", "too wide"], id="both"
        ),
    ],
)
def test_a_waiver_is_told_with_what_is_wrong_with_it(changes, resources, more, excuses, flaws):
    """Worst first; the finding is waived where the waiver says that it excuses, and nowhere else."""
    result, report = audited(changes, *resources, **more)
    assert (result.excuses, [str(flaw.flaw) for flaw in result.flaws]) == (excuses, flaws)
    assert (report.controls != () and report.controls[0].verdict is Verdict.WAIVED) is excuses


def test_an_expired_waiver_says_who_is_to_renew_it():
    """The deviation it excused is broken again, and the words name the day and the owner."""
    result, report = audited({"until": TODAY - timedelta(1)}, OPEN)
    assert result.flaws[0].flaw is Flaw.EXPIRED
    assert result.flaws[0].reason == ("it expired on 2026-06-29: mend the deviation, or have the caretaker renew it")
    assert report.verdict is Verdict.BROKEN


def test_the_waivers_of_this_repository_hold(untouched):
    """Each excuses one open lock before it runs, and nothing is wrong with it."""
    assert [result.waiver.resource for result in untouched.waivers if result.flaws or not result.excuses] == []
