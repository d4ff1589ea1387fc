"""Takes secrets out of whatever is about to be logged, shown or put into an error.

Pure. It works on values (by the name a value stands under, at any depth) and on text (query
strings at any level of percent-encoding, JSON, the code in a webhook's path). It errs on the side of
hiding too much: what it makes is for people to read, never to be sent.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "***"

SECRET_NAMES = frozenset(
    {
        "auth",
        "access_token",
        "refresh_token",
        "client_secret",
        "application_token",
        "password",
        "secret",
        "key",
        "token",
        "sessid",
        "signature",
    }
)

_NAMES = "|".join(sorted(SECRET_NAMES, key=len, reverse=True))
_MAX_DEPTH = 100

# `%3D` is an encoded `=`, `%253D` one that was encoded twice, as in a command inside a form.
_PERCENT = "%(?:25)*"
_BEFORE = rf"(?:^|[^A-Za-z0-9_%]|{_PERCENT}[0-9A-F]{{2}})"
_BRACKETS = rf"(?:\]|{_PERCENT}5D)*"

# A value reaches to the `&` of its own level of encoding: deeper ones belong to the value.
_PAIR = re.compile(rf"({_BEFORE}(?:{_NAMES}){_BRACKETS}=)[^&#\s\"'<>]+", re.IGNORECASE)
_ENCODED_PAIR = re.compile(
    rf"({_BEFORE}(?:{_NAMES}){_BRACKETS}(?P<level>{_PERCENT})3D)(?:(?!(?P=level)26)[^&\s\"'<>])+",
    re.IGNORECASE,
)
# Quotes may be escaped, as an answer can carry JSON inside a JSON text: a value ends at a quote with as many
# backslashes as it began with.
_JSON_PAIR = re.compile(
    rf"((?:\\*[\"'])(?:{_NAMES})(?:\\*[\"'])\s*:\s*)"
    r"(?:(?P<quote>\\*[\"'])(?:(?!(?P=quote))(?:\\++.|[^\\]))*+(?P=quote)?|[^\s,}\]]+)",
    re.IGNORECASE | re.DOTALL,
)
_SLASH = rf"(?:\\?/|{_PERCENT}2F)"
_WEBHOOK = re.compile(
    rf"({_SLASH}rest{_SLASH}+(?:api{_SLASH}+)?\d+{_SLASH}+)(?:(?!{_SLASH})[^\s?#&\"'<>])+", re.IGNORECASE
)
_BEARER = re.compile(r"(\bbearer\s+)[^\s\"']+", re.IGNORECASE)

_MIN_SECRET = 6


def redact(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Give a copy of `value` that may be shown to anybody.

    Mappings come back as dicts, lists and tuples as lists, bytes as text; other values that are no
    text are given back as they are. `secrets` are texts known to be secret, which are hidden
    wherever they occur; shorter ones than six characters are overlooked.
    """
    return _redact(value, tuple(text for text in secrets if len(text) >= _MIN_SECRET), _MAX_DEPTH)


def redact_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Do what `redact` does, for what is known to be a text."""
    for secret in secrets:
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, MASK).replace(quote(secret, safe=""), MASK)
    text = _WEBHOOK.sub(rf"\1{MASK}", text)
    text = _JSON_PAIR.sub(rf"\1\2{MASK}\2", text)
    text = _ENCODED_PAIR.sub(rf"\1{MASK}", text)
    text = _PAIR.sub(rf"\1{MASK}", text)
    return _BEARER.sub(rf"\1{MASK}", text)


def is_secret_name(name: str) -> bool:
    """Say whether what stands under `name` is secret; `auth[access_token]` counts by its parts."""
    return any(part.lower() in SECRET_NAMES for part in re.split(r"[\[\]]+", name))


def _redact(value: Any, secrets: tuple[str, ...], depth: int) -> Any:
    if isinstance(value, str):
        return redact_text(value, secrets)
    if isinstance(value, bytes | bytearray):
        return redact_text(bytes(value).decode("utf-8", "replace"), secrets)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth == 0:
        return "…"  # deeper than anything sent; a cyclic value ends here as well
    if isinstance(value, Mapping):
        return {
            redact_text(name, secrets) if isinstance(name, str) else name: MASK
            if is_secret_name(str(name))
            else _redact(item, secrets, depth - 1)
            for name, item in value.items()
        }
    return [_redact(item, secrets, depth - 1) for item in value]
