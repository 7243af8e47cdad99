"""What commands that look at running clouds share: their options, the sources, a tape, and progress on a terminal."""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit.cli.settings import packed
from audit.engine import judge
from audit.exchange import Exchange, NoTape, Tape
from audit.kinds import KINDS
from audit.model import Answer, AuditError, Gap, Plane, Snapshot, Unseen, Verdict
from audit.policies import Policies

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from rich.progress import Progress as Bar

    from audit.azure import Client
    from audit.clouds import Cloud
    from audit.sources.aws_client import Session

WHERE, CLOUD, IDENTITY, SIGNED_IN = "WHERE", "CLOUD", "IDENTITY", "SIGNED IN"
"""What a recording keeps beside questions: where was looked, the cloud, whose eyes saw it, whether AWS knew us."""


METADATA_HOST = click.option(
    "--metadata-host",
    envvar="ARM_METADATA_HOSTNAME",
    default="",
    metavar="HOST",
    help="Where a cloud other than Azure's public one describes itself (default: $ARM_METADATA_HOSTNAME).",
)


def _files(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Put in the place of each folder the files of JSON in it; an empty one is said, and hinders nothing."""
    found: list[str] = []
    for path in given:
        within = sorted(Path(path).glob("*.json")) if Path(path).is_dir() else [Path(path)]
        if not within:
            click.echo(f"--with {path}: there is no file of JSON in it, so nothing of it is judged", err=True)
        found += map(str, within)
    return tuple(found)


BESIDE = click.option(
    "--with",
    "beside",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    callback=_files,
    help="With --live: judge what `audit probe --out` or `audit data --out` saw, too; of a folder all its *.json. "
    "As often as wanted.",
)


class Where(msgspec.Struct, frozen=True):
    """Which clouds to look at."""

    subscriptions: tuple[str, ...] = ()
    metadata_host: str = ""
    beside: tuple[str, ...] = ()
    """Files of what probes and data checks saw."""

    def told(self) -> Where:
        """Return what a recording keeps: files by their names, since no other machine has these folders."""
        return msgspec.structs.replace(self, beside=tuple(Path(path).name for path in self.beside))


def _now() -> datetime:
    return datetime.now(UTC)


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """What time is told by, and waited on."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


class _Through(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between an audit and the clouds."""

    tape: Tape
    clock: Clock
    real: Callable[[str], str]
    offline: bool

    def told(self, cloud: str, asked: str, found: Callable[[], Exchange]) -> Exchange:
        """Return a fact that a recording keeps, from the tape or found just now."""
        played = self.tape.played(cloud, asked, "")
        return self.tape.kept(found()) if played is None else played

    def fact(self, cloud: str, asked: str, content: bytes = b"", trouble: str = "") -> Exchange:
        """Make such a fact; one with a `trouble` says why there is none."""
        status = 0 if trouble else 200
        now = self.clock.now()
        return Exchange(cloud=cloud, asked=asked, at=now, status=status, trouble=trouble, content=content)


def options(command: Callable[..., Any], *more: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which cloud and which subscriptions to read; the command gets them as `where`.

    `more` are options of its own that say where to look besides.
    """
    return packed(
        command,
        "where",
        Where,
        click.option(
            "--subscription",
            "subscriptions",
            multiple=True,
            metavar="ID",
            help="A subscription to read (default: all).",
        ),
        METADATA_HOST,
        *more,
    )


def observe(
    where: Where,
    rules: Policies,
    today: date,
    *,
    tape: Tape | None = None,
    clock: Clock | None = None,
    real: Callable[[str], str] = str,
    offline: bool = False,
) -> Snapshot:
    """Read Azure, its directory and the off-site copy; what is broken by a lagging list is asked for again.

    What `tape` gives back is what is read; `real` spells a question as the clouds know it, where the tape has given
    things other names. Where it answers everything, as a replay does, `offline` spares the search for credentials.
    Raises `AuditError` where no subscription can be seen.
    """
    # These cost 0.4 s, which no other command should pay.
    from audit.azure import Client
    from audit.sources import azure, graph

    through = _Through(tape=tape or NoTape(), clock=clock or Clock(), real=real, offline=offline)
    through.told("azure", WHERE, lambda: through.fact("azure", WHERE, msgspec.json.encode(where.told())))
    cloud = _cloud(where, through)
    credential = _credential(cloud, through)
    now, times = through.clock.now(), through.clock
    # A file that is none is told before clouds are asked for minutes.
    beside = tuple(_beside(where, rules, now, through))
    client = Client(
        *(cloud, credential), now=times.now, clock=times.monotonic, sleep=times.sleep, tape=through.tape, real=real
    )
    try:
        with progress(client) as told:
            whole = expected(rules)
            seen = azure.collect(client, now=now, subscriptions=where.subscriptions, expected=whole, progress=told)
            directory = graph.collect(client, now=now, progress=told)
            seen = merged((seen, directory, _offsite(rules, now, through), *beside))
            seen = _indebted(seen) if beside else seen
            if broken := _broken(seen, rules, today):
                seen = azure.confirm(client, seen, broken)
            _note_identity(cloud, credential, through)
            answers = {*client.answers, *seen.answers}
            return msgspec.structs.replace(seen, answers=tuple(sorted(answers, key=_moment)))
    finally:
        client.close()


def _cloud(where: Where, through: _Through) -> Cloud:
    """Return the cloud to look at; raises `AuditError` where it does not describe itself."""
    from audit.clouds import PUBLIC, Cloud, cloud_at  # as above
    from audit.pipeline import PATIENT

    if not where.metadata_host:
        return PUBLIC

    def found() -> Exchange:
        return through.fact("azure", CLOUD, msgspec.json.encode(cloud_at(where.metadata_host, patience=PATIENT)))

    told = through.told("azure", CLOUD, found)
    try:
        return msgspec.json.decode(told.content, type=Cloud)
    except msgspec.DecodeError as error:
        raise AuditError(f"the recording does not say what cloud it is of: {told.trouble or error}") from error


class _Nobody:
    """Signs in nowhere: who asks a tape needs no credentials."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Refuse."""
        from azure.core.exceptions import ClientAuthenticationError  # as above

        raise ClientAuthenticationError("a replay asks nobody")

    def client(self, service_name: str, **options: Any) -> Any:
        """Refuse."""
        raise ValueError("a replay asks nobody")


def _credential(cloud: Cloud, through: _Through) -> TokenCredential:
    """Return what signs in to Azure; nothing does in a replay."""
    from audit.clouds import default_credential  # as above

    return _Nobody() if through.offline else default_credential(cloud)


def _note_identity(cloud: Cloud, credential: TokenCredential, through: _Through) -> None:
    """Have the tape note by whose eyes Azure was seen, as the token says: its tenant and its object id, no name.

    https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    if isinstance(through.tape, NoTape):
        return
    from azure.core.exceptions import AzureError  # as above

    def found() -> Exchange:
        try:
            return through.fact("azure", IDENTITY, msgspec.json.encode(signed_in(cloud, credential)))
        except (AzureError, ValueError, LookupError, TypeError, AttributeError):
            return through.fact("azure", IDENTITY, trouble="the token does not say whose it is")

    through.told("azure", IDENTITY, found)


def signed_in(cloud: Cloud, credential: TokenCredential) -> dict[str, str]:
    """Return the tenant and the object id that a token is of.

    Raises `AzureError` where there is none, and `ValueError`, `LookupError` or `TypeError` where it does not say.
    """
    _, payload, _ = credential.get_token(cloud.audience.rstrip("/") + "/.default").token.split(".")
    claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {"tenant": str(claims["tid"]), "principal": str(claims.get("oid") or claims["appid"])}


def merged(snapshots: tuple[Snapshot, ...]) -> Snapshot:
    """Put what several sources saw at one time into one snapshot; the first gives its time."""
    resources = {resource.id: resource for snapshot in reversed(snapshots) for resource in snapshot.resources}
    return msgspec.structs.replace(
        snapshots[0],
        origin=", ".join(snapshot.origin for snapshot in snapshots if snapshot.origin),
        resources=tuple(resources[identity] for identity in sorted(resources)),
        gaps=tuple(gap for snapshot in snapshots for gap in snapshot.gaps),
        unassessed=tuple(item for snapshot in snapshots for item in snapshot.unassessed),
        answers=tuple(answer for snapshot in snapshots for answer in snapshot.answers),
        tools={name: version for snapshot in snapshots for name, version in snapshot.tools.items()},
    )


def _indebted(seen: Snapshot) -> Snapshot:
    """Add a gap for what runs and was looked at by no probe, where probes looked at others of its kind."""
    from audit.sources.probes.owed import owed  # few audits have such files

    left = owed(seen.resources, seen.gaps, seen.resources, seen.looked_for())
    return msgspec.structs.replace(seen, gaps=(*seen.gaps, *left))


def _broken(snapshot: Snapshot, rules: Policies, today: date) -> set[str]:
    """Name the resources that some control finds broken: a list that lags must not accuse anyone."""
    report = judge(snapshot, rules, today, product="")
    found = (finding for control in report.controls for finding in control.findings)
    return {finding.resource for finding in found if finding.verdict is Verdict.BROKEN and finding.resource}


def expected(rules: Policies) -> tuple[str, ...]:
    """Return the subscriptions that must be read; raises `AuditError` where the policies do not say."""
    try:
        return rules.targets.names("estate.subscriptions", may_be_empty=True)
    except Unseen as error:
        raise AuditError(f"{error}. Set it, or [] for all that can be seen.") from error


def _offsite(rules: Policies, now: datetime, through: _Through) -> Snapshot:
    """Read the off-site copy in S3; where AWS does not know us, it is a gap like any other."""
    from audit.sources import aws  # as above

    try:
        session = _session(through)
        buckets = rules.targets.names("offsite.buckets", may_be_empty=True)
        region = rules.targets.names("offsite.regions")[0]
        return aws.collect(session, buckets=buckets, region=region, now=now, tape=through.tape, real=through.real)
    except (AuditError, Unseen) as error:
        why = " ".join(str(error).split())
    hidden = tuple(kind.arm for kind in KINDS if kind.arm.startswith("AWS::"))
    gap = Gap(f"the off-site copy was not read: {why}", hidden)
    return Snapshot(plane=Plane.LIVE, origin="", seen_at=now, gaps=(gap,))


def _beside(where: Where, rules: Policies, now: datetime, through: _Through) -> Iterator[Snapshot]:
    """Read what probes and data checks saw, from the files or from the recording; raises `AuditError`."""
    from audit.cli import apart  # few audits have such files

    known: dict[str, str] = {}
    for place, file in enumerate(where.beside, start=1):
        name = Path(file).name
        asked = f"{place} {name}"
        content = b"" if through.offline else apart.read(Path(file))
        told = through.told("apart", asked, partial(through.fact, "apart", asked, content))
        seen = apart.joining(told.content, name, now=now, targets=rules.targets)
        if twice := [one.id for one in seen.resources if one.id in known]:
            raise AuditError(f"{known[twice[0]]} and {name} both speak of {twice[0]}. Give one of them.")
        known |= dict.fromkeys((one.id for one in seen.resources), name)
        yield seen


def _session(through: _Through) -> Session:
    """Sign in to AWS; raises `AuditError` where it does not know us, or did not when it was recorded."""
    made: list[Session] = []

    def found() -> Exchange:
        import boto3  # costs 0.2 s, as above
        from botocore.exceptions import BotoCoreError

        why = "there are no credentials for AWS. Set AWS_PROFILE, or the variables of another way to sign in"
        try:
            session = boto3.Session()
            if session.get_credentials() is not None:
                made.append(session)
                why = ""
        except BotoCoreError as error:
            why = " ".join(str(error).split())
        return through.fact("aws", SIGNED_IN, trouble=why)

    told = through.told("aws", SIGNED_IN, found)
    if told.trouble:
        raise AuditError(told.trouble)
    return made[0] if made else _Nobody()


def _moment(answer: Answer) -> tuple[datetime, str]:
    """Order answers by their time."""
    return answer.at, answer.request_id


@contextmanager
def progress(client: Client) -> Iterator[_Counter]:
    """Show requests, resources and an estimate of the time left on a terminal; nothing on a pipe."""
    counter = _Counter(client)
    if not sys.stderr.isatty():
        yield counter
        return
    from rich.console import Console  # takes longer to import than the whole of `audit --help` may take
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # as above

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    console = Console(stderr=True, no_color="NO_COLOR" in os.environ)
    with Progress(*columns, console=console, transient=True) as bar:
        counter.show(bar)
        yield counter


class _Counter:
    """Counts questions, answers and resources, and shows them where there is a bar."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._expected = self._answered = self._resources = 0
        self._bar: Bar | None = None

    def show(self, bar: Bar) -> None:
        """Show the counts on `bar` from now on."""
        self._bar = bar
        self._task = bar.add_task("reading", total=None, told="")

    def expect(self, requests: int) -> None:
        """Count on so many more questions."""
        self._expected += requests
        self._tell()

    def answered(self, resources: int) -> None:
        """Note one question's answer, and how many resources it brought."""
        self._answered += 1
        self._resources += resources
        self._tell()

    def _tell(self) -> None:
        if self._bar is not None:
            told = f"{self._client.sent} requests, {self._resources} resources"
            self._bar.update(self._task, total=self._expected, completed=self._answered, told=told)
