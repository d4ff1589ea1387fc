"""The pages, the control requests, and the whole state as a document."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from b24provision.local import LocalPortal
from b24provision.local.html import link, render, tag

from .conftest import Caller, Clock

pytestmark = pytest.mark.anyio

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
PIXEL = base64.b64encode(b"GIF89a").decode()


@pytest.fixture
async def filled(portal: LocalPortal, admin: Caller) -> LocalPortal:
    """A storage with a bit of everything, every text of it hostile."""
    await admin.call("entity.add", ENTITY="dish", NAME=NASTY, ACCESS={NASTY: "R"})
    for code, kind in (("title", "S"), ("photo", "F"), ("gone", "S")):
        await admin.call("entity.item.property.add", ENTITY="dish", PROPERTY=code, NAME=NASTY, TYPE=kind)
    section = await admin.call("entity.section.add", ENTITY="dish", NAME=NASTY, CODE=NASTY)
    await admin.call("entity.section.add", ENTITY="dish", NAME="Inner", SECTION=section)
    values = {"title": NASTY, "photo": [f"{NASTY}.png".replace("/", ""), PIXEL]}
    item = {
        "NAME": NASTY,
        "CODE": NASTY,
        "SECTION": section,
        "PREVIEW_TEXT": NASTY,
        "PROPERTY_VALUES": values,
    }
    await admin.call("entity.item.add", ENTITY="dish", **item, DETAIL_PICTURE=["a.gif", PIXEL])
    for number in range(60):
        await admin.call("entity.item.add", ENTITY="dish", NAME=f"item {number}")
    await admin.code("entity.get", ENTITY="nothing", NAME=NASTY)
    return portal


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", ["dish", "/storages/1", "61"]),
        ("/storages/1", ["U1", "title", "– Inner", "2–3, depth 2", "item 48", "/storages/1?start=50"]),
        ("/storages/1?start=50", ["item 58", "/storages/1?start=0"]),
        ("/storages/1?start=x", ["item 48"]),
        ("/storages/1/items/1", ["/upload/", "a.gif", "2026-03-25"]),
        ("/calls", ["entity.item.add", "ERROR_ENTITY_NOT_FOUND", "&quot;NAME&quot;: &quot;item 59&quot;"]),
        ("/state", ["/state.json", "multipart/form-data"]),
    ],
)
async def test_pages(filled: LocalPortal, http: httpx.AsyncClient, path: str, shown: list[str]) -> None:
    response = await http.get(path)
    assert response.status_code == 200
    assert [text for text in shown if text not in response.text] == []
    assert "<script" not in response.text
    assert "<img src=x" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")


@pytest.mark.parametrize(
    "path", ["/storages/9", "/storages/1/items/99", "/storages/9/items/1", "/storages/x"]
)
async def test_pages_that_are_not_there(filled: LocalPortal, http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


async def test_pages_of_an_empty_portal(http: httpx.AsyncClient) -> None:
    assert "There is no storage yet" in (await http.get("/")).text
    assert "Nothing was called yet" in (await http.get("/calls")).text
    assert (await http.get("/style.css")).headers["content-type"].startswith("text/css")


async def test_files_run_nothing(filled: LocalPortal, admin: Caller, http: httpx.AsyncClient) -> None:
    values = {"photo": ["page.html", base64.b64encode(b"<script>").decode()]}
    await admin.call("entity.item.update", ENTITY="dish", ID=1, PROPERTY_VALUES=values)
    (item,) = await admin.call("entity.item.get", ENTITY="dish", FILTER={"ID": 1})
    response = await http.get(item["PROPERTY_VALUES"]["photo"])
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (await http.get(item["DETAIL_PICTURE"])).headers["content-type"] == "image/gif"


async def test_only_the_last_two_hundred_answers_are_kept(portal: LocalPortal, admin: Caller) -> None:
    for _ in range(205):
        await admin.call("scope")
    calls = portal.calls()
    assert [call.answer for call in calls[:5]] == [None] * 5
    assert [call.answer for call in calls[5:]] == [["entity", "user"]] * 200


def test_links_lead_to_the_web_only() -> None:
    assert render(link("javascript:alert(1)", "x")) == '<a href="#">x</a>'
    assert render(tag("p", "<b>", None, [tag("br")], title='"')) == '<p title="&quot;">&lt;b&gt;<br></p>'


async def test_the_whole_state_moves_to_another_portal(
    filled: LocalPortal, admin: Caller, http: httpx.AsyncClient, clock: Clock
) -> None:
    document = json.loads((await http.get("/state.json")).content)
    before = await admin.call("entity.item.get", ENTITY="dish")
    with LocalPortal.open(clock=clock) as other:
        transport = httpx.ASGITransport(other.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as there:
            form = {"state": ("portal.json", json.dumps(document))}
            response = await there.post("/state", files=form, headers={"Origin": "http://local"})
            assert (response.status_code, response.headers["location"]) == (303, "/")
            moved = Caller(there, admin.token)
            assert await moved.call("entity.item.get", ENTITY="dish") == before
            assert (await there.get(before[0]["PROPERTY_VALUES"]["photo"])).content == b"GIF89a"
            assert other.member_id == filled.member_id
            assert await moved.call("entity.item.add", ENTITY="dish", NAME="next") == 62
        assert other.export_state()["tables"]["items"][:61] == document["tables"]["items"]


async def test_ids_are_not_given_out_again_after_an_import(portal: LocalPortal, admin: Caller) -> None:
    await admin.call("entity.add", ENTITY="dish", NAME="Dishes")
    item = await admin.call("entity.item.add", ENTITY="dish", NAME="one")
    await admin.call("entity.item.delete", ENTITY="dish", ID=item)
    portal.import_state(portal.export_state())
    assert await admin.call("entity.item.add", ENTITY="dish", NAME="two") == item + 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: [],
        lambda _: {"format_version": "2", "tables": {}},
        lambda _: {"format_version": "1", "tables": {}},
        lambda _: {"format_version": "1", "tables": {"sqlite_master": []}},
        lambda tables: {"format_version": "1", "tables": tables | {"users": [{"id; DROP TABLE users": 1}]}},
        lambda tables: {"format_version": "1", "tables": tables | {"users": 5}},
        lambda tables: {"format_version": "1", "tables": tables | {"users": [{"id": [1]}]}},
        lambda tables: {"format_version": "1", "tables": tables | {"files": [{"content": {"base64": "!"}}]}},
        lambda tables: {"format_version": "1", "tables": tables | {"rights": [{"storage_id": 9}]}},
        lambda tables: {
            "format_version": "1",
            "tables": tables | {"rights": [{"storage_id": 9, "code": "AU", "level": "R"}]},
        },
    ],
)
async def test_a_document_that_is_none_changes_nothing(
    portal: LocalPortal, http: httpx.AsyncClient, spoil: Callable[[Any], Any]
) -> None:
    before = portal.export_state()
    document = spoil(before["tables"])
    with pytest.raises(ValueError):
        portal.import_state(document)
    response = await http.post("/state", files={"state": ("x.json", json.dumps(document))})
    assert (response.status_code, "Nothing was imported" in response.text) == (400, True)
    assert portal.export_state() == before


async def test_other_sites_cannot_import(portal: LocalPortal, http: httpx.AsyncClient) -> None:
    before = portal.export_state()
    form = {"state": ("portal.json", json.dumps(before))}
    response = await http.post("/state", files=form, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    for other in ({"content": b"x"}, {"data": {"state": "x"}}, {"files": {"state": ("x", "{")}}):
        assert (await http.post("/state", **other)).status_code == 400  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8224", 200),
        ("[::1]:8224", 200),
        ("localhost:8224", 200),
        ("acme.localhost", 200),
        ("portal:8224", 200),
        ("rebound.evil.example:8224", 403),
    ],
)
async def test_names_of_other_sites_that_lead_here(http: httpx.AsyncClient, host: str, status: int) -> None:
    for path in ("/", "/state.json", "/calls"):
        assert (await http.get(path, headers={"Host": host})).status_code == status


class TestControl:
    @pytest.fixture
    async def control(self, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
        with LocalPortal.open(clock=clock, has_control=True) as portal:
            transport = httpx.ASGITransport(portal.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://local") as http:
                yield http

    async def test_it_is_off_unless_asked_for(self, http: httpx.AsyncClient) -> None:
        for path in ("/control/faults", "/control/state"):
            assert (await http.get(path)).status_code == 404

    async def test_faults(self, control: httpx.AsyncClient) -> None:
        fault = {"kind": "overload-limit", "nth": 2}
        (added,) = (await control.post("/control/faults", json=fault)).json()
        assert added == fault | {"method": None, "times": 1, "seconds": 1.0, "to": ""}
        statuses = [(await control.post("/rest/profile")).status_code for _ in range(3)]
        assert statuses == [401, 503, 401]
        both = [{"kind": "hang"}, {"kind": "slow", "method": "entity.*", "times": None}]
        assert len((await control.post("/control/faults", json=both)).json()) == 2
        assert (await control.delete("/control/faults")).json() == []

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]x", b"5", b'{"kind": "x"}', b'{"a": 1}', b'[{"kind": []}]']
    )
    async def test_faults_that_are_none(self, control: httpx.AsyncClient, body: bytes) -> None:
        response = await control.post("/control/faults", content=body)
        assert (response.status_code, set(response.json())) == (400, {"error"})

    async def test_state(self, control: httpx.AsyncClient) -> None:
        document = (await control.get("/control/state")).json()
        assert (await control.put("/control/state", json=document)).status_code == 204
        assert (await control.put("/control/state", json={})).status_code == 400

    async def test_other_sites_are_refused(self, control: httpx.AsyncClient) -> None:
        headers = {"Origin": "https://evil.example"}
        assert (
            await control.post("/control/faults", json={"kind": "hang"}, headers=headers)
        ).status_code == 403
