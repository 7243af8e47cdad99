"""Holds our PDF against veraPDF, as PDF/UA-1 and as PDF/A-3a: `python verapdf.py FOLDER` of its install."""

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import typst

from audit.reports.quarter import machine, page, paper, tables
from audit.reports.quarter.composing import composed
from tests.quarters import BOARD, CUSTOMER, NOTHING, QUARTER

EDITIONS = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "nothing": NOTHING}
STANDARDS = {"ua1": "PDF/UA-1", "3a": "PDF/A-3a"}
BAD = "bad.pdf"
"""Neither tagged nor titled: a tool that lets it pass proves nothing."""


def reports() -> dict[str, bytes]:
    """Render every edition with what is embedded in it, one that is too long for paper, and a bad one."""
    many = tuple(msgspec.structs.replace(QUARTER.exceptions[n % 3], id=f"X-{n:08x}") for n in range(1_000))
    quarters = EDITIONS | {"long": msgspec.structs.replace(QUARTER, exceptions=many)}
    found = {BAD: typst.compile(b"nothing", format="pdf", pdf_tags=False)}
    for name, quarter in quarters.items():
        document = composed(quarter)
        files = {"quarter.json": machine.render(quarter, document), "report.html": page.render(document).encode()}
        found[f"{name}.pdf"] = paper.render(document, files | tables.render(quarter) | {"pack.tsr": bytes(range(256))})
    return found


def validated(install: Path, standard: str, folder: Path) -> dict[str, bool]:
    """Validate every PDF of a folder; raises where the tool does not speak of all of them."""
    files = sorted(folder.glob("*.pdf"))
    words = ["java", "-cp", f"{install}/lib/*", "org.verapdf.apps.GreenfieldCliWrapper", "--format", "text"]
    run = subprocess.run(
        [*words, "--flavour", standard, *map(str, files)], check=False, capture_output=True, text=True, timeout=600
    )
    said = [line.split() for line in run.stdout.splitlines() if line.startswith(("PASS ", "FAIL "))]
    found = {Path(line[1]).name: line[0] == "PASS" for line in said}
    if set(found) != {file.name for file in files}:
        raise SystemExit(f"veraPDF did not answer: {run.stdout}{run.stderr}")
    return found


def main(install: Path) -> None:
    """Print what the tool says of each file; exits with 1 where it refuses one of ours or lets the bad one pass."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, content in reports().items():
            (Path(folder) / name).write_bytes(content)
        for standard, title in STANDARDS.items():
            for name, passes in validated(install, standard, Path(folder)).items():
                failed = failed or passes is (name == BAD)
                print(f"{name}: {'is' if passes else 'is not'} {title}")
    sys.exit(failed)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
