"""The parts of PHP that show through the REST API: how it reads and writes queries, and how its arrays become JSON.

A PHP array is a mapping in order whose keys are text or integers; "7" and 7 are the same key. Here an
array is a `dict` with text keys, or a `list` when its keys are 0, 1, 2, … in that order, which is the form
in which it travels as JSON. Source: the PHP manual, `parse_str`, "Variables From External Sources",
`json_encode`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode

MAX_NESTING = 64
"""PHP's `max_input_nesting_level`: a variable that is nested deeper is dropped."""

_INTEGER_KEY = re.compile(r"0|-?[1-9][0-9]{0,17}")
_LEADING_INTEGER = re.compile(r"\s*([+-]?\d+)")
_LARGEST_INTEGER = 2**63 - 1
_TRIMMED = " \t\n\r\0\x0b"


def parse_query(query: str) -> dict[str, Any]:
    """Read a query or form body as PHP does: `a[b][]=1&c=2` is `{"a": {"b": ["1"]}, "c": "2"}`."""
    return collect(decoded_pairs(query))


def decoded_pairs(query: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a query, decoded, the names with their brackets."""
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        yield unquote_plus(name), unquote_plus(value)


def collect(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Put values under their bracketed names; the outermost level stays a mapping."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        path = _path(name)
        if 0 < len(path) <= MAX_NESTING + 1:
            _insert(tree, path, value)
    return {name: _settle(value) for name, value in tree.items()}


def build_query(tree: Mapping[str, Any]) -> str:
    """Write an array as `http_build_query` does: nested keys in brackets, null left out."""
    return urlencode([(name, text(value)) for name, value in _flattened("", tree)])


def _flattened(prefix: str, tree: Any) -> Iterator[tuple[str, Any]]:
    for key, value in pairs(tree):
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, list | dict):
            yield from _flattened(name, value)
        elif value is not None:
            yield name, "0" if value is False else value


def _path(name: str) -> list[str | None]:
    """Split `a[b][]` into `["a", "b", None]`; None is the next free number."""
    head, bracket, rest = name.partition("\0")[0].lstrip(" ").partition("[")
    head = re.sub("[ .]", "_", head)
    if not head or not bracket:
        return [head] if head else []
    if "]" not in rest:  # never closed: the bracket was a character of the name
        return [head + "_" + re.sub(r"[ .\[]", "_", rest)]
    path: list[str | None] = [head]
    while "]" in rest:
        key, _, rest = rest.partition("]")
        path.append(None if key == "" or (len(key) == 1 and key.isspace()) else key)
        if not rest.startswith("["):
            break
        rest = rest[1:]
    return path


def _insert(array: dict[str, Any], path: list[str | None], value: Any) -> None:
    *parents, last = path
    for step in parents:
        key = _next_index(array) if step is None else step
        child = array.get(key)
        if not isinstance(child, dict):
            child = array[key] = {}
        array = child
    array[_next_index(array) if last is None else last] = value


def _next_index(array: Mapping[str, Any]) -> str:
    return str(max((int(key) for key in array if _INTEGER_KEY.fullmatch(key)), default=-1) + 1)


def _settle(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return json_array({key: _settle(child) for key, child in value.items()})


def json_array(array: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
    """Give an array the shape it has as JSON: a list when its keys are 0..n-1 in order, or none at all."""
    if all(key == str(index) for index, key in enumerate(array)):
        return list(array.values())
    return dict(array)


def pairs(value: Any) -> list[tuple[str, Any]]:
    """The keys and values of an array in either form; nothing for what is no array."""
    if isinstance(value, Mapping):
        return [(str(key), child) for key, child in value.items()]
    if isinstance(value, list):
        return [(str(index), child) for index, child in enumerate(value)]
    return []


def text(value: Any) -> str:
    """Convert to text as PHP does: true is "1", false and null are "", 1.0 is "1", an array is "Array"."""
    match value:
        case str():
            return value
        case None | False:
            return ""
        case True:
            return "1"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case list() | dict():
            return "Array"
        case _:
            return str(value)


def integer(value: Any) -> int:
    """Convert to an integer as PHP does: the number a text begins with, else 0; 64 bits hold it."""
    if isinstance(value, list | dict):
        return int(bool(value))
    leading = _LEADING_INTEGER.match(text(value))
    return max(-_LARGEST_INTEGER - 1, min(int(leading[1][:30]), _LARGEST_INTEGER)) if leading else 0


def truthy(value: Any) -> bool:
    """Tell whether PHP takes a value for true: all but "", "0", 0, null, false and an empty array."""
    return bool(value) and value != "0"


def trim(value: str) -> str:
    """Cut white space off both ends; only the six characters that PHP's `trim` knows."""
    return value.strip(_TRIMMED)
