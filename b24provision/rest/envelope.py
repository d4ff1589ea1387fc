"""Takes a batch's answer apart: which command came out how.

Pure. Each of the five parts of the envelope is a PHP array, which arrives as a JSON list when its keys
happen to be 0, 1, 2…, as an object otherwise, as `[]` when empty, or not at all; whatever the
commands were sent as, and each part for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from b24provision.errors import ApiError
from b24provision.rest.answers import mapping, read_error, whole
from b24provision.rest.calls import MAX_COMMANDS, Commands
from b24provision.rest.result import AjaxResult, Query, Result

NO_ANSWER = "NO_ANSWER"
"""The code of an error that stands for a command the portal said nothing about."""

_SAID_NOTHING = "The portal answered the batch, but said nothing about this command."


class Outcome(NamedTuple):
    """What came of one command: a payload, or the AjaxResult that holds it, and the error if it failed."""

    key: str
    value: Any
    error: ApiError | None


class _Missing:
    """Stands for a key that is not there; None is a payload."""


_MISSING = _Missing()
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_POSITIONS = tuple(map(str, range(MAX_COMMANDS)))


@dataclass(frozen=True, slots=True)
class Envelope:
    """The five parts of a batch's `result`, each by the commands' keys."""

    result: Mapping[str, Any]
    result_error: Mapping[str, Any]
    result_total: Mapping[str, Any]
    result_next: Mapping[str, Any]
    result_time: Mapping[str, Any]

    @classmethod
    def of(cls, payload: Any) -> "Envelope":
        """Read the `result` of a batch's answer; parts that are not there are empty."""
        parts = mapping(payload) or {}
        return cls(*(_by_key(parts.get(name)) for name in cls.__slots__))

    def row(self, key: str, query: Query, data: Any, error: ApiError | None, status: int) -> AjaxResult:
        """Put together all that is known of one command."""
        return AjaxResult(
            query=query,
            status=status,
            data=data,
            error=error,
            total=whole(self.result_total.get(key)),
            next=whole(self.result_next.get(key)),
            time=mapping(self.result_time.get(key)),
        )


def outcomes(
    commands: Commands,
    payload: Any,
    *,
    halt: bool,
    as_rows: bool,
    request_id: str,
    status: int,
    secrets: Sequence[str] = (),
) -> list[Outcome]:
    """Say of each command that ran, or should have, what came of it, in the order of the commands.

    After a failure with `halt`, commands without an answer did not run and are left out. Any other
    command without an answer has the error NO_ANSWER: nobody knows whether it was done.
    """
    envelope = Envelope.of(payload)
    found: list[Outcome] = []
    halted = False
    for key, call in commands:
        data, error = envelope.result.get(key, _MISSING), None
        if key in envelope.result_error:
            entry = envelope.result_error[key]
            error = read_error(entry, method=call.method, status=status, secrets=secrets)
            halted = halt
        elif data is _MISSING:
            if halted:
                continue
            error = ApiError(NO_ANSWER, _SAID_NOTHING, method=call.method, status=status)
        value = None if error is not None else data
        if as_rows:
            value = envelope.row(key, Query(call.method, call.params, request_id), value, error, status)
        found.append(Outcome(key, value, error))
    return found


def shape(commands: Commands, outcomes: Sequence[Outcome], *, as_rows: bool) -> Result:
    """Put outcomes into the form the calls had: all rows, or the payloads of the good ones."""
    errors = {row.key: row.error for row in outcomes if row.error is not None}
    chosen = [row for row in outcomes if as_rows or row.error is None]
    data: Any = {row.key: row.value for row in chosen} if commands.named else [row.value for row in chosen]
    return Result(data, errors)


def _by_key(part: Any) -> Mapping[str, Any]:
    """Give what stands under each key. The keys of a list are its positions, in their shortest form only."""
    if isinstance(part, list):
        return dict(zip(_POSITIONS, part, strict=False))  # no batch asks for further ones
    return mapping(part) or _NOTHING
