"""What the short editions say in few words: the customer's and the board's, where the auditor's tells all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from audit.folding import needs
from audit.model import Verdict
from audit.quarters.model import Edition, PromiseInPeriod, Quarter
from audit.reports.quarter.tabling import LETTERS, slug

_WHEN = re.compile(r" \(weeks? [^()]*\)$")
_LOOSE, _UNSEEN, _NEEDS, _BROKEN = "not attested: ", "not proven: ", "still needs: ", "broken: "
_OUTAGES = ("no evidence", "not verified")
"""What a week says for every promise alike: the weeks of the quarter are told once, under method."""
_NEWEST = " by the newest evidence"


def is_short(quarter: Quarter) -> bool:
    """Tell whether this is an edition that is told in short."""
    return quarter.edition is not Edition.AUDITOR


def table_of(statement: str) -> str:
    """Return the id of the table in which a short edition tells a statement's promises; empty for those of none."""
    return f"T4.{slug(statement).upper()}" if statement else "T4-REST"


def places(quarter: Quarter) -> dict[str, str]:
    """Return for each promise the anchor under which the edition tells it: of a row, or of a section."""
    if not is_short(quarter):
        return {one.id: f"promise-{slug(one.id)}" for one in quarter.promises}
    known = {one.id for one in quarter.statements}
    return {
        one.id: f"{table_of(one.statement if one.statement in known else '').lower()}-{slug(one.id)}"
        for one in quarter.promises
    }


def why(one: PromiseInPeriod) -> str:
    """Say why a promise is not kept, each cause once and without its weeks; for one that is, what its reason says.

    Where nothing but weeks without evidence stands against it, these are named.
    """
    said = tuple(dict.fromkeys(_folded(one)))
    lacks = needs(one.needs).removeprefix("still ") if one.counted else ""
    newest = [piece for piece in _pieces(one) if piece.endswith(_NEWEST)]
    return "; ".join(filter(None, (*said, lacks))) or "; ".join((*_outages(one), *newest)) or _silent(one)


def _folded(one: PromiseInPeriod) -> Iterator[str]:
    """Yield what a reason says besides what is still needed and what a week says for every promise alike."""
    found = _names(one)
    if found[_BROKEN]:
        yield _BROKEN + _few(found[_BROKEN])
    if found[_LOOSE]:
        yield f"{_LOOSE}targets of {_few([*areas(found[_LOOSE])], 3)}"
    if found[_UNSEEN]:
        yield _UNSEEN + _few(found[_UNSEEN], 1)
    now = needs(one.needs)
    for piece in _pieces(one):
        if piece.startswith(_NEEDS) and not now:
            yield f"for a part of the quarter it lacked: {piece.removeprefix(_NEEDS)}"
        elif not piece.startswith((_NEEDS, _LOOSE, _UNSEEN, _BROKEN)) and not _common(piece):
            yield piece


def _silent(one: PromiseInPeriod) -> str:
    """Return what stands where nothing was left to tell: a promise that is not kept never stands without a reason."""
    return one.reason or ("" if one.verdict is Verdict.KEPT else "no reason is recorded")


def _common(piece: str) -> bool:
    """Tell whether a piece of a reason says no more than a week's state, or the verdict of the newest evidence."""
    return piece in _OUTAGES or piece.endswith(_NEWEST)


def _pieces(one: PromiseInPeriod) -> list[str]:
    return [_WHEN.sub("", piece) for piece in one.reason.split("; ") if piece]


def _names(one: PromiseInPeriod) -> dict[str, list[str]]:
    """Return the names that a reason lists after each of its words, each once and in their order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for piece in _pieces(one):
        for word in (_BROKEN, _LOOSE, _UNSEEN):
            if piece.startswith(word):
                names = piece.removeprefix(word).split(", ")
                found[word] += [name for name in names if name not in found[word]]
    return found


def _few(names: Sequence[str], most: int = 2) -> str:
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")


def _outages(one: PromiseInPeriod) -> Iterator[str]:
    """Yield why weeks prove nothing, and whether that is so for all of the quarter."""
    pieces = one.reason.split("; ")
    yield from (piece for piece in pieces if piece in _OUTAGES)
    some = [_WHEN.sub("", piece) for piece in pieces if piece not in _OUTAGES and _WHEN.sub("", piece) in _OUTAGES]
    if some:
        yield f"{' or '.join(some)} in some weeks"


def cause(one: PromiseInPeriod) -> str:
    """Return the kind of reason for which a promise is not kept, the same text for promises with the same."""
    found = _names(one)
    if one.verdict is Verdict.BROKEN:
        return _BROKEN + (_few(found[_BROKEN]) if found[_BROKEN] else "see its reason")
    if one.verdict is Verdict.WAIVED:
        return "a deviation was accepted in writing"
    proof = one.needs
    kinds = {
        "controls": (*proof.controls, *found[_UNSEEN]),
        "probes": proof.probes,
        "data checks": proof.data_checks,
        "drills": proof.drills,
        "attestations": (*proof.attestations, *found[_LOOSE]),
    }
    lacking = [kind for kind, names in kinds.items() if names]
    if lacking:
        return f"it lacks {', '.join(lacking)}"
    return why(one) or "see its reason"


def by_cause(these: Iterable[PromiseInPeriod]) -> dict[tuple[Verdict, str], list[PromiseInPeriod]]:
    """Put promises that are not kept together by verdict and cause, the gravest first, then the most frequent."""
    groups: defaultdict[tuple[Verdict, str], list[PromiseInPeriod]] = defaultdict(list)
    for one in these:
        if one.verdict is not Verdict.KEPT:
            groups[one.verdict, cause(one)].append(one)
    order = list(Verdict)
    return dict(sorted(groups.items(), key=lambda item: (order.index(item[0][0]), -len(item[1]), item[0][1])))


def letters(weeks: Iterable[Verdict | None]) -> str:
    """Spell weeks by their letters, a dash for one that is not yet over."""
    return "".join(LETTERS[week] if week else "-" for week in weeks)


def areas(names: Iterable[str]) -> dict[str, list[str]]:
    """Put dotted names together by their first part."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        found[name.partition(".")[0]].append(name)
    return dict(found)


def provider(kind: str) -> str:
    """Return the provider of a type of resource: what stands before its own name."""
    if "::" in kind:
        return "::".join(kind.split("::")[:2])
    if "/" in kind:
        return kind.partition("/")[0]
    return ".".join(kind.split(".")[:2])
