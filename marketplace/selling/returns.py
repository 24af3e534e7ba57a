"""What people record about a delivered line: goods that came back, and refunds without return."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from marketplace.core.audit import Actor, note
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import LOCAL
from marketplace.selling import counting
from marketplace.selling.models import Order, OrderLine
from marketplace.selling.orders import take_return


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


def record_return(
    db: Session, actor: Actor, line: OrderLine, packs: int, *, on: date, sellable: bool, now: datetime
) -> OrderLine:
    """Record that `packs` of a delivered line came back on a local day; counted in the period of that day."""
    order = _delivered(db, line, on)
    if not 0 < packs <= line.packs - line.returned_packs:
        raise MoreThanDelivered(left=line.packs - line.returned_packs)
    take_return(
        db, actor, order, line, packs, at=_noon_or_now(on, now, order.delivered_at), sellable=sellable
    )
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
