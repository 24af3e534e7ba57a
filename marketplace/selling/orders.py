"""Orders: taken once whoever tells of them, allocated to lots, moved forward, counted when delivered.

`take_order` is the only way an order of a marketplace enters. Told twice, late or out of order, it changes
nothing twice.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from catalog.lots import post_entry
from catalog.models import HarvestLot, StockKind
from marketplace.core.audit import SYSTEM, note
from marketplace.core.db import insert_new
from marketplace.core.units import local_day
from marketplace.selling.after_delivery import deliver_lines, take_returns, taken_otherwise
from marketplace.selling.drift import Kind, open_drifts
from marketplace.selling.giving_back import give_back
from marketplace.selling.goods_back import come_back
from marketplace.selling.incoming import GONE, IncomingOrder
from marketplace.selling.models import Allocation, Listing, Order, OrderLine, ParkedOrder, Shop
from marketplace.selling.order_wishes import confirm_when_in_stock, settle_wish
from marketplace.selling.policies import rebalance
from marketplace.selling.return_models import Because
from marketplace.selling.shelf import Shelf
from marketplace.selling.stock import note_move
from marketplace.selling.stock_models import Moved

WAITING = frozenset({"new", "confirmed", "shipped", "unknown"})
UNKNOWN_SKU = "unknown_sku"  #: how the code of a parked line begins; the SKU follows after a colon


@dataclass
class Known:
    """What the orders of one page have to do with, read together: constant statements, however many orders.

    Orders that are known are locked, so that nobody moves them or mends their lines meanwhile.
    """

    orders: dict[str, Order]
    listings: dict[str, Listing]
    shelf: Shelf


def known_of(db: Session, shop: Shop, told: Sequence[IncomingOrder]) -> Known:
    """Read what is known of these orders, locked: the pools they touch by id, then the listings."""
    orders = select(Order).where(
        Order.marketplace == shop.marketplace, col(Order.order_no).in_([one.order_no for one in told])
    )
    locking = (
        orders.order_by(col(Order.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    known = Known({order.order_no: order for order in db.exec(locking)}, {}, Shelf(db))
    skus = {line.sku for one in told if one.order_no not in known.orders for line in one.lines}
    listings = select(Listing).where(Listing.shop_id == shop.id, col(Listing.sku).in_(skus))
    offer_ids = [listing.offer_id for listing in db.exec(listings)] if skus else []
    known.shelf.prepare(offer_ids, _pools_of(db, _moving(known, told)))
    if skus:
        again = (
            listings.order_by(col(Listing.id))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        known.listings = {listing.sku: listing for listing in db.exec(again)}
    return known


def _moving(known: Known, told: Sequence[IncomingOrder]) -> list[int]:
    """Known orders (ids) of which there is news; most of an overlap tells nothing new."""
    both = [(known.orders[one.order_no], one) for one in told if one.order_no in known.orders]
    return [
        order.id or 0 for order, one in both if (one.updated_at, one.state) != (order.updated_at, order.state)
    ]


def _pools_of(db: Session, ids: Collection[int]) -> list[int]:
    """The pools that the goods of these orders came from."""
    if not ids:
        return []
    pools = (
        select(HarvestLot.pool_id)
        .join(Allocation, col(Allocation.lot_id) == HarvestLot.id)
        .join(OrderLine, col(Allocation.order_line_id) == OrderLine.id)
        .where(col(OrderLine.order_id).in_(ids))
    )
    return list(db.exec(pools.distinct()))


def take_order(
    db: Session, shop: Shop, incoming: IncomingOrder, *, now: datetime, known: Known | None = None
) -> Order:
    """Take or bring forward one order of a shop. Older news than what is known changes nothing.

    `known` is shared by the orders that one transaction takes; whoever gives it rebalances its pools
    afterwards.
    """
    alone = known is None
    known = known or known_of(db, shop, [incoming])
    order = known.orders.get(incoming.order_no)
    lines: list[OrderLine] | None = None
    if order is None:
        order, lines = _open(db, shop, incoming, known, now=now)
        known.orders[incoming.order_no] = order
    elif incoming.updated_at < order.updated_at:
        return order
    if _move(db, order, lines, incoming, now=now):
        known.shelf.forget()
        if order.state in GONE:  # what may be on sale there again is read back at once
            shop.sweep_due_at = min(shop.sweep_due_at or now, now)
    if alone:
        rebalance(db, known.shelf.pools, now)
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
            _sell(db, known.listings[told.sku], line, known.shelf, incoming, now=now)
    return order, lines


def _sell(
    db: Session, listing: Listing, line: OrderLine, shelf: Shelf, incoming: IncomingOrder, *, now: datetime
) -> None:
    """Take the goods of a line out of the lots; the listing promises that much less.

    What was cancelled before we heard of it promises as much as before: it was sold and may be on sale again.
    """
    take_goods(db, listing, line, shelf, at=incoming.placed_at)
    if incoming.state != "cancelled":
        listing.exposure_packs = max(0, listing.exposure_packs - line.packs)
    listing.wanted_packs = max(0, listing.wanted_packs - line.packs)
    if listing.confirmed_packs is not None:
        listing.confirmed_packs = max(0, listing.confirmed_packs - line.packs)
    note_move(db, listing, Moved.SOLD, line.packs, now=now)
    db.add(listing)


def fits(incoming: IncomingOrder, known: Known) -> bool:
    """Was this still to be sold, for all we knew? If not, we have missed a cancellation that put goods back
    on sale, or somebody raised the stock on the marketplace.
    """
    if incoming.order_no in known.orders or incoming.state == "cancelled":
        return True
    listings = [(line, known.listings.get(line.sku)) for line in incoming.lines]
    return all(listing is None or line.packs <= listing.exposure_packs for line, listing in listings)


def take_goods(db: Session, listing: Listing, line: OrderLine, shelf: Shelf, *, at: datetime) -> None:
    """Take what a line sold out of the lots, oldest harvest first."""
    taken = [
        (product_id, part)
        for draw, product_id in shelf.draws(listing.offer_id)
        for part in shelf.take(draw.pool_id, line.packs * draw.grams, local_day(at))
    ]
    allocations = [
        Allocation(order_line_id=line.id or 0, lot_id=part.lot_id, product_id=product_id, grams=part.grams)
        for product_id, part in taken
    ]
    db.add_all(allocations)
    db.flush()
    for one in allocations:
        if one.lot_id is not None:
            lot = db.get_one(HarvestLot, one.lot_id)
            key = f"sale:{one.id}"
            post_entry(db, lot=lot, kind=StockKind.SALE, grams=-one.grams, key=key, at=at, actor=SYSTEM)


# --- what happens to it


def _move(
    db: Session, order: Order, lines: list[OrderLine] | None, incoming: IncomingOrder, *, now: datetime
) -> bool:
    """Bring an order to what is told and count what was not counted; True when goods came back."""
    came_back, new = False, lines is not None
    was = order.state
    delivered = incoming.delivered_at is not None and order.delivered_at is None
    if lines is None:
        lines = lines_of(db, order) if incoming.state != was or delivered or incoming.tells_of_lines else []
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
            _give_back(db, order, line, at=order.closed_at or incoming.updated_at, now=now, new=new)
    if delivered and order.state not in GONE:
        order.delivered_at = incoming.delivered_at
        came_back = deliver_lines(db, order, lines, incoming)
    elif order.delivered_at is not None:
        came_back = taken_otherwise(db, order, lines, incoming)
    if order.delivered_at is not None:
        came_back = take_returns(db, order, lines, incoming) or came_back
    if was != order.state:
        note(db, SYSTEM, "order.moved", order, before=was, after=order.state)
    if order.state not in WAITING or (order.wish == "confirm" and order.state in ("confirmed", "shipped")):
        settle_wish(order)
    db.add(order)
    db.flush()
    return came_back


def _give_back(db: Session, order: Order, line: OrderLine, *, at: datetime, now: datetime, new: bool) -> None:
    """The sale did not happen: the goods are ours again, and may be on sale there again.

    What the buyer refused is not: it comes back to the seller, who may have to throw it away.
    """
    release_goods(db, order, line, at=at)
    listing = db.get(Listing, line.listing_id) if line.listing_id else None
    if listing is not None and order.state == "cancelled":
        # The marketplace may have put the packs back on sale by itself: until it is read back, count them as
        # exposed.
        listing.exposure_packs += 0 if new else line.packs
        listing.tighten = True
        note_move(db, listing, Moved.CANCELLED, line.packs, now=now)
        db.add(listing)
        db.flush()
        if all(drift.kind != Kind.STOCK for drift in open_drifts(db, listing)):  # else somebody is asked
            give_back(db, {str(listing.id): line.packs}, now=now)


def release_goods(db: Session, order: Order, line: OrderLine, *, at: datetime) -> None:
    """Into the lots again. Cancelled goods never left; refused ones came back and may be past selling."""
    held = select(Allocation).where(Allocation.order_line_id == line.id, ~col(Allocation.released))
    allocations = db.exec(held.order_by(col(Allocation.id))).all()
    for allocation in allocations:
        allocation.released = True
        db.add(allocation)
        if order.state == "cancelled" and allocation.lot_id is not None:
            lot, grams = db.get_one(HarvestLot, allocation.lot_id), allocation.grams
            key = f"cancelled:{allocation.id}"
            post_entry(db, lot=lot, kind=StockKind.CANCELLED, grams=grams, key=key, at=at, actor=SYSTEM)
    if order.state != "cancelled" and allocations:
        come_back(db, SYSTEM, line, Because.REFUSED, line.packs, first_pack=0, at=at)
