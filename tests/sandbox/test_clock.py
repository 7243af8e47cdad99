"""The local Azure has a clock: what it answers and does is dated by it, so that months pass in a minute."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import boto3
import pytest
import requests
from click.testing import CliRunner

from audit.cli.sandbox import command
from audit.model import AuditError
from audit.sandbox import filling, process
from audit.sandbox.environment import environment
from audit.sandbox.store import Store

JULY = datetime(2026, 7, 6, 2, tzinfo=UTC)
MOMENT = timedelta(minutes=2)


def test_without_being_set_it_keeps_the_machine_s_time(tmp_path):
    """Nobody who does not ask for another time gets one."""
    assert abs(Store(tmp_path / "store.sqlite").now() - datetime.now(UTC)) < MOMENT


def test_answers_of_both_clouds_are_dated_by_it(tmp_path, monkeypatch):
    """Azure's and the off-site copy's answers say the hour that was set, and go on from there."""
    Store(tmp_path / "store.sqlite").set_clock(JULY)
    running, _ = process.start(tmp_path)
    try:
        for name, value in environment(running, {}).items():
            monkeypatch.setenv(name, value)
        told = requests.get(f"{running.url}/metadata/endpoints", verify=str(running.authority), timeout=30)
        listed = boto3.client("s3").list_buckets()
    finally:
        process.stop(tmp_path)
    for header in (told.headers["Date"], listed["ResponseMetadata"]["HTTPHeaders"]["date"]):
        assert timedelta(0) <= parsedate_to_datetime(header) - JULY + timedelta(seconds=1) < MOMENT


def test_a_day_passes_by_it(tmp_path):
    """What settles in the directory is dated by it: a device reported shortly before."""
    store = Store(tmp_path / "store.sqlite")
    store.set_clock(JULY)
    filling.live_a_day(tmp_path)
    reported = [
        datetime.fromisoformat(device["lastSyncDateTime"])
        for device in store.documents("graph/deviceManagement/managedDevices")
    ]
    assert reported
    assert all(timedelta(0) < JULY + MOMENT - moment < timedelta(days=2) for moment in reported)


def test_it_can_be_put_forward_and_is_kept(tmp_path):
    """The command says what time it is after the change, and emptying what it holds leaves the time alone."""
    Store(tmp_path / "store.sqlite").set_clock(JULY)
    told = CliRunner().invoke(command, ["clock", "--folder", str(tmp_path), "--forward", "168"])
    assert told.output.startswith("2026-07-13T02:0")
    store = Store(tmp_path / "store.sqlite")
    store.empty()
    assert store.now() - JULY >= timedelta(days=7)


def test_a_folder_without_a_local_azure_has_no_clock(tmp_path):
    """It is said in one line, and none is made."""
    with pytest.raises(AuditError, match="no local Azure is kept"):
        filling.clock(tmp_path)
    assert not list(tmp_path.iterdir())
