"""A ruling's remedy as the Pulumi change to make, with the file and line where it is made."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audit.kinds import kind_of
from audit.model import Plane, Resource, Ruling
from audit.promises import Change
from audit.shape import plain_key, pulumi_path, snake


def changes(subject: Resource | None, ruling: Ruling) -> Iterator[Change]:
    """Give each step of a ruling's remedy; `subject` is the resource to change, None for the estate.

    Yields nothing where the ruling names no remedy. What is missing has no line, so it is told to be declared beside
    its subject.
    """
    if ruling.declare:
        file, line = place(subject, "")
        yield Change(code=f"declare {ruling.declare}", file=file, line=line)
    for path, value in ruling.changes.items():
        file, line = place(subject, path)
        yield Change(code=argument(subject, path, value), file=file, line=line)


def argument(subject: Resource | None, path: str, value: Any) -> str:
    """Spell one property as the Python argument that sets it, with the arguments it stands within.

    In a template it is the JSON that sets it, at its path without the words `properties`.
    Without a subject the path is spelt as ARM does: there is no row to rename it by.
    """
    if subject is not None and subject.plane is Plane.TEMPLATE:
        return f'"{path}": {json.dumps(value, ensure_ascii=False, default=str)}'
    kind = kind_of(subject.type) if subject else None
    *outer, leaf = [snake(step) for step in pulumi_path(kind, path).split(".")]
    within = f"in {'.'.join(outer)}: " if outer else ""
    return f"{within}{leaf}={literal(value)}"


def literal(value: Any) -> str:
    """Spell a value as a Python literal with double quotes.

    It is for people to copy, and never evaluated here.
    """
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(key)}: {literal(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def place(subject: Resource | None, path: str) -> tuple[str, int]:
    """Find the line that sets the property at `path`, or the nearest around it; an empty file where there is none."""
    if subject is None or subject.source is None:
        return "", 0
    source = subject.source
    steps = plain_key(pulumi_path(kind_of(subject.type), path)).split(".") if path else []
    while steps:
        if (line := source.lines.get(".".join(steps))) is not None:
            return source.file, line
        steps.pop()
    return source.file, source.line
