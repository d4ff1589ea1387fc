"""The rule by which an archive and a portal meet: nothing twice, nothing overwritten."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from b24provision.backup.comparison import ItemJoin, ItemMatch, Section, levels, match_sections
from b24provision.backup.records import Record, Shape, files_of, values_only, with_files

SHAPE = Shape(("NAME", "DATE_ACTIVE_TO"), ("PICTURE",), {"color": False, "photo": True})


def item(item_id: int, name: str = "A", created: str = "then", section: str = "", **values: str) -> Record:
    data = {"NAME": name} | {f"PROPERTY_{code}": value for code, value in values.items()}
    return Record(item_id, created, section, data)


def join(archived: list[Record], live: list[Record]) -> ItemMatch:
    joined = ItemJoin(archived)
    for record in live:
        joined.meet(record)
    return joined.end()


def test_the_very_same_item_is_there_whatever_became_of_it():
    found = join([item(1, color="red"), item(2), item(3)], [item(1), item(2, "B"), item(9)])
    assert found.missing == set()
    assert found.fills == {1: ("PROPERTY_color",)}
    assert (found.changed, found.same, found.live, found.newest) == (1, 1, 3, 9)


def test_the_same_id_of_another_moment_is_another_item():
    found = join([item(1, "A")], [item(1, "B", created="later")])
    assert found.missing == {1}
    assert found.fills == {}


def test_a_value_that_was_changed_is_not_filled_and_one_that_came_since_is_no_change():
    assert join([item(1, color="red")], [item(1, color="blue")]).changed == 1
    assert join([item(1)], [item(1, color="blue")]).changed == 0
    assert join([item(1)], [item(1, section="5")]).changed == 1


def test_equal_items_count():
    live = [item(number, created="later") for number in (11, 12)]
    found = join([item(1), item(2), item(3), item(4, "B")], live)
    assert found.missing == {3, 4}
    assert found.same == 2


names = st.sampled_from("AB")
archives = st.lists(st.tuples(names, st.sampled_from(["", "red", "blue"])), max_size=8)


@given(archives, st.lists(st.integers(0, 7), unique=True), st.lists(names, max_size=4))
def test_adding_what_is_missing_leaves_nothing_missing(
    rows: list[tuple[str, str]], kept: list[int], strangers: list[str]
):
    archived = [
        item(number, name, **({"color": color} if color else {}))
        for number, (name, color) in enumerate(rows, 1)
    ]
    live = [record for number, record in enumerate(archived) if number in kept]
    live += [item(100 + number, name, created="later") for number, name in enumerate(strangers)]
    found = join(archived, live)
    added = [
        replace(record, id=200 + record.id, created="now")
        for record in archived
        if record.id in found.missing
    ]
    again = join(archived, [*live, *added])
    assert again == replace(
        found, missing=set(), same=len(archived), live=len(live) + len(added), newest=again.newest
    )
    wanted = Counter(record.fingerprint() for record in archived)
    there = Counter(record.fingerprint() for record in [*live, *added])
    assert wanted <= there
    assert there - wanted <= Counter(record.fingerprint() for record in live)


def section(section_id: int, parent: int = 0, name: str = "S", created: str = "then") -> Section:
    return Section(Record(section_id, created, "", {"NAME": name}), parent)


def test_sections_are_found_by_who_they_are_then_by_what_they_say_inside_their_parent():
    archived = [section(1), section(2, 1, "T"), section(3, 1, "T"), section(4, 2, "U")]
    same = match_sections(archived, [section(1, name="Renamed"), section(9, 1, "T", "later")])
    assert same.ids == {1: 1, 2: 9}
    assert same.changed == 1
    elsewhere = [
        section(21, created="x"),
        section(22, 21, "T", "x"),
        section(23, 22, "U", "x"),
        section(24, 0, "T", "x"),
    ]
    assert match_sections(archived, elsewhere).ids == {1: 21, 2: 22, 4: 23}
    assert match_sections(archived, []).ids == {}


def test_levels_begin_where_the_parent_is_nowhere():
    rows = [section(4, 2), section(2, 1), section(3, 1), section(5)]
    assert [[row.record.id for row in level] for level in levels(rows)] == [[2, 3, 5], [4]]


def test_what_of_a_row_is_data():
    row = {
        "ID": "7",
        "NAME": "Ж",
        "DATE_CREATE": "2026-03-25T13:39:45+03:00",
        "DATE_ACTIVE_TO": "2026-03-25T13:39:45+03:00",
        "PICTURE": "/upload/x.png",
        "CREATED_BY": "1",
        "PROPERTY_VALUES": {"Color": "0", "photo": None, "unknown": "x"},
    }
    record = Record.of(row, SHAPE)
    assert dict(record.data) == {
        "NAME": "Ж",
        "DATE_ACTIVE_TO": "2026-03-25T10:39:45+00:00",
        "PICTURE": "",
        "PROPERTY_color": "0",
    }
    assert files_of(row, SHAPE) == {"PICTURE": "/upload/x.png"}
    kept = Record.of(with_files(row, SHAPE, {"PICTURE": {"sha256": "d", "name": "x.png"}}), SHAPE)
    assert kept.data["PICTURE"] == "d"
    assert kept.fingerprint() != record.fingerprint()
    assert kept.outline() == record.outline()
    elsewhere = {**row, "ID": "8", "CREATED_BY": "2", "DATE_ACTIVE_TO": "2026-03-25T10:39:45+00:00"}
    assert Record.of(elsewhere, SHAPE).fingerprint() == record.fingerprint()


def test_values_only():
    row = {"ID": "7", "NAME": "N", "DETAIL_TEXT": "private", "PROPERTY_VALUES": {"color": "red", "size": "5"}}
    shape = Shape(properties={"color": False})
    assert values_only(row, shape) == {
        "ID": "7",
        "DATE_CREATE": None,
        "NAME": "N",
        "PROPERTY_VALUES": {"color": "red"},
    }
    assert values_only({**row, "PROPERTY_VALUES": {"color": "", "size": "5"}}, shape) is None
    assert values_only({"ID": "7", "PROPERTY_VALUES": []}, shape) is None
