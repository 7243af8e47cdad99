"""The child process's own program: set up the mock runtime, run the Pulumi program, say how it ended."""

import asyncio
import copy
import functools
import json
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_in_stack

from audit.sources.capture import answers, positions, references
from audit.sources.capture.callbacks import declares
from audit.sources.capture.monitor import Monitor, Write, writer
from audit.sources.capture.plain import clean, declare

_NOWHERE = {"file": "", "line": 0}


class OutOfTime(BaseException):
    """The time limit: no `except Exception` of the program may swallow it."""


def main() -> None:
    """Read the order from standard input, run the program, and write one record a line to the file it names.

    Once the program has started, the process ends with status 0 whatever becomes of it: the records tell that.
    """
    order: dict[str, Any] = json.load(sys.stdin)
    project, main_file = Path(order["project"]), Path(order["main"])
    declare(order["secrets"])
    write = writer(Path(order["out"]))
    loop = _prepare(order, project, write)
    os.chdir(main_file if main_file.is_dir() else main_file.parent)
    sys.argv = [str(main_file)]
    _step_aside()
    with _Ending(project, write):
        loop.run_until_complete(run_in_stack(lambda: _program(main_file)))


class _Ending:
    """Says how the program ended, whatever it raised, an exit included, and ends the process."""

    def __init__(self, project: Path, write: Write) -> None:
        self._project, self._write = project, write

    def __enter__(self) -> None:
        """Nothing to do before the program starts."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._write({"done": True})
        else:
            message = clean(f"{type(error).__name__}: {error}")
            self._write({"stopped": {"error": message, **_where(error, self._project)}})
        # Threads that the program left running must not hold the process.
        os._exit(0)


def _prepare(order: dict[str, Any], project: Path, write: Write) -> asyncio.AbstractEventLoop:
    """Put the stand-in where Pulumi's engine would be, and watch the program; return the loop to run it on."""
    # The event loop must stand before the mocks are set: made afterwards, the program hangs for ever.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    classes: dict[str, type] = {}
    made: dict[str, list[tuple[str, str, int]]] = {}
    monitor = Monitor(project, classes, made, write, loop)
    named = {"project": order["name"], "stack": order["stack"], "organization": "organization"}
    mocks.set_mocks(monitor.mocks, preview=True, monitor=monitor, **named)
    # The mocks' own root stack is finished already: under it neither `pulumi.run` nor stack-wide settings would work.
    settings.set_root_resource(None)  # type: ignore[arg-type]  # as at the start of a process
    answers.install()
    references.install()
    positions.install(project)
    _watch_constructors(classes, made)
    _watch_callbacks(project, write)
    _watch_secrets()
    _watch_clock(project, write, order["seconds"])
    write({"tools": _versions()})
    return loop


def _program(main_file: Path) -> None:
    """Run the program as Pulumi's language host does, as `__main__`."""
    runpy.run_path(str(main_file), run_name="__main__")


def _as_any(value: Any) -> Any:
    """Take a class for what can be changed: this is where the SDK's own methods are exchanged for watching ones."""
    return value


def _step_aside() -> None:
    """Leave the names of our modules to the program, which may have a module `audit` of its own."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "audit"]:
        del sys.modules[name]


def _watch_clock(project: Path, write: Write, seconds: float) -> None:
    """Stop the program where it stands when the parent says that its time is up; what it declared still counts.

    Where the program stood is told. Nothing else uses SIGTERM here; `seconds` is only for the message.
    """

    def stop(_signal: int, frame: FrameType | None) -> None:
        place = _innermost(reversed(traceback.extract_stack(frame)), project)
        write({"stopped": {"error": f"not done within {seconds:g} s", **(place or _NOWHERE)}})
        raise OutOfTime

    signal.signal(signal.SIGTERM, stop)


def _watch_secrets() -> None:
    """Remember what the program itself calls a secret, so that no message quotes it.

    Settings that are secret are told by the parent, in the order.
    """
    original, outputs = pulumi.Output.secret, _as_any(pulumi.Output)

    def secret(val: Any) -> Any:
        declare(val)
        return original(val)

    outputs.secret = staticmethod(secret)


def _watch_constructors(classes: dict[str, type], made: dict[str, list[tuple[str, str, int]]]) -> None:
    """Label each resource's outputs, and drop its aliases: they cost four fifths of the time and judge nothing.

    `made` gets the lines of nested arguments first. The class is noted after the constructor, and still in time:
    the SDK registers on the loop, which runs when the constructor is done.
    """
    original, resources = pulumi.CustomResource.__init__, _as_any(pulumi.CustomResource)

    def construct(self: Any, t: str, name: str, props: Any = None, opts: Any = None, *rest: Any, **more: Any) -> None:
        if opts is not None:
            opts = copy.copy(opts)
            opts.aliases = None
        made[f"{t}::{name}"] = list(positions.nested(props))
        original(self, t, name, props, opts, *rest, **more)
        references.label_outputs(self)
        classes[f"{t}::{name}"] = type(self)

    # `construct` is not called __init__: Pulumi counts frames of that name to find the program's own line.
    resources.__init__ = construct


def _watch_callbacks(project: Path, write: Write) -> None:
    """Note each `apply` of the program whose value stays unknown: what it would have declared is not seen."""
    original, outputs = pulumi.Output.apply, _as_any(pulumi.Output)
    # The loop alone would let go of a task before it ran.
    notes: set[asyncio.Task[None]] = set()

    def apply(self: Any, func: Any, run_with_unknowns: bool = False) -> Any:
        inner = func.func if isinstance(func, functools.partial) else func
        code = getattr(inner, "__code__", None)
        if run_with_unknowns or code is None or not Path(code.co_filename).is_relative_to(project):
            return original(self, func, run_with_unknowns)
        if "site-packages" in Path(code.co_filename).parts:
            return original(self, func, run_with_unknowns)
        task = asyncio.ensure_future(_note_unrun(self, inner, project, write))
        notes.add(task)
        task.add_done_callback(notes.discard)
        return original(self, func, run_with_unknowns)

    outputs.apply = apply


async def _note_unrun(output: Any, callback: Any, project: Path, write: Write) -> None:
    """Write down a callback whose value turned out unknown: its place, and whether it would have made resources."""
    # A failed output is told by the program's own end, so here its error is a result like another.
    results = list(await asyncio.gather(output.is_known(), return_exceptions=True))
    if results == [False]:
        code = callback.__code__
        place = {"file": code.co_filename, "line": code.co_firstlineno}
        write({"unrun": {**place, "declares": declares(callback, project)}})


def _versions() -> dict[str, str]:
    """List the Pulumi packages: their SDKs fill in defaults, so a verdict can depend on their versions."""
    found = {item.metadata["Name"] or "": item.version for item in distributions()}
    return {name: found[name] for name in sorted(found) if name.startswith("pulumi")}


def _where(error: BaseException, project: Path) -> dict[str, Any]:
    """Find the innermost line of the program itself that the error, or else what it was raised from, passed through.

    Line 0 of no file where the error touched no line of the program's own.
    """
    chain = [error]
    # Pulumi raises a failed registration's error from itself.
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    for link in reversed(chain):
        if isinstance(link, SyntaxError) and link.filename and Path(link.filename).is_relative_to(project):
            return {"file": link.filename, "line": link.lineno or 0}
        if place := _innermost(reversed(traceback.extract_tb(link.__traceback__)), project):
            return place
    return _NOWHERE


def _innermost(frames: Iterator[traceback.FrameSummary], project: Path) -> dict[str, Any] | None:
    """Find the first of `frames` that is the program's own: frames of installed packages come too.

    None where there is none.
    """
    for frame in frames:
        path = Path(frame.filename)
        if path.is_relative_to(project) and "site-packages" not in path.parts:
            return {"file": frame.filename, "line": frame.lineno or 0}
    return None


if __name__ == "__main__":
    main()
