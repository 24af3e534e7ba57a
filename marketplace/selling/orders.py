"""Orders: taken once whoever tells of them, allocated to lots, moved forward, counted when delivered.

`take_order` is the only way an order of a marketplace enters. Told twice, late or out of order, it changes
nothing twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from catalog.lots import lock_pool, post_entry
from catalog.models import HarvestLot, Product, StockKind
from marketplace.core.audit import SYSTEM, Actor, note
from marketplace.core.db import insert_new
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import LOCAL
from marketplace.selling import counting
from marketplace.selling.models import Allocation, Listing, Order, OrderLine, ParkedOrder, Shop
from marketplace.selling.shelf import Shelf

GONE = frozenset({"cancelled", "refused"})  #: the goods were not sold
WAITING = frozenset({"new", "confirmed", "shipped", "unknown"})


class NotWaiting(Refused):
    sentence = N_("Đơn này không còn chờ xác nhận.")


class ReasonNeeded(Refused):
    sentence = N_("Hãy chọn lý do hủy đơn.")
    field = "reason"
    status = 422


class NotDelivered(Refused):
    sentence = N_("Đơn này chưa giao xong nên chưa ghi được hàng trả hay khiếu nại.")


class MoreThanDelivered(Refused):
    sentence = N_("Dòng hàng này chỉ còn %(left)s gói có thể trả.")
    field = "packs"
    status = 422


class MoreThanSold(Refused):
    sentence = N_("Khối lượng khiếu nại hoặc tiền hoàn lớn hơn phần đã bán của dòng hàng này.")
    field = "grams"
    status = 422


class BeforeDelivery(Refused):
    sentence = N_("Ngày này trước ngày giao hàng. Hãy chọn ngày từ lúc giao trở đi.")
    field = "on"
    status = 422


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


def take_order(
    db: Session, shop: Shop, incoming: IncomingOrder, *, now: datetime, shelf: Shelf | None = None
) -> Order:
    """Take or bring forward one order of a shop. Older news than what is known changes nothing.

    `shelf` is shared by the orders that one transaction takes.
    """
    shelf = shelf or Shelf(db)
    order = db.exec(
        select(Order).where(Order.marketplace == shop.marketplace, Order.order_no == incoming.order_no)
    ).first()
    if order is None:
        order, lines = _open(db, shop, incoming, shelf, now=now)
    elif incoming.updated_at < order.updated_at:
        return order
    else:
        lines = lines_of(db, order)
    if _move(db, order, lines, incoming):
        shelf.forget()
    return order


def lines_of(db: Session, order: Order) -> list[OrderLine]:
    return list(db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.id))))


def park(db: Session, shop: Shop, order_no: str, code: str, raw: str, *, now: datetime) -> None:
    """Put aside what could not be taken, once, with its redacted text; the others go on."""
    parked = {"shop_id": shop.id, "order_no": order_no[:40], "code": code[:60]}
    insert_new(db, ParkedOrder, list(parked), **parked, raw=raw[:4000], at=now)


# --- a new order


def _open(
    db: Session, shop: Shop, incoming: IncomingOrder, shelf: Shelf, *, now: datetime
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
    lines: list[OrderLine] = []
    for told in incoming.lines:
        listing = db.exec(select(Listing).where(Listing.sku == told.sku, Listing.shop_id == shop.id)).first()
        line = OrderLine(
            order_id=order.id or 0,
            line_no=told.line_no,
            sku=told.sku,
            listing_id=listing.id if listing else None,
            packs=told.packs,
            price_vnd=told.price_vnd,
        )
        db.add(line)
        db.flush()
        lines.append(line)
        if listing is None:
            park(db, shop, order.order_no, f"unknown_sku:{told.sku}", told.sku, now=now)
        else:
            _sell(db, listing, line, shelf, at=incoming.placed_at)
    return order, lines


def _sell(db: Session, listing: Listing, line: OrderLine, shelf: Shelf, *, at: datetime) -> None:
    """Take the goods of a line out of the lots; the listing promises that much less."""
    for draw, product_id in shelf.draws(listing.offer_id):
        for taken in shelf.take(draw.pool_id, line.packs * draw.grams):
            _allocate(db, line, product_id, taken.lot_id, taken.grams, at=at)
    listing.exposure_packs = max(0, listing.exposure_packs - line.packs)
    listing.wanted_packs = max(0, listing.wanted_packs - line.packs)
    if listing.confirmed_packs is not None:
        listing.confirmed_packs = max(0, listing.confirmed_packs - line.packs)
    db.add(listing)


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


def _move(db: Session, order: Order, lines: list[OrderLine], incoming: IncomingOrder) -> bool:
    """Bring an order to what is told and count what was not counted; True when goods came back."""
    came_back = False
    was = order.state
    order.state, order.raw_state, order.updated_at = incoming.state, incoming.raw_state, incoming.updated_at
    order.cancel_reason = incoming.cancel_reason or order.cancel_reason
    order.closed_at = incoming.closed_at or order.closed_at
    order.shipping_vnd, order.voucher_vnd = incoming.shipping_vnd, incoming.voucher_vnd
    if order.state in GONE and was not in GONE and order.delivered_at is None:
        came_back = True
        for line in lines:
            _give_back(db, order, line, at=order.closed_at or incoming.updated_at)
    if incoming.delivered_at is not None and order.delivered_at is None and order.state not in GONE:
        order.delivered_at = incoming.delivered_at
        for line in lines:
            counting.count_delivery(db, order, line, at=incoming.delivered_at)
    if order.delivered_at is not None:
        came_back = _take_returns(db, order, lines, incoming)
    if was != order.state:
        note(db, SYSTEM, "order.moved", order, before=was, after=order.state)
    if order.state not in WAITING:
        order.wish = order.wish_not_before = None
    db.add(order)
    db.flush()
    return came_back


def _give_back(db: Session, order: Order, line: OrderLine, *, at: datetime) -> None:
    """The sale did not happen. Cancelled goods never left; refused ones came back and may be past selling."""
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
    listing = db.get(Listing, line.listing_id) if line.listing_id else None
    if listing is not None:
        # The marketplace may have put the packs back on sale by itself: until it is read back, count them as
        # exposed.
        listing.exposure_packs += line.packs
        listing.tighten = True
        db.add(listing)


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
            _return(db, SYSTEM, order, line, packs - line.returned_packs, at=at, sellable=None)
            order.returned_at = at
            any_back = True
    return any_back


def _return(
    db: Session,
    actor: Actor,
    order: Order,
    line: OrderLine,
    packs: int,
    *,
    at: datetime,
    sellable: bool | None,
) -> None:
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


# --- what people wish and record


def wish_confirm(db: Session, actor: Actor, order: Order, *, now: datetime) -> Order:
    """Ask the worker to confirm a new order on the marketplace; asking twice asks once."""
    return _wish(db, actor, order, "confirm", None, now=now)


def wish_cancel(db: Session, actor: Actor, order: Order, reason: str, *, now: datetime) -> Order:
    """Ask the worker to cancel an order that waits; `reason` is a code the marketplace itself offers."""
    if not reason:
        raise ReasonNeeded
    return _wish(db, actor, order, "cancel", reason, now=now)


def _wish(db: Session, actor: Actor, order: Order, wish: str, reason: str | None, *, now: datetime) -> Order:
    if order.state not in ("new", "confirmed") or (wish == "confirm" and order.state != "new"):
        raise NotWaiting
    order.wish, order.wish_reason, order.wish_not_before, order.wish_attempts = wish, reason, now, 0
    db.add(order)
    note(db, actor, f"order.{wish}_wished", order, reason=reason)
    return order


def record_return(
    db: Session, actor: Actor, line: OrderLine, packs: int, *, on: date, sellable: bool, now: datetime
) -> OrderLine:
    """Record that `packs` of a delivered line came back on a local day; counted in the period of that day."""
    order = _delivered(db, line, on)
    if not 0 < packs <= line.packs - line.returned_packs:
        raise MoreThanDelivered(left=line.packs - line.returned_packs)
    _return(db, actor, order, line, packs, at=_noon_or_now(on, now, order.delivered_at), sellable=sellable)
    order.returned_at = order.returned_at or now
    db.add(order)
    note(db, actor, "order.returned", order, line=line.id, packs=packs, on=on.isoformat(), sellable=sellable)
    return line


def record_complaint(
    db: Session, actor: Actor, line: OrderLine, grams: int, refund_vnd: int, *, on: date, now: datetime
) -> OrderLine:
    """Record a refund without return: the weight stays counted, the value falls, the loss is shown apart."""
    order = _delivered(db, line, on)
    sold = sum(portion.grams for portion in counting.portions_of(db, line))
    if (
        not 0 <= grams <= sold
        or not 0 <= refund_vnd <= line.packs * line.price_vnd
        or (grams, refund_vnd) == (0, 0)
    ):
        raise MoreThanSold
    at = _noon_or_now(on, now, order.delivered_at)
    counting.count_complaint(db, order, line, grams=grams, refund_vnd=refund_vnd, key=now.isoformat(), at=at)
    note(
        db,
        actor,
        "order.complaint",
        order,
        line=line.id,
        grams=grams,
        refund_vnd=refund_vnd,
        on=on.isoformat(),
    )
    return line


def _delivered(db: Session, line: OrderLine, on: date) -> Order:
    order = db.get_one(Order, line.order_id)
    if order.delivered_at is None:
        raise NotDelivered
    if on < order.delivered_at.astimezone(LOCAL).date():
        raise BeforeDelivery
    return order


def _noon_or_now(on: date, now: datetime, delivered_at: datetime | None) -> datetime:
    """An instant on a local day: now when that is today, otherwise its noon, never before the delivery."""
    if now.astimezone(LOCAL).date() == on:
        return now
    noon = datetime.combine(on, time(12), tzinfo=LOCAL).astimezone(UTC)
    return max(noon, delivered_at + timedelta(seconds=1)) if delivered_at else noon
