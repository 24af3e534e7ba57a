"""What ends soon, by plain HTTP: each sees what is theirs; an agreed price is set and holds at once."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from catalog.lots import write_off
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.endings import nearing, warn
from marketplace.selling.models import Shop
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.selling.test_endings import a_certificate, a_window
from tests.selling.world import World, a_world
from tests.support.browsing import found, page_of, sent

DAY = timedelta(days=1)
EMPTY = "Không có gì sắp hết hạn"


@pytest.fixture
def world(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(engine, settings) as world:
        monkeypatch.setattr(clock, "now", world.time)
        yield world


def look_ahead(engine: Engine) -> None:
    with writing(engine) as db:
        warn(db, nearing(db, today=TODAY), now=NOW)


def test_each_is_told_of_what_is_theirs_and_no_longer_than_it_is_true(
    world: World, engine: Engine, as_account: Callable[[Account], FlaskClient]
) -> None:
    with writing(engine) as db:
        far = make.a_household(db, commune="Xã Cao Bồ", head="Phàn Chòi Nhàn")
        whose = {
            "farmer": make.an_account(db, Role.FARMER, household=world.household),
            "worker": make.an_account(db, Role.EXTENSION),
            "office": make.an_account(db, Role.COORDINATOR),
            "stranger": make.an_account(db, Role.FARMER, household=far),
        }
    browsers = {name: as_account(account) for name, account in whose.items()}
    for browser in browsers.values():
        assert EMPTY in page_of(browser, "/sap-het-han")

    with writing(engine) as db:
        a_certificate(db, world.producer.id, world.product, TODAY + 25 * DAY)
        a_window(db, world.product, TODAY - 9 * DAY, TODAY + 5 * DAY)
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        lot = make.a_lot(db, product=world.product, household=world.household, harvested_on=TODAY - 17 * DAY)
        assert offer.id
    look_ahead(engine)

    seen = {name: page_of(browser, "/sap-het-han") for name, browser in browsers.items()}
    paper, season, fruit = "Giấy chứng nhận số 12", "Vụ 2021-2022 của Cam Vàng Hà Giang", f"Lô {lot.code}"
    assert [word in seen["farmer"] for word in (paper, season, fruit)] == [True, False, True]
    assert [word in seen["worker"] for word in (paper, season, fruit)] == [True, True, True]
    assert [word in seen["office"] for word in (paper, season, fruit)] == [True, True, False]
    assert EMPTY in seen["stranger"]
    assert "còn 25 ngày" in seen["office"]
    assert "còn 5 ngày" in seen["office"]
    assert "còn 3 ngày" in seen["farmer"]
    offered = page_of(browsers["worker"], "/chao-ban")
    assert "3 thứ sắp hết hạn" in offered
    assert found(r'href="(/sap-het-han)"', offered)
    assert "2 thứ sắp hết hạn" in page_of(browsers["office"], "/bao-cao")
    assert "sắp hết hạn</span>" not in page_of(browsers["stranger"], "/chao-ban")

    with writing(engine) as db:
        write_off(db, SYSTEM, lot, 100_000, "bán hết", now=NOW, key="1")
    assert fruit not in page_of(browsers["farmer"], "/sap-het-han")


def test_an_agreed_price_stops_what_is_cheaper_and_is_said_on_the_offer(
    world: World, engine: Engine, as_account: Callable[[Account], FlaskClient]
) -> None:
    with writing(engine) as db:
        office = make.an_account(db, Role.COORDINATOR)
        worker = make.an_account(db, Role.EXTENSION)
        offer = make.an_offer(db, producer=world.producer, pack=world.pack)
        shop = db.get_one(Shop, world.shop.id)
        listing = listings.put_on_sale(db, SYSTEM, offer, shop, 5, now=world.time.now)
    world.work()
    assert str(world.mock.by_sku[listing.sku].status) == "live"

    edit = f"/san-pham/{world.product.id}/sua"
    page = page_of(as_account(office), edit)
    shown = {"name": "Cam Vàng Hà Giang", "group": "food", "sale_unit": "kg", "active": "1"}
    shown |= {
        "counts_for_tonnage": "1",
        "picture": "cam-vang.svg",
        "shelf_life_days": "20",
        "min_vnd_per_kg": "25.000",
    }
    assert sent(as_account(office), page, "Lưu sản phẩm", **shown) == f"/san-pham/{world.product.id}"
    world.work()
    assert str(world.mock.by_sku[listing.sku].status) == "off"

    browser = as_account(worker)
    sentence = "Giá 200.000\u00a0₫ thấp hơn giá sàn đã thống nhất cho Cam Vàng Hà Giang"
    assert sentence in page_of(browser, f"/tin-dang/{listing.id}")
    change = {"price_vnd": "240.000", "title": offer.title, "description": offer.description}
    refused = browser.post(f"/chao-ban/{offer.id}/sua", data=change)
    page = refused.get_data(as_text=True)
    assert (refused.status_code, 'value="240.000"' in page) == (422, True)
    assert "Gói này hãy ghi từ 250.000\u00a0₫ trở lên." in page
    assert (
        browser.post(f"/chao-ban/{offer.id}/sua", data={**change, "price_vnd": "250.000"}).status_code == 303
    )
    world.work()
    assert str(world.mock.by_sku[listing.sku].status) == "live"
