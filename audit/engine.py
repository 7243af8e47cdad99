"""Snapshot, policies and a date go in, findings folded by promise come out; pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from audit.attesting import attested
from audit.estate import IndexedEstate
from audit.facts import Cause, Reading, Unseen, readings
from audit.folding import fold, gate
from audit.model import AuditError, Control, Gap, Plane, Resource, Ruling, Snapshot, Verdict, worst
from audit.policies import Policies
from audit.promises import ControlResult, Finding, Obligation, Report, Waiver
from audit.remedy import changes, place
from audit.shape import mark
from audit.targets import asked
from audit.waivers import audited

_BADLY_SHAPED = (LookupError, TypeError, ValueError, NameError, AttributeError, ArithmeticError, StopIteration)
"""What a control may trip over in an answer of another shape than its author expected."""


def judge(snapshot: Snapshot, policies: Policies, today: date, *, product: str) -> Report:
    """Judge everything in `snapshot` by every control of `policies`; `today` decides what still holds.

    Controls that are not made for the snapshot's plane are left out, and those of probes and data checks where nobody
    probed or checked: their promises stay unproven by them. The clock is not read here, so one snapshot judged on one
    date gives one report.
    """
    court = Court(snapshot, policies, today)
    controls = tuple(court.result(control) for control in policies.controls.values() if court.hears(control))
    by_id = {result.id: result for result in controls}
    words = attested(policies.attestations, policies.targets, today)
    statements = tuple(fold(statement, by_id, policies.statements, words) for statement in policies.statements)
    return Report(
        product=product,
        plane=snapshot.plane,
        origin=snapshot.origin,
        seen_at=snapshot.seen_at,
        judged_on=today,
        verdict=gate(controls, statements),
        statements=statements,
        controls=controls,
        resources=len(snapshot.resources),
        gaps=snapshot.gaps,
        unassessed=snapshot.unassessed,
        obligations=tuple(_obligations(controls)),
        tools=snapshot.tools,
        waivers=audited(policies.waivers, policies.controls, controls, plane=snapshot.plane, today=today),
        attestations=words.results,
    )


def _obligations(controls: tuple[ControlResult, ...]) -> Iterator[Obligation]:
    """Give what is left to the next live audit; nothing where every value was known."""
    for result in controls:
        for finding in result.findings:
            if finding.cause is Cause.UNKNOWN:
                yield Obligation(finding.control, finding.name, finding.reason, finding.resource)


def rule(control: Control, subject: Resource | None, policies: Policies, estate: IndexedEstate) -> Ruling:
    """Ask one control about one resource; what it could not read, it could not prove.

    Never raises for what an answer holds; raises `AuditError` where the control itself gives something other than a
    ruling, which is a mistake in its file.
    """
    known = {"estate": estate, "targets": policies.targets}
    try:
        ruling = control.judge(**{name: known.get(name, subject) for name in control.asks})
        if not isinstance(ruling, Ruling):
            raise AuditError(f"{control.file}: judge gave {ruling!r}, which is no ruling. See docs/add-a-control.md.")
    except Unseen as unseen:
        return Ruling(verdict=Verdict.UNPROVEN, reason=str(unseen), cause=unseen.cause)
    except _BADLY_SHAPED as error:
        reason = f"the answer has an unexpected shape: {type(error).__name__}"
        return Ruling(verdict=Verdict.UNPROVEN, reason=reason, cause=Cause.MISSING)
    return ruling


class Court:
    """What every ruling of one audit is made from.

    It holds no verdicts: asked twice, it answers the same.
    """

    def __init__(self, snapshot: Snapshot, policies: Policies, today: date) -> None:
        self.estate = IndexedEstate(snapshot)
        self.plane = snapshot.plane
        self.policies = policies
        self.today = today
        self._looked_for = snapshot.looked_for()

    def hears(self, control: Control) -> bool:
        """Tell whether a control is made for this plane, and whoever it asks looked.

        A probe or a data check that looked left resources, or a gap that names what it could not see.
        """
        apart = {kind.arm for kind in control.needs if kind.apart}
        return self.plane in control.planes and (not apart or not apart.isdisjoint(self._looked_for))

    def result(self, control: Control) -> ControlResult:
        """Ask one control about everything it speaks of."""
        with asked() as targets:
            found = tuple(self.findings(control))
        return ControlResult(
            id=control.id,
            title=control.title,
            catalogue=control.catalogue,
            severity=control.severity,
            verdict=worst(finding.verdict for finding in found),
            findings=found,
            targets=tuple(sorted(targets)),
        )

    def findings(self, control: Control) -> Iterator[Finding]:
        """Rule on each resource the control speaks of, and on what may be hidden from it.

        At least one finding always comes: where no resource was seen there is one without a resource, so that silence
        is never taken for a kept promise.
        """
        gaps = self.estate.gaps(control.needs)
        gap = gaps[0] if gaps else None
        subjects: tuple[Resource | None, ...] = tuple(found for kind in control.on for found in self.estate.of(kind))
        applies = False
        for subject in (None,) if control.judges_estate() else subjects:
            with readings() as seen:
                ruling = rule(control, subject, self.policies, self.estate)
            if gap is not None:
                ruling = _under_gap(control, ruling, gap.reason)
                seen += _hiding(gaps) if subject is None and ruling.cause is Cause.GAP else ()
            applies = applies or ruling.verdict is not Verdict.NOT_APPLICABLE
            yield self._finding(control, subject, ruling, seen)
        if gap is not None and not control.judges_estate():
            yield _blind(control, f"the listing is incomplete: {gap.reason}", Cause.GAP, _hiding(gaps))
        elif not subjects and not control.judges_estate():
            yield _blind(control, f"no {' or '.join(kind.arm for kind in control.on[:3])} was seen", Cause.NOTHING)
        elif not applies:
            # A tag left out must not end a control: where it speaks of nothing, nothing is proven.
            yield _blind(control, "it applies to nothing that was seen", Cause.NOTHING)

    def _finding(self, control: Control, subject: Resource | None, ruling: Ruling, seen: list[Reading]) -> Finding:
        """Make a finding of a ruling: who is to change what, on which line, on what evidence, and who has waived it.

        Only `broken` can be waived: an unproven finding stays one, whoever accepts it.
        """
        changed = ruling.subject or subject
        file, line = place(changed, next(iter(ruling.changes), ""))
        waiver = self._waiver(control, subject) if subject and ruling.verdict is Verdict.BROKEN else None
        return Finding(
            control=control.id,
            severity=control.severity,
            verdict=Verdict.WAIVED if waiver else ruling.verdict,
            reason=ruling.reason,
            resource=subject.id if subject else "",
            name=subject.name if subject else "",
            type=subject.type if subject else "",
            file=file,
            line=line,
            remedy=tuple(changes(changed, ruling)),
            evidence=tuple(self._evidence(seen, located=ruling.verdict is not Verdict.KEPT)),
            cause=self._cause(ruling),
            waiver=f"{waiver.owner} until {waiver.until}: {waiver.reason}" if waiver else "",
            data=self.estate.data_of(subject) if subject else (),
            answers=subject.answers if subject else (),
        )

    def _cause(self, ruling: Ruling) -> Cause | None:
        """Give the cause of an unproven ruling: what runs has all of its values, so none is left for later."""
        later = self.plane in (Plane.PROGRAM, Plane.PREVIEW, Plane.TEMPLATE)
        return Cause.MISSING if ruling.cause is Cause.UNKNOWN and not later else ruling.cause

    def _evidence(self, seen: list[Reading], *, located: bool) -> Iterator[Reading]:
        """Give what was read, once each, as plain JSON: only what was looked at, never a whole object or a secret."""
        told: set[tuple[str, str]] = set()
        for reading in seen:
            if (reading.resource, reading.path) not in told:
                told.add((reading.resource, reading.path))
                owner = self.estate.get(reading.resource) if located else None
                line = place(owner, reading.path)[1] if owner else 0
                yield msgspec.structs.replace(reading, value=_told(reading.value), line=line)

    def _waiver(self, control: Control, subject: Resource) -> Waiver | None:
        """Find the waiver that excuses `subject` on this plane today.

        None where there is none. The date it ends on still counts; a waiver for one plane says nothing of another, so
        what was accepted in a program is judged afresh when it runs.
        """
        return next(
            (
                waiver
                for waiver in self.policies.waivers
                if waiver.control == control.id
                and waiver.resource == subject.name
                and self._bears_its_name_alone(control, subject)
                and self.plane in waiver.planes
                and self.today <= waiver.until
            ),
            None,
        )

    def _bears_its_name_alone(self, control: Control, subject: Resource) -> bool:
        """Tell whether a waiver by name can mean `subject` only: an owner accepted one deviation, no namesake."""
        return sum(found.name == subject.name for kind in control.on for found in self.estate.of(kind)) == 1


def _under_gap(control: Control, ruling: Ruling, reason: str) -> Ruling:
    """Take back what an incomplete listing cannot carry: a claim about neighbours, and any absence.

    A broken ruling stands, as what was seen to be wrong stays wrong, unless it is broken because something was not
    seen.
    """
    leans = "estate" in control.asks and ruling.verdict in (Verdict.KEPT, Verdict.NOT_APPLICABLE)
    if leans or ruling.absence:
        return Ruling(verdict=Verdict.UNPROVEN, reason=f"the listing is incomplete: {reason}", cause=Cause.GAP)
    return ruling


def _hiding(gaps: tuple[Gap, ...]) -> tuple[Reading, ...]:
    """Tell by a digest all that hides something, where it is more than the one that the reason names.

    Whoever compares two audits must see that there is another gap, and each may have thousands.
    """
    digest = sha256("\n".join(sorted(gap.reason for gap in gaps)).encode("utf-8", "surrogatepass")).hexdigest()
    return (Reading("", "gaps", f"{len(gaps)} of them, SHA-256 {digest}"),) if len(gaps) > 1 else ()


def _blind(control: Control, reason: str, cause: Cause, evidence: tuple[Reading, ...] = ()) -> Finding:
    """Make the finding that stands for what was not seen: unproven, and about no resource."""
    unproven = Verdict.UNPROVEN
    return Finding(
        control=control.id, severity=control.severity, verdict=unproven, reason=reason, evidence=evidence, cause=cause
    )


def _told(value: Any) -> Any:
    """Count what an object or a list holds, rather than copy it; give anything else as plain JSON.

    A body may hold personal data or secrets: evidence must not carry more of it than was judged.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    if isinstance(value, Mapping):
        return f"{len(value)} inside" if value else {}
    listed = isinstance(value, list | tuple) and any(not isinstance(item, str) for item in value)
    return f"{len(value)} listed" if listed else mark(value)
