"""Checkov is asked without being trusted: what breaks, hangs, lies or is silent never reads as kept."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from audit import checkov
from audit.facts import SECRET
from audit.kinds.compute import DISK
from audit.kinds.resources import DEPLOYMENT
from audit.kinds.sql import FIREWALL_RULE, SQL_SERVER
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import AuditError, Plane, Snapshot
from audit.opinions import Said, Word
from audit.sources.nested import expand
from tests.support import NOON, resource

ACCOUNT = "Microsoft.Storage/storageAccounts.archive"
GOOD = {
    "check_type": "arm",
    "results": {
        "passed_checks": [{"check_id": "CKV_AZURE_3", "resource": ACCOUNT, "file_line_range": [2, 2]}],
        "failed_checks": [{"check_id": "CKV_AZURE_44", "resource": ACCOUNT, "file_line_range": [2, 2]}],
        "skipped_checks": [],
        "parsing_errors": [],
    },
    "summary": {"passed": 1, "failed": 1, "resource_count": 2, "checkov_version": "3.3.30"},
}
EMPTY = {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0, "checkov_version": "3.3.30"}


def estate(*found, plane=Plane.PROGRAM):
    """Make a snapshot of some resources."""
    return Snapshot(plane=plane, origin="a test", seen_at=NOON, resources=found)


def urn(kind, name):
    return f"urn:pulumi:test::shop::{kind.pulumi[0]}::{name}"


def made(kind, name, **body):
    """Make a declared resource that is called what its program calls it."""
    found = resource(kind, urn(kind, name), {"resourceGroupName": "files", "location": "uksouth", **body})
    return type(found)(**{field: getattr(found, field) for field in found.__struct_fields__} | {"name": name})


TWO = estate(
    made(STORAGE_ACCOUNT, "account", accountName="archive", supportsHttpsTrafficOnly=True),
    made(DISK, "disk", diskName="spare"),
)


@pytest.fixture
def standing_in(tmp_path):
    """A function that puts a program of its own in the place of Checkov, and returns the environment that names it."""

    def install(*lines):
        tool = tmp_path / "checkov"
        tool.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
        tool.chmod(0o755)
        return {checkov.NAMED_BY: str(tool)}

    return install


def printing(answer):
    """Give the line of a script that prints an answer."""
    return f"cat <<'END'\n{answer if isinstance(answer, str) else json.dumps(answer)}\nEND"


def without(*, results=None, **changed):
    """Give the good answer, changed."""
    return {**GOOD, **changed, "results": {**GOOD["results"], **(results or {})}}


def test_every_word_leads_to_the_resource_that_it_is_about(standing_in):
    heard = checkov.ask(TWO, environment=standing_in(printing(GOOD)))

    assert {(word.check, word.said, word.resource) for word in heard.words} == {
        ("CKV_AZURE_3", Said.PASSES, urn(STORAGE_ACCOUNT, "account")),
        ("CKV_AZURE_44", Said.FAILS, urn(STORAGE_ACCOUNT, "account")),
    }
    assert sorted(heard.shown) == sorted(found.id for found in TWO.resources)


def test_namesakes_are_told_apart_by_their_lines(standing_in):
    here = made(STORAGE_ACCOUNT, "here", accountName="archive")
    there = made(STORAGE_ACCOUNT, "there", accountName="archive", resourceGroupName="others")
    failed = [{"check_id": "CKV_AZURE_44", "resource": ACCOUNT, "file_line_range": [line, line]} for line in (3, 2, 3)]

    heard = checkov.ask(
        estate(here, there),
        environment=standing_in(printing(without(results={"passed_checks": [], "failed_checks": failed}))),
    )

    assert [word.resource for word in heard.words] == [there.id, here.id, there.id]


def test_a_word_on_what_a_deployment_holds_leads_to_that_and_not_to_the_deployment(standing_in):
    template = {"resources": [{"type": STORAGE_ACCOUNT.arm, "name": "archive", "apiVersion": STORAGE_ACCOUNT.api}]}
    deployment = made(DEPLOYMENT, "inner", deploymentName="inner", template=template)
    (held,) = expand(deployment).resources

    heard = checkov.ask(estate(deployment, held), environment=standing_in(printing(GOOD)))

    assert {word.resource for word in heard.words} == {held.id}
    assert sorted(heard.shown) == sorted((deployment.id, held.id))


def test_a_word_on_a_parameter_leads_to_the_resource_that_takes_its_value_from_it(standing_in, tmp_path):
    account = made(STORAGE_ACCOUNT, "account", accountName="archive", customDomain=SECRET)
    look = f'sed -n \'s/.*"\\([a-z_A-Z]*\\)":{{"type":"securestring".*/\\1/p\' template.json > {tmp_path}/name'
    checkov.ask(estate(account), environment=standing_in(look, printing(GOOD)))
    name = (tmp_path / "name").read_text().strip()
    passed = [{"check_id": "CKV_AZURE_131", "resource": f"parameter.{name}", "file_line_range": [1, 1]}]

    heard = checkov.ask(
        estate(account),
        environment=standing_in(printing(without(results={"passed_checks": passed, "failed_checks": []}))),
    )

    assert heard.words == (Word("CKV_AZURE_131", Said.PASSES, account.id),)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        pytest.param(["echo IndexError: list >&2", "exit 2"], "failed with status 2: IndexError: list", id="crashes"),
        pytest.param(["kill -9 $$"], "failed with status -9: it says nothing of why", id="is killed"),
        pytest.param([printing(GOOD), "exit 1"], "failed with status 1", id="fails after a whole answer"),
        pytest.param(["echo all is well"], "answer cannot be read", id="prints rubbish"),
        pytest.param([printing(json.dumps(GOOD)[:-9])], "answer cannot be read", id="is cut off"),
        pytest.param(["exit 0"], "answer cannot be read", id="prints nothing"),
        pytest.param([printing({"results": GOOD["results"]})], "counts no resources", id="does not say what it saw"),
        pytest.param(
            [printing(without(results={"parsing_errors": ["template.json"]}))], "could not read", id="cannot parse"
        ),
        pytest.param([printing(without(results={"failed_checks": None}))], "cannot be read", id="lacks its failures"),
        pytest.param(
            [printing(json.dumps(GOOD).replace("s.archive", "s.another"))],
            "speaks of Microsoft.Storage/storageAccounts.another",
            id="speaks of a stranger",
        ),
    ],
)
def test_a_checkov_that_does_not_answer_whole_is_one_line_and_no_result(standing_in, script, line):
    with pytest.raises(AuditError) as error:
        checkov.ask(TWO, environment=standing_in(*script))

    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_a_checkov_that_hangs_is_ended_with_all_that_it_started(standing_in, tmp_path):
    environment = standing_in(f"sleep 300 & echo $! > {tmp_path}/child", "wait")

    with pytest.raises(AuditError, match="did not end within 1 seconds"):
        checkov.ask(TWO, environment=environment, seconds=1)

    assert not _runs(int((tmp_path / "child").read_text()))


def _runs(process):
    """Tell whether a process still runs; one that ended and was not yet waited for does not."""
    for _ in range(50):
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if state == "Z":
            return False
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    return True


def test_what_checkov_leaves_out_of_its_count_was_not_looked_at(standing_in):
    answer = without(summary={**GOOD["summary"], "resource_count": 1})

    heard = checkov.ask(TWO, environment=standing_in(printing(answer)))

    assert heard.shown == (urn(STORAGE_ACCOUNT, "account"),)
    assert heard.unseen == {urn(DISK, "disk"): "Checkov counts 1 of 2 resources, and has no word on this one"}


def test_a_checkov_that_found_nothing_to_say_has_looked_at_nothing(standing_in):
    heard = checkov.ask(TWO, environment=standing_in(printing(EMPTY)))

    assert (heard.words, heard.shown) == ((), ())
    assert set(heard.unseen) == {found.id for found in TWO.resources}


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        pytest.param({"PATH": ""}, "Run `make checkov`", id="nowhere"),
        pytest.param({checkov.NAMED_BY: "/nowhere/checkov"}, "names /nowhere/checkov, which is no program", id="gone"),
        pytest.param({checkov.NAMED_BY: "/etc/passwd"}, "names /etc/passwd, which is no program", id="no program"),
    ],
)
def test_a_checkov_that_is_missing_is_one_line_that_says_how_to_get_it(monkeypatch, tmp_path, environment, line):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(AuditError) as error:
        checkov.ask(TWO, environment=environment)

    assert line in str(error.value)


def test_a_program_that_cannot_be_started_is_one_line(tmp_path):
    tool = tmp_path / "checkov"
    tool.write_text("#!/nowhere/sh\n")
    tool.chmod(0o755)

    with pytest.raises(AuditError, match="cannot start"):
        checkov.ask(TWO, environment={checkov.NAMED_BY: str(tool)})


def test_checkov_gets_nothing_of_the_users_environment(standing_in, tmp_path):
    environment = standing_in(f"env > {tmp_path}/env", "echo $PWD > " + f"{tmp_path}/folder", printing(GOOD))

    checkov.ask(TWO, environment={**environment, "AZURE_CLIENT_SECRET": "hush", "BC_API_KEY": "hush"})

    own = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert {"AZURE_CLIENT_SECRET", "BC_API_KEY"}.isdisjoint(own)
    assert own["HOME"] == (tmp_path / "folder").read_text().strip()
    assert not Path(own["HOME"]).exists()


def test_what_runs_is_not_shown_to_checkov(untouched, policies):
    with pytest.raises(AuditError, match="Leave out --live"):
        checkov.second_opinion(estate(plane=Plane.LIVE), untouched, policies, environment={})


def test_where_there_is_nothing_to_show_checkov_is_not_run(standing_in):
    heard = checkov.ask(estate(), environment=standing_in("exit 9"))

    assert (heard.words, heard.shown) == ((), ())


def test_a_firewall_rule_is_shown_inside_its_server_since_checkov_looks_nowhere_else(standing_in, tmp_path):
    server = made(SQL_SERVER, "server", serverName="shop")
    rule = made(
        FIREWALL_RULE,
        "anybody",
        serverName="shop",
        firewallRuleName="anybody",
        startIpAddress="1.0.0.0",
        endIpAddress="255.255.255.255",
    )
    answer = without(results={"passed_checks": [], "failed_checks": []})

    checkov.ask(estate(server, rule), environment=standing_in(f"cp template.json {tmp_path}/shown", printing(answer)))

    (shown,) = json.loads((tmp_path / "shown").read_text())["resources"]
    assert (shown["type"], [child["name"] for child in shown["resources"]]) == (SQL_SERVER.arm, ["shop/anybody"])
