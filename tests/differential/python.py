"""The same cases with `b24provision.rest`, seen in the same words."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from b24provision.errors import ApiError, B24ProvisionError
from b24provision.rest import AjaxResult, Client, Limits, Result
from tests.differential.cases import Case


def outcomes(cases: Iterable[Case], endpoint: str, token: str) -> dict[str, Any]:
    """Carry out the cases; gives what a caller sees of each, by id."""
    return asyncio.run(_outcomes(cases, endpoint, token))


async def _outcomes(cases: Iterable[Case], endpoint: str, token: str) -> dict[str, Any]:
    async def at_once(_: float) -> None:
        pass

    seen: dict[str, Any] = {}
    async with Client.from_token(endpoint, token, limits=Limits.unlimited(), sleep=at_once) as client:
        for case in cases:
            try:
                seen[case.id] = _seen(await _carry_out(client, case))
            except B24ProvisionError as error:
                seen[case.id] = {"raised": {"name": type(error).__name__, "code": getattr(error, "code", "")}}
    return seen


async def _carry_out(client: Client, case: Case) -> Result:
    calls = _revived(case.calls)
    match case.action:
        case "batch":
            return await client.batch.make(
                calls, is_halt_on_error=case.halt, return_ajax_result=case.ajax, request_id=case.id
            )
        case "batch_by_chunk":
            return await client.batch_by_chunk.make(calls, is_halt_on_error=case.halt, request_id=case.id)
        case _:
            return await client.call_list.make(
                calls["method"],
                calls["params"],
                id_key=calls.get("idKey", "ID"),
                custom_key_for_result=calls.get("customKeyForResult"),
                request_id=case.id,
            )


def _seen(result: Result) -> dict[str, Any]:
    return {
        "is_success": result.is_success,
        "errors": {key: _failure(error) for key, error in result.errors.items()},
        "data": _shown(result.data),
        "order": list(result.data) if isinstance(result.data, dict) else None,
    }


def _shown(data: Any) -> Any:
    if isinstance(data, AjaxResult):
        return _row(data)
    if isinstance(data, Mapping):
        return {key: _shown(value) for key, value in data.items()}
    return [_shown(value) for value in data] if isinstance(data, list) else data


def _row(row: AjaxResult) -> dict[str, Any]:
    query = row.query
    return {
        "is_success": row.is_success,
        "data": row.data,
        "time": row.time,
        "status": row.status,
        "total": row.total,
        "is_more": row.is_more,
        "error": None if row.error is None else _failure(row.error),
        "query": {"method": query.method, "params": query.params, "request_id": query.request_id},
    }


def _failure(error: ApiError) -> dict[str, str]:
    return {"code": error.code, "description": error.description}


def _revived(calls: Any) -> Any:
    return json.loads(json.dumps(calls), object_hook=_moment)


def _moment(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value["$date"]) if "$date" in value else value
