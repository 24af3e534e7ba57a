"""What the lots of the pools hold, read once per transaction while their pools are locked.

A page of fifty orders of one cooperative would otherwise add up its whole ledger fifty times.
"""

from sqlmodel import Session, col, select

from catalog.lots import lock_pool, lots_with_stock
from catalog.models import LotPool
from marketplace.selling.allocation import LotLeft, Taken, allocate
from marketplace.selling.stock import Draw, draws_of


class Shelf:
    """Takes goods out of lots, oldest harvest first. `forget` after anything else wrote to the ledger."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._left: dict[int, list[LotLeft]] = {}
        self._draws: dict[int, list[tuple[Draw, int]]] = {}

    def forget(self) -> None:
        """What was read may no longer be true: read it again."""
        self._left.clear()

    def draws(self, offer_id: int) -> list[tuple[Draw, int]]:
        """What one pack of an offer takes: from which pool how much, and of which product."""
        if offer_id not in self._draws:
            draws = draws_of(self._db, [offer_id]).get(offer_id, [])
            pools = select(LotPool.id, LotPool.product_id).where(
                col(LotPool.id).in_([draw.pool_id for draw in draws])
            )
            products = dict(self._db.exec(pools).all())
            self._draws[offer_id] = [(draw, products[draw.pool_id]) for draw in draws]
        return self._draws[offer_id]

    def take(self, pool_id: int, grams: int) -> list[Taken]:
        """Take `grams` from a pool; what no lot has comes back with no lot."""
        if pool_id not in self._left:
            lock_pool(self._db, pool_id)
            rows = lots_with_stock(self._db, pool_id)
            self._left[pool_id] = [LotLeft(lot_id, day, left) for lot_id, _, day, left in rows]
        taken = allocate(grams, self._left[pool_id])
        gone = {part.lot_id: part.grams for part in taken}
        after = (
            LotLeft(lot.lot_id, lot.harvested_on, lot.grams - gone.get(lot.lot_id, 0))
            for lot in self._left[pool_id]
        )
        self._left[pool_id] = [lot for lot in after if lot.grams > 0]
        return taken
