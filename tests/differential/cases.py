"""The batches both clients send, as plain JSON; `{"$date": …}` stands for a moment."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """What the wire answers in the portal's place."""

    body: str
    status: int = 200
    content_type: str = "application/json"


@dataclass(frozen=True)
class Case:
    """One use of an action. Its id is the id of its requests. `replies` answer the first of them."""

    id: str
    calls: Any
    halt: bool = True
    ajax: bool = False
    action: str = "batch"
    replies: tuple[Reply, ...] = ()


def answering(**parts: Any) -> tuple[Reply, ...]:
    """Answer with an envelope of these parts."""
    result = {name if name == "result" else f"result_{name}": part for name, part in parts.items()}
    return (Reply(json.dumps({"result": result, "time": {}})),)


DISH = {"ENTITY": "dish"}
GOOD: Row = ("entity.get", DISH)
ITEMS: Row = ("entity.item.get", {**DISH, "FILTER": {"<=ID": 3}})
BAD: Row = ("entity.get", {"ENTITY": "nowhere"})
NULL: Row = ("entity.rights", {"ENTITY": "nowhere"})
UNKNOWN: Row = ("no.such.method", {"a": 1})

OUTCOMES: dict[str, list[Row]] = {
    "all-well": [GOOD, ITEMS, ("profile", {})],
    "error-first": [BAD, GOOD, ITEMS],
    "error-in-the-middle": [GOOD, BAD, ITEMS, NULL],
    "error-last": [GOOD, ITEMS, BAD],
    "all-fail": [BAD, UNKNOWN, BAD],
    "null": [NULL, GOOD, NULL],
    "null-beside-errors": [NULL, BAD, NULL, UNKNOWN, GOOD],
    "unknown-method": [GOOD, UNKNOWN],
    "one": [("server.time", {})],
    "reference": [GOOD, ("entity.rights", {"ENTITY": "$result[0][ENTITY]"})],
    "writes": [
        ("entity.item.add", {**DISH, "NAME": "Soup"}),
        ("entity.item.delete", {**DISH, "ID": 99999}),
        ("entity.item.add", {**DISH, "NAME": "Salad"}),
    ],
}


def _forms(rows: list[Row]) -> dict[str, Any]:
    """Write the same rows down in each form there is."""
    return {
        "tuples": [list(row) for row in rows],
        "objects": [{"method": method, "params": params} for method, params in rows],
        "named": {
            f"c{number}": [method, params] if number % 2 else {"method": method, "params": params}
            for number, (method, params) in enumerate(rows)
        },
    }


def _outcomes() -> Iterator[Case]:
    for (outcome, rows), halt, ajax in product(OUTCOMES.items(), (True, False), (True, False)):
        for form, calls in _forms(rows).items():
            yield Case(
                f"{outcome}.{form}.{'halt' if halt else 'go'}.{'ajax' if ajax else 'plain'}",
                calls,
                halt,
                ajax,
            )


PARAMS: dict[str, Any] = {
    "nested": {"a": {"b": {"c": [1, {"d": 2}]}}, "e": [[1, 2], [3]]},
    "unicode": {"NAME": "Суп дня №1 — 湯 🍜 é", "имя": {"ключ": "ü"}},
    "signs": {"a": "!'()*~-._ +%&=?#/\\\"<>[]{}|^`@:;,$", "b c": "\t\n\r"},
    "booleans": {"yes": True, "no": False, "inside": [True, False]},
    "nulls": {"a": None, "b": {"c": None}, "d": [None, 1]},
    "empty": {"list": [], "mapping": {}, "text": "", "inside": {"list": [], "x": 1}},
    "numbers": {
        "a": [0, -1, 10, 2**53 - 1, -(2**53) + 1],
        "b": [1.0, 0.5, -2.25, 100.0, 0.1, 1e15, 123456789.125],
    },
    "far-numbers": {"a": [1e-5, 1.5e-6, 1e-7, -2.5e-10, 1e20, 1e21, -1.25e300, 5e-324, 0.0001]},
    "brackets": {"a[b]": 1, "c]": 2, "[d": 3},
    "empty-names": {"": 1, "a": {"": 2}},
    "filter": {
        "filter": {">=ID": 10, "!NAME": "x", "%TEXT": "50%"},
        "order": {"ID": "ASC"},
        "select": ["ID", "*"],
    },
    "long": {"NAME": "x" * 5000, "VALUES": list(range(300))},
    "file": {"FILE": ["name.txt", "aGVsbG8+/w=="]},
    "reference": {"a": "$result[c0][ID]", "b": {"$result[c0]": 1}},
    "none": {},
}


def _params() -> Iterator[Case]:
    for name, params in PARAMS.items():
        yield Case(f"params.{name}.list", [["server.time", params], ["profile", params]])
        yield Case(f"params.{name}.named", {"first": ["server.time", params]}, ajax=True)


def _odds() -> Iterator[Case]:
    yield Case("params-left-out", [["server.time"], {"method": "profile"}])
    yield Case(
        "mixed-forms", [["server.time"], {"method": "profile", "params": {"x": 1}}, ["entity.get", DISH]]
    )
    yield Case("fifty", [["server.time", {"n": number}] for number in range(50)], halt=False, ajax=True)
    yield Case(
        "names", {"a b": ["profile"], "ü": ["profile"], "a[0]": ["profile"], "01": ["profile"]}, ajax=True
    )
    yield Case("batch-in-batch", [["batch", {"cmd": ["profile"]}], ["profile"]], halt=False, ajax=True)
    chunks = [["server.time", {"n": number}] for number in range(120)]
    yield Case("chunks", chunks, action="batch_by_chunk")
    yield Case("chunks-go-on", [*chunks[:10], list(BAD), *chunks[10:]], halt=False, action="batch_by_chunk")
    yield Case("list", {"method": "entity.item.get", "params": DISH}, action="call_list")
    yield Case(
        "list-filtered",
        {"method": "entity.item.get", "params": {**DISH, "filter": {"<=ID": 60}}},
        action="call_list",
    )


WRONG = {"error": "WRONG", "error_description": "So it is"}
ENVELOPES = {
    "lists": answering(result=[1, 2, 3], error=[], total=[7, 8], next=[50], time=[{"duration": 1}]),
    "objects": answering(result={"0": 1, "1": 2, "2": 3}, error={}, total={"1": 8}, next={"1": 50}, time={}),
    "absent": answering(result=[None, "", 0]),
    "nothing": answering(result=None, error={"0": WRONG, "1": WRONG, "2": WRONG}, total=None, time=None),
    "errors-as-list": answering(result=[], error=[WRONG, WRONG, WRONG], time=[]),
    "each-its-own": answering(result={"1": [], "2": {}}, error=[WRONG], total=[], next=None),
    "both": answering(result=[1, 2, 3], error={"1": WRONG}),
    "nested-error": answering(result=[1, 2], error={"2": {"error": {"code": "C", "message": "m"}}}),
}


def _envelopes() -> Iterator[Case]:
    """Answers in shapes that the local portal does not give."""
    for (name, replies), ajax in product(ENVELOPES.items(), (True, False)):
        kind = "ajax" if ajax else "plain"
        rows = [["profile"], ["profile"], ["profile"]]
        yield Case(f"envelope.{name}.list.{kind}", rows, halt=False, ajax=ajax, replies=replies)
        named = {"0": ["profile"], "1": ["profile"], "2": ["profile"]}
        yield Case(f"envelope.{name}.named.{kind}", named, halt=False, ajax=ajax, replies=replies)


CASES = [*_outcomes(), *_params(), *_odds(), *_envelopes()]
