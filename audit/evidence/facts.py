"""What a run says of itself: which tool, rules and targets it judged by, and whose eyes saw the clouds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from audit import canonical
from audit.model import AuditError
from audit.policies import Policies
from audit.runs import Identity, Run

_PASSED = ("__pycache__",)


def facts(
    policies: Policies,
    *,
    id: str,  # noqa: A002  # it is the field's own name
    began: datetime,
    ended: datetime,
    product: str,
    versions: Mapping[str, str],
    identities: tuple[Identity, ...] = (),
) -> Run:
    """Make what a run says of itself; raises `AuditError` where a file of the policies cannot be read."""
    return Run(
        id=id,
        began=began,
        ended=ended,
        product=product,
        identities=identities,
        versions=dict(sorted(versions.items())),
        policies=digests(Path(policies.folder)),
        targets=spelt(dict(policies.targets.values)),
        statements={statement.id: statement.digest for statement in policies.statements},
    )


def digests(folder: Path) -> dict[str, str]:
    """Return every file below `folder` with its SHA-256, in order of their paths; raises `AuditError`."""
    found: dict[str, str] = {}
    try:
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not set(_PASSED) & set(parts):
                found["/".join(parts)] = canonical.sha256(path.read_bytes())
    except OSError as error:
        raise AuditError(f"cannot read {error.filename}: {error.strerror}. Check the policies folder.") from error
    return dict(sorted(found.items()))


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Return the versions of what is installed; what is not is told so, for a verdict may rest on its absence."""
    found: dict[str, str] = {}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def spelt(value: Any) -> Any:
    """Spell a value of TOML in JSON that has one spelling: days as text, numbers with a fraction as their digits."""
    plain = msgspec.to_builtins(value)
    if isinstance(plain, dict):
        return {key: spelt(item) for key, item in plain.items()}
    if isinstance(plain, list | tuple):
        return [spelt(item) for item in plain]
    return repr(plain) if isinstance(plain, float) else plain
