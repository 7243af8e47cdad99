"""What Azure shows at a second path, or under an older spelling, is made from what is kept at the first."""

import pytest

PLACE = {"location": "uksouth"}
SERVER = "providers/Microsoft.Sql/servers/provisioning"
SITE = "providers/Microsoft.Web/sites/portal"


@pytest.fixture
def group(sandbox):
    """A group with a server, which is audited, and a site."""
    group = sandbox.group()
    sandbox.put(f"{group}/{SERVER}", PLACE)
    audited = {"state": "Enabled", "retentionDays": 365, "predicateExpression": "action_name != 'x'"}
    sandbox.put(f"{group}/{SERVER}/extendedAuditingSettings/default", {"properties": audited})
    sandbox.put(f"{group}/{SITE}", PLACE)
    return group


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        pytest.param(f"{SERVER}/auditingSettings/default", "default", ("state", "Enabled"), id="auditing"),
        pytest.param(
            f"{SERVER}/vulnerabilityAssessments/default",
            "default",
            ("recurringScans", {"emailSubscriptionAdmins": True}),
            id="a classic assessment that nobody set up",
        ),
        pytest.param(
            f"{SITE}/config/authsettingsV2/list", "authsettingsV2", ("platform", {"enabled": False}), id="sign-in"
        ),
    ],
)
def test_a_view_tells_what_is_kept_elsewhere(sandbox, group, path, name, told):
    status, body, _ = sandbox.ask("GET", f"{group}/{path}?api-version=2024-01-01")
    assert (status, body["name"], body["properties"][told[0]]) == (200, name, told[1])
    assert "predicateExpression" not in body["properties"]
    assert body["id"].lower() == f"{group}/{path}".lower().removesuffix("/list")


def test_the_list_of_a_view_holds_it_alone(sandbox, group):
    _, body, _ = sandbox.ask("GET", f"{group}/{SERVER}/auditingSettings?api-version=2021-11-01")
    assert [found["name"] for found in body["value"]] == ["default"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", f"{SERVER}x/auditingSettings/default", 404, id="of a server that is not there"),
        pytest.param("PUT", f"{SERVER}/auditingSettings/default", 501, id="it is only read"),
    ],
)
def test_a_view_of_nothing_or_to_be_written_is_refused(sandbox, group, method, path, status):
    body = {"properties": {}} if method == "PUT" else None
    assert sandbox.ask(method, f"{group}/{path}?api-version=2021-11-01", body)[0] == status


def test_a_view_may_be_asked_by_those_alone_who_may_read_it(sandbox, group):
    sandbox.narrow("*/read", but=("Microsoft.Sql/servers/auditingSettings/read",))
    assert sandbox.ask("GET", f"{group}/{SERVER}/auditingSettings?api-version=2021-11-01")[0] == 403


@pytest.mark.parametrize(
    ("version", "name"), [pytest.param("2014-04-01", "status", id="old"), pytest.param("2021-11-01", "state", id="new")]
)
def test_the_encryption_of_a_database_is_spelt_as_its_api_version_does(sandbox, group, version, name):
    sandbox.put(f"{group}/{SERVER}/databases/mail", PLACE)
    path = f"{group}/{SERVER}/databases/mail/transparentDataEncryption/current"
    _, body, _ = sandbox.ask("GET", f"{path}?api-version={version}")
    assert body["properties"][name] == "Enabled"
    assert ("state" in body["properties"]) is (name == "state")


def test_a_rule_that_names_one_source_has_empty_lists_beside_it(sandbox, group):
    rule = {"sourceAddressPrefix": "*", "access": "Deny", "direction": "Inbound", "priority": 100, "protocol": "*"}
    place = f"{group}/providers/Microsoft.Network/networkSecurityGroups/doors"
    sandbox.put(place, {**PLACE, "properties": {"securityRules": [{"name": "inline", "properties": rule}]}})
    sandbox.put(f"{place}/securityRules/own", {"properties": {**rule, "priority": 101}})
    _, body, _ = sandbox.ask("GET", f"{place}?api-version=2024-05-01")
    rules = [*body["properties"]["securityRules"], *body["properties"]["defaultSecurityRules"]]
    assert {found["name"]: found["properties"]["sourceAddressPrefixes"] for found in rules}.keys() >= {"inline", "own"}
    assert all(found["properties"]["destinationPortRanges"] == [] for found in rules)
