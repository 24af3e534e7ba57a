"""Promised stock by plain HTTP: a coordinator moves a pool to one marketplace, a farmer sells at the gate."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

from catalog.models import LotPool
from connectors.kit.discovery import marketplaces
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import Listing, Shop, TonnageEntry
from marketplace.selling.stock import pool_figures
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import Time, World, a_world
from tests.support.browsing import found, page_of, sent
from tests.support.everywhere import wish_everywhere
from tests.support.mounting import mounted

Login = Callable[[Account], FlaskClient]


@dataclass
class Everywhere:
    """One offer of a cooperative on the mock of every marketplace, inside this process."""

    engine: Engine
    worker: Worker
    time: Time
    mocks: dict[str, object] = field(default_factory=dict)

    def run(self, minutes: int = 2) -> None:
        """Let the worker do what is due now, and what reading back makes due a little later."""
        for _ in range(minutes + 1):
            while self.worker.work_once():
                pass
            self.time.pass_(minutes=1)


@pytest.fixture
def everywhere(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Everywhere]:
    time = Time(make.NOW)
    monkeypatch.setattr(clock, "now", time)
    keys: dict[str, dict[str, object]] = {}
    world = Everywhere(engine, Worker(engine, settings, now=time), time)
    with ExitStack() as stack:
        for number, (name, marketplace) in enumerate(marketplaces().items(), start=1):
            app, base = marketplace.create_mock(rate_per_second=None, now=time), f"http://127.0.0.1:{number}"
            settings.marketplaces[name] = MarketplaceSettings(base_url=base, calls_per_second=100_000)
            world.mocks[name] = stack.enter_context(mounted(app, base))
            keys[name] = {"credentials": dict(app.extensions["mock"].credentials), "base_url": base}
        wish_everywhere(engine, settings, keys, offers=1)
        world.worker = Worker(engine, settings, now=time)
        world.run()
        for memory in world.mocks.values():
            for sku, product in memory.by_sku.items():
                if product.status != "live":
                    memory.moderate(sku, "approve")
        world.run(5)
        yield world


def exposures(engine: Engine) -> dict[str, int]:
    """Packs each marketplace may still sell."""
    with Session(engine) as db:
        rows = db.exec(select(Shop.marketplace, Listing.exposure_packs).join(Listing)).all()
    return dict(rows)


def test_a_coordinator_moves_a_pool_to_one_marketplace_and_back(
    everywhere: Everywhere, engine: Engine, as_account: Login
) -> None:
    with writing(engine) as db:
        account = make.an_account(db, Role.COORDINATOR, name="Điều phối Một")
    browser = as_account(account)
    assert exposures(engine) == {"postmart": 1, "sendo": 1, "voso": 1}

    # from the overview to the pool: promised on three marketplaces, nothing free
    overview = page_of(browser, "/bao-cao")
    pools = page_of(browser, found(r'href="(/hang-da-hua)"', overview))
    assert "Sàn kiểu Postmart 10 kg; Sendo 10 kg; Sàn kiểu Voso 10 kg" in pools
    path = found(r'href="(/hang-da-hua/\d+)"', pools)
    pool = page_of(browser, path)
    assert "Tự chia số gói từng tin" in pool
    assert "Gửi số gói lên sàn: 1 gói" in pool

    # only Sendo from now on; a choice without its marketplace is refused and kept
    form = page_of(browser, found(r'href="(/hang-da-hua/\d+/cach-chia)"', pool))
    refused = browser.post(f"{path}/cach-chia", data={"split": "only", "rank_1": "", "reserve_grams": "5"})
    assert refused.status_code == 422
    assert "Hãy chọn sàn trong danh sách các sàn đang có gian hàng." in refused.get_data(as_text=True)
    assert 'value="5"' in refused.get_data(as_text=True)
    pool = page_of(
        browser, sent(browser, form, "Lưu cách chia", split="only", rank_1="sendo", reserve_grams="0")
    )
    assert "Chỉ bán trên một sàn: Sendo" in pool
    everywhere.run(6)
    assert exposures(engine) == {"postmart": 0, "sendo": 3, "voso": 0}
    everywhere_sold = page_of(browser, path)
    assert "Gửi số gói lên sàn: 3 gói" in everywhere_sold
    assert "Đọc lại sàn và kéo đơn" in everywhere_sold

    # the way back
    form = page_of(browser, f"{path}/cach-chia")
    assert "Lúc ban đầu" in form
    pool = page_of(browser, sent(browser, form, "Dùng lại cách này"))
    assert "Tự chia số gói từng tin" in pool


@pytest.fixture
def garden(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A household's own 300 kg, 25 boxes of it on Sendo."""
    with a_world(engine, settings, grams=0) as world:
        monkeypatch.setattr(clock, "now", world.time)
        with writing(engine) as db:
            own = make.producer_of(db, world.household)
            make.a_lot(db, product=world.product, household=world.household, grams=300_000)
            offer = make.an_offer(db, producer=own, pack=world.pack)
            listings.put_on_sale(db, SYSTEM, offer, world.shop, 25, now=world.time.now)
        work(world)
        yield world


def work(world: World, minutes: int = 4) -> None:
    for _ in range(minutes):
        world.work()
        world.time.pass_(minutes=1)


def stock(world: World) -> tuple[int, int, int]:
    """Kilograms on hand and promised, and packs on Sendo's page."""
    with Session(world.engine) as db:
        pool = db.exec(select(LotPool)).one()
        figures = pool_figures(db, [pool.id or 0])[pool.id or 0]
    (product,) = world.mock.products.values()
    return figures.on_hand // 1000, figures.exposed // 1000, product.stock


def test_a_farmer_sells_at_the_gate_and_takes_a_slip_back(
    garden: World, engine: Engine, as_account: Login
) -> None:
    with writing(engine) as db:
        farmer = make.an_account(db, Role.FARMER, household=garden.household)
    phone = as_account(farmer)
    assert stock(garden) == (300, 250, 25)

    # what may be sold at once is said before anything is typed
    orders = page_of(phone, "/don-hang")
    sales = page_of(phone, found(r'href="(/ban-ngoai-san)"', orders))
    form = page_of(phone, found(r'href="(/ban-ngoai-san/moi)"', sales))
    assert "bán ngay được 50 kg, trong kho 300 kg" in form

    # 200 kg touch what Sendo may have sold: she is told so, and that she might keep more back first
    typed = {
        "producer_id": found(r'name="producer_id" value="(\d+)"', form),
        "product_id": str(garden.product.id),
        "channel": "trader",
        "evidence": "D",
        "grams": "200",
        "value_vnd": "2 triệu 4",
        "sold_on": "2021-12-01",
        "client_key": found(r'name="client_key" value="([^"]+)"', form),
    }
    refused = phone.post("/ban-ngoai-san/moi", data=typed)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "Chỉ 50 kg chưa hứa cho sàn nào; 250 kg đang bán trên sàn" in page
    assert "Tăng phần giữ lại bán ngoài sàn" in page
    assert 'value="2 triệu 4"' in page
    assert stock(garden) == (300, 250, 25)

    # the trader's lorry is at the gate: confirmed, the listing shrinks at once
    done = phone.post("/ban-ngoai-san/moi", data={**typed, "confirmed": "1"})
    again = phone.post("/ban-ngoai-san/moi", data={**typed, "confirmed": "1"})
    assert done.headers["Location"] == again.headers["Location"]
    slip = page_of(phone, done.headers["Location"])
    assert "bớt 15 gói" in slip
    pool = page_of(phone, found(r'href="(/hang-da-hua/\d+)"', slip))
    assert "Đang hứa 250 kg nhưng trong kho chỉ có 100 kg." in pool
    work(garden)
    assert stock(garden) == (100, 100, 10)

    # it was another household's lorry: taken back, with the goods, the figures and the packs
    sent(phone, slip, "Bỏ phiếu này", why="Ghi nhầm nhà bên")
    taken_back = page_of(phone, done.headers["Location"])
    assert "Ghi nhầm nhà bên" in taken_back
    assert "Bỏ phiếu này" not in taken_back
    work(garden)
    assert stock(garden) == (300, 250, 25)
    with Session(engine) as db:
        counted = db.exec(select(TonnageEntry)).all()
    assert sorted((entry.grams, entry.value_vnd) for entry in counted) == [
        (-200_000, -2_400_000),
        (200_000, 2_400_000),
    ]
