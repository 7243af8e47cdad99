"""Runs the installed command as a user does, on small Pulumi programs with a small policies folder."""

import os
import subprocess
import sys
from pathlib import Path

AUDIT = Path(sys.executable).with_name("audit")
DECLARING = 'import pulumi\npulumi.CustomResource("azure-native:storage:StorageAccount", "files", {})\n'
SHUT = DECLARING.replace("{}", '{"allowBlobPublicAccess": False}')
OPEN = DECLARING.replace("{}", '{"allowBlobPublicAccess": True}')
UNKNOWN = SHUT.replace("False", 'pulumi.StackReference("other/stack").get_output("open")')
ESCAPE = "\x1b"


def environment(**changes):
    """Give the environment of a shell, without what would colour the output."""
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    return plain | {"TERM": "xterm"} | changes


def audit(*words, cwd, **changes):
    """Run `audit` with `words` in a folder; what it writes is text."""
    return subprocess.run(
        [AUDIT, *map(str, words)], cwd=cwd, env=environment(**changes), capture_output=True, text=True, check=False
    )


def project(folder, code, *, settings="{}", name="shop"):
    """Write a Pulumi project of one file, with a stack called production."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    (folder / "Pulumi.production.yaml").write_text(f"config: {settings}\n")
    (folder / "__main__.py").write_text(code)
    return folder


def said(run):
    """Return the one line on stderr of a command that could not run, without its prefix."""
    assert run.returncode == 2, run
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert line.startswith("audit: ")
    return line.removeprefix("audit: ")
