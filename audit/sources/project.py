"""Reads a Pulumi project and one stack's settings as the Pulumi CLI would, without the CLI."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from audit.model import AuditError

PLACEHOLDER_SECRET = "a0d17000-0000-4000-8000-00000000c0de"  # noqa: S105  # stands for a setting that only its owner can decrypt
_NOT_OURS = "`audit check` reads Pulumi projects in Python"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A Pulumi project with the settings of one stack."""

    name: str
    folder: Path
    main: Path
    stack: str
    settings: Mapping[str, str]
    """Full key (`project:key`) → value as text, as the Pulumi runtime takes it."""
    secret_keys: tuple[str, ...]
    secrets: tuple[str, ...]
    """Secret texts in clear, to keep out of messages."""
    virtualenv: str


def read_project(folder: Path, stack: str, *, extra: Mapping[str, str]) -> Project:
    """Read the project in `folder` and its stack's settings, with `extra` settings on top; raises `AuditError`."""
    path = next((folder / name for name in ("Pulumi.yaml", "Pulumi.yml") if (folder / name).is_file()), None)
    if path is None:
        raise AuditError(f"{folder} holds no Pulumi.yaml. Give the path of a Pulumi project: `audit check PATH`.")
    data = _mapping(path)
    runtime = data.get("runtime", "")
    options = runtime.get("options") or {} if isinstance(runtime, Mapping) else {}
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise AuditError(f"{path}: the runtime is {language!r}. {_NOT_OURS}.")
    name = str(data.get("name") or folder.name)
    values, secret_keys = _settings(data, folder, stack, name)
    values.update({key if ":" in key else f"{name}:{key}": value for key, value in extra.items()})
    return Project(
        name=name,
        folder=folder,
        main=_main(folder, str(data.get("main") or ".")),
        stack=stack,
        settings=values,
        secret_keys=tuple(secret_keys),
        secrets=tuple(values[key] for key in secret_keys if key in values and values[key] != PLACEHOLDER_SECRET),
        virtualenv=str(options.get("virtualenv") or ""),
    )


def _main(folder: Path, main: str) -> Path:
    program = (folder / main).resolve()
    if program.is_dir() and not (program / "__main__.py").is_file():
        raise AuditError(f"{program} holds no __main__.py. Mend `main` in Pulumi.yaml.")
    if not program.exists():
        raise AuditError(f"{program} is not there. Mend `main` in Pulumi.yaml.")
    return program


def _settings(data: Mapping[str, Any], folder: Path, stack: str, name: str) -> tuple[dict[str, str], list[str]]:
    """Collect the project's defaults and the stack's settings."""
    values: dict[str, str] = {}
    secret_keys: list[str] = []
    for key, setting in (data.get("config") or {}).items():
        default = setting.get("default", setting.get("value")) if isinstance(setting, Mapping) else setting
        if default is not None:
            values[_full(str(key), name)] = _text(default)
    place = folder / str(data.get("stackConfigDir") or "")
    path = place / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(item.name.removeprefix("Pulumi.").removesuffix(".yaml") for item in place.glob("Pulumi.*.yaml"))
        if known:
            raise AuditError(f"there is no stack {stack!r} in {place}. Choose one of: {', '.join(known)}.")
        return values, secret_keys
    for key, setting in (_mapping(path).get("config") or {}).items():
        full = _full(str(key), name)
        if isinstance(setting, Mapping) and "secure" in setting:
            secret_keys.append(full)
            values[full] = PLACEHOLDER_SECRET
        else:
            values[full] = _text(setting)
    return values, secret_keys


def _full(key: str, name: str) -> str:
    return key if ":" in key else f"{name}:{key}"


def _text(value: Any) -> str:
    """Spell a setting as Pulumi does: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _mapping(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise AuditError(f"cannot read {path}: {problem}. Mend the file.") from error
    if not isinstance(data, Mapping):
        raise AuditError(f"{path} does not hold settings. Mend the file.")
    return data
