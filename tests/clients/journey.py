"""What each client does here, by its own public calls: create, fill, list, rename, delete."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b24provision.local import LocalPortal

ITEMS = 120


@dataclass(frozen=True)
class Seen:
    """What the client saw on the way."""

    paged: list[str]
    """The ids of all items, page by page."""
    by_id: list[str]
    """The ids of all items, by `>ID`."""
    renamed: list[str]
    """The codes of the storages after the renaming."""
    left: list[Any]
    """The storages after the deletion."""


def verify(seen: Seen, file: Path, pages: int) -> None:
    """Compare what the client saw with what the portal did."""
    ids = [str(number) for number in range(1, ITEMS + 1)]
    assert sorted(seen.paged, key=int) == ids
    assert seen.by_id == ids
    assert (seen.renamed, seen.left) == (["meal"], [])
    with LocalPortal.open(file) as portal:
        calls = portal.calls()
        assert {call.error for call in calls} == {None}
        assert len(portal.calls("entity.item.add")) == ITEMS
        assert {call.params["PROPERTY_VALUES"]["price"] for call in portal.calls("entity.item.add")} >= {
            "1",
            "7",
        }
        assert len(portal.calls("entity.item.get")) == pages
        assert portal.export_state()["tables"]["storages"] == []
