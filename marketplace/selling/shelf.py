"""What the lots of the pools hold, read once per transaction while their pools are locked.

A page of fifty orders of one cooperative would otherwise add up its whole ledger fifty times.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlmodel import Session, select

from catalog.lots import last_day, lock_pool, lock_pools, lots_with_stock
from catalog.models import LotPool, Product
from marketplace.selling.allocation import LotLeft, Taken, allocate
from marketplace.selling.stock import Draw, draws_of


def lots_left(db: Session, pool_id: int) -> list[LotLeft]:
    """What the lots of a pool hold; read under the pool's lock by whoever takes from them."""
    life = select(Product.shelf_life_days).join(LotPool).where(LotPool.id == pool_id)
    days = db.exec(life).first()
    return [
        LotLeft(lot.id or 0, lot.harvested_on, left, lot.mixing_id, last_day(lot.harvested_on, days))
        for lot, left in lots_with_stock(db, pool_id)
    ]


class Shelf:
    """Takes goods out of lots, oldest harvest first. `forget` after anything else wrote to the ledger."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._left: dict[int, list[LotLeft]] = {}
        self._draws: dict[int, list[tuple[Draw, int]]] = {}
        self.pools: set[int] = set()  #: locked so far

    def forget(self) -> None:
        """What was read may no longer be true: read it again."""
        self._left.clear()

    def prepare(self, offer_ids: Iterable[int], pool_ids: Iterable[int] = ()) -> None:
        """Read what these offers draw on together, and lock their pools and those named, lowest id first."""
        wanted = {offer_id for offer_id in offer_ids if offer_id not in self._draws}
        found = draws_of(self._db, wanted) if wanted else {}
        ids = {draw.pool_id for draws in found.values() for draw in draws} | set(pool_ids)
        if not ids:
            self._draws.update({offer_id: [] for offer_id in wanted})
            return
        products = lock_pools(self._db, ids)
        self.pools |= ids
        for offer_id in wanted:
            self._draws[offer_id] = [(draw, products[draw.pool_id]) for draw in found.get(offer_id, [])]

    def draws(self, offer_id: int) -> list[tuple[Draw, int]]:
        """What one pack of an offer takes: from which pool how much, and of which product."""
        if offer_id not in self._draws:
            self.prepare([offer_id])
        return self._draws[offer_id]

    def take(self, pool_id: int, grams: int, day: date | None = None) -> list[Taken]:
        """Take `grams` from a pool for an order of that local day; what no lot has comes back with no lot."""
        if pool_id not in self._left:
            lock_pool(self._db, pool_id)
            self._left[pool_id] = lots_left(self._db, pool_id)
        taken = allocate(grams, self._left[pool_id], day)
        gone = {part.lot_id: part.grams for part in taken}
        after = [replace(lot, grams=lot.grams - gone.get(lot.lot_id, 0)) for lot in self._left[pool_id]]
        self._left[pool_id] = [lot for lot in after if lot.grams > 0]
        return taken
