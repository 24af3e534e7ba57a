"""Close the attendance of a class, decide where doors disagree, and correct it later with a trail (R-92)."""

from datetime import datetime

from sqlmodel import Session, col, select

from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.attendance import DECIDED, Mark, disputes, settle, take_marks
from training.models import Attendance, AttendanceMark, Door, HalfDay, TrainingSession, TrainingStatus


class NotHeld(Refused):
    sentence = N_("Lớp chưa tổ chức nên chưa chốt điểm danh được.")


class StillDisputed(Refused):
    sentence = N_("Còn %(number)s chỗ các nguồn điểm danh khác nhau. Hãy quyết định từng chỗ rồi chốt.")


class ReasonNeeded(Refused):
    sentence = N_("Lớp đã chốt điểm danh. Hãy ghi lý do sửa.")
    status = 422
    field = "reason"


class NobodyMarked(Refused):
    sentence = N_("Chưa điểm danh ai. Hãy điểm danh trước khi chốt.")


def close_attendance(
    db: Session, actor: Account, training: TrainingSession, *, now: datetime
) -> TrainingSession:
    """From now on the class counts. Twice is once; refuses a class not held, unmarked, or with disputes."""
    training = locked(db, TrainingSession, training.id or 0)
    if training.attendance_closed_at is not None:
        return training
    if training.status != TrainingStatus.HELD:
        raise NotHeld
    if (number := disputes(db, training)) > 0:
        raise StillDisputed(number=number)
    if db.exec(select(Attendance.id).where(Attendance.training_id == training.id).limit(1)).first() is None:
        raise NobodyMarked
    training.attendance_closed_at, training.attendance_closed_by = now, actor.actor_id
    db.add(training)
    note(db, actor, "attendance.closed", training)
    return training


def reopen_attendance(db: Session, actor: Account, training: TrainingSession) -> TrainingSession:
    """Open a closed attendance again: the class counts no more until it is closed. Twice is once."""
    training = locked(db, TrainingSession, training.id or 0)
    if training.attendance_closed_at is not None:
        training.attendance_closed_at = training.attendance_closed_by = None
        db.add(training)
        note(db, actor, "attendance.reopened", training)
    return training


def decide(
    db: Session,
    actor: Account,
    training: TrainingSession,
    person_id: int,
    half_day: int,
    *,
    present: bool,
    reason: str,
    key: str,
    now: datetime,
) -> bool:
    """Say whether somebody was there, whatever the doors say; False when it was said already.

    In a closed class this is a correction: it needs a reason, and the trail keeps what was there before.
    """
    training = locked(db, TrainingSession, training.id or 0)
    closed = training.attendance_closed_at is not None
    if closed and not reason:
        raise ReasonNeeded
    before = _now(db, training, person_id, half_day)
    number = len(db.exec(_decisions(training)).all()) + 1
    one = Mark(key, half_day, person_id, present, Door.DECISION, DECIDED, number, now, reason)
    if not take_marks(db, actor, training, [one], now=now):
        return False
    action = "attendance.corrected" if closed else "attendance.decided"
    note(
        db, actor, action, training, person=person_id, half_day=half_day, before=before, after=present,
        reason=reason,
    )  # fmt: skip
    return True


def accept_late(
    db: Session,
    actor: Account,
    training: TrainingSession,
    mark_id: int,
    *,
    now: datetime,  # noqa: ARG001 - as all use cases
) -> bool:
    """Let a mark count that came after the class was closed; leaves a trail. Twice is once."""
    training = locked(db, TrainingSession, training.id or 0)
    one = one_of(db, late_marks_of(training), mark_id, AttendanceMark)
    one.held_back, one.dismissed_at = False, None
    db.add(one)
    db.flush()
    settle(db, training, {one.person_id})
    note(
        db, actor, "attendance.late_accepted", training, person=one.person_id, mark=one.id,
        present=one.present,
    )  # fmt: skip
    return True


def dismiss_late(
    db: Session, actor: Account, training: TrainingSession, mark_id: int, *, now: datetime
) -> bool:
    """Leave a late mark uncounted. It stays, so that it can be let in after all."""
    training = locked(db, TrainingSession, training.id or 0)
    one = one_of(db, late_marks_of(training), mark_id, AttendanceMark)
    if one.dismissed_at is None:
        one.dismissed_at = now
        db.add(one)
        note(db, actor, "attendance.late_dismissed", training, person=one.person_id, mark=one.id)
    return True


def late_marks_of(training: TrainingSession):  # type: ignore[no-untyped-def]  # SQLModel's own type is long
    """Marks held back because the class was closed when they came."""
    return select(AttendanceMark).where(
        AttendanceMark.training_id == training.id, col(AttendanceMark.held_back)
    )


def _decisions(training: TrainingSession):  # type: ignore[no-untyped-def]  # the same
    return select(AttendanceMark.id).where(
        AttendanceMark.training_id == training.id, AttendanceMark.door == Door.DECISION
    )


def _now(db: Session, training: TrainingSession, person_id: int, half_day: int) -> bool | None:
    """What is counted for a person and half-day; None when nothing was marked."""
    row = (
        select(Attendance.present)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .where(Attendance.training_id == training.id, Attendance.person_id == person_id)
        .where(HalfDay.number == half_day)
    )
    return db.exec(row).first()
