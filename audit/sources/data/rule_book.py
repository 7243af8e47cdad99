"""The rules that all rows of a table keep, as conditions in T-SQL: `x` is the row judged, names in braces are targets.

A rule's table and columns stand in `[data.rules.<target>]` of targets.toml, since every company names them otherwise. A
condition holds for rows that keep the rule; one that is neither true nor false, since a value is null, does not hold.
"""

from __future__ import annotations

from functools import reduce

import msgspec

from audit.kinds import data as kinds
from audit.model import Kind


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule about all rows of a table."""

    kind: Kind
    id: str
    """What its resource is called."""
    target: str
    """The table of targets that names what it speaks of."""
    table: str
    """The name there of the table whose rows are judged."""
    good: str
    """What holds for a row that keeps the rule."""
    scope: str = ""
    """What holds for the rows that it speaks of; left out, so that it speaks of all, where its names are not set."""
    tables: tuple[str, ...] = ()
    """The other names that are tables."""
    typed: tuple[str, ...] = ()
    """The names of columns whose types are told."""
    days: str = ""
    """The number of days whose beginning `{since}` stands for."""


_SINCE, _NOW = "CAST({since} AS datetime2)", "CAST({now} AS datetime2)"
"""The beginning of the days that a rule counts, and now, with what clocks differ by."""
_BARE = reduce(lambda text, sign: f"REPLACE({text}, N'{sign}', N'')", " \t\r\n\xa0-_.?/", "x.{context}")
"""A note without blanks and signs that say nothing."""
_SENT_TO = "EXISTS (SELECT 1 FROM {contacts} AS o WHERE o.{contact_key} = x.{contact}"
_STANDING = "x.{hash} IS NOT NULL"
"""A default password stands until it is changed; the column is null from then on."""

RULES = (
    Rule(
        kind=kinds.ACCOUNT_ADMINISTRATORS,
        id="account administrators",
        target="accounts",
        table="accounts",
        tables=("administrators",),
        scope=f"x.{{closed_at}} IS NULL OR x.{{closed_at}} > {_NOW}",
        good="EXISTS (SELECT 1 FROM {administrators} AS o WHERE o.{administrator_account} = x.{account})",
    ),
    Rule(
        kind=kinds.MAILBOX_CONTROLLERS,
        id="mailbox controllers",
        target="mailboxes",
        table="mailboxes",
        tables=("trail", "administrators"),
        # Made by somebody who administers that very account, and no other's.
        good=(
            "EXISTS (SELECT 1 FROM {trail} AS o JOIN {administrators} AS a ON a.{administrator} = o.{principal}"
            " WHERE o.{trail_mailbox} = x.{mailbox} AND o.{action} IN ({creations})"
            " AND a.{administrator_account} = x.{account})"
        ),
    ),
    Rule(
        kind=kinds.OPT_OUT,
        id="opt-out",
        target="sends",
        table="sends",
        tables=("contacts",),
        # Known, and of none of the entries that bear the key opted out before.
        good=(f"{_SENT_TO}) AND x.{{sent_at}} IS NOT NULL AND NOT {_SENT_TO} AND o.{{opted_out_at}} <= x.{{sent_at}})"),
    ),
    Rule(
        kind=kinds.FREQUENCY,
        id="frequency",
        target="sends",
        table="sends",
        good=(
            "x.{contact} IS NOT NULL AND (SELECT COUNT_BIG(*) FROM {sends} AS o WHERE o.{contact} = x.{contact}"
            " AND o.{sent_at} <= x.{sent_at} AND o.{sent_at} > DATEADD(day, -{most_days}, x.{sent_at}))"
            " BETWEEN 1 AND {most_sends}"
        ),
    ),
    Rule(
        kind=kinds.CONTACT_CATEGORIES,
        id="contact categories",
        target="contacts",
        table="contacts",
        good="x.{category} IN ({categories})",
    ),
    Rule(
        kind=kinds.CONTACT_SOURCES,
        id="contact sources",
        target="contacts",
        table="contacts",
        good="x.{source} IN ({sources})",
    ),
    Rule(
        kind=kinds.CONTACT_CONTEXT,
        id="contact context",
        target="contacts",
        table="contacts",
        good=f"{_BARE} <> ''",
    ),
    Rule(
        kind=kinds.CONTACT_IMPORTS,
        id="contact imports",
        target="imports",
        table="imports",
        good="x.{source} IN ({sources})",
    ),
    Rule(
        kind=kinds.CONNECTORS,
        id="connectors",
        target="connectors",
        table="connectors",
        good="x.{kind} IN ({allowed})",
    ),
    Rule(
        kind=kinds.MAIL_LOG_AGE,
        id="mail log age",
        target="mail-log",
        table="log",
        days="most_days",
        good=f"x.{{received_at}} >= {_SINCE} AND x.{{received_at}} <= {_NOW}",
    ),
    Rule(
        kind=kinds.PASSWORD_HASHES,
        id="password hashes",
        target="default-passwords",
        table="administrators",
        scope=_STANDING,
        typed=("hash", "salt"),
        good=(
            "DATALENGTH(x.{hash}) >= {hash_bytes} AND DATALENGTH(x.{salt}) >= {salt_bytes}"
            " AND NOT EXISTS (SELECT 1 FROM {administrators} AS o"
            " WHERE o.{salt} = x.{salt} AND o.{administrator} <> x.{administrator})"
        ),
    ),
    Rule(
        kind=kinds.PASSWORD_CHANGES,
        id="password changes",
        target="default-passwords",
        table="administrators",
        scope=_STANDING,
        good="x.{must_change} = 1",
    ),
    Rule(
        kind=kinds.PASSWORD_AGES,
        id="password ages",
        target="default-passwords",
        table="administrators",
        scope=_STANDING,
        days="most_days",
        good=f"x.{{made_at}} >= {_SINCE} AND x.{{made_at}} <= {_NOW}",
    ),
    Rule(
        kind=kinds.SUPPORT_SESSIONS,
        id="support sessions",
        target="support-sessions",
        table="sessions",
        tables=("contracts",),
        # By the day, since a contract begins and ends with one; without an end it goes on.
        good=(
            "EXISTS (SELECT 1 FROM {contracts} AS o WHERE o.{contract_customer} = x.{customer}"
            " AND CAST(o.{begins} AS date) <= CAST(x.{started_at} AS date)"
            " AND (o.{ends} IS NULL OR CAST(o.{ends} AS date) >= CAST(x.{started_at} AS date)))"
        ),
    ),
    Rule(
        kind=kinds.DELETED_MAILBOXES,
        id="deleted mailboxes",
        target="deleted-mailboxes",
        table="mailboxes",
        days="most_days",
        # A deletion of no day, or of one that is to come, is as old as any.
        scope=f"x.{{deleted_at}} IS NULL OR x.{{deleted_at}} < {_SINCE} OR x.{{deleted_at}} > {_NOW}",
        good="x.{key_destroyed_at} IS NOT NULL",
    ),
    Rule(
        kind=kinds.EXPORTS,
        id="exports",
        target="exports",
        table="exports",
        tables=("permissions",),
        good=(
            "EXISTS (SELECT 1 FROM {permissions} AS o WHERE o.{permission_subject} = x.{subject}"
            " AND o.{permission_recipient} = x.{recipient} AND o.{granted_at} <= x.{exported_at}"
            " AND (o.{withdrawn_at} IS NULL OR o.{withdrawn_at} > x.{exported_at}))"
        ),
    ),
)
