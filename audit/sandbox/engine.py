"""What a Pulumi process needs besides a cloud: a place for its state, a passphrase, and providers to work through."""

import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from audit.model import AuditError
from audit.sandbox.process import Running

PASSPHRASE = "local"  # noqa: S105  # opens the sandbox stack's settings, in which everything is made up
_CLI = "pulumi"
_ATTACHED = "PULUMI_DEBUG_PROVIDERS"
"""https://www.pulumi.com/docs/iac/cli/environment-variables/"""
_READY_IN, _GONE_IN = 30.0, 5.0
_FROM_NOTHING = frozenset(("up", "update", "preview", "pre", "import"))
"""The commands that a stack may be made for."""


def demand(words: Sequence[str], given: Mapping[str, str]) -> None:
    """Raise `AuditError` where a command is not there; for Pulumi's it says how to install it."""
    if shutil.which(words[0], path=given.get("PATH")) is not None:
        return
    if Path(words[0]).name == _CLI:
        how = "Install it by https://www.pulumi.com/docs/iac/download-install/ and have it on PATH"
        raise AuditError(f"cannot run {words[0]}: the Pulumi CLI is not installed. {how}.")
    raise AuditError(f"cannot run {words[0]}: it is not there. Name a command that is installed.")


def has_cli(given: Mapping[str, str]) -> bool:
    """Tell whether a command could call the Pulumi CLI."""
    return shutil.which(_CLI, path=given.get("PATH")) is not None


def variables(folder: Path) -> dict[str, str]:
    """Return what has Pulumi keep its state in the local Azure's folder, and ask for nothing.

    The passphrase takes the place of the caller's own, which would not open the sandbox stack's settings. It guards
    nothing: what it opens is made up. https://www.pulumi.com/docs/iac/concepts/state-and-backends/
    """
    state = folder.resolve() / "pulumi"
    state.mkdir(parents=True, exist_ok=True)
    return {
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def plugin(name: str, given: Mapping[str, str]) -> str:
    """Return the version of an installed resource plugin, the newest of several; empty where there is none.

    Pulumi keeps them in `plugins` of its home: https://www.pulumi.com/docs/iac/concepts/plugins/
    """
    home = Path(given["PULUMI_HOME"]) if given.get("PULUMI_HOME") else Path(given.get("HOME", "~")) / ".pulumi"
    prefix = f"resource-{name}-v"
    whole = [
        found.name.removeprefix(prefix)
        for found in home.expanduser().glob(f"plugins/{prefix}*")
        # One that is just being installed has a file of its name beside it.
        if found.is_dir() and not found.with_name(f"{found.name}.partial").exists()
    ]
    return max(whole, key=lambda version: [int(part) for part in re.findall(r"\d+", version)], default="")


@contextmanager
def providers(found: Running, given: Mapping[str, str]) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Start our own provider for each cloud whose real plugin is not installed, until the block ends.

    Gives the variable that attaches Pulumi to them, and what the user should know, line by line. What a caller has
    attached himself stays. Raises `AuditError` where a provider does not come up.
    """
    attached = dict(re.findall(r"([^:,]+):([^:,]+)", given.get(_ATTACHED, "")))
    told: list[str] = []
    with ExitStack() as ended:
        begun = {}
        for name in ("azure-native", *(("aws",) if found.aws else ())):
            version = plugin(name, given)
            if name in attached:
                told.append(f"{name}: as {_ATTACHED} says, on port {attached[name]}")
            elif version:
                told.append(f"{name}: the installed plugin {version} is pointed at the local cloud, which is untried")
            else:
                told.append(f"{name}: no plugin is installed; a provider of the local cloud stands in for it")
                begun[name] = ended.enter_context(_provider(found.folder, name, given))
        attached |= {name: _port(found.folder, name, child) for name, child in begun.items()}
        joined = ",".join(f"{name}:{port}" for name, port in attached.items())
        yield ({_ATTACHED: joined} if joined else {}), told


@contextmanager
def _provider(folder: Path, name: str, given: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Run one provider; an interruption from the terminal passes it by, since Pulumi still needs it then."""
    # Its standard input is ours: where this process is killed it closes, and the provider ends.
    command = [sys.executable, "-m", "audit.sandbox.provider", str(folder.resolve()), name, "--while-stdin"]
    with _log(folder, name).open("ab") as log:
        child = subprocess.Popen(  # noqa: S603  # our own module, without a shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(given),
            text=True,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(_GONE_IN)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _log(folder: Path, name: str) -> Path:
    return folder / f"provider-{name}.log"


def _port(folder: Path, name: str, child: "subprocess.Popen[str]") -> str:
    """Return the port that a provider has told in its first line."""
    said = child.stdout
    line = said.readline().strip() if said and select.select([said], [], [], _READY_IN)[0] else ""
    if not line.isdigit():
        raise AuditError(f"the provider for {name} did not start. Read {_log(folder, name)}.")
    return line


def prepare(words: Sequence[str], given: Mapping[str, str]) -> None:
    """Make the stack that a Pulumi command is about to deploy where the backend has none of its name.

    A command that names no stack by `--stack`, or a project elsewhere, is left alone. Raises `AuditError` where the
    stack cannot be made.
    """
    stack, folder = _option(words, "--stack", "-s"), Path(_option(words, "--cwd", "-C") or ".")
    if Path(words[0]).name != _CLI or not set(words) & _FROM_NOTHING:
        return
    project = _project(folder)
    state = Path(given["PULUMI_BACKEND_URL"].removeprefix("file://"))
    if not stack or "/" in stack or not project or (state / f".pulumi/stacks/{project}/{stack}.json").exists():
        return
    # Without `--no-select` it would change which stack the user's other shells work with.
    command = [words[0], "stack", "init", stack, "--no-select", "--non-interactive", "--cwd", str(folder)]
    made = subprocess.run(command, env=dict(given), capture_output=True, text=True, check=False)  # noqa: S603  # the user's own Pulumi
    if made.returncode:
        trouble = (made.stderr.strip().splitlines() or ["it said nothing"])[-1].removeprefix("error: ")
        raise AuditError(f"pulumi cannot make the stack {stack}: {trouble}. Mend its settings.")


def _option(words: Sequence[str], *names: str) -> str:
    """Return the value of a command's option, empty where it has none."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else after
    return ""


def _project(folder: Path) -> str:
    """Return the name of the Pulumi project of a folder, empty where there is none."""
    try:
        found = re.search(r"^name:\s*[\"']?([^\s\"'#]+)", (folder / "Pulumi.yaml").read_text(), flags=re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""
