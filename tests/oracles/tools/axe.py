"""Looks at the quarter's pages with axe-core in a real Chromium: `python axe.py FOLDER` of its install."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from audit.reports.quarter import page
from audit.reports.quarter.composing import composed
from tests.quarters import BOARD, CUSTOMER, NOTHING, QUARTER

LOOK = Path(__file__).parent / "axe" / "look.mjs"
PAGES = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "nothing": NOTHING}


def looked(install: Path, chromium: str, folder: Path) -> list[dict]:
    """Render every edition, and return what was found in each view; raises where the browser does not start."""
    files = [folder / f"{name}.html" for name in PAGES]
    for file, quarter in zip(files, PAGES.values(), strict=True):
        file.write_text(page.render(composed(quarter)), encoding="utf-8")
    words = ["node", str(LOOK), str(install), chromium, *map(str, files)]
    answer = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
    return [json.loads(line) for line in answer.splitlines()]


def main(install: Path) -> None:
    """Print a line a view; exits with 1 where a rule is violated, the page is too wide, or it asks for anything."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("axe: there is no Chromium on PATH: install one, or set CHROMIUM")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        found = looked(install, chromium, Path(folder))
    for one in found:
        failed = failed or bool(one["violations"] or one["wide"] > 0 or one["asking"])
        print(f"{one['page']}, {one['view']}: {one['passes']} rules pass, too wide by {max(one['wide'], 0)} px")
        for violation in one["violations"]:
            print(f"  {violation['rule']}: {'; '.join(violation['where'])}")
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
