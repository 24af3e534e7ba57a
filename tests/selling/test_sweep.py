"""Reading back: each page is written down as it comes, with as many statements for one row as for fifty."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session, col, select

from connectors.kit.errors import Unavailable
from marketplace.core.db import writing
from marketplace.selling.models import Listing, Shop
from marketplace.selling.sync.lease import LeaseLost, take_lease
from marketplace.selling.sync.sweep import read_back
from marketplace.selling.sync.wishes import hinted
from tests.selling.drifting import on_sale, sweep, there
from tests.selling.world import World, a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=10_000_000) as made:
        yield made


def swept(world: World, between=set):
    """One reading back as the worker does it, everything due."""
    world.time.pass_(seconds=601)
    with writing(world.engine) as db:
        lease = take_lease(db, world.worker.rules, now=world.time.now)
    assert lease is not None
    connected = world.worker.registry.connected(world.shop)
    rules = world.worker.rules
    return read_back(world.engine, connected, lease, rules, now=world.time.now, between=between)


def statements(world: World) -> Counter[str]:
    said: Counter[str] = Counter()

    def heard(_connection, _cursor, statement, *_rest):
        said[statement.split("\n")[0].split(" ")[0]] += 1

    event.listen(world.engine, "before_cursor_execute", heard)
    try:
        swept(world)
    finally:
        event.remove(world.engine, "before_cursor_execute", heard)
    return said


def test_a_page_of_fifty_takes_as_many_statements_as_a_page_of_two(world):
    on_sale(world, 1, 1)
    few = statements(world)
    world.time.pass_(seconds=60)
    on_sale(world, *[1] * 48)
    world.time.pass_(seconds=60)

    assert statements(world) == few


def test_only_what_may_differ_is_kept_in_memory(world):
    ids = on_sale(world, *[1] * 60)
    there(world, ids[7]).price_vnd = 1_000

    reading = swept(world)

    assert len(reading.told) == 60
    assert list(reading.seen) == [ids[7]]


def test_pages_read_before_an_interruption_stay_written_down_and_the_sweep_is_done_again(world):
    ids = on_sale(world, *[1] * 60)
    before = world.time.now
    connector = world.worker.registry.connected(world.shop).connector
    reads = connector.products

    def broken():
        yield next(iter(reads()))
        raise Unavailable("away")

    connector.products = broken
    sweep(world)

    with Session(world.engine) as db:
        fresh = db.exec(select(Listing.id).where(col(Listing.seen_at) > before)).all()
        shop = db.get_one(Shop, world.shop.id)
    assert len(fresh) == 50
    assert shop.last_sweep_at < before + timedelta(seconds=1)
    assert shop.trouble_code == "away"
    connector.products = reads
    sweep(world)
    with Session(world.engine) as db:
        assert len(db.exec(select(Listing.id).where(col(Listing.seen_at) > before)).all()) == len(ids)


def test_a_sweep_whose_shop_was_taken_over_writes_nothing_more(world):
    on_sale(world, *[1] * 60)

    def taken_over() -> set[int]:
        with writing(world.engine) as db:
            shop = db.get_one(Shop, world.shop.id)
            shop.lease_number += 1
            db.add(shop)
        return set()

    with pytest.raises(LeaseLost):
        swept(world, between=taken_over)


def test_a_sweep_keeps_its_shop_though_it_takes_longer_than_a_lease(world):
    on_sale(world, *[1] * 150)
    taken = []
    connector = world.worker.registry.connected(world.shop).connector
    reads = connector.products

    def slow():
        for page in reads():
            yield page
            world.time.pass_(seconds=25)
            with writing(world.engine) as db:
                taken.append(take_lease(db, world.worker.rules, now=world.time.now))

    connector.products = slow
    world.time.pass_(seconds=601)
    assert world.worker.work_once()

    assert taken == [None, None, None]
    with Session(world.engine) as db:
        assert db.get_one(Shop, world.shop.id).last_sweep_at is not None


def test_the_next_sweep_is_due_at_the_promised_age(world):
    on_sale(world, 1)

    reading = swept(world)

    with Session(world.engine) as db:
        shop = db.get_one(Shop, world.shop.id)
    assert shop.last_sweep_at == reading.at
    assert shop.sweep_due_at == reading.at + timedelta(seconds=world.worker.rules.sweep_seconds)


def test_a_push_about_one_product_reads_that_product_alone(world):
    first, second = on_sale(world, 5, 5)
    world.time.pass_(seconds=5)
    world.mock.moderate(world.listing(first).sku, "reject", "Ảnh mờ")
    before = dict(world.mock.calls)

    pushed(world, world.listing(first).sku)
    world.work()

    assert world.listing(first).remote_state == "rejected"
    assert world.listing(second).remote_state != "rejected"
    assert spoken(world, before, "POST /api/partner/product/search") == 0
    assert spoken(world, before, "GET /api/partner/product") == 1


def test_a_hundred_pushes_that_name_nothing_of_ours_cost_one_reading(world):
    on_sale(world, 5)
    before = dict(world.mock.calls)

    for _ in range(100):
        pushed(world, "KHONG-PHAI-CUA-TA")
        world.time.pass_(seconds=0.5)
        world.work()

    assert spoken(world, before, "POST /api/partner/product/search") <= 1


def pushed(world, sku):
    """A push of the marketplace, as the web server takes it."""
    keys = world.mock.credentials
    body = {"type": "PRODUCT.UPDATE", "shop_key": keys["shop_key"], "data": {"store_sku": sku}}
    with writing(world.engine) as db:
        shop = db.get_one(Shop, world.shop.id)
        assert hinted(db, world.worker.registry, shop, {}, json.dumps(body).encode(), now=world.time.now)


def spoken(world, before, call):
    return world.mock.calls[call] - before.get(call, 0)


def test_what_was_approved_is_seen_at_once_though_all_pages_were_just_read(world):
    (listing_id,) = on_sale(world, 1)
    sweep(world)
    with writing(world.engine) as db:
        listing = db.get_one(Listing, listing_id)
        listing.ticket, listing.remote_state = "CASE000001", "pending"  # as those pages told
        listing.not_before = world.time.now
        db.add(listing)

    world.work()

    listing = world.listing(listing_id)
    assert (listing.ticket, listing.remote_state, listing.tighten) == (None, "live", False)
