"""Says whether the Pulumi that is installed here is one the capture knows: it leans on parts that Pulumi may change."""

import sys
from importlib.metadata import PackageNotFoundError, version

OLDEST = (3, 272)
"""Older ones register no file and line, or run no transforms; the next major version may change everything."""


def demand() -> None:
    """End the process with one line on standard error where Pulumi is missing or of another age."""
    try:
        found = version("pulumi")
    except PackageNotFoundError:
        sys.exit("Pulumi is not installed there. Install its Python SDK")
    major, minor = (int(part) for part in found.split(".")[:2])
    if major != OLDEST[0] or minor < OLDEST[1]:
        sys.exit(f"Pulumi {found} is installed there. Install {OLDEST[0]}.{OLDEST[1]} or newer, below {OLDEST[0] + 1}")
