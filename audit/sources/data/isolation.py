"""Asks a table as those who share it, and counts what each is shown of the others' rows.

What stands in the body of a `sql.Isolation`: `principals` (as how many it was asked), `of` (rows of others, added up),
`against` (how many of those were shown), `blind` (how many principals were shown nothing of their own, or had no others
to be kept apart from: they show nothing). Each is asked as by the database's own `EXECUTE AS USER`, or by what
predicates read from the session, and only after the database has confirmed as whom it answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from audit.facts import Unseen
from audit.kinds.data import ISOLATION
from audit.model import Resource
from audit.sources.data import statements
from audit.sources.data.databases import Asking, opened
from audit.sources.data.inside import Inside

_TARGET = "data.rules.isolation"
_LEAST = 2
"""How many must share a table for one to be kept from the other."""


class _Sharing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who shares which table, as `[data.rules.isolation]` says."""

    database: str
    table: str
    owner: str
    """The column that says whose a row is."""
    owners: tuple[str, ...]
    """The test resellers' own values of that column."""
    users: tuple[str, ...] = ()
    """The database's users that stand for them, in the same order."""
    session_key: str = ""
    """The key of the session's context by which predicates know them, where they have no users."""


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it counts; raises `Unseen` where the target is not set."""
    sharing = _sharing(inside)
    return (f"counts of rows of {sharing.table} in {sharing.database}, as {len(sharing.owners)} who share it",)


def check(inside: Inside) -> Resource:
    """Ask as each of them; raises `Unseen` where we cannot, or are not sure as whom we are answered."""
    sharing = _sharing(inside)
    counting = statements.owned(statements.qualified(sharing.table), statements.quoted(sharing.owner))
    of = against = blind = 0
    with opened(inside, sharing.database) as asking:
        for place, owner in enumerate(sharing.owners):
            # As ourselves first: what is not there cannot be kept from anybody.
            rows, own = asking.numbers(counting, owner, count=2)
            with _as(asking, sharing, place):
                shown, shown_own = asking.numbers(counting, owner, count=2)
            of, against = of + rows - own, against + shown - shown_own
            blind += not (shown_own and rows > own)
        body = {"rule": "isolation", "principals": len(sharing.owners), "of": of, "against": against, "blind": blind}
        return asking.seen(ISOLATION, "isolation", body)


@contextmanager
def _as(asking: Asking, sharing: _Sharing, place: int) -> Iterator[None]:
    """Ask as one of them for a while; raises `Unseen` where the database does not say that it takes us for them."""
    if sharing.session_key:
        key = statements.text(sharing.session_key)
        asking.rows(statements.TELL.format(key=key), sharing.owners[place])
        if asking.numbers(statements.TOLD.format(key=key), sharing.owners[place], count=1) != (1,):
            raise Unseen("the database does not say for whom it answers")
        yield
        asking.rows(statements.TELL.format(key=key), None)
        return
    asking.rows(statements.BECOME.format(user=statements.text(sharing.users[place])))
    try:
        if asking.rows(statements.WHO) != [(sharing.users[place],)]:
            raise Unseen("the database does not say as whom it answers")
        yield
    finally:
        asking.rows(statements.BE_ONESELF)


def _sharing(inside: Inside) -> _Sharing:
    told = inside.targets.at(_TARGET)
    if told is None:
        raise Unseen(f"the target {_TARGET} is not set in targets.toml")
    try:
        sharing = msgspec.convert(told, _Sharing)
    except msgspec.ValidationError as error:
        raise Unseen(f"the target {_TARGET} does not say who shares what: {error}") from error
    owners, users = set(sharing.owners), set(sharing.users)
    if len(owners) < _LEAST or len(owners) < len(sharing.owners):
        raise Unseen(f"the target {_TARGET} must name {_LEAST} owners or more, each once")
    if not (sharing.session_key or len(users) == len(sharing.users) == len(owners)):
        raise Unseen(f"the target {_TARGET} must name as many users as owners, each once, or a session_key")
    return sharing
