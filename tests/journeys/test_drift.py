"""A coordinator's morning by plain HTTP: what was changed on the marketplace overnight, and a stop that is
watched until the marketplace confirms it.
"""

import pytest
from sqlmodel import Session

from marketplace.accounts.models import Role
from marketplace.core.db import writing
from marketplace.selling.models import Drift, Listing, Offer, Shop
from tests import factories as make
from tests.selling.drifting import ask_always, drifts, on_sale, stranger, sweep, the_drift, there
from tests.selling.world import a_world


@pytest.fixture
def world(engine, settings):
    with a_world(engine, settings, grams=1_000_000) as made:
        yield made


@pytest.fixture
def coordinator(world, as_account):
    with writing(world.engine) as db:
        account = make.an_account(db, Role.COORDINATOR)
    return as_account(account)


def text(browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_a_coordinator_sees_three_sides_of_a_price_and_takes_over_the_marketplaces(world, coordinator):
    (listing_id,) = on_sale(world, 5)
    ask_always(world)
    there(world, listing_id).price_vnd = 150_000
    sweep(world)

    home = text(coordinator, "/bao-cao")
    page = text(coordinator, "/lech-san")
    listing = text(coordinator, f"/tin-dang/{listing_id}")

    assert "Lệch sàn: 1 mục" in home
    for shown in (page, listing):
        assert "Lệch giá" in shown
        assert "200.000" in shown
        assert "150.000" in shown
        assert "Gửi lại như ta muốn" in shown
    with Session(world.engine) as db:
        drift_id = the_drift(db).id
    answer = coordinator.post(f"/lech-san/{drift_id}", data={"do": "accept"})
    assert answer.status_code == 303
    world.work()
    with Session(world.engine) as db:
        offer = db.get_one(Offer, db.get_one(Listing, listing_id).offer_id)
        assert offer.price_vnd == 150_000
    assert drifts(world.engine) == []
    assert "Đã nhận theo sàn" in text(coordinator, "/lech-san")


def test_a_coordinator_sends_a_whole_group_again(world, coordinator):
    ids = on_sale(world, *[5] * 7)
    ask_always(world)
    for listing_id in ids:
        there(world, listing_id).title = "Cam sành"
    sweep(world)

    page = text(coordinator, "/lech-san")
    assert "Gửi lại cả 7 tin" in page
    assert "Xem cả 7 mục" in page
    group = text(coordinator, f"/lech-san?loai=text&gian-hang={world.shop.id}")
    assert group.count("Cam sành") == 7
    data = {"do": "resend", "kind": "text", "shop_id": str(world.shop.id)}
    assert coordinator.post("/lech-san/nhom", data=data).status_code == 303
    world.work()

    assert {there(world, listing_id).title for listing_id in ids} == {"Cam Vàng Hà Giang thùng 10 kg"}


def test_a_stranger_is_taken_off_and_a_wrong_choice_changes_nothing(world, coordinator):
    on_sale(world, 5)
    product = stranger(world)
    sweep(world)
    with Session(world.engine) as db:
        drift_id = the_drift(db).id

    back = {"Referer": "http://localhost/lech-san"}
    refused = coordinator.post(
        f"/lech-san/{drift_id}", data={"do": "gì đó"}, headers=back, follow_redirects=True
    )
    assert "Hãy chọn “Gửi lại như ta muốn” hoặc “Nhận theo sàn”." in refused.get_data(as_text=True)
    with Session(world.engine) as db:
        assert db.get_one(Drift, drift_id).take_off_at is None

    assert coordinator.post(f"/lech-san/{drift_id}", data={"do": "resend"}).status_code == 303
    world.work()
    assert not product.wire["stock_availability"]


def test_a_policy_is_chosen_for_each_kind(world, coordinator):
    path = f"/gian-hang/{world.shop.id}/lech-san"
    assert "Đã gỡ nhưng trên sàn lại bán" in text(coordinator, path)

    refused = coordinator.post(path, data={"price": "tùy"})
    assert refused.status_code == 422
    assert coordinator.post(path, data={"price": "ask", "state": "heal"}).status_code == 303

    with Session(world.engine) as db:
        assert db.get_one(Shop, world.shop.id).drift_policy == {"price": "ask", "state": "heal"}


def test_a_stop_is_followed_until_the_marketplace_confirmed_it(world, coordinator, monkeypatch):
    listing_id, _ = on_sale(world, 5, 5)
    monkeypatch.setattr("marketplace.core.clock.now", lambda: world.time.now)
    page = text(coordinator, f"/tin-dang/{listing_id}")
    assert "Ngừng bán ngay" in page

    assert coordinator.post(f"/tin-dang/{listing_id}/muon", data={"do": "withdraw"}).status_code == 303
    waiting = text(coordinator, f"/tin-dang/{listing_id}")
    assert "Đã gửi lệnh gỡ, chờ sàn xác nhận" in waiting
    world.time.pass_(seconds=61)
    assert "1 tin đã có lệnh ngừng bán" in text(coordinator, "/bao-cao/san")
    world.work()

    assert "Sàn đã xác nhận ngừng bán lúc" in text(coordinator, f"/tin-dang/{listing_id}")
    assert "đã có lệnh ngừng bán" not in text(coordinator, "/bao-cao/san")


def test_a_whole_offer_is_stopped_with_one_button(world, coordinator):
    (listing_id,) = on_sale(world, 5)
    offer_id = world.listing(listing_id).offer_id
    assert "Ngừng bán ngay ở mọi sàn" in text(coordinator, f"/chao-ban/{offer_id}")

    assert coordinator.post(f"/chao-ban/{offer_id}/ngung-ban").status_code == 303
    world.work()

    assert world.listing(listing_id).off_seen_at is not None
    assert "Ngừng bán ngay ở mọi sàn" not in text(coordinator, f"/chao-ban/{offer_id}")
