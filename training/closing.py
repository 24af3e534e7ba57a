"""Close the attendance of a class, decide where doors disagree, and correct it later with a trail (R-92)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.attendance import DECIDED, Mark, disputes, settle, take_marks
from training.models import Attendance, AttendanceMark, Door, HalfDay, TrainingSession, TrainingStatus
from training.one_place import check_at_one_place


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
    """From now on the class counts. Twice is once.

    Refuses a class not held, unmarked, with disputes, or with somebody present elsewhere at that time (R-94).
    """
    training = locked(db, TrainingSession, training.id or 0)
    if training.attendance_closed_at is not None:
        return training
    if training.status != TrainingStatus.HELD:
        raise NotHeld
    if (number := disputes(db, training)) > 0:
        raise StillDisputed(number=number)
    if db.exec(select(Attendance.id).where(Attendance.training_id == training.id).limit(1)).first() is None:
        raise NobodyMarked
    check_at_one_place(db, training)
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
    now: datetime,
) -> bool:
    """Say whether somebody was there, whatever the doors say; False when it was said last, and so.

    In a closed class this is a correction: it needs a reason, and the trail keeps what was there before.
    """
    training = locked(db, TrainingSession, training.id or 0)
    closed = training.attendance_closed_at is not None
    if closed and not reason:
        raise ReasonNeeded
    before = _now(db, training, person_id, half_day)
    decisions = db.execute(_decisions(training)).all()
    of = [one for one, number in decisions if one.person_id == person_id and number == half_day]
    if of and (of[-1].present, of[-1].reason) == (present, reason):
        return False
    number = (decisions[-1][0].number if decisions else 0) + 1  # an import that is undone leaves a gap
    key = f"{training.id}:{Door.DECISION}:{number}"
    one = Mark(key, half_day, person_id, present, Door.DECISION, DECIDED, number, now, reason)
    take_marks(db, actor, training, [one], now=now)
    if closed and present:
        check_at_one_place(db, training)
    action = "attendance.corrected" if closed else "attendance.decided"
    note(
        db, actor, action, training, person=person_id, half_day=half_day, before=before, after=present,
        reason=reason,
    )  # fmt: skip
    return True


def accept_late(db: Session, actor: Account, training: TrainingSession, mark_id: int) -> bool:
    """Let a mark count that came after the class was closed; leaves a trail. False when it counts already."""
    training = locked(db, TrainingSession, training.id or 0)
    one = one_of(db, _marks_of(training), mark_id, AttendanceMark)
    if not one.held_back:
        return False
    one.held_back, one.dismissed_at = False, None
    db.add(one)
    db.flush()
    settle(db, training, {one.person_id})
    if training.attendance_closed_at is not None:
        check_at_one_place(db, training)
    note(
        db, actor, "attendance.late_accepted", training, person=one.person_id, mark=one.id,
        present=one.present,
    )  # fmt: skip
    return True


def dismiss_late(
    db: Session, actor: Account, training: TrainingSession, mark_id: int, *, now: datetime
) -> bool:
    """Leave a late mark uncounted; it can be let in after all. False when nothing changed."""
    training = locked(db, TrainingSession, training.id or 0)
    one = one_of(db, _marks_of(training), mark_id, AttendanceMark)
    if not one.held_back or one.dismissed_at is not None:
        return False
    one.dismissed_at = now
    db.add(one)
    note(db, actor, "attendance.late_dismissed", training, person=one.person_id, mark=one.id)
    return True


def _marks_of(training: TrainingSession) -> SelectOfScalar[AttendanceMark]:
    return select(AttendanceMark).where(AttendanceMark.training_id == training.id)


def _decisions(training: TrainingSession) -> sa.Select[AttendanceMark, int]:
    """Every decision of a class with the number of its half-day, in the order they were taken."""
    return (
        sa.select(AttendanceMark, col(HalfDay.number))
        .join(HalfDay, col(HalfDay.id) == AttendanceMark.half_day_id)
        .where(col(AttendanceMark.training_id) == training.id, col(AttendanceMark.door) == Door.DECISION)
        .order_by(col(AttendanceMark.number))
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
