"""A token as other programs write it down → `Token`.

Bitrix24's own payloads, and the settings of the SDKs, hold the same few facts under different names and
at different depths. What is known is looked for by name, at any depth; the rest is passed over.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from b24provision.errors import InputError
from b24provision.rest.tokens import Token

_NAMES = {
    "access_token": ("accesstoken", "authtoken", "authid", "auth"),
    "refresh_token": ("refreshtoken", "refreshid"),
    "expires": ("expires", "expiresat"),
    "endpoint": ("clientendpoint",),
    "member_id": ("memberid",),
    "user_id": ("userid",),
    "domain": ("domain",),
}
"""Each fact, and the names it goes by, without case and punctuation, the surest first.

`access_token` (`BX24.getAuth()`, install events, CRest's settings.json, the PHP SDK), `accessToken` (the
JavaScript SDK), `auth_token` (b24pysdk), `AUTH_ID` and `REFRESH_ID` (the form posted to application pages).
Source: settings/oauth, api-reference/events/on-app-install, sdk pages.
"""


def read_pasted(text: str) -> Token:
    """Read a token out of JSON, a form-encoded payload, a PHP array or `NAME=value` lines.

    Raises InputError, which shows nothing of the text, when no access token is in it.
    """
    facts = _facts(dict(_pairs(text)))
    if "access_token" not in facts:
        raise InputError(
            "There is no access token in what was pasted. Known are: the object BX24.getAuth() gives, an install "
            "event's payload, settings.json of CRest, and the token settings of the JavaScript, PHP and Python SDKs."
        )
    return Token(
        access_token=facts["access_token"],
        refresh_token=facts.get("refresh_token"),
        expires_at=_unix_seconds(facts.get("expires")),
        endpoint=facts.get("endpoint") or _endpoint(facts.get("domain")),
        member_id=facts.get("member_id"),
        user_id=facts.get("user_id"),
    )


def _facts(found: Mapping[str, str]) -> dict[str, str]:
    facts = {}
    for fact, names in _NAMES.items():
        value = next((found[name] for name in names if found.get(name)), None)
        if value is not None:
            facts[fact] = value
    return facts


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(text)
    except ValueError:
        yield from _text_pairs(text)
    else:
        yield from _leaves(data)


def _leaves(data: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Give every text and number with its plain name. An inner object called `auth` is no token."""
    match data:
        case dict():
            for key, value in data.items():
                yield from _leaves(value, str(key))
        case list():
            for value in data:
                yield from _leaves(value)
        case str() | int() | float():
            yield _plain(name), str(data)


_FIRST_MOMENT = 1e9
_PHP_PAIR = re.compile(r"""['"]([\w-]+)['"]\s*=>\s*['"]?([^'",\s)\]]+)""")


def _text_pairs(text: str) -> Iterator[tuple[str, str]]:
    if "=>" in text:
        yield from ((_plain(name), value) for name, value in _PHP_PAIR.findall(text))
        return
    for line in text.split():
        for name, value in parse_qsl(line.removeprefix("?")):
            inner = name.rsplit("[", 1)[-1]
            yield _plain(inner), value.strip("'\"")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _unix_seconds(text: str | None) -> float | None:
    """Read a moment; the JavaScript SDK counts in milliseconds. A lifetime (3600) says no moment."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    if seconds < _FIRST_MOMENT:
        return None
    return seconds / 1000 if seconds > _FIRST_MOMENT * 100 else seconds


def _endpoint(domain: str | None) -> str | None:
    return f"https://{domain.removeprefix('https://').strip('/')}/rest/" if domain else None
