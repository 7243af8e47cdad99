"""What a gate writes beside the summary: SARIF, JUnit, a pull request's summary, annotations and the baseline."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from audit.baseline import Baseline, compared, read, written
from audit.cli.settings import packed
from audit.files import write
from audit.model import AuditError, Control, Verdict
from audit.promises import Report

_FILE = click.Path(path_type=Path)


class Outputs(msgspec.Struct, frozen=True):
    """Which files to write, and what to compare with."""

    sarif: Path | None
    code_scanning: Path | None
    junit: Path | None
    markdown: Path | None
    annotate: str | None
    baseline: tuple[Path, ...]
    write_baseline: Path | None

    def files(self) -> dict[str, Path]:
        """Return the files to write by the option that names them."""
        named = {
            "--sarif": self.sarif,
            "--code-scanning": self.code_scanning,
            "--junit": self.junit,
            "--markdown": self.markdown,
            "--write-baseline": self.write_baseline,
        }
        return {option: path for option, path in named.items() if path}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a gate; the command gets them as `writes`."""
    return packed(
        command,
        "writes",
        Outputs,
        click.option("--sarif", type=_FILE, metavar="FILE", help="Write the findings as SARIF 2.1.0."),
        click.option(
            "--code-scanning",
            type=_FILE,
            metavar="FILE",
            help="The same for GitHub: only what stops the change, as it makes an alert of every result.",
        ),
        click.option("--junit", type=_FILE, metavar="FILE", help="Write the findings as JUnit XML."),
        click.option("--markdown", type=_FILE, metavar="FILE", help="Write the summary for a pull request."),
        click.option("--annotate", type=click.Choice(["github", "azure"]), help="Mark the lines in a pull request."),
        click.option(
            "--baseline",
            type=_FILE,
            multiple=True,
            metavar="FILE",
            help="Let through what was broken already, on the same value.",
        ),
        click.option("--write-baseline", type=_FILE, metavar="FILE", help="Write what is found now as a baseline."),
    )


def ready(outputs: Outputs) -> Baseline | None:
    """Read the baseline, and see that every file can be written, before anything runs for minutes.

    None where no baseline is given. Raises `AuditError` for two of them, one that cannot be read, two options that name
    one file, or a file that cannot be written.
    """
    if len(outputs.baseline) > 1:
        raise AuditError(f"--baseline is given {len(outputs.baseline)} times. Give one of them.")
    taken: dict[str, str] = {}
    for option, path in outputs.files().items():
        # Unlike `resolve`, it takes links that lead in a circle.
        if (other := taken.setdefault(os.path.realpath(path), option)) != option:
            raise AuditError(f"{other} and {option} name one file, {path}. Name two.")
        if trouble := _trouble(path):
            raise AuditError(f"cannot write {path}: {trouble}. Name another file with {option}.")
    return read(outputs.baseline[0]) if outputs.baseline else None


def judged(report: Report, baseline: Baseline | None) -> Report:
    """Say of every finding how it stands to the baseline; the report as it is where there is none."""
    return compared(report, baseline) if baseline else report


def stated(report: Report) -> Verdict:
    """Return the verdict that the exit code states: what is new, where a baseline is given."""
    return report.against.adds if report.against else report.verdict


def tell(
    report: Report, outputs: Outputs, controls: Mapping[str, Control], *, project: Path, judged_file: Path | None = None
) -> None:
    """Write the files, all of them or none, and print the annotations on stderr.

    `project` is the folder that the report's files lie in, and `judged_file` what was read where that is no program.
    Raises `AuditError` where a file cannot be written.
    """
    from audit.reports import annotations, junit, markdown, sarif  # each is loaded for who writes it
    from audit.reports.gate import Places

    places = Places(*_places(report, project, judged_file))
    content: dict[str, Callable[[], bytes]] = {
        "--sarif": lambda: sarif.render(report, controls, places),
        "--code-scanning": lambda: sarif.render(report, controls, places, alerts=True),
        "--junit": lambda: junit.render(report),
        "--markdown": lambda: markdown.render(report, places).encode("utf-8", "replace"),
        "--write-baseline": lambda: written(report),
    }
    _write({path: (option, content[option]()) for option, path in outputs.files().items()})
    if outputs.annotate:
        reader = annotations.Reader(outputs.annotate)
        click.echo(annotations.render(report, places, reader), nl=False, err=True)


def _trouble(path: Path) -> str:
    """Say why a file cannot be written, as far as can be told without writing; empty where it can."""
    try:
        if path.is_dir():
            return "it is a folder"
        if path.exists() and not path.is_file():
            return "it is no ordinary file"
        above = next(parent for parent in path.absolute().parents if parent.exists())
        if not above.is_dir():
            return f"{above} is no folder"
        return "" if os.access(above, os.W_OK | os.X_OK) else f"{above} is not yours to write"
    except OSError as error:
        return error.strerror or "it cannot be looked at"


def _write(files: Mapping[Path, tuple[str, bytes]]) -> None:
    """Write files, each named with its option; raises `AuditError` where one of them cannot be written."""
    try:
        write({path: content for path, (_, content) in files.items()})
    except OSError as error:
        option, _ = files[Path(error.filename)]
        trouble = f"cannot write {error.filename}: {error.strerror}"
        raise AuditError(f"{trouble}. Name another file with {option}.") from error


def _places(report: Report, project: Path, judged_file: Path | None) -> tuple[dict[str, str], str]:
    """Find the report's files below the root of the repository, and the file that stands for what has no place."""
    root = _root(project)
    folders = [project]
    if judged_file:
        folders += [judged_file if judged_file.is_dir() else judged_file.parent, Path()]
    found = {}
    for name in set(_named(report)):
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is not None:
            found[name] = _below(root, path)
    stand_ins = [project / "Pulumi.yaml", project / "Pulumi.yml", *([judged_file] if judged_file else [])]
    return found, _below(root, next((path for path in stand_ins if path.is_file()), stand_ins[0]))


def _named(report: Report) -> Iterator[str]:
    """Go through the files that findings and their remedies name."""
    for result in report.controls:
        for finding in result.findings:
            yield from filter(None, (finding.file, *(change.file for change in finding.remedy)))


def _root(project: Path) -> Path:
    """Find the root of the repository that a project lies in; the working folder where it lies in none."""
    whole = project.resolve()
    return next((folder for folder in (whole, *whole.parents) if (folder / ".git").exists()), Path.cwd())


def _below(root: Path, path: Path) -> str:
    """Give a path from the root down, as SARIF and the annotations do."""
    return Path(os.path.relpath(path.resolve(), root)).as_posix()
