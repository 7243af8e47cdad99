"""The role that ships is the least that the audit needs: plain reads, all that its requests need, nothing else."""

import re

import pytest

from audit.kinds import KINDS
from audit.sources import role

AZURE = [kind for kind in KINDS if kind.arm.startswith("Microsoft.")]


def test_the_role_holds_nothing_but_plain_reads():
    """An action that is not a read may change something, or hand out a key."""
    for action in role.actions():
        assert re.fullmatch(r"Microsoft\.\w+(/\w+)+/read", action), action
    assert role.role()["DataActions"] == []


@pytest.mark.parametrize("word", ["listKeys", "getSecret", "config/list", "/blobs/", "retrieve", "runCommand", "*"])
def test_the_role_shows_no_secret_and_no_data(word):
    assert not [action for action in role.actions() if word.lower() in action.lower()]


@pytest.mark.parametrize("kind", AZURE, ids=lambda kind: kind.arm)
def test_the_role_lets_every_kind_be_read(kind):
    assert kind.permission in role.actions()


def test_the_page_names_every_permission_of_graph():
    page = role.page()
    assert all(f"`{kind.action}`" in page for kind in KINDS if kind.arm.startswith("microsoft.graph."))
