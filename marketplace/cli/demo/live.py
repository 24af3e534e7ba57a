"""Buyers, couriers and changes of mind while somebody watches."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from random import Random

from connectors.kit.control import Control, Impossible
from marketplace.cli.demo.history import BASKETS, OnSale, Placed

BRISK, BRISK_ORDERS, CALM = 1.5, 400, 6.0  #: seconds between orders, for so many orders, then
WAIT = 600.0  #: seconds an order that people may confirm waits before it confirms itself
FOR_PEOPLE = 12  #: one of so many orders waits for somebody to press “confirm”
NEXT = {
    "new": ("confirmed", "shipped", "delivered"),
    "confirmed": ("shipped", "delivered"),
    "shipped": ("delivered",),
}


Number = tuple[int, str]  #: shop and order number


class Market:
    """Plays buyers and couriers on the pretend marketplaces; `tick` does what is due."""

    def __init__(self, controls: Mapping[int, Control], rng: Random, goods: Sequence[OnSale]) -> None:
        self.orders = 0
        self._controls = controls
        self._rng = rng
        self._goods = goods
        self._weights = [one.weight for one in goods]
        self._numbers = count()
        self._due: list[tuple[float, int, Number, tuple[str, ...], float]] = []
        self._next_order = 0.0

    def take_over(self, orders: Iterable[Placed], now: float) -> None:
        """Orders that are on their way arrive within a quarter of an hour."""
        for order in orders:
            if order.state in NEXT:
                number = (order.shop_id, order.number)
                self._later(now + self._rng.uniform(20, 900), number, NEXT[order.state], now + WAIT)

    def tick(self, now: float) -> None:
        """Do what is due at `now`, in seconds of a clock that never jumps."""
        if self._goods and now >= self._next_order:
            self._next_order = now + (BRISK if self.orders < BRISK_ORDERS else CALM) * self._rng.uniform(
                0.6, 1.4
            )
            self._buy(now)
        while self._due and self._due[0][0] <= now:
            _, _, number, steps, patience = heappop(self._due)
            self._advance(number, steps, patience, now)

    def _buy(self, now: float) -> None:
        one = self._rng.choices(self._goods, self._weights)[0]
        packs = self._rng.choices(*zip(*BASKETS, strict=True))[0]
        try:
            number = (one.shop_id, str(self._controls[one.shop_id].buy(one.sku, packs)["order_no"]))
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

    def _advance(self, number: Number, steps: tuple[str, ...], patience: float, now: float) -> None:
        try:
            self._move(number, steps[0])
        except Impossible:
            self._not_yet(number, steps, patience, now)
            return
        if steps[1:]:
            self._later(now + self._rng.uniform(3, 10), number, steps[1:], patience)

    def _not_yet(self, number: Number, steps: tuple[str, ...], patience: float, now: float) -> None:
        """Nobody has confirmed it yet: look again, and confirm it in the end. Cancelled: let it be."""
        if steps[0] != "shipped":
            return
        if now < patience:
            self._later(now + 5, number, steps, patience)
            return
        try:
            self._move(number, "confirmed")
        except Impossible:
            return
        self._later(now + 5, number, steps, now)

    def _move(self, number: Number, step: str) -> None:
        shop_id, order_no = number
        self._controls[shop_id].advance(order_no, step)

    def _later(self, at: float, number: Number, steps: tuple[str, ...], patience: float) -> None:
        heappush(self._due, (at, next(self._numbers), number, steps, patience))
