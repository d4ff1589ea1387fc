"""The page of the last 200 calls, with their parameters and answers."""

import json
from typing import Any

from starlette.responses import Response

from b24provision.local.answers import iso_time
from b24provision.local.calls import CallRecord, last_calls
from b24provision.local.html import Node, tag
from b24provision.local.page import page
from b24provision.local.state import PortalState

_SHOWN = 20_000
"""Characters of an answer. A whole file in it would make the page unusable."""


def calls_page(state: PortalState) -> Response:
    with state.store.reading() as db:
        calls = last_calls(db)
    if not calls:
        return page("The last calls", tag("p", "Nothing was called yet."))
    heading = tag("tr", [tag("th", name) for name in ("Time", "Method", "By", "Parameters", "Answer")])
    return page("The last calls", tag("table", heading, [_row(call) for call in calls]))


def _row(call: CallRecord) -> Node:
    request = f"in batch {call.request_id[:8]}" if call.in_batch else None
    return tag(
        "tr",
        tag("td", iso_time(call.at).replace("T", " ")),
        tag("td", tag("code", call.method), tag("div", request, class_="soft")),
        tag("td", f"user {call.user_id}", tag("div", call.client_id or "webhook", class_="soft")),
        tag("td", _folded("parameters", call.params)),
        tag(
            "td",
            tag("span", call.error or "done", class_="" if call.ok else "refused"),
            _folded("answer", call.answer),
        ),
    )


def _folded(title: str, value: Any) -> Node:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n… {len(text) - _SHOWN} characters more"
    return tag("details", tag("summary", title), tag("pre", shown))
