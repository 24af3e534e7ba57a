"""What our books say of the orders that statements name; constant statements, however many orders."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.models import HarvestLot, Producer
from marketplace.selling.incoming import GONE
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
from marketplace.selling.settling.judging import Known, Told
from marketplace.selling.settling.models import Statement, StatementLine
from marketplace.selling.settling.sharing import Goods, Owner


@dataclass
class Books:
    """Orders by (shop, number), and what is known and was told of each by its id."""

    orders: dict[tuple[int, str], Order]
    known: dict[int, Known]
    told: dict[int, Told]
    goods: dict[int, list[Goods]]


def same_order() -> ColumnElement[bool]:
    """Joins `Order` to `StatementLine` and `Statement`."""
    return and_(
        col(Order.shop_id) == col(Statement.shop_id), col(Order.order_no) == col(StatementLine.order_no)
    )


def books_for(db: Session, which: ColumnElement[bool]) -> Books:
    """What is known of the orders of the chosen lines."""
    lines: SelectOfScalar[int | None] = select(col(Order.id))
    lines = lines.join(StatementLine, col(StatementLine.order_no) == Order.order_no)
    ids = lines.join(Statement, col(Statement.id) == StatementLine.statement_id).where(same_order(), which)
    orders = {order.id or 0: order for order in db.exec(select(Order).where(col(Order.id).in_(ids)))}
    order_lines = db.exec(
        select(OrderLine).where(col(OrderLine.order_id).in_(ids)).order_by(col(OrderLine.id))
    ).all()
    back = _complaints(db, ids)
    worth: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in order_lines:
        worth[line.order_id][line.sku] += line.taken_packs * line.price_vnd
        back[line.order_id] += line.returned_packs * line.price_vnd
    known = {
        order_id: Known(
            delivered=order.delivered_at is not None,
            failed=order.state in GONE and order.delivered_at is None,
            worth=dict(worth[order_id]),
            given_back=back[order_id],
        )
        for order_id, order in orders.items()
    }
    by_number = {(order.shop_id, order.order_no): order for order in orders.values()}
    return Books(by_number, known, _told(db, ids), _goods(db, ids, list(order_lines)))


def _complaints(db: Session, ids: SelectOfScalar[int | None]) -> dict[int, int]:
    """đồng given back without goods coming back, by order; what was undone sums up to nothing."""
    money = (
        select(OrderLine.order_id, func.sum(TonnageEntry.value_vnd))
        .join(TonnageEntry, col(TonnageEntry.order_line_id) == OrderLine.id)
        .where(TonnageEntry.kind == TonnageKind.COMPLAINT, col(OrderLine.order_id).in_(ids))
        .group_by(col(OrderLine.order_id))
    )
    return defaultdict(int, {order_id: -int(vnd) for order_id, vnd in db.exec(money)})


def _told(db: Session, ids: SelectOfScalar[int | None]) -> dict[int, Told]:
    goods = func.sum(StatementLine.goods_vnd + StatementLine.marketplace_voucher_vnd)
    sums = (
        select(Order.id, StatementLine.sku, goods, func.sum(StatementLine.refund_vnd))
        .join(StatementLine, col(StatementLine.order_no) == Order.order_no)
        .join(Statement, col(Statement.id) == StatementLine.statement_id)
        .where(same_order(), col(Order.id).in_(ids))
        .group_by(col(Order.id), col(StatementLine.sku))
    )
    told: dict[int, Told] = defaultdict(Told)
    for order_id, sku, paid, refund in db.exec(sums):
        of_order = told[order_id or 0]
        if paid:
            of_order.goods[sku] = int(paid)
        of_order.refund -= int(refund)
    return told


def _goods(
    db: Session, ids: SelectOfScalar[int | None], order_lines: list[OrderLine]
) -> dict[int, list[Goods]]:
    sellers = _sellers(db, ids)
    owners = _owners(db, ids, sellers)
    goods: dict[int, list[Goods]] = defaultdict(list)
    for line in order_lines:
        # Goods nobody knows yet: the seller's, until the order is mended.
        whose = owners.get(line.id or 0) or [Owner(sellers[line.id or 0][0], order_line_id=line.id)]
        goods[line.order_id].append(Goods(line.sku, line.taken_packs * line.price_vnd, whose))
    return goods


def _owners(
    db: Session, ids: SelectOfScalar[int | None], sellers: dict[int, tuple[int, int | None]]
) -> dict[int, list[Owner]]:
    """Whose goods each order line holds: the households of its lots, in the order they were taken."""
    lotless = col(Allocation.lot_id).is_(None)
    rows = db.exec(
        select(Allocation.order_line_id, HarvestLot.household_id, lotless, func.sum(Allocation.grams))
        .join(OrderLine, col(OrderLine.id) == Allocation.order_line_id)
        .join(HarvestLot, col(HarvestLot.id) == Allocation.lot_id, isouter=True)
        .where(col(OrderLine.order_id).in_(ids))
        .group_by(col(Allocation.order_line_id), col(HarvestLot.household_id), lotless)
        .order_by(func.min(Allocation.id))
    )
    owners: dict[int, list[Owner]] = defaultdict(list)
    for line_id, household_id, nobodys, grams in rows:
        producer_id, own = sellers[line_id]
        owner = Owner(producer_id, own if nobodys else household_id, line_id, int(grams), bool(nobodys))
        owners[line_id].append(owner)
    return owners


def _sellers(db: Session, ids: SelectOfScalar[int | None]) -> dict[int, tuple[int, int | None]]:
    """Who sold each order line, and whose household that is when it is one."""
    seller = func.coalesce(Offer.producer_id, Shop.producer_id)
    rows = db.exec(
        select(OrderLine.id, Producer.id, Producer.household_id)
        .join(Order, col(Order.id) == OrderLine.order_id)
        .join(Shop, col(Shop.id) == Order.shop_id)
        .join(Listing, col(Listing.id) == OrderLine.listing_id, isouter=True)
        .join(Offer, col(Offer.id) == Listing.offer_id, isouter=True)
        .join(Producer, col(Producer.id) == seller)
        .where(col(OrderLine.order_id).in_(ids))
    )
    return {line_id or 0: (producer_id or 0, household_id) for line_id, producer_id, household_id in rows}
