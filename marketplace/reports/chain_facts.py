"""What the chain is counted from, read in seven statements whatever the number of classes.

A class counts when it was held and its attendance is closed (R-92), and was over by the last day of the report.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
    values,
)
from sqlalchemy import column as sql_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.models import (
    AdminUnit,
    HarvestLot,
    Household,
    LotPool,
    Person,
    Poverty,
    PovertyStatus,
    Producer,
    Product,
    Sex,
)
from marketplace.core.db import Utc
from marketplace.core.units import day_bounds, local_day
from marketplace.reports.periods import Period
from marketplace.selling.models import HEADLINE, Listing, Offer, Shop, TonnageEntry, TonnageKind
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
)

SOON, LATER = 30, 90  #: days after the last day of a class


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
class Market:
    """Local days on which a household first sold in a shop of its own or of its pool, and was first listed."""

    shop_on: date | None = None
    listed_on: date | None = None


@dataclass(frozen=True)
class Sales:
    """Net grams of the period, on marketplaces and elsewhere; and the first day sold on a marketplace ever."""

    headline: int = 0
    elsewhere: int = 0
    first_on: date | None = None


@dataclass(frozen=True)
class After:
    """Net grams sold on marketplaces in the days after a class."""

    soon: int = 0
    later: int = 0


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
        _market(db, period),
        _sales(db, period),
        _after(db, [one for one in classes if one.ends_on >= period.first]),
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
    """One row per person and class for the lists, one for the attendance; an entry may name nobody yet."""
    closed = select(TrainingSession.id).where(_closed(period))
    seated = and_(
        col(Enrolment.status) == EnrolmentStatus.REGISTERED,
        or_(col(Seat.id).is_(None), col(Seat.given_back_at).is_(None)),
    )
    listed = (
        select(
            col(Enrolment.training_id),
            literal(Step.INVITED.value).label("step"),
            case((seated, Step.ENROLLED.value)).label("further"),
            col(Seat.person_id),
            col(Enrolment.household_id),
        )
        .outerjoin(Seat, col(Seat.enrolment_id) == Enrolment.id)
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
        id_: HouseholdFact(
            (then_id, _place(then_name, then_above)),
            (now_id, _place(now_name, now_above)) if now_id is not None else None,
            sex,
            born,
            ethnicity,
            bool(active),
        )
        for id_, then_id, then_name, then_above, now_id, now_name, now_above, sex, born, ethnicity, active in (
            db.execute(statement)
        )
    }


def _place(name: str, above: str | None) -> str:
    return f"{name} · {above}" if above else name


def _poverty(db: Session, years: set[int]) -> dict[tuple[int, int], Poverty]:
    columns = col(PovertyStatus.household_id), col(PovertyStatus.year), col(PovertyStatus.status)
    decided = select(*columns).where(col(PovertyStatus.year).in_(sorted(years)))
    return {(household_id, year): status for household_id, year, status in db.execute(decided)}


def _market(db: Session, period: Period) -> dict[int, Market]:
    """First days in a shop and on a list, up to the last day of the period; test shops left out.

    A household's own shop counts from its opening, an offer of its own from its listing, and a pool from the
    day on which both its seller's shop or listing and the household's lot were there (R-7B).
    """
    _, end = day_bounds(period.first, period.last)
    days = union_all(*_shops(), *_listings()).subquery("days")
    firsts = (
        select(days.c.household_id, func.min(days.c.shop_at), func.min(days.c.listed_at))
        .where(days.c.shop_at < end)
        .group_by(days.c.household_id)
    )
    return {id_: Market(_day(shop), _day(listed)) for id_, shop, listed in db.execute(firsts)}


def _shops() -> tuple[Select[Any], ...]:
    opened, never = col(Shop.created_at), cast(null(), Utc)
    own = (
        select(
            col(Producer.household_id).label("household_id"),
            opened.label("shop_at"),
            never.label("listed_at"),
        )
        .join(Shop, col(Shop.producer_id) == Producer.id)
        .where(col(Producer.household_id).is_not(None), col(Shop.sandbox).is_(False))
    )
    pooled = (
        select(col(HarvestLot.household_id), _later(opened, col(HarvestLot.recorded_at)), never)
        .join(LotPool, col(LotPool.id) == HarvestLot.pool_id)
        .join(Shop, col(Shop.producer_id) == LotPool.producer_id)
        .where(col(Shop.sandbox).is_(False))
    )
    return own, pooled


def _listings() -> tuple[Select[Any], ...]:
    firsts = (
        select(
            col(Offer.producer_id),
            col(Offer.product_id),
            col(Offer.season_id),
            func.min(col(Listing.created_at)).label("at"),
        )
        .join(Listing, col(Listing.offer_id) == Offer.id)
        .join(Shop, col(Shop.id) == Listing.shop_id)
        .where(col(Shop.sandbox).is_(False))
        .group_by(col(Offer.producer_id), col(Offer.product_id), col(Offer.season_id))
        .subquery("first_listing")
    )
    own = (
        select(col(Producer.household_id), firsts.c.at, firsts.c.at)
        .join(firsts, firsts.c.producer_id == Producer.id)
        .where(col(Producer.household_id).is_not(None))
    )
    both = _later(firsts.c.at, col(HarvestLot.recorded_at))
    here = and_(firsts.c.producer_id == LotPool.producer_id, firsts.c.product_id == LotPool.product_id)
    pooled = (
        select(col(HarvestLot.household_id), both, both)
        .join(LotPool, col(LotPool.id) == HarvestLot.pool_id)
        .join(firsts, and_(here, firsts.c.season_id == HarvestLot.season_id))
    )
    return own, pooled


def _later(one: ColumnElement[datetime], other: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((one > other, one), else_=other)


def _day(instant: datetime | None) -> date | None:
    return local_day(instant) if instant else None


def _sales(db: Session, period: Period) -> dict[int | None, Sales]:
    """One statement over all lines up to the last day; None is what no household is known for."""
    counts = and_(col(TonnageEntry.day) >= period.first, col(Product.counts_for_tonnage))
    on_marketplace = col(TonnageEntry.channel).in_(HEADLINE)
    sold = and_(on_marketplace, col(TonnageEntry.kind) == TonnageKind.SOLD)
    grams = col(TonnageEntry.grams)
    statement = (
        select(
            col(TonnageEntry.household_id),
            func.sum(case((and_(counts, on_marketplace), grams), else_=0)),
            func.sum(case((and_(counts, not_(on_marketplace)), grams), else_=0)),
            func.min(case((sold, col(TonnageEntry.day)))),
        )
        .join(Product, col(Product.id) == TonnageEntry.product_id)
        .where(col(TonnageEntry.day) <= period.last)
        .group_by(col(TonnageEntry.household_id))
    )
    return {
        id_: Sales(int(headline), int(elsewhere), first)
        for id_, headline, elsewhere, first in db.execute(statement)
    }


def _after(db: Session, classes: Sequence[ClassFact]) -> dict[tuple[int, int], After]:
    """Sold on marketplaces from the day after a class, by each household that was there.

    The days of each class are sent along: the two databases reckon with dates differently.
    """
    if not classes:
        return {}
    days = _days_after(classes)
    here = (
        select(col(Attendance.training_id), col(Person.household_id))
        .join(Person, col(Person.id) == Attendance.person_id)
        .where(col(Attendance.present))
        .distinct()
        .subquery("here")
    )
    grams = col(TonnageEntry.grams)
    statement = (
        select(
            here.c.training_id,
            here.c.household_id,
            func.sum(case((col(TonnageEntry.day) <= days.c.soon, grams), else_=0)),
            func.sum(grams),
        )
        .join(days, days.c.training_id == here.c.training_id)
        .join(TonnageEntry, col(TonnageEntry.household_id) == here.c.household_id)
        .join(Product, col(Product.id) == TonnageEntry.product_id)
        .where(
            col(TonnageEntry.day) > days.c.ended,
            col(TonnageEntry.day) <= days.c.later,
            col(TonnageEntry.channel).in_(HEADLINE),
            col(Product.counts_for_tonnage),
        )
        .group_by(here.c.training_id, here.c.household_id)
    )
    return {(t, h): After(int(soon), int(later)) for t, h, soon, later in db.execute(statement)}


def _days_after(classes: Sequence[ClassFact]) -> CTE:
    columns = [sql_column("training_id", Integer), *(sql_column(n, Date) for n in ("ended", "soon", "later"))]
    rows = [
        (one.id, one.ends_on, one.ends_on + timedelta(days=SOON), one.ends_on + timedelta(days=LATER))
        for one in classes
    ]
    return values(*columns, name="days_after").data(rows).cte("days_after")
