"""The nouns keep their word: verdicts fold to the worst, durations are counted, a resource says where it lies."""

import pytest

from audit.facts import UNKNOWN, Unseen
from audit.kinds.sql import SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Cause, Gap, Targets, Verdict, days, missing, same, worst
from tests.made import thing

BROKEN, UNPROVEN, WAIVED, KEPT, NOT_APPLICABLE = Verdict


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        pytest.param((), UNPROVEN, id="none at all"),
        pytest.param((NOT_APPLICABLE,), NOT_APPLICABLE, id="nothing it speaks of"),
        pytest.param((NOT_APPLICABLE, KEPT), KEPT, id="kept, and nothing else it speaks of"),
        pytest.param((KEPT, WAIVED), WAIVED, id="one waived"),
        pytest.param((KEPT, WAIVED, UNPROVEN), UNPROVEN, id="one unproven"),
        pytest.param((KEPT, UNPROVEN, BROKEN, WAIVED), BROKEN, id="one broken"),
    ],
)
def test_the_worst_verdict_counts(verdicts, verdict):
    """In whatever order they come; no verdict at all proves nothing."""
    assert worst(verdicts) is verdict
    assert worst(reversed(verdicts)) is verdict


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("P35D", 35, id="days"),
        pytest.param("P4W", 28, id="weeks"),
        pytest.param("P12M", 360, id="months of 30 days"),
        pytest.param("P1Y", 365, id="a year of 365 days"),
        pytest.param("P10Y", 3650, id="years"),
        pytest.param("P1Y2M3W4D", 365 + 60 + 21 + 4, id="all of them"),
        pytest.param("P0D", 0, id="no days"),
        pytest.param("P1DT0S", 1, id="days with a time"),
        pytest.param("PT48H", 0, id="hours make no day"),
    ],
)
def test_a_duration_is_counted_in_days(text, count):
    """Retention is compared in days."""
    assert days(text) == count


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("35", id="a number"),
        pytest.param("35D", id="no P"),
        pytest.param("P35", id="no unit"),
        pytest.param("P-35D", id="a negative number"),
        pytest.param("P1D1Y", id="another order"),
        pytest.param("p35d", id="lower case"),
        pytest.param("P35D or more", id="words behind it"),
        pytest.param("P3.5D", id="a fraction"),
        pytest.param("P", id="nothing behind the P"),
        pytest.param("PT", id="nothing behind the T"),
    ],
)
def test_a_text_that_is_no_duration_is_no_evidence(text):
    """It must not read as zero days."""
    with pytest.raises(Unseen):
        days(text)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        pytest.param("Deny", "deny", True, id="case"),
        pytest.param("deny", "allow", False, id="another word"),
        pytest.param("deny", "deny ", False, id="white space"),
    ],
)
def test_texts_are_compared_as_azure_does(left, right, equal):
    """Without case, and otherwise exactly."""
    assert same(left, right) is equal


@pytest.mark.parametrize("spelt", ["uksouth", "UK South", "UKSouth"])
def test_a_region_has_one_spelling(spelt):
    """Azure takes the short name and the display name."""
    assert thing(STORAGE_ACCOUNT, "files", {"location": spelt}).region == "uksouth"


def test_a_resource_without_a_location_does_not_say_where_it_lies():
    """Absence of a region is not a region."""
    with pytest.raises(Unseen, match="^location was not seen$"):
        _ = thing(STORAGE_ACCOUNT, "files").region


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param({}, "", id="no tags"),
        pytest.param({"tags": None}, "", id="null tags"),
        pytest.param({"tags": {"other": "x"}}, "", id="another tag"),
        pytest.param({"tags": {"data": "mail"}}, "mail", id="the tag"),
    ],
)
def test_a_tag_that_is_not_there_is_empty(body, text):
    """A tag need not be set."""
    assert thing(STORAGE_ACCOUNT, "files", body).tag("data") == text


@pytest.mark.parametrize("body", [{"tags": UNKNOWN}, {"tags": {"data": UNKNOWN}}, {"tags": "data"}])
def test_a_tag_that_cannot_be_read_is_not_empty(body):
    """An unknown tag may say anything."""
    with pytest.raises(Unseen):
        thing(STORAGE_ACCOUNT, "files", body).tag("data")


@pytest.mark.parametrize(
    ("gap", "hides"),
    [
        pytest.param(Gap("refused"), True, id="any kind"),
        pytest.param(Gap("refused", (STORAGE_ACCOUNT.arm,)), True, id="this kind"),
        pytest.param(Gap("refused", (SQL_SERVER.arm,)), False, id="another kind"),
    ],
)
def test_a_gap_hides_the_kinds_it_names(gap, hides):
    """One that names none may hide anything."""
    assert gap.hides(STORAGE_ACCOUNT) is hides


def test_what_is_missing_is_broken_by_absence():
    """So that an incomplete listing can take it back."""
    ruling = missing("nothing locks it", declare="a lock")
    assert (ruling.verdict, ruling.absence, ruling.declare) == (BROKEN, True, "a lock")


TARGETS = Targets(
    {"backup": {"days": 35, "share": 0.5, "on": True}, "geo": {"regions": ["uksouth"], "first": "uksouth"}}
)


def test_a_target_is_read_by_its_dotted_name():
    """Numbers and lists are what a company chooses."""
    assert TARGETS.number("backup.days") == 35
    assert TARGETS.names("geo.regions") == ("uksouth",)


@pytest.mark.parametrize(
    ("read", "name"),
    [
        pytest.param(TARGETS.number, "backup.weeks", id="not there"),
        pytest.param(TARGETS.number, "network.ports", id="no such table"),
        pytest.param(TARGETS.number, "backup.days.long", id="below a number"),
        pytest.param(TARGETS.number, "backup", id="a table"),
        pytest.param(TARGETS.number, "backup.share", id="a fraction"),
        pytest.param(TARGETS.number, "backup.on", id="a bool"),
        pytest.param(TARGETS.number, "geo.regions", id="a list for a number"),
        pytest.param(TARGETS.names, "backup.days", id="a number for a list"),
        pytest.param(TARGETS.names, "geo.first", id="a text for a list"),
    ],
)
def test_a_target_that_was_not_chosen_leaves_the_promise_unproven(read, name):
    """The reason names it and the file to set it in."""
    with pytest.raises(
        Unseen, match=f"^the target {name} is (not set|no list|no whole number).* in targets.toml$"
    ) as caught:
        read(name)
    assert caught.value.cause is Cause.MISSING
