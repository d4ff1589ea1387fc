"""`/control/…`: faults and the whole state by request, for tests in other languages. Served only when asked for.

`GET`, `POST`, `DELETE /control/faults` tell, add and clear; `GET`, `PUT /control/state` give and replace everything.
"""

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from b24provision.local.faults import Fault
from b24provision.local.state import PortalState
from b24provision.local.visitors import Endpoint, for_visitors
from b24provision.local.whole import export_state, import_state


def control_routes(state: PortalState) -> list[Route]:
    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            state.faults.clear()
        elif request.method == "POST":
            given = await _document(request)
            for fault in [Fault.read(each) for each in (given if isinstance(given, list) else [given])]:
                state.faults.add(fault)
        return JSONResponse([asdict(fault) for fault in state.faults.waiting()])

    async def whole(request: Request) -> Response:
        if request.method == "PUT":
            import_state(state, await _document(request))
            return Response(status_code=204)
        return JSONResponse(export_state(state))

    return [
        Route("/control/faults", for_visitors(_telling(faults)), methods=["GET", "POST", "DELETE"]),
        Route("/control/state", for_visitors(_telling(whole)), methods=["GET", "PUT"]),
    ]


async def _document(request: Request) -> Any:
    """Read a JSON body. Raises `ValueError`."""
    return json.loads(await request.body())


def _telling(endpoint: Endpoint) -> Endpoint:
    """Say what is wrong with what was sent."""

    async def told(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return told
