"""A portal as a client sees it from the other end of the wire: raw answers, in the order of a script."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from b24provision.rest import Client, HttpRequest, HttpResponse, SendFailed, StaticToken
from tests.rest.virtual import now

ENDPOINT = "https://acme.bitrix24.com/rest/"
TOKEN = "tok-1-of-this-user"
WEBHOOK = "https://acme.bitrix24.com/rest/7/webh00kc0de/"
UNIX = 1_800_000_000.0
GRANT = {  # what the authorisation server answers
    "access_token": "access-new",
    "refresh_token": "refresh-new",
    "expires": int(UNIX) + 3600,
    "expires_in": 3600,
    "client_endpoint": ENDPOINT,
    "server_endpoint": "https://oauth.bitrix.info/rest/",
    "domain": "oauth.bitrix.info",
    "member_id": "m1",
    "scope": "entity,user",
    "user_id": 7,
}

Reply = HttpResponse | SendFailed | Callable[[HttpRequest], "HttpResponse"]

NOT_SENT = SendFailed("ConnectError: refused", sent=False)
LOST = SendFailed("ReadTimeout", sent=True)


def answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, {"Content-Type": "application/json", **named}, sent)


def ok(result: Any, **more: Any) -> HttpResponse:
    return answer({"result": result, **more})


def refusal(code: Any, status: int = 400, description: str = "so it is", **more: Any) -> HttpResponse:
    return answer({"error": code, "error_description": description, **more}, status)


def html(status: int, text: str = "<html>Bad gateway</html>") -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "text/html"}, text.encode())


def moved(location: str, status: int = 302) -> HttpResponse:
    return HttpResponse(status, {"Location": location}, b"")


def envelope(**parts: Any) -> HttpResponse:
    return ok({f"result_{name}" if name != "result" else name: part for name, part in parts.items()})


BUSY = refusal("QUERY_LIMIT_EXCEEDED", 503)
EXPIRED = refusal("expired_token", 401)


@dataclass
class Wire:
    """A transport that answers from a script; the last reply stands for all that follow."""

    script: list[Reply]
    requests: list[HttpRequest] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    closed: int = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        self.at.append(now())
        await asyncio.sleep(0)
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(reply, SendFailed):
            raise reply
        return reply if isinstance(reply, HttpResponse) else reply(request)

    async def aclose(self) -> None:
        self.closed += 1

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        return [json.loads(request.body) for request in self.requests]

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]


def wire(*script: Reply) -> Wire:
    return Wire(list(script))


def portal(transport: Any, auth: Any = None, endpoint: str | None = ENDPOINT, **options: Any) -> Client:
    """A client on virtual time, with the middle of the jitter."""
    loop = asyncio.get_running_loop()
    options = {
        "clock": loop.time,
        "wall_clock": lambda: UNIX + loop.time(),
        "jitter": lambda: 0.5,
        "new_id": lambda: "id-1",
        "version": "9.9",
        **options,
    }
    return Client(endpoint, auth or StaticToken(TOKEN), transport=transport, **options)
