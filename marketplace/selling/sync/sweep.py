"""Products are read back, and promises shrink to the truth.

The order matters (design §5): read the stock first, then pull the orders; after both, a listing can expose no
more than min(exposure − sales just seen, the stock that was read).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.kit.protocol import RemoteProduct, RemoteState
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.core.i18n import N_
from marketplace.selling.listings import ask
from marketplace.selling.models import Blame, Listing, Shop, Wanted
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.registry import Connected
from marketplace.selling.sync.writing import REJECTED, note_remote

LOCKED = N_("Sàn đã khóa tin đăng với lý do “%(reason)s”. Hãy liên hệ sàn để mở khóa.")
VANISHED = N_("Sản phẩm không còn trên sàn. Hãy hỏi sàn lý do, rồi bấm “Thử lại” để đăng lại.")
FEW = 20  #: up to so many listings are read one by one, more by list pages


def read_back(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> dict[int, int]:
    """Read the shop's products and note what is there; returns the stock read of each listing whose promise
    has slack.

    Everything by list pages when the promised age is reached, otherwise only the few listings with slack.
    """
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
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
        shop = still_held(db, lease, rules, now)
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
        still_held(db, lease, rules, now)
        for listing in db.exec(select(Listing).where(col(Listing.id).in_(list(read)))):
            sellable = read[listing.id or 0] if listing.remote_state not in ("off", "deleted") else 0
            listing.exposure_packs = min(listing.exposure_packs, sellable)
            listing.tighten = False
            listing.doubt_until = None
            if listing.restock and listing.wanted == Wanted.ON_SALE and listing.blame is None:
                listing.not_before = now
            db.add(listing)
