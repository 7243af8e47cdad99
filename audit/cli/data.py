"""`audit data`: look inside what is held, read-only, and tell counts and names of columns, never a value."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli import apart, live
from audit.cli.settings import POLICIES, REPORT
from audit.kind import DATA
from audit.model import Snapshot, Unseen
from audit.policies import Policies, load

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from audit.clouds import Cloud
    from audit.databases import Database
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
    from audit.sources.data import checking  # with what checks load, for nobody else

    now = datetime.now(UTC)
    rules = load(policies)
    known = apart.estate(estate, now=now, targets=rules.targets) if estate else None
    inside = _inside(rules, known, proofs, metadata_host, now=now)
    if planned:
        click.echo("".join(f"{line}\n" for line in checking.plan(inside)), nl=False)
        return
    apart.finish(checking.collect(inside, told=apart.progress("checking")), rules, DATA, out, folder)


def _inside(
    rules: Policies, known: Snapshot | None, proofs: Path | None, metadata_host: str, *, now: datetime
) -> Inside:
    """Set up a run; nobody signs in anywhere before a check asks."""
    from audit.sources.data.inside import Inside  # as above

    azure = _Azure(metadata_host)
    return Inside(
        targets=rules.targets,
        now=now,
        estate=known.resources if known else (),
        hidden=known.gaps if known else (),
        breaches=rules.breaches if rules.has_register else None,
        proofs=proofs,
        blobs=azure.blobs,
        aws=_aws,
        database=azure.database,
    )


class _Azure:
    """Azure, signed in to by whichever check asks it first: those that ask nothing of it need no credentials."""

    def __init__(self, metadata_host: str) -> None:
        self._metadata_host = metadata_host

    @cached_property
    def _tried(self) -> tuple[Cloud, TokenCredential] | str:
        """Sign in once, or say why nobody could: each way that is tried in vain costs seconds."""
        from azure.core.exceptions import AzureError  # 0.3 s, for checks that ask Azure alone

        from audit.clouds import PUBLIC, cloud_at, default_credential
        from audit.pipeline import PATIENT

        cloud = cloud_at(self._metadata_host, patience=PATIENT) if self._metadata_host else PUBLIC
        credential = default_credential(cloud)
        try:
            credential.get_token(cloud.audience.rstrip("/") + "/.default")
        except (AzureError, ValueError) as error:
            return f"nobody is signed in to Azure ({type(error).__name__}): sign in as docs/data.md says"
        return cloud, credential

    @property
    def _means(self) -> tuple[Cloud, TokenCredential]:
        """Return the cloud and who is signed in to it; raises `Unseen` where nobody is."""
        if isinstance(self._tried, str):
            raise Unseen(self._tried)
        return self._tried

    @cached_property
    def _connecting(self) -> Callable[[str, str], Database]:
        from audit.databases import connecting  # as above
        from audit.limits import Bucket

        pace = Bucket(rate=10, burst=50, clock=time.monotonic, sleep=time.sleep)
        return connecting(*self._means, pace, only_reading=True)

    def blobs(self, account: str) -> Any:
        """Return the client of a storage account."""
        from audit.drills import stores  # as above

        return stores.blobs(*self._means)(account)

    def database(self, server: str, name: str) -> Database:
        """Open a database to read; raises `Unanswered`."""
        return self._connecting(server, name)


def _aws(service: str) -> Any:
    """Return the client of an AWS service; raises `Unseen` where AWS does not know us."""
    from audit.drills import stores  # as above
    from audit.drills.outcomes import Inconclusive

    try:
        return stores.aws()(service)
    except Inconclusive as error:
        raise Unseen(error.reason) from error
