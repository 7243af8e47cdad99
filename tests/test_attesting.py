"""People's words prove what no machine sees until they end, and a target proves nothing without one."""

from datetime import UTC, date, datetime

import pytest

from audit.attesting import NOBODY, attested, longest, targets_digest
from audit.engine import judge
from audit.facts import Unseen
from audit.folding import fold
from audit.model import Plane, Snapshot, Targets, Verdict, broken, kept
from audit.people import TARGETS, Attestation, AttestationState
from audit.promises import Commitment, Proof, Statement
from audit.targets import asked
from tests.made import control, policies
from tests.test_folding import folded as folded_by_controls
from tests.test_folding import promise, result, statement

TODAY = date(2026, 10, 5)
VALUES = Targets({"backup": {"days": 35, "hours": 4}, "geo": {"regions": ["uksouth"]}, "top": 1})
BROKEN, UNPROVEN, WAIVED, KEPT, NOT_APPLICABLE = Verdict


def word(identity="AT-03", *, on=date(2026, 1, 5), until=date(2027, 1, 5), targets=(), values=VALUES, **fields):
    """Make an attestation; one of targets is for the values given."""
    return Attestation(
        id=identity,
        role="caretaker",
        looked_at="the locks",
        on=on,
        until=until,
        evidence=targets_digest(values, targets) if targets else "ab" * 32,
        targets=targets,
        **fields,
    )


OTHER = Targets({"backup": {"days": 7, "hours": 4}})
MORE = Targets({"backup": {"days": 35, "hours": 4, "minutes": 60}})


@pytest.mark.parametrize(
    ("one", "values", "expected"),
    [
        pytest.param(word(), VALUES, AttestationState.VALID, id="within its time"),
        pytest.param(word(until=date(2026, 11, 4)), VALUES, AttestationState.ENDING, id="thirty days before its end"),
        pytest.param(word(until=TODAY), VALUES, AttestationState.ENDING, id="on its last day"),
        pytest.param(word(until=date(2026, 10, 4)), VALUES, AttestationState.EXPIRED, id="the day after"),
        pytest.param(word(on=date(2026, 10, 6)), VALUES, AttestationState.AHEAD, id="the day before it begins"),
        pytest.param(word(on=TODAY), VALUES, AttestationState.VALID, id="on its first day"),
        pytest.param(word(TARGETS, targets=("backup",)), VALUES, AttestationState.VALID, id="targets as they were"),
        pytest.param(word(TARGETS, targets=("backup",)), OTHER, AttestationState.CHANGED, id="another value"),
        pytest.param(word(TARGETS, targets=("backup",)), MORE, AttestationState.CHANGED, id="one more in the table"),
        pytest.param(word(TARGETS, targets=("backup.days",)), MORE, AttestationState.VALID, id="one more beside it"),
        pytest.param(word(TARGETS, targets=("geo",)), OTHER, AttestationState.CHANGED, id="a target taken out"),
        pytest.param(word(TARGETS), VALUES, AttestationState.CHANGED, id="a word for targets that names none"),
        pytest.param(
            word(TARGETS, targets=("backup",), until=date(2026, 10, 4)), OTHER, AttestationState.EXPIRED, id="both"
        ),
    ],
)
def test_an_attestation_holds_until_its_day_and_for_its_values_only(one, values, expected):
    """Only two of the states count as evidence, and each of the others says why."""
    (found,) = attested([one], values, TODAY).results
    assert found.state is expected
    assert found.holds == (expected in (AttestationState.VALID, AttestationState.ENDING))
    assert bool(found.reason) == (expected is not AttestationState.VALID)


@pytest.mark.parametrize(
    ("names", "left"),
    [
        pytest.param(("backup",), ("geo.regions",), id="a table covers all in it"),
        pytest.param(("backup.days",), ("backup.hours", "geo.regions"), id="a value covers itself"),
        pytest.param(("backup", "geo.regions"), (), id="both"),
        pytest.param((), ("backup.days", "backup.hours", "geo.regions"), id="nobody has attested any"),
    ],
)
def test_a_target_is_covered_by_itself_or_by_a_table_around_it(names, left):
    """Each as it is now."""
    words = attested([word(TARGETS, targets=names)] if names else [], VALUES, TODAY)
    assert words.uncovered(["geo.regions", "backup.hours", "backup.days", "backup.days"]) == left


def test_a_name_that_begins_like_a_table_is_not_in_it():
    """`backups` is another table than `backup`."""
    words = attested([word(TARGETS, targets=("backup",))], VALUES, TODAY)
    assert words.uncovered(["backups.days", "back"]) == ("back", "backups.days")


def test_a_changed_target_is_covered_by_nobody():
    """The owner signed another number."""
    assert attested([word(TARGETS, targets=("backup",))], OTHER, TODAY).uncovered(["backup.hours"]) == ("backup.hours",)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, True, id="another order"),
        pytest.param({"a": 1}, {"a": 2}, False, id="another number"),
        pytest.param({"a": ["x", "y"]}, {"a": ["y", "x"]}, False, id="another order of a list"),
        pytest.param({"a": 0.5}, {"a": 0.25}, False, id="another fraction"),
        pytest.param({"a": date(2026, 1, 1)}, {"a": date(2026, 1, 2)}, False, id="another day"),
        pytest.param({"a": 2**60}, {"a": 2**60 + 1}, False, id="numbers that JSON's readers would round"),
        pytest.param({"a": float("nan")}, {"a": float("inf")}, False, id="what is no number"),
        pytest.param({"a": True}, {"a": 1}, False, id="a truth value and a number"),
        pytest.param(
            {"a": datetime(2026, 1, 1, tzinfo=UTC)}, {"a": datetime(2026, 1, 1, 1, tzinfo=UTC)}, False, id="an hour"
        ),
    ],
)
def test_the_digest_of_targets_is_that_of_their_values(one, other, alike):
    """Whatever TOML can hold."""
    digests = targets_digest(Targets(one), ["a"]), targets_digest(Targets(other), ["a"])
    assert (digests[0] == digests[1]) is alike


def test_a_digest_of_a_target_that_is_not_set_is_none():
    """Nobody can attest what is not there."""
    for names in (["backup.weeks"], ["backup", "x"], []):
        with pytest.raises(Unseen):
            targets_digest(VALUES, names)


@pytest.mark.parametrize(
    ("on", "months", "last"),
    [
        pytest.param(date(2026, 10, 5), 12, date(2027, 10, 5), id="a year"),
        pytest.param(date(2026, 10, 5), 6, date(2027, 4, 5), id="over the turn of the year"),
        pytest.param(date(2026, 8, 31), 6, date(2027, 2, 28), id="into a short month"),
        pytest.param(date(2026, 1, 31), 11, date(2026, 12, 31), id="into December"),
        pytest.param(date(2024, 2, 29), 12, date(2025, 2, 28), id="from a leap day"),
    ],
)
def test_a_word_lasts_for_months(on, months, last):
    """To the same day of a later month."""
    assert longest(on, months) == last


NEEDY = promise(pending=Proof(attestations=("AT-03",)))
SAID = word()
LAPSED = word(until=date(2026, 10, 4))


def folded(commitment, words, *results):
    """Fold results and words into one promise."""
    own = statement(commitment)
    return fold(own, {one.id: one for one in results}, (own,), attested(words, VALUES, TODAY)).promises[0]


@pytest.mark.parametrize(
    ("commitment", "words", "verdict", "reason", "met"),
    [
        pytest.param(NEEDY, (SAID,), KEPT, "", ("AT-03",), id="attested"),
        pytest.param(NEEDY, (), UNPROVEN, "still needs: an attestation", (), id="nobody said so"),
        pytest.param(
            NEEDY,
            (LAPSED,),
            UNPROVEN,
            "still needs: an attestation; AT-03: it expired on 2026-10-04",
            (),
            id="it has ended",
        ),
        pytest.param(
            NEEDY,
            (word(on=date(2026, 10, 6)),),
            UNPROVEN,
            "still needs: an attestation; AT-03: it counts from 2026-10-06",
            (),
            id="it is not yet in force",
        ),
        pytest.param(NEEDY, (LAPSED, SAID), KEPT, "", ("AT-03",), id="it was said anew"),
        pytest.param(NEEDY, (word("AT-04"),), UNPROVEN, "still needs: an attestation", (), id="another was said"),
        pytest.param(NEEDY, (word(controls=("c",)),), KEPT, "", ("AT-03",), id="said of its control"),
        pytest.param(
            NEEDY, (word(controls=("d",)),), UNPROVEN, "still needs: an attestation", (), id="said of another control"
        ),
        pytest.param(
            promise(pending=Proof(attestations=("AT-03",), drills=("restore",))),
            (SAID,),
            UNPROVEN,
            "still needs: a drill",
            ("AT-03",),
            id="attested, and a drill to come",
        ),
        pytest.param(
            promise(pending=Proof(attestations=(TARGETS,))),
            (word(TARGETS, targets=("backup",)),),
            UNPROVEN,
            "still needs: an attestation",
            (),
            id="a word for targets that its controls never asked for",
        ),
    ],
)
def test_a_promise_is_kept_by_words_that_hold(commitment, words, verdict, reason, met):
    """Whatever else it needs stays, and a word that does not hold is named."""
    found = folded(commitment, words, result(KEPT))
    assert (found.verdict, found.reason, found.attested) == (verdict, reason, met)
    assert set(found.needs.attestations) == set(commitment.pending.attestations) - set(met)


def test_words_mend_nothing_that_is_broken():
    """Nor what was waived under a promise that admits no waiver."""
    assert folded(NEEDY, [SAID], result(BROKEN)).verdict is BROKEN
    assert folded(promise(categorical=True), [SAID], result(WAIVED)).verdict is BROKEN
    assert folded(NEEDY, [SAID], result(UNPROVEN)).verdict is UNPROVEN


def test_a_promise_that_only_people_can_prove_is_kept_by_their_word():
    """It has no control, and needs none; without the word, or with a part of it, it is unproven."""
    both = promise(controls=(), pending=Proof(attestations=("AT-03", "AT-04")))
    assert folded(both, [SAID, word("AT-04")]).verdict is KEPT
    assert folded(both, [SAID]).verdict is UNPROVEN
    assert folded(both, []).verdict is UNPROVEN
    assert folded(promise(controls=()), [SAID]).verdict is UNPROVEN


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"promise": False}, id="a heading"),
        pytest.param({"complementary": True}, id="the customer's part"),
        pytest.param({"unprovable": "nobody can"}, id="what nothing proves"),
    ],
)
def test_words_do_not_keep_what_is_no_promise_of_ours(fields):
    """They are named, and change nothing."""
    found = folded(promise(controls=(), pending=Proof(attestations=("AT-03",)), **fields), [SAID])
    assert found.verdict in (NOT_APPLICABLE, UNPROVEN)


def asking(identity, name, ruling, *, read="number"):
    """Make a control of the whole estate that asks for a target."""

    def rule(targets):
        getattr(targets, read)(name)
        return ruling

    return control(identity, rule, asks=("targets",))


def judged(controls, *, words=(), values=VALUES, **fields):
    """Judge one promise on these controls."""
    own = Commitment(
        id="P",
        promise_text="A promise.",
        sentences=(),
        binds="processor",
        controls=tuple(one.id for one in controls),
        **fields,
    )
    made = Statement(
        id="S",
        company="A locksmith",
        title="",
        url="",
        seen=TODAY,
        digest="",
        scope=(),
        sentences=(),
        commitments=(own,),
    )
    rules = policies(*controls, statements=[made], targets=values.values)
    rules = type(rules)(
        folder="",
        statements=rules.statements,
        controls=rules.controls,
        targets=rules.targets,
        waivers=(),
        attestations=tuple(words),
    )
    seen = Snapshot(plane=Plane.LIVE, origin="here", seen_at=datetime(2026, 10, 5, tzinfo=UTC))
    return judge(seen, rules, TODAY, product="")


DAYS = asking("c", "backup.days", kept("35 days"))
REGIONS = asking("d", "geo.regions", kept("in the South"), read="names")
NONE = control("e", lambda estate: kept("nothing is there"), asks=("estate",))


@pytest.mark.parametrize(
    ("controls", "names", "verdict", "reason"),
    [
        pytest.param([DAYS], (), UNPROVEN, "not attested: target backup.days (AT-14)", id="one target"),
        pytest.param(
            [DAYS, REGIONS],
            (),
            UNPROVEN,
            "not attested: targets backup.days, geo.regions (AT-14)",
            id="the targets of two controls",
        ),
        pytest.param(
            [DAYS, REGIONS], ("backup",), UNPROVEN, "not attested: target geo.regions (AT-14)", id="one of two attested"
        ),
        pytest.param([DAYS, REGIONS], ("backup.days", "geo"), KEPT, "", id="both attested"),
        pytest.param([NONE], (), KEPT, "", id="no target asked"),
        pytest.param(
            [asking("c", "backup.days", broken("7 days"))], (), BROKEN, "broken: c", id="broken, attested or not"
        ),
    ],
)
def test_a_promise_that_rests_on_a_target_needs_somebodys_word_for_it(controls, names, verdict, reason):
    """A number is not the company's promise because it stands in a file; the exit code stays what the plane shows."""
    words = [word(TARGETS, targets=names)] if names else []
    report = judged(controls, words=words)
    (found,) = report.statements[0].promises
    assert (found.verdict, found.reason) == (verdict, reason)
    assert report.verdict is (BROKEN if verdict is BROKEN else KEPT)


def test_a_target_that_is_not_set_was_asked_for_all_the_same():
    """The control is unproven, and the target is named beside it."""
    report = judged([asking("c", "backup.weeks", kept("35 days"))])
    assert report.controls[0].targets == ("backup.weeks",)
    assert report.statements[0].promises[0].reason == ("not proven: c; not attested: target backup.weeks (AT-14)")


def test_a_promise_that_asks_for_the_targets_word_has_it_when_all_of_its_targets_do():
    """Somebody's word for other numbers is not it."""
    needy = {"pending": Proof(attestations=(TARGETS,))}
    other = judged([DAYS], words=[word(TARGETS, targets=("geo",))], **needy).statements[0].promises[0]
    assert (other.verdict, other.attested, other.needs.attestations) == (UNPROVEN, (), (TARGETS,))
    own = judged([DAYS], words=[word(TARGETS, targets=("backup",))], **needy).statements[0].promises[0]
    assert (own.verdict, own.attested, own.needs.attestations) == (KEPT, (TARGETS,), ())


def test_the_report_names_every_word_and_how_it_stands():
    """Those that do not hold, too."""
    report = judged([NONE], words=[SAID, LAPSED])
    assert [one.state for one in report.attestations] == [AttestationState.VALID, AttestationState.EXPIRED]


def test_targets_are_noted_block_by_block():
    """What was asked outside is not in it, and a nested block keeps its own."""
    VALUES.number("top")
    with asked() as outer:
        VALUES.number("backup.days")
        with asked() as inner:
            VALUES.names("geo.regions")
            VALUES.at("top")
    assert (outer, inner) == ({"backup.days"}, {"geo.regions"})


def test_without_any_word_folding_is_what_it_was():
    """Where no control asks for a target."""
    assert folded_by_controls(promise(), result(KEPT)).verdict is KEPT
    assert NOBODY.results == ()
