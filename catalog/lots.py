"""The stock ledger of harvest lots. On hand is the sum of append-only lines, never a stored figure.

Whoever lowers stock locks the pool first (`lock_pool`), looks, then posts; so two cannot take the last box.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case
from sqlmodel import Session, col, func, or_, select

from catalog.models import HarvestLot, LotPool, Product, StockEntry, StockKind
from marketplace.core.audit import Actor, note
from marketplace.core.db import insert_new, locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import kg

HARVESTED = (StockKind.HARVEST, StockKind.CORRECTION)  #: lines that say what a lot weighed at harvest

#: Called with (db, pool ids, now) after stock changed there; selling registers what it must do then.
on_stock_change: list[Callable[[Session, Collection[int], datetime], None]] = []


class NotThatMuch(Refused):
    sentence = N_("Lô chỉ còn %(left)s. Hãy ghi nhiều nhất là bằng số còn lại.")
    status = 422
    field = "grams"


class AlreadyTaken(Refused):
    sentence = N_("Đã bán hoặc hao hụt %(taken)s của lô này. Khối lượng đúng không thể ít hơn số đó.")
    status = 422
    field = "grams"


# --- the ledger ------------------------------------------------------------------------------------------


def on_hand(db: Session, pool_id: int) -> int:
    """Grams left in a pool."""
    return on_hand_by_pool(db, [pool_id])[pool_id]


def on_hand_by_pool(db: Session, pool_ids: Collection[int]) -> dict[int, int]:
    """Grams left in each of these pools, 0 for an empty one; one statement."""
    sums = select(StockEntry.pool_id, func.sum(StockEntry.grams)).group_by(col(StockEntry.pool_id))
    found = dict(db.exec(sums.where(col(StockEntry.pool_id).in_(pool_ids))).all())
    return {pool_id: int(found.get(pool_id, 0)) for pool_id in pool_ids}


def left_by_lot(db: Session, lot_ids: Collection[int]) -> dict[int, int]:
    """Grams left of each of these lots; one statement."""
    sums = select(StockEntry.lot_id, func.sum(StockEntry.grams)).group_by(col(StockEntry.lot_id))
    found = dict(db.exec(sums.where(col(StockEntry.lot_id).in_(lot_ids))).all())
    return {lot_id: int(found.get(lot_id, 0)) for lot_id in lot_ids}


def balances_by_lot(db: Session, lot_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """(grams harvested with corrections, grams left) of each of these lots; one statement."""
    harvested = case((col(StockEntry.kind).in_(HARVESTED), StockEntry.grams), else_=0)
    rows = db.exec(
        select(StockEntry.lot_id, func.sum(harvested), func.sum(StockEntry.grams))
        .where(col(StockEntry.lot_id).in_(lot_ids))
        .group_by(col(StockEntry.lot_id))
    )
    found = {lot_id: (int(all_grams), int(left)) for lot_id, all_grams, left in rows}
    return {lot_id: found.get(lot_id, (0, 0)) for lot_id in lot_ids}


def lots_with_stock(db: Session, pool_id: int) -> list[tuple[HarvestLot, int]]:
    """The lots of a pool that are not sold out, with the grams left, oldest harvest first."""
    left = func.sum(StockEntry.grams)
    rows = db.exec(
        select(HarvestLot, left)
        .join(StockEntry, col(StockEntry.lot_id) == HarvestLot.id)
        .where(HarvestLot.pool_id == pool_id)
        .group_by(col(HarvestLot.id))
        .having(left > 0)
        .order_by(col(HarvestLot.harvested_on), col(HarvestLot.id))
    )
    return [(lot, int(grams)) for lot, grams in rows]


def last_day(harvested_on: date, shelf_life_days: int | None) -> date | None:
    """Last day on which a harvest may be eaten (R-43); None: it keeps."""
    return None if shelf_life_days is None else harvested_on + timedelta(days=shelf_life_days)


def stale_by_pool(db: Session, pool_ids: Collection[int], today: date) -> dict[int, int]:
    """Grams of each pool that may no longer be promised: their last day has come (R-43); two statements.

    They are still on hand: what is on sale must be off before the day is over.
    """
    lives = select(LotPool.product_id, Product.shelf_life_days).join(Product).distinct()
    ends = _past_their_day(db.exec(lives.where(col(LotPool.id).in_(pool_ids))), today)
    found: dict[int, int] = {}
    if ends:
        left = select(StockEntry.pool_id, func.sum(StockEntry.grams)).join(HarvestLot).where(or_(*ends))
        of_pools = left.where(col(StockEntry.pool_id).in_(pool_ids)).group_by(col(StockEntry.pool_id))
        found = {pool_id: int(grams) for pool_id, grams in db.exec(of_pools)}
    return {pool_id: found.get(pool_id, 0) for pool_id in pool_ids}


def pools_gone_stale(db: Session, *, since: date, today: date) -> list[int]:
    """Pools of which something left is past its day today and was not on the day `since`; two statements."""
    ends = _past_their_day(db.exec(select(Product.id, Product.shelf_life_days)), today, since=since)
    if not ends:
        return []
    left = select(StockEntry.pool_id).join(HarvestLot).where(or_(*ends)).group_by(col(StockEntry.pool_id))
    return list(db.exec(left.having(func.sum(StockEntry.grams) > 0).order_by(col(StockEntry.pool_id))))


def _past_their_day(
    lives: Iterable[tuple[int | None, int | None]], today: date, *, since: date | None = None
) -> list[ColumnElement[bool]]:
    """For each (product id, shelf life in days) the condition on `HarvestLot` that its last day has come, and
    had not come on the day `since`. What keeps has none.
    """
    ends: list[ColumnElement[bool]] = []
    for product_id, days in lives:
        if days is not None:
            life, picked = timedelta(days=days), col(HarvestLot.harvested_on)
            past = (col(HarvestLot.product_id) == product_id) & (picked <= today - life)
            ends.append(past if since is None else past & (picked > since - life))
    return ends


def ledger_of(db: Session, lot: HarvestLot) -> list[StockEntry]:
    """Every line of a lot, in the order it was written."""
    return list(db.exec(select(StockEntry).where(StockEntry.lot_id == lot.id).order_by(col(StockEntry.id))))


def lock_pool(db: Session, pool_id: int) -> LotPool:
    """Keep others from promising or taking this pool's stock until the transaction ends."""
    return locked(db, LotPool, pool_id)


def lock_pools(db: Session, pool_ids: Collection[int]) -> dict[int, int]:
    """The same for several, lowest id first in one statement, so that no two wait for each other; the product
    of each pool.
    """
    if not pool_ids:
        return {}
    pools = select(LotPool.id, LotPool.product_id).where(col(LotPool.id).in_(pool_ids))
    locking = pools.order_by(col(LotPool.id)).with_for_update(key_share=True)
    return {pool_id or 0: product_id for pool_id, product_id in db.exec(locking)}


def pool_of(db: Session, producer_id: int, product_id: int) -> LotPool | None:
    return db.exec(
        select(LotPool).where(LotPool.producer_id == producer_id, LotPool.product_id == product_id)
    ).first()


def get_or_make_pool(db: Session, producer_id: int, product_id: int) -> LotPool:
    """The pool of a producer's product; two requests at once get the same one."""
    pool = pool_of(db, producer_id, product_id)
    if pool is not None:
        return pool
    insert_new(db, LotPool, ("producer_id", "product_id"), producer_id=producer_id, product_id=product_id)
    return db.exec(
        select(LotPool).where(LotPool.producer_id == producer_id, LotPool.product_id == product_id)
    ).one()


def post_entry(
    db: Session,
    *,
    lot: HarvestLot,
    kind: StockKind,
    grams: int,
    key: str,
    at: datetime,
    actor: Actor,
    reason: str = "",
) -> StockEntry | None:
    """Write one ledger line; None and nothing written when `key` is already there.

    Grams carry their sign. Whoever posts a negative line holds `lock_pool` and has looked at what is left.
    """
    entry_id = insert_new(
        db,
        StockEntry,
        ("key",),
        lot_id=lot.id,
        pool_id=lot.pool_id,
        kind=kind,
        grams=grams,
        key=key,
        at=at,
        actor_id=actor.actor_id,
        reason=reason,
    )
    return None if entry_id is None else db.get_one(StockEntry, entry_id)


# --- what people do --------------------------------------------------------------------------------------


def write_off(
    db: Session, actor: Actor, lot: HarvestLot, grams: int, reason: str, *, now: datetime, key: str
) -> StockEntry:
    """Take unsaleable goods out of stock; `key` twice is once. Refuses more grams than the lot has left."""
    lock_pool(db, lot.pool_id)
    key = f"write-off:{lot.id}:{key}"
    known = _entry_of_key(db, key)
    if known is not None:
        return known
    left = left_by_lot(db, [lot.id or 0])[lot.id or 0]
    if grams > left:
        raise NotThatMuch(left=kg(left))
    return _post_and_tell(db, actor, lot, StockKind.WRITE_OFF, -grams, key, reason, now=now)


def correct_harvest(
    db: Session, actor: Actor, lot: HarvestLot, grams: int, reason: str, *, now: datetime, key: str
) -> StockEntry | None:
    """Say what a lot really weighed at harvest; the ledger gets the difference, None when there is none.

    `key` twice is once. Refuses less than was already sold or written off.
    """
    lock_pool(db, lot.pool_id)
    key = f"correction:{lot.id}:{key}"
    known = _entry_of_key(db, key)
    if known is not None:
        return known
    harvested, left = harvested_grams(db, lot), left_by_lot(db, [lot.id or 0])[lot.id or 0]
    if grams < harvested - left:
        raise AlreadyTaken(taken=kg(harvested - left))
    if grams == harvested:
        return None
    return _post_and_tell(db, actor, lot, StockKind.CORRECTION, grams - harvested, key, reason, now=now)


def harvested_grams(db: Session, lot: HarvestLot) -> int:
    """What the lot weighed at harvest, corrections included (`lot.grams` stays what was first recorded)."""
    return harvested_of(db, col(StockEntry.lot_id) == lot.id)


def harvested_of(db: Session, which: ColumnElement[bool]) -> int:
    """What the chosen lines say was harvested, corrections included."""
    grams = select(func.sum(StockEntry.grams)).where(which, col(StockEntry.kind).in_(HARVESTED))
    return int(db.exec(grams).one() or 0)


def _entry_of_key(db: Session, key: str) -> StockEntry | None:
    return db.exec(select(StockEntry).where(StockEntry.key == key)).first()


def _post_and_tell(
    db: Session,
    actor: Actor,
    lot: HarvestLot,
    kind: StockKind,
    grams: int,
    key: str,
    reason: str,
    *,
    now: datetime,
) -> StockEntry:
    """Post under the pool's lock, where `key` was just looked up: the line is new."""
    entry = post_entry(db, lot=lot, kind=kind, grams=grams, key=key, at=now, actor=actor, reason=reason)
    if entry is None:
        raise AssertionError("a locked pool got the same line twice")
    note(db, actor, f"lot.{kind.value}", lot, grams=grams, reason=reason)
    tell(db, [lot.pool_id], now)
    return entry


def tell(db: Session, pool_ids: Collection[int], now: datetime) -> None:
    """Let whoever registered react to a change of stock; of several pools at once, to lock them in order."""
    for react in on_stock_change:
        react(db, pool_ids, now)
