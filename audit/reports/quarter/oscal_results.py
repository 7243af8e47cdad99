"""The quarter as OSCAL assessment results: what was seen, what follows for each promise, and what is done about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from audit.model import Verdict
from audit.people import AttestationResult
from audit.quarters.model import ExceptionInPeriod, PromiseInPeriod, Quarter, Tested
from audit.reports.quarter.oscal_evidence import resources
from audit.reports.quarter.oscal_frame import (
    assets,
    beside,
    by_tool,
    company_of,
    estate,
    in_scope,
    metadata,
    objective_id,
    reviewed,
    statement_id,
)
from audit.reports.quarter.oscal_log import entries
from audit.reports.quarter.oscal_observations import (
    inventory,
    observations,
    of_attestation,
    of_drill,
    of_exception,
    of_promise,
    of_test,
)
from audit.reports.quarter.oscal_risks import risk_of, risks
from audit.reports.quarter.oscal_words import (
    Json,
    begin,
    end,
    identity,
    props,
    prose,
    shaped,
    signed,
    title,
    token,
)

PLAN = "assessment-plan.json"
_STATES = {
    Verdict.KEPT: ("satisfied", "pass"),
    Verdict.WAIVED: ("satisfied", "pass"),
    Verdict.BROKEN: ("not-satisfied", "fail"),
    Verdict.UNPROVEN: ("not-satisfied", "other"),
}
"""Verdict → OSCAL's state and reason. It has no third state, so what is not proven is not satisfied."""
NIL = "No breach is in the register for this quarter."
NO_REGISTER = "No register of breaches stands with the policies, so nothing is known of any."


def results(quarter: Quarter, planned: bytes) -> Json:
    """Write the results, with everything that they refer to."""
    source = beside(quarter, PLAN, planned, "What was to be looked at, how, and by what.")
    return signed(
        "assessment-results",
        {
            "metadata": metadata(quarter, "Results"),
            "import-ap": {"href": f"#{source['uuid']}"},
            "results": [_result(quarter)],
            "back-matter": {"resources": [source, *resources(quarter)]},
        },
    )


def _result(quarter: Quarter) -> Json:
    local = {
        "components": [estate(quarter)],
        "inventory_items": inventory(quarter),
        "assessment_assets": assets(quarter),
    }
    log = entries(quarter)
    return shaped(
        uuid=identity(quarter, "result"),
        title=title(f"{quarter.company}, {quarter.period.name}"),
        description=prose(f"Over the quarter, up to {quarter.period.as_of}: {quarter.verdict}."),
        start=begin(quarter.period.begins),
        end=end(quarter.period.as_of),
        props=props({"verdict": quarter.verdict.value, "previous-quarter": quarter.previous}),
        local_definitions=shaped(**local),
        reviewed_controls=reviewed(quarter),
        attestations=[_attestation(quarter, one) for one in quarter.attestations if one.holds],
        assessment_log={"entries": log} if log else None,
        observations=observations(quarter),
        risks=risks(quarter),
        findings=_findings(quarter),
        remarks="" if quarter.breaches else NIL if quarter.has_register else NO_REGISTER,
    )


def _attestation(quarter: Quarter, one: AttestationResult) -> Json:
    """Write a word that holds; one that does not is an entry of the log and an observation that has expired."""
    word = one.attestation
    part = shaped(
        uuid=identity(quarter, "part", of_attestation(quarter, one)),
        name="attestation",
        title=title(word.id),
        props=props({
            "attestation": word.id,
            "on": word.on,
            "until": word.until,
            "sha256": word.evidence,
            "target": word.targets,
        }),
        prose=prose(word.looked_at),
    )  # fmt: skip
    parties = [{"role-id": token(word.role), "party-uuids": [company_of(quarter)]}] if word.role.strip() else []
    return shaped(responsible_parties=parties, parts=[part])


def _findings(quarter: Quarter) -> list[Json]:
    """Say of each promise in scope whether it is satisfied, and of each of its tests that showed anything."""
    by_promise: defaultdict[str, list[ExceptionInPeriod]] = defaultdict(list)
    for one in quarter.exceptions:
        for name in one.promises:
            by_promise[name].append(one)
    people = _by_people(quarter)
    found: list[Json] = []
    for promise in filter(in_scope, quarter.promises):
        own = by_promise[promise.id]
        found.append(_of_promise(quarter, promise, own, people))
        shown = (test for test in promise.tests if test.verdict not in (Verdict.UNPROVEN, Verdict.NOT_APPLICABLE))
        found.extend(_of_test(quarter, promise, test, own) for test in shown)
    return found


def _by_people(quarter: Quarter) -> Mapping[str, tuple[str, ...]]:
    """Return the observations of attestations and drills by the id that promises name them by."""
    told: defaultdict[str, list[str]] = defaultdict(list)
    for one in quarter.attestations:
        told[one.attestation.id].append(of_attestation(quarter, one))
    for drill in quarter.drills:
        for name in (drill.drill_id, *drill.proves):
            told[name].append(of_drill(quarter, drill))
    return {name: tuple(dict.fromkeys(ids)) for name, ids in told.items()}


def _of_promise(
    quarter: Quarter,
    promise: PromiseInPeriod,
    exceptions: Sequence[ExceptionInPeriod],
    people: Mapping[str, tuple[str, ...]],
) -> Json:
    """Say whether a promise was satisfied over the quarter."""
    named = (one for name in (*promise.attestations, *promise.drills) for one in people.get(name, ()))
    tests = (of_test(quarter, promise, test) for test in promise.tests)
    seen = (of_promise(quarter, promise), *tests, *named, *(of_exception(quarter, one) for one in exceptions))
    target = {"type": "statement-id", "target-id": statement_id(promise), "title": title(promise.text)}
    return shaped(
        uuid=identity(quarter, "finding", "promise", promise.id),
        title=title(f"{promise.id}: {promise.verdict}"),
        description=prose(promise.reason),
        props=props({"promise": promise.id, "verdict": promise.verdict.value, "drift": promise.drift}),
        origins=by_tool(quarter),
        target={**target, "status": _status(promise.verdict, exceptions)},
        related_observations=_related(seen),
        related_risks=_risks(quarter, exceptions),
    )


def _of_test(quarter: Quarter, promise: PromiseInPeriod, test: Tested, exceptions: Sequence[ExceptionInPeriod]) -> Json:
    """Say whether what one control looks at was satisfied over the quarter."""
    own = [one for one in exceptions if one.control == test.control]
    seen = (of_test(quarter, promise, test), *(of_exception(quarter, one) for one in own))
    target = {
        "type": "objective-id",
        "target-id": objective_id(promise, test.control),
        "title": title(test.title),
        "status": _status(test.verdict, own),
    }
    return shaped(
        uuid=identity(quarter, "finding", "test", promise.id, test.control),
        title=title(f"{promise.id}: {test.control}: {test.verdict}"),
        description=prose(test.title),
        props=props({"promise": promise.id, "check": test.control, "verdict": test.verdict.value}),
        origins=by_tool(quarter),
        target=target,
        related_observations=_related(seen),
        related_risks=_risks(quarter, own),
    )


def _status(verdict: Verdict, exceptions: Sequence[ExceptionInPeriod]) -> Json:
    """Spell a verdict as OSCAL's state and reason; what they cannot say stands in the remarks."""
    state, reason = _STATES[verdict]
    remarks = {
        Verdict.WAIVED: "It was satisfied but for what is waived: see the risks."
        if exceptions
        else "It was satisfied but for what is waived, which this edition does not list.",
        Verdict.UNPROVEN: "It is not proven: that is neither kept nor broken, and never counts as kept.",
    }
    return shaped(state=state, reason=reason, remarks=remarks.get(verdict, ""))


def _related(uuids: Iterable[str]) -> list[Json]:
    return [{"observation-uuid": one} for one in dict.fromkeys(uuids)]


def _risks(quarter: Quarter, exceptions: Iterable[ExceptionInPeriod]) -> list[Json]:
    """Lead to the risks; one that is waived says by what."""
    return [
        shaped(
            risk_uuid=risk_of(quarter, one),
            remarks=prose(f"Waived: {one.waiver}") if one.verdict is Verdict.WAIVED else "",
        )
        for one in exceptions
    ]
