"""OSCAL of a quarter: NIST's own schemas accept it, every reference leads somewhere, and no gap reads as satisfied."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import jsonschema
import msgspec
import pytest

from audit.canonical import sha256
from audit.model import Verdict
from audit.people import AttestationState
from audit.quarters.model import Span
from audit.reports.quarter import oscal
from audit.reports.quarter.oscal_words import NOTHING as NOTHING_SAID
from audit.reports.quarter.oscal_words import line, prose, title, token
from tests.quarters import BOARD, CANARY, CUSTOMER, ESCAPE, GLYPHS, NOTHING, OTHER_CANARY, QUARTER, SCRIPT
from tests.support import ROOT

SCHEMAS = ROOT / "tests" / "oracles" / "schemas"
SAMPLES = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "nothing": NOTHING}
FILES = ("assessment-results", "assessment-plan", "component-definition", "catalog")


def documents(quarter):
    """Render a quarter, and read every document."""
    return {name.removesuffix(".json"): json.loads(content) for name, content in oscal.render(quarter).items()}


def result(quarter):
    """Return the one set of results."""
    (only,) = documents(quarter)["assessment-results"]["assessment-results"]["results"]
    return only


def schema(name):
    """Read a schema of NIST's; Python's `re` has no classes of Unicode, so they are spelt as it spells them."""
    text = (SCHEMAS / f"oscal-{name}-1.2.1.json").read_text()
    return json.loads(
        text.replace(r"(\\p{L}|_)", r"[^\\W\\d]").replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")
    )


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("name", FILES)
def test_nists_schema_accepts_every_document(sample, name):
    validator = jsonschema.Draft7Validator(schema(name))
    errors = [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(documents(SAMPLES[sample])[name])
    ]
    assert not errors


def test_nists_schema_would_refuse_a_field_of_nobodys():
    seen = documents(QUARTER)["assessment-results"]
    seen["assessment-results"]["results"][0]["bogus"] = "yes"
    assert not jsonschema.Draft7Validator(schema("assessment-results")).is_valid(seen)


def walked(value):
    """Yield every object of a document."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walked(part)


REFERENCES = (
    "party-uuid",
    "actor-uuid",
    "subject-uuid",
    "component-uuid",
    "observation-uuid",
    "risk-uuid",
    "activity-uuid",
)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_reference_leads_somewhere(sample):
    """UUIDs within their document, ids of promises and objectives to the catalogue, files by their digest."""
    rendered = oscal.render(SAMPLES[sample])
    seen = documents(SAMPLES[sample])
    ids = {one["id"] for one in walked(seen["catalog"]) if "id" in one}
    for name, document in seen.items():
        parts = list(walked(document))
        own = [part["uuid"] for part in parts if "uuid" in part]
        assert len(own) == len(set(own)), name
        asked = {part[key] for part in parts for key in REFERENCES if key in part}
        asked |= {party for part in parts for party in part.get("party-uuids", ())}
        asked |= {
            part[key].removeprefix("#") for part in parts for key in ("href", "source") if part.get(key, "")[:1] == "#"
        }
        assert asked <= set(own), name
        named = {
            part[key]
            for part in parts
            for key in ("control-id", "objective-id", "target-id", "statement-id")
            if key in part
        }
        assert named <= ids, name
        roles = {role["id"] for role in next(iter(document.values()))["metadata"].get("roles", ())}
        assert {part["role-id"] for part in parts if "role-id" in part} <= roles
        for link in (part for part in parts if part.get("href") in rendered):
            assert link["hashes"][0]["value"] == sha256(rendered[link["href"]])


def by(values, name, wanted):
    """Return the objects whose property of ours has a value."""
    return [one for one in values if any((p["name"], p["value"]) == (name, wanted) for p in one.get("props", ()))]


def status(finding):
    return finding["target"]["status"]["state"], finding["target"]["status"]["reason"]


STATES = {
    Verdict.KEPT: ("satisfied", "pass"),
    Verdict.WAIVED: ("satisfied", "pass"),
    Verdict.BROKEN: ("not-satisfied", "fail"),
    Verdict.UNPROVEN: ("not-satisfied", "other"),
}


def test_every_promise_in_scope_has_the_finding_of_its_verdict_and_no_other_has_one():
    findings = [one for one in result(QUARTER)["findings"] if one["target"]["type"] == "statement-id"]
    for promise in QUARTER.promises:
        own = by(findings, "promise", promise.id)
        if promise.counted and promise.verdict is not Verdict.NOT_APPLICABLE:
            assert [status(one) for one in own] == [STATES[promise.verdict]]
        else:
            assert own == []


def test_what_is_not_proven_is_an_observation_with_an_entry_and_without_a_finding():
    seen = result(QUARTER)
    unproven = [(p, t) for p in QUARTER.promises for t in p.tests if t.verdict is Verdict.UNPROVEN]
    assert unproven
    for promise, test in unproven:
        assert by(by(seen["observations"], "promise", promise.id), "check", test.control)
        assert not by(by(seen["findings"], "promise", promise.id), "check", test.control)
        assert any(test.control in entry["title"] for entry in seen["assessment-log"]["entries"])


@pytest.mark.parametrize("verdict", [Verdict.UNPROVEN, Verdict.BROKEN])
def test_nothing_but_kept_and_waived_is_ever_satisfied(verdict):
    """Each promise and each test in turn is given the verdict; no finding of it may be satisfied."""

    def given(one):
        tests = tuple(msgspec.structs.replace(test, verdict=verdict) for test in one.tests)
        return msgspec.structs.replace(one, verdict=verdict, tests=tests)

    promises = tuple(map(given, QUARTER.promises))
    found = result(msgspec.structs.replace(QUARTER, promises=promises))["findings"]
    assert {status(one)[0] for one in found} == {"not-satisfied"}


def test_what_is_waived_is_satisfied_with_a_risk_and_a_remark():
    seen = result(QUARTER)
    waived = [p for p in QUARTER.promises if p.verdict is Verdict.WAIVED and p.counted]
    assert waived
    risks = {one["uuid"]: one for one in seen["risks"]}
    for promise in waived:
        (finding,) = [f for f in by(seen["findings"], "promise", promise.id) if f["target"]["type"] == "statement-id"]
        assert "waived" in finding["target"]["status"]["remarks"]
        related = finding["related-risks"]
        assert all(one["risk-uuid"] in risks for one in related)
        assert any(one.get("remarks", "").startswith("Waived: ") for one in related)


def test_a_risk_has_the_answers_role_and_day():
    answered = next(one for one in QUARTER.exceptions if one.response)
    (risk,) = by(result(QUARTER)["risks"], "exception", answered.id)
    assert risk["deadline"] == f"{answered.response.due}T23:59:59Z"
    (answer,) = risk["remediations"]
    assert answer["origins"][0]["actors"][0]["role-id"] == token(answered.response.owner)


MOMENT = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        pytest.param(MOMENT, "closed", id="seen mended"),
        pytest.param(None, "investigating", id="not looked at again"),
    ],
)
def test_a_risk_is_closed_only_where_it_was_seen_mended(after, wanted):
    span = Span(before=None, first=MOMENT, last=MOMENT, after=after)
    one = msgspec.structs.replace(QUARTER.exceptions[0], standing=False, spans=(span,))
    (risk,) = result(msgspec.structs.replace(QUARTER, exceptions=(one,)))["risks"]
    assert risk["status"] == wanted


def test_a_week_without_evidence_and_a_pack_in_doubt_are_in_the_log():
    titles = [entry["title"] for entry in result(QUARTER)["assessment-log"]["entries"]]
    assert any(one.endswith("no evidence") for one in titles)
    assert any(one.endswith("not verified") for one in titles)


def test_a_word_that_does_not_hold_is_no_attestation():
    lapsed = tuple(msgspec.structs.replace(one, state=AttestationState.EXPIRED) for one in QUARTER.attestations)
    seen = result(msgspec.structs.replace(QUARTER, attestations=lapsed))
    assert "attestations" not in seen
    told = [entry["title"] for entry in seen["assessment-log"]["entries"]]
    assert all(f"{one.attestation.id} does not hold" in told for one in lapsed)
    assert all("expires" in one for one in seen["observations"] if one["methods"] == ["INTERVIEW"])


def test_a_quarter_without_any_pack_has_nothing_satisfied():
    seen = result(NOTHING)
    assert not [one for one in seen.get("findings", ()) if one["target"]["status"]["state"] == "satisfied"]
    assert any("No inventory" in entry["title"] for entry in seen["assessment-log"]["entries"])


def test_a_customers_documents_hold_no_other_customers_canary():
    whole = b"".join(oscal.render(CUSTOMER).values()).decode()
    assert OTHER_CANARY not in whole
    assert CANARY in b"".join(oscal.render(QUARTER).values()).decode()


RENDERED = (
    "from audit.canonical import sha256; from audit.reports.quarter import oscal; from tests.quarters import QUARTER;"
    "print(sorted((name, sha256(content)) for name, content in oscal.render(QUARTER).items()))"
)


def test_the_same_quarter_has_the_same_bytes_everywhere():
    def printed(**changes):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
        return subprocess.run([sys.executable, "-c", RENDERED], env=environment, check=True, capture_output=True).stdout

    first = printed(PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    assert first == printed(PYTHONHASHSEED="7", TZ="Asia/Kolkata", LC_ALL="C.UTF-8")


def test_another_content_is_another_document_and_the_same_promise():
    one, two = (
        documents(QUARTER)["assessment-results"],
        documents(msgspec.structs.replace(QUARTER, product="next"))["assessment-results"],
    )
    one, two = one["assessment-results"], two["assessment-results"]
    assert one["uuid"] != two["uuid"]
    assert [f["uuid"] for f in one["results"][0]["findings"]] == [f["uuid"] for f in two["results"][0]["findings"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("AT-03", "AT-03", id="as it is"),
        pytest.param("9 lives", "_9_lives-e0f16310", id="a digit and a space"),
        pytest.param("", "_-12ae32cb", id="nothing"),
    ],
)
def test_a_token_is_mended_and_stays_its_own(text, wanted):
    assert token(text) == wanted


def test_tokens_that_look_alike_when_mended_are_not_the_same():
    assert token("a b") != token("a_b")


@pytest.mark.parametrize("spell", [line, title, prose])
def test_what_nobody_would_see_is_spelt_out(spell):
    assert "\x1b" not in spell(ESCAPE)
    assert "u202e" in spell(ESCAPE)
    spell(GLYPHS).encode()
    assert spell(" \n ") == NOTHING_SAID


@pytest.mark.parametrize("spell", [title, prose])
def test_nothing_in_a_text_is_markup(spell):
    assert spell(SCRIPT).startswith("\\<script\\>")


def test_nobody_is_named_in_person():
    parties = [party for name in FILES for party in documents(QUARTER)[name][name]["metadata"]["parties"]]
    assert {party["type"] for party in parties} == {"organization"}


IDS = {"id", "drill_id", "control", "promises", "statement", "commitments", "evidence", "attestations", "drills"}
"""Fields by which things know each other: they are changed alike, and stay apart."""


def mangled(value, text, name=""):
    """Put `text` in place of every text within, before it where it is an id."""
    if isinstance(value, msgspec.Struct):
        changed = {field: mangled(getattr(value, field), text, field) for field in value.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(mangled(part, text, name) for part in value)
    if type(value) is str:
        return text + value if name in IDS else text
    return value


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n\t ", id="blanks"),
        pytest.param("\x00\x1b[2J\x85\u2028", id="controls"),
        pytest.param("\ud800", id="half a pair"),
        pytest.param("\u202e\u200b\ufeff", id="marks of direction"),
        pytest.param("https://[", id="half an address"),
        pytest.param("1 < 2 \\ `x` [y](z)", id="markup"),
        pytest.param("x" * 70_000, id="long"),
    ],
)
def test_no_text_makes_a_document_that_is_refused(name, text):
    document = documents(mangled(QUARTER, text))[name]
    error = next(jsonschema.Draft7Validator(schema(name)).iter_errors(document), None)
    assert error is None, (error.json_path, error.message[:200])
