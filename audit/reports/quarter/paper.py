"""The quarter's report as a PDF that a screen reader can read, an archive may keep and a machine can unpack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from audit.reports.quarter.blocks import Document
from audit.reports.quarter.row_headers import headed
from audit.reports.quarter.typesetting import view

MIME = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".html": "text/html",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".gz": "application/gzip",
    ".tsr": "application/timestamp-reply",
}


def render(document: Document, attachments: Mapping[str, bytes]) -> bytes:
    """Render `document` as one PDF/UA-1 and PDF/A-3a file (ISO 14289-1, ISO 19005-3) with `attachments` by their names.

    The same arguments give the same bytes on every machine: no file, no font of the machine and no clock is looked at.
    Raises `KeyError` for a number in a paragraph that no table has.
    """
    import typst  # the compiler is in it: 80 MB that nothing else needs

    report = view(document) | {"attached": list(_attached(attachments))}
    pages = typst.compile(
        Path(__file__).with_name("report.typ").read_bytes(),
        sys_inputs={"report": msgspec.json.encode(report).decode()},
        format="pdf",
        ignore_system_fonts=True,
        pdf_standards=["ua-1", "a-3a"],
        timestamp=datetime.combine(date.fromisoformat(document.date), time(tzinfo=UTC)),
    )
    return headed(pages)


def _attached(attachments: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Describe each file as PDF/A-3 wants it; `data` is the relationship of what a report was made of."""
    for name, content in sorted(attachments.items()):
        yield {
            "name": name,
            "content": _inert(content),
            "mime": MIME.get(Path(name).suffix, "application/octet-stream"),
            "relationship": "data",
            "description": f"{name}: the same report for machines",
        }


def _inert(content: bytes) -> str | list[int]:
    """Put bytes into JSON: as text where they are text, which is ten times smaller."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return list(content)
