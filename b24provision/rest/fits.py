"""Tells which calls arrive unharmed inside a batch, and which need a request of their own.

Pure, and careful: a doubtful call does not fit. A call on its own costs one more request, an altered
text costs the user's data.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from b24provision.rest.calls import Call
from b24provision.rest.encode import text

_MAX_PAIRS = 1000
"""PHP drops further ones silently (`max_input_vars`)."""

_REFERENCE = re.compile(r"\$(?:result|error|total|next|time)", re.IGNORECASE)
# What the portal's script filter looks for, once spaces, control characters, backslashes and
# comments between the letters are gone, through which it sees.
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_HANDLER = re.compile(r"(?<!\w)on[\w\s\\]{0,60}=", re.IGNORECASE)
_SCRIPT = re.compile(
    r"(?:javascript|vbscript|behaviou?r)[:=]|@import|expression\(|-moz-binding", re.IGNORECASE
)
# Stands between texts that are looked at together, as no pattern reaches across it. One that holds it does not fit.
_APART = "\x7f"
_SEEN_THROUGH = re.compile(rf"/\*[^{_APART}]{{0,200}}?\*/|[\x00-\x20\\]")

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+").fullmatch
_SIGN = re.compile(rf"[$<=:@(\-{_APART}]").search


def fits_batch(call: Call) -> bool:
    """Say whether a call whose texts are meant literally may travel inside a batch.

    It may not when the portal would take a text for a reference (`$result[…]` and its kin), when the
    script filter would break it up, or when a query cannot carry it: `False`, `None`, an empty list or
    mapping, names with brackets, more than a thousand values.
    """
    if _is_plain(call.params):
        return True
    if _lossy(call.params) or any(_misread(str(name)) for name in call.params):
        return False
    parts = [part for pair in _pairs("", call.params) for part in pair]
    together = _APART.join(parts)
    if len(parts) > 2 * _MAX_PAIRS or together.count(_APART) >= max(len(parts), 1):
        return False
    return not _altered(together)


def _is_plain(params: Mapping[str, Any]) -> bool:
    """Tell whether nothing in it could be taken for anything: what most calls are, told without further ado.

    Every pattern above needs one of the signs that are not plain.
    """
    return len(params) <= _MAX_PAIRS and all(
        _PLAIN_NAME(name) and (type(value) is int or (type(value) is str and not _SIGN(value)))
        for name, value in params.items()
    )


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give the names with their brackets and the texts that a query holds."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _pairs(f"{name}[{key}]", member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _pairs(name, member)
    else:
        yield name, text(value)


def _altered(text: str) -> bool:
    if _REFERENCE.search(text) or _MARKUP.search(text) or _HANDLER.search(text):
        return True
    return bool(_SCRIPT.search(_SEEN_THROUGH.sub("", text)))


def _misread(name: str) -> bool:
    """PHP turns dots and spaces of an outermost name into underscores."""
    return any(sign in name for sign in ". ")


def _lossy(value: Any) -> bool:
    if isinstance(value, Mapping):
        if any(str(name) == "" or set("[]\0") & set(str(name)) for name in value):
            return True
        return any(_vanishes(member) or _lossy(member) for member in value.values())
    return any(_vanishes(member) or _lossy(member) for member in _members(value))


def _members(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield from value


def _vanishes(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, Mapping | list | tuple) and not value)
