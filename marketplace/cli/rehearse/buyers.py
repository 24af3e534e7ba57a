"""Buyers, couriers and moderators on one pretend marketplace: what the plan says, at the hour it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from threading import Event

from connectors.kit.control import Control, Impossible
from marketplace.cli.rehearse.demand import Attempt, Step
from marketplace.cli.rehearse.ledger import Ledger

MANY = 10  #: packs; who wants fewer goes elsewhere when they are not there
NAP = 0.005  #: real seconds between two looks at the clock
WAIT_FOR_MODERATOR = timedelta(hours=10)
LOCKED_ONE_OF = 60  #: moderators lock one of so many goods for a while
LOCKED_FOR = timedelta(days=6)


@dataclass(frozen=True)
class Due:
    """Something that happens at a moment; `order` None: a buyer comes."""

    attempt: Attempt
    order: str | None = None
    step: int = 0


class Market:
    """One marketplace; lives in one thread, since its connection does."""

    def __init__(
        self,
        name: str,
        control: Control,
        ledger: Ledger,
        skus: Mapping[tuple[str, str], str],
        attempts: Sequence[Attempt],
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.orders = 0
        self._control = control
        self._ledger = ledger
        self._skus = skus
        self._now = now
        self._numbers = count()
        self._due: list[tuple[datetime, int, Due]] = []
        for attempt in attempts:
            if attempt.marketplace == name:
                self._later(attempt.at, Due(attempt))

    def play(self, until: datetime, stop: Event) -> None:
        """Do what is due until the moment `until`, then bring what was begun to where it may stay."""
        while not stop.is_set():
            now = self._now()
            if now >= until:
                break
            if self._due and self._due[0][0] <= now:
                self._do(heappop(self._due)[2], now)
            else:
                stop.wait(NAP)
        self._confirm_the_rest()

    def _do(self, due: Due, now: datetime) -> None:
        if due.order is None:
            self._buy(due.attempt, now)
        else:
            self._advance(due.attempt, due.order, due.step, now)

    def _buy(self, attempt: Attempt, now: datetime) -> None:
        ware = self._ledger.wares[attempt.ware]
        sku = self._skus.get((attempt.ware, self.name))
        there = self._ledger.packs_of(ware)
        if sku is None:  # the seller has not offered it yet: nobody can have come
            return
        try:
            order = str(self._control.buy(sku, attempt.packs)["order_no"])
        except Impossible:
            self._ledger.tried(attempt, there, served=False)
            if attempt.packs >= MANY:  # an office that does not find so many takes half
                self._buy(replace(attempt, packs=attempt.packs // 2), now)
            return
        self._ledger.tried(attempt, there, served=True)
        self.orders += 1
        self._follow(attempt, order, 0, now)

    def _advance(self, attempt: Attempt, order: str, number: int, now: datetime) -> None:
        step = attempt.story[number]
        packs = self._part(attempt, step)
        try:
            self._control.advance(order, step.status, packs=packs)
        except Impossible:
            if step.status != "confirmed":
                return  # it was cancelled meanwhile: its story ends here
            # The seller's own program was faster.
        if step.status == "cancelled":
            self._ledger.given_back(self._ledger.wares[attempt.ware], attempt.packs)
        self._follow(attempt, order, number + 1, now)

    def _follow(self, attempt: Attempt, order: str, number: int, now: datetime) -> None:
        if number < len(attempt.story):
            self._later(now + timedelta(hours=attempt.story[number].hours), Due(attempt, order, number))

    def _part(self, attempt: Attempt, step: Step) -> int | None:
        """How many packs a step is about; None: all."""
        rng = Random(attempt.number)  # noqa: S311 - part of the plan, no secret
        return rng.randint(1, attempt.packs - 1) if step.part and attempt.packs > 1 else None

    def _confirm_the_rest(self) -> None:
        """A new order cancels itself after some time: nobody would wait for that at the end of a season."""
        for _, _, due in sorted(self._due):
            if due.order is None or due.step > 0:
                continue
            try:
                self._control.advance(due.order, "confirmed")
            except Impossible:
                continue
        self._due.clear()

    def _later(self, at: datetime, due: Due) -> None:
        heappush(self._due, (at, next(self._numbers), due))
