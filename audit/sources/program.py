"""Runs a Pulumi program of any project without the Pulumi CLI, a cloud or credentials, and returns what it declares."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import audit
from audit.model import AuditError, Gap, Plane, Resource, Snapshot, Source, Unassessed
from audit.shape import plain_key, revive
from audit.sources.lines import property_lines
from audit.sources.project import Project, read_project
from audit.sources.registered import Registration, declared
from audit.sources.stack_settings import stack_settings

_CAPTURE = """
import gc
import sys
gc.set_threshold(1_000_000, 10, 10)
sys.path[:] = [*filter(None, sys.path), sys.argv.pop()]
from audit.sources.capture.version import demand
demand()
from audit.sources.capture.run import main
sys.path.pop()
main()
"""
"""Our folder goes last on the path: the program's own Pulumi, not ours, must be the one that is imported. It leaves the
path again, and the folder that the audit was started in is not on it: neither may answer the program's imports.
An SDK makes a million objects and hardly any garbage: Python's usual thresholds look for it in a third of the time."""
_GRACE = 20.0
"""Seconds that a program gets to hand over what it declared, once its time is up."""


def collect(
    folder: Path,
    stack: str,
    *,
    now: datetime,
    seconds: float,
    settings: Mapping[str, str],
    environment: Mapping[str, str],
) -> Snapshot:
    """Run the program of the project in `folder` for `stack` and return what it registers.

    The program is code and runs as such, in a child process with a limit of `seconds`. One that stops half way gives
    what it registered and a gap that hides every kind. Raises `AuditError` where it stops before it declared anything,
    or declares something too deep to be read.
    """
    project = read_project(folder.resolve(), stack, extra=settings)
    reader = _Reader(project, now)
    own = _own_interpreter(project)
    if own is not None and not own.exists():
        why = "not there: the program ran with this product's SDKs, whose defaults may differ"
        reader.unassessed.append(Unassessed("the project's own environment", project.virtualenv, why))
    try:
        for record in _run(project, seconds, environment):
            reader.take(record)
    except RecursionError as error:
        trouble = "a resource is nested too deeply to be read"
        raise AuditError(f"{project.main}: {trouble}. Declare it with fewer levels.") from error
    ending = reader.ending()
    if not reader.done and not reader.resources:
        raise AuditError(f"{project.main}: {ending}, before it declared anything. Mend the program or its settings.")
    return Snapshot(
        plane=Plane.PROGRAM,
        origin=f"project {project.name}, stack {stack}",
        seen_at=now,
        resources=tuple(sorted((*reader.resources, *stack_settings(project, now)), key=lambda resource: resource.id)),
        gaps=(*(() if reader.done else (Gap(ending),)), *reader.gaps),
        unassessed=tuple(sorted(set(reader.unassessed), key=lambda item: (item.what, item.where))),
        tools=reader.tools,
    )


def _run(project: Project, seconds: float, environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Run the capture in a child process, and yield the records it wrote, also where it was stopped.

    Ends with a record of how the process ended, which counts only where the program said nothing itself. Raises
    `AuditError` where it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="promise-audit-") as scratch:
        out, errors = Path(scratch) / "records", Path(scratch) / "errors"
        order = {
            "project": str(project.folder),
            "main": str(project.main),
            "name": project.name,
            "stack": project.stack,
            "secrets": project.secrets,
            "seconds": seconds,
            "out": str(out),
        }
        status = _execute(project, json.dumps(order).encode(), seconds, environment, errors)
        if not out.exists():
            trouble = _last_line(errors.read_bytes())
            raise AuditError(
                f"{project.folder}: the program could not be started with {_interpreter(project)}: {trouble}."
            )
        # What follows the last line break was cut off in the middle.
        for line in out.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)
        yield {"ended": f"killed by signal {-status}" if status < 0 else f"ended without a word, with status {status}"}


def _execute(project: Project, order: bytes, seconds: float, environment: Mapping[str, str], errors: Path) -> int:
    """Run the child process to its end, or stop it and everything it started; return its exit status.

    The status is negative where a signal ended it. SIGTERM comes first, so that the capture can write down how far the
    program came; then its whole session is killed.
    """
    with errors.open("wb") as stream:
        # Its errors go to a file: a pipe would stay open as long as anything that the program left running.
        child = subprocess.Popen(  # noqa: S603  # running the user's program is the purpose; no shell is involved
            [_interpreter(project), "-c", _CAPTURE, str(Path(audit.__file__).parents[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            env={**environment, **_settings(project)},
            start_new_session=True,
        )
    try:
        child.communicate(order, timeout=seconds)
    except subprocess.TimeoutExpired:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def _interpreter(project: Project) -> str:
    """Choose the interpreter: the project's own virtual environment where it has one, ours otherwise.

    Taking ours for one that is missing is told among the things not assessed, since SDKs fill in defaults.
    """
    own = _own_interpreter(project)
    return str(own) if own is not None and own.exists() else sys.executable


def _own_interpreter(project: Project) -> Path | None:
    """Return where the project's own interpreter should be, there or not; None where it names no environment."""
    return project.folder / project.virtualenv / "bin" / "python" if project.virtualenv else None


def _settings(project: Project) -> dict[str, str]:
    """Return the environment variables in which the Pulumi SDK looks for a stack's settings."""
    return {
        "PULUMI_CONFIG": json.dumps(dict(project.settings)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(project.secret_keys)),
    }


def _last_line(errors: bytes) -> str:
    """Return the last line of what the child wrote to standard error: a traceback's own message."""
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"


class _Reader:
    """Turns the capture's records into resources, and keeps what was not assessed apart."""

    def __init__(self, project: Project, now: datetime) -> None:
        self.project, self.now = project, now
        self.resources: list[Resource] = []
        self.unassessed: list[Unassessed] = []
        self.gaps: list[Gap] = []
        self.tools: dict[str, str] = {}
        self.done = False
        self._stopped: Mapping[str, Any] = {}
        self._ended = ""

    def ending(self) -> str:
        """Say where and how a program stopped that did not come to its end."""
        told = self._stopped
        place = f" at {self._file(told)}:{told['line']}" if told.get("file") else ""
        count = f"{len(self.resources)} resource{'' if len(self.resources) == 1 else 's'}"
        return f"stopped{place} after {count}: {told.get('error') or self._ended}"

    def take(self, record: Mapping[str, Any]) -> None:
        """Take one record, whatever it tells.

        A record of a kind that is not known here is passed over.
        """
        match record:
            case {"resource": told}:
                self._resource(told)
            case {"read": told}:
                self._skip(f"{told['type']} {told['name']}", told, "looked up, and declared elsewhere")
            case {"unrun": told}:
                if told["declares"]:
                    place = f"{self._file(told)}:{told['line']}"
                    self.gaps.append(Gap(f"the code inside apply at {place} makes resources, and was not run"))
                self._skip("code inside apply", told, "not run: it waits for a value that only a deployment knows")
            case {"tools": tools}:
                self.tools.update(tools)
            case {"done": True}:
                self.done = True
            case {"stopped": told}:
                # The first word counts: what follows a stop is the program being taken down.
                self._stopped = self._stopped or told
            case {"ended": how}:
                self._ended = how

    def _file(self, told: Mapping[str, Any]) -> str:
        """Name a file as the project's own people do: from the project's folder down.

        One outside the folder, such as a shared module, is named without its path: that is the machine's and not the
        project's.
        """
        path = Path(told["file"])
        return str(path.relative_to(self.project.folder)) if path.is_relative_to(self.project.folder) else path.name

    def _skip(self, what: str, told: Mapping[str, Any], why: str) -> None:
        """Note something that no control will judge, with its place in the program where there is one."""
        self.unassessed.append(Unassessed(what, f"{self._file(told)}:{told['line']}" if told["file"] else "", why))

    def _resource(self, told: Mapping[str, Any]) -> None:
        """Take a registration of the program's."""
        made = declared((self._registration(told),), plane=Plane.PROGRAM, seen_at=self.now)
        self.resources.extend(made.resources)
        self.unassessed.extend(made.unassessed)
        self.gaps.extend(made.gaps)

    def _registration(self, told: Mapping[str, Any]) -> Registration:
        """Make a registration of what the capture wrote down: its links are links already."""
        return Registration(
            urn=told["urn"],
            token=told["type"],
            inputs=revive(told["inputs"]),
            dependencies=tuple(told["dependencies"]),
            parent=told["parent"],
            protect=told["protect"],
            retain_on_delete=told["retain"],
            ignore_changes=tuple(told["ignore"]),
            custom=told["custom"],
            remote=told["remote"],
            source=self._source(told),
        )

    def _source(self, told: Mapping[str, Any]) -> Source | None:
        """Say where a resource is declared, property by property; None where no frame of the program's own was seen."""
        if not told["file"]:
            return None
        lines = dict(property_lines(Path(told["file"]), told["line"], told["type"].rsplit(":", 1)[-1]))
        # An argument object made elsewhere in the file, such as a rule built in a function, has lines of its own.
        for path, file, line in told["made"]:
            if file == told["file"]:
                if key := plain_key(path):
                    lines[key] = line
                lines |= property_lines(Path(file), line, "", below=path)
        return Source(self._file(told), told["line"], lines)
