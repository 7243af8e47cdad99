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
from typing import Any
from urllib.parse import urlsplit

import msgspec

from audit.sources.probes.reach import Reach, Unreached

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SEEN = """async () => ({
  stored: [
    ...Object.keys(localStorage).map(key => 'localStorage ' + key),
    ...Object.keys(sessionStorage).map(key => 'sessionStorage ' + key),
    ...(indexedDB.databases ? (await indexedDB.databases()).map(one => 'indexedDB ' + one.name) : []),
    ...(window.caches ? (await caches.keys()).map(key => 'cache ' + key) : []),
    ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [])
      .map(one => 'serviceWorker ' + new URL(one.scope).pathname),
  ],
  fields: [...document.querySelectorAll('input, select, textarea')]
    .filter(one => !['submit', 'button', 'image', 'reset'].includes((one.type || '').toLowerCase()))
    .map(one => one.name || one.id || '(without a name)'),
  actions: [
    ...[...document.forms].map(one => new URL(one.getAttribute('action') || '', document.baseURI).href),
    ...[...document.querySelectorAll('[formaction]')].map(one => one.formAction),
    ...[...document.querySelectorAll('iframe[src], frame[src]')].map(one => one.src),
  ],
  loose: [...document.querySelectorAll('input, select, textarea')].some(one => !one.form),
})"""
"""What scripts can keep, what forms ask for and where they go: names and addresses alone, and never a value."""
_QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings",
    "--dns-prefetch-disable", "--disable-quic", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-features=OptimizationHints,MediaRouter,Translate,WebRtcHideLocalIpsWithMdns",
)  # fmt: skip
_NOBODY = "http://127.0.0.1:1"
_OUTWARD = ("http", "https", "ws", "wss")
_SETTLED = 500
"""Milliseconds in which scripts may do something once a page has loaded."""
_STARTING = 20.0
"""Seconds that a browser may take to start and to end."""
_FAULT, _GONE = 400, (404, 410)
"""The first status that says that something is wrong, and those that say so by a page of its own."""


class Errand(msgspec.Struct, frozen=True):
    """What the process is sent to do."""

    program: str
    arguments: tuple[str, ...]
    urls: tuple[str, ...]
    seconds: float


class Look(msgspec.Struct, kw_only=True):
    """What was seen; names and addresses alone."""

    pages: int
    unread: int = 0
    cookies: set[str] = set()
    stored: set[str] = set()
    fields: set[str] = set()
    actions: set[str] = set()
    loose: bool = False
    """Whether a field belongs to no form."""
    asked: set[str] = set()


def visited(reach: Reach, urls: tuple[str, ...]) -> Look | None:
    """Visit pages in one browser; None where no browser or no Playwright is on this machine, or it did not end in time.

    `asked` holds the hosts of others alone.
    """
    program = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if program is None or find_spec("playwright") is None or not urls:
        return None
    errand = Errand(program, tuple(_arguments(reach, urls)), urls, reach.limits.seconds)
    child = subprocess.Popen(  # our own module, without a shell
        [sys.executable, "-m", "audit.sources.probes.browser"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        most = _STARTING + len(urls) * (reach.limits.seconds + 2 * _SETTLED / 1000)
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


def run(errand: Errand) -> Look:
    """Visit the pages one after the other, in this process."""
    from playwright.sync_api import sync_playwright  # 0.2 s, and an extra of its own

    seen = Look(pages=len(errand.urls))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=errand.program, args=list(errand.arguments))
        # Certificates are judged where doors are looked at.
        context = made.new_context(ignore_https_errors=True)
        context.on("request", lambda request: seen.asked.add(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: seen.asked.add(socket.url)))
        for url in errand.urls:
            seen.unread += not _read(context, url, errand.seconds, seen)
            seen.cookies |= {str(one.get("name", "")) for one in context.cookies()}
        made.close()
    return seen


def _read(context: Any, url: str, seconds: float, seen: Look) -> bool:
    """Visit one page with all of its frames, and note what is there after it; tells whether it could be read."""
    from playwright.sync_api import Error  # as above

    page = context.new_page()
    try:
        answer = page.goto(url, timeout=seconds * 1000, wait_until="load")
        page.wait_for_timeout(_SETTLED)
        for frame in page.frames:
            told = frame.evaluate(_SEEN) if frame.url.startswith("http") else {}
            for name in ("stored", "fields", "actions"):
                getattr(seen, name).update(told.get(name, ()))
            seen.loose = seen.loose or bool(told.get("loose"))
        return answer is not None and (answer.status < _FAULT or answer.status in _GONE)
    except Error:
        return False
    finally:
        page.close()


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Errand))))
