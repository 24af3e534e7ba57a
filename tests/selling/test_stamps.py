"""Sendo's time stamps may be plain epochs or Vietnamese time written as UTC; a switch says which."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Order
from tests import factories as make
from tests.selling.world import BASE, a_world


@pytest.mark.parametrize("stamps", ["epoch", "local_as_utc"])
def test_the_same_order_has_the_same_time_in_both_readings(
    stamps: str, engine: Engine, settings: Settings
) -> None:
    with a_world(engine, settings, order_stamps=stamps) as world:
        settings.marketplaces["sendo"] = MarketplaceSettings(
            base_url=BASE, calls_per_second=100_000, switches={"order_stamps": stamps}
        )
        with writing(engine) as db:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack)
            listing_id = listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now).id
        world.work()
        midnight = datetime(2021, 11, 30, 17, tzinfo=UTC)  # 1 December begins in Vietnam
        for at in (midnight, world.time.now):
            world.mock.buy(world.listing(listing_id).sku, 1, at)
        world.time.pass_(minutes=20)
        world.work()

        with Session(engine) as db:
            placed = db.exec(select(Order.placed_at).order_by(Order.order_no)).all()
        assert placed == [midnight, make.NOW]
