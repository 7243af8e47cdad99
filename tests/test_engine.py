"""A control's verdict is the worst of its evidence, and what could not be seen is never taken for kept."""

from datetime import date

import msgspec
import pytest

from audit.engine import Court, judge
from audit.facts import SECRET, UNKNOWN, Cause, Reference, Unseen
from audit.kinds.authorization import MANAGEMENT_LOCK
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Gap, Plane, Severity, Snapshot, Source, Verdict, broken, kept, missing, not_applicable
from audit.promises import Obligation, Waiver
from tests.made import control, policies, shut, thing
from tests.support import NOON

BROKEN, UNPROVEN, WAIVED, KEPT, NOT_APPLICABLE = Verdict
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)
SHUT = thing(STORAGE_ACCOUNT, "urn:shut", {"shut": True}, name="shut")
OPEN = thing(STORAGE_ACCOUNT, "urn:open", {"shut": False}, name="open")
UNSURE = thing(STORAGE_ACCOUNT, "urn:unsure", {"shut": UNKNOWN}, name="unsure")
BLANK = thing(STORAGE_ACCOUNT, "urn:blank", name="blank")
GAP = Gap("the listing was refused", (STORAGE_ACCOUNT.arm,))
OTHER_GAP = Gap("the listing was refused", (MANAGEMENT_LOCK.arm,))
ACCOUNTS = control("accounts-shut", on=(STORAGE_ACCOUNT,))


def waiver(**changes):
    """Excuse the account that stands open, until the end of June."""
    fields = {"control": ACCOUNTS.id, "resource": "open", "planes": (Plane.PROGRAM,), "until": BEFORE}
    return Waiver(**{**fields, "reason": "a locksmith is on the way", "owner": "the caretaker", **changes})


def snapshot(*resources, gaps=(), plane=Plane.PROGRAM):
    """See some resources."""
    return Snapshot(plane=plane, origin="a test", seen_at=NOON, resources=resources, gaps=gaps)


def ask(one, *resources, gaps=(), waivers=(), today=BEFORE, plane=Plane.PROGRAM):
    """Ask one control about some resources."""
    return Court(snapshot(*resources, gaps=gaps, plane=plane), policies(one, waivers=waivers), today).result(one)


@pytest.mark.parametrize(
    ("resources", "gaps", "verdict"),
    [
        pytest.param((), (), UNPROVEN, id="nothing seen"),
        pytest.param((SHUT,), (), KEPT, id="all kept"),
        pytest.param((SHUT, OPEN), (), BROKEN, id="one broken"),
        pytest.param((SHUT, UNSURE), (), UNPROVEN, id="one unknown"),
        pytest.param((SHUT, BLANK), (), UNPROVEN, id="one that does not say"),
        pytest.param((OPEN, UNSURE), (), BROKEN, id="one broken and one unknown"),
        pytest.param((), (GAP,), UNPROVEN, id="nothing seen, and a gap"),
        pytest.param((SHUT,), (GAP,), UNPROVEN, id="all kept, and a gap"),
        pytest.param((SHUT, OPEN), (GAP,), BROKEN, id="one broken, and a gap"),
        pytest.param((SHUT,), (OTHER_GAP,), KEPT, id="a gap in a kind it does not need"),
        pytest.param((SHUT,), (Gap("it stopped"),), UNPROVEN, id="a gap in everything"),
    ],
)
def test_a_controls_verdict_is_the_worst_of_its_evidence(resources, gaps, verdict):
    """No evidence, and evidence with a hole in it, prove nothing."""
    assert ask(ACCOUNTS, *resources, gaps=gaps).verdict is verdict


def test_what_was_seen_stays_kept_beside_a_gap():
    """The hole is a finding of its own, about no resource."""
    first, second = ask(ACCOUNTS, SHUT, gaps=(GAP,)).findings
    assert (first.verdict, first.name) == (KEPT, "shut")
    assert (second.verdict, second.cause, second.name) == (UNPROVEN, Cause.GAP, "")
    assert second.reason == "the listing is incomplete: the listing was refused"


def test_nothing_seen_is_said_by_kind():
    """A reader learns what was looked for."""
    (finding,) = ask(control("x", on=(STORAGE_ACCOUNT, MANAGEMENT_LOCK))).findings
    assert finding.reason == f"no {STORAGE_ACCOUNT.arm} or {MANAGEMENT_LOCK.arm} was seen"
    assert (finding.cause, finding.blocks) == (Cause.NOTHING, True)


def locked(account, estate):
    """Rule on an account by what is attached to it."""
    if estate.children(account, MANAGEMENT_LOCK):
        return kept("a lock holds it")
    return missing("nothing locks it", declare="a lock on the account")


def any_lock(estate):
    """Rule on the whole estate."""
    if estate.of(MANAGEMENT_LOCK):
        return kept("there is a lock")
    return missing("there is no lock", declare="a lock")


def no_lock(estate):
    """Rule that something is nowhere."""
    return broken("there is a lock") if estate.of(MANAGEMENT_LOCK) else kept("there is no lock")


LOCK = thing(MANAGEMENT_LOCK, "urn:lock", {"scope": Reference("urn:shut", "id")}, name="lock")
NEIGHBOURS = control(
    "n", locked, on=(STORAGE_ACCOUNT,), needs=(STORAGE_ACCOUNT, MANAGEMENT_LOCK), asks=("account", "estate")
)
ANYWHERE = control("a", any_lock, needs=(MANAGEMENT_LOCK,), asks=("estate",))
NOWHERE = control("w", no_lock, needs=(MANAGEMENT_LOCK,), asks=("estate",))


@pytest.mark.parametrize(
    ("one", "resources", "gaps", "verdict"),
    [
        pytest.param(NEIGHBOURS, (SHUT, LOCK), (), KEPT, id="a neighbour that is there"),
        pytest.param(NEIGHBOURS, (SHUT,), (), BROKEN, id="a neighbour that is missing"),
        pytest.param(NEIGHBOURS, (SHUT,), (OTHER_GAP,), UNPROVEN, id="a neighbour that may be hidden"),
        pytest.param(NEIGHBOURS, (SHUT, LOCK), (OTHER_GAP,), UNPROVEN, id="a neighbour beside others that are hidden"),
        pytest.param(ANYWHERE, (), (), BROKEN, id="none in the whole estate"),
        pytest.param(ANYWHERE, (), (OTHER_GAP,), UNPROVEN, id="none in an incomplete listing"),
        pytest.param(NOWHERE, (), (), KEPT, id="none may be, and there is none"),
        pytest.param(NOWHERE, (), (OTHER_GAP,), UNPROVEN, id="none may be, and some may be hidden"),
        pytest.param(NOWHERE, (LOCK,), (OTHER_GAP,), BROKEN, id="none may be, and one was seen beside a gap"),
    ],
)
def test_absence_is_evidence_only_where_the_listing_was_complete(one, resources, gaps, verdict):
    """What is hidden is neither there nor not there; what was seen broken stays broken."""
    assert ask(one, *resources, gaps=gaps).verdict is verdict


def test_a_claim_about_the_estate_is_one_finding_about_no_resource():
    """It is the estate that breaks it."""
    (finding,) = ask(ANYWHERE, SHUT).findings
    assert (finding.verdict, finding.resource, finding.name) == (BROKEN, "", "")


@pytest.mark.parametrize(
    ("resource", "excuse", "today", "plane", "verdict"),
    [
        pytest.param(OPEN, waiver(), BEFORE, Plane.PROGRAM, WAIVED, id="on its last day"),
        pytest.param(OPEN, waiver(), AFTER, Plane.PROGRAM, BROKEN, id="expired"),
        pytest.param(OPEN, waiver(), BEFORE, Plane.LIVE, BROKEN, id="on another plane"),
        pytest.param(OPEN, waiver(planes=()), BEFORE, Plane.PROGRAM, BROKEN, id="on no plane"),
        pytest.param(OPEN, waiver(resource="shut"), BEFORE, Plane.PROGRAM, BROKEN, id="of another resource"),
        pytest.param(OPEN, waiver(resource="OPEN"), BEFORE, Plane.PROGRAM, BROKEN, id="of a name in other case"),
        pytest.param(OPEN, waiver(resource=""), BEFORE, Plane.PROGRAM, BROKEN, id="of no resource"),
        pytest.param(OPEN, waiver(control="other"), BEFORE, Plane.PROGRAM, BROKEN, id="of another control"),
        pytest.param(UNSURE, waiver(resource="unsure"), BEFORE, Plane.PROGRAM, UNPROVEN, id="of what is unproven"),
        pytest.param(SHUT, waiver(resource="shut"), BEFORE, Plane.PROGRAM, KEPT, id="of what is kept"),
    ],
)
def test_a_waiver_excuses_what_it_names_and_only_what_is_broken(resource, excuse, today, plane, verdict):
    """Until its date, on its planes, for its resource."""
    assert ask(ACCOUNTS, resource, waivers=(excuse,), today=today, plane=plane).verdict is verdict


def test_a_waiver_is_shown_with_what_it_excuses():
    """Who accepted it, until when and why; the reason it is broken and its remedy stay."""
    (finding,) = ask(ACCOUNTS, OPEN, waivers=(waiver(until=AFTER), waiver())).findings
    assert finding.waiver == "the caretaker until 2026-07-01: a locksmith is on the way"
    assert (finding.reason, finding.remedy[0].code) == ("it stands open", "shut=True")


def test_a_waiver_excuses_no_claim_about_the_whole_estate():
    """There is no resource that it could name."""
    excuses = (waiver(control="a", resource=""), waiver(control="a", resource="the whole estate"))
    assert ask(ANYWHERE, SHUT, waivers=excuses).verdict is BROKEN


def raiser(error):
    """Make a control that trips."""

    def trip(account):
        raise error

    return control("trips", trip, on=(STORAGE_ACCOUNT,))


@pytest.mark.parametrize(
    "error",
    [KeyError("a"), IndexError(), TypeError(), ValueError(), AttributeError(), ZeroDivisionError(), StopIteration()],
    ids=lambda error: type(error).__name__,
)
def test_a_control_that_trips_over_an_answer_proves_nothing(error):
    """It stops no other control, is not waived, and blocks until somebody looks."""
    (finding,) = ask(raiser(error), OPEN, waivers=(waiver(control="trips"),)).findings
    assert (finding.verdict, finding.cause, finding.blocks) == (UNPROVEN, Cause.MISSING, True)
    assert finding.reason == f"the answer has an unexpected shape: {type(error).__name__}"


def test_a_bug_in_a_control_is_not_an_answer():
    """Only what an answer of another shape can cause is taken for one."""
    with pytest.raises(RecursionError):
        ask(raiser(RecursionError()), OPEN)


def test_a_control_gets_what_it_asks_for_by_name():
    """The resource under any name, the estate and the targets under theirs."""

    def compare(targets, estate, bucket):
        return kept(f"{bucket.name} of {len(estate.of(STORAGE_ACCOUNT))}, {targets.number('locks')} locks")

    one = control("c", compare, on=(STORAGE_ACCOUNT,), asks=("targets", "estate", "bucket"))
    court = Court(snapshot(SHUT), policies(one, targets={"locks": 2}), BEFORE)
    assert court.result(one).findings[0].reason == "shut of 1, 2 locks"


def skipped(account):
    """Speak only of accounts that are shut."""
    return shut(account) if account.read("shut", bool) else not_applicable("it is open to all by design")


@pytest.mark.parametrize(
    ("resources", "gaps", "verdict"),
    [
        pytest.param((OPEN,), (), UNPROVEN, id="it speaks of none"),
        pytest.param((OPEN, SHUT), (), KEPT, id="it speaks of one"),
        pytest.param((OPEN,), (GAP,), UNPROVEN, id="it speaks of none that was seen"),
    ],
)
def test_a_control_may_not_speak_of_a_resource(resources, gaps, verdict):
    """By a rule with a reason; where it speaks of nothing at all, nothing is proven."""
    assert ask(control("s", skipped, on=(STORAGE_ACCOUNT,)), *resources, gaps=gaps).verdict is verdict


def audit(*resources, controls=(ACCOUNTS,), gaps=(), waivers=(), plane=Plane.PROGRAM):
    """Make the whole report."""
    rules = policies(*controls, waivers=waivers)
    return judge(snapshot(*resources, gaps=gaps, plane=plane), rules, BEFORE, product="test 1")


def severity(level):
    """Make the same control, of another severity."""
    return msgspec.structs.replace(ACCOUNTS, id=f"accounts-{level}", severity=level)


@pytest.mark.parametrize(
    ("resources", "level", "gaps", "verdict"),
    [
        pytest.param((SHUT,), Severity.CRITICAL, (), KEPT, id="kept"),
        pytest.param((SHUT, OPEN), Severity.LOW, (), BROKEN, id="broken, however little it costs"),
        pytest.param((SHUT, UNSURE), Severity.HIGH, (), KEPT, id="a value that only a deployment knows"),
        pytest.param((SHUT, UNSURE), Severity.CRITICAL, (), UNPROVEN, id="such a value of a critical control"),
        pytest.param((UNSURE,), Severity.LOW, (), UNPROVEN, id="only values that a deployment knows"),
        pytest.param((SHUT, BLANK), Severity.LOW, (), UNPROVEN, id="a value that should be there"),
        pytest.param((SHUT,), Severity.LOW, (GAP,), UNPROVEN, id="a gap"),
        pytest.param((), Severity.LOW, (), UNPROVEN, id="nothing to judge"),
        pytest.param((OPEN, UNSURE), Severity.CRITICAL, (GAP,), BROKEN, id="broken beside all of these"),
    ],
)
def test_the_exit_code_judges_what_the_plane_can_hold(resources, level, gaps, verdict):
    """Hiding a value of a critical control must not open the gate; other such values wait for the deployment."""
    assert audit(*resources, controls=(severity(level),), gaps=gaps).verdict is verdict


def test_the_gate_takes_the_worst_of_all_controls():
    """Waived is worse than kept and better than unproven."""
    other = control("other", lambda account: kept("always"), on=(STORAGE_ACCOUNT,))
    assert audit(OPEN, controls=(other, ACCOUNTS), waivers=(waiver(),)).verdict is WAIVED
    assert audit(SHUT, controls=(other, ACCOUNTS)).verdict is KEPT
    assert audit(OPEN, controls=(other, ACCOUNTS)).verdict is BROKEN


def test_no_control_at_all_proves_nothing():
    """An audit of nothing is not a clean one."""
    assert audit(SHUT, controls=()).verdict is UNPROVEN


def test_a_control_that_another_plane_must_show_is_not_judged():
    """What only a live estate shows does not block a program."""
    live = msgspec.structs.replace(ACCOUNTS, planes=(Plane.LIVE,))
    assert audit(OPEN, controls=(live,)).controls == ()
    assert audit(OPEN, controls=(live,), plane=Plane.LIVE).verdict is BROKEN


def test_an_unknown_value_becomes_an_obligation():
    """Whatever the severity, the next live audit must settle it; a missing value is none."""
    seen = audit(SHUT, UNSURE, BLANK, controls=(ACCOUNTS, severity(Severity.CRITICAL)))
    reason = "shut is not known before deployment"
    assert seen.obligations == (
        Obligation("accounts-shut", "unsure", reason, "urn:unsure"),
        Obligation("accounts-critical", "unsure", reason, "urn:unsure"),
    )


def unsure_judge(account):
    """Rule that something else is not known yet."""
    raise Unseen("the other end is not known", Cause.UNKNOWN)


def test_blocks_is_for_what_the_plane_should_hold():
    """An unknown blocks only under a critical control; broken and kept findings do not."""
    found = {
        (level, finding.name): finding.blocks
        for level in (Severity.CRITICAL, Severity.HIGH, Severity.LOW)
        for finding in ask(severity(level), SHUT, OPEN, UNSURE, BLANK).findings
    }
    assert {key for key, blocks in found.items() if blocks} == {
        (Severity.CRITICAL, "unsure"),
        (Severity.CRITICAL, "blank"),
        (Severity.HIGH, "blank"),
        (Severity.LOW, "blank"),
    }
    late = control("late", unsure_judge, on=(STORAGE_ACCOUNT,), severity=Severity.MEDIUM)
    assert [finding.blocks for finding in ask(late, SHUT).findings] == [False]


def curious(account, estate):
    """Look at all kinds of values, some of them again and again."""
    account.read("shut", bool)
    account.read("shut", bool)
    account.look("password")
    account.look("gone")
    account.look("profile")
    account.look("link")
    account.texts("regions")
    account.each("rules")[0].read("port", int)
    for lock in estate.of(MANAGEMENT_LOCK):
        lock.read("level", str)
    return kept("seen")


def test_evidence_is_what_was_read_and_never_a_secret():
    """Each value once, with whose it is; an object or a list of objects is counted, not copied."""
    account = thing(
        STORAGE_ACCOUNT,
        "urn:files",
        {
            "shut": True,
            "password": SECRET,
            "profile": {"adminPassword": "hunter2", "name": "x"},
            "link": Reference("urn:shut", "id"),
            "regions": ["uksouth"],
            "rules": [{"port": 25, "key": "hunter2"}],
            "unread": "hunter2",
        },
    )
    lock = thing(MANAGEMENT_LOCK, "urn:lock", {"level": "CanNotDelete"})
    one = control("c", curious, on=(STORAGE_ACCOUNT,), asks=("account", "estate"))
    (finding,) = ask(one, account, lock).findings
    assert [(reading.resource, reading.path, reading.value) for reading in finding.evidence] == [
        ("urn:files", "shut", True),
        ("urn:files", "password", {"$secret": True}),
        ("urn:files", "gone", None),
        ("urn:files", "profile", "2 inside"),
        ("urn:files", "link", {"$reference": "urn:shut", "property": "id"}),
        ("urn:files", "regions", ["uksouth"]),
        ("urn:files", "rules", "1 listed"),
        ("urn:files", "rules[0].port", 25),
        ("urn:lock", "level", "CanNotDelete"),
    ]
    assert b"hunter2" not in msgspec.json.encode(finding)


def test_a_secret_in_a_list_of_text_is_not_told():
    """The list is counted."""
    body = {"names": ["a", SECRET]}
    one = control("c", lambda account: kept("x") if account.look("names") else None, on=(STORAGE_ACCOUNT,))
    (finding,) = ask(one, thing(STORAGE_ACCOUNT, "urn:x", body)).findings
    assert [reading.value for reading in finding.evidence] == ["2 listed"]


def test_a_finding_says_where_to_mend_it():
    """The line of the property to change, in the finding and in its remedy."""
    source = Source("stacks/files.py", 40, {"shut": 44})
    (finding,) = ask(ACCOUNTS, msgspec.structs.replace(OPEN, source=source)).findings
    assert (finding.file, finding.line) == ("stacks/files.py", 44)
    (change,) = finding.remedy
    assert (change.code, change.file, change.line) == ("shut=True", "stacks/files.py", 44)


def test_a_finding_that_changes_nothing_stands_where_the_resource_is_declared():
    """Kept findings point at the resource."""
    source = Source("stacks/files.py", 40, {"shut": 44})
    (finding,) = ask(ACCOUNTS, msgspec.structs.replace(SHUT, source=source)).findings
    assert (finding.file, finding.line, finding.remedy) == ("stacks/files.py", 40, ())


def test_a_finding_whose_remedy_is_elsewhere_points_there():
    """The account is judged, and the lock is what to change."""
    lock = msgspec.structs.replace(LOCK, source=Source("stacks/locks.py", 7, {"level": 9}))

    def weak(account, estate):
        return broken("the lock is weak", change={"level": "ReadOnly"}, subject=estate.of(MANAGEMENT_LOCK)[0])

    one = control("weak", weak, on=(STORAGE_ACCOUNT,), asks=("account", "estate"))
    (finding,) = ask(one, SHUT, lock, waivers=(waiver(control="weak", resource="shut"),)).findings
    assert (finding.verdict, finding.name, finding.file, finding.line) == (WAIVED, "shut", "stacks/locks.py", 9)


def test_the_report_says_what_was_looked_at():
    """The plane, the origin, the day, the gaps and the tools that a verdict depends on."""
    seen = msgspec.structs.replace(snapshot(SHUT, gaps=(GAP,)), tools={"pulumi": "3"})
    report = judge(seen, policies(ACCOUNTS), BEFORE, product="test 1")
    assert (report.plane, report.origin, report.seen_at, report.judged_on) == (Plane.PROGRAM, "a test", NOON, BEFORE)
    assert (report.resources, report.gaps, report.tools, report.product) == (1, (GAP,), {"pulumi": "3"}, "test 1")


def test_the_same_snapshot_gives_the_same_report():
    """No clock, no order of a set: byte for byte."""
    one, two = (msgspec.json.encode(audit(SHUT, OPEN, UNSURE, waivers=(waiver(),))) for _ in range(2))
    assert one == two
