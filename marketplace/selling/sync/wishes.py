"""What people wish about orders is carried out, and what a marketplace pushes makes us look sooner."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError, NotAdmitted
from connectors.kit.protocol import RemoteOrder
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import Order, Shop
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.pull import read_order, take_safely
from marketplace.selling.sync.registry import Connected, Registry


def carry_out_wishes(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> None:
    """Confirm or cancel the orders somebody asked for, then read each back."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        due = select(Order).where(Order.shop_id == shop.id, col(Order.wish_not_before) <= now)
        wishes = [
            (order.id or 0, order.order_no, order.wish, order.wish_reason)
            for order in db.exec(due.limit(rules.batch))
        ]
    for order_id, order_no, wish, reason in wishes:
        told: RemoteOrder | None = None
        error: ConnectorError | None = None
        try:
            if wish == "confirm":
                connected.connector.confirm(order_no)
            else:
                connected.connector.cancel(order_no, reason or "")
        except ConnectorError as failed:
            error = failed
        if error is None or error.maybe_done:
            told = read_order(connected, order_no)
        _note_wish(engine, lease, rules, order_id, told, error, now)
        if isinstance(error, NotAdmitted):
            raise error


def _note_wish(
    engine: Engine,
    lease: Lease,
    rules: WorkerSettings,
    order_id: int,
    told: RemoteOrder | None,
    error: ConnectorError | None,
    now: datetime,
) -> None:
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        if told is not None:
            take_safely(db, shop, told, now=now)
        order = db.get_one(Order, order_id)
        if order.wish is None:
            return
        if error is None and told is not None:
            order.wish = order.wish_not_before = None
        else:
            order.wish_attempts += 1
            wait = min(3600, rules.retry_seconds * 2 ** min(order.wish_attempts, 8))
            order.wish_not_before = None if order.wish_attempts > 8 else now + timedelta(seconds=wait)
        db.add(order)


def hinted(
    db: Session, registry: Registry, shop: Shop, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> bool:
    """A push arrived: look again soon, believe nothing in it. False when it was not from the marketplace."""
    try:
        kind = registry.connected(shop).connector.hint(headers, body).kind
    except NotAdmitted:
        return False
    except ConnectorError:
        kind = "order"  # theirs, but in a form we do not know: looking once too often costs nothing
    if kind == "order":
        shop.pull_due_at = now
    else:
        shop.sweep_due_at = now
    db.add(shop)
    return True
