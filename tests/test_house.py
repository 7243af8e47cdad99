"""The house's rules that no linter knows: what may import what, and what may stand in no file."""

import ast
import json
import re

import pytest

from tests.support import ROOT

MAY_IMPORT = {
    "policies/controls": {"audit.model", "audit.kinds", "audit.reachability"},
    "stacks": set(),
}


def imported(path):
    """Yield every module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def allowed(module, names):
    return any(module == name or module.startswith(f"{name}.") for name in names)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder):
    """A company forks stacks and policies: they lean on the machine's nouns alone, or on none of it."""
    strange = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / folder).rglob("*.py")
        for module in imported(path)
        if module.split(".")[0] in ("audit", "policies", "stacks") and not allowed(module, MAY_IMPORT[folder])
    ]
    assert not strange


def test_the_machine_imports_no_company():
    """`audit` knows no stack and no policy: they are loaded from folders."""
    strange = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "audit").rglob("*.py")
        for module in imported(path)
        if module.split(".")[0] in ("policies", "stacks")
    ]
    assert not strange


LOCKS = (
    "requirements.txt",
    *(f"tests/oracles/tools/{tool}.txt" for tool in ("azure-cli", "c7n-azure", "checkov", "prowler", "trestle")),
)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_packages_versions_and_hashes_only(lock):
    """Where packages come from is the machine's own business."""
    for line in (ROOT / lock).read_text().splitlines():
        assert re.fullmatch(r"(\S+==\S+( ; .+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?)", line), line


@pytest.mark.parametrize("tool", ["axe", "sarif-multitool"])
def test_npms_lock_names_packages_versions_and_hashes_only(tool):
    """The same in npm's words: no address of a package, and a hash for each."""
    text = (ROOT / "tests" / "oracles" / "tools" / tool / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "://" not in text
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)


def test_the_stacks_settings_hold_no_secret_in_clear():
    """A secret is encrypted with its owner's key, or not there."""
    for path in (ROOT / "stacks" / "config").glob("*.yaml"):
        for line in path.read_text().splitlines():
            assert not re.search(r"(?i)(password|secret(?!sprovider)|token)\w*:\s*[^\s#{]", line), (
                f"{path.name}: {line}"
            )
