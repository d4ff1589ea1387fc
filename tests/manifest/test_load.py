from pathlib import Path

import pytest

from b24provision import manifest
from b24provision.errors import InputError
from b24provision.model import CALLER_ID, Entity, Level, Manifest, Note, Property, PropertyType, Removal
from b24provision.problem import Source

REPOSITORY = Path(__file__).parents[2]


def write(directory: Path, **files: str) -> None:
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(f"b24provision: 1\n{text}", encoding="utf-8")


def test_everything_that_can_be_written_reaches_the_model():
    loaded = manifest.load_text("""\
b24provision: 1
entities:
  Dish:
    name: "  Dishes "
    access: {AU: R, DR5: W, "U${b24.user_id}": X}
    protect: true
    strict_access: true
    ignore: [name, access]
    properties:
      price: {name: Price, type: number, sort: 100, ignore: [name, sort, type]}
      Photo: {type: f}
      title:
removed:
  entities: [old_dish]
  properties: [Dish.colour]
""")
    assert loaded.entities == {
        "dish": Entity(
            code="Dish",
            name="Dishes",
            access={"AU": Level.READ, "DR5": Level.WRITE, f"U{CALLER_ID}": Level.FULL},
            protect=True,
            strict_access=True,
            ignore=frozenset({"name", "access"}),
            properties={
                "price": Property(
                    code="price",
                    name="Price",
                    type=PropertyType.NUMBER,
                    sort=100,
                    ignore=frozenset({"name", "sort", "type"}),
                ),
                "photo": Property(code="Photo", name="Photo", type=PropertyType.FILE),
                "title": Property(code="title", name="title"),
            },
        )
    }
    assert loaded.removals == (
        Removal("old_dish", None, Source("<text>", 14, 14)),
        Removal("Dish", "colour", Source("<text>", 15, 16)),
    )
    assert loaded.warnings == ()


def test_the_model_knows_where_each_code_stands():
    loaded = manifest.load_text("""\
b24provision: 1
entities:
  dish:
    name: Dishes
    properties: {price: , title: {name: Title}}
""")
    dish = loaded.entities["dish"]
    assert dish.source == Source("<text>", 3, 3)
    assert dish.properties["price"].source == Source("<text>", 5, 18)
    assert dish.properties["title"].source == Source("<text>", 5, 27)


def test_what_is_not_said_is_not_managed():
    dish = manifest.load_text("b24provision: 1\nentities: {dish: {name: D, properties: {a: {}}}}").entities[
        "dish"
    ]
    assert dish.access is None
    assert dish.properties["a"].type is None
    assert dish.properties["a"].sort is None


def test_an_empty_access_is_not_the_same_as_none():
    loaded = manifest.load_text("b24provision: 1\nentities: {dish: {name: D, access: {}}}")
    assert loaded.entities["dish"].access == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "entities:",
        "entities: {}\nremoved:",
        "removed: {entities: , properties: }",
        "$schema: ../b24provision.schema.json",
        "x-anything: [1, {a: 2}]",
    ],
)
def test_a_manifest_may_ask_for_nothing(text):
    assert manifest.load_text(f"b24provision: 1\n{text}") == Manifest()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("string", "S"), ("number", "N"), ("file", "F"), ("S", "S"), ("n", "N"), ("f", "F"), ('"N"', "N")],
)
def test_types_have_a_word_and_a_letter(written, meant):
    loaded = manifest.load_text(
        f"b24provision: 1\nentities: {{dish: {{name: D, properties: {{a: {{type: {written}}}}}}}}}"
    )
    assert loaded.entities["dish"].properties["a"].type == PropertyType(meant)


def test_anchors_and_merge_keys_save_writing():
    loaded = manifest.load_text("""\
b24provision: 1
x-rights: &rights {AU: R, U1: X}
x-place: &place {sort: 7, name: A place}
entities:
  dish: &dish
    name: Dishes
    access: *rights
    properties:
      price: {<<: *place, name: Price}
  menu:
    <<: *dish
    name: Menus
""")
    dish, menu = loaded.entities.values()
    assert dish.access == menu.access == {"AU": Level.READ, "U1": Level.FULL}
    assert dish.properties == menu.properties == {"price": Property(code="price", name="Price", sort=7)}
    assert menu.name == "Menus"


def test_files_merge_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    write(tmp_path, b="entities: {b: {name: B}}", a="entities: {a: {name: A}}")
    write(tmp_path / "sub", c="removed: {entities: [c]}")
    loaded = manifest.load([Path()])
    assert list(loaded.entities) == ["a", "b"]
    assert loaded.entities["a"].source == Source("a.yaml", 2, 12)
    assert loaded.removals == (Removal("c", None, Source("sub/c.yaml", 2, 22)),)


def test_directories_are_searched_and_files_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "m/b.yml",
        "m/a.yaml",
        "m/deep/c.yaml",
        "m/.hidden.yaml",
        "m/.git/d.yaml",
        "m/notes.txt",
        "x.txt",
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("b24provision: 1")
    found = manifest.find_files(["x.txt", "m", "m/a.yaml", Path("m", "..", "m", "b.yml")])
    assert [file.as_posix() for file in found] == ["x.txt", "m/a.yaml", "m/b.yml", "m/deep/c.yaml"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (
            ["nowhere"],
            "there is no file or directory nowhere: write a manifest there, or name your manifests",
        ),
        (["."], "the directory . holds no manifests (*.yaml, *.yml)"),
        ([], "no manifest file or directory is named"),
    ],
)
def test_paths_that_lead_to_nothing_are_told(tmp_path, monkeypatch, paths, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        manifest.load(paths)
    assert str(caught.value) == message
    assert caught.value.problems == ()


def test_a_file_that_cannot_be_read_is_a_problem_like_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").symlink_to("/proc/self/mem")
    if not (tmp_path / "a.yaml").exists():
        pytest.skip("needs a file that exists and cannot be read")
    with pytest.raises(InputError) as caught:
        manifest.load(["a.yaml"])
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml:1:1: the file cannot be read: Input/output error"
    ]


def test_a_long_code_is_judged_by_the_client_id():
    text = "b24provision: 1\nentities: {fourteen_chars: {name: D}}"
    note = "the code has 14 characters; an application with a client id of the usual length can have 13"
    assert manifest.load_text(text).warnings == (Note("fourteen_chars", note),)
    assert manifest.load_text(text, client_id="c" * 31).warnings == ()
    with pytest.raises(InputError) as caught:
        manifest.load_text(text, client_id="c" * 32)
    assert [str(problem) for problem in caught.value.problems] == [
        "<text>:2:12: entities.fourteen_chars: the code has 14 characters; the portal takes 13 from this application"
    ]


def test_what_is_removed_twice_is_removed_once():
    loaded = manifest.load_text("""\
b24provision: 1
removed:
  entities: [old, OLD]
  properties: [dish.colour, old.colour, Dish.Colour]
""")
    assert [removal.address for removal in loaded.removals] == ["old", "dish.colour"]
    assert loaded.warnings == (
        Note("OLD", "is listed as removed twice; see <text>:3:19"),
        Note("old.colour", "goes with its storage, which is removed; see <text>:4:29"),
        Note("Dish.Colour", "is listed as removed twice; see <text>:4:41"),
    )


@pytest.mark.parametrize(
    "example", sorted((REPOSITORY / "manifests").glob("*.yaml")), ids=lambda path: path.name
)
def test_the_examples_load_without_a_word(example):
    assert example.read_text("utf-8").startswith(
        "# yaml-language-server: $schema=../b24provision.schema.json\n"
    )
    loaded = manifest.load([example])
    assert loaded.entities
    assert loaded.warnings == ()


def test_the_data_storage_example_is_what_the_sdk_makes():
    loaded = manifest.load([REPOSITORY / "manifests" / "data-storage.yaml"])
    assert [
        (entity.code, entity.name, prop.code, prop.name, prop.type)
        for entity in loaded.entities.values()
        for prop in entity.properties.values()
    ] == [
        ("DS1", "Data Storage 1", "PropertyN", "Property N", PropertyType.NUMBER),
        ("DS2", "Data Storage 2", "PropertyS", "Property S", PropertyType.STRING),
        ("DS3", "Data Storage 3", "PropertyF", "Property F", PropertyType.FILE),
    ]
    assert all(entity.access == {"U1": Level.FULL, "AU": Level.READ} for entity in loaded.entities.values())
