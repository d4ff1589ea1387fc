"""Files of a portal, fetched by the addresses it gives: plain requests, which never carry a token.

Whoever knows a file's address may read it, so there is nothing to authorise, and a foreign host is told
nothing. A file that cannot be fetched raises BlockedError, not PortalError: the portal works, trying again
will not help, and a person has to decide, by mending or deleting the file or by going on without a backup.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import unquote, urljoin, urlsplit

from b24provision.backup.records import FileRef, Row, Shape, files_of, is_property, property_key, with_files
from b24provision.errors import B24ProvisionError, BlockedError
from b24provision.rest.client import Client
from b24provision.rest.endpoint import is_loopback
from b24provision.rest.retry import Retry
from b24provision.rest.transport import HttpRequest, HttpResponse, SendFailed, Transport

Keep = Callable[[bytes], str]
"""Does something with a file's content and gives its digest."""

SIDE_BY_SIDE = 4
_TIMEOUT_S = 60.0
_MOST_REDIRECTS = 3


def only_digest(content: bytes) -> str:
    """Keep nothing of a file but its digest."""
    return sha256(content).hexdigest()


@dataclass(slots=True)
class Files:
    """Fetches files. `endpoint` is the portal's REST address, which relative addresses start from."""

    transport: Transport
    endpoint: str
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    retry: Retry = field(default_factory=Retry)
    _known: dict[str, str] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, client: Client, sleep: Callable[[float], Awaitable[None]]) -> "Files":
        """Fetch over the transport of a client, so that a portal in this process serves its files too."""
        return cls(client._driver._transport, client.endpoint, sleep)  # noqa: SLF001 - the client shows no transport

    async def read(self, rows: Sequence[Row], shape: Shape, what: str, keep: Keep = only_digest) -> list[Row]:
        """Fetch the files of rows, and put them there by content. `what` is what a row is called.

        Raises BlockedError that names the row and the field or property whose file cannot be fetched.
        """
        wanted = list(_wanted(rows, shape, what))
        refs = await _side_by_side([self._job(address, said, keep) for _, _, address, said in wanted])
        by_row: dict[int, dict[str, FileRef]] = {}
        for (position, place, _, _), ref in zip(wanted, refs, strict=True):
            by_row.setdefault(position, {})[place] = ref
        return [with_files(row, shape, by_row.get(position, {})) for position, row in enumerate(rows)]

    def _job(self, address: str, said: str, keep: Keep) -> Callable[[], Awaitable[FileRef]]:
        async def job() -> FileRef:
            name = unquote(urlsplit(address).path.rpartition("/")[2])
            if keep is only_digest and address in self._known:  # an address never gets other content
                return FileRef(sha256=self._known[address], name=name)
            try:
                digest = keep(await self._content(address))
            except _UnfetchedError as exc:
                raise BlockedError(
                    f"The file of {said} cannot be fetched: {exc}. Without it the data would not be whole."
                ) from exc
            self._known[address] = digest
            return FileRef(sha256=digest, name=name)

        return job

    async def _content(self, address: str) -> bytes:
        url = self._url(address)
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._get(url)
            location = response.header("location")
            if 300 <= response.status < 400 and location:
                url = self._redirected(url, location)
                continue
            _require_whole(response)
            return response.body
        raise _UnfetchedError("its address leads in circles")

    async def _get(self, url: str) -> HttpResponse:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "b24provision"}
        failures = 0
        while True:
            try:
                response = await self.transport.send(HttpRequest("GET", url, headers, b"", _TIMEOUT_S))
                failure = f"{urlsplit(url).hostname} answered with HTTP {response.status}"
            except SendFailed as exc:
                response, failure = None, f"{urlsplit(url).hostname} gave no answer ({exc})"
            if response is not None and response.status < 500 and response.status != 429:
                return response
            failures += 1
            if failures >= self.retry.attempts:
                raise _UnfetchedError(failure)
            await self.sleep(self.retry.delay_s(failures, 0.5))

    def _url(self, address: str) -> str:
        """Give the whole address of a file, or refuse to go there.

        Nothing leads from elsewhere to this computer, and from an encrypted portal to an open line.
        """
        url = urljoin(urljoin(self.endpoint, "/"), address)
        try:
            parts = urlsplit(url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        except ValueError:
            usable = False
        if not usable:
            raise _UnfetchedError("what the portal gives is no address")
        if is_loopback(url) and not is_loopback(self.endpoint):
            raise _UnfetchedError("its address is this computer")
        if parts.scheme == "http" and self.endpoint.startswith("https:"):
            raise _UnfetchedError("its address is not encrypted, and the portal's is")
        return url

    def _redirected(self, url: str, location: str) -> str:
        """Follow to where the same file is; a page to log in at has another name."""
        target = self._url(urljoin(url, location))
        if urlsplit(target).path.rpartition("/")[2] != urlsplit(url).path.rpartition("/")[2]:
            raise _UnfetchedError("its address leads to something else")
        return target


class _UnfetchedError(Exception):
    """Why a file could not be fetched. Never leaves this module."""


def _require_whole(response: HttpResponse) -> None:
    if response.status != 200:
        raise _UnfetchedError(f"the portal answered with HTTP {response.status}")
    if not response.body:
        raise _UnfetchedError("it came empty")
    length = response.header("content-length")
    if length.isdecimal() and not response.header("content-encoding") and int(length) != len(response.body):
        raise _UnfetchedError(f"it came with {len(response.body)} of {length} bytes")


def _wanted(rows: Sequence[Row], shape: Shape, what: str) -> Iterator[tuple[int, str, str, str]]:
    for position, row in enumerate(rows):
        for place, address in files_of(row, shape).items():
            part = f"property {property_key(place)}" if is_property(place) else place
            yield position, place, str(address), f"{what} {row['ID']}, {part},"


async def _side_by_side(jobs: Sequence[Callable[[], Awaitable[FileRef]]]) -> list[FileRef]:
    """Do jobs a few at a time; the first failure ends them all."""
    found: dict[int, FileRef] = {}
    queue = iter(enumerate(jobs))

    async def work() -> None:
        for position, job in queue:
            found[position] = await job()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(SIDE_BY_SIDE, len(jobs))):
                group.create_task(work())
    except ExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from (first.__cause__ if isinstance(first, B24ProvisionError) else failed)
    return [found[position] for position in range(len(jobs))]
