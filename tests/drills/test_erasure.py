"""Who was erased is erased again in a restored copy, and nowhere else."""

from datetime import timedelta

import msgspec
import pytest
import sqlglot

from audit.drills.databases import Told
from audit.drills.erasure import KIND
from audit.drills.erasure_ledger import add, keyed
from audit.drills.outcomes import NotRun
from tests.drilling import recoverable
from tests.drills.test_sql import Estate, left

KEY = b"k" * 32
GONE = ("Ada.Lovelace@example.org", "zoë@example.org")
STAYED = "alan@example.org"


class Erased(Estate):
    """A database in which two persons were erased after the backup that is restored; one has rows in two tables."""

    def __init__(self, drilling):
        super().__init__(drilling)
        people = [[1, "ada.lovelace@EXAMPLE.org"], [2, "Zoe\u0308@example.org"], [3, STAYED], [4, None]]
        mails = [[n, "ada.lovelace@example.org"] for n in range(3)]
        self.hold(
            self.clock.now() - timedelta(minutes=30),
            {
                "people": {"columns": [["id", "int"], ["mail", "nvarchar(50)"]], "rows": people},
                "mails": {"columns": [["id", "int"], ["sender", "nvarchar(50)"]], "rows": mails},
            },
        )
        facts = {"erased": ("dbo.people.mail", "dbo.mails.sender")}
        self.item = recoverable("erasure", "point-in-time", self.id, measures=("rto",), facts=facts)
        self.prepared = {"erasures": add(self.item, KEY, GONE, {})}
        self.seen = []

    def means(self):
        """Return means that note every statement with its database."""
        made = super().means()
        return {**made, "database": lambda server, name: Noting(made["database"](server, name), name, self.seen)}

    def run(self, **words):
        """Drill it."""
        return self.drilling.run(KIND, self.item, **{**self.means(), **words})


class Noting:
    """A database whose statements are noted."""

    def __init__(self, inner, name, seen):
        self._inner, self._name, self._seen = inner, name, seen

    def rows(self, statement, parameters=(), *, limit_s):
        """Note it and run it."""
        self._seen.append((self._name, statement, parameters))
        return self._inner.rows(statement, parameters, limit_s=limit_s)

    def close(self):
        """Close it."""
        self._inner.close()


@pytest.fixture
def estate(drilling):
    return Erased(drilling)


def test_who_was_erased_is_erased_again_in_the_copy(estate):
    """Both came back with the copy, spelt otherwise; after the replay nobody is left."""
    record = estate.run()
    found = record.verdict.recoverability
    assert (found.state, found.level) == ("proven", 5), record
    scanned = next(check for check in record.checks if check.id == "erasure.scanned")
    assert scanned.observed == {"ledger_keys": 2, "columns": 2, "found": 2}
    assert (record.erasure_replay.ledger_keys, record.erasure_replay.found_after) == (2, 0)
    assert record.verdict.rpo.state == "not-applicable"
    assert left(estate) == []


def test_nothing_is_deleted_outside_the_copy(estate):
    """Every statement that changes anything goes to the copy, with its value beside it."""
    estate.run()
    name = "drill-20260812t090000z-000001-1"
    deletions = [(where, text, words) for where, text, words in estate.seen if text.startswith("DELETE")]
    assert {where for where, _, _ in deletions} == {name}
    assert all(len(words) == 1 and words[0] not in text for _, text, words in deletions)
    others = [text for where, text, _ in estate.seen if where != name]
    assert all(isinstance(sqlglot.parse_one(text, dialect="tsql"), sqlglot.exp.Select) for text in others)
    rows = list(estate.means()["database"]("own", "people").rows("SELECT mail FROM dbo.people", limit_s=9))
    assert len(rows) == 4


def test_no_identifier_leaves_memory(estate, tmp_path):
    """Neither ledger nor journal nor record names anybody, the erased least of all."""
    record = estate.run()
    kept = msgspec.json.encode(record) + msgspec.json.encode(estate.prepared)
    kept += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"example.org" not in kept
    assert b"lovelace" not in kept.lower()


class Holding(Noting):
    """A database in which another table refers to persons."""

    def rows(self, statement, parameters=(), *, limit_s):
        """Refuse every deletion."""
        if statement.startswith("DELETE FROM [dbo].[people]"):
            raise Told(547)
        return super().rows(statement, parameters, limit_s=limit_s)


def test_a_person_who_cannot_be_erased_again_fails_the_drill(estate):
    """What refuses the deletion is counted, and not passed over."""
    real = estate.means()["database"]
    record = estate.run(database=lambda server, name: Holding(real(server, name), name, []))
    found = record.verdict.recoverability
    assert (found.state, found.level) == ("failed", 5)
    assert (record.erasure_replay.ledger_keys, record.erasure_replay.found_after) == (2, 2)


class Elsewhere(Noting):
    """A connection that leads to another database than it was made for."""

    def rows(self, statement, parameters=(), *, limit_s):
        """Tell another name."""
        found = super().rows(statement, parameters, limit_s=limit_s)
        return iter([("people",)]) if statement == "SELECT DB_NAME()" else found


def test_where_something_else_than_the_copy_answers_nothing_is_deleted(estate):
    """The database says itself what it is called."""
    real, seen = estate.means()["database"], []
    record = estate.run(database=lambda server, name: Elsewhere(real(server, name), name, seen))
    assert record.verdict.recoverability.level == 3
    assert record.erasure_replay is None
    assert not [text for _, text, _ in seen if text.startswith("DELETE")]


@pytest.mark.parametrize(
    ("prepared", "reason"),
    [
        pytest.param({}, "no ledger", id="no ledger"),
        pytest.param({"erasures": {"columns": [["dbo", "people", "mail"]], "keys": []}}, "empty", id="nobody in it"),
    ],
)
def test_without_anybody_to_erase_nothing_is_restored(estate, prepared, reason):
    """An empty ledger proves nothing."""
    estate.prepared = prepared
    found = estate.run().verdict.recoverability
    assert found.state == "not-run"
    assert reason in found.reason


def test_a_column_that_is_not_there_is_no_absence_of_persons(estate):
    """What could not be looked through is not empty."""
    estate.prepared["erasures"] = {**estate.prepared["erasures"], "columns": [["dbo", "people", "e-mail"]]}
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 3)
    assert record.erasure_replay is None


def test_the_ledger_grows_and_forgets_nobody(estate):
    """New identifiers are added to the digests of those that are known."""
    before = estate.prepared["erasures"]
    after = add(estate.item, KEY, ["new@example.org\n", "  \n"], before)
    assert set(before["keys"]) < set(after["keys"])
    assert len(after["keys"]) == 3
    assert keyed(" NEW@example.org", KEY) in after["keys"]
    assert keyed("new@example.org", b"x" * 32) not in after["keys"]


@pytest.mark.parametrize("facts", [{}, {"erased": ("people",)}, {"erased": ("dbo.people.",)}])
def test_without_columns_there_is_no_ledger(estate, facts):
    """The rules name where identifiers stand."""
    item = msgspec.structs.replace(estate.item, facts=facts)
    with pytest.raises(NotRun, match="facts.erased"):
        add(item, KEY, GONE, {})
