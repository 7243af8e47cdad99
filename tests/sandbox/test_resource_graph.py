"""Resource Graph answers what lies in its tables, page by page, in its own shapes; it refuses what it does not know."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from audit.kinds import KINDS
from audit.model import Scope
from audit.sandbox.permissions import grant
from audit.sandbox.resource_graph import answer, resize_pages
from audit.sandbox.store import SUBSCRIPTION, TENANT, Store
from audit.sandbox.tables import TABLES, rows

OTHER = "0a0d17e5-5ab5-4c71-9a0d-17e55ab50002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Mail"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/archive"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/exchange"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/provisioning"
VAULT = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/backups"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/c/protectedItems/exchange"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/portal"
AUDITORS = """{table} {where}| project id, name, type, kind, location, resourceGroup, subscriptionId, managedBy, sku,
plan, properties, tags, identity, zones, extendedLocation | order by id asc"""


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    store.add_subscription(OTHER, "Guards")
    put(store, GROUP, "Microsoft.Resources/resourceGroups", location="uksouth", properties={})
    return store


def put(store, identity, kind, **body):
    store.put(identity, {"id": identity, "name": identity.rpartition("/")[2], "type": kind, **body})


def account(store, number, subscription=SUBSCRIPTION):
    identity = (
        f"/subscriptions/{subscription}/resourceGroups/Mail/providers/Microsoft.Storage/storageAccounts/a{number:03}"
    )
    put(store, identity, "Microsoft.Storage/storageAccounts", location="uksouth", properties={})


def ask(store, query, **body):
    reply = answer(store, {"query": query, **body})
    assert reply.status == 200, reply.body
    return reply.body


def shown(store, query, **body):
    return [row["id"] for row in ask(store, query, **body)["data"]]


def details(store, query, **body):
    reply = answer(store, {"query": query, **body})
    assert reply.status == 400
    assert reply.body["error"]["code"] == "BadRequest"
    assert "correlationId" in reply.body["error"]["message"]
    return [detail["code"] for detail in reply.body["error"]["details"]]


def test_a_row_has_resource_graphs_own_spelling(store):
    tags, sku = {"data": "mail"}, {"name": "Standard_GRS"}
    settings = {"minimumTlsVersion": "TLS1_2"}
    put(
        store,
        ACCOUNT,
        "Microsoft.Storage/storageAccounts",
        location="UK South",
        sku=sku,
        tags=tags,
        properties=settings,
        etag="x",
    )
    query = AUDITORS.format(table="resources", where="| where type in~ ('Microsoft.Storage/storageAccounts') ")
    assert ask(store, query)["data"] == [
        {
            "id": ACCOUNT,
            "name": "archive",
            "type": "microsoft.storage/storageaccounts",
            "kind": "",
            "location": "uksouth",
            "resourceGroup": "mail",
            "subscriptionId": SUBSCRIPTION,
            "managedBy": "",
            "sku": sku,
            "plan": None,
            "properties": settings,
            "tags": tags,
            "identity": None,
            "zones": None,
            "extendedLocation": None,
        }
    ]


@pytest.mark.parametrize(
    ("identity", "kind", "location", "table"),
    [
        pytest.param(ACCOUNT, "Microsoft.Storage/storageAccounts", "uksouth", "resources", id="an account"),
        pytest.param(
            f"{GROUP}/providers/Microsoft.Cache/redis/r", "Microsoft.Cache/redis", "uksouth", "resources", id="any type"
        ),
        pytest.param(
            f"{MACHINE}/extensions/agent",
            "Microsoft.Compute/virtualMachines/extensions",
            "uksouth",
            "resources",
            id="an extension of a machine",
        ),
        pytest.param(
            f"{GROUP}/providers/Microsoft.Network/virtualNetworks/n/subnets/s", "x", None, "", id="a subnet in none"
        ),
        pytest.param(f"{ACCOUNT}/blobServices/default/containers/c", "x", None, "", id="a container in none"),
        pytest.param(f"{GROUP}/providers/Microsoft.KeyVault/vaults/v/keys/k", "x", "uksouth", "", id="a key in none"),
        pytest.param(
            f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/d", "x", None, "", id="a diagnostic setting"
        ),
        pytest.param(f"{GROUP}/providers/Microsoft.Authorization/locks/l", "x", None, "", id="a lock in none"),
        pytest.param(
            f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/a",
            "x",
            "uksouth",
            "maintenanceresources",
            id="an assignment of a window",
        ),
        pytest.param(
            f"{GROUP}/providers/Microsoft.Resources/deployments/d", "x", "uksouth", "", id="a deployment in none"
        ),
        pytest.param(
            f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
            "x",
            None,
            "authorizationresources",
            id="a role",
        ),
        pytest.param(
            f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/pricings/VirtualMachines",
            "x",
            None,
            "securityresources",
            id="a plan of Defender",
        ),
        pytest.param(f"{MACHINE}/patchAssessmentResults/latest", "x", None, "patchassessmentresources", id="patches"),
        pytest.param(f"{GROUP}/providers/Microsoft.Network/dnsZones/z/MX/@", "x", None, "dnsresources", id="a record"),
        pytest.param(f"{GROUP}/providers/Microsoft.Network/dnsZones/z/CAA/@", "x", None, "", id="a CAA record in none"),
    ],
)
def test_a_resource_is_in_its_table_and_in_no_other(store, identity, kind, location, table):
    put(store, identity, kind, location=location, properties={})
    holding = {name for name in TABLES if any(row["id"] == identity for row in rows(store, name))}
    assert holding == ({table} if table else set())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.table], ids=lambda kind: kind.arm)
def test_the_table_that_a_row_names_holds_its_type(kind):
    types = {name.lower() for name in (kind.arm, *kind.also)}
    tracked = kind.table == "resources" and kind.arm.count("/") == 1 and kind.scope is Scope.GROUP
    assert tracked or types & set(TABLES[kind.table])


def test_groups_and_subscriptions_are_containers(store):
    found = ask(store, "resourcecontainers | project id, type, name | order by id asc")["data"]
    assert found == [
        {"id": f"/subscriptions/{SUBSCRIPTION}", "type": "microsoft.resources/subscriptions", "name": "Local"},
        {"id": GROUP, "type": "microsoft.resources/subscriptions/resourcegroups", "name": "Mail"},
        {"id": f"/subscriptions/{OTHER}", "type": "microsoft.resources/subscriptions", "name": "Guards"},
    ]


@pytest.mark.parametrize(
    ("properties", "state"),
    [
        pytest.param({"protectionState": "Protected"}, "ProtectionConfigured", id="protected"),
        pytest.param({"protectionState": "ProtectionStopped"}, "ProtectionStopped", id="stopped"),
        pytest.param(
            {"protectionState": "ProtectionStopped", "isScheduledForDeferredDelete": True}, "SoftDeleted", id="gone"
        ),
    ],
)
def test_a_protected_item_has_fewer_properties_and_another_state(store, properties, state):
    known = {"backupManagementType": "AzureIaasVM", "sourceResourceId": MACHINE, "policyId": "p"}
    put(store, ITEM, "x", properties={**known, **properties, "healthStatus": "Passed", "lastBackupStatus": "Completed"})
    (row,) = ask(store, "recoveryservicesresources | where type endswith 'protecteditems'")["data"]
    source = {"resourceID": MACHINE, "resourceType": "Microsoft.Compute/virtualMachines"}
    assert row["properties"] == {**known, "currentProtectionState": state, "dataSourceInfo": source}


def test_a_sites_configuration_is_there_with_names_in_another_case(store):
    put(store, SITE, "Microsoft.Web/sites", location="uksouth", properties={"siteConfig": {"minTlsVersion": "1.2"}})
    (row,) = ask(store, "appserviceresources | where properties.MinTlsVersion == '1.2'")["data"]
    assert (row["id"], row["properties"]["FtpsState"]) == (f"{SITE}/config/web", "AllAllowed")


def test_a_server_has_its_master_database(store):
    put(store, SERVER, "Microsoft.Sql/servers", location="ukwest", properties={})
    (row,) = ask(store, "resources | where type =~ 'Microsoft.Sql/servers/databases'")["data"]
    assert (row["id"], row["location"]) == (f"{SERVER}/databases/master", "ukwest")


def test_pages_follow_each_other_until_all_rows_were_shown(store):
    for number in range(5):
        account(store, number)
    resize_pages(store, 2)
    query = "resources | project id | order by id asc"
    seen, token, pages = [], None, 0
    while pages == 0 or token:
        page = ask(store, query, options={"$skipToken": token} if token else {})
        assert (page["totalRecords"], page["resultTruncated"], page["facets"]) == (5, "false", [])
        assert page["count"] == len(page["data"])
        seen += [row["id"][-4:] for row in page["data"]]
        token, pages = page.get("$skipToken"), pages + 1
    assert (pages, seen) == (3, ["a000", "a001", "a002", "a003", "a004"])


def test_a_page_shows_what_changed_since_the_page_before(store):
    for number in range(4):
        account(store, number)
    resize_pages(store, 2)
    query = "resources | project id | order by id asc"
    token = ask(store, query)["$skipToken"]
    account(store, 4)
    assert [row["id"][-4:] for row in ask(store, query, options={"$skipToken": token})["data"]] == ["a002", "a003"]
    assert ask(store, query)["totalRecords"] == 5


def test_a_thousand_rows_are_the_most(store):
    store.put_all(
        (
            f"{GROUP}/providers/A.B/c/n{number:04}",
            {"id": f"{GROUP}/providers/A.B/c/n{number:04}", "location": "uksouth"},
        )
        for number in range(1001)
    )
    resize_pages(store, 5000)
    page = ask(store, "resources | project id")
    assert (page["count"], page["totalRecords"], "$skipToken" in page) == (1000, 1001, True)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("resources | project id | take 4", id="a query that limits itself"),
        pytest.param("resources | project properties", id="objects alone"),
    ],
)
def test_what_cannot_be_paged_is_truncated_without_a_token(store, query):
    for number in range(5):
        account(store, number)
    page = ask(store, query, options={"$top": 2})
    assert (page["count"], page["resultTruncated"], "$skipToken" in page) == (2, "true", False)


def test_rows_are_skipped_and_limited_as_asked(store):
    for number in range(5):
        account(store, number)
    page = ask(store, "resources | project id | order by id asc", options={"$skip": 1, "$top": 2})
    assert [row["id"][-4:] for row in page["data"]] == ["a001", "a002"]


def test_a_table_lists_columns_once(store):
    account(store, 1)
    page = ask(store, "resources | project name, properties", options={"resultFormat": "table"})
    columns = [{"name": "name", "type": "string"}, {"name": "properties", "type": "object"}]
    assert page["data"] == {"columns": columns, "rows": [["a001", {}]]}


def test_only_the_subscriptions_that_were_named_are_shown(store):
    account(store, 1)
    account(store, 2, OTHER)
    query = "resources | project id | order by id asc"
    assert [row[-4:] for row in shown(store, query, subscriptions=[OTHER])] == ["a002"]
    assert [row[-4:] for row in shown(store, query)] == ["a001", "a002"]
    assert [row[-4:] for row in shown(store, query, managementGroups=[TENANT])] == ["a001", "a002"]


def test_what_may_not_be_read_is_left_out_without_a_word(store):
    account(store, 1)
    put(store, MACHINE, "Microsoft.Compute/virtualMachines", location="uksouth", properties={})
    grant(store, ["*/read"], ["Microsoft.Storage/storageAccounts/read"])
    assert shown(store, "resources") == [MACHINE]
    grant(store, ["Microsoft.Insights/*"])
    assert shown(store, "resources") == []


def test_the_quota_is_told(store):
    headers = answer(store, {"query": "resources"}).headers
    assert headers == {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}


@pytest.mark.parametrize(
    ("query", "body", "codes"),
    [
        pytest.param("resourcez", {}, ["DisallowedLogicalTableName"], id="an unknown table"),
        pytest.param("resources | where (", {}, ["InvalidQuery", "ParserFailure"], id="a query that is cut"),
        pytest.param("resources | mvexpand x", {}, ["InvalidQuery", "InvalidQueryLanguage"], id="an unknown operator"),
        pytest.param("  ", {}, ["InvalidQuery"], id="no query"),
        pytest.param(None, {}, ["InvalidQuery"], id="a query that is no text"),
        pytest.param(
            "resources", {"subscriptions": ["x"]}, ["NoValidSubscriptionsInQueryRequest"], id="unknown subscriptions"
        ),
        pytest.param("resources", {"options": {"$top": 1001}}, ["InvalidQueryOptions"], id="too many rows"),
        pytest.param("resources", {"options": {"$skip": -1}}, ["InvalidQueryOptions"], id="fewer than none"),
        pytest.param("resources", {"options": {"resultFormat": "csv"}}, ["InvalidQueryOptions"], id="another format"),
        pytest.param("resources", {"options": {"$skipToken": "nonsense"}}, ["InvalidSkipToken"], id="a made-up token"),
    ],
)
def test_what_cannot_be_answered_is_refused(store, query, body, codes):
    assert details(store, query, **body) == codes


def test_a_token_of_another_query_is_refused(store):
    for number in range(3):
        account(store, number)
    token = ask(store, "resources | project id", options={"$top": 1})["$skipToken"]
    assert details(store, "resources | project name", options={"$skipToken": token}) == ["InvalidSkipToken"]


def test_a_request_that_is_no_object_is_refused(store):
    assert answer(store, ["resources"]).status == 400


def test_the_client_of_others_reads_all_pages(sandbox):
    client = ResourceGraphClient(
        sandbox.credential,
        base_url=sandbox.url,
        credential_scopes=[f"{sandbox.url}/.default"],
        connection_verify=sandbox.authority,
    )
    group = sandbox.group()
    for number in range(3):
        address = f"{group}/providers/Microsoft.Network/publicIPAddresses/p{number}"
        sandbox.put(address, {"location": "uksouth", "properties": {"publicIPAllocationMethod": "Static"}})
    query = (
        "resources | where type =~ 'Microsoft.Network/publicIPAddresses' | project name, properties | order by name asc"
    )
    seen, options = [], QueryRequestOptions(top=2)
    while options:
        page = client.resources(QueryRequest(query=query, options=options))
        assert (page.total_records, page.result_truncated) == (3, "false")
        seen += [(row["name"], row["properties"]["ipAddress"][:10]) for row in page.data]
        options = QueryRequestOptions(top=2, skip_token=page.skip_token) if page.skip_token else None
    assert seen == [(f"p{number}", "203.0.113.") for number in range(3)]
    with pytest.raises(HttpResponseError, match="InvalidQuery") as caught:
        client.resources(QueryRequest(query="resources | evaluate bag_unpack(tags)"))
    assert caught.value.status_code == 400
