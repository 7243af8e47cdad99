"""What controls ask of a count that a data check made: whether it shows enough, and by which numbers it was made."""

from __future__ import annotations

from audit.facts import Unseen
from audit.model import Resource, Ruling, Targets, broken, kept

MILLION = 1_000_000


def ruled(count: Resource, *, against: str, whole: str, none: str = "") -> Ruling:
    """Rule on a count: `against` and `whole` say of what it is, such as `accounts have no administrator`.

    `none` is what a table with rows says of which the rule speaks of none; without it that shows nothing. Raises
    `Unseen` for an empty table, and where a row is hidden from us.
    """
    rows, of, bad = count.read("rows", int), count.read("of", int), count.read("against", int)
    if bad:
        return broken(f"{bad} of {of} {against}")
    if hidden := count.read("hidden", int):
        raise Unseen(f"{hidden} rows are hidden from the auditor: exempt its login from row-level security")
    if not rows:
        raise Unseen("the table is empty: nothing shows that it is the one in use")
    if not of and not none:
        raise Unseen(f"the rule speaks of none of {rows} rows")
    return kept(f"{of} {whole}" if of else f"{none} ({rows} rows)")


def bounded(sample: Resource, targets: Targets, what: str) -> int:
    """Return how many in a million may be so although the sample showed none.

    `what` says so of them, such as `may be plain`. Raises `Unseen` for an empty sample, and where that is more than the
    target `data.bound_per_million` lets.
    """
    sampled, most = sample.read("sampled", int), targets.number("data.bound_per_million")
    found = sample.read("bound", int)
    if not sampled:
        raise Unseen("nothing was looked at: it lists nothing, or nothing that is shown to us")
    if found > most:
        raise Unseen(f"up to {found} in {MILLION} {what} after a sample of {sampled}, promised {most}")
    return found


def none_found(place: Resource, targets: Targets) -> Ruling:
    """Rule on a searched place in which no number of a kind was found; raises `Unseen` where that shows too little."""
    sampled, unread = place.read("sampled", int), place.read("unread", int)
    if unread:
        raise Unseen(f"{unread} of {sampled + unread} objects drawn could not be read whole")
    bound = bounded(place, targets, "objects may hold one")
    whole, tests, pictures = place.read("population", int), place.read("hits.test", int), place.read("pictures", int)
    beside = f"{tests} numbers for trying and {pictures} pictures, which nobody reads, are not counted"
    return kept(
        f"none of {sampled} of {whole} holds one: with 95 % confidence at most {bound} in {MILLION} do; {beside}"
    )


def same_numbers(count: Resource, targets: Targets, table: str, *names: str) -> tuple[int, ...]:
    """Return the numbers promised; raises `Unseen` where the count was made by others."""
    promised = tuple(targets.number(f"{table}.{name}") for name in names)
    if promised != tuple(count.read(f"by.{name}", int) for name in names):
        raise Unseen(f"it was counted by other numbers than {table} promises: check again")
    return promised


def same_names(count: Resource, targets: Targets, target: str) -> tuple[str, ...]:
    """Return the list promised; raises `Unseen` where the count was made by another."""
    promised = targets.names(target)
    if promised != count.texts(f"by.{target.rpartition('.')[2]}"):
        raise Unseen(f"it was counted by another list than {target} promises: check again")
    return promised


def promised_columns(table: Resource, targets: Targets, role: str) -> Ruling:
    """Rule on the columns of a table, by what `[data.tables.<role>]` promises; raises `Unseen` where none was told."""
    promised = targets.names(f"data.tables.{role}.columns")
    technical = targets.names(f"data.tables.{role}.technical", may_be_empty=True)
    columns = table.texts("columns")
    if not columns:
        raise Unseen("no column was told")
    if more := strangers(columns, promised + technical):
        return broken(f"{len(more)} columns that nobody promised: {', '.join(more)}")
    return kept(f"{len(columns)} columns, each promised or technical")


def strangers(columns: tuple[str, ...], promised: tuple[str, ...]) -> list[str]:
    """Return the columns that nobody promised, by name; in any case, and with or without underscores."""
    known = {_plain(name) for name in promised}
    return sorted(column for column in columns if _plain(column) not in known)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
