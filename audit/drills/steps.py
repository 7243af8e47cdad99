"""What a drill does is written down first, so that whoever goes on after a crash neither repeats nor forgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec

from audit.azure import Refused
from audit.drills.actor import TRANSIENT
from audit.drills.outcomes import Inconclusive
from audit.drills.time import Clock, Reading
from audit.journal import Entry, Journal

BEGUN, RESUMED, STATE, INTENT, OUTCOME, STOPPED, LEASE = (
    *("begun", "resumed", "state", "intent"),
    *("outcome", "stopped", "lease"),
)
"""The types of a drill's journal lines."""
_LAG, _TRIES = 5.0, 6
"""Seconds between two looks for what may have been begun, and how often it is looked for: ARM shows it late."""
T = TypeVar("T")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a drill makes, as its intent names it."""

    path: str
    """Its ARM path."""
    api: str
    """The API version by which it is read and deleted."""


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line before something is done."""

    step: str
    makes: tuple[Made, ...] = ()
    once: bool = False
    """Whether it must never be done twice."""
    clock: Reading


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line after it was done: what came of it, or why nothing did."""

    step: str
    result: Any = None
    trouble: str = ""
    status: int = 0
    """The HTTP status of a refusal, 0 where there was none."""
    found: bool = False
    """Whether it was found done by somebody who died before writing it down."""
    clock: Reading


class StateLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line with which a state begins."""

    state: str
    clock: Reading


class Steps:
    """Does each step once and gives its recorded outcome to whoever asks again."""

    def __init__(self, journal: Journal, entries: Sequence[Entry], clock: Clock) -> None:
        """Go on behind `entries`, the lines that `journal` has; none for a new one."""
        self._journal, self._clock = journal, clock
        self.entries: list[Entry] = list(entries)
        """Every line so far."""
        self._intents = {line.step: line for line in _lines(entries, INTENT, Intent)}
        self._outcomes = {line.step: line for line in _lines(entries, OUTCOME, Outcome)}

    def do(
        self,
        step: str,
        act: Callable[[], T],
        *,
        makes: tuple[Made, ...] = (),
        probe: Callable[[], T | None] | None = None,
        once: bool = False,
    ) -> T:
        """Do `act` and return its result, which must be plain JSON; the recorded one where it was done before.

        Where somebody died in the middle, `probe` looks whether it was done: it returns what came of it, or None. What
        must be done `once` is then never done again: raises `Inconclusive` where nothing is found of it. Raises
        `Refused` where the cloud refuses, each time alike.
        """
        told = self._outcomes.get(step)
        if told is not None:
            return cast(T, _again(step, told))
        known = self._intents.get(step)
        if known is None:
            self._intent(step, makes, once)
            return self._acted(step, act)
        if (result := self._probed(probe, patient=once)) is not None:
            self._outcome(step, result=result, found=True)
            return result
        if once:
            self._outcome(step, trouble="whoever asked for it died, and nothing is found of it")
            return cast(T, _again(step, self._outcomes[step]))
        return self._acted(step, act)

    def enter(self, state: str) -> None:
        """Write that a state begins, the first time that it is entered."""
        if state not in self.states():
            self._append(STATE, StateLine(state=state, clock=self._clock.reading()))

    def states(self) -> Mapping[str, Reading]:
        """Return the states that were entered, in their order, each with its moment."""
        return {line.state: line.clock for line in _lines(self.entries, STATE, StateLine)}

    def made(self) -> tuple[Made, ...]:
        """Return all that was made or may have been, in the order of its making; empty for nothing."""
        return tuple(made for line in _lines(self.entries, INTENT, Intent) for made in line.makes)

    def unsure(self) -> bool:
        """Tell whether something may still come to be: it was asked for, and what came of that was never heard."""
        asked = [line.step for line in self._intents.values() if line.makes or line.once]
        told = [self._outcomes.get(step) for step in asked]
        return any(one is None or (one.trouble and one.status in TRANSIENT) for one in told)

    def outcome(self, step: str) -> Outcome | None:
        """Return what came of a step, None where it was not done."""
        return self._outcomes.get(step)

    def note(self, kind: str, body: Mapping[str, Any]) -> None:
        """Write a line of another type."""
        self._append(kind, body)

    def first(self, kind: str, shape: type[T]) -> T | None:
        """Return the first line of a type, None where there is none."""
        return next(iter(_lines(self.entries, kind, shape)), None)

    def _acted(self, step: str, act: Callable[[], T]) -> T:
        try:
            result = act()
        except Refused as refused:
            self._outcome(step, trouble=str(refused), status=refused.status)
            raise
        except Inconclusive as stopped:
            self._outcome(step, trouble=stopped.reason)
            raise
        self._outcome(step, result=result)
        return result

    def _probed(self, probe: Callable[[], T | None] | None, *, patient: bool) -> T | None:
        """Look whether something was done; a refusal to show it is no answer."""
        for tried in range(_TRIES if patient else 1):
            if tried:
                self._clock.sleep(_LAG)
            try:
                result = probe() if probe else None
            except Refused:
                continue
            if result is not None:
                return result
        return None

    def _intent(self, step: str, makes: tuple[Made, ...], once: bool) -> None:
        line = Intent(step=step, makes=makes, once=once, clock=self._clock.reading())
        self._append(INTENT, line)
        self._intents[step] = line

    def _outcome(self, step: str, **told: Any) -> None:
        line = Outcome(step=step, clock=self._clock.reading(), **told)
        self._append(OUTCOME, line)
        self._outcomes[step] = line

    def _append(self, kind: str, line: Any) -> None:
        body = msgspec.to_builtins(line)
        self.entries.append(self._journal.append(kind, body, self._clock.now(), sync=True))


def _lines(entries: Sequence[Entry], kind: str, shape: type[T]) -> list[T]:
    return [msgspec.convert(entry.body, shape) for entry in entries if entry.type == kind]


def _again(step: str, told: Outcome) -> Any:
    """Return a recorded result, or raise the recorded trouble."""
    if not told.trouble:
        return told.result
    if told.status:
        raise Refused(step, told.status, told.trouble)
    raise Inconclusive(f"{step}: {told.trouble}")
