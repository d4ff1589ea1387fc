"""One REST command, and the three forms in which a batch of them may be written down.

Pure. It knows what a call looks like, and guesses from a method's name whether it only reads; it
knows nothing else of any method.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias

from b24provision.errors import InputError
from b24provision.rest.redaction import redact

NO_PARAMS: Mapping[str, Any] = MappingProxyType({})

MAX_COMMANDS = 50
"""Commands in one batch. Source: api-reference/batch (`ERROR_BATCH_LENGTH_EXCEEDED` from 51 on)."""

_METHOD = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_READING_ENDS = frozenset({"get", "list", "fields", "getlist", "getfields"})
_READING_METHODS = frozenset(
    {"profile", "app.info", "scope", "methods", "events", "server.time", "user.current", "user.search"}
)


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """A REST method and its parameters.

    `reads` overrides the guess from the method's name whether the call only reads, which decides
    whether it may be repeated after its answer was lost; None leaves it to the guess.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=lambda: NO_PARAMS)
    reads: bool | None = None

    @property
    def only_reads(self) -> bool:
        """Whether repeating this call can do no harm."""
        return guess_reads(self.method, self.params) if self.reads is None else self.reads

    def __repr__(self) -> str:
        return f"Call({self.method!r}, {redact(self.params)!r})"


def guess_reads(method: str, params: Mapping[str, Any]) -> bool:
    """Guess from its name whether a method only reads. Where unsure, the answer is no.

    `entity.rights` reads rights, and replaces them when given any (`ACCESS`).
    Source: api-reference/entity/entities/entity-rights.
    """
    name = method.lower()
    if name == "entity.rights":
        return all(str(key).upper() == "ENTITY" for key in params)
    return name in _READING_METHODS or ("." in name and name.rsplit(".", 1)[1] in _READING_ENDS)


Row: TypeAlias = Call | tuple[Any, ...] | Mapping[str, Any]
"""`Call`, `("method",)`, `("method", params)` or `{"method": …, "params": …}`."""

Rows: TypeAlias = Sequence[Row] | Mapping[str, Row]
"""What a batch may be given as: a list of rows, or names and their rows."""


@dataclass(frozen=True, slots=True)
class Commands:
    """A batch as the portal will see it: `keys[i]` is the key of `calls[i]`.

    The keys of a list are the positions as text, which is what the portal makes of them.
    """

    keys: tuple[str, ...]
    calls: tuple[Call, ...]
    named: bool

    def __len__(self) -> int:
        return len(self.calls)

    def __iter__(self) -> Iterator[tuple[str, Call]]:
        return iter(zip(self.keys, self.calls, strict=True))


def read_call(method: str, params: Mapping[str, Any] | None, reads: bool | None = None) -> Call:
    """Make the `Call` of a method and its parameters, or raise InputError."""
    try:
        return _call(method, params, reads)
    except InputError as wrong:
        which = f"The call of {method!r}" if isinstance(method, str) else "The call"
        raise InputError(f"{which} {wrong}") from None


def read_commands(rows: Rows, *, at_most: int | None = MAX_COMMANDS) -> Commands:
    """Turn any of the forms of a batch into `Commands`.

    Raises InputError for an empty batch, one of more than `at_most` commands, and a row of another
    shape; the message names the row and its keys, never its values.
    """
    given: object = rows
    match given:
        case Mapping():
            commands = _named(given)
        case list() | tuple():
            calls = tuple([_row(position, row) for position, row in enumerate(given)])
            commands = Commands(tuple(map(str, range(len(calls)))), calls, named=False)
        case _:
            kind = type(given).__name__
            raise InputError(f"A batch is a list of calls or a mapping of names to calls, not a {kind}.")
    if not commands.calls:
        raise InputError("The batch is empty: give it at least one call.")
    if at_most is not None and len(commands) > at_most:
        message = f"The batch has {len(commands)} commands, the portal takes {at_most}: use batch_by_chunk."
        raise InputError(message)
    return commands


def _named(rows: Mapping[Any, Any]) -> Commands:
    for name in rows:
        if not isinstance(name, str):
            message = f"The name of a command is a text, not a {type(name).__name__}."
            raise InputError(message)
    calls = tuple([_row(name, row) for name, row in rows.items()])
    return Commands(tuple(rows), calls, named=True)


def _row(key: str | int, row: Any) -> Call:
    try:
        match row:
            case tuple() | list() if 1 <= len(row) <= 2:
                return _call(*row)
            case Call():
                return _call(row.method, row.params, row.reads)
            case Mapping():
                return _mapping_row(row)
            case _:
                _refuse(row)
    except InputError as wrong:
        raise InputError(f"Row {key!r} {wrong}") from None


def _refuse(row: Any) -> NoReturn:
    if isinstance(row, tuple | list):
        raise InputError(f'has {len(row)} elements; a call is ("method",) or ("method", params).')
    raise InputError(f'is a {type(row).__name__}; a call is ("method", params) or a mapping of these.')


def _mapping_row(row: Mapping[Any, Any]) -> Call:
    if "method" not in row or row.keys() - {"method", "params"}:
        keys = ", ".join(str(key) for key in row) or "none"
        raise InputError(f'has the keys: {keys}. A call has "method" and, if any, "params".')
    return _call(row["method"], row.get("params"))


def _call(method: Any, params: Any = None, reads: bool | None = None) -> Call:
    if not isinstance(method, str) or not _is_method(method):
        raise InputError("does not name a REST method: it is a name such as entity.item.get.")
    if params is None:
        params = NO_PARAMS
    if not isinstance(params, dict | Mapping):
        raise InputError(f"({method}) has params that are a {type(params).__name__}, not a mapping.")
    return Call(method, params, reads)


@lru_cache(maxsize=1024)  # the same methods come again and again
def _is_method(name: str) -> bool:
    return _METHOD.fullmatch(name) is not None
