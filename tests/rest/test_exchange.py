"""The table of failures, played through the generator: no socket, no clock, no client."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.errors import (
    ApiError,
    AuthError,
    OutcomeUnknownError,
    UnexpectedAnswerError,
    UnreachableError,
)
from b24provision.rest import Call, HttpResponse, Retry, SendFailed, Token
from b24provision.rest.exchange import Exchange
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
)
from tests.rest.wire import BUSY, EXPIRED, LOST, NOT_SENT, answer, html, moved, ok, refusal

FIRST = Token("tok-1-long")
READ = Call("entity.get", {"ENTITY": "a"})
WRITE = Call("entity.add", {"ENTITY": "a"})
GOOD = ok("fine")

SERVER_ERROR = refusal("INTERNAL_SERVER_ERROR", 500)
OPERATION_LIMIT = refusal("OPERATION_TIME_LIMIT", 429)
TRUNCATED = answer(b'{"result": [1, 2')
NO_RESULT = answer({"time": {}})
LOGIN_PAGE = moved("https://acme.bitrix24.com/auth/?backurl=x")


@dataclass
class Played:
    """What came of an exchange, and the steps on the way."""

    answer: Answer | None = None
    error: Exception | None = None
    steps: list[Any] = field(default_factory=list)

    def of(self, kind: type) -> list[Any]:
        return [step for step in self.steps if isinstance(step, kind)]

    @property
    def sends(self) -> int:
        return len(self.of(Send))

    @property
    def pauses(self) -> list[float]:
        return [round(step.seconds, 6) for step in self.of(Pause)]

    @property
    def outcome(self) -> Any:
        if self.error is not None:
            return type(self.error)
        assert self.answer is not None
        return self.answer.error.code if self.answer.error else "answer"


def play(
    call: Call,
    *replies: HttpResponse | SendFailed | Callable[[Send], HttpResponse],
    token: Token | None = FIRST,
    endpoint: str = "https://acme.bitrix24.com/rest/",
    room_s: float = 0.5,
    reset_s: float = 20.0,
    renewed: bool = True,
    jitter: float = 0.5,
    retry: Retry | None = None,
    batch: bool = False,
) -> Played:
    """Answer each request with the next reply, the last one for ever."""
    question = (
        Question("batch", {"halt": 0, "cmd": ["x?"]}, (call,), ("0",), "id-1")
        if batch
        else Question(call.method, call.params, (call,), (), "id-1")
    )
    exchange = Exchange(
        question,
        retry=retry or Retry(),
        jitter=lambda: jitter,
        patience_s=600,
        read_timeout_s=30,
        write_timeout_s=60,
        version="1",
    ).run()
    played, outcome, script = Played(), None, list(replies)
    try:
        while len(played.steps) < 100:
            step = exchange.send(outcome)
            played.steps.append(step)
            outcome = None
            match step:
                case Admit():
                    outcome = Grant(endpoint, token)
                case Send():
                    reply = script.pop(0) if len(script) > 1 else script[0]
                    outcome = reply(step) if callable(reply) else reply
                case Busy():
                    outcome = room_s
                case Exhausted():
                    outcome = reset_s
                case Renew():
                    token, outcome = Token("tok-2-long"), renewed
                case Move(new):
                    endpoint = new
    except StopIteration as done:
        played.answer = done.value
    except Exception as error:  # noqa: BLE001 - the table names the error it expects
        played.error = error
    assert played.answer or played.error, "the exchange never ended"
    return played


@pytest.mark.parametrize(
    ("reply", "read", "read_sends", "write", "write_sends"),
    [
        (GOOD, "answer", 1, "answer", 1),
        (ok(None), "answer", 1, "answer", 1),
        (NOT_SENT, UnreachableError, 4, UnreachableError, 4),
        (LOST, UnreachableError, 4, OutcomeUnknownError, 1),
        (BUSY, "QUERY_LIMIT_EXCEEDED", 4, "QUERY_LIMIT_EXCEEDED", 4),
        (OPERATION_LIMIT, "OPERATION_TIME_LIMIT", 4, "OPERATION_TIME_LIMIT", 4),
        (refusal("TOO_MANY", 429), "TOO_MANY", 4, "TOO_MANY", 4),
        (html(429), UnexpectedAnswerError, 4, UnexpectedAnswerError, 4),
        (refusal("OVERLOAD_LIMIT", 503), "OVERLOAD_LIMIT", 1, "OVERLOAD_LIMIT", 1),
        (SERVER_ERROR, "INTERNAL_SERVER_ERROR", 4, OutcomeUnknownError, 1),
        (html(502), UnexpectedAnswerError, 4, OutcomeUnknownError, 1),
        (html(503), UnexpectedAnswerError, 4, OutcomeUnknownError, 1),
        (html(504, ""), UnexpectedAnswerError, 4, OutcomeUnknownError, 1),
        (html(200), UnexpectedAnswerError, 1, OutcomeUnknownError, 1),
        (html(200, ""), UnexpectedAnswerError, 4, OutcomeUnknownError, 1),
        (TRUNCATED, UnexpectedAnswerError, 4, OutcomeUnknownError, 1),
        (NO_RESULT, UnexpectedAnswerError, 1, OutcomeUnknownError, 1),
        (answer([1, 2]), UnexpectedAnswerError, 1, OutcomeUnknownError, 1),
        (answer(b"[" * 100_000), UnexpectedAnswerError, 1, OutcomeUnknownError, 1),
        (html(404, ""), UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (html(404), UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (html(413), UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (answer({"result": 1}, 400), UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (html(304), UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (LOGIN_PAGE, UnexpectedAnswerError, 1, UnexpectedAnswerError, 1),
        (refusal("ERROR_CORE"), "ERROR_CORE", 1, "ERROR_CORE", 1),
        (refusal("ACCESS_DENIED", 403), "ACCESS_DENIED", 1, "ACCESS_DENIED", 1),
        (refusal("ERROR_CORE", 200), "ERROR_CORE", 1, "ERROR_CORE", 1),
        (refusal(0), "0", 1, "0", 1),
        (refusal(""), "", 1, "", 1),
        (answer({"error": {"code": "V3", "message": "m"}}, 400), "V3", 1, "V3", 1),
        (EXPIRED, AuthError, 2, AuthError, 2),
        (refusal("invalid_token", 401), AuthError, 2, AuthError, 2),
        (refusal("NO_AUTH_FOUND", 401), AuthError, 1, AuthError, 1),
        (refusal("SOMETHING_NEW", 401), AuthError, 1, AuthError, 1),
        (refusal("insufficient_scope", 403), AuthError, 1, AuthError, 1),
        (refusal("PAYMENT_REQUIRED", 402), AuthError, 1, AuthError, 1),
        (refusal("PORTAL_DELETED", 403), AuthError, 1, AuthError, 1),
        (refusal("invalid_grant", 400), AuthError, 1, AuthError, 1),
        (refusal("invalid_client", 401), AuthError, 1, AuthError, 1),
    ],
)
def test_what_comes_of_an_answer_that_does_not_change(
    reply: Any, read: Any, read_sends: int, write: Any, write_sends: int
):
    for batch in (False, True):
        played = play(READ, reply, batch=batch)
        assert (played.outcome, played.sends) == (read, read_sends)
        played = play(WRITE, reply, batch=batch)
        assert (played.outcome, played.sends) == (write, write_sends)


@pytest.mark.parametrize(
    ("call", "bad"),
    [
        *(
            (READ, bad)
            for bad in (
                NOT_SENT,
                LOST,
                BUSY,
                OPERATION_LIMIT,
                SERVER_ERROR,
                html(502),
                html(429),
                TRUNCATED,
                EXPIRED,
            )
        ),
        *((WRITE, bad) for bad in (NOT_SENT, BUSY, OPERATION_LIMIT, html(429), EXPIRED)),
    ],
)
def test_what_may_be_sent_again_succeeds_at_last(call: Call, bad: Any):
    played = play(call, bad, GOOD)
    assert (played.outcome, played.sends) == ("answer", 2)
    assert played.answer is not None
    assert played.answer.body["result"] == "fine"


def test_a_write_sent_again_for_a_reason_is_still_not_sent_after_a_loss():
    played = play(WRITE, NOT_SENT, BUSY, LOST, GOOD)
    assert (played.outcome, played.sends) == (OutcomeUnknownError, 3)


def test_an_unknown_outcome_carries_the_calls_and_the_cause():
    error = play(WRITE, LOST).error
    assert isinstance(error, OutcomeUnknownError)
    assert error.calls == (WRITE,)
    assert error.__cause__ is LOST
    assert "ReadTimeout" in str(error)
    error = play(WRITE, SERVER_ERROR).error
    assert isinstance(error, OutcomeUnknownError)
    assert isinstance(error.__cause__, ApiError)
    error = play(WRITE, html(502)).error
    assert isinstance(error, OutcomeUnknownError)
    assert isinstance(error.__cause__, UnexpectedAnswerError)


def test_a_batch_reads_only_when_all_of_it_does():
    assert Question("batch", {}, (READ, READ), ("0", "1"), "i").only_reads
    assert not Question("batch", {}, (READ, WRITE), ("0", "1"), "i").only_reads
    assert Question("batch", {}, (READ, Call("entity.add", reads=True)), ("0", "1"), "i").only_reads


def test_four_attempts_take_about_seven_seconds():
    for bad in (NOT_SENT, BUSY):
        assert play(READ, bad).pauses == [1, 2, 4]
        assert play(READ, bad, jitter=0.0).pauses == [0.9, 1.8, 3.6]
        assert play(READ, bad, jitter=1.0).pauses == [1.1, 2.2, 4.4]


def test_attempts_and_delays_are_parameters():
    retry = Retry(attempts=8, first_s=3, most_s=30, spread=0)
    assert play(READ, NOT_SENT, retry=retry).pauses == [3, 6, 12, 24, 30, 30, 30]
    played = play(READ, NOT_SENT, retry=Retry(attempts=1))
    assert (played.sends, played.pauses) == (1, [])
    assert Retry(attempts=5000, spread=1).delay_s(4999, 1.0) == 30


def test_after_a_busy_answer_the_wait_is_at_least_what_the_bucket_needs():
    played = play(READ, BUSY, GOOD, room_s=9.0)
    assert played.pauses == [9]
    assert len(play(READ, BUSY).of(Busy)) == 4, "the bucket learns of every refusal"


def test_the_operating_time_is_waited_for():
    assert play(WRITE, OPERATION_LIMIT, GOOD, reset_s=42.0).pauses == [42]
    played = play(WRITE, OPERATION_LIMIT, GOOD, reset_s=601.0)
    assert (played.outcome, played.pauses) == ("OPERATION_TIME_LIMIT", [])


def test_retry_after_is_honoured():
    late = HttpResponse(429, {"Retry-After": "17"}, b"")
    assert play(WRITE, late, GOOD).pauses == [17]
    assert play(READ, HttpResponse(503, {"RETRY-AFTER": "12"}, b""), GOOD).pauses == [12]
    assert play(READ, HttpResponse(503, {"Retry-After": "Wed, 21 Oct"}, b""), GOOD).pauses == [1]


def test_a_spent_token_is_renewed_once():
    played = play(WRITE, EXPIRED, GOOD)
    assert [step.spent.access_token for step in played.of(Renew)] == ["tok-1-long"]
    assert b"tok-1-long" in played.of(Send)[0].request.body
    assert b"tok-2-long" in played.of(Send)[1].request.body
    played = play(WRITE, EXPIRED)
    assert (played.outcome, len(played.of(Renew))) == (AuthError, 1)


def test_a_token_others_have_renewed_is_just_taken():
    played = play(WRITE, EXPIRED, EXPIRED, GOOD, renewed=False)
    assert (played.outcome, len(played.of(Renew))) == ("answer", 2)
    assert play(WRITE, EXPIRED, renewed=False).outcome is AuthError


def test_a_webhook_s_refusal_is_final_and_says_so():
    for reply in (EXPIRED, refusal("INVALID_CREDENTIALS", 401), refusal("NO_AUTH_FOUND", 401)):
        played = play(READ, reply, token=None)
        assert (played.outcome, played.sends) == (AuthError, 1)
        assert "webhook" in str(played.error)


def test_refusals_of_the_caller_say_what_to_do():
    error = play(READ, refusal("insufficient_scope", 403)).error
    assert isinstance(error, AuthError)
    assert (error.code, error.status) == ("insufficient_scope", 403)
    assert "scope" in str(error)


def test_the_token_travels_in_the_body_and_a_webhook_s_body_has_none():
    [send] = play(WRITE, GOOD).of(Send)
    assert send.request.body == b'{"ENTITY":"a","auth":"tok-1-long"}'
    assert "tok-1" not in send.request.url
    [send] = play(WRITE, GOOD, token=None).of(Send)
    assert send.request.body == b'{"ENTITY":"a"}'


def test_writes_are_given_the_minute_the_cloud_gives_them():
    assert play(READ, GOOD).of(Send)[0].request.timeout_s == 30
    assert play(WRITE, GOOD).of(Send)[0].request.timeout_s == 60


def to(host: str, status: int = 302) -> Callable[[Send], HttpResponse]:
    return lambda step: moved(step.request.url.replace("acme.bitrix24.com", host), status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_move_is_followed_as_a_post_with_its_body(status: int):
    played = play(WRITE, to("new.example", status), GOOD)
    first, second = (step.request for step in played.of(Send))
    assert [step.endpoint for step in played.of(Move)] == ["https://new.example/rest/"]
    assert second.method == "POST"
    assert second.body == first.body
    assert second.url == first.url.replace("acme.bitrix24.com", "new.example")
    assert played.pauses == []


def test_three_moves_are_followed_and_a_fourth_is_not():
    hops = [moved(f"https://h{n}.example/rest/entity.add") for n in range(4)]
    played = play(WRITE, *hops[:3], GOOD)
    assert (played.outcome, played.sends) == ("answer", 4)
    played = play(WRITE, *hops, GOOD)
    assert (played.outcome, played.sends) == (UnexpectedAnswerError, 4)
    assert "4th in a row" in str(played.error)


@pytest.mark.parametrize(
    ("endpoint", "location"),
    [
        ("https://acme.bitrix24.com/rest/", "http://acme.bitrix24.com/rest/entity.add"),
        ("https://acme.bitrix24.com/rest/", "https://evil.example/steal"),
        ("https://acme.bitrix24.com/rest/", "http://127.0.0.1:8000/rest/entity.add"),
        ("http://127.0.0.1:8000/rest/", "https://evil.example/rest/entity.add"),
    ],
)
def test_a_token_is_not_carried_off(endpoint: str, location: str):
    played = play(WRITE, moved(location), endpoint=endpoint)
    assert (played.outcome, played.sends) == (UnexpectedAnswerError, 1)
    assert "Nothing was sent there" in str(played.error)


def test_errors_show_no_secret():
    secret = "tok-1-long"
    for reply in (
        html(502, f"<p>{secret}</p>" + "x" * 500),
        html(404, f'{{"access_token":"abc","auth":"{secret}"}}'),
        refusal("X", 401, f"bad token {secret}"),
        moved(f"https://evil.example/?auth={secret}"),
        html(404, "y" * 195 + secret),
    ):
        error = play(READ, reply).error
        while error is not None:
            assert "tok-1" not in f"{error} {error!r} {vars(error)}"
            error = error.__cause__  # type: ignore[assignment]


def test_what_is_no_rest_answer_is_shown():
    error = play(READ, html(404, "<h1>Not found</h1>" + "x" * 1000)).error
    assert isinstance(error, UnexpectedAnswerError)
    assert (error.status, error.content_type) == (404, "text/html")
    assert len(error.excerpt) == 200
    assert error.excerpt.startswith("<h1>Not found</h1>")
    for part in ("404", "text/html", "<h1>Not found</h1>"):
        assert part in str(error)
    assert "empty body" in str(play(READ, html(404, "")).error)


def test_a_success_needs_no_time_and_an_error_beside_a_result_counts():
    assert play(READ, answer({"result": [], "error": ""})).outcome == "answer"
    assert play(READ, answer({"result": [], "error": None})).outcome == "answer"
    assert play(READ, answer({"result": [], "error": "X"}, 400)).outcome == "X"


def test_telemetry_and_headers():
    [send] = play(READ, GOOD).of(Send)
    assert send.request.url.endswith("?bx24_request_id=id-1&bx24_sdk_ver=1&bx24_sdk_type=b24provision")
    assert send.request.headers["User-Agent"] == "b24provision/1"
    assert send.request.headers["Content-Type"] == "application/json"


UNCERTAIN = [LOST, SERVER_ERROR, html(502), html(200), TRUNCATED, NO_RESULT]
CERTAIN = [
    GOOD,
    NOT_SENT,
    BUSY,
    OPERATION_LIMIT,
    EXPIRED,
    html(429),
    html(404),
    LOGIN_PAGE,
    refusal("ERROR_CORE"),
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([*UNCERTAIN, *CERTAIN, to("new.example")]), min_size=1, max_size=8),
    st.booleans(),
)
def test_whatever_is_answered_it_ends_and_no_write_follows_a_lost_answer(replies: list[Any], renewed: bool):
    played = play(WRITE, *replies, renewed=renewed)
    for reply in replies[: played.sends - 1]:
        assert not any(reply is uncertain for uncertain in UNCERTAIN)
    last = replies[min(played.sends, len(replies)) - 1]
    assert (played.outcome is OutcomeUnknownError) is any(last is uncertain for uncertain in UNCERTAIN)
    assert played.sends <= 4 + 3 + 5
    assert play(READ, *replies, renewed=renewed).sends <= 4 + 3 + 5
