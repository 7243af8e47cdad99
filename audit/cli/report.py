"""`audit report`: what the packs of a quarter say taken together, in three editions and several formats."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit.cli.check import EXIT, product
from audit.cli.settings import POLICIES, packed
from audit.model import AuditError
from audit.policies import Policies, load

if TYPE_CHECKING:
    from audit.evidence.trust import Trust
    from audit.quarters.model import Edition, Quarter
    from audit.runs import Pack

EDITIONS = ("auditor", "board", "customer")
"""The words of `Edition`, which would take longer to import than `--help` may."""
_PATH = click.Path(path_type=Path)


class Wanted(msgspec.Struct, frozen=True):
    """Which editions, for whom, and with what."""

    editions: tuple[str, ...]
    customers: tuple[str, ...]
    statements: tuple[Path, ...]
    paper: bool

    def of(self, rules: Policies) -> Iterator[tuple[Edition, str]]:
        """Go through the editions, each with its customer; raises `AuditError` for a customer that is not known."""
        from audit.quarters.model import Edition  # with the packs' own, it is what costs time here

        known = [customer.pseudonym for customer in rules.customers.customer]
        if strange := set(self.customers) - set(known):
            raise AuditError(f"{min(strange)} is no customer of customers.toml. Mend --customer.")
        for which in Edition:
            if self.editions and which not in self.editions:
                continue
            names = (self.customers or known) if which is Edition.CUSTOMER else ("",)
            yield from ((which, name) for name in names)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which editions to write; the command gets them as `wanted`."""
    return packed(
        command,
        "wanted",
        Wanted,
        click.option(
            "--edition", "editions", type=click.Choice(EDITIONS), multiple=True, help="Which one (default: all)."
        ),
        click.option("--customer", "customers", multiple=True, metavar="NAME", help="Whose (default: everyone's)."),
        click.option(
            "--statement",
            "statements",
            type=_PATH,
            multiple=True,
            metavar="FILE",
            help="A published statement's text, to quote the sentences that are as they were recorded.",
        ),
        click.option("--pdf/--no-pdf", "paper", default=True, show_default=True, help="With the PDF."),
    )


@click.command("report")
@click.option("--quarter", required=True, metavar="2026Q4", help="The quarter.")
@click.option("--packs", type=_PATH, default="packs", show_default=True, help="The folder with the packs.")
@click.option(
    "--key", "keys", type=_PATH, multiple=True, metavar="FILE", help="A public key that packs must verify with."
)
@click.option(
    "--timestamp-authority", "authorities", type=_PATH, multiple=True, metavar="FILE", help="Its certificates, in PEM."
)
@click.option(
    "--out", "-o", "folder", type=_PATH, default="quarters", show_default=True, help="Where each edition gets a folder."
)
@_options
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Speak up to this day (default: today, at most its last)."
)
@POLICIES
def command(
    quarter: str,
    packs: Path,
    keys: tuple[Path, ...],
    authorities: tuple[Path, ...],
    folder: Path,
    wanted: Wanted,
    as_of: datetime | None,
    policies: Path,
) -> None:
    """Say promise by promise what was kept over a quarter, from its packs.

    A pack that does not verify with a --key proves nothing, and a week without one leaves promises unproven; both are
    shown. Each edition says on its first page what it leaves out. The same packs give the same bytes on every machine.
    Seal each edition's folder with `audit seal`. The exit code judges the promises of the whole quarter.
    """
    from audit.evidence.trust import read_trust
    from audit.quarters.building import build
    from audit.quarters.editions import edition

    rules = load(policies)
    chosen = list(wanted.of(rules))
    quotes = _quotes(wanted.statements, rules)
    trust = read_trust(keys, threshold=None, authorities=authorities)
    read = _read(packs, trust)
    day = as_of.date() if as_of else datetime.now(UTC).date()
    whole = build(read, quarter=quarter, as_of=day, policies=rules, product=product(), quotes=quotes)
    whole = msgspec.structs.replace(whole, keys={key.id: key.id for key in trust.keys})
    for which, customer in chosen:
        told = edition(whole, which, policies=rules, customer=customer, packs=read)
        # By these names the seals of one edition are a chain from quarter to quarter.
        name = "-".join(filter(None, (whole.period.name, which, customer)))
        click.echo(_write(folder / name, told, paper=wanted.paper))
    click.echo(_told(whole))
    sys.exit(EXIT[whole.verdict])


def _read(packs: Path, trust: Trust) -> tuple[Pack, ...]:
    """Check and open every pack of a folder; what does not verify is among them, and says why."""
    from audit.evidence.checking import check_all
    from audit.evidence.pack import opened

    if not packs.is_dir():
        raise AuditError(f"{packs} is no folder of packs. Name another with --packs.")
    return tuple(opened(packs / checked.id, checked) for checked in check_all(packs, trust))


def _quotes(files: tuple[Path, ...], rules: Policies) -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of published texts by statement and digest; raises `AuditError` for a text of none."""
    from audit.statements import cut, digest, read_text

    quotes = {}
    for file in files:
        sentences = {digest(sentence): sentence for sentence in cut(read_text(file))}
        nearest = max(rules.statements, key=lambda statement: len(sentences.keys() & set(statement.sentences)))
        if not sentences.keys() & set(nearest.sentences):
            raise AuditError(f"{file} shares no sentence with any statement recorded. Name another with --statement.")
        quotes[nearest.id] = sentences
    return quotes


def _write(folder: Path, quarter: Quarter, *, paper: bool) -> str:
    """Write one edition as a pack of its own, and say where.

    Raises `AuditError` where it cannot be written.
    """
    from audit.evidence.pack import write_report
    from audit.reports.quarter import composing, machine, oscal, page, tables
    from audit.reports.quarter.paper import render

    document = composing.composed(quarter)
    files = {
        "report.json": machine.render(quarter, document),
        **{f"oscal/{name}": content for name, content in oscal.render(quarter).items()},
        **{f"tables/{name}": content for name, content in tables.render(quarter).items()},
    }
    shown = {"index.html": page.render(document).encode()}
    if paper:
        shown["report.pdf"] = render(document, {name.rpartition("/")[2]: content for name, content in files.items()})
    write_report(folder, quarter, files | shown)
    return f"{folder}: {', '.join(shown)}"


def _told(quarter: Quarter) -> str:
    """Say how the quarter stands, and what keeps it from being proven first."""
    from audit.model import Verdict
    from audit.reports.counting import plural

    own = [promise.verdict for promise in quarter.promises if promise.counted]
    counts = ", ".join(f"{own.count(verdict)} of {len(own)} {verdict}" for verdict in list(Verdict)[:4])
    bare = [week for week in quarter.weeks if week.state in ("no evidence", "not verified")]
    holes = "".join(f"\n  week of {week.begins}: {week.state}{f': {week.why}' if week.why else ''}" for week in bare)
    return f"{quarter.period.name}: {counts}\n  {plural(len(bare), 'week')} without evidence{holes}"
