"""An archive is whole or it is refused: sealed, private, never half there."""

import json
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b24provision.backup.archive import Archive
from b24provision.backup.header import Header, Stored
from b24provision.backup.seal import BLANK, seal
from b24provision.backup.writer import ArchiveWriter
from b24provision.errors import InputError
from b24provision.model import Entity, Level, Property, PropertyType

ENTITY = Entity(
    code="dish",
    name="Блюда",
    access={"AU": Level.READ},
    properties={"photo": Property(code="Photo", name="Photo", type=PropertyType.FILE, sort=5)},
)
STORED = Stored(entity=ENTITY, sections=1, items=2, files=1)
HEADER = Header(
    made_at="2026-01-01T00:00:00Z",
    host="acme.bitrix24.com",
    member_id="m",
    tool_version="1",
    storages=(STORED,),
)


def make(path: Path) -> bytes:
    with ArchiveWriter(path) as writer:
        digest = writer.add_file(b"content")
        assert writer.add_file(b"content") == digest
        assert writer.files == 1
        writer.add_rows("dish", "sections", [{"ID": "1", "NAME": "Суп\u2028\ud800"}])
        writer.add_rows("dish", "items", [{"ID": "1"}])
        writer.add_rows("dish", "items", [{"ID": "2"}])
        size = writer.finish(HEADER)
    assert size == path.stat().st_size
    return path.read_bytes()


def test_what_was_written_is_read():
    make(Path("a.zip"))
    with Archive.open(Path("a.zip")) as archive:
        assert archive.header == HEADER
        assert list(archive.sections(STORED)) == [{"ID": "1", "NAME": "Суп\u2028\ud800"}]
        assert list(archive.items(STORED)) == [{"ID": "1"}, {"ID": "2"}]
        assert archive.file("ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73") == b"content"
        with pytest.raises(InputError, match="refers to a file it does not hold"):
            archive.file("0" * 64)


def test_it_is_a_zip_for_its_owner_only_and_equal_for_equal_data():
    assert make(Path("a.zip")) == make(Path("b.zip"))
    assert zipfile.ZipFile("a.zip").testzip() is None
    if sys.platform != "win32":
        assert stat.S_IMODE(Path("a.zip").stat().st_mode) == 0o600


def test_an_archive_is_not_written_over():
    Path("a.zip").write_text("precious")
    with pytest.raises(InputError, match="is there already"):
        ArchiveWriter(Path("a.zip"))
    with pytest.raises(InputError, match="cannot be written: No such file"):
        ArchiveWriter(Path("nowhere/a.zip"))


def test_nothing_is_left_of_one_that_was_not_finished():
    with ArchiveWriter(Path("a.zip")) as writer:
        writer.add_file(b"content")
    assert not list(Path().iterdir())


def test_one_that_is_no_archive():
    Path("text").write_text("Hello")
    for name, why in (("text", "is no archive"), ("missing", "cannot be read: No such file")):
        with pytest.raises(InputError, match=why):
            Archive.open(Path(name))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(st.data())
def test_whatever_is_cut_or_altered_is_refused(data: st.DataObject):
    whole = Path("a.zip").read_bytes() if Path("a.zip").exists() else make(Path("a.zip"))
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        spoilt = whole[:place]
    else:
        spoilt = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    Path("spoilt.zip").write_bytes(spoilt)
    with pytest.raises(InputError, match=r"altered or damaged|is no archive"):
        Archive.open(Path("spoilt.zip"))


@pytest.mark.parametrize("document", ["{}", "[]", "nonsense", '{"format_version": "1", "storages": 3}'])
def test_a_sealed_file_of_another_kind_is_refused(document: str):
    sealed(document)
    with pytest.raises(InputError, match="is no archive"):
        Archive.open(Path("a.zip"))


def test_a_later_format_is_named():
    sealed(json.dumps({"format_version": "2"}))
    with pytest.raises(InputError, match="has format 2, this version reads 1"):
        Archive.open(Path("a.zip"))


def sealed(document: str) -> None:
    with zipfile.ZipFile("a.zip", "w") as members:
        members.writestr("archive.json", document)
        members.comment = BLANK
    with Path("a.zip").open("r+b") as file:
        seal(file)
