"""Listings are wishes: nothing here speaks to a marketplace, the worker makes them so (design §4)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog import consents, households, lots, products
from catalog.models import Consent, LotPool, Person, Producer
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import kg, local_day
from marketplace.selling.models import Blame, Listing, Offer, Shop, Wanted
from marketplace.selling.policies import rebalance, splits_itself
from marketplace.selling.stock import draws_of, on_pools, promisable, wished_grams

#: How the causes begin that our own rules found; they are looked at again by themselves.
CHECKLIST = "checklist."
STOP_LATE = timedelta(seconds=60)  #: a stop should be confirmed in half of that


class NotEnoughHarvest(Refused):
    sentence = N_(
        "Kho còn %(left)s chưa chia cho sàn nào, không đủ cho %(asked)s. "
        "Hãy giảm số gói hoặc ghi thêm thu hoạch."
    )
    field = "packs"


class NothingHarvested(Refused):
    sentence = N_("Chưa có lô thu hoạch nào của sản phẩm này. Hãy ghi thu hoạch trước khi đăng bán.")
    field = "packs"


class SplitByPolicy(Refused):
    sentence = N_("Kho này tự chia số gói cho các sàn. Muốn tự đặt số gói thì đổi cách chia ở trang kho.")
    field = "packs"


class AlreadyListed(Refused):
    sentence = N_("Chào bán này đã có tin đăng ở gian hàng đó.")


class NotNegative(Refused):
    sentence = N_("Số gói phải từ 0 trở lên.")
    field = "packs"
    status = 422


def sku_of(offer_id: int, shop_id: int) -> str:
    """The SKU of a listing: a function of what it is, so that a second publishing finds the first."""
    return f"LS{offer_id:06d}-{shop_id}"


def put_on_sale(db: Session, actor: Actor, offer: Offer, shop: Shop, packs: int, *, now: datetime) -> Listing:
    """Wish `packs` of an offer to be on sale in a shop; a listing that was withdrawn comes back under its old
    SKU.

    Where the pool splits itself, its policy says how many packs. Refuses more than the producer's stock that
    no other listing is to sell and that is not kept back.
    """
    pool_ids = locked_pools(db, [offer.id or 0])
    listing = db.exec(select(Listing).where(Listing.offer_id == offer.id, Listing.shop_id == shop.id)).first()
    if listing is None:
        listing = Listing(
            offer_id=offer.id or 0,
            shop_id=shop.id or 0,
            sku=sku_of(offer.id or 0, shop.id or 0),
            created_at=now,
            wanted_packs=0,
        )
        db.add(listing)
        flush_or(db, AlreadyListed())
    else:
        listing.wanted_packs = 0
        listing.revision += 1
        db.flush()
    alone = not splits_itself(db, pool_ids)
    if alone:
        _keep_within_stock(db, offer, packs, now=now)
    listing.wanted = Wanted.ON_SALE
    listing.withdrawn_at = listing.off_seen_at = None
    listing.wanted_packs = packs if alone else 0
    listing.restock = True
    wake(listing, now)
    db.add(listing)
    db.flush()
    rebalance(db, pool_ids, now)
    note(db, actor, "listing.on_sale", listing, packs=packs, shop=shop.id)
    return listing


def withdraw(db: Session, actor: Actor, listing: Listing, *, now: datetime, reason: str = "") -> Listing:
    """Wish a listing off the marketplace; urgent, the worker takes it first. Twice is the same as once.

    It is done when the marketplace was read back and nobody could buy any more: `off_seen_at`.
    """
    _withdraw_all(db, actor, [listing], now=now, reason=reason)
    return listing


def stop_selling(db: Session, actor: Actor, stopped: Iterable[Listing], *, now: datetime) -> int:
    """Wish all of these off the marketplaces at once; how many were on sale."""
    return _withdraw_all(db, actor, stopped, now=now, reason="stop")


def _withdraw_all(
    db: Session, actor: Actor, listings: Iterable[Listing], *, now: datetime, reason: str
) -> int:
    """Wish those off that are on sale; what they were to sell goes to others where the pool splits itself."""
    on_sale = [listing for listing in listings if listing.wanted == Wanted.ON_SALE]
    pool_ids = locked_pools(db, {listing.offer_id for listing in on_sale})
    for listing in on_sale:
        listing.wanted = Wanted.WITHDRAWN
        listing.withdrawn_at, listing.off_seen_at = now, None
        listing.revision += 1
        wake(listing, now)
        db.add(listing)
        note(db, actor, "listing.withdrawn", listing, reason=reason)
    db.flush()
    rebalance(db, pool_ids, now)
    return len(on_sale)


def is_stopping(listing: Listing) -> bool:
    """Was it wished off, and may somebody still buy it for all we know?"""
    there = listing.remote_id is not None or listing.unclear
    return listing.wanted == Wanted.WITHDRAWN and listing.off_seen_at is None and there


def stop_unconfirmed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `Listing`: a stop that the marketplace has not confirmed for a minute; an alarm."""
    return (
        col(Listing.wanted) == Wanted.WITHDRAWN,
        col(Listing.off_seen_at).is_(None),
        col(Listing.withdrawn_at) <= now - STOP_LATE,
        col(Listing.remote_id).is_not(None) | col(Listing.unclear),
    )


def of_offer(db: Session, offer: Offer) -> Iterable[Listing]:
    """Every listing of an offer."""
    return db.exec(select(Listing).where(Listing.offer_id == offer.id).order_by(col(Listing.id))).all()


def change_packs(db: Session, actor: Actor, listing: Listing, packs: int, *, now: datetime) -> Listing:
    """Wish another number of packs to be on sale.

    Refuses more than the stock not promised elsewhere, and any number where the pool splits itself.
    """
    offer = db.get_one(Offer, listing.offer_id)
    pool_ids = locked_pools(db, [listing.offer_id])
    if splits_itself(db, pool_ids):
        raise SplitByPolicy
    before, listing.wanted_packs = listing.wanted_packs, 0
    db.add(listing)
    db.flush()
    _keep_within_stock(db, offer, packs, now=now)
    listing.wanted_packs = packs
    listing.restock = True
    wake(listing, now)
    db.flush()
    rebalance(db, pool_ids, now)
    note(db, actor, "listing.packs_changed", listing, before=before, after=packs)
    return listing


def changed(db: Session, offer: Offer, *, now: datetime) -> None:
    """Something a buyer would see has changed: every listing of the offer is to be sent again, once."""
    changed_all(db, [offer.id or 0], now=now)


def changed_all(
    db: Session, offer_ids: Collection[int], *, now: datetime, marketplace: str | None = None
) -> None:
    """The same for many offers, in one reading; what changed on one marketplace goes out there alone.

    Two changes at once count twice: the listings are read when theirs alone they are, after their pools.
    """
    locked_pools(db, offer_ids)
    theirs = select(Listing).where(col(Listing.offer_id).in_(offer_ids)).order_by(col(Listing.id))
    if marketplace is not None:
        shops = select(Shop.id).where(Shop.marketplace == marketplace)
        theirs = theirs.where(col(Listing.shop_id).in_(shops))
    alone = theirs.with_for_update(key_share=True).execution_options(populate_existing=True)
    for listing in db.exec(alone):
        listing.revision += 1
        if listing.wanted == Wanted.ON_SALE:
            wake(listing, now)
        db.add(listing)


def try_again(db: Session, actor: Actor, listing: Listing, *, now: datetime) -> Listing:
    """A person says the cause is mended: forget the blame and let the worker try at once.

    What the marketplace refused or locked is sent again; what vanished there is looked up, then created anew.
    """
    if listing.remote_state in ("rejected", "locked"):
        listing.revision += 1
    elif listing.remote_state == "deleted":
        listing.unclear = True
    wake(listing, now)
    db.add(listing)
    note(db, actor, "listing.tried_again", listing)
    return listing


def wake(listing: Listing, now: datetime | None) -> None:
    """Make a listing due now, whatever it waited for."""
    listing.not_before = now
    listing.attempts = 0
    listing.blame = None
    listing.cause = None
    listing.cause_sentence = None
    listing.cause_facts = {}
    listing.cause_field = None


def make_due(db: Session, which: Sequence[ColumnElement[bool]], now: datetime) -> None:
    """Make due every listing that meets these conditions."""
    lock_listings(db, select(Listing.id).where(*which))
    db.execute(update(Listing).where(*which).values(not_before=now))


def lock_listings(db: Session, which: SelectOfScalar[Any]) -> None:
    """Lock the listings whose ids are selected, lowest id first, as everybody does who locks several."""
    db.exec(which.order_by(col(Listing.id)).with_for_update(key_share=True, of=Listing)).all()


def ask(
    listing: Listing,
    blame: Blame,
    cause: str,
    sentence: str,
    facts: dict[str, str] | None = None,
    field: str | None = None,
) -> None:
    """Put a listing into a person's hands; it waits until they act. `field` of the offer is to be mended."""
    listing.blame = blame
    listing.cause = cause
    listing.cause_sentence = sentence[:500]
    listing.cause_facts = dict(facts or {})
    listing.cause_field = field
    listing.not_before = None


def locked_pools(db: Session, offer_ids: Collection[int]) -> list[int]:
    """The pools behind these offers, locked with everything that sells from them: pools, then listings, each
    lowest id first, before any listing is written.

    The worker locks in the same order; two that did not would wait for each other on PostgreSQL.
    """
    found = draws_of(db, offer_ids)
    pool_ids = sorted({draw.pool_id for draws in found.values() for draw in draws})
    lots.lock_pools(db, pool_ids)
    lock_listings(db, on_pools(select(Listing.id)).where(col(LotPool.id).in_(pool_ids)))
    return pool_ids


def _keep_within_stock(db: Session, offer: Offer, packs: int, *, now: datetime) -> None:
    if packs < 0:
        raise NotNegative
    if packs == 0:
        return
    draws = draws_of(db, [offer.id or 0]).get(offer.id or 0)
    if not draws:
        raise NothingHarvested
    for draw in draws:
        left = promisable(db, [draw.pool_id], local_day(now))[draw.pool_id]
        if not splits_itself(db, [draw.pool_id]):  # one that does makes room for what is wished by hand
            left -= wished_grams(db, draw.pool_id)
        if packs * draw.grams > left:
            raise NotEnoughHarvest(left=kg(max(left, 0)), asked=kg(packs * draw.grams))


def fit_to_stock(db: Session, pool_ids: Collection[int], now: datetime) -> None:
    """What may be promised of these pools has changed: wishes follow (`policies.rebalance`).

    Goods leave by other doors (rot, a trader at the gate), are kept back, or pass their day. What our own
    rules took off is looked at again: a fresh harvest may have mended it.
    """
    rebalance(db, pool_ids, now)  # locks the pools, then their listings; nothing of them is written before
    _look_again(db, pool_ids, now)


def _look_again(db: Session, pool_ids: Collection[int], now: datetime) -> None:
    """Make due what is on sale of these pools and was blocked by our own rules."""
    ours = (Listing.wanted == Wanted.ON_SALE, col(Listing.cause).startswith(CHECKLIST))
    blocked = on_pools(select(Listing)).where(col(LotPool.id).in_(pool_ids), *ours)
    for listing in db.exec(blocked.order_by(col(Listing.id)).with_for_update(key_share=True, of=Listing)):
        listing.not_before = now
        db.add(listing)


def wake_waiting(db: Session, offer_ids: Collection[int], now: datetime) -> None:
    """Promises of these offers have shrunk: others of their pools that wait for room may have it now.

    One that another worker is busy with is left alone; it looks again by itself.
    """
    if not offer_ids:
        return
    pool_ids = {draw.pool_id for draws in draws_of(db, offer_ids).values() for draw in draws}
    waiting = db.exec(
        on_pools(select(Listing))
        .where(col(LotPool.id).in_(pool_ids), Listing.wanted == Wanted.ON_SALE)
        .where(col(Listing.restock).is_(True), col(Listing.not_before) > now, col(Listing.blame).is_(None))
        .where(col(Listing.attempts) == 0, col(Listing.unclear).is_(False))
        .order_by(col(Listing.id))
        .with_for_update(key_share=True, of=Listing, skip_locked=True)
    )
    for listing in waiting:
        listing.not_before = now
        db.add(listing)


def take_down_without_consent(db: Session, actor: Actor, consent: Consent, now: datetime) -> None:
    """A consent was withdrawn: the listings it allowed come down, a name it showed is taken out (R-74)."""
    household_id = db.exec(select(Person.household_id).where(Person.id == consent.person_id)).one()
    own = (
        select(Listing, Offer, Shop)
        .join(Offer, col(Listing.offer_id) == Offer.id)
        .join(Shop, col(Listing.shop_id) == Shop.id)
        .join(Producer, col(Offer.producer_id) == Producer.id)
        .where(Producer.household_id == household_id)
    )
    rows = db.exec(own).all()
    locked_pools(db, {listing.offer_id for listing, *_ in rows})
    for listing, offer, shop in rows:
        if consent.purpose in (consents.REGISTRY, consents.shop_purpose(shop.marketplace)):
            withdraw(db, actor, listing, now=now, reason=f"consent:{consent.purpose}")
        elif consent.purpose == consents.PUBLISH and offer.show_name:
            offer.show_name = False
            db.add(offer)
            changed(db, offer, now=now)


def resend_where_named(db: Session, household_id: int, now: datetime) -> None:
    """A household changed: listings that name it are sent again with what is true now."""
    named = (
        select(Offer.id)
        .join(Producer, col(Offer.producer_id) == Producer.id)
        .where(Producer.household_id == household_id, col(Offer.show_name).is_(True))
    )
    changed_all(db, [offer_id or 0 for offer_id in db.exec(named)], now=now)


consents.on_withdrawal.append(take_down_without_consent)


def follow_rules(db: Session, product_ids: Collection[int], now: datetime, seen: bool) -> None:  # noqa: FBT001 - a hook
    """A season or an agreed price changed: what is offered is looked at again, at once."""
    of_products = select(Offer.id).where(col(Offer.product_id).in_(product_ids))
    if seen:
        changed_all(db, [offer_id or 0 for offer_id in db.exec(of_products)], now=now)
        return
    waiting = (col(Listing.wanted) == Wanted.ON_SALE, col(Listing.not_before).is_(None))
    ours = or_(col(Listing.blame).is_(None), col(Listing.cause).startswith(CHECKLIST))
    make_due(db, (*waiting, ours, col(Listing.offer_id).in_(of_products)), now)


products.on_rule_change.append(follow_rules)
households.on_change.append(resend_where_named)
lots.on_stock_change.append(fit_to_stock)
