"""b24provision.toml, or `[tool.b24provision]` in pyproject.toml → settings.

Owns where the configuration is looked for and which keys it may hold. Values that speak of the
environment (`${NAME}`) are resolved only for the target in use, by `targets`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from b24provision.errors import InputError

FILE_NAME = "b24provision.toml"
RESERVED_TARGETS = ("env", "local")
_STRING, _STRINGS, _BOOL, _TABLE = "text", "a list of texts", "true or false", "a table of texts"
_TARGET_KEYS = {
    "endpoint": _STRING,
    "webhook_url": _STRING,
    "client_id": _STRING,
    "client_secret": _STRING,
    "access_token": _STRING,
    "refresh_token": _STRING,
    "oauth_url": _STRING,
    "member_id": _STRING,
    "token_command": _STRINGS,
    "manifests": _STRINGS,
    "vars": _TABLE,
    "allow_http": _BOOL,
}
_KEYS = {"default_target": _STRING, "protected": _STRINGS, "targets": "tables"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the configuration says. `directory` is where paths in it start; `file` is "" without one.

    `targets` holds each target's settings as written, checked for keys and types only.
    """

    directory: Path
    file: str = ""
    default_target: str | None = None
    protected: Sequence[str] = ()
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def find_config(start: Path) -> Config:
    """Search upwards from `start`; no configuration is a configuration too.

    Raises InputError for a file that cannot be used.
    """
    for directory in (start, *start.parents):
        own, project = directory / FILE_NAME, directory / "pyproject.toml"
        if own.is_file():
            return _config(own, _read(own))
        if project.is_file():
            tools = _read(project).get("tool")
            section = tools.get("b24provision") if isinstance(tools, dict) else None
            if isinstance(section, dict):
                return _config(project, section)
    return Config(directory=start)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: save it as UTF-8") from exc
    except tomllib.TOMLDecodeError as exc:
        raise InputError(f"{path}: {exc}") from exc


def _config(path: Path, settings: Mapping[str, Any]) -> Config:
    _check(path, "", settings, _KEYS)
    targets = settings.get("targets", {})
    for name, target in targets.items():
        if name in RESERVED_TARGETS:
            raise InputError(f"{path}: targets.{name}: the name `{name}` is taken, choose another")
        if not isinstance(target, dict):
            raise InputError(f"{path}: targets.{name}: write it as a table, [targets.{name}]")
        _check(path, f"targets.{name}.", target, _TARGET_KEYS)
    return Config(
        directory=path.parent,
        file=str(path),
        default_target=settings.get("default_target"),
        protected=tuple(settings.get("protected", ())),
        targets=targets,
    )


def _check(path: Path, prefix: str, settings: Mapping[str, Any], known: Mapping[str, str]) -> None:
    for key, value in settings.items():
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            raise InputError(f"{path}: {prefix}{key} is not a setting; {hint}")
        if not _fits(value, known[key]):
            raise InputError(f"{path}: {prefix}{key} must be {known[key]}")


def _fits(value: Any, kind: str) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "true or false":
            return isinstance(value, bool)
        case "a list of texts":
            return isinstance(value, list) and all(isinstance(row, str) for row in value)
        case "a table of texts":
            return isinstance(value, dict) and all(isinstance(row, str) for row in value.values())
        case _:
            return isinstance(value, dict)
