"""Four figures that must never be mixed up: classes held, persons, households, attendances (R-91).

Only classes that were held and whose attendance is closed count (R-92), in the period in which they ended.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from catalog.communes import Communes, Place
from catalog.models import Person
from marketplace.accounts.models import Account
from training.models import Attendance, Course, TrainingSession, TrainingStatus
from training.scopes import training_in_scope


@dataclass(frozen=True)
class Asked:
    """What is counted: classes that ended from `first` to `last`, both included."""

    first: date
    last: date
    commune_id: int | None = None  #: as it was then, or as it is today
    course_id: int | None = None


@dataclass(frozen=True)
class Figures:
    """Persons and households are distinct; who came to two half-days is one person and two attendances."""

    classes: int = 0
    people: int = 0
    households: int = 0
    attendances: int = 0


@dataclass(frozen=True)
class Tally:
    """All classes together, and course by course. The courses do not add up: a person may take several."""

    all: Figures
    courses: list[tuple[Course, Figures]]


def tally(db: Session, actor: Account, asked: Asked, communes: Communes) -> Tally:
    """Count the classes in sight; two statements."""
    counted = counted_classes(actor, asked, communes)
    whole = db.execute(_figures(counted)).one()
    by_course = (
        _figures(counted)
        .join(Course, col(Course.id) == TrainingSession.course_id)
        .add_columns(Course)
        .group_by(col(Course.id))
        .order_by(col(Course.topic_fold))
    )
    courses = [(row[4], Figures(*row[:4])) for row in db.execute(by_course).all()]
    return Tally(Figures(*whole), courses)


def counted_classes(actor: Account, asked: Asked, communes: Communes) -> sa.ColumnElement[bool]:
    """A condition on `TrainingSession`: in sight, counted, and what was asked for."""
    conditions = [
        training_in_scope(actor),
        col(TrainingSession.status) == TrainingStatus.HELD,
        col(TrainingSession.attendance_closed_at).is_not(None),
        col(TrainingSession.ends_on).between(asked.first, asked.last),
    ]
    if asked.commune_id is not None:
        conditions.append(col(TrainingSession.commune_id).in_(_same_place(communes, asked.commune_id)))
    if asked.course_id is not None:
        conditions.append(col(TrainingSession.course_id) == asked.course_id)
    return sa.and_(*conditions)


def places_with_classes(db: Session, actor: Account, communes: Communes) -> list[Place]:
    """Communes, of then and of today, in which there was or will be a class in sight."""
    held_in = db.exec(select(TrainingSession.commune_id).where(training_in_scope(actor)).distinct())
    units = {unit for then in held_in for unit in (then, communes.current(then)) if unit in communes.by_id}
    return sorted((communes.by_id[unit] for unit in units), key=lambda place: (place.name_fold, place.id))


def _same_place(communes: Communes, unit_id: int) -> set[int]:
    return {then for then in communes.by_id if unit_id in (then, communes.current(then))}


def _figures(counted: sa.ColumnElement[bool]) -> sa.Select[int, int, int, int]:
    return (
        sa.select(
            sa.func.count(sa.distinct(col(TrainingSession.id))),
            sa.func.count(sa.distinct(col(Attendance.person_id))),
            sa.func.count(sa.distinct(col(Person.household_id))),
            sa.func.count(sa.distinct(col(Attendance.id))),
        )
        .select_from(TrainingSession)
        .outerjoin(
            Attendance,
            (col(Attendance.training_id) == TrainingSession.id) & col(Attendance.present),
        )
        .outerjoin(Person, col(Person.id) == Attendance.person_id)
        .where(counted)
    )
