"""A project deployed by the real Pulumi engine into a local Azure of its own, by the commands that a user types."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from audit.sandbox import process
from audit.sandbox.environment import aws_variables
from tests.sandbox_fixture import Sandbox
from tests.support import POLICIES, ROOT

AUDIT = Path(sys.executable).with_name("audit")
NO_CLI = "the Pulumi CLI is not on PATH: https://www.pulumi.com/docs/iac/download-install/"
HAS_CLI = shutil.which("pulumi") is not None
STACK = "sandbox"
PARTS = """
from admin_access import AdminAccess
from config import load
from keys import Keys
from monitoring import Monitoring
from network import Network

settings = load()
monitoring = Monitoring("monitoring", settings=settings)
network = Network("network", settings=settings)
Keys("keys", settings=settings, network=network, monitoring=monitoring)
"""
"""A program of a few parts of the stack, which is deployed in a few seconds."""


class Deployment:
    """A copy of the project, the folder of its local Azure, and what is done with both."""

    def __init__(self, project, folder, home, *, aws=True):
        self.project, self.folder = project, folder
        self.environment = {**os.environ, "PULUMI_HOME": str(home), "NO_COLOR": "1"}
        process.start(folder, aws=aws)

    @property
    def azure(self):
        """The local Azure that runs now."""
        return Sandbox(process.running(self.folder))

    def aws(self):
        """Return what a client of boto3's needs to find the local AWS."""
        found = aws_variables(f"http://127.0.0.1:{process.running(self.folder).aws}")
        return {
            "endpoint_url": found["AWS_ENDPOINT_URL"],
            "aws_access_key_id": found["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": found["AWS_SECRET_ACCESS_KEY"],
            "region_name": found["AWS_DEFAULT_REGION"],
        }

    def run(self, *words, **options):
        """Run a command in the project's folder with `audit sandbox run`, to its end."""
        command = [AUDIT, "sandbox", "run", "-f", self.folder, "--", *map(str, words)]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, capture_output=True, text=True, check=False, **options
        )

    def pulumi(self, verb, *words):
        """Run a command of Pulumi's on the stack."""
        return self.run("pulumi", verb, "--stack", STACK, "--non-interactive", *words)

    def up(self, *words):
        """Deploy, and fail the test where that fails."""
        done = self.pulumi("up", "--yes", "--skip-preview", *words)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        return done

    def audit(self, *words, report):
        """Run a command of the audit; returns how it ended and its report."""
        done = self.run(AUDIT, *words, "--policies", POLICIES, "--report", report)
        assert (report / "report.json").exists(), done.stderr
        return done, json.loads((report / "report.json").read_text())

    def settle(self):
        """Let a day pass."""
        done = self.run(AUDIT, "sandbox", "settle", "-f", self.folder)
        assert done.returncode == 0, done.stderr

    def state(self):
        """Return what the stack's state holds, by URN."""
        done = self.pulumi("stack", "export")
        return {row["urn"]: row for row in json.loads(done.stdout)["deployment"].get("resources", [])}

    def resources(self):
        """Return what its state holds of clouds: id → URN."""
        own = {urn: row for urn, row in self.state().items() if row["custom"] and not row["type"].startswith("pulumi:")}
        return {row["id"]: urn for urn, row in own.items()}

    def held(self):
        """Return the ids of all that the local Azure holds, in lower case."""
        return {row["id"].lower() for row in self.azure.store.listed()}

    def edit(self, file, old, new):
        """Change the program, for good."""
        path = self.project / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def is_as_tracked(self):
        """Tell whether the project's settings are those of the repository still."""
        files = ("Pulumi.yaml", "stacks/config/Pulumi.sandbox.yaml")
        return all((self.project / file).read_bytes() == (ROOT / file).read_bytes() for file in files)
