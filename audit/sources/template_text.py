"""Reads the JSON of ARM templates as Azure does, comments included, and remembers the line of each key."""

import codecs
import json
import re
from bisect import bisect_right
from typing import Any

from audit.facts import AMBIGUOUS

_TOKEN = re.compile(
    r"""(?>(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*)
    (?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[{}\[\]:,])|(?P<word>-?[0-9][0-9.eE+-]*|true|false|null)|(?P<end>\Z))""",
    re.DOTALL | re.VERBOSE,
)
_DEEPEST = 200
"""How many objects and lists may stand inside each other: whoever reads the values later must not fail on them."""
SOMEWHERE = "template:/?"
"""How the id of a scope opens that a resource names, and nobody can tell."""
_WORDS = {"true": True, "false": False, "null": None}


class Object(dict[str, Any]):
    """An object of a JSON file, with the line it opens on and the line of each of its keys."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def words(value: Any) -> dict[str, Any]:
    """Give an object's keys in lower case, as ARM reads a template's own words; empty where it is no object.

    Two that differ in nothing but case are ambiguous where they say different things.
    """
    found: dict[str, Any] = {}
    for key, item in value.items() if isinstance(value, dict) else ():
        folded = key.lower()
        found[folded] = item if found.get(folded, item) == item else AMBIGUOUS
    return found


def parse(content: bytes) -> Any:
    """Read a JSON text whose objects know their lines; a key that stands twice with different values is ambiguous.

    Comments and line breaks inside texts are allowed, as Azure allows them:
    https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax#comments-and-metadata
    Raises `ValueError` where it is no JSON, and `RecursionError` where it is nested too deeply.
    """
    return _Reader(_decoded(content)).whole()


def _decoded(content: bytes) -> str:
    """Decode a file by its byte order mark, UTF-8 where it has none; raises `UnicodeDecodeError`, a `ValueError`."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


class _Reader:
    """One text on its way into values."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._depth = 0
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def whole(self) -> Any:
        value = self._value(self._next())
        if self._next().lastgroup != "end":
            raise self._trouble("something stands behind its end")
        return value

    def _next(self) -> re.Match[str]:
        """Take the next token; raises `ValueError` where none can be read."""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self._trouble("a value cannot be read")
        self._at = found.end()
        return found

    def _value(self, token: re.Match[str]) -> Any:
        """Read the value that opens with `token`."""
        said = token[token.lastgroup or 0]
        if token.lastgroup == "text":
            return self._unquoted(said)
        if token.lastgroup == "word":
            return _WORDS[said] if said in _WORDS else self._number(said)
        if said in ("{", "["):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise RecursionError
            found = self._object(self._line(token)) if said == "{" else self._list()
            self._depth -= 1
            return found
        raise self._trouble("it ends too early" if token.lastgroup == "end" else f"{said} stands in the wrong place")

    def _object(self, line: int) -> Object:
        """Read the rest of an object."""
        found = Object(line)
        token = self._next()
        while token.lastgroup == "text":
            key = self._unquoted(token["text"])
            if self._next()["mark"] != ":":
                raise self._trouble(f"no colon follows the key {key}")
            value = self._value(self._next())
            found[key] = value if found.get(key, value) == value else AMBIGUOUS
            found.lines[key] = self._line(token)
            token = self._next()
            if token["mark"] != ",":
                break
            token = self._next()
        if token["mark"] != "}":
            raise self._trouble("an object is not closed")
        return found

    def _list(self) -> list[Any]:
        """Read the rest of a list."""
        found: list[Any] = []
        token = self._next()
        while token["mark"] != "]":
            found.append(self._value(token))
            token = self._next()
            if token["mark"] == ",":
                token = self._next()
            elif token["mark"] != "]":
                raise self._trouble("a list is not closed")
        return found

    def _unquoted(self, quoted: str) -> str:
        """Take the quotes and escapes off a text; raises `ValueError` for an escape that JSON does not know."""
        text = str(json.loads(quoted, strict=False)) if "\\" in quoted else quoted[1:-1]
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            # No report could be written with it.
            raise self._trouble("a text holds half of a character")
        return text

    def _number(self, said: str) -> int | float:
        try:
            number: int | float = json.loads(said)
        except ValueError as error:
            raise self._trouble(f"{said} is no number") from error
        return number

    def _line(self, token: re.Match[str]) -> int:
        """Tell the line that a token stands on."""
        return bisect_right(self._starts, token.start(token.lastgroup or 0))

    def _trouble(self, what: str) -> ValueError:
        return ValueError(f"{what} (line {bisect_right(self._starts, self._at)})")
