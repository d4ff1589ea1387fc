"""The logic of one request, from question to answer, as a generator without any IO.

It yields steps and is sent what came of them: `Admit` → `Grant`, `Send` → `HttpResponse` or `SendFailed`,
`Busy` and `Exhausted` → seconds, `Renew` → bool, `Pause` and `Move` → None. Whoever carries the steps out,
over a network or in a test, decides nothing. The rules it holds:

- what the portal has provably not done is sent again, after a wait; so is whatever only reads;
- a write whose answer was lost is never sent again;
- a spent token is renewed once; a portal that has moved is followed three times.
"""

from collections.abc import Callable, Generator
from typing import Any, assert_never

from b24provision.errors import (
    ApiError,
    OutcomeUnknownError,
    UnexpectedAnswerError,
    UnreachableError,
)
from b24provision.rest.encode import body
from b24provision.rest.endpoint import host, method_url, moved
from b24provision.rest.redaction import redact_text
from b24provision.rest.retry import Retry
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
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed
from b24provision.rest.verdict import (
    Kind,
    Redirected,
    Refused,
    Success,
    Unusable,
    auth_error,
    judge,
)

MAX_MOVES = 3
_MAX_REPEATS = 5  # with tokens others have renewed meanwhile


class Exchange:
    """One question on its way to its answer. `jitter` gives numbers from 0 to 1."""

    def __init__(
        self,
        question: Question,
        *,
        retry: Retry,
        jitter: Callable[[], float],
        patience_s: float,
        read_timeout_s: float,
        write_timeout_s: float,
        version: str,
    ) -> None:
        self._question = question
        self._retry = retry
        self._jitter = jitter
        self._patience_s = patience_s if question.patience_s is None else question.patience_s
        self._timeout_s = read_timeout_s if question.only_reads else write_timeout_s
        self._version = version
        self._failures = 0
        self._moves = 0
        self._repeats = 0
        self._renewed = False

    def run(self) -> Generator[Step, Any, Answer]:
        """Ask until there is an answer.

        Raises UnreachableError, AuthError, UnexpectedAnswerError, OutcomeUnknownError.
        """
        while True:
            grant: Grant = yield Admit()
            outcome: HttpResponse | SendFailed = yield Send(self._request(grant))
            if isinstance(outcome, SendFailed):
                yield from self._after_no_answer(grant, outcome)
                continue
            answer = yield from self._after_answer(grant, outcome)
            if answer is not None:
                return answer

    def _request(self, grant: Grant) -> HttpRequest:
        payload = dict(self._question.payload)
        if grant.token is not None:
            payload["auth"] = grant.token.access_token
        return HttpRequest(
            "POST",
            self._url(grant),
            {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": f"b24provision/{self._version}",
            },
            body(payload),
            self._timeout_s,
        )

    def _url(self, grant: Grant) -> str:
        question = self._question
        return method_url(
            grant.endpoint, question.method, request_id=question.request_id, version=self._version
        )

    def _after_no_answer(self, grant: Grant, failure: SendFailed) -> Generator[Step, Any, None]:
        if failure.sent and not self._question.only_reads:
            raise self._unknown(str(failure)) from failure
        if not (yield from self._again(0.0, str(failure))):
            tried = f"{self._failures} attempts" if self._failures > 1 else "one attempt"
            raise UnreachableError(
                f"{host(grant.endpoint)} gave no answer in {tried}: {failure}. Check the address, the network and "
                "the proxy."
            ) from failure

    def _after_answer(self, grant: Grant, response: HttpResponse) -> Generator[Step, Any, Answer | None]:
        verdict = judge(response, method=self._question.method, secrets=grant.secrets)
        match verdict:
            case Success(content):
                return Answer(response.status, content, secrets=grant.secrets)
            case Redirected():
                yield from self._after_redirect(grant, verdict)
                return None
            case Unusable():
                yield from self._after_unusable(verdict)
                return None
            case Refused():
                return (yield from self._after_refusal(grant, verdict))
            case _:
                assert_never(verdict)

    def _after_refusal(self, grant: Grant, refused: Refused) -> Generator[Step, Any, Answer | None]:
        error, again = refused.error, False
        match refused.kind:
            case Kind.AUTH:
                raise auth_error(error, webhook=grant.token is None)
            case Kind.TOKEN:
                yield from self._renew(grant, error)
                return None
            case Kind.BUSY:
                room_s: float = yield Busy()
                again = yield from self._again(max(room_s, refused.retry_after_s), "the portal's rate limit")
            case Kind.OPERATING:
                reset_s: float = yield Exhausted()
                again = yield from self._again(
                    max(reset_s, refused.retry_after_s), f"the operating time of {self._question.method}"
                )
            case Kind.SERVER:
                if not self._question.only_reads:
                    raise self._unknown(str(error)) from error
                again = yield from self._again(refused.retry_after_s, f"HTTP {error.status}")
            case Kind.FINAL:
                again = False
            case _:
                assert_never(refused.kind)
        return None if again else Answer(error.status, {}, error)

    def _after_unusable(self, verdict: Unusable) -> Generator[Step, Any, None]:
        error = verdict.error
        refused_unread = 300 <= error.status < 500
        if not refused_unread and not self._question.only_reads:
            raise self._unknown(str(error)) from error
        worth_it = error.status == 429 or error.status >= 500 or verdict.broke_off
        reason = "an answer that broke off" if verdict.broke_off else f"HTTP {error.status}"
        if not worth_it or not (yield from self._again(verdict.retry_after_s, reason)):
            raise error

    def _after_redirect(self, grant: Grant, redirected: Redirected) -> Generator[Step, Any, None]:
        endpoint = moved(grant.endpoint, self._url(grant), redirected.location)
        self._moves += 1
        if endpoint is None or self._moves > MAX_MOVES:
            raise self._not_followed(grant, redirected, too_many=endpoint is not None) from redirected.error
        yield Move(endpoint)

    def _not_followed(self, grant: Grant, redirected: Redirected, *, too_many: bool) -> UnexpectedAnswerError:
        location = redact_text(redirected.location, grant.secrets)[:200]
        why = f"the {self._moves}th in a row" if too_many else "which is no change of the portal's address"
        return UnexpectedAnswerError(
            f"The portal redirects to {location!r}, {why}. Nothing was sent there. Check the endpoint.",
            status=redirected.error.status,
            content_type=redirected.error.content_type,
            excerpt=redirected.error.excerpt,
        )

    def _renew(self, grant: Grant, error: ApiError) -> Generator[Step, Any, None]:
        self._repeats += 1
        if grant.token is None or self._renewed or self._repeats > _MAX_REPEATS:
            raise auth_error(error, webhook=grant.token is None)
        self._renewed = yield Renew(grant.token)

    def _again(self, least_s: float, reason: str) -> Generator[Step, Any, bool]:
        """Wait before another attempt; False when there is none left, or the wait would be too long."""
        self._failures += 1
        if self._failures >= self._retry.attempts or least_s > self._patience_s:
            return False
        yield Pause(max(self._retry.delay_s(self._failures, self._jitter()), least_s), reason)
        return True

    def _unknown(self, why: str) -> OutcomeUnknownError:
        many = f"{len(self._question.calls)} calls" if len(self._question.calls) > 1 else "call"
        return OutcomeUnknownError(
            f"The {many} reached the portal, but no usable answer came back ({why.rstrip('.')}): it may have been "
            "done or not. Look at the portal before sending it again.",
            self._question.calls,
        )
