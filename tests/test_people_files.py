"""What is wrong in the files that people answer for is said with file and line, and what has expired stops nothing."""

from datetime import date

import pytest

from audit.model import AuditError
from audit.people import Shared
from audit.people_files import role_problem, text_problem
from audit.policies import load
from tests.made import commitment, policies_folder, statement
from tests.support import POLICIES

KINDS = '[kinds.AT-03]\ntitle = "Terms are current."\nmonths = 12\n[kinds.AT-14]\ntitle = "Targets."\nmonths = 12\n\n'
DIGEST = "ab" * 32
WORD = f"""\
[[attestation]]
id = "AT-03"
role = "data protection officer"
looked_at = "the terms"
on = 2020-01-05
until = 2021-01-05
evidence = "{DIGEST}"
"""
ANSWER = """\
[[exception]]
control = "storage-locked"
resource = "files"
cause = "the lock was lost"
response = "it was put back"
risk = "none was seen"
owner = "caretaker"
due = 2026-11-30
"""
BREACH = """\
[[breach]]
id = "BR-1"
aware = 2026-10-05T09:30:00Z
notified = 2026-10-05T14:42:00+02:00
customers = ["c-07"]
facts = "a copy went astray"
owner = "data protection officer"
"""
CUSTOMER = """\
[[customer]]
pseudonym = "c-07"
tags = { customer = "c-07" }
ids = ["*/databases/c-07-*"]
"""
SOUND = {
    "attestations.toml": KINDS + WORD,
    "exceptions.toml": ANSWER,
    "breaches.toml": BREACH,
    "customers.toml": CUSTOMER,
}


def folder(path, **files):
    """Write a policies folder with the four files, some of them as given."""
    policies_folder(path)
    for name, text in (SOUND | {f"{name}.toml": text for name, text in files.items()}).items():
        (path / name).write_text(text)
    return path


def test_what_people_answer_for_is_loaded(tmp_path):
    """The word that ended years ago among it: it proves nothing and stops nothing."""
    rules = load(folder(tmp_path))
    assert [one.until for one in rules.attestations] == [date(2021, 1, 5)]
    assert rules.attestation_kinds["AT-03"].months == 12
    assert [one.due for one in rules.responses] == [date(2026, 11, 30)]
    assert [str(one.notified - one.aware) for one in rules.breaches] == ["3:12:00"]
    assert [one.pseudonym for one in rules.customers.customer] == ["c-07"]
    assert rules.customers.shared is Shared.SUMMARISED


def test_a_folder_without_the_files_has_nothing_in_them(tmp_path):
    """A company that begins has attested nothing."""
    rules = load(policies_folder(tmp_path))
    assert (rules.attestations, rules.responses, rules.breaches, rules.customers.customer) == ((), (), (), ())


def test_our_own_files_hold_no_word_that_nobody_said():
    """Only what may be attested, and everything that our commitments need."""
    rules = load(POLICIES)
    needed = {identity for one in rules.statements for row in one.commitments for identity in row.pending.attestations}
    assert needed <= set(rules.attestation_kinds)
    assert (rules.attestations, rules.responses, rules.breaches, rules.customers.customer) == ((), (), (), ())


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        pytest.param(
            "attestations", WORD.replace("AT-03", "AT-99"), "9: the attestation AT-99 is of no kind", id="kind"
        ),
        pytest.param(
            "attestations", WORD.replace("2021-01-05", "2021-01-06"), "9: .* 12 months end on 2021-01-05", id="too long"
        ),
        pytest.param(
            "attestations", WORD.replace("2021-01-05", "2020-01-04"), "9: .* before it begins", id="no time at all"
        ),
        pytest.param("attestations", WORD.replace("data protection officer", "Jo Field"), "9: .* no role", id="a name"),
        pytest.param(
            "attestations", WORD.replace("the terms", " "), "9: .* says nothing in looked_at", id="nothing seen"
        ),
        pytest.param("attestations", WORD.replace("the terms", "Mrs Field"), "9: .* names a person", id="a person"),
        pytest.param("attestations", WORD.replace(DIGEST, DIGEST.upper()), "9: .* no SHA-256", id="no digest"),
        pytest.param("attestations", WORD + 'targets = ["a"]\n', "9: .* do not go together", id="targets of terms"),
        pytest.param("attestations", WORD.replace("AT-03", "AT-14"), "9: .* do not go together", id="no targets"),
        pytest.param("attestations", WORD + 'controls = ["x"]\n', "9: .* names the control x", id="no such control"),
        pytest.param("attestations", WORD + "\n" + WORD, "17: .* stands here twice", id="the same word twice"),
        pytest.param("attestations", WORD.replace("until", "till"), "8: Object contains unknown field", id="a slip"),
        pytest.param(
            "attestations", WORD.replace("2020-01-05", '"soon"', 1), r"8: .*\$\.attestation\[0\]\.on", id="no date"
        ),
        pytest.param("exceptions", ANSWER.replace("locked", "sealed"), "2: .* not there", id="an unknown control"),
        pytest.param("exceptions", ANSWER.replace("none was seen", ""), "2: .* says nothing in risk", id="no risk"),
        pytest.param("exceptions", ANSWER.replace("caretaker", "c@example.org"), "2: .* no role", id="an address"),
        pytest.param("exceptions", ANSWER + 'breach = "BR-9"\n', "2: .* names the breach BR-9", id="no such breach"),
        pytest.param("exceptions", ANSWER + ANSWER, "10: .* is open twice", id="two answers"),
        pytest.param("breaches", BREACH.replace("09:30:00Z", "09:30:00"), "2: .* no offset in aware", id="no offset"),
        pytest.param("breaches", BREACH.replace("T14", "T04"), "2: .* has notified before aware", id="told too early"),
        pytest.param(
            "breaches", BREACH.replace("c-07", "c-08"), "2: .* names the customer c-08", id="an unknown customer"
        ),
        pytest.param("breaches", BREACH + BREACH, "9: .* stands here twice", id="an id twice"),
        pytest.param("breaches", BREACH.replace("BR-1", "BR 1"), "2: .* other signs", id="an id with a blank"),
        pytest.param(
            "breaches",
            BREACH.replace("notified = 2026-10-05T14:42:00+02:00", "closed = 2026-10-06T09:30:00Z"),
            "2: .* nobody was told, and late does not say why",
            id="closed in silence",
        ),
        pytest.param("customers", CUSTOMER.replace("c-07", "Field Ltd", 1), "2: .* is no pseudonym", id="a real name"),
        pytest.param(
            "customers", CUSTOMER.replace("*/databases/c-07-*", "*/*"), "2: .* means everything", id="all ids"
        ),
        *(
            pytest.param(
                "customers", CUSTOMER.replace("*/databases/c-07-*", wide), "2: .* means everything", id=f"all by {wide}"
            )
            for wide in (
                "/subscriptions/*",
                "*[a-z]*",
                "*/providers",
                "/SUBSCRIPTIONS/*/resourceGroups/*",
                "arn:*",
                "/*/*/*",
            )
        ),
        pytest.param("customers", CUSTOMER.replace('= "c-07" }', '= "" }'), "2: .* an empty tag", id="an empty tag"),
        pytest.param("customers", CUSTOMER + CUSTOMER, "6: .* stands here twice", id="a pseudonym twice"),
        pytest.param(
            "customers", CUSTOMER + "since = 2026-01-01\nuntil = 2025-01-01\n", "2: .* left before it came", id="dates"
        ),
        pytest.param("customers", 'shared = "shown"\n' + CUSTOMER, r" Invalid enum value 'shown'", id="a rule unknown"),
    ],
)
def test_what_cannot_be_meant_is_named_by_file_and_line(tmp_path, name, text, line):
    """And with what to do, in a line each."""
    written = KINDS + text if name == "attestations" else text
    files = {"breaches": ""} if name == "customers" else {}
    with pytest.raises(AuditError, match=rf"{name}\.toml:{line}") as caught:
        load(folder(tmp_path, **files | {name: written}))
    (said,) = str(caught.value).splitlines()
    assert said.endswith(".")


def test_a_commitment_cannot_need_what_nobody_can_attest(tmp_path):
    """The kinds are what people are asked for."""
    rows = statement(commitment("S-1", controls=["storage-locked"], pending={"attestations": ["AT-77"]}))
    path = folder(tmp_path)
    (path / "commitments" / "s.toml").write_text(rows)
    with pytest.raises(AuditError, match=r"attestations\.toml:1: S-1 needs AT-77, which is no kind here\. Add"):
        load(path)


def test_a_customer_cannot_be_called_as_a_commitment_is(tmp_path):
    """In another customer's edition both would be withheld."""
    path = folder(tmp_path, breaches="", customers=CUSTOMER.replace('pseudonym = "c-07"', 'pseudonym = "s-1"'))
    (path / "commitments" / "s.toml").write_text(statement(commitment("S-1", controls=["storage-locked"])))
    with pytest.raises(AuditError, match=r"customers\.toml: the customer s-1 is called as a commitment is\. Choose"):
        load(path)


def test_an_answer_that_is_closed_may_be_of_a_control_that_is_gone(tmp_path):
    """It is history, and last quarter's report needs it."""
    closed = ANSWER.replace("storage-locked", "storage-sealed") + "closed = 2026-11-12\n"
    assert len(load(folder(tmp_path, exceptions=closed + ANSWER)).responses) == 2


@pytest.mark.parametrize(
    ("role", "fine"),
    [
        ("data protection officer", True),
        ("head of IT", True),
        ("CTO", True),
        ("2nd-line support", True),
        ("r&d lead", True),
        ("", False),
        ("Jane Smith", False),
        ("JANE SMITH", False),
        ("IT HR", False),
        ("Officer", False),
        ("officer@example.org", False),
        ("the officer, Jane", False),
        ("officer\nowner", False),
        ("a" * 61, False),
    ],
)
def test_a_role_is_words_in_lower_case(role, fine):
    """So that a name is refused as it is usually written."""
    assert (not role_problem(role)) is fine


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("the Data Protection Policy of Azure Key Vault", True),
        ("", False),
        ("asked Dr. Field", False),
        ("asked jo@example.org", False),
        ("one\ntwo", False),
        ("x" * 2001, False),
    ],
)
def test_a_sentence_names_nobody_plainly(text, fine):
    """A bare name cannot be told from a product's."""
    assert (not text_problem("facts", text)) is fine
