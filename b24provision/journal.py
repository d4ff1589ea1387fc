"""What every run was about to do, and what came of it: one file of JSON lines a run, under `runs/`.

What is about to be sent is on disk before it is sent, so that after a crash nobody has to guess. Entries
hold method names, parameters and outcomes; no token ever comes near a call.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from b24provision.errors import B24ProvisionError, InputError
from b24provision.plan import Plan, Report
from b24provision.reading import Answer, Sender
from b24provision.render.json import plan_document
from b24provision.rest.calls import Call
from b24provision.targets.state import keep_private


@dataclass(slots=True)
class Journal:
    """Writes runs down in `directory`, a file each. A run without writes leaves no file."""

    directory: Path
    clock: Callable[[], float] = time.time
    _file: TextIO | None = field(default=None, init=False)
    _plan: Plan | None = field(default=None, init=False)
    _has_sent: bool = field(default=False, init=False)
    _requests: int = field(default=0, init=False)
    _is_broken: bool = field(default=False, init=False)

    @contextmanager
    def run(self, plan: Plan) -> Iterator["Journal"]:
        """Write down the run of `plan`; the file is made with its first write."""
        self._plan, self._has_sent, self._is_broken = plan, False, False
        try:
            yield self
        finally:
            if self._file is not None:
                self._file.close()
            self._file = self._plan = None

    def watched(self, send: Sender) -> Sender:
        """Give a sender that writes down what changes something, before it is sent and when it is answered."""

        async def watched_send(calls: Sequence[Call], /) -> Sequence[Answer]:
            if all(call.only_reads for call in calls):
                return await send(calls)
            self._requests += 1
            number = (
                self._requests
            )  # requests are in flight side by side, so their answers are told by number
            sent = [{"method": call.method, "params": dict(call.params)} for call in calls]
            self._write("sending", request=number, calls=sent)
            try:
                answers = await send(calls)
            except B24ProvisionError as exc:
                self._write("failed", request=number, error=str(exc), kind=type(exc).__name__)
                raise
            errors = [None if row.error is None else str(row.error) for row in answers]
            self._write("answered", request=number, errors=errors)
            return answers

        return watched_send

    def reported(self, report: Report) -> None:
        """Write down how the run ended, if it wrote anything."""
        if self._file is not None:
            self._write(
                "reported",
                outcomes=[asdict(row) for row in report.outcomes],
                verified=report.verified,
                exit_code=int(report.exit_code),
                problem=report.problem,
            )

    def _write(self, event: str, **facts: Any) -> None:
        """Write an entry. Before anything was sent a failure stops the run; later it only ends the journal."""
        if self._is_broken:
            return
        try:
            if self._file is None:
                self._file = self._begin()
                plan = plan_document(self._plan) if self._plan is not None else None
                self._append(self._file, "planned", {"plan": plan})
            self._append(self._file, event, facts)
        except OSError as exc:
            self._is_broken = True
            if not self._has_sent:
                raise InputError(
                    f"The journal cannot be written in {self.directory}: {exc.strerror}"
                ) from exc
        self._has_sent = True

    def _append(self, file: TextIO, event: str, facts: Mapping[str, Any]) -> None:
        file.write(
            json.dumps({"at": _moment(self.clock()), "event": event, **facts}, ensure_ascii=False) + "\n"
        )
        file.flush()
        os.fsync(file.fileno())

    def _begin(self) -> TextIO:
        keep_private(self.directory.parent)
        self.directory.mkdir(exist_ok=True)
        name = _moment(self.clock()).translate({ord(sign): None for sign in "-:"})
        path = self.directory / f"{name}-{os.getpid()}.jsonl"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the journal tells it. `entries` are its lines; a last one cut short by a crash is left out."""

    name: str
    entries: Sequence[Mapping[str, Any]]

    @property
    def plan(self) -> Mapping[str, Any]:
        """The document of the plan that was carried out."""
        return self.entries[0].get("plan") or {} if self.entries else {}

    @property
    def ending(self) -> str:
        """How it ended, in a word or two."""
        last = self.entries[-1] if self.entries else {}
        if last.get("event") != "reported":
            return "no end: it was cut short"
        return "verified" if last.get("verified") else f"exit code {last.get('exit_code')}"


def read_runs(directory: Path) -> list[Run]:
    """Read every run, the oldest first."""
    return [_read(path) for path in sorted(directory.glob("*.jsonl"))]


def read_run(directory: Path, name: str) -> Run:
    """Read one run, by its name or the beginning of it. Raises InputError when it is none or not the only one."""
    found = [path for path in sorted(directory.glob("*.jsonl")) if path.stem.startswith(name)]
    if len(found) != 1:
        raise InputError(f"{len(found)} runs begin with {name}; `b24provision log` lists them.")
    return _read(found[0])


def _read(path: Path) -> Run:
    entries = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not isinstance(entry, dict):
            break
        entries.append(entry)
    return Run(path.stem, entries)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
