"""`audit data`: look inside what is held, read-only, and tell counts and names of columns, never a value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli import apart, live
from audit.cli.settings import POLICIES, REPORT
from audit.kind import DATA
from audit.model import Snapshot
from audit.policies import Policies, load

if TYPE_CHECKING:
    from audit.sources.data.inside import Inside


@click.command("data")
@live.METADATA_HOST
@POLICIES
@click.option("--plan", "planned", is_flag=True, help="Say what would be read, and read nothing.")
@apart.ESTATE
@click.option(
    "--proofs",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="What people exported from systems that this program cannot ask (docs/data.md).",
)
@apart.OUT
@REPORT
def command(
    metadata_host: str,
    policies: Path,
    planned: bool,
    estate: Path | None,
    proofs: Path | None,
    out: Path | None,
    folder: Path | None,
) -> None:
    """Look inside the data that we hold, for what no setting shows.

    Each check reads what policies/targets.toml names, with an identity that may read that and nothing else, and tells
    counts and names of columns; no value leaves it. What cannot be read is a gap and never a pass.
    """
    from audit.sources import snapshot  # with what checks load, for nobody else
    from audit.sources.data import checking

    now = datetime.now(UTC)
    rules = load(policies)
    known = snapshot.collect(estate, now=now) if estate else None
    inside = _inside(rules, known, proofs, metadata_host, now=now)
    if planned:
        click.echo("".join(f"{line}\n" for line in checking.plan(inside)), nl=False)
        return
    apart.told(checking.collect(inside, told=apart.progress("checking")), rules, DATA, out, folder)


def _inside(
    rules: Policies, known: Snapshot | None, proofs: Path | None, metadata_host: str, *, now: datetime
) -> Inside:
    """Set up a run; nobody signs in anywhere before a check asks."""
    from audit.drills import stores  # as above
    from audit.sources.data.inside import Inside

    def blobs(account: str) -> Any:
        from audit.clouds import PUBLIC, cloud_at, default_credential
        from audit.pipeline import PATIENT

        cloud = cloud_at(metadata_host, patience=PATIENT) if metadata_host else PUBLIC
        return stores.blobs(cloud, default_credential(cloud))(account)

    return Inside(
        targets=rules.targets,
        now=now,
        estate=known.resources if known else (),
        hidden=known.gaps if known else (),
        breaches=rules.breaches,
        proofs=proofs,
        blobs=blobs,
        aws=stores.aws(),
    )
