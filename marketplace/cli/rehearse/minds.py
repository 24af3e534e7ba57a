"""Changes of mind: traders at the gate, rot, prices, withdrawals, other ways to split. A plan of the seed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import TypeVar

from marketplace.cli.rehearse.goods import BRAND, LATE, OPENS, PICKED, Goods, Pool, Ware
from marketplace.cli.rehearse.sellers import Sellers
from marketplace.core.units import LOCAL

T = TypeVar("T")
GATE_EVERY, ROT_EVERY = 12, 8  #: days, for each cooperative's pool
GATE_KG, ROT_KG = (40, 200), (2, 60)
PRICES, WITHDRAWALS, SPLITS = 24, 10, 12  #: in the season, whoever it is
GONE_DAYS = (4, 9)  #: for which a ware is off


@dataclass(frozen=True)
class Mood:
    """Somebody does this at that hour."""

    at: datetime
    do: Callable[[Sellers], None]


def make_moods(rng: Random, goods: Goods, ends: datetime) -> list[Mood]:
    """All of them, in no order; none after the season."""
    pools = sorted(pool for pool in goods.split_of if not pool.tight)
    wares = [ware for ware in goods.wares if LATE not in dict(ware.parts)]
    moods = [mood for pool in pools for mood in _goods_leave(rng, pool)]
    moods += [_price(rng, rng.choice(wares)) for _ in range(min(PRICES, len(wares)))]
    plenty = [ware for ware in wares if not ware.tight]  # who has a few boxes sells them
    moods += [mood for ware in _some(rng, plenty, WITHDRAWALS) for mood in _away(rng, ware)]
    moods += [
        _split(rng, pool) for pool in _some(rng, [pool for pool in pools if pool.variety == BRAND], SPLITS)
    ]
    moods.append(Mood(_hour(rng, (PICKED[LATE][0] - OPENS).days, 15), lambda sellers: _offer_late(sellers)))
    return [mood for mood in moods if mood.at < ends]


def _some(rng: Random, things: list[T], most: int) -> list[T]:
    return rng.sample(things, min(most, len(things) // 2))


def _goods_leave(rng: Random, pool: Pool) -> Iterator[Mood]:
    first, last = ((day - OPENS).days for day in PICKED[pool.variety])
    for day in range(first + 3, last + 8, GATE_EVERY):
        kilograms = rng.randint(*GATE_KG)
        yield Mood(_hour(rng, day, 9), _sell_at_the_gate(pool, kilograms * 1000))
    for day in range(first + 4, last + 8, ROT_EVERY):
        grams = rng.randint(*ROT_KG) * 1000 + rng.choice((0, 300, 700))
        yield Mood(_hour(rng, day, 17), _throw_away(pool, grams))


def _sell_at_the_gate(pool: Pool, grams: int) -> Callable[[Sellers], None]:
    return lambda sellers: sellers.sell_at_the_gate(pool, grams)


def _throw_away(pool: Pool, grams: int) -> Callable[[Sellers], None]:
    return lambda sellers: sellers.throw_away(pool, grams)


def _price(rng: Random, ware: Ware) -> Mood:
    dice = Random(rng.random())  # noqa: S311 - part of the plan
    return Mood(_hour(rng, rng.randint(3, 88), 10), lambda sellers: sellers.change_price(ware, dice))


def _away(rng: Random, ware: Ware) -> Iterator[Mood]:
    day = rng.randint(5, 70)
    yield Mood(_hour(rng, day, 8), lambda sellers: sellers.withdraw(ware))
    yield Mood(_hour(rng, day + rng.randint(*GONE_DAYS), 8), lambda sellers: sellers.put_back(ware))


def _split(rng: Random, pool: Pool) -> Mood:
    how = rng.choice(("by_sales", "fixed", "priority", "only", "by_hand"))
    return Mood(_hour(rng, rng.randint(10, 80), 14), lambda sellers: sellers.split(pool, how))


def _offer_late(sellers: Sellers) -> None:
    """The late variety is offered on its first day, and the box that holds both."""
    sellers.offer(ware for ware in sellers.goods.wares if LATE in dict(ware.parts))


def _hour(rng: Random, day: int, hour: int) -> datetime:
    on = datetime.combine(OPENS + timedelta(days=day), time(hour), tzinfo=LOCAL)
    return on + timedelta(minutes=rng.randint(0, 59))
