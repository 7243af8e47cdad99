"""Takes the tags off the text of pages, of the XML of office files, and of rich text."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<(/?)(?:[\w-]{1,40}+:)?+([\w-]{1,40}+)([^<>]{0,100000}+)>|<!--|-->|<!\[CDATA\[|\]\]>")
_MARKUP = re.compile(
    r"\s*<(?:!doctype|\?xml|html|head|body|div|p|table|span|[a-z]+:[a-z]+)\b"
    r"|[^<]{0,2000}<(?:html|body|div|br|p|td)\b",
    re.IGNORECASE,
)
_INLINE = frozenset(
    # Tags that stand within a word: those of HTML, and those by which Office cuts a paragraph into runs.
    re.findall(
        r"\w+",
        "a abbr b bdi bdo big code em font i ins mark s samp small span strike strong sub sup tt u wbr r t rpr rfonts "
        "sz szcs lang color prooferr bookmarkstart bookmarkend noproof latin ea cs srgbclr solidfill rph highlight shd",
    )
)
_RICH = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,5}) ?\??|\\(par|line|cell|row|tab)\b ?|\\[a-z]+-?\d* ?|[{}]|\r?\n|\\(.)"
)


def is_markup(text: str) -> bool:
    """Tell whether a text is a page or XML."""
    return bool(_MARKUP.match(text))


def shown(text: str) -> str:
    """Return what a reader sees of a page: tags within words leave nothing, the others a line's end."""
    return html.unescape(_TAG.sub(lambda tag: "" if (tag[2] or "").lower() in _INLINE else "\n", text))


def rich(text: str) -> str:
    """Return what a reader sees of rich text (RTF)."""
    return _RICH.sub(_rich, text)


def _rich(found: re.Match[str]) -> str:
    code, point, end, sign = found.groups()
    if code:
        return bytes.fromhex(code).decode("cp1252", errors="replace")
    if point:
        return chr(int(point) % 65536)
    return "\n" if end else {"~": " ", "_": "-", "-": ""}.get(sign, sign or "")
