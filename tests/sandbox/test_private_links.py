"""A target lists the private endpoints that point at it, whatever was put first."""

import pytest

from audit.sandbox.address import parse
from audit.sandbox.private_links import keep
from audit.sandbox.store import SUBSCRIPTION, Store

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/mail/providers"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/keys"
ENDPOINT = f"{GROUP}/Microsoft.Network/privateEndpoints/link"
ABROAD = "/subscriptions/another/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/theirs"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store.sqlite")


def put(store, identity, kind, **properties):
    body = {"id": identity, "name": identity.rpartition("/")[2], "type": kind, "properties": properties}
    store.put(identity, body)
    keep(store, parse(identity), body)
    return body


def vault(store, **properties):
    return put(store, VAULT, "Microsoft.KeyVault/vaults", **properties)


def endpoint(store, *, asks="privateLinkServiceConnections", to=VAULT):
    link = {"name": "link", "properties": {"privateLinkServiceId": to, "groupIds": ["vault"]}}
    return put(store, ENDPOINT, "Microsoft.Network/privateEndpoints", **{asks: [link]})


def states(store):
    listed = store.read(VAULT)["properties"].get("privateEndpointConnections")
    return listed and [
        (
            one["properties"]["privateEndpoint"]["id"],
            one["properties"]["privateLinkServiceConnectionState"]["status"],
        )
        for one in listed
    ]


@pytest.mark.parametrize(
    ("asks", "state"),
    [
        pytest.param("privateLinkServiceConnections", "Approved", id="approved by itself"),
        pytest.param("manualPrivateLinkServiceConnections", "Pending", id="waiting for approval"),
    ],
)
def test_an_endpoint_is_a_connection_of_its_target(store, asks, state):
    vault(store)
    endpoint(store, asks=asks)
    assert states(store) == [(ENDPOINT, state)]


def test_a_target_that_is_put_again_keeps_its_connections(store):
    vault(store)
    endpoint(store)
    vault(store, sku={"name": "premium"})
    assert states(store) == [(ENDPOINT, "Approved")]


def test_an_endpoint_that_is_put_again_is_listed_once(store):
    vault(store)
    endpoint(store)
    endpoint(store, to=VAULT.upper())
    assert states(store) == [(ENDPOINT, "Approved")]


def test_an_endpoint_that_is_deleted_is_listed_no_more(store):
    vault(store)
    gone = endpoint(store)
    store.delete(ENDPOINT)
    keep(store, parse(ENDPOINT), gone)
    assert states(store) == []


def test_a_connection_from_elsewhere_stays(store):
    state = {"status": "Approved"}
    theirs = {"properties": {"privateEndpoint": {"id": ABROAD}, "privateLinkServiceConnectionState": state}}
    vault(store, privateEndpointConnections=[theirs])
    endpoint(store)
    assert states(store) == [(ABROAD, "Approved"), (ENDPOINT, "Approved")]


def test_a_target_without_endpoints_says_nothing_of_them(store):
    vault(store)
    assert states(store) is None


def test_an_endpoint_to_something_that_is_not_there_changes_nothing(store):
    endpoint(store)
    assert store.read(VAULT) is None
