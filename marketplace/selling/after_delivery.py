"""What becomes of an order once it is delivered: taken in part, sent back, as the marketplace tells it."""

from datetime import datetime

from sqlmodel import Session

from marketplace.core.audit import SYSTEM, Actor
from marketplace.selling import counting
from marketplace.selling.goods_back import change_taken, come_back, deliver
from marketplace.selling.incoming import GONE, IncomingOrder
from marketplace.selling.models import Order, OrderLine
from marketplace.selling.return_models import Because


def deliver_lines(db: Session, order: Order, lines: list[OrderLine], incoming: IncomingOrder) -> bool:
    """Count what was delivered; True when the buyer did not take all of it."""
    told = {line.line_no: line.delivered_packs for line in incoming.lines}
    for line in lines:
        taken = told.get(line.line_no)
        line.delivered_packs = None if taken is None else min(max(taken, 0), line.packs)
        deliver(db, SYSTEM, order, line, at=order.delivered_at or incoming.updated_at)
    return any(line.taken_packs < line.packs for line in lines)


def taken_otherwise(db: Session, order: Order, lines: list[OrderLine], incoming: IncomingOrder) -> bool:
    """The marketplace tells of another number that the buyer took; one that tells none changes nothing."""
    told = {line.line_no: line.delivered_packs for line in incoming.lines}
    at = incoming.updated_at
    changed = [
        change_taken(db, SYSTEM, order, line, taken, now=at)
        for line in lines
        if (taken := told.get(line.line_no)) is not None
    ]
    return any(changed)


def take_returns(db: Session, order: Order, lines: list[OrderLine], incoming: IncomingOrder) -> bool:
    """Take what came back and was not counted yet; True when something did."""
    told = {line.line_no: line for line in incoming.lines}
    # A marketplace that tells how many packs came back is believed; one that only says "returned" means all.
    counted = any(line.returned_packs for line in incoming.lines)
    all_back = order.state in GONE or (order.state == "returned" and not counted)
    at = incoming.returned_at or incoming.closed_at or incoming.updated_at
    any_back = False
    for line in lines:
        news = told.get(line.line_no)
        most = line.taken_packs
        packs = most if all_back else min(news.returned_packs if news else 0, most)
        if packs > line.returned_packs:
            take_return(db, SYSTEM, order, line, packs - line.returned_packs, at=at)
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
) -> None:
    """Count `packs` more of a delivered line as come back; what becomes of the goods, a person may decide."""
    already = line.returned_packs
    counting.count_return(db, order, line, packs=packs, already=already, at=at)
    come_back(db, actor, line, Because.RETURNED, packs, first_pack=already, at=at)
    line.returned_packs = already + packs
    db.add(line)
    db.flush()
