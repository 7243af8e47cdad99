"""The facts of a quarter are made of its packs, in the edition that leaves nothing out; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from audit.model import worst
from audit.people import AttestationResult
from audit.policies import Policies
from audit.quarters import drills, evidence_index, people_in_period, period, trend
from audit.quarters.deviations import deviations
from audit.quarters.drill_exceptions import drill_exceptions
from audit.quarters.evidence_index import Index
from audit.quarters.exceptions import exceptions, of_quarter, ordered, within
from audit.quarters.follow_up import follow_up
from audit.quarters.inventory import inventory
from audit.quarters.model import (
    Edition,
    Evidence,
    ExceptionInPeriod,
    FollowUp,
    PackInPeriod,
    PromiseInPeriod,
    Quarter,
    StatementInPeriod,
)
from audit.quarters.promises_over_time import Drawn, promises
from audit.quarters.timeline import Drilled, Placed, Timeline, timeline, weeks_of
from audit.quarters.views import View, Whole
from audit.runs import Pack


def build(
    packs: Sequence[Pack],
    *,
    quarter: str,
    as_of: date,
    policies: Policies,
    product: str,
    quotes: Mapping[str, Mapping[str, str]] = {},
) -> Quarter:
    """Make the facts of the quarter called `quarter` up to `as_of`, from its packs, those before it and drills' packs.

    The order of `packs` means nothing. `quotes` are statements' sentences by their digests, where the published text
    was given and is the one that the policies speak of. Raises `AuditError` where there is no such quarter yet.
    """
    line = timeline(packs, period.period(quarter, as_of))
    return Building(line, policies, product, quotes, Whole()).quarter()


class Building:
    """Everything that the parts of one quarter's report are made from; it is asked once."""

    def __init__(
        self,
        line: Timeline,
        policies: Policies,
        product: str,
        quotes: Mapping[str, Mapping[str, str]],
        view: View,
    ) -> None:
        self._line, self._policies, self._product, self._quotes = line, policies, product, quotes
        self._view = view
        self._weeks = weeks_of(line)
        self._found = deviations(line.sights)
        self._wrong = of_quarter(self._found.values(), line)
        self._said = people_in_period.attestations(line, policies)
        self._index = Index(self._pieces())
        self._drill_exceptions = self._of_drills(line.drilled)

    def quarter(self) -> Quarter:
        """Put the parts together."""
        line, policies, told = self._line, self._policies, self._exceptions()
        made = promises(drawn := self._drawn(told))
        both = trend.compared(line, policies, self._view)
        return Quarter(
            product=self._product,
            company=_companies(policies),
            period=line.period,
            edition=Edition.AUDITOR,
            verdict=worst(promise.verdict for promise in made if promise.counted),
            weeks=self._weeks,
            statements=self._statements(),
            promises=made,
            exceptions=told,
            inventory=inventory(line, policies, self._view),
            packs=_packs(line),
            drills=tuple(drill.record for drill in line.of_quarter),
            coverage=drills.coverage(line, policies.drills),
            breaches=people_in_period.breaches(line, policies.breaches),
            has_register=policies.has_register,
            changes=trend.changes(both, made, policies, drawn.proven, drawn.proven_before),
            rules=trend.rule_changes(both),
            waivers=people_in_period.waivers(line),
            attestations=self._said,
            targets_unattested=self._targets(),
            follow_up=self._follow_up(),
            evidence=self._used(told, made),
            previous=period.before(line.period) if line.previous else "",
            seal=line.newest.pack.checked.digest if line.newest else "",
        )

    def _pieces(self) -> Iterable[Evidence]:
        """Give every piece of evidence that some part may refer to."""
        newest = self._line.newest
        pieces = [evidence_index.of_report(newest)] if newest else []
        pieces += [piece for deviation in self._wrong for piece in evidence_index.of_deviation(deviation)]
        pieces += [evidence_index.of_drill(drill) for drill in self._line.drilled]
        return [*pieces, *(evidence_index.of_attestation(said, newest.id if newest else "") for said in self._said)]

    def _used(self, told: Iterable[ExceptionInPeriod], made: Iterable[PromiseInPeriod]) -> tuple[Evidence, ...]:
        """Keep the pieces that something refers to, so that none is an orphan."""
        used = {ref for one in told for ref in one.evidence}
        used |= {ref for promise in made for ref in promise.evidence}
        used |= {ref for promise in made for test in promise.tests for ref in test.evidence}
        return tuple(piece for piece in self._index.rows() if piece.id in used)

    def _exceptions(self) -> tuple[ExceptionInPeriod, ...]:
        runs = exceptions(self._wrong, self._line, self._policies, evidence_index.of_deviation, self._index.refers)
        return ordered((*runs, *within(self._drill_exceptions, self._line)))

    def _of_drills(self, found: Iterable[Drilled]) -> tuple[ExceptionInPeriod, ...]:
        return drill_exceptions(
            (drill for drill in found if self._view.blames(drill.record)),
            self._policies.responses,
            lambda drill: self._index.refers([evidence_index.of_drill(drill)]),
        )

    def _drawn(self, told: tuple[ExceptionInPeriod, ...]) -> Drawn:
        line, policies, newest = self._line, self._policies, self._line.newest
        before = msgspec.structs.replace(line, period=period.period(period.before(line.period), line.period.begins))
        known = [commitment for statement in policies.statements for commitment in statement.commitments]
        blamed = [drill for drill in line.of_quarter if self._view.blames(drill.record)]
        return Drawn(
            line=line,
            weeks=self._weeks,
            policies=policies,
            quotes=self._quotes,
            proven={one.id: drills.proven(line, one, self._policies.drills, failures=blamed) for one in known},
            proven_before={one.id: drills.proven(before, one, self._policies.drills) for one in known},
            exceptions=told,
            report=self._index.refers([evidence_index.of_report(newest)]) if newest else (),
            evidence=self._rests_on,
        )

    def _rests_on(self, promise: PromiseInPeriod) -> tuple[str, ...]:
        """Give the ids of the words a promise rests on, and of every drill of the quarter on it."""
        newest = self._line.newest.id if self._line.newest else ""
        said: list[AttestationResult] = [one for one in self._said if one.attestation.id in promise.attestations]
        done = [drill for drill in self._line.of_quarter if promise.id in drill.record.commitments]
        return self._index.refers(
            [
                *(evidence_index.of_attestation(one, newest) for one in said),
                *(evidence_index.of_drill(drill) for drill in done),
            ]
        )

    def _statements(self) -> tuple[StatementInPeriod, ...]:
        return tuple(
            StatementInPeriod(
                id=statement.id,
                company=statement.company,
                title=statement.title,
                url=statement.url,
                seen=statement.seen,
                digest=statement.digest,
                drift=statement.drift,
                quoted=bool(self._quotes.get(statement.id)),
            )
            for statement in self._policies.statements
        )

    def _targets(self) -> tuple[str, ...]:
        """Name the targets that some promise of the newest run rests on and nobody has attested."""
        newest = self._line.newest
        found = newest.promises.values() if newest else ()
        return tuple(sorted({name for _, promise in found for name in promise.targets}))

    def _follow_up(self) -> tuple[FollowUp, ...]:
        """Say what became of what stood at the end of last quarter."""
        line = self._line
        earlier = [drill for drill in line.drilled if drill.record.ended < period.midnight(line.period.begins)]
        before = self._of_drills(earlier)
        return follow_up(self._found.values(), before, self._drill_exceptions, line, self._policies)


def _companies(policies: Policies) -> str:
    return ", ".join(dict.fromkeys(statement.company for statement in policies.statements))


def _packs(line: Timeline) -> tuple[PackInPeriod, ...]:
    """Show every pack of the quarter, the last before it, and any that does not even say when it was."""
    before = line.earlier[-1].id if line.earlier else ""
    return tuple(_pack(item) for item in line.placed if item.week or item.at is None or item.pack.checked.id == before)


def _pack(item: Placed) -> PackInPeriod:
    pack, report = item.pack, item.pack.report
    return PackInPeriod(
        checked=pack.checked,
        at=item.at,
        week=item.week,
        resources=report.resources if report else 0,
        findings=sum(len(control.findings) for control in report.controls) if report else 0,
        gaps=len(report.gaps) if report else 0,
        entries=pack.entries,
        exchanges=pack.exchanges,
        identities=pack.run.identities if pack.run else (),
        product=pack.run.product if pack.run else "",
    )
