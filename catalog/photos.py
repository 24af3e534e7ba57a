"""Photos: taken by content, not by name; resized, stripped of metadata, stored once under their SHA-256."""

import hashlib
import re
import struct
import warnings
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError
from sqlmodel import Session, col, select

from catalog.models import Photo
from marketplace.core.audit import Actor, note
from marketplace.core.config import Settings
from marketplace.core.db import insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.files import write_whole
from marketplace.core.i18n import N_

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 60_000_000  #: more is a bomb, not a phone's camera; judged from the header, before decoding
QUALITY = 82
_NAME = re.compile(r"[0-9a-f]{64}")
_TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  #: what stands the picture upright, by EXIF orientation


class NotAPhoto(Refused):
    sentence = N_("Tệp này không phải ảnh JPEG, PNG hoặc WebP. Hãy chụp hoặc chọn một ảnh khác.")
    status = 422
    field = "photo"


class PhotoTooLarge(Refused):
    sentence = N_("Ảnh quá lớn (hơn 60 triệu điểm ảnh). Hãy chụp lại ở cỡ thường.")
    status = 422
    field = "photo"


class BrokenPhoto(Refused):
    sentence = N_("Ảnh bị hỏng hoặc tải lên chưa hết. Hãy gửi lại ảnh.")
    status = 422
    field = "photo"


class NoRoomForPhoto(Refused):
    sentence = N_("Máy chủ hết chỗ chứa ảnh. Ảnh chưa được lưu; hãy báo quản trị rồi gửi lại.")
    field = "photo"


def keep_photo(
    db: Session, actor: Actor, data: bytes, *, settings: Settings, now: datetime, private: bool = False
) -> Photo:
    """Keep a photo; the same picture sent twice is kept once, and is open once anybody sent it openly.

    Refuses what is not JPEG, PNG or WebP by content, a picture with too many pixels, one that is cut off, and
    a full disk; then nothing is stored.
    """
    image = _opened(data)
    encoded, size = _re_encoded(image, settings.photo_pixels)
    sha256 = hashlib.sha256(encoded).hexdigest()
    _store(settings.photo_dir, sha256, encoded)
    made = insert_new(
        db,
        Photo,
        ["sha256"],
        sha256=sha256,
        width=size[0],
        height=size[1],
        size_bytes=len(encoded),
        private=private,
        uploaded_at=now,
        uploaded_by=actor.actor_id,
    )
    photo = db.exec(select(Photo).where(Photo.sha256 == sha256)).one()
    if made is not None:
        note(db, actor, "photo.kept", photo)
    elif photo.private and not private:
        photo.private = False
        db.add(photo)
    return photo


def open_photo(db: Session, sha256: str) -> Photo:
    """A photo that anybody may see; one of people or papers is as if it did not exist."""
    photo = db.exec(select(Photo).where(Photo.sha256 == sha256, col(Photo.private).is_(False))).first()
    if photo is None:
        raise NotFound
    return photo


def photo_file(folder: Path, sha256: str) -> Path:
    """Where a photo lies; NotFound for anything that is not one of ours."""
    path = _path(folder, sha256) if _NAME.fullmatch(sha256) else None
    if path is None or not path.is_file():
        raise NotFound
    return path


def _opened(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(BytesIO(data), formats=FORMATS)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise PhotoTooLarge from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            raise NotAPhoto from error
    if image.width * image.height > MOST_PIXELS:
        raise PhotoTooLarge
    return image


def _re_encoded(image: Image.Image, longest: int) -> tuple[bytes, tuple[int, int]]:
    """The picture upright, at most `longest` pixels on its long edge, as JPEG without any metadata."""
    try:
        image.draft("RGB", (longest, longest))  # decodes a large JPEG at a fraction of its size
        turn = _TURN.get(_orientation(image))
        image.thumbnail((longest, longest))
        plain = _on_white(image if turn is None else image.transpose(turn))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BrokenPhoto from error
    out = BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue(), plain.size


def _orientation(image: Image.Image) -> int:
    """How the camera was held; unreadable metadata refuses no picture, since all of it is dropped."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except (OSError, SyntaxError, ValueError, struct.error):
        return 1
    return orientation if isinstance(orientation, int) else 1


def _on_white(image: Image.Image) -> Image.Image:
    """A new RGB image: it carries no EXIF, no colour profile, no comment, and no transparency."""
    plain = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        plain.paste(seen, mask=seen.getchannel("A"))
    else:
        plain.paste(image.convert("RGB"))
    return plain


def _store(folder: Path, sha256: str, data: bytes) -> None:
    try:
        write_whole(_path(folder, sha256), data)
    except OSError as error:
        raise NoRoomForPhoto from error


def _path(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.jpg"
