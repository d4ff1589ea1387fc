"""How far an apply is, on stderr: a bar on a terminal, a line every ten seconds elsewhere.

It redraws itself by a timer of the running loop, so that time goes by on it while requests are in flight.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from b24provision.apply import Pulse
from b24provision.render.words import duration

_LINE_EVERY_S = 10.0
_REDRAW_EVERY_S = 1.0
_WIDTH = 24
_CLEAR = "\r\x1b[K"


def said(pulse: Pulse, waited_s: float = 0.0) -> str:
    """Put a pulse in words, so many seconds after it came."""
    parts = [f"{pulse.done}/{pulse.total}"]
    if pulse.in_flight:
        parts.append(f"{pulse.in_flight} in flight")
    if pulse.entity:
        parts.append(pulse.entity)
    left = pulse.seconds_left - waited_s
    if left >= 1:
        parts.append(f"about {duration(round(left))} left")
    if pulse.waits_for:
        parts.append(f"waiting for {pulse.waits_for}")  # last, as it is what a narrow terminal can do without
    return "  ".join(parts)


def bar(pulse: Pulse, waited_s: float = 0.0) -> str:
    """Draw a pulse."""
    full = _WIDTH * pulse.done // max(1, pulse.total)
    return f"[{'#' * full}{'-' * (_WIDTH - full)}] {said(pulse, waited_s)}"


@dataclass(slots=True)
class Progress:
    """Shows the last pulse it was told, while `shown`. Silent unless it `is_on`."""

    stream: TextIO
    is_on: bool
    is_terminal: bool
    clock: Callable[[], float] = time.monotonic
    _pulse: Pulse | None = None
    _came_at: float = 0.0
    _timer: asyncio.TimerHandle | None = None

    @classmethod
    def on_stderr(cls, *, is_on: bool) -> "Progress":
        """Show it where people talk; a bar only where one can be redrawn."""
        return cls(sys.stderr, is_on, is_terminal=sys.stderr.isatty())

    def watch(self, pulse: Pulse) -> None:
        """Take a pulse in; a terminal shows it at once."""
        self._pulse, self._came_at = pulse, self.clock()
        if self.is_terminal:
            self._draw()

    def telling(self, tell: Callable[[str], None]) -> Callable[[str], None]:
        """Give a way to say something that leaves no half of a bar behind."""

        def tell_between(text: str) -> None:
            self._clear()
            tell(text)

        return tell_between

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Redraw from time to time; at the end nothing is left of a bar."""
        self._wait()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._clear()
            self._pulse = None

    def _wait(self) -> None:
        every_s = _REDRAW_EVERY_S if self.is_terminal else _LINE_EVERY_S
        self._timer = asyncio.get_running_loop().call_later(every_s, self._draw_again)

    def _draw_again(self) -> None:
        self._draw()
        self._wait()

    def _draw(self) -> None:
        if self._pulse is None or not self.is_on:
            return
        waited_s = self.clock() - self._came_at
        if self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEAR}{bar(self._pulse, waited_s)[:width]}")
        else:
            self._write(f"{said(self._pulse, waited_s)}\n")

    def _clear(self) -> None:
        if self._pulse is not None and self.is_on and self.is_terminal:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
