"""The sweeper takes what carries a drill's tag and whose time is over, and nothing else whatever happens."""

from datetime import timedelta

import pytest

from audit.azure import Refused
from audit.drills.actor import Actor
from audit.drills.sweeping import Broom
from audit.journal import Journal, read
from tests.drilling import DRILLS
from tests.live import SHORT

GROUP = f"/subscriptions/{DRILLS}/resourceGroups"


class Sweeping:
    """A sweep in the local Azure."""

    def __init__(self, drilling):
        self.sandbox, self.clock = drilling.sandbox, drilling.clock
        self.journal = drilling.folder / "sweep.jsonl"
        self.actor = Actor(
            drilling.cloud, self.sandbox.credential, clock=self.clock, may=lambda method, path: "no", patience=SHORT
        )

    def group(self, name, *, hours=-1, root=GROUP, called="", **tags):
        """Make a group whose time is over in so many hours; without `hours` it carries no time."""
        made = {"drill-id": name, "drill-item": "sql-0123456789ab", **tags}
        if hours is not None:
            made["drill-expires-at"] = f"{self.clock.now() + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
        path = f"{root}/{called or f'drill-{name}-1'}"
        self.sandbox.put(path, {"location": "uksouth", "tags": {key: value for key, value in made.items() if value}})
        return path

    def sweep(self, subscriptions=(), **words):
        """Sweep once."""
        journal = Journal(self.journal)
        try:
            return Broom(self.actor, self.clock, journal).sweep(DRILLS, subscriptions, **words)
        finally:
            journal.close()

    def there(self, path):
        """Tell whether something is still there."""
        return self.sandbox.store.read(path) is not None


@pytest.fixture
def sweeping(drilling):
    """A sweep with a journal of its own."""
    made = Sweeping(drilling)
    yield made
    made.actor.close()


def test_what_is_over_goes_and_what_is_not_stays(sweeping):
    over, still = sweeping.group("over"), sweeping.group("still", hours=5)
    swept = sweeping.sweep()
    assert (swept.removed, [left.ref for left in swept.waiting], swept.left) == ((over,), [still], ())
    assert (sweeping.there(over), sweeping.there(still)) == (False, True)


def test_what_carries_no_tag_is_not_even_listed(sweeping):
    path = sweeping.group("somebodys", **{"drill-id": ""})
    swept = sweeping.sweep()
    assert (swept.removed, swept.waiting, swept.left) == ((), (), ())
    assert sweeping.there(path)


def test_what_says_no_time_waits_without_an_end(sweeping):
    path = sweeping.group("timeless", hours=None)
    (left,) = sweeping.sweep().waiting
    assert (left.ref, left.until) == (path, None)
    assert sweeping.there(path)


def test_a_named_drill_is_taken_before_its_time_and_no_other(sweeping):
    wanted, other = sweeping.group("wanted", hours=5), sweeping.group("other")
    assert sweeping.sweep(drill="wanted").removed == (wanted,)
    assert sweeping.there(other)


def test_groups_of_production_are_never_taken(sweeping):
    """Even with a drill's tag on them: it is said, and a drill's own group in the same subscription goes."""
    root = f"{sweeping.sandbox.root}/resourceGroups"
    path, own = sweeping.group("a-drill", root=root, called="production"), sweeping.group("a-drill", root=root)
    swept = sweeping.sweep([sweeping.sandbox.subscription])
    assert (swept.removed, sweeping.there(path)) == ((own,), True)
    assert ["no drill made it" in left.reason for left in swept.left] == [True]


def test_a_copy_beside_production_is_taken_and_nothing_else_there(sweeping):
    server = f"{sweeping.sandbox.group('data')}/providers/Microsoft.Sql/servers/one"
    sweeping.sandbox.put(server, {"location": "uksouth", "properties": {"administratorLogin": "nobody"}})
    tags = {"drill-id": "a-drill", "drill-expires-at": "2020-01-01T00:00:00Z"}
    sweeping.sandbox.put(f"{server}/databases/drill-a-drill-1", {"location": "uksouth", "tags": tags})
    sweeping.sandbox.put(f"{server}/databases/orders", {"location": "uksouth"})
    swept = sweeping.sweep([sweeping.sandbox.subscription])
    assert [path.rpartition("/")[2] for path in swept.removed] == ["drill-a-drill-1"]
    assert sweeping.there(f"{server}/databases/orders")


def test_the_tag_is_read_again_right_before_the_deletion(sweeping):
    """Between the list and the deletion somebody put something else there: it stays, and that is said."""
    path = sweeping.group("over")
    journal = Journal(sweeping.journal)
    broom = Broom(sweeping.actor, sweeping.clock, journal)
    listed = list(broom._found(DRILLS, (), []))
    sweeping.sandbox.put(path, {"location": "uksouth", "tags": {}})
    assert listed
    assert broom._removed(path, "2021-04-01") == "it carries no drill's tag"
    assert sweeping.there(path)


def test_without_execute_nothing_goes(sweeping):
    path = sweeping.group("over")
    assert sweeping.sweep(dry=True).removed == (path,)
    assert sweeping.there(path)


def test_a_deletion_that_is_refused_is_said_and_the_next_is_taken(sweeping):
    first, second = sweeping.group("first"), sweeping.group("second")
    sweeping.sandbox.fault("status", method="DELETE", path="*/drill-first-1", status=403)
    swept = sweeping.sweep()
    assert ([left.ref for left in swept.left], swept.removed) == ([first], (second,))
    assert swept.left[0].reason


def test_a_list_that_is_refused_is_never_an_empty_one(sweeping):
    sweeping.sandbox.fault("status", method="GET", path="*/resourceGroups", status=403)
    (left,) = sweeping.sweep().left
    assert DRILLS in left.ref


def test_every_deletion_stands_in_the_journal_before_it_is_asked_for(sweeping):
    path = sweeping.group("over")
    sweeping.sweep()
    lines = read(sweeping.journal.read_bytes())
    assert [(line.type, line.body["path"], line.body["trouble"]) for line in lines] == [
        ("intent", path, ""),
        ("outcome", path, ""),
    ]


def test_a_lock_is_said_at_once_and_not_waited_for(sweeping):
    """Nobody takes it away meanwhile, and what comes behind it must not wait either."""
    path, second = sweeping.group("locked"), sweeping.group("second")
    lock = f"{path}/providers/Microsoft.Authorization/locks/no-delete"
    sweeping.sandbox.put(lock, {"properties": {"level": "CanNotDelete"}})
    began = sweeping.clock.now()
    swept = sweeping.sweep()
    assert ([left.ref for left in swept.left], swept.removed) == ([path], (second,))
    assert sweeping.clock.now() - began < timedelta(minutes=5)


def test_what_lies_in_a_subscription_that_we_do_not_see_is_not_gone(sweeping):
    """An identity that lost its sight must not call everything taken away."""
    with pytest.raises(Refused, match="SubscriptionNotFound"):
        sweeping.actor.found("/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/any", "2021-04-01")
