"""Data → lines of YAML the way a person would write a manifest.

A mapping that holds mappings goes over several lines, one that does not stands in braces on one line. Lines
come without the indentation of where they go.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from b24provision.importing.scalar import scalar

Value: TypeAlias = "str | int | Sequence[str] | Mapping[str, Value] | None"
Data: TypeAlias = Mapping[str, Value]


def braces(data: Data) -> str:
    """Write a mapping on one line."""
    return f"{{{pairs(data)}}}"


def pairs(data: Data) -> str:
    """Write what stands in the braces of a mapping."""
    return ", ".join(pair(key, value) for key, value in data.items())


def pair(key: str, value: Value) -> str:
    """Write an entry as it stands in braces."""
    return f"{scalar(key, in_braces=True)}: {_in_braces(value)}"


def lines(data: Data, step: int, *, spaced: bool = False) -> list[str]:
    """Write the entries of a mapping in block style, with an empty line in between if `spaced`."""
    written: list[str] = []
    for key, value in data.items():
        if spaced and written:
            written.append("")
        written += _entry(scalar(key), value, step)
    return written


def _entry(key: str, value: Value, step: int) -> Iterator[str]:
    match value:
        case None:
            yield f"{key}:"
        case str():
            yield f"{key}: {scalar(value)}"
        case Mapping() if any(isinstance(row, Mapping) for row in value.values()):
            yield f"{key}:"
            yield from (" " * step + line for line in lines(value, step))
        case _:
            yield f"{key}: {_in_braces(value)}"


def _in_braces(value: Value) -> str:
    match value:
        case None:
            return "null"
        case str():
            return scalar(value, in_braces=True)
        case int():
            return str(value)
        case Mapping():
            return braces(value)
        case _:
            return f"[{', '.join(scalar(row, in_braces=True) for row in value)}]"
