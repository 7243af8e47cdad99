"""The weekly run's files work as they are copied: each of their own steps runs here, against a local Azure and AWS.

A runner's `uses:` and `task:` steps that are others' programs do not run; what they are is compared. In place of the
AWS CLI, which runners bring along, stand a few lines that do as much of `aws s3 sync` as is asked of it.
"""

import configparser
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from audit.evidence.signers import new_key
from audit.notifying import FORMAT
from audit.snapshots import decode
from tests.cli.running import AUDIT, environment
from tests.probes.name_server import NameServer
from tests.support import ROOT

WEEKLY = ROOT / "docs" / "weekly"
NEEDED = ("audit", "policies", "stacks", "docs", "Pulumi.yaml", "pyproject.toml", "requirements.txt")
BROKEN = 3
SYNC = f"""#!{sys.executable}
import sys, pathlib, boto3
words = [word for word in sys.argv[1:] if not word.startswith("--")]
assert words[:2] == ["s3", "sync"], words
bucket, _, prefix = words[2].removeprefix("s3://").partition("/")
found = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix + "/").get("Contents", ())
for one in found:
    path = pathlib.Path(words[3], one["Key"].removeprefix(prefix + "/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(boto3.client("s3").get_object(Bucket=bucket, Key=one["Key"])["Body"].read())
"""
BUCKET = (
    "import boto3, os; boto3.client('s3').create_bucket(Bucket=os.environ['STORE'].split('/')[2], "
    "ObjectLockEnabledForBucket=True, CreateBucketConfiguration={'LocationConstraint': 'eu-west-2'})"
)


class Step(NamedTuple):
    """One step: its name, what it runs, and whether it does so after a failure."""

    name: str
    script: str
    after_failure: bool


def github():
    """Read the workflow's own steps."""
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    steps = file["jobs"]["audit"]["steps"]
    return [Step(one["name"], one["run"], "if" in one) for one in steps if "run" in one]


def azure():
    """Read the pipeline's own steps; what AzureCLI runs once it has signed in is one."""
    file = yaml.safe_load((WEEKLY / "azure-pipelines.yml").read_text())
    steps = file["jobs"][0]["steps"]
    scripts = ((one, one.get("script") or one.get("inputs", {}).get("inlineScript")) for one in steps)
    return [Step(one["displayName"], script, "condition" in one) for one, script in scripts if script]


def unit():
    """Read the service; a key may stand there several times."""
    found = configparser.RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    found.optionxform = str
    lines = (WEEKLY / "promise-audit.service").read_text().splitlines()
    commands = [line.split("=", 1) for line in lines if line.startswith(("ExecStart=", "ExecStopPost="))]
    found.read_string("\n".join(line for line in lines if not line.startswith("Exec")))
    return found, commands


def systemd():
    """Read the service's commands; each is split as systemd does it, and `$$` is a single sign."""
    _, commands = unit()
    names = iter(("Folder", "Estate", "Look", "Look inside", "Audit", "Seal", "Store"))
    return [
        Step(
            next(names) if key == "ExecStart" else "Notify",
            re.sub(r"'(\S*\$\{\S*)'", r'"\1"', shlex.join(shlex.split(command.removeprefix("-"))))
            .replace("/opt/promise-audit/", "")
            .replace("$$", "$"),
            key == "ExecStopPost",
        )
        for key, command in commands
    ]


FILES = {"github": github, "azure": azure, "systemd": systemd}
LATER = ["Audit", "Seal", "Store", "Notify"]
STEPS = {
    "github": ["Install", "Look", "Look inside", "Fetch", *LATER, "Verdict"],
    "azure": ["Install", "Look", "Look inside", "Fetch", *LATER, "Verdict"],
    "systemd": ["Folder", "Estate", "Look", "Look inside", *LATER],
}


@pytest.mark.parametrize("file", FILES)
def test_every_file_collects_seals_stores_and_tells_in_this_order(file):
    assert [step.name for step in FILES[file]()] == STEPS[file]
    assert [step.name for step in FILES[file]() if step.after_failure] == ["Notify"]


@pytest.mark.parametrize("file", FILES)
def test_every_file_asks_for_the_same(file):
    """One command each, with the same options in all of them."""
    words = " ".join(step.script for step in FILES[file]())
    asked = re.findall(r"\.venv/bin/audit ([a-z]+)((?: --[a-z]+)*)", words)
    assert [command for command, _ in asked] == ["collect", "probe", "data", "check", "seal", "store", "notify"]
    assert re.search(r"audit check --live --with \S+ --packs \S+", words)
    assert "--within 1" in words


def test_what_looks_beside_hinders_no_audit_when_it_fails():
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    spared = [one.get("name") for one in file["jobs"]["audit"]["steps"] if one.get("continue-on-error")]
    assert [name for name in spared if name] == ["Look", "Look inside"]
    file = yaml.safe_load((WEEKLY / "azure-pipelines.yml").read_text())
    spared = [one["displayName"] for one in file["jobs"][0]["steps"] if one.get("continueOnError")]
    assert spared == ["Look", "Look inside"]
    assert [command.startswith("-") for _, command in unit()[1]] == [False, *[True] * 3, *[False] * 4]


def test_whoever_looks_inside_is_not_who_audits():
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    names = [one.get("name") or one.get("with", {}).get("client-id", "") for one in file["jobs"]["audit"]["steps"]]
    before = names[: names.index("Look inside")]
    assert [name for name in before if "CLIENT_ID" in name][-1] == "${{ vars.AZURE_DATA_CLIENT_ID }}"
    after = names[names.index("Look inside") : names.index("Audit")]
    assert [name for name in after if "CLIENT_ID" in name] == ["${{ vars.AZURE_CLIENT_ID }}"]
    steps = yaml.safe_load((WEEKLY / "azure-pipelines.yml").read_text())["jobs"][0]["steps"]
    signed = {
        one["displayName"]: one["inputs"]["azureSubscription"]
        for one in steps
        if "azureSubscription" in one.get("inputs", {})
    }
    assert signed.pop("Look inside") == "promise-audit-data"
    assert set(signed.values()) == {"promise-audit"}


def test_the_workflow_may_sign_in_and_read_and_nothing_else():
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    assert file["permissions"] == {}
    (job,) = file["jobs"].values()
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["timeout-minutes"]
    assert file["concurrency"] == {"group": "weekly-audit", "cancel-in-progress": False}
    # YAML reads the word `on` as true.
    assert set(file[True]) == {"schedule", "workflow_dispatch"}


def test_secrets_reach_the_step_that_tells_and_no_other():
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    told = [step.get("name") for step in file["jobs"]["audit"]["steps"] if "secrets." in json.dumps(step)]
    assert told == ["Notify"]


def test_one_run_of_the_pipeline_waits_for_the_other():
    file = yaml.safe_load((WEEKLY / "azure-pipelines.yml").read_text())
    (weekly,) = file["schedules"]
    assert (weekly["always"], weekly["batch"], file["trigger"], file["pr"]) == (True, True, "none", "none")


def test_the_pipeline_uses_nothing_of_yaml_that_its_runner_lacks():
    """https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/ names anchors as unsupported."""
    events = yaml.parse((WEEKLY / "azure-pipelines.yml").read_text())
    assert not [event for event in events if getattr(event, "anchor", None)]


def test_what_the_files_take_from_others_is_known():
    """These do not run here; each names a version, which docs/weekly.md tells to pin."""
    file = yaml.safe_load((WEEKLY / "github-actions.yml").read_text())
    assert [step["uses"] for step in file["jobs"]["audit"]["steps"] if "uses" in step] == [
        "actions/checkout@v6",
        "actions/setup-python@v6",
        "azure/login@v2",
        *["azure/login@v2", "aws-actions/configure-aws-credentials@v6"] * 2,
    ]
    tasks = yaml.safe_load((WEEKLY / "azure-pipelines.yml").read_text())["jobs"][0]["steps"]
    assert {step["task"] for step in tasks if "task" in step} == {"UsePythonVersion@0", "AzureCLI@2"}


def test_a_broken_promise_stops_neither_the_seal_nor_the_store():
    found, _ = unit()
    assert found["Service"]["SuccessExitStatus"] == "3 4"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_service_and_the_timer(tmp_path):
    for name in ("promise-audit.service", "promise-audit.timer"):
        text = (WEEKLY / name).read_text().replace("/opt/promise-audit/.venv/bin/audit", "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("CapabilityBoundingSet", ""),
        ("Type", "oneshot"),
        ("TimeoutStartSec", "1h"),
    ],
)
def test_the_service_may_do_what_it_must_and_no_more(setting, wanted):
    assert unit()[0]["Service"][setting] == wanted


def test_a_machine_that_was_off_audits_when_it_is_on():
    timer = (WEEKLY / "promise-audit.timer").read_text()
    assert "Persistent=true" in timer
    assert "OnCalendar=Mon" in timer


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    """Load a local Azure once for all files."""
    folder = tmp_path_factory.mktemp("clouds")
    words = [AUDIT, "sandbox", "load", "--folder", folder, "--stack", "production"]
    subprocess.run(list(map(str, words)), cwd=ROOT, env=environment(), check=True, capture_output=True)
    return folder


class Machine:
    """A copy of the project on which a file's steps run, with the local clouds and a bucket of its own."""

    def __init__(self, folder, clouds, bucket, resolver):
        self.folder = folder / "checkout"
        self.folder.mkdir()
        for name in NEEDED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.folder / name)
        # This one knows nobody, and nothing is knocked at: all that is looked at from outside is a gap.
        targets = self.folder / "policies/targets.toml"
        text = targets.read_text().replace("resolvers = []", f'resolvers = ["{resolver}"]')
        targets.write_text(re.sub(r"swept_ports = \[[^]]*\]", "swept_ports = []", text))
        (self.folder / ".venv/bin").mkdir(parents=True)
        (self.folder / ".venv/bin/audit").symlink_to(AUDIT)
        (tools := folder / "tools").mkdir()
        (tools / "aws").write_text(SYNC)
        (tools / "aws").chmod(0o755)
        self.tools, self.clouds, self.bucket = tools, clouds, bucket
        private, public = new_key("")
        (keys := self.folder / "keys").mkdir()
        for name in ("promise-audit.pem", "signing-key"):
            (keys / name).write_bytes(private)
        (keys / "promise-audit.pub.pem").write_text(public.pem)

    def steps(self, script):
        """Run a script with the clouds and the runner's variables; gives its exit code and all that it said."""
        (path := self.folder.with_name("steps.sh")).write_text(script)
        given = environment(
            PATH=f"{self.tools}{os.pathsep}{os.environ['PATH']}",
            AWS_DEFAULT_REGION="eu-west-2",
            STORE=f"s3://{self.bucket}/packs",
            RETAIN_DAYS="1",
            SIGNING_KEY="file:keys/promise-audit.pem",
            PUBLIC_KEY="keys/promise-audit.pub.pem",
            idToken="none",
            STATE_DIRECTORY=str(self.folder),
            RUNTIME_DIRECTORY=str(self.folder),
            DATA_AZURE_CLIENT_ID="data-checks",
            CREDENTIALS_DIRECTORY=str(self.folder / "keys"),
        )
        words = [AUDIT, "sandbox", "run", "--folder", self.clouds, "--", "bash", path]
        done = subprocess.run(
            list(map(str, words)), cwd=self.folder, env=given, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr


def scripted(steps):
    """Write a file's steps as one script: each has a shell of its own, and variables are kept as its runner does."""
    lines = [
        "export GITHUB_ENV=$PWD/../variables; : > $GITHUB_ENV",
        f"{shlex.quote(sys.executable)} -c {shlex.quote(BUCKET)} || exit 99",
    ]
    for step in steps:
        # Only its runner knows what this line sets, and the token means nothing to the local AWS.
        script = re.sub(r'"##vso\[task.setvariable variable=(.*?)\](.*?)"', r'"\1=\2" >> "$GITHUB_ENV"', step.script)
        script = script.replace("$AWS_WEB_IDENTITY_TOKEN_FILE", "/dev/null")
        lines.append(f'set -a; . $GITHUB_ENV; set +a; bash -e -c {shlex.quote(script)}; echo "$? <- {step.name}"')
    return "\n".join(lines)


def week(file):
    """Write all that a file does in a week as one script, and what reads back what it stored."""
    back = Step("Back", 'aws s3 sync "$STORE" back && .venv/bin/audit verify back --key "$PUBLIC_KEY"', True)
    return scripted([*(step for step in FILES[file]() if step.name != "Install"), back])


@pytest.mark.parametrize("file", FILES)
@pytest.mark.xdist_group("weekly")
def test_a_week_is_audited_sealed_stored_and_told(file, clouds, tmp_path):
    with NameServer({}).running() as resolver:
        machine = Machine(tmp_path, clouds, f"packs-of-{file}", resolver)
        code, said = machine.steps(week(file))
    codes = {line.split(" <- ")[1]: line.split(" <- ")[0] for line in said.splitlines() if " <- " in line}
    assert code == 0, said
    assert codes["Audit"] in ("0", "3", "4"), said
    assert [codes["Look"], codes["Look inside"]] == (["4", "4"] if file == "systemd" else ["0", "0"]), said
    assert [codes[name] for name in ("Seal", "Store", "Notify", "Back")] == ["0", "0", "0", "0"], said
    assert codes.get("Verdict", "0") in ("0", "3", "4")
    (pack,) = (Path(one) for one in machine.folder.glob("packs/*-????????"))
    assert (pack / "seal" / "pack.dsse.json").is_file()
    kinds = {one.type for one in decode(gzip.decompress((pack / "snapshot.json.gz").read_bytes())).resources}
    assert "data.breach.Clock" in kinds, said
    assert FORMAT in said or "nothing to tell" in said
