"""The nouns of both sides: what a manifest wants and what a portal holds.

Frozen values without IO. Manifests and portals are both normalised into `Entity` and `Property`
before anything is compared: codes keep their spelling but are looked up by `fold`, names are
trimmed, rights and types are enums. A field that is `None` is *not managed*: the manifest does not
speak of it, so it is never compared and never written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from b24provision.problem import Source

CALLER_ID = "\x00caller\x00"
"""Stands for `${b24.user_id}` in names and access codes until the portal has said who calls."""


def fold(code: str) -> str:
    """Give the form in which two codes are the same to the portal, whose database ignores case."""
    return code.lower()


def trim(name: str) -> str:
    """Take from the ends of a name what the portal takes: the blanks PHP trims, and no others."""
    return name.strip(" \t\n\r\v")


class PropertyType(StrEnum):
    """The portal's letter for the type of a property."""

    STRING = "S"
    NUMBER = "N"
    FILE = "F"

    @property
    def word(self) -> str:
        """The manifest's word: `string`, `number` or `file`."""
        return self.name.lower()


class Level(StrEnum):
    """What an access code may do: read; also write items; also change the storage itself."""

    READ = "R"
    WRITE = "W"
    FULL = "X"

    @property
    def rank(self) -> int:
        """Order of levels: a higher one includes every lower one."""
        return "RWX".index(self.value)


Access = Mapping[str, Level]
"""Rights of a storage: access code (`U1`, `AU`, `DR5`) → level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property of a storage's items. `type` and `sort` of None are not managed.

    `renamed_from` are codes it had before, the newest first.
    """

    code: str
    name: str
    type: PropertyType | None = None
    sort: int | None = None
    renamed_from: Sequence[str] = ()
    ignore: frozenset[str] = frozenset()
    source: Source | None = field(default=None, compare=False)

    def is_met_by(self, live: "Property") -> bool:
        """Tell whether a live property is certain to need no change: what most are, told without further ado."""
        return (
            self.name == live.name
            and (self.type is None or self.type is live.type)
            and (self.sort is None or self.sort == live.sort)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A storage. `access` of None is not managed; `properties` are keyed by folded code.

    `renamed_from` are codes it had before, the newest first.
    """

    code: str
    name: str
    access: Access | None = None
    properties: Mapping[str, Property] = field(default_factory=dict)
    protect: bool = False
    strict_access: bool = False
    renamed_from: Sequence[str] = ()
    ignore: frozenset[str] = frozenset()
    source: Source | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """A storage, or a property of one, that `removed:` asks to be deleted."""

    entity_code: str
    property_code: str | None
    source: Source

    @property
    def address(self) -> str:
        """`dish`, or `dish.colour`."""
        if self.property_code is None:
            return self.entity_code
        return f"{self.entity_code}.{self.property_code}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is no difference."""

    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What all manifest files together ask for. `entities` are keyed by folded code, in file order.

    `warnings` holds what is allowed but worth saying; mistakes never get this far. `digests` tells the
    files it comes from, as named, and what was in them.
    """

    entities: Mapping[str, Entity] = field(default_factory=dict)
    removals: Sequence[Removal] = ()
    warnings: Sequence[Note] = ()
    digests: Mapping[str, str] = field(default_factory=dict, compare=False)

    def for_caller(self, user_id: str) -> "Manifest":
        """Put the caller's id where the manifest says `${b24.user_id}`."""
        meant = {key: entity for key, entity in self.entities.items() if _speaks_of_caller(entity)}
        if not meant:
            return self
        told = {key: _entity_for(entity, user_id) for key, entity in meant.items()}
        return replace(self, entities={**self.entities, **told})


def _speaks_of_caller(entity: Entity) -> bool:
    return (
        CALLER_ID in entity.name
        or any(CALLER_ID in code for code in entity.access or ())
        or any(CALLER_ID in prop.name for prop in entity.properties.values())
    )


def _entity_for(entity: Entity, user_id: str) -> Entity:
    access = entity.access
    if access is not None:
        access = {code.replace(CALLER_ID, user_id): level for code, level in access.items()}
    properties = {
        key: replace(prop, name=prop.name.replace(CALLER_ID, user_id))
        for key, prop in entity.properties.items()
    }
    name = entity.name.replace(CALLER_ID, user_id)
    return replace(entity, name=name, access=access, properties=properties)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token this is, as `profile` tells."""

    user_id: str
    is_admin: bool

    @property
    def access_code(self) -> str:
        """The caller's own access code, to whom the portal gives full rights after every write."""
        return f"U{self.user_id}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A storage as the list of storages names it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a storage holds: how many items, and the date of the newest. None is unknown."""

    items: int | None
    newest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is live, as far as it was asked for.

    `listed` is every storage the caller can see, in the portal's order. `entities` holds, by folded
    code, those that were asked for and exist; `held` what those hold that somebody wants gone, of which
    no properties were read. `hidden` are folded codes that were asked for, are not
    listed, and yet exist: the caller may not read them.
    """

    caller: Caller
    listed: Sequence[Listed] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """Whom a plan or a report concerns. `host` carries no port; `member_id` is "" when unknown."""

    target: str
    host: str
    member_id: str = ""
    client_id: str = ""
    user_id: str = ""
    is_admin: bool = False
    is_local: bool = False

    def seen_by(self, caller: Caller) -> "Portal":
        """Add what only a read can tell: who calls."""
        return replace(self, user_id=caller.user_id, is_admin=caller.is_admin)
