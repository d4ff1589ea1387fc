"""What the unmanaged storages and properties hold, for somebody who wants to know before pruning."""

from collections.abc import Iterator

from b24provision.diff.matching import match_entities
from b24provision.diff.unmanaged import unmanaged_entities, unmanaged_properties
from b24provision.intent import Intent
from b24provision.model import Held, Note, Snapshot
from b24provision.reading import Reader
from b24provision.rest.calls import Call
from b24provision.snapshot import held, items_with_value, newest_items


def read_holdings(intent: Intent, snapshot: Snapshot) -> Reader[list[Note]]:
    """Give a note on every unmanaged storage and property, saying what it holds. One call each."""
    asked = dict(_questions(intent, snapshot))
    answers = (yield list(asked.values())) if asked else []
    return [Note(address, _said(held(answer))) for address, answer in zip(asked, answers, strict=True)]


def _questions(intent: Intent, snapshot: Snapshot) -> Iterator[tuple[str, Call]]:
    for key, live in match_entities(intent.manifest, snapshot).items():
        if live is not None and key not in snapshot.held:
            for prop in unmanaged_properties(intent.manifest, intent.manifest.entities[key], live):
                yield f"{live.code}.{prop.code}", items_with_value(live.code, prop.code)
    if not intent.partial:
        for row in unmanaged_entities(intent, snapshot):
            yield row.code, newest_items(row.code)


def _said(found: Held) -> str:
    if found.items is None:
        return "in no manifest; the portal does not tell what it holds"
    count = f"{found.items} item" + ("" if found.items == 1 else "s")
    return f"in no manifest; holds {count}" + (f", the newest of {found.newest}" if found.newest else "")
