"""What is live and named nowhere: never touched, unless somebody prunes."""

from b24provision.intent import Intent
from b24provision.model import Entity, Listed, Manifest, Property, Snapshot, fold


def unmanaged_entities(intent: Intent, snapshot: Snapshot) -> list[Listed]:
    """Storages of the application that no manifest names, wanted or removed, in the portal's order."""
    named = {fold(code) for code in intent.codes()}
    return [row for row in snapshot.listed if fold(row.code) not in named]


def unmanaged_properties(manifest: Manifest, live: Entity) -> list[Property]:
    """Properties of a wanted storage that no manifest names, wanted or removed, in the portal's order."""
    named = {fold(row.address) for row in manifest.removals}
    wanted = manifest.entities[fold(live.code)].properties
    return [
        prop
        for key, prop in live.properties.items()
        if key not in wanted and fold(f"{live.code}.{prop.code}") not in named
    ]
