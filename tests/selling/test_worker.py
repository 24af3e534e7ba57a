"""The worker against the stateful mock: wishes become true, and no lost answer makes a second product or a
false promise.

Faults tried here: answers lost after and before the write, late applies, resets, 500, 429, HTML, truncated
JSON, an expired
token, partial failure, a worker that dies between the steps, and a second worker that takes over.
"""

import pytest
from sqlmodel import Session, select

from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import (
    Blame,
    Exchange,
    Listing,
    Offer,
    OfferPhoto,
    Order,
    ParkedOrder,
    Shop,
    Wanted,
)
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import World, a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings) as world:
        yield world


def listed(world: World, packs: int = 5, **offer) -> int:
    """An offer wished on sale; the id of its listing."""
    with writing(world.engine) as db:
        made = make.an_offer(db, producer=world.producer, pack=world.pack, **offer)
        listing = listings.put_on_sale(db, SYSTEM, made, world.shop, packs, now=world.time.now)
        return listing.id or 0


def fault(world: World, match: str, kind: str, *, times: int = 1, **more) -> None:
    world.mock.faults.load([{"match": match, "kind": kind, "times": times, **more}])


def test_a_wish_is_published_once_and_read_back(world):
    listing_id = listed(world)

    world.work()
    world.time.pass_(seconds=61)
    world.work()

    listing = world.listing(listing_id)
    [product] = world.mock.state()["products"]
    assert (product["sku"], product["stock"], product["price_vnd"]) == (listing.sku, 5, 200_000)
    assert (listing.published_revision, listing.remote_state, listing.confirmed_packs) == (1, "live", 5)
    assert (listing.exposure_packs, listing.unclear, listing.blame) == (5, False, None)
    assert world.mock.state()["violations"] == []


def test_ten_edits_become_one_call(world):
    listing_id = listed(world)
    world.work()
    before = world.mock.state()["calls"].get("POST /api/partner/product", 0)
    with writing(world.engine) as db:
        offer = db.exec(select(Offer)).one()
        for price in range(201_000, 211_000, 1_000):
            offer.price_vnd = price
            listings.changed(db, offer, now=world.time.now)

    world.work()

    assert world.mock.state()["calls"]["POST /api/partner/product"] == before + 1
    assert world.mock.state()["products"][0]["price_vnd"] == 210_000
    assert world.listing(listing_id).published_revision == 11


@pytest.mark.parametrize(
    "kind",
    ["timeout_after", "reset", "http_500", "html_body", "truncated_json", "timeout_before", "late_apply"],
)
def test_an_unclear_create_never_makes_a_second_product(world, kind):
    listing_id = listed(world)
    fault(world, "POST /api/partner/product", kind, delay=5)

    world.work()
    for _ in range(6):
        world.time.pass_(seconds=60)
        world.work()

    listing = world.listing(listing_id)
    products = world.mock.state()["products"]
    assert [product["sku"] for product in products] == [listing.sku]
    assert (listing.published_revision, listing.unclear, listing.remote_state) == (1, False, "live")
    assert listing.exposure_packs == products[0]["stock"] == 5
    assert world.mock.state()["violations"] == []


def test_nothing_is_created_again_before_a_lost_write_can_no_longer_arrive(world):
    listing_id = listed(world)
    fault(world, "POST /api/partner/product", "timeout_before")

    world.work()
    world.time.pass_(seconds=30)
    world.work()

    assert world.mock.state()["products"] == []
    assert world.listing(listing_id).unclear
    assert world.mock.state()["calls"]["POST /api/partner/product"] == 1
    world.time.pass_(seconds=90)
    world.work()
    assert len(world.mock.state()["products"]) == 1


def test_an_expired_token_costs_one_more_login_and_nothing_else(world):
    listed(world)
    world.work()
    listed(world, packs=1)
    fault(world, "POST /api/partner/product", "expired_token")

    world.work()

    assert len(world.mock.state()["products"]) == 2
    assert world.mock.state()["violations"] == []


def test_a_busy_marketplace_is_left_alone_for_as_long_as_it_asked(world):
    listing_id = listed(world)
    fault(world, "POST /api/partner/product", "http_429", retry_after=600)

    world.work()

    listing = world.listing(listing_id)
    assert (listing.unclear, listing.exposure_packs, listing.blame) == (False, 0, None)
    assert listing.not_before is not None
    assert listing.not_before > world.time.now
    world.time.pass_(seconds=3700)
    world.work()
    assert len(world.mock.state()["products"]) == 1


def test_wrong_keys_wait_for_the_coordinator_and_stop_the_shop(engine, settings):
    with a_world(engine, settings) as world:
        listing_id = listed(world)
        world.mock.credentials["secret_key"] = "changed"

        world.work()

        with Session(engine) as db:
            shop = db.exec(select(Shop)).one()
        assert shop.trouble_code is not None
        assert shop.resume_at is not None
        assert world.listing(listing_id).exposure_packs == 0
        assert world.mock.state()["products"] == []


def test_what_the_checklist_refuses_is_never_sent(world):
    listing_id = listed(world, photos=0)

    world.work()

    listing = world.listing(listing_id)
    assert (listing.blame, listing.cause) == (Blame.SELLER, "checklist.no_photo")
    assert "POST /api/partner/product" not in world.mock.state()["calls"]


def test_withdrawing_takes_the_product_off_and_coming_back_uses_the_same_sku(world):
    listing_id = listed(world)
    world.work()
    with writing(world.engine) as db:
        listings.withdraw(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)
    world.work()
    world.time.pass_(seconds=61)
    world.work()

    assert world.mock.state()["products"][0]["stock"] == 0
    assert world.listing(listing_id).exposure_packs == 0
    with writing(world.engine) as db:
        listing = db.get_one(Listing, listing_id)
        listings.put_on_sale(
            db,
            SYSTEM,
            db.get_one(Offer, listing.offer_id),
            db.get_one(Shop, world.shop.id),
            3,
            now=world.time.now,
        )
    world.work()
    assert [product["stock"] for product in world.mock.state()["products"]] == [3]


def test_a_sale_is_taken_once_and_lowers_promise_and_stock(world):
    listing_id = listed(world)
    world.work()
    world.mock.buy(world.listing(listing_id).sku, 2)

    for _ in range(3):
        world.time.pass_(seconds=61)
        world.work()

    listing = world.listing(listing_id)
    assert (listing.exposure_packs, listing.wanted_packs, listing.confirmed_packs) == (3, 3, 3)
    with Session(world.engine) as db:
        assert len(db.exec(select(Order)).all()) == 1
    assert world.exposures_fit()


def test_what_a_moderator_refused_goes_again_once_somebody_mended_it(engine, settings):
    with a_world(engine, settings, moderation=True) as world:
        listing_id = listed(world)
        world.work()
        world.mock.moderate(world.listing(listing_id).sku, "reject", "Ảnh mờ")
        world.time.pass_(seconds=61)
        world.work()
        listing = world.listing(listing_id)
        assert (listing.blame, listing.cause) == (Blame.SELLER, "moderation.rejected")
        assert listing.cause_facts == {"reason": "Ảnh mờ"}

        with writing(engine) as db:
            listings.try_again(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)
        world.work()
        world.mock.moderate(listing.sku, "approve")
        world.time.pass_(seconds=61)
        world.work()

        listing = world.listing(listing_id)
        assert (listing.remote_state, listing.blame, listing.published_revision) == ("live", None, 2)


def test_a_product_that_vanished_is_created_anew_when_somebody_asks(world):
    listing_id = listed(world)
    world.work()
    world.mock.reset()
    world.time.pass_(seconds=700)
    world.work()
    assert world.listing(listing_id).cause == "remote.vanished"
    assert world.mock.state()["products"] == []

    with writing(world.engine) as db:
        listings.try_again(db, SYSTEM, db.get_one(Listing, listing_id), now=world.time.now)
    world.work()

    assert [product["stock"] for product in world.mock.state()["products"]] == [5]
    assert world.listing(listing_id).exposure_packs == 5


def test_oranges_past_their_shelf_life_come_off_by_themselves_and_fresh_ones_bring_them_back(world):
    listing_id = listed(world)
    world.work()
    world.time.pass_(days=21)
    world.work()
    listing = world.listing(listing_id)
    assert (listing.wanted, listing.cause) == (Wanted.ON_SALE, "checklist.shelf_life_over")
    assert world.mock.state()["products"][0]["stock"] == 0

    with writing(world.engine) as db:
        fresh = world.time.now.date()
        make.a_lot(
            db, product=world.product, household=world.household, producer=world.producer, harvested_on=fresh
        )
    world.time.pass_(seconds=700)
    world.work()
    world.time.pass_(seconds=700)
    world.work()

    listing = world.listing(listing_id)
    assert (listing.blame, listing.cause) == (None, None)
    assert world.mock.state()["products"][0]["stock"] == 5
    assert world.exposures_fit()


def test_a_missing_photo_that_was_added_needs_nobody_to_press_again(world):
    listing_id = listed(world, photos=0)
    world.work()
    with writing(world.engine) as db:
        offer_id = db.get_one(Listing, listing_id).offer_id
        db.add(OfferPhoto(offer_id=offer_id, photo_id=make.a_photo(db).id))
    world.time.pass_(seconds=700)

    world.work()

    assert world.listing(listing_id).blame is None
    assert len(world.mock.state()["products"]) == 1


def test_a_dead_workers_claim_is_looked_up_by_the_next_one(world, monkeypatch):
    """SIGKILL between the call and the writing down: the product is there, our row does not know."""
    listing_id = listed(world)
    monkeypatch.setattr(
        "marketplace.selling.sync.worker.write_down",
        lambda *_a, **_k: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    with pytest.raises(KeyboardInterrupt):
        world.worker.work_once()
    monkeypatch.undo()
    assert world.listing(listing_id).unclear

    world.time.pass_(seconds=61)  # the lease runs out
    world.work()

    assert len(world.mock.state()["products"]) == 1
    assert world.listing(listing_id).published_revision == 1
    assert world.mock.state()["violations"] == []


def test_a_worker_that_lost_its_lease_writes_nothing(world, engine, settings, monkeypatch):
    from marketplace.selling.sync import worker as module
    from marketplace.selling.sync.worker import Worker

    listing_id = listed(world)
    other = Worker(engine, settings, now=world.time)
    speak = module.speak

    def slow(*args, **kwargs):
        outcomes = speak(*args, **kwargs)
        if world.time.now == make.NOW:
            world.time.pass_(seconds=61)
            other.work_once()  # takes the shop over, looks the SKU up, writes it down
        return outcomes

    monkeypatch.setattr(module, "speak", slow)
    world.worker.work_once()

    listing = world.listing(listing_id)
    assert (listing.published_revision, listing.unclear) == (1, False)
    assert len(world.mock.state()["products"]) == 1


def test_two_shops_never_promise_the_last_boxes_twice(world):
    with pytest.raises(listings.NotEnoughHarvest):
        listed(world, packs=11)
    with Session(world.engine) as db:
        assert db.exec(select(Listing)).all() == []


def test_scarce_stock_is_written_as_zero_then_read_then_written(world):
    listing_id = listed(world, packs=10)  # all of the 100 kg
    world.work()
    world.mock.buy(world.listing(listing_id).sku, 4)  # not seen yet
    with writing(world.engine) as db:
        listings.change_packs(db, SYSTEM, db.get_one(Listing, listing_id), 9, now=world.time.now)

    for _ in range(4):
        world.work()
        assert world.exposures_fit()
        world.time.pass_(seconds=61)

    listing = world.listing(listing_id)
    assert world.mock.state()["products"][0]["stock"] == listing.exposure_packs == 5
    assert world.mock.state()["violations"] == []


def test_the_journal_holds_no_key_and_no_buyer(world):
    listing_id = listed(world)
    world.work()
    world.mock.buy(world.listing(listing_id).sku, 1)
    world.time.pass_(seconds=61)
    world.work()

    with Session(world.engine) as db:
        said = "\n".join(one.request + one.response + one.path for one in db.exec(select(Exchange)))
    assert "product" in said
    for secret in world.mock.credentials.values():
        assert secret not in said
    assert "Bearer" not in said
    assert "receiver_name" not in said or "[" in said


def test_withdrawn_listings_go_first(world):
    first, second = listed(world, packs=1), listed(world, packs=1)
    world.work()
    with writing(world.engine) as db:
        listings.changed(db, db.get_one(Offer, db.get_one(Listing, first).offer_id), now=world.time.now)
        listings.withdraw(db, SYSTEM, db.get_one(Listing, second), now=world.time.now)
    order: list[str] = []
    connector = world.worker.registry.connected(world.shop).connector
    for name in ("update", "withdraw"):
        real = getattr(connector, name)
        setattr(connector, name, lambda *a, _real=real, _name=name: (order.append(_name), _real(*a))[1])

    world.work()

    assert order[0] == "withdraw"
    assert world.listing(second).wanted == Wanted.WITHDRAWN


def test_an_order_that_could_not_be_taken_is_asked_for_again_and_blocks_nothing(world, monkeypatch):
    from marketplace.selling.sync import pull

    listing_id = listed(world)
    world.work()
    sku = world.listing(listing_id).sku
    first, second = world.mock.buy(sku, 1), world.mock.buy(sku, 1)
    real = pull.take_order

    def broken(db, shop, told, **more):
        if told.order_no == first.order_no:
            raise ZeroDivisionError
        return real(db, shop, told, **more)

    monkeypatch.setattr(pull, "take_order", broken)
    world.time.pass_(seconds=61)
    world.work()
    with Session(world.engine) as db:
        assert [order.order_no for order in db.exec(select(Order))] == [second.order_no]
        assert [(parked.order_no, parked.code) for parked in db.exec(select(ParkedOrder))] == [
            (first.order_no, "bug.ZeroDivisionError")
        ]

    monkeypatch.undo()
    world.time.pass_(days=3)
    world.work()
    with Session(world.engine) as db:
        assert len(db.exec(select(Order)).all()) == 2
        assert db.exec(select(ParkedOrder)).one().settled_at is not None
    assert world.exposures_fit()


def test_a_worker_told_to_stop_ends_between_two_pages_and_the_next_one_reads_all(world, settings):
    listed(world, packs=9)
    world.work()
    [product] = world.mock.state()["products"]
    for _ in range(9):
        world.mock.buy(product["sku"], 1)
    world.time.pass_(seconds=61)
    connector = world.worker.registry.connected(world.shop).connector
    tell = connector.orders
    pages = []

    def page_by_page(since, until):
        for page in tell(since, until):
            for order in page:
                pages.append(order)
                world.worker.stop.set()
                yield [order]

    connector.orders = page_by_page

    assert world.worker.work_once()

    with Session(world.engine) as db:
        assert len(pages) == 1
        assert len(db.exec(select(Order)).all()) == 1
        assert db.exec(select(Shop.pulled_to)).one() < world.time.now
    later = Worker(world.engine, settings, now=world.time)
    assert later.work_once()
    with Session(world.engine) as db:
        assert len(db.exec(select(Order)).all()) == 9
