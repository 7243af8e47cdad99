"""The real Checkov, where it is installed: what it says of the production stack is what docs/checkov.md shows."""

import os
import subprocess

import pytest

from audit import checkov
from audit.kinds import BY_ARM
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import AuditError
from audit.opinions import Stand, load_table
from audit.sources.program import collect
from tests.checkov_page import PAGE, looked_at, page
from tests.support import NOON, POLICIES
from tests.test_checkov import estate, made

pytestmark = pytest.mark.xdist_group("checkov")


@pytest.fixture(scope="module")
def environment():
    """The environment that names the real Checkov."""
    try:
        tool = checkov.program(os.environ)
    except AuditError as error:
        pytest.skip(str(error))
    return {checkov.NAMED_BY: str(tool)}


@pytest.fixture(scope="module")
def second(environment, copied, policies, tmp_path_factory):
    """What Checkov says of the production stack."""
    project = copied(tmp_path_factory.mktemp("checkov"))
    snapshot = collect(project, "production", now=NOON, seconds=300, settings={}, environment=os.environ)
    return looked_at(snapshot, policies, environment)


def test_every_word_of_checkovs_leads_to_a_line_of_the_program(second):
    assert second.opinions
    assert [one.name for one in second.opinions if not (one.file and one.line)] == []


def test_everything_that_was_written_is_counted_by_checkov(second):
    assert [why for why in second.unseen.values() if why.startswith("Checkov")] == []


def test_every_difference_is_decided_and_the_page_is_what_checkov_says(second):
    undecided = [one for one in second.opinions if one.stand in (Stand.DIFFERS, Stand.ALONE) and not one.reason]
    assert undecided == []
    assert page(second) == PAGE.read_text(), "run `make checkov-page` and read the diff"


def test_characters_that_yaml_does_not_take_as_they_are_hide_nothing(environment):
    tags = {"data": "\x7f\u2028\u0085\ufffe\U0001f600 reference(resourceId", "\ud83d": "[parameters('x')]"}
    account = made(STORAGE_ACCOUNT, "account", accountName="archive", tags=tags)

    heard = checkov.ask(estate(account), environment=environment)

    assert heard.shown == (account.id,)
    assert heard.words


def test_the_table_has_every_check_about_a_type_that_is_known_here(environment, policies, tmp_path):
    own = {"HOME": str(tmp_path), "PATH": os.defpath, "HTTPS_PROXY": "http://127.0.0.1:9"}
    words = (environment[checkov.NAMED_BY], "--list", "--framework", "arm", "--skip-download")
    listed = subprocess.run(words, env=own, capture_output=True, text=True, check=True).stdout
    rows = [[cell.strip() for cell in line.split("|")] for line in listed.splitlines() if "| CKV" in line]
    known = {row[2] for row in rows if row[4].lower() in BY_ARM}
    table = load_table(POLICIES / "checkov.toml", policies.controls)

    assert known
    assert known - {row.id for row in table.checks} == set()
