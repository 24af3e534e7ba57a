"""Things to take home: known by content, stored once, sent as downloads, retired and brought back."""

import hashlib
import zipfile
from io import BytesIO

import pytest
import xlsxwriter
from PIL import Image
from sqlmodel import select

from marketplace.accounts.models import Role
from marketplace.core.errors import NotFound
from tests import factories as make
from training.learning_forms import MaterialIn
from training.materials import (
    HoldsMacros,
    NoRoomForFile,
    NotAMaterial,
    NothingToTake,
    add_material,
    ending_of,
    file_of,
    materials_of,
    one_material,
    retire_material,
)
from training.models import Material

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def an_archive(*parts: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part, "x")
    return out.getvalue()


def a_workbook() -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "Giá cam")
    return out.getvalue()


def a_picture(kind: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (20, 20), "orange").save(out, kind)
    return out.getvalue()


GOOD = {
    "pdf": PDF,
    "xlsx": a_workbook(),
    "docx": an_archive("[Content_Types].xml", "word/document.xml"),
    "pptx": an_archive("[Content_Types].xml", "ppt/presentation.xml"),
    "jpg": a_picture("JPEG"),
    "png": a_picture("PNG"),
    "mp4": b"\x00\x00\x00\x18ftypmp42" + b"\0" * 40,
    "mp3": b"ID3\x04\x00\x00" + b"\0" * 40,
}
BAD = {
    "nothing": b"",
    "words": "Không phải tệp nào".encode(),
    "page": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "program": b"MZ\x90\x00" + b"\0" * 60,
    "plain archive": an_archive("cam.txt"),
    "half an archive": a_workbook()[:300],
    "archive without its list": an_archive("word/document.xml"),
    "gif": b"GIF89a\x01\x00\x01\x00",
}


@pytest.fixture
def office(db):
    return make.an_account(db, Role.COORDINATOR)


@pytest.fixture
def course(db):
    return make.a_course(db)


@pytest.fixture
def add(db, office, course, tmp_path):
    def adding(title="Chụp ảnh cam", words="", file=None):
        data = MaterialIn(title=title, words=words)
        return add_material(db, office, course, data, file, folder=tmp_path / "kept", now=make.NOW)

    return adding


@pytest.mark.parametrize("ending", list(GOOD))
def test_a_file_is_what_its_content_says_whatever_it_is_called(add, tmp_path, ending):
    made = add(file=(r"C:\tai\Bài <giảng> cam.exe", GOOD[ending]))

    assert made.file_name == f"Bài giảng cam.{ending}"
    assert made.file_sha256 == hashlib.sha256(GOOD[ending]).hexdigest()
    assert made.file_bytes == len(GOOD[ending])
    assert file_of(tmp_path / "kept", made).read_bytes() == GOOD[ending]


@pytest.mark.parametrize("kind", list(BAD))
def test_what_is_none_of_the_eight_kinds_is_refused_and_nothing_is_kept(db, add, tmp_path, kind):
    with pytest.raises(NotAMaterial):
        add(file=("bai.pdf", BAD[kind]))
    assert db.exec(select(Material)).all() == []
    assert not (tmp_path / "kept").exists()


def test_a_document_with_macros_is_refused(db, add):
    with pytest.raises(HoldsMacros):
        add(file=("bai.docm", an_archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")))
    assert db.exec(select(Material)).all() == []


def test_an_archive_that_unpacks_to_gigabytes_is_looked_at_without_being_unpacked():
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", b"\0" * 200_000_000)
    assert len(out.getvalue()) < 1_000_000

    assert ending_of(out.getvalue()) == "docx"


def test_words_or_a_file_are_needed_and_the_same_thing_twice_is_one(db, add, tmp_path):
    with pytest.raises(NothingToTake):
        add()
    one, again = add(words="Chụp ngoài trời."), add(words="Chụp ngoài trời.")
    file, same_file = add(file=("a.pdf", PDF)), add(title="Tên khác", file=("b.pdf", PDF))

    assert one.id == again.id
    assert file.id != same_file.id
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [hashlib.sha256(PDF).hexdigest()]


def test_a_full_disk_refuses_with_a_sentence_and_leaves_nothing(db, add, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("marketplace.core.files.os.fsync", full)
    with pytest.raises(NoRoomForFile):
        add(file=("a.pdf", PDF))
    assert db.exec(select(Material)).all() == []
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_material_is_retired_and_brought_back(db, office, course, add):
    made = add(words="Chụp ngoài trời.")

    retire_material(db, office, made, active=False)
    retire_material(db, office, made, active=False)

    assert materials_of(db, course.id) == []
    assert materials_of(db, course.id, retired=True) == [made]
    with pytest.raises(NotFound):
        one_material(db, course.id, made.id)
    retire_material(db, office, made, active=True)
    assert one_material(db, course.id, made.id) == made


def test_a_material_of_another_course_and_one_without_a_file_do_not_exist(db, add, tmp_path):
    made = add(words="Chụp ngoài trời.")

    with pytest.raises(NotFound):
        one_material(db, make.a_course(db, topic="Nuôi ong").id, made.id)
    with pytest.raises(NotFound):
        file_of(tmp_path / "kept", made)
