"""What several commands take and write: the policies folder, key=value settings, whole files or none."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.files import write
from audit.model import AuditError

POLICIES = click.option(
    "--policies",
    "-p",
    type=click.Path(path_type=Path),
    default="policies",
    show_default=True,
    help="The folder with commitments/, controls/ and targets.toml.",
)

REPORT = click.option(
    "--report", "-o", "folder", type=click.Path(path_type=Path), help="Write index.html and report.json here."
)

TODAY = click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="Judge waivers as of this day (default: today)."
)


def packed(
    command: Callable[..., Any], name: str, shape: type[msgspec.Struct], *options: Callable[..., Any]
) -> Callable[..., Any]:
    """Add `options` to a command and hand them over as one value of `shape`, called `name`."""

    @functools.wraps(command)
    def unpacked(**words: Any) -> Any:
        taken = {field: words.pop(field) for field in shape.__struct_fields__ if field in words}
        return command(**{name: shape(**taken)}, **words)

    for option in reversed(options):
        unpacked = option(unpacked)
    return unpacked


def key_values(pairs: tuple[str, ...]) -> dict[str, str]:
    """Split `key=value` texts; raises `AuditError` on one without a sign."""
    for pair in pairs:
        if "=" not in pair:
            raise AuditError(f"--config {pair}: no value. Write it as KEY=VALUE.")
    return dict(pair.split("=", 1) for pair in pairs)


def output_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files whole or not at all; raises `AuditError` where the folder cannot be written."""
    try:
        write({folder / name: content for name, content in files.items()})
    except OSError as error:
        raise AuditError(f"cannot write to {folder}: {error.strerror}. Name another folder with --report.") from error
