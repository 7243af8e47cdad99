"""What is run inside a restored machine: it answers digests, sizes, times and states, and nothing that it read.

Each script opens with a marker (`# promise-audit: files`), names what it looks at in comments (`# file 0 /a.txt`), and
ends with how many lines it said, since Azure returns no more than the last 4,096 bytes of its output.
https://learn.microsoft.com/azure/virtual-machines/windows/run-command
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from audit.azure import Refused
from audit.drills.actor import TRANSIENT, Actor
from audit.drills.outcomes import Inconclusive
from audit.drills.time import Clock, span

COMPUTE = "2024-07-01"
"""https://learn.microsoft.com/rest/api/compute/virtual-machines/run-command"""
AT_ONCE = 25
"""Files a script: their lines fit into what Azure returns."""
CANARIES = {"Windows": r"C:\ProgramData\promise-audit\canary.txt", "Linux": "/var/lib/promise-audit/canary.txt"}
"""Where a machine's canary lies, by its system."""
_COMMANDS = {"Windows": "RunPowerShellScript", "Linux": "RunShellScript"}
_WORDS = "promise-audit canary"
_FILE = re.compile(r"([0-9a-f]{64}|-)  (\d{1,18}|-)  (\d{1,6})")
_CANARY = re.compile(r"canary  (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)  ([0-9a-f]{64})")
_SERVICE = re.compile(r"service  (\d{1,6})  (running|stopped|-)")
_END = re.compile(r"end  (\d{1,6})")
_POLL = 10.0


class FileSeen(msgspec.Struct, frozen=True):
    """One file of a restored machine, by its place in the manifest."""

    sha256: str
    size: int


class CanarySeen(msgspec.Struct, frozen=True):
    """The canary of a restored machine."""

    at: datetime
    digest: str


def files(system: str, paths: Sequence[str], first: int = 0) -> list[str]:
    """Return the script that digests files, whose numbers begin with `first`; raises `Inconclusive` for odd names."""
    lines = ["# promise-audit: files"]
    for index, path in enumerate(paths, first):
        lines += [f"# file {index} {_plain(path)}", _digest(system, path, index)]
    return [*lines, _say(system, f"end  {len(paths)}")]


def canary(system: str) -> list[str]:
    """Return the script that reads when the canary was written."""
    path = _quoted(system, CANARIES[system])
    marker = "# promise-audit: canary"
    if system == "Windows":
        pattern = f"'^{_WORDS} (\\S+) ([0-9a-f]{{64}})$'"
        look = f"$line = Get-Content -LiteralPath {path} -TotalCount 1 -ErrorAction SilentlyContinue"
        tell = f'if ($line -match {pattern}) {{ "canary  $($Matches[1])  $($Matches[2])" }} else {{ "canary  -  -" }}'
        return [marker, look, tell, _say(system, "end  1")]
    look = f"line=$(sed -n '1s/^{_WORDS} \\([^ ]*\\) \\([0-9a-f]\\{{64\\}}\\)$/\\1  \\2/p' {path} 2>/dev/null)"
    return [marker, look, 'echo "canary  ${line:--  -}"', _say(system, "end  1")]


def write_canary(system: str, at: str, digest: str) -> list[str]:
    """Return the script that puts a new canary into a machine in production."""
    path, text = CANARIES[system], f"{_WORDS} {at} {digest}"
    if system == "Windows":
        folder = _quoted(system, path.rpartition("\\")[0])
        make = f"New-Item -ItemType Directory -Force -Path {folder} | Out-Null"
        write = f"Set-Content -LiteralPath {_quoted(system, path)} -Value {_quoted(system, text)} -ErrorAction Stop"
    else:
        make = f"mkdir -p {_quoted(system, path.rpartition('/')[0])}"
        write = f"echo {_quoted(system, text)} > {_quoted(system, path)}"
    return ["# promise-audit: write canary", make, write, *canary(system)[1:]]


def services(system: str, names: Sequence[str]) -> list[str]:
    """Return the script that says whether services run; raises `Inconclusive` for odd names."""
    lines = ["# promise-audit: services"]
    for index, name in enumerate(names):
        quoted = _quoted(system, _plain(name))
        if system == "Windows":
            look = f"$s = Get-Service -Name {quoted} -ErrorAction SilentlyContinue"
            tell = "if ($s.Status -eq 'Running') { 'running' } elseif ($s) { 'stopped' } else { '-' }"
            lines += [f"# service {index} {name}", f'{look}; "service  {index}  $({tell})"']
        else:
            state = f"systemctl is-active --quiet {quoted} && s=running || s=stopped"
            lines += [f"# service {index} {name}", f'{state}; echo "service  {index}  $s"']
    return [*lines, _say(system, f"end  {len(names)}")]


def read_files(text: str, count: int) -> dict[int, FileSeen | None]:
    """Return what a script said of its files, None for one that is not there; raises `Inconclusive` where it is cut."""
    found = [match for line in _lines(text, count) if (match := _FILE.fullmatch(line))]
    seen = {
        int(number): None if "-" in (digest, size) else FileSeen(digest, int(size))
        for digest, size, number in (match.groups() for match in found)
    }
    return _whole(seen, count)


def read_canary(text: str) -> CanarySeen | None:
    """Return the canary that a script found, None where it found none; raises `Inconclusive` where it is cut."""
    lines = _lines(text, 1)
    for match in filter(None, map(_CANARY.fullmatch, lines)):
        return CanarySeen(_moment(match[1]), match[2])
    if "canary  -  -" in lines:
        return None
    raise Inconclusive("the script's answer about the canary cannot be read")


def read_services(text: str, count: int) -> dict[int, str]:
    """Return which services run; raises `Inconclusive` where the answer is cut."""
    found = filter(None, map(_SERVICE.fullmatch, _lines(text, count)))
    return _whole({int(match[1]): match[2] for match in found}, count)


def run(actor: Actor, clock: Clock, machine: str, system: str, lines: Sequence[str], *, limit_s: float) -> str:
    """Run a script inside a machine and return what it printed; raises `Refused` and `Inconclusive`."""
    if system not in _COMMANDS:
        raise Inconclusive("the machine's system is not known, so no script can be run in it")
    body = {"commandId": _COMMANDS[system], "script": list(lines)}
    begun = actor.post(f"{machine}/runCommand", COMPUTE, body)
    if begun.status == 200:  # noqa: PLR2004  # it was done at once
        return _printed(begun.body)
    last = _ended(actor, clock, begun.operation, limit_s)
    if not _values(last) and begun.result:
        last = actor.state(begun.result).body
    return _printed(last)


def _ended(actor: Actor, clock: Clock, link: str, limit_s: float) -> Any:
    """Wait for the end of a script and return its last answer; raises `Inconclusive` where it fails or is late."""
    first, pause = clock.reading(), 1.0
    while True:
        try:
            state = actor.state(link)
        except Refused as refused:
            if refused.status not in TRANSIENT:
                raise
        else:
            if state.ended and state.status.lower() != "succeeded":
                raise Inconclusive(f"the script inside the machine ended as {state.status} {state.error}".strip())
            if state.ended:
                return state.body
        if span(first, clock.reading()).ms >= limit_s * 1000:
            raise Inconclusive(f"the script inside the machine did not end within {round(limit_s)} s")
        clock.sleep(pause)
        pause = min(_POLL, pause * 1.5)


def _values(body: Any) -> Any:
    """Return the parts of a script's output, wherever this answer has them."""
    output = ((body.get("properties") or {}).get("output") or {}) if isinstance(body, dict) else {}
    return body.get("value") or output.get("value") or ()


def _printed(body: Any) -> str:
    """Return what a script wrote to its standard output; what it wrote of errors is left where it is.

    Linux returns both in one text, between `[stdout]` and `[stderr]`.
    """
    texts = {str(part.get("code", "")): str(part.get("message", "")) for part in _values(body)}
    if not texts:
        raise Inconclusive("the script inside the machine returned nothing: has the copy a way to answer?")
    for code, text in texts.items():
        if "stdout" in code.lower():
            return text
    whole = next(iter(texts.values()))
    return whole.partition("[stdout]")[2].partition("[stderr]")[0] or whole


def _lines(text: str, count: int) -> list[str]:
    """Return a script's lines; raises `Inconclusive` where its last line, which counts them, is not there."""
    lines = [line.strip() for line in text.splitlines()]
    if [int(match[1]) for match in filter(None, map(_END.fullmatch, lines))] != [count]:
        raise Inconclusive("the script's answer is not whole")
    return lines


def _whole(seen: dict[int, Any], count: int) -> dict[int, Any]:
    if len(seen) != count:
        raise Inconclusive(f"the script told of {len(seen)} of {count}")
    return seen


def _digest(system: str, path: str, index: int) -> str:
    quoted = _quoted(system, path)
    if system == "Windows":
        quiet = "-ErrorAction SilentlyContinue"
        look = f"$f = Get-Item -LiteralPath {quoted} -Force {quiet}; $h = Get-FileHash -LiteralPath {quoted} {quiet}"
        tell = f'if ($h) {{ "$($h.Hash.ToLower())  $($f.Length)  {index}" }} else {{ "-  -  {index}" }}'
        return f"{look}; {tell}"
    look = f"h=$(sha256sum < {quoted} 2>/dev/null | cut -c1-64); s=$(stat -c %s -- {quoted} 2>/dev/null)"
    return f'{look}; echo "${{h:--}}  ${{s:--}}  {index}"'


def _say(system: str, text: str) -> str:
    return f'"{text}"' if system == "Windows" else f'echo "{text}"'


def _quoted(system: str, text: str) -> str:
    """Quote a text so that nothing in it is run."""
    return "'" + text.replace("'", "''" if system == "Windows" else "'\\''") + "'"


def _plain(text: str) -> str:
    """Return a name that is one line; raises `Inconclusive` for any other: the rest of it would be run."""
    # PowerShell takes these for quotation marks, too.
    if not text.isprintable() or any(mark in text for mark in "\u2018\u2019\u201a\u201b"):
        raise Inconclusive("the manifest names something that cannot be asked for: a control character or odd quotes")
    return text


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Inconclusive("the canary's time cannot be read") from error
