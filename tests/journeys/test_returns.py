"""The extension worker's Monday by plain HTTP: boxes come back, and she says what becomes of them."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from catalog.lots import on_hand
from catalog.models import HarvestLot
from connectors.kit.protocol import OrderState
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.audit import SYSTEM
from marketplace.core.config import Settings
from marketplace.core.db import writing
from marketplace.selling import listings
from marketplace.selling.models import TonnageEntry
from tests import factories as make
from tests.selling.world import World, a_world
from tests.support.browsing import found, page_of, sent

REACHED = (OrderState.CONFIRMED, OrderState.SHIPPED)


@pytest.fixture
def world(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(engine, settings) as world:
        monkeypatch.setattr(clock, "now", world.time)
        with writing(engine) as db:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack)
            listings.put_on_sale(db, SYSTEM, offer, world.shop, 5, now=world.time.now)
        world.work()
        yield world


@pytest.fixture
def browser(world: World, engine: Engine, as_account: Callable[[Account], FlaskClient]) -> FlaskClient:
    with writing(engine) as db:
        account = make.an_account(db, Role.EXTENSION, name="Khuyến nông Một")
    return as_account(account)


def sold(world: World, packs: int, *steps: OrderState) -> str:
    """A buyer's order brought through these steps and pulled; its number."""
    order = world.mock.buy(next(iter(world.mock.by_sku)), packs)
    for step in steps:
        world.time.pass_(hours=1)
        world.mock.advance(order, step)
    world.time.pass_(hours=1)
    world.work()
    return str(order.order_no)


def books(engine: Engine) -> tuple[int, int]:
    """Grams in stock and grams counted."""
    with Session(engine) as db:
        lot = db.exec(select(HarvestLot)).one()
        return on_hand(db, lot.pool_id), int(db.exec(select(func.sum(TonnageEntry.grams))).one() or 0)


def test_a_refused_box_is_lost_until_the_extension_worker_decides_and_changes_her_mind(
    world: World, engine: Engine, browser: FlaskClient
) -> None:
    assert "Không có hàng về" in page_of(browser, "/hang-ve")
    number = sold(world, 1, *REACHED, OrderState.REFUSED)
    assert books(engine) == (90_000, 0)

    home = page_of(browser, "/don-hang")
    waiting = page_of(browser, found(r'href="(/hang-ve)"><svg.*?Hàng về \(1\)', home))
    assert "Khách không nhận hàng" in waiting
    assert number in waiting
    assert "chưa ai quyết định" in waiting
    after = page_of(browser, sent(browser, waiting, "Còn bán được", sellable="yes"))
    assert "Không có hàng về" in after
    assert books(engine) == (100_000, 0)

    order = page_of(browser, found(r'href="(/don-hang/\d+)"', page_of(browser, "/hang-ve?xong=1")))
    assert "Vào kho, bán tiếp" in order
    order = page_of(browser, sent(browser, order, "Bỏ, ghi hao hụt", sellable="no"))
    assert "Hao hụt" in order
    assert "Khuyến nông Một" in order
    assert books(engine) == (90_000, 0)


def test_a_buyer_who_took_two_of_three_boxes_is_counted_with_two(
    world: World, engine: Engine, browser: FlaskClient
) -> None:
    sold(world, 3, *REACHED, OrderState.DELIVERED)
    assert books(engine) == (70_000, 30_000)

    order = page_of(browser, found(r'href="(/don-hang/\d+)"', page_of(browser, "/don-hang")))
    order = page_of(browser, sent(browser, order, "Ghi số gói khách đã lấy", taken="2"))
    assert "Khách chỉ lấy một phần" in order
    assert books(engine) == (70_000, 20_000)
    order = page_of(browser, sent(browser, order, "Còn bán được", sellable="yes"))
    assert books(engine) == (80_000, 20_000)
    page_of(browser, sent(browser, order, "Ghi số gói khách đã lấy", taken="3"))
    assert books(engine) == (70_000, 30_000)


def test_a_box_that_came_back_by_mistake_is_taken_out_of_the_books_again(
    world: World, engine: Engine, browser: FlaskClient
) -> None:
    sold(world, 3, *REACHED, OrderState.DELIVERED)
    order = page_of(browser, found(r'href="(/don-hang/\d+)"', page_of(browser, "/don-hang")))
    order = page_of(browser, sent(browser, order, "Ghi hàng trả lại", packs="1", on="2021-12-01"))
    assert "Khách trả lại" in order
    assert books(engine) == (70_000, 20_000)
    order = page_of(browser, sent(browser, order, "Bỏ lần ghi trả hàng cuối"))
    assert "Khách trả lại" not in order
    assert books(engine) == (70_000, 30_000)
    order = page_of(
        browser, sent(browser, order, "Ghi khiếu nại", grams="2", refund_vnd="40.000", on="2021-12-01")
    )
    assert "hỏng 2 kg" in order
    order = page_of(browser, sent(browser, order, "Bỏ lần ghi khiếu nại cuối"))
    assert "Bỏ lần ghi khiếu nại cuối" not in order


@pytest.mark.parametrize(
    ("taken", "sentence"),
    [
        ("4", "Đơn chỉ có 3 gói. Hãy ghi số gói khách đã lấy, nhiều nhất là chừng đó."),
        ("0", "Đã ghi 1 gói trả lại, nên khách đã lấy ít nhất chừng đó. Hãy ghi số lớn hơn."),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_a_sentence_and_kept(
    taken: str, sentence: str, world: World, engine: Engine, browser: FlaskClient
) -> None:
    sold(world, 3, *REACHED, OrderState.DELIVERED)
    order = page_of(browser, found(r'href="(/don-hang/\d+)"', page_of(browser, "/don-hang")))
    path = sent(browser, order, "Ghi hàng trả lại", packs="1", on="2021-12-01")
    line = found(r'name="line_id" value="(\d+)"', page_of(browser, path))
    before = books(engine)
    answer = browser.post(f"{path}/khach-lay", data={"line_id": line, "taken": taken})
    page = answer.get_data(as_text=True)
    assert (
        answer.status_code,
        sentence in page,
        f'name="taken" inputmode="numeric" autocomplete="off" value="{taken}"' in page,
    ) == (422, True, True)
    assert books(engine) == before
