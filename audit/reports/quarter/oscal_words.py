"""How OSCAL wants words, names, moments and identities spelt, and what a text becomes that it would refuse.

The patterns are those of OSCAL 1.2.1's datatypes: https://pages.nist.gov/OSCAL/reference/datatypes/
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from audit.canonical import sha256
from audit.quarters.model import Quarter
from audit.reports.words import visible

Json = dict[str, Any]
"""An object of OSCAL's JSON."""
OSCAL = "1.2.1"
NAMESPACE = "urn:promise-audit:oscal:1"
"""Whose the names of our properties are."""
NOTHING = "(nothing was said)"
"""What stands where OSCAL demands a text and there is none."""
_ROOT = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_MARKUP = re.compile(r"[\\`*<>\[\]]")


def identity(quarter: Quarter, kind: str, *keys: object) -> str:
    """Return the UUID of one thing of one edition of one quarter: the same whenever the report is made again."""
    # JSON keeps the keys apart, and spells halves of surrogate pairs, which have no UTF-8.
    words = [quarter.company, quarter.period.name, quarter.edition, quarter.customer, kind, *map(str, keys)]
    return str(uuid.uuid5(_ROOT, json.dumps(words)))


def signed(name: str, document: Json) -> Json:
    """Give a document the UUID that its content alone decides, as another content is another revision of it."""
    return {name: {"uuid": str(uuid.uuid5(_ROOT, sha256(msgspec.json.encode([name, document])))), **document}}


def token(text: str) -> str:
    """Spell an id as OSCAL's tokens are; one that is changed by it ends in digits of its digest, to stay its own."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text)
    plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
    return plain if plain == text else f"{plain}-{sha256(json.dumps(text).encode())[:8]}"


def line(text: str) -> str:
    """Spell a text in one line without spaces at its ends, with whatever nobody would see spelt out."""
    return " ".join(visible(text).split()) or NOTHING


def title(text: str) -> str:
    """Spell a text as a heading in which nothing is markup."""
    return _plain(line(text))


def prose(text: str) -> str:
    """Spell a text of any length in which nothing is markup, lines kept."""
    return _plain(visible(text)).strip() or NOTHING


def _plain(text: str) -> str:
    """Take the meaning from what Markdown and HTML would read as theirs."""
    return _MARKUP.sub(lambda found: f"\\{found.group()}", text)


def moment(at: datetime) -> str:
    """Spell a moment in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def begin(day: date) -> str:
    """Spell a day's first moment in UTC."""
    return moment(datetime.combine(day, time(), UTC))


def end(day: date) -> str:
    """Spell a day's last whole second in UTC."""
    return moment(datetime.combine(day, time(23, 59, 59), UTC))


def newest(quarter: Quarter) -> str:
    """Spell when the newest evidence of the quarter was taken; the day it speaks up to where there is none."""
    times = [pack.at for pack in quarter.packs if pack.at and pack.week]
    return moment(max(times)) if times else begin(quarter.period.as_of)


def prop(name: str, value: object, **more: str) -> Json:
    """Make a property of ours."""
    return {"name": name, "ns": NAMESPACE, "value": line(str(value)), **more}


def props(values: Mapping[str, object]) -> list[Json]:
    """Make a property of each value that says something; several of a list."""
    pairs = ((name, one) for name, value in values.items() for one in _each(value))
    return [prop(name, one) for name, one in pairs if str(one).strip()]


def _each(value: object) -> Iterable[object]:
    """Give each of several values; a single one is one."""
    if value is None:
        return ()
    return value if isinstance(value, tuple | list) else (value,)


def shaped(**parts: Any) -> Json:
    """Make an object, leaving out what is empty, as OSCAL knows no empty text and no empty list.

    An underscore in a name is a hyphen in OSCAL.
    """
    return {name.strip("_").replace("_", "-"): part for name, part in parts.items() if part not in (None, "", [])}


def written(document: Json) -> bytes:
    """Write a document as UTF-8 with a newline at the end: the same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
