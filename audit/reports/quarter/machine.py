"""The quarter for programs: JSON with sorted keys, and every number by the anchor it has in all formats."""

from collections.abc import Mapping

import msgspec

from audit.quarters.model import Quarter
from audit.reports.quarter.blocks import Document

FORMAT = "promise-audit/quarter/1"


class Published(Quarter, frozen=True, kw_only=True):
    """The quarter as published: its facts, and the numbers that its report shows."""

    format: str
    """Changes when a field is renamed, removed or given another meaning."""
    numbers: Mapping[str, int]
    """Anchor of a cell → the number in it, the same in HTML and PDF."""


def published(quarter: Quarter, document: Document) -> Published:
    """Add the numbers of its document to a quarter."""
    facts = {field: getattr(quarter, field) for field in quarter.__struct_fields__}
    return Published(**facts, format=FORMAT, numbers=document.numbers)


def render(quarter: Quarter, document: Document) -> bytes:
    """Render `quarter` as UTF-8 JSON with a newline at the end."""
    packed = msgspec.json.encode(published(quarter, document), order="sorted")
    return msgspec.json.format(packed, indent=2) + b"\n"
