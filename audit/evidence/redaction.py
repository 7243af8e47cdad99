"""Takes secrets, people and customers' names out of what a cloud answered, before anything reads it or writes it down.

What controls compare stays comparable: within a run equal texts stay equal and different ones different, a mail address
keeps its domain, and ids, numbers, truth values and what is empty or null stay as they are. What `targets.toml` itself
spells stays readable where it stands alone, since the company wrote it there to be compared: the receivers of a
breach's alarm, by name, and a principal of AWS. An address in a security contact is judged by its being one, so that
the placeholder serves. Whoever is not named there, in an action group or elsewhere, is a placeholder.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from audit.evidence import personal
from audit.model import AuditError
from audit.secret_names import called, is_secret

NO_JSON = b'"left out, as it is no JSON"'
"""Stands for an answer whose parts cannot be told apart."""
GONE = "redacted"
_PARTS = re.compile(r"([/?&=#\"',;:])")
"""What parts the steps of an id, of a URL and of JSON: between two of them stands what one thing is called."""
_TAGS = ("tags", "tagset")
_OBJECT, _RECEIVER, _CALLER = "an object", "a receiver", "a caller"
"""What some properties are called here, whose own names say too little."""


class Redaction:
    """Redacts what one run is told; its key and what it remembers end with the run."""

    def __init__(
        self, key: bytes, *, names: Mapping[str, tuple[str, ...]] | None = None, readable: Collection[str] = ()
    ) -> None:
        """Redact by a random `key`, so that nobody can try names against a placeholder.

        `names` maps a customer's pseudonym to the words that name the customer. Each becomes the pseudonym in tags;
        elsewhere the words after the first are numbered, so that two resources never get one id. `readable` is what
        the targets spell. Raises `ValueError` where a pseudonym itself holds a customer's word.
        """
        self._key = key
        self._readable = frozenset(text.casefold() for text in readable)
        self._real: dict[str, str] = {}
        """What stands in redacted questions → what the cloud calls it."""
        self._known: dict[tuple[str, bool], str] = {}
        """A text, and whether it stands in a tag → what came of it."""
        words = [(word, name, place) for name, listed in (names or {}).items() for place, word in enumerate(listed)]
        words = sorted(((word.strip(), name, place) for word, name, place in words if word.strip()), key=_longest)
        self._pseudonyms = [(name, name if place == 0 else f"{name}-{place + 1}") for _, name, place in words]
        patterns = (f"({personal.spellings(word)})" for word, _, _ in words)
        self._names = personal.whole("|".join(patterns)) if words else None
        self._own = personal.whole("|".join(re.escape(spelt) for _, spelt in self._pseudonyms)) if words else None
        self._as_they_are: set[str] = set()
        """What bears a pseudonym by itself, so that nothing else may be called so."""
        if self._names and any(self._names.search(spelt) for pair in self._pseudonyms for spelt in pair):
            raise ValueError("a pseudonym holds a word that names a customer")

    def __call__(self, content: bytes, cloud: str) -> bytes:
        """Redact an answer; what is no JSON is left out whole.

        Raises `AuditError` where a pseudonym would make two things of the estate one.
        """
        if not content:
            return content
        try:
            answer = msgspec.json.decode(content)
            hidden = msgspec.json.encode(self._value(answer, cloud, "", tagged=False))
            self._demand_apart(answer)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return NO_JSON
        return hidden

    def text(self, text: str) -> str:
        """Redact a text, such as what was asked."""
        return self._said(text, tagged=False)

    def real(self, text: str) -> str:
        """Spell a question that was made of redacted answers as the cloud knows it."""
        return "".join(self._real.get(part.casefold(), part) for part in _PARTS.split(text))

    def _value(self, value: Any, cloud: str, name: str, *, tagged: bool) -> Any:
        if isinstance(value, dict):
            return _distinct(
                (self._said(key, tagged=tagged), self._value(item, cloud, called_here, tagged=below))
                for key, item in value.items()
                for called_here, below in [(_called(value, key, name), tagged or key.lower() in _TAGS)]
            )
        if isinstance(value, list):
            return [self._value(item, cloud, name, tagged=tagged) for item in value]
        return self._leaf(value, cloud, name, tagged=tagged) if isinstance(value, str) and value else value

    def _leaf(self, text: str, cloud: str, name: str, *, tagged: bool) -> str:
        """Redact a text by what its property is called, and then by its form."""
        plain = name.lower()
        if plain in personal.TOKENS:
            return self._remembered("token", text)
        if name == _OBJECT:
            return self._remembered("object", text)
        if is_secret(name):
            return GONE
        if plain in personal.OF_PEOPLE.get(cloud, ()) or name == _RECEIVER:
            text = self._person(text)
        if name == _CALLER:
            text = personal.CALLER.sub(lambda found: found[1] + self._placeholder("person", found[2]), text)
        return self._said(text, tagged=tagged)

    def _said(self, text: str, *, tagged: bool) -> str:
        """Redact what a text holds: JSON of its own, marks of pages, secrets, people, and customers."""
        if (inner := _json_in(text)) is not None:
            hidden = self._value(inner, "", "", tagged=tagged)
            return text if hidden == inner else msgspec.json.encode(hidden).decode()
        text = personal.SKIP.sub(lambda found: found[1] + self._remembered("token", found[2]), text)
        for pattern, instead in personal.SECRETS:
            text = pattern.sub(instead, text)
        if text.casefold() not in self._readable:
            text = personal.ARN.sub(lambda found: found[1] + self._placeholder("person", found[2]), text)
            text = personal.MAIL.sub(self._address, text) if personal.AT.search(text) else text
        return self._without_names(text, tagged=tagged) if self._names else text

    def _person(self, text: str) -> str:
        """Put a placeholder for what a person is called or reached by; the domain of an address stays."""
        if text.casefold() in self._readable or personal.GUID.fullmatch(text):
            return text
        if "@" not in text:
            return self._placeholder("person", text)
        parts = (part.rpartition("@") for part in re.split(r"[;,\s]+", text) if part)
        return ";".join(f"{self._placeholder('person', who + at + where)}{at}{where}" for who, at, where in parts)

    def _address(self, found: re.Match[str]) -> str:
        """Put a placeholder for a mail address in a text; its domain stays."""
        who, at, where = found.groups()
        if personal.PLACEHOLDER.search(who) or unquote(found[0]).casefold() in self._readable:
            return found[0]
        return f"{self._placeholder('person', unquote(found[0]))}{at}{where}"

    def _placeholder(self, what: str, text: str, *, digits: int = 8) -> str:
        """Return what stands for a text, the same for the same one in any case."""
        own = personal.PLACEHOLDER.match(text)
        if own:
            return own[0]
        digest = hmac.digest(self._key, f"{what}:{text.strip().casefold()}".encode(), "sha256").hex()
        return f"{what}-{digest[:digits]}"

    def _remembered(self, what: str, text: str) -> str:
        """Put a placeholder that a later question can be asked by."""
        if personal.PLACEHOLDER.fullmatch(text):
            return text
        # Unlike a person, a page or an object is another in another case.
        placeholder = self._placeholder(what, text.encode().hex(), digits=16)
        self._real[placeholder] = text
        return placeholder

    def _without_names(self, text: str, *, tagged: bool) -> str:
        """Put pseudonyms for customers' names, and remember what the parts of an id are really called."""
        renamed = "".join(self._renamed(part, tagged=tagged) for part in _around(text))
        if renamed != text:
            before, after = _PARTS.split(text), _PARTS.split(renamed)
            pairs = zip(after, before, strict=True) if len(after) == len(before) else ()
            self._real.update((spelt.casefold(), real) for spelt, real in pairs if spelt != real)
        return renamed

    def _demand_apart(self, answer: Any) -> None:
        """Raise `AuditError` where two things would be called alike: answers about one would be taken for the other's.

        That is where something bears a pseudonym by itself; one that stands alone or in a tag is no part of a name.
        """
        if self._own is None:
            return
        alone = {spelt.casefold() for pair in self._pseudonyms for spelt in pair}
        for text in _untagged(answer):
            if self._own.search(text):
                parts = {part.casefold() for part in _PARTS.split(text)}
                self._as_they_are.update(part for part in parts - alone if self._own.search(part))
        if alike := self._as_they_are & self._real.keys():
            raise AuditError(
                f"{min(alike)} would stand for two things, as one is called so already. "
                "Name another pseudonym in --customer-names."
            )

    def _renamed(self, part: str, *, tagged: bool) -> str:
        if self._names is None or personal.PLACEHOLDER.fullmatch(part):
            return part

        def instead(found: re.Match[str]) -> str:
            plain, numbered = self._pseudonyms[(found.lastindex or 1) - 1]
            return plain if tagged else numbered

        return self._names.sub(instead, part)


def redacted(
    content: bytes,
    cloud: str,
    names: Mapping[str, tuple[str, ...]],
    *,
    key: bytes,
    readable: Collection[str] = (),
) -> bytes:
    """Redact one answer; raises `ValueError` as `Redaction` does."""
    return Redaction(key, names=names, readable=readable)(content, cloud)


def texts(values: Any) -> Iterator[str]:
    """Yield every text of the targets: what the company spelt there, it means to be compared."""
    if isinstance(values, Mapping):
        for value in values.values():
            yield from texts(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from texts(value)
    elif isinstance(values, str):
        yield values


def _called(holder: Mapping[str, Any], key: str, name: str) -> str:
    """Say what a property is called, by those beside it where its own name says too little."""
    if key == "Key" and "VersionId" in holder:
        return _OBJECT
    if key == "UserId" and "Arn" in holder:
        return _CALLER
    if key == "login" and "sid" in holder:
        return "administratorLogin"
    if key == "name" and ("emailAddress" in holder or "phoneNumber" in holder):
        return _RECEIVER
    return called(holder, key, name)


def _distinct(pairs: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; a name that comes twice, now that it is redacted, is numbered."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        spelt, number = key, 2
        while spelt in found:
            spelt, number = f"{key}-{number}", number + 1
        found[spelt] = value
    return found


def _json_in(text: str) -> Any:
    """Return the object, list or text that a text spells as JSON, None where it spells none."""
    if text[:1] not in ("{", "[", '"'):
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _untagged(value: Any) -> Iterator[str]:
    """Yield every text of an answer but those of tags."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _untagged(item) if key.lower() not in _TAGS else ()
    elif isinstance(value, list):
        for item in value:
            yield from _untagged(item)
    elif isinstance(value, str):
        yield value


def _around(text: str) -> Iterator[str]:
    """Part a text at the placeholders in it, which stay as they are."""
    start = 0
    for found in personal.PLACEHOLDER.finditer(text):
        yield text[start : found.start()]
        yield found[0]
        start = found.end()
    yield text[start:]


def _longest(word: tuple[str, str, int]) -> tuple[int, str]:
    """Order words so that one that holds another comes before it."""
    return -len(word[0]), word[0]
