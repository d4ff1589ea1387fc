"""Puts parameters on the wire: as JSON, and as the query strings a batch is made of.

Pure. What may be sent is decided here once (`plain`), before anything is sent.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from b24provision.errors import InputError
from b24provision.rest.calls import Call

MAX_DEPTH = 64
"""PHP drops what a query nests deeper (`max_input_nesting_level`)."""


def plain(params: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give a deep copy of `params` of nothing but dict, list, str, int, float, bool and None.

    Tuples become lists, dates and times ISO 8601 texts, numbers as keys texts. Raises InputError,
    beginning with `where` and the way to the value, for anything that is not JSON-like: other types,
    NaN and infinities, texts that are not Unicode, values that contain themselves.
    """
    return _plain_mapping(params, where, ())


def query(params: Mapping[str, Any]) -> str:
    """Encode parameters as PHP reads them: `{"select": ["ID"]}` → `select%5B0%5D=ID`.

    Pairs keep their order, names and values are percent-encoded as UTF-8 (a space is `%20`). A query
    knows only texts, so some values do not arrive as they are: `True` and `False` become the texts
    `true` and `false` (both of which PHP takes for true), None becomes the empty text, an empty list
    or mapping becomes nothing at all, numbers become texts. `fits_batch` tells such calls.

    Source: settings/how-to-call-rest-api/data-encoding.
    """
    return "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs(params))


def command(call: Call) -> str:
    """Give a call as one command of a batch: `method?query`, the `?` always present.

    References such as `$result[name][field]` are values like any other; the portal replaces them.
    Source: api-reference/batch.
    """
    return f"{call.method}?{query(call.params)}"


def body(payload: Mapping[str, Any]) -> bytes:
    """Encode a request's body as compact JSON in UTF-8."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the bracketed names and the texts of a query, not yet percent-encoded."""
    for name, value in params.items():
        yield from _pairs(str(name), value)


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        members: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    else:
        yield name, _text(value)
        return
    for key, member in members:
        yield from _pairs(f"{name}[{key}]", member)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return str.__str__(value)  # the text of an enum member, not its name
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _plain(value: Any, where: str, above: tuple[int, ...]) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _unicode(value, where)
        case float():
            if not math.isfinite(value):
                raise InputError(f"{where} is not a finite number, which JSON cannot hold.")
            return value
        case date():
            return value.isoformat()
        case Mapping():
            return _plain_mapping(value, where, above)
        case list() | tuple():
            inside = _enter(value, where, above)
            return [_plain(item, f"{where}[{position}]", inside) for position, item in enumerate(value)]
        case _:
            raise InputError(f"{where} is a {type(value).__name__}, which is not JSON-like.")


def _plain_mapping(value: Mapping[Any, Any], where: str, above: tuple[int, ...]) -> dict[str, Any]:
    inside = _enter(value, where, above)
    return {
        (name := _name(key, where)): _plain(member, f"{where}.{name}", inside)
        for key, member in value.items()
    }


def _enter(value: Any, where: str, above: tuple[int, ...]) -> tuple[int, ...]:
    if id(value) in above:
        raise InputError(f"{where} contains itself.")
    if len(above) >= MAX_DEPTH:
        raise InputError(f"{where} is nested deeper than {MAX_DEPTH} levels.")
    return (*above, id(value))


def _name(key: Any, where: str) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise InputError(f"{where} has a name that is a {type(key).__name__}; names are texts.")
    return _unicode(key, where) if isinstance(key, str) else str(key)


def _unicode(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{where} holds half a character (a lone surrogate), which is not Unicode."
        ) from None
    return text
