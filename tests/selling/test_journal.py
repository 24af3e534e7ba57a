"""What the worker journals: each call as part of its operation, for as long as the settings say (L9)."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.journal import OPERATIONS, calls_of
from marketplace.selling.models import Exchange, Shop
from marketplace.selling.sync.journalling import Journal, offer_of
from marketplace.selling.sync.replaying import _AGAIN
from marketplace.selling.sync.watching import Watched
from tests import factories as make
from tests.selling.world import World, a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings) as world:
        yield world


def listed(world: World, **offer) -> int:
    with writing(world.engine) as db:
        made = make.an_offer(db, producer=world.producer, pack=world.pack, **offer)
        return listings.put_on_sale(db, SYSTEM, made, world.shop, 3, now=world.time.now).id or 0


def said(world: World, operation: str) -> list[Exchange]:
    with Session(world.engine) as db:
        return list(db.exec(select(Exchange).where(Exchange.operation == operation).order_by(Exchange.id)))


def test_a_call_is_journalled_with_the_operation_and_its_arguments(world):
    listing_id = listed(world)
    world.work()

    [created] = said(world, "create")

    offer = offer_of(created.arguments["offer"])
    assert (offer.sku, offer.price_vnd, offer.packs) == (world.listing(listing_id).sku, 200_000, 3)
    assert (created.cause, len(created.operation_key)) == (None, 32)


def test_the_calls_of_one_operation_share_a_key_and_the_cause_it_ended_with(world):
    world.mock.faults.load([{"match": "POST /api/partner/salesorder/search", "kind": "http_500"}])
    listed(world)
    world.work()

    calls = said(world, "orders")

    assert [one.cause for one in calls] == ["server_error"] * len(calls)
    assert len(calls) >= 3
    with Session(world.engine) as db:
        together = calls_of(db, calls[0])
        assert len({one.operation_key for one in together}) == 1
        assert {one.operation for one in together} == {"orders"}


def test_a_bug_in_a_connector_is_a_cause_too():
    class Broken:
        def find(self, sku):
            return 1 // len(sku)

    journal = Journal()
    with pytest.raises(ZeroDivisionError), journal.operation("find", sku="") as operation:
        Watched(Broken(), Journal()).find("")

    assert operation.cause == "bug.ZeroDivisionError"


def test_old_exchanges_are_forgotten_and_younger_ones_kept(world, settings):
    days = settings.worker.journal_days
    with writing(world.engine) as db:
        for age in (days + 1, days - 1, 0):
            at = world.time.now - timedelta(days=age)
            db.add(Exchange(shop_id=world.shop.id, at=at, method="GET", path=f"/{age}", status=200))

    forgotten = world.worker.forget_old_exchanges()

    assert forgotten == 1
    with Session(world.engine) as db:
        assert {one.path for one in db.exec(select(Exchange))} == {f"/{days - 1}", "/0"}


def test_the_page_of_a_call_shows_its_operation_and_how_to_play_it_again(world, engine, as_account):
    world.mock.faults.load([{"match": "POST /api/partner/salesorder/search", "kind": "http_500"}])
    listed(world)
    world.work()
    first, second = said(world, "orders")[:2]
    with writing(engine) as db:
        office = make.an_account(db, Role.COORDINATOR)
    client = as_account(office)
    base = f"/gian-hang/{world.shop.id}/nhat-ky"

    page = client.get(f"{base}/{first.id}").get_data(as_text=True)
    journal = client.get(f"{base}?ma-loi=server_error").get_data(as_text=True)

    assert f"lensan journal replay {first.id}" in page
    assert "Kéo đơn hàng" in page
    assert "server_error" in page
    assert f'href="{base}/{second.id}"' in page
    assert f'href="{base}/{first.id}"' in journal
    assert "/login" not in client.get(f"{base}?ma-loi=khong-co").get_data(as_text=True)


def test_every_operation_that_is_journalled_has_words_and_can_be_played_again():
    watched = {name for name in vars(Watched) if not name.startswith("_")} - {"hint"}

    assert watched == set(OPERATIONS) == set(_AGAIN)


def test_the_connector_of_a_shop_is_watched(world):
    with Session(world.engine) as db:
        connected = world.worker.registry.connected(db.get_one(Shop, world.shop.id))

    connected.connector.open_shop()

    assert [one.operation.name for one in connected.exchanges] == ["open_shop"]
    assert connected.connector.status is not None
