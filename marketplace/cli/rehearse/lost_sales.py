"""Buyers who went away though there was stock: in the season as it was, and with a fixed split in thirds."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from marketplace.cli.rehearse.demand import Attempt
from marketplace.cli.rehearse.goods import Pool, Ware
from marketplace.cli.rehearse.ledger import Ledger, Stock, Try
from marketplace.cli.rehearse.world import MARKETPLACES
from marketplace.selling.allocation import share

FEW = 10  #: packs left: from here on a pool counts as tight


@dataclass
class Luck:
    """Attempts at tight pools: how many there were, how many were refused though the packs were there."""

    attempts: int = 0
    lost: int = 0

    def add(self, there: int, packs: int, *, served: bool) -> None:
        """Count one attempt when few packs were left."""
        if there < FEW:
            self.attempts += 1
            self.lost += not served and there >= packs

    @property
    def share(self) -> Fraction:
        """Of all attempts; 0 when there were none."""
        return Fraction(self.lost, self.attempts) if self.attempts else Fraction(0)

    def facts(self) -> dict[str, Any]:
        """For the JSON; the share in percent with two decimals."""
        return {"attempts": self.attempts, "lost": self.lost, "percent": round(float(self.share * 100), 2)}


def lost_sales(ledger: Ledger) -> dict[str, Any]:
    """Both figures, for the pools of households that sell their own: few packs at any time."""
    tries = [one for one in ledger.tries if ledger.wares[one.attempt.ware].tight]
    ours = Luck()
    for one in tries:
        ours.add(one.packs_there, one.attempt.packs, served=one.served)
    return {"fewer_than_packs": FEW, "ours": ours.facts(), "fixed_third": _in_thirds(ledger, tries).facts()}


class _Thirds:
    """A pool whose packs were shared out at each harvest and stay on the marketplace they came to."""

    def __init__(self, pack_grams: int) -> None:
        self._stock = {name: Stock() for name in MARKETPLACES}
        self._grams = pack_grams
        self._loose = 0  #: grams, less than a pack

    def harvest(self, grams: int, at: datetime) -> None:
        """A third of every harvest to each marketplace; who has least gets what is left over."""
        packs, self._loose = divmod(self._loose + grams, self._grams)
        order = sorted(MARKETPLACES, key=lambda name: self.packs(name, at))
        for name, more in zip(order, share(packs, [1] * len(order)), strict=True):
            if more:
                self._stock[name].add(more * self._grams, at)

    def packs(self, name: str, at: datetime) -> int:
        """What a marketplace may still sell of it."""
        return self._stock[name].sellable(at) // self._grams

    def sold(self, name: str, packs: int, at: datetime) -> None:
        """So many packs left from there."""
        self._stock[name].take(packs * self._grams, at)


def _in_thirds(ledger: Ledger, tries: list[Try]) -> Luck:
    """The same attempts in the same order, with stock split once and for all."""
    luck = Luck()
    wares = {pool: ware for ware in ledger.wares.values() if ware.tight for pool in ware.pools}
    pools = {pool: _Thirds(ware.grams) for pool, ware in wares.items()}
    for event in sorted(_events(ledger, tries, wares), key=lambda event: event.at):
        thirds = pools[event.pool]
        if event.attempt is None:
            thirds.harvest(event.grams, event.at)
            continue
        packs, name = event.attempt.packs, event.attempt.marketplace
        served = thirds.packs(name, event.at) >= packs
        luck.add(sum(thirds.packs(one, event.at) for one in MARKETPLACES), packs, served=served)
        if served and event.attempt.cancelled_after is None:
            thirds.sold(name, packs, event.at)
    return luck


@dataclass(frozen=True)
class _Event:
    at: datetime
    pool: Pool
    grams: int = 0
    attempt: Attempt | None = None


def _events(ledger: Ledger, tries: list[Try], wares: dict[Pool, Ware]) -> list[_Event]:
    """Harvests and attempts; an order that is cancelled leaves the goods where they were."""
    harvests = [_Event(one.at, one.pool, one.grams) for one in ledger.movements if one.pool in wares]
    of = {ware.key: pool for pool, ware in wares.items()}
    return [*harvests, *(_Event(one.at, of[one.attempt.ware], attempt=one.attempt) for one in tries)]
