"""The part of Kusto's query language that clients send to Resource Graph: a query is parsed, then run over rows.

https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language names the whole of it. What is not
here raises `InvalidQuery`: a query that was not understood must never come back as an empty result.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import msgspec

from audit.model import AuditError
from audit.sandbox.kusto_values import (
    EQUALITIES,
    FUNCTIONS,
    MEMBERSHIPS,
    ORDERINGS,
    TEXT_TESTS,
    Shape,
    alike,
    equal,
    folded,
    inside,
    rank,
)

Row = Mapping[str, Any]
Step = Callable[[list[Row]], list[Row]]
Condition = Callable[[Row], Any]


class InvalidQuery(AuditError):
    """A query that cannot be parsed, or that uses what the local Azure does not model.

    `detail` is what Resource Graph tells of it in the details of its error.
    """

    def __init__(self, message: str, detail: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.detail = detail


class Query(msgspec.Struct, frozen=True):
    """A parsed query: the table it reads, the columns it gives, and the steps between."""

    table: str
    """In lower case: Resource Graph compares the names of tables without case."""
    columns: Mapping[str, Shape]
    steps: tuple[Step, ...]
    limited: bool
    """Whether `take` or `limit` is one of the steps: then Resource Graph does not page."""

    def run(self, rows: Iterable[Row]) -> list[Row]:
        """Return what the query gives for the rows of its table; an empty list where none fits."""
        found = list(rows)
        for step in self.steps:
            found = step(found)
        return found


class Expression(msgspec.Struct, frozen=True):
    """A scalar expression: the name that its column takes, its type, and its value for a row."""

    name: str
    shape: Shape
    of: Callable[[Row], Any]
    constant: bool = False


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*)+)
    |(?P<text>@'[^']*'|@"[^"]*"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>!?in~|![a-z]+|[A-Za-z_]\w*)
    |(?P<sign>==|!=|=~|!~|<=|>=|[<>=()\[\].,|-])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse(text: str, columns: Mapping[str, Shape]) -> Query:
    """Parse a query over a table with these columns; raises `InvalidQuery` where any of it is not modelled."""
    return _Parser(text, columns).query()


class _Parser:
    """Reads one query from left to right; `columns` are those that the next step may name."""

    def __init__(self, text: str, columns: Mapping[str, Shape]) -> None:
        self.text = text
        self.columns = dict(columns)
        self.tokens = self._tokens()
        self.position = 0
        self.limited = False

    def query(self) -> Query:
        table = self._expect("word", "a table").text.lower()
        steps = []
        while self._take("|"):
            steps.append(self._step())
        if self._here.kind != "end":
            raise self._wrong("the end of the query")
        return Query(table, self.columns, tuple(steps), self.limited)

    def _tokens(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                raise self._failure(self.text[at], at, "not understood")
            if found.lastgroup and found.lastgroup != "space":
                tokens.append(_Token(found.lastgroup, found.group(), at))
            at = found.end()
        return [*tokens, _Token("end", "<EOF>", at)]

    @property
    def _here(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, *texts: str) -> str:
        """Step over the next token where it is a sign or word among `texts`; empty where it is not."""
        here = self._here
        if here.kind not in ("sign", "word") or here.text not in texts:
            return ""
        self.position += 1
        return here.text

    def _expect(self, kind: str, what: str, text: str = "") -> _Token:
        here = self._here
        if here.kind != kind or (text and here.text != text):
            raise self._wrong(what)
        self.position += 1
        return here

    def _wrong(self, wanted: str) -> InvalidQuery:
        return self._failure(self._here.text, self._here.at, f"{wanted} expected")

    def _failure(self, token: str, at: int, trouble: str) -> InvalidQuery:
        """Make the error of a syntax that is wrong or unknown, with its place as Resource Graph tells it."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1)
        place = {"line": line, "characterPositionInLine": column, "token": token}
        message = f"line {line}, position {column}: {token!r}: {trouble}"
        return InvalidQuery(message, {"code": "ParserFailure", "message": "ParserFailure", **place})

    def _semantic(self, message: str) -> InvalidQuery:
        return InvalidQuery(message, {"code": "Default", "message": message})

    def _step(self) -> Step:
        steps = {
            "where": self._where,
            "project": self._project,
            "extend": self._extend,
            "order": self._order,
            "sort": self._order,
            "take": self._limit,
            "limit": self._limit,
            "count": self._count,
            "summarize": self._summarize,
        }
        name = self._expect("word", "an operator").text
        if name not in steps:
            place = {"line": -1, "characterPositionInLine": -1, "token": name}
            detail = {"code": "InvalidQueryLanguage", "message": "InvalidQueryLanguage", **place}
            raise InvalidQuery(f"the operator {name!r} is not modelled here", detail)
        return steps[name]()

    def _where(self) -> Step:
        condition = self._condition()
        return lambda rows: [row for row in rows if condition(row) is True]

    def _project(self) -> Step:
        chosen = self._named_list()
        self.columns = {item.name: item.shape for item in chosen}
        return lambda rows: [{item.name: item.of(row) for item in chosen} for row in rows]

    def _extend(self) -> Step:
        added = self._named_list()
        self.columns |= {item.name: item.shape for item in added}
        return lambda rows: [{**row, **{item.name: item.of(row) for item in added}} for row in rows]

    def _limit(self) -> Step:
        number = self._expect("number", "a number of rows").text
        if "." in number:
            raise self._semantic("a whole number of rows expected")
        self.limited = True
        return lambda rows: rows[: int(number)]

    def _count(self) -> Step:
        self.columns = {"Count": Shape.WHOLE}
        return lambda rows: [{"Count": len(rows)}]

    def _order(self) -> Step:
        self._expect("word", "'by'", "by")
        # Kusto sorts downwards unless told otherwise; nulls come first in rising order and last in falling order.
        keys = [(self._scalar(), self._take("asc", "desc") != "asc")]
        while self._take(","):
            keys.append((self._scalar(), self._take("asc", "desc") != "asc"))

        def sort(rows: list[Row]) -> list[Row]:
            for key, falling in reversed(keys):
                rows = _sorted(rows, key, falling=falling)
            return rows

        return sort

    def _summarize(self) -> Step:
        total = self._count_name()
        groups = self._named_list() if self._take("by") else []
        self.columns = {item.name: item.shape for item in groups} | {total: Shape.WHOLE}

        def summarize(rows: list[Row]) -> list[Row]:
            if not groups:
                return [{total: len(rows)}]
            keyed = [{item.name: item.of(row) for item in groups} for row in rows]
            keyed.sort(key=_group_key)
            return [{**next(same), total: 1 + sum(1 for _ in same)} for _, same in groupby(keyed, _group_key)]

        return summarize

    def _count_name(self) -> str:
        """Read `count()` or `name = count()`, the only aggregation that is modelled."""
        name = "count_"
        if self.tokens[self.position + 1].text == "=":
            name = self._expect("word", "a name").text
            self._expect("sign", "'='", "=")
        for kind, text in (("word", "count"), ("sign", "("), ("sign", ")")):
            self._expect(kind, "'count()'", text)
        return name

    def _named_list(self) -> list[Expression]:
        """Read `a, b.c, d = expression`; Kusto numbers the columns whose name does not follow from what they hold."""
        items: list[Expression] = []
        while True:
            item = self._named(len(items) + 1)
            if item.name in {other.name for other in items}:
                raise self._semantic(f"a column with the name {item.name!r} was already declared")
            items.append(item)
            if not self._take(","):
                return items

    def _named(self, number: int) -> Expression:
        name = ""
        if self._here.kind == "word" and self.tokens[self.position + 1].text == "=":
            name = self._expect("word", "a name").text
            self._expect("sign", "'='", "=")
        found = self._either()
        return Expression(name or found.name or f"Column{number}", found.shape, found.of)

    def _condition(self) -> Condition:
        return self._flag(self._either())

    def _flag(self, found: Expression) -> Condition:
        if found.shape is not Shape.FLAG:
            raise self._semantic(f"a condition must be true or false, and this one is {found.shape}: {found.name!r}")
        return found.of

    def _either(self) -> Expression:
        return self._chain("or", self._both, any)

    def _both(self) -> Expression:
        return self._chain("and", self._compared, all)

    def _chain(self, word: str, part: Callable[[], Expression], fold: Callable[[Iterable[bool]], bool]) -> Expression:
        first = part()
        if self._here.text != word or self._here.kind != "word":
            return first
        tests = [self._flag(first)]
        while self._take(word):
            tests.append(self._flag(part()))
        return Expression("", Shape.FLAG, lambda row: fold(test(row) is True for test in tests))

    def _compared(self) -> Expression:
        left = self._scalar()
        word = self._take(*EQUALITIES, *TEXT_TESTS, *MEMBERSHIPS, *ORDERINGS)
        if not word:
            return left
        if word in MEMBERSHIPS:
            return self._member(left, word)
        right = self._scalar()
        if word in ORDERINGS and Shape.TEXT in (left.shape, right.shape):
            raise self._semantic(f"texts cannot be compared with {word!r}")
        test = {**EQUALITIES, **TEXT_TESTS, **ORDERINGS}[word]
        return Expression("", Shape.FLAG, lambda row: test(left.of(row), right.of(row)))

    def _member(self, left: Expression, word: str) -> Expression:
        self._expect("sign", "'('", "(")
        options = [self._scalar()]
        while self._take(","):
            options.append(self._scalar())
        self._expect("sign", "')'", ")")
        wanted = not word.startswith("!")
        fold = word.endswith("~")
        if all(option.constant and option.shape is Shape.TEXT for option in options):
            # A long list of texts is the usual case, and is looked up instead of walked through.
            texts = {folded(option.of({}), fold=fold) for option in options}
            return Expression("", Shape.FLAG, lambda row: (folded(left.of(row), fold=fold) in texts) is wanted)
        test = alike if fold else equal
        return Expression(
            "", Shape.FLAG, lambda row: any(test(left.of(row), option.of(row)) for option in options) is wanted
        )

    def _scalar(self) -> Expression:
        here = self._here
        if here.kind == "text":
            self.position += 1
            return _constant(_unquote(here.text), Shape.TEXT)
        if here.kind == "number" or here.text == "-":
            return self._number()
        if self._take("("):
            inner = self._either()
            self._expect("sign", "')'", ")")
            return inner
        if here.kind == "word" and self.tokens[self.position + 1].text == "(":
            return self._call()
        if word := self._take("true", "false"):
            return _constant(word == "true", Shape.FLAG)
        return self._path()

    def _number(self) -> Expression:
        sign = -1 if self._take("-") else 1
        text = self._expect("number", "a number").text
        if "." in text:
            return _constant(sign * float(text), Shape.NUMBER)
        return _constant(sign * int(text), Shape.WHOLE)

    def _call(self) -> Expression:
        name = self._expect("word", "a function").text
        self._expect("sign", "'('", "(")
        if name == "not":
            condition = self._condition()
            found = Expression("", Shape.FLAG, lambda row: condition(row) is not True)
        elif name in FUNCTIONS:
            inner = self._scalar()
            shape, function = FUNCTIONS[name]
            # Of these functions Kusto lets only tostring keep the name of what it is given.
            found = Expression(inner.name if name == "tostring" else "", shape, lambda row: function(inner.of(row)))
        else:
            raise self._semantic(f"the function {name!r} is not modelled here")
        self._expect("sign", "')'", ")")
        return found

    def _path(self) -> Expression:
        """Read a column and the steps into it: `properties.a['b'][0]`."""
        if self._take("["):
            column = _unquote(self._expect("text", "a quoted name").text)
            self._expect("sign", "']'", "]")
        else:
            column = self._expect("word", "a column or a value").text
        if column not in self.columns:
            raise self._semantic(f"Failed to resolve column or scalar expression named '{column}'")
        steps = self._path_steps()
        if not steps:
            return Expression(column, self.columns[column], lambda row: row.get(column))
        if self.columns[column] is not Shape.OBJECT:
            raise self._semantic(f"nothing lies inside the column '{column}', which is {self.columns[column]}")
        name = "_".join(str(step) for step in (column, *steps))
        return Expression(name, Shape.OBJECT, lambda row: inside(row.get(column), steps))

    def _path_steps(self) -> list[str | int]:
        steps: list[str | int] = []
        while sign := self._take(".", "["):
            if sign == ".":
                steps.append(self._expect("word", "a property").text)
                continue
            if self._here.kind == "number" and self._here.text.isdigit():
                steps.append(int(self._expect("number", "a position").text))
            else:
                steps.append(_unquote(self._expect("text", "a quoted name or a position").text))
            self._expect("sign", "']'", "]")
        return steps


def _constant(value: Any, shape: Shape) -> Expression:
    return Expression("", shape, lambda _: value, constant=True)


def _unquote(text: str) -> str:
    if text.startswith("@"):
        return text[2:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), text[1:-1])


def _sorted(rows: list[Row], key: Expression, *, falling: bool) -> list[Row]:
    return sorted(rows, key=lambda row: rank(key.of(row)), reverse=falling)


def _group_key(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
