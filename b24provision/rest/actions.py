"""One call, one batch, and a batch of any length: what a client is used for.

Each action reads its calls, asks one question or several, and gives the answers the shape the calls had.
How a question gets its answer is none of its business.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from b24provision.errors import InputError
from b24provision.rest.answers import mapping, whole
from b24provision.rest.calls import MAX_COMMANDS, Call, Commands, Row, Rows, read_call, read_commands
from b24provision.rest.encode import command, plain
from b24provision.rest.envelope import Outcome, outcomes, shape
from b24provision.rest.result import AjaxResult, Query, Result
from b24provision.rest.steps import Answer, Question

Ask: TypeAlias = Callable[[Question], Awaitable[Answer]]
NewId: TypeAlias = Callable[[], str]


class CallAction:
    """`client.call`: one method, in a request of its own."""

    def __init__(self, ask: Ask, new_id: NewId) -> None:
        self._ask = ask
        self._new_id = new_id

    async def make(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        request_id: str | None = None,
        reads: bool | None = None,
        patience_s: float | None = None,
    ) -> AjaxResult:
        """Call a method; a call that the portal refuses gives a row with its `error`.

        `reads` says whether the call only reads, where its name does not tell. A call refused for operating time
        waits for a reset at most `patience_s` away; None leaves that to the client's limits. Raises InputError for what
        cannot be sent, UnreachableError, AuthError, UnexpectedAnswerError, and OutcomeUnknownError when the
        answer to a write was lost.
        """
        call = read_call(method, params, reads)
        # A copy, so that nobody can change what is sent again.
        call = Call(call.method, plain(call.params, call.method), call.reads)
        question = Question(call.method, call.params, (call,), (), request_id or self._new_id(), patience_s)
        answer = await self._ask(question)
        return AjaxResult(
            query=Query(call.method, call.params, question.request_id),
            status=answer.status,
            data=answer.body.get("result"),
            error=answer.error,
            total=whole(answer.body.get("total")),
            next=whole(answer.body.get("next")),
            time=mapping(answer.body.get("time")),
        )


class BatchAction:
    """`client.batch`: up to 50 calls in one request, run one after another."""

    def __init__(self, ask: Ask, new_id: NewId) -> None:
        self._ask = ask
        self._new_id = new_id

    async def make(
        self,
        calls: Rows,
        *,
        is_halt_on_error: bool = True,
        return_ajax_result: bool = False,
        request_id: str | None = None,
        patience_s: float | None = None,
    ) -> Result:
        """Run calls, given as a list of rows or as a mapping of names to rows.

        A row is `("method", params)`, `{"method": …, "params": …}` or a `Call`. A list gives a list, a mapping a dict,
        of payloads of the calls that went well, or with `return_ajax_result` of one AjaxResult for each that
        ran. Failed calls are in `errors`. With `is_halt_on_error` the portal stops at the first.

        A later call may take values from earlier ones: texts such as `$result[name][field]` are replaced by
        the portal. `fits_batch` tells whether a text that is meant literally survives. `patience_s` is as for
        `call.make`.

        Raises what `call.make` raises, and ApiError when the portal refuses the batch as a whole.
        Source: api-reference/batch.
        """
        commands = read_commands(calls)
        found = await self.run(
            commands,
            _lines(commands),
            halt=is_halt_on_error,
            as_rows=return_ajax_result,
            request_id=request_id,
            patience_s=patience_s,
        )
        return shape(commands, found, as_rows=return_ajax_result)

    async def run(
        self,
        commands: Commands,
        lines: Sequence[str],
        *,
        halt: bool,
        as_rows: bool,
        request_id: str | None,
        patience_s: float | None = None,
    ) -> list[Outcome]:
        """Run commands, each encoded as a line; gives what came of those that ran."""
        cmd = dict(zip(commands.keys, lines, strict=True)) if commands.named else lines
        payload = {"halt": int(halt), "cmd": cmd}
        name = request_id or self._new_id()
        question = Question("batch", payload, commands.calls, commands.keys, name, patience_s)
        answer = await self._ask(question)
        if answer.error is not None:
            raise answer.error
        return outcomes(
            commands,
            answer.body.get("result"),
            halt=halt,
            as_rows=as_rows,
            request_id=question.request_id,
            status=answer.status,
            secrets=answer.secrets,
        )


class BatchByChunkAction:
    """`client.batch_by_chunk`: any number of calls, fifty to a request."""

    def __init__(self, batch: BatchAction) -> None:
        self._batch = batch

    async def make(
        self,
        calls: Sequence[Row],
        *,
        is_halt_on_error: bool = True,
        return_ajax_result: bool = False,
        request_id: str | None = None,
    ) -> Result:
        """Run a list of calls; halting stops the following requests too.

        Keys of errors count through all requests. References reach no further than their own request of
        fifty. When a request fails as a whole, what was done before it is lost to the caller: use
        `batch` where that matters. Raises what `batch.make` raises.
        """
        commands = read_commands(calls, at_most=None)
        if commands.named:
            raise InputError("batch_by_chunk takes a list of calls: names are for batch, of at most 50.")
        lines = _lines(commands)
        found: list[Outcome] = []
        for first in range(0, len(commands), MAX_COMMANDS):
            chunk = commands.calls[first : first + MAX_COMMANDS]
            keys = tuple(str(position) for position in range(len(chunk)))
            answered = await self._batch.run(
                Commands(keys, chunk, named=False),
                lines[first : first + MAX_COMMANDS],
                halt=is_halt_on_error,
                as_rows=return_ajax_result,
                request_id=request_id,
            )
            found += [row._replace(key=str(first + int(row.key))) for row in answered]
            if is_halt_on_error and any(row.error is not None for row in answered):
                break
        return shape(commands, found, as_rows=return_ajax_result)


def _lines(commands: Commands) -> list[str]:
    """Encode all commands, so that nothing is sent of a batch that is wrong."""
    return [_line(commands, key, call) for key, call in commands]


def _line(commands: Commands, key: str, call: Call) -> str:
    try:
        return command(call)
    except InputError as unfit:
        raise InputError(f"{'command' if commands.named else 'row'} {key} {unfit}") from None
