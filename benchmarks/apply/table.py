"""The measured, as a Markdown table, with each contestant's seconds against ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEAD = (
    "| storages × properties | what | who | requests | seconds | ratio | CPU s | MB |\n"
    "|---|---|---|---:|---:|---:|---:|---:|"
)
WHAT = {"change": "change one property each"}


@dataclass(frozen=True, slots=True)
class Row:
    """What one contestant took for one phase. Of the bound nothing was used."""

    phase: str
    who: str
    requests: int
    seconds: float
    cpu_s: float | None = None
    memory_mb: float | None = None

    def cells(self, ours_s: float | None) -> list[str]:
        return [
            self.who,
            str(self.requests),
            f"{self.seconds:.2f}",
            "" if ours_s is None else f"{self.seconds / ours_s:.2f}",
            "" if self.cpu_s is None else f"{self.cpu_s:.2f}",
            "" if self.memory_mb is None else f"{self.memory_mb:.0f}",
        ]


def lines(size: str, rows: Sequence[Row]) -> Iterator[str]:
    """Write the rows of one size, by phase. A cell that would say the same again is empty."""
    ours_s = {row.phase: row.seconds for row in rows if row.who == "ours"}
    for phase in dict.fromkeys(row.phase for row in rows):
        what = WHAT.get(phase, phase)
        for row in rows:
            if row.phase == phase:
                cells = [size, what, *row.cells(ours_s.get(phase))]
                yield "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)
                size = what = ""
