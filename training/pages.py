"""What the pages of classes show: heads, lists, the calendar, and counts that each lead to their list."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from catalog.communes import Communes, read_communes
from catalog.models import Person
from catalog.paging import PAGE
from marketplace.accounts.models import Account
from marketplace.core.text import fold
from training.models import (
    HOLDING,
    TRAINING_STATUS_LABELS,
    Attendance,
    Course,
    Enrolment,
    EnrolmentSource,
    HalfDay,
    Seat,
    TrainingSession,
    TrainingStatus,
)
from training.scopes import trainings_seen_by

MOST_AHEAD = 100  #: classes ahead that are shown on one page


@dataclass(frozen=True)
class Head:
    """A class as every page about it begins."""

    training: TrainingSession
    course: Course
    commune: str  #: "Xã Vĩnh Hảo, huyện Bắc Quang"

    @property
    def status(self) -> str:
        """Msgid of where the class stands."""
        return TRAINING_STATUS_LABELS[TrainingStatus(self.training.status)]


@dataclass(frozen=True)
class Row:
    """A class in a list."""

    head: Head
    seats: int  #: held, walk-ins not counted
    came: int  #: persons who were there for at least one half-day


@dataclass(frozen=True)
class Counts:
    """What must never be mixed up (R-91); walk-ins are entries too."""

    seats_taken: int
    enrolled_people: int
    enrolled_households: int
    waiting_people: int
    came_people: int
    came_households: int
    attendances: int  #: person × half-day


@dataclass
class Wanted:
    """What a list of classes is asked for."""

    query: str = ""
    status: TrainingStatus | None = None
    first: date | None = None
    last: date | None = None
    course_id: int | None = None
    host: str = ""

    @property
    def plain(self) -> bool:
        return self == Wanted()


@dataclass
class Listed:
    """Classes ahead, soonest first, and those that were, latest first."""

    ahead: list[Row] = field(default_factory=list)
    past: list[Row] = field(default_factory=list)
    more: bool = False


def training_head(db: Session, training: TrainingSession) -> Head:
    """The class with its course and commune."""
    course = db.get_one(Course, training.course_id)
    return Head(training, course, _label(read_communes(db), training.commune_id))


def listed_trainings(db: Session, actor: Account, wanted: Wanted, *, today: date, number: int = 1) -> Listed:
    """Classes in sight: those ahead on the first page, then a page of the others."""
    communes = read_communes(db)
    rows = matching(actor, wanted, communes)
    ahead = col(TrainingSession.ends_on) >= today
    soonest = (col(TrainingSession.starts_on), col(TrainingSession.id))
    latest = (col(TrainingSession.starts_on).desc(), col(TrainingSession.id).desc())
    first = db.execute(rows.where(ahead).order_by(*soonest).limit(MOST_AHEAD)).all() if number == 1 else []
    past = db.execute(rows.where(~ahead).order_by(*latest).offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    shown = [Head(training, course, _label(communes, training.commune_id)) for training, course in first]
    gone = [Head(training, course, _label(communes, training.commune_id)) for training, course in past[:PAGE]]
    figures = _figures(db, [head.training.id or 0 for head in (*shown, *gone)])
    return Listed(
        [_row(head, figures) for head in shown], [_row(head, figures) for head in gone], len(past) > PAGE
    )


def month_of(db: Session, actor: Account, month: date) -> dict[date, list[Head]]:
    """Classes in sight by the days of a month on which they sit; cancelled ones too, since people ask."""
    last = next_month(month) - timedelta(days=1)
    communes = read_communes(db)
    rows = db.execute(
        matching(actor, Wanted(), communes)
        .join(HalfDay, col(HalfDay.training_id) == TrainingSession.id)
        .where(col(HalfDay.day).between(month, last))
        .add_columns(col(HalfDay.day))
        .order_by(col(HalfDay.day), col(TrainingSession.id))
    ).all()
    days: dict[date, list[Head]] = defaultdict(list)
    for training, course, day in rows:
        if not any(head.training.id == training.id for head in days[day]):
            days[day].append(Head(training, course, _label(communes, training.commune_id)))
    return days


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def previous_month(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def weeks_of(month: date) -> list[list[date | None]]:
    """The month as weeks from Monday; None for days of other months."""
    start = month - timedelta(days=month.weekday())
    last = next_month(month) - timedelta(days=1)
    days = [start + timedelta(days=n) for n in range((last - start).days // 7 * 7 + 7)]
    shown = [day if day.month == month.month else None for day in days]
    return [shown[n : n + 7] for n in range(0, len(shown), 7)]


def counts_of(db: Session, training: TrainingSession) -> Counts:
    """Seats, persons, households and attendances of one class, in two statements."""
    held = _is_held()
    registered = col(Enrolment.source) != EnrolmentSource.WALK_IN
    waiting = col(Enrolment.status) == "waiting"
    seats = db.execute(
        sa.select(
            _how_many(held & registered),
            _how_many(held),
            sa.func.count(sa.distinct(sa.case((held, col(Enrolment.household_id))))),
            _how_many(waiting),
        )
        .select_from(Seat)
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(col(Seat.training_id) == training.id, col(Seat.given_back_at).is_(None))
    ).one()
    came = db.execute(_came([training.id or 0])).one_or_none()
    people, households, attendances = (came[1], came[2], came[3]) if came else (0, 0, 0)
    taken, enrolled, of_households, in_line = seats
    return Counts(taken, enrolled, of_households, in_line, people, households, attendances)


def matching(actor: Account, wanted: Wanted, communes: Communes) -> sa.Select[TrainingSession, Course]:
    """Classes in sight that fit what is asked for, each with its course."""
    rows = trainings_seen_by(actor).join(Course, col(Course.id) == TrainingSession.course_id)
    found: sa.Select[TrainingSession, Course] = rows.add_columns(Course)
    if wanted.query:
        folded = fold(wanted.query)
        units = [place.id for place in communes.search(wanted.query)]
        found = found.where(
            sa.or_(
                col(Course.topic_fold).contains(folded, autoescape=True),
                col(TrainingSession.code) == wanted.query.upper(),
                col(TrainingSession.commune_id).in_(units),
            )
        )
    if wanted.status is not None:
        found = found.where(col(TrainingSession.status) == wanted.status)
    if wanted.first is not None:
        found = found.where(col(TrainingSession.ends_on) >= wanted.first)
    if wanted.last is not None:
        found = found.where(col(TrainingSession.starts_on) <= wanted.last)
    if wanted.course_id is not None:
        found = found.where(col(TrainingSession.course_id) == wanted.course_id)
    if wanted.host:
        found = found.where(col(TrainingSession.host) == wanted.host)
    return found


def _figures(db: Session, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Seats held and persons who came, by class; two statements."""
    seats = db.execute(
        sa.select(col(Seat.training_id), sa.func.count())
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(col(Seat.training_id).in_(ids), col(Seat.given_back_at).is_(None), _is_held())
        .where(col(Enrolment.source) != EnrolmentSource.WALK_IN)
        .group_by(col(Seat.training_id))
    )
    came = db.execute(_came(ids))
    held = {row[0]: row[1] for row in seats}
    return held, {training_id: people for training_id, people, _, _ in came}


def _row(head: Head, figures: tuple[dict[int, int], dict[int, int]]) -> Row:
    seats, came = figures
    key = head.training.id or 0
    return Row(head, seats.get(key, 0), came.get(key, 0))


def _came(ids: Collection[int]) -> sa.Select[int, int, int, int]:
    """By class: persons, households and attendances of those present."""
    return (
        sa.select(
            col(Attendance.training_id),
            sa.func.count(sa.distinct(col(Attendance.person_id))),
            sa.func.count(sa.distinct(col(Person.household_id))),
            sa.func.count(),
        )
        .join(Person, col(Person.id) == Attendance.person_id)
        .where(col(Attendance.training_id).in_(ids), col(Attendance.present))
        .group_by(col(Attendance.training_id))
    )


def _is_held() -> sa.ColumnElement[bool]:
    return col(Enrolment.status).in_(HOLDING)


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _label(communes: Communes, unit_id: int) -> str:
    place = communes.by_id.get(unit_id)
    return place.words if place else ""
