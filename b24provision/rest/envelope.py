"""Takes a batch's answer apart: which command came out how.

Pure. Each of the five parts of the envelope is a PHP array, which arrives as a JSON list when its keys
happen to be 0, 1, 2…, as an object otherwise, as `[]` when empty, or not at all; whatever the
commands were sent as, and each part for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b24provision.errors import ApiError
from b24provision.rest.answers import mapping, read_error, whole
from b24provision.rest.calls import Call, Commands
from b24provision.rest.result import AjaxResult, Query, Result

NO_ANSWER = "NO_ANSWER"
"""The code of an error that stands for a command the portal said nothing about."""


class _Missing:
    """Stands for a key that is not there; None is a payload."""


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The five parts of a batch's `result`, as they came."""

    result: Any = None
    result_error: Any = None
    result_total: Any = None
    result_next: Any = None
    result_time: Any = None

    @classmethod
    def of(cls, payload: Any) -> "Envelope":
        """Read the `result` of a batch's answer; parts that are not there are empty."""
        parts = mapping(payload) or {}
        return cls(*(parts.get(name) for name in cls.__slots__))


def entry(part: Any, key: str) -> Any:
    """Find what stands under a command's key in one part of the envelope, or MISSING."""
    if isinstance(part, Mapping):
        return part.get(key, MISSING)
    if isinstance(part, Sequence) and not isinstance(part, str | bytes):
        position = _position(key)
        return part[position] if position is not None and position < len(part) else MISSING
    return MISSING


def rows(
    commands: Commands, payload: Any, *, halt: bool, request_id: str, status: int, secrets: Sequence[str] = ()
) -> Iterator[tuple[str, AjaxResult]]:
    """Give each command that ran, or should have, with its outcome, in the order of the commands.

    After a failure with `halt`, commands without an answer did not run and are left out. Any other
    command without an answer has the error NO_ANSWER: nobody knows whether it was done.
    """
    envelope = Envelope.of(payload)
    halted = False
    for key, call in commands:
        found, error = entry(envelope.result, key), _error(envelope, key, call, status, secrets)
        halted = halted or (halt and error is not None)
        if found is MISSING and error is None:
            if halted:
                continue
            error = _unanswered(call, status)
        yield (
            key,
            AjaxResult(
                query=Query(call.method, call.params, request_id),
                status=status,
                data=found if error is None else None,
                error=error,
                total=whole(entry(envelope.result_total, key)),
                next=whole(entry(envelope.result_next, key)),
                time=mapping(entry(envelope.result_time, key)),
            ),
        )


def shape(commands: Commands, outcomes: Sequence[tuple[str, AjaxResult]], *, as_rows: bool) -> Result:
    """Put outcomes into the form the calls had: rows as they are, or payloads of the good ones."""
    errors = {key: row.error for key, row in outcomes if row.error is not None}
    chosen = [(key, row if as_rows else row.data) for key, row in outcomes if as_rows or row.is_success]
    data: Any = dict(chosen) if commands.named else [value for _, value in chosen]
    return Result(data, errors)


def timings(commands: Commands, payload: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the method and the portal's account of time of each command that has one."""
    envelope = Envelope.of(payload)
    for key, call in commands:
        time = mapping(entry(envelope.result_time, key))
        if time is not None:
            yield call.method, time


def _error(envelope: Envelope, key: str, call: Call, status: int, secrets: Sequence[str]) -> ApiError | None:
    found = entry(envelope.result_error, key)
    if found is MISSING:
        return None
    return read_error(found, method=call.method, status=status, secrets=secrets)


def _unanswered(call: Call, status: int) -> ApiError:
    text = "The portal answered the batch, but said nothing about this command."
    return ApiError(NO_ANSWER, text, method=call.method, status=status)


def _position(key: str) -> int | None:
    """PHP takes a key for a position only in its shortest form: `1`, not `01`."""
    short = len(key) < 10 and key.isascii() and key.isdigit()
    return int(key) if short and str(int(key)) == key else None
