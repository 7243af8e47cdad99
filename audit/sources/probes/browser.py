"""Has a real browser visit pages, and tells what scripts leave in it and whom they want to ask; nobody else is asked.

It runs in a process of its own that is ended at its time, whatever a page does to it. It starts without a profile and
without anything that it would ask by itself, knows no names but those of ours, and finds nobody behind the proxy that
it has for everything else.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

import msgspec

from audit.sources.probes import pressing, visiting
from audit.sources.probes.reach import Reach, Unreached
from audit.sources.probes.visiting import Errand, Look

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings",
    "--dns-prefetch-disable", "--disable-quic", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-features=OptimizationHints,MediaRouter,Translate,WebRtcHideLocalIpsWithMdns",
)  # fmt: skip
_NOBODY = "http://127.0.0.1:1"
_OUTWARD = ("http", "https", "ws", "wss")
_STARTING = 20.0
"""Seconds that a browser may take to start and to end."""


def visited(reach: Reach, urls: tuple[str, ...], *, trying: bool = False) -> Look | None:
    """Visit pages in one browser; None where no browser or no Playwright is on this machine, or it did not end in time.

    With `trying` every button of every form is pressed, and nothing that this would send leaves the browser. `asked`
    holds the hosts of others alone.
    """
    program = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if program is None or find_spec("playwright") is None or not urls:
        return None
    errand = Errand(program, tuple(_arguments(reach, urls)), urls, reach.limits.seconds, trying)
    child = subprocess.Popen(  # our own module, without a shell
        [sys.executable, "-m", "audit.sources.probes.visiting"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        visits = len(urls) * (1 + (1 + pressing.MOST) * trying)
        most = _STARTING + visits * (reach.limits.seconds + 2 * visiting.SETTLED / 1000)
        told, _ = child.communicate(msgspec.json.encode(errand), timeout=most)
        seen = msgspec.json.decode(told, type=Look)
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return None
    finally:
        _end(child)
    hosts = {urlsplit(url).hostname or "" for url in seen.asked if urlsplit(url).scheme in _OUTWARD}
    seen.asked = {host for host in hosts if host not in reach.own.hosts}
    return seen


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        child.wait()


def _arguments(reach: Reach, urls: tuple[str, ...]) -> list[str]:
    """Return what the browser is started with.

    It is told the addresses of our hosts, asks them alone without a proxy, and has a proxy for all others at which
    nobody answers: names, addresses written out, sockets and workers alike.
    """
    rules, ours = [], []
    for host in sorted({urlsplit(url).hostname or "" for url in urls} | set(reach.own.hosts)):
        try:
            rules.append(f"MAP {host} {reach.addresses(host)[0]}")
            ours.append(host)
        except Unreached:
            continue
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has none for root
    return [
        *(*_QUIET, *sandbox),
        f"--host-resolver-rules={', '.join((*rules, 'MAP * ~NOTFOUND'))}",
        f"--proxy-server={_NOBODY}",
        f"--proxy-bypass-list=<-loopback>;{';'.join(ours)}",
    ]
