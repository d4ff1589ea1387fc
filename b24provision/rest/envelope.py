"""Takes a batch's answer apart: which command came out how.

Pure. Each of the five parts of the envelope is a PHP array, which arrives as a JSON list when its keys
happen to be 0, 1, 2…, as an object otherwise, as `[]` when empty, or not at all; whatever the
commands were sent as, and each part for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from b24provision.errors import ApiError
from b24provision.rest.answers import mapping, read_error, whole
from b24provision.rest.calls import Call, Commands
from b24provision.rest.result import AjaxResult, Query, Result

NO_ANSWER = "NO_ANSWER"
"""The code of an error that stands for a command the portal said nothing about."""


class _Missing:
    """Stands for a key that is not there; None is a payload."""


_MISSING = _Missing()
_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
        found, error = envelope.result.get(key, _MISSING), _error(envelope, key, call, status, secrets)
        halted = halted or (halt and error is not None)
        if found is _MISSING and error is None:
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
                total=whole(envelope.result_total.get(key)),
                next=whole(envelope.result_next.get(key)),
                time=mapping(envelope.result_time.get(key)),
            ),
        )


def shape(commands: Commands, outcomes: Sequence[tuple[str, AjaxResult]], *, as_rows: bool) -> Result:
    """Put outcomes into the form the calls had: rows as they are, or payloads of the good ones."""
    errors = {key: row.error for key, row in outcomes if row.error is not None}
    chosen = [(key, row if as_rows else row.data) for key, row in outcomes if as_rows or row.is_success]
    data: Any = dict(chosen) if commands.named else [value for _, value in chosen]
    return Result(data, errors)


def _by_key(part: Any) -> Mapping[str, Any]:
    """Give what stands under each key. The keys of a list are its positions, in their shortest form only."""
    if isinstance(part, list):
        return dict(zip(map(str, range(len(part))), part, strict=True))
    return mapping(part) or _NOTHING


def _error(envelope: Envelope, key: str, call: Call, status: int, secrets: Sequence[str]) -> ApiError | None:
    if key not in envelope.result_error:
        return None
    return read_error(envelope.result_error[key], method=call.method, status=status, secrets=secrets)


def _unanswered(call: Call, status: int) -> ApiError:
    text = "The portal answered the batch, but said nothing about this command."
    return ApiError(NO_ANSWER, text, method=call.method, status=status)
