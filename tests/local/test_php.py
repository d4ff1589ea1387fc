"""How PHP reads queries, and what its arrays look like as JSON."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24provision.local import php


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("=1", {}),
        ("a=1&a=2", {"a": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=x+y%20z%2B", {"a": "x y z+"}),
        ("NAME=%D0%91%D0%BB%D1%8E%D0%B4%D0%B0", {"NAME": "Блюда"}),
        ("a=%FF", {"a": "\ufffd"}),
        ("ACCESS[U1]=X&ACCESS[AU]=R", {"ACCESS": {"U1": "X", "AU": "R"}}),
        ("ACCESS%5BU1%5D=X", {"ACCESS": {"U1": "X"}}),
        ("a[0][b]=c", {"a": [{"b": "c"}]}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[ ]=1", {"a": ["1"]}),
        ("a[][x]=1&a[][x]=2", {"a": [{"x": "1"}, {"x": "2"}]}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        ("a[01]=x", {"a": {"01": "x"}}),
        ("a[b]=1&a=2", {"a": "2"}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b]junk[c]=1", {"a": {"b": "1"}}),
        ("a[b=1", {"a_b": "1"}),
        ("a[b.c[d=1", {"a_b_c_d": "1"}),
        ("a[b][c=1", {"a": {"b": "1"}}),
        ("[a]=1", {}),
        ("a.b c=1", {"a_b_c": "1"}),
        ("a[b.c d]=1", {"a": {"b.c d": "1"}}),
        ("  a=1", {"a": "1"}),
        ("a%00b=1", {"a": "1"}),
        ("FILTER[%3E%3DID]=10", {"FILTER": {">=ID": "10"}}),
        ("FILTER[>=ID]=10", {"FILTER_>": "ID]=10"}),
        ("0=a&1=b", {"0": "a", "1": "b"}),
    ],
)
def test_a_query_is_read_as_php_does(query: str, read: dict[str, Any]) -> None:
    assert php.parse_query(query) == read
    assert list(php.parse_query(query)) == list(read)


def test_what_is_nested_too_deeply_is_dropped() -> None:
    assert php.parse_query("a" + "[x]" * 65 + "=1&b=2") == {"b": "2"}
    assert php.parse_query("a" + "[x]" * 64 + "=1") != {}


@pytest.mark.parametrize(
    ("array", "seen"),
    [
        ({}, []),
        ({"0": "a"}, ["a"]),
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"1": "b", "0": "a"}, {"1": "b", "0": "a"}),
        ({"1": "b"}, {"1": "b"}),
        ({"0": "a", "2": "c"}, {"0": "a", "2": "c"}),
        ({"00": "a"}, {"00": "a"}),
        ({"0": "a", "x": "b"}, {"0": "a", "x": "b"}),
    ],
)
def test_an_array_is_a_list_when_its_keys_count_from_zero(array: dict[str, Any], seen: Any) -> None:
    assert php.json_array(array) == seen


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, ""),
        (True, "1"),
        (0, "0"),
        (16, "16"),
        (1.0, "1"),
        (1.5, "1.5"),
        ("x", "x"),
        ([1], "Array"),
        ({}, "Array"),
    ],
)
def test_conversion_to_text(value: Any, text: str) -> None:
    assert php.text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        (" 12abc", 12),
        ("-3", -3),
        ("abc", 0),
        ("", 0),
        (None, 0),
        (True, 1),
        (2.9, 2),
        ([], 0),
        ([0], 1),
        ("9" * 40, 2**63 - 1),
    ],
)
def test_conversion_to_an_integer(value: Any, number: int) -> None:
    assert php.integer(value) == number


@pytest.mark.parametrize(
    ("value", "true"), [("0", False), ("", False), ("false", True), (0, False), ([], False)]
)
def test_conversion_to_a_truth(value: Any, true: bool) -> None:
    assert php.truthy(value) is true


keys = st.text("abcXYZ019_-. é", min_size=1).filter(lambda key: key.strip() == key)
trees = st.recursive(
    st.text(),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(keys, inner, min_size=1),
    max_leaves=20,
)


def encoded(name: str, value: Any) -> list[str]:
    """What PHP's `http_build_query` makes of a value."""
    if isinstance(value, str):
        return [f"{quote(name, safe='')}={quote(value, safe='')}"]
    return [part for key, child in php.pairs(value) for part in encoded(f"{name}[{key}]", child)]


@given(trees)
def test_what_is_built_is_read_back(tree: Any) -> None:
    read = php.parse_query("&".join(encoded("root", tree)))["root"]
    assert as_php_sees(read) == as_php_sees(tree)


@given(st.text("ab[]&=%.+0 ", max_size=30))
def test_any_query_can_be_read(query: str) -> None:
    json.dumps(php.parse_query(query))


@given(st.dictionaries(st.sampled_from(["0", "1", "2", "3", "x"]), st.integers()))
def test_the_array_rule_keeps_every_value_under_its_key(array: dict[str, int]) -> None:
    seen = php.json_array(array)
    assert dict(php.pairs(seen)) == array
    assert isinstance(seen, list) == (list(array) == [str(index) for index in range(len(array))])


def as_php_sees(value: Any) -> Any:
    """The same array whether it was written as a list or as an object."""
    return (
        [(key, as_php_sees(child)) for key, child in php.pairs(value)]
        if isinstance(value, list | dict)
        else value
    )


@pytest.mark.parametrize(
    ("tree", "query"),
    [
        ({"a": {"b": [1, "x y"]}, "c": None}, "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D=x+y"),
        ({"yes": True, "no": False, "empty": [], "blank": ""}, "yes=1&no=0&blank="),
    ],
)
def test_queries_are_written_as_php_does(tree: dict[str, Any], query: str) -> None:
    assert php.build_query(tree) == query
