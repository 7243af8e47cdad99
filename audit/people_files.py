"""Reads what people answer for (attestations, exceptions, breaches, customers), and says what is wrong in each file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec

from audit.attesting import longest
from audit.people import TARGETS, Attestation, AttestationKind, Breach, Customer, Customers, Response
from audit.tables import content_of, decoded, lines_of

ATTESTATIONS, EXCEPTIONS, BREACHES, CUSTOMERS = (
    "attestations.toml",
    "exceptions.toml",
    "breaches.toml",
    "customers.toml",
)
_MOST_MONTHS = 24
"""A word about the world is worth little after two years, whatever it is about."""
_LONGEST_ROLE = 60
_LONGEST_TEXT = 2000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
"""Signs that nobody sees, the end of a line among them."""
_NOBODYS = (
    *accumulate(
        ("/subscriptions", "/9e1f7c52", "/resourcegroups", "/qxzjv", "/providers", "/wkf.yq", "/jvxq", "/wqkz")
    ),
    "arn:aws:s3:::qxzjv-wkfyq",
)
"""Ids that no cloud ever gave, and what they continue."""
_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\b\.?\s+\w")
"""How a sentence names a person most plainly; a bare name cannot be told from a product's."""


class AttestationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold `attestations.toml`: what may be attested, and what was."""

    kinds: Mapping[str, AttestationKind] = {}
    attestation: tuple[Attestation, ...] = ()


class ExceptionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold `exceptions.toml`."""

    exception: tuple[Response, ...] = ()


class BreachFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold `breaches.toml`."""

    breach: tuple[Breach, ...] = ()


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What people said and answer for."""

    attestation_kinds: Mapping[str, AttestationKind]
    attestations: tuple[Attestation, ...]
    responses: tuple[Response, ...]
    breaches: tuple[Breach, ...]
    has_register: bool
    customers: Customers


def load(folder: Path, controls: Collection[str], needed: Mapping[str, str]) -> tuple[People, list[str]]:
    """Read the four files in `folder`, and say what is wrong in them, a line each; a file that is not there is empty.

    `controls` are the ids that are there, `needed` the attestations that commitments name, each with one of these. What
    has expired or changed is not wrong: it proves nothing, and reports name it. Raises `AuditError` for what is no TOML
    or of another shape.
    """
    at = {name: folder / name for name in (ATTESTATIONS, EXCEPTIONS, BREACHES, CUSTOMERS)}
    text = {name: content_of(path) if path.exists() else b"" for name, path in at.items()}
    words = decoded(at[ATTESTATIONS], text[ATTESTATIONS], AttestationFile)
    responses = decoded(at[EXCEPTIONS], text[EXCEPTIONS], ExceptionFile).exception
    breaches = decoded(at[BREACHES], text[BREACHES], BreachFile).breach
    customers = decoded(at[CUSTOMERS], text[CUSTOMERS], Customers)
    known = {customer.pseudonym for customer in customers.customer}
    problems = [
        *attestation_problems(at[ATTESTATIONS], text[ATTESTATIONS], words, controls),
        *(_unknown_kinds(at[ATTESTATIONS], words, needed) if text[ATTESTATIONS] else ()),
        *_response_problems(at[EXCEPTIONS], text[EXCEPTIONS], responses, controls, {one.id for one in breaches}),
        *breach_problems(at[BREACHES], text[BREACHES], breaches, known),
        *_customer_problems(at[CUSTOMERS], text[CUSTOMERS], customers.customer),
    ]
    people = People(
        attestation_kinds=words.kinds,
        attestations=words.attestation,
        responses=responses,
        breaches=breaches,
        has_register=at[BREACHES].exists(),
        customers=customers,
    )
    return people, problems


def attestation_problems(
    path: Path, content: bytes, words: AttestationFile, controls: Collection[str]
) -> Iterator[str]:
    """Name each attestation that says too little or more than it may, by file and line."""
    for identity, kind in words.kinds.items():
        if not kind.title.strip() or not 1 <= kind.months <= _MOST_MONTHS:
            what = f"the kind {identity} has no title, or months outside 1 to {_MOST_MONTHS}"
            yield f"{path}:1: {what}. Mend it."
    seen: set[tuple[str, object, tuple[str, ...], tuple[str, ...]]] = set()
    lines = _numbered(content, "attestation", [one.id for one in words.attestation])
    for line, one in zip(lines, words.attestation, strict=True):
        for problem in _attestation_problems(one, words.kinds, controls):
            yield f"{path}:{line}: the attestation {one.id} {problem}"
        key = (one.id, one.on, one.targets, one.controls)
        if key in seen:
            yield f"{path}:{line}: the attestation {one.id} of {one.on} stands here twice. Take one out."
        seen.add(key)


def breach_problems(
    path: Path, content: bytes, breaches: tuple[Breach, ...], customers: Collection[str]
) -> Iterator[str]:
    """Name each entry of the register whose times or texts cannot be so, by file and line."""
    lines = _numbered(content, "breach", [breach.id for breach in breaches])
    seen: set[str] = set()
    for line, breach in zip(lines, breaches, strict=True):
        for problem in _breach_problems(breach, customers):
            yield f"{path}:{line}: the breach {breach.id} {problem}"
        if breach.id in seen:
            yield f"{path}:{line}: the breach {breach.id} stands here twice. Give it an id of its own."
        seen.add(breach.id)


def role_problem(role: str) -> str:
    """Say what is wrong with a role, empty where nothing is: words in lower case, single abbreviations among them.

    So a name is refused as it is usually written; one in lower case cannot be told from a role.
    """
    words = role.split(" ")
    plain = all(re.fullmatch(r"[a-z0-9]+(?:[-/&'][a-z0-9]+)*|&", word) or _abbreviation(word) for word in words)
    beside = any(_abbreviation(one) and _abbreviation(other) for one, other in pairwise(words))
    if plain and not beside and len(role) <= _LONGEST_ROLE:
        return ""
    return f"is by {role!r}, which is no role. Write a role in lower case, such as `data protection officer`."


def text_problem(name: str, text: str, *, may_be_empty: bool = False) -> str:
    """Say what is wrong with a sentence, empty where nothing is; what plainly names a person has no place in it."""
    if not text.strip():
        return "" if may_be_empty else f"says nothing in {name}. Fill it in."
    if "@" in text or _PERSON.search(text):
        return f"names a person or an address in {name}. Say it by role, or leave it out."
    if len(text) > _LONGEST_TEXT or _CONTROLS.search(text):
        return f"has more than a few plain sentences in {name}. Shorten it to one line."
    return ""


def _abbreviation(word: str) -> bool:
    """Tell whether a word is one such as IT or DPO."""
    return re.fullmatch(r"[A-Z]{2,4}", word) is not None


def _numbered(content: bytes, table: str, identities: list[str]) -> Iterator[int]:
    return lines_of(content.decode("utf-8"), table, identities)


def _unknown_kinds(path: Path, words: AttestationFile, needed: Mapping[str, str]) -> Iterator[str]:
    """Name what commitments ask people for, and no kind describes: nobody could attest it."""
    for identity, commitment in needed.items():
        if identity not in words.kinds:
            yield f"{path}:1: {commitment} needs {identity}, which is no kind here. Add [kinds.{identity}]."


def _attestation_problems(
    one: Attestation, kinds: Mapping[str, AttestationKind], controls: Collection[str]
) -> Iterator[str]:
    """Say what is wrong with one attestation, without its place."""
    kind = kinds.get(one.id)
    if kind is None:
        yield f"is of no kind that is described. Name one of {', '.join(sorted(kinds)) or 'those under [kinds]'}."
    elif 1 <= kind.months <= _MOST_MONTHS and one.until > (last := longest(one.on, kind.months)):
        yield f"holds until {one.until}, and {kind.months} months end on {last}. Shorten it."
    if one.until < one.on:
        yield f"ends on {one.until}, before it begins. Mend the dates."
    yield from filter(None, (role_problem(one.role), text_problem("looked_at", one.looked_at)))
    if not re.fullmatch(r"[0-9a-f]{64}", one.evidence):
        yield "has no SHA-256 in evidence, 64 digits in lower case. Let `audit attest` write it."
    if (one.id == TARGETS) != bool(one.targets):
        yield f"and its targets do not go together: {TARGETS} names targets, and nothing else does. Mend it."
    for control in one.controls:
        if control not in controls:
            yield f"names the control {control}, which is not there. See `audit list controls`."


def _response_problems(
    path: Path, content: bytes, responses: tuple[Response, ...], controls: Collection[str], breaches: Collection[str]
) -> Iterator[str]:
    """Name each management response that means nothing or says too little, by file and line.

    One that is closed may be of a control that is there no more.
    """
    opened: set[tuple[str, str]] = set()
    lines = _numbered(content, "exception", [response.control for response in responses])
    for line, one in zip(lines, responses, strict=True):
        what = f"{path}:{line}: the exception of {one.control} for {one.resource or 'the whole estate'}"
        if one.control not in controls and one.closed is None:
            yield f"{what} names a control that is not there. See `audit list controls`."
        if one.breach and one.breach not in breaches:
            yield f"{what} names the breach {one.breach}, which is not in {BREACHES}. Open it, or mend the id."
        texts = {"cause": one.cause, "response": one.response, "risk": one.risk}
        problems = [text_problem(name, text) for name, text in texts.items()]
        problems += [role_problem(one.owner), text_problem("breach_reason", one.breach_reason, may_be_empty=True)]
        yield from (f"{what} {problem}" for problem in problems if problem)
        if one.closed is None and (one.control, one.resource) in opened:
            yield f"{what} is open twice. Close one of them."
        if one.closed is None:
            opened.add((one.control, one.resource))


def _breach_problems(breach: Breach, customers: Collection[str]) -> Iterator[str]:
    """Say what is wrong with one entry of the register, without its place."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", breach.id):
        yield "has an id of other signs than letters, digits and hyphens. Mend it."
    times = {"aware": breach.aware, "notified": breach.notified, "closed": breach.closed}
    bare = [name for name, moment in times.items() if moment is not None and moment.tzinfo is None]
    if bare:
        yield f"has no offset in {bare[0]}. Write it in UTC, such as 2026-11-20T09:30:00Z."
    else:
        later = [name for name, moment in times.items() if moment is not None and moment < breach.aware]
        if later:
            yield f"has {later[0]} before aware. Mend the times."
    if breach.closed is not None and breach.notified is None and not breach.late.strip():
        yield "is closed, nobody was told, and late does not say why. Fill it in."
    texts = {"effects": breach.effects, "remedy": breach.remedy, "late": breach.late}
    problems = [text_problem(name, text, may_be_empty=True) for name, text in texts.items()]
    yield from filter(None, (text_problem("facts", breach.facts), role_problem(breach.owner), *problems))
    for name in breach.customers:
        if name not in customers:
            yield f"names the customer {name}, who is not in {CUSTOMERS}. Mend it, or keep the row without selectors."


def _means_everything(pattern: str) -> bool:
    """Tell whether a pattern of ids matches what nobody has: then it would match what is another's, too."""
    return not pattern.strip("*/? ") or any(fnmatchcase(one, pattern.lower()) for one in _NOBODYS)


def _customer_problems(path: Path, content: bytes, customers: Iterable[Customer]) -> Iterator[str]:
    """Name each customer that is no pseudonym, or whose selectors mean everything, by file and line."""
    rows = tuple(customers)
    seen: set[str] = set()
    lines = _numbered(content, "customer", [customer.pseudonym for customer in rows])
    for line, one in zip(lines, rows, strict=True):
        what = f"{path}:{line}: the customer {one.pseudonym}"
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", one.pseudonym):
            yield f"{what} is no pseudonym. Use lower case, digits and hyphens, such as `c-07`."
        if one.pseudonym in seen:
            yield f"{what} stands here twice. Put the selectors into one."
        seen.add(one.pseudonym)
        if any(not name.strip() or not value.strip() for name, value in one.tags.items()):
            yield f"{what} is selected by an empty tag, which everything lacks. Name the tag and its value."
        if any(_means_everything(pattern) for pattern in one.ids):
            yield f"{what} is selected by a pattern that means everything. Name a part of the id."
        if one.since and one.until and one.until < one.since:
            yield f"{what} left before it came. Mend the dates."
