"""How a batch's answer becomes a result, whatever form PHP gave its five parts."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.rest import AjaxResult
from b24provision.rest.calls import Commands, read_commands
from b24provision.rest.envelope import NO_ANSWER, outcomes, shape
from b24provision.rest.result import Result

ROWS = [("a.one",), ("a.two",), ("a.three",)]
NAMED = {"x": ("a.one",), "y": ("a.two",), "z": ("a.three",)}
BAD = {"error": "ERROR_CORE", "error_description": "no", "argument": "NAME"}


def result_of(calls: Any, payload: Any, *, halt: bool, as_rows: bool) -> Result:
    commands = read_commands(calls)
    return shape(commands, found_in(commands, payload, halt=halt, as_rows=as_rows), as_rows=as_rows)


def found_in(commands: Commands, payload: Any, *, halt: bool, as_rows: bool = True, **more: Any) -> list[Any]:
    return outcomes(commands, payload, halt=halt, as_rows=as_rows, request_id="r", status=200, **more)


def shown(data: Any) -> Any:
    """Rows as what one wants to know of them."""
    if isinstance(data, dict):
        return {key: shown(value) for key, value in data.items()}
    if isinstance(data, list):
        return [shown(value) for value in data]
    return (
        data.data
        if isinstance(data, AjaxResult) and data.is_success
        else "failed"
        if isinstance(data, AjaxResult)
        else data
    )


GOOD_LIST = {"result": [1, 2, 3], "result_error": []}
FAILED_LIST = {"result": {"0": 1, "2": 3}, "result_error": {"1": BAD}}
HALTED_LIST = {"result": [1], "result_error": {"1": BAD}}
GOOD_NAMED = {"result": {"x": 1, "y": 2, "z": 3}, "result_error": []}
FAILED_NAMED = {"result": {"x": 1, "z": 3}, "result_error": {"y": BAD}}
HALTED_NAMED = {"result": {"x": 1}, "result_error": {"y": BAD}}


@pytest.mark.parametrize(
    ("calls", "payload", "halt", "as_rows", "data", "failed"),
    [
        (ROWS, GOOD_LIST, True, False, [1, 2, 3], []),
        (ROWS, GOOD_LIST, False, False, [1, 2, 3], []),
        (ROWS, FAILED_LIST, False, False, [1, 3], ["1"]),
        (ROWS, HALTED_LIST, True, False, [1], ["1"]),
        (ROWS, GOOD_LIST, True, True, [1, 2, 3], []),
        (ROWS, FAILED_LIST, False, True, [1, "failed", 3], ["1"]),
        (ROWS, HALTED_LIST, True, True, [1, "failed"], ["1"]),
        (NAMED, GOOD_NAMED, True, False, {"x": 1, "y": 2, "z": 3}, []),
        (NAMED, FAILED_NAMED, False, False, {"x": 1, "z": 3}, ["y"]),
        (NAMED, HALTED_NAMED, True, False, {"x": 1}, ["y"]),
        (NAMED, GOOD_NAMED, True, True, {"x": 1, "y": 2, "z": 3}, []),
        (NAMED, FAILED_NAMED, False, True, {"x": 1, "y": "failed", "z": 3}, ["y"]),
        (NAMED, HALTED_NAMED, True, True, {"x": 1, "y": "failed"}, ["y"]),
    ],
)
def test_the_shape_of_a_result(
    calls: Any, payload: Any, halt: bool, as_rows: bool, data: Any, failed: list[str]
):
    result = result_of(calls, payload, halt=halt, as_rows=as_rows)
    assert shown(result.data) == data
    if isinstance(data, dict):
        assert list(result.data) == list(data)
    assert list(result.errors) == failed
    assert result.is_success is (not failed)
    for error in result.errors.values():
        assert (error.code, error.description, error.method) == ("ERROR_CORE", "no", "a.two")
        assert error.extra == {"argument": "NAME"}
        assert error.status == 200
    assert result.error_messages == ["a.two: ERROR_CORE: no"] * len(failed)
    assert result.errors_by_key == result.errors


def php(part: dict[str, Any], as_object: bool) -> Any:
    """Give an array as PHP's json_encode does, or the object it might be."""
    if as_object or list(part) != [str(position) for position in range(len(part))]:
        return part or []
    return list(part.values())


@pytest.mark.parametrize("names", [("0", "1", "2"), ("1", "0", "2"), ("x", "1", "01"), ("a", "b", "c")])
@pytest.mark.parametrize("forms", list(itertools.product([False, True], repeat=5)))
def test_each_part_may_be_a_list_or_an_object(names: tuple[str, ...], forms: tuple[bool, ...]):
    first, second, third = names
    parts = [
        {first: "one", third: None},
        {second: BAD},
        {first: 10, third: "7"},
        {first: 50},
        {first: {"operating": 1.5}, second: {"operating": 2}, third: []},
    ]
    named = dict(
        zip(
            ["result", "result_error", "result_total", "result_next", "result_time"],
            (php(part, form) for part, form in zip(parts, forms, strict=True)),
            strict=True,
        )
    )
    commands = Commands(names, read_commands(ROWS).calls, named=True)
    found = {key: row for key, row, _ in found_in(commands, named, halt=False)}
    assert list(found) == list(names)
    assert (found[first].data, found[first].total, found[first].next, found[first].is_more) == (
        "one",
        10,
        50,
        True,
    )
    assert found[first].time == {"operating": 1.5}
    assert found[second].error is not None
    assert not found[second].is_more
    assert (found[third].data, found[third].total, found[third].next) == (None, 7, None)
    assert found[third].is_success, "a null payload is a success"
    assert found[third].time is None


@pytest.mark.parametrize("empty", [[], {}, None, "absent", False, "", 0])
def test_parts_may_be_empty_in_any_way(empty: Any):
    payload = {"result": ["x"]}
    if empty != "absent":
        payload |= dict.fromkeys(["result_error", "result_total", "result_next", "result_time"], empty)
    [(key, row, _)] = found_in(read_commands([("a.b",)]), payload, halt=True)
    assert (key, row.data, row.error, row.total, row.next, row.time) == ("0", "x", None, None, None, None)


@pytest.mark.parametrize(
    ("entry", "code", "description"),
    [
        (BAD, "ERROR_CORE", "no"),
        ("it broke", "", "it broke"),
        ("", "", ""),
        ({"error": "", "error_description": "x"}, "", "x"),
        ({"error": 0, "error_description": "x"}, "0", "x"),
        ({"error": 404}, "404", ""),
        ({}, "", ""),
        ([], "", "[]"),
        (None, "", ""),
        (False, "", "False"),
        ({"error": {"code": "V3", "message": "new"}}, "V3", "new"),
        ({"error": "expired_token", "error_description": "gone"}, "expired_token", "gone"),
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
def test_whatever_stands_among_the_errors_is_one(entry: Any, code: str, description: str, as_list: bool):
    payload = {"result": [], "result_error": [entry] if as_list else {"0": entry}}
    result = result_of([("a.b",)], payload, halt=True, as_rows=False)
    assert result.data == []
    assert (result.errors["0"].code, result.errors["0"].description) == (code, description)


@pytest.mark.parametrize("payload", [{"result": [1, 2]}, {"result": {"0": 1, "1": 2}, "result_error": []}])
@pytest.mark.parametrize("halt", [True, False])
def test_a_command_nobody_answered_is_an_error_and_the_others_stay(payload: Any, halt: bool):
    result = result_of(ROWS, payload, halt=halt, as_rows=False)
    assert result.data == [1, 2]
    assert result.errors["2"].code == NO_ANSWER


@pytest.mark.parametrize("payload", [None, [], {}, "odd", True, 7])
@pytest.mark.parametrize("halt", [True, False])
def test_an_envelope_that_is_none_answers_no_command(payload: Any, halt: bool):
    result = result_of(NAMED, payload, halt=halt, as_rows=False)
    assert result.data == {}
    assert {key: error.code for key, error in result.errors.items()} == dict.fromkeys("xyz", NO_ANSWER)


def test_a_result_that_stands_beside_an_error_is_none():
    result = result_of([("a.b",)], {"result": [5], "result_error": [BAD]}, halt=False, as_rows=True)
    assert result.data[0].data is None
    assert result.data[0].error is not None


def test_secrets_in_errors_are_hidden():
    bad = {"error": "E", "error_description": "auth=hush-hush", "token": "x", "url": "no hush-hush"}
    commands = read_commands([("a.b",)])
    [(_, row, _)] = found_in(commands, {"result_error": [bad]}, halt=True, secrets=["hush-hush"])
    assert row.error is not None
    assert "hush" not in f"{row.error} {row.error.description} {row.error.extra}"


def test_results_show_neither_parameters_nor_payloads():
    commands = read_commands([("a.b", {"NAME": "hush"})])
    found = found_in(commands, {"result": ["hush"]}, halt=True)
    assert "hush" not in repr(found)
    assert "hush" not in repr(shape(commands, found, as_rows=True))


answers = st.lists(st.sampled_from(["good", "bad", "missing"]), min_size=1, max_size=50)


@settings(max_examples=100, deadline=None)
@given(answers, st.booleans(), st.booleans(), st.booleans())
def test_every_command_is_accounted_for_once(said: list[str], named: bool, halt: bool, as_objects: bool):
    keys = [f"k{position}" if named else str(position) for position in range(len(said))]
    results = {key: key for key, how in zip(keys, said, strict=True) if how == "good"}
    errors = {key: BAD for key, how in zip(keys, said, strict=True) if how == "bad"}
    payload = {"result": php(results, as_objects), "result_error": php(errors, as_objects)}
    calls: Any = dict.fromkeys(keys, ("a.b",)) if named else [("a.b",)] * len(said)
    result = result_of(calls, payload, halt=halt, as_rows=True)
    seen = list(result.data) if named else None
    first_bad = said.index("bad") if halt and "bad" in said else len(said)
    ran = [
        key
        for key, how, at in zip(keys, said, range(len(said)), strict=True)
        if how != "missing" or at < first_bad
    ]
    assert len(result.data) == len(ran)
    if named:
        assert seen == ran
    failed = [key for key in ran if key not in results]
    assert list(result.errors) == failed
