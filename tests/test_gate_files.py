"""The gate's files work as they are copied: each of their own steps runs here, on a fresh copy of the project.

A runner's `uses:`, `checkout:` and `task:` steps are others' programs and do not run; what they are is compared. The
step that installs runs, too, without any network: everything that the lock names is in the present environment, which
the copy's own environment is told of.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.support import ROOT

GATE = ROOT / "docs" / "gate"
NEEDED = ("audit", "policies", "stacks", "docs", "Pulumi.yaml", "pyproject.toml", "requirements.txt")
BROKEN = 3
LOCAL = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
UNREACHABLE = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:9")


class Step(NamedTuple):
    """One step of a job."""

    name: str
    script: str
    """Empty where it is no program of the file's own."""
    after_failure: bool


class Gate(NamedTuple):
    """One of the two files, read as its runner reads it."""

    steps: tuple[Step, ...]
    variables: dict[str, str]
    others: tuple[str, ...]
    """The steps that are not run."""
    runner: tuple[str, ...]
    """What a step's script is handed to."""


def github():
    """Read the workflow; bash runs a step with `-e`, as GitHub says.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
    """
    file = yaml.safe_load((GATE / "github-actions.yml").read_text())
    steps = [step for job in file["jobs"].values() for step in job["steps"]]
    return Gate(
        steps=tuple(Step(step["name"], step["run"], "if" in step) for step in steps if "run" in step),
        variables=file["env"],
        others=tuple(step["uses"] for step in steps if "uses" in step),
        runner=("bash", "-e"),
    )


def azure():
    """Read the pipeline; a script fails with its last command, unless it says otherwise."""
    file = yaml.safe_load((GATE / "azure-pipelines.yml").read_text())
    steps = file["steps"]
    return Gate(
        steps=tuple(
            Step(step["displayName"], step["script"], "condition" in step) for step in steps if "script" in step
        ),
        variables=file["variables"],
        others=tuple(step.get("task") or f"checkout: {step['checkout']}" for step in steps if "script" not in step),
        runner=("bash", "--noprofile", "--norc"),
    )


GATES = {"github": github, "azure": azure}


class Done(NamedTuple):
    """What came of a job: each step's exit code, and all that was said."""

    codes: dict[str, int]
    said: str


class Checkout:
    """A fresh copy of the project, on which a job runs as often as wanted."""

    def __init__(self, folder: Path, gate: Gate):
        self.folder, self.gate, self.summary = folder / "checkout", gate, folder / "summary"
        self.folder.mkdir()
        for name in NEEDED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.folder / name, **({"ignore": ignored} if copy is shutil.copytree else {}))
        own = self.folder / ".venv/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        own.mkdir(parents=True)
        (own / "present.pth").write_text(f"{sysconfig.get_path('purelib')}\n")

    def run(self, *, installed=True):
        """Run a job: after a step that failed, those alone that say so; what is installed is not installed again."""
        codes, said = {}, ""
        for step in self.gate.steps:
            if (any(codes.values()) and not step.after_failure) or (installed and step.name == "Install"):
                continue
            script = self.folder.with_name("step.sh")
            script.write_text(step.script)
            done = subprocess.run(
                [*self.gate.runner, script],
                cwd=self.folder,
                env=self.environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            codes[step.name], said = done.returncode, said + done.stdout + done.stderr
        return Done(codes, said)

    def environment(self):
        """Give what a runner gives, and no way to any network."""
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        runner = {
            "CI": "true",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(self.folder),
            "SYSTEM_DEFAULTWORKINGDIRECTORY": str(self.folder),
        }
        return {**plain, **runner, **self.gate.variables, **LOCAL, **UNREACHABLE}


def ignored(_, names):
    """Leave out what Python compiled."""
    return [name for name in names if name == "__pycache__"]


@pytest.fixture(scope="module", params=GATES)
def checkout(request, tmp_path_factory):
    """A copy of the project for one of the gates, and what came of its whole job."""
    copy = Checkout(tmp_path_factory.mktemp(request.param), GATES[request.param]())
    return request.param, copy, copy.run(installed=False)


@pytest.mark.xdist_group("gate")
def test_the_stacks_as_they_are_pass(checkout):
    name, copy, done = checkout
    assert done.codes == {"Install": 0, "Judge": 0, "Show": 0}, done.said
    assert {"whole.sarif", "junit.xml", "summary.md", "report.json"} <= {
        path.name for path in (copy.folder / "promises").iterdir()
    }
    assert "::error" not in done.said
    assert "type=error" not in done.said
    shown = copy.summary.read_text() if name == "github" else done.said
    assert re.search("promise|##vso\\[task.uploadsummary\\]/.*/promises/summary.md", shown)


@pytest.mark.xdist_group("gate")
def test_a_break_fails_the_job_and_is_marked_on_its_line(checkout):
    name, copy, _ = checkout
    broken = copy.folder / "stacks" / "guarded_account.py"
    sound = broken.read_text()
    broken.write_text(sound.replace("allow_blob_public_access=False", "allow_blob_public_access=True", 1))
    line = sound[: sound.index("allow_blob_public_access=False")].count("\n") + 1
    copy.summary.unlink(missing_ok=True)
    done = copy.run()
    broken.write_text(sound)
    assert done.codes == {"Judge": BROKEN, "Show": 0}, done.said
    place = {
        "github": f"::error file=stacks/guarded_account.py,line={line},title=storage-no-anonymous-read::",
        "azure": f"type=error;sourcepath=stacks/guarded_account.py;linenumber={line};code=storage-no-anonymous-read",
    }[name]
    assert place in done.said
    if name == "github":
        assert "storage-no-anonymous-read" in copy.summary.read_text()


@pytest.mark.xdist_group("gate")
def test_what_was_broken_already_lets_a_job_pass(checkout):
    _, copy, _ = checkout
    broken = copy.folder / "stacks" / "guarded_account.py"
    sound = broken.read_text()
    broken.write_text(sound.replace("allow_blob_public_access=False", "allow_blob_public_access=True", 1))
    made = subprocess.run(
        [copy.folder / ".venv/bin/audit", "check", "--stack", "production", "--write-baseline", "audit-baseline.json"],
        cwd=copy.folder,
        env=copy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == BROKEN, made.stderr
    done = copy.run()
    broken.write_text(sound)
    (copy.folder / "audit-baseline.json").unlink()
    assert done.codes == {"Judge": 0, "Show": 0}, done.said


def test_what_the_files_take_from_others_is_known():
    """These do not run here; each names a version, which docs/gate.md tells to pin."""
    assert github().others == (
        "actions/checkout@v6",
        "actions/setup-python@v6",
        "actions/upload-artifact@v7",
        "actions/download-artifact@v8",
        "github/codeql-action/upload-sarif@v4",
    )
    assert azure().others == (
        "checkout: self",
        "UsePythonVersion@0",
        "PublishTestResults@2",
        "PublishPipelineArtifact@1",
    )


def test_the_program_of_a_pull_request_meets_no_right_to_write():
    file = yaml.safe_load((GATE / "github-actions.yml").read_text())
    # YAML reads the word `on` as true.
    assert file[True] == {"pull_request": None}
    assert file["permissions"] == {}
    assert file["jobs"]["audit"]["permissions"] == {"contents": "read"}
    assert [job for job, told in file["jobs"].items() if any("run" in step for step in told["steps"])] == ["audit"]
    assert "secrets" not in (GATE / "github-actions.yml").read_text().replace("no secrets", "")
