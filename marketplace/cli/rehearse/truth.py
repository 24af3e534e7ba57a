"""The truth of a season: what the mocks remember, read by what the scenario knows of who sold what.

Nothing here asks the installation: a SKU is known by the ware it was given to, a ware by its seller's
commune.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.cli.rehearse.goods import Goods, Pool, Ware
from marketplace.cli.rehearse.ledger import Ledger
from marketplace.cli.rehearse.world import World
from marketplace.core.units import LOCAL

Figures = dict[tuple[str, ...], int]
NOT_THERE = ("deleted",)
LEFT_FOR_GOOD = ("cancelled",)  #: the only end of an order in which the goods never left


@dataclass(frozen=True)
class Truth:
    """Every figure by its rows."""

    sold_grams: Figures  #: by local day, commune, marketplace and variety; returns on the day of the return
    orders: Figures  #: by marketplace and state
    packs: Figures  #: ordered, by marketplace and SKU
    returned_packs: Figures  #: by marketplace and SKU
    live: Figures  #: stock of what buyers can find, by marketplace and SKU
    products: Figures  #: how often a SKU is there, by marketplace and SKU
    stock_grams: Figures  #: by seller and variety
    households: Figures  #: by commune
    present: Figures  #: half-days attended, by day of the class
    certificates: Figures  #: by day of the class
    violations: Figures  #: what no honest client does, by marketplace and kind
    payouts_vnd: Figures  #: by marketplace
    money_vnd: Figures  #: by seller and kind
    oversold_grams: Figures  #: the most that was ever sold and not there, by seller and variety


@dataclass(frozen=True)
class Sold:
    """One order of a mock, and the ware it was for."""

    marketplace: str
    ware: Ware
    row: Mapping[str, Any]

    def at(self, name: str) -> datetime | None:
        """When it came to a state."""
        stamp = self.row.get(f"{name}_at")
        return datetime.fromisoformat(stamp) if stamp else None

    @property
    def placed_at(self) -> datetime:
        return datetime.fromisoformat(self.row["placed_at"])

    @property
    def kept(self) -> bool:
        """Did the goods leave?"""
        return self.row["status"] not in LEFT_FOR_GOOD


def told_by_mocks(
    states: Mapping[str, Mapping[str, Any]],
    world: World,
    goods: Goods,
    ledger: Ledger,
    meant: Mapping[tuple[str, str], Ware],
    paid: tuple[Figures, Figures],
    excused: Collection[str] = (),
) -> Truth:
    """All figures of a season that has come to rest.

    `meant` is what the scenario knows it offered, by marketplace and SKU; `paid` what they say they paid.
    `excused` are kinds of violations that this season's faults make an honest client commit.
    """
    sold = [
        Sold(name, meant[name, row["sku"]], row) for name, state in states.items() for row in state["orders"]
    ]
    here = [(name, row) for name, state in states.items() for row in state["products"]]
    there = [(name, row) for name, row in here if row["status"] not in NOT_THERE]
    return Truth(
        sold_grams=_added(entry for one in sold for entry in _counted(one)),
        orders=_added(((one.marketplace, one.row["status"]), 1) for one in sold),
        packs=_added(((one.marketplace, one.row["sku"]), one.row["packs"]) for one in sold),
        returned_packs=_added(((one.marketplace, one.row["sku"]), one.row["returned_packs"]) for one in sold),
        live={(name, row["sku"]): row["stock"] for name, row in there if row["status"] == "live"},
        products=_added(((name, row["sku"]), 1) for name, row in there),
        stock_grams=_stock(goods, ledger, sold),
        households=_added(((home.place.name,), 1) for home in world.homes),
        present=_added(
            ((one.day.isoformat(),), sum(who.signed)) for one in world.classes for who in one.attendees
        ),
        certificates=_added(
            ((one.day.isoformat(),), 1)
            for one in world.classes
            for who in one.attendees
            if who.home is not None and all(who.signed)
        ),
        violations=_added(
            ((name, one["kind"]), 1)
            for name, state in states.items()
            for one in state["violations"]
            if one["kind"] not in excused
        ),
        payouts_vnd=paid[0],
        money_vnd=paid[1],
        oversold_grams=_oversold(goods, ledger, sold),
    )


def _added(entries: Iterator[tuple[tuple[str, ...], int]]) -> Figures:
    sums: Counter[tuple[str, ...]] = Counter()
    for key, amount in entries:
        sums[key] += amount
    return {key: amount for key, amount in sums.items() if amount}


def _counted(one: Sold) -> Iterator[tuple[tuple[str, ...], int]]:
    """Delivered on the day it arrived; what came back, on the day it did."""
    delivered, returned = one.at("delivered"), one.at("returned")
    for variety, grams in one.ware.parts:
        if delivered is not None:
            yield _row(one, delivered, variety), one.row["packs"] * grams
        if returned is not None:
            yield _row(one, returned, variety), -one.row["returned_packs"] * grams


def _row(one: Sold, at: datetime, variety: str) -> tuple[str, ...]:
    return at.astimezone(LOCAL).date().isoformat(), one.ware.place, one.marketplace, variety


def _stock(goods: Goods, ledger: Ledger, sold: Sequence[Sold]) -> Figures:
    """What came in, less what left: fresh fruit that came back is thrown away."""
    left: Counter[Pool] = Counter(dict.fromkeys(goods.split_of, 0))
    for movement in ledger.movements:
        left[movement.pool] += movement.grams
    for one in sold:
        for pool, grams in one.ware.pools.items():
            left[pool] -= one.row["packs"] * grams if one.kept else 0
    return {(pool.seller, pool.variety): grams for pool, grams in left.items() if grams}


def _oversold(goods: Goods, ledger: Ledger, sold: Sequence[Sold]) -> Figures:
    """The deepest point below nothing of each pool, everything played through in order of time."""
    moves = [(one.at, -one.grams, one.pool) for one in ledger.movements]
    for one in sold:
        back = None if one.kept else one.at("cancelled")
        for pool, grams in one.ware.pools.items():
            moves.append((one.placed_at, one.row["packs"] * grams, pool))
            if back is not None:
                moves.append((back, -one.row["packs"] * grams, pool))
    gone: Counter[Pool] = Counter()
    deepest: Counter[Pool] = Counter(dict.fromkeys(goods.split_of, 0))
    for _, grams, pool in sorted(moves, key=lambda move: move[:2]):  # what comes in first, at one moment
        gone[pool] += grams
        deepest[pool] = max(deepest[pool], gone[pool])
    return {(pool.seller, pool.variety): grams for pool, grams in deepest.items()}
