"""The estate knows what belongs to what, however it was written down, and says so where it cannot know."""

import msgspec
import pytest

from audit.estate import IndexedEstate
from audit.facts import SECRET, UNKNOWN, Cause, Reference, Unseen
from audit.kinds import UNKNOWN_TYPE
from audit.kinds.authorization import MANAGEMENT_LOCK
from audit.kinds.aws import BUCKET, BUCKET_POLICY
from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.kinds.sql import FIREWALL_RULE, SHORT_TERM_RETENTION, SQL_DATABASE, SQL_SERVER
from audit.kinds.storage import BLOB_CONTAINER, BLOB_SERVICE, CONTAINER_IMMUTABILITY, STORAGE_ACCOUNT
from audit.model import Gap, Plane, Snapshot
from tests.made import thing
from tests.support import NOON

URN = "urn:pulumi:prod::shop::azure-native:sql:Server::"
GROUP = "/subscriptions/s/resourceGroups/g/providers"
LIVE_SERVER = f"{GROUP}/Microsoft.Sql/servers/orders"
LIVE_ACCOUNT = f"{GROUP}/Microsoft.Storage/storageAccounts/files"


def estate(*resources, gaps=()):
    """Index what was seen."""
    return IndexedEstate(
        Snapshot(plane=Plane.PROGRAM, origin="a test", seen_at=NOON, resources=resources, gaps=tuple(gaps))
    )


def server(name, **body):
    """Declare a server."""
    return thing(SQL_SERVER, f"{URN}{name}", body, name=name)


def rule(**body):
    """Declare a firewall rule: a child of a server."""
    return thing(FIREWALL_RULE, "urn:rule", body, name="rule")


@pytest.mark.parametrize(
    ("link", "body"),
    [
        pytest.param("ORDERS", {"serverName": "orders"}, id="a name in other case"),
        pytest.param("sql-orders", {"serverName": "sql-orders"}, id="the name it has in Azure"),
        pytest.param(Reference(f"{URN}orders", "name"), {}, id="a reference to its name"),
        pytest.param(Reference(f"{URN}orders", "id"), {"serverName": "x"}, id="a reference to its id"),
    ],
)
def test_a_child_is_found_however_it_names_its_parent(link, body):
    """Both ways: the parent of the child, and the children of the parent."""
    parent, child = server("orders", **body), rule(serverName=link)
    seen = estate(parent, child, server("other"))
    assert seen.parent(child) is parent
    assert seen.children(parent, FIREWALL_RULE) == (child,)
    assert seen.children(seen.of(SQL_SERVER)[1], FIREWALL_RULE) == ()


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("elsewhere", id="the name of a server that is not here"),
        pytest.param(f"{GROUP}/Microsoft.Sql/servers/elsewhere", id="the id of a server that is not here"),
        pytest.param(Reference(f"{URN}elsewhere", "name"), id="a reference to what is not here"),
        pytest.param("orders", id="the program's name of a server called otherwise in Azure"),
    ],
)
def test_a_child_of_something_else_is_nobodys_here(link):
    """It is not adrift: it says whose it is."""
    parent, child = server("orders", serverName="sql-orders"), rule(serverName=link)
    seen = estate(parent, child)
    assert seen.children(parent, FIREWALL_RULE) == ()
    with pytest.raises(Unseen, match="^what rule belongs to was not seen$") as caught:
        seen.parent(child)
    assert caught.value.cause is Cause.MISSING


def test_what_has_no_parent_belongs_to_nothing():
    """A server stands on its own, and so does a type that nobody knows."""
    strange = thing(UNKNOWN_TYPE, "urn:strange")
    seen = estate(server("orders"), strange)
    for lonely in (seen.of(SQL_SERVER)[0], strange):
        with pytest.raises(Unseen):
            seen.parent(lonely)


NAMESAKES = (
    thing(SQL_SERVER, f"{URN}a", {"serverName": "sql", "resourceGroupName": "red"}, name="a"),
    thing(SQL_SERVER, f"{URN}b", {"serverName": "sql", "resourceGroupName": "blue"}, name="b"),
)


def test_the_group_tells_namesakes_apart():
    """Two servers may have one name in two groups."""
    child = rule(serverName="sql", resourceGroupName="BLUE")
    seen = estate(*NAMESAKES, child)
    assert seen.parent(child) is NAMESAKES[1]
    assert [seen.children(one, FIREWALL_RULE) for one in NAMESAKES] == [(), (child,)]


def test_the_server_tells_databases_of_one_name_apart():
    """What stands above the parent must agree, too."""
    one, two = (
        thing(SQL_DATABASE, f"urn:{name}", {"databaseName": "shop", "serverName": name}, name=name) for name in "ab"
    )
    child = thing(SHORT_TERM_RETENTION, "urn:kept", {"databaseName": "shop", "serverName": "b"})
    seen = estate(one, two, child)
    assert seen.parent(child) is two
    assert [seen.children(database, SHORT_TERM_RETENTION) for database in (one, two)] == [(), (child,)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"serverName": UNKNOWN}, id="an unknown name"),
        pytest.param({"serverName": SECRET}, id="a secret name"),
        pytest.param({"properties": UNKNOWN}, id="a name below unknown properties"),
        pytest.param({"serverName": "sql"}, id="a name of two servers"),
        pytest.param(
            {"serverName": "sql", "resourceGroupName": Reference("urn:group", "name")},
            id="a name of two servers in a group that cannot be told",
        ),
    ],
)
def test_a_child_that_does_not_say_whose_it_is_may_be_anybodys(body):
    """So nobody's children are known: leaving it out would hide it from the control that looks for it."""
    child = rule(**body)
    seen = estate(*NAMESAKES, child)
    for parent in NAMESAKES:
        with pytest.raises(Unseen, match="^rule does not say yet what it belongs to$") as caught:
            seen.children(parent, FIREWALL_RULE)
        assert caught.value.cause is Cause.UNKNOWN
    with pytest.raises(Unseen, match="^rule does not say yet what it belongs to$") as caught:
        seen.parent(child)
    assert caught.value.cause is Cause.UNKNOWN
    assert seen.data_of(child) == ()


def test_children_of_another_kind_are_known_all_the_same():
    """One kind adrift says nothing of the others."""
    seen = estate(*NAMESAKES, rule(serverName=UNKNOWN))
    assert seen.children(NAMESAKES[0], SQL_DATABASE) == ()


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        pytest.param(MANAGEMENT_LOCK, "scope", id="a lock by scope"),
        pytest.param(DIAGNOSTIC_SETTING, "resourceUri", id="a setting by resourceUri"),
    ],
)
@pytest.mark.parametrize(
    ("link", "below"),
    [
        pytest.param(Reference(f"{URN}orders", "id"), "", id="on the server"),
        pytest.param(
            Reference(f"{URN}orders", "id", "/databases/master"), "/databases/master", id="on a database by suffix"
        ),
    ],
)
def test_what_attaches_to_a_part_is_found_below_it_only(kind, by, link, below):
    """A setting of a database that nobody declares is asked for by the end of its id."""
    parent, attached = server("orders"), thing(kind, "urn:attached", {by: link})
    seen = estate(parent, attached)
    assert seen.parent(attached) is parent
    assert seen.children(parent, kind, below=below) == (attached,)
    assert seen.children(parent, kind, below="/databases/other") == ()
    assert seen.children(parent, kind, below=below.upper()) == (attached,)
    assert seen.children(parent, kind, below="" if below else "/databases/master") == ()


@pytest.mark.parametrize(
    ("kind", "child", "parent_kind", "parent"),
    [
        pytest.param(SQL_DATABASE, f"{LIVE_SERVER}/databases/shop", SQL_SERVER, LIVE_SERVER, id="a child"),
        pytest.param(
            SQL_DATABASE, f"{LIVE_SERVER}/databases/shop", SQL_SERVER, LIVE_SERVER.upper(), id="an id in other case"
        ),
        pytest.param(
            DIAGNOSTIC_SETTING,
            f"{LIVE_SERVER}/providers/Microsoft.Insights/diagnosticSettings/logs",
            SQL_SERVER,
            LIVE_SERVER,
            id="an extension",
        ),
        pytest.param(
            DIAGNOSTIC_SETTING,
            f"{LIVE_SERVER}/databases/shop/providers/Microsoft.Insights/diagnosticSettings/logs",
            SQL_DATABASE,
            f"{LIVE_SERVER}/databases/shop",
            id="an extension of a child",
        ),
        pytest.param(
            BLOB_CONTAINER,
            f"{LIVE_ACCOUNT}/blobServices/default/containers/letters",
            STORAGE_ACCOUNT,
            LIVE_ACCOUNT,
            id="a child two levels down",
        ),
        pytest.param(
            CONTAINER_IMMUTABILITY,
            f"{LIVE_ACCOUNT}/blobServices/default/containers/letters/immutabilityPolicies/default",
            BLOB_CONTAINER,
            f"{LIVE_ACCOUNT}/blobServices/default/containers/letters",
            id="a child four levels down",
        ),
    ],
)
def test_a_live_child_is_found_by_its_id(kind, child, parent_kind, parent):
    """Azure's answers name no parent: the id does."""
    above, below = thing(parent_kind, parent), thing(kind, child)
    service = thing(BLOB_SERVICE, f"{LIVE_ACCOUNT}/blobServices/default")
    seen = estate(service, below, above)
    assert seen.parent(below) is above
    assert seen.children(above, kind) == (below,)


def test_a_live_setting_of_a_database_that_was_not_listed_is_found_below_its_server():
    """The rest of the id says which part of it."""
    setting = thing(
        DIAGNOSTIC_SETTING, f"{LIVE_SERVER}/databases/master/providers/microsoft.insights/diagnosticSettings/logs"
    )
    above = thing(SQL_SERVER, LIVE_SERVER)
    assert estate(above, setting).children(above, DIAGNOSTIC_SETTING, below="/databases/master") == (setting,)


@pytest.mark.parametrize("identity", ["/subscriptions/s", "/subscriptions/s/resourceGroups/g", "urn:lock", "lock"])
def test_an_id_with_nothing_above_it_has_no_parent(identity):
    """A lock that names no scope is nobody's."""
    lock = thing(MANAGEMENT_LOCK, identity)
    with pytest.raises(Unseen):
        estate(lock, server("orders")).parent(lock)


def test_a_bucket_is_named_by_its_bucket():
    """Settings of a bucket name it by its name in S3, or refer to it."""
    bucket = thing(BUCKET, "urn:copy", {"bucket": "copy-of-files"}, name="copy")
    by_name = thing(BUCKET_POLICY, "urn:one", {"bucket": "copy-of-files"})
    by_link = thing(BUCKET_POLICY, "urn:two", {"bucket": Reference("urn:copy", "bucket")})
    assert estate(bucket, by_name, by_link).children(bucket, BUCKET_POLICY) == (by_name, by_link)


def test_two_resources_whose_names_differ_by_case_are_two():
    """Pulumi tells them apart, so neither may hide the other from a control."""
    one, two = server("orders"), server("Orders")
    assert estate(one, two).of(SQL_SERVER) == (one, two)


def test_one_resource_listed_twice_is_one():
    """Azure compares ids without case."""
    one, two = thing(SQL_SERVER, LIVE_SERVER), thing(SQL_SERVER, LIVE_SERVER.lower())
    assert estate(one, two).of(SQL_SERVER) == (one,)


@pytest.mark.parametrize(
    ("own", "above", "classes"),
    [
        pytest.param({}, {}, (), id="no tags"),
        pytest.param({}, {"tags": {"data": "mail"}}, ("mail",), id="its parent's"),
        pytest.param({"tags": {"data": "crm"}}, {"tags": {"data": "mail"}}, ("crm",), id="its own"),
        pytest.param({"tags": {"a": "b"}}, {"tags": {"data": "mail"}}, ("mail",), id="other tags, and its parent's"),
        pytest.param({"tags": {"data": "mail  archive"}}, {}, ("mail", "archive"), id="several"),
        pytest.param({"tags": {"data": ""}}, {"tags": {"data": "mail"}}, (), id="an empty tag"),
        pytest.param({"tags": {"data": UNKNOWN}}, {"tags": {"data": "mail"}}, (), id="an unknown tag"),
        pytest.param({"tags": UNKNOWN}, {"tags": {"data": "mail"}}, (), id="unknown tags"),
        pytest.param({}, {"tags": {"data": UNKNOWN}}, (), id="an unknown tag of its parent"),
    ],
)
def test_data_classes_are_inherited(own, above, classes):
    """What belongs to a resource holds its data; none known means that it may hold any."""
    database = thing(SQL_DATABASE, "urn:database", {"serverName": "orders", **own}, name="shop")
    assert estate(server("orders", serverName="orders", **above), database).data_of(database) == classes


def test_data_classes_are_inherited_from_further_up():
    """A policy of a database of a server holds what the server holds."""
    top = server("orders", tags={"data": "mail"})
    database = thing(SQL_DATABASE, "urn:database", {"serverName": Reference(top.id, "name")}, name="shop")
    policy = thing(SHORT_TERM_RETENTION, "urn:policy", {"databaseName": Reference("urn:database", "name")})
    assert estate(top, database, policy).data_of(policy) == ("mail",)


def test_two_locks_on_each_other_have_no_data_classes():
    """A circle ends."""
    one = thing(MANAGEMENT_LOCK, "urn:one", {"scope": Reference("urn:two", "id")})
    two = thing(MANAGEMENT_LOCK, "urn:two", {"scope": Reference("urn:one", "id")})
    assert estate(one, two).data_of(one) == ()


@pytest.mark.parametrize(
    ("gaps", "reason"),
    [
        pytest.param((), None, id="no gap"),
        pytest.param((Gap("refused", (STORAGE_ACCOUNT.arm,)),), None, id="a gap in another kind"),
        pytest.param((Gap("refused", (SQL_DATABASE.arm,)),), "refused", id="a gap in one of them"),
        pytest.param((Gap("stopped"),), "stopped", id="a gap in everything"),
        pytest.param((Gap("first"), Gap("second")), "first", id="two gaps"),
    ],
)
def test_a_gap_is_found_for_the_kinds_asked_for(gaps, reason):
    """A control asks about the kinds it needs."""
    found = estate(gaps=gaps).gap((SQL_SERVER, SQL_DATABASE))
    assert (found.reason if found else None) == reason


def test_types_that_nobody_knows_are_listed_as_such():
    """A control of what may exist at all asks for them."""
    strange = msgspec.structs.replace(thing(UNKNOWN_TYPE, "urn:strange"), type="Some.Provider/news")
    seen = estate(strange, server("orders"))
    assert seen.of(UNKNOWN_TYPE) == (strange,)
    assert seen.all() == (strange, server("orders"))
