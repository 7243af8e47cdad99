"""Reads a page's HTML for what leads somewhere: links, forms with their fields, and what it loads."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import msgspec

_LOADS = {
    "script": "src", "img": "src", "iframe": "src", "frame": "src", "embed": "src", "object": "data", "audio": "src",
    "video": "src", "source": "src", "track": "src", "input": "src",
}  # fmt: skip
"""What a browser loads without being asked: the tag, and the attribute that says from where (HTML, 4.8)."""
_LINKED = ("stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest")
_FIELDS = ("input", "select", "textarea")
_NO_FIELDS = ("submit", "button", "image", "reset")


_LONGEST_TAG, _MOST_OPENED = 1 << 16, 200
"""More letters than a tag has, and more tags that open before one ends: the parser would take hours over them."""


class Senseless(ValueError):
    """A page that no browser's author had in mind."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form: where it goes, and what it asks for; what stands in its fields is not read."""

    action: str
    method: str
    fields: tuple[str, ...]


class Markup(msgspec.Struct, frozen=True, kw_only=True):
    """What leads somewhere from a page, as whole URLs."""

    links: tuple[str, ...]
    loads: tuple[str, ...]
    forms: tuple[Form, ...]
    frames: tuple[str, ...]


def read(text: str, url: str) -> Markup:
    """Read a page that came from `url`; raises `Senseless` for one that is made to be slow."""
    for part in text.split(">"):
        opened = part.find("<")
        if opened >= 0 and (len(part) - opened > _LONGEST_TAG or part.count("<") > _MOST_OPENED):
            raise Senseless("its tags have no end")
    reader = _Reader(url)
    try:
        reader.feed(text)
        reader.close()
    except AssertionError as error:  # the parser's own word for a declaration that makes no sense
        raise Senseless("a declaration in it makes no sense") from error
    reader.end_form()
    return Markup(
        links=tuple(dict.fromkeys(reader.links)),
        loads=tuple(dict.fromkeys(reader.loads)),
        forms=tuple(reader.forms),
        frames=tuple(dict.fromkeys(reader.frames)),
    )


class _Reader(HTMLParser):
    """Collects while the page is read."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.links: list[str] = []
        self.loads: list[str] = []
        self.forms: list[Form] = []
        self.frames: list[str] = []
        self._form: tuple[str, str] | None = None
        self._fields: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag leads to."""
        told = {name: value or "" for name, value in attrs}
        if tag == "base" and told.get("href"):
            self._base = self._whole(told["href"])
        elif tag in ("a", "area") and told.get("href"):
            self.links.append(self._whole(told["href"]))
        elif (
            tag == "link" and told.get("href") and any(word in told.get("rel", "").lower().split() for word in _LINKED)
        ):
            self.loads.append(self._whole(told["href"]))
        elif tag == "meta" and told.get("http-equiv", "").lower() == "refresh":
            self.links.append(self._whole(told.get("content", "").partition("=")[2].strip(" '\"")))
        elif tag == "form":
            self.end_form()
            self._form = (self._whole(told.get("action", "")), told.get("method", "get").lower())
        if tag in _LOADS and told.get(_LOADS[tag]):
            self.loads.append(self._whole(told[_LOADS[tag]]))
        if tag in ("iframe", "frame") and told.get("src"):
            self.frames.append(self._whole(told["src"]))
        if tag in _FIELDS and told.get("type", "").lower() not in _NO_FIELDS:
            self._fields.append(told.get("name") or told.get("id") or "(without a name)")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a form."""
        if tag == "form":
            self.end_form()

    def end_form(self) -> None:
        """Keep the form that was open; fields outside of any form are a form of their own, sent by a script."""
        if self._form is not None or self._fields:
            action, method = self._form or ("", "script")
            self.forms.append(Form(action=action, method=method, fields=tuple(dict.fromkeys(self._fields))))
        self._form, self._fields = None, []

    def _whole(self, url: str) -> str:
        try:
            return urljoin(self._base, url.strip())
        except ValueError:
            return url
