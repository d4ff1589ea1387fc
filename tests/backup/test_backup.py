"""What goes into an archive, over which requests, and what is refused instead of left out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from b24provision.backup import Archive, Summary, back_up, back_up_stakes, chosen_codes
from b24provision.errors import BlockedError, InputError, OutcomeUnknownError, PortalError, UnreachableError
from b24provision.local import LocalPortal
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed
from tests.support import FlakyTransport, intent, provisioner

pytestmark = pytest.mark.anyio

ARCHIVE = Path("dish.zip")


class Twisting(FlakyTransport):
    """Answers requests for files as a test wants, and remembers them."""

    def __init__(self, portal: LocalPortal, twist: Callable[[HttpRequest], HttpResponse | None]) -> None:
        super().__init__(portal.app, [])
        self.twist = twist
        self.asked: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            self.asked.append(request)
            if (answer := self.twist(request)) is not None:
                return answer
        return await super().send(request)


async def archived(portal: LocalPortal, transport: FlakyTransport | None = None) -> Summary:
    async with provisioner(portal, transport=transport) as opened:
        return await back_up(opened.session, ["dish"], ARCHIVE, sleep=opened.sleep)


async def refusal(portal: LocalPortal, twist: Callable[[HttpRequest], HttpResponse | None]) -> str:
    with pytest.raises(BlockedError) as refused:
        await archived(portal, Twisting(portal, twist))
    assert not list(Path().iterdir())
    return str(refused.value)


async def test_it_counts_what_it_holds(full: LocalPortal):
    full.forget_calls()
    made = await archived(full)
    assert (made.storages, made.sections, made.items) == (1, 12, 3310)
    assert made.files == 7 + 3 + 3  # photos, pictures of items, pictures of sections
    assert made.bytes == ARCHIVE.stat().st_size
    with Archive.open(ARCHIVE) as archive:
        [stored] = archive.header.storages
        assert stored.files == 33 + 33 + 3
        rows = list(archive.items(stored))
    assert [int(row["ID"]) for row in rows] == sorted(int(row["ID"]) for row in rows)
    assert "http" not in json.dumps(rows), "an address of a file is as good as the file"
    assert full.request_count == 1 + 1 + 1 + 4  # definition, sections, the first page, 66 more


async def test_stakes_hold_no_more_than_what_is_lost(full: LocalPortal):
    async with provisioner(full) as opened:
        plan = await opened.plan(intent("removed: {properties: [dish.color]}"))
        path = await back_up_stakes(opened.session, plan, Path("backups"))
    assert path is not None
    with Archive.open(path) as archive:
        [stored] = archive.header.storages
        assert (stored.items, stored.sections, stored.files) == (1204, 0, 0)
        assert {tuple(row) for row in archive.items(stored)} == {
            ("ID", "DATE_CREATE", "NAME", "PROPERTY_VALUES")
        }
        assert set(stored.entity.properties) == {"color", "price", "photo"}


async def test_no_token_goes_anywhere_and_relative_addresses_lead_to_the_portal(small: LocalPortal):
    class Relative(Twisting):
        async def send(self, request: HttpRequest) -> HttpResponse:
            response = await super().send(request)
            return replace(response, body=response.body.replace(b"http://local/upload", b"/upload"))

    transport = Relative(small, lambda _: None)
    assert (await archived(small, transport)).files > 0
    token = small.issue_token().access_token
    for request in transport.asked:
        assert request.url.startswith("http://local/upload/")
        assert not request.body
        assert "auth" not in request.url.lower()
        assert {name.lower() for name in request.headers} == {"accept", "accept-encoding", "user-agent"}
        assert token not in str(request.headers)


async def test_a_file_that_is_gone_is_named(small: LocalPortal):
    said = await refusal(small, lambda request: HttpResponse(404) if ".bin" in request.url else None)
    assert said.startswith("The file of dish item 1")
    assert ", property photo, cannot be fetched: the portal answered with HTTP 404." in said
    said = await refusal(small, lambda request: HttpResponse(403) if "s.png" in request.url else None)
    assert said.startswith("The file of dish section 2, PICTURE, cannot be fetched")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (HttpResponse(200), "it came empty"),
        (HttpResponse(200, {"content-length": "9"}, b"half"), "it came with 4 of 9 bytes"),
        (HttpResponse(302, {"location": "/login/"}), "its address leads to something else"),
        (HttpResponse(302, {"location": "http://127.0.0.1/x"}), "its address is this computer"),
        (HttpResponse(302, {"location": "file:///etc/passwd"}), "what the portal gives is no address"),
        (HttpResponse(500), "local answered with HTTP 500"),
    ],
)
async def test_an_answer_that_is_not_the_file(small: LocalPortal, answer: HttpResponse, why: str):
    assert why in await refusal(small, lambda _: answer)


async def test_a_file_is_asked_for_again_and_followed_to_where_it_is(small: LocalPortal):
    answers: list[HttpResponse | str] = ["cut", HttpResponse(503), "move"]

    def twist(request: HttpRequest) -> HttpResponse | None:
        answer = answers.pop(0) if answers else None
        if answer == "cut":
            raise SendFailed("connection reset", sent=True)
        if answer == "move":
            return HttpResponse(301, {"location": request.url.replace("http://local", "http://local:80")})
        return answer if isinstance(answer, HttpResponse) else None

    assert (await archived(small, Twisting(small, twist))).files > 0


async def test_no_connection_leaves_no_archive(small: LocalPortal):
    def cut(request: HttpRequest) -> HttpResponse:
        raise SendFailed("connection reset", sent=True)

    assert "local gave no answer (connection reset)" in await refusal(small, cut)
    transport = FlakyTransport(small.app, ["answered", *["cut"] * 9])
    with pytest.raises(UnreachableError):
        await archived(small, transport)
    assert not list(Path().iterdir())


async def test_what_cannot_be_read_is_refused_and_not_taken_for_empty(small: LocalPortal):
    async with provisioner(small) as opened:
        await opened.session.client.call.make("entity.update", {"ENTITY": "dish", "ACCESS": {"U1": "X"}})
        assert await chosen_codes(opened.session, ["D*"]) == ["dish"]
        with pytest.raises(InputError, match="There is no storage menu"):
            await back_up(opened.session, ["dish", "menu"], ARCHIVE)
    small.add_user(5)
    async with provisioner(small, user_id=5) as opened:
        assert await chosen_codes(opened.session) == ["other"]
        with pytest.raises(BlockedError, match="User 5 may not read storage dish"):
            await back_up(opened.session, ["dish"], ARCHIVE)
        await opened.session.client.call.make("entity.add", {"ENTITY": "dish", "NAME": "A second one"})
    async with provisioner(small) as opened:
        with pytest.raises(BlockedError, match="2 storages with the code dish are live"):
            await back_up(opened.session, ["dish"], ARCHIVE)
    with LocalPortal.open() as empty:
        async with provisioner(empty) as opened:
            with pytest.raises(
                InputError, match=r"There is nothing to back up\. The portal's storages: none"
            ):
                await chosen_codes(opened.session)
    assert not list(Path().iterdir())


async def test_a_portal_that_gives_less_than_it_counts_is_not_believed(small: LocalPortal):
    class Short(FlakyTransport):
        async def send(self, request: HttpRequest) -> HttpResponse:
            response = await super().send(request)
            if b"entity.item.get" not in request.body:
                return response
            answer = json.loads(response.body)
            rows = answer["result"]["result"][0]
            del rows[30:]
            return replace(response, body=json.dumps(answer).encode())

    with pytest.raises(PortalError, match="counts 230 items in storage dish, but gave 30"):
        await archived(small, Short(small.app, []))
    assert not list(Path().iterdir())


async def test_a_page_refused_for_its_operating_time_is_asked_for_again(small: LocalPortal):
    refused = json.dumps({"error": "OPERATION_TIME_LIMIT", "error_description": "Later"})
    seen = 0

    class Tired(FlakyTransport):
        async def send(self, request: HttpRequest) -> HttpResponse:
            nonlocal seen
            response = await super().send(request)
            if b"result%5B1%5D" not in request.body or seen:
                return response
            seen += 1
            answer = json.loads(response.body)
            parts = answer["result"]
            parts["result"] = dict(enumerate(parts["result"]))
            parts["result"].pop(2)
            parts["result_error"] = {"2": json.loads(refused)}
            return replace(response, body=json.dumps(answer).encode())

    made = await archived(small, Tired(small.app, []))
    assert seen == 1
    assert made.items == 230


async def test_lost_answers_to_reads_do_no_harm(small: LocalPortal):
    transport = FlakyTransport(small.app, ["lost", "cut", "answered", "lost", "answered", "cut"])
    try:
        assert (await archived(small, transport)).items == 230
    except OutcomeUnknownError:  # pragma: no cover - reads are never unknown
        pytest.fail("reading was taken for writing")
