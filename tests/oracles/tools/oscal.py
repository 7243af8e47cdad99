"""Holds our OSCAL against NIST's schemas and trestle's models: `python oscal.py FOLDER` of trestle's install."""

import subprocess
import sys
import tempfile
from pathlib import Path

from audit.reports.quarter import oscal
from tests.quarters import BOARD, CUSTOMER, NOTHING, QUARTER, many
from tests.support import ROOT

SAMPLES = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "nothing": NOTHING, "many": many(5000)}


def main(install: Path) -> None:
    """Write every sample, and hand the documents to the tool's own Python; exits as that does."""
    with tempfile.TemporaryDirectory() as name:
        for sample, quarter in SAMPLES.items():
            folder = Path(name) / sample
            folder.mkdir()
            for file, content in oscal.render(quarter).items():
                (folder / file).write_bytes(content)
        here = Path(__file__).parent
        words = [install / "bin" / "python", here / "oscal_models.py", ROOT / "tests/oracles/schemas", name]
        sys.exit(subprocess.run(words, check=False).returncode)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
