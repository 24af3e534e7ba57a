"""Plan a class, change it, hold it, cancel it. Who is enrolled is decided in `enrolment` and `waiting`."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.models import Person
from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.config import TrainingSettings
from marketplace.core.db import insert_new
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, local_day
from training.courses import CourseRetired, one_course
from training.forms import ClassIn, TrainingChangeIn, TrainingIn
from training.models import (
    HOLDING,
    AttendanceMark,
    DayPart,
    Enrolment,
    HalfDay,
    Seat,
    TrainingSession,
    TrainingStatus,
)
from training.planning import Slot, following, place_of, slots_in_order
from training.scopes import trainings_seen_by
from training.seats import elsewhere, lock_classes, seats_taken
from training.waiting import fill_free_seats, open_desks


class MoreThanHeld(Refused):
    sentence = N_("Lớp chỉ có %(half_days)s buổi nên không thể cần dự %(needed)s buổi.")
    status = 422
    field = "needed_half_days"


class TooFewSeats(Refused):
    sentence = N_("Đã có %(taken)s người giữ chỗ, số chỗ không thể ít hơn.")
    status = 422
    field = "capacity"


class AlreadyMarked(Refused):
    sentence = N_("Lớp đã điểm danh nên không đổi ngày và buổi được nữa.")
    field = "days"


class WouldSitTwice(Refused):
    sentence = N_("%(person)s đã có chỗ ở lớp %(training)s cùng buổi ngày %(day)s. Hãy chọn buổi khác.")
    field = "days"


class NotYet(Refused):
    sentence = N_("Lớp mở ngày %(day)s, chưa ghi là đã tổ chức được.")


class AlreadyHeld(Refused):
    sentence = N_("Lớp đã tổ chức, không hủy được nữa.")


class IsCancelled(Refused):
    sentence = N_("Lớp đã hủy. Hãy mở lại lớp trước khi sửa.")


def one_training(db: Session, actor: Account, training_id: int) -> TrainingSession:
    """A class in sight, or NotFound."""
    return one_of(db, trainings_seen_by(actor), training_id, TrainingSession)


def plan_training(db: Session, actor: Account, data: TrainingIn, *, now: datetime) -> TrainingSession:
    """Plan a class. The same `client_key` a second time returns the first.

    Refuses a retired course, a commune that is unknown, means several, or is not the worker's, and more
    half-days needed than there are.
    """
    slots = following(data.first_day, data.first_part, data.half_days)
    values = _columns(db, actor, data, slots)
    _check_course(db, data.course_id)
    key = secrets.token_hex(8)  # stands for the code until the id is known
    training_id = insert_new(
        db,
        TrainingSession,
        ["client_key"],
        code=key,
        created_at=now,
        created_by=actor.actor_id,
        client_key=data.client_key,
        **values,
    )
    if training_id is None:
        mine = trainings_seen_by(actor).where(TrainingSession.client_key == data.client_key)
        return db.exec(mine).one()
    training = db.get_one(TrainingSession, training_id)
    training.code = f"LH-{training_id:04d}"
    db.add(training)
    _write_half_days(db, training, slots)
    note(db, actor, "training.planned", training, capacity=training.capacity)
    return training


def change_training(
    db: Session,
    actor: Account,
    training: TrainingSession,
    data: TrainingChangeIn,
    rules: TrainingSettings,
    *,
    now: datetime,
) -> TrainingSession:
    """Change a class. More seats promote who waits; other times must suit everybody who has a seat (R-94).

    A class that was held by mistake, nobody being marked, is planned again when it moves to a day to come.
    """
    (training,) = open_desks(db, [training.id or 0], rules, now=now)
    if training.status == TrainingStatus.CANCELLED:
        raise IsCancelled
    slots = slots_in_order(data)
    values = _columns(db, actor, data, slots, before=training)
    if data.course_id != training.course_id:
        _check_course(db, data.course_id)
    taken = seats_taken(db, training)
    if data.capacity < training.capacity and data.capacity + training.overbooked < taken:
        raise TooFewSeats(taken=taken)
    before = {name: getattr(training, name) for name in values}
    changed = sorted(name for name, value in values.items() if before[name] != value)
    for name in changed:
        setattr(training, name, values[name])
    db.add(training)
    if slots != slots_of(db, training):
        _move(db, training, slots, now=now)
        changed.append("half_days")
        if training.status == TrainingStatus.HELD and local_day(now) < training.starts_on:
            training.status = TrainingStatus.PLANNED
            changed.append("status")
    if changed:
        note(db, actor, "training.changed", training, fields=changed)
        fill_free_seats(db, actor, training, rules, now=now)
    return training


def hold_training(
    db: Session, actor: Account, training: TrainingSession, *, now: datetime
) -> TrainingSession:
    """The class takes place: from its first day on. Twice is once."""
    (training,) = lock_classes(db, [training.id or 0])
    if training.status == TrainingStatus.CANCELLED:
        raise IsCancelled
    if local_day(now) < training.starts_on:
        raise NotYet(day=date_vi(training.starts_on))
    if training.status == TrainingStatus.PLANNED:
        training.status = TrainingStatus.HELD
        db.add(training)
        note(db, actor, "training.held", training)
    return training


def cancel_training(db: Session, actor: Account, training: TrainingSession, reason: str) -> TrainingSession:
    """Cancel a class that was not held. Entries stay, so that people can be told and moved."""
    (training,) = lock_classes(db, [training.id or 0])
    if training.status == TrainingStatus.HELD:
        raise AlreadyHeld
    if training.status != TrainingStatus.CANCELLED:
        training.status, training.cancelled_reason = TrainingStatus.CANCELLED, reason
        db.add(training)
        note(db, actor, "training.cancelled", training, reason=reason)
    return training


def reopen_training(
    db: Session, actor: Account, training: TrainingSession, rules: TrainingSettings, *, now: datetime
) -> TrainingSession:
    """Undo a cancellation; refused when somebody has taken a seat elsewhere at that time meanwhile (R-94)."""
    (training,) = open_desks(db, [training.id or 0], rules, now=now)
    if training.status == TrainingStatus.CANCELLED:
        training.status, training.cancelled_reason = TrainingStatus.PLANNED, ""
        db.add(training)
        db.flush()
        _check_times(db, training, now=now)
        note(db, actor, "training.reopened", training)
        fill_free_seats(db, actor, training, rules, now=now)
    return training


def half_days_of(db: Session, training: TrainingSession) -> list[HalfDay]:
    """The half-days of a class in order of time."""
    rows = select(HalfDay).where(HalfDay.training_id == training.id).order_by(col(HalfDay.number))
    return list(db.exec(rows))


def slots_of(db: Session, training: TrainingSession) -> list[Slot]:
    return [(one.day, DayPart(one.part)) for one in half_days_of(db, training)]


def _columns(
    db: Session,
    actor: Account,
    data: ClassIn,
    slots: Sequence[Slot],
    *,
    before: TrainingSession | None = None,
) -> dict[str, object]:
    """The columns of a class from what was typed; a commune that stays is not judged again."""
    if data.needed_half_days > len(slots):
        raise MoreThanHeld(half_days=len(slots), needed=data.needed_half_days)
    kept = before is not None and not data.commune and data.commune_id == before.commune_id
    commune_id = data.commune_id if kept else place_of(db, actor, data, on=slots[0][0]).id
    apart = {"commune", "commune_id", "first_day", "first_part", "half_days", "client_key", "days", "parts"}
    return {
        **data.model_dump(exclude=apart),
        "commune_id": commune_id,
        "starts_on": slots[0][0],
        "ends_on": slots[-1][0],
    }


def _check_course(db: Session, course_id: int) -> None:
    if not one_course(db, course_id).active:
        raise CourseRetired


def _move(db: Session, training: TrainingSession, slots: Sequence[Slot], *, now: datetime) -> None:
    marked = select(AttendanceMark.id).where(AttendanceMark.training_id == training.id).limit(1)
    if db.exec(marked).first() is not None:
        raise AlreadyMarked
    db.execute(sa.delete(HalfDay).where(col(HalfDay.training_id) == training.id))
    _write_half_days(db, training, slots)
    _check_times(db, training, now=now)


def _write_half_days(db: Session, training: TrainingSession, slots: Sequence[Slot]) -> None:
    for number, (day, part) in enumerate(slots, start=1):
        db.add(HalfDay(training_id=training.id or 0, number=number, day=day, part=part))
    db.flush()


def _check_times(db: Session, training: TrainingSession, *, now: datetime) -> None:
    """Nobody who has a seat here sits elsewhere at that time."""
    names = _seated(db, training)
    for found in elsewhere(db, training, names, now=now).values():
        raise WouldSitTwice(person=names[found.person_id], training=found.training, day=date_vi(found.day))


def _seated(db: Session, training: TrainingSession) -> dict[int, str]:
    """Names of who has a seat, by person id."""
    rows = (
        select(Person)
        .join(Seat, col(Seat.person_id) == Person.id)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(Seat.training_id == training.id, col(Seat.given_back_at).is_(None))
        .where(col(Enrolment.status).in_(HOLDING))
    )
    return {person.id or 0: person.name for person in db.exec(rows)}
