"""Buyers, couriers and changes of mind while somebody watches."""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from random import Random

from connectors.kit.control import Control, Impossible
from marketplace.cli.demo.history import BASKETS

BRISK, BRISK_ORDERS, CALM = 1.5, 400, 6.0  #: seconds between orders, for so many orders, then
WAIT = 600.0  #: seconds an order that people may confirm waits before it confirms itself
FOR_PEOPLE = 12  #: one of so many orders waits for somebody to press “confirm”
NEXT = {
    "new": ("confirmed", "shipped", "delivered"),
    "confirmed": ("shipped", "delivered"),
    "shipped": ("delivered",),
}


class Market:
    """Plays buyers and couriers on one pretend marketplace; `tick` does what is due."""

    def __init__(self, control: Control, rng: Random, goods: Sequence[tuple[str, float]]) -> None:
        self.orders = 0
        self._control = control
        self._rng = rng
        self._skus = [sku for sku, _ in goods]
        self._weights = [weight for _, weight in goods]
        self._numbers = count()
        self._due: list[tuple[float, int, str, tuple[str, ...], float]] = []
        self._next_order = 0.0

    def take_over(self, orders: Iterable[tuple[str, str]], now: float) -> None:
        """Orders that are on their way arrive within a quarter of an hour; `orders`: number and state."""
        for number, state in orders:
            if state in NEXT:
                self._later(now + self._rng.uniform(20, 900), number, NEXT[state], now + WAIT)

    def tick(self, now: float) -> None:
        """Do what is due at `now`, in seconds of a clock that never jumps."""
        if self._skus and now >= self._next_order:
            self._next_order = now + (BRISK if self.orders < BRISK_ORDERS else CALM) * self._rng.uniform(
                0.6, 1.4
            )
            self._buy(now)
        while self._due and self._due[0][0] <= now:
            _, _, number, steps, patience = heappop(self._due)
            self._advance(number, steps, patience, now)

    def _buy(self, now: float) -> None:
        sku = self._rng.choices(self._skus, self._weights)[0]
        packs = self._rng.choices(*zip(*BASKETS, strict=True))[0]
        try:
            number = str(self._control.buy(sku, packs)["order_no"])
        except Impossible:
            return
        self.orders += 1
        waits = self._rng.randrange(FOR_PEOPLE) == 0
        steps = self._story()
        if waits:
            self._later(now + 5, number, steps[1:] or ("shipped",), now + WAIT)
        else:
            self._later(now + self._rng.uniform(2, 6), number, steps, now)

    def _story(self) -> tuple[str, ...]:
        luck = self._rng.random()
        if luck < 0.04:
            return ("cancelled",)
        if luck < 0.07:
            return ("confirmed", "shipped", "refused")
        if luck < 0.09:
            return ("confirmed", "shipped", "delivered", "returned")
        return ("confirmed", "shipped", "delivered")

    def _advance(self, number: str, steps: tuple[str, ...], patience: float, now: float) -> None:
        try:
            self._control.advance(number, steps[0])
        except Impossible:
            self._not_yet(number, steps, patience, now)
            return
        if steps[1:]:
            self._later(now + self._rng.uniform(3, 10), number, steps[1:], patience)

    def _not_yet(self, number: str, steps: tuple[str, ...], patience: float, now: float) -> None:
        """Nobody has confirmed it yet: look again, and confirm it in the end. Cancelled: let it be."""
        if steps[0] != "shipped":
            return
        if now < patience:
            self._later(now + 5, number, steps, patience)
            return
        try:
            self._control.advance(number, "confirmed")
        except Impossible:
            return
        self._later(now + 5, number, steps, now)

    def _later(self, at: float, number: str, steps: tuple[str, ...], patience: float) -> None:
        heappush(self._due, (at, next(self._numbers), number, steps, patience))
