"""The recorded statements hold every promise once, each with a proof, and still match what was published."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from audit.promises import Proof, Statement
from audit.statements import compare, cut, digest, digest_of_text, read_text

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT.parent / "shared" / "statements"
STATEMENTS = {
    path.stem: msgspec.toml.decode(path.read_bytes(), type=Statement)
    for path in sorted((ROOT / "policies" / "commitments").glob("*.toml"))
}
TEXTS = {"statement-a": "xe2-gdpr-policy.txt", "statement-b": "xpor-data-protection-statement.txt"}
ROWS = [commitment for statement in STATEMENTS.values() for commitment in statement.commitments]

NOT_PROMISES = {"A-00", "A-01", "A-13", "A-16", "A-22", "A-27", "B-01", "B-02", "B-24"}
COMPLEMENTARY = {"A-07a", "A-07b", "A-11", "A-23"}
CATEGORICAL = {"A-27b1", "A-27b2", "B-04", "B-04a", "B-04b", "B-04c", "B-05"}
NAVIGATION = {
    *("About", "Case Studies", "Contact", "Home", "Hosted CRM", "Navigation", "Our Products"),
    *("Professional Services", "Services", "Third Party Applications", "Third Party Software"),
}
BOUND = {"processor", "vendor", "controller", "reseller", "partner", "hosting provider", "customer"}
MOST_PROMISES_A_CONTROL = 15
SHAPES = {
    "controls": r"[A-Z]{3}-\d\d",
    "probes": r"LV-\d\d",
    "data_checks": r"DP-\d\d",
    "drills": r"BCK-\d\d|[a-z]+-[a-z]+",
    "attestations": r"AT-\d\d",
}

every_statement = pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published texts are not kept in the repository")


def text_of(name: str) -> str:
    """Read the text that the statement in the file `name` was recorded from."""
    return read_text(PUBLISHED / TEXTS[name])


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Return every run of `length` consecutive words."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_every_promise_is_recorded_once():
    """All that was read out of the two statements is there, under an id of its own."""
    assert len(ROWS) == 104
    assert [name for name, times in Counter(row.id for row in ROWS).items() if times > 1] == []
    assert [
        row.id for statement in STATEMENTS.values() for row in statement.commitments if row.id[0] != statement.id
    ] == []


def test_what_is_no_promise_is_marked():
    """Headings and scope are covered and never counted; the customer's part is shown apart."""
    assert {row.id for row in ROWS if not row.promise} == NOT_PROMISES
    assert {row.id for row in ROWS if row.complementary} == COMPLEMENTARY


def test_what_was_promised_without_exception_is_categorical():
    """Where the text says never or categorical, no waiver may excuse a broken control."""
    assert {row.id for row in ROWS if row.categorical} == CATEGORICAL


def test_every_counted_promise_has_a_proof_or_says_why_it_has_none():
    """A promise without anything behind it would be kept for want of evidence."""
    provable = {row.id for row in ROWS if row.controls or row.pending.ids()}
    assert [row.id for row in ROWS if row.counted and row.id not in provable and not row.unprovable] == []
    assert [row.id for row in ROWS if row.unprovable and row.id in provable] == []


def test_every_counted_promise_says_whom_it_binds_and_which_law_asks_for_it():
    """Articles are written one way, so that a report can group by them."""
    for row in ROWS:
        assert set(filter(None, row.binds.split(", "))) <= BOUND, row.id
        assert all(re.fullmatch(r"Art\. \d+(\(\d+\)(\([a-z]\))?)?", article) for article in row.gdpr), row.id
    assert [row.id for row in ROWS if row.counted and not (row.binds and row.gdpr)] == []


@pytest.mark.parametrize("field", msgspec.structs.fields(Proof), ids=lambda field: field.name)
def test_what_is_pending_stands_under_its_own_nature(field):
    """A probe is listed as a probe, an attestation as an attestation."""
    listed = {name for row in ROWS for name in getattr(row.pending, field.name)}
    assert [name for name in sorted(listed) if not re.fullmatch(SHAPES[field.name], name)] == []


def test_no_proof_is_named_twice_under_one_promise():
    """A control counts once toward a promise."""
    named = {row.id: Counter(row.controls + row.pending.ids()) for row in ROWS}
    assert [name for name, proofs in named.items() if any(times > 1 for times in proofs.values())] == []


def test_no_control_carries_too_many_promises():
    """A control under very many promises would say little about any of them."""
    uses = Counter(control for row in ROWS for control in row.controls)
    assert {control for control, times in uses.items() if times > MOST_PROMISES_A_CONTROL} == set()


@every_statement
def test_commitments_and_drift_point_at_what_is_recorded(statement):
    """Every digest is a recorded sentence's, every drift names commitments of its own statement."""
    assert [row.id for row in statement.commitments if not row.sentences] == []
    assert {mark for row in statement.commitments for mark in row.sentences} <= set(statement.sentences)
    names = {row.id for row in statement.commitments}
    assert [
        drift.id for drift in statement.drift if not drift.commitments or not names.issuperset(drift.commitments)
    ] == []


def test_every_known_drift_is_recorded():
    """What can no longer be literally true is reported beside the verdict."""
    assert {drift.id for statement in STATEMENTS.values() for drift in statement.drift} == {
        f"D{number}" for number in range(1, 14)
    }


@published
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_published_text_is_the_recorded_one(name):
    """Nothing in the published text has changed since the promises were read out of it."""
    text, statement = text_of(name), STATEMENTS[name]
    found = compare(statement, text)
    assert found.standing == cut(text)
    assert (found.changed, found.added, found.gone, found.broken_promises) == ((), (), (), ())
    assert statement.digest == digest_of_text(text)
    assert statement.sentences == tuple(map(digest, cut(text)))


@published
@pytest.mark.parametrize("name", STATEMENTS)
def test_every_sentence_is_covered(name):
    """Only the title and the labels of a menu stand under no commitment."""
    statement = STATEMENTS[name]
    covered = {mark for row in statement.commitments for mark in row.sentences}
    uncovered = {sentence for sentence in cut(text_of(name)) if digest(sentence) not in covered}
    assert {sentence for sentence in uncovered if sentence.casefold() != statement.title.casefold()} <= NAVIGATION


@published
def test_promises_are_told_in_words_of_our_own():
    """No text shares six consecutive words with a statement: the company's words stay on its page."""
    theirs = set().union(*(runs(text_of(name), 6) for name in TEXTS))
    texts = {row.id: row.promise_text for row in ROWS}
    texts |= {f"{s.id} {d.id}": f"{d.text}\n{d.cleared_by}" for s in STATEMENTS.values() for d in s.drift}
    assert [name for name, text in texts.items() if runs(text, 6) & theirs] == []
