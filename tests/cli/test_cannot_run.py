"""What `audit check` cannot run is one line on stderr, and nothing is written."""

import pytest

from tests.cli.running import SHUT, audit, project, said
from tests.made import LOCKS, commitment, policies_folder, statement, waiver


def write(name, content):
    """Make a step that writes one file."""

    def step(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return step


def remove(name):
    """Make a step that removes one file."""
    return lambda folder: (folder / name).unlink()


SYNTAX = "def judge(:\n"


@pytest.mark.parametrize(
    ("spoil", "words", "line"),
    [
        pytest.param(
            remove("shop/Pulumi.yaml"),
            (),
            "{folder}/shop holds no Pulumi.yaml. Give the path of a Pulumi project: `audit check PATH`.",
            id="no project",
        ),
        pytest.param(
            write("shop/Pulumi.yaml", "name: [shop"), (), "cannot read {folder}/shop/Pulumi.yaml: ", id="broken YAML"
        ),
        pytest.param(
            write("shop/Pulumi.yaml", b"\xff\xfe"),
            (),
            "cannot read {folder}/shop/Pulumi.yaml: ",
            id="a project of bytes",
        ),
        pytest.param(
            write("shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n"),
            (),
            "{folder}/shop/Pulumi.yaml: the runtime is 'nodejs'. `audit check` reads Pulumi projects in Python.",
            id="another language",
        ),
        pytest.param(
            remove("shop/__main__.py"),
            (),
            "{folder}/shop holds no __main__.py. Mend `main` in Pulumi.yaml.",
            id="no program",
        ),
        pytest.param(
            write("shop/__main__.py", "import pulumi\nraise ValueError('out of ink')\n"),
            (),
            "{folder}/shop: stopped at __main__.py:2 after 0 resources: ",
            id="a program that stops at once",
        ),
        pytest.param(write("shop/__main__.py", SYNTAX), (), "{folder}/shop: stopped", id="a program that is no Python"),
        pytest.param(
            write("shop/Pulumi.production.yaml", "config: {}\n"),
            ("--stack", "staging"),
            "there is no stack 'staging' in {folder}/shop. Choose one of: production.",
            id="a stack that is not there",
        ),
        pytest.param(
            write("shop/Pulumi.production.yaml", "- a\n"),
            (),
            "{folder}/shop/Pulumi.production.yaml does not hold settings. Mend the file.",
            id="a stack of something else",
        ),
        pytest.param(
            write("policies/targets.toml", "days = "),
            (),
            "policies/targets.toml: Invalid value (at end of document). Mend the file.",
            id="broken TOML",
        ),
        pytest.param(
            write("policies/commitments/s.toml", b"\xff\xfe"),
            (),
            "cannot read policies/commitments/s.toml: ",
            id="commitments that are no text",
        ),
        pytest.param(
            write("policies/waivers.toml", waiver("storage-open")),
            (),
            "policies/waivers.toml:2: a waiver names the control storage-open, which is not there. "
            "See `audit list controls`.",
            id="a waiver of an unknown control",
        ),
        pytest.param(
            write("policies/controls/storage/loc_ked.py", SYNTAX),
            (),
            "policies/controls/storage/loc_ked.py: cannot be loaded: ",
            id="a control that is no Python",
        ),
        pytest.param(
            write("policies/controls/storage-locked/x.py", LOCKS),
            (),
            "policies/controls/storage-locked/x.py:1: no commitment uses storage-locked-x. "
            "Name it in the one it proves.",
            id="a control that proves nothing",
        ),
        pytest.param(
            lambda folder: [write(f"policies/controls/{name}.py", LOCKS)(folder) for name in ("a/b_c", "a-b/c")],
            (),
            "policies/controls/a-b/c.py: the id a-b-c is taken by policies/controls/a/b_c.py. Rename one file.",
            id="two controls of one id",
        ),
        pytest.param(
            write("rules/notes.txt", "nothing"),
            ("--policies", "rules"),
            "rules holds no policies: a folder commitments/ is needed. Name another with --policies.",
            id="a folder without policies",
        ),
        pytest.param(
            lambda folder: None,
            ("--policies", "nowhere"),
            "nowhere holds no policies: a folder commitments/ is needed. Name another with --policies.",
            id="a folder that is not there",
        ),
        pytest.param(
            lambda folder: None,
            ("--config", "prefix"),
            "--config prefix: no value. Write it as KEY=VALUE.",
            id="a setting without a value",
        ),
    ],
)
def test_what_cannot_run_is_one_line_and_leaves_nothing(tmp_path, spoil, words, line):
    """The thing, the trouble and the next step on stderr, exit 2, and no report."""
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", SHUT)
    spoil(tmp_path)
    run = audit("check", "shop", "--report", "report", "--today", "2026-06-30", *words, cwd=tmp_path)
    expected = line.format(folder=tmp_path)
    found = said(run)
    assert found == expected if line.endswith(".") else found.startswith(expected)
    assert found.endswith(".")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("where", ["report", "report/inside"])
def test_a_report_folder_that_is_a_file_stays_what_it_is(tmp_path, where):
    """Nothing is written, neither there nor on stdout."""
    policies_folder(tmp_path / "policies")
    project(tmp_path / "shop", SHUT)
    (tmp_path / "report").write_text("mine")
    found = said(audit("check", "shop", "--report", where, cwd=tmp_path))
    assert found.startswith(f"cannot write to {where}: ")
    assert found.endswith(". Name another folder with --report.")
    assert (tmp_path / "report").read_text() == "mine"


def test_several_things_wrong_are_a_line_each(tmp_path):
    """All of them begin the same, so that they can be searched for."""
    rows = statement(commitment("S-1", controls=["storage-locked"]), commitment("S-2"), commitment("S-3"))
    policies_folder(tmp_path / "policies", statements={"s.toml": rows})
    run = audit("check", project(tmp_path / "shop", SHUT), cwd=tmp_path)
    assert run.returncode == 2
    assert [line.partition(" has ")[0] for line in run.stderr.splitlines()] == [
        "audit: policies/commitments/s.toml:18: S-2",
        "audit: policies/commitments/s.toml:24: S-3",
    ]
