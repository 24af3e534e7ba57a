"""A sale outside the marketplaces that was recorded by mistake: goods, figures and listings as before."""

from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog.lots import lock_pool, pool_of, post_entry, tell
from catalog.models import HarvestLot, StockEntry, StockKind
from marketplace.core.audit import Actor, note
from marketplace.core.db import locked
from marketplace.selling.counting import count_taken_back
from marketplace.selling.giving_back import give_back
from marketplace.selling.models import OutsideSale


def take_back_outside_sale(
    db: Session, actor: Actor, sale: OutsideSale, why: str, *, now: datetime
) -> OutsideSale:
    """Say that a sale never was: its goods are in their lots again, nothing of it is counted, listings grow.

    Nothing is deleted: ledger and counted lines are reversed by further ones. Twice is the same as once.
    """
    pool = pool_of(db, sale.producer_id, sale.product_id)
    if pool is not None:
        lock_pool(db, pool.id or 0)
    sale = locked(db, OutsideSale, sale.id or 0)
    if sale.taken_back_at is not None:
        return sale
    sale.taken_back_at, sale.taken_back_by, sale.taken_back_why = now, actor.actor_id, why
    db.add(sale)
    for entry in db.exec(sold_entries(sale)).all():
        lot = db.get_one(HarvestLot, entry.lot_id)
        post_entry(
            db,
            lot=lot,
            kind=StockKind.CANCELLED,
            grams=-entry.grams,
            key=f"{entry.key}:back",
            at=now,
            actor=actor,
            reason=why,
        )
    count_taken_back(db, sale, at=now)
    note(db, actor, "outside_sale.taken_back", sale, grams=sale.grams, why=why)
    if pool is not None:
        tell(db, [pool.id or 0], now)
        give_back(db, sale.taken_packs, now=now)
    return sale


def sold_entries(sale: OutsideSale) -> SelectOfScalar[StockEntry]:
    """The ledger lines of what this sale took out of lots."""
    of_sale = col(StockEntry.key).startswith(f"outside:{sale.id}:", autoescape=True)
    return select(StockEntry).where(of_sale, StockEntry.kind == StockKind.SALE).order_by(col(StockEntry.id))
