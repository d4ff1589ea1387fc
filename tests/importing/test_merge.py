"""Importing into a file that people have written: all they wrote stays, with every comment."""

from pathlib import Path

import pytest

from b24provision.errors import InputError
from b24provision.importing.file import read_file
from tests.importing.desk import FILE, NOTHING_TO_DO, content, imported, live, planned, written

BOTH = """
  dish: {name: Dishes, access: {AU: R}, properties: {price: {name: Price, type: number, sort: 10}, colour: {sort: 20}}}
  menu: {name: "a: b", properties: {day: {name: Day}}}
"""

MERGED = {
    "block style, comments, indented by two": (
        """\
        # Ours.
        b24provision: 1   # the format

        entities:
          # What is cooked.
          dish:
            name: Dishes            # not "Meals"
            access: { AU: R }
            properties:
              price:
                name: Price
                type: "number"      # in cents
              # colour: one day
            # The end of dish.

          # The end of the storages.

        # The end.
        """,
        """\
        # Ours.
        b24provision: 1   # the format

        entities:
          # What is cooked.
          dish:
            name: Dishes            # not "Meals"
            access: { AU: R }
            properties:
              price:
                name: Price
                type: "number"      # in cents
              # colour: one day
              colour: {type: string, sort: 20}
            # The end of dish.

          # The end of the storages.

          menu:
            name: "a: b"
            access: {}
            properties:
              day: {name: Day, type: string, sort: 500}

        # The end.
        """,
    ),
    "indented by four, without empty lines, more keys below": (
        """\
        b24provision: 1
        entities:
            x1: {name: X}
            dish:
                properties: {price: {name: Price}}
                name: Dishes
        removed:
            entities: [old]
        """,
        """\
        b24provision: 1
        entities:
            x1: {name: X}
            dish:
                properties: {price: {name: Price}, colour: {type: string, sort: 20}}
                name: Dishes
            menu:
                name: "a: b"
                access: {}
                properties:
                    day: {name: Day, type: string, sort: 500}
        removed:
            entities: [old]
        """,
    ),
    "a storage in block style that has no properties yet": (
        """\
        b24provision: 1
        entities:
          dish:
            # no properties yet
            name: |
              Dishes

            ignore:
              - name # people may

          menu: {name: "a: b"}  # all in all
        """,
        """\
        b24provision: 1
        entities:
          dish:
            # no properties yet
            name: |
              Dishes

            ignore:
              - name # people may
            properties:
              price: {name: Price, type: number, sort: 10}
              colour: {type: string, sort: 20}

          menu: {name: "a: b", properties: {day: {name: Day, type: string, sort: 500}}}  # all in all
        """,
    ),
    "nothing where properties and storages go": (
        """\
        b24provision: 1
        entities:
          dish:
            name: Dishes
            properties:   # none yet
              # but soon
          menu: {name: "a: b", properties: }
        """,
        """\
        b24provision: 1
        entities:
          dish:
            name: Dishes
            properties:   # none yet
              # but soon
              price: {name: Price, type: number, sort: 10}
              colour: {type: string, sort: 20}
          menu: {name: "a: b", properties: {day: {name: Day, type: string, sort: 500}} }
        """,
    ),
    "empty braces": (
        """\
        b24provision: 1
        entities: {}   # none yet
        """,
        """\
        b24provision: 1
        entities:   # none yet
          dish:
            name: Dishes
            access: {AU: R}
            properties:
              price: {name: Price, type: number, sort: 10}
              colour: {type: string, sort: 20}

          menu:
            name: "a: b"
            access: {}
            properties:
              day: {name: Day, type: string, sort: 500}
        """,
    ),
    "braces on one line": (
        """\
        {b24provision: 1, entities: {dish: {name: Dishes, properties: {price: {name: Price} } } , } } # all
        """,
        """\
        {b24provision: 1, entities: {dish: {name: Dishes, properties: {price: {name: Price}, \
colour: {type: string, sort: 20} } } , menu: {name: "a: b", access: {}, \
properties: {day: {name: Day, type: string, sort: 500}}}, } } # all
        """,
    ),
    "braces over many lines, as in JSON": (
        """\
        {
          "b24provision": 1,
          "entities": {
            "dish": {
              "name": "Dishes", # why not
              "properties": {
                "price": {"name": "Price"}, # a comma before the end
                # "colour": {}
              }
            } # the last
          }
        }
        """,
        """\
        {
          "b24provision": 1,
          "entities": {
            "dish": {
              "name": "Dishes", # why not
              "properties": {
                "price": {"name": "Price"}, # a comma before the end
                # "colour": {}
                colour: {type: string, sort: 20},
              }
            }, # the last
            menu: {name: "a: b", access: {}, properties: {day: {name: Day, type: string, sort: 500}}}
          }
        }
        """,
    ),
    "nothing between braces": (
        """\
        {b24provision: 1, entities: {dish: {name: Dishes, properties}, menu: {name: "a: b", properties: {}}}}
        """,
        """\
        {b24provision: 1, entities: {dish: {name: Dishes, properties: {price: {name: Price, type: number, sort: 10}, \
colour: {type: string, sort: 20}}}, menu: {name: "a: b", properties: {day: {name: Day, type: string, sort: 500}}}}}
        """,
    ),
    "empty braces with more to say": (
        """\
        b24provision: 1
        entities: &unused {   # none yet
        }
        """,
        """\
        b24provision: 1
        entities: &unused {dish: {name: Dishes, access: {AU: R}, properties: \
{price: {name: Price, type: number, sort: 10}, colour: {type: string, sort: 20}}}, \
menu: {name: "a: b", access: {}, properties: {day: {name: Day, type: string, sort: 500}}}   # none yet
        }
        """,
    ),
    "braces that close on the last line": (
        """\
        b24provision: 1
        entities:
          dish: {name: Dishes,
                 properties: {price: {name: Price}}}
          menu: {name: "a: b", access: {}, properties: ~}
        """,
        """\
        b24provision: 1
        entities:
          dish: {name: Dishes,
                 properties: {price: {name: Price}, colour: {type: string, sort: 20}}}
          menu: {name: "a: b", access: {}, properties: {day: {name: Day, type: string, sort: 500}}}
        """,
    ),
    "no storages at all, and no line feed at the end": (
        """\
        # Ours.
        b24provision: 1
        x-mine: {a: b}
        # The end.""",
        """\
        # Ours.
        b24provision: 1
        x-mine: {a: b}
        # The end.

        entities:
          dish:
            name: Dishes
            access: {AU: R}
            properties:
              price: {name: Price, type: number, sort: 10}
              colour: {type: string, sort: 20}

          menu:
            name: "a: b"
            access: {}
            properties:
              day: {name: Day, type: string, sort: 500}""",
    ),
    "a document with a beginning and an end": (
        """\
        ---
        b24provision: 1
        entities:
        ...
        """,
        """\
        ---
        b24provision: 1
        entities:
          dish:
            name: Dishes
            access: {AU: R}
            properties:
              price: {name: Price, type: number, sort: 10}
              colour: {type: string, sort: 20}

          menu:
            name: "a: b"
            access: {}
            properties:
              day: {name: Day, type: string, sort: 500}
        ...
        """,
    ),
    "anchors, aliases and merge keys": (
        """\
        b24provision: 1
        x-named: &named {name: Dishes}
        x-properties: &properties
          price: {name: Price}
        x-more: &more {}
        entities: &all
          dish:
            <<: *named
            properties: *properties   # shared
          menu: &menu
            name: "a: b"
            properties: &own
              <<: *more
        """,
        """\
        b24provision: 1
        x-named: &named {name: Dishes}
        x-properties: &properties
          price: {name: Price}
        x-more: &more {}
        entities: &all
          dish:
            <<: *named
            properties: {<<: *properties, colour: {type: string, sort: 20}}   # shared
          menu: &menu
            name: "a: b"
            properties: &own
              <<: *more
              day: {name: Day, type: string, sort: 500}
        """,
    ),
    "references": (
        """\
        b24provision: 1
        entities:
          "${WHAT:-dish}":
            name: ${NAME:-Dishes}
            properties: {price: {name: "${PRICE:-Price}"}}
        """,
        """\
        b24provision: 1
        entities:
          "${WHAT:-dish}":
            name: ${NAME:-Dishes}
            properties: {price: {name: "${PRICE:-Price}"}, colour: {type: string, sort: 20}}

          menu:
            name: "a: b"
            access: {}
            properties:
              day: {name: Day, type: string, sort: 500}
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), MERGED.values(), ids=MERGED)
def test_what_is_missing_is_added(before: str, after: str):
    live(BOTH)
    written(before)
    result = imported()
    assert content() == written(after, Path("expected.yaml")).read_bytes().decode()
    assert imported().stderr.endswith("Nothing to import.\n")
    if "Left out" not in result.stderr and "x1" not in before:
        assert planned() == NOTHING_TO_DO


def test_what_differs_is_left_alone_and_said_so():
    live(BOTH)
    text = "b24provision: 1\nentities: {dish: {name: Meals, properties: {price: {}, colour: {}}}}\n"
    written(text)
    result = imported("--only", "dish")
    assert content() == text
    assert result.stderr.splitlines()[2:4] == [
        "Left alone:",
        "  dish: described at manifests/main.yaml:2:12, and differs from it: see `b24provision plan --only dish`",
    ]


def test_what_is_removed_or_renamed_is_not_imported():
    live(
        """
  dish: {name: D, properties: {a: , b: , c: }}
  old: {name: O}
  former: {name: F}
"""
    )
    before = """\
        b24provision: 1
        entities:
          dish: {name: D, properties: {x: {renamed_from: B}}}
          later: {name: L, renamed_from: [Former]}
        removed: {entities: [OLD], properties: [DISH.A]}
        """
    written(before)
    result = imported()
    after = before.replace("from: B}", "from: B}, c: {type: string, sort: 500}")
    assert content() == written(after, Path("expected.yaml")).read_text("utf-8")
    assert [line for line in result.stderr.splitlines() if line.startswith("  ")] == [
        "  dish.c: string",
        "  dish: described at manifests/main.yaml:3:3, and differs from it: see `b24provision plan --only dish`",
        "  old: listed under removed: at manifests/main.yaml:5:22",
        "  former: later used to be called so (manifests/main.yaml:4:3): apply renames it",
        "  dish.a: listed under removed: at manifests/main.yaml:5:41",
        "  dish.b: x used to be called so (manifests/main.yaml:3:32): apply renames it",
    ]


def test_what_another_manifest_describes_is_left_to_it():
    live(BOTH)
    written("b24provision: 1\nentities: {DISH: {name: D}}\n", Path("manifests/other.yaml"))
    written("b24provision: 1\nentities: [\n", Path("manifests/broken.yaml"))
    written("nothing of ours", Path("manifests/notes.txt"))
    result = imported()
    assert "dish" not in content()
    assert "  menu:" in content()
    assert "  dish: described at manifests/other.yaml:2:12\n" in result.stderr
    assert (
        "manifests/broken.yaml is left out, because it is no valid manifest:\n  manifests/broken.yaml:"
        in result.stderr
    )


SHARED = {
    "properties that a storage has by an anchor": (
        "  dish: {name: Dishes, properties: &own {price: {}}}\n  menu: {name: M, properties: *own}\n",
        "the anchor &own at line 3 is used elsewhere, too",
    ),
    "a storage that another one is made of": (
        "  dish: &dish {name: Dishes, properties: {price: {}}}\n  menu: {<<: *dish, name: M}\n",
        "the anchor &dish at line 3 is used elsewhere, too",
    ),
    "a storage that is an alias": (
        "  menu: &menu {name: M, properties: {price: {}}}\n  dish: *menu\n",
        "its storage comes from an alias or a merge key",
    ),
    "properties by a merge key": (
        "  menu: &menu {name: M, properties: {price: {}}}\n  dish: {<<: *menu, name: Dishes}\n",
        "the properties of its storage come from a merge key",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("entities", "reason"), SHARED.values(), ids=SHARED)
def test_what_is_shared_is_not_changed_for_others(entities: str, reason: str):
    live(BOTH)
    text = f"b24provision: 1\nentities:\n{entities}"
    written(text)
    result = imported("--only", "dish")
    assert content() == text
    assert f"  dish.colour: add it by hand, since {reason}\n" in result.stderr


def test_what_would_change_more_than_it_should_is_not_written():
    live(BOTH)
    text = """\
        x-base: &base {b24provision: 1, entities: {menu: {name: M}}}
        <<: *base
        """
    before = written(text).read_bytes()
    result = imported("--only", "dish", exit_code=1)
    assert "Nothing was written: more would change than was to be added (menu)." in result.stderr
    assert FILE.read_bytes() == before
    assert list(FILE.parent.iterdir()) == [FILE]


def test_a_merge_that_would_no_longer_load_is_not_written():
    live(BOTH)
    text = "b24provision: 1\nentities:\n  ? dish\n  : {name: Dishes}\n"
    written(text)
    result = imported("--only", "menu", exit_code=1)
    assert "Nothing was written: it would no longer load (" in result.stderr
    assert content() == text


def test_storages_that_are_used_elsewhere_too_get_no_company():
    live(BOTH)
    text = "b24provision: 1\nentities: &all {}\nx-copy: *all\n"
    written(text)
    result = imported("--only", "menu")
    assert content() == text
    assert "  menu: add it by hand, since the anchor &all at line 2 is used elsewhere, too\n" in result.stderr


def test_storages_that_stand_elsewhere_get_company_where_they_are_used():
    live(BOTH)
    written("b24provision: 1\nx-all: &all {x: {name: X}}\nentities: *all # theirs\n")
    imported("--only", "menu")
    menu = 'menu: {name: "a: b", access: {}, properties: {day: {name: Day, type: string, sort: 500}}}'
    assert content().splitlines()[1:] == [
        "x-all: &all {x: {name: X}}",
        f"entities: {{<<: *all, {menu}}} # theirs",
    ]


def test_a_file_that_somebody_saves_meanwhile_is_not_overwritten():
    file = read_file(written("b24provision: 1\n"))

    def save(_: Path) -> None:
        FILE.write_bytes(b"b24provision: 1 # saved\n")

    with pytest.raises(InputError, match="has changed meanwhile"):
        file.replaced_by("other", save)
    assert content() == "b24provision: 1 # saved\n"
    assert list(FILE.parent.iterdir()) == [FILE]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines_and_the_byte_order_mark_stay(newline: str, bom: str):
    live(BOTH)
    before, after = MERGED["block style, comments, indented by two"]
    written(
        bom + "".join(before).replace("        ", "", 1).replace("\n        ", "\n").replace("\n", newline)
    )
    imported()
    assert content() == bom + after.replace("        ", "", 1).replace("\n        ", "\n").replace(
        "\n", newline
    )
    assert planned() == NOTHING_TO_DO


def test_a_variable_without_a_value_is_said_so():
    live(BOTH)
    written("b24provision: 1\nentities: {'${WHAT}': {name: D}}\n")
    assert "the variable WHAT has no value" in imported(exit_code=3).stderr
    imported("--var", "WHAT=dish")
    assert content().startswith("b24provision: 1\nentities: {'${WHAT}': {name: D, properties: {price:")
