"""What is live and named nowhere: never touched, unless somebody prunes."""

from b24provision.intent import Intent
from b24provision.model import Entity, Listed, Manifest, Property, Snapshot, fold


def unmanaged_entities(intent: Intent, snapshot: Snapshot) -> list[Listed]:
    """Storages of the application that no manifest names: wanted, removed or as a former code."""
    named = {fold(code) for code in (*intent.codes(), *intent.former_codes())}
    return [row for row in snapshot.listed if fold(row.code) not in named]


def unmanaged_properties(manifest: Manifest, wanted: Entity, live: Entity) -> list[Property]:
    """Properties of a wanted storage that no manifest names: wanted, removed or as a former code."""
    if live.properties.keys() <= wanted.properties.keys():
        return []
    named = set(wanted.properties)
    named |= {fold(code) for prop in wanted.properties.values() for code in prop.renamed_from}
    owner = fold(wanted.code)
    named |= {fold(row.property_code or "") for row in manifest.removals if fold(row.entity_code) == owner}
    return [prop for key, prop in live.properties.items() if key not in named]
