"""Stands between a client and the portal: keeps the bodies of requests, and answers some of them itself."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from tests.differential.cases import Case, Reply


class Recorder:
    """An ASGI middleware. `bodies` and `paths` are those of each request id, in the order they came."""

    def __init__(self, app: Any, cases: Iterable[Case]) -> None:
        self.bodies: defaultdict[str, list[bytes]] = defaultdict(list)
        self.paths: defaultdict[str, list[str]] = defaultdict(list)
        self._app = app
        self._replies = {case.id: list(case.replies) for case in cases}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        request_id = parse_qs(scope["query_string"].decode()).get("bx24_request_id", [""])[0]
        self.bodies[request_id].append(body)
        self.paths[request_id].append(scope["path"])

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        replies = self._replies.get(request_id)
        if replies:
            await _say(replies.pop(0), send)
        else:
            await self._app(scope, again, send)


async def _say(reply: Reply, send: Any) -> None:
    headers = [(b"content-type", reply.content_type.encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body.encode()})
