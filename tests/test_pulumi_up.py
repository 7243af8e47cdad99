"""The real Pulumi engine deploys the whole sandbox stack into the local clouds, and lives with it from up to destroy.

The tests share one deployment and tell its story in order; each leaves it as the next one expects it.
"""

import boto3
import pytest

from audit.sandbox import process
from tests.deployment import HAS_CLI, NO_CLI, Deployment
from tests.support import POLICIES
from tests.test_three_planes import EXPLAINED, OPEN

pytestmark = [pytest.mark.xdist_group("pulumi"), pytest.mark.skipif(not HAS_CLI, reason=NO_CLI)]

FINE = ("kept", "not applicable")
COMPARED = "geo-everything-declared"
"""What runs is held against what is declared by `audit drift` alone."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory, copied):
    """The whole stack, deployed once; everything ends with the tests."""
    base = tmp_path_factory.mktemp("up")
    (base / "project").mkdir()
    deployment = Deployment(copied(base / "project"), base / "azure", base / "home")
    try:
        # As `make up` does it.
        deployment.first = deployment.pulumi("up", "--policy-pack", POLICIES / "pulumi", "--yes")
        assert deployment.first.returncode == 0, deployment.first.stdout[-4000:] + deployment.first.stderr
        yield deployment
    finally:
        process.stop(base / "azure")


@pytest.fixture(scope="module")
def archive(stack):
    """The id of the archive's storage account."""
    accounts = stack.azure.store.listed("Microsoft.Storage/storageAccounts")
    return next(found["id"] for found in accounts if found["name"].endswith("archive"))


def verdicts(report):
    """Return the verdict of each control."""
    return {result["id"]: result["verdict"] for result in report["controls"]}


def test_up_makes_all_that_the_program_declares(stack):
    azure = {identity.lower() for identity in stack.resources() if identity.startswith("/")}
    assert len(azure) > 300
    assert azure <= stack.held()
    assert [urn for urn in stack.state() if "$aws:s3/bucket:Bucket::" in urn]


def test_what_stands_in_for_the_plugins_is_told_and_no_tracked_file_is_changed(stack):
    said = [line.partition(":")[0] for line in stack.first.stderr.splitlines() if line.endswith("stands in for it")]
    assert said == ["azure-native", "aws"]
    assert stack.is_as_tracked()


def test_a_second_up_changes_nothing(stack):
    done = stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert done.returncode == 0, done.stdout


def test_refresh_finds_what_was_deployed_as_it_is(stack):
    done = stack.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff")
    assert done.returncode == 0, done.stdout


def test_what_runs_a_day_later_is_judged_as_the_program_was(stack, tmp_path):
    """But for what is explained, which is the same as where the program was loaded and not deployed."""
    stack.settle()
    declared, running = (
        verdicts(stack.audit("check", *words, report=tmp_path / words[0].strip("-."))[1])
        for words in ((".", "--stack", "sandbox"), ("--live",))
    )
    both = declared.keys() & running.keys()
    assert {name for name in both if declared[name] != running[name]} == EXPLAINED.keys()
    alone = running.keys() - both
    assert {name for name in alone if running[name] not in FINE} == {*OPEN, COMPARED}


def test_a_change_behind_pulumis_back_is_found_by_drift_and_by_refresh_and_undone_by_up(stack, archive, tmp_path):
    azure = stack.azure
    body = azure.ask("GET", f"{archive}?api-version=2024-01-01")[1]
    body["properties"]["publicNetworkAccess"] = "Enabled"
    azure.put(archive, body)
    told, report = stack.audit("drift", ".", "--stack", "sandbox", report=tmp_path / "drift")
    assert told.returncode == 3
    set_otherwise = {
        (one["name"], one["path"], one["declared"], one["live"])
        for one in report["differences"]
        if one["contrast"] == "set otherwise"
    }
    assert set_otherwise == {("archive-account", "publicNetworkAccess", "Disabled", "Enabled")}
    refreshed = stack.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff")
    assert refreshed.returncode != 0
    assert '~ publicNetworkAccess: "Disabled" => "Enabled"' in refreshed.stdout
    stack.up("--refresh")
    assert azure.ask("GET", f"{archive}?api-version=2024-01-01")[1]["properties"]["publicNetworkAccess"] == "Disabled"


def test_preview_shows_the_property_that_a_change_of_the_program_changes_and_changes_nothing(stack, archive):
    stack.edit("stacks/guarded_account.py", 'minimum_tls_version="TLS1_2"', 'minimum_tls_version="TLS1_3"')
    done = stack.pulumi("preview", "--diff")
    stack.edit("stacks/guarded_account.py", 'minimum_tls_version="TLS1_3"', 'minimum_tls_version="TLS1_2"')
    assert done.returncode == 0, done.stdout
    assert '~ minimumTlsVersion: "TLS1_2" => "TLS1_3"' in done.stdout
    assert stack.azure.store.read(archive)["properties"]["minimumTlsVersion"] == "TLS1_2"


def test_what_was_made_by_hand_is_imported_and_is_then_the_programs_own(stack):
    azure = stack.azure
    account = f"{azure.group('by-hand')}/providers/Microsoft.Storage/storageAccounts/byhand"
    settings = {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": False}
    azure.put(
        account, {"location": "uksouth", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": settings}
    )
    words = ("--yes", "--protect=false", "--generate-code=false", "azure-native:storage:StorageAccount", "by-hand")
    done = stack.pulumi("import", *words, account)
    assert done.returncode == 0, done.stdout
    assert stack.resources()[account].endswith("StorageAccount::by-hand")
    away = stack.pulumi("preview", "--diff")
    assert "- azure-native:storage:StorageAccount: (delete)" in away.stdout
    assert '"TLS1_2"' in away.stdout
    assert stack.pulumi("state", "delete", stack.resources()[account], "--yes").returncode == 0


def test_destroy_refuses_what_is_protected_and_touches_nothing(stack):
    before = stack.held()
    done = stack.pulumi("destroy", "--yes")
    assert done.returncode != 0
    assert "because it is protected" in done.stdout
    assert stack.held() == before


def test_once_the_locks_are_gone_and_the_logs_destroy_empties_all_that_is_not_protected(stack):
    """Azure deletes nothing below a lock, and S3 no bucket that holds anything: a person opens both first."""
    kept = {urn for urn, row in stack.state().items() if row.get("protect")}
    # Without its policy, which lets nobody in without TLS, the bucket of the logs can be emptied on loopback.
    first = ("**ManagementLockByScope**", "**BucketLogging**", "**::offsite-log-policy")
    done = stack.pulumi("destroy", "--yes", "--skip-preview", *(f"--target={urn}" for urn in first))
    assert done.returncode == 0, done.stdout
    emptied(stack, "hostsbx-offsite-log")
    done = stack.pulumi("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert done.returncode == 0, done.stdout
    left = stack.state()
    assert kept <= left.keys()
    assert {urn for urn, row in left.items() if row["custom"] and not row.get("protect")} <= needed(left)
    assert not [one for one in stack.held() if "/locks/" in one or "/bastionhosts/" in one]


def emptied(stack, bucket):
    """Delete every version of every object of a bucket."""
    client = boto3.client("s3", **stack.aws())
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            client.delete_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])


def needed(rows):
    """Return the URNs of what others of a state stand below, depend on or were made by."""
    providers = {row["provider"].rpartition("::")[0] for row in rows.values() if row.get("provider")}
    return providers | {name for row in rows.values() for name in (row.get("parent"), *row.get("dependencies", ()))}
