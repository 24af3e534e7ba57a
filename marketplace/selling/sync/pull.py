"""Bringing the sales back: orders are pulled with an overlap; one that cannot be taken blocks no other."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, delete, or_
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import RemoteOrder, UnreadOrder
from marketplace.core.config import WorkerSettings
from marketplace.core.db import reading, writing
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import OrderHint, ParkedOrder, Shop
from marketplace.selling.orders import (
    UNKNOWN_SKU,
    fits,
    in_words,
    known_of,
    park,
    take_order,
)
from marketplace.selling.policies import rebalance
from marketplace.selling.sync.lease import Lease, LeaseLost, still_held
from marketplace.selling.sync.registry import Connected

log = logging.getLogger("lensan.worker")

AGAIN = 20  #: parked orders asked for once more with each pull
AHEAD = timedelta(days=1)  #: the marketplace's clock may be before ours
LOOK_BACK = timedelta(days=1)  #: what the first pull of each hour looks back, for orders told late
HINTS = 5  #: hinted orders read one by one; more are left to a pull
LONGEST_WAIT = timedelta(hours=6)  #: between two tries of a parked order
NAMELESS = "?"  #: how the key of an order without a readable number begins


def pull_orders(
    engine: Engine,
    connected: Connected,
    lease: Lease,
    rules: WorkerSettings,
    *,
    now: datetime,
    between: Callable[[], object] = bool,
) -> int:
    """Pull what was placed or changed since the last pull, less the overlap; how many orders were told.

    Only when every page was taken does the next pull begin later. Hinted orders go first, also between pages;
    so does what `between` does. An order that sells more than was still to be sold waits until all was told
    once more: a cancellation before it may have put the goods back on sale.
    """
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        since = _since(shop, rules, now)
        hints = db.exec(select(OrderHint.id).where(OrderHint.shop_id == shop.id)).all()
    waiting: dict[str, RemoteOrder] = {}
    told = _again(engine, connected, lease, rules, now, waiting)

    def pages(left: dict[str, RemoteOrder]) -> int:
        orders = 0
        for page in connected.connector.orders(since, now + AHEAD):
            orders += len(page)
            left.update(_take_page(engine, lease, rules, page, now))
            take_hinted(engine, connected, lease, rules, now=now)
            between()
        return orders

    told += pages(waiting)
    later: dict[str, RemoteOrder] = {}
    if waiting:
        pages(later)
    for number, order in waiting.items():
        with writing(engine) as db:
            take_safely(db, still_held(db, lease, rules, now), later.pop(number, order), now=now)
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        db.execute(delete(OrderHint).where(col(OrderHint.id).in_(hints)))
        shop.pulled_to = max(shop.pulled_to, now)
        shop.last_pull_at = shop.last_ok_at = now
        shop.pull_due_at = now if later else now + timedelta(seconds=rules.pull_seconds)
    return told


def _since(shop: Shop, rules: WorkerSettings, now: datetime) -> datetime:
    """Where a pull begins: the overlap covers clocks that differ, the hourly look back what is told late."""
    overlap = timedelta(seconds=rules.pull_overlap_seconds)
    hourly = shop.last_pull_at is None or f"{shop.last_pull_at:%F %H}" != f"{now:%F %H}"
    return shop.pulled_to - (max(overlap, LOOK_BACK) if hourly else overlap)


def take_hinted(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> None:
    """Read the orders that pushes named, each alone; what cannot be taken now comes with the next pull.

    Where many wait, a pull tells of all of them with fewer calls: they stay until it has ended.
    """
    if not hints_wait(engine, lease.shop_id):
        return
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        waiting = select(OrderHint.id, OrderHint.order_no).where(OrderHint.shop_id == lease.shop_id)
        hints = dict(db.exec(waiting.limit(HINTS + 1)).all())
        if len(hints) > HINTS:
            shop.pull_due_at = now
            return
        db.execute(delete(OrderHint).where(col(OrderHint.id).in_(hints)))
    found = [read_order(connected, order_no) for order_no in hints.values()]
    left = _take_page(engine, lease, rules, [order for order in found if order is not None], now)
    if left or None in found:
        with writing(engine) as db:
            still_held(db, lease, rules, now).pull_due_at = now


def hints_wait(engine: Engine, shop_id: int) -> bool:
    """Did a push name an order of this shop that was not read yet?"""
    with reading(engine) as db:
        return db.exec(select(OrderHint.id).where(OrderHint.shop_id == shop_id).limit(1)).first() is not None


def _again(
    engine: Engine,
    connected: Connected,
    lease: Lease,
    rules: WorkerSettings,
    now: datetime,
    left: dict[str, RemoteOrder],
) -> int:
    """Ask once more for the orders that could not be taken, rarer each time; what broke may be mended.

    `left` gathers those that sell more than was still to be sold.
    """
    due = or_(col(ParkedOrder.try_at).is_(None), col(ParkedOrder.try_at) <= now)
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        wanted = (
            select(ParkedOrder)
            .where(*unsettled(shop), due)
            .order_by(col(ParkedOrder.try_at).is_not(None), col(ParkedOrder.try_at), col(ParkedOrder.id))
        )
        parked = list(db.exec(wanted.limit(AGAIN)))
        for one in parked:
            wait = timedelta(seconds=rules.pull_seconds) * 2 ** min(one.tries, 20)
            one.tries, one.try_at = one.tries + 1, now + min(wait, LONGEST_WAIT)
            db.add(one)
    numbers = list(dict.fromkeys(one.order_no for one in parked))
    for order_no in numbers:
        found = read_order(connected, order_no)
        if found is not None:
            left.update(_take_page(engine, lease, rules, [found], now))
    return len(numbers)


def read_order(connected: Connected, order_no: str) -> RemoteOrder | None:
    """One order as the marketplace tells it; None when it does not."""
    try:
        return connected.connector.order(order_no)
    except ConnectorError:
        return None


def unsettled(shop: Shop) -> tuple[ColumnElement[bool], ...]:
    """Orders parked as a whole; a line with a SKU that is not ours waits for a person instead."""
    return (
        col(ParkedOrder.shop_id) == shop.id,
        col(ParkedOrder.settled_at).is_(None),
        ~col(ParkedOrder.code).startswith(UNKNOWN_SKU),
        ~col(ParkedOrder.order_no).startswith(NAMELESS),
    )


def _take_page(
    engine: Engine,
    lease: Lease,
    rules: WorkerSettings,
    page: Sequence[RemoteOrder | UnreadOrder],
    now: datetime,
) -> dict[str, RemoteOrder]:
    """Take a page in one transaction; when one order of it cannot be taken, each in its own, so that pools
    are never locked one order after the other.

    Returns by number those not taken because they sell more than was still to be sold.
    """
    orders = [told for told in page if not isinstance(told, UnreadOrder)]
    left: set[str] = set()
    try:
        with writing(engine) as db:
            shop = still_held(db, lease, rules, now)
            _park_unread(db, shop, page, now)
            left = _take_all(db, shop, orders, now, only_fitting=True)
    except LeaseLost:
        raise
    except Exception:
        with writing(engine) as db:
            _park_unread(db, still_held(db, lease, rules, now), page, now)
        for told in orders:
            with writing(engine) as db:
                left |= take_safely(db, still_held(db, lease, rules, now), told, now=now, only_fitting=True)
    return {told.order_no: told for told in orders if told.order_no in left}


def _park_unread(db: Session, shop: Shop, page: Sequence[RemoteOrder | UnreadOrder], now: datetime) -> None:
    for told in page:
        if isinstance(told, UnreadOrder):
            key = told.order_no or NAMELESS + hashlib.sha256(told.raw.encode()).hexdigest()[:12]
            park(db, shop, key, told.code, told.raw, now=now)


def _take_all(
    db: Session, shop: Shop, orders: Sequence[RemoteOrder], now: datetime, *, only_fitting: bool
) -> set[str]:
    """Take orders and settle what was parked of them before; any that breaks our rules raises.

    Returns the numbers of those left alone.
    """
    told = [incoming(order) for order in orders]
    known = known_of(db, shop, told)
    left: set[str] = set()
    for one in told:
        if only_fitting and not fits(one, known):
            left.add(one.order_no)
        else:
            take_order(db, shop, one, now=now, known=known)
    rebalance(db, known.shelf.pools, now)
    numbers = [one.order_no for one in told if one.order_no not in left]
    for parked in db.exec(
        select(ParkedOrder).where(*unsettled(shop), col(ParkedOrder.order_no).in_(numbers))
    ):
        parked.settled_at = now
        db.add(parked)
    return left


def take_safely(
    db: Session, shop: Shop, told: RemoteOrder, *, now: datetime, only_fitting: bool = False
) -> set[str]:
    """Take one order; one that breaks our rules is parked and never blocks the others.

    `only_fitting`: one that sells more than was still to be sold is left alone, and its number returned.
    """
    try:
        with db.begin_nested():
            return _take_all(db, shop, [told], now, only_fitting=only_fitting)
    except Exception as error:
        log.exception("order parked", extra={"shop": shop.id, "order": told.order_no})
        park(db, shop, told.order_no, f"bug.{type(error).__name__}", in_words(told), now=now)
        return set()


def incoming(told: RemoteOrder) -> IncomingOrder:
    """The marketplace's words in ours."""
    return IncomingOrder(
        order_no=told.order_no,
        state=told.state.value,
        lines=tuple(
            IncomingLine(
                line.line_id, line.sku, line.packs, line.price_vnd, line.returned_packs, line.delivered_packs
            )
            for line in told.lines
        ),
        placed_at=told.placed_at,
        updated_at=told.updated_at,
        delivered_at=told.delivered_at,
        returned_at=told.returned_at,
        closed_at=told.closed_at,
        cancel_reason=told.cancel_reason,
        shipping_vnd=told.shipping_vnd,
        voucher_vnd=told.voucher_vnd,
        raw_state=told.raw_state,
        confirm_by=told.confirm_by,
        self_shipping=told.self_shipping,
    )
