"""Findings as the engine shows them: what stops a deployment, what is put off, and in which words."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from audit.crossguard import wording
from audit.crossguard.pack import ESTATE, Promise, promises
from audit.engine import Court, rule
from audit.folding import unexcused
from audit.model import Cause, Control, Snapshot, Verdict
from audit.policies import Policies
from audit.promises import ControlResult, Finding, Report

_UNSEEN = (Cause.GAP, Cause.NOTHING)
"""Why a finding may say nothing of any resource: these are told once for the stack, not once for each control."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that the engine is told of."""

    policy: str
    resource: str
    """The id of the resource, empty for the stack as a whole."""
    mandatory: bool
    """Whether it stops the deployment; what it does not stop is put off until a live audit."""
    message: str


class Excused(msgspec.Struct, frozen=True):
    """A policy that had nothing to say, and why: silence must not look like a pass."""

    policy: str
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What one analysis found."""

    violations: tuple[Violation, ...] = ()
    excused: tuple[Excused, ...] = ()


def of_resource(
    snapshot: Snapshot, controls: Iterable[Control], policies: Policies, today: date, *, settled: bool
) -> Outcome:
    """Judge what one registration declares, by controls that need no neighbours.

    What is not known yet may turn out to be a link once the whole stack is told, so it is left to that, unless
    deployment has settled every value.
    """
    court = Court(snapshot, policies, today)
    told: list[Violation] = []
    excused: list[Excused] = []
    for control in controls:
        meant = any(court.estate.of(kind) for kind in control.on)
        found = [one for one in court.findings(control) if one.resource] if meant else []
        late = [one for one in found if one.cause is Cause.UNKNOWN and not settled]
        told += (_violation(one, control, court, part=False) for one in found if one not in late and _stops(one))
        if not found:
            excused.append(Excused(control.id, "it speaks of other kinds of resource"))
        elif late:
            excused.append(Excused(control.id, f"judged with the whole stack: {late[0].reason}"))
    return Outcome(tuple(told), tuple(excused))


def deferred(controls: Iterable[Control]) -> Outcome:
    """Say that nothing is judged alone."""
    return Outcome(excused=tuple(Excused(one.id, "judged with the whole state") for one in controls))


def of_stack(report: Report, snapshot: Snapshot, policies: Policies, *, part: bool) -> Outcome:
    """Tell everything in a stack's report that is broken or unproven.

    With `part`, the stack is one of several: what it does not declare at all is told, and stops nothing.
    """
    court = Court(snapshot, policies, report.judged_on)
    told: list[Violation] = []
    excused: list[Excused] = []
    for result in report.controls:
        control = policies.controls[result.id]
        for finding in result.findings:
            if finding.cause in _UNSEEN:
                excused.append(Excused(control.id, finding.reason))
            elif finding.verdict in (Verdict.BROKEN, Verdict.UNPROVEN):
                told.append(_violation(finding, control, court, part=part))
        told += _beyond_waiving(report, result, promises(policies, control.id))
    return Outcome((*told, *_unseen(report, part=part)), tuple(dict.fromkeys(excused)))


def _stops(finding: Finding) -> bool:
    """Tell whether a finding stops a deployment, as it would stop an audit: broken, or unproven without good reason."""
    return finding.verdict is Verdict.BROKEN or finding.blocks


def _violation(finding: Finding, control: Control, court: Court, *, part: bool) -> Violation:
    """Make a violation of a finding; in a part of an estate, what is missing from the whole is told and stops nothing.

    The control is asked once more for the change that would mend it: findings keep that in Python's spelling only.
    """
    ruling = rule(control, court.estate.get(finding.resource), court.policies, court.estate)
    # A value that is there and hidden is not another stack's.
    unseen = finding.verdict is Verdict.UNPROVEN and finding.cause is not Cause.UNKNOWN
    elsewhere = part and control.judges_estate() and (ruling.absence or unseen)
    return Violation(
        policy=control.id,
        resource=finding.resource,
        mandatory=_stops(finding) and not elsewhere,
        message=wording.finding(finding, control, ruling, promises(court.policies, control.id), court.estate),
    )


def _beyond_waiving(report: Report, control: ControlResult, proven: tuple[Promise, ...]) -> Iterator[Violation]:
    """Yield what a waiver accepts and a categorical promise does not; nothing where the control is broken anyway."""
    stays = unexcused(report, control.id) if control.verdict is Verdict.WAIVED else ()
    for finding in control.findings if stays else ():
        if finding.verdict is Verdict.WAIVED:
            text = wording.beyond_waiving(finding, stays, proven)
            yield Violation(policy=control.id, resource=finding.resource, mandatory=True, message=text)


def _unseen(report: Report, *, part: bool) -> Iterator[Violation]:
    """Yield each thing that could not be seen, once, and once all the controls that found nothing to judge.

    What is hidden may be anything, so a gap stops a part of an estate, too.
    """
    found = [(result.id, finding) for result in report.controls for finding in result.findings]
    hidden = [(control, finding.reason) for control, finding in found if finding.cause is Cause.GAP]
    for reason in dict.fromkeys(reason for _, reason in hidden):
        blind = list(dict.fromkeys(control for control, why in hidden if why == reason))
        yield Violation(policy=ESTATE, resource="", mandatory=True, message=wording.hidden(reason, blind))
    idle = list(dict.fromkeys(control for control, finding in found if finding.cause is Cause.NOTHING))
    if idle:
        yield Violation(policy=ESTATE, resource="", mandatory=not part, message=wording.idle(idle))
