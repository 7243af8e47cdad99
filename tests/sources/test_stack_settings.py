"""What a stack's own settings say of its state is read with the line that says it."""

from datetime import UTC, datetime

import pytest

from audit.sources.project import read_project
from audit.sources.stack_settings import stack_settings

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PROJECT = "name: demo\nruntime: python\n"
OURS = "backend:\n  url: azblob://state?storage_account=ours\n"
VAULT = "azurekeyvault://ours.vault.azure.net/keys/pulumi"


def settings(folder, project, stack=None):
    """Read the settings of the stack `dev`, whose file is not there where it is None."""
    for name, text in {"Pulumi.yaml": PROJECT + project, "__main__.py": "", "Pulumi.dev.yaml": stack}.items():
        if text is not None:
            (folder / name).write_text(text)
    return stack_settings(read_project(folder, "dev", extra={}), NOW)


@pytest.mark.parametrize(
    ("project", "stack", "told"),
    [
        pytest.param("", None, {}, id="nothing"),
        pytest.param("", "config: {}\n", {}, id="nothing, in a stack's file"),
        pytest.param("backend: {}\n", "secretsprovider:\n", {}, id="nothing after the words"),
        pytest.param(
            OURS,
            f"secretsprovider: {VAULT}\nencryptedkey: abc\nconfig: {{}}\n",
            {
                "dev-state": ("azblob://state?storage_account=ours", "Pulumi.yaml", 4),
                "dev-secrets": (VAULT, "Pulumi.dev.yaml", 1),
            },
            id="both",
        ),
        pytest.param(
            "",
            f"config: {{}}\nencryptionsalt: v1:abc\nsecretsprovider: {VAULT}\n",
            {"dev-secrets": (VAULT, "Pulumi.dev.yaml", 3)},
            id="a vault goes before a salt",
        ),
        pytest.param(
            "",
            "config: {}\nencryptionsalt: v1:abc\n",
            {"dev-secrets": ("passphrase", "Pulumi.dev.yaml", 2)},
            id="a salt alone is a passphrase's",
        ),
        pytest.param(
            "backend:\n  url: postgres://deployer:hunter2@db.example/state\n",
            "secretsprovider: hashivault://key\n",
            {
                "dev-state": ("postgres://db.example/state", "Pulumi.yaml", 4),
                "dev-secrets": ("hashivault://key", "Pulumi.dev.yaml", 1),
            },
            id="a password in an address is left out",
        ),
        pytest.param(
            OURS,
            None,
            {
                "dev-state": ("azblob://state?storage_account=ours", "Pulumi.yaml", 4),
                "dev-secrets": ("passphrase", "Pulumi.yaml", 1),
            },
            id="a store of files opens nothing, so a passphrase does",
        ),
        pytest.param(
            "backend: {url: https://api.pulumi.com}\n",
            "config: {}\n",
            {
                "dev-state": ("https://api.pulumi.com", "Pulumi.yaml", 3),
                "dev-secrets": (None, "Pulumi.dev.yaml", 1),
            },
            id="what a service opens is not said",
        ),
    ],
)
def test_what_is_said_of_the_state(tmp_path, project, stack, told):
    found = settings(tmp_path, project, stack)
    assert {
        one.name: (one.body.get("url", one.body.get("provider")), one.source.file, one.source.line) for one in found
    } == told
    assert all(one.body["stack"] == "dev" for one in found)
