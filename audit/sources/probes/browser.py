"""Has a real browser visit pages, and tells what scripts leave in it and whom they want to ask; nobody else is asked.

It starts without a profile and without anything that it would ask by itself, knows no names but those of ours, and
finds nobody behind the proxy that it has for everything else.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audit.sources.probes.reach import Reach, Unreached

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_STORED = """async () => [
  ...Object.keys(localStorage).map(key => 'localStorage ' + key),
  ...Object.keys(sessionStorage).map(key => 'sessionStorage ' + key),
  ...(indexedDB.databases ? (await indexedDB.databases()).map(one => 'indexedDB ' + one.name) : []),
  ...(window.caches ? (await caches.keys()).map(key => 'cache ' + key) : []),
  ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [])
    .map(one => 'serviceWorker ' + new URL(one.scope).pathname),
]"""
"""What a page's scripts can keep: names alone (HTML, 12; IndexedDB 3.0; Service Workers)."""
_QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings",
    "--dns-prefetch-disable", "--disable-quic",
    "--disable-features=OptimizationHints,MediaRouter,Translate,WebRtcHideLocalIpsWithMdns",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)  # fmt: skip
_NOBODY = "http://127.0.0.1:1"
_OUTWARD = ("http", "https", "ws", "wss")
_SETTLED = 500
"""Milliseconds in which scripts may do something once a page has loaded."""


def visited(reach: Reach, urls: tuple[str, ...]) -> dict[str, Any] | None:
    """Visit pages in one browser; None where no browser is on this machine, or Playwright is not installed.

    Returns `pages`, `unread`, and the names of `cookies`, of what is `stored` and of the hosts of others `asked` for.
    """
    program = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    try:
        from playwright.sync_api import Error, sync_playwright  # 0.2 s, and an extra of its own
    except ImportError:
        return None
    if program is None:
        return None
    asked: set[str] = set()
    try:
        with sync_playwright() as playwright:
            made = playwright.chromium.launch(executable_path=program, args=_arguments(reach, urls))
            # Certificates are judged where doors are looked at.
            context = made.new_context(ignore_https_errors=True)
            context.on("request", lambda request: asked.add(request.url))
            context.on("page", lambda page: page.on("websocket", lambda socket: asked.add(socket.url)))
            seen = _seen(context, urls, reach.limits.seconds)
            made.close()
    except Error:
        return None
    hosts = {urlsplit(url).hostname or "" for url in asked if urlsplit(url).scheme in _OUTWARD}
    return seen | {"asked": sorted(host for host in hosts if not reach.own.names(host))}


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


def _seen(context: BrowserContext, urls: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """Visit pages one after the other, and say what is in the browser after them."""
    from playwright.sync_api import Error  # as above

    stored: set[str] = set()
    unread = 0
    for url in urls:
        page = context.new_page()
        try:
            page.goto(url, timeout=seconds * 1000, wait_until="load")
            page.wait_for_timeout(_SETTLED)
            stored.update(page.evaluate(_STORED))
        except Error:
            unread += 1
        finally:
            page.close()
    cookies = sorted({str(one.get("name", "")) for one in context.cookies()})
    return {"pages": len(urls), "unread": unread, "cookies": cookies, "stored": sorted(stored)}
