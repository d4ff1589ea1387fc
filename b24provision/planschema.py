"""The shape of a plan's JSON document as a JSON Schema (draft 2020-12), for programs that read plans.

`render/json.py` writes the document, `planfile.py` reads it back. A new field is no new format version; a
field that goes, or means something else, is.
"""

import json
from typing import Any

from b24provision.plan import Action, Kind, Risk
from b24provision.render.json import FORMAT_VERSION

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}


def plan_schema() -> Schema:
    """Give the schema of `plan --format json` and of the files `plan --out` writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "b24provision plan",
        **_object(
            {
                "format_version": {"const": FORMAT_VERSION},
                "tool_version": _TEXT,
                "target": _object(
                    {
                        "name": _TEXT,
                        "host": {**_TEXT, "description": "Without port."},
                        "member_id": {**_TEXT, "description": 'The portal\'s member id, "" if unknown.'},
                        "user_id": {**_TEXT, "description": "Who the plan was made by."},
                        "is_admin": _FLAG,
                        "is_local": _FLAG,
                        "client_id": {**_TEXT, "description": 'The application, "" if unknown.'},
                    }
                ),
                "manifests": {
                    "type": "object",
                    "description": "The files it was made from, and the SHA-256 of each.",
                    "additionalProperties": _TEXT,
                },
                "destroy": _FLAG,
                "summary": _object({"add": _COUNT, "change": _COUNT, "destroy": _COUNT}),
                "changes": {"type": "array", "items": {"$ref": "#/$defs/change"}},
                "blocked": {
                    "type": "array",
                    "description": "Changes that must not be carried out; apply refuses the whole plan.",
                    "items": _object({"id": _TEXT, "reason": _TEXT, "source": {"$ref": "#/$defs/source"}}),
                },
                "notes": {"type": "array", "items": _object({"address": _TEXT, "message": _TEXT})},
                "waiting": {
                    "type": "array",
                    "description": "Changes left out because they lose data.",
                    "items": {"$ref": "#/$defs/change"},
                },
                "cost": _cost(),
            }
        ),
        "$defs": {"change": _change(), "fields": _fields(), "source": _source(), "stake": _stake()},
    }


def plan_schema_text() -> str:
    """Give the schema as text."""
    return json.dumps(plan_schema(), ensure_ascii=False, indent=2) + "\n"


def plan_problem(document: Any) -> str | None:
    """Say where a document is not of this shape; None if it is."""
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(plan_schema()).iter_errors(document)), None)
    return None if error is None else f"at {error.json_path}"


def _change() -> Schema:
    return _object(
        {
            "id": {**_TEXT, "description": "Unique in the plan, the same in every plan."},
            "action": {"enum": [action.value for action in Action]},
            "kind": {"enum": [kind.value for kind in Kind]},
            "address": {**_TEXT, "examples": ["dish", "dish.price"]},
            "risk": {"enum": [risk.value for risk in Risk]},
            "before": {"$ref": "#/$defs/fields"},
            "after": {"$ref": "#/$defs/fields"},
            "reason": _TEXT,
            "calls": {"type": "array", "items": _object({"method": _TEXT, "params": {"type": "object"}})},
            "differences": {
                "type": "array",
                "items": _object({"path": _TEXT, "before": True, "after": True}),
            },
            "live": {
                **_TEXT,
                "description": "Its address on the portal now, before renames of the same plan.",
            },
            "expects": {"$ref": "#/$defs/fields"},
            "stake": {"anyOf": [{"$ref": "#/$defs/stake"}, {"type": "null"}]},
            "source": {"$ref": "#/$defs/source"},
        }
    )


def _cost() -> Schema:
    cost = _object({"requests": _COUNT, "commands": _COUNT, "seconds": {"type": "number"}})
    share: Schema = {"type": "number", "description": "0 to 1."}
    optional = {"bucket_share": share, "busiest_method": _TEXT, "operating_share": share}
    return {**cost, "properties": {**cost["properties"], **optional}}


def _fields() -> Schema:
    return {
        "type": ["object", "null"],
        "description": "Managed fields of a resource; null: nothing is there.",
        "properties": {
            "name": _TEXT,
            "code": _TEXT,
            "type": {"enum": ["string", "number", "file", None]},
            "sort": {"type": ["integer", "null"]},
            "access": {"type": "object", "additionalProperties": {"enum": ["R", "W", "X"]}},
        },
    }


def _source() -> Schema:
    place = _object({"file": _TEXT, "line": {"type": "integer"}, "column": {"type": "integer"}})
    return {"anyOf": [place, {"type": "null"}]}


def _stake() -> Schema:
    unknown_count: Schema = {"type": ["integer", "null"], "minimum": 0}
    return _object(
        {
            "items": {**unknown_count, "description": "How many items hold something that is at stake."},
            "total": {**unknown_count, "description": "How many items there are."},
            "newest": {"type": ["string", "null"]},
            "misfits": {"type": "array", "items": _object({"item": _TEXT, "digest": _TEXT})},
            "misfit_count": _COUNT,
            "at_least": _FLAG,
        }
    )


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}
