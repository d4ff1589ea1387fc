"""Portal → archive: whole storages, or exactly what a plan puts at stake."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import b24provision
from b24provision.backup.files import Files
from b24provision.backup.header import Header, Stored
from b24provision.backup.records import SECTION, Row, files_of, values_only
from b24provision.backup.walk import Walk, items_of, sections_of
from b24provision.backup.writer import ArchiveWriter
from b24provision.errors import BlockedError, InputError, PortalError
from b24provision.intent import matches
from b24provision.model import Portal, Snapshot, fold
from b24provision.plan import Kind, Plan
from b24provision.reading import drive
from b24provision.rest.calls import Call
from b24provision.snapshot import newest_items, read_snapshot
from b24provision.targets.session import Session, Tell, tell_nobody

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an archive holds. `files` counts each content once, `bytes` is the size of the archive."""

    portal: Portal
    path: Path
    storages: int
    sections: int
    items: int
    files: int
    bytes: int


async def chosen_codes(session: Session, only: Sequence[str] = ()) -> list[str]:
    """Give the codes of the application's storages, those that match one of the glob patterns if there are any.

    Raises InputError when there is none.
    """
    snapshot = await drive(session.send, read_snapshot(()))
    known = [row.code for row in snapshot.listed]
    codes = [code for code in known if not only or matches(code, only)]
    if not codes:
        what = f"--only {' '.join(only)} matches no storage" if only else "There is nothing to back up"
        raise InputError(f"{what}. The portal's storages: {', '.join(known) or 'none'}.")
    return codes


async def back_up(
    session: Session,
    codes: Sequence[str],
    path: Path,
    *,
    clock: Clock = time.time,
    sleep: Sleep = asyncio.sleep,
    tell: Tell = tell_nobody,
) -> Summary:
    """Archive storages with all that is in them at `path`, which must be free.

    Nothing is left behind when it fails. What others write meanwhile may or may not be in it.

    Raises InputError for a storage that does not exist and a path that cannot be written, BlockedError for
    a storage the caller may not read and a file that cannot be fetched, and what the REST core raises.
    """
    snapshot = await drive(session.send, read_snapshot(codes))
    _require_readable(snapshot, codes)
    wanted = [Stored(entity=snapshot.entities[key]) for key in dict.fromkeys(map(fold, codes))]
    portal = session.portal.seen_by(snapshot.caller)
    return await _archive(session, portal, wanted, path, clock, sleep, tell)


async def back_up_stakes(
    session: Session,
    plan: Plan,
    directory: Path,
    *,
    clock: Clock = time.time,
    sleep: Sleep = asyncio.sleep,
    tell: Tell = tell_nobody,
) -> Path | None:
    """Archive in `directory` what `plan` would lose, and give the path; None if it loses nothing that is there.

    Of a storage that is deleted that is everything; of one that loses properties, their definition and the
    items with their values. Raises like `back_up`.
    """
    stakes = _stakes(plan)
    snapshot = await drive(session.send, read_snapshot(list(stakes))) if stakes else None
    if snapshot is None:
        return None
    there = [code for code in stakes if fold(code) in snapshot.entities or fold(code) in snapshot.hidden]
    if not there:
        return None
    _require_readable(snapshot, there)
    wanted = [Stored(entity=snapshot.entities[fold(code)], values_of=stakes[code]) for code in there]
    portal = session.portal.seen_by(snapshot.caller)
    path = archive_name(directory, portal, clock)
    await _archive(session, portal, wanted, path, clock, sleep, tell)
    return path


def archive_name(directory: Path, portal: Portal, clock: Clock = time.time) -> Path:
    """Give a free path in `directory`, made if need be, that tells time (UTC) and host."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{directory} cannot be made: {exc.strerror}.") from exc
    stamp = _moment(clock()).translate({ord(sign): None for sign in "-:"})
    host = re.sub(r"[^A-Za-z0-9.-]", "_", portal.host) or "portal"
    stem, number = f"{stamp}-{host}", 1
    path = directory / f"{stem}.zip"
    while path.exists():
        number += 1
        path = directory / f"{stem}-{number}.zip"
    return path


def _stakes(plan: Plan) -> dict[str, frozenset[str] | None]:
    """Give what is at stake by storage: all of it (None), or the values of some properties (folded codes)."""
    stakes: dict[str, frozenset[str] | None] = {}
    spelling: dict[str, str] = {}
    for change in plan.data_loss:
        code, _, prop = change.live_address.partition(".")
        code = spelling.setdefault(fold(code), code)
        known = stakes.setdefault(code, frozenset())
        whole = known is None or change.kind is Kind.ENTITY
        stakes[code] = None if whole or known is None else known | {fold(prop)}
    return stakes


def _require_readable(snapshot: Snapshot, codes: Sequence[str]) -> None:
    """Refuse what would look empty, or be only one of two. Raises InputError and BlockedError."""
    count = Counter(fold(row.code) for row in snapshot.listed)
    for code in codes:
        if fold(code) in snapshot.hidden:
            raise BlockedError(
                f"User {snapshot.caller.user_id} may not read storage {code}, so it cannot be backed up: use an "
                "administrator's token."
            )
        if fold(code) not in snapshot.entities:
            raise InputError(f"There is no storage {code} on the portal.")
        if count[fold(code)] > 1:
            raise BlockedError(
                f"{count[fold(code)]} storages with the code {code} are live, and the portal decides which of them "
                "is read: delete the empty ones by hand first."
            )


async def _archive(
    session: Session,
    portal: Portal,
    wanted: Sequence[Stored],
    path: Path,
    clock: Clock,
    sleep: Sleep,
    tell: Tell,
) -> Summary:
    made_at = _moment(clock())
    with ArchiveWriter(path) as writer:
        packer = _Packer(session, writer, Files.of(session.client, sleep))
        storages = []
        for stored in wanted:
            packed = await packer.pack(stored)
            storages.append(packed)
            tell(
                f"{packed.entity.code}: {packed.sections} sections, {packed.items} items, {packed.files} files"
            )
        header = Header(
            made_at=made_at,
            host=portal.host,
            member_id=portal.member_id,
            tool_version=b24provision.__version__,
            storages=storages,
        )
        size = writer.finish(header)
        return Summary(
            portal=portal,
            path=path,
            storages=len(storages),
            sections=sum(row.sections for row in storages),
            items=sum(row.items for row in storages),
            files=writer.files,
            bytes=size,
        )


@dataclass(frozen=True, slots=True)
class _Packer:
    """Puts storages into an archive, a wave of rows after the other."""

    session: Session
    writer: ArchiveWriter
    files: Files

    async def pack(self, stored: Stored) -> Stored:
        """Archive one storage; gives it with what was found in it."""
        code, shape = stored.entity.code, stored.shape
        if stored.values_of is None:
            walk = sections_of(code)
            while not walk.done:
                rows = await walk.wave(self.session.send)
                found = await self.files.read(rows, SECTION, f"{code} section", self.writer.add_file)
                stored = self._put(
                    stored, "sections", found, sum(len(files_of(row, SECTION)) for row in rows)
                )
        walk = items_of(code)
        while not walk.done:
            rows = await walk.wave(self.session.send)
            if stored.values_of is not None:
                # Chosen here: how a portal's filter takes an empty value is not a thing to stake data on.
                rows = [kept for row in rows if (kept := values_only(row, shape)) is not None]
            found = await self.files.read(rows, shape, f"{code} item", self.writer.add_file)
            stored = self._put(stored, "items", found, sum(len(files_of(row, shape)) for row in rows))
        await self._require_all(walk)
        return stored

    def _put(self, stored: Stored, kind: str, rows: Sequence[Row], files: int) -> Stored:
        if rows:
            self.writer.add_rows(stored.entity.code, kind, rows)
        count = stored.sections if kind == "sections" else stored.items
        return replace(stored, files=stored.files + files, **{kind: count + len(rows)})  # type: ignore[arg-type]

    async def _require_all(self, walk: Walk) -> None:
        """Make sure that the portal gave as many items as it counts, if not all were there at first."""
        if walk.seen >= (walk.total or 0):
            return
        call: Call = newest_items(walk.code)
        total = (await self.session.send([call]))[0].total or 0
        if walk.seen < total:
            raise PortalError(
                f"The portal counts {total} items in storage {walk.code}, but gave {walk.seen}: try again."
            )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
