"""The worked example A to J of domain.md §11.3, sold on the mock and pulled back, then counted.

Each order travels the whole way: listing, buyer, courier, pull, allocation, count. J is order A told again
and again.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from catalog.models import HarvestLot, StockEntry
from connectors.kit.protocol import OrderState
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Channel, Evidence, Order, OrderLine, TonnageEntry
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.returns import record_complaint
from tests import factories as make
from tests.selling.world import World, a_world


def local(day: int, hour: int = 12, minute: int = 0) -> str:
    return f"2021-11-{day:02d}T{hour:02d}:{minute:02d}:00+07:00"


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=3_000_000) as world:
        world.time.now = datetime(2021, 11, 10, 3, tzinfo=UTC)
        yield world


@pytest.fixture
def skus(world):
    """On sale: boxes of 10 kg and 5 kg, and a combo of 5 kg oranges with half a kilogram of honey."""
    with writing(world.engine) as db:
        honey = make.a_product(db, name="Mật ong bạc hà", counts_for_tonnage=True)
        make.a_lot(db, product=honey, household=world.household, producer=world.producer, grams=10_000)
        five = make.a_pack(db, world.product, net_grams=5_000)
        combo = make.a_pack(
            db, world.product, net_grams=5_500, parts={world.product.id: 5_000, honey.id: 500}
        )
        found = {}
        for name, pack in (("10kg", world.pack), ("5kg", five), ("combo", combo)):
            offer = make.an_offer(
                db, producer=world.producer, pack=pack, title=f"Cam Vàng Hà Giang {name}", price_vnd=200_000
            )
            found[name] = listings.put_on_sale(db, SYSTEM, offer, world.shop, 20, now=world.time.now).sku
    world.work()
    return found


def sold(world: World, sku: str, packs: int, *, bought: str, **moves: str) -> Any:
    """An order that the courier brings through the states named, at the times given."""
    order = world.mock.buy(sku, packs, at=datetime.fromisoformat(bought))
    for status, at in moves.items():
        world.mock.advance(order, OrderState(status), at=datetime.fromisoformat(at))
    return order


def play_november(world: World, skus: dict[str, str], *, b_returned: str = local(25)) -> None:
    ship = {"confirmed": local(16), "shipped": local(17)}
    sold(world, skus["10kg"], 3, bought=local(15), **ship, delivered=local(20))  # A
    b = sold(world, skus["5kg"], 2, bought=local(15), **ship, delivered=local(18))  # B
    world.mock.advance(b, OrderState.RETURNED, at=datetime.fromisoformat(b_returned), packs=1)
    sold(world, skus["10kg"], 4, bought=local(15), cancelled=local(16))  # C
    sold(world, skus["10kg"], 1, bought=local(15), **ship, refused=local(22))  # D
    e = sold(world, skus["10kg"], 1, bought=local(15), **ship, delivered=local(21))  # E
    sold(world, skus["combo"], 1, bought=local(15), **ship, delivered=local(22))  # F
    sold(
        world,
        skus["10kg"],
        2,
        bought=local(28),
        confirmed=local(28),
        shipped=local(29),
        delivered="2021-12-01T00:30:00+07:00",
    )  # I
    world.time.now = datetime(2021, 12, 5, 3, tzinfo=UTC)
    pull(world)
    pull(world)  # J: everything told again
    with writing(world.engine) as db:
        order = db.exec(select(Order).where(Order.order_no == e.order_no)).one()
        line = db.exec(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        record_complaint(db, SYSTEM, line, 2_000, 40_000, on=date(2021, 11, 23), now=world.time.now)
        for channel, evidence, grams, paper in (
            (Channel.TRADER, Evidence.C, 1_200_000, "phiếu cân 17"),  # G
            (Channel.MARKETPLACE_BULK, Evidence.B, 2_000_000 - 300_000, "hóa đơn 0001"),  # H
            (Channel.MARKETPLACE_BULK, Evidence.B, 300_000, "hóa đơn 0002"),  # H
        ):
            sale = OutsideSaleIn(
                producer_id=world.producer.id,
                product_id=world.product.id,
                channel=channel,
                evidence=evidence,
                grams=grams,
                sold_on=date(2021, 11, 24),
                paper=paper,
                client_key=f"{channel}:{paper}",
            )
            record_outside_sale(db, SYSTEM, sale, now=world.time.now)
            record_outside_sale(
                db, SYSTEM, sale, now=world.time.now
            )  # sent twice by a phone with a bad network


def pull(world: World) -> None:
    world.time.pass_(seconds=61)
    world.work()


def grams(world: World, first: date, last: date, channel: Channel) -> int:
    with Session(world.engine) as db:
        total = db.exec(
            select(func.sum(TonnageEntry.grams)).where(
                TonnageEntry.product_id == world.product.id,
                TonnageEntry.channel == channel,
                col(TonnageEntry.day).between(first, last),
            )
        ).one()
    return int(total or 0)


NOVEMBER, DECEMBER = (date(2021, 11, 1), date(2021, 11, 30)), (date(2021, 12, 1), date(2021, 12, 31))


@pytest.fixture
def more_oranges(world):
    with writing(world.engine) as db:
        make.a_lot(
            db, product=world.product, household=world.household, producer=world.producer, grams=1_000_000
        )


def test_november_is_50_kg_retail_and_2_tonnes_bulk(world, skus, more_oranges):
    play_november(world, skus)

    assert grams(world, *NOVEMBER, Channel.MARKETPLACE_RETAIL) == 50_000
    assert grams(world, *NOVEMBER, Channel.MARKETPLACE_BULK) == 2_000_000
    assert grams(world, *NOVEMBER, Channel.TRADER) == 1_200_000
    assert grams(world, *DECEMBER, Channel.MARKETPLACE_RETAIL) == 20_000


def test_a_return_counts_in_the_month_it_came_back(world, skus, more_oranges):
    play_november(world, skus, b_returned="2021-12-02T09:00:00+07:00")

    assert grams(world, *NOVEMBER, Channel.MARKETPLACE_RETAIL) == 55_000
    assert grams(world, *DECEMBER, Channel.MARKETPLACE_RETAIL) == 15_000


def test_honey_of_a_combo_and_spoilt_fruit_are_counted_apart(world, skus, more_oranges):
    play_november(world, skus)

    with Session(world.engine) as db:
        entries = db.exec(select(TonnageEntry)).all()
    assert sum(entry.grams for entry in entries if entry.product_id != world.product.id) == 500
    assert sum(entry.complaint_grams for entry in entries) == 2_000
    assert {entry.commune_id for entry in entries} == {world.household.commune_id}
    assert {entry.household_id for entry in entries} == {world.household.id}
    value = sum(entry.value_vnd for entry in entries if entry.channel == Channel.MARKETPLACE_RETAIL)
    # A 3 boxes, B 2 less 1, E 1 less 40,000, F 1 combo, I 2
    assert value == (3 + 2 - 1 + 1 + 1 + 2) * 200_000 - 40_000


def test_the_ledger_and_the_books_agree_after_november(world, skus, more_oranges):
    play_november(world, skus)

    with Session(world.engine) as db:
        oranges = select(HarvestLot.id).where(HarvestLot.product_id == world.product.id)
        left = db.exec(select(func.sum(StockEntry.grams)).where(col(StockEntry.lot_id).in_(oranges))).one()
    # 4 t harvested; sold A 30, B 10, E 10, F 5, I 20 and 3.2 t outside; D 10 kg came back spoilt, B's box
    # too; C never left
    assert left == 4_000_000 - 30_000 - 10_000 - 10_000 - 5_000 - 20_000 - 3_200_000 - 10_000
    assert world.exposures_fit()
    assert world.mock.state()["violations"] == []
