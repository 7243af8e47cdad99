"""Databases are restored in each way there is, and what is wrong with a backup is found at its own level."""

from datetime import timedelta

import msgspec
import pytest

from audit.databases import braced
from audit.drills.databases import connecting
from audit.drills.drill import Means
from audit.drills.machine import run
from audit.drills.sql import KIND
from audit.drills.sql_manifest import canary, prepare
from audit.sandbox import sql_keys, sql_quotas
from audit.sandbox.jobs import Behaviour, Outcome, behave
from audit.sandbox.sql_contents import hold
from audit.sandbox.sql_points import take_long_term
from tests.drilling import DRILLS, recoverable

PERSON = "Mustermann-7f3c"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KEY = "https://safe.vault.azure.net/keys/seal/0a0d17e5"


def tables(count=40):
    """Return what a database holds: people, and countries that never change."""
    people = [[number, f"{PERSON} {number}"] for number in range(count)]
    return {
        "people": {"columns": [["id", "int"], ["name", "nvarchar(50)"]], "rows": people},
        "countries": {"columns": [["code", "char(2)"], ["name", "nvarchar(50)"]], "rows": [["GB", "United Kingdom"]]},
    }


class Estate:
    """A server with one database in the local Azure, prepared as `audit drill prepare` does it."""

    def __init__(self, drilling, method="point-in-time", **server):
        self.drilling, self.sandbox, self.clock = drilling, drilling.sandbox, drilling.clock
        store = self.sandbox.store
        self.server = f"{self.sandbox.group('production')}/providers/Microsoft.Sql/servers/own"
        self.id = f"{self.server}/databases/people"
        self.sandbox.put(self.server, {"location": "uksouth", "properties": server})
        first = {"earliestRestoreDate": (self.clock.now() - 5 * DAY).isoformat()}
        self.sandbox.put(self.id, {"location": "uksouth", "properties": first})
        self.item = recoverable(
            "sql",
            method,
            self.id,
            rpo_s=1800,
            facts={"exact": ("dbo.countries",), "query": "SELECT id FROM dbo.people"},
        )
        self.prepared = {}
        self.store = store
        self.hold(self.clock.now() - 2 * DAY, tables(30))
        self.hold(self.clock.now() - 60 * MINUTE, tables())

    def hold(self, at, held, damage="", key=""):
        """Let the database hold tables from a moment on."""
        hold(self.store, self.id, at, held, damage, key=key)

    def means(self):
        """Return by what it is restored."""
        return {
            "database": connecting(self.drilling.cloud, self.sandbox.credential, self.clock),
            "manifest": lambda ref, what: self.prepared.get(what),
            "key": b"k" * 32,
            "seed": "a seed",
        }

    def prepare(self):
        """Write manifest and canary, and let a quarter of an hour pass."""
        means = Means(clock=self.clock, actor=None, **self.means())
        made = canary(self.item, means, self.clock.now())
        at = f"{self.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        self.prepared = {"manifest": {**prepare(self.item, means), "made_at": at}, "canaries": {"canaries": [made]}}
        self.clock.sleep(15 * 60)

    def run(self, **words):
        """Drill it."""
        return self.drilling.run(KIND, self.item, **{**self.means(), **words})


@pytest.fixture
def estate(drilling):
    made = Estate(drilling)
    made.prepare()
    return made


def left(estate):
    """Return the paths of what stands in the drills' subscription, and of copies beside production."""
    return [body["id"] for body in estate.store.listed() if DRILLS in body["id"] or "/databases/drill" in body["id"]]


def test_a_database_set_back_to_a_moment_is_proven_to_the_last_level(estate):
    """Online, sound, with its schema, rows and newest canary; the dropped copy is told with the time it is kept."""
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6)
    assert (record.verdict.rpo.state, record.verdict.rpo.basis) == ("met", "canary")
    assert 15 * 60 <= record.verdict.rpo.achieved_s <= 17 * 60
    assert record.verdict.cleanup.state == "residue-expected"
    (kept,) = record.residue
    assert kept.type == "restorable dropped database"
    dropped = next(phase for phase in record.phases if phase.name == "tear down").ended
    assert timedelta(days=8) <= kept.until - dropped <= timedelta(days=8, minutes=1)
    assert left(estate) == []


def elsewhere(estate):
    """Let Azure have copied the backups to the other region."""
    identity = f"{estate.server}/recoverableDatabases/people"
    estate.sandbox.put(identity, {"properties": {"lastAvailableBackupDate": (estate.clock.now() - MINUTE).isoformat()}})


@pytest.mark.parametrize(
    ("method", "region", "level"),
    [
        pytest.param("geo", "ukwest", 6, id="from the other region"),
        pytest.param("long-term", "uksouth", 6, id="from the long-term backup"),
    ],
)
def test_a_database_is_restored_onto_a_server_of_its_own(drilling, method, region, level):
    """In a promised region, and nothing is left of it."""
    estate = Estate(drilling, method)
    estate.prepare()
    elsewhere(estate)
    take_long_term(estate.store, estate.id, estate.clock.now() - 5 * MINUTE, estate.clock.now() + 28 * DAY)
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", level), record
    assert (record.isolation.region, record.isolation.residency_ok) == (region, True)
    assert (record.isolation.egress_denied, record.isolation.public_ip) == (True, False)
    assert record.verdict.cleanup.state == "clean"
    assert left(estate) == []


@pytest.mark.parametrize(
    ("damage", "level"),
    [
        pytest.param("suspect", 3, id="suspect"),
        pytest.param("corrupt page", 4, id="a corrupt page"),
        pytest.param("missing table", 5, id="a missing table"),
        pytest.param("fewer rows", 5, id="fewer rows"),
        pytest.param("stale", 5, id="what was held a day before"),
    ],
)
def test_a_bad_backup_fails_at_its_own_level(drilling, damage, level):
    """The restore itself succeeds in each case."""
    estate = Estate(drilling)
    estate.hold(estate.clock.now() - 30 * MINUTE, tables(), damage)
    estate.prepare()
    record = estate.run()
    found = record.verdict.recoverability
    assert (found.state, found.level) == ("failed", level), found
    assert record.verdict.rpo.state != "met" or damage != "stale"
    assert left(estate) == []


def test_a_restore_that_brings_yesterdays_data_misses_its_target(drilling):
    """The restore succeeds, the newest canary is a day old."""
    estate = Estate(drilling)
    estate.prepare()
    estate.clock.sleep(86_400)
    held = {**tables(), "promise_audit_canary": {"columns": [], "rows": []}}
    del held["promise_audit_canary"]
    before = estate.prepared
    estate.prepare()
    estate.prepared["canaries"]["canaries"][:0] = before["canaries"]["canaries"]
    stale(estate)
    record = estate.run()
    assert record.verdict.rpo.state == "missed"
    assert record.verdict.rpo.basis == "canary"
    assert record.verdict.rpo.achieved_s >= 86_400


def stale(estate):
    """Let the backups of what is held now be those of the day before."""
    from audit.sandbox import sql_contents  # its own words for what is held

    now = estate.clock.now()
    content = sql_contents.held(estate.store, estate.id, now)
    damaged = msgspec.structs.replace(content, damage=sql_contents.Damage.STALE)
    sql_contents.keep(estate.store, estate.id, now - 14 * MINUTE, damaged)


@pytest.mark.parametrize(
    ("behaviour", "state", "level"),
    [
        pytest.param({"outcome": Outcome.FAILED, "code": "InternalServerError"}, "failed", 3, id="the job fails"),
        pytest.param({"outcome": Outcome.FAILED, "code": "RegionQuotaExceeded"}, "inconclusive", None, id="no quota"),
        pytest.param({"outcome": Outcome.HANGING}, "inconclusive", None, id="the job hangs"),
        pytest.param({"outcome": Outcome.FAILED, "code": "AzureKeyVaultKeyDisabled"}, "failed", 3, id="no key"),
    ],
)
def test_a_job_that_ends_badly_says_whose_fault_it_is(estate, behaviour, state, level):
    """The copy that may come of it is taken away."""
    behave(estate.store, Behaviour(operation="restore", **behaviour))
    record = estate.run(settings={"restore_s": 1800, "removal_s": 600})
    found = record.verdict.recoverability
    assert (found.state, found.level) == (state, level), found
    assert left(estate) == [] or record.verdict.cleanup.state == "failed"


def test_a_check_that_hangs_ends_and_caps_the_level(estate, sandbox):
    """Silence of the database is no proof."""
    sandbox.fault("status", path="/sql/*", text="DBCC", status=503)
    record = estate.run()
    check = next(check for check in record.checks if check.id == "sql.integrity")
    assert check.result == "not-run"
    assert record.verdict.recoverability.level == 3


def test_without_a_manifest_the_content_is_not_proven(estate):
    """What was not prepared cannot be compared, and the RPO is unknown."""
    estate.prepared = {}
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 4)
    assert (record.verdict.rpo.state, record.verdict.rpo.basis) == ("unknown", "recovery-point-metadata")


def test_no_row_leaves_the_drill(drilling, tmp_path):
    """Neither journal nor record nor manifest holds a word of the data, not even where a page is broken."""
    estate = Estate(drilling)
    estate.hold(estate.clock.now() - 30 * MINUTE, tables(), "corrupt page")
    estate.prepare()
    record = estate.run()
    kept = msgspec.json.encode(record) + msgspec.json.encode(estate.prepared)
    kept += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PERSON.encode() not in kept


def test_a_server_without_room_is_not_the_backups_fault(drilling):
    """Quota ends a drill without a result."""
    estate = Estate(drilling, "geo")
    estate.prepare()
    elsewhere(estate)
    sql_quotas.limit(estate.store, "ukwest", servers=0)
    record = estate.run()
    assert record.verdict.recoverability.state in ("inconclusive", "not-run")
    assert left(estate) == []


def test_a_key_that_is_out_of_use_is_found(drilling):
    """What is encrypted under it cannot be restored."""
    estate = Estate(drilling)
    estate.prepare()
    estate.hold(estate.clock.now() - 14 * MINUTE, tables(), key=KEY)
    sql_keys.take_out_of_use(estate.store, KEY)
    found = estate.run().verdict.recoverability
    assert (found.state, found.level) == ("failed", 3)


def test_a_dropped_database_is_brought_back(drilling):
    """As of its deletion, on its own server."""
    estate = Estate(drilling, "dropped")
    estate.prepare()
    estate.sandbox.ask("DELETE", f"{estate.id}?api-version=2023-08-01")
    estate.clock.sleep(600)
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6)
    assert record.recovery_point.tier == "dropped"
    assert left(estate) == []


@pytest.mark.parametrize(
    "declared", [pytest.param("eastus", id="as declared"), pytest.param("uksouth", id="declared elsewhere")]
)
def test_a_copy_that_would_lie_where_nobody_promised_is_never_asked_for(drilling, declared):
    """Beside production means in production's own region; nothing is made there."""
    estate = Estate(drilling)
    estate.prepare()
    first = {"earliestRestoreDate": (estate.clock.now() - 5 * DAY).isoformat()}
    estate.sandbox.put(estate.server, {"location": "eastus", "properties": {}})
    estate.sandbox.put(estate.id, {"location": "eastus", "properties": first})
    estate.item = msgspec.structs.replace(estate.item, region=declared)
    record = estate.run()
    assert record.verdict.recoverability.state == "not-run"
    assert "no promised region" in record.verdict.recoverability.reason
    assert record.verdict.cleanup.state == "not-needed"


def test_the_canary_of_another_drill_of_the_same_database_hides_none_of_ours(estate):
    """One database is drilled by itself and in its failover group; each finds its own."""
    means = Means(clock=estate.clock, actor=None, **estate.means())
    canary(msgspec.structs.replace(estate.item, ref="failover-0123456789ab"), means, estate.clock.now())
    estate.clock.sleep(11 * 60)
    record = estate.run()
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6)
    assert record.verdict.rpo.achieved_s >= 26 * 60


@pytest.mark.parametrize("method", ["geo", "long-term"])
def test_a_backup_whose_time_is_not_told_is_neither_proof_nor_a_failure(drilling, method):
    """What is not known is not held against the backup, and nothing is restored of it."""
    estate = Estate(drilling, method)
    estate.prepare()
    estate.sandbox.put(f"{estate.server}/recoverableDatabases/people", {"properties": {"lastAvailableBackupDate": "?"}})
    now = estate.clock.now()
    take_long_term(estate.store, estate.id, now - 5 * MINUTE, now + 28 * DAY, backupTime=None)
    record = estate.run()
    assert record.verdict.recoverability.state == "inconclusive"
    assert "told" in record.verdict.recoverability.reason
    assert left(estate) == []


def encrypted(estate):
    """Have the source encrypted under a key of ours."""
    vault = f"{estate.sandbox.group('vaults')}/providers/Microsoft.KeyVault/vaults/safe"
    estate.sandbox.put(vault, {"location": "uksouth", "properties": {}})
    estate.sandbox.put(f"{vault}/keys/seal", {"properties": {"attributes": {"enabled": True}}})
    own = {"serverKeyType": "AzureKeyVault", "uri": KEY}
    estate.sandbox.put(f"{estate.server}/keys/safe_seal", {"properties": own})
    protector = {"properties": {**own, "serverKeyName": "safe_seal"}}
    estate.sandbox.put(f"{estate.server}/encryptionProtector/current", protector)


@pytest.mark.parametrize(
    ("method", "refused"),
    [
        pytest.param("point-in-time", False, id="beside it"),
        pytest.param("geo", False, id="elsewhere"),
        pytest.param("geo", True, id="elsewhere, and it cannot be set"),
    ],
)
def test_what_a_key_of_ours_encrypts_is_encrypted_by_it_in_the_copy(drilling, sandbox, method, refused):
    """A server that was made for the copy has the source's key as its protector, or there is no copy."""
    estate = Estate(drilling, method)
    estate.prepare()
    elsewhere(estate)
    encrypted(estate)
    if refused:
        sandbox.fault("status", method="PUT", path="*/servers/drill-*/encryptionProtector/current", status=403)
    record = estate.run()
    assert left(estate) == []
    if refused:
        assert record.verdict.recoverability.state == "inconclusive"
        return
    assert next(check for check in record.checks if check.id == "sql.key").result == "pass"
    assert record.verdict.recoverability.level == 6


def test_a_retention_that_could_not_be_shortened_is_not_told_as_short(estate, sandbox):
    """What Azure keeps is then told with the longest time that there is."""
    sandbox.fault("status", method="PUT", path="*/backupShortTermRetentionPolicies/default", status=403)
    record = estate.run()
    kept = next(left for left in record.residue if left.until)
    dropped = next(phase for phase in record.phases if phase.name == "tear down").ended
    assert record.verdict.cleanup.state == "failed"
    assert kept.until - dropped >= 42 * DAY


class Late:
    """What acts on an Azure that lists what was dropped a while later."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        """Do all else as it is done."""
        return getattr(self._inner, name)

    def listed(self, path, api):
        """List nothing of what was dropped."""
        return iter(()) if path.endswith("/restorableDroppedDatabases") else self._inner.listed(path, api)


def test_a_dropped_copy_that_is_not_listed_yet_is_no_clean_end(estate):
    """That nothing is shown is not that nothing is kept."""
    drill = estate.drilling.begin(KIND, estate.item, **estate.means())
    drill.actor = Late(drill.actor)
    record = run(KIND, drill)
    assert record.verdict.recoverability.state == "proven"
    assert record.verdict.cleanup.state == "residue-expected"
    assert record.residue[0].until is not None


@pytest.mark.parametrize(
    "name", ["people;Authentication=ActiveDirectoryDefault", "a}b", "a};Encrypt=no;{b", "{", "plain"]
)
def test_the_name_of_a_database_sets_nothing_in_its_connection(name):
    """The driver's own parser reads the name as it is, and no other setting."""
    parser = pytest.importorskip("mssql_python.connection_string_parser")
    text = f"Database={braced(name)};Encrypt=yes;"
    found = parser._ConnectionStringParser()._parse(text)  # the driver offers no other way to read one
    assert {key.lower(): value for key, value in found.items()} == {"database": name, "encrypt": "yes"}
