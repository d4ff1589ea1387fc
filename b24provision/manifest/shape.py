"""The shape of a manifest file as a JSON Schema (draft 2020-12), a plain Python value.

Owns names, types and descriptions of everything that can be written; what it all means beyond its
shape is in `rules`. Each part with a choice carries `errorMessage`, which ends the sentence
"<value> is …" and which editors show too.

There are two forms. `written` is the file as it stands, for editors: `${…}` may stand for any
value, and keys are checked here. The other is the file after interpolation, for validation, where
`rules` speak about keys in sentences of their own.
"""

from collections.abc import Mapping
from typing import Any

FORMAT_VERSION = 1

Schema = dict[str, Any]

NOT_YET = frozenset(
    {
        ("entity", "sections"),
        ("entity", "items"),
    }
)
"""Keys of the format that later versions understand, each with the title of the part it belongs to."""

_REFERENCE: Schema = {"type": "string", "pattern": r"\$\{.+\}", "title": "reference to a variable"}
_CODE = r"^([A-Za-z0-9_]|\$\{[^}]*\})+$"
_ACCESS_CODE = r"^(AU|(U|G|D|DR)\d+|SG\d+_[AEK]|.*\$\{[^}]*\}.*)$"


def foreign_version(data: Any) -> int | None:
    """Give the format version of a file's content if it is not the one this schema describes."""
    version = data.get("b24provision") if isinstance(data, dict) else None
    return version if isinstance(version, int) and version != FORMAT_VERSION else None


def manifest(*, written: bool) -> Schema:
    """Give the schema of a manifest file, as written or as interpolated."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "manifest",
        "description": "What the storages of a Bitrix24 application should look like.",
        "type": "object",
        "required": ["b24provision"],
        "properties": {
            "$schema": {"type": "string", "errorMessage": "not an address of a schema; write it as text"},
            "b24provision": {
                "description": "The version of this format.",
                "const": FORMAT_VERSION,
                "errorMessage": f"not a format version; this b24provision reads version {FORMAT_VERSION}",
            },
            "entities": {
                "title": "entities",
                "description": "The storages the application needs, by code. Storages that no manifest names are "
                "never touched.",
                "type": ["object", "null"],
                **_keys(_CODE, written=written),
                "additionalProperties": _entity(written=written),
                "errorMessage": "not a mapping; write each storage as code: {name: …}",
            },
            "removed": _removed(),
        },
        "patternProperties": {"^x-": {"description": "Ignored: a place for YAML anchors."}},
        "additionalProperties": False,
        "errorMessage": f"not a manifest, which begins with the line b24provision: {FORMAT_VERSION}",
    }


def _entity(*, written: bool) -> Schema:
    return {
        "title": "entity",
        "description": "A storage, called entity in the REST API.",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": _name("The name people see. Required.", "Dishes"),
            "access": _access(written=written),
            "properties": {
                "title": "properties",
                "description": "The properties of the storage's items, by code. Properties that are not named are "
                "never touched.",
                "type": ["object", "null"],
                **_keys(_CODE, written=written),
                "additionalProperties": _property(written=written),
                "errorMessage": "not a mapping; write each property as code: {name: …, type: …}",
            },
            "protect": _flag("Refuse every change that would lose data in this storage.", written=written),
            "strict_access": _flag(
                "Take away the full access of single users whom `access` does not name, too.", written=written
            ),
            "renamed_from": _former("storage", "dishes"),
            "ignore": _ignore("entity", ("name", "access")),
        },
        "additionalProperties": False,
        "errorMessage": "not a storage; write at least {name: …}",
        "examples": [{"name": "Dishes", "access": {"AU": "R"}, "properties": {"price": {"type": "number"}}}],
    }


def _property(*, written: bool) -> Schema:
    return {
        "title": "property",
        "description": "A property of the storage's items. Nothing is required: `price:` alone will do.",
        "type": ["object", "null"],
        "properties": {
            "name": _name("The name people see. The code when left out.", "Price"),
            "type": _value(
                "What the values are: string, number or file (S, N or F). A new property without a type is a "
                "string; a live one keeps its type. Changing to file means deleting the values.",
                {
                    "enum": ["string", "number", "file", "S", "N", "F", "s", "n", "f"],
                    "errorMessage": "not a type; use string, number or file",
                },
                written=written,
            ),
            "sort": _value(
                "Its place among the properties, 1 or more; lower comes first. Not managed when left out.",
                {
                    "type": "integer",
                    "minimum": 1,
                    "errorMessage": "not a place; use a whole number from 1 on",
                },
                written=written,
            ),
            "renamed_from": _former("property", "cost"),
            "ignore": _ignore("property", ("name", "sort", "type")),
        },
        "additionalProperties": False,
        "errorMessage": "not a property; write {name: …, type: …} or nothing at all",
        "examples": [{"name": "Price", "type": "number", "sort": 100}],
    }


def _access(*, written: bool) -> Schema:
    return {
        "title": "access",
        "description": "Who may do what: access code to level. U1 a user, AU all authorised users, G1 a group, D1 a "
        "department, DR1 with its sub-departments, SG1_A, SG1_E, SG1_K roles of a workgroup. R reads, W writes "
        "items too, X changes the storage too. {} leaves only the caller. Not managed when left out.",
        "type": "object",
        **_keys(_ACCESS_CODE, written=written),
        "additionalProperties": _value(
            "R read; W also write items; X also change the storage.",
            {"enum": ["R", "W", "X"], "errorMessage": "not a level; use R, W or X"},
            written=written,
        ),
        "errorMessage": "not a mapping of access codes to levels; write {} for only the caller, or leave it out",
        "examples": [{"AU": "R"}, {"U${b24.user_id}": "X"}, {}],
    }


def _removed() -> Schema:
    return {
        "title": "removed",
        "description": "What to delete, with all its data, wherever it is found.",
        "type": ["object", "null"],
        "properties": {
            "entities": _codes("Storages to delete, by code.", ["old_dishes"], "write [code, …]"),
            "properties": _codes("Properties to delete.", ["dish.colour"], "write [entity.property, …]"),
        },
        "additionalProperties": False,
        "errorMessage": "not a mapping; write {entities: […], properties: […]}",
    }


def _codes(description: str, examples: list[str], advice: str) -> Schema:
    return {
        "description": description,
        "type": ["array", "null"],
        "items": {"type": "string", "errorMessage": "not a code; a code is a text"},
        "examples": [examples],
        "errorMessage": f"not a list; {advice}",
    }


def _former(owner: str, example: str) -> Schema:
    return {
        "description": f"Codes the {owner} had before, the newest first. Whichever is live is renamed, and keeps its data.",
        "type": ["string", "array"],
        "items": {"type": "string", "errorMessage": "not a code; a code is a text"},
        "examples": [example, [example, "older"]],
        "errorMessage": "neither a code nor a list of codes; write the code it had, or [newest, …, oldest]",
    }


def _name(description: str, example: str) -> Schema:
    return {
        "description": description,
        "type": "string",
        "pattern": r"\S",
        "maxLength": 255,
        "examples": [example],
        "errorMessage": "not a name; use a text of 1 to 255 characters (a number needs quotes)",
    }


def _flag(description: str, *, written: bool) -> Schema:
    schema = {"type": "boolean", "errorMessage": "neither true nor false"}
    return {**_value(description, schema, written=written), "default": False}


def _ignore(owner: str, fields: tuple[str, ...]) -> Schema:
    choice = ", ".join(fields)
    return {
        "description": f"Fields of the {owner} that people on the portal may change: {choice}. They are set when it is "
        "created and not compared afterwards.",
        "type": ["array", "null"],
        "items": {"enum": list(fields), "errorMessage": f"not a field that can be ignored; use {choice}"},
        "examples": [["name"]],
        "errorMessage": f"not a list; write [{choice}] or some of these",
    }


def _value(description: str, schema: Schema, *, written: bool) -> Schema:
    if not written:
        return schema
    return {"description": description, "anyOf": [schema, _REFERENCE]}


def _keys(pattern: str, *, written: bool) -> Mapping[str, Any]:
    return {"propertyNames": {"pattern": pattern}} if written else {}
