"""Stop selling now: before everything else, in every queue, and done when the marketplace confirms it."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from connectors.kit.mocking import Impossible
from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings
from marketplace.core.db import writing
from marketplace.selling import listings, order_wishes
from marketplace.selling.listings import sku_of
from marketplace.selling.models import Listing, Offer, OfferPhoto, Order, Shop
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.drifting import on_sale, there
from tests.selling.world import BASE, World, a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=100_000_000) as made:
        yield made


def stop(world: World, listing_id: int) -> None:
    with writing(world.engine) as db:
        listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)


def told(world: World) -> list[str]:
    """The names of the connector's calls from now on, in order."""
    said: list[str] = []
    connector = world.worker.registry.connected(world.shop).connector
    for name in ("create", "update", "withdraw", "find", "set_price_and_stock"):
        real = getattr(connector, name)
        setattr(connector, name, lambda *a, _real=real, _name=name: (said.append(_name), _real(*a))[1])
    return said


def test_it_is_done_only_when_the_marketplace_was_read_back(world):
    (listing_id,) = on_sale(world, 5)
    stop(world, listing_id)
    before = world.listing(listing_id)
    said = told(world)

    world.work()

    assert (before.off_seen_at, before.withdrawn_at) == (None, world.time.now)
    assert said[:2] == ["withdraw", "find"]
    listing = world.listing(listing_id)
    assert (listing.off_seen_at, listing.remote_state, listing.not_before) == (world.time.now, "off", None)
    with pytest.raises(Impossible):
        world.mock.buy(listing.sku, 1)


def test_a_yes_without_effect_is_not_believed_but_said_again(world):
    (listing_id,) = on_sale(world, 5)
    product = there(world, listing_id)
    connector = world.worker.registry.connected(world.shop).connector
    real = connector.withdraw
    connector.withdraw = lambda *_a: None
    stop(world, listing_id)

    world.work()
    assert world.listing(listing_id).off_seen_at is None
    assert product.stock == 5

    connector.withdraw = real
    world.time.pass_(seconds=10)
    world.work()
    assert world.listing(listing_id).off_seen_at == world.time.now
    assert world.exposures_fit()


def test_a_lost_answer_is_looked_up_and_confirmed_when_nothing_can_come_late(world):
    (listing_id,) = on_sale(world, 5)
    lost = {"match": "POST /api/partner/product/update-by-field-mask", "kind": "timeout_after", "times": 1}
    world.mock.faults.load([lost])
    stop(world, listing_id)

    world.work()
    world.time.pass_(seconds=2)
    world.work()
    assert world.listing(listing_id).off_seen_at is None
    world.time.pass_(seconds=100)
    world.work()

    assert world.listing(listing_id).off_seen_at is not None
    assert world.mock.state()["violations"] == []


def test_what_was_never_there_needs_no_confirmation(world):
    with writing(world.engine) as db:
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        shop = db.get_one(Shop, world.shop.id)
        listing = listings.put_on_sale(db, SYSTEM, offer, shop, 5, now=world.time.now)
    stop(world, listing.id)

    world.work()

    assert world.mock.state()["products"] == []
    assert world.listing(listing.id).not_before is None


def test_back_on_sale_forgets_the_confirmation(world):
    (listing_id,) = on_sale(world, 5)
    stop(world, listing_id)
    world.work()
    with writing(world.engine) as db:
        listing = db.get_one(Listing, listing_id)
        offer, shop = db.get_one(Offer, listing.offer_id), db.get_one(Shop, world.shop.id)
        listings.put_on_sale(db, SYSTEM, offer, shop, 3, now=world.time.now)

    world.work()

    listing = world.listing(listing_id)
    assert (listing.off_seen_at, listing.withdrawn_at) == (None, None)
    assert there(world, listing_id).stock == 3


def test_a_running_batch_is_interrupted_and_its_rest_goes_on_afterwards(world):
    first, *others = on_sale(world, *[1] * 6)
    with writing(world.engine) as db:
        for listing_id in others:
            listings.changed(
                db, db.get_one(Offer, db.get_one(Listing, listing_id).offer_id), now=world.time.now
            )
    said = told(world)
    connector = world.worker.registry.connected(world.shop).connector
    real = connector.update

    def slow(*args):
        world.time.pass_(seconds=1)
        if said.count("update") == 1:
            stop(world, first)
        return real(*args)

    connector.update = slow
    world.work()

    assert said[:4] == ["update", "update", "withdraw", "find"]
    assert said.count("update") == 5
    assert [world.listing(one).published_revision for one in others] == [2] * 5
    assert all(not world.listing(one).unclear for one in others)


def test_a_sweep_in_progress_lets_it_through_and_judges_nothing_by_old_pages(world):
    first, *_ = on_sale(world, *[1] * 60)
    said = told(world)
    connector = world.worker.registry.connected(world.shop).connector
    reads = connector.products
    pages = 0

    def slow():
        nonlocal pages
        for page in reads():
            pages += 1
            yield page
            if pages == 1:
                stop(world, first)
            world.time.pass_(seconds=3)

    connector.products = slow
    world.time.pass_(seconds=601)
    world.worker.work_once()

    assert pages == 2
    assert said == ["withdraw", "find"]
    assert world.listing(first).off_seen_at is not None
    assert world.listing(first).blame is None


def test_a_resting_shop_is_tried_every_ten_seconds_for_a_stop_alone(world):
    first, second = on_sale(world, 5, 5)
    busy = {"match": "POST /api/partner/product", "kind": "http_429", "times": 3, "retry_after": 600}
    world.mock.faults.load([busy])
    with writing(world.engine) as db:
        listings.changed(db, db.get_one(Offer, db.get_one(Listing, second).offer_id), now=world.time.now)
    world.work()
    with Session(world.engine) as db:
        resume_at = db.get_one(Shop, world.shop.id).resume_at
    assert resume_at is not None
    assert resume_at > world.time.now + timedelta(seconds=100)
    stop(world, first)

    world.work()
    tries = 0
    while world.listing(first).off_seen_at is None:
        world.time.pass_(seconds=10)
        world.work()
        tries += 1

    assert tries <= 3
    with pytest.raises(Impossible):
        world.mock.buy(world.listing(first).sku, 1)


def test_the_shop_that_must_stop_selling_is_served_first(engine, settings, world):
    (listing_id,) = on_sale(world, 5)
    with writing(engine) as db:
        other = make.a_shop(db, producer=world.producer, pull_due_at=world.time.now, sweep_due_at=None)
        db.get_one(Shop, world.shop.id).served_at = world.time.now
        assert other.served_at is None
    stop(world, listing_id)

    world.worker.work_once()

    assert world.listing(listing_id).off_seen_at is not None


def test_a_stop_is_confirmed_within_thirty_seconds_while_two_thousand_wait(engine, settings, world):
    """Must show 4, in real time: ten calls a second are allowed, 2,000 listings wait to be published."""
    (listing_id,) = on_sale(world, 5)
    wish_many(world, 2_000)
    began = time.monotonic()
    settings.marketplaces["sendo"] = MarketplaceSettings(base_url=BASE, calls_per_second=10)
    world.mock.set_up({"rate_per_second": 10.5})
    live = Worker(engine, settings, now=lambda: world.time.now + timedelta(seconds=time.monotonic() - began))
    working = threading.Thread(target=live.run)
    working.start()
    try:
        waits_until(lambda: len(world.mock.products) > 10)
        wished = time.monotonic()
        with writing(engine) as db:
            listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=live.now())
        waits_until(lambda: world.listing(listing_id).off_seen_at is not None)
        took = time.monotonic() - wished
    finally:
        live.stop.set()
        working.join()

    assert took < 30
    with pytest.raises(Impossible):
        world.mock.buy(world.listing(listing_id).sku, 1)
    with Session(engine) as db:
        waiting = select(func.count()).where(col(Listing.not_before).is_not(None))
        assert db.exec(waiting).one() > 1_500
    assert world.mock.state()["violations"] == []


def waits_until(true) -> None:
    """Look until it is so; ninety seconds at most."""
    ends = time.monotonic() + 90
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


def wish_many(world: World, count: int) -> None:
    """Offers of the same goods, each wished into the shop; written in a few statements."""
    with writing(world.engine) as db:
        like = make.an_offer(db, producer=world.producer, pack=world.pack)
        photo = db.exec(select(OfferPhoto.photo_id).where(OfferPhoto.offer_id == like.id)).one()
        first = (like.id or 0) + 1
        ids = range(first, first + count)
        values = like.model_dump(exclude={"id"})
        db.execute(insert(Offer), [{**values, "id": one} for one in ids])
        db.execute(insert(OfferPhoto), [{"offer_id": one, "photo_id": photo, "position": 0} for one in ids])
        shop_id = world.shop.id or 0
        db.add_all(
            Listing(
                offer_id=one,
                shop_id=shop_id,
                sku=sku_of(one, shop_id),
                created_at=world.time.now,
                wanted_packs=1,
                not_before=world.time.now,
            )
            for one in ids
        )


def test_confirming_many_orders_lets_it_through(world):
    first, second = on_sale(world, 9, 9)
    for _ in range(6):
        world.mock.buy(world.listing(second).sku, 1)
    world.time.pass_(seconds=61)
    world.work()
    with writing(world.engine) as db:
        for order in db.exec(select(Order)).all():
            order_wishes.wish_confirm(db, SYSTEM, order, now=world.time.now)
    said = told(world)
    connector = world.worker.registry.connected(world.shop).connector
    real = connector.confirm

    def slow(order_no):
        said.append("confirm")
        world.time.pass_(seconds=3)
        if said.count("confirm") == 1:
            stop(world, first)
        return real(order_no)

    connector.confirm = slow
    world.work()

    assert said[:4] == ["confirm", "withdraw", "find", "confirm"]
    assert said.count("confirm") == 6
