"""No packet of any probe goes to an address that is neither the company's own nor this machine's."""

import shutil
import subprocess
import sys

import pytest

from tests.probes.alone import HAS_SIX, STRANGER, STRANGER_6
from tests.support import ROOT


def alone(*words):
    """Run all probes in a network of their own; skips where this machine makes none."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("unshare or ip is not on this machine")
    for apart in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode == 0:
            run = subprocess.run(
                [*apart, sys.executable, "-m", "tests.probes.alone", *words],
                cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            assert run.returncode == 0, run.stderr
            return run.stdout
    pytest.skip("this machine makes no network of its own for tests")


def test_no_packet_leaves_for_a_stranger():
    """Names, aliases, name servers, mail exchangers, redirects, links, scripts and sockets all lead to one."""
    told = alone()
    assert "seen" in told
    assert "PACKET" not in told


def test_the_log_would_show_a_packet():
    told = alone("leak")
    assert f"PACKET {STRANGER} protocol 17" in told
    assert f"PACKET {STRANGER_6} protocol 17" in told or not HAS_SIX
