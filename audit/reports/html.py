"""The report as one HTML page that needs no script, no network and no other file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.folding import needs, unexcused
from audit.model import Verdict
from audit.promises import Report
from audit.reports import counting, gate, words

if TYPE_CHECKING:
    from jinja2 import Template

SHOWN = 8
"""How many of a kind stand in an overview before the rest is left to its own section."""


def render(report: Report) -> str:
    """Render `report` as a page; every text in it is escaped.

    The same report gives the same text; what is told as a link is checked to be http or https.
    """
    controls = {control.id: control for control in report.controls}
    return _template().render(
        report=report,
        controls=controls,
        own=counting.promises(report),
        broken=counting.found(report, Verdict.BROKEN),
        waived=counting.found(report, Verdict.WAIVED),
        blocking=counting.blocking(report),
        safe_link=re.compile(r"https?://[^\s]+").fullmatch,
        serves=_serves(report),
        drifted=[(statement, item) for statement in report.statements for item in statement.drift],
    )


def _serves(report: Report) -> dict[str, list[str]]:
    """Say for each control which promises rest on it.

    A control that no counted promise rests on is not in it.
    """
    serves: dict[str, list[str]] = {}
    for promise in counting.promises(report):
        for control in promise.controls:
            serves.setdefault(control, []).append(promise.id)
    return serves


@cache
def _template() -> Template:
    """Compile the template once; an unknown name in it is an error, never an empty space.

    Markup is kept out by escaping alone: no text of a report is ever marked as safe.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slower to import than `audit --help` may be

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"slug": _slug, "word": _word}
    environment.globals |= {
        "counting": counting,
        "gate": gate,
        "needs": needs,
        "unexcused": unexcused,
        "words": words,
        "V": Verdict,
        "verdicts": tuple(Verdict),
        "shown": SHOWN,
    }
    return environment.get_template("report.html")


def _shown(piece: Any) -> Any:
    """Spell out invisible characters in every text that the template prints; markup of its own passes."""
    return words.visible(piece) if isinstance(piece, str) and not hasattr(piece, "__html__") else piece


def _slug(*parts: str) -> str:
    """Make an anchor that is a valid id whatever the parts hold.

    Two different texts may get one anchor: ids of controls and commitments hold no such characters.
    """
    return "-".join(re.sub(r"[^A-Za-z0-9._-]", "-", part) for part in parts)


def _word(verdict: Verdict) -> str:
    """Spell a verdict as the style sheet does."""
    return verdict.replace(" ", "-")
