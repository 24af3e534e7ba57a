"""What marketplaces tell late or in another order than it happened never promises more than there is."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from catalog.lots import on_hand
from catalog.models import LotPool
from connectors.kit.protocol import OrderState
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import (
    Allocation,
    Drift,
    Listing,
    OrderHint,
    OrderLine,
    ParkedOrder,
    Shop,
)
from marketplace.selling.stock_models import ExposureEntry
from tests.selling.drifting import on_sale, sweep, there
from tests.selling.world import World, a_world


@pytest.fixture
def world(engine, settings):
    """Three packs, and a marketplace that puts cancelled ones on sale again by itself."""
    with a_world(engine, settings, grams=30_000, cancel_restocks=True) as made:
        yield made


def stock(world: World) -> int:
    with Session(world.engine) as db:
        return on_hand(db, db.exec(select(LotPool)).one().id or 0)


def of_nobody(world: World) -> int:
    """Grams sold that no lot had."""
    with Session(world.engine) as db:
        rows = db.exec(select(Allocation.grams).where(col(Allocation.lot_id).is_(None)))
        return sum(rows)


def moves(world: World) -> list[tuple[str, int, int]]:
    """(why, packs, exposure afterwards) of all that moved an exposure."""
    with Session(world.engine) as db:
        rows = db.exec(select(ExposureEntry).order_by(col(ExposureEntry.id)))
        return [(row.moved.value, row.packs, row.exposure_packs) for row in rows]


def hear_of(world: World, order_no: str) -> None:
    """A push names this order, and the worker reads it."""
    with writing(world.engine) as db:
        db.add(OrderHint(shop_id=world.shop.id, order_no=order_no))
        shop = db.get_one(Shop, world.shop.id)
        shop.pull_due_at = shop.sweep_due_at = world.time.now + timedelta(seconds=60)
        db.add(shop)
    world.work()


def sold_out(world: World) -> tuple[int, str]:
    """A listing whose three packs are sold, seen and read back; the last order."""
    (listing_id,) = on_sale(world, 3)
    sku = world.listing(listing_id).sku
    orders = [world.mock.buy(sku, 1) for _ in range(3)]
    sweep(world)
    assert (stock(world), world.listing(listing_id).exposure_packs) == (0, 0)
    return listing_id, orders[-1].order_no


def test_an_order_told_before_the_cancellation_that_made_room_for_it_takes_those_goods(world):
    listing_id, cancelled = sold_out(world)
    world.time.pass_(seconds=10)
    world.mock.advance(world.mock.orders[cancelled], OrderState.CANCELLED)
    again = world.mock.buy(world.listing(listing_id).sku, 1)

    hear_of(world, again.order_no)

    assert (of_nobody(world), stock(world), world.listing(listing_id).exposure_packs) == (0, 0, 0)
    with Session(world.engine) as db:
        assert len(db.exec(select(OrderLine)).all()) == 4


def test_an_order_beyond_what_was_to_be_sold_is_taken_when_nothing_explains_it(world):
    listing_id, _ = sold_out(world)
    there(world, listing_id).stock = 1
    more = world.mock.buy(world.listing(listing_id).sku, 1)

    hear_of(world, more.order_no)

    assert (of_nobody(world), stock(world)) == (10_000, 0)


def test_an_order_first_heard_of_as_cancelled_promises_as_much_as_before(world):
    (listing_id,) = on_sale(world, 3)
    sku = world.listing(listing_id).sku
    world.mock.buy(sku, 2)
    order = world.mock.buy(sku, 1)
    world.mock.advance(order, OrderState.CANCELLED)
    world.mock.buy(sku, 1)

    hear_of(world, order.order_no)
    sweep(world)

    assert moves(world)[2:4] == [("sold", 1, 3), ("cancelled", 1, 3)]
    assert (stock(world), world.listing(listing_id).exposure_packs, of_nobody(world)) == (0, 0, 0)


def test_goods_put_back_on_sale_and_sold_while_the_stock_was_read_are_no_alarm(world, monkeypatch):
    listing_id, cancelled = sold_out(world)
    world.time.pass_(seconds=10)
    world.mock.advance(world.mock.orders[cancelled], OrderState.CANCELLED)
    connector = world.worker.registry.connected(world.shop).connector
    pages = connector.orders

    def sold_meanwhile(since, until):
        monkeypatch.setattr(connector, "orders", pages)
        world.mock.buy(world.listing(listing_id).sku, 1)
        return pages(since, until)

    monkeypatch.setattr(connector, "orders", sold_meanwhile)
    sweep(world)

    assert (stock(world), world.listing(listing_id).exposure_packs) == (0, 0)
    with Session(world.engine) as db:
        assert db.exec(select(Drift)).all() == []


def test_what_the_buyer_refused_is_promised_to_nobody(world):
    listing_id, number = sold_out(world)
    for state in (OrderState.CONFIRMED, OrderState.SHIPPED, OrderState.REFUSED):
        world.time.pass_(seconds=10)
        world.mock.advance(world.mock.orders[number], state)

    hear_of(world, number)

    assert (stock(world), world.listing(listing_id).exposure_packs) == (0, 0)


def test_looking_up_a_lost_write_does_not_promise_what_no_order_gave_back_yet(world):
    (listing_id,) = on_sale(world, 3)
    sku = world.listing(listing_id).sku
    orders = [world.mock.buy(sku, 1) for _ in range(3)]
    for order in orders:
        hear_of(world, order.order_no)
    world.mock.advance(orders[0], OrderState.CANCELLED)
    with writing(world.engine) as db:
        listing = db.get_one(Listing, listing_id)
        listing.unclear, listing.not_before = True, world.time.now
        db.add(listing)

    world.work()

    assert ("found", 1, 0) in moves(world)
    assert (stock(world), world.listing(listing_id).exposure_packs) == (10_000, 1)


def test_a_listing_whose_lost_first_write_was_too_small_is_written_again(world):
    world.mock.faults.load([{"match": "POST /api/partner/product", "kind": "timeout_after", "times": 1}])
    (listing_id,) = on_sale(world, 1)
    assert world.listing(listing_id).unclear is False
    with writing(world.engine) as db:
        listing = db.get_one(Listing, listing_id)
        listing.unclear, listing.remote_id, listing.sent_packs = True, None, 1
        listing.not_before = world.time.now
        db.add(listing)
        listings.change_packs(db, SYSTEM, listing, 3, now=world.time.now)

    for _ in range(3):
        sweep(world)

    assert (there(world, listing_id).stock, world.listing(listing_id).exposure_packs) == (3, 3)


def test_while_an_order_cannot_be_read_no_promise_shrinks(world):
    (listing_id,) = on_sale(world, 2)
    world.mock.buy(world.listing(listing_id).sku, 1)
    with writing(world.engine) as db:
        db.add(ParkedOrder(shop_id=world.shop.id, order_no="X1", code="bug.KeyError", at=world.time.now))
        listing = db.get_one(Listing, listing_id)
        listing.tighten, listing.exposure_packs = True, 3
        db.add(listing)

    sweep(world)
    assert (there(world, listing_id).stock, world.listing(listing_id).exposure_packs) == (1, 2)
    with writing(world.engine) as db:
        parked = db.exec(select(ParkedOrder)).one()
        parked.settled_at = world.time.now
        db.add(parked)
    sweep(world)

    assert world.listing(listing_id).exposure_packs == 1
