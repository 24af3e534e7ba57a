"""A pretend marketplace forgets all when it ends: making a new one fit what our books hold."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from connectors.kit.control import Control, Impossible
from marketplace.cli.demo.facts import SEASON_START
from marketplace.selling.models import Listing, Order, OrderLine, Shop, Wanted
from marketplace.selling.orders import WAITING

Known = tuple[str, int, str, datetime, datetime]  #: SKU, packs, state, placed, changed


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


def known_orders(db: Session, shop: Shop) -> tuple[int, dict[int, Known]]:
    """The highest order number we know, and the orders that still wait for something, by number."""
    last = db.exec(select(func.max(Order.order_no)).where(Order.shop_id == shop.id)).one()
    rows = db.exec(
        select(Order, OrderLine)
        .join(OrderLine, col(OrderLine.order_id) == Order.id)
        .where(Order.shop_id == shop.id, col(Order.state).in_(WAITING))
    )
    waiting = {
        int(order.order_no): (line.sku, line.packs, order.state, order.placed_at, order.updated_at)
        for order, line in rows
    }
    return int(last or 0), waiting


def count_up(control: Control, sku: str, last: int, waiting: dict[int, Known]) -> Iterator[tuple[str, str]]:
    """Use up the order numbers that are known here, so that no new order takes one of them.

    Orders that wait are placed again under their number; the others are placed long ago and cancelled. Yields
    number and state of each.
    """
    control.settings(cancel_restocks=True)
    try:
        number = 0
        while number < last:
            number, state = _once(control, sku, waiting.get(number + 1))
            yield str(number), state
    finally:
        control.settings(cancel_restocks=False)


def _once(control: Control, sku: str, known: Known | None) -> tuple[int, str]:
    if known is not None:
        try:
            return _again(control, known)
        except Impossible:
            pass  # its goods are sold out meanwhile
    order = control.buy(sku, 1, SEASON_START)
    control.advance(str(order["order_no"]), "cancelled", SEASON_START + timedelta(minutes=1))
    return int(order["order_no"]), "cancelled"


def _again(control: Control, known: Known) -> tuple[int, str]:
    sku, packs, state, placed_at, changed_at = known
    number = str(control.buy(sku, packs, placed_at)["order_no"])
    path = {"confirmed": ("confirmed",), "shipped": ("confirmed", "shipped")}.get(state, ())
    for step in path:
        control.advance(number, step, changed_at)
    return int(number), state
