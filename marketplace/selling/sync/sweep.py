"""Products are read back: page by page, each page written down as it comes.

The order matters (design §5): read the stock first, then pull the orders; only then `drift.compare` may say
what is wrong and how little can still be sold.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from connectors.kit.protocol import RemoteProduct, RemoteState
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.core.i18n import N_
from marketplace.core.text import clean
from marketplace.selling.listings import ask
from marketplace.selling.models import Blame, Drift, Listing, OrderLine, Shop, Wanted
from marketplace.selling.stock_models import ExposureEntry
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.registry import Connected
from marketplace.selling.sync.writing import REJECTED, buyable, note_off, note_remote

LOCKED = N_("Sàn đã khóa tin đăng với lý do “%(reason)s”. Hãy liên hệ sàn để mở khóa.")
FEW = 20  #: up to so many listings are read one by one, more by list pages
MOST_LOOKED_UP = 50  #: listings that no page told of, looked up one by one in one sweep
GONE = (RemoteState.OFF, RemoteState.DELETED)  #: nobody can buy, whatever stock is told


@dataclass(frozen=True)
class Seen:
    """One product as it was read, and what we believed of its listing at that moment."""

    product: RemoteProduct
    exposure_packs: int
    confirmed_packs: int | None
    tighten: bool

    @property
    def sellable(self) -> int:
        """Packs that may be sold there, now or when it is approved."""
        return 0 if self.product.state in GONE else self.product.packs


@dataclass
class Reading:
    """What one reading back found. Only what may differ is kept: memory does not grow with the shop."""

    at: datetime
    whole: bool  #: every page was read; otherwise only a few listings
    last_line: int = 0  #: sales taken before have smaller ids
    last_entry: int = 0  #: and so have exposures moved before
    slack: dict[str, int] = field(default_factory=dict)  #: SKU → id of listings whose exposure may shrink
    watched: set[int] = field(default_factory=set)  #: listings with a drift that is not settled
    told: set[int] = field(default_factory=set)  #: listings that were read
    seen: dict[int, Seen] = field(default_factory=dict)  #: those of them that must be compared
    others: dict[int, RemoteProduct] = field(default_factory=dict)  #: our SKU under another remote id
    strangers: dict[str, RemoteProduct] = field(default_factory=dict)  #: SKUs that no listing has, by id
    missing: set[int] = field(default_factory=set)  #: nowhere to be found, looked up one by one

    def forget(self, written: set[int]) -> None:
        """These listings were written since: what was read of them before says nothing any more."""
        for listing_id in written:
            self.seen.pop(listing_id, None)
        self.missing -= written
        self.told |= written


def read_back(
    engine: Engine,
    connected: Connected,
    lease: Lease,
    rules: WorkerSettings,
    *,
    now: datetime,
    between: Callable[[], set[int]] = set,
) -> Reading:
    """Read the shop's products and note what is there.

    Everything by list pages when the promised age is reached, otherwise only the few listings with slack.
    `between` is called after every page: what is urgent is done then, and the listings it wrote are not
    judged by what was read before.
    """
    with writing(engine) as db:
        reading = _begin(db, still_held(db, lease, rules, now), rules, now)
    for page in _pages(connected, reading):
        with writing(engine) as db:
            shop = still_held(db, lease, rules, now)
            note_products(db, shop, page, reading)
        reading.forget(between())
    if reading.whole:
        _look_for_missing(engine, connected, lease, rules, reading)
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        if reading.whole:
            shop.last_sweep_at = now
        shop.sweep_due_at = next_sweep(db, shop, rules, now)
    return reading


def _begin(db: Session, shop: Shop, rules: WorkerSettings, now: datetime) -> Reading:
    slack = _slack(db, shop, now)
    whole = _full_sweep_due(db, shop, rules, now) or len(slack) > FEW
    open_drifts = select(Drift.listing_id).where(
        Drift.shop_id == shop.id, col(Drift.settled_at).is_(None), col(Drift.listing_id).is_not(None)
    )
    return Reading(
        at=now,
        whole=whole,
        last_line=db.exec(select(func.max(OrderLine.id))).one() or 0,
        last_entry=db.exec(select(func.max(ExposureEntry.id))).one() or 0,
        slack=slack,
        watched={listing_id or 0 for listing_id in db.exec(open_drifts)},
    )


def _pages(connected: Connected, reading: Reading) -> Iterable[Sequence[RemoteProduct]]:
    if reading.whole:
        yield from connected.connector.products()
        return
    for sku in reading.slack:
        found = connected.connector.find(sku)
        if found is not None:
            yield [found]


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
    if shop.last_sweep_at + timedelta(seconds=rules.pull_seconds) > now:
        return False  # a moderator's every push asks to look; all pages are read once in a while
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


# --- writing down what was read
# --------------------------------------------------------------------------------------------------------


def note_products(db: Session, shop: Shop, page: Sequence[RemoteProduct], reading: Reading) -> None:
    """Write down one page: what is there, a moderator's no; two statements, however long the page is."""
    skus = {product.sku for product in page}
    known = select(Listing).where(Listing.shop_id == shop.id, col(Listing.sku).in_(skus))
    listings = {listing.sku: listing for listing in db.exec(known.order_by(col(Listing.id)))}
    for product in page:
        listing = listings.get(product.sku)
        if listing is None:
            reading.strangers[product.remote_id] = product
        elif listing.remote_id == product.remote_id:
            note_product(listing, product, reading)
            db.add(listing)
        elif listing.remote_id is not None:
            reading.others[listing.id or 0] = product


def note_product(listing: Listing, product: RemoteProduct, reading: Reading) -> None:
    """Write down one product, and keep it when it must be compared once the orders were pulled."""
    reading.told.add(listing.id or 0)
    seen = Seen(product, listing.exposure_packs, listing.confirmed_packs, listing.tighten)
    if not _as_expected(listing, seen) or listing.id in reading.watched or listing.sku in reading.slack:
        reading.seen[listing.id or 0] = seen
    note_remote(listing, product, now=reading.at)
    if listing.wanted == Wanted.WITHDRAWN:
        if not buyable(product) and listing.not_before is None and not listing.unclear:
            confirmed = listing.off_seen_at
            note_off(listing, product, now=reading.at)
            listing.off_seen_at = confirmed or reading.at
        return
    _judge(listing, product)


def _as_expected(listing: Listing, seen: Seen) -> bool:
    """Is there nothing to compare, whatever was sold meanwhile? Sales only lower what is there."""
    product, stock = seen.product, seen.confirmed_packs
    if listing.wanted == Wanted.WITHDRAWN:
        return not buyable(product) and listing.off_seen_at is not None
    return (
        product.state is RemoteState.LIVE
        and product.packs == stock
        and product.packs <= seen.exposure_packs
        and product.price_vnd == listing.sent_price_vnd
        and same_words(product.title, listing.sent_title)
    )


def same_words(there: str, sent: str | None) -> bool:
    """Are these the same title? Marketplaces cut blanks as they like; what they do not tell is no other."""
    return not there or sent is None or clean(there)[:300].split() == clean(sent)[:300].split()


def _judge(listing: Listing, product: RemoteProduct) -> None:
    if listing.blame is not None:
        return
    reason = product.reason or "?"
    if product.state is RemoteState.REJECTED:
        ask(listing, Blame.SELLER, "moderation.rejected", REJECTED, {"reason": reason})
    elif product.state is RemoteState.LOCKED:
        ask(listing, Blame.COORDINATOR, "moderation.locked", LOCKED, {"reason": reason})


# --- what no page told of
# --------------------------------------------------------------------------------------------------------


def _look_for_missing(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, reading: Reading
) -> None:
    """Lists move while they are read: what no page told of is looked up before anybody is alarmed."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, reading.at)
        _settle_others(db, reading)
        looked_up = _not_told(db, shop, reading)
    found = {}
    for listing_id, sku in looked_up:
        product = connected.connector.find(sku)
        if product is None:
            reading.missing.add(listing_id)
        else:
            found[listing_id] = product
    with writing(engine) as db:
        still_held(db, lease, rules, reading.at)
        for listing in db.exec(select(Listing).where(col(Listing.id).in_(found))):
            note_product(listing, found[listing.id or 0], reading)
            db.add(listing)


def _settle_others(db: Session, reading: Reading) -> None:
    """Our SKU under another id: a second product when ours was told too, else the same under a new id."""
    moved = [listing_id for listing_id in reading.others if listing_id not in reading.told]
    for listing in db.exec(select(Listing).where(col(Listing.id).in_(moved))):
        note_product(listing, reading.others.pop(listing.id or 0), reading)
        db.add(listing)
    for product in reading.others.values():
        reading.strangers[product.remote_id] = product


def _not_told(db: Session, shop: Shop, reading: Reading) -> list[tuple[int, str]]:
    """Listings to look up (id, SKU), those not seen for longest first; what was missing before still is."""
    wanted = select(Listing.id, Listing.sku, Listing.remote_state).where(
        Listing.shop_id == shop.id,
        col(Listing.remote_id).is_not(None),
        Listing.wanted == Wanted.ON_SALE,
        col(Listing.unclear).is_(False),
        col(Listing.doubt_until).is_(None) | (col(Listing.doubt_until) <= reading.at),
    )
    rows = [row for row in db.exec(wanted.order_by(col(Listing.seen_at))) if row[0] not in reading.told]
    gone = {listing_id or 0 for listing_id, _, state in rows if state == RemoteState.DELETED.value}
    reading.missing |= gone & reading.watched
    rest = [(listing_id or 0, sku) for listing_id, sku, _ in rows if listing_id not in reading.missing]
    return rest[:MOST_LOOKED_UP]
