"""Reads where a stack keeps its state and what opens the secrets in it, each with the line that says so."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from audit.kinds.pulumi_stack import FILE_STORES, STATE_BACKEND, STATE_SECRETS, scheme
from audit.model import Kind, Plane, Resource, Source
from audit.sources.project import Located, Project, located

PASSPHRASE = "passphrase"  # noqa: S105  # Pulumi's word for a way to open secrets, and opens nothing


def stack_settings(project: Project, now: datetime) -> tuple[Resource, ...]:
    """Return the settings of a stack's state as resources.

    Empty where neither file says anything of it: a control then proves nothing. Where a project names a service as its
    backend and its stack no way to open secrets, the resource has no provider, which proves nothing either.
    """
    backend = located(project.file, "backend", "url")
    provider = located(project.stack_file, "secretsprovider") or _passphrase(project, backend)
    of_state = (_resource(STATE_BACKEND, project, now, project.file, {"url": backend}),) if backend else ()
    file = project.stack_file if project.stack_file.is_file() else project.file
    of_secrets = (_resource(STATE_SECRETS, project, now, file, {"provider": provider}),)
    return of_state + (of_secrets if backend or provider else ())


def _passphrase(project: Project, backend: Located | None) -> Located | None:
    """Say that a passphrase opens the secrets, as where a salt stands alone; None where it is not known.

    It is the default of every backend that keeps files and is no service:
    https://www.pulumi.com/docs/iac/concepts/secrets/
    """
    salt = located(project.stack_file, "encryptionsalt")
    if salt is not None:
        return Located(PASSPHRASE, salt.line)
    return Located(PASSPHRASE, 1) if backend and scheme(backend.text) in FILE_STORES else None


def _resource(
    kind: Kind, project: Project, now: datetime, file: Path, settings: Mapping[str, Located | None]
) -> Resource:
    """Make the resource that stands for one or more settings of a file; one that is None is left out of its body."""
    word = "state" if kind is STATE_BACKEND else "secrets"
    lines = {key: found.line for key, found in settings.items() if found}
    told = str(file.relative_to(project.folder)) if file.is_relative_to(project.folder) else file.name
    stack = f"urn:pulumi:{project.stack}::{project.name}::pulumi:pulumi:Stack::{project.name}-{project.stack}"
    return Resource(
        type=kind.arm,
        id=f"{stack}#{word}",
        name=f"{project.stack}-{word}",
        plane=Plane.PROGRAM,
        seen_at=now,
        body={"stack": project.stack, **{key: _without_user(found.text) for key, found in settings.items() if found}},
        source=Source(told, min(lines.values(), default=1), lines),
    )


def _without_user(address: str) -> str:
    """Take user and password off an address (RFC 3986 §3.2.1): what is left says where it leads, and is no secret."""
    return re.sub(r"(?<=://)[^/?#]*@", "", address)
