import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24provision.rest import Call, HttpRequest, Token, redact
from b24provision.rest.encode import command, query
from b24provision.rest.redaction import SECRET_NAMES


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_a_value_under_a_secret_name_is_hidden(name: str):
    assert redact({name: "hush-hush", name.upper(): "hush-hush"}) == {name: "***", name.upper(): "***"}
    assert redact({"a": [{"b": {name: ["hush-hush"]}}]}) == {"a": [{"b": {name: "***"}}]}


def test_what_is_not_secret_stays():
    value = {"ENTITY": "dish", "n": [1, None, True, "monkey=1", "keyboard: x"], "tokens": 3}
    assert redact(value) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a.b?auth=hush&x=1", "a.b?auth=***&x=1"),
        ("auth%5Baccess_token%5D=hush&x=1", "auth%5Baccess_token%5D=***&x=1"),
        ("auth[access_token]=hush", "auth[access_token]=***"),
        ("a%5Bpassword%5D=h%26ush&x=1", "a%5Bpassword%5D=***&x=1"),
        ("cmd%5Ba%5D=m%3Ftoken%3Dhush%26x%3D1&y=2", "cmd%5Ba%5D=m%3Ftoken%3D***%26x%3D1&y=2"),
        ("q=cmd%253Dm%253Ftoken%253Dhu%2526x%253D1", "q=cmd%253Dm%253Ftoken%253D***%2526x%253D1"),
        ('{"access_token":"hush","x":1}', '{"access_token":"***","x":1}'),
        ('{"access_token": "hu\\"sh", "x": 1}', '{"access_token": "***", "x": 1}'),
        ('"{\\"token\\":\\"hush\\",\\"x\\":1}"', '"{\\"token\\":\\"***\\",\\"x\\":1}"'),
        ('{"key":12345,"x":1}', '{"key":***,"x":1}'),
        ("{'secret': 'hush', 'x': 1}", "{'secret': '***', 'x': 1}"),
        ('{"refresh_token":"hus', '{"refresh_token":"***"'),
        ("https://a.b/rest/1/c0de/profile?x=1", "https://a.b/rest/1/***/profile?x=1"),
        ("https://a.b/rest//1//c0de", "https://a.b/rest//1//***"),
        ("https://a.b/rest/api/1/c0de/x", "https://a.b/rest/api/1/***/x"),
        ('"https:\\/\\/a.b\\/rest\\/1\\/c0de\\/"', '"https:\\/\\/a.b\\/rest\\/1\\/***\\/"'),
        ("u=https%3A%2F%2Fa.b%2Frest%2F1%2Fc0de%2Fx", "u=https%3A%2F%2Fa.b%2Frest%2F1%2F***%2Fx"),
        ("https://a.b/rest/profile", "https://a.b/rest/profile"),
        ("Authorization: Bearer hush", "Authorization: Bearer ***"),
    ],
)
def test_secrets_inside_texts_are_hidden(text: str, shown: str):
    assert redact(text) == shown


def test_known_secrets_are_hidden_wherever_they_stand():
    assert redact({"x": "no tok/123 here"}, ["tok/123"]) == {"x": "no *** here"}
    assert redact("q=tok%2F123", ["tok/123"]) == "q=***"
    assert redact("short", ["s"]) == "short"


def test_a_cyclic_value_comes_to_an_end():
    value: dict[str, Any] = {"auth": "hush"}
    value["self"] = value
    assert "hush" not in str(redact(value))


def test_bytes_are_shown_as_text():
    assert redact(b"token=hush&x=\xff") == "token=***&x=\N{REPLACEMENT CHARACTER}"


SECRET = 'S3cr3t%/+=&"Value'
names = st.sampled_from(sorted(SECRET_NAMES))
plain_names = st.text("abcXYZ_9", min_size=1, max_size=5)


@st.composite
def hiding_places(draw: st.DrawFn) -> dict[str, Any]:
    """A tree with the secret under a secret name, somewhere."""
    tree: Any = {draw(names): SECRET}
    for _ in range(draw(st.integers(0, 5))):
        tree = {draw(plain_names): tree, "other": "x"} if draw(st.booleans()) else [tree, "y"]
    return tree if isinstance(tree, dict) else {"top": tree}


@settings(max_examples=60, deadline=None)
@given(hiding_places())
def test_a_secret_is_hidden_in_every_form_a_request_takes(tree: dict[str, Any]):
    encoded = command(Call("some.method", tree))
    forms: list[Any] = [
        tree,
        query(tree),
        encoded,
        {"cmd": [encoded]},
        {"cmd": {"a": encoded}},
        json.dumps(tree),
        json.dumps({"cmd": {"a": encoded}, "nested": json.dumps(tree)}),
        urlencode({"cmd[a]": encoded, "x": "1"}),
        quote(urlencode({"cmd[a]": encoded})),
        str(tree),
    ]
    for form in forms:
        shown = str(redact(form))
        for tail in ("S3cr3t", "Value"):
            assert tail not in shown, form


def test_values_of_ours_do_not_show_what_they_hold():
    token = Token("access-hush", refresh_token="refresh-hush", endpoint="https://a.b/rest/")
    assert repr(token) == (
        "Token(expires_at=None, endpoint='https://a.b/rest/', member_id=None, user_id=None, scope=None)"
    )
    request = HttpRequest("POST", "https://a.b/rest/1/c0de/x?auth=hush", {"Cookie": "hush"}, b"hush")
    assert repr(request) == "HttpRequest(POST https://a.b/rest/1/***/x?auth=***, 4 bytes)"
