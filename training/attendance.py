"""Who came. Marks come in through three doors in any order, twice, late; together they are one set (R-93).

Every mark is kept. Of one device and door the last one by the device's own counting is its word on a person
and half-day; clocks are never asked. A decision outranks all. Without one, somebody whom any door saw was
there, and where the doors disagree a person decides before the attendance is closed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from marketplace.accounts.models import Account
from marketplace.core.audit import note
from marketplace.core.db import insert_new_many, locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, local_day
from training.models import (
    Attendance,
    AttendanceMark,
    Door,
    HalfDay,
    Seat,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)

#: Told to whoever saves a page that was opened before the attendance was closed.
HELD_BACK = N_(
    "Lớp đã chốt điểm danh nên chỗ ghi khác đi được giữ riêng, chưa tính. Hãy xem lại ở trang chốt điểm danh."
)
DECIDED = "decision"  #: the device of every decision: the last one taken counts


class ClassCancelled(Refused):
    sentence = N_("Lớp %(training)s đã hủy nên không điểm danh được.")


class ClassNotYet(Refused):
    sentence = N_("Lớp %(training)s mở ngày %(day)s, chưa điểm danh được.")


class HalfDayNotYet(Refused):
    sentence = N_("Buổi %(number)s mở ngày %(day)s, chưa điểm danh được.")
    status = 422
    field = "half_day"


class NoSuchHalfDay(Refused):
    sentence = N_("Lớp không có buổi %(number)s. Hãy tải lại trang điểm danh.")
    status = 422
    field = "half_day"


class NotInClass(Refused):
    sentence = N_("Người này không có tên trong lớp. Hãy ghi là người đến thêm.")
    status = 422
    field = "person"


@dataclass(frozen=True)
class Mark:
    """One mark as a door makes it. `number` is the device's own rising count, `marked_at` by its clock."""

    key: str
    half_day: int  #: its number within the class
    person_id: int
    present: bool
    door: Door
    device: str
    number: int
    marked_at: datetime
    reason: str = ""


# --- taking marks
# ------------------------------------------------------------------------------------------------------------


def mark(db: Session, actor: Account, training: TrainingSession, one: Mark, *, now: datetime) -> bool:
    """Take one mark; False when it was here already. The first mark says that the class takes place.

    Refuses a cancelled class, a day that is still to come, a half-day that does not exist, and a person who
    is not in the class. After the attendance was closed a mark is kept, but counts for nothing
    until somebody lets it.
    """
    return bool(take_marks(db, actor, training, [one], now=now))


def take_marks(
    db: Session, actor: Account, training: TrainingSession, marks: Collection[Mark], *, now: datetime
) -> int:
    """Take marks of one class; how many were new. One that is refused refuses them all."""
    training = _begun(db, actor, locked(db, TrainingSession, training.id or 0), now)
    half_days = {one.number: one for one in _half_days(db, training)}
    people = people_in(db, training)
    held_back = training.attendance_closed_at is not None
    rows: list[dict[str, object]] = []
    for one in marks:
        if one.half_day not in half_days:
            raise NoSuchHalfDay(number=one.half_day)
        if half_days[one.half_day].day > local_day(now):
            raise HalfDayNotYet(number=one.half_day, day=date_vi(half_days[one.half_day].day))
        if one.person_id not in people:
            raise NotInClass
        values: dict[str, object] = {
            "key": one.key,
            "training_id": training.id,
            "half_day_id": half_days[one.half_day].id,
            "person_id": one.person_id,
            "present": one.present,
            "door": one.door,
            "device": one.device,
            "number": one.number,
            "marked_at": one.marked_at,
            "received_at": now,
            "actor_id": actor.actor_id,
            "reason": one.reason,
            "held_back": held_back and one.door != Door.DECISION,
        }
        rows.append(values)
    taken = insert_new_many(db, AttendanceMark, "key", rows)
    new = {one.person_id for one in marks if one.key in taken}
    if new:
        settle(db, training, new)
        note(db, actor, "attendance.marked", training, people=len(new), late=held_back)
    return len(new)


def _begun(db: Session, actor: Account, training: TrainingSession, now: datetime) -> TrainingSession:
    if training.status == TrainingStatus.CANCELLED:
        raise ClassCancelled(training=training.code)
    if local_day(now) < training.starts_on:
        raise ClassNotYet(training=training.code, day=date_vi(training.starts_on))
    if training.status == TrainingStatus.PLANNED:
        training.status = TrainingStatus.HELD
        db.add(training)
        note(db, actor, "training.held", training)
    return training


def save_roster(
    db: Session,
    actor: Account,
    training: TrainingSession,
    said: Mapping[tuple[int, int], bool],
    *,
    door: Door,
    device: str,
    now: datetime,
) -> int:
    """Take a filled list: who is present by (person, half-day number). Only what differs from this door's
    last word is new, so that saving the same list again changes nothing; how many marks were taken.
    """
    locked(db, TrainingSession, training.id or 0)
    last = last_words(db, training, door, device)
    start = _last_number(db, training, door, device)
    changed = [pair for pair, present in said.items() if last.get(pair) != present]
    place = f"{training.id}:{door}:{device}"
    marks = [
        Mark(f"{place}:{number}", half_day, person, said[person, half_day], door, device, number, now)
        for number, (person, half_day) in enumerate(changed, start + 1)
    ]
    return take_marks(db, actor, training, marks, now=now) if marks else 0


def last_words(
    db: Session, training: TrainingSession, door: Door, device: str
) -> dict[tuple[int, int], bool]:
    """What one door of one device said last, by (person, half-day number).

    What is held back from an earlier closing is no word in a class that was opened again.
    """
    words = (
        select(AttendanceMark, HalfDay.number)
        .join(HalfDay, col(HalfDay.id) == AttendanceMark.half_day_id)
        .where(AttendanceMark.training_id == training.id)
        .where(AttendanceMark.door == door, AttendanceMark.device == device)
    )
    if training.attendance_closed_at is None:
        words = words.where(col(AttendanceMark.held_back).is_(False))
    rows = db.exec(words.order_by(col(AttendanceMark.number), col(AttendanceMark.key)))
    return {(one.person_id, number): one.present for one, number in rows}


def _last_number(db: Session, training: TrainingSession, door: Door, device: str) -> int:
    numbers = select(func.max(AttendanceMark.number)).where(
        AttendanceMark.training_id == training.id,
        AttendanceMark.door == door,
        AttendanceMark.device == device,
    )
    return db.exec(numbers).one() or 0


def people_in(db: Session, training: TrainingSession) -> set[int]:
    """Everybody who is or was entered in the class, walk-ins included, and whom walk-ins were linked to."""
    seats = select(Seat.person_id).where(Seat.training_id == training.id)
    return set(db.exec(seats)) | set(_links(db, training).values())


def _half_days(db: Session, training: TrainingSession) -> list[HalfDay]:
    rows = select(HalfDay).where(HalfDay.training_id == training.id).order_by(col(HalfDay.number))
    return list(db.exec(rows))


# --- what all marks together say
# ------------------------------------------------------------------------------------------------------------


def verdict(marks: Iterable[AttendanceMark]) -> tuple[bool, bool]:
    """Whether one person was there on one half-day, and whether the doors disagree about it.

    Depends on the marks alone, never on the order they came in or on anybody's clock.
    """
    last: dict[tuple[Door, str], AttendanceMark] = {}
    for one in marks:
        place = (Door(one.door), one.device)
        if place not in last or (one.number, one.key) > (last[place].number, last[place].key):
            last[place] = one
    decision = last.get((Door.DECISION, DECIDED))
    if decision is not None:
        return decision.present, False
    words = {one.present for one in last.values()}
    return True in words, len(words) > 1


def settle(db: Session, training: TrainingSession, people: Collection[int] | None = None) -> None:
    """Rewrite `Attendance` of a locked class from its marks, for these people or for all.

    A linked walk-in counts for whom it was linked to: there if either was marked present, unless somebody
    decided about the person the link leads to. Marks of who is not in the class, the link having been taken
    back, count for nobody.
    """
    links = _links(db, training)
    touched = _touched(people, links)
    wanted = _counted(db, training, links, touched)
    rows = select(Attendance).where(Attendance.training_id == training.id)
    if touched is not None:
        rows = rows.where(col(Attendance.person_id).in_(touched))
    there = {(one.person_id, one.half_day_id): one for one in db.exec(rows)}
    for place, row in there.items():
        if place not in wanted:
            db.delete(row)
    for (person_id, half_day_id), (present, disputed) in wanted.items():
        row = there.get((person_id, half_day_id)) or Attendance(
            training_id=training.id or 0, half_day_id=half_day_id, person_id=person_id, present=present
        )
        row.present, row.disputed = present, disputed
        db.add(row)
    db.flush()


def unsettled(db: Session, training: TrainingSession) -> set[int]:
    """Ids of people whose attendance is not what the marks say: none, as long as only marks are written."""
    wanted = _counted(db, training, _links(db, training), None)
    rows = db.exec(select(Attendance).where(Attendance.training_id == training.id))
    there = {(one.person_id, one.half_day_id): (one.present, one.disputed) for one in rows}
    return {place[0] for place in wanted.keys() | there.keys() if wanted.get(place) != there.get(place)}


def _links(db: Session, training: TrainingSession) -> dict[int, int]:
    """Whom the linked walk-ins of a class count for, by the id of their draft.

    A stranger of a class list is one draft in every class of the list, and is linked in all of them at once.
    """
    seats = select(Seat.person_id).where(Seat.training_id == training.id)
    rows = select(WalkIn.person_id, WalkIn.linked_person_id).where(col(WalkIn.person_id).in_(seats))
    return {draft: person for draft, person in db.exec(rows) if person is not None}


def _touched(people: Collection[int] | None, links: Mapping[int, int]) -> set[int] | None:
    """Whose rows may change with marks of these people: theirs, and of whom they are linked to."""
    if people is None:
        return None
    whole = set(people) | {links[one] for one in people if one in links}
    return whole | {draft for draft, person in links.items() if person in whole}


def _counted(
    db: Session, training: TrainingSession, links: Mapping[int, int], people: set[int] | None
) -> dict[tuple[int, int], tuple[bool, bool]]:
    """Present and disputed, by (whom it counts for, half-day)."""
    marks = select(AttendanceMark).where(
        AttendanceMark.training_id == training.id, col(AttendanceMark.held_back).is_(False)
    )
    if people is not None:
        marks = marks.where(col(AttendanceMark.person_id).in_(people))
    of: dict[tuple[int, int], list[AttendanceMark]] = defaultdict(list)
    inside = people_in(db, training)
    for one in db.exec(marks):
        if one.person_id in inside:
            of[one.person_id, one.half_day_id].append(one)
    counted: dict[tuple[int, int], tuple[bool, bool]] = {}
    decided: dict[tuple[int, int], tuple[bool, bool]] = {}
    for (person_id, half_day_id), some in of.items():
        place = (links.get(person_id, person_id), half_day_id)
        present, disputed = verdict(some)
        before = counted.get(place, (False, False))
        counted[place] = (before[0] or present, before[1] or disputed)
        if person_id not in links and any(one.door == Door.DECISION for one in some):
            decided[place] = (present, disputed)
    return counted | decided


def disputes(db: Session, training: TrainingSession) -> int:
    """How many half-days of people the doors disagree about."""
    rows = select(func.count()).where(Attendance.training_id == training.id, col(Attendance.disputed))
    return db.exec(rows).one()
