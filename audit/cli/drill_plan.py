"""`audit drill list` and `audit drill plan`: what must be recoverable, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli import drilling, program
from audit.cli.drilling import Scope, duration
from audit.cli.settings import POLICIES
from audit.model import AuditError
from audit.policies import Policies, load
from audit.reports.words import visible

if TYPE_CHECKING:
    from audit.drills.drill import Recoverable

SEED = click.option("--seed", default="", help="What ties are drawn by (default: today).")
_DUE = timedelta(days=90)
"""How long a proof lasts: what was proven longer ago is due (backup.restore_test_days of targets.toml, where set)."""


@click.command("list")
@drilling.options
@POLICIES
def listing(scope: Scope, program: program.Program, policies: Path) -> None:
    """List what must be recoverable, and when it was last proven.

    The population comes from the promises: what is declared and does not run, or cannot be drilled, stands in it, too.
    """
    rules, now = load(policies), drilling.now()
    found, known = scope.population(rules, program, now), scope.history()
    for entry in found:
        proven = known.proven.get(entry.ref)
        told = f"proven {proven:%Y-%m-%d}" if proven else "never proven"
        due = "" if proven and now - proven <= _lasting(rules) else ", due"
        why = f" ({entry.why})" if entry.why else ""
        click.echo(visible(f"{entry.ref}  {entry.rules.tier:20}  {told}{due}  {entry.name}{why}"))
    proven_now = sum(entry.ref in known.proven and now - known.proven[entry.ref] <= _lasting(rules) for entry in found)
    click.echo(f"{proven_now} of {len(found)} proven in the last {_lasting(rules).days} days")


@click.command("plan")
@drilling.options
@SEED
@POLICIES
def plan(scope: Scope, program: program.Program, seed: str, policies: Path) -> None:
    """Show what the next run would drill, in order, and what it would do. Nothing is asked of any cloud."""
    rules, now = load(policies), drilling.now()
    show(rules, scope, program, now, seed or f"{now:%Y-%m-%d}")


def show(
    rules: Policies,
    scope: Scope,
    declared: program.Program,
    now: datetime,
    seed: str,
    *,
    named: Sequence[Recoverable] = (),
) -> None:
    """Print what a run would do, of those `named` alone; raises `AuditError` where the rules let it do nothing."""
    from audit.drills.kinds import kind  # nobody else needs them
    from audit.drills.population import negative
    from audit.drills.selection import chosen, controls_due

    known = scope.history()
    found = scope.population(rules, declared, now)
    taken = chosen(found, known, rules.drills.budget, now=now, seed=seed)
    controls = controls_due(negative(rules.drills, rules.targets), known, since=quarter_begins(now))
    names = {entry.ref: entry.name for entry in found}
    if not (taken or controls):
        raise AuditError("there is nothing to drill. Name classes in drills.toml, and see `audit drill list`.")
    for item in named or (*taken, *controls):
        targets = ", ".join(
            f"{name.upper()} {duration(value)}" for name, value in (("rpo", item.rpo_s), ("rto", item.rto_s)) if value
        )
        what = f"a copy damaged on purpose: {item.negative}" if item.negative else names[item.ref]
        person = ", needs a person: --attended" if kind(item.kind).attended else ""
        click.echo(visible(f"{item.ref}  {item.method}  {what}  ({targets}{person})"))
        for step in kind(item.kind).steps.get(item.method, ()):
            click.echo(visible(f"    {step}"))
    if named:
        return
    click.echo(f"{len(taken)} of {len(found)} items and {len(controls)} negative controls, drawn by {seed!r}")


def quarter_begins(now: datetime) -> datetime:
    """Return when the quarter of a moment began."""
    return datetime(now.year, (now.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)


def _lasting(rules: Policies) -> timedelta:
    days = rules.targets.at("backup.restore_test_days")
    return timedelta(days=days) if isinstance(days, int) else _DUE


COMMANDS = {"list": listing, "plan": plan}
