"""What the page of goods that came back shows: those somebody should decide about, then all."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from catalog.models import Product
from marketplace.accounts.models import Account
from marketplace.selling.models import Order, OrderLine
from marketplace.selling.pages import PAGE
from marketplace.selling.return_models import GoodsBack
from marketplace.selling.scopes import goods_back_seen_by


@dataclass(frozen=True)
class BackOfOrder:
    """Goods that came back, with the order they belong to."""

    back: GoodsBack
    product: Product
    order: Order


def back_rows(db: Session, actor: Account, *, decided: bool, number: int) -> tuple[list[BackOfOrder], bool]:
    """A page of goods that came back, newest first; True when there are more."""
    wanted = goods_back_seen_by(actor).where(col(GoodsBack.decided_at).is_not(None) == decided)
    named = (
        wanted.join(Product, col(Product.id) == GoodsBack.product_id)
        .join(OrderLine, col(OrderLine.id) == GoodsBack.order_line_id)
        .join(Order, col(Order.id) == OrderLine.order_id)
        .add_columns(Product, Order)
        .order_by(col(GoodsBack.id).desc())
    )
    rows = [BackOfOrder(*row) for row in db.execute(named.offset((number - 1) * PAGE).limit(PAGE + 1))]
    return rows[:PAGE], len(rows) > PAGE


def how_many_undecided(db: Session, actor: Account) -> int:
    """Goods that came back in this person's sight and nobody decided about."""
    open_ = goods_back_seen_by(actor).where(col(GoodsBack.decided_at).is_(None))
    return db.exec(select(func.count()).select_from(open_.subquery())).one()
