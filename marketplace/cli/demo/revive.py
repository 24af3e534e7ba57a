"""A pretend marketplace forgets all when it ends: making a new one fit what our books hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from connectors.kit.control import Control, Impossible
from marketplace.cli.demo.facts import SEASON_START
from marketplace.cli.demo.history import Placed
from marketplace.selling.models import Listing, Order, OrderLine, Shop, Wanted
from marketplace.selling.orders import WAITING


@dataclass(frozen=True)
class Known:
    """An order of our books that still waits for something."""

    sku: str
    packs: int
    state: str
    placed_at: datetime
    changed_at: datetime


def forget_remote(db: Session, shop: Shop, *, now: datetime) -> None:
    """The marketplace is empty: nothing is exposed there, and what is wanted is to be published anew."""
    db.execute(
        update(Listing)
        .where(col(Listing.shop_id) == shop.id)
        .values(
            remote_id=None, remote_state=None, remote_url=None, remote_reason=None, published_revision=0,
            sent_revision=0, confirmed_price_vnd=None, confirmed_packs=None, seen_at=None, exposure_packs=0,
            unclear=False, tighten=False, doubt_until=None, attempts=0, restock=True,
        )
    )  # fmt: skip
    waiting = (
        col(Listing.shop_id) == shop.id,
        col(Listing.blame).is_(None),
        col(Listing.wanted) == Wanted.ON_SALE,
    )
    db.execute(update(Listing).where(*waiting).values(not_before=now))


def known_orders(db: Session, shop: Shop) -> tuple[str | None, dict[str, Known]]:
    """The order number we heard of last, and the orders that still wait for something, by number."""
    last = db.exec(
        select(Order.order_no)
        .where(Order.shop_id == shop.id)
        .order_by(func.length(Order.order_no).desc(), col(Order.order_no).desc())
        .limit(1)
    ).first()
    rows = db.exec(
        select(Order, OrderLine)
        .join(OrderLine, col(OrderLine.order_id) == Order.id)
        .where(Order.shop_id == shop.id, col(Order.state).in_(WAITING))
    )
    waiting = {
        order.order_no: Known(line.sku, line.packs, order.state, order.placed_at, order.updated_at)
        for order, line in rows
    }
    return last, waiting


def bring_back(
    control: Control, shop_id: int, sku: str, last: str | None, waiting: dict[str, Known]
) -> Iterator[Placed]:
    """Place the orders that wait again under their numbers; new orders are numbered after the last one.

    The last order, when it waits for nothing, is placed long ago and cancelled.
    """
    control.settings(cancel_restocks=True)
    try:
        for number, known in waiting.items():
            yield _again(control, shop_id, number, known)
        if last is not None and last not in waiting:
            cancelled = ("cancelled", SEASON_START + timedelta(minutes=1), None)
            control.buy(sku, 1, SEASON_START, order_no=last, steps=[cancelled])
    finally:
        control.settings(cancel_restocks=False)


def _again(control: Control, shop_id: int, number: str, known: Known) -> Placed:
    path = {"confirmed": ("confirmed",), "shipped": ("confirmed", "shipped")}.get(known.state, ())
    steps = [(step, known.changed_at, None) for step in path]
    try:
        control.buy(known.sku, known.packs, known.placed_at, order_no=number, steps=steps)
    except Impossible:
        return Placed(shop_id, number, "cancelled")  # its goods are sold out meanwhile
    return Placed(shop_id, number, known.state)
