from typing import Any

import pytest

from b24provision.rest import Call, fits_batch


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"ENTITY": "dish", "NAME": "Dishes & more: 5 < 6, a > b", "ACCESS": {"AU": "R"}},
        {"NAME": "conversation = online", "SORT": 100, "ACTIVE": True, "x": 1.0},
        {"FILTER": {">=ID": 1, "!%NAME": "a.b c", "PROPERTY_x.y": 1}},
        {"NAME": "US$ 5"},
        {"NAME": "Wir essen Käse on Monday"},
        {"LIST": ["a", "b"]},
    ],
)
def test_ordinary_texts_travel_in_a_batch(params: dict[str, Any]):
    assert fits_batch(Call("entity.add", params))


@pytest.mark.parametrize(
    "text",
    [
        "$result[a][b]", "x $error y", "$total", "$next[0]", "$time", "$RESULT[a]",
        "<script>", "a <b>bold</b>", "</p>", "<!-- x -->", "<?import",
        "javascript:alert(1)", "JavaScript :x", "java\tscript:x", "vbscript:x", "vb script=1", "java/**/script:x", "ja\\vascript:",
        'x onclick=1', "onload =x", "'onerror=1", "a\tonfocus\n=b",
        "x { behavior: url(1) }", "@import x", "expression (1)", "-moz-binding: x",
    ],
)  # fmt: skip
def test_texts_the_portal_would_alter_do_not(text: str):
    assert not fits_batch(Call("entity.add", {"NAME": text}))
    assert not fits_batch(Call("entity.add", {"ACCESS": {text: "R"}}))
    assert not fits_batch(Call("entity.add", {"ACCESS": {text: {"a": "R"}}}))
    assert not fits_batch(Call("entity.add", {"a": [{"b": text}]}))


@pytest.mark.parametrize(
    "params",
    [
        {"a": None}, {"a": False}, {"a": []}, {"a": {}}, {"a": {"b": [1, None]}}, {"a": [[]]},
        {"a[b": 1}, {"a": {"b]": 1}}, {"": 1}, {"a": {"": 1}}, {"a.b": 1}, {"a b": 1}, {"a\0": 1},
        {"a": [0] * 1001},
    ],
)  # fmt: skip
def test_values_a_query_cannot_carry_do_not(params: dict[str, Any]):
    assert not fits_batch(Call("entity.add", params))


def test_texts_are_looked_at_one_by_one():
    assert fits_batch(Call("entity.add", {"a": "x on", "b": "= 1", "c": "java", "d": "script:"}))
    assert not fits_batch(Call("entity.add", {"a": "/*", "b": "javascript:x", "c": "*/"}))
    assert not fits_batch(Call("entity.add", {"a": "java/*\x7f*/script:x"}))


def test_a_thousand_values_still_do():
    assert fits_batch(Call("entity.add", {"a": [0] * 1000}))
