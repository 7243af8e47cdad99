"""The files that run drills on a schedule call commands that there are, with options that these take."""

import configparser
import re
import shlex
import shutil
import subprocess

import click
import pytest
import yaml

from audit.cli import cli
from tests.support import ROOT

FOLDER = ROOT / "docs" / "drills"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".yml", ".service"))
UNITS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".service", ".timer"))
CALL = re.compile(r"(?:\S*\.venv/bin/audit|\$\(AUDIT\)) ((?:\"[^\"]*\"|'[^']*'|[^;|\n\"'])+)")


def calls(name):
    """Return the words of each call of `audit` in a file."""
    lines = (FOLDER / name).read_text().splitlines()
    text = "\n".join(line.replace("$RETAIN_DAYS", "1096") for line in lines if not re.match(r"\s*(#|AUDIT:)", line))
    return [shlex.split(found) for found in CALL.findall(text)]


def parsed(words):
    """Parse a call as the command line does, without running it; click raises where it does not fit."""
    command, context = cli, click.Context(cli, info_name="audit")
    while isinstance(command, click.Group):
        name, *words = words
        command = command.get_command(context, name)
        assert command is not None, name
        context = click.Context(command, parent=context, info_name=name)
    command.parse_args(context, list(words))
    return command.name, context.params


@pytest.mark.parametrize("name", FILES)
def test_every_call_fits_its_command(name):
    assert calls(name)
    for words in calls(name):
        parsed(words)


@pytest.mark.parametrize("name", ["github-actions.yml", "azure-pipelines.yml"])
def test_each_schedule_writes_canaries_goes_on_drills_stores_tells_and_sweeps(name):
    found = [parsed(words) for words in calls(name)]
    assert [command for command, _ in found] == ["prepare", "collect", "resume", "run", "store", "notify", "sweep"]
    done = dict(found)
    assert all(done[command]["execute"] for command in ("prepare", "run", "sweep"))
    assert done["prepare"]["canary_only"]
    assert done["run"]["max_duration"]
    assert (done["notify"]["of"], done["notify"]["within"]) == ("drill", 1)


def test_drills_are_told_of_however_they_ended():
    steps = yaml.safe_load((FOLDER / "github-actions.yml").read_text())["jobs"]["drill"]["steps"]
    assert [step["name"] for step in steps if "if" in step] == ["Notify"]
    jobs = yaml.safe_load((FOLDER / "azure-pipelines.yml").read_text())["jobs"]
    assert [step["displayName"] for job in jobs for step in job["steps"] if "condition" in step] == ["Notify"]
    service = (FOLDER / "promise-audit-drill.service").read_text().splitlines()
    assert [line.split()[1] for line in service if line.startswith("ExecStopPost=")] == ["notify"]


def test_secrets_reach_the_step_that_tells_and_no_other():
    jobs = yaml.safe_load((FOLDER / "github-actions.yml").read_text())["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert [step.get("name") for step in steps if "secrets." in str(step)] == ["Notify"]


def test_a_failed_drill_fails_the_service_and_what_is_gone_on_with_hinders_none():
    found = configparser.RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    text = (FOLDER / "promise-audit-drill.service").read_text()
    found.read_string(text)
    assert "SuccessExitStatus" not in found["Service"]
    seen, first, last = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert "collect --live" in seen
    assert first.startswith("ExecStart=-")
    assert "drill resume" in first
    assert "drill run" in last
    assert not last.startswith("ExecStart=-")


def test_who_sweeps_signs_in_as_nobody_who_drills():
    jobs = yaml.safe_load((FOLDER / "github-actions.yml").read_text())["jobs"]
    signed = {
        name: step["with"]["client-id"]
        for name, job in jobs.items()
        for step in job["steps"]
        if step.get("uses", "").startswith("azure/login")
    }
    assert len(signed) == len(set(signed.values())) == 3
    assert all(job["concurrency"]["cancel-in-progress"] is False for job in jobs.values())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_services_and_the_timers(tmp_path):
    for name in UNITS:
        (tmp_path / name).write_text(
            (FOLDER / name).read_text().replace("/opt/promise-audit/.venv/bin/audit", "/bin/true")
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
