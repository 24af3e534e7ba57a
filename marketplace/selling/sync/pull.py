"""Bringing the sales back: orders are pulled with an overlap; one that cannot be taken blocks no other."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import RemoteOrder, UnreadOrder
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import ParkedOrder, Shop
from marketplace.selling.orders import IncomingLine, IncomingOrder, park, take_order
from marketplace.selling.shelf import Shelf
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.registry import Connected

log = logging.getLogger("lensan.worker")

AGAIN = 20  #: parked orders asked for once more with each pull
AHEAD = timedelta(days=1)  #: the marketplace's clock may be before ours


def pull_orders(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> int:
    """Pull what was placed or changed since the last pull, less the overlap; how many orders were told."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        since = shop.pulled_to - timedelta(seconds=rules.pull_overlap_seconds)
    told = _again(engine, connected, lease, rules, now)
    for page in connected.connector.orders(since, now + AHEAD):
        told += len(page)
        with writing(engine) as db:
            _take_page(db, still_held(db, lease, rules, now), page, now)
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        shop.pulled_to = max(shop.pulled_to, now)
        shop.last_pull_at = shop.last_ok_at = now
        shop.pull_due_at = now + timedelta(seconds=rules.pull_seconds)
    return told


def _again(engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, now: datetime) -> int:
    """Ask once more for the orders that could not be taken; what broke may be mended by now."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        parked = list(db.exec(select(ParkedOrder.order_no).where(*_unsettled(shop)).distinct().limit(AGAIN)))
    for order_no in parked:
        found = read_order(connected, order_no)
        if found is not None:
            with writing(engine) as db:
                take_safely(db, still_held(db, lease, rules, now), found, now=now)
    return len(parked)


def read_order(connected: Connected, order_no: str) -> RemoteOrder | None:
    """One order as the marketplace tells it; None when it does not."""
    try:
        return connected.connector.order(order_no)
    except ConnectorError:
        return None


def _unsettled(shop: Shop) -> tuple[ColumnElement[bool], ...]:
    """Orders parked as a whole; a line with a SKU that is not ours waits for a person instead."""
    return (
        col(ParkedOrder.shop_id) == shop.id,
        col(ParkedOrder.settled_at).is_(None),
        ~col(ParkedOrder.code).startswith("unknown_sku"),
    )


def _take_page(db: Session, shop: Shop, page: Sequence[RemoteOrder | UnreadOrder], now: datetime) -> None:
    shelf = Shelf(db)
    for told in page:
        if isinstance(told, UnreadOrder):
            park(db, shop, told.order_no or "?", told.code, told.raw, now=now)
            continue
        take_safely(db, shop, told, now=now, shelf=shelf)


def take_safely(
    db: Session, shop: Shop, told: RemoteOrder, *, now: datetime, shelf: Shelf | None = None
) -> None:
    """Take one order; one that breaks our rules is parked and never blocks the others."""
    shelf = shelf or Shelf(db)
    try:
        with db.begin_nested():
            take_order(db, shop, incoming(told), now=now, shelf=shelf)
    except Exception as error:
        shelf.forget()
        log.exception("order parked", extra={"shop": shop.id, "order": told.order_no})
        park(db, shop, told.order_no, f"bug.{type(error).__name__}", told.raw_state, now=now)
        return
    for parked in db.exec(
        select(ParkedOrder).where(*_unsettled(shop), ParkedOrder.order_no == told.order_no)
    ):
        parked.settled_at = now
        db.add(parked)


def incoming(told: RemoteOrder) -> IncomingOrder:
    """The marketplace's words in ours."""
    return IncomingOrder(
        order_no=told.order_no,
        state=told.state.value,
        lines=tuple(
            IncomingLine(line.line_id, line.sku, line.packs, line.price_vnd, line.returned_packs)
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
    )
