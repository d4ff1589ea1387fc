"""Carries out the steps of exchanges with one portal: sends, waits, renews, moves.

It owns what all requests to that portal share: the address, the bucket, the operating budget, the token,
the counters. What to do next is decided in `exchange`.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from b24provision.errors import InputError
from b24provision.rest.answers import mapping, number
from b24provision.rest.bucket import Bucket
from b24provision.rest.calls import Call
from b24provision.rest.endpoint import host, may_move, normalise
from b24provision.rest.envelope import Envelope
from b24provision.rest.exchange import Exchange
from b24provision.rest.operating import Needs, OperatingBudget, Wait
from b24provision.rest.renewal import Renewal
from b24provision.rest.settings import Settings
from b24provision.rest.stats import Stats, Tally
from b24provision.rest.steps import (
    Admit,
    Answer,
    Busy,
    Exhausted,
    Grant,
    Move,
    Pause,
    Question,
    Renew,
    Send,
    Step,
)
from b24provision.rest.tokens import Token, TokenSource
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport

TOLD_ABOVE_S = 2.0
"""Shorter waits are not worth a word. They count in `Stats` all the same."""

_log = logging.getLogger("b24provision.rest")


class Driver:
    """One portal, as this client sees it."""

    def __init__(
        self, endpoint: str | None, auth: TokenSource | None, transport: Transport, settings: Settings
    ) -> None:
        self._endpoint = normalise(endpoint) if endpoint else None
        self._renewal = Renewal(auth, settings.wall_clock) if auth else None
        self._transport = transport
        self._settings = settings
        self._bucket = Bucket(settings.limits, settings.clock())
        self._queue = asyncio.Lock()  # lets waiters through in the order they came
        self._budget = OperatingBudget(settings.limits)
        self._tally = Tally()

    @property
    def endpoint(self) -> str:
        """Where the portal is; empty while only the token knows."""
        return self._endpoint or ""

    def stats(self) -> Stats:
        """Read the counters."""
        tally = self._tally
        return Stats(
            requests=tally.requests,
            retries=tally.retries,
            renewals=self._renewal.count if self._renewal else 0,
            moves=tally.moves,
            waits=tally.waits,
            waited_s=tally.waited_s,
            methods=tally.methods(),
            bucket_level=self._bucket.level(self._settings.clock()),
            bucket_capacity=self._bucket.capacity,
            operating=self._budget.used(self._settings.wall_clock()),
        )

    async def ask(self, question: Question) -> Answer:
        """Bring a question to its answer; raises what `Exchange.run` raises."""
        settings = self._settings
        steps = Exchange(
            question,
            retry=settings.retry,
            jitter=settings.jitter,
            patience_s=settings.limits.patience_s,
            read_timeout_s=settings.read_timeout_s,
            write_timeout_s=settings.write_timeout_s,
            version=settings.version,
        ).run()
        outcome: Any = None
        try:
            while True:
                outcome = await self._carry_out(steps.send(outcome), question)
        except StopIteration as done:
            answer: Answer = done.value
        finally:
            self._budget.release(id(question))
        self._bucket.succeeded(settings.clock())
        self._account(question, answer)
        return answer

    def expected_wait(self, calls: Sequence[Call]) -> Wait:
        """Tell how long these calls, sent now as one request, would wait for operating time."""
        method = calls[0].method if len(calls) == 1 else "batch"
        return self._budget.wait(self._needs(method, calls), self._settings.wall_clock())

    async def aclose(self) -> None:
        """Finish a renewal that is under way, then let go of the connections."""
        if self._renewal:
            await self._renewal.aclose()
        await self._transport.aclose()

    async def _carry_out(self, step: Step, question: Question) -> Any:
        outcome: Any = None
        match step:
            case Admit():
                outcome = await self._admit(question)
            case Send(request):
                outcome = await self._send(request, question)
            case Pause(seconds, reason):
                self._tally.retries += 1
                await self._wait(seconds, reason)
            case Busy():
                outcome = self._bucket.refused(self._settings.clock())
            case Exhausted():
                outcome = self._budget.refused([question.method], self._settings.wall_clock())
            case Renew(spent):
                outcome = await self._renew(spent)
            case Move(endpoint):
                self._move(endpoint)
            case _:
                assert_never(step)
        return outcome

    async def _admit(self, question: Question) -> Grant:
        await self._wait_for_operating_time(question)
        async with self._queue:
            while (wait_s := self._bucket.wait_s(self._settings.clock())) > 0:
                await self._wait(wait_s, "the rate limit")
            self._bucket.take(self._settings.clock())
        return await self._grant()

    async def _wait_for_operating_time(self, question: Question) -> None:
        """Wait until there is room for what the question needs, set that aside, and slow down near a limit."""
        budget, clock = self._budget, self._settings.wall_clock
        budget.release(id(question))
        needs = self._needs(question.method, question.calls)
        while (wait := budget.wait(needs, clock())).seconds > 0:
            await self._wait(wait.seconds, wait.reason)
        budget.reserve(id(question), needs, clock())
        if (wait := budget.slow(needs, clock())).seconds > 0:
            await self._wait(wait.seconds, wait.reason)

    def _needs(self, method: str, calls: Sequence[Call]) -> Needs:
        """Expect of each method of a request what it has taken so far."""
        if self._settings.limits.operating_limit_s is None:
            return {}
        counts = Counter(call.method for call in calls)
        needs = {name.lower(): count * self._tally.mean_s(name) for name, count in counts.items()}
        return {**needs, "batch": sum(needs.values())} if method == "batch" else needs

    async def _grant(self) -> Grant:
        token = await self._renewal.current() if self._renewal else None
        if self._endpoint is None and token is not None and token.endpoint:
            self._endpoint = normalise(token.endpoint)
        if self._endpoint is None:
            raise InputError(
                "Neither the client nor its token knows the portal's address: give the endpoint."
            )
        return Grant(self._endpoint, token)

    async def _send(self, request: HttpRequest, question: Question) -> HttpResponse | SendFailed:
        clock, began = self._settings.clock, self._settings.clock()
        self._tally.requests += 1
        outcome: HttpResponse | SendFailed
        try:
            outcome = await self._transport.send(request)
        except SendFailed as failure:
            outcome = failure
        if _log.isEnabledFor(logging.DEBUG):
            self._tell(request, outcome, question, clock() - began)
        return outcome

    def _tell(
        self, request: HttpRequest, outcome: HttpResponse | SendFailed, question: Question, seconds: float
    ) -> None:
        _log.debug(
            "%s commands=%d %s seconds=%.3f host=%s request=%s",
            question.method,
            len(question.calls),
            f"status={outcome.status}" if isinstance(outcome, HttpResponse) else f"failed={outcome}",
            seconds,
            host(request.url),
            question.request_id,
        )

    async def _wait(self, seconds: float, reason: str) -> None:
        self._tally.waited(seconds)
        if self._settings.on_wait and seconds > TOLD_ABOVE_S:
            self._settings.on_wait(seconds, reason)
        await self._settings.sleep(seconds)

    async def _renew(self, spent: Token) -> bool:
        if self._renewal is None:
            return False
        renewed = await self._renewal.replace(spent)
        fresh = await self._renewal.current()
        if fresh.endpoint and may_move(self.endpoint, fresh.endpoint):
            self._move(fresh.endpoint)
        return renewed

    def _move(self, endpoint: str) -> None:
        endpoint = normalise(endpoint)
        if endpoint == self._endpoint:
            return
        self._endpoint = endpoint
        self._tally.moves += 1
        if self._settings.on_moved:
            self._settings.on_moved(endpoint)

    def _account(self, question: Question, answer: Answer) -> None:
        """Learn from an answer what it cost."""
        now = self._settings.wall_clock()
        time = mapping(answer.body.get("time")) or {}
        seconds, ahead_s = number(time.get("duration")) or 0.0, _ahead_s(time, now)
        self._budget.ran(question.method, {int(now): seconds})
        self._budget.note(question.method, time, now, ahead_s)
        if not question.keys:
            self._tally.ran(question.method, seconds)
            return
        envelope = Envelope.of(answer.body.get("result"))
        self._account_commands(question, envelope, now, ahead_s)
        if envelope.result_error:
            self._note_refusals(question, envelope)

    def _account_commands(self, question: Question, envelope: Envelope, now: float, ahead_s: float) -> None:
        last: dict[str, Mapping[str, Any]] = {}
        spent: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for key, call in zip(question.keys, question.calls, strict=True):
            own = mapping(envelope.result_time.get(key))
            if own is not None:
                last[call.method] = own
                seconds = number(own.get("duration")) or 0.0
                second = int((number(own.get("finish")) or now + ahead_s) - ahead_s)
                self._tally.ran(call.method, seconds)
                by_second = spent[call.method]
                by_second[second] = by_second.get(second, 0.0) + seconds
        for method, own in last.items():
            self._budget.ran(method, spent[method])
            self._budget.note(method, own, now, ahead_s)

    def _note_refusals(self, question: Question, envelope: Envelope) -> None:
        errors = envelope.result_error
        commands = zip(question.keys, question.calls, strict=True)
        limited = [call.method for key, call in commands if _is_time_limit(errors.get(key))]
        self._budget.refused(limited, self._settings.wall_clock())


def _ahead_s(time: Mapping[str, Any], now: float) -> float:
    """Give how far the portal's clock is ahead of ours, by when it says that it had finished what has just come."""
    finish = number(time.get("finish"))
    return finish - now if finish else 0.0


def _is_time_limit(error: Any) -> bool:
    return isinstance(error, dict) and error.get("error") == "OPERATION_TIME_LIMIT"
