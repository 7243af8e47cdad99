"""Small things that tests make for themselves: resources, controls and whole policies folders."""

import json
from pathlib import Path
from textwrap import dedent

from audit.model import Control, Plane, Resource, Severity, Targets, broken, kept
from audit.policies import Policies
from audit.statements import cut, digest, digest_of_text
from tests.support import NOON

TEXT = "What we promise\nYour files are private.\nYour files are encrypted."
HEADING, PRIVATE, ENCRYPTED = (digest(sentence) for sentence in cut(TEXT))
LOCKS = '''"""A lock holds the account.

Catalogue: LCK-01.

## Why we promise this
What is locked stays.

## How to keep it
Set `allow_blob_public_access=False`.
"""

from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Example, Resource, Ruling, Severity, Verdict, broken, kept

ON = STORAGE_ACCOUNT
SEVERITY = Severity.HIGH


def judge(account: Resource) -> Ruling:
    if account.read("allowBlobPublicAccess", bool) is False:
        return kept("it is locked")
    return broken("it is open", change={"allowBlobPublicAccess": False})


EXAMPLES = (
    Example(Verdict.KEPT, {"allowBlobPublicAccess": False}),
    Example(Verdict.BROKEN, {"allowBlobPublicAccess": True}),
)
'''
"""A whole control of one kind of resource."""


def thing(kind, identity, body=None, *, name="", source=None, plane=Plane.PROGRAM):
    """Make a resource of `kind`; its name is its id where none is given."""
    return Resource(
        type=kind.arm,
        id=identity,
        name=name or identity,
        plane=plane,
        seen_at=NOON,
        body=body or {},
        source=source,
    )


def shut(account):
    """Judge an account by one property: the simplest control there is."""
    if account.read("shut", bool) is True:
        return kept("it is shut")
    return broken("it stands open", change={"shut": True})


def control(identity, judge=shut, *, on=(), asks=("account",), severity=Severity.HIGH, needs=(), planes=tuple(Plane)):
    """Make a control without writing a file for it."""
    return Control(
        id=identity,
        title=f"The claim of {identity}.",
        why="Because.",
        how="Somehow.",
        catalogue="",
        severity=severity,
        on=on,
        needs=needs or on,
        planes=planes,
        one_way=False,
        judge=judge,
        asks=asks,
        absent={},
        examples=(),
        file="",
    )


def policies(*controls, waivers=(), statements=(), targets=None):
    """Make policies without writing a folder for them."""
    return Policies(
        folder="",
        statements=tuple(statements),
        controls={one.id: one for one in controls},
        targets=Targets(targets or {}),
        waivers=tuple(waivers),
    )


def commitment(identity, *, sentence=PRIVATE, **fields):
    """Write one commitment as TOML; `fields` are its other keys, `pending` a mapping."""
    fields = {"text": f"The promise {identity}.", "binds": "processor", **fields}
    lines = [f'id = "{identity}"', f'sentences = ["{sentence}"]']
    for key, value in fields.items():
        lines.append(f"{key} = {_inline(value)}")
    return "\n".join(["[[commitment]]", *lines, ""])


def statement(*commitments, identity="S", scope=("files",), text=TEXT):
    """Write a statement as TOML."""
    head = f"""\
    id = "{identity}"
    company = "A locksmith"
    title = "What we promise"
    url = "https://locks.example/promises"
    seen = 2026-01-01
    digest = "{digest_of_text(text)}"
    scope = {json.dumps(scope)}
    sentences = {json.dumps([digest(sentence) for sentence in cut(text)])}
    """
    return "\n".join([dedent(head), *commitments])


def waiver(control, *, resource="files", until="2027-01-01", planes=("program",)):
    """Write one waiver as TOML."""
    return dedent(f"""\
    [[waiver]]
    control = "{control}"
    resource = "{resource}"
    planes = {json.dumps(planes)}
    reason = "a locksmith is on the way"
    owner = "the caretaker"
    until = {until}
    """)


def policies_folder(folder, *, controls=None, statements=None, waivers="", targets=""):
    """Write a policies folder that is sound unless it is told otherwise: one control and one promise that it keeps."""
    controls = {"storage/locked.py": LOCKS} if controls is None else controls
    statements = (
        {"s.toml": statement(commitment("S-1", controls=["storage-locked"]))} if statements is None else statements
    )
    files = {f"controls/{name}": text for name, text in controls.items()}
    files |= {f"commitments/{name}": text for name, text in statements.items()}
    files["targets.toml"] = targets
    if waivers:
        files["waivers.toml"] = waivers
    for name, text in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Path(folder)


def _inline(value):
    """Write a value as TOML does within a line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
