import pytest

from b24provision.errors import InputError
from b24provision.rest.endpoint import is_loopback, may_move, method_url, moved, normalise

HOME = "https://acme.bitrix24.com/rest/"


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        (HOME, HOME),
        ("https://acme.bitrix24.com/rest", HOME),
        ("https://acme.bitrix24.com/rest//", HOME),
        (" https://acme.bitrix24.com/rest/ ", HOME),
        ("http://10.0.0.5:8080/rest", "http://10.0.0.5:8080/rest/"),
        ("http://[::1]:8080/rest", "http://[::1]:8080/rest/"),
    ],
)
def test_an_endpoint_ends_in_one_slash(given: str, endpoint: str):
    assert normalise(given) == endpoint


@pytest.mark.parametrize(
    "given",
    [
        "", "acme.bitrix24.com", "ftp://a/rest/1/hush/", "https:///rest/1/hush/", "https://u:hush@a/rest/",
        "https://a/rest/1/hush/?x=1", "https://a/rest/1/hush/#x", "https://a:port/rest/1/hush/", "https://a b/rest/1/hush",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(given: str):
    with pytest.raises(InputError) as caught:
        normalise(given)
    assert "hush" not in str(caught.value)


def test_a_method_has_its_telemetry():
    url = method_url(HOME, "entity.get", request_id="id 1", version="1.0")
    assert url == f"{HOME}entity.get?bx24_request_id=id+1&bx24_sdk_ver=1.0&bx24_sdk_type=b24provision"


def test_methods_that_read_by_position_have_none():
    assert method_url(HOME, "task.item.list", request_id="i", version="1") == f"{HOME}task.item.list"
    assert "?" in method_url(HOME, "tasks.task.list", request_id="i", version="1")


@pytest.mark.parametrize(
    ("location", "endpoint"),
    [
        ("https://new.bitrix24.com/rest/batch", "https://new.bitrix24.com/rest/"),
        ("https://new.bitrix24.com/rest/batch?bx24_request_id=1", "https://new.bitrix24.com/rest/"),
        ("https://new.bitrix24.com//rest//batch", "https://new.bitrix24.com/rest/"),
        ("//new.bitrix24.com/rest/batch", "https://new.bitrix24.com/rest/"),
        ("https://new.bitrix24.com:8443/rest/batch", "https://new.bitrix24.com:8443/rest/"),
        ("http://new.bitrix24.com/rest/batch", None),
        ("https://new.bitrix24.com/auth/?backurl=%2Frest%2Fbatch", None),
        ("https://new.bitrix24.com/rest/profile", None),
        ("https://new.bitrix24.com/evil/rest/batch", None),
        ("https://user@new.bitrix24.com/rest/batch", None),
        ("https://127.0.0.1/rest/batch", None),
        ("https://localhost/rest/batch", None),
        ("ftp://new.bitrix24.com/rest/batch", None),
        ("https:///rest/batch", None),
        ("https://new.bitrix24.com\\@evil/rest/batch", None),
        ("/auth/", None),
    ],
)
def test_only_a_change_of_domain_is_followed(location: str, endpoint: str | None):
    assert moved(HOME, f"{HOME}batch?x=1", location) == endpoint


def test_a_webhook_moves_with_its_path():
    webhook = "https://acme.bitrix24.com/rest/1/code/"
    assert (
        moved(webhook, f"{webhook}profile", "https://b.c/rest/1/code/profile") == "https://b.c/rest/1/code/"
    )
    assert moved(webhook, f"{webhook}profile", "https://b.c/rest/profile") is None


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ("https://a.b/", "https://c.d/", True),
        ("https://a.b/", "http://a.b/", False),
        ("http://a.b/", "http://c.d/", False),
        ("http://a.b/", "https://c.d/", False),
        ("http://a.b/", "https://a.b/", True),
        ("http://127.0.0.1:1/", "http://localhost:2/", True),
        ("https://127.0.0.1/", "http://[::1]/", True),
        ("http://127.0.0.1/", "https://a.b/", False),
        ("https://a.b/", "https://127.0.0.1/", False),
        ("http://a.b/", "http://x.localhost/", False),
        ("https://a.b/", "nonsense", False),
        ("", "https://a.b/", False),
    ],
)
def test_credentials_never_leave_tls_nor_this_computer(old: str, new: str, may: bool):
    assert may_move(old, new) is may


def test_loopback():
    assert is_loopback("http://127.8.8.8/x")
    assert is_loopback("http://LOCALHOST:80/x")
    assert not is_loopback("http://local/rest/")
    assert not is_loopback("http://127.0.0.1.evil.com/")
    assert not is_loopback("::")
