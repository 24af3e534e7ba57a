"""The coordinator's evening by plain HTTP: a parked order is mended, another is confirmed in time."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from connectors.kit.mock_goods import MockProduct
from connectors.kit.protocol import OrderState, RemoteState
from connectors.voso import MARKETPLACE as VOSO
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import OrderLine
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import Time, World, a_world
from tests.support.browsing import found, page_of, sent
from tests.support.everywhere import wish_everywhere
from tests.support.mounting import mounted


@pytest.fixture
def world(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    with a_world(engine, settings) as world:
        monkeypatch.setattr(clock, "now", world.time)
        with writing(engine) as db:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack)
            listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now)
        world.work()
        yield world


def by_hand(world: World) -> None:
    """Somebody in the shop put a product on sale on Sendo's own page, and it was sold."""
    ours = next(iter(world.mock.products.values()))
    made = MockProduct(
        sku="CAM-LE-TET",
        remote_id="990001",
        title="Cam lẻ Tết",
        price_vnd=150_000,
        stock=3,
        status=RemoteState.LIVE,
        created_at=world.time.now,
        updated_at=world.time.now,
    )
    made.wire = dict(ours.wire)
    world.mock.products[made.remote_id] = world.mock.by_sku[made.sku] = made
    order = world.mock.buy(made.sku, 2)
    world.mock.advance(order, OrderState.CONFIRMED)
    world.mock.advance(order, OrderState.SHIPPED)
    world.mock.advance(order, OrderState.DELIVERED)


def test_at_22_00_a_coordinator_mends_an_order_that_could_not_be_taken(
    world: World, engine: Engine, as_account: Callable[[Account], FlaskClient]
) -> None:
    with writing(engine) as db:
        account = make.an_account(db, Role.COORDINATOR, name="Điều phối Một")
    browser = as_account(account)
    world.time.pass_(hours=12)  # 22:00 in Hà Giang
    by_hand(world)
    world.work()

    health = page_of(browser, "/bao-cao/san")
    parked = page_of(browser, found(r'href="(/don-tam-giu\?gian-hang=\d+)">1<', health))
    assert "Mã hàng “CAM-LE-TET” không thuộc tin đăng nào" in parked
    one = page_of(browser, found(r'href="(/don-tam-giu/\d+)"', parked))
    assert "Đã bán 2 gói mã “CAM-LE-TET”, giá 150.000\u00a0₫ một gói." in one
    assert "CAM-LE-TET" in one.split("<pre>")[1]

    listing_id = found(r'<option value="(\d+)">Cam Vàng', one)
    order = page_of(browser, sent(browser, one, "Nối với tin đăng này", listing_id=listing_id))

    assert "20 kg" in order
    assert "Đã tính sản lượng" in order
    assert "Nối dòng hàng với tin đăng" in order
    assert "Điều phối Một" in order
    assert "Không có đơn nào bị giữ" in page_of(browser, "/don-tam-giu")
    assert "CAM-LE-TET" in page_of(browser, "/don-tam-giu?xong=1")
    world.work()
    world.time.pass_(minutes=2)
    world.work()
    with Session(engine) as db:
        line = db.exec(select(OrderLine)).one()
    listing = world.listing(line.listing_id)
    assert (listing.wanted_packs, listing.exposure_packs) == (3, 3)
    assert world.mock.by_sku[listing.sku].stock == 3
    assert world.exposures_fit()


def test_a_voso_order_is_confirmed_before_its_deadline(
    engine: Engine,
    settings: Settings,
    as_account: Callable[[Account], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time, base = Time(make.NOW), "http://127.0.0.1:8"
    monkeypatch.setattr(clock, "now", time)
    app = VOSO.create_mock(rate_per_second=None, now=time)
    memory = app.extensions["mock"]
    settings.marketplaces["voso"] = MarketplaceSettings(base_url=base, calls_per_second=100_000)
    worker = Worker(engine, settings, now=time)
    with mounted(app, base):
        keys = {"credentials": dict(memory.credentials), "base_url": base}
        wish_everywhere(engine, settings, {"voso": keys}, offers=5)
        with writing(engine) as db:
            account = make.an_account(db, Role.COORDINATOR)
        browser = as_account(account)
        run(worker)
        sku = next(iter(memory.by_sku))
        if memory.by_sku[sku].status != "live":
            memory.moderate(sku, "approve")
        order = memory.buy(sku, 1)
        time.pass_(hours=20, minutes=30)
        run(worker)

        home = page_of(browser, "/bao-cao")
        assert "có đơn sắp bị sàn tự hủy vì chưa xác nhận, còn 3 giờ 30 phút." in home
        page = page_of(browser, found(rf'href="(/don-hang/\d+)">[^<]*{order.order_no}<', home))
        assert "còn 3 giờ 30 phút" in page
        assert "Sàn tự hủy đơn nếu không xác nhận trước 02/12/2021 10:00." in page
        waiting = page_of(browser, sent(browser, page, "Xác nhận đơn"))
        assert "Đã yêu cầu xác nhận, đang chờ sàn." in waiting
        run(worker)
        time.pass_(hours=5)
        run(worker)

        assert order.status is OrderState.CONFIRMED
        known = found(rf'href="(/don-hang/\d+)">[^<]*{order.order_no}<', page_of(browser, "/don-hang"))
        assert "Đã xác nhận" in page_of(browser, known)
        assert "sắp bị sàn tự hủy" not in page_of(browser, "/bao-cao")


def run(worker: Worker) -> None:
    for _ in range(20):
        if not worker.work_once():
            return
