"""What the portal says of itself and its callers, and the application's options. portal-behaviour §6."""

from collections.abc import Callable

import pytest

from b24provision.local import LocalPortal

from .conftest import Caller

pytestmark = pytest.mark.anyio


async def test_profile_is_whose_token_it_is(portal: LocalPortal, signed_in: Callable[..., Caller]) -> None:
    portal.add_user(7, name="Anna Smith", departments=[3])
    anna = signed_in(7)
    profile = await anna.call("profile")
    assert (profile["ID"], profile["ADMIN"], profile["NAME"], profile["LAST_NAME"]) == (
        "7",
        False,
        "Anna",
        "Smith",
    )
    assert (await anna.call("user.current"))["UF_DEPARTMENT"] == [3]


async def test_profile_needs_no_scope(portal: LocalPortal, signed_in: Callable[..., Caller]) -> None:
    portal.add_application("bare", "secret", scopes=())
    bare = signed_in(client_id="bare")
    assert (await bare.call("profile"))["ADMIN"] is True
    assert await bare.call("scope") == []
    assert await bare.code("user.current") == "insufficient_scope"


async def test_app_info(portal: LocalPortal, admin: Caller, signed_in: Callable[..., Caller]) -> None:
    info = await admin.call("app.info")
    assert (info["CODE"], info["STATUS"], info["INSTALLED"], info["VERSION"]) == (
        portal.client_id,
        "F",
        True,
        "1",
    )
    portal.add_application("other", "secret", status="L", version=4)
    info = await signed_in(client_id="other").call("app.info")
    assert (info["CODE"], info["STATUS"], info["VERSION"]) == ("other", "L", "4")


async def test_scope(admin: Caller) -> None:
    assert await admin.call("scope") == ["entity", "user"]
    assert await admin.call("scope", full=True) == ["entity", "user"]


@pytest.mark.parametrize(
    ("name", "existing", "available"),
    [
        ("entity.add", True, True),
        ("Entity.Add", True, True),
        ("batch", True, True),
        ("profile", True, True),
        ("user.current", True, False),
        ("crm.deal.list", False, False),
        ("", False, False),
    ],
)
async def test_method_get(
    portal: LocalPortal, signed_in: Callable[..., Caller], name: str, existing: bool, available: bool
) -> None:
    portal.add_application("narrow", "secret", scopes=("entity",))
    told = await signed_in(client_id="narrow").call("method.get", name=name)
    assert told == {"isExisting": existing, "isAvailable": available}


async def test_options_belong_to_the_application(
    portal: LocalPortal, admin: Caller, signed_in: Callable[..., Caller]
) -> None:
    assert await admin.call("app.option.get") == []
    assert await admin.call("app.option.set", options={"version": "1", "note": "x"}) is True
    await admin.call("app.option.set", options={"version": "2"})
    assert await admin.call("app.option.get") == {"version": "2", "note": "x"}
    assert await admin.call("app.option.get", option="version") == "2"
    assert await admin.call("app.option.get", option="none") == ""
    portal.add_application("other", "secret")
    assert await signed_in(client_id="other").call("app.option.get") == []


async def test_setting_options_takes_an_administrator(
    portal: LocalPortal, signed_in: Callable[..., Caller]
) -> None:
    portal.add_user(7)
    anna = signed_in(7)
    assert await anna.code("app.option.set", options={"a": 1}) == "ACCESS_DENIED"
    assert await anna.call("app.option.get") == []


async def test_methods(portal: LocalPortal, signed_in: Callable[..., Caller]) -> None:
    portal.add_application("narrow", "secret", scopes=())
    narrow = signed_in(client_id="narrow")
    assert "entity.add" not in await narrow.call("methods")
    assert {"batch", "profile", "entity.add"} <= set(await narrow.call("methods", full=True))
    assert await narrow.call("methods", scope="user") == ["user.current"]
    assert "server.time" in await narrow.call("methods", scope="")


async def test_names_of_access_codes(portal: LocalPortal, admin: Caller) -> None:
    portal.add_user(7, name="Anna Smith", groups=[5], departments=[3], workgroups={10: "E"})
    portal.add_department(4)
    codes = ["AU", "U7", "U8", "G5", "G6", "D3", "DR4", "D9", "SG10_K", "SG11", "X1", "U7'--"]
    named = await admin.call("access.name", ACCESS=codes)
    assert {code: told["name"] for code, told in named.items()} == {
        "AU": "All authorized users",
        "U7": "Anna Smith",
        "G5": "Group 5",
        "D3": "Department 3",
        "DR4": "Department and below 4",
        "SG10_K": "Workgroup 10 K",
    }
    assert named["U7"] == {"provider": "User", "name": "Anna Smith", "provider_id": "user"}
    assert await admin.call("access.name") is False
    assert await admin.call("access.name", ACCESS=["U99"]) == {}
