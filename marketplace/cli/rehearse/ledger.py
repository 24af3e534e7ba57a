"""What the scenario itself knows while it plays: whose stock is where, and every buyer's luck.

Written down at the moment things happen, beside the installation and without asking it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from marketplace.cli.rehearse.demand import Attempt
from marketplace.cli.rehearse.goods import Pool, Ware

KEEPS = timedelta(days=19)  #: fresh oranges may be sold until the day before their last (shelf life 20 days)


@dataclass(frozen=True)
class Movement:
    """Grams that came into a pool (more than 0) or left it. `why` is "harvest", "rot", "gate"."""

    at: datetime
    pool: Pool
    grams: int
    why: str


@dataclass(frozen=True)
class Try:
    """What happened to one attempt, and the packs its pools held at that moment."""

    at: datetime
    attempt: Attempt
    packs_there: int
    served: bool


@dataclass
class Fruit:
    """What one harvest has left, and until when it may be sold."""

    until: datetime
    grams: int


class Stock:
    """Fruit of one pool, the oldest sold first; what is past its day stays, but nobody may sell it (R-43)."""

    def __init__(self) -> None:
        self._lots: list[Fruit] = []  #: oldest first
        self._owed = 0  #: grams that were taken and not there; the next harvest pays them

    def add(self, grams: int, at: datetime) -> None:
        """Picked at that moment."""
        paid = min(grams, self._owed)
        self._owed -= paid
        self._lots.append(Fruit(at + KEEPS, grams - paid))

    def take(self, grams: int, at: datetime) -> None:
        """Sold, rotten, or out by the gate: the oldest that may be sold, then what may not."""
        for lot in sorted(self._lots, key=lambda lot: lot.until <= at):
            part = min(grams, lot.grams)
            lot.grams -= part
            grams -= part
        self._lots = [lot for lot in self._lots if lot.grams]
        self._owed += grams

    def give_back(self, grams: int, at: datetime) -> None:
        """An order did not happen: as fresh as the oldest that is left."""
        until = self._lots[0].until if self._lots else at + KEEPS
        self._lots.insert(0, Fruit(until, grams))

    def sellable(self, at: datetime) -> int:
        """Grams that may be sold at that moment."""
        return sum(lot.grams for lot in self._lots if lot.until > at)


class Ledger:
    """The scenario's own stock book; several threads write it."""

    def __init__(self, wares: Mapping[str, Ware], now: Callable[[], datetime]) -> None:
        self.wares = wares
        self.movements: list[Movement] = []
        self.tries: list[Try] = []
        self._now = now
        self._lock = Lock()
        self._stock: defaultdict[Pool, Stock] = defaultdict(Stock)

    def moved(self, pool: Pool, grams: int, why: str, *, at: datetime | None = None) -> None:
        """Goods were picked, rotted or went out by the gate; now, unless `at` says when."""
        with self._lock:
            at = at or self._now()
            if grams > 0:
                self._stock[pool].add(grams, at)
            else:
                self._stock[pool].take(-grams, at)
            self.movements.append(Movement(at, pool, grams, why))

    def packs_of(self, ware: Ware) -> int:
        """Packs of a ware that are truly there and may be sold."""
        with self._lock:
            at = self._now()
            return min(self._stock[pool].sellable(at) // grams for pool, grams in ware.pools.items())

    def tried(self, attempt: Attempt, packs_there: int, *, served: bool) -> None:
        """Somebody bought, or was told that there is none."""
        with self._lock:
            self.tries.append(Try(self._now(), attempt, packs_there, served))
            for pool, grams in self.wares[attempt.ware].pools.items() if served else ():
                self._stock[pool].take(attempt.packs * grams, self._now())

    def given_back(self, ware: Ware, packs: int) -> None:
        """An order was cancelled before anything left."""
        with self._lock:
            for pool, grams in ware.pools.items():
                self._stock[pool].give_back(packs * grams, self._now())
