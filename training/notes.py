"""What trainers write down about a class, and its pictures."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from catalog.models import Photo
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import insert_new
from marketplace.core.errors import NotFound, Refused
from marketplace.core.i18n import N_
from training.learning_forms import NoteIn
from training.models import TrainerNote, TrainingPhoto, TrainingPhotoKind, TrainingSession

MOST_PHOTOS = 60  #: of one class, pages stay light


class NoPhotoChosen(Refused):
    sentence = N_("Hãy chọn một ảnh của lớp.")
    status = 422
    field = "photo"


class IsSheet(Refused):
    sentence = N_("Ảnh này đã là ảnh phiếu ký của lớp. Hãy chọn ảnh khác.")
    field = "photo"


class EnoughPhotos(Refused):
    sentence = N_("Lớp đã có %(most)s ảnh. Hãy bỏ bớt ảnh trước khi gửi thêm.")
    field = "photo"


def add_note(
    db: Session, actor: Account, training: TrainingSession, data: NoteIn, *, now: datetime
) -> TrainerNote:
    """Write something down about a class; the same words twice in a row are one note."""
    last = db.exec(_notes(training).limit(1)).first()
    if last is not None and (last[0].words, last[0].by) == (data.words, actor.actor_id):
        return last[0]
    row = TrainerNote(training_id=training.id or 0, at=now, by=actor.actor_id, words=data.words)
    db.add(row)
    note(db, actor, "training.noted", row, training=training.id)
    return row


def notes_of(db: Session, training: TrainingSession) -> Sequence[tuple[TrainerNote, str | None]]:
    """The notes of a class with who wrote them, the latest first."""
    return db.exec(_notes(training)).all()


def _notes(training: TrainingSession) -> "Select[TrainerNote, str]":
    return (
        select(TrainerNote, Account.name)
        .outerjoin(Account, col(Account.id) == TrainerNote.by)
        .where(TrainerNote.training_id == training.id)
        .order_by(col(TrainerNote.id).desc())
    )


# --- pictures
# ------------------------------------------------------------------------------------------------------------


def add_photo(
    db: Session, actor: Account, training: TrainingSession, photo: Photo, *, now: datetime
) -> TrainingPhoto:
    """A picture of the class; one that was removed comes back. Refuses more than sixty."""
    there = db.exec(
        select(TrainingPhoto).where(
            TrainingPhoto.training_id == training.id, TrainingPhoto.photo_id == photo.id
        )
    ).first()
    if there is not None and there.kind == TrainingPhotoKind.CLASS:
        return restore_photo(db, actor, there)
    if len(photos_of(db, training)) >= MOST_PHOTOS:
        raise EnoughPhotos(most=MOST_PHOTOS)
    made = insert_new(
        db,
        TrainingPhoto,
        ["training_id", "photo_id"],
        training_id=training.id,
        photo_id=photo.id,
        kind=TrainingPhotoKind.CLASS,
        at=now,
        by=actor.actor_id,
    )
    if made is None:
        raise IsSheet
    row = db.get_one(TrainingPhoto, made)
    note(db, actor, "training.photo_added", row, training=training.id)
    return row


def photos_of(db: Session, training: TrainingSession, *, removed: bool = False) -> list[TrainingPhoto]:
    """The pictures of a class in the order they came; or those that were removed."""
    gone = col(TrainingPhoto.removed_at)
    rows = _photos(training).where(gone.is_not(None) if removed else gone.is_(None))
    return list(db.exec(rows.order_by(col(TrainingPhoto.id))))


def one_photo(db: Session, training: TrainingSession, class_photo_id: int) -> TrainingPhoto:
    """A picture of this class, removed ones too, or NotFound."""
    row = db.exec(_photos(training).where(TrainingPhoto.id == class_photo_id)).first()
    if row is None:
        raise NotFound
    return row


def _photos(training: TrainingSession) -> SelectOfScalar[TrainingPhoto]:
    return select(TrainingPhoto).where(
        TrainingPhoto.training_id == training.id, TrainingPhoto.kind == TrainingPhotoKind.CLASS
    )


def remove_photo(db: Session, actor: Account, row: TrainingPhoto, *, now: datetime) -> TrainingPhoto:
    """Show a picture no more. Twice is once; it can be brought back."""
    if row.removed_at is None:
        row.removed_at = now
        db.add(row)
        note(db, actor, "training.photo_removed", row, training=row.training_id)
    return row


def restore_photo(db: Session, actor: Account, row: TrainingPhoto) -> TrainingPhoto:
    """Show a removed picture again. Twice is once."""
    if row.removed_at is not None:
        row.removed_at = None
        db.add(row)
        note(db, actor, "training.photo_restored", row, training=row.training_id)
    return row
