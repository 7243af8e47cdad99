"""What is worth telling after a week's audit: a promise changed, evidence does not hold, or there is none."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from audit.model import Verdict
from audit.promises import PromiseResult, Report
from audit.reports.words import visible
from audit.runs import Checked, Pack, PackKind

FORMAT = "promise-audit/notice/1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
AHEAD = timedelta(hours=1)
"""How far a pack's time may lie ahead of the clock here before it is doubted."""
_PACK = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}(?:\.unfinished)?")
_TAIL = "Resources, reasons and customers stand in the pack's report, and never in a message."


class Why(StrEnum):
    """Why there is something to tell, the worst first."""

    DOUBTED = "the newest pack does not verify"
    LATE = "there is no verified pack of the last days"
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


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told. It names promises and packs: no resource, no customer, no reason and no secret."""

    format: str
    at: datetime
    """When it was written."""
    why: tuple[Why, ...]
    pack: str
    """The newest pack; empty where there is none."""
    pack_at: datetime | None
    """When the newest pack that verifies began, None where there is none."""
    verified: bool
    """Whether the newest pack verifies."""
    faults: int
    """How many things are wrong with it; `audit verify` names them."""
    before: str
    """The verified pack that it is compared with; empty where there is none."""
    verdict: Verdict
    """What the newest pack that verifies says as a whole; unproven where none does."""
    counts: Mapping[Verdict, int]
    """Every verdict → how many promises, by the newest pack that verifies."""
    changes: tuple[Changed, ...]


def kinds(checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """Return the packs of runs by name, which is by time; one that cannot say what it is is among them."""
    told = (one for one in checked if one.kind in (PackKind.RUN, None))
    return tuple(sorted(told, key=lambda one: one.id))


def notice(
    checked: Sequence[Checked], packs: Sequence[Pack], now: datetime, *, within: int, always: bool
) -> Notice | None:
    """Say what is worth telling, None where nothing is.

    `checked` is every pack that there is, and `packs` the two newest of a run that are sound, the newest last.
    """
    runs = kinds(checked)
    before, newest = (None, None, *(pack for pack in packs if sound(pack, now)))[-2:]
    verified = bool(runs) and newest is not None and runs[-1].id == newest.checked.id
    began = newest.run.began if newest and newest.run else None
    changes = _changes(before, newest)
    told = {
        Why.DOUBTED: bool(runs) and not verified,
        Why.LATE: began is None or now - began > timedelta(days=within),
        Why.CHANGED: bool(changes),
        Why.ASKED: always,
    }
    if not any(told.values()):
        return None
    last = runs[-1] if runs else None
    why = tuple(reason for reason, holds in told.items() if holds)
    return _told(why, last, before, newest, at=now, verified=verified, changes=changes)


def _told(
    why: tuple[Why, ...],
    last: Checked | None,
    before: Pack | None,
    newest: Pack | None,
    *,
    at: datetime,
    verified: bool,
    changes: tuple[Changed, ...],
) -> Notice:
    """Write a notice of the last pack there is, and of the newest that is sound."""
    report = newest.report if newest else None
    return Notice(
        format=FORMAT,
        at=at,
        why=why,
        pack=_named(last),
        pack_at=newest.run.began if newest and newest.run else None,
        verified=verified,
        faults=len(last.faults) if last else 0,
        before=visible(before.checked.id) if before else "",
        verdict=report.verdict if report else Verdict.UNPROVEN,
        counts=_counts(report),
        changes=changes,
    )


def _named(last: Checked | None) -> str:
    """Give the name of a pack; another folder's could name anybody, and is not told."""
    if last is None:
        return ""
    return last.id if _PACK.fullmatch(last.id) else "a folder that is called as no pack is"


def sound(pack: Pack, now: datetime) -> bool:
    """Tell whether a pack is evidence: it verifies, it can be read, and it is not of a time to come."""
    if pack.run is None or pack.report is None:
        return False
    return pack.checked.verdict is Verdict.KEPT and pack.run.began <= now + AHEAD


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
    lines = [
        *(f"{reason[:1].upper()}{reason[1:]}." for reason in told.why),
        "",
        *map(_change, told.changes),
        *([""] if told.changes else []),
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
