"""What was picked and is offered: lots with ledger lines, offers with photos, wished listings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlmodel import Session, col, select

from catalog.consents import PUBLISH, shop_purpose
from catalog.lots import on_hand_by_pool
from catalog.models import (
    HarvestLot,
    LotPool,
    Pack,
    PackPrice,
    Producer,
    Product,
    Season,
    StockEntry,
    StockKind,
)
from catalog.products import is_fresh
from catalog.shipped import shipped, shipped_categories
from marketplace.cli.demo.facts import MARKETPLACES, START, TODAY
from marketplace.cli.demo.growers import Grower
from marketplace.cli.demo.words import words_for
from marketplace.core.text import fold
from marketplace.core.units import LOCAL
from marketplace.selling.listings import sku_of
from marketplace.selling.models import Listing, Offer, OfferPhoto, Shop
from marketplace.selling.offers import shared_out

BRAND = "cam-vang"
EARLY = "cam-chin-som"
FIRST_PICKED = date(2021, 11, 1)
LAST_PICKED = date(2021, 12, 3)
FRESH_SINCE = date(2021, 11, 20)  #: picked later, cam Vàng is still good in the middle of December
PICTURES = 3  #: different drawings of each product
#: Of the listings of households these, counted in order, have something for a person to mend.
FLAWS = {4: "no_photo", 19: "phone_in_text", 27: "name_in_text"}
FLAW_EVERY = 32
STALE_EVERY = 40  #: one household of so many has only old fruit left
#: What a cooperative has on sale of a product, in hundredths of its stock, by net grams of the pack.
SHARES = {3_000: 5, 5_000: 22, 10_000: 42, 20_000: 21}


@dataclass
class Goods:
    """The rows the season's goods refer to."""

    products: Mapping[str, Product]
    packs: Mapping[str, Sequence[tuple[Pack, int]]]  #: by product code, with the reference price
    season: Season
    organisations: Mapping[str, Producer]
    photos: Mapping[str, Sequence[int]]  #: ids by product code
    pools: dict[tuple[int, str], LotPool] = field(default_factory=dict)  #: by producer and product code


@dataclass(frozen=True)
class Wish:
    """A listing to be: its offer, packs, and what the checklist should say of it (None: it goes up)."""

    offer: Offer
    packs: int
    photos: Sequence[int]
    expected: str | None
    everywhere: bool = False  #: in every shop, not in one


def read_goods(
    db: Session, organisations: Mapping[str, Producer], photos: Mapping[str, Sequence[int]]
) -> Goods:
    """Products by code, with packs and reference prices."""
    products = {product.code: product for product in db.exec(select(Product))}
    codes = {product.id: code for code, product in products.items()}
    prices = {price.pack_id: price.price_vnd for price in db.exec(select(PackPrice))}
    packs: dict[str, list[tuple[Pack, int]]] = {}
    for pack in db.exec(select(Pack).order_by(col(Pack.id))):
        if pack.net_grams:
            packs.setdefault(codes[pack.product_id], []).append((pack, prices[pack.id or 0]))
    season = db.exec(select(Season).where(Season.key == shipped()["season"]["key"])).one()
    return Goods(products, packs, season, organisations, photos)


# --- harvests -------------------------------------------------------------------------------------------


def harvest(db: Session, rng: Random, growers: Sequence[Grower], goods: Goods, recorder: int) -> None:
    """Lots of everything that is picked by now, in pools of cooperatives or of the households themselves."""
    picked = [row for index, grower in enumerate(growers) for row in _pickings(rng, index, grower)]
    _make_pools(db, goods, picked)
    lots = [_lot(rng, goods, index, *row, recorder) for index, row in enumerate(picked)]
    db.add_all(lots)
    db.flush()
    db.add_all(
        StockEntry(
            lot_id=lot.id or 0,
            pool_id=lot.pool_id,
            at=lot.recorded_at,
            kind=StockKind.HARVEST,
            grams=lot.grams,
            key=f"harvest:{lot.id}",
            actor_id=recorder,
        )
        for lot in lots
    )
    db.flush()


Picking = tuple[Grower, str, date, int]


def _pickings(rng: Random, index: int, grower: Grower) -> list[Picking]:
    """(grower, product, day, kilograms) of one household; cam Sành is still on the trees."""
    if grower.product == "cam-sanh" or grower.kilograms[1] <= 0:
        return []
    total = rng.randint(*sorted(grower.kilograms))
    if grower.product != BRAND:
        return [(grower, grower.product, _day_of(rng, grower.product), max(2, total))]
    days = (LAST_PICKED - FIRST_PICKED).days
    times = rng.randint(2, 4)
    picked = sorted(FIRST_PICKED + timedelta(days=rng.randint(0, days)) for _ in range(times))
    if _stale(grower):
        picked = [FIRST_PICKED + timedelta(days=rng.randint(0, 8)) for _ in picked]
    else:
        picked[-1] = max(picked[-1], FRESH_SINCE + timedelta(days=rng.randint(0, 13)))
    share = max(10, total // times)
    lots: list[Picking] = [(grower, BRAND, day, share) for day in picked]
    if grower.seller and index % 40 == 7:
        lots.append(
            (grower, EARLY, date(2021, 11, 16) + timedelta(days=rng.randint(0, 12)), rng.randint(150, 400))
        )
    return lots


def _stale(grower: Grower) -> bool:
    return grower.product == BRAND and not grower.seller and int(grower.household.code[3:]) % STALE_EVERY == 5


def _day_of(rng: Random, product: str) -> date:
    """A day within the product's own harvest, not after today."""
    window: list[date] = shipped()["products"][product].get("window", [date(2021, 10, 1), LAST_PICKED])
    first, last = window[0], min(window[1], LAST_PICKED)
    return first + timedelta(days=rng.randint((last - first).days // 2, (last - first).days))


def _make_pools(db: Session, goods: Goods, picked: Iterable[Picking]) -> None:
    for grower, product, _, _ in picked:
        producer = _seller(goods, grower)
        key = (producer.id or 0, product)
        if key not in goods.pools:
            product_id = goods.products[product].id or 0
            goods.pools[key] = LotPool(producer_id=producer.id or 0, product_id=product_id)
    db.add_all(goods.pools.values())
    db.flush()


def _seller(goods: Goods, grower: Grower) -> Producer:
    return goods.organisations[grower.seller] if grower.seller else grower.producer


def _lot(
    rng: Random,
    goods: Goods,
    index: int,
    grower: Grower,
    product: str,
    day: date,
    kilograms: int,
    recorder: int,
) -> HarvestLot:
    grade = rng.choice(("Loại 1", "Loại 1", "Loại 2")) if product in (BRAND, EARLY) else ""
    recorded = datetime.combine(day, time(15 + index % 4, index % 60), tzinfo=LOCAL).astimezone(UTC)
    return HarvestLot(
        code=f"HG{goods.season.key[2:4]}-{grower.letters}-{index + 1:06d}",
        pool_id=goods.pools[_seller(goods, grower).id or 0, product].id or 0,
        product_id=goods.products[product].id or 0,
        household_id=grower.household.id or 0,
        commune_id=grower.place.id,
        season_id=goods.season.id or 0,
        harvested_on=day,
        grams=kilograms * 1000,
        grade=grade,
        recorded_at=recorded,
        recorded_by=recorder,
    )


# --- offers and listings --------------------------------------------------------------------------------


def offer_goods(
    db: Session,
    rng: Random,
    growers: Sequence[Grower],
    goods: Goods,
    shops: Sequence[Shop],
    author: int,
) -> dict[str, str | None]:
    """Offers with photos, most of them wished on sale; returns what the checklist should say, by SKU.

    Organisations sell in every shop, households in one, each in its turn.
    """
    pools = on_hand_by_pool(db, [pool.id or 0 for pool in goods.pools.values()])
    stock = {key: pools[pool.id or 0] for key, pool in goods.pools.items()}
    wishes = [*_of_organisations(goods, stock, author), *_of_households(rng, growers, goods, stock, author)]
    db.add_all(wish.offer for wish in wishes)
    db.flush()
    for wish in wishes:
        offer_id = wish.offer.id or 0
        db.add_all(
            OfferPhoto(offer_id=offer_id, photo_id=photo, position=place)
            for place, photo in enumerate(wish.photos)
        )
    listings = {
        listing.sku: (listing, wish.expected)
        for number, wish in enumerate(wishes)
        for listing in _listings(wish, number, shops)
    }
    db.add_all(listing for listing, _ in listings.values())
    db.flush()
    return {sku: expected for sku, (_, expected) in listings.items()}


def _listings(wish: Wish, number: int, shops: Sequence[Shop]) -> Iterator[Listing]:
    """Packs of one household stay in one shop; those of an organisation are shared out to all."""
    chosen = shops if wish.everywhere else [shops[number % len(shops)]]
    for shop, packs in shared_out(wish.packs, list(chosen)):
        if packs:
            yield Listing(
                offer_id=wish.offer.id or 0,
                shop_id=shop.id or 0,
                sku=sku_of(wish.offer.id or 0, shop.id or 0),
                created_at=wish.offer.created_at,
                wanted_packs=packs,
                not_before=START,
            )


def _of_organisations(goods: Goods, stock: Mapping[tuple[int, str], int], author: int) -> list[Wish]:
    """The brand in every pack with much stock; cam Sành is made ready for the end of December."""
    wishes: list[Wish] = []
    for key, producer in goods.organisations.items():
        for code in (BRAND, EARLY, "tra-xanh-phin-ho", "hong-tra-phin-ho", "mat-ong-bac-ha"):
            grams = stock.get((producer.id or 0, code), 0)
            packs = goods.packs[code]
            for pack, price in packs if grams else ():
                share = (
                    SHARES.get(pack.net_grams or 0, 90 // len(packs))
                    if code in (BRAND, EARLY)
                    else 90 // len(packs)
                )
                count = grams * share // 100 // (pack.net_grams or 1)
                offer = _offer(goods, producer, code, pack, price, words_for("brand", code, 0), author)
                missing = _out_of_season(goods, code)
                wishes.append(Wish(offer, count, goods.photos[code], missing, everywhere=True))
        if key.startswith("htx"):
            pack, price = goods.packs["cam-sanh"][2]
            offer = _offer(
                goods, producer, "cam-sanh", pack, price, words_for("brand", "cam-sanh", 0), author
            )
            wishes.append(Wish(offer, 0, goods.photos["cam-sanh"], None))
    return wishes


def _of_households(
    rng: Random,
    growers: Sequence[Grower],
    goods: Goods,
    stock: Mapping[tuple[int, str], int],
    author: int,
) -> list[Wish]:
    """Households with a stock of their own: few packs each. Some lack a consent, a photo, a clean text."""
    wishes: list[Wish] = []
    for grower in growers:
        grams = stock.get((grower.producer.id or 0, grower.product), 0)
        if grower.seller or not grams:
            continue
        listed = _agreed(grower) or rng.random() < 0.3
        packs = _chosen_packs(rng, goods, grower)
        for pack, price in packs:
            flaw = FLAWS.get(len(wishes) % FLAW_EVERY) if listed and _may_err(grower) else None
            offer = _own_offer(rng, goods, grower, pack, price, flaw, author)
            photos = () if flaw == "no_photo" else (rng.choice(goods.photos[grower.product]),)
            count = grams * 9 // (10 * len(packs)) // (pack.net_grams or 1)
            wishes.append(Wish(offer, count if listed else 0, photos, _expected(goods, grower, flaw)))
    return wishes


def _agreed(grower: Grower) -> bool:
    return shop_purpose(MARKETPLACES[0]) in grower.purposes


def _may_err(grower: Grower) -> bool:
    """One thing to mend at a time; the farmer of the demonstration has none."""
    return _agreed(grower) and grower.product == BRAND and not _stale(grower) and not grower.shown


def _chosen_packs(rng: Random, goods: Goods, grower: Grower) -> list[tuple[Pack, int]]:
    packs = goods.packs[grower.product]
    if grower.product != BRAND:
        return [rng.choice(packs)]
    if grower.shown or rng.random() < 0.45:
        return [packs[2], packs[1]]
    return [packs[rng.choice((1, 2, 2))]]


def _own_offer(
    rng: Random, goods: Goods, grower: Grower, pack: Pack, price: int, flaw: str | None, author: int
) -> Offer:
    code = grower.product
    title, text = words_for("own", code, rng.randrange(3), product=goods.products[code].name)
    if flaw == "phone_in_text":
        text += " Gọi 0900 000 999 để đặt thêm."
    if flaw == "name_in_text":
        text += f" Nhà {grower.head.name} tự trồng."
    asked = round(price * rng.uniform(0.88, 1.1) / 1000) * 1000
    offer = _offer(goods, grower.producer, code, pack, asked, (title, text), author)
    offer.show_name = flaw is None and PUBLISH in grower.purposes and rng.random() < 0.6
    return offer


def _expected(goods: Goods, grower: Grower, flaw: str | None) -> str | None:
    """What the checklist names first: our own rules in their order, then the marketplace's."""
    code = grower.product
    if code not in shipped_categories():
        return "no_category"
    if not _agreed(grower):
        return "no_consent"
    restricted = goods.products[code].restricted
    if restricted is not None:
        return restricted.value
    if code == "hong-khong-hat" or _stale(grower):
        return "shelf_life_over"
    return _out_of_season(goods, code) or flaw


def _out_of_season(goods: Goods, code: str) -> str | None:
    """The early variety was picked until the end of November."""
    first_day, last_day = shipped()["products"][code].get("window", (date.min, date.max))
    if not is_fresh(goods.products[code]) or first_day <= TODAY < last_day:
        return None
    return "season_over" if last_day <= TODAY else "season_not_begun"


def _offer(
    goods: Goods, producer: Producer, code: str, pack: Pack, price: int, words: tuple[str, str], author: int
) -> Offer:
    title = words[0].replace("{pack}", f"{pack.name[:1].lower()}{pack.name[1:]}")
    return Offer(
        producer_id=producer.id or 0,
        product_id=goods.products[code].id or 0,
        pack_id=pack.id or 0,
        season_id=goods.season.id or 0,
        title=title,
        title_fold=fold(title)[:150],
        description=words[1],
        price_vnd=price,
        grade="Loại 1" if code == BRAND else "",
        created_at=datetime.combine(TODAY - timedelta(days=33), time(9), tzinfo=LOCAL),
        created_by=author,
    )
