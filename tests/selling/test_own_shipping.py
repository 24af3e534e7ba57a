"""A seller who carries an order itself says when it is delivered; of any other order nobody can say so."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from connectors.kit.protocol import OrderState
from marketplace.accounts.models import Role
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.selling import listings, order_wishes
from marketplace.selling.models import Order, TonnageEntry
from tests import factories as make
from tests.selling.world import World, a_world

Login = Callable[[Any], FlaskClient]


@pytest.fixture
def world(engine: Engine, settings: Settings) -> Iterator[World]:
    with a_world(engine, settings, self_shipping=True) as world:
        yield world


def an_order(world: World, *, state: str = "confirmed") -> Order:
    """An order that was pulled in, moved on and pulled again."""
    with writing(world.engine) as db:
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        listing_id = listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now).id
    world.work()
    sold = world.mock.buy(world.listing(listing_id).sku, 2)
    if state != "new":
        world.mock.advance(sold, OrderState(state))
    world.time.pass_(minutes=20)
    world.work()
    return only_order(world)


def only_order(world: World) -> Order:
    with Session(world.engine) as db:
        return db.exec(select(Order)).one()


def wish(world: World) -> None:
    with writing(world.engine) as db:
        order_wishes.wish_deliver(db, SYSTEM, db.exec(select(Order)).one(), now=world.time.now)


def test_what_the_seller_delivered_is_told_and_counted_once(world: World) -> None:
    assert (an_order(world).self_shipping, only_order(world).state) == (True, "confirmed")

    wish(world)
    wish(world)
    world.work()

    order = only_order(world)
    assert (order.state, order.delivered_at is not None, order.wish) == ("delivered", True, None)
    assert [str(one.status) for one in world.mock.orders.values()] == ["delivered"]
    assert world.mock.calls["PUT /api/partner/salesorder"] == 1
    with Session(world.engine) as db:
        assert [entry.grams for entry in db.exec(select(TonnageEntry))] == [20_000]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset", "http_500"])
def test_a_lost_answer_is_tried_until_the_marketplace_shows_it(kind: str, world: World) -> None:
    an_order(world)
    world.mock.faults.load([{"match": "PUT /api/partner/salesorder", "kind": kind, "times": 1}])

    wish(world)
    for _ in range(3):
        world.work()
        world.time.pass_(minutes=20)

    assert (only_order(world).state, only_order(world).wish) == ("delivered", None)


def test_an_order_the_carrier_brings_cannot_be_said_delivered(engine: Engine, settings: Settings) -> None:
    with a_world(engine, settings) as world:
        assert not an_order(world).self_shipping
        with pytest.raises(order_wishes.NotOursToDeliver):
            wish(world)
        assert only_order(world).wish is None


def test_nor_one_that_is_not_confirmed(world: World) -> None:
    assert an_order(world, state="new").state == "new"
    with pytest.raises(order_wishes.NotOursToDeliver):
        wish(world)
    assert only_order(world).wish is None


def test_the_order_page_offers_it_only_where_it_can_be_said(world: World, as_account: Login) -> None:
    order = an_order(world)
    with Session(world.engine, expire_on_commit=False) as db:
        office = make.an_account(db, Role.COORDINATOR)
        db.commit()
    client = as_account(office)
    assert "Đã giao cho khách" in client.get(f"/don-hang/{order.id}").get_data(as_text=True)

    answer = client.post(f"/don-hang/{order.id}/da-giao")

    assert answer.status_code == 303
    assert only_order(world).wish == "deliver"
    shown = client.get(f"/don-hang/{order.id}").get_data(as_text=True)
    assert "Đã báo đã giao, đang chờ sàn." in shown
    assert "Đã giao cho khách" not in shown
    world.work()
    assert only_order(world).state == "delivered"
    late = client.post(f"/don-hang/{order.id}/da-giao", headers={"Accept": "application/json"})
    assert (late.status_code, only_order(world).wish) == (409, None)
