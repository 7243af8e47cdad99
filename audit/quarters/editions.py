"""Three editions of one quarter: all of it, the board's summary, and what one customer may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from audit.drill_record import DrillRecord
from audit.model import AuditError
from audit.people import AttestationResult, Shared
from audit.policies import Policies
from audit.quarters.building import Building
from audit.quarters.drill_exceptions import ASPECTS
from audit.quarters.exceptions import identity_of, ordered
from audit.quarters.grouping import follow_ups, grouped, new_ids, summarised, summed
from audit.quarters.inventory import inventory
from audit.quarters.model import (
    BreachInPeriod,
    Edition,
    Evidence,
    ExceptionInPeriod,
    FollowUp,
    Inventory,
    PackInPeriod,
    PromiseInPeriod,
    Quarter,
    Week,
    WeekState,
)
from audit.quarters.scrubbing import every_text, names_of_others, obscured, pseudonyms, scrubber
from audit.quarters.timeline import Timeline, timeline
from audit.quarters.views import Theirs
from audit.runs import Fault, Pack

_SHORT = (
    "Promises are told in one table for each statement, with why in few words, their weeks by letter and the sums of "
    "their tests; each control stands in tests.csv, and all that is known of a promise in the auditor's edition.",
    "Packs are counted by what a check of them found; the file packs.csv has each, and how much it holds.",
    "The method is told in short, weeks are drawn by statement, and targets that nobody attested are told by area.",
)
_BOARD = (
    "The inventory is told by provider; the file inventory.csv has each type.",
    *_SHORT,
    "This edition tells exceptions by control, not by resource; the auditor's edition has each of them.",
    "It has no index of evidence; the auditor's edition has it.",
)
_CUSTOMER = (
    "This edition speaks of what is this customer's own, and of what serves several customers.",
    "What serves several customers is told by control, verdict and number, without names, reasons and evidence.",
    "What serves several customers is one sum in the inventory, whatever its types.",
    *_SHORT,
    "Other customers' resources, exceptions, drills and breaches are left out, and count in none of its figures.",
    "Ids of subscriptions and tenants are replaced, and texts that name what is another's are withheld.",
    "Changes of the policies' files, identities, the words of attestations and what was wrong with packs are left out.",
)
_NO_SHARED = "Exceptions of what serves several customers are left out; they count in the verdicts all the same."


def edition(
    quarter: Quarter, which: Edition, *, policies: Policies, customer: str = "", packs: Sequence[Pack] = ()
) -> Quarter:
    """Return an edition of the auditor's `quarter`.

    A customer's is made of `packs`, those that the quarter was built from, since its populations are counted afresh.
    Raises `AuditError` where the customer is not one that the policies know.
    """
    if which is Edition.AUDITOR:
        return quarter
    if which is Edition.BOARD:
        return _board(quarter)
    known = {one.pseudonym for one in policies.customers.customer}
    if customer not in known:
        raise AuditError(
            f"{customer or 'nobody'!r} is no customer of customers.toml. Name a pseudonym that stands there."
        )
    return _Customers(quarter, policies, customer, packs).edition()


def _board(quarter: Quarter) -> Quarter:
    told = grouped(quarter.exceptions)
    ids = new_ids(quarter.exceptions, told)
    return msgspec.structs.replace(
        quarter,
        edition=Edition.BOARD,
        leaves_out=_BOARD,
        exceptions=tuple(msgspec.structs.replace(one, evidence=()) for one in told),
        promises=tuple(_bare(promise, ids.get(promise.id, ())) for promise in quarter.promises),
        evidence=(),
    )


def _bare(promise: PromiseInPeriod, exceptions: tuple[str, ...]) -> PromiseInPeriod:
    """Return a promise without references to evidence, and with other ids of exceptions."""
    tests = tuple(msgspec.structs.replace(test, evidence=()) for test in promise.tests)
    return msgspec.structs.replace(promise, tests=tests, evidence=(), exceptions=exceptions)


class _Customers:
    """Makes one customer's edition: counted afresh from what is theirs and shared, then stripped."""

    def __init__(self, whole: Quarter, policies: Policies, customer: str, packs: Sequence[Pack]) -> None:
        self._whole, self._policies, self._customer = whole, policies, customer
        self._view = Theirs(customer, policies)
        line = timeline(packs, whole.period)
        self._scrubbed = scrubber(names_of_others(line, self._view), customer, policies.customers)
        self._line = timeline(map(self._view.pack, packs), whole.period)
        self._own = _own_ids(self._line, self._view, customer)

    def edition(self) -> Quarter:
        """Build what they may see, then take out of it what they may not."""
        built = Building(self._line, self._policies, self._whole.product, {}, self._view).quarter()
        told = self._exceptions(built.exceptions)
        ids = new_ids(built.exceptions, told)
        evidence = tuple(self._evidence(built, told))
        kept = {piece.id for piece in evidence}
        made = msgspec.structs.replace(
            built,
            edition=Edition.CUSTOMER,
            customer=self._customer,
            leaves_out=self._leaves_out(),
            weeks=tuple(map(_plain, built.weeks)),
            statements=self._whole.statements,
            promises=tuple(self._promise(one, ids.get(one.id, ()), kept) for one in built.promises),
            exceptions=told,
            inventory=self._inventory(built.inventory),
            packs=tuple(map(_unnamed, built.packs)),
            drills=self._drills(built),
            breaches=tuple(self._breaches(built.breaches)),
            rules=(),
            waivers=every_text(built.waivers, self._scrubbed),
            attestations=tuple(_unsaid(one) for one in built.attestations),
            follow_up=self._follow_up(built.follow_up),
            evidence=evidence,
            keys=self._whole.keys,
        )
        stranger = pseudonyms(self._customer, self._policies.customers)
        return every_text(made, lambda text: "withheld" if stranger(text) else obscured(text))

    def _inventory(self, found: Inventory | None) -> Inventory | None:
        """Tell what is theirs by type, what is shared as one sum, and only how much could not be seen."""
        if found is None:
            return None
        own = inventory(self._line, self._policies, _Own(self._customer, self._policies))
        shared = inventory(self._line, self._policies, _Shared(self._customer, self._policies))
        rows = (*(own.rows if own else ()), *(summed(shared.rows, "shared by several customers") if shared else ()))
        return msgspec.structs.replace(found, rows=rows, gaps=_counted(found.gaps))

    def _exceptions(self, found: Iterable[ExceptionInPeriod]) -> tuple[ExceptionInPeriod, ...]:
        """Keep theirs one by one, and tell shared ones by control or not at all."""
        found = tuple(found)
        own = tuple(self._told(one) for one in found if self._is_own(one))
        summed = self._policies.customers.shared is Shared.SUMMARISED
        return ordered((*own, *(summarised(one for one in found if not self._is_own(one)) if summed else ())))

    def _is_own(self, one: ExceptionInPeriod) -> bool:
        return one.customers == (self._customer,)

    def _told(self, one: ExceptionInPeriod) -> ExceptionInPeriod:
        """Withhold what a reason, a waiver or a response says of what is not theirs."""
        response = one.response and every_text(msgspec.structs.replace(one.response, breach=""), self._scrubbed)
        return msgspec.structs.replace(
            one, reason=self._scrubbed(one.reason), waiver=self._scrubbed(one.waiver), response=response
        )

    def _promise(self, one: PromiseInPeriod, exceptions: tuple[str, ...], kept: set[str]) -> PromiseInPeriod:
        whole = next((promise for promise in self._whole.promises if promise.id == one.id), one)
        return msgspec.structs.replace(
            one,
            quote=whole.quote,
            exceptions=exceptions,
            evidence=tuple(ref for ref in one.evidence if ref in kept),
        )

    def _evidence(self, built: Quarter, told: Iterable[ExceptionInPeriod]) -> Iterable[Evidence]:
        """Keep what their own exceptions, tests and drills rest on, without addresses that could name another."""
        used = {ref for one in told for ref in one.evidence}
        used |= {ref for promise in built.promises for test in promise.tests for ref in test.evidence}
        said = {ref for promise in built.promises for ref in promise.evidence}
        own = {drill.pack.checked.id for drill in self._line.drilled if drill.record.item.customer == self._customer}
        for piece in built.evidence:
            mine = piece.kind == "attestation" or (piece.kind == "drill" and piece.pack in own)
            if piece.id in used or (piece.id in said and mine):
                yield msgspec.structs.replace(piece, what=_asked(piece))

    def _drills(self, built: Quarter) -> tuple[DrillRecord, ...]:
        """Keep the records of drills on what is theirs, without the items left out of it and what its checks saw."""
        return tuple(
            every_text(_cut(record), self._scrubbed)
            for record in built.drills
            if record.item.customer == self._customer
        )

    def _breaches(self, found: Iterable[BreachInPeriod]) -> Iterable[BreachInPeriod]:
        """Keep the breaches that concern them; what is told of one that concerns others, too, is withheld."""
        for one in found:
            breach = one.breach
            if self._customer in breach.customers:
                if len(breach.customers) > 1:
                    breach = msgspec.structs.replace(breach, facts=_TOLD_APART, effects="", remedy="", late="")
                breach = msgspec.structs.replace(every_text(breach, self._scrubbed), customers=(self._customer,))
                yield msgspec.structs.replace(one, breach=breach)

    def _follow_up(self, found: Iterable[FollowUp]) -> tuple[FollowUp, ...]:
        own = [every_text(one, self._scrubbed) for one in found if one.id in self._own]
        summed = self._policies.customers.shared is Shared.SUMMARISED
        return (*own, *(follow_ups(one for one in found if one.id not in self._own) if summed else ()))

    def _leaves_out(self) -> tuple[str, ...]:
        summed = self._policies.customers.shared is Shared.SUMMARISED
        return _CUSTOMER if summed else (_CUSTOMER[0], _NO_SHARED, *_CUSTOMER[2:])


class _Own(Theirs):
    """Looks at what is one customer's alone."""

    def shows(self, resource: str, pack: Pack) -> bool:
        """Show what they own."""
        return self.owns(resource, pack)


class _Shared(Theirs):
    """Looks at what one customer may see and does not own."""

    def shows(self, resource: str, pack: Pack) -> bool:
        """Show what is nobody's or several customers'."""
        return super().shows(resource, pack) and not self.owns(resource, pack)


_TOLD_APART = "It concerned others, too; its facts were told to each by themselves."


def _own_ids(line: Timeline, view: Theirs, customer: str) -> frozenset[str]:
    """Return the ids of all exceptions there can be of what was a customer's alone."""
    found = {
        identity_of(finding.control, finding.resource)
        for sight in line.sights
        for control in sight.report.controls
        for finding in control.findings
        if finding.resource and view.owns(finding.resource, sight.pack)
    }
    records = (drill.record for drill in line.drilled if drill.record.item.customer == customer)
    drilled = {
        identity_of(f"drill-{record.item.kind}-{aspect}", record.item.ref) for record in records for aspect in ASPECTS
    }
    return frozenset(found | drilled)


def _cut(record: DrillRecord) -> DrillRecord:
    """Leave out of a drill's record what speaks of other items, of the machinery and of who worked on it."""
    bare = msgspec.structs.replace
    checks = tuple(bare(check, observed={}, expected={}, evidence=()) for check in record.checks)
    point = record.recovery_point and bare(record.recovery_point, skipped=())
    return bare(
        record,
        checks=checks,
        recovery_point=point,
        population=bare(record.population, excluded=(), seed=""),
        isolation=record.isolation and bare(record.isolation, proof=(), subscription=""),
        phases=tuple(bare(phase, job="") for phase in record.phases),
        residue=(),
        plan="",
        operator=bare(record.operator, identity="", authorised_by=""),
        proves=record.proves,
    )


def _plain(week: Week) -> Week:
    """Say of a week what it lacks in words that can name nobody."""
    seen = "a run of the week could not see everything" if week.why else ""
    why = {WeekState.SEEN: seen, WeekState.DOUBTED: "a pack of the week proves nothing"}
    return msgspec.structs.replace(week, why=why.get(week.state, week.why))


def _counted(gaps: tuple[str, ...]) -> tuple[str, ...]:
    """Tell only how much could not be seen."""
    return (f"{len(gaps)} of what was asked for could not be seen",) if gaps else ()


def _unnamed(pack: PackInPeriod) -> PackInPeriod:
    """Leave out of a pack by whom it was made and what exactly is wrong with it."""
    faults = (Fault("the pack", "it does not verify"),) if pack.checked.faults else ()
    return msgspec.structs.replace(pack, checked=msgspec.structs.replace(pack.checked, faults=faults), identities=())


def _unsaid(said: AttestationResult) -> AttestationResult:
    """Leave out of an attestation what was looked at: it is in words of a person's own."""
    return msgspec.structs.replace(
        said, attestation=msgspec.structs.replace(said.attestation, looked_at=""), reason=_until(said)
    )


def _until(said: AttestationResult) -> str:
    return "" if said.holds else f"{said.state}, {said.attestation.until}"


def _asked(piece: Evidence) -> str:
    """Say what kind of thing a piece of evidence is, without what was asked in full."""
    if piece.kind == "answer":
        return f"an answer of {urlsplit(piece.what.rpartition(' ')[2]).hostname or 'a cloud'}"
    return {"report": piece.what, "drill": "the record of a drill"}.get(piece.kind, "a person's word")
