"""Both clients do the same on two portals that are alike to the last bit, and are seen to do the same.

What the JavaScript SDK does otherwise is listed in `deviations`; two of these, which concern every row, are
applied here as a rule: `total` and `is_more`.
"""

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest

from b24provision.local import LocalPortal
from b24provision.rest import BlockingClient, HttpxTransport, Limits, StaticToken
from tests.differential import javascript, python
from tests.differential.cases import CASES, Case
from tests.differential.deviations import DEVIATIONS, Deviation
from tests.differential.recorder import Recorder
from tests.support import serve

EVERYTHING = [*CASES, *(row.case for row in DEVIATIONS)]
LISTS_OF_STORAGES = {case.id for case in CASES if case.action == "call_list"}


@dataclass(frozen=True)
class Side:
    """What one client sent, and what its caller saw."""

    seen: dict[str, Any]
    wire: Recorder

    def at(self, case: Case, path: str) -> Any:
        """Look up one thing in what became of a case; None where it is not there."""
        bodies = [json.loads(body) for body in self.wire.bodies[case.id]]
        found: Any = {
            "seen": self.seen[case.id],
            "bodies": [{name: value for name, value in body.items() if name != "auth"} for body in bodies],
            "commands": [body.get("cmd") for body in bodies],
            "paths": self.wire.paths[case.id],
            "requests": len(bodies),
        }
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found.get(step)
            if found is None:
                return None
        return found


def carried_out(by: Any) -> Side:
    secrets = (f"{number:032x}" for number in itertools.count(1))
    with LocalPortal.open(clock=lambda: 1_800_000_000.0, secret=lambda: next(secrets)) as portal:
        token = portal.issue_token().access_token
        furnish(portal, token)
        wire = Recorder(portal.app, EVERYTHING)
        with serve(wire) as endpoint:
            return Side(by.outcomes(EVERYTHING, endpoint, token), wire)


def furnish(portal: LocalPortal, token: str) -> None:
    with BlockingClient(
        portal.endpoint,
        StaticToken(token),
        transport=HttpxTransport(app=portal.app),
        limits=Limits.unlimited(),
    ) as client:
        assert client.call.make("entity.add", {"ENTITY": "dish", "NAME": "Dishes"}).is_success
        rows = [("entity.item.add", {"ENTITY": "dish", "NAME": f"Dish {number}"}) for number in range(120)]
        assert client.batch_by_chunk.make(rows).is_success


@pytest.fixture(scope="module")
def js() -> Side:
    javascript.installed_sdk()
    return carried_out(javascript)


@pytest.fixture(scope="module")
def ours() -> Side:
    return carried_out(python)


def as_js_tells_it(data: Any) -> Any:
    """Give rows a `total` of 0 for none, and a next page for each that went well."""
    if isinstance(data, dict) and "is_more" in data:
        return {**data, "total": data["total"] or 0, "is_more": data["is_success"]}
    if isinstance(data, dict):
        return {name: as_js_tells_it(value) for name, value in data.items()}
    return [as_js_tells_it(value) for value in data] if isinstance(data, list) else data


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_same_bytes_are_sent(case: Case, js: Side, ours: Side):
    sent = ours.wire.bodies[case.id]
    if case.id in LISTS_OF_STORAGES:
        sent = [body.replace(b'"SORT"', b'"order"') for body in sent]
    assert sent == js.wire.bodies[case.id]
    assert sent


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_same_is_seen(case: Case, js: Side, ours: Side):
    seen = ours.seen[case.id]
    assert "raised" not in seen
    assert {**seen, "data": as_js_tells_it(seen["data"])} == js.seen[case.id]


@pytest.mark.parametrize("row", DEVIATIONS, ids=lambda row: row.case.id)
def test_deviations(row: Deviation, js: Side, ours: Side):
    assert js.at(row.case, row.look) == row.js
    assert ours.at(row.case, row.look) == row.ours, row.why
    assert json.dumps(row.js) != json.dumps(row.ours)


def test_there_are_enough():
    assert len({case.id for case in EVERYTHING}) == len(EVERYTHING) >= 40
