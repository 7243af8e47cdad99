"""Rehearses a breach: from the moment somebody knows of it until the notice lies in the customer's box, by the clock.

A person leads it, with a made-up incident and a box of the company's own in the customer's place. Nothing is taken on a
bare word: the assessment and the notice are handed over as files, of which digests and counts are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from audit.canonical import sha256
from audit.drill_record import Isolation, Left
from audit.drills.drill import Drill, Found, Kind, Person, Probe
from audit.drills.outcomes import Failed, Inconclusive, NotRun
from audit.drills.steps import Steps

CONTENT = ("nature", "concerned", "contact", "consequences", "measures")
"""What a notice must say, each in a line `Nature: …`: Art. 33(3)(a) to (d) GDPR, and whom and what it concerns."""
_ASSESSED = ("nature", "concerned", "consequences")
_STEPS = (
    "a person hands the made-up incident to whoever is on duty, and says when they know of it",
    "the assessment is handed over as a file",
    "the notice, as it arrived in the box that stands for the customer's, is handed over as a file",
    "whoever reads that box confirms that they understood what to do",
)
_YES = ("y", "yes")
_AHEAD = timedelta(minutes=5)
"""How far the clock of the mail's sender may be ahead of ours."""


def _preflight(drill: Drill) -> None:
    """See that somebody is there to lead it."""
    if drill.means.person is None:
        raise NotRun("nobody is there to lead it: run it in a terminal")


def _select(drill: Drill) -> None:
    """Choose nothing: no recovery point is behind it."""


def _isolate(drill: Drill) -> Isolation | None:
    """Make nothing."""
    return None


def _begin(drill: Drill, point: None) -> Mapping[str, Any]:
    """Have the incident handed over, and note when it was known: the clock of Art. 33(2) starts there."""
    person = _person(drill)
    question = f"hand the made-up incident {drill.name} to whoever is on duty; do they know of it now? [yes]"
    drill.steps.do("aware", lambda: _yes(person, question))
    return {"job": drill.name}


def _probes(drill: Drill, point: None, began: Mapping[str, Any]) -> tuple[Probe, ...]:
    return (
        Probe(id="breach.aware", level=3, run=lambda: Found(result="pass")),
        Probe(id="breach.assessed", level=4, run=lambda: _assessed(drill)),
        Probe(id="breach.noticed", level=5, run=lambda: _noticed(drill)),
        Probe(id="breach.understood", level=6, run=lambda: _understood(drill)),
    )


def _assessed(drill: Drill) -> Found:
    """Check that the assessment says what happened, to whom and with what effect."""
    content = _person(drill).proof(f"the assessment of {drill.name}")
    return _complete(content.decode(errors="replace"), content, _ASSESSED, drill.name)


def _noticed(drill: Drill) -> Found:
    """Check that the notice is complete, is of this rehearsal, and arrived after it was known and before now."""
    content = _person(drill).proof(f"the notice of {drill.name} as it arrived (.eml)")
    message = message_from_bytes(content, policy=policy.default)
    part = message.get_body(("plain",))
    found = _complete(str(part.get_content()) if part else "", content, CONTENT, drill.name)
    if found.result == "fail":
        return found
    sent = _sent(message)
    if sent is None:
        return Found(result="fail", reason="the notice does not say when it was sent", observed=found.observed)
    aware = aware_at(drill.steps)
    if not aware - _AHEAD <= sent <= drill.clock.now() + _AHEAD:
        return Found(result="fail", reason="the notice was not sent during the rehearsal", observed=found.observed)
    minutes = max(0, -(-round((sent - aware).total_seconds()) // 60))
    return msgspec.structs.replace(found, observed={**found.observed, "minutes_from_awareness": minutes})


def _understood(drill: Drill) -> Found:
    """Ask whoever reads the box."""
    question = "does whoever reads that box say what happened, and what they must do now? [yes]"
    if _person(drill).told(question).strip().lower() in _YES:
        return Found(result="pass")
    return Found(result="fail", reason="the reader of the notice did not know what to do")


def aware_at(steps: Steps) -> datetime:
    """Return when it was known; raises `Inconclusive` where that was never said."""
    told = steps.outcome("aware")
    if told is None or told.trouble:
        raise Inconclusive("nobody said that they know of it")
    return told.clock.at


def _complete(text: str, content: bytes, wanted: tuple[str, ...], name: str) -> Found:
    """Check that a text has all the lines it needs, and names the rehearsal; only digest and counts are kept."""
    missing = [word for word in wanted if not re.search(rf"^\s*{word}\s*:\s*\S", text, re.IGNORECASE | re.MULTILINE)]
    observed = {"sha256": sha256(content), "parts": len(wanted) - len(missing)}
    expected = {"parts": len(wanted)}
    if name not in text.lower():
        return Found(result="fail", reason="it does not name this rehearsal", observed=observed, expected=expected)
    if missing:
        reason = f"it does not say: {', '.join(missing)}"
        return Found(result="fail", reason=reason, observed=observed, expected=expected)
    return Found(result="pass", observed=observed, expected=expected)


def _sent(message: EmailMessage) -> datetime | None:
    """Return when a mail was sent, None where it does not say."""
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        return None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _yes(person: Person, question: str) -> bool:
    """Ask, and take nothing but a yes for one; raises `Failed`."""
    if person.told(question).strip().lower() not in _YES:
        raise Failed(3, "whoever is on duty could not be reached")
    return True


def _person(drill: Drill) -> Person:
    if drill.means.person is None:
        raise NotRun("nobody is there to lead it: run it in a terminal")
    return drill.means.person


def _nothing(drill: Drill) -> tuple[Left, ...]:
    return ()


KIND = Kind(
    attended=True,
    name="breach",
    methods=("rehearsal",),
    steps={"rehearsal": _STEPS},
    preflight=_preflight,
    select=_select,
    isolate=_isolate,
    restore=_begin,
    probes=_probes,
    before_removal=lambda drill: None,
    residue=_nothing,
    in_azure=False,
)
