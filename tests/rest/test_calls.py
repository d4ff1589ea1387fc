from typing import Any

import pytest

from b24provision.errors import InputError
from b24provision.rest import Call
from b24provision.rest.calls import read_call, read_commands


def test_the_forms_of_a_list_may_be_mixed():
    commands = read_commands(
        [
            ("profile",),
            ("entity.get", {"ENTITY": "a"}),
            ["scope", {}],
            {"method": "app.info"},
            {"method": "entity.add", "params": {"ENTITY": "b"}},
            Call("entity.delete", {"ENTITY": "c"}, reads=False),
        ]
    )
    assert commands.keys == ("0", "1", "2", "3", "4", "5")
    assert not commands.named
    assert [call.method for call in commands.calls] == [
        "profile", "entity.get", "scope", "app.info", "entity.add", "entity.delete",
    ]  # fmt: skip
    assert commands.calls[4].params == {"ENTITY": "b"}
    assert commands.calls[5].reads is False


def test_names_keep_their_order():
    commands = read_commands({"z": ("profile",), "a": {"method": "scope"}, "1": Call("app.info")})
    assert commands.named
    assert commands.keys == ("z", "a", "1")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "empty"),
        ({}, "empty"),
        ("profile", "not a str"),
        (None, "not a NoneType"),
        ([("profile",)] * 51, "51 commands"),
        (["profile"], "Row 0 is a str"),
        ([("profile",), {"method": "a.b", "query": {"PIN": "hush"}}], "Row 1 has the keys: method, query."),
        ([{"method": "a.b", "param": {"PIN": "hush"}}], "keys: method, param."),
        ([{"params": {"PIN": "hush"}}], "Row 0 has the keys: params."),
        ([{}], "keys: none"),
        ([()], "0 elements"),
        ([("a.b", {"PIN": "hush"}, 3)], "3 elements"),
        ([("a.b", ["hush"])], "params that are a list"),
        ([("a.b?x=hush", {})], "does not name a REST method"),
        ([("", {})], "does not name a REST method"),
        ([(None, {})], "does not name a REST method"),
        ([("../admin", {})], "does not name a REST method"),
        ({"one": {"method": "a.b", "query": "hush"}}, "Row 'one' has the keys: method, query."),
        ({7: ("a.b",)}, "text, not a int"),
    ],
)
def test_another_shape_is_an_error_that_names_the_row_and_no_value(rows: Any, said: str):
    with pytest.raises(InputError) as caught:
        read_commands(rows)
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


def test_fifty_commands_are_a_batch_and_more_are_chunks():
    assert len(read_commands([("profile",)] * 50)) == 50
    assert len(read_commands([("profile",)] * 120, at_most=None)) == 120


def test_params_may_be_left_out():
    assert read_call("profile", None).params == {}


@pytest.mark.parametrize(
    ("method", "params", "reads"),
    [
        ("entity.get", {}, True),
        ("entity.item.property.get", {"ENTITY": "a"}, True),
        ("crm.deal.list", {}, True),
        ("CRM.Deal.Fields", {}, True),
        ("profile", {}, True),
        ("app.info", {}, True),
        ("scope", {}, True),
        ("method.get", {}, True),
        ("server.time", {}, True),
        ("app.option.get", {}, True),
        ("entity.rights", {"ENTITY": "a"}, True),
        ("entity.rights", {"entity": "a"}, True),
        ("entity.rights", {"ENTITY": "a", "ACCESS": {"AU": "R"}}, False),
        ("entity.rights", {"entity": "a", "access": {}}, False),
        ("entity.add", {}, False),
        ("entity.item.update", {}, False),
        ("app.option.set", {}, False),
        ("batch", {}, False),
        ("get", {}, False),
    ],
)
def test_whether_a_call_only_reads_is_guessed_from_its_name(method: str, params: dict[str, Any], reads: bool):
    assert Call(method, params).only_reads is reads


def test_the_caller_knows_better_whether_it_reads():
    assert Call("crm.duplicate.findbycomm", reads=True).only_reads
    assert not Call("weird.get", reads=False).only_reads


def test_a_call_shows_no_secret():
    assert repr(Call("a.b", {"NAME": "x", "auth": "hush"})) == "Call('a.b', {'NAME': 'x', 'auth': '***'})"
