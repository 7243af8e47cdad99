"""Leads a browser from page to page, in a process of its own, and tells what is there once scripts have run.

Forms and fields are looked for in every tree of a page: its document, its frames, and the trees of web components, shut
ones among them.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from audit.sources.probes import pressing
from audit.sources.probes.page_trees import forms, trees

SETTLED = 500
"""Milliseconds in which scripts may do something once a page has loaded."""
_STORED = """async () => [
  ...Object.keys(localStorage).map(key => 'localStorage ' + key),
  ...Object.keys(sessionStorage).map(key => 'sessionStorage ' + key),
  ...(indexedDB.databases ? (await indexedDB.databases()).map(one => 'indexedDB ' + one.name) : []),
  ...(window.caches ? (await caches.keys()).map(key => 'cache ' + key) : []),
  ...(navigator.serviceWorker ? await navigator.serviceWorker.getRegistrations() : [])
    .map(one => 'serviceWorker ' + new URL(one.scope).pathname),
]"""
"""What scripts can keep: names alone, and never a value."""
_FAULT, _GONE = 400, (404, 410)
"""The first status that says that something is wrong, and those that say so by a page of its own."""


class Errand(msgspec.Struct, frozen=True):
    """What the process is sent to do."""

    program: str
    arguments: tuple[str, ...]
    urls: tuple[str, ...]
    seconds: float
    trying: bool = False
    """Whether forms are tried."""


class Look(msgspec.Struct, kw_only=True):
    """What was seen; names and addresses alone."""

    pages: int
    unread: int = 0
    cookies: set[str] = set()
    stored: set[str] = set()
    fields: set[str] = set()
    actions: set[str] = set()
    """Where forms say that they go, and where they went when they were tried."""
    loose: bool = False
    """Whether a field belongs to no form, or a form that was tried went nowhere."""
    asked: set[str] = set()


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
        for url in errand.urls if errand.trying else ():
            seen.unread += not _try(made, url, errand.seconds, seen)
        made.close()
    return seen


def _read(context: Any, url: str, seconds: float, seen: Look) -> bool:
    """Visit one page with all of its frames, and note what is there after it; tells whether it could be read."""
    from playwright.sync_api import Error  # as above

    page = context.new_page()
    page.on("request", lambda request: seen.actions.update(_framed(request)))
    try:
        answer = _opened(page, url, seconds)
        for frame in page.frames:
            seen.stored.update(frame.evaluate(_STORED) if frame.url.startswith("http") else ())
        for told in map(forms, trees(page)):
            seen.fields.update(told.fields)
            seen.actions.update(told.actions)
            seen.loose = seen.loose or told.loose
        return answer is not None and (answer.status < _FAULT or answer.status in _GONE)
    except (Error, msgspec.ValidationError):
        return False
    finally:
        page.close()


def _framed(request: Any) -> tuple[str, ...]:
    """Return where a frame goes, whoever sends it there."""
    within = request.resource_type == "document" and request.frame.parent_frame is not None
    return (request.url,) if within else ()


def _try(browser: Any, url: str, seconds: float, seen: Look) -> bool:
    """Try the forms of a page; tells whether it could be read."""
    from playwright.sync_api import Error  # as above

    try:
        found = pressing.tried(browser, url, lambda page, place: _opened(page, place, seconds))
    except (Error, msgspec.ValidationError):
        return False
    seen.actions |= found.went
    seen.loose = seen.loose or found.loose
    return True


def _opened(page: Any, url: str, seconds: float) -> Any:
    """Go to a page, and let its scripts do what they do by themselves."""
    answer = page.goto(url, timeout=seconds * 1000, wait_until="load")
    page.wait_for_timeout(SETTLED)
    return answer


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Errand))))
