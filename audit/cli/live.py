"""What commands that look at running clouds share: their options, the three sources, and progress on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from audit.cli.settings import packed
from audit.engine import judge
from audit.kinds import KINDS
from audit.model import Answer, AuditError, Gap, Plane, Snapshot, Unseen, Verdict
from audit.policies import Policies

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from audit.azure import Client


class Where(msgspec.Struct, frozen=True):
    """Which clouds to look at."""

    subscriptions: tuple[str, ...] = ()
    metadata_host: str = ""


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which cloud and which subscriptions to read; the command gets them as `where`."""
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
        click.option(
            "--metadata-host",
            envvar="ARM_METADATA_HOSTNAME",
            default="",
            metavar="HOST",
            help="Where a cloud other than Azure's public one describes itself (default: $ARM_METADATA_HOSTNAME).",
        ),
    )


def observe(where: Where, rules: Policies, today: date) -> Snapshot:
    """Read Azure, its directory and the off-site copy; what is broken by a lagging list is asked for again.

    Raises `AuditError` where no subscription can be seen.
    """
    # These cost 0.4 s, which no other command should pay.
    from audit.azure import Client
    from audit.clouds import PUBLIC, cloud_at, default_credential
    from audit.pipeline import PATIENT
    from audit.sources import azure, graph

    cloud = cloud_at(where.metadata_host, patience=PATIENT) if where.metadata_host else PUBLIC
    client = Client(cloud, default_credential(cloud), now=_now, clock=time.monotonic, sleep=time.sleep)
    now = _now()
    try:
        with progress(client) as told:
            seen = azure.collect(
                client,
                now=now,
                subscriptions=where.subscriptions,
                expected=_expected(rules),
                progress=told,
            )
            directory = graph.collect(client, now=now, progress=told)
            seen = merged((seen, directory, _offsite(rules, now)))
            if broken := _broken(seen, rules, today):
                seen = azure.confirm(client, seen, broken)
            answers = {*client.answers, *seen.answers}
            return msgspec.structs.replace(seen, answers=tuple(sorted(answers, key=_moment)))
    finally:
        client.close()


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


def _broken(snapshot: Snapshot, rules: Policies, today: date) -> set[str]:
    """Name the resources that some control finds broken: a list that lags must not accuse anyone."""
    report = judge(snapshot, rules, today, product="")
    found = (finding for control in report.controls for finding in control.findings)
    return {finding.resource for finding in found if finding.verdict is Verdict.BROKEN and finding.resource}


def _expected(rules: Policies) -> tuple[str, ...]:
    """Return the subscriptions that must be read; raises `AuditError` where the policies do not say."""
    try:
        return rules.targets.names("estate.subscriptions", may_be_empty=True)
    except Unseen as error:
        raise AuditError(f"{error}. Set it, or [] for all that can be seen.") from error


def _offsite(rules: Policies, now: datetime) -> Snapshot:
    """Read the off-site copy in S3; where AWS does not know us, it is a gap like any other."""
    import boto3  # costs 0.2 s, as above
    from botocore.exceptions import BotoCoreError

    from audit.sources import aws

    why = "there are no credentials for AWS. Set AWS_PROFILE, or the variables of another way to sign in"
    try:
        session = boto3.Session()
        if session.get_credentials() is not None:
            buckets = rules.targets.names("offsite.buckets", may_be_empty=True)
            return aws.collect(session, buckets=buckets, region=rules.targets.names("offsite.regions")[0], now=now)
    except (AuditError, Unseen, BotoCoreError) as error:
        why = " ".join(str(error).split())
    hidden = tuple(kind.arm for kind in KINDS if kind.arm.startswith("AWS::"))
    gap = Gap(f"the off-site copy was not read: {why}", hidden)
    return Snapshot(plane=Plane.LIVE, origin="", seen_at=now, gaps=(gap,))


def _moment(answer: Answer) -> tuple[datetime, str]:
    """Order answers by their time."""
    return answer.at, answer.request_id


def _now() -> datetime:
    return datetime.now(UTC)


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
