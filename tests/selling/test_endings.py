"""Season and certificate rules act by themselves (L8): early, with a reason, while the cause lasts."""

import os
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog import certificates, seasons
from catalog import products as catalogue
from catalog.models import (
    Certificate,
    CertificateKind,
    CertificateProduct,
    Product,
    SaleUnit,
    SeasonWindow,
)
from catalog.product_forms import ProductChangeIn, WindowIn
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import reading, writing
from marketplace.core.units import LOCAL, local_day
from marketplace.selling import listings, offers
from marketplace.selling.ending_models import EndingWarning, Ends
from marketplace.selling.endings import BEFORE, nearing, warn
from marketplace.selling.forms import OfferChangeIn, OfferIn
from marketplace.selling.models import Listing, Offer, Shop
from marketplace.selling.promotions import BelowFloor
from marketplace.selling.sync.reviewing import take_back_stale
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.selling.world import World, a_world
from tests.support.dying import dies_at_commit
from tests.support.statements import statements

DAY = timedelta(days=1)


@pytest.fixture
def world(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(engine, settings) as world:
        monkeypatch.setattr(clock, "now", world.time)
        world.mock.monotonic = lambda: world.time.now.timestamp()  # a day passes in no time at all
        yield world


def a_window(db: Session, product: Product, first: date, last: date) -> SeasonWindow:
    ids = {"season_id": make.a_season(db).id or 0, "product_id": product.id or 0}
    window = SeasonWindow(**ids, first_day=first, last_day=last)
    db.add(window)
    db.flush()
    return window


def a_certificate(
    db: Session, producer_id: int | None, product: Product, last: date, *, number: str = "12"
) -> Certificate:
    paper = Certificate(
        kind=CertificateKind.OCOP,
        producer_id=producer_id or 0,
        number=number,
        issuer="UBND tỉnh",
        decision_date=TODAY - 900 * DAY,
        valid_from=TODAY - 900 * DAY,
        valid_to=last,
        stars=4,
    )
    db.add(paper)
    db.flush()
    db.add(CertificateProduct(certificate_id=paper.id or 0, product_id=product.id or 0))
    db.flush()
    return paper


def on_sale(world: World, **offered: Any) -> int:
    """The world's oranges, wished on sale; the listing."""
    with writing(world.engine) as db:
        offer = make.an_offer(db, producer=world.producer, pack=world.pack, **offered)
        listing = listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now)
    world.work()
    return listing.id or 0


def next_day(world: World, days: int = 1) -> None:
    """The first minutes of a later local day: all that is due is done."""
    day = local_day(world.time.now) + days * DAY
    world.time.now = datetime.combine(day, time(0, 1), tzinfo=LOCAL).astimezone(NOW.tzinfo)
    world.work()


def stands(world: World, listing_id: int) -> tuple[str, str | None]:
    """Where it is on the marketplace, and what stands in the way."""
    listing = world.listing(listing_id)
    product = world.mock.by_sku.get(listing.sku)
    return (str(product.status) if product else "nowhere"), listing.cause


def keeps_for(world: World, **values: Any) -> None:
    with writing(world.engine) as db:
        product = db.get_one(Product, world.product.id)
        product.sqlmodel_update(values)
        db.add(product)


def test_a_harvest_takes_its_listings_off_on_its_last_day_and_brings_them_back_when_it_lasts(
    world: World,
) -> None:
    with writing(world.engine) as db:
        a_window(db, world.product, TODAY - 9 * DAY, TODAY + 2 * DAY)
    listing_id = on_sale(world)
    assert stands(world, listing_id) == ("live", None)
    next_day(world)
    assert stands(world, listing_id) == ("live", None)
    next_day(world)
    assert stands(world, listing_id) == ("off", "checklist.season_over")
    assert world.listing(listing_id).cause_facts["day"] == "03/12/2021"

    with writing(world.engine) as db:
        season = make.a_season(db)
        longer = WindowIn(season_id=season.id or 0, first_day=TODAY - 9 * DAY, last_day=TODAY + 9 * DAY)
        seasons.set_window(db, SYSTEM, world.product, longer, now=world.time.now)
    world.work()
    assert stands(world, listing_id) == ("live", None)


def test_a_harvest_that_has_not_begun_waits_for_its_first_day(world: World) -> None:
    with writing(world.engine) as db:
        a_window(db, world.product, TODAY + 2 * DAY, TODAY + 40 * DAY)
    listing_id = on_sale(world)
    assert stands(world, listing_id) == ("nowhere", "checklist.season_not_begun")
    next_day(world)
    assert stands(world, listing_id) == ("nowhere", "checklist.season_not_begun")
    next_day(world)
    assert stands(world, listing_id) == ("live", None)


def test_what_keeps_is_sold_after_its_harvest(world: World) -> None:
    keeps_for(world, shelf_life_days=730)
    with writing(world.engine) as db:
        a_window(db, world.product, TODAY - 90 * DAY, TODAY - 30 * DAY)
    assert stands(world, on_sale(world)) == ("live", None)


def test_fruit_is_off_on_its_last_good_day_and_back_with_a_new_harvest(world: World) -> None:
    keeps_for(world, shelf_life_days=2)
    listing_id = on_sale(world)
    next_day(world)
    assert stands(world, listing_id) == ("live", None)
    next_day(world)
    assert stands(world, listing_id) == ("off", "checklist.shelf_life_over")
    with writing(world.engine) as db:
        picked = local_day(world.time.now)
        lot = {"product": world.product, "household": world.household, "producer": world.producer}
        make.a_lot(db, **lot, harvested_on=picked)
    next_day(world)
    assert stands(world, listing_id) == ("live", None)


def partly_stale_tomorrow(world: World) -> int:
    """Five packs are on sale; from tomorrow two of them are good. The listing."""
    keeps_for(world, shelf_life_days=2)
    listing_id = on_sale(world)
    with writing(world.engine) as db:
        lot = {"product": world.product, "household": world.household, "producer": world.producer}
        make.a_lot(db, **lot, grams=2 * 10_000, harvested_on=TODAY + DAY)
    next_day(world)
    assert world.listing(listing_id).exposure_packs == 5
    return listing_id


def two_are_on_sale(world: World, listing_id: int) -> bool:
    packs = world.listing(listing_id).wanted_packs, world.mock.by_sku[world.listing(listing_id).sku].stock
    return packs == (2, 2) and stands(world, listing_id) == ("live", None)


def test_on_the_morning_some_fruit_is_past_its_day_less_is_promised(world: World) -> None:
    listing_id = partly_stale_tomorrow(world)
    next_day(world)
    assert two_are_on_sale(world, listing_id)


def test_that_morning_many_stocks_cost_as_many_statements_as_two(world: World) -> None:
    """Once each cost some, a worker was at it longer than its lease, and so was the next one."""
    keeps_for(world, shelf_life_days=2)

    def asked(households: int) -> int:
        with writing(world.engine) as db:
            shop = db.get_one(Shop, world.shop.id)
            for _ in range(households):
                household = make.a_household(db)
                producer = make.producer_of(db, household)
                lot = {"product": world.product, "household": household, "producer": producer}
                make.a_lot(db, **lot, grams=20_000, harvested_on=TODAY)
                make.a_lot(db, **lot, grams=20_000, harvested_on=TODAY + DAY)
                offer = make.an_offer(db, producer=producer, pack=world.pack)
                listings.put_on_sale(db, SYSTEM, offer, shop, 4, now=world.time.now)
        with Session(world.engine) as db, statements(world.engine) as said:
            take_back_stale(db, since=TODAY + DAY, today=TODAY + 2 * DAY, now=NOW + 2 * DAY)
            wished = db.exec(select(Listing.wanted_packs)).all()
            assert wished == [2] * len(wished)
        return len(said)

    assert asked(2) == asked(20)


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_worker_that_dies_on_that_morning_promises_less_all_the_same(world: World, commit: int) -> None:
    listing_id = partly_stale_tomorrow(world)
    with dies_at_commit(commit):
        next_day(world)
    world.time.pass_(seconds=700)  # its lease ends, and the doubt about what it sent
    world.work()
    assert two_are_on_sale(world, listing_id)


def test_a_lost_answer_on_that_morning_leaves_two_on_sale(world: World) -> None:
    listing_id = partly_stale_tomorrow(world)
    world.mock.faults.load([{"match": "*", "kind": "timeout_after", "times": 1}])
    next_day(world)
    world.time.pass_(seconds=700)
    world.work()
    assert two_are_on_sale(world, listing_id)


@pytest.mark.parametrize("claims", [False, True])
def test_a_certificate_leaves_the_listing_on_its_last_day_and_a_claim_takes_it_off(
    claims: bool, world: World
) -> None:
    with writing(world.engine) as db:
        a_certificate(db, world.producer.id, world.product, TODAY + DAY)
    title = "Cam Vàng OCOP thùng 10 kg" if claims else "Cam Vàng thùng 10 kg"
    listing_id = on_sale(world, title=title)
    sku = world.listing(listing_id).sku

    def told() -> bool:
        return "số 12, hiệu lực đến" in str(world.mock.by_sku[sku].wire)

    assert (stands(world, listing_id), told()) == (("live", None), True)
    next_day(world)
    if claims:
        assert stands(world, listing_id) == ("off", "checklist.claim_ocop")
    else:
        assert (stands(world, listing_id), told()) == (("live", None), False)
    with writing(world.engine) as db:
        a_certificate(db, world.producer.id, world.product, TODAY + 999 * DAY, number="13")
    next_day(world)
    assert stands(world, listing_id) == ("live", None)


def test_a_revoked_certificate_leaves_the_listing_at_once(world: World) -> None:
    with writing(world.engine) as db:
        paper = a_certificate(db, world.producer.id, world.product, TODAY + 300 * DAY)
    listing_id = on_sale(world, title="Cam Vàng OCOP thùng 10 kg")
    assert stands(world, listing_id) == ("live", None)
    with writing(world.engine) as db:
        certificates.revoke_certificate(db, SYSTEM, paper.id or 0, TODAY, now=world.time.now)
    world.work()
    assert stands(world, listing_id) == ("off", "checklist.claim_ocop")


def changed(product: Product, **values: Any) -> ProductChangeIn:
    told = {**product.model_dump(include=set(ProductChangeIn.model_fields)), **values}
    return ProductChangeIn.model_validate(told)


def test_an_agreed_price_takes_what_is_cheaper_off_at_once_until_it_costs_enough(world: World) -> None:
    listing_id = on_sale(world)  # 10 kg for 200.000 ₫
    for floor, stand in ((20_001, ("off", "checklist.below_floor")), (20_000, ("live", None))):
        with writing(world.engine) as db:
            product = db.get_one(Product, world.product.id)
            told = changed(product, min_vnd_per_kg=str(floor))
            catalogue.change_product(db, SYSTEM, product.id or 0, told, now=world.time.now)
        world.work()
        assert stands(world, listing_id) == stand
    with writing(world.engine) as db:
        offer = db.exec(select(Offer)).one()
        offer.promo_price_vnd, offer.promo_from, offer.promo_to = 199_999, TODAY, TODAY + 3 * DAY
        db.add(offer)
        listings.changed(db, offer, now=world.time.now)
    world.work()
    assert stands(world, listing_id) == ("off", "checklist.below_floor")
    next_day(world, 4)  # the promotion is over
    assert stands(world, listing_id) == ("live", None)


def test_an_offer_below_the_agreed_price_is_refused_with_the_price_that_will_do(db: Session) -> None:
    product = make.a_product(db, min_vnd_per_kg=15_000)
    seller = make.producer_of(db, make.a_household(db))
    pack = make.a_pack(db, product, net_grams=2_500)
    make.a_season(db)
    cheap = OfferIn(pack_id=pack.id or 0, price_vnd="37.499")
    with pytest.raises(BelowFloor) as refusal:
        offers.make_offer(db, SYSTEM, seller, cheap, now=NOW)
    assert refusal.value.field == "price_vnd"
    assert refusal.value.facts["least"] == "37.500\u00a0₫"
    assert db.exec(select(Offer)).all() == []

    offer = offers.make_offer(db, SYSTEM, seller, cheap.model_copy(update={"price_vnd": 37_500}), now=NOW)
    promoted = OfferChangeIn(
        price_vnd="40.000", title=offer.title, promo_price_vnd="37.000", promo_from=TODAY, promo_to=TODAY
    )
    with pytest.raises(BelowFloor) as refusal:
        offers.change_offer(db, SYSTEM, offer, promoted, now=NOW)
    assert (refusal.value.field, offer.price_vnd, offer.promo_price_vnd) == ("promo_price_vnd", 37_500, None)


@pytest.mark.parametrize(
    ("floor", "net", "least"), [(None, 10_000, 0), (15_000, 10_000, 150_000), (3_333, 333, 1_110)]
)
def test_the_least_price_of_a_pack_is_rounded_up(
    floor: int | None, net: int, least: int, db: Session
) -> None:
    product = make.a_product(db, min_vnd_per_kg=floor)
    assert catalogue.least_vnd(product, make.a_pack(db, product, net_grams=net)) == least


# --- warnings


def look(db: Session, today: date) -> list[tuple[str, int]]:
    """What is newly told on a day: what ends, and how many days before."""
    rows = nearing(db, today=today)
    assert warn(db, rows, now=NOW) == len(rows)
    return sorted((str(row["ends"]), row["days"]) for row in rows)


def test_each_ending_is_told_of_on_its_days_and_each_once(db: Session) -> None:
    product = make.a_product(db, shelf_life_days=20)
    seller = make.a_cooperative(db)
    household = make.a_household(db)
    a_certificate(db, seller.id, product, TODAY + 180 * DAY)
    a_window(db, product, TODAY, TODAY + 180 * DAY)
    make.a_lot(db, product=product, household=household, harvested_on=TODAY + 160 * DAY)
    told = {day: look(db, TODAY + day * DAY) for day in range(182)}
    assert {day: rows for day, rows in told.items() if rows} == {
        0: [("certificate", 180)],
        90: [("certificate", 90)],
        150: [("certificate", 30), ("season", 30)],
        173: [("season", 7)],
        177: [("shelf_life", 3)],
        179: [("season", 1), ("shelf_life", 1)],
    }


def test_what_is_found_late_is_told_once_and_again_when_the_end_moves(db: Session) -> None:
    product = make.a_product(db, shelf_life_days=20)
    window = a_window(db, product, TODAY, TODAY + 20 * DAY)
    assert look(db, TODAY) == [("season", 30)]
    assert look(db, TODAY) == []
    window.last_day += DAY
    db.add(window)
    db.flush()
    assert look(db, TODAY) == [("season", 30)]


def test_nothing_is_told_of_what_is_renewed_revoked_sold_out_or_keeps(db: Session) -> None:
    fruit, tea = make.a_product(db, shelf_life_days=20), make.a_product(db, shelf_life_days=730)
    seller, household = make.a_cooperative(db), make.a_household(db)
    a_certificate(db, seller.id, fruit, TODAY + 20 * DAY)
    a_certificate(db, seller.id, fruit, TODAY + 999 * DAY, number="13")
    revoked = a_certificate(db, make.producer_of(db, household).id, fruit, TODAY + 20 * DAY, number="14")
    certificates.revoke_certificate(db, SYSTEM, revoked.id or 0, TODAY, now=NOW)
    a_window(db, tea, TODAY - 9 * DAY, TODAY + 5 * DAY)
    sold = make.a_lot(db, product=fruit, household=household, harvested_on=TODAY - 19 * DAY)
    from catalog.lots import write_off

    write_off(db, SYSTEM, sold, 100_000, "thối", now=NOW, key="1")
    assert look(db, TODAY) == []


# --- a year


class Orchard:
    """Many products with seasons, papers, lots and floors of their own, all wished on sale all year."""

    def __init__(self, world: World, number: int, seed: int) -> None:
        self.world, self.dice = world, Random(seed)  # noqa: S311 - a repeatable year, no secret
        with writing(world.engine) as db:
            self.rows = [self._one(db, index) for index in range(number)]

    def _one(self, db: Session, index: int) -> dict[str, Any]:
        dice = self.dice
        life = dice.choice([5, 12, 20, 30, 730])
        product = make.a_product(db, name=f"Quả {index}", shelf_life_days=life, sale_unit=SaleUnit.KG)
        first = TODAY + dice.randrange(0, 200) * DAY
        window = a_window(db, product, first, first + dice.randrange(20, 150) * DAY)
        paper = a_certificate(
            db,
            self.world.producer.id,
            product,
            TODAY + dice.randrange(1, 330) * DAY,
            number=f"QD-{index}-2099",
        )
        words = (
            {"title": f"Quả {index} OCOP thùng 10 kg"} if index % 3 == 0 else {"title": f"Quả {index} 10 kg"}
        )
        offer = make.an_offer(
            db, producer=self.world.producer, pack=make.a_pack(db, product), price_vnd=200_000, **words
        )
        make.a_lot(db, **self._lot(product, TODAY))
        listing = listings.put_on_sale(db, SYSTEM, offer, self.world.shop, 3, now=self.world.time.now)
        return {"product": product, "window": window, "paper": paper, "sku": listing.sku, "picked": TODAY,
                "claims": index % 3 == 0, "dear": 0}  # fmt: skip

    def _lot(self, product: Product, day: date) -> dict[str, Any]:
        whose = {"household": self.world.household, "producer": self.world.producer}
        return {"product": product, **whose, "harvested_on": day, "grams": 60_000}

    def something_happens(self, today: date, days: int) -> None:
        """Some is picked, some agree on a price for a while."""
        with writing(self.world.engine) as db:
            for row in self.rows:
                if self.dice.random() < 0.05 * days:
                    make.a_lot(db, **self._lot(row["product"], today))
                    row["picked"] = today
                if self.dice.random() < 0.01 * days:
                    row["dear"] = self.dice.choice([0, 20_000, 20_001])
                    product = db.get_one(Product, row["product"].id)
                    told = changed(product, min_vnd_per_kg=str(row["dear"]) if row["dear"] else "")
                    catalogue.change_product(db, SYSTEM, product.id or 0, told, now=self.world.time.now)

    def may_be_sold(self, row: dict[str, Any], today: date) -> bool:
        """The rules again, said another way: what is live today may be live the whole of tomorrow too."""
        tomorrow = today + DAY
        life = timedelta(days=row["product"].shelf_life_days)
        in_season = life > 30 * DAY or row["window"].first_day <= today < tomorrow <= row["window"].last_day
        good = tomorrow <= row["picked"] + life
        backed = not row["claims"] or tomorrow <= row["paper"].valid_to
        return in_season and good and backed and row["dear"] <= 20_000

    def badge(self, row: dict[str, Any]) -> bool:
        return row["paper"].number in str(self.world.mock.by_sku[row["sku"]].wire)


def test_over_a_year_nothing_is_live_outside_its_window_and_all_of_it_inside(world: World) -> None:
    """LENSAN_TEST_ENDINGS: how many products, looked at every day; else a few, every fifth day."""
    number, every = int(os.environ.get("LENSAN_TEST_ENDINGS", "6")), 1
    if "LENSAN_TEST_ENDINGS" not in os.environ:
        every = 5
    orchard = Orchard(world, number, seed=2099)
    lives = {True: 0, False: 0}
    world.work(rounds=10_000)
    first = local_day(world.time.now) + every * DAY
    for _ in range(365 // every):
        today = local_day(world.time.now) + every * DAY
        world.time.now = datetime.combine(today, time(0, 1), tzinfo=LOCAL).astimezone(NOW.tzinfo)
        orchard.something_happens(today, every)
        world.work(rounds=10_000)
        with writing(world.engine) as db:
            warn(db, nearing(db, today=today), now=world.time.now)
        for row in orchard.rows:
            there = world.mock.by_sku.get(row["sku"])
            live = there is not None and str(there.status) == "live" and there.stock > 0
            assert live == orchard.may_be_sold(row, today), (today, row)
            assert not (live and orchard.badge(row)) or today < row["paper"].valid_to
            lives[live] += 1
    assert min(lives.values()) > number * 365 // every // 20
    with reading(world.engine) as db:
        told = db.exec(select(EndingWarning)).all()
    left = {(one.days, (one.ends_on - local_day(one.made_at)).days) for one in told}
    assert all(0 <= really <= days for days, really in left)
    papers = [one for one in told if one.ends is Ends.CERTIFICATE]
    late = [one for one in papers if (one.ends_on - local_day(one.made_at)).days < one.days]
    assert every > 1 or {local_day(one.made_at) for one in late} <= {first}
    assert {one.days for one in papers} == set(BEFORE[Ends.CERTIFICATE])
    assert world.mock.violations == []
    assert world.exposures_fit()
