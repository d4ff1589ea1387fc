"""Portal → archive: whole storages, or exactly what a plan puts at stake."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import b24provision
from b24provision.backup.definitions import require_single
from b24provision.backup.files import Files
from b24provision.backup.header import Header, Stored
from b24provision.backup.packer import Packer
from b24provision.backup.writer import ArchiveWriter
from b24provision.errors import BlockedError, InputError
from b24provision.intent import matches
from b24provision.model import Portal, Snapshot, fold
from b24provision.plan import Kind, Plan
from b24provision.reading import drive
from b24provision.snapshot import read_snapshot
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
    for code in codes:
        if fold(code) in snapshot.hidden:
            raise BlockedError(
                f"User {snapshot.caller.user_id} may not read storage {code}, so it cannot be backed up: use an "
                "administrator's token."
            )
        if fold(code) not in snapshot.entities:
            raise InputError(f"There is no storage {code} on the portal.")
    require_single(snapshot, codes)


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
        packer = Packer(session.send, writer, Files.of(session.client, sleep))
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


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
