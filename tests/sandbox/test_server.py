"""What the local Azure answers, beyond what the clients of others ask of it."""

import pytest

VERSION = "api-version=2024-01-01"
ACCOUNT = "providers/Microsoft.Storage/storageAccounts"
PLACE = {"location": "uksouth"}


@pytest.fixture
def group(sandbox):
    """The path of a resource group."""
    return sandbox.group()


def error(answer):
    status, body, _ = answer
    return status, body["error"]["code"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("GET", "", (400, "MissingApiVersionParameter"), id="no api-version"),
        pytest.param("GET", "?api-version=latest", (400, "InvalidApiVersionParameter"), id="a malformed api-version"),
        pytest.param(
            "GET",
            f"/providers/Microsoft.Quantum/workspaces?{VERSION}",
            (501, "NotImplemented"),
            id="a list of an unknown type",
        ),
        pytest.param(
            "GET", f"/providers/Microsoft.Quantum/workspaces/w?{VERSION}", (501, "NotImplemented"), id="an unknown type"
        ),
        pytest.param(
            "PUT",
            f"/providers/Microsoft.Quantum/workspaces/w?{VERSION}",
            (501, "NotImplemented"),
            id="making an unknown type",
        ),
        pytest.param(
            "PUT",
            f"/providers/Microsoft.Resources/deployments/d?{VERSION}",
            (501, "NotImplemented"),
            id="deploying a template",
        ),
        pytest.param("POST", f"/{ACCOUNT}/archive/failover?{VERSION}", (501, "NotImplemented"), id="an unknown action"),
        pytest.param("GET", f"/{ACCOUNT}/absent?{VERSION}", (404, "ResourceNotFound"), id="what is not there"),
        pytest.param(
            "GET",
            f"/{ACCOUNT}/absent/blobServices/default?{VERSION}",
            (404, "ParentResourceNotFound"),
            id="a setting of what is not there",
        ),
        pytest.param(
            "GET",
            f"/{ACCOUNT}/absent/blobServices/default/containers?{VERSION}",
            (404, "ParentResourceNotFound"),
            id="a list below what is not there",
        ),
        pytest.param(
            "PUT",
            f"/providers/Microsoft.Sql/servers/absent/databases/d?{VERSION}",
            (404, "ParentResourceNotFound"),
            id="a child of what is not there",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_in_arms_words(sandbox, group, method, path, expected):
    body = PLACE if method in ("PUT", "POST") else None
    assert error(sandbox.ask(method, group + path, body)) == expected


def test_a_group_or_subscription_that_is_not_there_is_named(sandbox):
    account = f"{sandbox.root}/resourceGroups/absent/{ACCOUNT}/a?{VERSION}"
    assert error(sandbox.ask("PUT", account, PLACE)) == (404, "ResourceGroupNotFound")
    assert error(sandbox.ask("GET", account)) == (404, "ResourceGroupNotFound")
    other = f"/subscriptions/0a0d17e5-0000-4000-8000-00000000ffff/resourceGroups?{VERSION}"
    assert error(sandbox.ask("GET", other)) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no token"),
        pytest.param({"Authorization": "Bearer made.up.token"}, id="a token of somebody else"),
        pytest.param({"Authorization": "Basic YTpi"}, id="another scheme"),
    ],
)
def test_without_a_token_nothing_is_answered(sandbox, headers):
    for path in (f"{sandbox.root}/resources?{VERSION}", "/v1.0/users"):
        status, body, answered = sandbox.ask("GET", path, headers=headers, signed=False)
        assert (status, body["error"]["code"]) == (401, "AuthenticationFailed")
        assert answered["WWW-Authenticate"].startswith(f'Bearer authorization_uri="{sandbox.url}/')


def test_the_metadata_document_has_both_shapes(sandbox):
    new = sandbox.ask("GET", "/metadata/endpoints?api-version=2022-09-01", signed=False)[1]
    old = sandbox.ask("GET", "/metadata/endpoints?api-version=2019-05-01", signed=False)[1]
    assert new == old[0]
    assert (new["resourceManager"], new["authentication"]["loginEndpoint"]) == (sandbox.url, sandbox.url)


def test_paths_are_matched_without_case_and_double_slashes_are_folded(sandbox, group):
    sandbox.put(f"{group}/{ACCOUNT}/Archive", PLACE)
    status, body, _ = sandbox.ask(
        "GET", f"//{group.upper()}//PROVIDERS/microsoft.storage/STORAGEACCOUNTS/archive?{VERSION}"
    )
    assert status == 200
    assert body["id"] == f"{group}/{ACCOUNT}/Archive"
    assert body["type"] == "Microsoft.Storage/storageAccounts"


def test_lists_come_in_pages_with_absolute_links(sandbox, group):
    sandbox.resize_pages(2)
    for number in range(5):
        sandbox.put(f"{group}/{ACCOUNT}/account{number}", PLACE)
    link, pages = f"{sandbox.root}/{ACCOUNT}?{VERSION}", []
    while link:
        _, body, _ = sandbox.ask("GET", link)
        pages.append([found["name"] for found in body["value"]])
        link = body.get("nextLink", "")
        assert not link or (link.startswith(sandbox.url) and "%24skiptoken=" in link)
    assert pages == [["account0", "account1"], ["account2", "account3"], ["account4"]]


def test_a_list_of_a_group_holds_that_group_alone(sandbox, group):
    other = sandbox.group("other")
    sandbox.put(f"{group}/{ACCOUNT}/mine", PLACE)
    sandbox.put(f"{other}/{ACCOUNT}/theirs", PLACE)
    _, body, _ = sandbox.ask("GET", f"{other}/{ACCOUNT}?{VERSION}")
    assert [found["name"] for found in body["value"]] == ["theirs"]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        pytest.param({"If-Match": "the present etag"}, 200, id="the present etag"),
        pytest.param({"If-Match": "*"}, 200, id="any etag"),
        pytest.param({"If-Match": '"another"'}, 412, id="another etag"),
        pytest.param({"If-None-Match": "*"}, 412, id="only if it is new"),
    ],
)
def test_a_change_is_made_to_the_state_that_it_names(sandbox, group, condition, status):
    path = f"{group}/{ACCOUNT}/archive"
    sandbox.put(path, PLACE)
    etag = sandbox.ask("GET", f"{path}?{VERSION}")[2]["ETag"]
    headers = {name: etag if value == "the present etag" else value for name, value in condition.items()}
    assert sandbox.ask("PUT", f"{path}?{VERSION}", PLACE, headers=headers)[0] == status


def test_a_patch_merges_and_a_put_replaces(sandbox, group):
    path = f"{group}/{ACCOUNT}/archive"
    sandbox.put(
        path, {**PLACE, "tags": {"data": "mail"}, "properties": {"minimumTlsVersion": "TLS1_0", "isHnsEnabled": True}}
    )
    sandbox.ask("PATCH", f"{path}?{VERSION}", {"properties": {"minimumTlsVersion": "TLS1_2"}})
    body = sandbox.ask("GET", f"{path}?{VERSION}")[1]
    assert (body["properties"]["minimumTlsVersion"], body["properties"]["isHnsEnabled"]) == ("TLS1_2", True)
    assert body["tags"] == {"data": "mail"}
    sandbox.put(path, PLACE)
    assert "isHnsEnabled" not in sandbox.ask("GET", f"{path}?{VERSION}")[1]["properties"]


def test_tags_are_a_resource_of_their_own(sandbox, group):
    path = f"{group}/{ACCOUNT}/archive"
    sandbox.put(path, {**PLACE, "tags": {"data": "mail"}})
    tags = f"{path}/providers/Microsoft.Resources/tags/default?{VERSION}"
    sandbox.ask("PATCH", tags, {"operation": "Merge", "properties": {"tags": {"owner": "platform"}}})
    assert sandbox.ask("GET", tags)[1]["properties"]["tags"] == {"data": "mail", "owner": "platform"}
    assert sandbox.ask("GET", f"{path}?{VERSION}")[1]["tags"] == {"data": "mail", "owner": "platform"}


def test_deleting_a_group_deletes_what_it_holds(sandbox, group):
    path = f"{group}/{ACCOUNT}/archive"
    sandbox.put(path, PLACE)
    status, _, headers = sandbox.ask("DELETE", f"{group}?{VERSION}")
    assert (status, headers["Retry-After"]) == (202, "1")
    assert sandbox.ask("GET", headers["Location"])[0] == 204
    assert sandbox.ask("GET", f"{path}?{VERSION}")[0] == 404


def test_an_operation_is_done_when_it_is_first_asked_for(sandbox, group):
    status, _, headers = sandbox.ask("PUT", f"{group}/providers/Microsoft.Sql/servers/records?{VERSION}", PLACE)
    assert status == 201
    assert sandbox.ask("GET", headers["Azure-AsyncOperation"])[1]["status"] == "Succeeded"
    assert (
        error(
            sandbox.ask("GET", headers["Azure-AsyncOperation"].replace("azureAsyncOperation/", "azureAsyncOperation/_"))
        )[0]
        == 404
    )


def test_settings_are_there_as_soon_as_what_they_belong_to(sandbox, group):
    path = f"{group}/{ACCOUNT}/archive"
    sandbox.put(path, PLACE)
    assert sandbox.ask("GET", f"{path}/blobServices/default?{VERSION}")[1]["name"] == "default"
    assert [found["name"] for found in sandbox.ask("GET", f"{path}/blobServices?{VERSION}")[1]["value"]] == ["default"]
    sandbox.put(f"{path}/blobServices/default/containers/letters", {})


def test_what_the_identity_may_not_read_is_refused_by_name(sandbox, group):
    path = f"{group}/providers/Microsoft.KeyVault/vaults"
    sandbox.put(f"{path}/safe", PLACE)
    sandbox.narrow("*/read", but=("Microsoft.KeyVault/*",))
    permissions = sandbox.ask("GET", f"{sandbox.root}/providers/Microsoft.Authorization/permissions?{VERSION}")[1]
    assert permissions["value"][0]["notActions"] == ["Microsoft.KeyVault/*"]
    status, body, _ = sandbox.ask("GET", f"{path}?{VERSION}")
    assert (status, body["error"]["code"]) == (403, "AuthorizationFailed")
    assert "perform action 'Microsoft.KeyVault/vaults/read'" in body["error"]["message"]
    assert sandbox.ask("GET", f"{group}/{ACCOUNT}?{VERSION}")[0] == 200
    assert error(sandbox.ask("PUT", f"{group}/{ACCOUNT}/archive?{VERSION}", PLACE))[0] == 403


def test_resource_graph_leaves_out_what_the_identity_may_not_read(sandbox, group):
    sandbox.put(f"{group}/providers/Microsoft.KeyVault/vaults/safe", PLACE)
    query = {"query": "resources | project id, type"}
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    assert sandbox.ask("POST", path, query)[1]["totalRecords"] == 1
    sandbox.narrow("*/read", but=("Microsoft.KeyVault/*",))
    assert sandbox.ask("POST", path, query)[1]["totalRecords"] == 0


def test_secrets_are_never_given_back(sandbox, group):
    given = {
        **PLACE,
        "properties": {
            "siteConfig": {"connectionStrings": [{"name": "sql", "connectionString": "s3cret"}]},
            "osProfile": {"adminPassword": "s3cret", "linuxConfiguration": {"disablePasswordAuthentication": True}},
        },
    }
    answer = sandbox.put(f"{group}/providers/Microsoft.Compute/virtualMachines/worker", given)
    assert "s3cret" not in str(answer)
    assert answer["properties"]["osProfile"]["linuxConfiguration"] == {"disablePasswordAuthentication": True}


def test_a_list_of_keys_leaves_out_what_each_key_tells(sandbox, group):
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/safe"
    sandbox.put(vault, PLACE)
    sandbox.put(f"{vault}/keys/tde", {"properties": {"kty": "RSA", "rotationPolicy": {"lifetimeActions": []}}})
    listed = sandbox.ask("GET", f"{vault}/keys?{VERSION}")[1]["value"]
    assert [("rotationPolicy" in found["properties"], found["name"]) for found in listed] == [(False, "tde")]
    assert "rotationPolicy" in sandbox.ask("GET", f"{vault}/keys/tde?{VERSION}")[1]["properties"]
