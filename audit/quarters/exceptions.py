"""The exceptions of a quarter: what was broken or waived, whose it is, and what the management says to it."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import msgspec

from audit.customers import owners_of, whose
from audit.folding import in_scope
from audit.model import Severity, Verdict
from audit.people import Customers, Response
from audit.policies import Policies
from audit.quarters.deviations import Deviation
from audit.quarters.model import Evidence, ExceptionInPeriod
from audit.quarters.period import midnight
from audit.quarters.timeline import Sight, Timeline

Refers = Callable[[Iterable[Evidence]], tuple[str, ...]]
"""Gives the ids of pieces of evidence."""


def identity_of(control: str, resource: str) -> str:
    """Return the id of an exception: the same in every quarter."""
    return "X-" + sha256(f"{control}\n{resource}".encode("utf-8", "surrogatepass")).hexdigest()[:8]


def of_quarter(found: Iterable[Deviation], line: Timeline) -> tuple[Deviation, ...]:
    """Keep what a run of the quarter found broken or waived."""
    begins = midnight(line.period.begins)
    return tuple(deviation for deviation in found if any(span.last >= begins for span in deviation.spans))


def exceptions(
    found: Iterable[Deviation],
    line: Timeline,
    policies: Policies,
    answers: Callable[[Deviation], Iterable[Evidence]],
    refers: Refers,
) -> tuple[ExceptionInPeriod, ...]:
    """Say of each deviation what the report tells of it, the worst first."""
    owned = _Owners(policies.customers)
    told = [_exception(deviation, line, policies.responses, owned, refers(answers(deviation))) for deviation in found]
    return ordered(told)


def ordered(found: Iterable[ExceptionInPeriod]) -> tuple[ExceptionInPeriod, ...]:
    """Put exceptions in order: the worst verdict and severity first, those that stand before those mended."""
    verdicts, severities = list(Verdict), list(Severity)
    return tuple(
        sorted(
            found,
            key=lambda one: (
                verdicts.index(one.verdict),
                severities.index(one.severity),
                not one.standing,
                one.control,
                one.name,
                one.resource,
            ),
        )
    )


def within(found: Iterable[ExceptionInPeriod], line: Timeline) -> tuple[ExceptionInPeriod, ...]:
    """Keep exceptions that were seen in the quarter, with their spans of it."""
    begins = midnight(line.period.begins)
    cut = [(one, tuple(span for span in one.spans if span.last >= begins)) for one in found]
    return tuple(msgspec.structs.replace(one, spans=spans) for one, spans in cut if spans)


def response_to(control: str, name: str, responses: Iterable[Response]) -> Response | None:
    """Find the management's response to what a control says of a resource's name; None where there is none."""
    return next((one for one in responses if one.control == control and one.resource == name), None)


class _Owners:
    """Whose resources are, worked out once for each run that is asked about."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._known: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def of(self, sight: Sight, resource: str) -> tuple[str, ...]:
        """Return whose a resource was at the time of a run."""
        if sight.id not in self._known:
            seen = sight.pack.snapshot.resources if sight.pack.snapshot else ()
            self._known[sight.id] = whose(seen, self._customers, sight.at.date())
        return owners_of(resource, self._known[sight.id])


def _exception(
    deviation: Deviation,
    line: Timeline,
    responses: Iterable[Response],
    owned: _Owners,
    evidence: tuple[str, ...],
) -> ExceptionInPeriod:
    finding, sight = deviation.finding, deviation.sight
    spans = tuple(span for span in deviation.spans if span.last >= midnight(line.period.begins))
    owners = owned.of(sight, finding.resource)
    return ExceptionInPeriod(
        id=identity_of(finding.control, finding.resource),
        control=finding.control,
        title=sight.controls[finding.control].title,
        severity=finding.severity,
        verdict=deviation.worst,
        resource=finding.resource,
        name=finding.name,
        type=finding.type,
        reason=finding.reason,
        promises=_promises(deviation),
        spans=spans,
        standing=spans[-1].after is None,
        days=(spans[-1].last - spans[0].first).days,
        customers=owners,
        shared=len(owners) != 1,
        waiver=finding.waiver,
        response=response_to(finding.control, finding.name, responses),
        evidence=evidence,
    )


def _promises(deviation: Deviation) -> tuple[str, ...]:
    """Return the promises that a deviation counts for."""
    finding = deviation.finding
    return tuple(
        promise.id
        for statement in deviation.sight.report.statements
        if in_scope(finding, statement.outside)
        for promise in statement.promises
        if finding.control in promise.controls
    )
