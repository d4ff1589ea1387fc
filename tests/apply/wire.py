"""Between client and portal: refuses chosen commands, and spoils chosen requests, before the portal sees them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from b24provision.rest import HttpxTransport
from b24provision.rest.calls import Call
from b24provision.rest.encode import command
from b24provision.rest.transport import HttpRequest, HttpResponse

REFUSAL = {
    "error": "OPERATION_TIME_LIMIT",
    "error_description": "Method is blocked due to operation time limit.",
}
PARTS = ("result", "result_error", "result_total", "result_next", "result_time")


@dataclass
class Refusing:
    """A transport that refuses one call, `times` times, wherever it travels; the portal never sees it."""

    app: Any
    call: Call
    times: int | None = None
    refused: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._carrier = HttpxTransport(app=self.app)
        self._line = command(self.call)

    async def send(self, request: HttpRequest) -> HttpResponse:
        body = json.loads(request.body)
        if "/batch" not in request.url:
            return await self._alone(request, body)
        spared = {str(n): line for n, line in enumerate(body["cmd"]) if not self._refuses(line)}
        refused = set(map(str, range(len(body["cmd"])))) - set(spared)
        if not refused:
            return await self._carrier.send(request)
        response = await self._carrier.send(
            replace(request, body=json.dumps({**body, "cmd": spared}).encode())
        )
        answer = json.loads(response.body)
        parts = {name: _keyed(answer["result"][name]) for name in PARTS}
        parts["result_error"] |= dict.fromkeys(refused, REFUSAL)
        return replace(response, body=json.dumps({**answer, "result": parts}).encode())

    async def _alone(self, request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
        params = {name: value for name, value in body.items() if name != "auth"}
        meant = f"/{self.call.method}" in request.url and params == dict(self.call.params)
        if meant and self._counts():
            return HttpResponse(429, {"content-type": "application/json"}, json.dumps(REFUSAL).encode())
        return await self._carrier.send(request)

    def _refuses(self, line: str) -> bool:
        return line == self._line and self._counts()

    def _counts(self) -> bool:
        self.refused += 1
        return self.times is None or self.refused <= self.times

    async def aclose(self) -> None:
        await self._carrier.aclose()


def _keyed(part: Any) -> dict[str, Any]:
    return dict(part) if isinstance(part, Mapping) else {str(n): each for n, each in enumerate(part)}


@dataclass
class Watched:
    """A transport that tells of each request before it is sent, with how many are in flight."""

    app: Any
    tell: Callable[[int, HttpRequest], None]
    before: Callable[[], Awaitable[None]] | None = None
    flying: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._carrier = HttpxTransport(app=self.app)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.flying += 1
        self.tell(self.flying, request)
        try:
            if self.before is not None:
                await self.before()
            return await self._carrier.send(request)
        finally:
            self.flying -= 1

    async def aclose(self) -> None:
        await self._carrier.aclose()
