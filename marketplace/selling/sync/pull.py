"""Bringing the sales back: orders are pulled with an overlap, products are read back, and promises shrink to
the truth.

The order matters (design §5): read the stock first, then pull the orders; after both, a listing can expose no
more than
min(exposure − sales just seen, the stock that was read).
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError, NotAdmitted
from connectors.kit.protocol import RemoteOrder, RemoteProduct, RemoteState, UnreadOrder
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.core.i18n import N_
from marketplace.selling.listings import ask
from marketplace.selling.models import Blame, Listing, Order, ParkedOrder, Shop, Wanted
from marketplace.selling.orders import IncomingLine, IncomingOrder, park, take_order
from marketplace.selling.shelf import Shelf
from marketplace.selling.sync.lease import Lease, held
from marketplace.selling.sync.registry import Connected, Registry
from marketplace.selling.sync.writing import note_remote

log = logging.getLogger("lensan.worker")

REJECTED = N_("Sàn từ chối tin đăng với lý do “%(reason)s”. Hãy sửa theo đó rồi bấm “Thử lại”.")
LOCKED = N_("Sàn đã khóa tin đăng với lý do “%(reason)s”. Hãy liên hệ sàn để mở khóa.")
VANISHED = N_("Sản phẩm không còn trên sàn. Hãy hỏi sàn lý do, rồi bấm “Thử lại” để đăng lại.")
FEW = 20  #: up to so many listings are read one by one, more by list pages
AHEAD = timedelta(days=1)  #: the marketplace's clock may be before ours


class LeaseLost(Exception):
    """Another worker has taken the shop over; nothing more may be written for it."""


def pull_orders(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> int:
    """Pull what was placed or changed since the last pull, less the overlap; how many orders were told."""
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
        since = shop.pulled_to - timedelta(seconds=rules.pull_overlap_seconds)
    told = _again(engine, connected, lease, rules, now)
    for page in connected.connector.orders(since, now + AHEAD):
        told += len(page)
        with writing(engine) as db:
            _take_page(db, _held(db, lease, rules, now), page, now)
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
        shop.pulled_to = max(shop.pulled_to, now)
        shop.last_pull_at = shop.last_ok_at = now
        shop.pull_due_at = now + timedelta(seconds=rules.pull_seconds)
    return told


def _again(engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, now: datetime) -> int:
    """Ask once more for the orders that could not be taken; what broke may be mended by now."""
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
        parked = list(db.exec(select(ParkedOrder.order_no).where(*_unsettled(shop)).distinct().limit(FEW)))
    for order_no in parked:
        found = _read_order(connected, order_no)
        if found is not None:
            with writing(engine) as db:
                take_safely(db, _held(db, lease, rules, now), found, now=now)
    return len(parked)


def _unsettled(shop: Shop) -> tuple[ColumnElement[bool], ...]:
    """Orders parked as a whole; a line with a SKU that is not ours waits for a person instead."""
    return (
        col(ParkedOrder.shop_id) == shop.id,
        col(ParkedOrder.settled_at).is_(None),
        ~col(ParkedOrder.code).startswith("unknown_sku"),
    )


def _held(db: Session, lease: Lease, rules: WorkerSettings, now: datetime) -> Shop:
    shop = held(
        db,
        lease,
        now=max(now, lease.until - timedelta(seconds=rules.lease_seconds)),
        seconds=rules.lease_seconds,
    )
    if shop is None:
        raise LeaseLost
    return shop


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


# --- reading back
# -------------------------------------------------------------------------------------------------------


def read_back(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> dict[int, int]:
    """Read the shop's products and note what is there; returns the stock read of each listing whose promise
    has slack.

    Everything by list pages when the promised age is reached, otherwise only the few listings with slack.
    """
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
        slack = _slack(db, shop, now)
        full = _full_sweep_due(db, shop, rules, now) or len(slack) > FEW
    remote: dict[str, RemoteProduct] = {}
    if full:
        for page in connected.connector.products():
            remote.update({product.sku: product for product in page})
    else:
        for sku in slack:
            found = connected.connector.find(sku)
            if found is not None:
                remote[sku] = found
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
        note_products(db, shop, remote, now=now, whole=full)
        if full:
            shop.last_sweep_at = now
        shop.sweep_due_at = next_sweep(db, shop, rules, now)
    return {slack[sku]: product.packs for sku, product in remote.items() if sku in slack}


def _slack(db: Session, shop: Shop, now: datetime) -> dict[str, int]:
    """Listings (SKU → id) whose exposure may shrink, no lost write of which can still arrive."""
    settled = col(Listing.doubt_until).is_(None) | (col(Listing.doubt_until) <= now)
    rows = select(Listing.sku, Listing.id).where(
        Listing.shop_id == shop.id, col(Listing.tighten).is_(True), col(Listing.unclear).is_(False), settled
    )
    return {sku: listing_id or 0 for sku, listing_id in db.exec(rows)}


def _full_sweep_due(db: Session, shop: Shop, rules: WorkerSettings, now: datetime) -> bool:
    if shop.last_sweep_at is None or shop.last_sweep_at + timedelta(seconds=rules.sweep_seconds) <= now:
        return True
    unsettled = select(Listing.id).where(
        Listing.shop_id == shop.id,
        col(Listing.remote_state).in_(("unknown", "pending")),
        Listing.wanted == Wanted.ON_SALE,
    )
    return db.exec(unsettled.limit(1)).first() is not None


def next_sweep(db: Session, shop: Shop, rules: WorkerSettings, now: datetime) -> datetime:
    """When to read back next: at the promised age, or as soon as a doubt has passed."""
    doubt = db.exec(
        select(Listing.doubt_until)
        .where(Listing.shop_id == shop.id, col(Listing.tighten).is_(True), col(Listing.doubt_until) > now)
        .order_by(col(Listing.doubt_until))
        .limit(1)
    ).first()
    regular = now + timedelta(seconds=rules.sweep_seconds)
    return min(regular, doubt) if doubt else regular


def note_products(
    db: Session, shop: Shop, remote: Mapping[str, RemoteProduct], *, now: datetime, whole: bool
) -> None:
    """Write down what is there; a moderator's no and a product that vanished go to a person."""
    known = select(Listing).where(Listing.shop_id == shop.id, col(Listing.remote_id).is_not(None))
    if not whole:
        known = known.where(col(Listing.sku).in_(list(remote)))
    for listing in db.exec(known):
        product = remote.get(listing.sku)
        if product is not None:
            note_remote(listing, product, now=now)
            _judge(listing, product)
        elif not listing.unclear and listing.wanted == Wanted.ON_SALE:
            listing.remote_state = RemoteState.DELETED.value
            ask(listing, Blame.COORDINATOR, "remote.vanished", VANISHED)
        db.add(listing)


def _judge(listing: Listing, product: RemoteProduct) -> None:
    if listing.wanted != Wanted.ON_SALE or listing.blame is not None:
        return
    reason = product.reason or "?"
    if product.state is RemoteState.REJECTED:
        ask(listing, Blame.SELLER, "moderation.rejected", REJECTED, {"reason": reason})
    elif product.state is RemoteState.LOCKED:
        ask(listing, Blame.COORDINATOR, "moderation.locked", LOCKED, {"reason": reason})


def tighten(
    engine: Engine, lease: Lease, read: Mapping[int, int], rules: WorkerSettings, *, now: datetime
) -> None:
    """After a read and a pull: exposure shrinks to min(exposure − sales just seen, stock that was read)."""
    if not read:
        return
    with writing(engine) as db:
        _held(db, lease, rules, now)
        for listing in db.exec(select(Listing).where(col(Listing.id).in_(list(read)))):
            sellable = read[listing.id or 0] if listing.remote_state not in ("off", "deleted") else 0
            listing.exposure_packs = min(listing.exposure_packs, sellable)
            listing.tighten = False
            listing.doubt_until = None
            if listing.restock and listing.wanted == Wanted.ON_SALE and listing.blame is None:
                listing.not_before = now
            db.add(listing)


# --- wishes about orders, and pushes
# ------------------------------------------------------------------------------------


def carry_out_wishes(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> None:
    """Confirm or cancel the orders somebody asked for, then read each back."""
    with writing(engine) as db:
        shop = _held(db, lease, rules, now)
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
            told = _read_order(connected, order_no)
        _note_wish(engine, lease, rules, order_id, told, error, now)
        if isinstance(error, NotAdmitted):
            raise error


def _read_order(connected: Connected, order_no: str) -> RemoteOrder | None:
    try:
        return connected.connector.order(order_no)
    except ConnectorError:
        return None


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
        shop = _held(db, lease, rules, now)
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
