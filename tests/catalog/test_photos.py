"""Photos as they come from phones, and everything that is not one. The full disk is an fsync that fails."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import select

from catalog.models import Photo
from catalog.photos import BrokenPhoto, NoRoomForPhoto, NotAPhoto, PhotoTooLarge, keep_photo, photo_file
from marketplace.core.audit import SYSTEM
from marketplace.core.errors import NotFound
from tests.factories import NOW


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (3000, 2000), **options) -> bytes:
    out = BytesIO()
    mode = "RGBA" if kind == "PNG" else "RGB"
    Image.new(mode, size, "orange").save(out, kind, **options)
    return out.getvalue()


def a_huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels; decoding it would fill the memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def a_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("anh.jpg", a_picture(size=(10, 10)))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_resized_to_jpeg(db, settings, kind):
    photo = keep_photo(db, SYSTEM, a_picture(kind), settings=settings, now=NOW)

    kept = Image.open(BytesIO(photo_file(settings.photo_dir, photo.sha256).read_bytes()))
    assert (kept.format, kept.size) == ("JPEG", (1280, 853))
    assert (photo.width, photo.height) == (1280, 853)


def test_where_and_when_it_was_taken_is_removed_and_it_stands_upright(db, settings):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x8825] = {1: "N", 2: (22.0, 49.0, 0.0)}
    exif[0x010F] = "Phone of a farmer"

    photo = keep_photo(db, SYSTEM, a_picture(exif=exif, size=(200, 100)), settings=settings, now=NOW)

    kept = photo_file(settings.photo_dir, photo.sha256).read_bytes()
    assert Image.open(BytesIO(kept)).size == (100, 200)
    assert dict(Image.open(BytesIO(kept)).getexif()) == {}
    assert b"farmer" not in kept


def test_wrong_metadata_refuses_no_picture(db, settings):
    """A width (0x0100) given as bytes: Pillow reads the metadata but cannot write it back."""
    turned = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    strange = struct.pack("<HHI", 0x0100, 1, 1) + b"\x1a\0\0\0"
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + strange + b"\0" * 12

    photo = keep_photo(db, SYSTEM, a_picture(exif=exif, size=(200, 100)), settings=settings, now=NOW)

    assert (photo.width, photo.height) == (100, 200)


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_way_a_camera_is_held_ends_upright(db, settings, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    out = BytesIO()
    held = Image.new("RGB", (200, 100), "white")
    held.paste("black", (0, 0, 60, 40))  # a dark corner, top left as the sensor saw it
    held.save(out, "JPEG", exif=exif)

    photo = keep_photo(db, SYSTEM, out.getvalue(), settings=settings, now=NOW)

    kept = Image.open(photo_file(settings.photo_dir, photo.sha256)).convert("L")
    width, height = kept.size
    corners = {"top left": (9, 9), "top right": (width - 9, 9)}
    corners |= {"bottom right": (width - 9, height - 9), "bottom left": (9, height - 9)}
    dark = [name for name, point in corners.items() if kept.getpixel(point) < 99]
    names = ["top left", "top right", "bottom right", "bottom left"]
    assert dark == [names[(turn - 1) % 4]]
    assert (width > height) == (turn < 5)


def test_the_same_photo_twice_is_kept_once(db, settings):
    first = keep_photo(db, SYSTEM, a_picture(), settings=settings, now=NOW)
    second = keep_photo(db, SYSTEM, a_picture(), settings=settings, now=NOW)

    assert first.id == second.id
    assert len(list(settings.photo_dir.rglob("*.jpg"))) == 1


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", NotAPhoto),
        (a_zip(), NotAPhoto),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NotAPhoto),
        (b"%PDF-1.7 ...", NotAPhoto),
        (b"GIF89a" + b"\0" * 40, NotAPhoto),
        (a_picture()[:5_000], BrokenPhoto),
        (a_huge_png(10_000, 10_000), PhotoTooLarge),
        (a_huge_png(60_000, 60_000), PhotoTooLarge),
    ],
    ids=["empty", "zip", "svg", "pdf", "gif", "cut off", "100 megapixels", "3600 megapixels"],
)
def test_what_is_no_photo_is_refused_and_nothing_is_stored(db, settings, data, refusal):
    with pytest.raises(refusal):
        keep_photo(db, SYSTEM, data, settings=settings, now=NOW)

    assert db.exec(select(Photo)).all() == []
    assert not list(settings.photo_dir.rglob("*"))


def test_a_full_disk_refuses_with_a_sentence_and_leaves_no_half_file(db, settings, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("marketplace.core.files.os.fsync", full)
    with pytest.raises(NoRoomForPhoto):
        keep_photo(db, SYSTEM, a_picture(), settings=settings, now=NOW)

    assert db.exec(select(Photo)).all() == []
    assert not [path for path in settings.photo_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 64, "0" * 63])
def test_only_our_own_files_are_found(settings, name):
    with pytest.raises(NotFound):
        photo_file(Path(settings.photo_dir), name)
