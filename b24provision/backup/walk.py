"""Reading all sections or items of a storage: in the order of their ids, many pages to a request.

Pages lie behind each other in one batch by references: each asks for what comes after the last id of the one
before. So a hundred thousand items take a hundred requests and not two thousand, and the portal neither counts
nor skips. Source: settings/performance/huge-data.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24provision.backup.records import Row
from b24provision.errors import UnexpectedAnswerError
from b24provision.reading import Answer, Sender
from b24provision.rest.calls import Call
from b24provision.snapshot import explained

PAGE = 50
MOST_PAGES = 20
"""A request then takes the portal 1.6 s, as long as it takes the rate limit to let the next one through; more
pages would only take more memory."""
_WAVE_CHARACTERS = 4_000_000
_PATIENCE = 3


@dataclass(slots=True)
class Walk:
    """Where the reading of a list stands. `after` is the last id that was read."""

    method: str
    code: str
    after: int = 0
    done: bool = field(default=False, init=False)
    total: int | None = field(default=None, init=False)
    seen: int = field(default=0, init=False)
    _fitting: int = field(default=MOST_PAGES, init=False)
    _stalled: int = field(default=0, init=False)

    async def wave(self, send: Sender) -> list[Row]:
        """Read what comes next: at most twenty pages. Raises what `send` raises, and the portal's refusal."""
        return self.take(await send(list(self.calls())))

    async def rest(self, send: Sender) -> list[Row]:
        """Read everything that is left, at once."""
        rows: list[Row] = []
        while not self.done:
            rows += await self.wave(send)
        return rows

    def calls(self) -> Iterator[Call]:
        """Ask for the next pages, no more than there are. The first request is one page, and counts."""
        if self.total is None:
            yield self._page(self.after, {})
            return
        left = -(-(self.total - self.seen) // PAGE)
        for position in range(max(1, min(left, self._fitting))):
            after = self.after if position == 0 else f"$result[{position - 1}][{PAGE - 1}][ID]"
            yield self._page(after, {"start": -1})

    def take(self, answers: Sequence[Answer]) -> list[Row]:
        """Take in the pages. What follows a page that is short or was refused means nothing."""
        rows: list[Row] = []
        for position, answer in enumerate(answers):
            if answer.error is not None:
                self._stalled = 0 if position else self._stalled + 1
                if answer.error.code != "OPERATION_TIME_LIMIT" or self._stalled >= _PATIENCE:
                    raise explained(answer.error)
                break  # the client waits for the limit's reset before the next request
            page = _rows(answer)
            if self.total is None:
                self.total = answer.total or 0
            if page and int(page[0]["ID"]) <= self.after:
                break  # a reference that led nowhere, so that reading began anew
            rows += page
            self.after = int(page[-1]["ID"]) if page else self.after
            if len(page) < PAGE:
                self.done = True
                break
        self.seen += len(rows)
        self._fitting = _fitting(rows)
        return rows

    def _page(self, after: int | str, more: Mapping[str, Any]) -> Call:
        wanted = {"ENTITY": self.code, "SORT": {"ID": "ASC"}, "FILTER": {">ID": after}}
        return Call(self.method, {**wanted, **more})


def items_of(code: str, after: int = 0) -> Walk:
    """Read the items of a storage with ids above `after`."""
    return Walk("entity.item.get", code, after)


def sections_of(code: str) -> Walk:
    """Read the sections of a storage."""
    return Walk("entity.section.get", code)


def _fitting(rows: Sequence[Row]) -> int:
    """Say how many such pages fit into memory at once."""
    weight = sum(len(str(value)) for row in rows for value in row.values())
    pages = max(1, len(rows) // PAGE)
    return max(1, min(MOST_PAGES, pages * _WAVE_CHARACTERS // max(1, weight)))


def _rows(answer: Answer) -> list[Row]:
    data = answer.data
    rows = list(data.values()) if isinstance(data, Mapping) else data
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) and "ID" in row for row in rows):
        raise UnexpectedAnswerError(
            f"{answer.query.method} answered something of another shape than documented.",
            status=answer.status,
            content_type="application/json",
            excerpt="",
        )
    return rows
