"""`audit check` on small programs: its exit code is the verdict, and what cannot run leaves nothing behind."""

import json
import os
import subprocess

import pytest

from tests.cli.running import AUDIT, DECLARING, ESCAPE, OPEN, SHUT, UNKNOWN, audit, environment, project
from tests.made import LOCKS, commitment, policies_folder, statement, waiver

CRITICAL = LOCKS.replace("Severity.HIGH", "Severity.CRITICAL")
CATEGORICAL = statement(commitment("S-1", controls=["storage-locked"], categorical=True))
BESIDE = 'pulumi.CustomResource("azure-native:storage:StorageAccount", "late", {"allowBlobPublicAccess": True})\n'
ELSEWHERE = "import pulumi\npulumi.CustomResource('azure-native:keyvault:Vault', 'safe', {})\n"


@pytest.mark.parametrize(
    ("code", "policies", "exit_code", "verdict"),
    [
        pytest.param(SHUT, {}, 0, "Kept", id="kept"),
        pytest.param(
            OPEN,
            {"waivers": waiver("storage-locked")},
            0,
            "Waived",
            id="waived",
        ),
        pytest.param(OPEN, {}, 3, "Broken", id="broken"),
        pytest.param(
            OPEN,
            {"waivers": waiver("storage-locked", planes=["live"])},
            3,
            "Broken",
            id="waived on another plane",
        ),
        pytest.param(
            DECLARING,
            {},
            4,
            "Unproven",
            id="a property that is not set",
        ),
        pytest.param(
            ELSEWHERE,
            {},
            4,
            "Unproven",
            id="nothing of the kind",
        ),
        pytest.param(
            SHUT + "raise ValueError('out of ink')\n",
            {},
            4,
            "Unproven",
            id="a program that stops half way",
        ),
        pytest.param(
            OPEN + "raise ValueError('out of ink')\n",
            {},
            3,
            "Broken",
            id="one that stops after something broken",
        ),
        pytest.param(
            SHUT + UNKNOWN.replace('"files"', '"late"'),
            {},
            0,
            "Kept",
            id="a value that only a deployment knows",
        ),
        pytest.param(
            SHUT + UNKNOWN.replace('"files"', '"late"'),
            {"controls": {"storage/locked.py": CRITICAL}},
            4,
            "Unproven",
            id="such a value of a critical control",
        ),
        pytest.param(SHUT + BESIDE, {}, 3, "Broken", id="one of two broken"),
    ],
)
def test_the_exit_code_is_the_verdict(tmp_path, code, policies, exit_code, verdict):
    """Row by row as the help documents it; the result stands on stdout and nothing on stderr."""
    policies_folder(tmp_path / "policies", **policies)
    run = audit("check", project(tmp_path / "shop", code), "--today", "2026-06-30", cwd=tmp_path)
    headline = run.stdout.splitlines()[1]
    assert (run.returncode, headline.partition(":")[0], run.stderr) == (exit_code, verdict, "")


def test_a_waiver_does_not_excuse_a_categorical_promise(tmp_path):
    """The control rests on the waiver, the promise is broken, and so is the verdict."""
    policies_folder(tmp_path / "policies", statements={"s.toml": CATEGORICAL}, waivers=waiver("storage-locked"))
    words = ("--today", "2026-06-30", "--report", "report")
    run = audit("check", project(tmp_path / "shop", OPEN), *words, cwd=tmp_path)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (run.returncode, report["verdict"], report["controls"][0]["verdict"]) == (3, "broken", "waived")
    assert report["statements"][0]["promises"][0]["verdict"] == "broken"


TYPED = """\
import pulumi
import pulumi_azure_native as azure

password = pulumi.Config().require_secret("password")
group = azure.resources.ResourceGroup("group")
azure.storage.StorageAccount(
    "files",
    resource_group_name=group.name,
    kind=azure.storage.Kind.STORAGE_V2,
    sku=azure.storage.SkuArgs(name="Standard_GRS"),
    tags={"data": "files", "password": password},
    allow_blob_public_access=True,
)
"""


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """Audit a program that uses the real SDK, once, from another folder, with a report."""
    folder = tmp_path_factory.mktemp("typed")
    policies_folder(folder / "rules")
    project(folder / "shop", TYPED)
    words = ("--policies", "rules", "--config", "password=hunter2", "--report", "out/report", "--today", "2026-06-30")
    return folder, audit("check", "shop", *words, cwd=folder)


def test_a_broken_promise_says_where_to_mend_it(typed):
    """The file and line of the property, and the argument to set."""
    _, run = typed
    assert run.returncode == 3
    lines = [line.strip() for line in run.stdout.splitlines()]
    assert "files: it is open" in lines
    assert "at __main__.py:12" in lines
    assert "change: allow_blob_public_access=False" in lines


def test_the_report_folder_holds_the_page_and_the_document(typed):
    """Both whole, and nothing else."""
    folder, run = typed
    assert sorted(path.name for path in (folder / "out" / "report").iterdir()) == ["index.html", "report.json"]
    report = json.loads((folder / "out" / "report" / "report.json").read_text())
    assert report["verdict"] == "broken"
    assert report["judged_on"] == "2026-06-30"
    assert report["origin"] == "project shop, stack production"
    (control,) = report["controls"]
    (finding,) = control["findings"]
    assert (finding["name"], finding["file"], finding["line"]) == ("files", "__main__.py", 12)
    assert (folder / "out" / "report" / "index.html").read_text().lower().startswith("<!doctype html>")
    assert "out/report/index.html" in run.stdout


def test_what_is_printed_through_a_pipe_has_no_escape_codes(typed):
    """So that it can be searched and kept."""
    _, run = typed
    assert ESCAPE not in run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 100


def on_a_terminal(folder, **changes):
    """Run a check on a terminal and return what it shows."""
    ours, theirs = os.openpty()
    words = [AUDIT, "check", "shop", "--today", "2026-06-30"]
    with subprocess.Popen(words, cwd=folder, env=environment(**changes), stdout=theirs, stderr=subprocess.PIPE):
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # a terminal that nobody holds any more
            pass
    os.close(ours)
    return shown.decode()


def test_colour_is_for_terminals_and_for_who_wants_it(tmp_path):
    """`NO_COLOR` turns it off."""
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", OPEN)
    coloured, plain = on_a_terminal(tmp_path), on_a_terminal(tmp_path, NO_COLOR="1")
    assert ESCAPE in coloured
    assert ESCAPE not in plain
    assert "Broken: " in plain


def test_two_runs_say_the_same(tmp_path):
    """The same program and policies give the same summary."""
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", OPEN)
    one, two = (audit("check", "shop", "--today", "2026-06-30", cwd=tmp_path) for _ in range(2))
    assert one.stdout == two.stdout


def test_a_setting_on_the_command_line_wins(tmp_path):
    """Over the stack's file, for a key of the project's own and for a full one."""
    code = "import pulumi\nkey = pulumi.Config().require_bool('open')\n" + OPEN.replace("True", "key")
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", code, settings='{"shop:open": true}')
    assert audit("check", "shop", cwd=tmp_path).returncode == 3
    assert audit("check", "shop", "-c", "open=false", cwd=tmp_path).returncode == 0
    assert audit("check", "shop", "-c", "shop:open=false", cwd=tmp_path).returncode == 0


def test_a_waiver_counts_until_its_day(tmp_path):
    """`--today` says which day it is: after it, the deviation is broken again, and the waiver named."""
    policies_folder(tmp_path / "policies", waivers=waiver("storage-locked", until="2026-06-30"))
    project(tmp_path / "shop", OPEN)
    assert audit("check", "shop", "--today", "2026-06-30", cwd=tmp_path).returncode == 0
    run = audit("check", "shop", "--today", "2026-07-01", cwd=tmp_path)
    assert run.returncode == 3
    assert "storage-locked for files, expired: it expired on 2026-06-30" in run.stdout


def test_a_report_replaces_the_one_before(tmp_path):
    """What else lies in the folder stays."""
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", OPEN)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text("old")
    (tmp_path / "report" / "notes.txt").write_text("mine")
    audit("check", "shop", "--report", "report", cwd=tmp_path)
    assert json.loads((tmp_path / "report" / "report.json").read_text())["verdict"] == "broken"
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["index.html", "notes.txt", "report.json"]


def test_a_secret_setting_is_nowhere_in_what_is_written(tmp_path):
    """Neither in the summary nor in the report, also where the program stops over it."""
    code = (
        "import pulumi\n"
        "password = pulumi.Config().require_secret('password')\n"
        + SHUT.replace("False", "False, 'tags': {'data': 'files', 'key': password}")
        + "raise ValueError(pulumi.Config().require('plain'))\n"
    )
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", code, settings='{"shop:password": {"secure": "v1:hunter2"}, "shop:plain": "ink"}')
    run = audit("check", "shop", "--report", "report", cwd=tmp_path)
    written = run.stdout + run.stderr + "".join(path.read_text() for path in (tmp_path / "report").iterdir())
    assert run.returncode == 4
    assert "hunter2" not in written
    assert "a0d17000" not in written
