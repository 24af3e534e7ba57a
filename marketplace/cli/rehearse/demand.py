"""Who wants to buy what, when, and what becomes of each order: a plan made of the seed alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from marketplace.cli.demo.history import BASKETS
from marketplace.cli.rehearse.goods import BRAND, CLOSES, LATE, OPENS, PICKED, Goods, Ware
from marketplace.cli.rehearse.world import MARKETPLACES
from marketplace.core.units import LOCAL

WHERE = (60, 28, 12)  #: of a hundred buyers, how many come to each marketplace
TET = date(2022, 2, 1)
FEW = ((1, 60), (2, 28), (3, 12))  #: of those who buy from a household
OFFICE_BASKET = (20, 60)  #: boxes an office buys for its staff
#: Kilograms wanted over the season for each household of the rehearsal: boxes of the brand one by one,
#: by offices, and everything else.
RETAIL_KG, OFFICE_KG, OTHER_KG = 12, 220, 5
TRIES_A_TIGHT_POOL = 30
LAST_BRAND_DAY = date(2022, 1, 30)

CANCELLED_EARLY, CANCELLED_LATE, REFUSED, BACK_WHOLE, BACK_PART, BACK_LATE = (
    3,
    5,
    9,
    11,
    14,
    16,
)  #: up to here


@dataclass(frozen=True)
class Step:
    """What happens to an order so many clock hours after the step before."""

    status: str
    hours: float
    part: bool = False  #: some packs of it, not all


@dataclass(frozen=True)
class Attempt:
    """Somebody wants so many packs; the story is what becomes of the order if there is one."""

    number: int
    at: datetime
    marketplace: str
    ware: str
    packs: int
    story: tuple[Step, ...]

    @property
    def cancelled_after(self) -> timedelta | None:
        """When the goods would be free again; None for a story in which they leave."""
        if self.story[-1].status != "cancelled":
            return None
        return timedelta(hours=sum(step.hours for step in self.story))


def make_demand(seed: int, households: int, goods: Goods) -> list[Attempt]:
    """Every attempt to buy of the season, in order of time."""
    rng = Random(f"{seed} buyers")  # noqa: S311 - a plan that can be repeated, no secret
    tight = [one for one in goods.wares if one.tight]
    pooled = [one for one in goods.wares if not one.tight and one.variety == BRAND and not one.combo]
    other = [one for one in goods.wares if one.variety != BRAND or one.combo]
    boxes = [one for one in pooled if one.grams == 10_000]
    wanted = [wish for one in tight for wish in _few(rng, one)]
    wanted += _wished(rng, goods, pooled, households * RETAIL_KG * 1000, BASKETS)
    wanted += _wished(rng, goods, other, households * OTHER_KG * 1000, BASKETS)
    wanted += _offices(rng, goods, boxes, households * OFFICE_KG * 1000)
    wanted.sort(key=lambda wish: wish[:2])
    return [
        Attempt(number, at, rng.choices(MARKETPLACES, WHERE)[0], ware, packs, _story(rng, packs))
        for number, (at, ware, packs) in enumerate(wanted)
    ]


Wish = tuple[datetime, str, int]


def _few(rng: Random, ware: Ware) -> Iterator[Wish]:
    for _ in range(TRIES_A_TIGHT_POOL):
        yield _moment(rng, ware), ware.key, _basket(rng, FEW)


def _wished(
    rng: Random, goods: Goods, wares: Sequence[Ware], grams: int, baskets: Sequence[tuple[int, int]]
) -> Iterator[Wish]:
    """Orders until so many grams are wanted; who has more is found more often."""
    weights = [_weight(goods, ware) for ware in wares]
    while wares and grams > 0:
        ware = rng.choices(wares, weights)[0]
        packs = _basket(rng, baskets)
        grams -= packs * ware.grams
        yield _moment(rng, ware), ware.key, packs


def _offices(rng: Random, goods: Goods, wares: Sequence[Ware], grams: int) -> Iterator[Wish]:
    """Many boxes at once; a small cooperative is asked for fewer."""
    weights = [_weight(goods, ware) for ware in wares]
    while wares and grams > 0:
        ware = rng.choices(wares, weights)[0]
        most = max(3, min(OFFICE_BASKET[1], round(_weight(goods, ware) / 1000 / 200)))
        packs = rng.randint(min(most, OFFICE_BASKET[0]), most)
        grams -= packs * ware.grams
        yield _moment(rng, ware), ware.key, packs


def _weight(goods: Goods, ware: Ware) -> int:
    """Grams its pools get in the season."""
    return sum(one.grams for one in goods.harvests if one.pool in ware.pools) or 1


def _basket(rng: Random, baskets: Sequence[tuple[int, int]]) -> int:
    sizes, weights = zip(*baskets, strict=True)
    return int(rng.choices(sizes, weights)[0])


def _moment(rng: Random, ware: Ware) -> datetime:
    """More at weekends and market days, most before Tết, by day more than by night."""
    first, last = _days(ware)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    day = rng.choices(days, [_lively(one) for one in days])[0]
    hour = rng.triangular(6, 22.9, rng.choice((11.5, 20.0)))
    return datetime.combine(day, time(), tzinfo=LOCAL) + timedelta(seconds=round(hour * 3600))


def _days(ware: Ware) -> tuple[date, date]:
    if ware.combo or ware.variety == LATE:
        return PICKED[LATE][0] + timedelta(days=3), CLOSES - timedelta(days=2)
    first, last = PICKED[ware.variety]
    return first + timedelta(days=1), LAST_BRAND_DAY if ware.variety == BRAND else last + timedelta(days=2)


def _lively(day: date) -> float:
    through = (day - OPENS).days / (CLOSES - OPENS).days
    before_tet = 1.6 if 5 <= (TET - day).days <= 22 else 1.0
    return (0.6 + 0.6 * through) * (1.4 if day.weekday() >= 5 else 1.0) * before_tet


def _story(rng: Random, packs: int) -> tuple[Step, ...]:
    """What becomes of an order, in hundredths."""
    luck = rng.uniform(0, 100)
    confirmed, shipped = Step("confirmed", rng.uniform(1, 8)), Step("shipped", rng.uniform(6, 30))
    if luck < CANCELLED_EARLY:
        return (Step("cancelled", rng.uniform(1, 9)),)
    if luck < CANCELLED_LATE:
        return confirmed, Step("cancelled", rng.uniform(2, 20))
    if luck < REFUSED:
        return confirmed, shipped, Step("refused", rng.uniform(24, 90))
    delivered = (confirmed, shipped, Step("delivered", rng.uniform(20, 90)))
    if luck < BACK_WHOLE:
        return *delivered, Step("returned", rng.uniform(24, 140))
    if luck < BACK_PART and packs > 1:
        return *delivered, Step("returned", rng.uniform(24, 140), part=True)
    if luck < BACK_LATE:
        return *delivered, Step("returned", rng.uniform(300, 700), part=packs > 1)
    return delivered
