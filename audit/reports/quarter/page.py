"""The report of a quarter as one HTML page that needs no script, no network and no other file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.model import Verdict
from audit.reports.quarter.blocks import Document, pieces
from audit.reports.quarter.tabling import LETTERS
from audit.reports.words import visible

if TYPE_CHECKING:
    from jinja2 import Template


def render(document: Document) -> str:
    """Render `document` as a page; every text in it is escaped, and drawings are of our own making.

    The same document gives the same text; only what is told as a link and begins with https leads out of the page.
    """
    return _template().render(document=document, numbers=document.numbers)


@cache
def _template() -> Template:
    """Compile the template once; an unknown name in it is an error, never an empty space."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slower to import than `audit --help` may be

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader([here, here.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["word"] = _word
    environment.globals |= {"letters": LETTERS, "pieces": pieces, "web": re.compile(r"https://[^\s]+").fullmatch}
    return environment.get_template("quarter.html")


def _shown(piece: Any) -> Any:
    """Spell out invisible characters in every text that the template prints; markup of its own passes."""
    return visible(piece) if isinstance(piece, str) and not hasattr(piece, "__html__") else piece


def _word(verdict: Verdict) -> str:
    """Spell a verdict as the style sheet does."""
    return verdict.replace(" ", "-")
