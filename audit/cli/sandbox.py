"""`audit sandbox`: run the local Azure, fill it, make it fail, and run a command against it."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audit.cli import program

if TYPE_CHECKING:
    from audit.sandbox.process import Running

_FOLDER = click.option(
    "--folder",
    "-f",
    type=click.Path(path_type=Path),
    default=".sandbox",
    show_default=True,
    help="Where it keeps what it holds.",
)
_AWS = click.option("--aws/--no-aws", default=True, show_default=True, help="With a local AWS for the off-site copy.")
EFFECTS = ("status", "deny", "timeout", "empty", "endless", "page2", "truncated", "done", "skew", "stale")
"""The words of `faults.Effect`, which would take longer to import than `--help` may."""


@click.group("sandbox")
def command() -> None:
    """Run a local Azure.

    Azure's clients cannot tell it from the real one, for what the audit uses. It listens on loopback alone and
    keeps what it holds in a folder.
    """


@command.command("start")
@_FOLDER
@_AWS
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Its port (default: as before, or any).")
def start(folder: Path, aws: bool, port: int) -> None:
    """Start it, or join the one that runs."""
    from audit.sandbox import process  # each command brings what it needs alone

    found, started = process.start(folder, port=port, aws=aws)
    click.echo(f"{'started' if started else 'runs already'}: {_told(found)}")


@command.command("stop")
@_FOLDER
def stop(folder: Path) -> None:
    """Stop it; what it holds stays in the folder."""
    from audit.sandbox import process  # as above

    click.echo("stopped" if process.stop(folder) else "it did not run")


@command.command("status")
@_FOLDER
def status(folder: Path) -> None:
    """Say where it runs and what it holds."""
    from audit.sandbox import faults, process, proxy  # as above

    found = process.demand_running(folder)
    store = found.store()
    click.echo(f"runs: {_told(found)}")
    click.echo(f"subscriptions: {', '.join(store.subscriptions)}")
    click.echo(f"resources: {store.count()}")
    for fault in faults.listed(store):
        click.echo(f"fault: {fault.effect} on {fault.method} {fault.path}, met by {fault.seen} so far")
    for place, times in proxy.refused(folder).items():
        click.echo(f"refused: {place}, {times} times")


@command.command("load")
@program.options
@_FOLDER
@click.option("--subscription", default="", metavar="ID", help="The subscription (default: the one that it names).")
def load(program: program.Program, folder: Path, subscription: str) -> None:
    """Put what the Pulumi program of PROJECT (default: here) declares into it, in the place of what it held.

    It stands there as after its first day: backups have run, copies are in step, machines were looked at.

    What cannot be put there is listed with the reason.
    """
    from audit.sandbox import filling  # as above

    snapshot = program.collect(datetime.now(UTC))
    loaded = filling.fill(folder, snapshot, subscription=subscription, settled=True)
    for line in loaded.left:
        click.echo(f"left out: {line.rpartition('::')[2]}", err=True)
    click.echo(f"{folder}: {loaded.count} resources")


@command.command("settle")
@_FOLDER
def settle(folder: Path) -> None:
    """Let a day pass in it: backups run, copies come in step, machines are looked at, devices report.

    A deployment leaves an estate that has lived for no time; some promises show only after its first day.
    """
    from audit.sandbox import filling  # as above

    click.echo(f"{folder}: {filling.live_a_day(folder)} resources written")


@command.command("clock")
@_FOLDER
@click.option("--set", "moment", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]), help="Set it, in UTC.")
@click.option("--forward", "hours", type=click.IntRange(1), help="Put it forward by so many hours.")
def clock(folder: Path, moment: datetime | None, hours: int | None) -> None:
    """Say what time it is in it, and set another: what it answers is dated by it, and what it does takes place then.

    An audit by the command line's own clock finds the two apart, as it would in Azure.
    """
    from audit.sandbox import filling  # as above

    told = filling.clock(folder, moment=moment and moment.replace(tzinfo=UTC), forward=timedelta(hours=hours or 0))
    click.echo(f"{told:%Y-%m-%dT%H:%M:%SZ}")


@command.command("fault")
@_FOLDER
@click.argument("effect", type=click.Choice((*EFFECTS, "clear")))
@click.option("--path", default="*", show_default=True, help="Which paths, with * for anything, or re: and a pattern.")
@click.option("--method", default="*", show_default=True, help="Which method.")
@click.option("--text", default="", help="A text that the request's body must hold.")
@click.option("--nth", type=click.IntRange(1), default=1, show_default=True, help="The first request that it meets.")
@click.option("--count", type=click.IntRange(0), default=0, help="How many requests it meets (default: all).")
@click.option("--status", type=click.IntRange(400, 599), default=500, show_default=True, help="For status: which.")
@click.option("--seconds", type=float, default=0, help="For timeout, 429 and skew: how many seconds.")
def fault(folder: Path, effect: str, **rule: object) -> None:
    r"""Make requests fail: EFFECT says how, the options say which; `clear` ends all faults.

    \b
    status     refused with --status
    deny       refused with 403, as an identity without the permission is
    timeout    answered --seconds late
    empty      an empty page that leads to the real one
    endless    every page leads to another
    page2      half of a list, and the next page is not found
    truncated  the body ends in the middle
    skew       the server's clock is --seconds away (default: two hours)
    stale      Resource Graph answers what is there now, whatever comes
    """
    import msgspec  # as above

    from audit.sandbox import faults, process

    store = process.demand_running(folder).store()
    if effect == "clear":
        click.echo(f"cleared: {faults.clear(store)}")
        return
    made = faults.add(store, msgspec.convert({"effect": effect, **rule}, faults.Fault))
    click.echo(f"set: {made.effect} on {made.method} {made.path}")


@command.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_FOLDER
@_AWS
@click.option("--public-cloud", is_flag=True, help="Stand in for the public cloud by a proxy that refuses all else.")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
def run(folder: Path, aws: bool, public_cloud: bool, words: tuple[str, ...]) -> None:
    """Run COMMAND with the environment that Azure's clients read, and exit as it does.

    Starts the local Azure, and stops it afterwards, where it does not run yet. Pulumi finds a backend in the folder
    and, where the plugin of a cloud is not installed, a provider that stands in for it.
    """
    from contextlib import ExitStack  # as above

    from audit.sandbox import engine, process
    from audit.sandbox.command import Command
    from audit.sandbox.environment import environment

    engine.demand(words, os.environ)
    with Command() as command, ExitStack() as ended:
        found, started = process.start(folder, aws=aws)
        if started:
            ended.callback(process.stop, folder)
        given = environment(found, os.environ, public_cloud=public_cloud)
        if engine.has_cli(given):
            attached, told = ended.enter_context(engine.providers(found, given))
            click.echo("".join(f"{line}\n" for line in told), err=True, nl=False)
            given |= attached
            engine.prepare(words, given)
        code = command.run(words, given)
    sys.exit(code)


def _told(found: "Running") -> str:
    aws = f", AWS on http://127.0.0.1:{found.aws}" if found.aws else ""
    return f"{found.url} (process {found.pid}{aws})"
