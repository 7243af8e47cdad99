"""Every format says which words hold, which do not, and what is to be attested next."""

from datetime import date

import msgspec
import pytest

from audit.people import Attestation, AttestationResult, AttestationState
from audit.promises import Report
from audit.reports import html, machine, markdown, terminal
from audit.reports.counting import attesting, lapsed, unattested
from audit.reports.gate import Places
from tests.reports.sample import ESCAPE, REPORT, SCRIPT

PLACES = Places({}, "Pulumi.yaml")


def word(identity, state, reason="", **fields):
    """Make an attestation in a state."""
    one = {"role": "head of IT", "looked_at": SCRIPT, "on": date(2026, 1, 5), "until": date(2027, 1, 5)}
    return AttestationResult(
        attestation=Attestation(id=identity, evidence="ab" * 32, **one | fields), state=state, reason=reason
    )


VALID = word("AT-01", AttestationState.VALID)
EXPIRED = word("AT-02", AttestationState.EXPIRED, "it expired on 2026-01-01")
RENEWED = word("AT-02", AttestationState.VALID)
CHANGED = word("AT-14", AttestationState.CHANGED, ESCAPE, targets=("backup",))
ENDING = word("AT-03", AttestationState.ENDING, "it ends on 2026-12-01")


def attested(*results, targets=("backup.days", "geo.regions")):
    """Give the sample words, and its first promise targets that nobody attested."""
    first, *others = REPORT.statements
    asking = msgspec.structs.replace(first.promises[1], targets=targets, attested=("AT-01",))
    promises = (first.promises[0], asking, *first.promises[2:])
    statements = (msgspec.structs.replace(first, promises=promises), *others)
    return msgspec.structs.replace(REPORT, statements=statements, attestations=results)


FULL = attested(VALID, EXPIRED, CHANGED, ENDING)


@pytest.mark.parametrize(
    ("results", "named"),
    [
        pytest.param((VALID,), (), id="one that holds"),
        pytest.param((EXPIRED,), (EXPIRED,), id="one that has ended"),
        pytest.param((EXPIRED, RENEWED), (), id="one that has ended and was said anew"),
        pytest.param((ENDING,), (ENDING,), id="one that ends soon"),
        pytest.param((ENDING, word("AT-03", AttestationState.VALID)), (), id="one that ends soon and was said anew"),
        pytest.param(
            (CHANGED, word("AT-14", AttestationState.VALID, targets=("geo",))), (CHANGED,), id="other targets"
        ),
    ],
)
def test_words_to_look_at_are_those_that_nothing_stands_in_for(results, named):
    """What was said anew is not named for ever."""
    assert lapsed(attested(*results)) == named


def test_targets_to_attest_are_named_once_with_what_to_run():
    """By the tables they stand in."""
    assert unattested(FULL.statements[0].promises) == ("backup.days", "geo.regions")
    assert attesting(("backup.days", "backup.hours", "geo.regions", "top")) == (
        "audit attest AT-14 --targets backup,geo,top --role ROLE --looked-at TEXT"
    )


def test_the_terminal_names_targets_and_words():
    """On one line each, and nothing where all is well."""
    text = terminal.render(FULL, colour=False, width=200)
    assert f"targets   2 targets not attested: {attesting(('backup', 'geo'))}" in text
    assert "attestations to look at: 3\n  AT-02, by the head of IT, expired: it expired on 2026-01-01\n" in text
    assert "AT-14 for backup, by the head of IT, what was attested has changed: tidy\\u001b[2J" in text
    assert "2 targets not attested" in next(line for line in text.splitlines() if "A-14d unproven" in line)
    quiet = terminal.render(attested(VALID, targets=()), colour=False, width=200)
    assert "to look at" not in quiet
    assert "not attested" not in quiet


def test_the_summary_of_a_pull_request_names_them():
    """Among what a change cannot prove, and as text that does nothing."""
    text = markdown.render(FULL, PLACES)
    assert "- 2 targets not attested: <code>audit attest AT-14" in text
    assert "- AT-02, by the head of IT, expired" in text


def test_the_page_lists_every_word_and_escapes_it():
    """Those that hold, too."""
    page = html.render(FULL)
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</td>") >= 4
    for told in ("Valid", "Expired: it expired on 2026-01-01", "Near expiry", "<code>backup.days</code>"):
        assert told in page
    assert "<dt>Attested</dt><dd>AT-01</dd>" in page
    assert "Nobody has attested anything." in html.render(REPORT)


def test_the_report_for_programs_is_read_back_with_them():
    """A pack's report is one of these."""
    content = machine.render(FULL)
    assert msgspec.json.decode(content, type=Report).attestations == FULL.attestations
    assert msgspec.json.decode(content, type=Report).statements[0].promises[1].targets == ("backup.days", "geo.regions")
