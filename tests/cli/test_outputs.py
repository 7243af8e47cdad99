"""What a gate writes: every file whole or none, a baseline that lets through what was there, and honest exit codes."""

import json

import pytest

from tests.cli.running import DECLARING, OPEN, SHUT, audit, project, said
from tests.made import policies_folder, waiver

LATE = 'pulumi.CustomResource("azure-native:storage:StorageAccount", "late", {"allowBlobPublicAccess": True})\n'
HIDDEN = SHUT.replace("False", 'pulumi.StackReference("other/stack").get_output("open")')
PLACED = """\
import pulumi_azure_native as azure

azure.storage.StorageAccount(
    "files", resource_group_name="group", kind="StorageV2", sku={"name": "Standard_GRS"}, allow_blob_public_access=True
)
"""
"""A program that uses the SDK, so that its lines are known."""
FILES = {
    "--sarif": "found.sarif",
    "--code-scanning": "alerts.sarif",
    "--junit": "found.xml",
    "--markdown": "summary.md",
    "--write-baseline": "baseline.json",
}


@pytest.fixture
def shop(tmp_path):
    """A repository with a project in a folder of its own, and sound policies."""
    (tmp_path / ".git").mkdir()
    policies_folder(tmp_path / "policies")
    project(tmp_path / "infra" / "shop", OPEN)
    return tmp_path


def check(folder, *words, code=None):
    """Check the project, with another program where one is given."""
    if code is not None:
        project(folder / "infra" / "shop", code)
    return audit("check", "infra/shop", "--today", "2026-06-30", *words, cwd=folder)


def words(files):
    return [word for pair in files.items() for word in pair]


def test_every_format_is_written_at_once(shop):
    """Each whole, into folders that were not there; the exit code stays the verdict, and stdout the summary."""
    files = words({option: f"out/deep/{name}" for option, name in FILES.items()})
    run = check(shop, *files, "--annotate", "github", code=PLACED)
    assert run.returncode == 3
    assert sorted(path.name for path in (shop / "out" / "deep").iterdir()) == sorted(FILES.values())
    (result,) = json.loads((shop / "out" / "deep" / "alerts.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/shop/__main__.py"
    assert run.stderr.startswith("::error file=infra/shop/__main__.py,line=4,title=storage-locked::files: it is open")
    assert "::error" not in run.stdout


def test_annotations_for_azure_pipelines(shop):
    """In its own words."""
    run = check(shop, "--annotate", "azure", code=PLACED)
    assert run.stderr.startswith(
        "##vso[task.logissue type=error;sourcepath=infra/shop/__main__.py;linenumber=4;code=storage-locked;]files: "
    )


@pytest.mark.parametrize(
    ("before", "after", "exit_code", "told"),
    [
        pytest.param(OPEN, OPEN, 0, "0 new, 1 already there, 0 gone", id="nothing new"),
        pytest.param(OPEN, "# moved\n" + OPEN, 0, "0 new, 1 already there, 0 gone", id="a line moved"),
        pytest.param(OPEN, OPEN + LATE, 3, "1 new, 1 already there, 0 gone", id="one more broken"),
        pytest.param(OPEN, SHUT, 0, "0 new, 0 already there, 1 gone", id="mended"),
        pytest.param(SHUT, OPEN, 3, "1 new, 0 already there, 0 gone", id="broken now"),
        pytest.param(SHUT, DECLARING, 4, "1 new, 0 already there, 0 gone", id="from kept to unproven"),
        pytest.param(SHUT, HIDDEN, 4, "1 new, 0 already there, 0 gone", id="from kept to a value known later"),
        pytest.param(DECLARING, DECLARING, 0, "0 new, 1 already there, 0 gone", id="unproven as before"),
        pytest.param(DECLARING, OPEN, 3, "1 new, 0 already there, 0 gone", id="from unproven to broken"),
        pytest.param(SHUT, SHUT, 0, "0 new, 0 already there, 0 gone", id="all kept"),
    ],
)
def test_a_baseline_decides_what_the_exit_code_states(shop, before, after, exit_code, told):
    """It says what is new; the verdict in the summary and the report stays what it is without one."""
    check(shop, "--write-baseline", "known.json", code=before)
    plain = check(shop, "--report", "plain", code=after)
    run = check(shop, "--baseline", "known.json", "--report", "report", code=after)
    assert run.returncode == exit_code
    assert f"against the baseline of 2026-06-30: {told}" in run.stdout
    assert run.stdout.splitlines()[1] == plain.stdout.splitlines()[1]
    verdicts = [json.loads((shop / folder / "report.json").read_text())["verdict"] for folder in ("plain", "report")]
    assert verdicts[0] == verdicts[1]


def test_a_baseline_may_be_written_and_read_in_one_run(shop):
    """The new one holds what is found now."""
    check(shop, "--write-baseline", "known.json")
    check(shop, "--baseline", "known.json", "--write-baseline", "known.json", code=SHUT)
    assert json.loads((shop / "known.json").read_text())["findings"] == []


def test_waivers_that_end_soon_are_named(shop):
    """Before they do."""
    policies_folder(shop / "policies", waivers=waiver("storage-locked", until="2026-07-02"))
    run = check(shop, "--annotate", "github")
    assert run.returncode == 0
    assert "storage-locked for files, near expiry: it ends in 2 days, on 2026-07-02" in run.stdout
    assert run.stderr == (
        "::warning::waiver of storage-locked for files, near expiry: it ends in 2 days, on 2026-07-02\n"
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        pytest.param(
            ["--sarif", "file/found.sarif"],
            "cannot write file/found.sarif: {folder}/file is no folder. Name another file with --sarif.",
            id="below a file",
        ),
        pytest.param(
            ["--junit", "policies"],
            "cannot write policies: it is a folder. Name another file with --junit.",
            id="a folder",
        ),
        pytest.param(
            ["--markdown", "/dev/full"],
            "cannot write /dev/full: it is no ordinary file. Name another file with --markdown.",
            id="a device",
        ),
        pytest.param(
            ["--sarif", "out.json", "--write-baseline", "./out.json"],
            "--sarif and --write-baseline name one file, out.json. Name two.",
            id="one file for two",
        ),
        pytest.param(
            ["--baseline", "a.json", "--baseline", "b.json"],
            "--baseline is given 2 times. Give one of them.",
            id="two baselines",
        ),
        pytest.param(
            ["--baseline", "nowhere.json"],
            "cannot read the baseline nowhere.json: No such file or directory. Make it with --write-baseline.",
            id="no baseline",
        ),
        pytest.param(["--baseline", "file"], "file is no baseline: ", id="no baseline in it"),
        pytest.param(["--annotate", "jenkins"], "invalid value for '--annotate': ", id="an unknown reader"),
    ],
)
def test_what_cannot_be_written_is_one_line_before_anything_runs(shop, options, line):
    """The program is not run for nothing, and no other file is left behind."""
    (shop / "file").write_text("old")
    project(shop / "infra" / "shop", "open('ran', 'w').close()\n" + OPEN)
    before = written(shop)
    told = said(check(shop, "--junit", "found.xml", *options) if "--junit" not in options else check(shop, *options))
    assert told.startswith(line.format(folder=shop))
    assert written(shop) == before


def written(folder):
    """List what stands in a folder, but for what Python keeps of the files that it ran."""
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
