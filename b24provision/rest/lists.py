"""Reading whole lists: page after page, by growing id instead of growing offset.

Asking for `>ID` in the order of `ID` with `start=-1` spares the portal the count, and neither skips nor repeats
what others add or delete meanwhile. Source: settings/performance/huge-data.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from b24provision.errors import ApiError, InputError
from b24provision.rest.actions import CallAction
from b24provision.rest.answers import whole
from b24provision.rest.result import BASE_ERROR, Result

PAGE_SIZE = 50

CURSOR_STUCK = "CURSOR_STUCK"
"""The code of the error when ids do not grow from page to page, so that reading would never end."""

NO_LIST = "NO_LIST"
"""The code of the error when there is no list where one was expected."""


class CallListAction:
    """`client.call_list`: all items of a list at once."""

    def __init__(self, call: CallAction) -> None:
        self._call = call

    async def make(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        id_key: str = "ID",
        cursor_id_key: str | None = None,
        custom_key_for_result: str | None = None,
        request_id: str | None = None,
    ) -> Result:
        """Read a list to its end. `data` is all items, in the order of their ids.

        `id_key` is the id's name in the items, `cursor_id_key` its name in the filter where that differs.
        `custom_key_for_result` is where in the payload the list stands (`tasks`). A filter may be given, also
        with a `>ID` to begin after; order and start may not. What stops the reading stands in `errors` under
        `base-error`, beside the items read so far. Raises what `call.make` raises.
        """
        pages = _Pages(method, params or {}, id_key, cursor_id_key or id_key, custom_key_for_result)
        items: list[Any] = []
        while not pages.done:
            answer = await self._call.make(method, pages.params(), request_id=request_id, reads=True)
            error = answer.error
            if error is None:
                page, error = pages.take(answer.data)
                items += page
            if error is not None:
                return Result(items, {BASE_ERROR: error})
        return Result(items)


class FetchListAction:
    """`client.fetch_list`: a list page by page, for what does not fit into memory."""

    def __init__(self, call: CallAction) -> None:
        self._call = call

    async def make(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        id_key: str = "ID",
        cursor_id_key: str | None = None,
        custom_key_for_result: str | None = None,
        request_id: str | None = None,
    ) -> AsyncIterator[list[Any]]:
        """Give the pages of a list, none of them empty. Arguments are those of `call_list.make`.

        Raises ApiError for what stops the reading, and what `call.make` raises.
        """
        pages = _Pages(method, params or {}, id_key, cursor_id_key or id_key, custom_key_for_result)
        while not pages.done:
            answer = await self._call.make(method, pages.params(), request_id=request_id, reads=True)
            if answer.error is not None:
                raise answer.error
            page, error = pages.take(answer.data)
            if page:
                yield page
            if error is not None:
                raise error


class _Pages:
    """Where in a list the reading stands."""

    def __init__(
        self, method: str, params: Mapping[str, Any], id_key: str, cursor_key: str, custom_key: str | None
    ) -> None:
        self.done = False
        self._method = method
        self._id_key = id_key
        self._custom_key = custom_key
        self._more = f">{cursor_key}"
        self._filter_key = next((key for key in params if key.lower() == "filter"), "filter")
        self._filter = _filter(params.get(self._filter_key))
        self._params = _without_order(params)
        # Storages sort by SORT, everything else by order. Source: api-reference/entity/items/entity-item-get.
        self._params["SORT" if method.lower().startswith("entity.") else "order"] = {cursor_key: "ASC"}
        self._cursor = whole(self._filter.get(self._more)) or 0

    def params(self) -> dict[str, Any]:
        """Give the parameters of the next page."""
        return {**self._params, self._filter_key: {**self._filter, self._more: self._cursor}, "start": -1}

    def take(self, payload: Any) -> tuple[list[Any], ApiError | None]:
        """Take in a page; gives the items that are new, and what stands in the way of a further one."""
        page = self._list_in(payload)
        if page is None:
            return [], self._error(NO_LIST, f"There is no list in the answer{self._place()}.")
        self.done = len(page) < PAGE_SIZE
        if self.done:
            return page, None
        last = whole(page[-1].get(self._id_key)) if isinstance(page[-1], Mapping) else None
        if last is None:
            return page, self._error(CURSOR_STUCK, f"The items have no number under {self._id_key!r}.")
        if last <= self._cursor:
            return [], self._error(CURSOR_STUCK, f"After {self._id_key} {self._cursor} came {last} again.")
        self._cursor = last
        return page, None

    def _list_in(self, payload: Any) -> list[Any] | None:
        if self._custom_key is not None:
            payload = payload.get(self._custom_key) if isinstance(payload, Mapping) else None
        if isinstance(payload, Mapping):
            return list(payload.values())  # a PHP array with gaps
        return payload if isinstance(payload, list) else None

    def _place(self) -> str:
        return f" under {self._custom_key!r}" if self._custom_key else ""

    def _error(self, code: str, text: str) -> ApiError:
        return ApiError(code, text, method=self._method)


def _filter(given: Any) -> Mapping[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"The filter of a list is a mapping, not a {type(given).__name__}.")
    return given or {}


def _without_order(params: Mapping[str, Any]) -> dict[str, Any]:
    for key in params:
        if key.lower() in {"order", "sort", "start"}:
            raise InputError(f"A list is read in the order of its ids: leave out {key!r}, or page by hand.")
    return dict(params)
