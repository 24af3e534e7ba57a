"""Seats of a class: how many are taken, who sits elsewhere at that time, and the locks that keep it exact.

Classes are locked in order of their ids, then the people on their lists in order of theirs: two classes
cannot take one person at the same moment, and nobody waits in a circle.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from catalog.models import Household, Person
from marketplace.core.audit import Actor
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from training.models import (
    HOLDING,
    OPEN,
    DayPart,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    HalfDay,
    QueueEvent,
    QueueNote,
    Seat,
    TrainingSession,
    TrainingStatus,
)


class ClassIsOver(Refused):
    sentence = N_("Lớp %(training)s đã tổ chức, danh sách đăng ký không đổi được nữa.")


class ClassIsCancelled(Refused):
    sentence = N_("Lớp %(training)s đã hủy, không ghi tên được nữa. Hãy chọn lớp khác.")


@dataclass(frozen=True)
class Elsewhere:
    """Where somebody sits at a time this class sits too."""

    person_id: int
    training: str  #: code of the other class
    day: date
    part: DayPart


def seats_of(training: TrainingSession) -> int:
    """How many seats a class gives out."""
    return training.capacity + training.overbooked


def seats_taken(db: Session, training: TrainingSession) -> int:
    """Seats that are held: registered or offered. Who walks in stands in the room and counts beside them."""
    taken = (
        select(sa.func.count())
        .select_from(Seat)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(
            Seat.training_id == training.id,
            col(Seat.given_back_at).is_(None),
            col(Enrolment.status).in_(HOLDING),
            Enrolment.source != EnrolmentSource.WALK_IN,
        )
    )
    return db.exec(taken).one()


def seats_free(db: Session, training: TrainingSession) -> int:
    """Seats nobody holds; 0 when more are held than there are."""
    return max(0, seats_of(training) - seats_taken(db, training))


def lock_classes(
    db: Session, training_ids: Collection[int], people: Collection[int] = ()
) -> list[TrainingSession]:
    """Keep others from these classes, from the people on their lists and from `people`, until the end.

    Returns the classes by id, read anew.
    """
    classes = [locked(db, TrainingSession, key) for key in sorted(set(training_ids))]
    listed = (
        select(Seat.person_id)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(
            col(Seat.training_id).in_(training_ids),
            col(Seat.given_back_at).is_(None),
            col(Enrolment.status).in_(OPEN),
        )
    )
    # NO KEY UPDATE: marks of attendance, which only refer to people, need not wait for us.
    everybody = col(Person.id).in_(people) | col(Person.id).in_(listed)
    rows = select(Person.id).where(everybody).order_by(col(Person.id))
    db.exec(rows.with_for_update(key_share=True, of=Person)).all()
    return classes


def keep_household(db: Session, household_id: int) -> None:
    """Wait for whoever changes a household, before its people are locked; an entry made later refers to it.

    Who changes one locks it first and its people after: the other way round both would wait for ever.
    """
    rows = select(Household.id).where(Household.id == household_id)
    db.exec(rows.with_for_update(read=True, key_share=True)).all()


def check_open(training: TrainingSession) -> None:
    """Entries change while a class is planned; refuses one that was held or cancelled."""
    if training.status == TrainingStatus.CANCELLED:
        raise ClassIsCancelled(training=training.code)
    if training.status == TrainingStatus.HELD:
        raise ClassIsOver(training=training.code)


def elsewhere(
    db: Session,
    training: TrainingSession,
    people: Collection[int],
    *,
    now: datetime,
    leaving: int | None = None,
) -> dict[int, Elsewhere]:
    """Which of these people sit in another class on a half-day of this one (R-94), by person id.

    A place in another waiting list keeps nobody, nor does an offer that ran out; `leaving` is the id of a
    class they give up.
    """
    here, there = aliased(HalfDay), aliased(HalfDay)
    kept = (col(Enrolment.status) == EnrolmentStatus.OFFERED) & (col(Enrolment.hold_until) > now)
    rows = (
        sa.select(col(Seat.person_id), col(TrainingSession.code), col(there.day), col(there.part))
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .join(TrainingSession, col(TrainingSession.id) == Seat.training_id)
        .join(there, col(there.training_id) == TrainingSession.id)
        .join(here, (col(here.day) == col(there.day)) & (col(here.part) == col(there.part)))
        .where(
            col(here.training_id) == training.id,
            col(Seat.person_id).in_(people),
            col(Seat.given_back_at).is_(None),
            col(Seat.training_id).not_in([training.id, leaving or 0]),
            sa.or_(col(Enrolment.status) == EnrolmentStatus.REGISTERED, kept),
            col(TrainingSession.status) != TrainingStatus.CANCELLED,
        )
        .order_by(col(there.day).desc(), col(there.number).desc())
    )
    return {person: Elsewhere(person, code, day, part) for person, code, day, part in db.execute(rows)}


def people_of_entries(db: Session, entries: Sequence[Enrolment]) -> dict[int, list[int]]:
    """Who has a seat in each of these entries that was not given back: person ids by entry id."""
    people: dict[int, list[int]] = {entry.id or 0: [] for entry in entries}
    if not people:
        return people
    seats = select(Seat.enrolment_id, Seat.person_id).where(
        col(Seat.enrolment_id).in_(people), col(Seat.given_back_at).is_(None)
    )
    for enrolment_id, person_id in db.exec(seats.order_by(col(Seat.id))):
        people[enrolment_id].append(person_id)
    return people


def next_place(db: Session, training: TrainingSession) -> int:
    """The end of the list of a locked class."""
    last = select(sa.func.max(Enrolment.place)).where(Enrolment.training_id == training.id)
    return (db.exec(last).one() or 0) + 1


def give_seats(db: Session, entry: Enrolment, people: Collection[int]) -> None:
    """These people belong to the entry from now on."""
    for person_id in sorted(people):
        db.add(Seat(enrolment_id=entry.id or 0, training_id=entry.training_id, person_id=person_id))


def take_seats_back(db: Session, entry: Enrolment, people: Collection[int], *, now: datetime) -> None:
    """These people of the entry no longer come."""
    db.execute(
        sa.update(Seat)
        .where(
            col(Seat.enrolment_id) == entry.id,
            col(Seat.person_id).in_(people),
            col(Seat.given_back_at).is_(None),
        )
        .values(given_back_at=now)
    )


def close_entry(db: Session, entry: Enrolment, status: EnrolmentStatus, *, now: datetime) -> None:
    """The entry is over and all its seats are given back."""
    take_seats_back(db, entry, people_of_entries(db, [entry])[entry.id or 0], now=now)
    entry.status, entry.hold_until = status, None
    db.add(entry)
    db.flush()


def log_step(
    db: Session,
    actor: Actor,
    entry: Enrolment,
    event: QueueEvent,
    *,
    now: datetime,
    sentence: str = "",
    **facts: object,
) -> None:
    """One line of the log of the class: what became of an entry, and why."""
    db.add(
        QueueNote(
            training_id=entry.training_id,
            enrolment_id=entry.id or 0,
            at=now,
            actor_id=actor.actor_id,
            event=event,
            sentence=sentence,
            facts=facts,
        )
    )
