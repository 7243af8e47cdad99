"""Holds our SARIF against its makers' own validator and GitHub's rules: `python multitool.py FOLDER` of its install."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from audit.policies import load_controls
from audit.reports import sarif
from tests.reports.gated import COMPARED, CONTROLS, GATED, PLACES, named
from tests.reports.sample import ESCAPE, SCRIPT

EMPTY = msgspec.structs.replace(GATED, controls=(), statements=(), waivers=())
# Of a warning the reader may think what he likes; an error is a log that somebody refuses.
RULES = "Sarif;Ghas"


def logs() -> dict[str, bytes]:
    """Render one report in every shape it has, by the name of the file."""
    whole = load_controls(Path("policies/controls"))
    return {
        "whole.sarif": sarif.render(GATED, CONTROLS, PLACES),
        "baseline.sarif": sarif.render(COMPARED, CONTROLS, PLACES),
        "alerts.sarif": sarif.render(COMPARED, CONTROLS, PLACES, alerts=True),
        "pages.sarif": sarif.render(GATED, whole, PLACES),
        "script.sarif": sarif.render(named(COMPARED, SCRIPT), CONTROLS, PLACES),
        "escape.sarif": sarif.render(named(COMPARED, ESCAPE), CONTROLS, PLACES),
        "empty.sarif": sarif.render(EMPTY, CONTROLS, PLACES),
    }


def validated(tool: str, log: Path) -> Counter[tuple[str, str]]:
    """Validate a log, and count what the tool says of it by level and rule; raises where the tool does not answer."""
    answer = log.with_suffix(".answer.json")
    words = [tool, "validate", "--rule-kind", RULES, "--output", str(answer), str(log)]
    subprocess.run(words, check=False, capture_output=True, timeout=120)
    (run,) = json.loads(answer.read_text(encoding="utf-8-sig"))["runs"]
    if any(one.get("level") == "error" for one in run["invocations"][0].get("toolExecutionNotifications", [])):
        raise SystemExit(f"multitool could not validate {log.name}")
    return Counter((one.get("level", "warning"), one["ruleId"]) for one in run.get("results", []))


def main(install: Path) -> None:
    """Print what the tool says of each log; exits with 1 where it calls anything an error."""
    tool = subprocess.run(
        ["node", "-p", "require('./node_modules/@microsoft/sarif-multitool')"],
        cwd=install,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, content in logs().items():
            log = Path(folder) / name
            log.write_bytes(content)
            found = validated(tool, log)
            failed = failed or any(level == "error" for level, _ in found)
            told = ", ".join(f"{level} {rule} ({count})" for (level, rule), count in sorted(found.items()))
            print(f"{name}: {told or 'nothing to say'}")
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
