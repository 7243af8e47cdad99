"""The command says what it does, starts at once, and says its version."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.cli.running import ESCAPE, audit, environment
from tests.support import ROOT

HELP = """\
Usage: audit [OPTIONS] COMMAND [ARGS]...

  Check what a company's privacy statements promise against the infrastructure that keeps it.

  Exit codes: 0 kept or waived, 2 could not run, 3 at least one broken, 4 none broken and at least
  one unproven.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  attest     Write the attestation ID into attestations.toml, or --list them.
  breach     Keep the register of personal data breaches.
  check      Say promise by promise what is kept.
  collect    Only look, and write down what was seen.
  data       Look inside the data that we hold, for what no setting shows.
  drift      Compare what is declared with what runs.
  explain    Say what the control or commitment ID claims, why, how to keep it, and what it...
  key        Make a key that signs packs, or show the public half of one.
  list       List the controls, commitments or kinds, a line each.
  drill      Restore what was backed up, and prove what came back.
  lock       Close a door that can never be opened again.
  notify     Tell people when a promise changed, a drill went wrong, a pack does not verify,...
  probe      Look from outside at the company's own names, doors and pages.
  replay     Derive the verdicts of PACK again from its raw answers.
  report     Say promise by promise what was kept over a quarter, from its packs.
  sandbox    Run a local Azure.
  seal       Seal a pack, so that nobody can change it unseen.
  statement  Compare the text in FILE with the recorded sentences: which stand, which...
  store      Store a sealed pack where nobody can delete it, and compare what is read back.
  verify     Check packs, or all packs in a folder, without a network.
"""


@pytest.mark.parametrize("words", [("--help",), ("-h",)])
def test_the_help_names_every_command_and_exit_code(tmp_path, words):
    """The whole text is compared: it is what a newcomer reads."""
    run = audit(*words, cwd=tmp_path, COLUMNS="100")
    assert (run.returncode, run.stdout, run.stderr) == (0, HELP, "")


SANDBOX = [f"sandbox {command}" for command in ("start", "stop", "status", "load", "clock", "fault", "run")]


JUDGING = ["attest", "check", "collect", "data", "drift", "explain", "list", "probe", "replay", "report", "statement"]


@pytest.mark.parametrize("command", [*JUDGING, *SANDBOX])
def test_every_command_explains_itself(tmp_path, command):
    """With its arguments and options, anywhere."""
    run = audit(*command.split(), "--help", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stdout.startswith(f"Usage: audit {command} ")
    assert ("--folder" if command in SANDBOX else "--policies") in run.stdout
    assert ESCAPE not in run.stdout


def test_the_version_is_the_packages(tmp_path):
    """A report names it, too."""
    assert audit("--version", cwd=tmp_path).stdout == f"audit, version {version('promise-audit')}\n"


def test_help_needs_nothing_heavy():
    """Pulumi, rich and Jinja2 are imported when something is judged or shown."""
    code = (
        "import sys; sys.argv = ['audit', '--help']\nfrom audit.cli import main\ntry:\n    main()\nfinally:\n    "
        + ("print(sorted({name.partition('.')[0] for name in sys.modules} & {'pulumi', 'rich', 'jinja2', 'yaml'}))")
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] in ("[]", "['yaml']")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("chek",), id="an unknown command"),
        pytest.param(("check", "--colour"), id="an unknown option"),
        pytest.param(("check", "--today", "soon"), id="a word for a day"),
        pytest.param(("check", "--seconds", "0"), id="no time at all"),
        pytest.param(("check", "--config"), id="an option without its value"),
        pytest.param(("check", ".", "there"), id="two projects"),
        pytest.param(("list", "promises"), id="a list of something else"),
        pytest.param(("explain",), id="nothing to explain"),
        pytest.param(("statement",), id="no text"),
    ],
)
def test_a_command_that_is_spelt_wrong_says_what_is_wrong(tmp_path, words):
    """On stderr, with the code of what could not run."""
    run = audit(*words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    (line,) = run.stderr.splitlines()
    assert line.startswith("audit: ")
    assert line.endswith(" --help`.")
