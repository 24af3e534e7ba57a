"""Lines of statements meet our orders: what fits is shared out, what does not waits for news or a person.

Asked again it changes nothing; an order that arrives or moves later is met by itself.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, exists
from sqlmodel import Session, col, select

from marketplace.selling.models import Allocation, Order
from marketplace.selling.settling.facts import Books, books_for, same_order
from marketplace.selling.settling.judging import Told, judge
from marketplace.selling.settling.models import (
    MAY_BE_EXPLAINED,
    LineState,
    Statement,
    StatementLine,
    StatementShare,
)
from marketplace.selling.settling.sharing import Owner, Vnd, amounts_of, share_out


def waiting() -> ColumnElement[bool]:
    """Lines that news of an order may explain."""
    return and_(col(StatementLine.state).in_(MAY_BE_EXPLAINED), col(StatementLine.closed_at).is_(None))


def match(db: Session, which: ColumnElement[bool]) -> int:
    """Judge the chosen lines that wait, and share out what is explained now; how many that is."""
    found = db.exec(
        select(StatementLine, Statement.shop_id)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .where(which, waiting())
        .order_by(col(StatementLine.id))
        .with_for_update(key_share=True, of=StatementLine)
    ).all()
    if not found:
        return 0
    books = books_for(db, and_(which, waiting()))
    explained = [line for line, shop_id in found if _judged(db, line, shop_id, books)]
    share_lines(db, explained, books)
    return len(explained)


def match_news(db: Session) -> int:
    """Match everything that waits and whose order is here, and share again what was of nobody known."""
    here = exists().where(same_order(), col(Statement.id) == col(StatementLine.statement_id))
    explained = match(db, here.correlate(StatementLine, Statement))
    mended = select(StatementShare.line_id).where(_goods_known_since())
    lines = db.exec(select(StatementLine).where(col(StatementLine.id).in_(mended))).all()
    if lines:
        ids = [line.id or 0 for line in lines]
        db.execute(delete(StatementShare).where(col(StatementShare.line_id).in_(ids)))
        share_lines(db, lines, books_for(db, col(StatementLine.id).in_(ids)))
    return explained + len(lines)


def news_waits(db: Session) -> bool:
    """Whether `match_news` would look at anything."""
    lines = (
        select(StatementLine.id)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .join(Order, same_order())
        .where(waiting())
    )
    if db.exec(lines.limit(1)).first() is not None:
        return True
    return db.exec(select(StatementShare.id).where(_goods_known_since()).limit(1)).first() is not None


def share_lines(db: Session, lines: Iterable[StatementLine], books: Books) -> None:
    """Write the shares of lines whose order is known."""
    for line in lines:
        goods = books.goods[line.order_id or 0]
        keep(db, line, share_out(amounts_of(line), goods, sku=line.sku))
    db.flush()


def keep(db: Session, line: StatementLine, shares: Iterable[tuple[Owner, Vnd]]) -> None:
    """Write whose money a line is."""
    db.add_all(
        StatementShare(
            line_id=line.id or 0,
            order_line_id=owner.order_line_id,
            household_id=owner.household_id,
            producer_id=owner.producer_id,
            grams=owner.grams,
            lotless=owner.lotless,
            **dict(part),
        )
        for owner, part in shares
    )


def _judged(db: Session, line: StatementLine, shop_id: int, books: Books) -> bool:
    """Set the state of a line; True when it is explained."""
    order = books.orders.get((shop_id, line.order_no or ""))
    if order is None or order.id is None:
        return False
    told = books.told.get(order.id, Told())
    line.order_id = order.id
    line.state = judge(amounts_of(line), line.sku, books.known[order.id], told)
    if not books.goods.get(order.id):
        line.state = LineState.NO_ORDER  # an order without a line says nothing about whose money it is
    db.add(line)
    return line.state == LineState.EXPLAINED


def _goods_known_since() -> ColumnElement[bool]:
    """Shares of order lines whose goods were not known then and are now."""
    known = exists().where(col(Allocation.order_line_id) == col(StatementShare.order_line_id))
    return and_(
        col(StatementShare.grams) == 0,
        col(StatementShare.order_line_id).is_not(None),
        known.correlate(StatementShare),
    )
