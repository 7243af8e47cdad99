"""Runs one command to its end, and passes on to it the signals that would have ended us before it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType, TracebackType

from audit.model import AuditError

_SIGNALLED = 128
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Command:
    """Holds back the signals that would end this process; inside its block one command can be run.

    A signal that comes while the command runs is passed on to it, and how it then ends is its own affair. One that
    comes before is kept: the command does not start.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._seen = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Command":
        """Begin to hold signals back; one that was ignored before, as `nohup` does, stays ignored."""
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let signals have their usual effect again."""
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what `signal` returned, which is typed wider

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a command and return its exit code; for one that a signal ended, what shells return.

        Raises `AuditError` where it cannot be started.
        """
        if self._seen:
            return _SIGNALLED + self._seen
        try:
            self._child = subprocess.Popen(words, env=dict(environment))  # noqa: S603  # the user's own command is what is to be run
        except OSError as error:
            raise AuditError(f"cannot run {words[0]}: {error.strerror}. Name a command that is installed.") from error
        code = self._child.wait()
        return code if code >= 0 else _SIGNALLED - code

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self._seen = number
        if self._child is not None and not (number == signal.SIGINT and _from_terminal()):
            with suppress(ProcessLookupError):
                self._child.send_signal(number)


def _from_terminal() -> bool:
    """Tell whether an interruption came from the terminal, which sends it to the command as well.

    Twice would be once too often: Pulumi takes the second for an order to drop everything.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False  # there is none
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False  # it has just gone
    finally:
        os.close(terminal)
