"""What is worth telling: a promise changed, a drill went wrong, evidence does not hold, or there is none."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from audit.drill_record import DrillKind, DrillRecord
from audit.model import Verdict
from audit.promises import PromiseResult, Report
from audit.reports.words import visible
from audit.runs import Checked, Pack, PackKind

FORMAT = "promise-audit/notice/1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
AHEAD = timedelta(hours=1)
"""How far a pack's time may lie ahead of the clock here before it is doubted."""
_PACK = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}(?:\.unfinished)?")
_DRILL = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_ENOUGH = 4
"""The proof level from which on a restore counts."""
_TAIL = "Resources, reasons and customers stand in the pack's report, and never in a message."


class Why(StrEnum):
    """Why there is something to tell, the worst first."""

    DOUBTED = "the newest pack does not verify"
    LATE = "there is no verified pack of the last days"
    DRILLED = "a drill did not go well"
    CHANGED = "a promise changed"
    ASKED = "asked for always"


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One promise that is judged otherwise than before."""

    promise: str
    text: str
    """The promise in our own words."""
    was: Verdict | None
    """None where it was not there before."""
    now: Verdict | None
    """None where it is there no more."""


class What(StrEnum):
    """What went wrong with a drill."""

    FAILED = "failed"
    MISSED = "missed"
    """What came back was too old, or came too late."""
    UNPROVEN = "not proven"
    LEFT = "left something"
    """Something is left that was not expected, or could not be taken away or looked for."""
    PASSED = "passed and must not"
    """It was of a copy damaged on purpose: its checks cannot fail."""


class Drilled(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong with a drill; what was restored, and why it went wrong, is not told."""

    id: str
    """The drill's own id, or its pack's where it is called as no drill is."""
    kind: DrillKind
    what: What


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told. It names promises, drills and packs: no resource, no customer, no reason and no secret."""

    format: str
    at: datetime
    """When it was written."""
    why: tuple[Why, ...]
    pack: str
    """The newest pack, or the newest that should verify and does not; empty where there is none."""
    pack_at: datetime | None
    """When the newest pack that verifies began, None where there is none."""
    verified: bool
    """Whether that pack verifies."""
    faults: int
    """How many things are wrong with it; `audit verify` names them."""
    before: str
    """The verified pack that it is compared with; empty where there is none."""
    verdict: Verdict
    """What the newest pack of an audit that verifies says as a whole; unproven where none does or none is looked at."""
    counts: Mapping[Verdict, int]
    """Every verdict → how many promises, by that pack."""
    changes: tuple[Changed, ...]
    drills: tuple[Drilled, ...]
    """What went wrong with drills since the pack that is compared with, or of the last days where there is none."""


def kinds(checked: Sequence[Checked], of: PackKind = PackKind.RUN) -> tuple[Checked, ...]:
    """Return the packs of a kind by name, which is by time; one that cannot say what it is is among them."""
    return tuple(sorted((one for one in checked if one.kind in (of, None)), key=lambda one: one.id))


def drills(checked: Sequence[Checked], runs: Sequence[Pack], now: datetime, *, within: int) -> tuple[Checked, ...]:
    """Return the packs of drills to tell of, by time: those that hold, since the sound run before the newest."""
    since = _since(runs, now, within)
    return tuple(one for one in kinds(checked, PackKind.DRILL) if _holds(one, now) and _is_new(one, since))


def notice(
    checked: Sequence[Checked],
    packs: Sequence[Pack],
    now: datetime,
    *,
    within: int,
    always: bool,
    of: PackKind = PackKind.RUN,
) -> Notice | None:
    """Say what is worth telling, None where nothing is.

    `checked` is every pack that there is. `packs` are the two newest of a run that are sound, the newest last, and
    those of `drills`. With `of` drills the last days must have the pack of one, and no run is looked at.
    """
    good = [pack for pack in packs if sound(pack, now)]
    runs = [pack for pack in good if pack.run and of is PackKind.RUN]
    before, newest = (None, None, *runs)[-2:]
    held = _held(checked, newest, now, of)
    doubted = _doubted(checked, held, now, _since(runs, now, within), of)
    began = _began(held) if held else None
    told = _told(doubted, held, before, newest, at=now, drilled=tuple(one for pack in good for one in _drilled(pack)))
    why = {
        Why.DOUBTED: doubted is not None,
        Why.LATE: began is None or now - began > timedelta(days=within),
        Why.DRILLED: bool(told.drills),
        Why.CHANGED: bool(told.changes),
        Why.ASKED: always,
    }
    reasons = tuple(reason for reason, holds in why.items() if holds)
    return msgspec.structs.replace(told, why=reasons) if reasons else None


def _told(
    doubted: Checked | None,
    held: Checked | None,
    before: Pack | None,
    newest: Pack | None,
    *,
    at: datetime,
    drilled: tuple[Drilled, ...],
) -> Notice:
    """Write a notice that does not say yet why it is one."""
    shown, report = doubted or held, newest.report if newest else None
    return Notice(
        format=FORMAT,
        at=at,
        why=(),
        pack=_named(shown),
        pack_at=_began(held) if held else None,
        verified=shown is not None and doubted is None,
        faults=len(shown.faults) if shown else 0,
        before=visible(before.checked.id) if before else "",
        verdict=report.verdict if report else Verdict.UNPROVEN,
        counts=_counts(report),
        changes=_changes(before, newest),
        drills=drilled,
    )


def _held(checked: Sequence[Checked], newest: Pack | None, now: datetime, of: PackKind) -> Checked | None:
    """Return the newest pack of a kind that holds: of runs the one that was read, None where there is none."""
    if of is PackKind.RUN:
        return newest.checked if newest else None
    return next((one for one in reversed(kinds(checked, of)) if _holds(one, now)), None)


def _doubted(
    checked: Sequence[Checked], held: Checked | None, now: datetime, since: datetime, of: PackKind
) -> Checked | None:
    """Return the newest pack that should hold and does not: the last of its kind, or any that a new drill may be in."""
    last = kinds(checked, of)[-1:]
    wrong = [one for one in last if held is None or one.id != held.id]
    drilled = (one for one in kinds(checked, PackKind.DRILL) if _is_new(one, since) and not _holds(one, now))
    return max((*wrong, *drilled), key=lambda one: one.id, default=None)


def _since(runs: Sequence[Pack], now: datetime, within: int) -> datetime:
    """Return when the sound run before the newest began, or so many days ago where there is none."""
    before = _began(runs[-2].checked) if len(runs) > 1 else None
    return before or now - timedelta(days=within)


def _is_new(one: Checked, since: datetime) -> bool:
    """Tell whether a pack is of this time; one that does not say when it began could be."""
    began = _began(one)
    return began is None or began >= since.replace(microsecond=0)


def _began(one: Checked) -> datetime | None:
    """Return when a pack began, to the second, by its name; None where it is called as no pack is."""
    found = _PACK.fullmatch(one.id)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _drilled(pack: Pack) -> Iterator[Drilled]:
    """Yield what went wrong with the drill of a pack; nothing for another pack, or where all went well."""
    if pack.drill is None:
        return
    name = pack.drill.drill_id if _DRILL.fullmatch(pack.drill.drill_id) else pack.checked.id
    for what in wrong(pack.drill):
        yield Drilled(id=name, kind=pack.drill.item.kind, what=what)


def wrong(record: DrillRecord) -> tuple[What, ...]:
    """Return what went wrong with a drill; nothing where it went as it must."""
    verdict = record.verdict
    left = (What.LEFT,) if verdict.cleanup.state in ("failed", "residue-unexpected") else ()
    shown = _shown(record)
    return (shown, *left) if shown else left


def _shown(record: DrillRecord) -> What | None:
    """Return what is wrong with what a drill showed, None where nothing is; one of a damaged copy must fail."""
    verdict = record.verdict
    found = verdict.recoverability
    if record.negative_control:
        return {"failed": None, "proven": What.PASSED}.get(found.state, What.UNPROVEN)
    if found.state == "failed":
        return What.FAILED
    if "missed" in (verdict.rpo.state, verdict.rto.state):
        return What.MISSED
    enough = found.state == "proven" and (found.level or 0) >= _ENOUGH
    return None if enough and verdict.met else What.UNPROVEN


def _named(last: Checked | None) -> str:
    """Give the name of a pack; another folder's could name anybody, and is not told."""
    if last is None:
        return ""
    return last.id if _PACK.fullmatch(last.id) else "a folder that is called as no pack is"


def sound(pack: Pack, now: datetime) -> bool:
    """Tell whether a pack is evidence: it verifies, it can be read, and it is not of a time to come."""
    read = pack.drill is not None or (pack.run is not None and pack.report is not None)
    return read and _holds(pack.checked, now)


def _holds(one: Checked, now: datetime) -> bool:
    """Tell whether a pack verifies, and is not of a time to come."""
    began = _began(one)
    return one.verdict is Verdict.KEPT and began is not None and began <= now + AHEAD


def _promises(report: Report) -> dict[str, PromiseResult]:
    """Return the company's own promises by id."""
    return {one.id: one for statement in report.statements for one in statement.promises if one.counted}


def _counts(report: Report | None) -> dict[Verdict, int]:
    """Count promises by verdict, each verdict named; all zero where there is no report."""
    seen = Counter(one.verdict for one in _promises(report).values()) if report else Counter()
    return {verdict: seen[verdict] for verdict in Verdict}


def _changes(before: Pack | None, newest: Pack | None) -> tuple[Changed, ...]:
    """Name each promise whose verdict is another, or that came or went; nothing where there is nothing to compare."""
    if before is None or newest is None or before.report is None or newest.report is None:
        return ()
    was, now = _promises(before.report), _promises(newest.report)
    return tuple(
        _changed(was.get(name), now.get(name), name)
        for name in sorted({*was, *now})
        if (was[name].verdict if name in was else None) != (now[name].verdict if name in now else None)
    )


def _changed(was: PromiseResult | None, now: PromiseResult | None, name: str) -> Changed:
    told = now or was
    return Changed(
        promise=visible(name),
        text=visible(told.text) if told else "",
        was=was.verdict if was else None,
        now=now.verdict if now else None,
    )


def message(told: Notice) -> bytes:
    """Write a notice as JSON with sorted keys and a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(told, order="sorted"), indent=2) + b"\n"


def schema() -> bytes:
    """Write the JSON Schema of a notice."""
    shape = msgspec.json.schema(Notice)
    shape |= {"$schema": DIALECT, "$id": f"urn:{FORMAT.replace('/', ':')}", "title": "Promise Audit notice"}
    shape["$defs"]["Notice"]["properties"]["format"]["const"] = FORMAT
    return (json.dumps(shape, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def subject(told: Notice) -> str:
    """Say in one line what it is about."""
    return f"Promise Audit: {told.why[0]}"


def text(told: Notice) -> str:
    """Write a notice for people to read."""
    standing = ", ".join(f"{count} {verdict}" for verdict, count in told.counts.items() if count) or "none"
    doubt = f"\nIt does not verify ({told.faults} faults): `audit verify` says what is wrong." if told.pack else ""
    details = [*(f"- drill {one.id} ({one.kind}): {one.what}." for one in told.drills), *map(_change, told.changes)]
    lines = [
        *(f"{reason[:1].upper()}{reason[1:]}." for reason in told.why),
        "",
        *details,
        *([""] if details else []),
        f"Newest pack: {told.pack or 'none'}{'' if told.verified else doubt}",
        f"Newest that verifies began: {told.pack_at.isoformat() if told.pack_at else 'none'}",
        f"Compared with: {told.before or 'none'}",
        f"Promises: {standing}",
        "",
        _TAIL,
    ]
    return "\n".join(lines) + "\n"


def _change(one: Changed) -> str:
    return f"- {one.promise}: was {one.was or 'not there'}, is {one.now or 'there no more'}. {one.text}"
