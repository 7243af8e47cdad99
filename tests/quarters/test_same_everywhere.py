"""One set of packs makes one quarter, whatever machine it is made on."""

import os
import subprocess
import sys
from datetime import timedelta

import msgspec

from audit.quarters.editions import edition
from audit.quarters.model import Edition
from tests.quarter_packs import BEFORE, DRILLED, RUNS, account, drill, pack, quarter, vault
from tests.support import ROOT


def editions():
    """Make all editions of a quarter with something of everything in it."""
    packs = [
        pack(
            at,
            *(
                account(f"a{one}", shut=(number + one) % 3 > 0, customer=("c-07", "c-08", "")[one % 3])
                for one in range(9)
            ),
            vault(),
            policies=DRILLED,
            gaps=(("Azure answered 403", ()),) if number == 3 else (),
        )
        for number, at in enumerate((BEFORE, *RUNS))
    ]
    packs += [drill(RUNS[4] + timedelta(hours=1), ref=f"item-{one}", state="failed", level=2) for one in range(3)]
    whole = quarter(packs, DRILLED)
    return [edition(whole, which, policies=DRILLED, customer="c-07", packs=packs) for which in Edition]


def test_hash_seed_and_time_zone_change_no_byte():
    script = "import sys; sys.path.insert(0, 'tests/quarters'); import test_same_everywhere as t; t.told()"
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone, locale in (("1", "UTC", "C"), ("2", "Pacific/Auckland", "tr_TR.UTF-8"))
    }
    assert len(told) == 1
    assert told != {b""}


def told():
    """Write all editions to standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(editions()))
