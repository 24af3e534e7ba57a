"""What the pages of orders show; a farmer sees the own lines only."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, func, select

from catalog.models import HarvestLot, Household, Pack, Product
from catalog.scopes import lots_seen_by
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.selling.models import (
    Allocation,
    Listing,
    Offer,
    Order,
    OrderLine,
    Shop,
    TonnageEntry,
    TonnageKind,
)
from marketplace.selling.pages import PAGE
from marketplace.selling.return_models import Because, GoodsBack
from marketplace.selling.scopes import (
    OFFICE,
    goods_back_seen_by,
    line_in_scope,
    listings_seen_by,
    orders_seen_by,
)

STUCK = "vuong"  #: the filter for orders whose wish was given up
STUCK_LABEL = N_("Không xác nhận hay hủy được")
URGENT = timedelta(hours=4)  #: an unconfirmed order with less time left is an alarm


@dataclass(frozen=True)
class LineRow:
    """A line with the offer it sold; `offer` and `pack` are None for a SKU that is not ours."""

    line: OrderLine
    offer: Offer | None
    pack: Pack | None

    @property
    def grams(self) -> int:
        return self.line.packs * (self.pack.net_grams or 0) if self.pack else 0

    @property
    def value_vnd(self) -> int:
        return self.line.packs * self.line.price_vnd


@dataclass(frozen=True)
class OrderRow:
    order: Order
    shop: Shop
    lines: list[LineRow] = field(default_factory=list)

    @property
    def packs(self) -> int:
        return sum(row.line.packs for row in self.lines)

    @property
    def lapsed(self) -> bool:
        """Did the marketplace cancel it by itself, since nobody confirmed it in time?"""
        order = self.order
        closed = order.closed_at or order.updated_at
        return order.state == "cancelled" and order.confirm_by is not None and closed >= order.confirm_by

    def left(self, now: datetime) -> timedelta | None:
        """Time to confirm a new order; None when nothing presses. Negative: too late."""
        confirm_by = self.order.confirm_by if self.order.state == "new" else None
        return confirm_by - now if confirm_by else None

    @property
    def grams(self) -> int:
        return sum(row.grams for row in self.lines)

    @property
    def value_vnd(self) -> int:
        return sum(row.value_vnd for row in self.lines)


@dataclass(frozen=True)
class Taken:
    """Goods of a line: the lot in sight they came from; `lot` None with `unknown` when no lot had them."""

    allocation: Allocation
    product: Product
    lot: HarvestLot | None
    household_code: str | None


@dataclass(frozen=True)
class BackRow:
    """Goods that came back, and of which product they are."""

    back: GoodsBack
    product: Product


@dataclass(frozen=True)
class OrderFacts:
    """An order with all that hangs on it."""

    row: OrderRow
    taken: dict[int, list[Taken]]
    counted: dict[int, list[TonnageEntry]]
    backs: dict[int, list[BackRow]]

    def undoable(self, line: OrderLine) -> bool:
        """Was the last return of a line typed by a person, so that it can be taken back?"""
        backs = [row.back for row in self.backs[line.id or 0] if row.back.because == Because.RETURNED]
        return bool(backs) and backs[-1].recorded_by is not None

    def complained(self, line: OrderLine) -> bool:
        """Is there a complaint that was not taken back?"""
        told = [entry for entry in self.counted[line.id or 0] if entry.kind == TonnageKind.COMPLAINT]
        return sum(entry.value_vnd for entry in told) != 0 or sum(one.complaint_grams for one in told) != 0


def order_rows(
    db: Session, actor: Account, *, state: str, query: str, number: int
) -> tuple[list[OrderRow], bool]:
    """A page of orders, newest first, those to be confirmed most urgent first; True when there are more."""
    wanted = orders_seen_by(actor).join(Shop, col(Shop.id) == Order.shop_id).add_columns(Shop)
    if state == STUCK:
        wanted = wanted.where(col(Order.wish).is_not(None), col(Order.wish_not_before).is_(None))
    elif state:
        wanted = wanted.where(col(Order.state) == state)
    if query:
        wanted = wanted.where(col(Order.order_no).startswith(query, autoescape=True))
    if state == "new":
        wanted = wanted.order_by(*_most_urgent())
    else:
        wanted = wanted.order_by(col(Order.placed_at).desc(), col(Order.id).desc())
    found = db.execute(wanted.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    rows = [OrderRow(order, shop) for order, shop in found[:PAGE]]
    _add_lines(db, actor, rows)
    return rows, len(found) > PAGE


def _most_urgent() -> tuple[Any, ...]:
    by = col(Order.confirm_by)
    return by.is_(None), by, col(Order.placed_at), col(Order.id)


def unconfirmed(db: Session, actor: Account, *, most: int) -> tuple[list[OrderRow], int]:
    """The most urgent orders that somebody must confirm, and how many there are in all."""
    new = orders_seen_by(actor).where(col(Order.state) == "new")
    many = db.exec(select(func.count()).select_from(new.subquery())).one()
    wanted = new.join(Shop, col(Shop.id) == Order.shop_id).add_columns(Shop).order_by(*_most_urgent())
    rows = [OrderRow(order, shop) for order, shop in db.execute(wanted.limit(most)).all()] if many else []
    if rows:
        _add_lines(db, actor, rows)
    return rows, many


def _add_lines(db: Session, actor: Account, rows: list[OrderRow]) -> None:
    by_order = {row.order.id: row for row in rows}
    for line, offer, pack in db.exec(
        select(OrderLine, Offer, Pack)
        .outerjoin(Listing, col(Listing.id) == OrderLine.listing_id)
        .outerjoin(Offer, col(Offer.id) == Listing.offer_id)
        .outerjoin(Pack, col(Pack.id) == Offer.pack_id)
        .where(col(OrderLine.order_id).in_(by_order), line_in_scope(actor))
        .order_by(col(OrderLine.id))
    ):
        by_order[line.order_id].lines.append(LineRow(line, offer, pack))


def order_facts(db: Session, actor: Account, order: Order) -> OrderFacts:
    """One order: its lines in sight, the lots they came from, and what was counted."""
    row = OrderRow(order, db.get_one(Shop, order.shop_id))
    _add_lines(db, actor, [row])
    line_ids = [one.line.id or 0 for one in row.lines]
    nothing: tuple[dict[int, Any], ...] = tuple({key: [] for key in line_ids} for _ in range(3))
    facts = OrderFacts(row, *nothing)
    seen = lots_seen_by(actor).with_only_columns(col(HarvestLot.id))
    for allocation, product, lot, code in db.exec(
        select(Allocation, Product, HarvestLot, Household.code)
        .join(Product, col(Product.id) == Allocation.product_id)
        .outerjoin(HarvestLot, (col(HarvestLot.id) == Allocation.lot_id) & col(HarvestLot.id).in_(seen))
        .outerjoin(Household, col(Household.id) == HarvestLot.household_id)
        .where(col(Allocation.order_line_id).in_(line_ids))
        .order_by(col(Allocation.id))
    ):
        facts.taken[allocation.order_line_id].append(Taken(allocation, product, lot, code))
    entries = select(TonnageEntry).where(
        col(TonnageEntry.order_line_id).in_(line_ids), _entry_in_scope(actor)
    )
    for entry in db.exec(entries.order_by(col(TonnageEntry.at), col(TonnageEntry.id))):
        facts.counted[entry.order_line_id or 0].append(entry)
    backs = goods_back_seen_by(actor).where(col(GoodsBack.order_line_id).in_(line_ids))
    named = backs.join(Product, col(Product.id) == GoodsBack.product_id).add_columns(Product)
    for back, product in db.execute(named.order_by(col(GoodsBack.id))):
        facts.backs[back.order_line_id].append(BackRow(back, product))
    return facts


def _entry_in_scope(actor: Account) -> ColumnElement[bool]:
    if actor.role in OFFICE:
        return true()
    lots = lots_seen_by(actor).with_only_columns(col(HarvestLot.household_id))
    return or_(col(TonnageEntry.household_id).is_(None), col(TonnageEntry.household_id).in_(lots))


def may_decide(db: Session, actor: Account, order: Order) -> bool:
    """May this person confirm or cancel? Only when all of the order is theirs to sell."""
    if actor.role in OFFICE:
        return True
    own = listings_seen_by(actor).with_only_columns(col(Listing.id))
    strange = or_(col(OrderLine.listing_id).is_(None), col(OrderLine.listing_id).not_in(own))
    return db.exec(select(OrderLine.id).where(OrderLine.order_id == order.id, strange)).first() is None
