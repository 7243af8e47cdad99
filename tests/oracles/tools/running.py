"""Runs a tool against the local Azure and measures what it cost."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from estate import BIN, ROOT

_LONGEST = 900


class Cost(NamedTuple):
    """What one run took."""

    seconds: float
    peak: float
    """The most memory that one of its processes held, in MB."""
    cpu: float


def measured(words: list[str | Path], log: Path, *, accepted: tuple[int, ...] = (0,)) -> Cost:
    """Run a command to its end, with what it says in `log`; raises `SystemExit` where its exit code is not accepted."""
    began = time.monotonic()
    with log.open("wb") as told:
        child = subprocess.Popen([str(word) for word in words], stdout=told, stderr=told, cwd=ROOT)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accepted:
        raise SystemExit(f"{words[-1]}: exit {child.returncode}\n{log.read_text(errors='replace')[-3000:]}")
    return Cost(time.monotonic() - began, used.ru_maxrss / 1024, used.ru_utime + used.ru_stime)


def within(folder: Path, *words: str | Path, public: bool = False) -> list[str | Path]:
    """Return the command that runs `words` against the local Azure of a folder."""
    cloud = ["--public-cloud"] if public else []
    return [BIN / "audit", "sandbox", "run", "-f", folder, *cloud, "--", *words]


def version(tool: Path, package: str) -> str:
    """Ask the environment of a tool which version of a package it holds."""
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    told = subprocess.run([tool / "bin" / "python", "-c", ask], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def asked(folder: Path, *words: str | Path) -> tuple[int, str, str]:
    """Run a short command against the local Azure; returns exit code, output and what it complained of."""
    command = [str(word) for word in within(folder, *words)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def json_of(text: str) -> list[str]:
    """Read the list of texts that a tool printed."""
    found: list[str] = json.loads(text or "[]")
    return found
