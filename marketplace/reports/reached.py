"""Whom the programme reached (indicators I1, I8, I9, I10 of domain.md §1.2), each count with its list."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from catalog.models import (
    AdminUnit,
    Certificate,
    CertificateKind,
    CertificateProduct,
    HarvestLot,
    Household,
    LotPool,
    Membership,
    Producer,
)
from marketplace.core.i18n import N_
from marketplace.core.units import day_bounds
from marketplace.reports.periods import Period
from marketplace.selling.counting import not_taken_back
from marketplace.selling.models import HEADLINE, Listing, Offer, TonnageEntry, TonnageKind

LIVE = "live"  #: the marketplace shows it to buyers


class Reach(StrEnum):
    """The three lists of households."""

    REGISTERED = "registered"
    ON_SALE = "on_sale"
    SOLD = "sold"


REACH_LABELS = {
    Reach.REGISTERED: N_("Hộ đã đăng ký"),
    Reach.ON_SALE: N_("Hộ có hàng đang bán trên sàn"),
    Reach.SOLD: N_("Hộ đã bán được hàng trên sàn"),
}


@dataclass(frozen=True)
class Reached:
    """`registered` up to the last day and `registered_new` within the period; on sale is as of now."""

    registered: int
    registered_new: int
    on_sale: int
    sold: int
    sold_since: int  #: since the season began (luỹ kế)
    products: int
    ocop_products: int


@dataclass(frozen=True)
class ReachedHousehold:
    id: int
    code: str
    village: str
    commune: str


def reached(db: Session, *, period: Period, today: date, season_start: date | None = None) -> Reached:
    """All counts in one statement. OCOP products are as of `today` (R-24)."""
    since = Period(min(season_start or period.first, period.last), period.last)
    start, _ = day_bounds(period.first, period.last)
    sold = _households(_is(Reach.SOLD, period)).label("sold")
    counts = (
        _households(_is(Reach.REGISTERED, period)),
        _households(and_(_is(Reach.REGISTERED, period), col(Household.registered_at) >= start)),
        _households(_is(Reach.ON_SALE, period)),
        sold,
        null() if since == period else _households(_is(Reach.SOLD, since)),
        _live_products(),
        _live_products(_ocop(today)),
    )
    found = db.execute(select(*counts)).one()
    return Reached(*(found.sold if count is None else count for count in found))


def reached_households(
    db: Session, reach: Reach, *, period: Period, offset: int = 0, limit: int = 50
) -> list[ReachedHousehold]:
    """The households behind a count, by code; names stay on the household's own page."""
    statement = (
        select(col(Household.id), col(Household.code), col(Household.village), col(AdminUnit.name))
        .join(AdminUnit, col(AdminUnit.id) == Household.commune_id)
        .where(_is(reach, period))
        .order_by(col(Household.code))
    )
    return [ReachedHousehold(*row) for row in db.execute(statement.offset(offset).limit(limit))]


def _households(condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(Household).where(condition).scalar_subquery()


def _is(reach: Reach, period: Period) -> ColumnElement[bool]:
    _, end = day_bounds(period.first, period.last)
    if reach is Reach.REGISTERED:
        registered = and_(col(Household.active), col(Household.draft).is_(False))
        return and_(registered, col(Household.registered_at) < end)
    return _has_live_listing() if reach is Reach.ON_SALE else _has_sold(period)


def _has_sold(period: Period) -> ColumnElement[bool]:
    """Something of theirs was delivered through a marketplace in the period (I8)."""
    return exists().where(
        col(TonnageEntry.household_id) == Household.id,
        col(TonnageEntry.day).between(period.first, period.last),
        col(TonnageEntry.kind) == TonnageKind.SOLD,
        col(TonnageEntry.channel).in_(HEADLINE),
        not_taken_back(),
    )


def _has_live_listing() -> ColumnElement[bool]:
    """They list themselves, or a live listing sells from a pool with their lot of that season (R-7B)."""
    live = (
        select(Offer)
        .join(Listing, col(Listing.offer_id) == Offer.id)
        .where(col(Listing.remote_state) == LIVE)
    )
    own = live.join(Producer, col(Producer.id) == Offer.producer_id).with_only_columns(
        col(Producer.household_id)
    )
    pooled = (
        live.join(
            LotPool,
            and_(col(LotPool.producer_id) == Offer.producer_id, col(LotPool.product_id) == Offer.product_id),
        )
        .join(
            HarvestLot,
            and_(col(HarvestLot.pool_id) == LotPool.id, col(HarvestLot.season_id) == Offer.season_id),
        )
        .with_only_columns(col(HarvestLot.household_id))
    )
    own = own.where(col(Producer.household_id).is_not(None))
    return or_(col(Household.id).in_(own), col(Household.id).in_(pooled))


def _live_products(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Distinct products with a live listing, not listings (I9)."""
    return (
        select(func.count(func.distinct(col(Offer.product_id))))
        .select_from(Offer)
        .join(Listing, col(Listing.offer_id) == Offer.id)
        .where(col(Listing.remote_state) == LIVE, *conditions)
        .scalar_subquery()
    )


def _ocop(today: date) -> ColumnElement[bool]:
    """The seller, or whoever the selling household supplies, holds a valid OCOP certificate for it (R-26)."""
    seller: Any = aliased(Producer)
    supplies = exists().where(
        seller.id == Offer.producer_id,
        col(Membership.household_id) == seller.household_id,
        col(Membership.producer_id) == Certificate.producer_id,
        col(Membership.valid_from) <= today,
        or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) >= today),
    )
    return exists().where(
        col(CertificateProduct.product_id) == Offer.product_id,
        col(Certificate.id) == CertificateProduct.certificate_id,
        col(Certificate.kind) == CertificateKind.OCOP,
        col(Certificate.valid_from) <= today,
        col(Certificate.valid_to) >= today,
        or_(col(Certificate.revoked_on).is_(None), col(Certificate.revoked_on) > today),
        or_(col(Certificate.producer_id) == Offer.producer_id, supplies),
    )
