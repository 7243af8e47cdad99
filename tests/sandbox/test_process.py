"""The process of the local Azure: started, joined, stopped, and what a command finds when it is run against it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from audit.model import AuditError
from audit.sandbox import process, proxy
from audit.sandbox.environment import environment
from tests.sandbox_fixture import Sandbox

ASK = """
import os, urllib.request, ssl
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
opened = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
try:
    print(opened.open({url}).status)
except OSError as error:
    print(error)
"""
PUBLIC = "https://management.azure.com/metadata/endpoints?api-version=2022-09-01"


@pytest.fixture
def folder(tmp_path):
    """A folder whose local Azure is stopped in the end."""
    yield tmp_path / "azure"
    process.stop(tmp_path / "azure")


def audit(*words, **options):
    """Run the command line as a user does."""
    command = [sys.executable, "-c", "from audit.cli import main; main()", "sandbox", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_a_second_start_joins_and_a_restart_keeps_state_and_port(folder):
    first, started = process.start(folder, aws=False)
    assert started
    assert process.start(folder, aws=False) == (first, False)
    Sandbox(first).group("kept")
    assert process.stop(folder) is True
    assert process.stop(folder) is False
    again, started = process.start(folder, aws=False)
    assert (started, again.port, again.pid != first.pid) == (True, first.port, True)
    assert Sandbox(again).ask("GET", f"{Sandbox(again).root}/resourceGroups/kept?api-version=2024-03-01")[0] == 200


def test_what_a_killed_process_left_behind_is_not_taken_for_it(folder):
    first, _ = process.start(folder, aws=False)
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert (folder / "running.json").exists()
    assert process.running(folder) is None
    assert process.start(folder, aws=False)[1] is True


def test_stopping_leaves_no_process_and_no_trace_but_what_it_holds(folder):
    found, _ = process.start(folder, aws=False)
    process.stop(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(found.pid, 0)
    assert not {"running.json", "store.sqlite-wal"} & {file.name for file in folder.iterdir()}
    assert (folder / "client-secret").stat().st_mode & 0o077 == 0
    assert (folder / "server.pem").stat().st_mode & 0o077 == 0


def test_two_starts_at_once_share_one_process(folder):
    command = [sys.executable, "-c", "from audit.cli import main; main()", "sandbox", "start", "--no-aws", "-f", folder]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [child.communicate(timeout=60)[0] for child in children]
    found = process.running(folder)
    assert [f"(process {found.pid})" in text for text in told] == [True, True]


def test_a_run_gives_the_environment_passes_the_exit_code_on_and_stops_what_it_started(folder):
    command = "import os, sys; print(os.environ['ARM_METADATA_HOSTNAME'], os.environ['AZURE_CLIENT_ID']); sys.exit(7)"
    ran = audit("run", "--no-aws", "-f", folder, "--", sys.executable, "-c", command)
    assert ran.returncode == 7, ran.stderr
    assert ran.stdout.startswith("localhost:")
    assert process.running(folder) is None


def test_a_run_leaves_running_what_ran_before(folder):
    process.start(folder, aws=False)
    assert audit("run", "-f", folder, "--", "true").returncode == 0
    assert process.running(folder) is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("status",), "no local Azure runs in", id="status of none"),
        pytest.param(("fault", "deny"), "no local Azure runs in", id="a fault in none"),
        pytest.param(
            ("run", "--no-aws", "--", "no-such-command"), "cannot run no-such-command", id="a missing command"
        ),
    ],
)
def test_what_a_user_can_mend_is_one_line(folder, words, message):
    ran = audit(words[0], "-f", folder, *words[1:])
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_faults_are_set_told_and_cleared_by_command(folder):
    process.start(folder, aws=False)
    assert audit("fault", "-f", folder, "status", "--path", "*/locks", "--status", "403").returncode == 0
    assert "fault: status on * */locks" in audit("status", "-f", folder).stdout
    assert audit("fault", "-f", folder, "clear").stdout == "cleared: 1\n"


def test_the_public_clouds_hosts_lead_here_and_no_other_host_is_reached(folder):
    process.start(folder, aws=False)
    told = {
        url: audit("run", "--public-cloud", "-f", folder, "--", sys.executable, "-c", ASK.format(url=repr(url))).stdout
        for url in (PUBLIC, "https://example.org/")
    }
    assert told[PUBLIC] == "200\n"
    assert "403" in told["https://example.org/"]
    assert "refused: example.org:443, 1 times" in audit("status", "-f", folder).stdout


def test_the_local_aws_is_in_the_environment(folder):
    command = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'])"
    ran = audit("run", "-f", folder, "--", sys.executable, "-c", command)
    assert (ran.returncode, ran.stdout) == (0, "[]\n"), ran.stderr


def test_an_unmodified_client_of_the_public_cloud_works(folder):
    program = Path(__file__).with_name("unmodified.py")
    ran = audit("run", "--no-aws", "--public-cloud", "-f", folder, "--", sys.executable, program)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("/resourceGroups/group\n['group']\n")
    assert proxy.refused(folder) == {}


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(AuditError, match="Name another --folder"):
        process.running(file)


def test_a_command_may_change_its_folder(sandbox, monkeypatch):
    """The certificate is named by its whole path, wherever the local Azure was started from."""
    folder = sandbox.running.folder
    monkeypatch.chdir(folder.parent)
    near = msgspec.structs.replace(sandbox.running, folder=Path(folder.name))
    assert Path(environment(near, {})["SSL_CERT_FILE"]).is_absolute()
