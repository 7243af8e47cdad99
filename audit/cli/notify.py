"""`audit notify`: tell people when a promise changed, a drill went wrong, a pack does not verify, or there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from audit.model import AuditError, Verdict
from audit.runs import PackKind

if TYPE_CHECKING:
    from audit.notifying import Notice
    from audit.runs import Checked, Pack

_NOTHING = {
    PackKind.RUN: "the newest pack verifies, no promise changed, and no drill went wrong",
    PackKind.DRILL: "the newest pack verifies, and no drill went wrong",
}


@click.command("notify")
@click.option(
    "--packs", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="The folder with the packs."
)
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    metavar="FILE",
    help="A public key that packs are sealed with.",
)
@click.option(
    "--webhook",
    envvar="PROMISE_AUDIT_WEBHOOK",
    default="",
    metavar="URL",
    help="Post it here as JSON; an address that is a secret belongs into $PROMISE_AUDIT_WEBHOOK.",
)
@click.option("--mail-to", "addresses", multiple=True, metavar="ADDRESS", help="Mail it to this address.")
@click.option("--within", type=click.IntRange(1), default=8, show_default=True, help="How many days a pack is enough.")
@click.option(
    "--of",
    type=click.Choice([kind.value for kind in _NOTHING]),
    default=PackKind.RUN.value,
    show_default=True,
    help="Of what the last days must have a pack; with drill no run is looked at.",
)
@click.option("--always", is_flag=True, help="Tell it even when nothing changed.")
def command(
    packs: Path, keys: tuple[Path, ...], webhook: str, addresses: tuple[str, ...], within: int, of: str, always: bool
) -> None:
    """Tell people when a promise changed, a drill went wrong, a pack does not verify, or the last days have none.

    The two newest packs of runs that verify are compared, and drills since the older of them are told of. The message
    names promises, drills and packs, and never a resource or a customer; without --webhook and --mail-to it is printed.
    A secret that signs what is posted is read from PROMISE_AUDIT_WEBHOOK_SECRET, the mail server from
    PROMISE_AUDIT_SMTP_HOST, _PORT, _FROM, _USER and _PASSWORD.

    Exit codes: 0 told, or nothing to tell; 2 something could not be sent.
    """
    from audit.notifying import message, notice  # with the packs' own, it is what costs time here

    ways = _ways(webhook, addresses)
    now = datetime.now(UTC)
    kind = PackKind(of)
    checked, read = _read(packs, keys, now, within, kind)
    told = notice(checked, read, now, within=within, always=always, of=kind)
    if told is None:
        click.echo(f"nothing to tell: {_NOTHING[kind]}")
    elif not ways:
        click.echo(message(told).decode(), nl=False)
    else:
        click.echo(f"told {_send(told, ways)}: {told.why[0]}")


_Way = Callable[["Notice"], None]


def _ways(webhook: str, addresses: tuple[str, ...]) -> dict[str, _Way]:
    """Return each way to send, by the words that name it; raises `AuditError` before anything is sent."""
    from audit import notifying, sending  # as above

    ways: dict[str, _Way] = {}
    if webhook:
        sending.hook(webhook)
        secret = os.environ.get("PROMISE_AUDIT_WEBHOOK_SECRET", "")
        ways[f"the webhook at {urlsplit(webhook).hostname}"] = lambda told: sending.post(
            webhook, notifying.message(told), secret=secret, sleep=time.sleep
        )
    if addresses:
        to, by = sending.mailboxes(addresses), sending.mailer(os.environ)
        ways[f"{len(to)} by mail"] = lambda told: sending.mail(
            by, to, notifying.subject(told), notifying.text(told), notifying.message(told), at=told.at, sleep=time.sleep
        )
    return ways


def _send(told: Notice, ways: dict[str, _Way]) -> str:
    """Send it every way, and say to whom; raises `AuditError` naming what was not sent, after trying all."""
    from audit.sending import Unsent  # as above

    failed: dict[str, str] = {}
    for name, way in ways.items():
        try:
            way(told)
        except Unsent as unsent:
            failed[name] = str(unsent)
    sent = " and ".join(name for name in ways if name not in failed)
    if failed:
        lost = "; ".join(f"{name}: {why}" for name, why in failed.items())
        raise AuditError(f"not told ({told.why[0]}): {lost}. {f'Told: {sent}. ' if sent else ''}Send it again.")
    return sent


def _read(
    packs: Path, keys: tuple[Path, ...], now: datetime, within: int, of: PackKind
) -> tuple[tuple[Checked, ...], tuple[Pack, ...]]:
    """Check every pack in the folder; open the two newest of a run that are sound, the newest last, and new drills."""
    if not packs.is_dir():
        raise AuditError(f"{packs} is no folder of packs. Name another with --packs.")
    from audit.evidence.checking import check_all  # these cost time, as above
    from audit.evidence.contents import opened
    from audit.evidence.trust import read_trust
    from audit.notifying import drills, kinds, sound

    checked = check_all(packs, read_trust(keys, threshold=None, authorities=()))
    runs = reversed(kinds(checked)) if of is PackKind.RUN else ()
    verified = (one for one in runs if one.verdict is Verdict.KEPT)
    newest = islice((pack for pack in (opened(packs / one.id, one) for one in verified) if sound(pack, now)), 2)
    compared = tuple(newest)[::-1]
    drilled = (opened(packs / one.id, one) for one in drills(checked, compared, now, within=within))
    return checked, (*compared, *drilled)
