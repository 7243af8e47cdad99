"""What tests of the live audit share: a client of the local Azure that loses patience soon."""

import time
from datetime import UTC, datetime

from audit.azure import Client
from audit.clouds import cloud_at
from audit.pipeline import Patience

SHORT = Patience(attempts=1, answer=2.0, longest_wait=1.0, backoff=0.01)


class Unwatched:
    """Nobody who is told how far a collection has come."""

    def expect(self, requests):
        """Say nothing."""

    def answered(self, resources):
        """Say nothing."""


def client(sandbox, *, patience=SHORT, sleep=time.sleep):
    """Make the auditor's own client of a local Azure."""
    cloud = cloud_at(sandbox.url, patience=patience)
    return Client(
        cloud,
        sandbox.credential,
        now=lambda: datetime.now(UTC),
        clock=time.monotonic,
        sleep=sleep,
        patience=patience,
    )
