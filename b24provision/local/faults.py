"""Faults on demand: what is to go wrong, at which request or command, and how often.

Owns the counting. What a fault looks like on the wire is the business of `spoiling`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit


class Kind(StrEnum):
    """What goes wrong. Unless said otherwise the request, or the command, is not executed."""

    REFUSED = "refused"  # no connection; behind a socket, where one exists already, the same as reset-before
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"  # executed
    HANG = "hang"  # no answer until the client gives up
    HANG_AFTER = "hang-after"  # executed
    TRUNCATED = "truncated"  # executed; the connection ends in the middle of the answer
    EMPTY = "empty"  # executed; 200 without a body
    BROKEN_JSON = "broken-json"  # executed; 200 with half a JSON object
    HTML_500 = "html-500"
    HTML_500_AFTER = "html-500-after"  # executed
    HTML_502 = "html-502"
    HTML_502_AFTER = "html-502-after"  # executed
    HTML_504 = "html-504"
    EXPIRED_TOKEN = "expired-token"  # noqa: S105
    MOVED = "moved"  # 302 to the address `to`, for whoever does not come by that address already
    OPERATION_TIME_LIMIT = "operation-time-limit"
    QUERY_LIMIT_EXCEEDED = "query-limit-exceeded"
    OVERLOAD_LIMIT = "overload-limit"
    DEADLOCK = "deadlock"  # ERROR_CORE … Try … again; of commands only
    SLOW = "slow"  # executed and answered, `seconds` late
    RACE = "race"  # executed as if no storage of that code existed; of commands only


EXECUTED = frozenset(
    {
        Kind.RESET_AFTER,
        Kind.HANG_AFTER,
        Kind.TRUNCATED,
        Kind.EMPTY,
        Kind.BROKEN_JSON,
        Kind.HTML_500_AFTER,
        Kind.HTML_502_AFTER,
    }
)
"""Those that spoil the answer to something that was done."""
_OF_COMMANDS = frozenset({Kind.DEADLOCK, Kind.RACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong.

    With a `method` other than `batch`, and always for deadlock and race, it is a command that is counted,
    alone or in a batch; the request ends where such a fault strikes, and what came before in a batch stays done.
    Otherwise it is a request. `oauth.token` is the request that renews a token.
    """

    kind: Kind
    method: str | None = None
    """A method's name, or a pattern such as `entity.item.*`; None for all but `oauth.token`."""
    nth: int = 1
    """It strikes at the nth that matches, counted from 1 since it was added."""
    times: int | None = 1
    """How often in a row; None for ever after."""
    seconds: float = 1.0
    """How late, for slow."""
    to: str = ""
    """The new scheme and host, for moved: `https://new.example`."""

    def __post_init__(self) -> None:
        if self.nth < 1 or (self.times is not None and self.times < 1) or self.seconds < 0:
            raise ValueError("a fault's nth and times count from 1, and its seconds from 0")
        if self.kind is Kind.MOVED and not urlsplit(self.to).netloc:
            raise ValueError("say where to: a moved portal wants to=https://new.example")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Make one from texts and numbers by name. Raises `ValueError` that says what is wrong."""
        if set(given) - set(_READERS) or not given.get("kind"):
            raise ValueError(f"a fault has {', '.join(_READERS)}, and not {', '.join(given)}")
        return cls(**{name: _READERS[name](value) for name, value in given.items()})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `KIND[,method=…][,nth=…][,times=…|always][,seconds=…][,to=…]`. Raises `ValueError`."""
        kind, *rest = text.split(",")
        return cls.read({"kind": kind} | dict(_setting(each) for each in rest))

    @property
    def of_commands(self) -> bool:
        """Whether commands are counted, not requests."""
        by_method = self.method is not None and self.method.lower() not in ("batch", "oauth.token")
        return self.kind in _OF_COMMANDS or by_method

    def matches(self, method: str) -> bool:
        if self.method is None:
            return method != "oauth.token"
        return fnmatchcase(method, self.method.lower())


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError as exc:
        raise ValueError(f"no fault is called {word!r}: {', '.join(Kind)}") from exc


def _times(value: Any) -> int | None:
    return None if value in (None, "always") else int(value)


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {"kind": _kind, "method": str, "nth": int, "times": _times, "seconds": float, "to": str}
)
"""How each setting is read from text."""


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} is no setting of a fault: write it as name=value")
    return name.strip(), value.strip()


class Interrupted(Exception):  # noqa: N818  # no mistake of anybody's
    """A fault that ends the request in the middle of it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


@dataclass(slots=True)
class _Waiting:
    fault: Fault
    seen: int = 0

    def strikes(self) -> bool:
        """Count one that matches, and tell whether it is hit."""
        self.seen += 1
        fault = self.fault
        return self.seen >= fault.nth and not self._spent_before(self.seen)

    def spent(self) -> bool:
        return self._spent_before(self.seen + 1)

    def _spent_before(self, number: int) -> bool:
        return self.fault.times is not None and number >= self.fault.nth + self.fault.times


class Faults:
    """The faults that are waiting to strike. Where several would at once, the one added first does."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def add(self, kind: str | Fault, **settings: Any) -> Fault:
        """Have something go wrong: `add("reset-after", method="entity.item.add", nth=3)`.

        Settings are those of `Fault`. Raises `ValueError`.
        """
        fault = kind if isinstance(kind, Fault) else Fault(kind=_kind(kind), **settings)
        self._waiting.append(_Waiting(fault))
        return fault

    def clear(self) -> None:
        self._waiting.clear()

    def waiting(self) -> tuple[Fault, ...]:
        """Those that have not struck as often as they are to."""
        return tuple(each.fault for each in self._waiting)

    def meet_request(self, method: str, origin: str) -> Fault | None:
        """Count a request and tell what goes wrong with it. `origin` is the address it came by."""
        return self._meet(
            [
                each
                for each in self._waiting
                if not each.fault.of_commands
                and each.fault.matches(method)
                and not (each.fault.kind is Kind.MOVED and each.fault.to.rstrip("/") == origin)
            ]
        )

    def meet_command(self, method: str) -> Fault | None:
        """Count a command and tell what goes wrong with it."""
        return self._meet(
            [each for each in self._waiting if each.fault.of_commands and each.fault.matches(method)]
        )

    def _meet(self, matching: list[_Waiting]) -> Fault | None:
        striking = [each.fault for each in matching if each.strikes()]
        for each in matching:
            if each.spent():
                self._waiting.remove(each)
        return striking[0] if striking else None
