"""Pulling orders: nothing is missed, nothing is taken twice, and what cannot be taken stops nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from catalog.models import StockEntry
from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import OrderState, RemoteLine, RemoteOrder, UnreadOrder
from marketplace.core.config import WorkerSettings
from marketplace.core.db import writing
from marketplace.selling.models import Listing, Order, OrderHint, ParkedOrder, Shop, TonnageEntry
from marketplace.selling.parked import settle
from marketplace.selling.sync.lease import Lease
from marketplace.selling.sync.pull import pull_orders, take_hinted
from tests import factories as make
from tests.support.statements import statements

RULES = WorkerSettings()
NOW, HOUR, MINUTE = make.NOW, timedelta(hours=1), timedelta(minutes=1)


class Stand:
    """A marketplace that tells orders by the moment they changed, exactly; `breaks` after so many pages."""

    def __init__(self) -> None:
        self.told: dict[str, RemoteOrder | UnreadOrder] = {}
        self.changed: dict[str, datetime] = {}
        self.alone: list[str] = []
        self.breaks: int | None = None
        self.page = 50
        self.between: Any = lambda: None

    def tell(self, order: RemoteOrder | UnreadOrder, at: datetime | None = None) -> None:
        number = order.order_no or "?"
        self.told[number] = order
        self.changed[number] = at or (order.updated_at if isinstance(order, RemoteOrder) else NOW)

    def orders(self, since: datetime, until: datetime) -> Iterator[Sequence[RemoteOrder | UnreadOrder]]:
        found = [self.told[number] for number, at in self.changed.items() if since <= at <= until]
        for number, start in enumerate(range(0, len(found), self.page)):
            if self.breaks == number:
                raise Unavailable("gone")
            yield found[start : start + self.page]
            self.between()

    def order(self, order_no: str) -> RemoteOrder:
        self.alone.append(order_no)
        found = self.told.get(order_no)
        if not isinstance(found, RemoteOrder):
            raise Rejected("no_order", "Không có đơn này.")
        return found


class Stall:
    """A shop with one listing of 10 kg packs and 1,000 kg in stock, whose marketplace is a `Stand`."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.stand = engine, Stand()
        with writing(engine) as db:
            household = make.a_household(db)
            producer = make.a_cooperative(db, members=(household,))
            product = make.a_product(db)
            pack = make.a_pack(db, product)
            make.a_lot(db, product=product, household=household, producer=producer, grams=1_000_000)
            shop = make.a_shop(db, producer=producer, lease_number=1, pulled_to=NOW)
            offer = make.an_offer(db, producer=producer, pack=pack)
            make.a_listing(db, offer=offer, shop=shop, packs=50, sku="CAM", exposure_packs=50, remote_id="1")
            self.shop_id = shop.id or 0
        self.lease = Lease(self.shop_id, 1, NOW + timedelta(days=99))
        self.connected: Any = SimpleNamespace(connector=self.stand)

    def pull(self, now: datetime = NOW) -> int:
        return pull_orders(self.engine, self.connected, self.lease, RULES, now=now)

    def hinted(self, now: datetime = NOW) -> None:
        take_hinted(self.engine, self.connected, self.lease, RULES, now=now)

    def hint(self, order_no: str) -> None:
        with writing(self.engine) as db:
            db.add(OrderHint(shop_id=self.shop_id, order_no=order_no))

    def hints(self) -> list[str]:
        with Session(self.engine) as db:
            return list(db.exec(select(OrderHint.order_no).order_by(col(OrderHint.id))))

    def numbers(self) -> list[str]:
        with Session(self.engine) as db:
            return list(db.exec(select(Order.order_no).order_by(col(Order.id))))

    def shop(self) -> Shop:
        with Session(self.engine) as db:
            return db.get_one(Shop, self.shop_id)

    def parked(self) -> list[tuple[str, str, bool]]:
        with Session(self.engine) as db:
            rows = db.exec(select(ParkedOrder).order_by(col(ParkedOrder.id)))
            return [(one.order_no, one.code, one.settled_at is None) for one in rows]

    def left(self) -> int:
        with Session(self.engine) as db:
            return int(db.exec(select(func.sum(StockEntry.grams))).one())


@pytest.fixture
def stall(engine: Engine) -> Stall:
    return Stall(engine)


def sold(
    number: str = "1", *, at: datetime = NOW, packs: int = 1, sku: str = "CAM", **more: Any
) -> RemoteOrder:
    line = RemoteLine(f"{number}-1", sku, packs, 200_000)
    return RemoteOrder(
        number, more.pop("state", OrderState.NEW), (line,), at, more.pop("changed", at), **more
    )


def unread(number: str | None, raw: str = "{}") -> UnreadOrder:
    return UnreadOrder(number, "unreadable_price", raw)


def test_a_pull_that_broke_off_keeps_what_it_took_and_begins_there_again(stall: Stall) -> None:
    stall.stand.page = 2
    for number in "1234":
        stall.stand.tell(sold(number))
    stall.stand.breaks = 1

    with pytest.raises(Unavailable):
        stall.pull(NOW + MINUTE)

    assert stall.numbers() == ["1", "2"]
    assert (stall.shop().pulled_to, stall.shop().last_pull_at) == (NOW, None)
    stall.stand.breaks = None
    stall.pull(NOW + 2 * MINUTE)
    assert stall.numbers() == ["1", "2", "3", "4"]
    assert stall.shop().pulled_to == NOW + 2 * MINUTE
    assert stall.left() == 960_000


def test_clocks_that_differ_by_minutes_lose_no_order(stall: Stall) -> None:
    stall.pull(NOW)
    for number, minutes in (("slow", -10), ("fast", 10)):
        stall.stand.tell(sold(number, at=NOW + minutes * MINUTE))

    stall.pull(NOW + MINUTE)

    assert stall.numbers() == ["slow", "fast"]


def test_an_order_told_hours_late_comes_with_the_first_pull_of_the_next_hour(stall: Stall) -> None:
    for minutes in range(3):
        stall.pull(NOW + minutes * MINUTE)
    stall.stand.tell(sold(at=NOW - 20 * HOUR))

    stall.pull(NOW + 3 * MINUTE)
    assert stall.numbers() == []
    stall.pull(NOW + HOUR)

    assert stall.numbers() == ["1"]


def test_the_same_order_told_twice_and_out_of_order_changes_nothing_twice(stall: Stall) -> None:
    came = NOW + 2 * HOUR
    delivered = sold(state=OrderState.DELIVERED, changed=came, delivered_at=came, packs=3)
    for news in (sold(packs=3), delivered, delivered, sold(packs=3), delivered):
        stall.stand.tell(news, at=NOW + 3 * HOUR)
        stall.pull(NOW + 3 * HOUR)

    with Session(stall.engine) as db:
        order = db.exec(select(Order)).one()
        listing = db.exec(select(Listing)).one()
        counted = db.exec(select(TonnageEntry.grams)).all()
    assert (order.state, order.updated_at, counted) == ("delivered", came, [30_000])
    assert (listing.exposure_packs, listing.wanted_packs, stall.left()) == (47, 47, 970_000)


def test_orders_that_are_known_cost_a_page_as_many_statements_as_one(stall: Stall) -> None:
    def asked() -> int:
        with statements(stall.engine) as said:
            stall.pull(NOW + MINUTE)
        return len(said)

    came = {"state": OrderState.DELIVERED, "delivered_at": NOW}
    stall.stand.tell(sold("0", **came))
    stall.pull()
    of_one = asked()
    for number in range(1, 50):
        stall.stand.tell(sold(str(number), **came))
    stall.pull()

    assert asked() == of_one <= 16


def test_a_bad_order_is_parked_with_its_text_and_the_others_of_its_page_are_taken(stall: Stall) -> None:
    stall.stand.tell(sold("1"))
    stall.stand.tell(sold("2", packs=0))  # no line has no packs
    stall.stand.tell(unread("3", '{"total": "nhiều"}'))
    stall.stand.tell(sold("4"))

    stall.pull()

    assert stall.numbers() == ["1", "4"]
    assert stall.parked() == [("3", "unreadable_price", True), ("2", "bug.IntegrityError", True)]
    with Session(stall.engine) as db:
        texts = {one.order_no: one.raw for one in db.exec(select(ParkedOrder))}
    assert texts["3"] == '{"total": "nhiều"}'
    assert '"sku": "CAM"' in texts["2"]


def test_orders_without_a_number_are_parked_each_for_itself_and_once(stall: Stall) -> None:
    stall.stand.page = 1
    stall.stand.told = {"a": unread(None, "{1}"), "b": unread(None, "{2}")}
    stall.stand.changed = {"a": NOW, "b": NOW}

    stall.pull()
    stall.pull(NOW + MINUTE)

    assert [row[1:] for row in stall.parked()] == [("unreadable_price", True)] * 2
    assert stall.stand.alone == []


def test_the_good_lines_of_an_order_are_sold_and_only_the_strange_one_waits(stall: Stall) -> None:
    order = sold("1", packs=2)
    stall.stand.tell(replace(order, lines=(*order.lines, RemoteLine("1-2", "HAND", 5, 90_000))))

    stall.pull()
    stall.pull(NOW + MINUTE)

    assert stall.parked() == [("1", "unknown_sku:HAND", True)]
    assert stall.left() == 980_000
    assert stall.stand.alone == []


def test_a_parked_order_is_asked_for_rarer_and_rarer_until_it_can_be_read(stall: Stall) -> None:
    stall.stand.tell(unread("7"))
    for minutes in range(31):
        stall.pull(NOW + minutes * MINUTE)
    assert stall.stand.alone == ["7"] * 5  # after 1, 2, 4, 8 and 16 minutes

    stall.stand.tell(sold("7"), at=NOW - 9 * HOUR)  # only there when asked for by its number
    stall.pull(NOW + 3 * HOUR)

    assert stall.parked() == [("7", "unreadable_price", False)]
    assert stall.numbers() == ["7"]


def test_every_parked_order_gets_its_turn(stall: Stall) -> None:
    for number in range(45):
        stall.stand.tell(unread(str(number)))
    for minutes in range(4):
        stall.pull(NOW + minutes * MINUTE)

    assert len(set(stall.stand.alone)) == 45


def test_what_a_person_settled_stays_settled_and_the_rest_comes_back_when_it_changes(stall: Stall) -> None:
    for number in "12":
        stall.stand.tell(unread(number, "{}"))
    stall.pull()
    with writing(stall.engine) as db:
        first, second = db.exec(select(ParkedOrder).order_by(col(ParkedOrder.id))).all()
        settle(db, make.an_account(db), first, "Đơn thử của sàn", now=NOW)
        second.settled_at = NOW
        db.add(second)

    stall.pull(NOW + MINUTE)
    assert [row[2] for row in stall.parked()] == [False, False]
    for number in "12":
        stall.stand.tell(unread(number, '{"status": 3}'))
    stall.pull(NOW + 2 * MINUTE)

    assert [row[2] for row in stall.parked()] == [False, True]


def test_a_hinted_order_is_read_alone_at_once(stall: Stall) -> None:
    stall.stand.tell(sold("1"))
    stall.stand.tell(sold("2"))
    stall.hint("2")

    stall.hinted()

    assert (stall.numbers(), stall.stand.alone) == (["2"], ["2"])
    stall.hinted()
    assert stall.stand.alone == ["2"]
    assert stall.shop().pull_due_at is None


def test_a_hinted_order_that_cannot_be_read_makes_the_pull_due(stall: Stall) -> None:
    stall.hint("404")

    stall.hinted(NOW + MINUTE)

    assert (stall.numbers(), stall.shop().pull_due_at) == ([], NOW + MINUTE)


def test_many_hints_are_left_to_a_pull_and_none_is_lost_if_it_breaks_off(stall: Stall) -> None:
    for number in "123456":
        stall.stand.tell(sold(number))
        stall.hint(number)

    stall.hinted(NOW + MINUTE)

    assert (stall.stand.alone, stall.shop().pull_due_at) == ([], NOW + MINUTE)
    stall.stand.breaks = 0
    with pytest.raises(Unavailable):
        stall.pull(NOW + MINUTE)
    assert (stall.hints(), stall.numbers()) == (list("123456"), [])
    stall.stand.breaks = None
    stall.stand.between = lambda: stall.hint("7")
    stall.pull(NOW + 2 * MINUTE)
    assert (stall.numbers(), stall.stand.alone) == (list("123456"), [])
    assert stall.hints() == ["7"]  # it came while the pull went on: it may know nothing of that order


def test_a_hint_does_not_wait_for_the_end_of_a_long_pull(stall: Stall) -> None:
    stall.stand.page = 1
    for number in "123":
        stall.stand.tell(sold(number))
    stall.stand.tell(sold("late"), at=NOW - timedelta(days=9))
    seen: list[list[str]] = []
    stall.stand.between = lambda: (
        seen.append(stall.numbers()),
        stall.hint("late") if len(seen) == 1 else None,
    )

    stall.pull()

    assert seen == [["1"], ["1", "2", "late"], ["1", "2", "late", "3"]]
