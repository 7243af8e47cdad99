"""What Ctrl-C does to work that must clear up after itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Hear Ctrl-C: what has begun is brought to its end and nothing more begins; a second one ends it all at once."""
    stopped = threading.Event()

    def heard(*_: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        told = "nothing more begins, and what has begun clears up after itself"
        click.echo(f"audit: {told}. Stop again to leave that to `audit drill resume`.", err=True)

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
