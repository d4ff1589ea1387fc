import json
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.errors import InputError
from b24provision.rest import Call
from b24provision.rest.encode import body, command, plain, query


class Letter(StrEnum):
    READ = "R"


class Number(IntEnum):
    TWO = 2


class Plain(int, Enum):
    THREE = 3


@pytest.mark.parametrize(
    ("params", "encoded"),
    [
        ({}, ""),
        ({"select": ["ID"]}, "select%5B0%5D=ID"),
        ({"filter": {">=ID": 10}}, "filter%5B%3E%3DID%5D=10"),
        ({"a": None, "b": {"c": None}}, "a=&b%5Bc%5D="),
        (
            {"ENTITY": "DS1", "NAME": "Data Storage 1", "ACCESS": {"U1": "X", "AU": "R"}},
            "ENTITY=DS1&NAME=Data%20Storage%201&ACCESS%5BU1%5D=X&ACCESS%5BAU%5D=R",
        ),
        ({"a": [{"b": [1, 2]}, "c"]}, "a%5B0%5D%5Bb%5D%5B0%5D=1&a%5B0%5D%5Bb%5D%5B1%5D=2&a%5B1%5D=c"),
        ({"t": True, "f": False}, "t=true&f=false"),
        ({"l": [], "m": {}, "x": 1}, "x=1"),
        ({"a": 1.0, "b": 1.5, "c": -0.25, "d": 10**20}, "a=1&b=1.5&c=-0.25&d=100000000000000000000"),
        (
            {"a": 1e-05, "b": -1.5e-07, "c": 1e16, "d": 1.25e22, "e": -0.0},
            "a=0.00001&b=-1.5e-7&c=10000000000000000&d=1.25e%2B22&e=0",
        ),
        ({"z": 1, "a": 2}, "z=1&a=2"),
        ({"a b": "c+d&e=f/g?"}, "a%20b=c%2Bd%26e%3Df%2Fg%3F"),
        ({"n": "Käse 🧀"}, "n=K%C3%A4se%20%F0%9F%A7%80"),
        ({"k": "-._~"}, "k=-._~"),
        ({"k": "!*'()"}, "k=%21%2A%27%28%29"),
        ({"d": date(2024, 2, 3)}, "d=2024-02-03"),
        ({"d": datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)}, "d=2024-02-03T04%3A05%3A06%2B00%3A00"),
        ({"r": "$result[AddEntity][ID]"}, "r=%24result%5BAddEntity%5D%5BID%5D"),
        ({"e": Letter.READ, "n": Number.TWO, "p": Plain.THREE}, "e=R&n=2&p=3"),
        ({"": "x", "p": {"": "y"}}, "=x&p%5B%5D=y"),
        ({"t": ("a", "b")}, "t%5B0%5D=a&t%5B1%5D=b"),
    ],
)
def test_a_query_is_written_as_php_reads_it(params: dict[str, Any], encoded: str):
    assert query(params) == encoded


def test_a_command_always_has_its_question_mark():
    assert command(Call("profile")) == "profile?"
    assert command(Call("entity.get", {"ENTITY": "a"})) == "entity.get?ENTITY=a"


def test_a_body_is_compact_and_unescaped():
    assert body({"cmd": ["a?b=ü"], "n": "Käse"}) == '{"cmd":["a?b=ü"],"n":"Käse"}'.encode()


def test_plain_gives_json_of_its_own():
    given_params = {
        "when": datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=3))),
        "tuple": (1, [2]),
        12: {"x": None, "y": 1.5, "z": True},
    }
    made = plain(given_params, "x")  # type: ignore[arg-type]
    assert made == {
        "when": "2024-01-01T12:00:00+03:00",
        "tuple": [1, [2]],
        "12": {"x": None, "y": 1.5, "z": True},
    }
    json.dumps(made)
    given_params[12]["x"] = 5  # type: ignore[index]
    assert made["12"]["x"] is None


CYCLIC: dict[str, Any] = {"a": [1]}
CYCLIC["a"].append(CYCLIC)
DEEP: Any = "hush"
for _ in range(70):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (CYCLIC, "here.a[1] contains itself"),
        ({"a": DEEP}, "nested deeper than 64 levels"),
        ({"a": object()}, "here.a is a object"),
        ({"a": {"b": b"hush"}}, "here.a.b is a bytes"),
        ({"a": {1, 2}}, "here.a is a set"),
        ({"a": float("nan")}, "here.a is not a finite number"),
        ({"a": [float("inf")]}, "here.a[0] is not a finite number"),
        ({"a": "\ud800hush"}, "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ({"a": {None: 1}}, "a name that is a NoneType"),
        ({"a": {True: 1}}, "a name that is a bool"),
    ],
)
def test_what_is_not_json_like_is_named_without_its_value(params: dict[Any, Any], said: str):
    for encode in (plain, lambda params, where: command(Call(where, params))):
        with pytest.raises(InputError) as caught:
            encode(params, "here")
        assert said in str(caught.value).replace("(here)", "here")
        assert "hush" not in str(caught.value)


def test_the_same_value_twice_is_no_cycle():
    shared = {"x": 1}
    assert plain({"a": shared, "b": [shared, shared]}, "x") == {"a": shared, "b": [shared, shared]}


leaves = st.text("aZ0 .&=%[]+?#ü🧀$<'\n", max_size=8) | st.integers() | st.booleans()
keys = st.text("aZ09_ü>", min_size=1, max_size=4)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(keys, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(keys, trees, max_size=4))
def test_a_query_can_be_read_back(params: dict[str, Any]):
    read: dict[str, str] = {}
    for pair in query(params).split("&") if params else []:
        name, _, text = pair.partition("=")
        assert set(name + text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")
        read[unquote(name)] = unquote(text)
    assert read == dict(_flat("", params))


def _flat(name: str, value: Any) -> Any:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if members is None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
        return
    for key, member in members:
        yield from _flat(f"{name}[{key}]" if name else key, member)
