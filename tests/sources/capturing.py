"""Captures a Pulumi program for a test: one that lies beside the tests, or one that the test writes."""

import os
from datetime import UTC, datetime
from pathlib import Path

from audit.shape import mark
from audit.sources.program import collect

PROGRAMS = Path(__file__).parent / "programs"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def capture(folder, stack="dev", *, seconds=240, settings=None, environment=None):
    """Run the program in `folder` as `audit check` does."""
    return collect(
        folder,
        stack,
        now=NOW,
        seconds=seconds,
        settings=settings or {},
        environment=os.environ if environment is None else environment,
    )


def write_program(folder, source, *, files=None, project="name: demo\nruntime: python\n"):
    """Write a Pulumi project into `folder`: its `__main__.py`, and further files by name."""
    for name, text in {"Pulumi.yaml": project, "__main__.py": source, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def by_name(snapshot):
    """Index a snapshot's resources by the names their program gives them."""
    return {resource.name: resource for resource in snapshot.resources}


def content(snapshot):
    """Give everything a snapshot says of its resources, as plain JSON, without the time."""
    return [
        {
            "id": resource.id,
            "type": resource.type,
            "body": mark(resource.body),
            "dependencies": list(resource.dependencies),
            "component": resource.component,
            "protect": resource.protect,
            "lines": dict(resource.source.lines) if resource.source else {},
        }
        for resource in snapshot.resources
    ]


def line_of(path, text):
    """Find the one line of a file that holds `text`."""
    (number,) = (number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)
    return number
