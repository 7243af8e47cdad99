"""What happened in the quarter, as OSCAL's assessment log: packs, holes, what was not proven, and breaches."""

from collections.abc import Iterable

from audit.model import Verdict
from audit.quarters.model import BreachInPeriod, PackInPeriod, PromiseInPeriod, Quarter, Tested, Week, WeekState
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


def entries(quarter: Quarter) -> list[Json]:
    """Write the log: what is missing has an entry as well as what is there."""
    return [
        *(_pack(quarter, pack) for pack in quarter.packs),
        *(_hole(quarter, week) for week in quarter.weeks if week.state in (WeekState.HOLE, WeekState.DOUBTED)),
        *_unseen(quarter),
        *_unproven(quarter),
        *_lapsed(quarter),
        *(_breach(quarter, one) for one in quarter.breaches),
    ]


def _pack(quarter: Quarter, pack: PackInPeriod) -> Json:
    """Write that evidence was taken, and what is wrong with it."""
    faults = "\n".join(f"{fault.where}: {fault.what}" for fault in pack.checked.faults)
    told = {
        "pack": pack.checked.id,
        "seal": pack.checked.verdict.value,
        "resources": pack.resources,
        "findings": pack.findings,
        "gaps": pack.gaps,
    }
    return shaped(
        uuid=identity(quarter, "log", "pack", pack.checked.id),
        title=title(f"Evidence pack {pack.checked.id}"),
        description=prose(faults or "Nothing is wrong with it."),
        start=moment(pack.at) if pack.at else begin(quarter.period.begins),
        props=props(told),
        remarks="" if pack.at else "It does not say when it was made.",
    )


def _hole(quarter: Quarter, week: Week) -> Json:
    """Write that a week has no evidence that could be relied on."""
    return shaped(
        uuid=identity(quarter, "log", "week", week.number),
        title=title(f"Week {week.number}: {week.state}"),
        description=prose(week.why or f"{week.state}: nothing of this week is proven."),
        start=begin(week.begins),
        end=end(week.ends),
        props=props({"week": week.number, "state": week.state.value, "pack": week.packs}),
    )


def _unseen(quarter: Quarter) -> Iterable[Json]:
    """Write what the last pack could not see, or that none could be read."""
    if quarter.inventory is None:
        yield _event(quarter, "inventory", "No inventory", "No pack of the quarter could be read.")
        return
    for number, gap in enumerate(quarter.inventory.gaps, 1):
        yield _event(quarter, f"gap {number}", f"Not seen ({number})", gap)


def _unproven(quarter: Quarter) -> Iterable[Json]:
    """Write each promise and each test that is not proven: its observation has an entry in place of a finding."""
    for promise in quarter.promises:
        if promise.verdict is Verdict.UNPROVEN:
            yield _not_proven(quarter, promise, None)
        for test in promise.tests:
            if test.verdict is Verdict.UNPROVEN:
                yield _not_proven(quarter, promise, test)


def _not_proven(quarter: Quarter, promise: PromiseInPeriod, test: Tested | None) -> Json:
    name = f"{promise.id}: {test.control}" if test else promise.id
    why = f"{test.title}: not shown over the whole quarter" if test else promise.reason
    return _event(quarter, f"unproven {name}", f"Not proven: {name}", why)


def _lapsed(quarter: Quarter) -> Iterable[Json]:
    """Write whose word does not hold, and which targets nobody answers for."""
    for number, one in enumerate(quarter.attestations, 1):
        if not one.holds:
            word = one.attestation
            what = f"{one.state}, until {word.until}. {one.reason}"
            yield _event(quarter, f"attestation {number} {word.id}", f"{word.id} does not hold", what)
    for target in quarter.targets_unattested:
        yield _event(
            quarter, f"target {target}", f"Nobody answers for the target {target}", "No attestation covers it."
        )


def _event(quarter: Quarter, key: str, heading: str, what: str) -> Json:
    """Write something that is so by the newest evidence."""
    return shaped(
        uuid=identity(quarter, "log", key),
        title=title(heading),
        description=prose(what),
        start=newest(quarter),
    )


def _breach(quarter: Quarter, one: BreachInPeriod) -> Json:
    """Write a breach with its clock: from awareness to notice."""
    breach = one.breach
    told = {
        "breach": breach.id,
        "minutes-to-notice": one.minutes,
        "customer": breach.customers,
        "owner": breach.owner,
        "closed": moment(breach.closed) if breach.closed else None,
    }
    return shaped(
        uuid=identity(quarter, "log", "breach", breach.id),
        title=title(f"Breach {breach.id}"),
        description=prose("\n\n".join(part for part in (breach.facts, breach.effects, breach.remedy) if part)),
        start=moment(breach.aware),
        end=moment(breach.notified) if breach.notified else None,
        props=props(told),
        remarks=prose(breach.late or ("" if breach.notified else "Nobody has been told.")) if _late(one) else "",
    )


def _late(one: BreachInPeriod) -> bool:
    return bool(one.breach.late) or one.breach.notified is None
