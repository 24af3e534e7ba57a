"""What people take home from a course: words to read on a phone, files to download.

A file is what its content says, never its name; it is stored once under its SHA-256.
"""

import hashlib
import re
import zipfile
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

from sqlmodel import Session, col, select

from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import found
from marketplace.core.errors import NotFound, Refused
from marketplace.core.files import write_whole
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from training.learning_forms import MaterialIn
from training.models import Course, Material

_OFFICE = "application/vnd.openxmlformats-officedocument"
#: By ending: what browsers are told the file is.
TYPES = {
    "pdf": "application/pdf",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
}
_PARTS = {"ppt/presentation.xml": "pptx", "word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_MP3 = re.compile(rb"ID3[\x02-\x04]|\xff[\xfb\xfa\xf3\xf2]")
_SHA = re.compile(r"[0-9a-f]{64}")


class NothingToTake(Refused):
    sentence = N_("Hãy ghi nội dung, hoặc chọn một tệp.")
    status = 422
    field = "words"


class NotAMaterial(Refused):
    sentence = N_(
        "Tệp này không phải PDF, PPTX, DOCX, XLSX, MP4, MP3, JPEG hay PNG, hoặc bị hỏng. Hãy chọn tệp khác."
    )
    status = 422
    field = "file"


class HoldsMacros(Refused):
    sentence = N_("Tệp này có macro (lệnh chạy trên máy). Hãy lưu lại không có macro rồi gửi.")
    status = 422
    field = "file"


class NoRoomForFile(Refused):
    sentence = N_("Máy chủ hết chỗ chứa tệp. Tệp chưa được lưu; hãy báo quản trị rồi gửi lại.")
    field = "file"


def add_material(
    db: Session,
    actor: Account,
    course: Course,
    data: MaterialIn,
    file: tuple[str, bytes] | None,
    *,
    folder: Path,
    now: datetime,
) -> Material:
    """Add something to a course; `file` is its name and content. The same thing twice is one.

    Refuses neither words nor a file, a file of another kind than the eight, one with macros, a full disk.
    """
    if not data.words and file is None:
        raise NothingToTake
    columns: dict[str, object] = {"course_id": course.id, "title": data.title, "words": data.words}
    if file is not None:
        columns |= _kept(folder, *file)
    same = select(Material).where(
        *(getattr(Material, name) == value for name, value in columns.items() if value is not None)
    )
    there = db.exec(same.where(col(Material.active))).first()
    if there is not None and there.file_sha256 == columns.get("file_sha256"):
        return there
    row = Material.model_validate({**columns, "created_at": now, "created_by": actor.actor_id})
    db.add(row)
    note(db, actor, "material.added", row, course=course.id)
    return row


def _kept(folder: Path, name: str, content: bytes) -> dict[str, object]:
    ending = ending_of(content)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        write_whole(folder / sha256, content)
    except OSError as error:
        raise NoRoomForFile from error
    return {
        "file_sha256": sha256,
        "file_name": _called(name, ending),
        "file_type": TYPES[ending],
        "file_bytes": len(content),
    }


def ending_of(content: bytes) -> str:
    """The kind of a file by its content, as the ending of its name; refuses all others."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content[4:8] == b"ftyp":
        return "mp4"
    if _MP3.match(content):
        return "mp3"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    raise NotAMaterial


def _office(content: bytes) -> str:
    """The program an archive belongs to, by the list of its parts; nothing is unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = {name.casefold() for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise NotAMaterial from error
    if any(part.endswith("vbaproject.bin") for part in parts):
        raise HoldsMacros
    ending = next((ending for part, ending in _PARTS.items() if part in parts), None)
    if ending is None or "[content_types].xml" not in parts:
        raise NotAMaterial
    return ending


def _called(name: str, ending: str) -> str:
    """The name without its folders, under the ending of its content."""
    stem = clean(re.split(r"[/\\]", name)[-1])
    stem = re.sub(r'[<>:"|?*]', "", re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)).strip(". ")[:120]
    return f"{stem or 'tai-lieu'}.{ending}"


def materials_of(db: Session, course_id: int, *, retired: bool = False) -> list[Material]:
    """What a course has to take home, by title; or what it no longer has."""
    rows = select(Material).where(Material.course_id == course_id, col(Material.active).is_not(retired))
    return list(db.exec(rows.order_by(col(Material.title), col(Material.id))))


def one_material(db: Session, course_id: int, material_id: int, *, retired: bool = False) -> Material:
    """A material of this course, or NotFound; retired ones only for those who manage them."""
    material = found(db, Material, material_id)
    if material.course_id != course_id or not (material.active or retired):
        raise NotFound
    return material


def retire_material(db: Session, actor: Account, material: Material, *, active: bool) -> Material:
    """Offer a material no more, or again. Twice is once."""
    if material.active != active:
        material.active = active
        db.add(material)
        note(db, actor, "material.offered_again" if active else "material.retired", material)
    return material


def file_of(folder: Path, material: Material) -> Path:
    """Where the file of a material lies; NotFound when it has none."""
    sha256 = material.file_sha256 or ""
    path = folder / sha256
    if not _SHA.fullmatch(sha256) or not path.is_file():
        raise NotFound
    return path
