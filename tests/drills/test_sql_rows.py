"""The digest of rows is the same from a real PostgreSQL and from sqlite, in any order, and tells every change."""

import os
import pwd
import random
import shutil
import sqlite3
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.drills.sql_rows import digest

KEY = b"k" * 32
SOME = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.text(max_size=12),
    st.binary(max_size=12),
    st.datetimes(timezones=st.just(UTC)),
)
ROWS = st.lists(st.tuples(st.integers(0, 3), SOME, SOME), max_size=8)


def programs():
    """Return the folder of a PostgreSQL server's programs, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(found[-1]) if found else shutil.which("initdb")
    return Path(path).parent if path else None


def unprivileged():
    """Return as whom a server starts: root may not, so anybody else; ids in a tuple, empty for ourselves."""
    if os.geteuid() != 0:
        return ()
    known = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    chosen = known.get("postgres") or known.get("nobody")
    return (chosen.pw_uid, chosen.pw_gid)


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL of this module's own: a connection over a socket in a folder that nobody else reads."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL is installed here")
    who = unprivileged()
    with tempfile.TemporaryDirectory(prefix="pg") as place:
        if who:
            os.chown(place, *who)
        yield from serving(folder, Path(place), {"user": who[0], "group": who[1]} if who else {})


def serving(folder, place, who):
    """Yield a connection to a server that lives while it is used."""
    import psycopg  # only where there is a server

    quiet = {"cwd": place, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **who}
    made = [folder / "initdb", "-D", place / "data", "-U", "tests", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"]
    subprocess.run(made, check=True, **quiet)
    options = f"-k {place} -c listen_addresses= -c fsync=off -c max_connections=4 -c shared_buffers=1MB"
    control = [folder / "pg_ctl", "-D", place / "data", "-w", "-o", options, "-l", place / "log"]
    subprocess.run([*control, "start"], check=True, **quiet)
    try:
        with psycopg.connect(host=str(place), user="tests", dbname="postgres", autocommit=True) as connection:
            yield connection
    finally:
        subprocess.run([folder / "pg_ctl", "-D", place / "data", "-m", "immediate", "stop"], check=True, **quiet)


PLAIN = [
    (1, "Zoë 👩‍💻", b"\x00\xff", None, True),
    (-(2**63), "e\u0301", b"", "", False),
    (0, "\u00e9", None, "O'Brien; drop", True),
]
"""Rows that sqlite can hold, too."""


def test_two_engines_give_one_digest_in_any_order(postgres):
    """Whole numbers, Unicode, bytes, booleans and NULL; sqlite has numbers for booleans."""
    postgres.execute("create temp table plain (n bigint, t text, b bytea, u text, f boolean)")
    postgres.cursor().executemany("insert into plain values (%s, %s, %s, %s, %s)", PLAIN)
    other = sqlite3.connect(":memory:")
    other.execute("create table plain (n integer, t text, b blob, u text, f integer)")
    other.executemany("insert into plain values (?, ?, ?, ?, ?)", reversed(PLAIN))
    theirs = digest(postgres.execute("select * from plain order by n desc"), KEY)
    assert theirs == digest(other.execute("select * from plain order by t"), KEY)
    assert theirs[0] == len(PLAIN)


def test_what_has_types_of_its_own_is_spelt_by_its_value(postgres):
    """Decimals without idle zeros, moments in UTC whatever zone the session has, times without a zone as they are."""
    found = postgres.execute(
        "select 1.50::numeric(9,4), '2026-08-12 09:00:00.250+02'::timestamptz, '2026-08-12 09:00'::timestamp,"
        " '2026-08-12'::date, 100::numeric, -0.0::numeric, 12345678901234567890123456789012345678.0::numeric"
    ).fetchall()
    zone = timezone(timedelta(hours=-5))
    at = datetime(2026, 8, 12, 2, 0, 0, 250_000, tzinfo=zone)
    plain = datetime(2026, 8, 12, 9, 0)  # the column has no zone
    same = [(Decimal("1.5"), at, plain, plain.date(), 100, 0, 12345678901234567890123456789012345678)]
    assert digest(found, KEY) == digest(same, KEY)
    for zone_name in ("UTC", "Asia/Tokyo"):
        postgres.execute(f"set time zone '{zone_name}'")
        told = postgres.execute("select '2026-08-12 07:00:00.250+00'::timestamptz").fetchall()
        assert digest(told, KEY) == digest([(at,)], KEY)


def test_many_rows_stream_through_a_cursor(postgres):
    """Rows are read one at a time, and a copy of the table in another order is the same."""
    made = "select g, md5(g::text), (g % 7)::numeric / 8, g % 3 = 0 from generate_series(1, 20000) g order by {}"
    once = digest(postgres.execute(made.format("g")), KEY)
    assert once == digest(postgres.execute(made.format("md5(g::text)")), KEY)
    assert once != digest(postgres.execute(made.format("g") + " limit 19999"), KEY)


@given(ROWS, st.randoms())
def test_the_order_of_rows_says_nothing(rows, draw):
    """A multiset has no order."""
    mixed = random.Random(draw.random()).sample(rows, len(rows))  # noqa: S311  # it mixes the rows of a test
    assert digest(mixed, KEY) == digest(rows, KEY)


@given(ROWS.filter(bool), st.data())
def test_a_row_that_is_missing_or_there_twice_makes_another_digest(rows, data):
    """Each row counts as often as it is there."""
    place = data.draw(st.integers(0, len(rows) - 1))
    assert digest([*rows, rows[place]], KEY) != digest(rows, KEY)
    assert digest(rows[:place] + rows[place + 1 :], KEY) != digest(rows, KEY)


@given(ROWS.filter(bool), st.data())
def test_a_changed_value_makes_another_digest(rows, data):
    """Whatever it was and whatever it is: an empty text is not NULL, and a text is not a number."""
    place = data.draw(st.integers(0, len(rows) - 1))
    changed = (rows[place][0], rows[place][1], f"{rows[place][2]} changed")
    assert digest([*rows[:place], changed, *rows[place + 1 :]], KEY) != digest(rows, KEY)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        pytest.param(("ab", "c"), ("a", "bc"), id="where one value ends and the next begins"),
        pytest.param(("",), (None,), id="an empty text and NULL"),
        pytest.param(("1",), (1,), id="a text and a number"),
        pytest.param((b"a",), ("a",), id="bytes and a text"),
        pytest.param(("e\u0301",), ("\u00e9",), id="two spellings of a letter"),
        pytest.param((0.1,), (Decimal("0.1000000000000000055511151231257827"),), id="a short number and a long one"),
        pytest.param((Decimal("9" * 38),), (Decimal("9" * 37 + "8"),), id="the last of 38 digits"),
        pytest.param(("\ud800",), ("\udc00",), id="halves of a surrogate pair"),
    ],
)
def test_what_differs_is_spelt_differently(one, another):
    """Two rows that are not equal never look alike."""
    assert digest([one], KEY) != digest([another], KEY)


def test_without_the_key_nobody_can_try_rows():
    """Another key gives another digest."""
    assert digest([(1,)], KEY) != digest([(1,)], b"x" * 32)
