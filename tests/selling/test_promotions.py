"""A promotion is a lower price for some days: typed once, sent where there are any, over by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, select

from connectors.kit.protocol import Promotion
from connectors.sendo import MARKETPLACE
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.db import writing
from marketplace.core.errors import Invalid, Refused
from marketplace.core.forms import parsed
from marketplace.selling import listings, offers
from marketplace.selling.forms import OfferChangeIn
from marketplace.selling.models import Listing, Offer, Shop
from marketplace.selling.promotions import (
    PromotionEndsFirst,
    PromotionIncomplete,
    PromotionNotLower,
    PromotionOver,
    check_promotion,
    has_promotion,
)
from marketplace.selling.sync import wire
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.selling.test_pages import World, after, page
from tests.selling.world import a_world

Login = Callable[[Any], FlaskClient]
DEAL = {
    "promo_price_vnd": 150_000,
    "promo_from": TODAY + timedelta(days=1),
    "promo_to": TODAY + timedelta(days=4),
}
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def world(db: Session) -> World:
    return World(db)


def listed(db: Session) -> tuple[Offer, Listing]:
    world = World(db)
    world.offer.description = world.offer.description.strip()  # as a form leaves it
    return world.offer, world.listing


def change(offer: Offer, **values: Any) -> OfferChangeIn:
    kept = offer.model_dump(include=set(OfferChangeIn.model_fields))
    return OfferChangeIn.model_validate({**kept, **values})


def test_a_promotion_is_kept_audited_and_sent(db: Session) -> None:
    offer, listing = listed(db)
    revision = listing.revision

    offers.change_offer(db, SYSTEM, offer, change(offer, **DEAL), now=NOW)

    assert offer.model_dump(include=set(DEAL)) == DEAL
    assert listing.revision == revision + 1
    entry = db.exec(select(AuditEntry).where(AuditEntry.action == "offer.promotion_changed")).one()
    assert entry.facts == {"promo_price_vnd": 150_000, "promo_from": "2021-12-02", "promo_to": "2021-12-05"}
    assert db.exec(select(AuditEntry).where(AuditEntry.action == "offer.words_changed")).all() == []


def test_a_promotion_is_ended_by_emptying_its_fields(db: Session) -> None:
    offer, listing = listed(db)
    offers.change_offer(db, SYSTEM, offer, change(offer, **DEAL), now=NOW)
    revision = listing.revision

    offers.change_offer(db, SYSTEM, offer, change(offer, **dict.fromkeys(DEAL)), now=NOW)

    assert offer.model_dump(include=set(DEAL)) == dict.fromkeys(DEAL)
    assert listing.revision == revision + 1


@pytest.mark.parametrize(
    ("wrong", "refusal", "field"),
    [
        ({"promo_price_vnd": 200_000}, PromotionNotLower, "promo_price_vnd"),
        ({"price_vnd": 150_000}, PromotionNotLower, "promo_price_vnd"),
        ({"promo_to": TODAY}, PromotionEndsFirst, "promo_to"),
        ({"promo_from": YESTERDAY, "promo_to": YESTERDAY}, PromotionOver, "promo_to"),
        ({"promo_price_vnd": None}, PromotionIncomplete, "promo_price_vnd"),
        ({"promo_from": None}, PromotionIncomplete, "promo_from"),
        ({"promo_to": None}, PromotionIncomplete, "promo_to"),
    ],
)
def test_a_wrong_promotion_is_refused_on_its_field_and_changes_nothing(
    wrong: dict[str, Any], refusal: type[Refused], field: str, db: Session
) -> None:
    offer, listing = listed(db)
    revision = listing.revision

    with pytest.raises(refusal) as refused:
        offers.change_offer(db, SYSTEM, offer, change(offer, **{**DEAL, **wrong}), now=NOW)

    assert refused.value.field == field
    assert offer.model_dump(include=set(DEAL)) == dict.fromkeys(DEAL)
    assert (offer.price_vnd, listing.revision) == (200_000, revision)


def test_the_last_day_and_a_running_promotion_are_still_good(db: Session) -> None:
    offer, _ = listed(db)
    running = {**DEAL, "promo_from": TODAY - timedelta(days=3), "promo_to": TODAY}

    offers.change_offer(db, SYSTEM, offer, change(offer, **running), now=NOW)

    assert has_promotion(offer, today=TODAY)
    assert not has_promotion(offer, today=TODAY + timedelta(days=1))


days = st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    price=st.integers(1, 300_000),
    promo=st.none() | st.integers(1, 300_000),
    first=days,
    last=days,
)
def test_what_is_not_refused_fits_the_database_and_the_marketplace(
    price: int, promo: int | None, first: date | None, last: date | None
) -> None:
    data = OfferChangeIn(price_vnd=price, title="Cam", promo_price_vnd=promo, promo_from=first, promo_to=last)
    try:
        check_promotion(data, today=TODAY)
    except Refused:
        given_all = None not in (promo, first, last)
        assert not given_all or promo >= price or last < first or last < TODAY  # type: ignore[operator]  # all given
    else:
        assert [promo, first, last].count(None) in (0, 3)
        assert promo is None or (promo < price and first <= last)  # type: ignore[operator]  # all given


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"promo_price_vnd": "rẻ"}, "promo_price_vnd"),
        ({"promo_price_vnd": "0"}, "promo_price_vnd"),
        ({"promo_from": "31/2/2021"}, "promo_from"),
        ({"promo_to": "mai"}, "promo_to"),
    ],
)
def test_what_cannot_be_read_is_named(typed: dict[str, str], field: str) -> None:
    good = {"price_vnd": "200k", "title": "Cam", "promo_price_vnd": "150k", "promo_from": "2/12/2021"}
    with pytest.raises(Invalid) as refused:
        parsed(OfferChangeIn, {**good, "promo_to": "2021-12-05", **typed})
    assert set(refused.value.errors) == {field}


def test_the_promotion_goes_to_sendo_and_into_its_text(db: Session) -> None:
    world = World(db)
    world.offer.sqlmodel_update(DEAL)

    ready = prepared(db, world.offer, world.shop)

    assert ready.offer.promotion == Promotion(150_000, date(2021, 12, 2), date(2021, 12, 5))
    assert "Khuyến mãi: 150.000\u00a0₫ một gói từ 02/12/2021 đến hết 05/12/2021." in ready.offer.description
    assert ready.offer.price_vnd == 200_000
    assert "no_promotions" not in [problem.code for problem in ready.hints]


def test_a_promotion_that_is_over_is_not_sent(db: Session) -> None:
    world = World(db)
    world.offer.sqlmodel_update(DEAL)

    ready = prepared(db, world.offer, world.shop, today=date(2021, 12, 6))

    assert ready.offer.promotion is None
    assert "Khuyến mãi" not in ready.offer.description


def test_where_there_are_no_promotions_it_is_left_out_and_said(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(db)
    world.offer.sqlmodel_update(DEAL)
    usual = {"sendo": replace(MARKETPLACE, promotions=False)}
    monkeypatch.setattr(wire, "marketplaces", lambda: usual)

    ready = prepared(db, world.offer, world.shop)

    assert ready.offer.promotion is None
    assert "Khuyến mãi" not in ready.offer.description
    assert [problem.sentence for problem in ready.hints if problem.field == "promotion"] == [
        "Sàn này không có khuyến mãi; tin được bán theo giá thường."
    ]
    assert "no_promotions" not in [problem.code for problem in ready.blocking]


def prepared(db: Session, offer: Offer, shop: Shop, *, today: date = TODAY) -> wire.Prepared:
    return wire.prepare(db, [(offer, shop, None)], public_url="https://lensan.example", today=today)[0]


def test_the_page_takes_shows_and_keeps_a_promotion(world: World, as_account: Login, engine: Engine) -> None:
    client, address = as_account(world.farmer), f"/chao-ban/{world.offer.id}/sua"
    typed = {"price_vnd": "200.000", "title": world.offer.title, "description": world.offer.description}

    wrong = client.post(
        address,
        data={**typed, "promo_price_vnd": "250k", "promo_from": "2021-12-02", "promo_to": "2021-12-05"},
    )
    assert wrong.status_code == 422
    said = wrong.get_data(as_text=True)
    assert "Giá khuyến mãi phải thấp hơn giá một gói là 200.000\u00a0₫. Hãy sửa giá khuyến mãi." in said
    assert 'value="250k"' in said
    assert after(engine, Offer, world.offer.id).promo_price_vnd is None

    right = client.post(
        address,
        data={**typed, "promo_price_vnd": "150k", "promo_from": "2/12/2021", "promo_to": "2021-12-05"},
    )
    assert right.status_code == 303
    kept = after(engine, Offer, world.offer.id)
    assert (kept.promo_price_vnd, kept.promo_from, kept.promo_to) == (
        150_000,
        date(2021, 12, 2),
        date(2021, 12, 5),
    )
    assert "150.000\u00a0₫ từ 02/12/2021 đến hết 05/12/2021" in page(client, f"/chao-ban/{world.offer.id}")
    form = page(client, address)
    assert 'name="promo_price_vnd" type="text" value="150000"' in form
    assert 'name="promo_to" type="date" value="2021-12-05"' in form


def test_a_promotion_that_is_over_is_no_longer_shown(db: Session, world: World, as_account: Login) -> None:
    over = {**DEAL, "promo_from": TODAY - timedelta(days=4), "promo_to": TODAY - timedelta(days=1)}
    world.offer.sqlmodel_update(over)
    db.add(world.offer)
    db.commit()
    client = as_account(world.farmer)

    assert "150.000" not in page(client, f"/chao-ban/{world.offer.id}")
    assert "150000" not in page(client, f"/chao-ban/{world.offer.id}/sua")


def test_buyers_pay_the_promotions_price_in_its_days_whatever_is_sold_meanwhile(
    engine: Engine, settings: Any
) -> None:
    with a_world(engine, settings) as world:
        with writing(engine) as db:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack, **DEAL)
            listing_id = listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now).id
        world.work()
        sku = world.listing(listing_id).sku
        assert world.mock.buy(sku, 1).price_vnd == 200_000
        world.time.pass_(days=1)
        assert world.mock.buy(sku, 1).price_vnd == 150_000
        world.time.pass_(seconds=61)
        world.work()  # the orders come in and the stock is written again
        assert world.mock.by_sku[sku].wire["special_price"] == 150_000
        assert world.mock.buy(sku, 1).price_vnd == 150_000

        with writing(engine) as db:
            one = db.get_one(Offer, world.listing(listing_id).offer_id)
            offers.change_offer(db, SYSTEM, one, change(one, price_vnd=180_000), now=world.time.now)
        world.work()
        assert world.mock.by_sku[sku].price_vnd == 180_000
        assert world.mock.buy(sku, 1).price_vnd == 150_000
        world.time.pass_(days=4)
        assert world.mock.buy(sku, 1).price_vnd == 180_000
        assert world.mock.violations == []
