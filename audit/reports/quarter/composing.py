"""The report of a quarter composed once: every format renders the same sections, tables and numbers."""

from __future__ import annotations

from audit.quarters.model import Quarter
from audit.reports.quarter.blocks import Document, Section
from audit.reports.quarter.sections_appendix import checking, evidence_refs, files, glossary, index
from audit.reports.quarter.sections_changes import changes
from audit.reports.quarter.sections_drills import drills
from audit.reports.quarter.sections_exceptions import exceptions, follow_up
from audit.reports.quarter.sections_front import assertion, edition, result, status
from audit.reports.quarter.sections_people import incidents, sign_off, waivers
from audit.reports.quarter.sections_promises import promises
from audit.reports.quarter.sections_scope import method, scope
from audit.reports.quarter.tabling import tables


def composed(quarter: Quarter) -> Document:
    """Compose a quarter's edition; the same quarter gives the same document, and nothing else goes into it."""
    sections = _sections(quarter)
    return Document(
        title=f"{quarter.company}: promises and what became of them, {quarter.period.name}",
        subtitle=edition(quarter).capitalize(),
        date=quarter.period.as_of.isoformat(),
        verdict=quarter.verdict,
        sections=sections,
        numbers={
            cell.anchor: cell.number
            for table in tables(sections)
            for row in table.rows
            for cell in row.cells
            if cell.number is not None
        },
    )


def _sections(quarter: Quarter) -> tuple[Section, ...]:
    refs = evidence_refs(quarter)
    return (
        status(quarter),
        result(quarter),
        assertion(quarter),
        scope(quarter),
        method(quarter),
        promises(quarter, refs),
        exceptions(quarter, refs),
        drills(quarter),
        incidents(quarter),
        changes(quarter),
        waivers(quarter),
        follow_up(quarter),
        sign_off(quarter),
        index(quarter),
        checking(quarter),
        files(),
        glossary(),
    )
