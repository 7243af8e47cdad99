"""Every piece of evidence that a report refers to, numbered in one order wherever it is made."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from audit.people import AttestationResult
from audit.quarters.deviations import Deviation
from audit.quarters.model import Evidence
from audit.quarters.period import midnight
from audit.quarters.timeline import Drilled, Sight

_KINDS = ("report", "answer", "drill", "attestation")


class Index:
    """Pieces of evidence and their ids; what was not numbered has none."""

    def __init__(self, pieces: Iterable[Evidence]) -> None:
        ordered = sorted(set(pieces), key=_order)
        self._ids: Mapping[Evidence, str] = {piece: f"E-{number:04}" for number, piece in enumerate(ordered, 1)}

    def refers(self, pieces: Iterable[Evidence]) -> tuple[str, ...]:
        """Return the ids of pieces, once each and in order; raises `KeyError` for one that was not numbered."""
        return tuple(sorted({self._ids[piece] for piece in pieces}, key=lambda identity: (len(identity), identity)))

    def rows(self) -> tuple[Evidence, ...]:
        """Return every piece with its id."""
        return tuple(msgspec.structs.replace(piece, id=identity) for piece, identity in self._ids.items())


def of_report(sight: Sight) -> Evidence:
    """Return a run's report as evidence: by the seal's digest, which stands for everything in the pack."""
    what = "report.json.gz in the pack, by the digest of its seal"
    return _piece("report", sight.id, what, sight.report.seen_at, sight.pack.checked.digest)


def of_deviation(deviation: Deviation) -> Iterator[Evidence]:
    """Return the answers that a deviation was read from, and its report where there are none."""
    answers = deviation.finding.answers
    for answer in answers:
        yield _piece("answer", deviation.sight.id, answer.url, answer.at, answer.digest)
    if not answers:
        yield of_report(deviation.sight)


def of_drill(drill: Drilled) -> Evidence:
    """Return a drill's record as evidence: by the seal's digest, as a report is."""
    what = f"the record of drill {drill.record.drill_id}, attempt {drill.record.attempt}, by the digest of its seal"
    return _piece("drill", drill.pack.checked.id, what, drill.record.ended, drill.pack.checked.digest)


def of_attestation(result: AttestationResult, pack: str) -> Evidence:
    """Return an attestation as evidence: by the digest of what was looked at."""
    word = result.attestation
    return _piece("attestation", pack, f"{word.id}: {word.looked_at}", midnight(word.on), word.evidence)


def _piece(kind: str, pack: str, what: str, at: datetime, digest: str) -> Evidence:
    return Evidence(id="", kind=kind, pack=pack, what=what, at=at, digest=digest)


def _order(piece: Evidence) -> tuple[int, str, str, str, str]:
    return _KINDS.index(piece.kind), piece.pack, piece.at.isoformat(), piece.what, piece.digest
