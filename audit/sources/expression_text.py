"""Reads the text of an ARM template expression into a tree of calls."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w]*)|([()\[\],.?]))")


class Call(msgspec.Struct, frozen=True):
    """A function that is called, or with a dot or brackets behind it, what is taken from a value."""

    name: str
    arguments: tuple[Any, ...]


@lru_cache(maxsize=4096)
def parsed(expression: str) -> Any:
    """Read an expression into a tree of calls; None where it cannot be read."""
    try:
        return _Parser(expression[1:-1]).whole()
    except ValueError:
        return None


class _Parser:
    """One expression on its way into a tree of calls."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"no expression: {text}")
            kind = ("text", "number", "word", "mark")[(found.lastindex or 1) - 1]
            self._tokens.append((kind, found[found.lastindex or 1]))
            at = found.end()
        self._at = 0

    def whole(self) -> Any:
        """Read the whole expression; raises `ValueError` where it cannot be read."""
        tree = self._one()
        if self._at < len(self._tokens):
            raise ValueError("something stands behind its end")
        return tree

    def _take(self, *expected: str) -> tuple[str, str]:
        """Take the next token, which must be one of those expected where any are."""
        if self._at >= len(self._tokens) or (expected and self._tokens[self._at][1] not in expected):
            raise ValueError("it is not whole")
        self._at += 1
        return self._tokens[self._at - 1]

    def _sees(self, *marks: str) -> bool:
        if self._at >= len(self._tokens):
            return False
        kind, said = self._tokens[self._at]
        return kind == "mark" and said in marks

    def _one(self) -> Any:
        kind, said = self._take()
        if kind == "text":
            tree: Any = said[1:-1].replace("''", "'")
        elif kind == "number":
            tree = float(said) if "." in said else int(said)
        elif kind == "word":
            tree = self._call(said)
        else:
            raise ValueError(f"{said} stands in the wrong place")
        while self._sees(".", "[", "?"):
            tree = self._taken_from(tree)
        return tree

    def _call(self, name: str) -> Call:
        """Read a call; the name may have a namespace in front (`own.function()`)."""
        while self._sees("."):
            self._take(".")
            name += "." + self._take()[1]
        self._take("(")
        arguments: list[Any] = []
        while not self._sees(")"):
            arguments.append(self._one())
            if not self._sees(")"):
                self._take(",")
        self._take(")")
        return Call(name.lower(), tuple(arguments))

    def _taken_from(self, tree: Any) -> Call:
        """Read what is taken from a value: `.name`, `[0]` or `['name']`, with `?` where it may be missing."""
        if self._take()[1] == "?":
            self._take()
        if self._tokens[self._at - 1][1] == ".":
            if self._sees("["):
                self._take("[")
            else:
                return Call(".", (tree, self._take()[1]))
        inner = self._one()
        self._take("]")
        return Call(".", (tree, inner))
