"""What is there is compared with what we want and what was last sent; drift is healed, or somebody is asked.

Only after the stock was read and then the orders pulled can the two be told apart: a stock between what we
knew before the pull and after it was sold; anything else somebody changed on the marketplace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from connectors.kit.errors import ConnectorError, NotAdmitted
from connectors.kit.protocol import RemoteProduct, RemoteState
from marketplace.core.audit import SYSTEM, note
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.drift import (
    ASK,
    ASKING,
    HEAL,
    HEALS,
    LIVE,
    REOPENED_WITHIN,
    Kind,
    ask_person,
    forget_asking,
    heal,
    policy_key,
    policy_of,
    settle,
)
from marketplace.selling.listings import wake_waiting
from marketplace.selling.models import Drift, Listing, Offer, OrderLine, ParkedOrder, Shop, Wanted
from marketplace.selling.policies import settle_surplus
from marketplace.selling.stock import note_move
from marketplace.selling.stock_models import ExposureEntry, Moved
from marketplace.selling.sync.lease import Lease, still_held
from marketplace.selling.sync.pull import unsettled
from marketplace.selling.sync.registry import Connected
from marketplace.selling.sync.sweep import Reading, Seen, same_words
from marketplace.selling.sync.writing import buyable

CHUNK = 500  #: listings compared in one transaction
OFFERED = (RemoteState.LIVE, RemoteState.PENDING, RemoteState.UNKNOWN)  #: it is, or may soon be, on sale
NOT_OFFERED = (RemoteState.OFF, RemoteState.DELETED, RemoteState.DRAFT)


@dataclass(frozen=True)
class Sides:
    """One difference, as it is kept: values that a program reads, not yet words."""

    wanted: str
    sent: str
    there: str


@dataclass(frozen=True)
class Told:
    """What orders told of one listing since the reading began, in packs."""

    sold: int = 0
    given_back: int = 0  #: by cancellations, which may have put them on sale again after the stock was read
    unread: bool = False  #: an order of the shop could not be read: more may be sold or given back


@dataclass
class Verdicts:
    """What is different about one listing, and about which kinds anything could be said at all."""

    found: dict[Kind, Sides] = field(default_factory=dict)
    judged: set[Kind] = field(default_factory=set)
    raised: bool = False  #: more can be sold there than anything we sent allows


def compare(engine: Engine, lease: Lease, reading: Reading, rules: WorkerSettings, *, now: datetime) -> None:
    """After a read and a pull: exposures shrink to the truth or rise to it; drift is found and dealt with."""
    ids = sorted(reading.seen.keys() | reading.missing)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with writing(engine) as db:
            _compare_some(db, still_held(db, lease, rules, now), reading, chunk, now)
    if reading.whole:
        with writing(engine) as db:
            _compare_strangers(db, still_held(db, lease, rules, now), reading, now)


def _compare_some(db: Session, shop: Shop, reading: Reading, ids: Sequence[int], now: datetime) -> None:
    rows = db.exec(
        select(Listing, Offer)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .where(col(Listing.id).in_(ids))
        .order_by(col(Listing.id))
        .with_for_update(key_share=True, of=Listing)
    ).all()
    sold, given_back = _sold(db, reading, ids), _given_back(db, reading, ids)
    unread = db.exec(select(ParkedOrder.id).where(*unsettled(shop)).limit(1)).first() is not None
    known = _Known(db, shop, ids, now)
    shrunk: set[int] = set()
    for listing, offer in rows:
        listing_id = listing.id or 0
        if listing_id in reading.missing:
            verdicts = _vanished(listing, reading.at)
        else:
            seen = reading.seen[listing_id]
            told = Told(sold.get(listing_id, 0), given_back.get(listing_id, 0), unread)
            verdicts = differences(listing, offer, seen, told, reading.at)
            row = known.open(listing, Kind.STOCK)
            fought = row is not None and (policy_of(shop, Kind.STOCK) == ASK or row.heals >= HEALS)
            before = listing.exposure_packs
            slack = listing.sku in reading.slack
            _correct(listing, seen, told, raised=verdicts.raised, slack=slack, fought=fought, now=now)
            if listing.exposure_packs != before:
                moved = Moved.RAISED if verdicts.raised else Moved.READ
                note_move(db, listing, moved, seen.sellable, now=now)
            if listing.exposure_packs < before:
                shrunk.add(offer.id or 0)
        _settle(db, shop, listing, known, verdicts, now)
        db.add(listing)
    calm = [listing for listing, _ in rows if known.open(listing, Kind.STOCK) is None]
    surplus = [listing for listing in calm if _more_than_wished(listing, reading.at)]
    if surplus:
        settle_surplus(db, surplus, now)
    wake_waiting(db, shrunk, now)


def _sold(db: Session, reading: Reading, ids: Sequence[int]) -> dict[int, int]:
    """Packs of each listing that were sold by orders taken since the reading began."""
    lines = (
        select(OrderLine.listing_id, func.sum(OrderLine.packs))
        .where(col(OrderLine.id) > reading.last_line, col(OrderLine.listing_id).in_(ids))
        .group_by(col(OrderLine.listing_id))
    )
    return {listing_id or 0: int(packs) for listing_id, packs in db.exec(lines)}


def _given_back(db: Session, reading: Reading, ids: Sequence[int]) -> dict[int, int]:
    """Packs of each listing that were given back by cancellations told since the reading began."""
    entries = (
        select(ExposureEntry.listing_id, func.sum(ExposureEntry.packs))
        .where(col(ExposureEntry.id) > reading.last_entry, col(ExposureEntry.listing_id).in_(ids))
        .where(ExposureEntry.moved == Moved.CANCELLED)
        .group_by(col(ExposureEntry.listing_id))
    )
    return {listing_id: int(packs) for listing_id, packs in db.exec(entries)}


# --- what is different
# --------------------------------------------------------------------------------------------------------


def differences(listing: Listing, offer: Offer, seen: Seen, told: Told, at: datetime) -> Verdicts:
    """Compare one listing with what was read of it at `at`, and with what was told since.

    What is on its way explains a difference, and so do orders: those sold lower a stock, those cancelled may
    raise it, and those that could not be read may have done either.
    """
    verdicts = Verdicts(raised=seen.sellable > seen.exposure_packs + told.given_back)
    there = seen.product
    if _on_its_way(listing, at):
        if verdicts.raised and listing.wanted == Wanted.ON_SALE and not told.unread:
            verdicts.found[Kind.STOCK] = _stock(listing, there)
        return verdicts
    if listing.wanted == Wanted.WITHDRAWN:
        if listing.not_before is None:
            verdicts.judged.add(Kind.STATE)
        if listing.not_before is None and buyable(there):
            verdicts.found[Kind.STATE] = Sides(
                Wanted.WITHDRAWN.value, RemoteState.OFF.value, there.state.value
            )
        return verdicts
    verdicts.judged |= {Kind.VANISHED, Kind.STATE}
    if there.state in NOT_OFFERED and not _sold_out(listing, told.sold):
        sent = RemoteState.LIVE.value
        verdicts.found[Kind.STATE] = Sides(Wanted.ON_SALE.value, sent, there.state.value)
    if there.state is RemoteState.LIVE:
        _compare_words(verdicts, listing, offer, there)
        _compare_stock(verdicts, listing, seen, told)
    return verdicts


def _on_its_way(listing: Listing, at: datetime) -> bool:
    """A write is due, unanswered, in doubt or waits for approval: nothing can be said of the rest yet."""
    doubtful = listing.doubt_until is not None and listing.doubt_until > at
    outdated = listing.remote_id is None or listing.published_revision < listing.revision
    return listing.unclear or doubtful or outdated or listing.ticket is not None


def _more_than_wished(listing: Listing, at: datetime) -> bool:
    """Is more on sale than is wished, and nothing on its way that changes it?"""
    there = listing.confirmed_packs or 0
    on_sale = listing.wanted == Wanted.ON_SALE and listing.remote_state == RemoteState.LIVE.value
    moving = listing.restock or listing.tighten or listing.blame is not None or _on_its_way(listing, at)
    return on_sale and not moving and there > listing.wanted_packs


def _sold_out(listing: Listing, sold: int) -> bool:
    """Some marketplaces take off by themselves what has no stock left."""
    unsure = listing.confirmed_packs is None and (sold > 0 or listing.tighten)
    return listing.confirmed_packs == 0 or listing.wanted_packs == 0 or listing.restock or unsure


def _compare_words(verdicts: Verdicts, listing: Listing, offer: Offer, there: RemoteProduct) -> None:
    verdicts.judged |= {Kind.PRICE, Kind.TEXT}
    sent = offer.price_vnd if listing.sent_price_vnd is None else listing.sent_price_vnd
    if there.price_vnd not in (sent, offer.promo_price_vnd):
        verdicts.found[Kind.PRICE] = Sides(str(offer.price_vnd), str(sent), str(there.price_vnd))
    if not same_words(there.title, listing.sent_title):
        verdicts.found[Kind.TEXT] = Sides(offer.title, listing.sent_title or "", there.title)


def _compare_stock(verdicts: Verdicts, listing: Listing, seen: Seen, told: Told) -> None:
    """Without drift the stock lies between what we knew and what the orders just pulled left of it."""
    if told.unread:
        return
    moving = listing.restock or listing.tighten or seen.tighten or seen.confirmed_packs is None
    if not moving:
        verdicts.judged.add(Kind.STOCK)
    known = seen.confirmed_packs or 0
    changed = not moving and not known - told.sold <= seen.product.packs <= known
    if changed or verdicts.raised:
        verdicts.found[Kind.STOCK] = _stock(listing, seen.product)


def _stock(listing: Listing, there: RemoteProduct) -> Sides:
    sent = "" if listing.sent_packs is None else str(listing.sent_packs)
    return Sides(str(listing.wanted_packs), sent, str(there.packs))


def _vanished(listing: Listing, at: datetime) -> Verdicts:
    if _on_its_way(listing, at) or listing.wanted == Wanted.WITHDRAWN:
        return Verdicts()
    listing.remote_state = RemoteState.DELETED.value
    sides = Sides(Wanted.ON_SALE.value, RemoteState.LIVE.value, "")
    return Verdicts(found={Kind.VANISHED: sides}, judged={Kind.VANISHED})


def _correct(
    listing: Listing, seen: Seen, told: Told, *, raised: bool, slack: bool, fought: bool, now: datetime
) -> None:
    """The exposure shrinks to min(exposure − sales just seen, stock that was read), or rises to what is
    there.

    While an order cannot be read nothing shrinks: it may be a sale of this.
    """
    if raised:
        # It could be sold from the moment somebody raised it: the figure must be true at once.
        listing.exposure_packs = max(listing.exposure_packs, seen.sellable)
        return
    if slack and not told.unread:
        # What a cancellation put back may have come after the stock was read.
        listing.exposure_packs = min(listing.exposure_packs, seen.sellable + told.given_back)
        listing.tighten = told.given_back > 0
        listing.doubt_until = None
        if listing.restock and listing.wanted == Wanted.ON_SALE and listing.blame is None:
            listing.not_before = now
    if (slack or (seen.confirmed_packs is None and not listing.tighten)) and not fought:
        _know_stock(listing, seen, told)


def _know_stock(listing: Listing, seen: Seen, told: Told) -> None:
    """What was read is what is there, unless it was sold on while we looked: then nobody knows exactly."""
    if seen.product.state in NOT_OFFERED:
        return
    exact = told == Told()
    listing.confirmed_packs = seen.product.packs if exact else None


# --- what is done about it
# --------------------------------------------------------------------------------------------------------


class _Known:
    """The drifts of some listings that are open, and those put right so lately that they may be back."""

    def __init__(self, db: Session, shop: Shop, ids: Sequence[int], now: datetime) -> None:
        lately = (col(Drift.settled_how) == "healed") & (col(Drift.settled_at) > now - REOPENED_WITHIN)
        rows = db.exec(
            select(Drift)
            .where(Drift.shop_id == shop.id, col(Drift.listing_id).in_(ids))
            .where(col(Drift.settled_at).is_(None) | lately)
            .order_by(col(Drift.id))
        )
        self._rows = {(row.listing_id, row.kind): row for row in rows}

    def of(self, listing: Listing, kind: Kind) -> Drift | None:
        """Open, or put right lately."""
        return self._rows.get((listing.id, kind))

    def open(self, listing: Listing, kind: Kind) -> Drift | None:
        row = self.of(listing, kind)
        return row if row is not None and row.settled_at is None else None


def _settle(
    db: Session, shop: Shop, listing: Listing, known: _Known, verdicts: Verdicts, now: datetime
) -> None:
    """Open what is new, close what is over, and do about the rest what the shop's policy says."""
    withdrawn = listing.wanted == Wanted.WITHDRAWN
    for kind in verdicts.judged - verdicts.found.keys():
        row = known.open(listing, kind)
        if row is not None:
            settle(db, row, "healed" if row.heals else "gone", now=now)
            forget_asking(listing, policy_key(kind, withdrawn=withdrawn), now=now)
    for kind, sides in verdicts.found.items():
        row = known.of(listing, kind) or Drift(
            shop_id=shop.id or 0, listing_id=listing.id, sku=listing.sku, kind=kind, found_at=now, seen_at=now
        )
        row.settled_at = row.settled_how = row.settled_by = None
        row.wanted, row.sent, row.there = sides.wanted[:300], sides.sent[:300], sides.there[:300]
        row.remote_id, row.seen_at = listing.remote_id or "", now
        _act(db, shop, listing, row, now)
        db.add(row)


def _act(db: Session, shop: Shop, listing: Listing, row: Drift, now: datetime) -> None:
    key = policy_key(row.kind, withdrawn=listing.wanted == Wanted.WITHDRAWN)
    if key == LIVE:
        listing.off_seen_at = None
    asked = listing.blame is not None and listing.cause not in {cause for cause, _ in ASKING.values()}
    if asked:
        return  # somebody must act on it already; what is sent then puts this right, too
    if policy_of(shop, key) == HEAL and row.heals < HEALS:
        row.heals += 1
        heal(listing, row.kind, now=now)
        note(db, SYSTEM, "listing.drift_healed", listing, kind=row.kind, there=row.there, times=row.heals)
    else:
        ask_person(listing, key)


# --- products that are not ours
# --------------------------------------------------------------------------------------------------------


def _compare_strangers(db: Session, shop: Shop, reading: Reading, now: datetime) -> None:
    """A product on sale there that no listing stands for; one that was left alone is never told again."""
    rows = db.exec(
        select(Drift).where(Drift.shop_id == shop.id, Drift.kind == Kind.UNKNOWN).order_by(col(Drift.id))
    )
    known = {row.remote_id: row for row in rows}
    offered = {key: product for key, product in reading.strangers.items() if product.state in OFFERED}
    for remote_id, product in offered.items():
        row = known.get(remote_id)
        if row is not None and row.settled_how == "accepted":
            continue
        if row is None or (row.settled_at is not None and row.settled_at <= now - REOPENED_WITHIN):
            row = Drift(
                shop_id=shop.id or 0,
                sku=product.sku[:80],
                remote_id=remote_id[:60],
                kind=Kind.UNKNOWN,
                found_at=now,
                seen_at=now,
            )
        row.settled_at = row.settled_how = row.settled_by = None
        row.there, row.seen_at = (product.title or product.sku)[:300], now
        if policy_of(shop, Kind.UNKNOWN) == HEAL and row.heals < HEALS and row.take_off_at is None:
            row.take_off_at = now
        db.add(row)
    for remote_id, row in known.items():
        if row.settled_at is None and remote_id not in offered:
            settle(db, row, "healed" if row.heals else "gone", now=now)


def take_off_strangers(
    engine: Engine, connected: Connected, lease: Lease, rules: WorkerSettings, *, now: datetime
) -> None:
    """Take off the products somebody does not want there; the next reading back sees whether it was done."""
    with writing(engine) as db:
        shop = still_held(db, lease, rules, now)
        due = select(Drift).where(Drift.shop_id == shop.id, col(Drift.take_off_at) <= now)
        strangers = [(row.id or 0, row.remote_id, row.sku) for row in db.exec(due.limit(rules.batch))]
    for drift_id, remote_id, sku in strangers:
        error: ConnectorError | None = None
        try:
            connected.connector.withdraw(remote_id, sku)
        except ConnectorError as failed:
            error = failed
        with writing(engine) as db:
            shop = still_held(db, lease, rules, now)
            row = db.get_one(Drift, drift_id)
            row.heals += 1
            again = error is not None and row.heals < HEALS
            row.take_off_at = now + timedelta(seconds=rules.retry_seconds) if again else None
            shop.sweep_due_at = now
            db.add(row)
        if isinstance(error, NotAdmitted):
            raise error
