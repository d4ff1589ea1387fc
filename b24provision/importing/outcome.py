"""What an import did, and how it is told."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from b24provision.model import Note, Portal
from b24provision.render.words import portal_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came into a file, what the manifests already said, and what had to stay out, each with the reason."""

    file: str
    portal: Portal
    imported: Sequence[Note] = ()
    unchanged: Sequence[Note] = ()
    skipped: Sequence[Note] = ()

    @property
    def lists(self) -> Mapping[str, Sequence[Note]]:
        """The three lists by the names programs know them by."""
        return {"imported": self.imported, "unchanged": self.unchanged, "skipped": self.skipped}


def text(outcome: Imported) -> str:
    """Tell it on a terminal; the last line says what it comes to."""
    headings = {"imported": "Imported:", "unchanged": "Left alone:", "skipped": "Left out:"}
    lines = [portal_line(outcome.portal)]
    if not outcome.portal.is_admin:
        user = f"User {outcome.portal.user_id} is no administrator"
        lines.append(f"{user}: only storages this user may read were seen.")
    for name, notes in outcome.lists.items():
        if notes:
            lines += ["", headings[name], *(f"  {row.address}: {row.message}" for row in notes)]
    return "\n".join([*lines, "", summary(outcome)]) + "\n"


def as_json(outcome: Imported) -> str:
    """Tell it to programs. Field names are a public interface."""
    lists = {name: [asdict(row) for row in notes] for name, notes in outcome.lists.items()}
    return json.dumps(lists, ensure_ascii=False, indent=2) + "\n"


def markdown(outcome: Imported) -> str:
    """Tell it in a comment."""
    lines = [f"**{summary(outcome)}**"]
    for name, notes in outcome.lists.items():
        if notes:
            lines += [
                "",
                f"### {name.capitalize()}",
                "",
                *(f"- `{row.address}`: {row.message}" for row in notes),
            ]
    return "\n".join(lines) + "\n"


FORMATS: Mapping[str, Callable[[Imported], str]] = {"text": text, "json": as_json, "markdown": markdown}


def summary(outcome: Imported) -> str:
    """Say in a sentence what it comes to."""
    counted = " and ".join(_counts(outcome.imported))
    return f"Imported {counted} into {outcome.file}." if counted else "Nothing to import."


def _counts(notes: Sequence[Note]) -> Iterator[str]:
    properties = sum("." in note.address for note in notes)
    for number, one, many in (
        (len(notes) - properties, "storage", "storages"),
        (properties, "property", "properties"),
    ):
        if number:
            yield f"{number} {one if number == 1 else many}"
