"""One question to a cloud and what came back: what a recording keeps, and what a replay answers from."""

from datetime import datetime
from typing import Protocol

import msgspec


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer, refusals and silence too."""

    cloud: str
    """`azure`, `graph` or `aws`."""
    asked: str
    """What was asked, without credentials: method and URL (with the API version in its query), or AWS's operation."""
    sent: str = ""
    """What was sent along, where there was a body or there were parameters: a query, JSON."""
    at: datetime
    """When the answer was there, by the caller's clock."""
    status: int
    """The HTTP status; 0 where no answer came."""
    headers: dict[str, str] = {}
    """The headers that a verdict or the evidence rests on: `date` and the request's id, names in lower case."""
    trouble: str = ""
    """Why no usable answer came, where none did; for AWS its code for a refusal."""
    content: bytes = b""
    """The body; what a recording has redacted is what everything after it reads."""
    page: int = 1
    """Which page of a listing it is, counted from 1; the last says how many there were."""
    last: bool = True
    """Whether nothing follows in its listing."""


class Tape(Protocol):
    """What stands between a source and its cloud: it keeps what is said, or says it again."""

    def played(self, cloud: str, asked: str, sent: str) -> Exchange | None:
        """Return the answer to a question asked before, each once and in order; None where the cloud is to be asked."""

    def kept(self, exchange: Exchange) -> Exchange:
        """Keep an exchange, and return it as it may be read from now on: without secrets and people's names."""


class NoTape:
    """Keeps nothing and knows nothing: every question goes to the cloud."""

    def played(self, cloud: str, asked: str, sent: str) -> Exchange | None:
        """Send every question to the cloud."""
        return None

    def kept(self, exchange: Exchange) -> Exchange:
        """Give an exchange back as it came."""
        return exchange
