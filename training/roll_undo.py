"""Take a class list out again, all of it or nothing, while nobody has built on it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from catalog.import_batches import AlreadyUndone, delete_or
from catalog.models import Household, ImportBatch, Person, PovertyStatus, Producer
from marketplace.accounts.models import Account
from marketplace.core.audit import AuditEntry, note
from marketplace.core.db import Row
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.attendance import settle
from training.models import (
    Attendance,
    AttendanceMark,
    Enrolment,
    HalfDay,
    QuizResult,
    Seat,
    TrainingCertificate,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)
from training.seats import lock_classes

_AT_ONCE = 500
#: What the import itself writes down about a household or a class it made.
_OWN = ("household.drafted", "training.planned", "training.held", "attendance.marked", "attendance.closed")


class RollTouched(Refused):
    sentence = N_(
        "Đã có việc làm tiếp trên danh sách này (sửa hộ, điểm danh, cấp giấy, kiểm tra hoặc ghép hộ), "
        "nên không hoàn tác được nữa."
    )


def undo_roll(db: Session, actor: Account, batch: ImportBatch, *, now: datetime) -> ImportBatch:
    """Undo an import of a class list; refuses once anything stands on it."""
    if batch.undone_at is not None:
        raise AlreadyUndone
    made = {kind: list(ids) for kind, ids in batch.made.items()}
    seats = _rows(db, Seat, made.get("seats", ()))
    marks = _rows(db, AttendanceMark, made.get("marks", ()))
    planned = set(made.get("trainings", ()))
    touched = {one.training_id for one in seats} | {one.training_id for one in marks}
    classes = lock_classes(db, touched | planned)
    people = {one.person_id for one in seats}
    homes = made.get("households", ())
    if (
        _built_on(db, batch, classes, people)
        or _changed(db, "training_session", planned)
        or _grown(db, homes)
    ):
        raise RollTouched
    _delete(db, AttendanceMark, AttendanceMark.id, made.get("marks", ()))
    for one in classes:
        if one.id not in planned:
            _reopen(db, one, made)
            settle(db, one, people | {mark.person_id for mark in marks})
    _take_out(db, batch, made)
    batch.undone_at = now
    db.add(batch)
    note(db, actor, "import.undone", batch, people=len(people))
    return batch


def _built_on(db: Session, batch: ImportBatch, classes: Sequence[TrainingSession], people: set[int]) -> bool:
    """Closed since, or marked, certified or tested since, people this list entered."""
    if any(one.attendance_closed_at is not None and one.attendance_closed_at > batch.at for one in classes):
        return True
    ours = set(batch.made.get("marks", ()))
    for one in classes:
        marks = select(AttendanceMark.id, AttendanceMark.person_id).where(
            AttendanceMark.training_id == one.id
        )
        if any(person in people and key not in ours for key, person in db.exec(marks)):
            return True
        awarded = select(TrainingCertificate.person_id).where(TrainingCertificate.training_id == one.id)
        tested = select(QuizResult.person_id).where(QuizResult.training_id == one.id)
        if people & {*db.exec(awarded), *db.exec(tested)}:
            return True
    return False


def _changed(db: Session, kind: str, ids: Iterable[int]) -> bool:
    """Whether anybody changed one of these rows since the import made it."""
    return any(
        db.exec(
            select(AuditEntry.id)
            .where(AuditEntry.subject_kind == kind, col(AuditEntry.subject_id).in_(some))
            .where(col(AuditEntry.action).not_in(_OWN))
            .limit(1)
        ).first()
        is not None
        for some in _some(ids)
    )


def _grown(db: Session, homes: Sequence[int]) -> bool:
    """Whether a draft was changed, got people, was registered, or was linked to a household."""
    for some in _some(homes):
        people = db.exec(select(Person.id).where(col(Person.household_id).in_(some))).all()
        linked = select(WalkIn.id).where(
            col(WalkIn.person_id).in_(people), col(WalkIn.linked_person_id).is_not(None)
        )
        if len(people) != len(some) or db.exec(linked.limit(1)).first() is not None:
            return True
        if _changed(db, "household", some) or _changed(db, "person", [one or 0 for one in people]):
            return True
    return False


def _take_out(db: Session, batch: ImportBatch, made: Mapping[str, Sequence[int]]) -> None:
    """Children first; what the import did not make holds its parents fast, and nothing is undone."""
    _delete(db, Attendance, Attendance.training_id, made.get("trainings", ()))
    _delete(db, Seat, Seat.id, made.get("seats", ()))
    _delete(db, Enrolment, Enrolment.id, made.get("enrolments", ()))
    for some in _some(made.get("poverty", ())):  # a decision recorded since is somebody's and stays
        rows = sa.delete(PovertyStatus).where(col(PovertyStatus.id).in_(some))
        db.execute(rows.where(col(PovertyStatus.recorded_at) == batch.at))
    homes = made.get("households", ())
    for some in _some(homes):
        people = select(col(Person.id)).where(col(Person.household_id).in_(some))
        delete_or(db, sa.delete(WalkIn).where(col(WalkIn.person_id).in_(people)), RollTouched())
    _delete(db, Person, Person.household_id, homes)
    _delete(db, Producer, Producer.household_id, homes)
    _delete(db, Household, Household.id, homes)
    _delete(db, HalfDay, HalfDay.training_id, made.get("trainings", ()))
    _delete(db, TrainingSession, TrainingSession.id, made.get("trainings", ()))


def _reopen(db: Session, training: TrainingSession, made: Mapping[str, Sequence[int]]) -> None:
    """A class that was there before stands again as it stood."""
    if training.id in made.get("closed", ()):
        training.attendance_closed_at = training.attendance_closed_by = None
    marked = select(AttendanceMark.id).where(AttendanceMark.training_id == training.id).limit(1)
    if training.id in made.get("held", ()) and db.exec(marked).first() is None:
        training.status = TrainingStatus.PLANNED
    db.add(training)
    db.flush()


def _rows(db: Session, kind: type[Row], ids: Iterable[int]) -> list[Row]:
    return [row for some in _some(ids) for row in db.exec(select(kind).where(col(kind.id).in_(some)))]  # type: ignore[attr-defined]  # every table has id


def _delete(db: Session, kind: type[SQLModel], column: Any, ids: Iterable[int]) -> None:
    for some in _some(ids):
        delete_or(db, sa.delete(kind).where(col(column).in_(some)), RollTouched())


def _some(ids: Iterable[int]) -> Iterator[list[int]]:
    """As many at a time as a statement takes."""
    listed = sorted(ids)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
