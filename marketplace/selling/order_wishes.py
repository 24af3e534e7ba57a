"""What people wish about orders, for the worker to carry out on the marketplace (`sync/wishes.py`)."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from marketplace.core.audit import SYSTEM, Actor, note
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.selling.models import Allocation, Order, OrderLine


class NotWaiting(Refused):
    sentence = N_("Đơn này không còn chờ xác nhận.")


class NotOursToDeliver(Refused):
    sentence = N_("Chỉ đơn đã xác nhận mà người bán tự giao mới báo đã giao ở đây được.")


class NothingWished(Refused):
    sentence = N_("Đơn này không còn việc nào chờ gửi lên sàn.")


class ReasonNeeded(Refused):
    sentence = N_("Hãy chọn lý do hủy đơn.")
    field = "reason"
    status = 422


def wish_confirm(db: Session, actor: Actor, order: Order, *, now: datetime) -> Order:
    """Ask the worker to confirm a new order on the marketplace; asking twice asks once."""
    return _wish(db, actor, order, "confirm", None, now=now)


def wish_cancel(db: Session, actor: Actor, order: Order, reason: str, *, now: datetime) -> Order:
    """Ask the worker to cancel an order that waits; `reason` is a code the marketplace itself offers."""
    if not reason:
        raise ReasonNeeded
    return _wish(db, actor, order, "cancel", reason, now=now)


def wish_deliver(db: Session, actor: Actor, order: Order, *, now: datetime) -> Order:
    """Ask the worker to say that the seller itself delivered a confirmed order; asking twice asks once."""
    if not order.self_shipping or order.state not in ("confirmed", "shipped"):
        raise NotOursToDeliver
    return _write_wish(db, actor, order, "deliver", None, now=now)


def _wish(db: Session, actor: Actor, order: Order, wish: str, reason: str | None, *, now: datetime) -> Order:
    if order.state not in ("new", "confirmed") or (wish == "confirm" and order.state != "new"):
        raise NotWaiting
    return _write_wish(db, actor, order, wish, reason, now=now)


def _write_wish(
    db: Session, actor: Actor, order: Order, wish: str, reason: str | None, *, now: datetime
) -> Order:
    settle_wish(order)
    order.wish, order.wish_reason, order.wish_not_before = wish, reason, now
    db.add(order)
    note(db, actor, f"order.{wish}_wished", order, reason=reason)
    return order


def wish_again(db: Session, actor: Actor, order: Order, *, now: datetime) -> Order:
    """Let the worker try at once what it gave up or waits with."""
    if order.wish is None:
        raise NothingWished
    order.wish_not_before, order.wish_attempts = now, 0
    db.add(order)
    note(db, actor, "order.tried_again", order, wish=order.wish)
    return order


def confirm_when_in_stock(db: Session, order: Order, *, now: datetime) -> bool:
    """Wish a new order confirmed for nobody, when every pack of it came out of a lot; True when it was."""
    if order.state != "new" or order.wish is not None or not in_stock(db, order):
        return False
    wish_confirm(db, SYSTEM, order, now=now)
    return True


def in_stock(db: Session, order: Order) -> bool:
    """Is every line ours, and did lots have all of it?"""
    taken = (
        select(OrderLine.id, func.count(col(Allocation.id)), func.count(col(Allocation.lot_id)))
        .outerjoin(Allocation, col(Allocation.order_line_id) == OrderLine.id)
        .where(OrderLine.order_id == order.id)
        .group_by(col(OrderLine.id))
    )
    rows = db.exec(taken).all()
    return bool(rows) and all(0 < parts == with_lot for _, parts, with_lot in rows)


def settle_wish(order: Order) -> None:
    """Nothing is wished of this order any more, whatever stood in the way."""
    order.wish = order.wish_reason = order.wish_not_before = order.wish_error = order.wish_blame = None
    order.wish_facts = {}
    order.wish_attempts = 0
