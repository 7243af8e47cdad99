"""Visits the company's own sites page by page: cookies, what they load from strangers, what their forms ask and where.

What stands in the body of a `web.Site`: `pages` (how many were read), `unread` (how many were not), `whole` (whether
every page that a link leads to was visited), `cookies` (names that answers set), `loads` (hosts of others that pages
load from), `linksTo` (hosts of others that pages link to), `fields` (what forms ask for), and where a browser is on the
machine `browser`: `pages`, `unread`, `cookies`, `stored` (what scripts keep in a visitor's browser), `fields` and
`asked` (hosts of others that it wanted to ask; none was). In the body of a `web.Page`: `status`, and `sized`, whether
there is anything on it, `shown`, whether a browser shows it, and `leadsTo`, the host to which it redirects, where that
is not ours. In the body of a `web.Checkout`, where a browser saw it: `postsTo` (hosts to which its forms,
buttons and frames say that they go, and where they went when each button was pressed in a browser that let nothing
out; a place that is not encrypted is marked) and `loose`, whether a field belongs to no form, or a form went nowhere,
so that only a script knows where it goes.

Only hosts of ours are asked; what leads to another is written down. No value of a cookie or a field is kept.
"""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

import msgspec

from audit.kinds.probes import CHECKOUT, PAGE, SITE
from audit.model import Gap, Resource
from audit.sources.looking import Found, resource
from audit.sources.probes import browser, markup
from audit.sources.probes.fetching import Page, fetch
from audit.sources.probes.reach import Contact, Unreached
from audit.sources.probes.scene import Scene

KINDS = (SITE, PAGE, CHECKOUT)
_REDIRECTS = 5
_OK = 200
_THERE = (200, 203, 404, 410)
"""What a page that was asked for answers; that it is gone is an answer, too."""
_PORTS = {"http": 80, "https": 443}
_WITHIN = ("about", "blob", "data", "javascript")
"""The schemes of addresses that lead nowhere else: what scripts do with them shows when they are tried."""
_HTML = ("text/html", "application/xhtml+xml")
_SHOWN = (*_HTML, "text/plain", "application/pdf")
"""What a browser shows; anything else is handed over as a file."""


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
    }
    look = browser.visited(scene.reach, tuple(visit.read))
    if look is not None:
        names = ("cookies", "stored", "fields", "asked")
        seen = {name: sorted(getattr(look, name)) for name in names}
        body["browser"] = {"pages": look.pages, "unread": look.unread, **seen}
    return body


def _walked(scene: Scene, url: str) -> Visit:
    """Read a site from its first page on, the nearest pages first, up to as many as the target says."""
    most, visit = scene.targets.number("probes.pages"), Visit()
    waiting, known = [url], {url}
    home = _door(url)
    while waiting and len(visit.read) + len(visit.unread) < most:
        current = waiting.pop(0)
        try:
            page = _followed(scene, current, visit)
            if page.leads_to and current != url:
                continue  # it leads to somebody else, and so belongs to them
            mark = _marked(page)
        except Unreached as error:
            visit.unread.append(str(error))
            continue
        if mark is None:
            continue
        visit.read[current] = mark
        home = _door(page.url) if current == url else home
        for link in (urldefrag(one)[0] for one in (*mark.links, *mark.frames)):
            if link not in known and _door(link) == home:
                known.add(link)
                waiting.append(link)
    visit.left = waiting
    return visit


def _marked(page: Page) -> markup.Markup | None:
    """Read a page's HTML, None where it is none; raises `Unreached` where it was refused, or makes no sense."""
    if page.status not in _THERE:
        raise Unreached(f"{page.url} answered {page.status}")
    if page.status == _OK and not page.body.strip():
        raise Unreached(f"{page.url} is empty")
    if _kind(page) not in _HTML:
        return None
    try:
        return markup.read(page.text, page.url)
    except markup.Senseless as error:
        raise Unreached(f"{page.url}: {error}") from error


def _kind(page: Page) -> str:
    return page.headers.get("content-type", _HTML[0]).partition(";")[0].strip().lower()


def _followed(scene: Scene, url: str, visit: Visit | None = None) -> Page:
    """Fetch a page, and follow it while it leads to hosts of ours; raises `Unreached`, and where it goes in rounds.

    One that leads to somebody else comes back with where it leads to, and without its body.
    """
    for _ in range(_REDIRECTS + 1):
        page = fetch(scene.reach, url)
        if visit is not None:
            visit.cookies.update(page.cookies)
        if not page.leads_to:
            return page
        host = _host(page.leads_to)
        if host not in scene.reach.own.hosts:
            if visit is not None:
                visit.away.add(host)
            return msgspec.structs.replace(page, body=b"")
        url = page.leads_to
    raise Unreached(f"it redirects more than {_REDIRECTS} times")


def _page(scene: Scene, url: str) -> dict[str, object]:
    page = _followed(scene, url)
    shown = _kind(page) in _SHOWN
    leads_to = {"leadsTo": _host(page.leads_to)} if page.leads_to else {}
    return {"status": page.status, "sized": bool(page.body.strip()), "shown": shown, **leads_to}


def _checkout(scene: Scene, url: str) -> dict[str, object]:
    """See in a browser where a page sends what people type; raises `Unreached` where it cannot be seen."""
    page = _followed(scene, url)
    if page.status != _OK:
        raise Unreached(f"it answered {page.status}")
    look = browser.visited(scene.reach, (page.url,), trying=True)
    if look is None or look.unread:
        raise Unreached("no browser saw it: what scripts write nothing else shows")
    return {"postsTo": sorted({_told(place) for place in look.actions} - {""}), "loose": look.loose}


def _told(place: str) -> str:
    """Name the host of a place, and say where the way there is not encrypted; nothing of what stays on the page."""
    try:
        parts = urlsplit(place)
    except ValueError:
        return "an address that makes no sense"
    if parts.scheme in _WITHIN:
        return ""
    return f"{parts.hostname or ''}{'' if parts.scheme in ('https', 'wss') else ' (not encrypted)'}"


def _others(scene: Scene, urls: list[str]) -> list[str]:
    """Return the hosts of others among URLs."""
    hosts = {_host(url) for url in urls}
    return sorted(host for host in hosts if host and host not in scene.reach.own.hosts)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "") if urlsplit(url).scheme in _PORTS else ""
    except ValueError:
        return url


def _door(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL, however it is spelt."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", url, 0


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or url, parts.port or _PORTS.get(parts.scheme, 443)


def _listed(scene: Scene, name: str) -> tuple[str, ...]:
    """Return a list of URLs; raises `Unseen` where the target is not set at all."""
    return scene.targets.names(f"probes.{name}", may_be_empty=True)
