"""Visits the company's own sites page by page: cookies, what they load from strangers, what their forms ask and where.

What stands in the body of a `web.Site`: `pages` (how many were read), `unread` (how many were not), `whole` (whether
every page that a link leads to was visited), `cookies` (names that answers set), `loads` (hosts of others that pages
load from), `linksTo` (hosts of others that pages link to), `fields` (what forms ask for), `scripts` (whether any page
runs one), and where a browser is on the machine `browser`: `pages`, `unread`, `cookies`, `stored` (what scripts keep in
a visitor's browser) and `asked` (hosts of others that it wanted to ask; none was). In the body of a `web.Page`:
`status`, and `sized`, whether there is anything on it. In the body of a `web.Checkout`: `postsTo` (hosts to which its
forms and frames go), `forms`, and `scripted` (whether a field belongs to no form, so that only a script knows where it
goes).

Only hosts of ours are asked; what leads to another is written down. No value of a cookie or a field is kept.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

import msgspec

from audit.kinds.probes import CHECKOUT, PAGE, SITE
from audit.model import Gap, Resource
from audit.sources.probes import browser, markup
from audit.sources.probes.fetching import Page, fetch
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Found, Scene, resource

KINDS = (SITE, PAGE, CHECKOUT)
_REDIRECTS = 5
_OK = 200
_PORTS = {"http": 80, "https": 443}
_HTML = ("text/html", "application/xhtml+xml")


class Visit(msgspec.Struct, kw_only=True):
    """What one walk over a site found; it grows as pages are read."""

    read: dict[str, markup.Markup] = {}
    unread: list[str] = []
    cookies: set[str] = set()
    away: set[str] = set()
    """The hosts of others to which pages redirect."""
    left: list[str] = []
    """Pages that were not visited, since there were too many."""


def contacts(scene: Scene) -> tuple[Contact, ...]:
    """Say whom it visits; raises `Unseen` where a target is not set."""
    most = scene.targets.number("probes.pages")
    found = [Contact(*_place(url), f"up to {most} pages of the site, as a visitor") for url in _listed(scene, "sites")]
    found += [Contact(*_place(url), "a page that must be there") for url in _listed(scene, "pages_required")]
    return (
        *found,
        *(Contact(*_place(url), "where people pay: nothing is sent") for url in _listed(scene, "checkouts")),
    )


def probe(scene: Scene) -> Found:
    """Visit every site, page and checkout; one that cannot be read is a gap for its own kind."""
    found: list[Resource] = []
    gaps: list[Gap] = []
    for kind, name, look in (
        (SITE, "sites", _site),
        (PAGE, "pages_required", _page),
        (CHECKOUT, "checkouts", _checkout),
    ):
        urls = _listed(scene, name)
        if not urls:
            gaps.append(Gap(f"none is named: fill probes.{name} in targets.toml", (kind.arm,)))
        for url in urls:
            try:
                found.append(resource(kind, url, look(scene, url), now=scene.now))
            except Unreached as error:
                gaps.append(Gap(f"{url}: {error}", (kind.arm,)))
    return Found(tuple(found), tuple(gaps))


def _site(scene: Scene, url: str) -> dict[str, object]:
    """Walk over a site; raises `Unreached` where not even its first page can be read."""
    visit = _walked(scene, url)
    if not visit.read:
        raise Unreached(visit.unread[0] if visit.unread else "it has no page of HTML")
    marks = tuple(visit.read.values())
    body: dict[str, object] = {
        "pages": len(visit.read),
        "unread": len(visit.unread),
        "whole": not visit.left,
        "cookies": sorted(visit.cookies),
        "loads": _others(scene, [one for mark in marks for one in mark.loads]),
        "linksTo": sorted({*_others(scene, [one for mark in marks for one in mark.links]), *visit.away}),
        "fields": sorted({field for mark in marks for form in mark.forms for field in form.fields}),
        "scripts": any(mark.scripts for mark in marks),
    }
    seen = browser.visited(scene.reach, tuple(visit.read))
    return body | ({"browser": seen} if seen is not None else {})


def _walked(scene: Scene, url: str) -> Visit:
    """Read a site from its first page on, the nearest pages first, up to as many as the target says."""
    most, visit = scene.targets.number("probes.pages"), Visit()
    waiting, known = [url], {url}
    while waiting and len(visit.read) + len(visit.unread) < most:
        current = waiting.pop(0)
        try:
            page = _followed(scene, current, visit)
        except Unreached as error:
            visit.unread.append(str(error))
            continue
        if page.headers.get("content-type", "text/html").partition(";")[0].strip().lower() not in _HTML:
            continue
        visit.read[current] = mark = markup.read(page.text, page.url)
        for link in (urldefrag(one)[0] for one in mark.links):
            if link not in known and _is_of(link, url):
                known.add(link)
                waiting.append(link)
    visit.left = waiting
    return visit


def _followed(scene: Scene, url: str, visit: Visit | None = None) -> Page:
    """Fetch a page, and follow it while it leads to hosts of ours; raises `Unreached`, and where it goes in rounds."""
    for _ in range(_REDIRECTS + 1):
        page = fetch(scene.reach, url)
        if visit is not None:
            visit.cookies.update(page.cookies)
        if not page.leads_to:
            return page
        host = urlsplit(page.leads_to).hostname or ""
        if not scene.reach.own.names(host):
            if visit is not None:
                visit.away.add(host)
            return msgspec.structs.replace(page, body=b"")
        url = page.leads_to
    raise Unreached(f"it redirects more than {_REDIRECTS} times")


def _page(scene: Scene, url: str) -> dict[str, object]:
    page = _followed(scene, url)
    return {"status": page.status, "sized": bool(page.body.strip())}


def _checkout(scene: Scene, url: str) -> dict[str, object]:
    """Read where a page sends what people type; raises `Unreached` where it cannot be read."""
    page = _followed(scene, url)
    if page.status != _OK:
        raise Unreached(f"it answered {page.status}")
    mark = markup.read(page.text, page.url)
    places = [form.action for form in mark.forms if form.method != "script"]
    frames = [one for one in mark.loads if not scene.reach.own.names(urlsplit(one).hostname or "")]
    return {
        "postsTo": sorted({urlsplit(place).hostname or "" for place in (*places, *frames)}),
        "forms": len(places),
        "scripted": any(form.method == "script" for form in mark.forms),
    }


def _others(scene: Scene, urls: list[str]) -> list[str]:
    """Return the hosts of others among URLs."""
    hosts = {_host(url) for url in urls}
    return sorted(host for host in hosts if host and not scene.reach.own.names(host))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "") if urlsplit(url).scheme in _PORTS else ""
    except ValueError:
        return url


def _is_of(link: str, site: str) -> bool:
    """Tell whether a link stays on a site."""
    try:
        return urlsplit(link)[:2] == urlsplit(site)[:2]
    except ValueError:
        return False


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or url, parts.port or _PORTS.get(parts.scheme, 443)


def _listed(scene: Scene, name: str) -> tuple[str, ...]:
    """Return a list of URLs; raises `Unseen` where the target is not set at all."""
    return scene.targets.names(f"probes.{name}", may_be_empty=True)
