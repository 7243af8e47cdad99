"""Counts, in tables that targets name, the rows that break a promise.

What stands in the body of each: `rule`, `rows` (how many the table has), `of` (how many the rule speaks of), `against`
(how many of those break it), `hidden` (how many the table holds that we are not shown), `by` (the numbers and lists of
the target that went into the count) and, for hashes, `types` (of the columns). Of `sql.Purchases` there are `tables`
and `elsewhere` alone. No value of a row is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from string import Formatter
from typing import Any

from audit.facts import Unseen
from audit.kinds.data import ISOLATION, PURCHASES
from audit.model import Gap, Kind, Resource
from audit.sources.data import isolation, statements
from audit.sources.data.databases import Asking, opened
from audit.sources.data.inside import Inside
from audit.sources.data.rule_book import RULES, Rule
from audit.sources.data.tables import in_database, shown
from audit.sources.looking import Found

KINDS = (*(rule.kind for rule in RULES), PURCHASES, ISOLATION)
_SINCE, _NOW = "since", "now"
_CLOCKS = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""


def asks(inside: Inside) -> tuple[str, ...]:
    """Say what it counts; raises `Unseen` where no target is set."""
    told: list[str] = []
    for name in {rule.target: None for rule in RULES} | {"purchases": None}:
        with suppress(Unseen):
            told.append(f"counts for {name} in {_text(_named(inside, name), 'database')}")
    with suppress(Unseen):
        told += isolation.asks(inside)
    if not told:
        raise Unseen("no table of data.rules is set in targets.toml")
    return tuple(told)


def check(inside: Inside) -> Found:
    """Count by every rule; one that cannot be counted is a gap of its own."""
    looks: list[tuple[Kind, str, Callable[[], Resource]]] = [
        *((rule.kind, rule.id, partial(_counted, inside, rule)) for rule in RULES),
        (PURCHASES, "purchases", partial(_purchases, inside)),
        (ISOLATION, "isolation", partial(isolation.check, inside)),
    ]
    found: list[Resource] = []
    gaps: list[Gap] = []
    for kind, name, look in looks:
        try:
            found.append(look())
        except Unseen as error:
            gaps.append(Gap(f"{name}: {error}", (kind.arm,)))
    return Found(tuple(found), tuple(gaps))


def _counted(inside: Inside, rule: Rule) -> Resource:
    """Count by one rule; raises `Unseen` where a name is not set, or the database does not let us count."""
    words = _Words(inside, rule)
    scope = words.filled(rule.scope) if words.knows(rule.scope) else ("", ())
    good, judged = words.filled(rule.good), words.names[rule.table]
    statement = statements.counting(statements.qualified(judged), scope[0], good[0])
    with opened(inside, words.names["database"]) as asking:
        (rows, of, against), hidden = _among(asking, judged, statement, *scope[1], *good[1])
        # What proves a row right may be among those of another table that are not shown to us.
        others = {words.names[name] for name in rule.tables if name in words.names} - {judged}
        every = (statements.counting(statements.qualified(other), "", "1 = 1") for other in others)
        hidden += sum(_among(asking, other, count)[1] for other, count in zip(others, every, strict=True))
        body = {"rule": rule.id, "rows": rows, "of": of, "against": against, "hidden": hidden, "by": words.by}
        if rule.typed:
            types = in_database(asking, judged)["types"]
            body["types"] = [_type(types, words.names[name]) for name in rule.typed]
        return asking.seen(rule.kind, rule.id, body)


def _type(types: Mapping[str, str], column: str) -> str:
    found = next((kind for name, kind in types.items() if name.lower() == column.lower()), None)
    if found is None:
        raise Unseen("the type of a column is not told")
    return found


def _among(asking: Asking, table: str, statement: str, *parameters: Any) -> tuple[tuple[int, ...], int]:
    """Return the three counts of a table, and how many of its rows we are not shown; raises `Unseen`.

    What the table holds is asked before and after, since rows come and go meanwhile: what neither held is not hidden.
    """
    name = statements.qualified(table)
    before = asking.stored(name)
    counts = asking.numbers(statement, *parameters, count=3)
    return counts, max(0, min(before, asking.stored(name)) - counts[0])


def _purchases(inside: Inside) -> Resource:
    """See that each table of purchases is one of the database itself; raises `Unseen` where one is not shown to us."""
    told = _named(inside, "purchases")
    tables = inside.targets.names("data.rules.purchases.tables")
    with opened(inside, _text(told, "database")) as asking:
        here = [asking.numbers(statements.HERE, shown(asking, table), count=1)[0] for table in tables]
        body = {"rule": "purchases", "tables": len(tables), "elsewhere": sum(count != 1 for count in here)}
        return asking.seen(PURCHASES, "purchases", body)


class _Words:
    """What a rule's target says: names of tables and columns, numbers, lists; and what of it went into a count."""

    def __init__(self, inside: Inside, rule: Rule) -> None:
        self._inside, self._rule = inside, rule
        self.names = _named(inside, rule.target)
        self.by: dict[str, Any] = {}
        for name in ("database", rule.table):
            _text(self.names, name)

    def knows(self, template: str) -> bool:
        """Tell whether every name in a condition is set."""
        return bool(template) and all(name in (_SINCE, _NOW, *self.names) for name in _fields(template))

    def filled(self, template: str) -> tuple[str, tuple[Any, ...]]:
        """Return a condition with its names, and its parameters in order; raises `Unseen` where a name is not set."""
        written: list[str] = []
        parameters: list[Any] = []
        for literal, name, _, _ in Formatter().parse(template):
            text, values = self._word(name) if name else ("", ())
            written += [literal, text]
            parameters += values
        return "".join(written), tuple(parameters)

    def _word(self, name: str) -> tuple[str, tuple[Any, ...]]:
        """Return how one name is written, with its parameters: a number or a list counts as what was counted by."""
        target = f"data.rules.{self._rule.target}"
        value = self.names.get(name)
        if name == _SINCE:
            days = self.by[self._rule.days] = self._inside.targets.number(f"{target}.{self._rule.days}")
            try:
                since = self._inside.now - timedelta(days=days)
            except OverflowError as error:
                raise Unseen(f"the target {target}.{self._rule.days} is {days}, longer than time is counted") from error
            return "?", (f"{since:%Y-%m-%dT%H:%M:%S}",)
        if name == _NOW:
            return "?", (f"{self._inside.now + _CLOCKS:%Y-%m-%dT%H:%M:%S}",)
        if isinstance(value, list):
            listed = self._inside.targets.names(f"{target}.{name}")
            self.by[name] = list(listed)
            return ", ".join("?" * len(listed)), listed
        if isinstance(value, int):
            self.by[name] = self._inside.targets.number(f"{target}.{name}")
            return str(self.by[name]), ()
        text = _text(self.names, name, target)
        is_table = name in (*self._rule.tables, self._rule.table)
        return statements.qualified(text) if is_table else statements.quoted(text), ()


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _named(inside: Inside, target: str) -> dict[str, Any]:
    """Return what the table of targets says; raises `Unseen` where there is none."""
    told = inside.targets.at(f"data.rules.{target}")
    if not isinstance(told, Mapping):
        raise Unseen(f"the target data.rules.{target} is not set in targets.toml")
    return dict(told)


def _text(names: Mapping[str, Any], name: str, target: str = "data.rules") -> str:
    value = names.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unseen(f"the target {target}.{name} is not set in targets.toml")
    return value
