"""Orders: taken once whoever tells of them, allocated to lots, moved forward, counted when delivered.

`take_order` is the only way an order of a marketplace enters. Told twice, late or out of order, it changes
nothing twice.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from catalog.lots import lock_pool, post_entry
from catalog.models import HarvestLot, Product, StockKind
from marketplace.core.audit import SYSTEM, Actor, note
from marketplace.core.db import insert_new
from marketplace.selling import counting
from marketplace.selling.models import Allocation, Listing, Order, OrderLine, ParkedOrder, Shop
from marketplace.selling.order_wishes import confirm_when_in_stock, settle_wish
from marketplace.selling.shelf import Shelf

GONE = frozenset({"cancelled", "refused"})  #: the goods were not sold
WAITING = frozenset({"new", "confirmed", "shipped", "unknown"})
UNKNOWN_SKU = "unknown_sku"  #: how the code of a parked line begins; the SKU follows after a colon


@dataclass(frozen=True)
class IncomingLine:
    """`line_no` is stable within the order; `price_vnd` is of one pack after seller discount."""

    line_no: str
    sku: str
    packs: int
    price_vnd: int
    returned_packs: int = 0


@dataclass(frozen=True)
class IncomingOrder:
    """An order as somebody tells it, buyer left out; instants are aware UTC."""

    order_no: str
    state: str
    lines: tuple[IncomingLine, ...]
    placed_at: datetime
    updated_at: datetime
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str | None = None
    shipping_vnd: int = 0
    voucher_vnd: int = 0
    raw_state: str = ""
    confirm_by: datetime | None = None
    self_shipping: bool = False

    @property
    def tells_returns(self) -> bool:
        return self.state in GONE | {"returned"} or any(line.returned_packs for line in self.lines)


@dataclass
class Known:
    """What the orders of one page have to do with, read together: constant statements, however many orders.

    Orders that are known are locked, so that nobody moves them or mends their lines meanwhile.
    """

    orders: dict[str, Order]
    listings: dict[str, Listing]
    shelf: Shelf


def known_of(db: Session, shop: Shop, told: Sequence[IncomingOrder]) -> Known:
    """Read what is known of these orders; the pools of those that are new are locked, lowest id first."""
    orders = select(Order).where(
        Order.marketplace == shop.marketplace, col(Order.order_no).in_([one.order_no for one in told])
    )
    locking = orders.order_by(col(Order.id)).with_for_update().execution_options(populate_existing=True)
    known = Known({order.order_no: order for order in db.exec(locking)}, {}, Shelf(db))
    skus = {line.sku for one in told if one.order_no not in known.orders for line in one.lines}
    if skus:
        listings = select(Listing).where(Listing.shop_id == shop.id, col(Listing.sku).in_(skus))
        known.listings = {listing.sku: listing for listing in db.exec(listings)}
        known.shelf.prepare(listing.offer_id for listing in known.listings.values())
    return known


def take_order(
    db: Session, shop: Shop, incoming: IncomingOrder, *, now: datetime, known: Known | None = None
) -> Order:
    """Take or bring forward one order of a shop. Older news than what is known changes nothing.

    `known` is shared by the orders that one transaction takes.
    """
    known = known or known_of(db, shop, [incoming])
    order = known.orders.get(incoming.order_no)
    lines: list[OrderLine] | None = None
    if order is None:
        order, lines = _open(db, shop, incoming, known, now=now)
        known.orders[incoming.order_no] = order
    elif incoming.updated_at < order.updated_at:
        return order
    if _move(db, order, lines, incoming):
        known.shelf.forget()
    if lines is not None and shop.auto_confirm:
        confirm_when_in_stock(db, order, now=now)
    return order


def lines_of(db: Session, order: Order) -> list[OrderLine]:
    return list(db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.id))))


def park(db: Session, shop: Shop, order_no: str, code: str, raw: str, *, now: datetime) -> None:
    """Put aside what could not be taken, once, with its redacted text; the others go on.

    One that could be read meanwhile comes back when the marketplace tells something new of it; one that a
    person settled stays settled.
    """
    parked = {"shop_id": shop.id, "order_no": order_no[:40], "code": code[:60]}
    raw = raw[:4000]
    if insert_new(db, ParkedOrder, list(parked), **parked, raw=raw, at=now) is not None:
        return
    again = (
        update(ParkedOrder)
        .where(*(getattr(ParkedOrder, name) == value for name, value in parked.items()))
        .where(col(ParkedOrder.settled_at).is_not(None), col(ParkedOrder.settled_by).is_(None))
        .where(col(ParkedOrder.raw) != raw)
    )
    db.execute(again.values(settled_at=None, raw=raw, at=now, tries=0, try_at=None))


def in_words(told: object) -> str:
    """What was told of an order or a line, as JSON to be read by people; nothing in it names a buyer."""
    return json.dumps(asdict(told), ensure_ascii=False, default=str)  # type: ignore[call-overload]  # a dataclass


# --- a new order


def _open(
    db: Session,
    shop: Shop,
    incoming: IncomingOrder,
    known: Known,
    *,
    now: datetime,
) -> tuple[Order, list[OrderLine]]:
    order = Order(
        shop_id=shop.id or 0,
        marketplace=shop.marketplace,
        order_no=incoming.order_no,
        state="new",
        placed_at=incoming.placed_at,
        updated_at=incoming.updated_at,
        sandbox=shop.sandbox,
    )
    db.add(order)
    db.flush()
    lines = [
        OrderLine(
            order_id=order.id or 0,
            line_no=told.line_no,
            sku=told.sku,
            listing_id=known.listings[told.sku].id if told.sku in known.listings else None,
            packs=told.packs,
            price_vnd=told.price_vnd,
        )
        for told in incoming.lines
    ]
    db.add_all(lines)
    db.flush()
    for line, told in zip(lines, incoming.lines, strict=True):
        if line.listing_id is None:
            park(db, shop, order.order_no, f"{UNKNOWN_SKU}:{told.sku}", in_words(incoming), now=now)
        else:
            _sell(db, known.listings[told.sku], line, known.shelf, at=incoming.placed_at)
    return order, lines


def _sell(db: Session, listing: Listing, line: OrderLine, shelf: Shelf, *, at: datetime) -> None:
    """Take the goods of a line out of the lots; the listing promises that much less."""
    take_goods(db, listing, line, shelf, at=at)
    listing.exposure_packs = max(0, listing.exposure_packs - line.packs)
    listing.wanted_packs = max(0, listing.wanted_packs - line.packs)
    if listing.confirmed_packs is not None:
        listing.confirmed_packs = max(0, listing.confirmed_packs - line.packs)
    db.add(listing)


def take_goods(db: Session, listing: Listing, line: OrderLine, shelf: Shelf, *, at: datetime) -> None:
    """Take what a line sold out of the lots, oldest harvest first."""
    for draw, product_id in shelf.draws(listing.offer_id):
        for taken in shelf.take(draw.pool_id, line.packs * draw.grams):
            _allocate(db, line, product_id, taken.lot_id, taken.grams, at=at)


def _allocate(
    db: Session, line: OrderLine, product_id: int, lot_id: int | None, grams: int, *, at: datetime
) -> None:
    allocation = Allocation(order_line_id=line.id or 0, lot_id=lot_id, product_id=product_id, grams=grams)
    db.add(allocation)
    db.flush()
    if lot_id is not None:
        lot = db.get_one(HarvestLot, lot_id)
        post_entry(
            db, lot=lot, kind=StockKind.SALE, grams=-grams, key=f"sale:{allocation.id}", at=at, actor=SYSTEM
        )


# --- what happens to it


def _move(db: Session, order: Order, lines: list[OrderLine] | None, incoming: IncomingOrder) -> bool:
    """Bring an order to what is told and count what was not counted; True when goods came back."""
    came_back = False
    was = order.state
    delivered = incoming.delivered_at is not None and order.delivered_at is None
    if lines is None:
        lines = lines_of(db, order) if incoming.state != was or delivered or incoming.tells_returns else []
    order.state, order.raw_state, order.updated_at = incoming.state, incoming.raw_state, incoming.updated_at
    order.cancel_reason = incoming.cancel_reason or order.cancel_reason
    order.closed_at = incoming.closed_at or order.closed_at
    # What was confirmed has no deadline any more; one that lapsed keeps it, to say why it was cancelled.
    confirmed = order.state in ("confirmed", "shipped", "delivered")
    order.confirm_by = None if confirmed else incoming.confirm_by or order.confirm_by
    order.self_shipping = incoming.self_shipping
    order.shipping_vnd, order.voucher_vnd = incoming.shipping_vnd, incoming.voucher_vnd
    if order.state in GONE and was not in GONE and order.delivered_at is None:
        came_back = True
        for line in lines:
            _give_back(db, order, line, at=order.closed_at or incoming.updated_at)
    if delivered and order.state not in GONE:
        order.delivered_at = incoming.delivered_at
        for line in lines:
            counting.count_delivery(db, order, line, at=order.delivered_at or incoming.updated_at)
    if order.delivered_at is not None:
        came_back = _take_returns(db, order, lines, incoming)
    if was != order.state:
        note(db, SYSTEM, "order.moved", order, before=was, after=order.state)
    if order.state not in WAITING or (order.wish == "confirm" and order.state in ("confirmed", "shipped")):
        settle_wish(order)
    db.add(order)
    db.flush()
    return came_back


def _give_back(db: Session, order: Order, line: OrderLine, *, at: datetime) -> None:
    """The sale did not happen: the goods are ours again, and may be on sale there again."""
    release_goods(db, order, line, at=at)
    listing = db.get(Listing, line.listing_id) if line.listing_id else None
    if listing is not None:
        # The marketplace may have put the packs back on sale by itself: until it is read back, count them as
        # exposed.
        listing.exposure_packs += line.packs
        listing.tighten = True
        db.add(listing)


def release_goods(db: Session, order: Order, line: OrderLine, *, at: datetime) -> None:
    """Into the lots again. Cancelled goods never left; refused ones came back and may be past selling."""
    for allocation in db.exec(
        select(Allocation).where(Allocation.order_line_id == line.id, ~col(Allocation.released))
    ):
        allocation.released = True
        db.add(allocation)
        if allocation.lot_id is None:
            continue
        lot = db.get_one(HarvestLot, allocation.lot_id)
        if order.state == "cancelled":
            key = f"cancelled:{allocation.id}"
            post_entry(
                db, lot=lot, kind=StockKind.CANCELLED, grams=allocation.grams, key=key, at=at, actor=SYSTEM
            )
        else:
            _back_in_stock(
                db, SYSTEM, lot, allocation.grams, f"refused:{allocation.id}", at=at, sellable=None
            )


def _back_in_stock(
    db: Session, actor: Actor, lot: HarvestLot, grams: int, key: str, *, at: datetime, sellable: bool | None
) -> None:
    """Goods came back: into stock, and out again as loss unless they can be sold."""
    if sellable is None:
        sellable = db.get_one(Product, lot.product_id).returns_sellable
    lock_pool(db, lot.pool_id)
    post_entry(db, lot=lot, kind=StockKind.RETURN, grams=grams, key=key, at=at, actor=actor)
    if not sellable:
        reason = "returned"
        post_entry(
            db,
            lot=lot,
            kind=StockKind.WRITE_OFF,
            grams=-grams,
            key=f"{key}:loss",
            at=at,
            actor=actor,
            reason=reason,
        )


def _take_returns(db: Session, order: Order, lines: list[OrderLine], incoming: IncomingOrder) -> bool:
    told = {line.line_no: line for line in incoming.lines}
    # A marketplace that tells how many packs came back is believed; one that only says "returned" means all.
    counted = any(line.returned_packs for line in incoming.lines)
    all_back = order.state in GONE or (order.state == "returned" and not counted)
    at = incoming.returned_at or incoming.closed_at or incoming.updated_at
    any_back = False
    for line in lines:
        news = told.get(line.line_no)
        packs = line.packs if all_back else min(news.returned_packs if news else 0, line.packs)
        if packs > line.returned_packs:
            take_return(db, SYSTEM, order, line, packs - line.returned_packs, at=at, sellable=None)
            order.returned_at = at
            any_back = True
    return any_back


def take_return(
    db: Session,
    actor: Actor,
    order: Order,
    line: OrderLine,
    packs: int,
    *,
    at: datetime,
    sellable: bool | None,
) -> None:
    """Count `packs` more of a delivered line as come back, and put them into stock or write them off."""
    already = line.returned_packs
    counting.count_return(db, order, line, packs=packs, already=already, at=at)
    for allocation in db.exec(select(Allocation).where(Allocation.order_line_id == line.id)).all():
        grams = allocation.grams * (already + packs) // line.packs - allocation.grams * already // line.packs
        if allocation.lot_id is not None and grams > 0:
            lot = db.get_one(HarvestLot, allocation.lot_id)
            key = f"return:{allocation.id}:{already + packs}"
            _back_in_stock(db, actor, lot, grams, key, at=at, sellable=sellable)
    line.returned_packs = already + packs
    db.add(line)
    db.flush()
