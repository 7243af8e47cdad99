"""What a Pulumi process finds in the sandbox: a backend, a passphrase, providers; and nothing of it stays behind."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audit.model import AuditError
from audit.sandbox import engine, process
from audit.sandbox.environment import environment

AUDIT = Path(sys.executable).with_name("audit")
TELL = "import json, os; print(json.dumps(dict(os.environ)))"
PROVIDERS = "PULUMI_DEBUG_PROVIDERS"
SEEN_IN = 30


@pytest.fixture
def folder(tmp_path):
    """A folder whose local Azure is stopped in the end."""
    yield tmp_path / "azure"
    process.stop(tmp_path / "azure")


@pytest.fixture
def cli(tmp_path):
    """A program called `pulumi` that writes down how it is called, alone on PATH with what the shell needs."""
    path = tmp_path / "bin" / "pulumi"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n[ "$2" != init ] || [ ! -e {tmp_path}/refuse ] ||\n')
    path.open("a").write('  { echo "warning: old" >&2; echo "error: incorrect passphrase" >&2; exit 255; }\n')
    path.chmod(0o755)
    return path


def given(*folders, **changes):
    """Give an environment without any Pulumi of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return {**kept, "PATH": os.pathsep.join((*map(str, folders), "/usr/bin", "/bin")), "HOME": "/nowhere", **changes}


def ran(*words, env, **options):
    """Run `audit sandbox` to its end."""
    command = [AUDIT, "sandbox", *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False, **options)


def is_open(port):
    """Tell whether somebody listens on a port of the loopback interface."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", int(port))) == 0


def test_pulumi_keeps_its_state_in_the_folder_and_asks_for_no_passphrase(sandbox):
    found = environment(sandbox.running, {"PULUMI_CONFIG_PASSPHRASE": "mine", "PULUMI_CONFIG_PASSPHRASE_FILE": "/mine"})
    state = Path(found["PULUMI_BACKEND_URL"].removeprefix("file://"))
    assert state == sandbox.running.folder.resolve() / "pulumi"
    assert state.is_dir()
    assert found["PULUMI_CONFIG_PASSPHRASE"] == engine.PASSPHRASE
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found


@pytest.mark.parametrize(
    "name",
    ["ARM_USE_OIDC", "ARM_USE_MSI", "ARM_CLIENT_CERTIFICATE_PATH", "ARM_ENVIRONMENT", "AZURE_FEDERATED_TOKEN_FILE"],
)
def test_nobody_elses_sign_in_reaches_a_command(sandbox, name):
    assert name not in environment(sandbox.running, {name: "mine"})


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_REGION"])
def test_no_other_aws_is_reached_where_there_is_a_local_one(sandbox, name):
    with_aws = process.Running(folder=sandbox.running.folder, pid=0, port=1, aws=2)
    assert name not in environment(with_aws, {name: "mine"})


@pytest.mark.parametrize(
    ("names", "version"),
    [
        pytest.param((), "", id="none"),
        pytest.param(("resource-azure-native-v3.29.0/",), "3.29.0", id="one"),
        pytest.param(("resource-azure-native-v3.9.0/", "resource-azure-native-v3.10.0/"), "3.10.0", id="the newest"),
        pytest.param(("resource-azure-native-v3.9.0/", "resource-azure-native-v3.9.0.partial"), "", id="half of one"),
        pytest.param(("resource-azure-native-v3.9.0.lock",), "", id="a lock of one"),
        pytest.param(("resource-azure-v5.0.0/",), "", id="another plugin"),
    ],
)
def test_a_plugin_counts_where_it_is_installed_whole(tmp_path, names, version):
    for name in names:
        path = tmp_path / "plugins" / name
        path.parent.mkdir(exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    assert engine.plugin("azure-native", {"PULUMI_HOME": str(tmp_path)}) == version


def test_plugins_are_found_in_the_home_folder_too(tmp_path):
    (tmp_path / ".pulumi/plugins/resource-aws-v7.0.0").mkdir(parents=True)
    assert engine.plugin("aws", {"HOME": str(tmp_path)}) == "7.0.0"


def test_a_missing_cli_is_one_line_and_nothing_is_started(folder):
    told = ran("run", "-f", folder, "--", "pulumi", "up", env=given())
    assert (told.returncode, told.stdout) == (2, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith("audit: cannot run pulumi: the Pulumi CLI is not installed. Install it by https://")
    assert not folder.exists()


def test_where_no_cli_could_be_called_no_provider_is_started(folder):
    told = ran("run", "--no-aws", "-f", folder, "--", sys.executable, "-c", TELL, env=given())
    assert told.returncode == 0, told.stderr
    assert PROVIDERS not in json.loads(told.stdout)
    assert told.stderr == ""


def test_providers_stand_in_while_the_command_runs(folder, cli):
    code = (
        f"{TELL}; import socket; ports = [int(one.split(':')[1]) for one in os.environ['{PROVIDERS}'].split(',')];"
        "[socket.create_connection(('127.0.0.1', port)).close() for port in ports]"
    )
    told = ran("run", "-f", folder, "--", sys.executable, "-c", code, env=given(cli.parent))
    assert told.returncode == 0, told.stderr
    attached = dict(one.split(":") for one in json.loads(told.stdout)[PROVIDERS].split(","))
    assert sorted(attached) == ["aws", "azure-native"]
    assert [line.partition(";")[2] for line in told.stderr.splitlines()] == [
        " a provider of the local cloud stands in for it"
    ] * 2
    assert not any(is_open(port) for port in attached.values())


def test_an_installed_plugin_is_pointed_at_the_local_cloud_and_said_to_be_untried(folder, cli, tmp_path):
    (tmp_path / "plugins/resource-azure-native-v3.29.0").mkdir(parents=True)
    env = given(cli.parent, PULUMI_HOME=str(tmp_path))
    told = ran("run", "--no-aws", "-f", folder, "--", sys.executable, "-c", TELL, env=env)
    assert PROVIDERS not in json.loads(told.stdout)
    (line,) = told.stderr.splitlines()
    assert "3.29.0 is pointed at the local cloud, which is untried" in line


def test_what_a_caller_attached_stays_attached(folder, cli):
    env = given(cli.parent, **{PROVIDERS: "azure-native:4711,random:4712"})
    told = ran("run", "--no-aws", "-f", folder, "--", sys.executable, "-c", TELL, env=env)
    assert json.loads(told.stdout)[PROVIDERS] == "azure-native:4711,random:4712"


@pytest.mark.parametrize(
    ("words", "stack"),
    [
        pytest.param(("up", "--stack", "sandbox"), "sandbox", id="a deployment"),
        pytest.param(("-s", "sandbox", "preview"), "sandbox", id="options first"),
        pytest.param(("import", "--stack=sandbox"), "sandbox", id="with a sign"),
        pytest.param(("up",), "", id="the selected stack"),
        pytest.param(("up", "--stack", "organization/shop/sandbox"), "", id="a stack named in full"),
        pytest.param(("destroy", "--stack", "sandbox"), "", id="nothing to be made"),
        pytest.param(("up", "--stack", "known"), "", id="a stack that is there"),
    ],
)
def test_a_stack_that_is_to_be_deployed_is_made_where_it_is_not_there(cli, tmp_path, words, stack):
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    known = tmp_path / "state/.pulumi/stacks/shop/known.json"
    known.parent.mkdir(parents=True)
    known.touch()
    env = given(PULUMI_BACKEND_URL=f"file://{tmp_path}/state")
    engine.prepare([str(cli), "--cwd", str(tmp_path), *words], env)
    called = tmp_path / "calls"
    made = f"stack init {stack} --no-select --non-interactive --cwd {tmp_path}\n" if stack else ""
    assert (called.read_text() if called.exists() else "") == made


def test_a_stack_that_cannot_be_made_is_one_line(cli, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text('name: "shop"\n')
    (tmp_path / "refuse").touch()
    env = given(PULUMI_BACKEND_URL=f"file://{tmp_path}/state")
    with pytest.raises(AuditError, match=r"cannot make the stack sandbox: incorrect passphrase\. Mend"):
        engine.prepare([str(cli), "up", "-s", "sandbox", "-C", str(tmp_path)], env)


def of_folder(folder):
    """Return the command lines of the processes that work for a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in line:
            found.append(line)
    return found


def awaited(seen):
    """Wait until something is there to be seen."""
    until = time.monotonic() + SEEN_IN
    while not (found := seen()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found by Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_reaches_the_command_and_ends_all_that_was_started(folder, cli, tmp_path, number):
    """In a session of its own: no terminal would have told the command by itself."""
    ready, got = tmp_path / "ready", tmp_path / "got"
    code = (
        "import pathlib, signal, sys, time\n"
        f"def ended(*_): pathlib.Path({str(got)!r}).touch(); sys.exit(5)\n"
        f"signal.signal({int(number)}, ended)\n"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(120)"
    )
    # A runner in the background may ignore the signal, and what is ignored is inherited.
    hearing = (
        f"import os, signal, sys; signal.signal({int(number)}, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    )
    command = [sys.executable, "-c", hearing, AUDIT, "sandbox", "run", "-f", folder, "--", sys.executable, "-c", code]
    run = subprocess.Popen(command, env=given(cli.parent), start_new_session=True, stderr=subprocess.DEVNULL)
    assert awaited(ready.exists)
    started = "\n".join(of_folder(folder))
    assert ["audit.sandbox.process" in started, "audit.sandbox.provider" in started] == [True, True]
    run.send_signal(number)
    assert run.wait(SEEN_IN) == 5
    assert got.exists()
    assert of_folder(folder) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found by Linux's /proc")
def test_a_provider_ends_with_the_run_that_was_killed(folder, cli, tmp_path):
    ready = tmp_path / "ready"
    code = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(2)"
    command = [AUDIT, "sandbox", "run", "-f", folder, "--", sys.executable, "-c", code]
    run = subprocess.Popen(command, env=given(cli.parent), start_new_session=True, stderr=subprocess.DEVNULL)
    assert awaited(ready.exists)
    run.kill()
    run.wait(SEEN_IN)
    assert awaited(lambda: not any("audit.sandbox.provider" in line for line in of_folder(folder)))


@pytest.mark.parametrize("piped", [False, True], ids=["from the terminal", "with its input from elsewhere"])
def test_an_interruption_at_the_terminal_reaches_the_command_once(folder, tmp_path, piped):
    """Twice, Pulumi would drop everything."""
    code = (
        "import signal, sys, time\n"
        "times = []\n"
        "signal.signal(signal.SIGINT, lambda *_: times.append(1))\n"
        "print('ready', flush=True); time.sleep(3); print('interrupted', len(times))"
    )
    command = [AUDIT, "sandbox", "run", "--no-aws", "-f", folder, "--", sys.executable, "-c", code]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        if piped:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.execve(AUDIT, command, given())  # noqa: S606  # the child of a fork becomes the command
    said = b""
    while b"interrupted" not in said and (more := read(terminal)):
        said += more
        if said.endswith(b"ready\r\n"):
            os.write(terminal, b"\x03")
    os.waitpid(pid, 0)
    assert b"interrupted 1" in said + read(terminal)


def read(terminal):
    """Read what a terminal shows; nothing once nobody writes there any more."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_a_day_cannot_pass_where_there_is_nothing(folder):
    told = ran("settle", "-f", folder, env=given())
    assert (told.returncode, told.stdout) == (2, "")
    assert "no local Azure is kept in" in told.stderr
