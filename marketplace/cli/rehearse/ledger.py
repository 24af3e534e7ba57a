"""What the scenario itself knows while it plays: whose stock is where, and every buyer's luck.

Written down at the moment things happen, beside the installation and without asking it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from marketplace.cli.rehearse.demand import Attempt
from marketplace.cli.rehearse.goods import Pool, Ware


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


class Ledger:
    """The scenario's own stock book; several threads write it."""

    def __init__(self, wares: Mapping[str, Ware], now: Callable[[], datetime]) -> None:
        self.wares = wares
        self.movements: list[Movement] = []
        self.tries: list[Try] = []
        self._now = now
        self._lock = Lock()
        self._left: defaultdict[Pool, int] = defaultdict(int)

    def moved(self, pool: Pool, grams: int, why: str, *, at: datetime | None = None) -> None:
        """Goods were picked, rotted or went out by the gate; now, unless `at` says when."""
        with self._lock:
            self._left[pool] += grams
            self.movements.append(Movement(at or self._now(), pool, grams, why))

    def packs_of(self, ware: Ware) -> int:
        """Packs of a ware that are truly there, sold ones left out."""
        with self._lock:
            return self._packs(ware)

    def tried(self, attempt: Attempt, packs_there: int, *, served: bool) -> None:
        """Somebody bought, or was told that there is none."""
        ware = self.wares[attempt.ware]
        with self._lock:
            self.tries.append(Try(self._now(), attempt, packs_there, served))
            if served:
                self._take(ware, attempt.packs)

    def given_back(self, ware: Ware, packs: int) -> None:
        """An order was cancelled before anything left."""
        with self._lock:
            self._take(ware, -packs)

    def _packs(self, ware: Ware) -> int:
        return max(0, min(self._left[pool] // grams for pool, grams in ware.pools.items()))

    def _take(self, ware: Ware, packs: int) -> None:
        for pool, grams in ware.pools.items():
            self._left[pool] -= packs * grams
