"""The quarter's tables for a spreadsheet: CSV as RFC 4180 writes it, in which no text is run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from audit.model import Verdict
from audit.quarters.model import Quarter
from audit.reports.quarter.tabling import COUNTED, spans
from audit.reports.words import visible

RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, the full-width signs too (OWASP, CSV Injection)."""


def render(quarter: Quarter) -> dict[str, bytes]:
    """Render every table as a file by its name; one without rows holds its headings alone.

    A text that a spreadsheet would run is led by an apostrophe, and characters that cannot be seen are spelt out.
    """
    return {
        "promises.csv": _promises(quarter),
        "tests.csv": _tests(quarter),
        "weeks.csv": _weeks(quarter),
        "exceptions.csv": _exceptions(quarter),
        "inventory.csv": _inventory(quarter),
        "evidence.csv": _structs(quarter.evidence, ("id", "kind", "pack", "what", "at", "digest")),
        "packs.csv": _packs(quarter),
        "drills.csv": _drills(quarter),
        "breaches.csv": _breaches(quarter),
        "waivers.csv": _waivers(quarter),
        "attestations.csv": _attestations(quarter),
        "changes.csv": _structs(quarter.changes, ("promise", "was", "rejudged", "now", "causes", "detail")),
        "follow-up.csv": _structs(quarter.follow_up, ("id", "title", "name", "was", "outcome", "owner", "due")),
    }


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows under their headings, lines ended by CR and LF."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return file.getvalue().encode("utf-8")


def _safe(value: Any) -> str:
    """Spell one value so that a spreadsheet shows it and runs nothing; a number of ours stays one."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return _safe(", ".join(map(str, value)))
    text = visible(str(value))
    risky = not isinstance(value, int) and text.lstrip(" \u00a0").startswith(RUN)
    return f"'{text}" if risky else text


def _structs(these: Iterable[Any], fields: tuple[str, ...]) -> bytes:
    return _csv(fields, ([getattr(one, field) for field in fields] for one in these))


def _promises(quarter: Quarter) -> bytes:
    columns = ("id", "statement", "text", "counted", "verdict", "now", "was", "reason", "needs", "exceptions", "gdpr")
    rows = (
        (
            *(one.id, one.statement, one.text, "yes" if one.counted else "no", one.verdict, one.now, one.was),
            *(one.reason, one.needs.ids(), one.exceptions, one.gdpr),
        )
        for one in quarter.promises
    )
    return _csv(columns, rows)


def _tests(quarter: Quarter) -> bytes:
    columns = ("promise", "control", "title", "severity", "verdict", "now", "tested", *COUNTED, "evidence")
    rows = (
        (
            *(one.id, test.control, test.title, test.severity, test.verdict, test.now, test.population),
            *(test.by.get(verdict, 0) for verdict in COUNTED),
            test.evidence,
        )
        for one in quarter.promises
        for test in one.tests
    )
    return _csv(columns, rows)


def _weeks(quarter: Quarter) -> bytes:
    columns = ("week", "begins", "ends", "evidence", "packs", "why", *(one.id for one in quarter.promises))
    rows = (
        (
            *(week.number, week.begins, week.ends, week.state, week.packs, week.why),
            *(_verdict(one.weeks, place) for one in quarter.promises),
        )
        for place, week in enumerate(quarter.weeks)
    )
    return _csv([_safe(column) for column in columns], rows)


def _verdict(weeks: Sequence[Verdict | None], place: int) -> str:
    return (weeks[place] or "not yet") if place < len(weeks) else ""


def _exceptions(quarter: Quarter) -> bytes:
    columns = (
        *("id", "control", "title", "severity", "verdict", "resource", "name", "type", "reason", "promises"),
        *("when", "standing", "days", "customers", "shared", "waiver", "evidence"),
        *("cause", "response", "risk", "owner", "due", "closed", "breach", "breach reason"),
    )
    answered = ("cause", "response", "risk", "owner", "due", "closed", "breach", "breach_reason")
    rows = (
        (
            *(one.id, one.control, one.title, one.severity, one.verdict, one.resource, one.name, one.type, one.reason),
            *(one.promises, spans(one.spans), "yes" if one.standing else "no", one.days, one.customers),
            *("yes" if one.shared else "no", one.waiver, one.evidence),
            *(getattr(one.response, field) if one.response else None for field in answered),
        )
        for one in quarter.exceptions
    )
    return _csv(columns, rows)


def _inventory(quarter: Quarter) -> bytes:
    fields = ("type", "expected", "appeared", "disappeared", "found", "in_scope", "out_of_scope", "why")
    return _structs(quarter.inventory.rows if quarter.inventory else (), fields)


def _packs(quarter: Quarter) -> bytes:
    columns = (
        *("id", "kind", "week", "at", "check", "faults", "signers", "threshold", "timestamp", "authority"),
        *("seal", "previous seal", "resources", "findings", "gaps", "questions", "journal lines", "product"),
    )
    rows = (
        (
            *(one.checked.id, one.checked.kind, one.week, one.at, one.checked.verdict),
            "; ".join(f"{fault.where}: {fault.what}" for fault in one.checked.faults),
            *(one.checked.signers, one.checked.threshold, one.checked.timestamp, one.checked.timestamped_by),
            *(one.checked.digest, one.checked.previous, one.resources, one.findings, one.gaps, one.exchanges),
            *(one.entries, one.product),
        )
        for one in quarter.packs
    )
    return _csv(columns, rows)


def _drills(quarter: Quarter) -> bytes:
    columns = (
        *("id", "attempt", "kind", "item", "customer", "bytes", "began", "ended", "restorable", "level", "reason"),
        *("rpo seconds", "rpo target", "rpo", "rpo by", "rto seconds", "rto target", "rto", "rto by"),
        *("clean-up", "damaged on purpose", "proves"),
    )
    rows = (
        (
            *(one.drill_id, one.attempt, one.item.kind, one.item.ref, one.item.customer, one.item.bytes),
            *(one.began, one.ended, one.verdict.recoverability.state, one.verdict.recoverability.level),
            one.verdict.recoverability.reason,
            *(one.verdict.rpo.achieved_s, one.verdict.rpo.target_s, one.verdict.rpo.state, one.verdict.rpo.basis),
            *(one.verdict.rto.achieved_s, one.verdict.rto.target_s, one.verdict.rto.state, one.verdict.rto.basis),
            *(one.verdict.cleanup.state, "yes" if one.negative_control else "no", one.proves),
        )
        for one in quarter.drills
    )
    return _csv(columns, rows)


def _breaches(quarter: Quarter) -> bytes:
    fields = ("id", "aware", "notified", "customers", "facts", "effects", "remedy", "owner", "late", "closed")
    rows = ([*(getattr(one.breach, field) for field in fields), one.minutes] for one in quarter.breaches)
    return _csv((*fields, "minutes"), rows)


def _waivers(quarter: Quarter) -> bytes:
    fields = ("control", "resource", "planes", "reason", "owner", "until")
    rows = (
        [*(getattr(one.waiver, field) for field in fields), "yes" if one.excuses else "no", one.flaws]
        for one in quarter.waivers
    )
    return _csv((*fields, "excuses", "flaws"), rows)


def _attestations(quarter: Quarter) -> bytes:
    fields = ("id", "role", "looked_at", "on", "until", "evidence", "targets", "controls")
    rows = (
        [*(getattr(one.attestation, field) for field in fields), "yes" if one.holds else "no", one.state, one.reason]
        for one in quarter.attestations
    )
    return _csv((*fields, "holds", "state", "why"), rows)
