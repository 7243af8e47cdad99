"""Microsoft Graph answers what the directory holds, in Graph's words, and refuses what it does not know."""

import asyncio
import ssl
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx
import pytest

from audit.kinds import KINDS
from audit.sandbox import directory
from audit.sandbox.answers import Call
from audit.sandbox.directory import grant
from audit.sandbox.store import SUBSCRIPTION, Store
from audit.sandbox.tenant import (
    ADMINISTRATORS_GROUP,
    BREAK_GLASS,
    GLOBAL_ADMINISTRATOR,
    OWNERS,
    STAFF,
    STAFF_GROUP,
    put_object,
    seed,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = "https://localhost:8443"
GRAPH_KINDS = [kind for kind in KINDS if kind.arm.startswith("microsoft.graph.")]


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    seed(store, now=NOW)
    return store


def call(store, target, method="GET", body=None, **headers):
    """Ask for a path with its query, as the server hands it on."""
    path, _, query = target.removeprefix(BASE).partition("?")
    options = dict(parse_qsl(query))
    return directory.answer(
        Call(method=method, path=path, query=options, headers=headers, body=body, base=BASE, store=store)
    )


def values(store, target):
    reply = call(store, f"/v1.0{target}")
    assert reply.status == 200, reply.body
    return reply.body["value"]


def ids(store, target):
    return [item["id"] for item in values(store, target)]


@pytest.mark.parametrize("kind", GRAPH_KINDS, ids=lambda kind: kind.arm.rpartition(".")[2])
def test_everything_the_audit_asks_for_is_answered(store, kind):
    reply = call(store, f"/v1.0{kind.listing}")
    assert reply.status == 200
    assert reply.body["@odata.context"].startswith(f"{BASE}/v1.0/$metadata#")
    assert reply.body.get("value", [reply.body])[0]["id"]


@pytest.mark.parametrize("kind", GRAPH_KINDS, ids=lambda kind: kind.arm.rpartition(".")[2])
def test_each_needs_its_own_permission(store, kind):
    grant(store, {other.action for other in GRAPH_KINDS} - {kind.action})
    reply = call(store, f"/v1.0{kind.listing}")
    assert reply.status == 403
    assert reply.body["error"]["code"] in ("Authorization_RequestDenied", "AccessDenied", "Forbidden")
    grant(store, [kind.action])
    assert call(store, f"/v1.0{kind.listing}").status == 200


def test_a_refusal_has_the_form_of_graphs_errors(store):
    grant(store, [])
    reply = call(store, "/v1.0/users", **{"client-request-id": "mine"})
    error = reply.body["error"]
    assert (reply.status, error["code"]) == (403, "Authorization_RequestDenied")
    assert error["message"] == "Insufficient privileges to complete the operation."
    assert reply.headers["request-id"] == error["innerError"]["request-id"]
    assert reply.headers["client-request-id"] == error["innerError"]["client-request-id"] == "mine"


def test_every_answer_has_an_id_of_its_own(store):
    first, second = (call(store, "/v1.0/organization").headers["request-id"] for _ in range(2))
    assert first != second


def test_only_the_properties_that_were_selected_are_shown(store):
    user = values(store, "/users?$select=id,userType,department")[0]
    assert user == {"id": user["id"], "userType": "Member", "department": None}


def test_guests_are_found_by_a_filter(store):
    assert values(store, "/users?$filter=userType eq 'Guest'") == []
    put_object(store, "/users", {"id": "guest", "userType": "Guest", "accountEnabled": True})
    assert ids(store, "/users?$filter=userType eq 'Guest'") == ["guest"]
    assert ids(store, "/users?$filter=userType eq 'Guest' and accountEnabled eq false") == []


def test_pages_lead_to_each_other_until_all_were_shown(store):
    seen, target = [], "/v1.0/users?$select=id&$top=4"
    while target:
        body = call(store, target).body
        assert len(body["value"]) <= 4
        seen += [item["id"] for item in body["value"]]
        target = body.get("@odata.nextLink")
        assert target is None or target.startswith(f"{BASE}/v1.0/users?")
    assert seen == sorted((*OWNERS, BREAK_GLASS, *STAFF))


def test_members_are_shown_only_where_they_are_asked_for(store):
    (group,) = [one for one in values(store, "/groups") if one["id"] == ADMINISTRATORS_GROUP]
    assert "members" not in group
    listed = values(store, "/groups?$select=id&$expand=members($select=id)")
    (group,) = [one for one in listed if one["id"] == ADMINISTRATORS_GROUP]
    assert group["members"] == [{"@odata.type": "#microsoft.graph.user", "id": owner} for owner in OWNERS]


def test_twenty_members_are_expanded_and_no_more(store):
    people = [{"@odata.type": "#microsoft.graph.user", "id": f"p{number:02}"} for number in range(25)]
    put_object(store, "/groups", {"id": "many", "members": people})
    (group,) = [one for one in values(store, "/groups?$expand=members") if one["id"] == "many"]
    assert len(group["members"]) == 20
    assert len(values(store, "/groups/many/members")) == 25


def test_members_of_groups_in_groups_are_found_once(store):
    inner = {"@odata.type": "#microsoft.graph.group", "id": STAFF_GROUP}
    put_object(store, "/groups", {"id": "outer", "members": [inner]})
    put_object(
        store, "/groups", {"id": STAFF_GROUP, "members": [{"@odata.type": "#microsoft.graph.group", "id": "outer"}]}
    )
    assert ids(store, "/groups/outer/transitiveMembers") == [STAFF_GROUP, "outer"]
    assert ids(store, f"/groups/{ADMINISTRATORS_GROUP}/transitiveMembers") == list(OWNERS)


def test_the_administrators_are_the_members_of_their_role(store):
    roles = values(store, "/directoryRoles?$select=id,roleTemplateId&$expand=members($select=id)")
    (role,) = [one for one in roles if one["roleTemplateId"] == GLOBAL_ADMINISTRATOR]
    assert {member["id"] for member in role["members"]} == {*OWNERS, BREAK_GLASS}
    assert ids(store, f"/directoryRoles/{role['id']}/members") == [*OWNERS, BREAK_GLASS]


def test_assignments_come_with_their_policy(store):
    policies = values(store, "/deviceManagement/deviceCompliancePolicies?$expand=assignments")
    assert all(policy["assignments"][0]["target"]["groupId"] == STAFF_GROUP for policy in policies)
    assert {policy["@odata.type"] for policy in policies} >= {"#microsoft.graph.iosCompliancePolicy"}
    plain = values(store, "/deviceManagement/deviceCompliancePolicies")
    assert not any("assignments" in policy for policy in plain)
    assert values(store, f"/deviceManagement/deviceCompliancePolicies/{plain[0]['id']}/assignments")


def test_identities_of_resources_are_service_principals(store):
    site = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Web/sites/s"
    own = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
    store.put(site, {"id": site, "identity": {"principalId": "p1"}})
    store.put(own, {"id": own, "properties": {"principalId": "p2"}})
    found = {item["id"]: item["servicePrincipalType"] for item in values(store, "/servicePrincipals")}
    assert (found["p1"], found["p2"]) == ("ManagedIdentity", "ManagedIdentity")


def test_objects_are_found_by_their_ids(store):
    body = {"ids": [OWNERS[0], ADMINISTRATORS_GROUP, "unknown"], "types": ["user"]}
    reply = call(store, "/v1.0/directoryObjects/getByIds", "POST", body)
    assert [(item["id"], item["@odata.type"]) for item in reply.body["value"]] == [(OWNERS[0], "#microsoft.graph.user")]
    assert call(store, "/v1.0/directoryObjects/getByIds", "POST", {"ids": []}).status == 400


def test_one_object_is_found_by_its_id(store):
    assert call(store, f"/v1.0/users/{BREAK_GLASS}?$select=id").body["id"] == BREAK_GLASS
    assert call(store, "/v1.0/users/nobody").body["error"]["code"] == "Request_ResourceNotFound"


def test_settings_of_the_tenant_are_one_object(store):
    assert call(store, "/v1.0/deviceManagement?$select=id,settings").body["settings"]["secureByDefault"] is True
    assert call(store, "/v1.0/policies/authorizationPolicy").body["allowInvitesFrom"] == "adminsAndGuestInviters"


@pytest.mark.parametrize(
    ("target", "method", "status"),
    [
        pytest.param("/v1.0/me/messages", "GET", 501, id="an unknown path"),
        pytest.param("/beta/users", "GET", 501, id="another version"),
        pytest.param("/v1.0/users", "POST", 501, id="a change"),
        pytest.param("/v1.0/users?$search=x", "GET", 501, id="an unknown option"),
        pytest.param("/v1.0/users?$filter=startswith(id,'x')", "GET", 501, id="an unknown filter"),
        pytest.param("/v1.0/users?$expand=manager($levels=2)", "GET", 501, id="an unknown expansion"),
        pytest.param("/v1.0/users?$expand=manager", "GET", 400, id="what does not hang on it"),
        pytest.param(f"/v1.0/groups/{STAFF_GROUP}/owners", "GET", 501, id="what hangs on it and is not modelled"),
        pytest.param("/v1.0/users?$top=1000", "GET", 400, id="too large a page"),
        pytest.param("/v1.0/users?$skiptoken=!", "GET", 400, id="a made-up token"),
    ],
)
def test_what_is_not_modelled_is_refused(store, target, method, status):
    assert call(store, target, method).status == status


def test_an_empty_directory_has_no_settings(tmp_path):
    assert call(Store(tmp_path / "store.sqlite"), "/v1.0/deviceManagement").status == 404


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_client_of_others_reads_the_directory(sandbox):
    # These bring thousands of models, which only this test needs.
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.ios_compliance_policy import IosCompliancePolicy

    seed(sandbox.store, now=NOW)

    async def read():
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=sandbox.authority)) as http:
            signed = AzureIdentityAuthenticationProvider(
                sandbox.credential, scopes=[f"{sandbox.url}/.default"], allowed_hosts=["localhost"]
            )
            adapter = GraphRequestAdapter(signed, http)
            adapter.base_url = f"{sandbox.url}/v1.0"
            graph = GraphServiceClient(request_adapter=adapter)
            return (
                await graph.identity.conditional_access.policies.get(),
                await graph.device_management.device_compliance_policies.get(),
                await graph.device_management.managed_devices.get(),
                await graph.directory_roles.get(),
                await graph.policies.authorization_policy.get(),
            )

    rules, policies, devices, roles, invitations = asyncio.run(read())
    assert rules.value[0].conditions.users.exclude_users == [BREAK_GLASS]
    assert [control.value for control in rules.value[0].grant_controls.built_in_controls] == ["mfa"]
    assert any(isinstance(policy, IosCompliancePolicy) and policy.passcode_required for policy in policies.value)
    assert {device.compliance_state.value for device in devices.value} == {"compliant"}
    assert GLOBAL_ADMINISTRATOR in [role.role_template_id for role in roles.value]
    assert invitations.allow_invites_from.value == "adminsAndGuestInviters"
