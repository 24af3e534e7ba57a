"""What people record about a delivered line: what the buyer took, what came back, refunds without return.

Each can be undone by a line of the other sign; what the marketplace itself told cannot.
"""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from marketplace.core.audit import Actor, note
from marketplace.core.db import locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import LOCAL
from marketplace.selling import counting
from marketplace.selling.after_delivery import take_return
from marketplace.selling.goods_back import backs_of, change_taken, go_out_again
from marketplace.selling.models import Order, OrderLine, TonnageEntry, TonnageKind
from marketplace.selling.return_models import Because


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


class AlreadyMore(Refused):
    sentence = N_(
        "Vừa có người ghi thêm hàng trả, nay đã trả %(returned)s gói. Hãy xem lại rồi ghi phần còn thiếu."
    )
    field = "packs"
    status = 422


class NoReturnToUndo(Refused):
    sentence = N_(
        "Dòng hàng này không còn lần trả hàng nào do người ghi; lần trả do sàn báo thì không bỏ được."
    )


class NoComplaintToUndo(Refused):
    sentence = N_("Dòng hàng này không còn khiếu nại nào để bỏ. Hãy tải lại trang để xem.")


def record_taken(db: Session, actor: Actor, line: OrderLine, packs: int, *, now: datetime) -> OrderLine:
    """Record how many packs of a delivered line the buyer took; the same number again changes nothing.

    Counted on the day of the delivery (domain §11.2). Refuses fewer than were sent back.
    """
    order, line = _delivered(db, line)
    before = line.taken_packs
    if change_taken(db, actor, order, line, packs, now=now):
        note(db, actor, "order.taken", order, line=line.id, before=before, after=packs)
    return line


def record_return(
    db: Session, actor: Actor, line: OrderLine, packs: int, *, already: int, on: date, now: datetime
) -> OrderLine:
    """Record that `packs` of a delivered line came back on a local day; counted in the period of that day.

    `already` had come back when it was typed: the same form sent twice changes nothing the second time.
    """
    order, line = _delivered(db, line, on)
    if line.returned_packs == already + packs:
        return line
    if line.returned_packs != already:
        raise AlreadyMore(returned=line.returned_packs)
    if not 0 < packs <= line.taken_packs - already:
        raise MoreThanDelivered(left=line.taken_packs - already)
    take_return(db, actor, order, line, packs, at=_noon_or_now(on, now, order.delivered_at))
    order.returned_at = order.returned_at or now
    db.add(order)
    note(db, actor, "order.returned", order, line=line.id, packs=packs, on=on.isoformat())
    return line


def undo_return(db: Session, actor: Actor, line: OrderLine, *, now: datetime) -> OrderLine:
    """Take back the last return that a person recorded of a line: sold and counted as before.

    Refuses what the marketplace told, and goods that were sold again meanwhile.
    """
    order, line = _delivered(db, line)
    backs = backs_of(db, line, Because.RETURNED)
    last = [back for back in backs if back.first_pack + back.packs == line.returned_packs]
    if not last or last[0].recorded_by is None:
        raise NoReturnToUndo
    for back in last:
        go_out_again(db, actor, back, now=now)
    counted = counting.standing(db, line, TonnageKind.RETURNED)
    upto = str(line.returned_packs)
    counting.count_undone(db, [one for one in counted if _told(one).split(":")[0] == upto], at=now)
    line.returned_packs = last[0].first_pack
    db.add(line)
    note(db, actor, "order.return_undone", order, line=line.id, packs=last[0].packs)
    return line


def record_complaint(
    db: Session,
    actor: Actor,
    line: OrderLine,
    grams: int,
    refund_vnd: int,
    *,
    on: date,
    now: datetime,
    key: str | None = None,
) -> OrderLine:
    """Record a refund without return: the weight stays counted, the value falls, the loss is shown apart.

    `key` twice is once.
    """
    order, line = _delivered(db, line, on)
    known = counting.standing(db, line, TonnageKind.COMPLAINT)
    if any(_told(entry) == key for entry in known):
        return line
    taken = counting.first_packs(line, counting.portions_of(db, line), line.taken_packs)
    sold = sum(grams for grams, _ in taken)
    spoilt = sum(entry.complaint_grams for entry in known)
    refunded = -sum(entry.value_vnd for entry in known)
    if (
        not 0 <= grams <= sold - spoilt
        or not 0 <= refund_vnd <= line.taken_packs * line.price_vnd - refunded
        or (grams, refund_vnd) == (0, 0)
    ):
        raise MoreThanSold
    at = _noon_or_now(on, now, order.delivered_at)
    key = key or now.isoformat()
    counting.count_complaint(db, order, line, grams=grams, refund_vnd=refund_vnd, key=key, at=at)
    facts = {"line": line.id, "grams": grams, "refund_vnd": refund_vnd, "on": on.isoformat()}
    note(db, actor, "order.complaint", order, **facts)
    return line


def undo_complaint(db: Session, actor: Actor, line: OrderLine, *, now: datetime) -> OrderLine:
    """Take back the last complaint of a line: its value counts again."""
    order, line = _delivered(db, line)
    standing = counting.standing(db, line, TonnageKind.COMPLAINT)
    if not standing:
        raise NoComplaintToUndo
    last = [entry for entry in standing if _told(entry) == _told(standing[-1])]
    counting.count_undone(db, last, at=now)
    refund = -sum(entry.value_vnd for entry in last)
    note(db, actor, "order.complaint_undone", order, line=line.id, refund_vnd=refund)
    return line


def _told(entry: TonnageEntry) -> str:
    """What was counted, whatever the lot: the last part of the key."""
    return entry.key.split(":", 2)[2]


def _delivered(db: Session, line: OrderLine, on: date | None = None) -> tuple[Order, OrderLine]:
    """The order and its line, kept from others until the transaction ends."""
    order = locked(db, Order, line.order_id)
    line = locked(db, OrderLine, line.id or 0)
    if order.delivered_at is None:
        raise NotDelivered
    if on is not None and on < order.delivered_at.astimezone(LOCAL).date():
        raise BeforeDelivery
    return order, line


def _noon_or_now(on: date, now: datetime, delivered_at: datetime | None) -> datetime:
    """An instant on a local day: now when that is today, otherwise its noon, never before the delivery."""
    if now.astimezone(LOCAL).date() == on:
        return now
    noon = datetime.combine(on, time(12), tzinfo=LOCAL).astimezone(UTC)
    return max(noon, delivered_at + timedelta(seconds=1)) if delivered_at else noon
