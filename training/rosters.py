"""Who is on the list of a class, and who of them came: for the roster, the sheet and the cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.communes import Communes, read_communes
from catalog.models import Household, Person, Poverty, PovertyStatus
from marketplace.accounts.models import Account
from training.models import (
    Attendance,
    AttendanceMark,
    Enrolment,
    EnrolmentStatus,
    HalfDay,
    Seat,
    TrainingSession,
    WalkIn,
)


@dataclass(frozen=True)
class Came:
    """What all marks together say about one half-day."""

    present: bool
    disputed: bool


@dataclass
class Line:
    """One person of the list."""

    person: Person
    household: Household
    commune: str
    waiting: bool = False  #: has no seat yet
    invited: bool = False  #: and has not answered
    walk_in: WalkIn | None = None  #: came without being on the list
    poverty: Poverty | None = None  #: of the year of the class; None: unknown
    came: Mapping[int, Came] = field(default_factory=dict)  #: by number of the half-day

    @property
    def expected(self) -> bool:
        """Has a seat, or came without one."""
        return not (self.waiting or self.invited) or any(one.present for one in self.came.values())

    @property
    def disputed(self) -> bool:
        return any(one.disputed for one in self.came.values())


def roster_of(db: Session, training: TrainingSession) -> list[Line]:
    """Everybody who may be marked, in the order of the printed sheet: as they came onto the list.

    Who gave the seat back is left out unless marked present. A linked walk-in stands as whom it was linked
    to, once, in its own row, so that the rows of a printed sheet keep their numbers. Six statements.
    """
    communes = read_communes(db)
    came = _came(db, training)
    walk_ins = {one.person_id: one for one in db.exec(_walk_ins(training))}
    linked = _linked(db, walk_ins)
    lines: dict[int, Line] = {}
    for seat, status, person, household in db.execute(_seated(training)):
        walk_in = walk_ins.get(person.id)
        whom, home = linked.get(person.id, (person, household))
        there = any(one.present for one in came.get(whom.id or 0, {}).values())
        if seat.given_back_at is not None and not there:
            continue
        line = lines.setdefault(whom.id or 0, _line(whom, home, communes))
        line.walk_in = walk_in or line.walk_in
        line.waiting = status == EnrolmentStatus.WAITING
        line.invited = status == EnrolmentStatus.INVITED
    poverty = _poverty(db, training, [line.household.id or 0 for line in lines.values()])
    for line in lines.values():
        line.came = came.get(line.person.id or 0, {})
        line.poverty = poverty.get(line.household.id or 0)
    return list(lines.values())


def half_days_by_number(db: Session, training: TrainingSession) -> dict[int, HalfDay]:
    rows = select(HalfDay).where(HalfDay.training_id == training.id).order_by(col(HalfDay.number))
    return {one.number: one for one in db.exec(rows)}


def words_about(
    db: Session, training: TrainingSession, person_id: int
) -> list[tuple[AttendanceMark, int, str]]:
    """Every mark about a person with its half-day and who made it, latest first: the trail.

    Those of walk-ins linked to the person are among them.
    """
    linked = select(WalkIn.person_id).where(WalkIn.linked_person_id == person_id)
    rows = db.execute(
        sa.select(AttendanceMark, col(HalfDay.number), col(Account.name))
        .outerjoin(Account, col(Account.id) == AttendanceMark.actor_id)
        .join(HalfDay, col(HalfDay.id) == AttendanceMark.half_day_id)
        .where(
            col(AttendanceMark.training_id) == training.id,
            sa.or_(col(AttendanceMark.person_id) == person_id, col(AttendanceMark.person_id).in_(linked)),
        )
        .order_by(col(AttendanceMark.id).desc())
    )
    return [(one, number, name or "") for one, number, name in rows]


def late_marks(db: Session, training: TrainingSession) -> list[tuple[AttendanceMark, int, Person]]:
    """Marks that came after the class was closed, with half-day and person; those not looked at first."""
    rows = db.execute(
        sa.select(AttendanceMark, col(HalfDay.number), Person)
        .join(HalfDay, col(HalfDay.id) == AttendanceMark.half_day_id)
        .join(Person, col(Person.id) == AttendanceMark.person_id)
        .where(col(AttendanceMark.training_id) == training.id, col(AttendanceMark.held_back))
        .order_by(col(AttendanceMark.dismissed_at).is_not(None), col(AttendanceMark.id))
    )
    return [(one, number, person) for one, number, person in rows]


def _line(person: Person, household: Household, communes: Communes) -> Line:
    place = communes.by_id.get(household.commune_id)
    return Line(person, household, place.name if place else "")


def _seated(training: TrainingSession) -> sa.Select[Seat, EnrolmentStatus, Person, Household]:
    return (
        sa.select(Seat, col(Enrolment.status), Person, Household)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .join(Person, col(Person.id) == Seat.person_id)
        .join(Household, col(Household.id) == Person.household_id)
        .where(col(Seat.training_id) == training.id)
        .order_by(col(Seat.id))
    )


def _walk_ins(training: TrainingSession) -> SelectOfScalar[WalkIn]:
    seats = select(Seat.person_id).where(Seat.training_id == training.id)
    return select(WalkIn).where(col(WalkIn.person_id).in_(seats))


def _linked(db: Session, walk_ins: Mapping[int, WalkIn]) -> dict[int | None, tuple[Person, Household]]:
    """Whom walk-ins were linked to, by the person each was written down as."""
    wanted = [one.linked_person_id for one in walk_ins.values() if one.linked_person_id]
    rows = db.execute(
        sa.select(Person, Household)
        .join(Household, col(Household.id) == Person.household_id)
        .where(col(Person.id).in_(wanted))
    )
    people = {person.id: (person, household) for person, household in rows}
    return {
        draft: people[one.linked_person_id]
        for draft, one in walk_ins.items()
        if one.linked_person_id in people
    }


def _came(db: Session, training: TrainingSession) -> dict[int, dict[int, Came]]:
    rows = db.exec(
        select(Attendance, HalfDay.number)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .where(Attendance.training_id == training.id)
    )
    found: dict[int, dict[int, Came]] = {}
    for one, number in rows:
        found.setdefault(one.person_id, {})[number] = Came(one.present, one.disputed)
    return found


def _poverty(db: Session, training: TrainingSession, households: Sequence[int]) -> dict[int, Poverty]:
    rows = select(PovertyStatus).where(
        col(PovertyStatus.household_id).in_(households), PovertyStatus.year == training.starts_on.year
    )
    return {one.household_id: Poverty(one.status) for one in db.exec(rows)}
