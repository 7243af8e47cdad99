"""A declared estate is put into a local Azure, and what stood there before is gone."""

from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import SECRET, Plane, Reference, Resource, Snapshot
from audit.sandbox import process
from audit.sandbox.filling import fill
from tests.support import NOON

URN = "urn:pulumi:production::estate::{}::{}"


def declared(kind, name, body):
    """Make a resource as a program declares it."""
    urn = URN.format(kind.pulumi[0], name)
    return Resource(type=kind.arm, id=urn, name=name, plane=Plane.PROGRAM, seen_at=NOON, body=body)


def estate():
    group = declared(RESOURCE_GROUP, "group", {"resourceGroupName": "group", "location": "uksouth"})
    link = Reference(group.id, "name")
    body = {"accountName": "archive", "resourceGroupName": link, "location": "uksouth", "minimumTlsVersion": "TLS1_2"}
    account = declared(STORAGE_ACCOUNT, "archive", {**body, "sasPolicy": {"expirationAction": SECRET}})
    return Snapshot(plane=Plane.PROGRAM, origin="estate", seen_at=NOON, resources=(account, group))


def test_a_declared_estate_takes_the_place_of_what_was_there(tmp_path):
    subscription = "0a0d17e5-0000-4000-8000-000000000099"
    filled = fill(tmp_path, estate(), subscription=subscription)
    store = process.Running(folder=tmp_path, pid=0, port=0).store()
    assert store.subscriptions == (subscription,)
    assert [found["name"] for found in store.listed()] == ["group", "archive"]
    assert store.listed(STORAGE_ACCOUNT.arm)[0]["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert filled.count == 2
    assert any("sasPolicy.expirationAction" in line for line in filled.left)
    fill(tmp_path, Snapshot(plane=Plane.PROGRAM, origin="nothing", seen_at=NOON), subscription=subscription)
    assert store.listed() == []
