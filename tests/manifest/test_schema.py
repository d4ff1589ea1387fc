"""The JSON Schema that editors get."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from b24provision.manifest import yamlfile
from b24provision.manifest.document import plain_data
from b24provision.manifest.schema import schema_text

MANIFESTS = Path(__file__).parents[2] / "manifests"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def is_valid(validator: jsonschema.Draft202012Validator, text: str) -> bool:
    document = yamlfile.parse(text, "f.yaml")
    assert document.problems == ()
    return validator.is_valid(plain_data(document.root))


@pytest.mark.parametrize("example", sorted(MANIFESTS.glob("*.yaml")), ids=lambda path: path.name)
def test_an_editor_finds_nothing_wrong_with_the_examples(validator, example):
    assert is_valid(validator, example.read_text("utf-8"))


@pytest.mark.parametrize(
    "entities",
    [
        "{dish: {name: D, access: {'U${ADMIN}': '${LEVEL}', '${WHO}': X, SG1_K: R}}}",
        "{'${PREFIX}_dish': {name: '${NAME}', protect: '${P}', strict_access: true}}",
        "{dish: {name: D, properties: {a: , '${B}': {type: '${T:-N}', sort: '${S}'}}}}",
    ],
)
def test_an_editor_lets_references_stand_for_values_and_keys(validator, entities):
    assert is_valid(validator, f"b24provision: 1\nentities: {entities}")


@pytest.mark.parametrize(
    "text",
    [
        "entities: {}",
        "b24provision: 2",
        "b24provision: 1\nenities: {}",
        "b24provision: 1\nentities: {my-dish: {name: D}}",
        "b24provision: 1\nentities: {dish: {}}",
        "b24provision: 1\nentities: {dish: {name: ' '}}",
        "b24provision: 1\nentities: {dish: {name: D, access: }}",
        "b24provision: 1\nentities: {dish: {name: D, access: {u1: X}}}",
        "b24provision: 1\nentities: {dish: {name: D, access: {U1: x}}}",
        "b24provision: 1\nentities: {dish: {name: D, items: []}}",
        "b24provision: 1\nentities: {dish: {name: D, properties: {a b: }}}",
        "b24provision: 1\nentities: {dish: {name: D, properties: {a: {type: nubmer}}}}",
        "b24provision: 1\nentities: {dish: {name: D, properties: {a: {sort: 0}}}}",
        "b24provision: 1\nremoved: {entities: dish}",
    ],
)
def test_an_editor_marks_mistakes(validator, text):
    assert not is_valid(validator, text)


def test_every_key_is_described():
    undescribed: list[str] = []

    def look(schema: dict, path: str) -> None:
        for key, part in schema.get("properties", {}).items():
            if "description" not in part and key != "$schema":
                undescribed.append(f"{path}.{key}")
            look(part, f"{path}.{key}")
        if isinstance(schema.get("additionalProperties"), dict):
            look(schema["additionalProperties"], f"{path}.*")

    look(json.loads(schema_text()), "")
    assert undescribed == []


def test_jsonschema_is_imported_only_to_validate():
    program = (
        "import sys; from b24provision import manifest; assert 'jsonschema' not in sys.modules; "
        "manifest.load_text('b24provision: 1'); assert 'jsonschema' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=MANIFESTS.parent)
