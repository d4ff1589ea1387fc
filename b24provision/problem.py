"""What is wrong in a file the user wrote, and where.

Owns the two values every message about a file is made of. It knows nothing of manifests, YAML or
terminals: whoever finds a problem says it in one sentence, whoever shows it decides how.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a file. `line` and `column` count from 1, columns in characters."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend: where it is, which value it concerns, and what to do about it.

    `path` is the dotted way to the value (`entities.dish.properties.price.type`), empty for the
    file as a whole. `excerpt` is the source line as written, without its line end, where there is
    one to show.
    """

    source: Source
    path: str
    message: str
    excerpt: str | None = None

    def __str__(self) -> str:
        where = f"{self.source}: {self.path}" if self.path else str(self.source)
        return f"{where}: {self.message}"
