"""Which attestations hold on a day, and which targets they cover with the values of that day."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from audit.canonical import digest
from audit.facts import Unseen
from audit.people import TARGETS, Attestation, AttestationResult, AttestationState
from audit.targets import Targets

SOON = timedelta(days=30)
"""How long before its end an attestation is named: long enough to look again."""
_EXACT = 2**53
"""Above it readers of JSON may round a whole number (RFC 8785, section 3.2.2.3)."""


class Attested(msgspec.Struct, frozen=True):
    """What people's words prove on one day; nothing at all where nobody has said any."""

    results: tuple[AttestationResult, ...] = ()

    def proves(self, identity: str, controls: Collection[str]) -> bool:
        """Tell whether an attestation holds for a promise that `controls` prove."""
        return any(_serves(result.attestation, identity, controls) for result in self.results if result.holds)

    def failing(self, identity: str) -> str:
        """Say why an attestation that was made does not hold, the newest of them; empty where there is none.

        Where several were made and one of them holds, the others matter no more.
        """
        made = [result for result in self.results if result.attestation.id == identity]
        if not made or any(result.holds for result in made):
            return ""
        newest = max(made, key=lambda result: result.attestation.on)
        return f"{identity}: {newest.reason}"

    def uncovered(self, targets: Iterable[str]) -> tuple[str, ...]:
        """Return those of the dotted names whose present values nobody has attested, in order."""
        covered = {
            name
            for result in self.results
            if result.holds and result.attestation.id == TARGETS
            for name in result.attestation.targets
        }
        return tuple(sorted(name for name in set(targets) if not covered.intersection(_above(name))))


NOBODY = Attested()
"""What is proven where nobody has attested anything."""


def attested(attestations: Iterable[Attestation], targets: Targets, today: date) -> Attested:
    """Say of each attestation whether it holds on `today`; an attestation of targets holds for their values only."""
    return Attested(tuple(_result(attestation, targets, today) for attestation in attestations))


def targets_digest(targets: Targets, names: Iterable[str]) -> str:
    """Return the SHA-256 of the named targets' values as RFC 8785 writes them; a table's name stands for all in it.

    Raises `Unseen` where one of them is not set, or none is named. TOML has dates and fractions, which JSON has not or
    which two readers may round apart: they are spelt as text.
    """
    values = {name: targets.at(name) for name in names}
    unset = [name for name, value in values.items() if value is None]
    if unset or not values:
        raise Unseen(f"the target {unset[0]} is not set in targets.toml" if unset else "it names no target")
    return digest(_plain(values))


def longest(on: date, months: int) -> date:
    """Return the last day of a word that holds for so many months from `on`; a short month ends it on its own last."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def _serves(attestation: Attestation, identity: str, controls: Collection[str]) -> bool:
    """Tell whether a word is the one asked for, and speaks of a promise that `controls` prove."""
    return attestation.id == identity and (
        not attestation.controls or not set(controls).isdisjoint(attestation.controls)
    )


def _above(name: str) -> set[str]:
    """Return a dotted name and those of the tables that it stands in."""
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


def _result(attestation: Attestation, targets: Targets, today: date) -> AttestationResult:
    """Look at one attestation: what has ended says no more, whatever has become of its values."""
    left = attestation.until - today
    if left < timedelta(0):
        return _told(attestation, AttestationState.EXPIRED, f"it expired on {attestation.until}")
    if attestation.on > today:
        return _told(attestation, AttestationState.AHEAD, f"it counts from {attestation.on}")
    if why := _changed(attestation, targets):
        return _told(attestation, AttestationState.CHANGED, why)
    if left <= SOON:
        return _told(attestation, AttestationState.ENDING, f"it ends on {attestation.until}")
    return _told(attestation, AttestationState.VALID, "")


def _told(attestation: Attestation, state: AttestationState, reason: str) -> AttestationResult:
    return AttestationResult(attestation=attestation, state=state, reason=reason)


def _changed(attestation: Attestation, targets: Targets) -> str:
    """Say what has become of attested targets; empty where they are as they were, or none are meant."""
    if attestation.id != TARGETS:
        return ""
    try:
        same = targets_digest(targets, attestation.targets) == attestation.evidence
    except Unseen as unseen:
        return str(unseen)
    return "" if same else f"what was attested of {', '.join(attestation.targets)} is no longer what targets.toml says"


def _plain(value: Any) -> Any:
    """Give a value of TOML as JSON that every reader reads alike."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= _EXACT):
        return repr(value)
    return value
