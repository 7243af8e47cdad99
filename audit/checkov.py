"""Asks Checkov, in an environment of its own, what it thinks of a declared estate: no word of it is lost or made up."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from audit.arm_template import Written, key_of, written
from audit.kinds.sql import FIREWALL_RULE, SQL_SERVER
from audit.model import AuditError, Plane, Snapshot
from audit.opinions import Heard, Said, SecondOpinion, Word, compare, load_table
from audit.policies import Policies
from audit.promises import Report

NAMED_BY = "PROMISE_AUDIT_CHECKOV"
"""The variable that names Checkov's program where it is not in the project."""
_OWN = Path(".checkov/bin/checkov")
_WORDS = ("--skip-download", "--framework", "arm", "--output", "json", "--compact", "--soft-fail")
"""Nothing is fetched, and what fails is no failure to run. `--quiet` would leave out what passes, and what could not be
read: https://www.checkov.io/2.Basics/CLI%20Command%20Reference.html"""
_NOBODY = "http://127.0.0.1:9"
"""A proxy that is not there: nothing of the estate can be sent anywhere, whatever Checkov would like to ask."""
_INSIDE = "it stands in a deployment, whose template does not say its name"
_PARAMETER = re.compile(r"\[parameters\('(\w+)'\)\]")
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_READ_INSIDE = {FIREWALL_RULE.arm: SQL_SERVER.arm}
"""What Checkov looks for inside its parent alone: listed beside it, an open firewall rule would pass."""


class _Result(msgspec.Struct, frozen=True):
    """One word of Checkov's."""

    check_id: str
    resource: str
    file_line_range: tuple[int, int]


class _Results(msgspec.Struct, frozen=True):
    """All words of Checkov's; what it was told to skip is neither passed nor failed."""

    passed_checks: tuple[_Result, ...]
    failed_checks: tuple[_Result, ...]
    parsing_errors: tuple[str, ...]


class _Summary(msgspec.Struct, frozen=True):
    """What Checkov counted."""

    resource_count: int
    checkov_version: str


class _Answer(msgspec.Struct, frozen=True):
    """What Checkov prints; where it found nothing to say, the counts alone, without a word of what it looked at."""

    results: _Results = _Results((), (), ())
    summary: _Summary | None = None
    resource_count: int | None = None
    checkov_version: str = ""

    def counts(self) -> _Summary:
        """Return what it counted; raises `ValueError` where it counted nothing, which is no answer."""
        if self.summary is not None:
            return self.summary
        if self.resource_count is None:
            raise ValueError("it counts no resources")
        return _Summary(self.resource_count, self.checkov_version)


class _Shown(msgspec.Struct, frozen=True):
    """A template as a text with one resource a line, and which resource stands where."""

    text: str
    named: Mapping[str, Mapping[int, str]]
    """What Checkov calls a resource (type and name) → its line → its id in the snapshot; several lines where namesakes
    stand on different things. A parameter is called by the resource that takes its value from it."""
    count: int
    """How many resources Checkov must count: it counts names."""


def second_opinion(
    snapshot: Snapshot, report: Report, policies: Policies, *, environment: Mapping[str, str], seconds: float = 600
) -> SecondOpinion:
    """Let Checkov look at what is declared, and set its words beside the verdicts of `report`, which stay as they are.

    Which check stands for which control is read from `checkov.toml` among the policies. Raises `AuditError` where the
    snapshot is of what runs, where Checkov is not there or does not come to an end, and where its answer is not whole.
    """
    if snapshot.plane is Plane.LIVE:
        raise AuditError("--checkov reads what is declared, not what runs. Leave out --live.")
    table = load_table(Path(policies.folder) / "checkov.toml", policies.controls)
    return compare(ask(snapshot, environment=environment, seconds=seconds), report, snapshot, table)


def ask(snapshot: Snapshot, *, environment: Mapping[str, str], seconds: float = 600) -> Heard:
    """Let Checkov look at what is declared; raises `AuditError` as `second_opinion` does.

    A resource that cannot be written as a template, or that Checkov leaves out of its count, was not looked at. Where
    there is nothing to show, Checkov is not run.
    """
    tool = program(environment)
    form = written(snapshot)
    shown = _shown(form, [resource.id for resource in snapshot.resources])
    looked = dict.fromkeys(one for at in shown.named.values() for one in at.values())
    unseen = {resource.id: _INSIDE for resource in snapshot.resources if resource.id not in looked}
    unseen |= {one.resource: one.reason for one in form.left if not one.path}
    if not looked:
        return Heard(tool="Checkov", version="", words=(), shown=(), unseen=unseen)
    results, counts = _answer(tool, shown.text, seconds)
    words = tuple(_words(results, shown))
    counted = counts.resource_count
    if counted < shown.count:
        # Which ones it left out is not said: only those that it speaks of were looked at for certain.
        spoken = {word.resource for word in words}
        why = f"Checkov counts {counted} of {shown.count} resources, and has no word on this one"
        unseen |= {one: why for one in looked if one not in spoken}
        looked = dict.fromkeys(one for one in looked if one in spoken)
    return Heard(tool="Checkov", version=counts.checkov_version, words=words, shown=tuple(looked), unseen=unseen)


def program(environment: Mapping[str, str]) -> Path:
    """Find Checkov's program: the one that is named, that of this folder, or the one on the path.

    Raises `AuditError` where there is none.
    """
    named = environment.get(NAMED_BY)
    if named is not None and shutil.which(named) is None:
        raise AuditError(f"{NAMED_BY} names {named}, which is no program. Run `make checkov`, or name another.")
    found = named or shutil.which(_OWN) or shutil.which("checkov", path=environment.get("PATH", ""))
    if not found:
        raise AuditError(f"Checkov is not there. Run `make checkov`, or name its program in {NAMED_BY}.")
    return Path(found).absolute()


def _shown(form: Written, ids: Sequence[str]) -> _Shown:
    """Spell a template with one resource a line, so that a line tells which resource it is.

    Resources stand in a list: Checkov finds none in a template of symbolic names, and calls it clean.
    """
    head = {key: value for key, value in form.template.items() if key != "resources"}
    text = [_json(head).removesuffix("}") + ',"resources":[']
    named: dict[str, dict[int, str]] = defaultdict(dict)
    parameters: dict[str, dict[int, str]] = {}
    for line, resource in _rows(form.template["resources"]):
        text.append(line)
        if resource is not None:
            own = form.sources[key_of(resource)]
            named[_called(resource)][len(text)] = own
            for inner in _inside(resource.get("properties")):
                named[_called(inner)][len(text)] = _opened(inner, own, ids)
            parameters |= {f"parameter.{name}": {len(text): own} for name in _PARAMETER.findall(line)}
    return _Shown("\n".join((*text, "]}")) + "\n", {**parameters, **named}, len(named))


def _called(resource: Mapping[str, Any]) -> str:
    """Call a resource as Checkov does."""
    return f"{resource['type']}.{resource['name']}"


def _inside(value: object) -> Iterator[dict[str, Any]]:
    """Yield every resource of a list called `resources`, at any depth: Checkov looks at what deployments hold, too."""
    if isinstance(value, list):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "resources" and isinstance(item, list):
                yield from (one for one in item if isinstance(one, dict) and {"type", "name"} <= one.keys())
            yield from _inside(item)


def _opened(inner: Mapping[str, Any], deployment: str, ids: Sequence[str]) -> str:
    """Return the id of what stands in a deployment; the deployment's own where its name is not told."""
    ending = f"/{inner['type']}/{inner['name']}"
    return next((one for one in ids if one.startswith(f"{deployment}/") and one.endswith(ending)), deployment)


def _rows(resources: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield each line of the list with the resource that opens on it; none does where only brackets close."""
    parents = {(one["type"], one["name"]) for one in resources}
    inside: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in resources:
        above = (_READ_INSIDE.get(one["type"], ""), one["name"].rpartition("/")[0])
        inside[above if above in parents else ("", "")].append(one)
    for place, one in enumerate(inside.pop(("", ""), [])):
        children = inside.get((one["type"], one["name"]), [])
        opened = f"{',' if place else ''}{_json(one)}"
        if not children:
            yield opened, one
            continue
        yield opened.removesuffix("}") + ',"resources":[', one
        yield from ((f"{',' if number else ''}{_json(child)}", child) for number, child in enumerate(children))
        yield "]}", None


def _json(value: object) -> str:
    """Spell a value as JSON that is YAML, too, by which Checkov reads it: YAML takes fewer characters as they are.

    https://yaml.org/spec/1.2.2/#51-character-set
    """
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", plain)


def _answer(tool: Path, text: str, seconds: float) -> tuple[_Results, _Summary]:
    """Run Checkov on a template and read what it printed; raises `AuditError` where that is not a whole answer."""
    with tempfile.TemporaryDirectory(prefix="promise-audit-checkov-") as folder:
        scratch = Path(folder)
        (scratch / "template.json").write_text(text, encoding="utf-8")
        status = _run(tool, scratch, seconds)
        said, complaint = (scratch / "said").read_bytes(), (scratch / "complaint").read_text(errors="replace")
    last = next(
        (line.strip()[:200] for line in reversed(complaint.splitlines()) if line.strip()), "it says nothing of why"
    )
    if status != 0:
        raise AuditError(
            f"Checkov failed with status {status}: {last}. Run `make checkov` anew, or leave out --checkov."
        )
    try:
        answer = msgspec.json.decode(said, type=_Answer)
        counts = answer.counts()
    except ValueError as error:
        raise AuditError(
            f"Checkov's answer cannot be read: {error}. Run `make checkov` for the version known."
        ) from error
    if answer.results.parsing_errors:
        raise AuditError(f"Checkov could not read the template that was written for it: {last}. Leave out --checkov.")
    return answer.results, counts


def _run(tool: Path, scratch: Path, seconds: float) -> int:
    """Run Checkov in a folder of its own, and end it with all that it started; returns its exit status.

    It gets nothing of the user's environment: no keys, no settings, no home. Raises `AuditError` where it takes longer
    than `seconds`, or cannot be started.
    """
    own = {"PATH": os.defpath, "HOME": str(scratch), "LANG": "C.UTF-8", "HTTP_PROXY": _NOBODY, "HTTPS_PROXY": _NOBODY}
    with (scratch / "said").open("wb") as said, (scratch / "complaint").open("wb") as complaint:
        try:
            child = subprocess.Popen(  # noqa: S603  # the program that the user installed for this, without a shell
                [tool, *_WORDS, "--file", "template.json"],
                cwd=scratch,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complaint,
                start_new_session=True,
            )
        except OSError as error:
            raise AuditError(f"cannot start {tool}: {error.strerror}. Run `make checkov`.") from error
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise AuditError(f"Checkov did not end within {seconds:g} seconds. Leave out --checkov.") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _words(results: _Results, shown: _Shown) -> Iterator[Word]:
    """Lead each word back to its resource; raises `AuditError` where one is about nothing that Checkov was shown."""
    for said, results_of in ((Said.PASSES, results.passed_checks), (Said.FAILS, results.failed_checks)):
        for one in results_of:
            yield Word(one.check_id, said, _resource(one, shown))


def _resource(result: _Result, shown: _Shown) -> str:
    """Find the resource that a word is about by its name, and by its line where several go by that name.

    The lines alone do not do: some checks count them from elsewhere.
    """
    at = shown.named.get(result.resource, {})
    found = next(iter(at.values())) if len(set(at.values())) == 1 else at.get(result.file_line_range[0])
    if found is None:
        what = f"{result.check_id} of Checkov speaks of {result.resource}, which it was not shown"
        raise AuditError(f"{what}. Leave out --checkov, and report this.")
    return found
