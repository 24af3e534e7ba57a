"""What people wish about orders is carried out, and what a marketplace pushes makes us look sooner."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected
from connectors.kit.protocol import Connector, OrderState, RemoteOrder, ShipsItself
from marketplace.core.config import WorkerSettings
from marketplace.core.db import insert_new, locked, writing
from marketplace.core.i18n import N_
from marketplace.selling.models import Blame, Listing, Order, OrderHint, Shop
from marketplace.selling.order_wishes import settle_wish
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.pull import read_order, take_safely
from marketplace.selling.sync.registry import Connected, Registry

MOST_TRIES = 8  #: of one wish, before a person must act
LONGEST_NUMBER = 40  #: characters of an order number that fit its column
#: In these states what was wished has not happened yet.
STILL = {
    "confirm": (OrderState.NEW,),
    "cancel": (OrderState.NEW, OrderState.CONFIRMED),
    "deliver": (OrderState.NEW, OrderState.CONFIRMED, OrderState.SHIPPED),
}
NOT_SEEN = N_("Sàn đã nhận lệnh nhưng đơn chưa đổi trạng thái; hãy xem đơn trên trang của sàn.")


def carry_out_wishes(
    engine: Engine,
    connected: Connected,
    lease: Lease,
    rules: WorkerSettings,
    *,
    now: datetime,
    between: Callable[[], object] = bool,
) -> None:
    """Do with orders what somebody asked for, those that end soonest first; then read each back.

    `between` is called after each: what is urgent is done then.
    """
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        due = select(Order).where(Order.shop_id == shop.id, col(Order.wish_not_before) <= now)
        soonest = due.order_by(col(Order.confirm_by).is_(None), col(Order.confirm_by), col(Order.id))
        wishes = [
            (order.id or 0, order.order_no, order.wish, order.wish_reason)
            for order in db.exec(soonest.limit(rules.batch))
        ]
    for order_id, order_no, wish, reason in wishes:
        told: RemoteOrder | None = None
        error: ConnectorError | None = None
        try:
            _carry_out(connected.connector, order_no, wish, reason)
        except ConnectorError as failed:
            error = failed
        if error is None or error.maybe_done or isinstance(error, Rejected):
            told = read_order(connected, order_no)
        _note_wish(engine, lease, rules, order_id, told, error, now)
        if isinstance(error, NotAdmitted):
            raise error
        between()


def _carry_out(connector: Connector, order_no: str, wish: str | None, reason: str | None) -> None:
    if wish == "confirm":
        connector.confirm(order_no)
    elif wish == "deliver":
        cast(ShipsItself, connector).deliver(order_no)
    else:
        connector.cancel(order_no, reason or "")


def _note_wish(
    engine: Engine,
    lease: Lease,
    rules: WorkerSettings,
    order_id: int,
    told: RemoteOrder | None,
    error: ConnectorError | None,
    now: datetime,
) -> None:
    """Done when the order is seen to have moved; else tried again, rarer each time, then for a person."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        if told is not None:
            take_safely(db, shop, told, now=now)
        order = db.get_one(Order, order_id)
        if order.wish is None:
            return
        if error is None and told is not None and told.state not in STILL[order.wish]:
            settle_wish(order)
        else:
            _not_done(order, error, rules, now)
        db.add(order)


def _not_done(order: Order, error: ConnectorError | None, rules: WorkerSettings, now: datetime) -> None:
    order.wish_attempts += 1
    order.wish_error = (error.sentence if error else NOT_SEEN)[:300]
    order.wish_facts = dict(error.facts) if error else {}
    order.wish_blame = _blame(error).value
    clear_no = isinstance(error, Rejected | Misunderstood) and not error.maybe_done
    wait = min(rules.longest_pause, rules.retry_seconds * 2 ** min(order.wish_attempts, MOST_TRIES))
    given_up = clear_no or order.wish_attempts > MOST_TRIES
    order.wish_not_before = None if given_up else now + timedelta(seconds=wait)


def _blame(error: ConnectorError | None) -> Blame:
    """Who must act when it is given up."""
    if isinstance(error, Rejected):
        return Blame.SELLER
    return Blame.DEVELOPER if isinstance(error, Misunderstood) else Blame.COORDINATOR


def hinted(
    db: Session, registry: Registry, shop: Shop, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> bool:
    """A push arrived: look again soon, believe nothing in it. False when it was not from the marketplace.

    An order or a product it names is read alone; anything else is found by a pull or a reading back of all,
    which comes once in a while however many pushes there are: moderators work through thousands of goods.
    """
    try:
        hint = registry.connected(shop).connector.hint(headers, body)
        kind, key = hint.kind, hint.key
    except NotAdmitted:
        return False
    except ConnectorError:
        kind, key = "order", None  # theirs, but in a form we do not know: looking too often costs nothing
    if kind != "order":
        _look_at(db, shop, key, registry.settings.worker, now)
    elif key is None or len(key) > LONGEST_NUMBER:
        shop.pull_due_at = now
    else:
        insert_new(db, OrderHint, ("shop_id", "order_no"), shop_id=shop.id, order_no=key)
    db.add(shop)
    return True


def _look_at(db: Session, shop: Shop, sku: str | None, rules: WorkerSettings, now: datetime) -> None:
    """Read back the product a push names, at once; one that names none of ours asks for all of them."""
    shop = locked(db, Shop, shop.id or 0)  # before its listings, as the worker does
    known = (
        select(Listing).where(Listing.shop_id == shop.id, Listing.sku == sku).with_for_update(key_share=True)
    )
    listing = db.exec(known).first() if sku else None
    if listing is not None:
        listing.tighten = True  # it is read alone, the orders are pulled, and then it is judged
        db.add(listing)
        shop.sweep_due_at = now
        return
    rested = shop.last_sweep_at + timedelta(seconds=rules.pull_seconds) if shop.last_sweep_at else now
    shop.sweep_due_at = min(shop.sweep_due_at or rested, max(now, rested))
