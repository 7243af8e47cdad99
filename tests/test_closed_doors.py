"""What `audit lock` closed is recorded in a stack's settings: the program says so, and no deployment touches it."""

import os

import pytest

from audit.engine import judge
from audit.model import Verdict
from audit.sources.program import collect
from tests.support import NOON, ROOT

# The program is run once, for all.
pytestmark = pytest.mark.xdist_group("closed-doors")
DOORS = {
    "backup-vault-immutable": "exchange-vault",
    "backup-blob-vault-immutable": "blobs-uksouth-vault",
    "storage-archive-locked": "archive-account",
    "offsite-lock-compliance": "offsite-archive",
}
IGNORED = {
    "exchange-vault": "properties.securitySettings.immutabilitySettings.state",
    "blobs-uksouth-vault": "properties.securitySettings.immutabilitySettings.state",
    "archive-account": "immutableStorageWithVersioning.immutabilityPolicy.state",
    "offsite-archive-lock": "rule.defaultRetention.mode",
}


@pytest.fixture(scope="module")
def declared():
    """What the production program declares once a door of each kind was closed."""
    settings = {"closedDoors": '["exchange-vault", "blobs-uksouth-vault", "archive-account", "offsite-archive"]'}
    return collect(ROOT, "production", now=NOON, seconds=300, settings=settings, environment=os.environ)


@pytest.mark.parametrize(("control", "name"), DOORS.items(), ids=DOORS)
def test_a_recorded_door_needs_no_waiver_any_more(declared, policies, control, name):
    report = judge(declared, policies, NOON.date(), product="")
    (result,) = [one for one in report.controls if one.id == control]
    (finding,) = [one for one in result.findings if one.name == name]
    assert finding.verdict is Verdict.KEPT
    others = {one.verdict for one in result.findings if one.name != name}
    assert others <= {Verdict.WAIVED, Verdict.NOT_APPLICABLE}


@pytest.mark.parametrize(("name", "path"), IGNORED.items(), ids=IGNORED)
def test_no_deployment_closes_a_door_or_opens_one(declared, name, path):
    (resource,) = [one for one in declared.resources if one.name == name]
    assert path in resource.ignore_changes
