"""Makes the generated pages anew, or says which of them are out of date: `python -m audit.cli.docs docs [--check]`."""

import sys
from pathlib import Path

import click

from audit import notifying
from audit.cli import cli
from audit.model import AuditError
from audit.pages import commitments_page, control_page, made, proofs_table
from audit.policies import load
from audit.reports import schema
from audit.reports.quarter import schema as quarter_schema
from audit.sources import role

OUT_OF_DATE = 1
_BEGIN, _END = "<!-- proofs -->", "<!-- end of proofs -->"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a page is out of date.")
def main(folder: Path, check: bool) -> None:
    """Make every generated page below FOLDER: commitments, controls, commands, schema and the auditor's role."""
    pages = generated()
    stale = [
        name for name, text in pages.items() if not (folder / name).exists() or (folder / name).read_text() != text
    ]
    known = {folder / name for name in pages}
    left = [page for page in (folder / "controls").glob("*.md") if page not in known]
    if check:
        for name in [*stale, *(f"controls/{page.name}" for page in left)]:
            click.echo(f"docs: {folder / name} is out of date. Run `make docs`.", err=True)
        sys.exit(OUT_OF_DATE if stale or left else 0)
    for name in stale:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(pages[name])
    for page in left:
        page.unlink()
    click.echo(f"docs: {len(stale)} of {len(pages)} pages made anew, {len(left)} removed")


def generated() -> dict[str, str]:
    """Return every generated page by its name."""
    rules = load(Path("policies"))
    controls = {f"controls/{name}.md": made(control_page(control, rules)) for name, control in rules.controls.items()}
    return {
        "commitments.md": commitments_page(rules),
        "cli.md": made(command_line()),
        "report.schema.json": schema.render().decode(),
        "baseline.schema.json": schema.baseline().decode(),
        "quarter.schema.json": quarter_schema.render().decode(),
        "weekly/notice.schema.json": notifying.schema().decode(),
        "auditor-role.json": role.definition(),
        "auditor-role.md": made(role.page()),
        "../README.md": _with_table(Path("README.md").read_text(), proofs_table(rules)),
        **controls,
    }


def _with_table(page: str, table: str) -> str:
    """Put a table between its marks in a page that is otherwise written by hand; raises `AuditError` without marks."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise AuditError(f"README.md holds no {_BEGIN} … {_END}. Put the marks where the table belongs.")
    return f"{before}{begin}\n{table}{end}{after}"


def command_line() -> str:
    """Write the help of every command as one page."""
    context = click.Context(cli, info_name="audit", terminal_width=100, **cli.context_settings)
    parts = ["# The command line\n", _block(cli.get_help(context))]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            inner = click.Context(command, info_name=name, parent=context, terminal_width=100)
            parts.append(f"## audit {name}\n\n{_block(command.get_help(inner))}")
    return "\n".join(parts)


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    try:
        main()
    except AuditError as error:
        sys.exit(f"docs: {error}")
