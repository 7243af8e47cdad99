"""What people said in a quarter: their attestations and waivers, and the breaches they registered."""

from collections.abc import Iterable

import msgspec

from audit.attesting import Attested, attested
from audit.people import TARGETS, AttestationResult, AttestationState, Breach
from audit.policies import Policies
from audit.promises import Commitment, PromiseResult, WaiverResult
from audit.quarters.model import BreachInPeriod, WaiverInPeriod
from audit.quarters.period import midnight
from audit.quarters.timeline import Timeline


def attestations(line: Timeline, policies: Policies) -> tuple[AttestationResult, ...]:
    """Say of each attestation whether it holds on the day of the report, those that the newest run knew among them."""
    today = attested(policies.attestations, policies.targets, line.period.as_of).results
    known = {result.attestation for result in today}
    rest = (result for result in _words(line).results if result.attestation not in known)
    return tuple(
        sorted((*today, *rest), key=lambda one: (one.attestation.id, one.attestation.on, one.attestation.role))
    )


def lapsed(line: Timeline, commitment: Commitment) -> tuple[str, ...]:
    """Name the words a promise rested on by the newest run that have ended by the day of the report."""
    found = line.newest.promises.get(commitment.id) if line.newest else None
    if line.newest is None or found is None:
        return ()
    words, promise = _words(line), found[1]
    results = (line.newest.controls.get(name) for name in promise.controls)
    asked = {target for result in results if result for target in result.targets}
    loose = set(words.uncovered(asked)) - set(promise.targets)
    return (*(f"target {name} ({TARGETS})" for name in sorted(loose)), *_ended(words, promise))


def held(line: Timeline, promise: PromiseResult) -> tuple[str, ...]:
    """Return the attestations that a promise of the newest run rests on, and that hold on the day of the report."""
    ended = _ended(_words(line), promise)
    return tuple(name for name in promise.attested if name not in ended)


def _ended(words: Attested, promise: PromiseResult) -> tuple[str, ...]:
    return tuple(
        name for name in promise.attested if name != TARGETS and not words.proves(name, tuple(promise.controls))
    )


def _words(line: Timeline) -> Attested:
    """Return what people had said by the newest run, as it stands on the day of the report."""
    results = line.newest.report.attestations if line.newest else ()
    return Attested(tuple(_aged(result, line) for result in results))


def _aged(result: AttestationResult, line: Timeline) -> AttestationResult:
    until = result.attestation.until
    if until >= line.period.as_of or not result.holds:
        return result
    return msgspec.structs.replace(result, state=AttestationState.EXPIRED, reason=f"it expired on {until}")


def waivers(line: Timeline) -> tuple[WaiverInPeriod, ...]:
    """Return every waiver that a run of the quarter knew; what it excuses and lacks is by the newest."""
    newest = {result.waiver: result for result in line.newest.report.waivers} if line.newest else {}
    known = {result.waiver: result for sight in line.within for result in sight.report.waivers}
    found = (_waiver(known[waiver], newest.get(waiver)) for waiver in known)
    return tuple(sorted(found, key=lambda one: (one.waiver.control, one.waiver.resource, one.waiver.until)))


def _waiver(known: WaiverResult, newest: WaiverResult | None) -> WaiverInPeriod:
    flaws = tuple(flaw.reason for flaw in newest.flaws) if newest else ("it is there no more",)
    return WaiverInPeriod(waiver=known.waiver, excuses=newest.excuses if newest else False, flaws=flaws)


def breaches(line: Timeline, register: Iterable[Breach]) -> tuple[BreachInPeriod, ...]:
    """Return every breach that was open at some time of the quarter, with its clock."""
    begins, as_of = midnight(line.period.begins), line.period.as_of
    told = [
        breach
        for breach in register
        if breach.aware.date() <= as_of and (breach.closed is None or breach.closed >= begins)
    ]
    return tuple(
        BreachInPeriod(breach=breach, minutes=_minutes(breach))
        for breach in sorted(told, key=lambda breach: (breach.aware, breach.id))
    )


def _minutes(breach: Breach) -> int | None:
    return None if breach.notified is None else int((breach.notified - breach.aware).total_seconds() // 60)
