"""What every data check is given: what was promised, what people keep on file, and ways in that each opens itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from audit.model import Gap, Kind, Resource, Targets, Unseen
from audit.people import Breach
from audit.sources.looking import held


def _nobody(*_: str) -> Any:
    raise Unseen("nobody signed in")


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the data checks."""

    targets: Targets
    now: datetime
    estate: tuple[Resource, ...] = ()
    """What a snapshot of the estate holds, where one was given."""
    hidden: tuple[Gap, ...] = ()
    """What that snapshot could not see."""
    breaches: tuple[Breach, ...] | None = None
    """The register of breaches; None where there is none."""
    proofs: Path | None = None
    """The folder of what people export from systems that no client of ours reaches."""
    blobs: Callable[[str], Any] = _nobody
    """Returns the `azure.storage.blob.BlobServiceClient` of a storage account by its name."""
    aws: Callable[[str], Any] = _nobody
    """Returns the boto3 client of an AWS service by its name."""
    database: Callable[[str, str], Any] = _nobody
    """Opens a database of a server, by their names, with an identity that may read and do nothing else."""

    @property
    def seed(self) -> str:
        """By what samples are drawn: the day, so that a run of the same day draws the same."""
        return f"{self.now:%Y-%m-%d}"

    def held(self, kind: Kind) -> tuple[Resource, ...]:
        """Return what the estate holds of a kind; raises `Unseen` where none was given, or some may be hidden."""
        if not self.estate:
            raise Unseen("no snapshot of the estate was given: add --estate")
        return held(self.estate, self.hidden, kind)
