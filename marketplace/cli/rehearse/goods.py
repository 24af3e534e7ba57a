"""What is picked and what is offered in a rehearsal: pools, packs, every harvest of the season. A plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from marketplace.cli.rehearse.world import MARKETPLACES, Cooperative, Home, World
from marketplace.core.units import LOCAL

BRAND, EARLY, LATE = "cam-vang", "cam-chin-som", "cam-sanh"
OPENS, CLOSES = date(2021, 10, 31), date(2022, 2, 8)  #: first harvest, and last day of the whole season
#: When a variety is picked; sold from the first of these days to two days after the last.
PICKED = {
    BRAND: (OPENS, date(2022, 1, 28)),
    EARLY: (OPENS, date(2021, 11, 26)),
    LATE: (date(2021, 12, 25), date(2022, 2, 5)),
}
PRICES_VND = {
    (BRAND, 5_000): 105_000,
    (BRAND, 10_000): 200_000,
    (EARLY, 10_000): 210_000,
    (LATE, 10_000): 180_000,
}
COMBO = "Thùng đôi 10 kg"  #: five kilograms of the brand and five of the late variety
COMBO_VND = 190_000
TIGHT_PACKS = (7, 11)  #: packs of one harvest of a household that sells its own
TIGHT_EVERY = 15  #: days between two of them
KILOGRAMS_A_MEMBER = {BRAND: 440, EARLY: 40, LATE: 50}  #: all harvests of the season together
PICKINGS = {BRAND: 2, EARLY: 1, LATE: 1}
SPLITS = ("by_sales", "by_hand", "fixed", "priority", "by_sales")  #: of cooperatives, in turn


@dataclass(frozen=True, order=True)
class Pool:
    """One seller's stock of one variety. `seller` is "htx:3" or "ho:17"."""

    seller: str
    variety: str

    @property
    def tight(self) -> bool:
        """Few packs, sold by a household itself."""
        return self.seller.startswith("ho:")


@dataclass(frozen=True)
class Ware:
    """What buyers find: a pack of one seller. `parts` are grams by variety, in one pack."""

    key: str
    seller: str
    parts: tuple[tuple[str, int], ...]
    price_vnd: int
    place: str  #: name of the commune where it grew
    markets: tuple[str, ...] = MARKETPLACES

    @property
    def variety(self) -> str:
        return self.parts[0][0]

    @property
    def grams(self) -> int:
        return sum(grams for _, grams in self.parts)

    @property
    def combo(self) -> bool:
        return len(self.parts) > 1

    @property
    def pools(self) -> Mapping[Pool, int]:
        """Grams that one pack takes from each pool."""
        return {Pool(self.seller, variety): grams for variety, grams in self.parts}

    @property
    def tight(self) -> bool:
        return self.seller.startswith("ho:")


@dataclass(frozen=True)
class Harvest:
    """A household picked so much for a seller at that hour."""

    at: datetime
    home: int
    pool: Pool
    grams: int


@dataclass(frozen=True)
class Goods:
    wares: Sequence[Ware]
    harvests: Sequence[Harvest]
    split_of: Mapping[Pool, str]  #: policy of each pool
    mixed: Sequence[Pool]  #: pools whose first lots are packed together


def make_goods(seed: int, world: World) -> Goods:
    """Wares and harvests of a world, the harvests in order of time."""
    rng = Random(f"{seed} goods")  # noqa: S311 - a plan that can be repeated, no secret
    wares = [ware for one in world.cooperatives for ware in _of_cooperative(one)]
    wares += [_own(rng, world.homes[number]) for number in world.shopkeepers]
    harvests = [harvest for one in world.cooperatives for harvest in _pooled(rng, one)]
    harvests += [harvest for ware in wares if ware.tight for harvest in _few(rng, ware)]
    pools = sorted({pool for ware in wares for pool in ware.pools})
    split = {
        pool: "by_sales" if pool.tight else SPLITS[int(pool.seller.partition(":")[2]) % len(SPLITS)]
        for pool in pools
    }
    mixed = [Pool(f"htx:{one.number}", BRAND) for one in world.cooperatives if one.number % 4 == 1]
    return Goods(wares, sorted(harvests, key=lambda one: (one.at, one.home)), split, mixed)


def _of_cooperative(one: Cooperative) -> Iterator[Ware]:
    seller, place = f"htx:{one.number}", one.place.name
    for grams in (5_000, 10_000):
        yield _ware(seller, BRAND, grams, place)
    if one.number % 2 == 0:
        yield _ware(seller, LATE, 10_000, place)
    if one.number % 3 == 0:
        yield _ware(seller, EARLY, 10_000, place)
    if one.number == 0:
        yield Ware(f"{seller}:combo", seller, ((BRAND, 5_000), (LATE, 5_000)), COMBO_VND, place)


def _ware(seller: str, variety: str, grams: int, place: str) -> Ware:
    parts = ((variety, grams),)
    return Ware(f"{seller}:{variety}:{grams}", seller, parts, PRICES_VND[variety, grams], place)


def _own(rng: Random, home: Home) -> Ware:
    return _ware(f"ho:{home.number}", BRAND, rng.choice((5_000, 10_000, 10_000)), home.place.name)


def _pooled(rng: Random, one: Cooperative) -> Iterator[Harvest]:
    """Each member brings the brand several times, never a whole number of boxes; some the other varieties."""
    varieties = [BRAND, *([LATE] if one.number % 2 == 0 else []), *([EARLY] if one.number % 3 == 0 else [])]
    for variety in varieties:
        pool, usual = Pool(f"htx:{one.number}", variety), KILOGRAMS_A_MEMBER[variety] / PICKINGS[variety]
        for place, home in enumerate(one.members):
            for number in range(PICKINGS[variety]):
                # A third of them begins on the first day, so that there is something to offer.
                opening = number == 0 and place % 3 == 0
                day = PICKED[variety][0] if opening else _day(rng, variety, number)
                grams = max(1, round(usual * rng.uniform(0.6, 1.4) * 2)) * 500
                yield Harvest(_morning(rng, day), home, pool, grams)


def _day(rng: Random, variety: str, number: int) -> date:
    """A day of the picking with that number: the time of the variety is cut into as many parts."""
    first, last = PICKED[variety]
    span, parts = (last - first).days, PICKINGS[variety]
    return first + timedelta(days=rng.randint(span * number // parts, span * (number + 1) // parts))


def _few(rng: Random, ware: Ware) -> Iterator[Harvest]:
    """A few boxes every fortnight, so that buyers often ask for the last ones."""
    home, (first, last) = int(ware.seller.partition(":")[2]), PICKED[BRAND]
    day = first
    while day <= last:
        packs = rng.randint(*TIGHT_PACKS)
        yield Harvest(
            _morning(rng, day), home, Pool(ware.seller, BRAND), packs * ware.grams + rng.choice((0, 0, 500))
        )
        day += timedelta(days=TIGHT_EVERY + rng.randint(-3, 3))


def _morning(rng: Random, day: date) -> datetime:
    return datetime.combine(day, time(5), tzinfo=LOCAL) + timedelta(minutes=rng.randint(0, 240))
