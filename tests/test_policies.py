"""Everything wrong in a policies folder is said in one line, with the file and the place."""

import re
from datetime import date
from pathlib import Path

import pytest

from audit.model import AuditError, Plane
from audit.policies import load
from audit.statements import digest
from tests.made import ENCRYPTED, HEADING, LOCKS, commitment, policies_folder, statement, waiver
from tests.support import CONTROLS, POLICIES

PROVEN = commitment("S-1", controls=["storage-locked"])


def problems(folder, **wrong):
    """Load a policies folder with something wrong in it, and return what is said, the folder's own path left out."""
    with pytest.raises(AuditError) as caught:
        load(policies_folder(folder, **wrong))
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_sound_folder_loads(tmp_path):
    """Its statements, controls, targets and waivers."""
    excuse = waiver("storage-locked")
    rules = load(policies_folder(tmp_path, waivers=excuse, targets="[locks]\nnumber = 2\n"))
    assert [one.id for one in rules.statements] == ["S"]
    assert list(rules.controls) == ["storage-locked"]
    assert rules.targets.number("locks.number") == 2
    assert [(one.resource, one.until) for one in rules.waivers] == [("files", date(2027, 1, 1))]


def test_a_control_is_read_from_its_file(tmp_path):
    """Its path is its id and its docstring is its page."""
    (control,) = load(policies_folder(tmp_path)).controls.values()
    assert (control.id, control.title, control.catalogue) == ("storage-locked", "A lock holds the account.", "LCK-01")
    assert (control.why, control.how) == ("What is locked stays.", "Set `allow_blob_public_access=False`.")
    assert (control.severity, control.asks, control.planes) == ("high", ("account",), tuple(Plane))
    assert control.needs == control.on
    assert not control.one_way
    assert not control.judges_estate()
    assert len(control.examples) == 2


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        pytest.param(
            [PROVEN, commitment("S-2", controls=["storage-sealed"])],
            "18: S-2 names the control storage-sealed, which is not there. Build it, or move it to pending.",
            id="a control that is not there",
        ),
        pytest.param(
            [commitment("S-1", controls=["storage-locked"], pending={"controls": ["storage-locked"]})],
            "11: S-1 has storage-locked as pending, and it is built. Move it to controls.",
            id="a pending control that is built",
        ),
        pytest.param(
            [PROVEN, commitment("S-2")],
            "18: S-2 has nothing that proves it. Name a proof, or say why in unprovable.",
            id="a promise that nothing proves",
        ),
        pytest.param(
            [PROVEN, commitment("S-2", sentence=digest("We said this elsewhere."), complementary=True)],
            f"18: S-2 stands on a sentence that the statement does not list: "
            f"{digest('We said this elsewhere.')[:12]}…. Mend the digest.",
            id="a sentence that the statement does not hold",
        ),
        pytest.param(
            [PROVEN, commitment("S-2", promise=False), commitment("S-1", controls=["storage-locked"])],
            "25: the id S-1 is taken at commitments/s.toml:11. Give it one of its own.",
            id="an id that is taken",
        ),
    ],
)
def test_a_commitment_that_cannot_hold_is_named_by_its_line(tmp_path, rows, line):
    """The whole message is compared: somebody has to mend the file by it."""
    assert problems(tmp_path, statements={"s.toml": statement(*rows)}) == [f"commitments/s.toml:{line}"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"pending": {"drills": ["restore"]}}, id="a drill to come"),
        pytest.param({"pending": {"controls": ["LCK-02"]}}, id="a control to come"),
        pytest.param({"unprovable": "nobody can look inside a head"}, id="a reason why nothing proves it"),
        pytest.param({"promise": False}, id="no promise"),
        pytest.param({"complementary": True}, id="the customer's part"),
    ],
)
def test_a_commitment_may_have_no_control(tmp_path, fields):
    """Where it says what is to come, or why nothing is."""
    rows = statement(PROVEN, commitment("S-2", sentence=ENCRYPTED, **fields))
    assert len(load(policies_folder(tmp_path, statements={"s.toml": rows})).statements[0].commitments) == 2


def test_an_id_taken_in_another_statement_is_named_by_both_places(tmp_path):
    """Ids are spoken of without their statement."""
    both = {"a.toml": statement(PROVEN, identity="A"), "b.toml": statement(PROVEN, identity="B")}
    assert problems(tmp_path, statements=both) == [
        "commitments/b.toml:11: the id S-1 is taken at commitments/a.toml:11. Give it one of its own."
    ]


def test_a_control_under_too_many_commitments_proves_none_of_them_well(tmp_path):
    """Fifteen are let pass, and the sixteenth is named."""
    rows = [commitment(f"S-{number}", controls=["storage-locked"]) for number in range(1, 17)]
    assert load(policies_folder(tmp_path / "fifteen", statements={"s.toml": statement(*rows[:15])}))
    assert problems(tmp_path, statements={"s.toml": statement(*rows)}) == [
        "commitments/s.toml:116: storage-locked stands under 16 commitments, at most 15 make sense. Split it."
    ]


def test_a_control_that_proves_nothing_is_named_by_its_file(tmp_path):
    """It would be judged for nobody."""
    controls = {"storage/locked.py": LOCKS, "storage/sealed.py": LOCKS}
    assert problems(tmp_path, controls=controls) == [
        "controls/storage/sealed.py:1: no commitment uses storage-sealed. Name it in the one it proves."
    ]


def test_without_any_statement_no_control_proves_anything(tmp_path):
    """An empty folder of commitments is not a sound one."""
    (policies_folder(tmp_path, statements={}) / "commitments").mkdir()
    assert problems(tmp_path, statements={}) == [
        "controls/storage/locked.py:1: no commitment uses storage-locked. Name it in the one it proves."
    ]


def test_everything_wrong_is_said_at_once(tmp_path):
    """A line each, so that one run mends them all."""
    rows = statement(PROVEN, commitment("S-2"), commitment("S-3", controls=["x"]))
    said = problems(tmp_path, statements={"s.toml": rows}, waivers=waiver("y"))
    assert [line.split(":")[:2] for line in said] == [
        ["commitments/s.toml", "18"],
        ["commitments/s.toml", "24"],
        ["waivers.toml", "2"],
    ]


def test_a_waiver_of_no_control_is_named_by_its_line(tmp_path):
    """It must not look as if it excused something."""
    assert problems(tmp_path, waivers=waiver("storage-locked") + waiver("storage-sealed")) == [
        "waivers.toml:9: a waiver names the control storage-sealed, which is not there. See `audit list controls`."
    ]


def test_a_waiver_that_has_expired_stops_nothing(tmp_path):
    """The report names it, and judges on."""
    assert load(policies_folder(tmp_path, waivers=waiver("storage-locked", until="2020-06-30"))).waivers


@pytest.mark.parametrize("names", [("a/b_c.py", "a-b/c.py"), ("a/b-c.py", "a_b/c.py"), ("a-b/c.py", "a_b/c.py")])
def test_two_controls_cannot_have_one_id(tmp_path, names):
    """Families and stems may collide where underscores and hyphens meet."""
    (said,) = problems(tmp_path, controls=dict.fromkeys(names, LOCKS))
    first, second = names
    assert said == f"controls/{second}: the id a-b-c is taken by controls/{first}. Rename one file."


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param("x = [", "at end of document", id="no end"),
        pytest.param('id = "S"\nid = "T"\n', "line 2", id="a key twice"),
        pytest.param(statement(PROVEN) + "\n[[drift]]\nid = 7\n", r"\$\.drift\[0\]", id="a number for a text"),
        pytest.param(statement(PROVEN).replace("company", "firm"), "unknown field `firm`", id="an unknown field"),
        pytest.param(
            statement(PROVEN.replace("controls", "control")),
            r"unknown field `control` - at `\$\.commitment\[0\]`",
            id="an unknown field of a commitment",
        ),
        pytest.param(
            statement(commitment("S-1", pending={"tests": ["x"]})),
            r"unknown field `tests` - at `\$\.commitment\[0\]\.pending`",
            id="proof of an unknown nature",
        ),
        pytest.param(statement(PROVEN).replace("2026-01-01", '"soon"'), r"\$\.seen", id="a word for a date"),
        pytest.param("", "missing required field", id="an empty file"),
    ],
)
def test_a_broken_statement_is_named_by_file_and_place(tmp_path, text, trouble):
    """One line, with the file and the place inside it."""
    (said,) = problems(tmp_path, statements={"s.toml": text})
    assert re.match(r"commitments/s\.toml(:\d+)?: ", said)
    assert said.endswith(". Mend the file.")
    assert re.search(trouble, said)


@pytest.mark.parametrize(
    ("name", "content", "trouble"),
    [
        pytest.param("targets.toml", b"days = ", "targets.toml: Invalid value", id="broken targets"),
        pytest.param("targets.toml", b"\xff", "cannot read targets.toml: 'utf-8' codec", id="targets that are no text"),
        pytest.param("targets.toml", None, "cannot read targets.toml: .*No such file", id="no targets"),
        pytest.param("waivers.toml", b"[[waivers]]", "waivers.toml: Object contains unknown field", id="a wrong table"),
        pytest.param(
            "waivers.toml", b"[[waiver]]", "waivers.toml:1: Object missing required field", id="an empty waiver"
        ),
        pytest.param("waivers.toml", b"\xff", "cannot read waivers.toml: 'utf-8' codec", id="waivers that are no text"),
        pytest.param("commitments/s.toml", b"\xff", "cannot read commitments/s.toml: ", id="a statement of bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content, trouble):
    """One line, whatever is wrong with it."""
    path = policies_folder(tmp_path) / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AuditError) as caught:
        load(tmp_path)
    said = str(caught.value).replace(f"{tmp_path}/", "")
    assert re.match(trouble, said)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param(
            "def judge(:", r"cannot be loaded: .*\(locked\.py, line 1\)\. Mend the file\.", id="a syntax error"
        ),
        pytest.param("import nothing_of_this_name", "cannot be loaded: No module named", id="an import of nothing"),
        pytest.param("judge = undefined", "cannot be loaded: name 'undefined' is not defined", id="an undefined name"),
        pytest.param(
            LOCKS.replace("def judge", "def rule"), "not a control: .* has no attribute 'judge'", id="without a judge"
        ),
        pytest.param(
            LOCKS.replace("def judge", "judge = 7\ndef rule"),
            "not a control: 7 is not a callable object",
            id="a number",
        ),
        pytest.param(LOCKS.replace("SEVERITY = ", "X = "), "not a control: .*'SEVERITY'", id="without a severity"),
        pytest.param(
            LOCKS.replace("SEVERITY = Severity.HIGH", 'SEVERITY = "grave"'),
            "not a control: 'grave'",
            id="a severity of its own",
        ),
        pytest.param(LOCKS.replace("EXAMPLES = ", "X = "), "not a control: .*'EXAMPLES'", id="without examples"),
        pytest.param(LOCKS.replace("ON = STORAGE_ACCOUNT", "ON = 7"), "not a control: 'int' object", id="on no kind"),
        pytest.param(
            LOCKS.replace("ON = ", 'PLANES = ("moon",)\nON = '),
            "not a control: 'moon' is not a valid Plane",
            id="on no plane",
        ),
        pytest.param(LOCKS.replace('"""', "#", 2), "cannot be loaded: ", id="a docstring that is none"),
        pytest.param(
            LOCKS.replace("## Why we promise this", "Why"),
            "not a control: its docstring needs a claim, '## Why we promise this' and '## How to keep it'",
            id="without a reason",
        ),
        pytest.param(
            LOCKS.replace("## How to keep it", "How"), "not a control: its docstring needs", id="without a remedy"
        ),
        pytest.param(
            LOCKS.replace("A lock holds the account.\n\nCatalogue: LCK-01.", ""),
            "not a control: its docstring needs",
            id="without a claim",
        ),
        pytest.param("", "not a control: ", id="an empty file"),
    ],
)
def test_a_file_that_is_no_control_is_named(tmp_path, text, trouble):
    """One line, with the trouble and where to read on."""
    (said,) = problems(tmp_path, controls={"storage/locked.py": text})
    assert re.match(rf"controls/storage/locked\.py: {trouble}", said)


@pytest.mark.parametrize(
    ("missing", "trouble"),
    [
        pytest.param(
            "commitments", r"^{} holds no policies: a folder commitments/ is needed\. Name another", id="empty"
        ),
        pytest.param("controls", r"^{}/controls holds no controls\. Name another", id="no controls"),
    ],
)
def test_a_folder_without_policies_is_refused(tmp_path, missing, trouble):
    """With what to do instead."""
    if missing == "controls":
        policies_folder(tmp_path, controls={})
    with pytest.raises(AuditError, match=trouble.format(re.escape(str(tmp_path)))):
        load(tmp_path)


def test_a_heading_needs_no_proof(tmp_path):
    """It is covered, and promises nothing."""
    rows = statement(PROVEN, commitment("S-0", sentence=HEADING, promise=False))
    (own,) = load(policies_folder(tmp_path, statements={"s.toml": rows})).statements
    assert [one.counted for one in own.commitments] == [True, False]


OURS = load(POLICIES)


def test_our_own_policies_are_sound():
    """Two statements, and every control in use."""
    assert [one.id for one in OURS.statements] == ["A", "B"]
    assert OURS.controls.keys() == CONTROLS.keys()


def test_our_own_waivers_excuse_one_way_doors_only():
    """Anything else can be mended by the same pull request."""
    assert OURS.waivers
    assert {waiver.control for waiver in OURS.waivers if not OURS.controls[waiver.control].one_way} == set()


def test_our_own_waivers_hold_before_deployment_only():
    """Live, a lock that is open counts."""
    assert {plane for waiver in OURS.waivers for plane in waiver.planes} == {Plane.PROGRAM, Plane.PREVIEW}


def test_our_own_waivers_have_an_owner_a_reason_and_one_resource_each():
    """Nobody accepts a deviation twice, or for everything."""
    assert all(one.owner.strip() and one.reason.strip() and one.resource.strip() for one in OURS.waivers)
    pairs = [(one.control, one.resource) for one in OURS.waivers]
    assert len(pairs) == len(set(pairs))


def sources(folder):
    """Read the text of every control."""
    return {path: path.read_text() for path in sorted(Path(folder).rglob("*.py"))}


def test_every_target_that_a_control_reads_is_chosen():
    """In targets.toml, in the shape it is read in."""
    wanted = [
        (name, read)
        for text in sources(POLICIES / "controls").values()
        for read, name in re.findall(r'targets\.(number|names)\("([\w.]+)"\)', text)
    ]
    assert len(wanted) > 10
    for name, read in wanted:
        assert getattr(OURS.targets, read)(name) is not None, name
