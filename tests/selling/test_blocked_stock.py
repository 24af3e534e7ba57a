"""Stock of a pool that splits itself follows what can be bought: blocked listings give and get it."""

from datetime import timedelta

from sqlmodel import Session, select

from catalog.lots import tell
from catalog.models import LotPool
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.core.units import local_day
from marketplace.selling.models import Listing
from marketplace.selling.policies import PolicyIn, set_policy
from marketplace.selling.stock_models import Split
from tests import factories as make
from tests.selling.world import a_world

SHELF_LIFE = 20  #: days, as the factories make a product


def test_a_fresh_harvest_brings_back_what_its_shelf_life_took_off(engine, settings):
    with a_world(engine, settings, grams=50_000) as world:
        listing_id = _split_by_itself(world)
        world.work()
        world.time.pass_(days=SHELF_LIFE + 2)
        world.work()
        off = world.listing(listing_id)
        assert (off.cause, off.remote_state) == ("checklist.shelf_life_over", "off")

        _harvest(world, grams=30_000)
        world.work()

        on = world.listing(listing_id)
        assert (on.cause, on.wanted_packs) == (None, 3)
        assert world.mock.by_sku[on.sku].stock == 3


def test_another_listing_gets_the_stock_of_one_that_was_blocked(engine, settings):
    with a_world(engine, settings, grams=50_000) as world:
        kept = _split_by_itself(world)
        with writing(engine) as db:
            second = make.an_offer(db, producer=world.producer, pack=world.pack, price_vnd=210_000)
            other = make.a_listing(db, offer=second, shop=world.shop, packs=0).id
            tell(db, [_pool(db).id or 0], world.time())
        world.work()
        assert sorted((world.listing(kept).wanted_packs, world.listing(other).wanted_packs)) == [2, 3]

        with writing(engine) as db:
            offer = db.get_one(type(second), second.id)
            offer.description = "Gọi 0900 000 999 để đặt thêm. " * 6
            listing = db.get_one(Listing, other)
            listing.revision += 1
            listing.not_before = world.time()
        world.work()
        world.time.pass_(minutes=11)
        world.work()

        assert world.listing(other).cause == "checklist.phone_in_text"
        assert (world.listing(kept).wanted_packs, world.listing(kept).confirmed_packs) == (5, 5)


def _split_by_itself(world):
    with writing(world.engine) as db:
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        listing_id = make.a_listing(db, offer=offer, shop=world.shop, packs=0).id
        set_policy(db, SYSTEM, _pool(db), PolicyIn(split=Split.BY_SALES), now=world.time())
    return listing_id


def _harvest(world, *, grams):
    with writing(world.engine) as db:
        lot = make.a_lot(
            db,
            product=world.product,
            household=world.household,
            producer=world.producer,
            grams=grams,
            harvested_on=local_day(world.time() - timedelta(hours=1)),
        )
        tell(db, [lot.pool_id], world.time())


def _pool(db: Session) -> LotPool:
    return db.exec(select(LotPool)).one()
