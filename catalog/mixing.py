"""Lots packed together: whose fruit is in which box can no longer be told, but the shares stay right (R-84).

Each lot keeps its own ledger. What is sold of mixed lots is taken from all of them by what each has left, so
every household keeps its kilograms and its money.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from catalog.lots import left_by_lot, lock_pool
from catalog.models import HarvestLot, LotMixing, LotPool, StockEntry, StockKind
from marketplace.core.audit import Actor, note
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import date_vi, local_day


class TooFewLots(Refused):
    sentence = N_("Hãy chọn ít nhất hai lô còn hàng để đóng chung.")
    field = "lot_ids"
    status = 422


class NotOfThisPool(Refused):
    sentence = N_("Chỉ đóng chung được các lô cùng đơn vị bán và cùng sản phẩm. Hãy chọn lại các lô.")
    field = "lot_ids"
    status = 422


class MixedAlready(Refused):
    sentence = N_("Lô %(code)s đã đóng chung với lô khác. Hãy bỏ lô này khỏi danh sách.")
    field = "lot_ids"
    status = 422


class SoldOut(Refused):
    sentence = N_("Lô %(code)s đã hết hàng, không đóng chung được. Hãy bỏ lô này khỏi danh sách.")
    field = "lot_ids"
    status = 422


class MixedBeforeHarvest(Refused):
    sentence = N_("Lô %(code)s hái ngày %(day)s, sau ngày đóng hàng. Hãy xem lại ngày đóng hàng.")
    field = "mixed_on"
    status = 422


class MixedInFuture(Refused):
    sentence = N_("Ngày đóng hàng chưa tới. Hãy chọn hôm nay hoặc một ngày đã qua.")
    field = "mixed_on"
    status = 422


class SoldFromMixing(Refused):
    sentence = N_("Đã bán hàng từ các lô đóng chung này nên không tách ra được nữa.")


def mix_lots(
    db: Session,
    actor: Actor,
    pool: LotPool,
    lot_ids: Collection[int],
    *,
    mixed_on: date,
    remark: str = "",
    now: datetime,
    client_key: str | None = None,
) -> LotMixing:
    """Pack lots of one pool together from now on; the same `client_key` again gives the first mixing.

    Refuses fewer than two lots, lots of another pool, mixed already, sold out, or harvested after that day.
    """
    known = client_key and db.exec(select(LotMixing).where(LotMixing.client_key == client_key)).first()
    if known:
        return known
    lock_pool(db, pool.id or 0)
    lots = db.exec(
        select(HarvestLot).where(col(HarvestLot.id).in_(lot_ids)).order_by(col(HarvestLot.id))
    ).all()
    _check(db, pool, lots, lot_ids, mixed_on=mixed_on, today=local_day(now))
    mixing = LotMixing(
        pool_id=pool.id or 0,
        mixed_on=mixed_on,
        note=remark,
        recorded_at=now,
        recorded_by=actor.actor_id,
        client_key=client_key,
    )
    db.add(mixing)
    db.flush()
    for lot in lots:
        lot.mixing_id = mixing.id
        db.add(lot)
    note(db, actor, "lots.mixed", mixing, lots=[lot.code for lot in lots])
    return mixing


def unmix(db: Session, actor: Actor, mixing: LotMixing) -> None:
    """Take a mixing back: it was a mistake. Refuses once something was sold of it."""
    lock_pool(db, mixing.pool_id)
    lots = lots_of(db, mixing)
    sold = select(StockEntry.id).where(
        col(StockEntry.lot_id).in_([lot.id for lot in lots]),
        StockEntry.kind == StockKind.SALE,
        StockEntry.at >= mixing.recorded_at,
    )
    if db.exec(sold.limit(1)).first() is not None:
        raise SoldFromMixing
    note(db, actor, "lots.unmixed", mixing, lots=[lot.code for lot in lots])
    for lot in lots:
        lot.mixing_id = None
        db.add(lot)
    db.flush()
    db.delete(mixing)


def lots_of(db: Session, mixing: LotMixing) -> Sequence[HarvestLot]:
    """The lots that were packed together."""
    return db.exec(
        select(HarvestLot).where(HarvestLot.mixing_id == mixing.id).order_by(col(HarvestLot.id))
    ).all()


def mixings_of(db: Session, pool_id: int) -> list[tuple[LotMixing, int, int]]:
    """Mixings of a pool, newest first: how many lots, how many grams are left; one statement."""
    rows = db.exec(
        select(LotMixing, func.count(col(HarvestLot.id).distinct()), func.sum(StockEntry.grams))
        .join(HarvestLot, col(HarvestLot.mixing_id) == LotMixing.id)
        .join(StockEntry, col(StockEntry.lot_id) == HarvestLot.id)
        .where(LotMixing.pool_id == pool_id)
        .group_by(col(LotMixing.id))
        .order_by(col(LotMixing.id).desc())
    )
    return [(mixing, lots, int(grams)) for mixing, lots, grams in rows]


def _check(
    db: Session,
    pool: LotPool,
    lots: Sequence[HarvestLot],
    lot_ids: Collection[int],
    *,
    mixed_on: date,
    today: date,
) -> None:
    if mixed_on > today:
        raise MixedInFuture
    if len(lots) < len(set(lot_ids)) or any(lot.pool_id != pool.id for lot in lots):
        raise NotOfThisPool
    left = left_by_lot(db, [lot.id or 0 for lot in lots])
    for lot in lots:
        if lot.mixing_id is not None:
            raise MixedAlready(code=lot.code)
        if left[lot.id or 0] <= 0:
            raise SoldOut(code=lot.code)
        if lot.harvested_on > mixed_on:
            raise MixedBeforeHarvest(code=lot.code, day=date_vi(lot.harvested_on))
    if len(lots) < 2:
        raise TooFewLots
