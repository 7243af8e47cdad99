"""What was broken or waived, as OSCAL's risks: from when to when, what is done about it, by which role, until when."""

from audit.model import Verdict
from audit.people import Response
from audit.quarters.model import ExceptionInPeriod, Quarter, Span
from audit.reports.quarter.oscal_frame import by_role, by_tool
from audit.reports.quarter.oscal_words import NAMESPACE, Json, end, identity, line, moment, props, prose, shaped, title


def risk_of(quarter: Quarter, one: ExceptionInPeriod) -> str:
    """Return the UUID of an exception's risk."""
    return identity(quarter, "risk", one.id)


def risks(quarter: Quarter) -> list[Json]:
    """Write every exception as a risk."""
    return [_risk(quarter, one) for one in quarter.exceptions]


def _risk(quarter: Quarter, one: ExceptionInPeriod) -> Json:
    answer = one.response
    # FedRAMP and others have scales of their own; this one is ours, and says so by its name.
    facet = {"name": "severity", "system": NAMESPACE, "value": one.severity.value}
    told = {
        "exception": one.id,
        "verdict": one.verdict.value,
        "check": one.control,
        "days": one.days,
        "standing": "yes" if one.standing else "no",
        "shared": "yes" if one.shared else "no",
        "promise": one.promises,
        "customer": one.customers,
        "waiver": one.waiver,
    }
    return shaped(
        uuid=risk_of(quarter, one),
        title=title(f"{one.id}: {one.title}"),
        description=prose(one.reason),
        props=props(told),
        statement=prose(answer.risk if answer else "The management has not said what it means for people."),
        status=_status(one),
        origins=by_tool(quarter),
        characterizations=[{"origin": by_tool(quarter)[0], "facets": [facet]}],
        deadline=end(answer.due) if answer else None,
        remediations=[_remediation(quarter, one, answer)] if answer else [],
        risk_log=_log(quarter, one),
        related_observations=[{"observation-uuid": identity(quarter, "observation", "exception", one.id)}],
    )


def _status(one: ExceptionInPeriod) -> str:
    """Say how a risk stands: what was found last decides, before anything that somebody wrote."""
    if not one.standing:
        # What was not looked at again may be there still.
        return "closed" if one.spans and one.spans[-1].after else "investigating"
    if one.verdict is Verdict.WAIVED:
        return "deviation-approved"
    return "remediating" if one.response and one.response.closed is None else "open"


def _remediation(quarter: Quarter, one: ExceptionInPeriod, answer: Response) -> Json:
    """Write what the management answered; who answers is a role."""
    done = answer.closed is not None and not one.standing
    told = {
        "owner": answer.owner,
        "due": answer.due,
        "closed": answer.closed,
        "breach": answer.breach,
        "breach-reason": answer.breach_reason,
    }
    return shaped(
        uuid=identity(quarter, "remediation", one.id),
        lifecycle="completed" if done else "planned",
        title=title(f"By {answer.owner}, until {answer.due}"),
        description=prose(answer.response),
        props=props(told),
        origins=by_role(quarter, answer.owner),
        remarks=prose(f"Cause: {answer.cause}"),
    )


def _log(quarter: Quarter, one: ExceptionInPeriod) -> Json | None:
    """Write from when to when it was seen; None where no stretch of time is known."""
    if not one.spans:
        return None
    return {"entries": [_entry(quarter, one, number, span) for number, span in enumerate(one.spans, 1)]}


def _entry(quarter: Quarter, one: ExceptionInPeriod, number: int, span: Span) -> Json:
    """Write one stretch of time, and between which two looks it began and ended."""
    began = f"after {moment(span.before)}" if span.before else "at an unknown time before"
    ended = f"before {moment(span.after)}" if span.after else "it has not been seen otherwise since"
    return {
        "uuid": identity(quarter, "span", one.id, number),
        "title": line(f"{one.verdict.value}, seen {number} of {len(one.spans)}"),
        "description": prose(f"It began {began}, and ended: {ended}."),
        "start": moment(span.first),
        "end": moment(span.last),
        "status-change": "closed" if span.after else _status(one),
    }
