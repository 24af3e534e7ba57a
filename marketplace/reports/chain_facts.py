"""What the chain is counted from, read in seven statements whatever the number of classes.

A class counts when it was held and its attendance is closed (R-92), and it was over by the last day.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.models import AdminUnit, Household, Person, Poverty, PovertyStatus, Sex
from marketplace.core.units import day_bounds
from marketplace.reports.chain_sales import After, Market, Sales, read_after, read_market, read_sales
from marketplace.reports.periods import Period
from training.models import (
    Attendance,
    Course,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Seat,
    TrainingCertificate,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)


class Step(StrEnum):
    """How far somebody came with one class."""

    INVITED = "invited"  #: on a list of the class before the day, whatever came of it
    ENROLLED = "enrolled"  #: had a seat; walk-ins had none
    ATTENDED = "attended"  #: present for half a day or more
    CERTIFIED = "certified"  #: attended, and holds a certificate that is not revoked


@dataclass(frozen=True)
class ClassFact:
    """A class that counts."""

    id: int
    code: str
    starts_on: date
    ends_on: date
    course_id: int
    course: str
    commune_id: int
    commune: str
    host: str


@dataclass(frozen=True)
class PersonFact:
    household_id: int
    sex: Sex | None
    birth_year: int | None


@dataclass(frozen=True)
class HouseholdFact:
    """What a household is grouped by. Communes as (id, name); today's is None after a split (R-52)."""

    then: tuple[int, str]
    now: tuple[int, str] | None
    head_sex: Sex | None
    head_birth_year: int | None
    ethnicity: str | None
    registered: bool  #: active and no draft, by the last day


@dataclass(frozen=True)
class Facts:
    """All of it, by id. `steps` has the people of a class, `lists` the households with and without names."""

    classes: tuple[ClassFact, ...]  #: in order of time
    steps: dict[tuple[int, Step], set[int]]
    lists: dict[tuple[int, Step], set[int]]
    people: dict[int, PersonFact]
    households: dict[int, HouseholdFact]
    poverty: dict[tuple[int, int], Poverty]
    market: dict[int, Market]
    sales: dict[int | None, Sales]
    after: dict[tuple[int, int], After]


def read_facts(db: Session, period: Period) -> Facts:
    """Everything up to the last day of the period."""
    classes = _classes(db, period)
    steps, lists, people = _rolls(db, period)
    years = {period.first.year, *(one.ends_on.year for one in classes if one.ends_on >= period.first)}
    return Facts(
        classes,
        steps,
        lists,
        people,
        _households(db, period),
        _poverty(db, years),
        read_market(db, period),
        read_sales(db, period),
        read_after(db, {one.id: one.ends_on for one in classes if one.ends_on >= period.first}),
    )


def _closed(period: Period) -> ColumnElement[bool]:
    return and_(
        col(TrainingSession.status) == TrainingStatus.HELD,
        col(TrainingSession.attendance_closed_at).is_not(None),
        col(TrainingSession.ends_on) <= period.last,
    )


def _classes(db: Session, period: Period) -> tuple[ClassFact, ...]:
    statement = (
        select(
            col(TrainingSession.id),
            col(TrainingSession.code),
            col(TrainingSession.starts_on),
            col(TrainingSession.ends_on),
            col(TrainingSession.course_id),
            col(Course.topic),
            col(TrainingSession.commune_id),
            col(AdminUnit.name),
            col(TrainingSession.host),
        )
        .join(Course, col(Course.id) == TrainingSession.course_id)
        .join(AdminUnit, col(AdminUnit.id) == TrainingSession.commune_id)
        .where(_closed(period))
        .order_by(col(TrainingSession.starts_on), col(TrainingSession.id))
    )
    return tuple(ClassFact(*row) for row in db.execute(statement))


def _rolls(
    db: Session, period: Period
) -> tuple[dict[tuple[int, Step], set[int]], dict[tuple[int, Step], set[int]], dict[int, PersonFact]]:
    """Who was on the lists, who had a seat, who came and who holds a certificate, class by class."""
    steps: dict[tuple[int, Step], set[int]] = defaultdict(set)
    lists: dict[tuple[int, Step], set[int]] = defaultdict(set)
    people: dict[int, PersonFact] = {}
    for training_id, step, further, person_id, household_id, *known in db.execute(_roll(period)):
        for reached in (step, further):
            if reached is not None:
                lists[training_id, Step(reached)].add(household_id)
                if person_id is not None:
                    steps[training_id, Step(reached)].add(person_id)
        if person_id is not None:
            people[person_id] = PersonFact(household_id, *known)
    return steps, lists, people


def _roll(period: Period) -> Select[Any]:
    """One row per person and class for the lists, one for the attendance; an entry may name nobody yet.

    A stranger of a class list who was linked stands on it as whom the link leads to, like in the attendance.
    """
    known_as = aliased(Person)
    closed = select(col(TrainingSession.id)).where(_closed(period))
    seated = and_(
        col(Enrolment.status) == EnrolmentStatus.REGISTERED,
        or_(col(Seat.id).is_(None), col(Seat.given_back_at).is_(None)),
    )
    listed = (
        select(
            col(Enrolment.training_id),
            literal(Step.INVITED.value).label("step"),
            case((seated, Step.ENROLLED.value)).label("further"),
            func.coalesce(known_as.id, col(Seat.person_id)).label("person_id"),
            func.coalesce(known_as.household_id, col(Enrolment.household_id)).label("household_id"),
        )
        .outerjoin(Seat, col(Seat.enrolment_id) == Enrolment.id)
        .outerjoin(WalkIn, col(WalkIn.person_id) == Seat.person_id)
        .outerjoin(known_as, col(known_as.id) == WalkIn.linked_person_id)
        .where(
            col(Enrolment.source) != EnrolmentSource.WALK_IN,
            col(Enrolment.training_id).in_(closed.where(col(TrainingSession.ends_on) >= period.first)),
        )
    )
    holds = and_(
        col(TrainingCertificate.training_id) == Attendance.training_id,
        col(TrainingCertificate.person_id) == Attendance.person_id,
        col(TrainingCertificate.revoked_at).is_(None),
    )
    certified = case((col(TrainingCertificate.id).is_not(None), Step.CERTIFIED.value))
    came = (
        select(
            col(Attendance.training_id),
            literal(Step.ATTENDED.value),
            certified,
            col(Attendance.person_id),
            col(Person.household_id),
        )
        .join(Person, col(Person.id) == Attendance.person_id)
        .outerjoin(TrainingCertificate, holds)
        .where(col(Attendance.present), col(Attendance.training_id).in_(closed))
        .distinct()
    )
    roll = union_all(listed, came).subquery("roll")
    known = col(Person.sex), col(Person.birth_year)
    return select(*roll.c, *known).select_from(roll).outerjoin(Person, col(Person.id) == roll.c.person_id)


def _households(db: Session, period: Period) -> dict[int, HouseholdFact]:
    """Every household that is or was registered, and drafts that came to a class."""
    then, now, above_then, above_now = (aliased(AdminUnit) for _ in range(4))
    _, end = day_bounds(period.first, period.last)
    registered = and_(
        col(Household.active), col(Household.draft).is_(False), col(Household.registered_at) < end
    )
    statement = (
        select(
            col(Household.id),
            col(then.id),
            col(then.name),
            col(above_then.name),
            col(now.id),
            col(now.name),
            col(above_now.name),
            col(Person.sex),
            col(Person.birth_year),
            col(Person.ethnicity),
            registered,
        )
        .join(then, col(then.id) == Household.commune_id)
        .outerjoin(above_then, col(above_then.id) == then.parent_id)
        .outerjoin(now, col(now.id) == Household.current_commune_id)
        .outerjoin(above_now, col(above_now.id) == now.parent_id)
        .outerjoin(Person, and_(col(Person.household_id) == Household.id, col(Person.is_head)))
    )
    return {
        row[0]: HouseholdFact(
            _place(*row[1:4]), _place(*row[4:7]) if row[4] else None, row[7], row[8], row[9], bool(row[10])
        )
        for row in db.execute(statement)
    }


def _place(id_: int, name: str, above: str | None) -> tuple[int, str]:
    return id_, f"{name} · {above}" if above else name


def _poverty(db: Session, years: set[int]) -> dict[tuple[int, int], Poverty]:
    columns = col(PovertyStatus.household_id), col(PovertyStatus.year), col(PovertyStatus.status)
    decided = select(*columns).where(col(PovertyStatus.year).in_(sorted(years)))
    return {(household_id, year): status for household_id, year, status in db.execute(decided)}
