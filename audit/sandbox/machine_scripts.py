"""What a drill's own scripts print inside a machine, as far as its contents say; no other script is run here."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from audit.sandbox.answers import not_modelled
from audit.sandbox.machine_contents import Canary, Contents

_MARKER = re.compile(r"# promise-audit: (files|canary|write canary|services)")
_FILE = re.compile(r"# file (\d+) (.+)")
_SERVICE = re.compile(r"# service (\d+) (.+)")
_WRITTEN = re.compile(r"promise-audit canary (\S+) ([0-9a-f]{64})")
_MOST = 4096
"""https://learn.microsoft.com/azure/virtual-machines/windows/run-command: the last bytes of the output are returned."""


def run(lines: Sequence[str], contents: Contents) -> tuple[str, Contents]:
    """Return what a script prints, cut as Azure cuts it, and what the machine holds afterwards.

    Raises `Refusal` for a script that is not one of a drill's.
    """
    first = _MARKER.fullmatch(lines[0].strip()) if lines else None
    if first is None:
        raise not_modelled("a script that is not a drill's own")
    if first[1] == "write canary":
        contents = _with_canary(lines, contents)
    printed = [*_PRINTS[first[1]](lines, contents)]
    text = "\n".join([*printed, f"end  {len(printed)}"])
    return text.encode()[-_MOST:].decode(errors="replace"), contents


def _files(lines: Sequence[str], contents: Contents) -> Iterator[str]:
    for number, path in (found.groups() for found in filter(None, map(_FILE.fullmatch, lines))):
        held = contents.files.get(path)
        yield f"{held.sha256}  {held.size}  {number}" if held else f"-  -  {number}"


def _canary(lines: Sequence[str], contents: Contents) -> Iterator[str]:
    found = contents.canary
    yield f"canary  {found.at}  {found.digest}" if found else "canary  -  -"


def _services(lines: Sequence[str], contents: Contents) -> Iterator[str]:
    for number, name in (found.groups() for found in filter(None, map(_SERVICE.fullmatch, lines))):
        yield f"service  {number}  {contents.services.get(name, '-')}"


def _with_canary(lines: Sequence[str], contents: Contents) -> Contents:
    found = next(filter(None, (_WRITTEN.search(line) for line in lines)), None)
    return msgspec.structs.replace(contents, canary=Canary(found[1], found[2])) if found else contents


_PRINTS = {"files": _files, "canary": _canary, "write canary": _canary, "services": _services}
