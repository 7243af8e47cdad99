"""A sample of what is stored is searched, and what it shows, or cannot show, decides what is promised."""

import os
import time
from datetime import timedelta
from functools import cache
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from msgspec.structs import replace

from audit.engine import judge
from audit.facts import Unseen
from audit.model import Plane, Snapshot, Targets, Verdict
from audit.policies import load
from audit.sampling import upper_bound
from audit.sandbox import blobs
from audit.sources.data import scan, spreading
from audit.sources.data.cells import Rows
from audit.sources.data.searching import Job, Limits, look
from tests.data.insides import NOW, inside
from tests.data.planting import card, iban, insurance, mail, pdf, seeded, word, zipped
from tests.data.sql_company import CANARY as COMPANYS
from tests.data.sql_company import Company
from tests.data.test_documents import bomb, encrypted
from tests.drilling import Drilling
from tests.drills.test_archive import ACCOUNT, BOX, PERSON, Archive
from tests.probes.scenes import verdict

CARDS, ACCOUNTS = "data-no-card-numbers", "data-no-account-numbers"
KEPT, BROKEN, UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN
RANDOM = seeded(21)
CARD, IBAN, INSURANCE = card(RANDOM), iban(RANDOM), insurance(RANDOM)
BUCKET = "copies"
CHOSEN = {
    "scan_sample": 300,
    "scan_megabytes": 50,
    "scan_object_megabytes": 8,
    "scan_seconds": 20,
    "scan_workers": 2,
    "scan_cluster": [],
    "bound_per_million": 10_000,
}


def targets(*places, **more):
    return {"data": {"scan_places": list(places), **CHOSEN, **more}}


def verdicts(found, chosen):
    """Return what both controls say of what was found."""
    here = replace(rules(), targets=Targets(chosen), waivers=())
    seen = Snapshot(plane=Plane.LIVE, origin="a test", seen_at=NOW, resources=found.resources, gaps=found.gaps)
    ruled = {result.id: result.verdict for result in judge(seen, here, NOW.date(), product="").controls}
    return [ruled[control] for control in (CARDS, ACCOUNTS)]


@cache
def rules():
    """Load the policies once, with the two controls alone."""
    loaded = load(Path("policies"))
    return replace(loaded, controls={name: loaded.controls[name] for name in (CARDS, ACCOUNTS)})


@pytest.fixture
def bucket():
    with mock_aws():
        s3 = boto3.Session("local", "local", region_name="eu-west-2").client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        for number in range(6):
            s3.put_object(Bucket=BUCKET, Key=f"mail/{PERSON}/{number}", Body=mail(f"hello {number}"))
        yield s3


def in_bucket(s3, place=f"s3://{BUCKET}/mail/", **more):
    chosen = targets(place, **more)
    return scan.check(inside(chosen, aws=lambda service: s3)), chosen


def test_a_bucket_without_numbers_keeps_both_promises(bucket):
    found, chosen = in_bucket(bucket)
    [seen] = found.resources
    assert verdicts(found, chosen) == [KEPT, KEPT]
    assert [seen.body[name] for name in ("population", "sampled", "unread", "bound", "seed")] == [
        6, 6, 0, 0, "2026-10-05"
    ]  # fmt: skip
    assert seen.body["hits"] == {"cards": 0, "ibans": 0, "insurance": 0, "test": 0}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(mail(f"my card {CARD}"), [BROKEN, KEPT], id="a card in a mail"),
        pytest.param(mail("see", attached=zipped(a__docx=word(f"no. {CARD}"))), [BROKEN, KEPT], id="deep in a mail"),
        pytest.param(mail("see", attached=pdf(f"pay to {IBAN}")), [KEPT, BROKEN], id="an account in a PDF"),
        pytest.param(mail(f"NI {INSURANCE}"), [KEPT, BROKEN], id="an insurance number"),
        pytest.param(mail("try 4111 1111 1111 1111"), [KEPT, KEPT], id="a number for trying"),
        pytest.param(encrypted(), [UNPROVEN, UNPROVEN], id="an encrypted document"),
        pytest.param(mail("see", attached=bomb()), [UNPROVEN, UNPROVEN], id="a bomb"),
        pytest.param(os.urandom(4000), [UNPROVEN, UNPROVEN], id="ciphertext"),
        pytest.param(zipped(a__txt=CARD, b__bin=os.urandom(4000)), [BROKEN, UNPROVEN], id="a card beside ciphertext"),
        pytest.param(b"x" * (9 << 20), [UNPROVEN, UNPROVEN], id="more than one object may cost"),
    ],
)
def test_each_fault_shows_in_the_promise_it_breaks(bucket, content, expected):
    bucket.put_object(Bucket=BUCKET, Key="mail/one", Body=content)
    found, chosen = in_bucket(bucket)
    assert verdicts(found, chosen) == expected


def test_no_number_and_no_name_leaves_the_scan(bucket, caplog, capfd):
    bucket.put_object(Bucket=BUCKET, Key=f"mail/{PERSON}/{CARD}", Body=mail(f"{CARD} {IBAN} {INSURANCE}"))
    found, chosen = in_bucket(bucket)
    told = [repr(found), str(found.resources[0].body), *verdict(CARDS, found, chosen)[1], caplog.text]
    told += capfd.readouterr()
    secrets = (CARD, IBAN, INSURANCE, PERSON)
    assert not [one for one in secrets for text in told if one in text]


def test_equal_numbers_in_many_objects_count_once(bucket):
    for number in range(3):
        bucket.put_object(Bucket=BUCKET, Key=f"mail/again/{number}", Body=CARD.encode())
    [seen] = in_bucket(bucket)[0].resources
    assert (seen.body["hits"]["cards"], seen.body["holding"]) == (1, 3)


def test_a_sample_too_small_for_the_bound_proves_nothing(bucket):
    found, chosen = in_bucket(bucket, scan_sample=3)
    assert verdicts(found, chosen) == [UNPROVEN, UNPROVEN]
    assert found.resources[0].body["bound"] > 10_000


def test_what_the_budget_does_not_reach_was_not_read(bucket):
    for number in range(3):
        bucket.put_object(Bucket=BUCKET, Key=f"mail/large/{number}", Body=b"word " * 100_000)
    found, chosen = in_bucket(bucket, scan_megabytes=1)
    assert found.resources[0].body["unread"] == 1
    assert verdicts(found, chosen) == [UNPROVEN, UNPROVEN]


def test_an_empty_place_proves_nothing(bucket):
    found, chosen = in_bucket(bucket, f"s3://{BUCKET}/nothing/")
    assert verdicts(found, chosen) == [UNPROVEN, UNPROVEN]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        pytest.param("s3://somebody-elses", "NoSuchBucket", id="no such bucket"),
        pytest.param("archive/mailboxes", "nobody signed in", id="nobody signed in"),
        pytest.param("sql://server/database", "nobody signed in", id="a database that nobody opens"),
        pytest.param("archive", "no place", id="no container"),
    ],
)
def test_a_place_that_cannot_be_searched_is_a_gap_and_the_others_are(bucket, place, why):
    chosen = targets(place, f"s3://{BUCKET}/mail/")
    found = scan.check(inside(chosen, aws=lambda service: bucket))
    assert len(found.resources) == 1
    assert [why in gap.reason and place in gap.reason for gap in found.gaps] == [True]
    assert UNPROVEN in verdicts(found, chosen)


@pytest.mark.parametrize("cluster", ["threads", "synchronous"])
def test_dask_finds_what_threads_find(bucket, cluster):
    bucket.put_object(Bucket=BUCKET, Key="mail/one", Body=CARD.encode())
    here, there = (in_bucket(bucket, scan_cluster=chosen)[0] for chosen in ([], [cluster]))
    bodies = [{**found.resources[0].body, "strata": ""} for found in (here, there)]
    assert bodies[0] == bodies[1]


def test_a_cluster_that_does_not_answer_is_a_gap(bucket):
    found, _ = in_bucket(bucket, scan_cluster=["tcp://127.0.0.1:1"])
    assert [found.resources, len(found.gaps)] == [(), 1]


def test_processes_find_what_threads_find():
    contents = (CARD.encode(), b"none", os.urandom(999))
    jobs = [Job(Held(content), "it", b"salt", Limits(10**6, 10)) for content in contents]
    assert spreading.spread(look, jobs, workers=2, how="processes") == spreading.spread(look, jobs, workers=2)


class Held:
    """A place of one object, that can be sent to another process."""

    def __init__(self, content):
        self.content = content

    def __call__(self, name):
        """Yield what it holds."""
        yield self.content


def dripping(name):
    """Send a byte now and then, and never end."""
    while True:
        yield b"x"
        time.sleep(0.05)


def hanging(name):
    time.sleep(3)
    yield b""


def endless(name):
    while True:
        yield b"x" * 100_000


def refusing(name):
    yield CARD.encode() + b" "
    raise Unseen("refused half way")


def broken_off(name):
    yield CARD.encode() + b" "
    raise ConnectionResetError


@pytest.mark.parametrize(("read", "cards"), [(dripping, 0), (hanging, 0), (endless, 0), (refusing, 1), (broken_off, 1)])
def test_a_store_that_does_not_end_well_was_not_read(read, cards):
    seen = look(Job(read, "it", b"salt", Limits(bytes=1_000_000, seconds=0.5)))
    assert (seen.unread, len(seen.hits.get("cards", ()))) == (True, cards)


def cells(*texts, population=0):
    strata = ({"stratum": "one", "population": population or len(texts), "sampled": len(texts)},)
    return Rows(rows=tuple((text,) for text in texts), population=population or len(texts), strata=strata)


def test_rows_of_a_database_are_searched_as_they_come():
    chosen = targets("none/none")
    seen = scan.of_rows(inside(chosen), "sql://server/one", cells("hello", f"card {CARD}", f"<p>{IBAN}</p>", ""))
    assert seen.body["hits"] == {"cards": 1, "ibans": 1, "insurance": 0, "test": 0}
    assert (seen.body["sampled"], seen.body["unread"]) == (4, 0)


def test_a_row_of_each_small_table_proves_no_more_of_the_others():
    """Hundreds of small tables get a draw each beside those of their share, which says nothing of the large one."""
    chosen = targets("none/none", scan_sample=20)
    seen = scan.of_rows(inside(chosen), "sql://server/one", cells(*["hello"] * 400, population=100_000))
    assert (seen.body["sampled"], seen.body["bound"]) == (400, upper_bound(20, 100_000))


def test_rows_beyond_the_budget_were_not_read():
    chosen = targets("none/none", scan_megabytes=1)
    seen = scan.of_rows(inside(chosen), "sql://server/one", cells(*["x" * 60_000] * 30, population=1000))
    assert seen.body["unread"] > 10
    assert seen.body["bound"] > 10_000


@pytest.fixture
def company(sandbox, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Company(sandbox)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("nothing of it", [KEPT, KEPT], id="clean"),
        pytest.param(f"paid by {CARD}", [BROKEN, KEPT], id="a card"),
        pytest.param(f"from {IBAN}", [KEPT, BROKEN], id="an account"),
    ],
)
def test_the_text_columns_of_a_database_are_searched(company, cell, expected):
    """Tables that no target names, too: whoever writes a card down does so where nobody looks."""
    notes = {"columns": [["Note", "nvarchar(200)"], ["Number", "int"]], "rows": [[cell, 1], [None, 2]]}
    company.databases["support"]["Notes"] = notes
    company.fill()
    chosen = targets("sql://hosting-sql/support")
    company.targets["data"] |= chosen["data"]
    found = scan.check(company.inside())
    assert verdicts(found, company.targets) == expected, found
    assert found.resources[0].body["population"] == 4
    assert not any(secret in repr(found) for secret in (CARD, IBAN, COMPANYS))


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        pytest.param("bigint", int(CARD), BROKEN, id="a whole number"),
        pytest.param("decimal(19, 2)", f"{CARD}.00", BROKEN, id="a decimal"),
        pytest.param("float", float(CARD), BROKEN, id="a float"),
        pytest.param("varbinary(max)", {"bytes": mail(f"card {CARD}").hex()}, BROKEN, id="a document"),
        pytest.param(
            "varbinary(max)", {"bytes": "0102fffe0607f0f1" * 20}, UNPROVEN, id="a document that nobody can read"
        ),
        pytest.param("varbinary(64)", {"bytes": "00ff" * 30}, KEPT, id="a digest"),
        pytest.param("int", 7, KEPT, id="a number too small"),
    ],
)
def test_numbers_and_documents_of_a_database_are_searched(company, kind, cell, expected):
    company.databases["support"]["Notes"] = {
        "columns": [["Note", "nvarchar(9)"], ["It", kind]],
        "rows": [["one", cell]],
    }
    company.fill()
    company.targets["data"] |= targets("sql://hosting-sql/support")["data"]
    assert verdicts(scan.check(company.inside()), company.targets)[0] == expected


def test_a_database_that_does_not_let_us_in_proves_nothing(company):
    company.targets["data"] |= targets("sql://hosting-sql/nowhere")["data"]
    found = scan.check(company.inside())
    assert (found.resources, verdicts(found, company.targets)) == ((), [UNPROVEN, UNPROVEN])


def test_the_plan_names_places_and_no_object(bucket):
    chosen = targets(f"s3://{BUCKET}/mail/")
    assert scan.asks(inside(chosen)) == (f"the names in s3://{BUCKET}/mail/, and the contents of 300 of them",)


@pytest.fixture
def archive(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    return Archive(Drilling(sandbox, tmp_path))


def in_archive(archive, **more):
    chosen = targets(f"{ACCOUNT}/{BOX}", **more)
    run = inside(chosen, blobs=archive.means()["blobs"])
    return scan.check(replace(run, now=archive.clock.now() + timedelta(hours=1))), chosen


def test_an_archive_of_blobs_is_searched(archive):
    found, chosen = in_archive(archive)
    assert verdicts(found, chosen) == [KEPT, KEPT]
    blobs.hold(archive.store, ACCOUNT, BOX, f"{PERSON}/new", mail(f"card {CARD}"))
    found, chosen = in_archive(archive)
    assert verdicts(found, chosen) == [BROKEN, KEPT]
    assert PERSON not in repr(found)


@pytest.mark.parametrize(
    ("path", "expected"), [("*/blob/*", "cannot be listed"), ("*/3", "")], ids=["the list", "one blob"]
)
def test_what_the_archive_refuses_is_never_clean(archive, sandbox, path, expected):
    sandbox.fault("status", path=path, status=403)
    found, chosen = in_archive(archive)
    assert [expected in gap.reason for gap in found.gaps] == ([True] if expected else [])
    assert verdicts(found, chosen) == [UNPROVEN, UNPROVEN]
