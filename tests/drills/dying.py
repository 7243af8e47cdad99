"""Kills a drill at a chosen moment, as a machine that loses its power does, and counts the moments there are."""

import functools
import os
import signal
import threading
import traceback

from audit.drills.machine import run
from audit.exchange import NoTape
from audit.journal import Journal
from tests.drilling import Drilling

_ENDED, _WRONG = 0, 9


class Moments:
    """Counts the moments of a drill: before and after each line of its journal and each call of a cloud."""

    def __init__(self, last=0):
        """Kill this process at the `last` moment; never where it is 0."""
        self.count, self._last = 0, last

    def here(self):
        """Note a moment, the last one with SIGKILL: nothing is closed, caught or written after it."""
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


class Tape(NoTape):
    """Notes a moment before and after each request."""

    def __init__(self, moments):
        self._moments = moments

    def played(self, cloud, asked, sent):
        """Note the moment before."""
        self._moments.here()

    def kept(self, exchange):
        """Note the moment after."""
        self._moments.here()
        return exchange


def journal(moments):
    """Return the class of a journal that notes a moment before and after each line."""

    class Noting(Journal):
        def append(self, *words, **options):
            """Write a line between two moments."""
            moments.here()
            entry = super().append(*words, **options)
            moments.here()
            return entry

    return Noting


class Each:
    """Stands before a client of a cloud, and notes a moment before and after each of its calls."""

    def __init__(self, inner, moments):
        self._inner, self._moments = inner, moments

    def __getattr__(self, name):
        """Return what notes both moments, for whatever can be called."""
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*words, **options):
            self._moments.here()
            result = found(*words, **options)
            self._moments.here()
            # A client of a container, or of a blob in it, asks as well.
            return Each(result, self._moments) if hasattr(result, "get_blob_client") else result

        return call


def means_of(scenario, drilling, moments):
    """Return the means of a scenario, each call of a cloud between two moments."""
    made = scenario.means(drilling)
    for name in ("aws", "database", "blobs"):
        if name in made:
            make = made[name]
            made[name] = lambda *words, make=make: Each(make(*words), moments)
    return made


def drill(scenario, sandbox, folder, *, last=0, resume=False):
    """Run or resume a drill in a process of its own until its end or its `last` moment.

    Returns the number of moments where it came to its end, and None where it was killed.
    """
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        _in_child(scenario, sandbox, folder, last, resume, tell)
    os.close(tell)
    said = os.read(told, 1 << 16).decode()
    os.close(told)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    assert os.WEXITSTATUS(status) == _ENDED, said
    return int(said)


def _in_child(scenario, sandbox, folder, last, resume, tell):
    """Drill, tell the number of moments, and end at once: nothing of the parent's may be closed or written here."""
    ended = _WRONG
    try:
        # A connection of sqlite's does not survive a fork.
        sandbox.store._local = threading.local()
        moments = Moments(last)
        drilling = Drilling(sandbox, folder)
        words = {"tape": Tape(moments), "journal": journal(moments), **means_of(scenario, drilling, moments)}
        begin = drilling.resumed if resume else functools.partial(drilling.begin, item=scenario.item)
        run(scenario.kind, begin(scenario.kind, **words))
        os.write(tell, str(moments.count).encode())
        ended = _ENDED
    finally:
        if ended == _WRONG:
            os.write(tell, traceback.format_exc()[-4000:].encode())
        os._exit(ended)
