"""What another tool says is set beside our verdicts, and its silence beside nothing."""

from datetime import date

import msgspec
import pytest

from audit.kinds.storage import BLOB_CONTAINER, STORAGE_ACCOUNT
from audit.model import AuditError, Plane, Severity, Snapshot, Source, Verdict, worst
from audit.opinions import NOTHING, Check, Decided, Heard, Said, Stand, Table, Word, compare, load_table
from audit.promises import ControlResult, Finding, Report
from audit.reports import second_opinion
from tests.support import NOON, POLICIES, resource

SOURCE = Source("stacks/shop.py", 7, {"minimumtlsversion": 12})
ACCOUNT = msgspec.structs.replace(resource(STORAGE_ACCOUNT, "account", {}), source=SOURCE)
CONTAINER = resource(BLOB_CONTAINER, "container", {})
SEEN = Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=(ACCOUNT, CONTAINER))
ROW = Check(id="CKV_1", asks="it takes TLS 1.2", controls=("tls",), property="minimumTlsVersion")


NONE = 'id = "A"\nasks = "x"\nreason = "y"'


def report(**ruled):
    """Make a report of a few controls: each with its verdicts by resource."""
    controls = tuple(
        ControlResult(
            id=control,
            title="",
            catalogue="",
            severity=Severity.LOW,
            verdict=worst(verdicts.values()),
            findings=tuple(
                Finding(control=control, severity=Severity.LOW, verdict=verdict, reason="", resource=subject)
                for subject, verdict in verdicts.items()
            ),
        )
        for control, verdicts in ruled.items()
    )
    return Report(
        product="", plane=Plane.PROGRAM, origin="", seen_at=NOON, judged_on=date(2026, 1, 15), verdict=Verdict.KEPT,
        statements=(), controls=controls, resources=2, gaps=(), unassessed=(), obligations=(), tools={},
    )  # fmt: skip


def heard(*words, version="1"):
    """Make what the other tool said, having looked at everything."""
    return Heard(tool="Other", version=version, words=words, shown=("account", "container"))


def told(said, *, ours=None, row=ROW):
    """Set one word beside our verdict on the same resource."""
    ruled = {"tls": {"account": ours}} if ours else {}
    second = compare(heard(Word("CKV_1", said, "account")), report(**ruled), SEEN, Table("1", (row,)))
    (opinion,) = second.opinions
    return opinion


@pytest.mark.parametrize(
    ("said", "ours", "stand"),
    [
        (Said.FAILS, Verdict.BROKEN, Stand.AGREES),
        (Said.FAILS, Verdict.WAIVED, Stand.AGREES),
        (Said.FAILS, Verdict.KEPT, Stand.DIFFERS),
        (Said.FAILS, Verdict.UNPROVEN, Stand.DIFFERS),
        (Said.FAILS, Verdict.NOT_APPLICABLE, Stand.DIFFERS),
        (Said.FAILS, None, Stand.ALONE),
        (Said.PASSES, Verdict.KEPT, Stand.AGREES),
        (Said.PASSES, Verdict.NOT_APPLICABLE, Stand.AGREES),
        (Said.PASSES, Verdict.BROKEN, Stand.DIFFERS),
        (Said.PASSES, Verdict.WAIVED, Stand.DIFFERS),
        (Said.PASSES, Verdict.UNPROVEN, Stand.DIFFERS),
        (Said.PASSES, None, Stand.BESIDE),
    ],
)
def test_a_pass_stands_only_beside_what_is_kept_and_a_failure_beside_what_is_broken(said, ours, stand):
    assert told(said, ours=ours).stand is stand


def test_a_word_is_told_at_the_line_of_the_property_that_it_is_about():
    opinion = told(Said.FAILS)

    assert (opinion.file, opinion.line) == ("stacks/shop.py", 12)


def test_of_several_controls_the_worst_verdict_on_the_resource_counts():
    row = msgspec.structs.replace(ROW, controls=("tls", "https"))
    ruled = report(tls={"account": Verdict.KEPT}, https={"account": Verdict.BROKEN, "container": Verdict.KEPT})

    second = compare(heard(Word("CKV_1", Said.PASSES, "account")), ruled, SEEN, Table("1", (row,)))

    assert second.opinions[0].ours == "broken"


def test_a_check_that_judges_other_resources_is_compared_as_a_whole():
    row = msgspec.structs.replace(ROW, whole=True)
    ruled = report(tls={"": Verdict.BROKEN})

    second = compare(heard(Word("CKV_1", Said.FAILS, "container")), ruled, SEEN, Table("1", (row,)))

    assert second.opinions[0].stand is Stand.AGREES
    assert second.silent == {}


def test_a_disagreement_that_was_decided_says_who_is_right_and_another_does_not():
    decided = Decided(theirs=Said.FAILS, ours="kept", right="ours", reason="it does not know TLS 1.3")
    row = msgspec.structs.replace(ROW, differs=(decided,))

    assert told(Said.FAILS, ours=Verdict.KEPT, row=row).right == "ours"
    assert told(Said.PASSES, ours=Verdict.BROKEN, row=row).right == ""
    assert told(Said.FAILS, ours=Verdict.BROKEN, row=row).reason == ""


def test_a_check_that_the_table_does_not_know_is_something_it_alone_sees():
    second = compare(heard(Word("CKV_9", Said.FAILS, "account")), report(), SEEN, Table("1", (ROW,)))

    (opinion,) = second.opinions
    assert (opinion.stand, opinion.ours, opinion.reason) == (Stand.ALONE, NOTHING, "the table does not know this check")


def test_silence_is_counted_and_proves_nothing():
    ruled = report(tls={"account": Verdict.KEPT, "container": Verdict.BROKEN}, https={"account": Verdict.UNPROVEN})

    second = compare(heard(Word("CKV_1", Said.PASSES, "account")), ruled, SEEN, Table("1", (ROW,)))

    assert second.silent == {"broken": 1, "unproven": 1}
    assert second.wordless == {BLOB_CONTAINER.arm: 1}


def test_the_section_says_what_differs_where_and_that_no_verdict_is_changed():
    words = (Word("CKV_1", Said.FAILS, "account"), Word("CKV_9", Said.FAILS, "account"))
    second = compare(heard(*words, version="2"), report(tls={"account": Verdict.KEPT}), SEEN, Table("1", (ROW,)))

    text = second_opinion.render(second, colour=False, width=100)

    assert "which changes no verdict" in text
    assert "its checks were read in version 1" in text
    assert "differs: CKV_1 fails 1 resource beside tls kept" in text
    assert "nobody has decided who is right" in text
    assert "account at stacks/shop.py:12" in text
    assert "it looked at 2 resources, 1 of them without a word" in text


def test_every_word_is_in_the_file_for_programs():
    second = compare(heard(Word("CKV_1", Said.FAILS, "account")), report(), SEEN, Table("1", (ROW,)))

    document = msgspec.json.decode(second_opinion.machine(second))

    assert document["format"] == second_opinion.FORMAT
    assert [(one["check"], one["file"], one["line"]) for one in document["opinions"]] == [
        ("CKV_1", "stacks/shop.py", 12)
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            'id = "A"\nasks = "x"\ncontrols = ["tls"]\n[[check]]\nid = "A"\nasks = "x"\nreason = "y"',
            "A stands there twice",
        ),
        ('id = "A"\nasks = "x"\ncontrols = ["nowhere"]', "names the control nowhere"),
        ('id = "A"\nasks = "x"', "needs either controls"),
        ('id = "A"\nasks = "x"\ncontrols = ["tls"]\nreason = "both"', "needs either controls"),
        ('id = "A"\nasks = "x"\nreasons = "slip"', "reasons"),
        (
            'id = "A"\nasks = "x"\ncontrols = ["tls"]\n[[check.differs]]\ntheirs = "fails"\nours = "fine"\n'
            'right = "ours"\nreason = "y"',
            "decides fails beside fine",
        ),
    ],
)
def test_a_table_that_says_too_little_or_names_what_is_not_there_is_refused(tmp_path, row, problem):
    (tmp_path / "checkov.toml").write_text(f'version = "1"\n[[check]]\n{row}\n')

    with pytest.raises(AuditError, match=problem):
        load_table(tmp_path / "checkov.toml", ["tls"])


def test_the_table_of_this_repository_names_controls_that_are_there(policies):
    assert load_table(POLICIES / "checkov.toml", policies.controls).checks
