"""What was seen of each promise, control, exception, attestation and drill, as OSCAL's observations."""

from collections.abc import Iterable, Mapping

from audit.drill_record import DrillRecord
from audit.model import Verdict
from audit.people import AttestationResult
from audit.quarters.model import Evidence, ExceptionInPeriod, PromiseInPeriod, Quarter, Tested
from audit.reports.quarter.oscal_evidence import of_digest, relevant
from audit.reports.quarter.oscal_frame import by_role, by_tool
from audit.reports.quarter.oscal_words import (
    Json,
    begin,
    end,
    identity,
    moment,
    newest,
    props,
    prose,
    shaped,
    title,
)


def of_promise(quarter: Quarter, promise: PromiseInPeriod) -> str:
    """Return the UUID of what was seen of a promise."""
    return identity(quarter, "observation", "promise", promise.id)


def of_test(quarter: Quarter, promise: PromiseInPeriod, test: Tested) -> str:
    """Return the UUID of what a control found for a promise."""
    return identity(quarter, "observation", "test", promise.id, test.control)


def of_exception(quarter: Quarter, one: ExceptionInPeriod) -> str:
    """Return the UUID of what an exception was seen by."""
    return identity(quarter, "observation", "exception", one.id)


def of_attestation(quarter: Quarter, one: AttestationResult) -> str:
    """Return the UUID of somebody's word; the same id may be attested again with another day."""
    return identity(quarter, "observation", "attestation", one.attestation.id, one.attestation.on, one.attestation.role)


def of_drill(quarter: Quarter, drill: DrillRecord) -> str:
    """Return the UUID of an attempt at a drill."""
    return identity(quarter, "observation", "drill", drill.drill_id, drill.attempt, drill.began)


def observations(quarter: Quarter) -> list[Json]:
    """Write all that was seen, what proves nothing among it."""
    known = {piece.id: piece for piece in quarter.evidence}
    at = newest(quarter)
    return [
        *(_promise(quarter, promise, at) for promise in quarter.promises),
        *(_test(quarter, known, promise, test, at) for promise in quarter.promises for test in promise.tests),
        *(_exception(quarter, known, one) for one in quarter.exceptions),
        *(_attestation(quarter, one) for one in quarter.attestations),
        *(_drill(quarter, drill) for drill in quarter.drills),
    ]


def _of_estate(quarter: Quarter) -> list[Json]:
    return [{"subject-uuid": identity(quarter, "component", "estate"), "type": "component"}]


def _promise(quarter: Quarter, promise: PromiseInPeriod, at: str) -> Json:
    """Say how a promise went over the quarter, week by week."""
    weeks = ", ".join(f"week {number} {verdict or 'not over'}" for number, verdict in enumerate(promise.weeks, 1))
    told = {
        "promise": promise.id,
        "verdict": promise.verdict.value,
        "now": promise.now.value,
        "was": _word(promise.was),
    }
    return shaped(
        uuid=of_promise(quarter, promise),
        title=title(f"{promise.id}: {promise.text}"),
        description=prose(f"Over the quarter {promise.verdict}: {promise.reason}"),
        props=props(told),
        methods=["EXAMINE"],
        types=["discovery"],
        origins=by_tool(quarter),
        subjects=_of_estate(quarter),
        collected=at,
        remarks=prose(weeks) if weeks else "",
    )


def _word(verdict: Verdict | None) -> str:
    return verdict.value if verdict else "none"


def _test(quarter: Quarter, known: Mapping[str, Evidence], promise: PromiseInPeriod, test: Tested, at: str) -> Json:
    """Say what one control found for a promise; its numbers sum to its population."""
    counts = ", ".join(f"{test.by.get(verdict, 0)} {verdict}" for verdict in Verdict)
    told = {
        "promise": promise.id,
        "check": test.control,
        "verdict": test.verdict.value,
        "now": test.now.value,
        "population": test.population,
        **{f"count-{verdict.name.lower().replace('_', '-')}": test.by.get(verdict, 0) for verdict in Verdict},
    }
    return shaped(
        uuid=of_test(quarter, promise, test),
        title=title(f"{promise.id}: {test.control}"),
        description=prose(
            f"{test.title}. Of {test.population} looked at last: {counts}. Over the quarter {test.verdict}."
        ),
        props=props(told),
        methods=["TEST"],
        types=["control-objective"],
        origins=by_tool(quarter),
        subjects=_of_estate(quarter),
        relevant_evidence=relevant(quarter, known, test.evidence),
        collected=_latest(known, test.evidence, at),
    )


def _latest(known: Mapping[str, Evidence], ids: Iterable[str], otherwise: str) -> str:
    times = [known[one].at for one in ids if one in known]
    return moment(max(times)) if times else otherwise


def _exception(quarter: Quarter, known: Mapping[str, Evidence], one: ExceptionInPeriod) -> Json:
    """Say what was broken or waived, on which resource."""
    return shaped(
        uuid=of_exception(quarter, one),
        title=title(f"{one.id}: {one.title}"),
        description=prose(one.reason),
        props=props({"exception": one.id, "check": one.control, "verdict": one.verdict.value}),
        methods=["TEST"],
        types=["finding"],
        origins=by_tool(quarter),
        subjects=_subjects(quarter, one),
        relevant_evidence=relevant(quarter, known, one.evidence),
        collected=moment(one.spans[-1].last) if one.spans else newest(quarter),
    )


def resource_of(quarter: Quarter, one: ExceptionInPeriod) -> str:
    """Return the UUID of an exception's resource; two exceptions of one resource have the same."""
    return identity(quarter, "inventory", one.type, one.resource, one.name)


def _subjects(quarter: Quarter, one: ExceptionInPeriod) -> list[Json]:
    if not (one.resource or one.name):
        return _of_estate(quarter)
    return [{"subject-uuid": resource_of(quarter, one), "type": "inventory-item"}]


def inventory(quarter: Quarter) -> list[Json]:
    """List every resource that an exception is about, once."""
    seen = {resource_of(quarter, one): one for one in quarter.exceptions if one.resource or one.name}
    return [
        shaped(
            uuid=known,
            description=prose(one.name or one.resource),
            props=props({"resource": one.resource, "type": one.type, "name": one.name, "customer": one.customers}),
        )
        for known, one in seen.items()
    ]


def _attestation(quarter: Quarter, one: AttestationResult) -> Json:
    """Say what somebody looked at, by role, and until when that holds."""
    word = one.attestation
    told = {"attestation": word.id, "state": one.state.value, "holds": "yes" if one.holds else "no"}
    about = {"target": word.targets, "check": word.controls}
    return shaped(
        uuid=of_attestation(quarter, one),
        title=title(f"{word.id}, by {word.role}: {one.state}"),
        description=prose(word.looked_at),
        props=props({**told, **about}),
        methods=["INTERVIEW"],
        types=["discovery"],
        origins=by_role(quarter, word.role) or by_tool(quarter),
        subjects=_of_estate(quarter),
        relevant_evidence=of_digest("What was looked at", word.evidence),
        collected=begin(word.on),
        expires=end(word.until),
        remarks=prose(one.reason) if one.reason else "",
    )


def _drill(quarter: Quarter, drill: DrillRecord) -> Json:
    """Say how far a drill proved what it was for: three answers that are never made one."""
    verdict = drill.verdict
    told = {
        "drill": drill.drill_id,
        "kind": drill.item.kind,
        "item": drill.item.ref,
        "customer": drill.item.customer,
        "recoverability": verdict.recoverability.state,
        "level": verdict.recoverability.level,
        "rpo": verdict.rpo.state,
        "rto": verdict.rto.state,
        "clean-up": verdict.cleanup.state,
        "negative-control": "yes" if drill.negative_control else "no",
        "promise": drill.commitments,
    }
    reason = verdict.recoverability.reason or "no reason was recorded"
    return shaped(
        uuid=of_drill(quarter, drill),
        title=title(f"Drill {drill.drill_id}, attempt {drill.attempt}: {verdict.recoverability.state}"),
        description=prose(f"Recoverability {verdict.recoverability.state}: {reason}"),
        props=props(told),
        methods=["TEST"],
        types=["discovery"],
        origins=by_role(quarter, drill.operator.role) or by_tool(quarter),
        subjects=_of_estate(quarter),
        relevant_evidence=of_digest("The head of the drill's journal", drill.journal_head),
        collected=moment(drill.ended),
    )
