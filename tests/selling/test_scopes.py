"""Who sees which offers, listings, orders and shops."""

from typing import Any

import pytest
from sqlmodel import Session

from marketplace.accounts.models import Role
from marketplace.selling.models import Allocation, Order, OrderLine, OutsideSale
from marketplace.selling.scopes import (
    listings_seen_by,
    offerable_shops,
    offers_seen_by,
    order_lines_seen_by,
    orders_seen_by,
    outside_sales_seen_by,
    sellers_seen_by,
    shops_seen_by,
)
from tests import factories as make


@pytest.fixture
def world(db: Session) -> dict[str, Any]:
    """A member with its own offer, a cooperative that sells the member's fruit, and a household far away."""
    member = make.a_household(db)
    far = make.a_household(db, commune="Xã Tiên Kiều", head="Phàn Chòi Nhàn")
    cooperative = make.a_cooperative(db, members=(member,))
    product = make.a_product(db)
    pack = make.a_pack(db, product)
    lot = make.a_lot(db, product=product, household=member, producer=cooperative)
    shop = make.a_shop(db, producer=cooperative)
    own = make.an_offer(db, producer=make.producer_of(db, member), pack=pack)
    pooled = make.an_offer(db, producer=cooperative, pack=pack)
    foreign = make.an_offer(db, producer=make.producer_of(db, far), pack=pack)
    listings = {
        name: make.a_listing(db, offer=offer, shop=shop) for name, offer in (("own", own), ("pooled", pooled))
    }
    order = Order(
        shop_id=shop.id,
        marketplace="sendo",
        order_no="1",
        state="new",
        placed_at=make.NOW,
        updated_at=make.NOW,
    )
    db.add(order)
    db.flush()
    line = OrderLine(
        order_id=order.id, line_no="1", sku="x", listing_id=listings["pooled"].id, packs=1, price_vnd=1
    )
    strange = OrderLine(order_id=order.id, line_no="2", sku="?", packs=1, price_vnd=1)
    db.add_all([line, strange])
    db.flush()
    db.add(Allocation(order_line_id=line.id, lot_id=lot.id, product_id=product.id, grams=10_000))
    sale = OutsideSale(
        channel="trader", evidence="D", producer_id=own.producer_id, product_id=product.id, grams=1,
        sold_on=make.TODAY, recorded_at=make.NOW,
    )  # fmt: skip
    db.add(sale)
    db.flush()
    return {
        "own": own, "pooled": pooled, "foreign": foreign, "order": order, "line": line, "sale": sale,
        "cooperative": cooperative, "member": member, "far": far, "shop": shop, "listings": listings,
        "farmer": make.an_account(db, Role.FARMER, household=member),
        "far_farmer": make.an_account(db, Role.FARMER, household=far),
        "worker": make.an_account(db, Role.EXTENSION),
        "far_worker": make.an_account(db, Role.EXTENSION, communes=("Xã Tiên Kiều",)),
        "office": make.an_account(db, Role.COORDINATOR),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("farmer", ["own"]),
        ("worker", ["own", "pooled"]),
        ("far_farmer", ["foreign"]),
        ("far_worker", ["foreign"]),
        ("office", ["own", "pooled", "foreign"]),
    ],
)
def test_offers_follow_the_seller(db: Session, world: dict[str, Any], who: str, names: list[str]) -> None:
    seen = db.exec(offers_seen_by(world[who])).all()

    assert sorted(offer.id or 0 for offer in seen) == sorted(world[name].id for name in names)


@pytest.mark.parametrize(
    ("who", "names"),
    [("farmer", ["own"]), ("worker", ["own", "pooled"]), ("far_worker", []), ("office", ["own", "pooled"])],
)
def test_listings_follow_their_offers(db: Session, world: dict[str, Any], who: str, names: list[str]) -> None:
    seen = db.exec(listings_seen_by(world[who])).all()

    assert sorted(one.id or 0 for one in seen) == sorted(world["listings"][name].id for name in names)


def test_a_member_sees_the_order_that_took_its_fruit_and_that_line_alone(
    db: Session, world: dict[str, Any]
) -> None:
    assert db.exec(orders_seen_by(world["farmer"])).all() == [world["order"]]
    assert db.exec(order_lines_seen_by(world["farmer"])).all() == [world["line"]]
    assert len(db.exec(order_lines_seen_by(world["office"])).all()) == 2


@pytest.mark.parametrize("who", ["far_farmer", "far_worker"])
def test_strangers_see_no_order_and_no_sale(db: Session, world: dict[str, Any], who: str) -> None:
    assert db.exec(orders_seen_by(world[who])).all() == []
    assert db.exec(outside_sales_seen_by(world[who])).all() == []


@pytest.mark.parametrize("who", ["farmer", "worker", "office"])
def test_outside_sales_are_seen_by_those_in_scope(db: Session, world: dict[str, Any], who: str) -> None:
    assert db.exec(outside_sales_seen_by(world[who])).all() == [world["sale"]]


def test_a_worker_sells_for_cooperatives_of_the_own_communes(db: Session, world: dict[str, Any]) -> None:
    assert world["cooperative"] in db.exec(sellers_seen_by(world["worker"])).all()
    assert world["cooperative"] not in db.exec(sellers_seen_by(world["far_worker"])).all()


def test_shops_are_own_supplied_or_open(db: Session, world: dict[str, Any]) -> None:
    supplied = make.a_shop(db, producer=world["cooperative"], open_to_households=False)
    far = make.producer_of(db, world["far"])
    private = make.a_shop(db, producer=far)
    member = make.producer_of(db, world["member"])

    assert offerable_shops(db, member, today=make.TODAY) == [world["shop"], supplied]
    assert offerable_shops(db, far, today=make.TODAY) == [world["shop"], private]


def test_the_office_sees_paused_shops_too(db: Session, world: dict[str, Any]) -> None:
    paused = make.a_shop(db, producer=world["cooperative"], active=False)

    assert paused in db.exec(shops_seen_by(world["office"], today=make.TODAY)).all()
    assert paused not in db.exec(shops_seen_by(world["farmer"], today=make.TODAY)).all()
