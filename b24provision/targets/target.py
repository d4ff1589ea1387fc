"""Which portal is meant, and how to authenticate there.

Owns the choice between `--target`, the environment and the configuration, and what an address may
look like. Nothing here speaks to a portal.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from b24provision.errors import InputError, StaleError
from b24provision.rest.endpoint import is_loopback
from b24provision.targets.config import Config

OAUTH_URL = "https://oauth.bitrix.info/oauth/token/"
LOCAL_ENDPOINT = "http://local/rest/"
_REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_WEBHOOK = re.compile(r"/rest/\d+/\w+/?$")
_ENVIRONMENT = {
    "endpoint": "B24_ENDPOINT",
    "access_token": "B24_ACCESS_TOKEN",
    "refresh_token": "B24_REFRESH_TOKEN",
    "client_id": "B24_CLIENT_ID",
    "client_secret": "B24_CLIENT_SECRET",
    "oauth_url": "B24_OAUTH_URL",
    "webhook_url": "B24_WEBHOOK_URL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A named portal and the means to call it. Secrets stay out of its `repr`.

    `endpoint` ends in `/rest/`; it is "" for a webhook. `manifests` are paths relative to the
    configuration's directory.
    """

    name: str
    endpoint: str = ""
    webhook_url: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    oauth_url: str = OAUTH_URL
    member_id: str = ""
    token_command: Sequence[str] = field(default=(), repr=False)
    manifests: Sequence[str] = ("manifests",)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_http: bool = False

    @property
    def is_local(self) -> bool:
        """Whether this is the local portal in process."""
        return self.name == "local"

    @property
    def host(self) -> str:
        """The portal's host without port."""
        return urlsplit(self.endpoint or self.webhook_url).hostname or ""


def choose_target(
    config: Config, environ: Mapping[str, str], name: str | None, *, offline: bool = False
) -> Target:
    """Give the target called `name`, or the only one that was meant.

    `offline` does without environment variables that are not set, since nothing will be sent. Never falls back to the local portal. Raises InputError that names what there is to choose from.
    """
    return _target(config, environ, name or _only_choice(config, environ), offline=offline)


def _only_choice(config: Config, environ: Mapping[str, str]) -> str:
    has_env = bool(environ.get("B24_ENDPOINT") or environ.get("B24_WEBHOOK_URL"))
    default = config.default_target
    if has_env and default:
        raise InputError(
            f"Two targets are meant: `env` (B24_ENDPOINT or B24_WEBHOOK_URL is set) and `{default}` "
            f"(default_target in {config.file}). Choose with --target env or --target {default}."
        )
    if has_env:
        return "env"
    if default:
        return default
    there = "".join(f", --target {name}" for name in config.targets)
    raise InputError(
        f"No target is chosen. Use --target local for the local portal{there}, set B24_ENDPOINT and "
        "B24_ACCESS_TOKEN, or write b24provision.toml with a default_target."
    )


def _target(config: Config, environ: Mapping[str, str], name: str, *, offline: bool) -> Target:
    if name == "local":
        return Target(name="local", endpoint=LOCAL_ENDPOINT)
    if name == "env":
        found = {key: environ[variable] for key, variable in _ENVIRONMENT.items() if environ.get(variable)}
        if "endpoint" not in found and "webhook_url" not in found:
            raise InputError("--target env needs B24_ENDPOINT (and B24_ACCESS_TOKEN), or B24_WEBHOOK_URL.")
        return _from_settings("env", found, "the environment")
    if name not in config.targets:
        known = ", ".join(["local", "env", *config.targets])
        raise InputError(f"There is no target `{name}`. Known are: {known}.")
    where = f"{config.file}: targets.{name}"
    settings = _resolved(config.targets[name], environ, where, offline=offline)
    return _from_settings(name, settings, where)


def _from_settings(name: str, settings: Mapping[str, Any], where: str) -> Target:
    allow_http = bool(settings.get("allow_http"))
    if _WEBHOOK.search(settings.get("endpoint", "")):
        # Somebody took a webhook for an endpoint; the portal will say what is wrong with that.
        settings = {**settings, "webhook_url": settings["endpoint"], "endpoint": ""}
    known = {key: value for key, value in settings.items() if key not in ("allow_http", "vars")}
    if known.get("endpoint"):
        known["endpoint"] = normalise_endpoint(known["endpoint"], where=where, allow_http=allow_http)
    elif known.get("webhook_url"):
        _check_address(known["webhook_url"], where=where, allow_http=False)
    elif "token_command" not in known:
        raise InputError(f"{where}: an endpoint is missing, such as https://example.bitrix24.com/rest/")
    return Target(name=name, variables=settings.get("vars", {}), allow_http=allow_http, **known)


def _resolved(
    settings: Mapping[str, Any], environ: Mapping[str, str], where: str, *, offline: bool
) -> dict[str, Any]:
    def resolve(value: Any, key: str) -> Any:
        if isinstance(value, str):
            return _REFERENCE.sub(lambda match: variable(match, key), value)
        if isinstance(value, list):
            return tuple(resolve(row, key) for row in value)
        if isinstance(value, dict):
            return {name: resolve(row, f"{key}.{name}") for name, row in value.items()}
        return value

    def variable(match: re.Match[str], key: str) -> str:
        value = environ.get(match[1]) or match[2]
        if value is None and offline and key != "endpoint" and not key.startswith("vars."):
            return ""
        if value is None:
            raise InputError(f"{where}.{key}: the environment variable {match[1]} is not set")
        return value

    return {key: resolve(value, key) for key, value in settings.items()}


def require_pinned(target: Target, member_id: str) -> None:
    """Refuse a token of another portal than the target is pinned to, if it is. Raises StaleError."""
    if target.member_id and member_id != target.member_id:
        found = f"belongs to member {member_id}" if member_id else "does not tell its portal"
        raise StaleError(
            f"target {target.name} is pinned to member {target.member_id}, but the token {found}. "
            "Use the right token, or correct member_id in the configuration."
        )


def normalise_endpoint(address: str, *, where: str, allow_http: bool = False) -> str:
    """Make `https://host/rest/` of a domain or an address.

    Plain http is refused unless the host is this machine or `allow_http` says otherwise, because
    the token travels in the request. Raises InputError.
    """
    url = address if "://" in address else f"https://{address}"
    _check_address(url, where=where, allow_http=allow_http)
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path in ("", "/rest"):
        path = "/rest"
    return f"{parts.scheme}://{parts.netloc}{path}/"


def _check_address(url: str, *, where: str, allow_http: bool) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise InputError(f"{where}: the portal's address must look like https://example.bitrix24.com/rest/")
    if parts.scheme == "http" and not allow_http and not is_loopback(url):
        raise InputError(
            f"{where}: {parts.hostname} is addressed by plain http, which would send the token readable to "
            "everybody on the way: use https, or set `allow_http = true` in the target for a self-hosted portal"
        )
