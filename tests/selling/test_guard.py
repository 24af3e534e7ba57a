"""The 24-hour guard: orders are shown with the time left to confirm them, or confirmed by themselves.

A wish that cannot be carried out ends with the person who can mend it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from catalog.models import StockEntry
from connectors.kit.protocol import OrderState
from connectors.voso import MARKETPLACE as VOSO
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.config import MarketplaceSettings, Settings
from marketplace.core.db import writing
from marketplace.selling import listings, order_wishes, shops
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import Blame, Listing, Order, Shop
from marketplace.selling.orders import take_order
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.selling.world import Time, World, a_world
from tests.support.everywhere import wish_everywhere
from tests.support.mounting import mounted

NOW, HOUR = make.NOW, timedelta(hours=1)
CONFIRM = "PUT /api/partner/salesorder"


@pytest.fixture
def world(engine: Engine, settings: Settings) -> Iterator[World]:
    with a_world(engine, settings) as world:
        with writing(engine) as db:
            offer = make.an_offer(db, producer=world.producer, pack=world.pack)
            listings.put_on_sale(db, SYSTEM, offer, world.shop, 10, now=NOW)
        world.work()
        yield world


def bought(world: World, packs: int = 1) -> Any:
    """An order on the mock, pulled."""
    order = world.mock.buy(next(iter(world.mock.by_sku)), packs)
    world.time.pass_(seconds=61)
    world.work()
    return order


def the_order(engine: Engine) -> Order:
    with Session(engine) as db:
        return db.exec(select(Order)).one()


def wish(world: World, act: Callable[..., Order], *arguments: Any) -> None:
    with writing(world.engine) as db:
        act(db, SYSTEM, db.exec(select(Order)).one(), *arguments, now=world.time.now)


def let_it_confirm(world: World, *, on: bool = True) -> None:
    with writing(world.engine) as db:
        shops.confirm_by_itself(db, SYSTEM, db.get_one(Shop, world.shop.id), on=on, now=world.time.now)


# --- wishes


def test_a_wish_the_marketplace_does_not_answer_is_given_up_visibly_after_eight_tries(world: World) -> None:
    bought(world)
    wish(world, order_wishes.wish_confirm)
    world.mock.faults.load([{"match": CONFIRM, "kind": "http_500", "times": 999}])

    waits = []
    for _ in range(200):
        world.work()
        order = the_order(world.engine)
        if order.wish_not_before is None:
            break
        waits.append(order.wish_attempts)
        world.time.pass_(seconds=600)

    assert (order.wish, order.wish_attempts, order.wish_blame) == ("confirm", 9, "coordinator")
    assert order.wish_error is not None
    world.mock.faults.load([])
    wish(world, order_wishes.wish_again)
    world.work()
    after = the_order(world.engine)
    assert (after.state, after.wish, after.wish_error, after.wish_attempts) == ("confirmed", None, None, 0)


def test_a_clear_no_is_not_asked_again_and_names_the_reason(world: World) -> None:
    order = bought(world)
    wish(world, order_wishes.wish_cancel, "KHONG_CO_LY_DO_NAY")

    world.work()
    calls = world.mock.state()["calls"].get(CONFIRM, 0)
    world.time.pass_(seconds=7200)
    world.work()

    known = the_order(world.engine)
    assert (known.wish, known.wish_not_before, known.wish_blame) == ("cancel", None, Blame.SELLER.value)
    assert known.wish_error == "Sendo không còn lý do hủy này; hãy chọn lại lý do."
    assert (order.status, world.mock.state()["calls"].get(CONFIRM, 0)) == (OrderState.NEW, calls)


def test_an_order_confirmed_elsewhere_is_wished_no_more(world: World) -> None:
    order = bought(world)
    world.mock.advance(order, OrderState.CONFIRMED)
    wish(world, order_wishes.wish_confirm)
    world.mock.faults.load([{"match": CONFIRM, "kind": "http_500", "times": 999}])

    world.time.pass_(seconds=61)
    world.work()

    known = the_order(world.engine)
    assert (known.state, known.wish, known.wish_error) == ("confirmed", None, None)


def test_what_nobody_wished_cannot_be_tried_again(world: World) -> None:
    bought(world)

    with pytest.raises(order_wishes.NothingWished):
        wish(world, order_wishes.wish_again)

    assert the_order(world.engine).wish_not_before is None


# --- confirmed by itself


def test_a_new_order_with_its_goods_in_stock_is_confirmed_by_itself_once(world: World) -> None:
    let_it_confirm(world)

    order = bought(world, packs=2)
    world.work()

    assert order.status is OrderState.CONFIRMED
    assert the_order(world.engine).state == "confirmed"
    with Session(world.engine) as db:
        noted = db.exec(select(AuditEntry).where(AuditEntry.action == "order.confirm_wished")).all()
    assert [entry.actor_id for entry in noted] == [None]
    assert world.mock.state()["calls"][CONFIRM] == 1


def test_an_order_that_no_lot_can_serve_is_never_confirmed_by_itself(world: World) -> None:
    let_it_confirm(world)
    with writing(world.engine) as db:
        entry = db.exec(select(StockEntry)).one()
        gone = {"lot_id": entry.lot_id, "pool_id": entry.pool_id, "at": NOW, "kind": "write_off"}
        db.add(StockEntry(**gone, grams=-85_000, key="rot"))

    order = bought(world, packs=2)
    world.time.pass_(hours=5)
    world.work()

    known = the_order(world.engine)
    assert (order.status, known.state, known.wish) == (OrderState.NEW, "new", None)


def test_switching_it_on_confirms_what_waits_and_switching_it_off_stops_it(world: World) -> None:
    first = bought(world)
    assert the_order(world.engine).wish is None
    let_it_confirm(world)
    world.work()
    assert first.status is OrderState.CONFIRMED

    let_it_confirm(world, on=False)
    second = bought(world)

    assert second.status is OrderState.NEW
    with Session(world.engine) as db:
        noted = select(AuditEntry.action).where(col(AuditEntry.action).startswith("shop.auto"))
        assert db.exec(noted.order_by(col(AuditEntry.id))).all() == [
            "shop.auto_confirm_on",
            "shop.auto_confirm_off",
        ]


# --- the time left


def an_order(db: Session, shop: Shop, number: str, hours: float | None, state: str = "new") -> Order:
    line = IncomingLine("1", "KHONG-RO", 1, 200_000)
    by = clock.now() + timedelta(hours=hours) if hours is not None else None
    told = IncomingOrder(number, state, (line,), clock.now(), clock.now(), confirm_by=by)
    return take_order(db, shop, told, now=clock.now())


def test_a_deadline_is_kept_until_the_order_is_confirmed(db: Session) -> None:
    shop = make.a_shop(db, producer=make.a_cooperative(db))
    order = an_order(db, shop, "1", 24)
    by = order.confirm_by

    an_order(db, shop, "1", None)
    assert order.confirm_by == by is not None
    an_order(db, shop, "1", None, "confirmed")
    assert order.confirm_by is None


@pytest.fixture
def office(db: Session, as_account: Callable[[Account], FlaskClient]) -> FlaskClient:
    shop = make.a_shop(db, producer=make.a_cooperative(db), last_ok_at=clock.now(), last_pull_at=clock.now())
    for number, hours in (("80001", None), ("80002", 20.01), ("80003", 3.34), ("80004", 50)):
        an_order(db, shop, number, hours)
    account = make.an_account(db, Role.COORDINATOR)
    db.commit()
    return as_account(account)


def test_the_list_of_unconfirmed_orders_begins_with_the_most_urgent(office: FlaskClient) -> None:
    page = office.get("/don-hang?trang-thai=new").get_data(as_text=True)

    places = [page.index(f"Sendo {number}</a>") for number in ("80003", "80002", "80004", "80001")]
    assert places == sorted(places)
    assert "còn 3 giờ 20 phút" in page
    assert "còn 20 giờ 0 phút" in page
    assert "còn 2 ngày" in page
    assert page.count("badge-bad") == 1


def test_the_overview_alarms_under_four_hours(office: FlaskClient) -> None:
    page = office.get("/bao-cao").get_data(as_text=True)

    assert "có đơn sắp bị sàn tự hủy vì chưa xác nhận, còn 3 giờ 20 phút." in page
    assert "Xem cả 4 đơn chờ xác nhận" in page


# --- a real deadline


@pytest.fixture
def voso(engine: Engine, settings: Settings) -> Iterator[tuple[Time, Any, Worker]]:
    """One listing of 10 packs live on the Voso-style mock, which keeps the same time."""
    time, base = Time(NOW), "http://127.0.0.1:8"
    app = VOSO.create_mock(rate_per_second=None, now=time)
    memory = app.extensions["mock"]
    settings.marketplaces["voso"] = MarketplaceSettings(base_url=base, calls_per_second=100_000)
    with mounted(app, base):
        wish_everywhere(
            engine, settings, {"voso": {"credentials": dict(memory.credentials), "base_url": base}}, offers=10
        )
        worker = Worker(engine, settings, now=time)
        run(worker)
        for sku in list(memory.by_sku):
            if memory.by_sku[sku].status != "live":
                memory.moderate(sku, "approve")
        yield time, memory, worker


def run(worker: Worker) -> None:
    for _ in range(20):
        if not worker.work_once():
            return


def left(engine: Engine) -> int:
    with Session(engine) as db:
        return int(db.exec(select(func.sum(StockEntry.grams))).one())


def pass_and_run(voso: tuple[Time, Any, Worker], **by: float) -> datetime:
    time, _, worker = voso
    time.pass_(**by)
    run(worker)
    return time.now


def test_a_voso_order_nobody_confirmed_ends_after_24_hours_and_the_goods_come_back(
    voso: tuple[Time, Any, Worker], engine: Engine
) -> None:
    memory = voso[1]
    placed = memory.buy(next(iter(memory.by_sku)), 1).placed_at
    pass_and_run(voso, minutes=2)
    order = the_order(engine)
    assert (order.state, left(engine)) == ("new", 90_000)
    assert order.confirm_by == placed.replace(microsecond=0) + 24 * HOUR

    pass_and_run(voso, hours=23, minutes=50)
    assert the_order(engine).state == "new"
    pass_and_run(voso, minutes=15)

    order = the_order(engine)
    assert (order.state, order.cancel_reason) == ("cancelled", "Quá 24 giờ không xác nhận")
    assert left(engine) == 100_000
    with Session(engine) as db:
        exposed = sum(listing.exposure_packs for listing in db.exec(select(Listing)))
    assert exposed * 10_000 <= left(engine)


def test_a_voso_order_of_a_shop_that_confirms_by_itself_is_safe(
    voso: tuple[Time, Any, Worker], engine: Engine
) -> None:
    memory = voso[1]
    with writing(engine) as db:
        shops.confirm_by_itself(db, SYSTEM, db.exec(select(Shop)).one(), on=True, now=voso[0].now)
    order = memory.buy(next(iter(memory.by_sku)), 1)
    pass_and_run(voso, minutes=2)

    pass_and_run(voso, hours=25)

    assert order.status is OrderState.CONFIRMED
    known = the_order(engine)
    assert (known.state, known.confirm_by, left(engine)) == ("confirmed", None, 90_000)


# --- tokens


def test_a_token_the_connector_renewed_by_itself_is_known_with_its_new_end(world: World) -> None:
    with Session(world.engine) as db:
        before = db.exec(select(Shop)).one()
    fault = {"match": "POST /api/partner/salesorder/search", "kind": "expired_token", "times": 1}
    world.mock.faults.load([fault])

    world.time.pass_(hours=2)
    world.work()

    with Session(world.engine) as db:
        after = db.exec(select(Shop)).one()
    assert (before.token_expires_at, before.token_since) == (NOW + 8 * HOUR, NOW)
    assert (after.token_expires_at, after.token_since) == (NOW + 10 * HOUR, NOW + 2 * HOUR)
