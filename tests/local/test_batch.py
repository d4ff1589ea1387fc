"""`batch`. portal-behaviour §2."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio

NOT_FOUND = {"error": "ERROR_ENTITY_NOT_FOUND", "error_description": "Entity not found"}
PARTS = ["result", "result_error", "result_total", "result_next", "result_time"]


def shapes(answers: dict[str, Any]) -> dict[str, Any]:
    """The keys of each part, or its length where it is a list."""
    return {part: len(rows) if isinstance(rows, list) else list(rows) for part, rows in answers.items()}


@pytest.mark.parametrize(
    ("cmd", "result", "error"),
    [
        (["scope", "scope"], 2, 0),
        (["entity.get?ENTITY=x", "scope"], ["1"], 1),
        (["scope", "entity.get?ENTITY=x"], 1, ["1"]),
        (["entity.get?ENTITY=x", "entity.get?ENTITY=x"], 0, 2),
        ({"a": "scope", "b": "scope"}, ["a", "b"], 0),
        ({"0": "scope", "1": "scope"}, 2, 0),
        ({"1": "scope", "0": "scope"}, ["1", "0"], 0),
        ({"5": "scope"}, ["5"], 0),
        ([], 0, 0),
        ({}, 0, 0),
    ],
)
async def test_each_part_is_a_php_array(admin: Caller, cmd: Any, result: Any, error: Any) -> None:
    answers = await admin.batch(cmd)
    assert list(answers) == PARTS
    seen = shapes(answers)
    assert (seen["result"], seen["result_error"], seen["result_time"]) == (result, error, result)
    assert (seen["result_total"], seen["result_next"]) == (0, 0)


async def test_two_positional_commands_of_which_the_first_failed(admin: Caller) -> None:
    answers = await admin.batch(["entity.get?ENTITY=no", "entity.get"])
    assert answers["result"] == {"1": []}
    assert answers["result_error"] == [NOT_FOUND]


async def test_it_succeeds_even_when_every_command_fails(admin: Caller) -> None:
    body = await admin.send("batch", {"cmd": ["no.such"], "halt": 1})
    assert admin.statuses == [200]
    assert body["result"]["result_error"] == [
        {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}
    ]
    assert set(body["time"]) >= {"start", "finish", "duration"}


async def test_errors_carry_what_they_carry_alone(admin: Caller) -> None:
    answers = await admin.batch({"bad": "entity.add?NAME=x"})
    assert answers["result_error"] == {"bad": await admin.refused("entity.add", NAME="x")}
    assert answers["result_error"]["bad"]["argument"] == "ENTITY"


async def test_a_result_may_be_null(admin: Caller) -> None:
    answers = await admin.batch(["entity.rights?ENTITY=unknown"])
    assert (answers["result"], answers["result_error"]) == ([None], [])


async def test_commands_run_in_order(admin: Caller) -> None:
    answers = await admin.batch(
        {
            "before": "entity.get",
            "add": "entity.add?ENTITY=dish&NAME=Dishes&ACCESS%5BAU%5D=R",
            "rights": "entity.rights?ENTITY=dish",
        }
    )
    assert answers["result"] == {"before": [], "add": True, "rights": {"AU": "R", "U1": "X"}}


@pytest.mark.parametrize("halt", [1, True, "1"])
async def test_halt_stops_after_the_first_failure(admin: Caller, halt: Any) -> None:
    cmd = {"a": "scope", "b": "entity.get?ENTITY=x", "c": "entity.add?ENTITY=c&NAME=C"}
    answers = await admin.batch(cmd, halt)
    assert list(answers["result"]) == ["a"]
    assert list(answers["result_error"]) == ["b"]
    assert await admin.call("entity.get") == []


@pytest.mark.parametrize("halt", [0, False, "0", ""])
async def test_without_halt_the_rest_is_done(admin: Caller, halt: Any) -> None:
    answers = await admin.batch(["entity.get?ENTITY=x", "entity.add?ENTITY=c&NAME=C"], halt)
    assert answers["result"] == {"1": True}


async def test_the_51st_command_and_those_after_it_are_refused(portal: LocalPortal, admin: Caller) -> None:
    answers = await admin.batch({f"k{number}": "scope" for number in range(53)})
    assert len(answers["result"]) == 50
    assert list(answers["result_error"]) == ["k50", "k51", "k52"]
    assert {row["error"] for row in answers["result_error"].values()} == {"ERROR_BATCH_LENGTH_EXCEEDED"}
    assert len(portal.calls("scope")) == 50


async def test_no_batch_in_a_batch(admin: Caller) -> None:
    answers = await admin.batch(["batch?cmd[]=scope", "scope"])
    assert answers["result_error"][0]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert list(answers["result"]) == ["1"]


async def test_what_is_no_text_is_passed_over(admin: Caller) -> None:
    answers = await admin.batch(
        {"a": ["scope", {}], "b": None, "c": 5, "d": {"method": "scope"}, "e": "scope"}
    )
    assert shapes(answers)["result"] == ["e"]
    assert answers["result_error"] == []


@pytest.mark.parametrize("cmd", [None, "scope", 5])
async def test_without_commands(admin: Caller, cmd: Any) -> None:
    assert (await admin.refused("batch", cmd=cmd))["argument"] == "CMD"


async def test_over_a_form(admin: Caller, http: httpx.AsyncClient) -> None:
    form = {
        "auth": admin.token,
        "halt": "0",
        "cmd[add]": "entity.add?ENTITY=a&NAME=A%20%26%20B",
        "cmd[get]": "entity.get",
    }
    body = (await http.post("/rest/batch", data=form)).json()
    assert body["result"]["result"]["get"][0]["NAME"] == "A & B"


async def test_over_a_query(admin: Caller, http: httpx.AsyncClient) -> None:
    command = quote("entity.add?ENTITY=a&NAME=" + quote("A & B"))
    await http.get(f"/rest//batch.json?auth={admin.token}&cmd[]={command}")
    assert (await admin.call("entity.get"))[0]["NAME"] == "A & B"


async def test_lists_add_total_and_next(admin: Caller) -> None:
    await admin.batch(["entity.add?ENTITY=dish&NAME=Dishes"])
    for _ in range(2):
        await admin.batch([f"entity.item.add?ENTITY=dish&NAME=item{number}" for number in range(30)])
    answers = await admin.batch(
        {"one": "entity.item.get?ENTITY=dish", "two": "entity.item.get?ENTITY=dish&start=50"}
    )
    assert answers["result_total"] == {"one": 60, "two": 60}
    assert answers["result_next"] == {"one": 50}
    assert [len(answers["result"][key]) for key in ("one", "two")] == [50, 10]


async def test_time_is_told_per_command(admin: Caller) -> None:
    answers = await admin.batch({"a": "scope", "b": "no.such"})
    assert list(answers["result_time"]) == ["a"]
    assert {"operating", "operating_reset_at"} <= set(answers["result_time"]["a"])


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("$result[me][ID]", "1"),
        ("user $result[me][ID] of $result[all][0][ENTITY]", "user 1 of first"),
        ("$error[bad][error]", "ERROR_ENTITY_NOT_FOUND"),
        ("$total[items] and $next[items]", "51 and 50"),
        ("$time[me][date_start]", "2026-03-25T13:39:45+03:00"),
        ("$result[me][ADMIN]", "1"),
        ("$result[me]", "Array"),
        ("a$result[nobody][ID]z", "az"),
        ("a$result[me][ID][deeper]z", "az"),
        ("a$error[me]z", "az"),
        ("$result", "$result"),
        ("$results[me][ID]", "$results[me][ID]"),
        ("costs $5", "costs $5"),
    ],
)
async def test_references_are_replaced_in_values(admin: Caller, name: str, seen: str) -> None:
    await admin.call("entity.add", ENTITY="first", NAME="First")
    for _ in range(3):
        await admin.batch([f"entity.item.add?ENTITY=first&NAME={number}" for number in range(17)])
    cmd = {
        "me": "profile",
        "all": "entity.get",
        "bad": "entity.get?ENTITY=x",
        "items": "entity.item.get?ENTITY=first",
    }
    answers = await admin.batch(cmd | {"write": f"entity.update?ENTITY=first&NAME={quote('=' + name)}"})
    assert answers["result"]["write"] is True
    assert (await admin.call("entity.get", ENTITY="first"))["NAME"] == "=" + seen


async def test_references_are_replaced_in_names(admin: Caller) -> None:
    answers = await admin.batch(
        {
            "me": "user.current",
            "add": "entity.add?ENTITY=a&NAME=A&" + quote("ACCESS[G$result[me][ID]]") + "=W",
            "rights": "entity.rights?ENTITY=a",
        }
    )
    assert answers["result"]["rights"] == {"G1": "W", "U1": "X"}


async def test_what_is_put_in_is_not_searched_again(admin: Caller) -> None:
    await admin.call("entity.add", ENTITY="a", NAME="$result[me][ID]")
    await admin.batch(
        {"me": "profile", "a": "entity.get?ENTITY=a", "b": "entity.add?ENTITY=b&NAME=$result[a][NAME]"}
    )
    assert (await admin.call("entity.get", ENTITY="b"))["NAME"] == "$result[me][ID]"


async def test_only_outside_a_batch_is_such_text_unharmed(admin: Caller) -> None:
    name = "$result[a][b] <script>x</script> <SCRIPT "
    await admin.call("entity.add", ENTITY="alone", NAME=name)
    await admin.batch([f"entity.add?ENTITY=packed&NAME={quote(name)}"])
    names = {each["ENTITY"]: each["NAME"] for each in await admin.call("entity.get")}
    assert names == {
        "alone": "$result[a][b] <script>x</script> <SCRIPT",
        "packed": "<sc ript>x</sc ript> <SC RIPT",
    }


async def test_every_command_is_a_transaction_of_its_own(admin: Caller) -> None:
    answers = await admin.batch(
        ["entity.add?ENTITY=a&NAME=A", "entity.item.property.add?ENTITY=a&PROPERTY=1x&NAME=N"]
    )
    assert answers["result_error"]["1"]["error"] == "ERROR_CORE"
    assert len(await admin.call("entity.get")) == 1


async def test_a_scope_can_be_missing_for_one_command_alone(
    portal: LocalPortal, http: httpx.AsyncClient
) -> None:
    portal.add_application("narrow", "secret", scopes=("entity",))
    caller = Caller(http, portal.issue_token(client_id="narrow").access_token)
    answers = await caller.batch(["user.current", "entity.get"])
    assert answers["result_error"][0]["error"] == "insufficient_scope"
    assert answers["result"] == {"1": []}


async def test_commands_are_logged_one_by_one_without_tokens(portal: LocalPortal, admin: Caller) -> None:
    await admin.send("batch?bx24_request_id=r1", {"cmd": ["entity.get?ENTITY=x&auth=y", "scope"]})
    first, second = portal.calls()
    assert (first.method, first.params, first.error, first.ok) == (
        "entity.get",
        {"ENTITY": "x"},
        "ERROR_ENTITY_NOT_FOUND",
        False,
    )
    assert (second.method, second.ok, second.in_batch, second.request_id) == ("scope", True, True, "r1")
    assert portal.request_count == 1
    assert admin.token is not None
    assert admin.token not in json.dumps([call.params for call in portal.calls()])
