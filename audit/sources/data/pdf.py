"""Has the text of a PDF taken out by a program that is ended with its time."""

from __future__ import annotations

import subprocess
import sys

import msgspec

_SECONDS = 30.0


class Taken(msgspec.Struct, frozen=True):
    """What a PDF holds."""

    texts: tuple[str, ...]
    files: tuple[bytes, ...]
    unread: bool


def taken(content: bytes, *, seconds: float, most: int) -> Taken | None:
    """Return the text and the attached files of a PDF, of at most so many signs; None where it was not read at all."""
    command = [sys.executable, "-m", "audit.sources.data.pdf_text", str(most)]
    try:
        done = subprocess.run(  # noqa: S603  # our own module, without a shell
            command, input=content, capture_output=True, timeout=max(0.1, min(seconds, _SECONDS)), check=True
        )
        return msgspec.json.decode(done.stdout, type=Taken)
    except (subprocess.SubprocessError, OSError, msgspec.DecodeError):
        return None
