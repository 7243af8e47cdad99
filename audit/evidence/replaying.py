"""Answers questions out of a recording, and never lets one through to a network."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from audit.exchange import Exchange
from audit.runs import Identity

_CALLER = "sts:GetCallerIdentity"
_OK = 200


class _Claims(msgspec.Struct, frozen=True):
    """By whose eyes Azure was seen, as the recording keeps it."""

    tenant: str
    principal: str


class _Caller(msgspec.Struct, frozen=True):
    """By whose eyes AWS was seen: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""

    account: str = msgspec.field(name="Account")
    arn: str = msgspec.field(name="Arn")


class Replay:
    """A tape that has it all: threads may ask it in any order.

    The same question asked again is answered in the order recorded for that question; one that was never asked, or not
    so often, gets the answer that there is none, which whoever reads it takes for silence: a gap, and never proof.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        """Answer from what was recorded, in its order."""
        self._answers: defaultdict[tuple[str, str, str], deque[Exchange]] = defaultdict(deque)
        for exchange in exchanges:
            self._answers[exchange.cloud, exchange.asked, exchange.sent].append(exchange)
        self._end = max((exchange.at for exchange in exchanges), default=datetime.min.replace(tzinfo=UTC))
        self._lock = threading.Lock()

    def played(self, cloud: str, asked: str, sent: str) -> Exchange:
        """Return the recorded answer; where there is none, silence that says so."""
        with self._lock:
            left = self._answers.get((cloud, asked, sent))
            if left:
                return left.popleft()
        trouble = f"the recording holds no answer to {asked}"
        return Exchange(cloud=cloud, asked=asked, sent=sent, at=self._end, status=0, trouble=trouble)

    def kept(self, exchange: Exchange) -> Exchange:
        """Give an exchange back as it is: it was recorded before."""
        return exchange


def recorded(exchanges: Iterable[Exchange], asked: str) -> Exchange | None:
    """Return the first exchange of a name, None where there is none."""
    return next((exchange for exchange in exchanges if exchange.asked == asked), None)


def identities(exchanges: Iterable[Exchange]) -> tuple[Identity, ...]:
    """Return by whose eyes the clouds were seen, as far as the recording says: no name of a person."""
    found: dict[Identity, None] = {}
    for exchange in exchanges:
        try:
            if exchange.status == _OK and (exchange.cloud, exchange.asked) == ("azure", "IDENTITY"):
                claims = msgspec.json.decode(exchange.content, type=_Claims)
                found[Identity("azure", claims.tenant, claims.principal)] = None
            elif exchange.status == _OK and exchange.asked == _CALLER:
                caller = msgspec.json.decode(exchange.content, type=_Caller)
                found[Identity("aws", caller.account, caller.arn)] = None
        except msgspec.DecodeError:
            # What does not say whose it is, identifies nobody.
            continue
    return tuple(found)
