"""Puts parameters on the wire: as JSON, and as the query strings a batch is made of.

Pure. What may be sent is decided here, before anything is sent. Encoding is most of what a client does for each
command of a batch, so it is written to be quick.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any

from b24provision.errors import InputError
from b24provision.rest.calls import Call

MAX_DEPTH = 64
"""PHP drops what a query nests deeper (`max_input_nesting_level`)."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SCALARS = (str, int, float, NoneType, date)

_UNSAFE = re.compile(r"[^A-Za-z0-9._~-]").search
_ESCAPED = tuple(f"%{byte:02X}" if _UNSAFE(chr(byte)) else chr(byte) for byte in range(256))


def plain(params: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give a deep copy of `params` of nothing but dict, list, str, int, float, bool and None.

    Tuples become lists, dates and times ISO 8601 texts, numbers as keys texts. Raises InputError,
    beginning with `where` and the way to the value, for anything that is not JSON-like: other types,
    NaN and infinities, texts that are not Unicode, values that contain themselves.
    """
    try:
        return _plain_mapping(params, ())
    except _UnfitError as unfit:
        raise InputError(f"{where}{unfit.path} {unfit.why}") from None


def query(params: Mapping[str, Any]) -> str:
    """Encode parameters as PHP reads them: `{"select": ["ID"]}` → `select%5B0%5D=ID`.

    Pairs keep their order, names and values are percent-encoded as UTF-8 (a space is `%20`). A query
    knows only texts, so some values do not arrive as they are: `True` and `False` become the texts
    `true` and `false` (both of which PHP takes for true), None becomes the empty text, an empty list
    or mapping becomes nothing at all, numbers become texts. `fits_batch` tells such calls.

    Raises InputError for what `plain` does, beginning with the way to the value.
    Source: settings/how-to-call-rest-api/data-encoding.
    """
    pairs: list[str] = []
    try:
        _write(pairs, params.items(), "", "", (id(params),))
    except _UnfitError as unfit:
        raise InputError(f"{unfit.path} {unfit.why}") from None
    return "&".join(pairs)


def command(call: Call) -> str:
    """Give a call as one command of a batch: `method?query`, the `?` always present.

    References such as `$result[name][field]` are values like any other; the portal replaces them.
    Raises InputError, beginning with the method. Source: api-reference/batch.
    """
    try:
        return f"{call.method}?{query(call.params)}"
    except InputError as unfit:
        raise InputError(f"({call.method}){unfit}") from None


def body(payload: Mapping[str, Any]) -> bytes:
    """Encode a request's body as compact JSON in UTF-8."""
    return _JSON.encode(payload).encode()


def text(value: Any) -> str:
    """Give the text that a value which is no list or mapping has in a query, not yet percent-encoded.

    Raises InputError for what is not JSON-like.
    """
    if isinstance(value, float):
        return _number(value)
    match _plain_scalar(value):
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return int.__repr__(value)
        case fit:
            return str.__str__(fit)  # the text of an enum member, not its name


def _write(
    pairs: list[str], items: Iterable[tuple[Any, Any]], opening: str, closing: str, above: tuple[int, ...]
) -> None:
    """Add the pairs of a mapping's or list's members; their names stand between `opening` and `closing`."""
    for key, value in items:
        name = _quoted_name(key)
        kind = type(value)
        try:
            if kind is str:
                written = _escaped(value) if _UNSAFE(value) else value
            elif kind is int:
                written = value
            elif kind is float:
                written = _quoted(_number(value))
            elif kind is dict or isinstance(value, Mapping):
                inside = _enter(value, above)
                _write(pairs, value.items(), f"{opening}{name}{closing}%5B", "%5D", inside)
                continue
            elif isinstance(value, list | tuple):
                inside = _enter(value, above)
                _write(pairs, enumerate(value), f"{opening}{name}{closing}%5B", "%5D", inside)
                continue
            else:
                written = _quoted(text(value))
        except _UnfitError as unfit:
            raise unfit.inside(key) from None
        pairs.append(f"{opening}{name}{closing}={written}")


@lru_cache(maxsize=1024, typed=True)  # the same names come again and again
def _quoted_name(key: Any) -> str:
    return _quoted(_name(key))


def _quoted(text: str) -> str:
    return _escaped(text) if _UNSAFE(text) else text


def _escaped(text: str) -> str:
    return "".join([_ESCAPED[octet] for octet in _utf8(text)])


def _number(value: float) -> str:
    """Write a number as JavaScript does, exponents included: `1.0` is `1`, `1e-05` is `0.00001`."""
    text = float.__repr__(_finite(value) + 0.0).removesuffix(".0")  # + 0.0 makes -0.0 zero
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    return f"{Decimal(text):f}" if -7 < int(exponent) < 21 else f"{mantissa}e{int(exponent):+d}"


class _UnfitError(InputError):
    """A value that cannot be sent. The way to it is found out as the error passes, so that others cost nothing."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.path = ""

    def inside(self, key: Any) -> "_UnfitError":
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        self.path = step + self.path
        return self


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, _SCALARS):
        return _plain_scalar(value)
    if isinstance(value, Mapping):
        return _plain_mapping(value, above)
    if isinstance(value, list | tuple):
        return _plain_list(value, above)
    raise _UnfitError(f"is a {type(value).__name__}, which is not JSON-like.")


def _plain_scalar(value: Any) -> Any:
    match value:
        case str():
            return _unicode(value)
        case float():
            return _finite(value)
        case None | int():
            return value
        case date():
            return value.isoformat()
        case _:
            raise _UnfitError(f"is a {type(value).__name__}, which is not JSON-like.")


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _UnfitError("is not a finite number, which JSON cannot hold.")
    return value


def _plain_mapping(value: Mapping[Any, Any], above: tuple[int, ...]) -> dict[str, Any]:
    inside = _enter(value, above)
    copy: dict[str, Any] = {}
    for key, member in value.items():
        name = _name(key)
        try:
            copy[name] = _plain(member, inside)
        except _UnfitError as unfit:
            raise unfit.inside(key) from None
    return copy


def _plain_list(value: list[Any] | tuple[Any, ...], above: tuple[int, ...]) -> list[Any]:
    inside = _enter(value, above)
    copy: list[Any] = []
    for position, member in enumerate(value):
        try:
            copy.append(_plain(member, inside))
        except _UnfitError as unfit:
            raise unfit.inside(position) from None
    return copy


def _enter(value: Any, above: tuple[int, ...]) -> tuple[int, ...]:
    if id(value) in above:
        raise _UnfitError("contains itself.")
    if len(above) >= MAX_DEPTH:
        raise _UnfitError(f"is nested deeper than {MAX_DEPTH} levels.")
    return (*above, id(value))


def _name(key: Any) -> str:
    if isinstance(key, str):
        return _unicode(key)
    if isinstance(key, bool) or not isinstance(key, int):
        raise _UnfitError(f"has a name that is a {type(key).__name__}; names are texts.")
    return int.__repr__(key)


def _unicode(text: str) -> str:
    if not text.isascii():
        _utf8(text)
    return text


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _UnfitError("holds half a character (a lone surrogate), which is not Unicode.") from None
