"""`audit probe`: look from outside, as any stranger could, at what is the company's own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from audit.cli import apart
from audit.cli.settings import POLICIES, REPORT
from audit.kind import PROBE
from audit.model import AuditError, Snapshot, Unseen
from audit.policies import Policies, load

if TYPE_CHECKING:
    from audit.sources.probes.reach import Contact
    from audit.sources.probes.scene import Scene


_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@click.command("probe")
@POLICIES
@click.option("--plan", "planned", is_flag=True, help="Say who would be contacted, and contact nobody.")
@apart.ESTATE
@click.option("--resolver", "resolvers", multiple=True, metavar="ADDRESS", help="Ask this name server (several: all).")
@click.option(
    "--seconds",
    type=click.IntRange(1, 600),
    default=10,
    show_default=True,
    help="The longest that one contact may take.",
)
@click.option("--send-test", is_flag=True, help="Send test messages to the company's own test box, too.")
@click.option(
    "--arrived",
    multiple=True,
    type=click.Choice(["virus", "spam"]),
    help="Such a test message was found in the test box.",
)
@apart.OUT
@REPORT
def command(
    policies: Path,
    planned: bool,
    estate: Path | None,
    resolvers: tuple[str, ...],
    seconds: int,
    send_test: bool,
    arrived: tuple[str, ...],
    out: Path | None,
    folder: Path | None,
) -> None:
    """Look from outside at the company's own names, doors and pages.

    Only what policies/targets.toml or the estate names as the company's own is contacted, and its resolvers; --plan
    says whom, first. What blocks the way, such as a network that lets no mail out, is a gap and never a pass. The
    result says from where it was looked, and through which resolvers.
    """
    from audit.sources.probes import collecting  # with what probes load, for nobody else

    now = datetime.now(UTC)
    rules = load(policies)
    known = apart.estate(estate, now=now, targets=rules.targets) if estate else None
    scene = _scene(rules, known, resolvers, now=now, seconds=seconds)
    scene = msgspec.structs.replace(scene, send_test=send_test, arrived=arrived)
    if planned:
        contacts, silent = collecting.plan(scene)
        click.echo("".join(f"{line}\n" for line in (*_lines(contacts), *silent)), nl=False)
        return
    apart.finish(collecting.collect(scene, told=apart.progress("probing")), rules, PROBE, out, folder)


def _lines(contacts: Iterable[Contact]) -> Iterator[str]:
    """Write contacts, the ports of one host that are contacted for one reason in one line."""
    ports: dict[tuple[str, str], list[str]] = {}
    for one in contacts:
        ports.setdefault((one.host, one.why), []).append(str(one.port))
    places = {about: f"{about[0]}:{','.join(listed)}" for about, listed in ports.items()}
    width = min(40, max(map(len, places.values()), default=0))
    return (f"{place:{width}}  {why}" for (_, why), place in places.items())


def _scene(
    rules: Policies,
    known: Snapshot | None,
    resolvers: tuple[str, ...],
    *,
    now: datetime,
    seconds: float,
) -> Scene:
    """Set up a run.

    Raises `AuditError` for targets that name nobody to contact, for a resolver that is no address, and where this
    machine knows none.
    """
    from audit.sources.probes.names import Names, server  # as above
    from audit.sources.probes.own import own
    from audit.sources.probes.reach import Limits, Reach, Unreached
    from audit.sources.probes.scene import Scene

    estate = known.resources if known else ()
    try:
        chosen = resolvers or rules.targets.names("probes.resolvers", may_be_empty=True)
        ours = own(rules.targets, estate)
        names = Names(tuple(map(server, chosen)))
    except Unseen as error:
        raise AuditError(f"{error}. Then look again.") from error
    except Unreached as error:
        raise AuditError(f"{error}. Name a resolver with --resolver, or in targets.toml.") from error
    except ValueError as error:
        raise AuditError(f"a resolver is no address: {error}. Write it as 192.0.2.1 or 192.0.2.1:53.") from error
    reach = Reach(ours, names.addresses, limits=Limits(seconds=seconds), clock=time.monotonic, sleep=time.sleep)
    return Scene(
        reach=reach,
        names=names,
        targets=rules.targets,
        now=now,
        estate=estate,
        hidden=known.gaps if known else (),
        authorities=next(filter(None, map(os.environ.get, _AUTHORITIES)), ""),
    )
