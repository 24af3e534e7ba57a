"""November as it was sold: orders planned from each day's stock, then played on the pretend marketplace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from sqlmodel import Session, col, func, select

from catalog.models import HarvestLot, LotPool, Pack, Product, StockEntry, StockKind
from connectors.kit.control import Control, Impossible, Step
from marketplace.cli.demo.facts import FIRST_SALE, START, TODAY
from marketplace.core.units import LOCAL
from marketplace.selling.models import Listing, Offer

BRAND = "cam-vang"
GRAMS_A_HOUSEHOLD = 30_000  #: of cam Vàng delivered by the day of the demonstration, each household's share
LOST = (
    1.17  #: ordered for each delivered kilogram: some are cancelled, refused, sent back or still on their way
)
OTHER_SHARE = 0.1  #: of orders that are for other goods
KEPT = 4  #: one of so many listed packs stays for buyers that come live
#: Packs of one order and how often: most take one or two, offices buy for their staff.
BASKETS = ((1, 38), (2, 28), (3, 15), (5, 10), (10, 6), (20, 3))


@dataclass
class OnSale:
    """A listing buyers find, and what of its pool they could have had."""

    shop_id: int
    sku: str
    product: str
    pool_id: int
    pack_grams: int
    packs: int
    weight: float


@dataclass
class Stock:
    """What a pool had on a day, less what is already planned."""

    harvests: list[tuple[date, int]] = field(default_factory=list)
    gone: int = 0  #: sold outside or planned, in grams

    def on(self, day: date) -> int:
        return sum(grams for picked, grams in self.harvests if picked <= day) - self.gone


@dataclass(frozen=True)
class Planned:
    """One order with all that happened to it by now."""

    shop_id: int
    sku: str
    packs: int
    placed_at: datetime
    steps: Sequence[Step]


def read_sale(db: Session) -> tuple[list[OnSale], dict[int, Stock]]:
    """What is live on the marketplace, and the stock of its pools day by day."""
    rows = db.exec(
        select(Listing, Product.code, LotPool.id, Pack.net_grams)
        .join(Offer, col(Offer.id) == Listing.offer_id)
        .join(Product, col(Product.id) == Offer.product_id)
        .join(Pack, col(Pack.id) == Offer.pack_id)
        .join(
            LotPool,
            (col(LotPool.producer_id) == Offer.producer_id) & (col(LotPool.product_id) == Offer.product_id),
        )
        .where(col(Listing.remote_id).is_not(None), Listing.wanted_packs > 0)
        .order_by(col(Listing.id))
    ).all()
    sale = [_on_sale(listing, code, pool_id or 0, net or 1) for listing, code, pool_id, net in rows]
    return sale, _stocks(db)


def _on_sale(listing: Listing, product: str, pool_id: int, pack_grams: int) -> OnSale:
    """Much stock is found more often, but not in proportion: small sellers sell too."""
    packs = listing.wanted_packs
    weight = (packs * pack_grams) ** 0.75
    return OnSale(listing.shop_id, listing.sku, product, pool_id, pack_grams, packs - packs // KEPT, weight)


def _stocks(db: Session) -> dict[int, Stock]:
    stocks: dict[int, Stock] = {}
    for lot in db.exec(select(HarvestLot).order_by(col(HarvestLot.id))):
        stocks.setdefault(lot.pool_id, Stock()).harvests.append((lot.harvested_on, lot.grams))
    taken = (
        select(StockEntry.pool_id, func.sum(StockEntry.grams))
        .where(StockEntry.kind != StockKind.HARVEST)
        .group_by(col(StockEntry.pool_id))
    )
    for pool_id, grams in db.exec(taken):
        stocks[pool_id].gone = -int(grams)
    return stocks


def plan_november(
    rng: Random, sale: Sequence[OnSale], stocks: Mapping[int, Stock], *, households: int
) -> list[Planned]:
    """Orders from the first sale to this morning, more towards the end and at weekends."""
    days = [FIRST_SALE + timedelta(days=number) for number in range((TODAY - FIRST_SALE).days + 1)]
    curve = [_lively(rng, day, place / len(days)) for place, day in enumerate(days)]
    target = households * GRAMS_A_HOUSEHOLD * LOST
    brand = [one for one in sale if one.product == BRAND]
    other = [one for one in sale if one.product != BRAND]
    planned: list[Planned] = []
    for day, share in zip(days, curve, strict=True):
        planned += _a_day(rng, day, target * share / sum(curve), brand, other, stocks)
    return sorted(planned, key=lambda order: order.placed_at)


def _lively(rng: Random, day: date, through: float) -> float:
    busy = (0.3 + 1.4 * through) * (1.35 if day.weekday() >= 5 else 1.0) * rng.uniform(0.75, 1.25)
    return busy * (0.12 if day == TODAY else 1.0)


def _a_day(
    rng: Random,
    day: date,
    target: float,
    brand: Sequence[OnSale],
    other: Sequence[OnSale],
    stocks: Mapping[int, Stock],
) -> Iterator[Planned]:
    ordered, tries = 0, 0
    while ordered < target and brand and tries < 2_000:
        tries += 1
        goods = other if other and rng.random() < OTHER_SHARE else brand
        one = _picked(rng, goods)
        packs = rng.choices(*zip(*BASKETS, strict=True))[0]
        grams = packs * one.pack_grams
        if one.packs < packs or stocks[one.pool_id].on(day) < grams:
            continue
        one.packs -= packs
        stocks[one.pool_id].gone += grams
        if goods is brand:
            ordered += grams
        yield _life(rng, one, packs, _moment(rng, day))


def _picked(rng: Random, goods: Sequence[OnSale]) -> OnSale:
    return rng.choices(goods, cum_weights=list(accumulate(one.weight for one in goods)))[0]


def _moment(rng: Random, day: date) -> datetime:
    latest = 7.6 if day == TODAY else 22.5
    hour = rng.triangular(6.2, latest, min(latest, rng.choice((11.5, 20.0))))
    return datetime.combine(day, time(), tzinfo=LOCAL) + timedelta(seconds=round(hour * 3600))


def _life(rng: Random, sold: OnSale, packs: int, placed_at: datetime) -> Planned:
    """What becomes of an order, cut off where now is."""
    confirmed = placed_at + timedelta(hours=rng.uniform(0.3, 9))
    shipped = confirmed + timedelta(hours=rng.uniform(3, 20))
    arrived = shipped + timedelta(hours=rng.uniform(20, 80))
    luck = rng.random()
    steps: list[Step] = [("confirmed", confirmed, None), ("shipped", shipped, None)]
    if luck < 0.04:
        steps = [("cancelled", confirmed, None)]
    elif luck < 0.07:
        steps.append(("refused", arrived, None))
    else:
        steps.append(("delivered", arrived, None))
    if luck > 0.98:
        steps.append(("returned", arrived + timedelta(days=rng.uniform(1, 4)), max(1, packs // 3)))
    whole = [(status, _second(at), back) for status, at, back in steps if at < START - timedelta(minutes=5)]
    return Planned(sold.shop_id, sold.sku, packs, placed_at, whole)


@dataclass(frozen=True)
class Placed:
    """An order on a marketplace and its state; both are "" when the goods were sold out."""

    shop_id: int
    number: str
    state: str


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def play(controls: Mapping[int, Control], planned: Sequence[Planned]) -> Iterator[Placed]:
    """Place each order on the marketplace of its shop and bring it as far as it came."""
    for order in planned:
        control = controls[order.shop_id]
        try:
            bought = control.buy(order.sku, order.packs, order.placed_at, steps=order.steps)
        except Impossible:
            yield Placed(order.shop_id, "", "")
            continue
        yield Placed(order.shop_id, str(bought["order_no"]), str(bought["status"]))
