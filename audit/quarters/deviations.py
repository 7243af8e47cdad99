"""What runs found broken or waived, followed through all of them: since when, until when, and by what evidence."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from audit.facts import Cause
from audit.model import Verdict, worst
from audit.promises import ControlResult, Finding
from audit.quarters.model import Span
from audit.quarters.timeline import Sight

Key = tuple[str, str]
"""A control, and the id of a resource; empty for what is about the whole estate."""
_WRONG = (Verdict.BROKEN, Verdict.WAIVED)


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that one control found broken or waived."""

    finding: Finding
    """The newest that says so."""
    sight: Sight
    """The run that made it."""
    worst: Verdict
    """In the quarter; before it where it was not seen there."""
    spans: tuple[Span, ...]

    @property
    def key(self) -> Key:
        """Give what it is known by."""
        return self.finding.control, self.finding.resource

    def stood(self, at: datetime) -> Span | None:
        """Return the span that lasts at a moment; None where none does.

        What was not seen to be mended lasts.
        """
        return next((span for span in self.spans if span.first <= at and (span.after is None or span.after > at)), None)


class _Track:
    """Follows one resource under one control from run to run."""

    def __init__(self) -> None:
        self.moments: list[tuple[datetime, bool]] = []
        self.verdicts: dict[str, Verdict] = {}
        self.newest: tuple[Sight, Finding] | None = None

    def wrong(self, sight: Sight, found: list[Finding]) -> None:
        """Note that a run found it broken or waived."""
        finding = min(found, key=lambda one: (list(Verdict).index(one.verdict), one.reason))
        self.moments.append((sight.at, True))
        self.newest = (sight, finding)
        if sight.week:
            self.verdicts[sight.id] = finding.verdict

    def otherwise(self, sight: Sight) -> None:
        """Note that a run found it in order, or gone."""
        self.moments.append((sight.at, False))


def spans_of(moments: Iterable[tuple[datetime, bool]]) -> tuple[Span, ...]:
    """Make spans of moments in order, each with whether something was seen to be wrong at it."""
    spans: list[Span] = []
    otherwise: datetime | None = None
    for at, wrong in moments:
        lasting = spans[-1] if spans and spans[-1].after is None else None
        if wrong and lasting:
            spans[-1] = msgspec.structs.replace(lasting, last=at)
        elif wrong:
            spans.append(Span(before=otherwise, first=at, last=at, after=None))
        elif lasting:
            spans[-1] = msgspec.structs.replace(lasting, after=at)
        otherwise = otherwise if wrong else at
    return tuple(spans)


def deviations(sights: tuple[Sight, ...]) -> Mapping[Key, Deviation]:
    """Follow everything broken or waived through runs in order of time; a run that could not see ends nothing."""
    grouped = [_by_key(sight) for sight in sights]
    tracks: dict[Key, _Track] = {}
    for found in grouped:
        for key, findings in found.items():
            if any(finding.verdict in _WRONG for finding in findings):
                tracks.setdefault(key, _Track())
    for sight, found in zip(sights, grouped, strict=True):
        for key, track in tracks.items():
            _follow(track, sight, sight.controls.get(key[0]), found.get(key))
    return {key: _deviation(tracks[key]) for key in sorted(tracks)}


def _follow(track: _Track, sight: Sight, result: ControlResult | None, found: list[Finding] | None) -> None:
    wrong = [finding for finding in found or () if finding.verdict in _WRONG]
    if wrong:
        track.wrong(sight, wrong)
    elif result is not None and not _unseen(result, found):
        track.otherwise(sight)


def _unseen(result: ControlResult, found: list[Finding] | None) -> bool:
    """Tell whether a run could not say: it was unproven, or it is not there and the listing was incomplete."""
    if found:
        return any(finding.verdict is Verdict.UNPROVEN for finding in found)
    return any(finding.cause is Cause.GAP for finding in result.findings)


def _by_key(sight: Sight) -> Mapping[Key, list[Finding]]:
    grouped: dict[Key, list[Finding]] = {}
    for control in sight.report.controls:
        for finding in control.findings:
            grouped.setdefault((control.id, finding.resource), []).append(finding)
    return grouped


def _deviation(track: _Track) -> Deviation:
    if track.newest is None:
        raise ValueError("nothing was found wrong")
    sight, finding = track.newest
    seen = track.verdicts.values() or (finding.verdict,)
    return Deviation(finding=finding, sight=sight, worst=worst(seen), spans=spans_of(track.moments))
