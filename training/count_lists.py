"""The lists behind the figures of training: each figure of `counts` has as many rows here (R-91)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from catalog.communes import Communes
from catalog.models import Household, Person
from catalog.paging import page_of
from catalog.scopes import household_in_scope
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from training.counts import Asked, counted_classes
from training.models import Attendance, Course, HalfDay, TrainingSession


class Listed(StrEnum):
    CLASSES = "lop"
    PEOPLE = "nguoi"
    HOUSEHOLDS = "ho"
    ATTENDANCES = "luot"


LISTED_LABELS = {
    Listed.CLASSES: N_("Lớp đã tổ chức"),
    Listed.PEOPLE: N_("Người dự"),
    Listed.HOUSEHOLDS: N_("Hộ có người dự"),
    Listed.ATTENDANCES: N_("Lượt dự"),
}


@dataclass(frozen=True)
class Line:
    """A row of any of the lists; what a list does not have is None."""

    training: TrainingSession | None = None
    course: Course | None = None
    half_day: HalfDay | None = None
    person: Person | None = None
    household: Household | None = None
    people: int = 0
    attendances: int = 0
    household_in_sight: bool = False  #: its page may be opened


def counted_lines(
    db: Session, actor: Account, asked: Asked, listed: Listed, communes: Communes, *, number: int
) -> tuple[list[Line], bool]:
    """Page `number` of the list behind a figure, and whether more follow; one statement."""
    statement, line = _LISTS[listed](actor, counted_classes(actor, asked, communes))
    rows, more = page_of(db, statement, number, "", str)
    return [line(*row) for row in rows], more


_List = tuple[sa.Select[*tuple[Any, ...]], Callable[..., Line]]


def _classes(_actor: Account, counted: sa.ColumnElement[bool]) -> _List:
    came = sa.and_(col(Attendance.training_id) == TrainingSession.id, col(Attendance.present))
    people = sa.select(sa.func.count(sa.distinct(col(Attendance.person_id)))).where(came).scalar_subquery()
    attendances = sa.select(sa.func.count()).select_from(Attendance).where(came).scalar_subquery()
    rows = (
        sa.select(TrainingSession, Course, people, attendances)
        .join(Course, col(Course.id) == TrainingSession.course_id)
        .where(counted)
        .order_by(col(TrainingSession.ends_on).desc(), col(TrainingSession.id).desc())
    )
    return rows, lambda training, course, many, times: Line(
        training=training, course=course, people=many, attendances=times
    )


def _people(actor: Account, counted: sa.ColumnElement[bool]) -> _List:
    times = sa.func.count()
    by_person = (
        sa.select(col(Attendance.person_id), times.label("times"))
        .join(TrainingSession, col(TrainingSession.id) == Attendance.training_id)
        .where(col(Attendance.present), counted)
        .group_by(col(Attendance.person_id))
        .subquery()
    )
    rows = (
        sa.select(Person, Household, by_person.c.times, household_in_scope(actor))
        .join(by_person, col(Person.id) == by_person.c.person_id)
        .join(Household, col(Household.id) == Person.household_id)
        .order_by(col(Person.name_sort), col(Person.id))
    )
    return rows, lambda person, household, many, mine: Line(
        person=person, household=household, attendances=many, household_in_sight=bool(mine)
    )


def _households(actor: Account, counted: sa.ColumnElement[bool]) -> _List:
    by_household = (
        sa.select(
            col(Person.household_id),
            sa.func.count(sa.distinct(col(Person.id))).label("people"),
            sa.func.count().label("times"),
        )
        .join(Attendance, col(Attendance.person_id) == Person.id)
        .join(TrainingSession, col(TrainingSession.id) == Attendance.training_id)
        .where(col(Attendance.present), counted)
        .group_by(col(Person.household_id))
        .subquery()
    )
    rows = (
        sa.select(Household, by_household.c.people, by_household.c.times, household_in_scope(actor))
        .join(by_household, col(Household.id) == by_household.c.household_id)
        .order_by(col(Household.code), col(Household.id))
    )
    return rows, lambda household, people, many, mine: Line(
        household=household, people=people, attendances=many, household_in_sight=bool(mine)
    )


def _attendances(actor: Account, counted: sa.ColumnElement[bool]) -> _List:
    rows = (
        sa.select(HalfDay, TrainingSession, Person, Household, household_in_scope(actor))
        .select_from(Attendance)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .join(TrainingSession, col(TrainingSession.id) == Attendance.training_id)
        .join(Person, col(Person.id) == Attendance.person_id)
        .join(Household, col(Household.id) == Person.household_id)
        .where(col(Attendance.present), counted)
        .order_by(col(HalfDay.day).desc(), col(HalfDay.id), col(Person.name_sort), col(Person.id))
    )
    return rows, lambda half_day, training, person, household, mine: Line(
        half_day=half_day,
        training=training,
        person=person,
        household=household,
        household_in_sight=bool(mine),
    )


_LISTS: dict[Listed, Callable[[Account, sa.ColumnElement[bool]], _List]] = {
    Listed.CLASSES: _classes,
    Listed.PEOPLE: _people,
    Listed.HOUSEHOLDS: _households,
    Listed.ATTENDANCES: _attendances,
}
