"""Through whose eyes a quarter is seen: the whole of it, or one customer's part with what serves several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from audit.customers import owners_of, whose
from audit.drill_record import DrillRecord
from audit.folding import in_scope, needs
from audit.model import Verdict, worst
from audit.policies import Policies
from audit.promises import ControlResult, Finding, PromiseResult, Report, StatementResult
from audit.quarters.period import day_of
from audit.runs import Pack


class View(Protocol):
    """What of a pack is looked at."""

    def report(self, report: Report, pack: Pack) -> Report:
        """Return a report made of a pack's snapshot with only what is looked at, its promises folded again."""

    def shows(self, resource: str, pack: Pack) -> bool:
        """Tell whether a resource of a pack's snapshot is looked at."""

    def blames(self, record: DrillRecord) -> bool:
        """Tell whether a drill that failed counts against a promise."""


class Whole:
    """Looks at everything."""

    def report(self, report: Report, pack: Pack) -> Report:
        """Give the report as it is."""
        return report

    def shows(self, resource: str, pack: Pack) -> bool:
        """Show every resource."""
        return True

    def blames(self, record: DrillRecord) -> bool:
        """Blame every drill that failed."""
        return True


class Theirs:
    """Looks at what is one customer's, and at what is nobody's or several's."""

    def __init__(self, customer: str, policies: Policies) -> None:
        self._customer, self._policies = customer, policies
        self._known: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._unprovable = {
            commitment.id: commitment.unprovable
            for statement in policies.statements
            for commitment in statement.commitments
        }

    def owners(self, resource: str, pack: Pack) -> tuple[str, ...]:
        """Return whose a resource of a pack was; nobody where it is not known."""
        if pack.checked.id not in self._known:
            seen = pack.snapshot.resources if pack.snapshot else ()
            self._known[pack.checked.id] = whose(seen, self._policies.customers, day_of(pack))
        return owners_of(resource, self._known[pack.checked.id])

    def owns(self, resource: str, pack: Pack) -> bool:
        """Tell whether a resource was this customer's alone."""
        return self.owners(resource, pack) == (self._customer,)

    def shows(self, resource: str, pack: Pack) -> bool:
        """Show what is not another customer's alone."""
        found = self.owners(resource, pack)
        return len(found) != 1 or found[0] == self._customer

    def blames(self, record: DrillRecord) -> bool:
        """Blame drills of what is theirs or shared."""
        return record.item.customer in ("", self._customer)

    def pack(self, pack: Pack) -> Pack:
        """Return a pack with its report narrowed; without one where nothing tells whose its resources are."""
        if pack.report is None:
            return pack
        report = self.report(pack.report, pack) if pack.snapshot else None
        return msgspec.structs.replace(pack, report=report)

    def report(self, report: Report, pack: Pack) -> Report:
        """Return a report with their findings and shared ones, and its promises folded again from these."""
        controls = tuple(self._control(control, pack) for control in report.controls)
        shown = {control.id: control.findings for control in controls}
        all_of = {control.id: control.findings for control in report.controls}
        own = {finding.name for found in shown.values() for finding in found if self.owns(finding.resource, pack)}
        seen = pack.snapshot.resources if pack.snapshot else ()
        return msgspec.structs.replace(
            report,
            controls=controls,
            statements=tuple(self._statement(statement, all_of, shown) for statement in report.statements),
            resources=sum(self.shows(resource.id, pack) for resource in seen),
            waivers=tuple(result for result in report.waivers if result.waiver.resource in own),
            unassessed=(),
            obligations=(),
            differences=None,
        )

    def _control(self, control: ControlResult, pack: Pack) -> ControlResult:
        found = tuple(finding for finding in control.findings if self.shows(finding.resource, pack))
        verdict = worst(finding.verdict for finding in found) if found else Verdict.NOT_APPLICABLE
        return msgspec.structs.replace(control, findings=found, verdict=verdict)

    def _statement(
        self,
        statement: StatementResult,
        all_of: Mapping[str, tuple[Finding, ...]],
        shown: Mapping[str, tuple[Finding, ...]],
    ) -> StatementResult:
        promises = []
        for promise in statement.promises:
            controls = {
                name: verdict_of(
                    _scoped(shown.get(name, ()), statement.outside),
                    categorical=promise.categorical,
                    silent=verdict if not _scoped(all_of.get(name, ()), statement.outside) else None,
                )
                for name, verdict in promise.controls.items()
            }
            promises.append(_folded(promise, controls, self._unprovable.get(promise.id, "")))
        return msgspec.structs.replace(statement, promises=tuple(promises))


def verdict_of(found: Iterable[Finding], *, categorical: bool, silent: Verdict | None) -> Verdict:
    """Fold the findings that are shown; `silent` is the verdict where there were none to begin with.

    Where all that there were are other customers', the control does not speak of this one.
    """
    verdicts = [finding.verdict for finding in found]
    if not verdicts:
        return silent or Verdict.NOT_APPLICABLE
    if categorical and Verdict.WAIVED in verdicts:
        return Verdict.BROKEN
    return worst(verdicts)


def _scoped(found: Iterable[Finding], outside: tuple[str, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if in_scope(finding, outside))


def _folded(promise: PromiseResult, controls: Mapping[str, Verdict], unprovable: str) -> PromiseResult:
    """Fold a promise again from its controls; whatever else it lacks, it lacks for every customer."""
    if not controls:
        return promise
    replaced = msgspec.structs.replace(promise, controls=controls)
    over = worst(controls.values())
    if over is Verdict.BROKEN:
        wrong = ", ".join(name for name, verdict in controls.items() if verdict is Verdict.BROKEN)
        return msgspec.structs.replace(replaced, verdict=over, reason=f"broken: {wrong}")
    if not promise.counted:
        why = "the customer's part" if promise.complementary else "not a promise"
        return msgspec.structs.replace(replaced, verdict=Verdict.NOT_APPLICABLE, reason=why)
    told = [unprovable, needs(promise.needs), _loose(promise), _unseen(controls)]
    if over is Verdict.NOT_APPLICABLE:
        told.append("none of its controls applies to anything of theirs")
    reason = "; ".join(filter(None, told))
    return msgspec.structs.replace(replaced, verdict=Verdict.UNPROVEN if reason else over, reason=reason)


def _loose(promise: PromiseResult) -> str:
    return f"not attested: {', '.join(promise.targets)}" if promise.targets else ""


def _unseen(controls: Mapping[str, Verdict]) -> str:
    unseen = [name for name, verdict in controls.items() if verdict is Verdict.UNPROVEN]
    return f"not proven: {', '.join(unseen)}" if unseen else ""
