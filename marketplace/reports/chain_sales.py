"""What households reached on marketplaces and sold, for the chain: three statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
    not_,
    null,
    select,
    union_all,
    values,
)
from sqlalchemy import column as sql_column
from sqlmodel import Session, col

from catalog.models import HarvestLot, LotPool, Person, Producer, Product
from marketplace.core.db import Utc
from marketplace.core.units import day_bounds, local_day
from marketplace.reports.periods import Period
from marketplace.selling.counting import not_taken_back
from marketplace.selling.models import HEADLINE, Listing, Offer, Shop, TonnageEntry, TonnageKind
from training.models import Attendance

Pair = Select[*tuple[Any, ...]]

SOON, LATER = 30, 90  #: days after the last day of a class


@dataclass(frozen=True)
class Market:
    """Local days on which a household first had a shop, its own or its pool's, and was first listed."""

    shop_on: date | None = None
    listed_on: date | None = None


@dataclass(frozen=True)
class Sales:
    """Net grams of the period, on marketplaces and elsewhere; first day of a sale on a marketplace ever."""

    headline: int = 0
    elsewhere: int = 0
    first_on: date | None = None


@dataclass(frozen=True)
class After:
    """Net grams sold on marketplaces in the days after a class."""

    soon: int = 0
    later: int = 0


def read_market(db: Session, period: Period) -> dict[int, Market]:
    """First days in a shop and of a listing, up to the last day of the period; test shops left out.

    Shop opened: the household's own producer has a shop, or an offer of its own is listed in any shop, or a
    lot of its is in the pool of a producer that has a shop. First listing: of an offer of its own, or of its
    pool's offer in the lot's season (R-7B). Through a pool it counts from the day on which both the lot and
    the shop or listing were there.
    """
    _, end = day_bounds(period.first, period.last)
    days = union_all(*_shops(), *_listings()).subquery("days")
    firsts = (
        select(days.c.household_id, func.min(days.c.shop_at), func.min(days.c.listed_at))
        .where(days.c.shop_at < end)
        .group_by(days.c.household_id)
    )
    return {id_: Market(_day(shop), _day(listed)) for id_, shop, listed in db.execute(firsts)}


def _shops() -> tuple[Pair, ...]:
    opened, never = col(Shop.created_at), cast(null(), Utc)
    own: Pair = (
        select(
            col(Producer.household_id).label("household_id"),
            opened.label("shop_at"),
            never.label("listed_at"),
        )
        .join(Shop, col(Shop.producer_id) == Producer.id)
        .where(col(Producer.household_id).is_not(None), col(Shop.sandbox).is_(False))
    )
    pooled: Pair = (
        select(col(HarvestLot.household_id), _later(opened, col(HarvestLot.recorded_at)), never)
        .join(LotPool, col(LotPool.id) == HarvestLot.pool_id)
        .join(Shop, col(Shop.producer_id) == LotPool.producer_id)
        .where(col(Shop.sandbox).is_(False))
    )
    return own, pooled


def _listings() -> tuple[Pair, ...]:
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
    own: Pair = (
        select(col(Producer.household_id), firsts.c.at, firsts.c.at)
        .join(firsts, firsts.c.producer_id == Producer.id)
        .where(col(Producer.household_id).is_not(None))
    )
    both = _later(firsts.c.at, col(HarvestLot.recorded_at))
    here = and_(firsts.c.producer_id == LotPool.producer_id, firsts.c.product_id == LotPool.product_id)
    pooled: Pair = (
        select(col(HarvestLot.household_id), both, both)
        .join(LotPool, col(LotPool.id) == HarvestLot.pool_id)
        .join(firsts, and_(here, firsts.c.season_id == HarvestLot.season_id))
    )
    return own, pooled


def _later(one: Any, other: Any) -> ColumnElement[datetime]:
    return case((one > other, one), else_=other)


def _day(instant: datetime | None) -> date | None:
    return local_day(instant) if instant else None


def read_sales(db: Session, period: Period) -> dict[int | None, Sales]:
    """One statement over all lines up to the last day; None is what no household is known for."""
    counts = and_(col(TonnageEntry.day) >= period.first, col(Product.counts_for_tonnage))
    on_marketplace = col(TonnageEntry.channel).in_(HEADLINE)
    sold = and_(on_marketplace, col(TonnageEntry.kind) == TonnageKind.SOLD, not_taken_back())
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


def read_after(db: Session, ends: Mapping[int, date]) -> dict[tuple[int, int], After]:
    """Sold on marketplaces from the day after a class, by each household that was there.

    The days of each class are sent along: the two databases reckon with dates differently.
    """
    if not ends:
        return {}
    days = _days_after(ends)
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


def _days_after(ends: Mapping[int, date]) -> CTE:
    days: list[ColumnElement[Any]] = [sql_column(name, Date) for name in ("ended", "soon", "later")]
    rows = [(id_, day, day + timedelta(days=SOON), day + timedelta(days=LATER)) for id_, day in ends.items()]
    named = values(sql_column("training_id", Integer), *days, name="days_after")
    return named.data(rows).cte("days_after")
