"""Which offers, listings, orders and shops somebody sees. Every query of a selling page starts here.

A farmer sees the own household's; an extension worker those of households in the communes looked after, and
of cooperatives those households supply; the office all. What is out of sight is as if it did not exist (404).
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import HarvestLot, Household, LotPool, Membership, Producer, ProducerKind
from catalog.scopes import household_in_scope
from marketplace.accounts.models import Account, Role
from marketplace.selling.models import (
    Allocation,
    Listing,
    Offer,
    Order,
    OrderLine,
    OutsideSale,
    Shop,
    TonnageEntry,
)
from marketplace.selling.return_models import GoodsBack

OFFICE = (Role.COORDINATOR, Role.ADMIN)


def seller_in_scope(actor: Account) -> ColumnElement[bool]:
    """A condition on `Producer`: who this person may sell for."""
    if actor.role in OFFICE:
        return true()
    own = col(Producer.household_id).in_(_households(actor))
    if actor.role != Role.EXTENSION:
        return own
    supplied = select(Membership.producer_id).where(col(Membership.household_id).in_(_households(actor)))
    return or_(own, col(Producer.id).in_(supplied))


def sellers_seen_by(actor: Account) -> SelectOfScalar[Producer]:
    return select(Producer).where(seller_in_scope(actor))


def pools_seen_by(actor: Account) -> SelectOfScalar[LotPool]:
    """Stock of the sellers in sight; a member of a cooperative does not see its pool, only the own lots."""
    return select(LotPool).where(_of_sellers(actor, col(LotPool.producer_id)))


def offers_seen_by(actor: Account) -> SelectOfScalar[Offer]:
    return select(Offer).where(_of_sellers(actor, col(Offer.producer_id)))


def listings_seen_by(actor: Account) -> SelectOfScalar[Listing]:
    if actor.role in OFFICE:
        return select(Listing)
    offers = select(Offer.id).where(_of_sellers(actor, col(Offer.producer_id)))
    return select(Listing).where(col(Listing.offer_id).in_(offers))


def order_lines_seen_by(actor: Account) -> SelectOfScalar[OrderLine]:
    return select(OrderLine).where(line_in_scope(actor))


def line_in_scope(actor: Account) -> ColumnElement[bool]:
    """A condition on `OrderLine`: what the person sells, or what was taken from lots the person sees."""
    if actor.role in OFFICE:
        return true()
    sold = (
        select(Listing.id)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .where(_of_sellers(actor, col(Offer.producer_id)))
    )
    grown = (
        select(Allocation.order_line_id)
        .join(HarvestLot, col(HarvestLot.id) == Allocation.lot_id)
        .where(col(HarvestLot.household_id).in_(_households(actor)))
    )
    return or_(col(OrderLine.listing_id).in_(sold), col(OrderLine.id).in_(grown))


def orders_seen_by(actor: Account) -> SelectOfScalar[Order]:
    if actor.role in OFFICE:
        return select(Order)
    return select(Order).where(col(Order.id).in_(select(OrderLine.order_id).where(line_in_scope(actor))))


def goods_back_seen_by(actor: Account) -> SelectOfScalar[GoodsBack]:
    """Goods that came back of order lines in sight; what turned out never to have come back is left out."""
    lines = select(OrderLine.id).where(line_in_scope(actor))
    open_ = select(GoodsBack).where(col(GoodsBack.undone_at).is_(None))
    return open_ if actor.role in OFFICE else open_.where(col(GoodsBack.order_line_id).in_(lines))


def outside_sales_seen_by(actor: Account) -> SelectOfScalar[OutsideSale]:
    """Sales outside the marketplaces: of sellers in sight, or with fruit of households in sight."""
    if actor.role in OFFICE:
        return select(OutsideSale)
    grown = select(TonnageEntry.outside_sale_id).where(
        col(TonnageEntry.outside_sale_id).is_not(None), col(TonnageEntry.household_id).in_(_households(actor))
    )
    sold = _of_sellers(actor, col(OutsideSale.producer_id))
    return select(OutsideSale).where(or_(sold, col(OutsideSale.id).in_(grown)))


def shops_seen_by(actor: Account, *, today: date) -> SelectOfScalar[Shop]:
    """The office sees all; others those somebody in their sight may list in today."""
    if actor.role in OFFICE:
        return select(Shop)
    own = select(Producer.id).where(seller_in_scope(actor))
    supplied = memberships_on(today).where(col(Membership.household_id).in_(_households(actor)))
    usable = or_(col(Shop.producer_id).in_(own), col(Shop.producer_id).in_(supplied), open_to_all())
    return select(Shop).where(col(Shop.active), usable)


def shops_for(producer: Producer, *, today: date) -> SelectOfScalar[Shop]:
    """Where a producer may list (R-7B): own shops, those of organisations it supplies, those open to all."""
    supplied = memberships_on(today).where(Membership.household_id == (producer.household_id or 0))
    own = col(Shop.producer_id) == producer.id
    return select(Shop).where(col(Shop.active), or_(own, col(Shop.producer_id).in_(supplied), open_to_all()))


def offerable_shops(db: Session, producer: Producer, *, today: date) -> list[Shop]:
    """`shops_for`, read: by marketplace and name."""
    return list(db.exec(shops_for(producer, today=today).order_by(col(Shop.marketplace), col(Shop.name))))


def memberships_on(day: date) -> SelectOfScalar[int]:
    """Ids of organisations with a supplier on that day; narrow it by household."""
    lasting = or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) >= day)
    return select(Membership.producer_id).where(Membership.valid_from <= day, lasting)


def open_to_all() -> ColumnElement[bool]:
    """Shops of organisations that any household may list in; a household's own shop is never one of them."""
    organisations = select(Producer.id).where(Producer.kind != ProducerKind.HOUSEHOLD)
    return and_(col(Shop.open_to_households), col(Shop.producer_id).in_(organisations))


def _households(actor: Account) -> SelectOfScalar[Any]:
    return select(Household.id).where(household_in_scope(actor))


def _of_sellers(actor: Account, producer_id: Mapped[int]) -> ColumnElement[bool]:
    if actor.role in OFFICE:
        return true()
    return producer_id.in_(select(Producer.id).where(seller_in_scope(actor)))
